/* Tests of safetensors.c and safetensors_write.c.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/checkpoint/safetensors_write.h"
#include "tests/unit/scratch.h"

/* A file of this header and data, its path (g_free). */
static char *
write_file (const char *dir, const char *name, const char *header, const void *data, size_t size)
{
    uint64_t length = GUINT64_TO_LE ((uint64_t) strlen (header));
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    g_byte_array_append (bytes, (const guint8 *) &length, sizeof length);
    g_byte_array_append (bytes, (const guint8 *) header, (guint) strlen (header));
    g_byte_array_append (bytes, data, (guint) size);
    return scratch_write (dir, name, bytes->data, bytes->len);
}

static void
refuse_file (const char *path, M2fError code, const char *words)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (M2fSafetensors) st = m2f_safetensors_open_file (path, &error);
    ck_assert_msg (st == NULL, "opened a file that is wrong about %s", words);
    check_error (&error, code, words);
}

static void
refuse_dir (const char *dir, M2fError code, const char *words)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (M2fSafetensors) st = m2f_safetensors_open_dir (dir, &error);
    ck_assert_msg (st == NULL, "opened a checkpoint that is wrong about %s", words);
    check_error (&error, code, words);
}

/* ---- what must work ------------------------------------------------------------------------ */

/* Sums of all float tensors, as torch has them (double accumulators). */
static const struct {
    const char *fixture;
    int n_tensors;
    double sum;
} published[] = {
    { "bfloat16-weights", 241, 1190.110941015184 },
    { "half-weights", 241, 1361.8523604273796 },
    { "map-below-window", 292, 2479.544151157676 },
    { "odd-sizes", 275, 1402.4169126474098 },
    { "pre-norm", 291, 1632.8066253996365 },
    { "square", 241, 1216.7452613061816 },
    { "wide-masks", 241, 1339.3340729219196 },
    { NULL, 439, 53309.789248108864 }, /* street-small */
};

START_TEST (test_checkpoints)
{
    for (size_t i = 0; i < G_N_ELEMENTS (published); i++) {
        g_autofree char *dir =
            published[i].fixture ? fixture_dir (published[i].fixture) : shipped_dir ();
        g_autoptr (GError) error = NULL;
        g_autoptr (M2fSafetensors) st = m2f_safetensors_open_dir (dir, &error);
        ck_assert_msg (st != NULL, "%s", error ? error->message : "no message");

        int count;
        const M2fSafetensor *tensors = m2f_safetensors_list (st, &count);
        ck_assert_int_eq (count, published[i].n_tensors);
        double sum = 0;
        for (int t = 0; t < count; t++) {
            ck_assert_ptr_eq (m2f_safetensors_find (st, tensors[t].name), &tensors[t]);
            ck_assert (t == 0 || strcmp (tensors[t - 1].name, tensors[t].name) < 0);
            if (tensors[t].dtype > M2F_DTYPE_F64)
                continue;
            g_autofree float *values = g_new (float, tensors[t].n_elements);
            ck_assert (m2f_safetensors_read_f32 (st, &tensors[t], values, &error));
            for (int64_t k = 0; k < tensors[t].n_elements; k++)
                sum += values[k];
        }
        ck_assert_double_eq_tol (sum, published[i].sum, 1e-6);
        ck_assert_ptr_null (m2f_safetensors_find (st, "no.such.tensor"));
        const M2fSafetensor *head = m2f_safetensors_find (st, "class_predictor.weight");
        ck_assert_ptr_nonnull (head);
        ck_assert_int_eq (head->n_dims, 2);
        ck_assert (g_str_has_suffix (m2f_safetensors_file_name (st, head), "/model.safetensors"));
    }
}
END_TEST

/* Every finite half against its value computed from sign, exponent and mantissa. */
START_TEST (test_every_half)
{
    g_autofree uint16_t *halves = g_new (uint16_t, 65536);
    int count = 0;
    for (int h = 0; h < 65536; h++) {
        if ((h & 0x7c00) != 0x7c00)
            halves[count++] = GUINT16_TO_LE ((uint16_t) h);
    }
    char *dir = scratch_new ();
    g_autofree char *header = g_strdup_printf (
        "{\"x\":{\"dtype\":\"F16\",\"shape\":[%d],\"data_offsets\":[0,%d]}}", count, 2 * count);
    g_autofree char *path = write_file (dir, "half", header, halves, 2 * count);
    g_autoptr (M2fSafetensors) st = m2f_safetensors_open_file (path, NULL);
    ck_assert_ptr_nonnull (st);
    g_autofree float *values = g_new (float, count);
    ck_assert (m2f_safetensors_read_f32 (st, m2f_safetensors_find (st, "x"), values, NULL));
    for (int i = 0; i < count; i++) {
        int h = GUINT16_FROM_LE (halves[i]);
        int exponent = h >> 10 & 31, mantissa = h & 1023;
        float value = exponent ? ldexpf (1024 + mantissa, exponent - 25) : ldexpf (mantissa, -24);
        ck_assert_msg (values[i] == value * (h & 0x8000 ? -1 : 1)
            && !signbit (values[i]) == !(h & 0x8000), "half %#x: found %a", h, values[i]);
    }
    scratch_free (dir);
}
END_TEST

START_TEST (test_dtypes)
{
    static const struct {
        const char *dtype;
        int size;
        uint64_t bits;
        float value;
    } cases[] = {
        { "F32", 4, 0xc0490fdb, -0x1.921fb6p+1f }, { "F32", 4, 1, 0x1p-149f },
        { "F16", 2, 0x3c00, 1.0f },                { "F16", 2, 0x0001, 0x1p-24f },
        { "BF16", 2, 0x4049, 3.140625f },          { "BF16", 2, 0x0001, 0x1p-133f },
        { "F64", 8, 0x400921fb54442d18, 0x1.921fb6p+1f },
    };
    char *dir = scratch_new ();
    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
        uint64_t bits = GUINT64_TO_LE (cases[i].bits);
        /* one byte before it, so that the data are not aligned */
        uint8_t data[9] = { 7 };
        memcpy (data + 1, &bits, 8);
        g_autofree char *header = g_strdup_printf (
            "{\"pad\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
            "\"x\":{\"dtype\":\"%s\",\"shape\":[],\"data_offsets\":[1,%d]},"
            "\"empty\":{\"dtype\":\"F32\",\"shape\":[0,3],\"data_offsets\":[%d,%d]}}  ",
            cases[i].dtype, 1 + cases[i].size, 1 + cases[i].size, 1 + cases[i].size);
        g_autofree char *path = write_file (dir, "x", header, data, 1 + cases[i].size);
        g_autoptr (GError) error = NULL;
        g_autoptr (M2fSafetensors) st = m2f_safetensors_open_file (path, &error);
        ck_assert_msg (st != NULL, "%s", error ? error->message : "no message");
        float value = 0;
        ck_assert (m2f_safetensors_read_f32 (st, m2f_safetensors_find (st, "x"), &value, NULL));
        ck_assert_msg (value == cases[i].value, "case %zu: found %a", i, value);
        ck_assert (m2f_safetensors_read_f32 (st, m2f_safetensors_find (st, "empty"), NULL, NULL));

        ck_assert (!m2f_safetensors_read_f32 (st, m2f_safetensors_find (st, "pad"), &value,
            &error));
        check_error (&error, M2F_ERROR_WEIGHTS, "tensor pad|F32, F16, BF16 or F64|found U8");
    }
    scratch_free (dir);
}
END_TEST

START_TEST (test_round_trip)
{
    static const float floats[6] = { 0, -1.5f, 3e38f, 1e-45f, 7, 0.1f };
    static const int32_t ints[2] = { -7, G_MAXINT32 };
    static const uint8_t bytes[3] = { 0, 128, 255 };
    const M2fSafetensorOut out[] = {
        { "bytes \"quoted\"", M2F_DTYPE_U8, 1, (const int64_t[]) { 3 }, bytes },
        { "floats", M2F_DTYPE_F32, 3, (const int64_t[]) { 1, 2, 3 }, floats },
        { "ints", M2F_DTYPE_I32, 1, (const int64_t[]) { 2 }, ints },
        { "nothing", M2F_DTYPE_F32, 2, (const int64_t[]) { 0, 5 }, NULL },
    };
    char *dir = scratch_new ();
    g_autofree char *path = g_build_filename (dir, "out.safetensors", NULL);
    g_autoptr (GError) error = NULL;
    ck_assert (m2f_safetensors_write (path, out, G_N_ELEMENTS (out), &error));
    g_autoptr (M2fSafetensors) st = m2f_safetensors_open_file (path, &error);
    ck_assert_msg (st != NULL, "%s", error ? error->message : "no message");
    int count;
    m2f_safetensors_list (st, &count);
    ck_assert_int_eq (count, G_N_ELEMENTS (out));
    for (size_t i = 0; i < G_N_ELEMENTS (out); i++) {
        const M2fSafetensor *tensor = m2f_safetensors_find (st, out[i].name);
        ck_assert_ptr_nonnull (tensor);
        ck_assert_int_eq (tensor->dtype, out[i].dtype);
        ck_assert_int_eq (tensor->n_dims, out[i].n_dims);
        ck_assert_mem_eq (tensor->shape, out[i].shape, out[i].n_dims * sizeof (int64_t));
    }
    float values[6];
    ck_assert (m2f_safetensors_read_f32 (st, m2f_safetensors_find (st, "floats"), values, NULL));
    ck_assert_mem_eq (values, floats, sizeof floats);

    ck_assert (!m2f_safetensors_write ("/nonexistent/out", out, 1, &error));
    check_error (&error, M2F_ERROR_READ, "/nonexistent/out");
    scratch_free (dir);
}
END_TEST

/* ---- what must be refused ------------------------------------------------------------------ */

#define F32_AT(name, shape, begin, end) \
    "\"" name "\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end "]}"

/* Headers over 16 bytes of data. */
static const struct {
    const char *header;
    const char *words;
} hostile[] = {
    { "", "header" },
    { "[]", "'{'" },
    { " {}", "'{'" },
    { "{", "expected JSON" },
    { "{}", "expected 0 bytes of data|found 16" },
    { "{\"a\":3}", "tensor a|expected an object|found 3" },
    { "{\"a\":{}}", "tensor a|expected a dtype|found nothing" },
    { "{\"a\":{\"dtype\":\"F128\"}}", "tensor a|dtype|found \"F128\"" },
    { "{\"a\":{\"dtype\":7}}", "tensor a|dtype|found 7" },
    { "{\"a\":{\"dtype\":\"F32\"}}", "tensor a|shape|found nothing" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4]}}", "tensor a|data_offsets|found nothing" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0]}}", "tensor a|found [0]" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0.0,16]}}", "tensor a|[0.0,16]" },
    { "{" F32_AT ("a", "[4]", 16, 0) "}", "tensor a|begin <= end|found [16,0]" },
    { "{" F32_AT ("a", "[4]", -16, 0) "}", "tensor a|begin <= end|found [-16,0]" },
    { "{" F32_AT ("a", "[4]", 0, 9223372036854775807) "}",
        "tensor a|16 bytes|9223372036854775807" },
    { "{" F32_AT ("a", "[4]", 0, 9223372036854775808) "}", "expected JSON|too big integer" },
    { "{" F32_AT ("a", "[3]", 0, 16) "}", "tensor a|expected 12 bytes|3 elements of F32|16 bytes" },
    { "{" F32_AT ("a", "[5]", 0, 20) "}", "expected 20 bytes|found 16|truncated" },
    { "{" F32_AT ("a", "[-4]", 0, 16) "}", "tensor a|shape[0] >= 0|found -4" },
    { "{" F32_AT ("a", "[4.0]", 0, 16) "}", "tensor a|shape[0]|found 4" },
    { "{" F32_AT ("a", "4", 0, 16) "}", "tensor a|shape|found 4" },
    { "{" F32_AT ("a", "[1,1,1,1,1,1,1,1,4]", 0, 16) "}", "tensor a|8 dimensions|a list of 9" },
    { "{" F32_AT ("a", "[4294967296,4294967296]", 0, 16) "}", "tensor a|2^63|shape[1]" },
    { "{" F32_AT ("a", "[4611686018427387904]", 0, 16) "}", "tensor a|whole bytes|F32" },
    { "{" F32_AT ("a", "[1]", 0, 4) "," F32_AT ("b", "[2]", 8, 16) "}",
        "tensor b|at byte 4|found 8|hole" },
    { "{" F32_AT ("a", "[2]", 0, 8) "," F32_AT ("b", "[3]", 4, 16) "}",
        "tensor b|at byte 8|found 4|overlaps" },
    { "{" F32_AT ("a", "[2]", 8, 16) "}", "tensor a|at byte 0|found 8|hole" },
    { "{" F32_AT ("a", "[2]", 0, 8) "}", "expected 8 bytes|found 16" },
    { "{" F32_AT ("a", "[4]", 0, 16) "," F32_AT ("a", "[4]", 0, 16) "}", "duplicate|\"a\"" },
    { "{" F32_AT ("", "[4]", 0, 16) "}", "a name of 1 to 512 bytes|found 0" },
    { "{\"__metadata__\":7," F32_AT ("a", "[4]", 0, 16) "}", "__metadata__" },
    { "{\"__metadata__\":{\"k\":7}," F32_AT ("a", "[4]", 0, 16) "}", "__metadata__" },
    { "{\"a\":NaN}", "expected JSON" },
    { "{\"\xff\":{}}", "unable to decode byte 0xff" },
    { "{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,2]}}",
        "tensor a|whole bytes|3 elements of F4" },
    { "{" F32_AT ("a", "[4]", 0, 16) "} {}", "expected JSON" },
};

START_TEST (test_hostile_headers)
{
    static const uint8_t data[16];
    char *dir = scratch_new ();
    for (size_t i = 0; i < G_N_ELEMENTS (hostile); i++) {
        g_autofree char *path =
            write_file (dir, "hostile.safetensors", hostile[i].header, data, sizeof data);
        refuse_file (path, M2F_ERROR_FORMAT, "hostile.safetensors");
        refuse_file (path, M2F_ERROR_FORMAT, hostile[i].words);
    }
    scratch_free (dir);
}
END_TEST

START_TEST (test_hostile_lengths)
{
    char *dir = scratch_new ();
    g_autofree char *path = scratch_write (dir, "short", "abc", 3);
    refuse_file (path, M2F_ERROR_FORMAT, "short|at least 8 bytes|found 3");

    static const uint64_t lengths[] = { 9, 100000001, G_MAXUINT64, (uint64_t) 1 << 63 };
    for (size_t i = 0; i < G_N_ELEMENTS (lengths); i++) {
        uint64_t bytes[2] = { GUINT64_TO_LE (lengths[i]), 0 };
        g_autofree char *file = scratch_write (dir, "long", (const char *) bytes, sizeof bytes);
        g_autofree char *found = g_strdup_printf ("long|at most 8 bytes|%" G_GUINT64_FORMAT,
            lengths[i]);
        refuse_file (file, M2F_ERROR_FORMAT, found);
    }

    /* More than the format's limit although the (sparse) file has it. */
    g_autofree char *sparse = scratch_write (dir, "sparse", "", 0);
    uint64_t length = GUINT64_TO_LE (100000001);
    FILE *file = fopen (sparse, "wb");
    ck_assert (fwrite (&length, 8, 1, file) == 1 && ftruncate (fileno (file), 1 << 30) == 0);
    fclose (file);
    refuse_file (sparse, M2F_ERROR_FORMAT, "sparse|at most 100000000 bytes|100000001");

    g_autofree char *deep = g_strnfill (100000, '[');
    g_autofree char *header = g_strdup_printf ("{\"a\":%s", deep);
    g_autofree char *nested = write_file (dir, "deep", header, "", 0);
    refuse_file (nested, M2F_ERROR_FORMAT, "deep|depth");

    g_autofree char *commas = g_strnfill (300000, ',');
    g_autofree char *bomb = g_strdup_printf ("{\"a\":[%s]}", commas);
    g_autofree char *lists = write_file (dir, "lists", bomb, "", 0);
    refuse_file (lists, M2F_ERROR_FORMAT, "lists|at most 262144 values|found 300003");

    g_autofree char *name = g_strnfill (513, 'n');
    g_autofree char *long_header = g_strdup_printf ("{\"%s\":{}}", name);
    g_autofree char *named = write_file (dir, "named", long_header, "", 0);
    refuse_file (named, M2F_ERROR_FORMAT, "named|1 to 512 bytes|found 513");
    scratch_free (dir);
}
END_TEST

/* The real thing, a byte longer, then cut at a stride and at every byte of the start. */
START_TEST (test_truncated)
{
    g_autofree char *dir = fixture_dir ("square");
    g_autofree char *path = g_build_filename (dir, "model.safetensors", NULL);
    g_autofree char *bytes = NULL;
    gsize size;
    ck_assert (g_file_get_contents (path, &bytes, &size, NULL));
    char *scratch = scratch_new ();
    g_autofree char *file = scratch_write (scratch, "cut.safetensors", bytes, (gssize) size);
    ck_assert_int_eq (truncate (file, (off_t) size + 1), 0);
    refuse_file (file, M2F_ERROR_FORMAT, "cut.safetensors|bytes of data by the header");
    for (gsize cut = size - 1; cut > 0; cut -= cut > 64 ? MIN (cut - 64, 9973) : 1) {
        ck_assert_int_eq (truncate (file, (off_t) cut), 0);
        refuse_file (file, M2F_ERROR_FORMAT, "cut.safetensors");
    }
    scratch_free (scratch);
}
END_TEST

START_TEST (test_not_finite)
{
    static const float bad[] = { NAN, INFINITY, -INFINITY };
    char *dir = scratch_new ();
    for (size_t i = 0; i < G_N_ELEMENTS (bad); i++) {
        /* past the first chunk */
        g_autofree float *values = g_new0 (float, 20000);
        values[19990] = bad[i];
        g_autofree char *path = write_file (dir, "nan.safetensors",
            "{" F32_AT ("w", "[100,200]", 0, 80000) "}", values, 80000);
        g_autoptr (GError) error = NULL;
        g_autoptr (M2fSafetensors) st = m2f_safetensors_open_file (path, &error);
        ck_assert_ptr_nonnull (st);
        ck_assert (!m2f_safetensors_read_f32 (st, m2f_safetensors_find (st, "w"), values, &error));
        check_error (&error, M2F_ERROR_WEIGHTS,
            "nan.safetensors|tensor w|finite|at element 19990 of 20000");
    }

    /* Filled with it, and in the other dtypes; 1e300 does not fit a float32. */
    static const struct {
        const char *dtype;
        uint64_t bits;
    } others[] = { { "F16", 0x7c00fe00 }, { "BF16", 0x7f807fc0 }, { "F64", 0x7e37e43c8800759c } };
    for (size_t i = 0; i < G_N_ELEMENTS (others); i++) {
        uint64_t data = GUINT64_TO_LE (others[i].bits);
        int count = g_str_equal (others[i].dtype, "F64") ? 1 : 4;
        g_autofree char *header = g_strdup_printf (
            "{\"w\":{\"dtype\":\"%s\",\"shape\":[%d],\"data_offsets\":[0,8]}}", others[i].dtype,
            count);
        g_autofree char *path = write_file (dir, "nan.safetensors", header, &data, 8);
        g_autoptr (GError) error = NULL;
        g_autoptr (M2fSafetensors) st = m2f_safetensors_open_file (path, &error);
        ck_assert_ptr_nonnull (st);
        float values[4];
        ck_assert (!m2f_safetensors_read_f32 (st, m2f_safetensors_find (st, "w"), values, &error));
        check_error (&error, M2F_ERROR_WEIGHTS, "nan.safetensors|tensor w|element 0");
    }
    scratch_free (dir);
}
END_TEST

START_TEST (test_shrunk_while_open)
{
    static const float values[4];
    char *dir = scratch_new ();
    g_autofree char *path =
        write_file (dir, "shrunk", "{" F32_AT ("w", "[4]", 0, 16) "}", values, sizeof values);
    g_autoptr (GError) error = NULL;
    g_autoptr (M2fSafetensors) st = m2f_safetensors_open_file (path, &error);
    ck_assert_ptr_nonnull (st);
    ck_assert_int_eq (truncate (path, 40), 0);
    float out[4];
    ck_assert (!m2f_safetensors_read_f32 (st, m2f_safetensors_find (st, "w"), out, &error));
    check_error (&error, M2F_ERROR_READ, "shrunk|16 bytes");
    scratch_free (dir);
}
END_TEST

/* ---- directories, shards and things that are not files -------------------------------------- */

START_TEST (test_not_files)
{
    char *dir = scratch_new ();
    refuse_dir ("/nonexistent/model", M2F_ERROR_NOT_FOUND, "/nonexistent/model|directory");
    refuse_dir (dir, M2F_ERROR_NOT_FOUND, dir);
    refuse_dir (dir, M2F_ERROR_NOT_FOUND, "model.safetensors or model.safetensors.index.json");
    refuse_file (dir, M2F_ERROR_READ, "expected a file, found a directory");
    refuse_file ("/dev/zero", M2F_ERROR_READ, "/dev/zero|a character device");

    g_autofree char *pickle = scratch_write (dir, "pytorch_model.bin", "x", 1);
    refuse_dir (pickle, M2F_ERROR_READ, "expected a checkpoint directory, found a file");
    refuse_dir (dir, M2F_ERROR_UNSUPPORTED, "pytorch_model.bin|torch.save()");

    g_autofree char *single = g_build_filename (dir, "model.safetensors", NULL);
    ck_assert_int_eq (mkfifo (single, 0600), 0);
    refuse_dir (dir, M2F_ERROR_READ, "model.safetensors|found a FIFO");
    ck_assert_int_eq (g_remove (single), 0);
    ck_assert_int_eq (g_mkdir (single, 0700), 0);
    refuse_dir (dir, M2F_ERROR_READ, "model.safetensors|expected a file, found a directory");
    ck_assert_int_eq (g_rmdir (single), 0);
    ck_assert_int_eq (symlink ("gone", single), 0);
    refuse_dir (dir, M2F_ERROR_NOT_FOUND, "model.safetensors|readable file");
    scratch_free (dir);
}
END_TEST

/* Root may read everything, so it is nobody for a moment. */
START_TEST (test_unreadable)
{
    char *dir = scratch_new ();
    g_autofree char *path = scratch_write (dir, "model.safetensors", "x", 1);
    ck_assert_int_eq (g_chmod (dir, 0755), 0);
    ck_assert_int_eq (g_chmod (path, 0), 0);
    bool root = geteuid () == 0;
    ck_assert (!root || seteuid (65534) == 0);
    refuse_dir (dir, M2F_ERROR_READ, "model.safetensors|readable file|Permission denied");
    ck_assert (!root || seteuid (0) == 0);
    scratch_free (dir);
}
END_TEST

static void
write_shards (const char *dir, const char *index)
{
    static const float one[4] = { 1, 2, 3, 4 }, two[2] = { 5, 6 };
    g_free (write_file (dir, "s-1.safetensors", "{" F32_AT ("a", "[4]", 0, 16) "}", one, 16));
    g_free (write_file (dir, "s-2.safetensors", "{" F32_AT ("b", "[2]", 0, 8) "}", two, 8));
    g_free (scratch_write (dir, "model.safetensors.index.json", index, -1));
}

START_TEST (test_shards)
{
    char *dir = scratch_new ();
    write_shards (dir, "{\"metadata\":{\"total_size\":24},"
        "\"weight_map\":{\"b\":\"s-2.safetensors\",\"a\":\"s-1.safetensors\"}}");
    g_autoptr (GError) error = NULL;
    g_autoptr (M2fSafetensors) st = m2f_safetensors_open_dir (dir, &error);
    ck_assert_msg (st != NULL, "%s", error ? error->message : "no message");
    float values[4];
    const M2fSafetensor *b = m2f_safetensors_find (st, "b");
    ck_assert (m2f_safetensors_read_f32 (st, m2f_safetensors_find (st, "a"), values, &error));
    ck_assert_float_eq (values[3], 4);
    ck_assert (m2f_safetensors_read_f32 (st, b, values, &error));
    ck_assert_float_eq (values[1], 6);
    ck_assert (g_str_has_suffix (m2f_safetensors_file_name (st, b), "s-2.safetensors"));
    scratch_free (dir);
}
END_TEST

/* Tensors of a shard that the index does not name are not there. */
START_TEST (test_part_of_shards)
{
    static const float values[3] = { 1, 2, 3 };
    char *dir = scratch_new ();
    g_free (write_file (dir, "s.safetensors", "{" F32_AT ("a", "[1]", 0, 4) ","
        F32_AT ("b", "[1]", 4, 8) "," F32_AT ("c", "[1]", 8, 12) "}", values, 12));
    g_free (scratch_write (dir, "model.safetensors.index.json",
        "{\"weight_map\": {\"b\": \"s.safetensors\"}}", -1));
    g_autoptr (M2fSafetensors) st = m2f_safetensors_open_dir (dir, NULL);
    ck_assert_ptr_nonnull (st);
    int count;
    float value;
    m2f_safetensors_list (st, &count);
    ck_assert_int_eq (count, 1);
    ck_assert_ptr_null (m2f_safetensors_find (st, "a"));
    ck_assert_ptr_null (m2f_safetensors_find (st, "c"));
    ck_assert (m2f_safetensors_read_f32 (st, m2f_safetensors_find (st, "b"), &value, NULL));
    ck_assert_float_eq (value, 2);
    scratch_free (dir);
}
END_TEST

START_TEST (test_hostile_shards)
{
    static const struct {
        const char *index;
        M2fError code;
        const char *words;
    } cases[] = {
        { "{}", M2F_ERROR_FORMAT, "index.json|weight_map|found nothing" },
        { "[]", M2F_ERROR_FORMAT, "index.json|a list of 0" },
        { "{\"weight_map\":{}}", M2F_ERROR_FORMAT, "weight_map|an object of 0" },
        { "{\"weight_map\":[]}", M2F_ERROR_FORMAT, "weight_map|a list of 0" },
        { "{\"weight_map\":{\"a\":7}}", M2F_ERROR_FORMAT, "tensor a|file name|found 7" },
        { "{\"weight_map\":{\"a\":\"\"}}", M2F_ERROR_FORMAT, "tensor a|file name" },
        { "{\"weight_map\":{\"a\":\"../s-1.safetensors\"}}", M2F_ERROR_FORMAT,
            "tensor a|without directories|../s-1" },
        { "{\"weight_map\":{\"a\":\"/etc/passwd\"}}", M2F_ERROR_FORMAT, "tensor a|/etc/passwd" },
        { "{\"weight_map\":{\"a\":\"..\"}}", M2F_ERROR_FORMAT, "tensor a|\"..\"" },
        { "{\"weight_map\":{\"a\":\"s-3.safetensors\"}}", M2F_ERROR_NOT_FOUND,
            "index.json|tensor a|s-3.safetensors" },
        { "{\"weight_map\":{\"a\":\"s-2.safetensors\"}}", M2F_ERROR_FORMAT,
            "tensor a|expected in s-2.safetensors|nowhere" },
        { "{\"weight_map\":{\"a\":\"s-2.safetensors\",\"b\":\"s-1.safetensors\"}}",
            M2F_ERROR_FORMAT, "expected in s-2.safetensors|s-1.safetensors" },
        { "{\"weight_map\":{\"a\":\"s-1.safetensors\",\"a2\":\"s-1-copy.safetensors\"}}",
            M2F_ERROR_FORMAT, "tensor a|s-1.safetensors|s-1-copy.safetensors" },
        { "{\"weight_map\":{\"a\":\"s-1.safetensors\",\"a\":\"s-2.safetensors\"}}",
            M2F_ERROR_FORMAT, "tensor a|expected in s-2.safetensors|nowhere" },
    };
    static const float one[4];
    char *dir = scratch_new ();
    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
        write_shards (dir, cases[i].index);
        g_free (write_file (dir, "s-1-copy.safetensors", "{" F32_AT ("a", "[4]", 0, 16) "}", one,
            16));
        refuse_dir (dir, cases[i].code, cases[i].words);
    }
    g_autofree char *name = g_strnfill (256, 's');
    g_autofree char *index = g_strdup_printf ("{\"weight_map\":{\"a\":\"%s\"}}", name);
    write_shards (dir, index);
    refuse_dir (dir, M2F_ERROR_FORMAT, "tensor a|file name without directories|\"sss");
    scratch_free (dir);
}
END_TEST

/* ---- directories as other tools leave them ------------------------------------------------- */

static M2fSafetensors *
open_header (const char *dir, const char *header, GError **error)
{
    static const float values[4] = { 1, 2, 3, 4 };
    g_free (write_file (dir, "model.safetensors", header, values, sizeof values));
    return m2f_safetensors_open_dir (dir, error);
}

START_TEST (test_prefixes)
{
    static const struct {
        const char *header, *name, *words;
    } cases[] = {
        { "{" F32_AT ("class_predictor.weight", "[2]", 0, 8) ","
            F32_AT ("model.a", "[2]", 8, 16) "}", "model.a", NULL },
        { "{" F32_AT ("model.class_predictor.weight", "[2]", 0, 8) ","
            F32_AT ("model.model.a", "[2]", 8, 16) "}", "model.a", NULL },
        /* one name that lacks it: it is no prefix */
        { "{" F32_AT ("model.class_predictor.weight", "[2]", 0, 8) ","
            F32_AT ("a", "[2]", 8, 16) "}", "model.class_predictor.weight", NULL },
        { "{" F32_AT ("module.class_predictor.weight", "[2]", 0, 8) ","
            F32_AT ("module.model.a", "[2]", 8, 16) "}", NULL, "\"module.\" before all of them" },
        { "{" F32_AT ("model.model.class_predictor.weight", "[2]", 0, 8) ","
            F32_AT ("model.model.model.a", "[2]", 8, 16) "}", NULL, "\"model.model.\" before" },
    };
    char *dir = scratch_new ();
    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (GError) error = NULL;
        g_autoptr (M2fSafetensors) st = open_header (dir, cases[i].header, &error);
        if (cases[i].words) {
            ck_assert_ptr_null (st);
            check_error (&error, M2F_ERROR_WEIGHTS, cases[i].words);
            continue;
        }
        ck_assert_msg (st != NULL, "%s", error ? error->message : "no message");
        const M2fSafetensor *tensor = m2f_safetensors_find (st, cases[i].name);
        ck_assert_ptr_nonnull (tensor);
        float values[2];
        ck_assert (m2f_safetensors_read_f32 (st, tensor, values, NULL));
    }
    scratch_free (dir);
}
END_TEST

START_TEST (test_prefix_of_shards)
{
    static const float values[4];
    char *dir = scratch_new ();
    g_free (write_file (dir, "s.safetensors",
        "{" F32_AT ("model.class_predictor.weight", "[4]", 0, 16) "}", values, 16));
    g_free (scratch_write (dir, "model.safetensors.index.json",
        "{\"weight_map\": {\"model.class_predictor.weight\": \"s.safetensors\"}}", -1));
    g_autoptr (M2fSafetensors) st = m2f_safetensors_open_dir (dir, NULL);
    ck_assert_ptr_nonnull (st);
    ck_assert_ptr_nonnull (m2f_safetensors_find (st, "class_predictor.weight"));
    scratch_free (dir);
}
END_TEST

START_TEST (test_unread)
{
    char *dir = scratch_new ();
    g_autoptr (M2fSafetensors) st = open_header (dir, "{" F32_AT ("a.weight", "[1]", 0, 4) ","
        F32_AT ("criterion.empty_weight", "[1]", 4, 8) ","
        F32_AT ("x.relative_position_index", "[1]", 8, 12) ","
        F32_AT ("norm.num_batches_tracked", "[1]", 12, 16) "}", NULL);
    ck_assert_ptr_nonnull (st);
    g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
    m2f_safetensors_warn_unread (st, warnings);
    ck_assert_int_eq (warnings->len, 1);
    ck_assert (g_str_has_suffix (warnings->pdata[0],
        "model.safetensors: the network has no use for a.weight"));
    float value;
    ck_assert (m2f_safetensors_read_f32 (st, m2f_safetensors_find (st, "a.weight"), &value, NULL));
    m2f_safetensors_warn_unread (st, warnings);
    ck_assert_int_eq (warnings->len, 1);

    GString *header = g_string_new ("{\"e\\u001b\":{\"dtype\":\"F32\",\"shape\":[4],"
        "\"data_offsets\":[0,16]}");
    for (int i = 1; i < 8; i++)
        g_string_append_printf (header,
            ",\"e%d\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[16,16]}", i);
    g_string_append (header, "}");
    g_autoptr (M2fSafetensors) many = open_header (dir, header->str, NULL);
    ck_assert_ptr_nonnull (many);
    m2f_safetensors_warn_unread (many, warnings);
    ck_assert (g_str_has_suffix (warnings->pdata[1], "e\\u001b, e1, e2, e3, e4 and 3 more"));
    g_string_free (header, TRUE);
    scratch_free (dir);
}
END_TEST

int
main (void)
{
    return RUN_TESTS ("safetensors", test_checkpoints, test_every_half, test_dtypes,
        test_round_trip, test_hostile_headers, test_hostile_lengths, test_truncated,
        test_not_finite, test_shrunk_while_open, test_not_files, test_unreadable, test_shards,
        test_part_of_shards, test_hostile_shards, test_prefixes, test_prefix_of_shards,
        test_unread);
}
