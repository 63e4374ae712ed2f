/* Tests of pytorch.c, pickle.c and zip.c.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <fcntl.h>
#include <unistd.h>

#include "model/checkpoint/safetensors.h"
#include "tests/unit/scratch.h"

/* ---- archives ------------------------------------------------------------------------------ */

typedef struct Zip {
    GByteArray *bytes, *directory;
    guint n_entries;
} Zip;

static void
put (GByteArray *to, guint64 value, int n)
{
    for (int i = 0; i < n; i++) {
        guint8 byte = i < (int) sizeof value ? (guint8) (value >> 8 * i) : 0;

        g_byte_array_append (to, &byte, 1);
    }
}

static void
put_text (GByteArray *to, const char *text, size_t size)
{
    g_byte_array_append (to, (const guint8 *) text, (guint) size);
}

/* Adds an entry, with the sizes as 32 bits or in an extra field for 64. */
static void
zip_add (Zip *zip, const char *name, int method, bool large, const void *data, size_t size)
{
    const guint offset = zip->bytes->len;
    put_text (zip->bytes, "PK\3\4", 4);
    put (zip->bytes, 0, 22);
    put (zip->bytes, strlen (name), 2);
    put (zip->bytes, 5, 2); /* torch aligns data with an extra field */
    put_text (zip->bytes, name, strlen (name));
    put_text (zip->bytes, "FB\1\0Z", 5);
    put_text (zip->bytes, data, size);

    GByteArray *d = zip->directory;
    put_text (d, "PK\1\2", 4);
    put (d, 0, 6);
    put (d, (guint64) method, 2);
    put (d, 0, 8);
    put (d, large ? G_MAXUINT32 : size, 4);
    put (d, large ? G_MAXUINT32 : size, 4);
    put (d, strlen (name), 2);
    put (d, large ? 28 : 0, 2);
    put (d, 0, 10);
    put (d, large ? G_MAXUINT32 : offset, 4);
    put_text (d, name, strlen (name));
    if (large) {
        put (d, 1, 2);
        put (d, 24, 2);
        put (d, size, 8);
        put (d, size, 8);
        put (d, offset, 8);
    }
    zip->n_entries++;
}

/* Writes the archive as DIR/pytorch_model.bin and starts another one. */
static void
zip_write (Zip *zip, const char *dir)
{
    const guint start = zip->bytes->len, size = zip->directory->len;
    g_byte_array_append (zip->bytes, zip->directory->data, size);
    put_text (zip->bytes, "PK\5\6", 4);
    put (zip->bytes, 0, 4);
    put (zip->bytes, zip->n_entries, 2);
    put (zip->bytes, zip->n_entries, 2);
    put (zip->bytes, size, 4);
    put (zip->bytes, start, 4);
    put (zip->bytes, 0, 2);
    g_free (scratch_write (dir, "pytorch_model.bin", zip->bytes->data, zip->bytes->len));
    g_byte_array_set_size (zip->bytes, 0);
    g_byte_array_set_size (zip->directory, 0);
    zip->n_entries = 0;
}

static void
zip_clear (Zip *zip)
{
    g_byte_array_unref (zip->bytes);
    g_byte_array_unref (zip->directory);
}

/* ---- pickles ------------------------------------------------------------------------------- */

/* Opcodes of protocol 2, as Python's pickle module writes them. */
#define START "\x80\x02}q\0("
#define STOP "u."
#define NAME(text, length) "X" length "\0\0\0" text
#define STORAGE(class, key, elements) \
    "(" NAME ("storage", "\7") "ctorch\n" class "\n" NAME (key, "\1") NAME ("cpu", "\3") \
    "K" elements "tQ"
#define TENSOR(class, key, elements, offset, shape, stride) \
    "ctorch._utils\n_rebuild_tensor_v2\n(" STORAGE (class, key, elements) "K" offset shape stride \
    "\x89" "ccollections\nOrderedDict\n)RtR"

#define A(shape, stride) NAME ("a", "\1") TENSOR ("FloatStorage", "0", "\4", "\0", shape, stride)

static const float numbers[4] = { 1, 2, 3, 4 };

#define WRITE(dir, pickle) write_bin (dir, pickle, sizeof (pickle) - 1, "little", false)

/* A file of this dictionary and the storage 0 of four numbers. */
static void
write_bin (const char *dir, const char *pickle, size_t size, const char *order, bool large)
{
    Zip zip = { g_byte_array_new (), g_byte_array_new (), 0 };
    zip_add (&zip, "m/data.pkl", 0, large, pickle, size);
    zip_add (&zip, "m/byteorder", 0, large, order, strlen (order));
    zip_add (&zip, "m/data/0", 0, large, numbers, sizeof numbers);
    zip_write (&zip, dir);
    zip_clear (&zip);
}

static void
check_values (const char *dir, const char *name, int count, float first, float last)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (M2fSafetensors) st = m2f_safetensors_open_dir (dir, &error);
    ck_assert_msg (st != NULL, "%s", error ? error->message : "no message");
    const M2fSafetensor *tensor = m2f_safetensors_find (st, name);
    ck_assert_ptr_nonnull (tensor);
    ck_assert_int_eq (tensor->n_elements, count);
    float values[8];
    ck_assert (m2f_safetensors_read_f32 (st, tensor, values, &error));
    ck_assert_float_eq (values[0], first);
    ck_assert_float_eq (values[count - 1], last);
}

static void
refuse (const char *dir, M2fError code, const char *words)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (M2fSafetensors) st = m2f_safetensors_open_dir (dir, &error);
    ck_assert_msg (st == NULL, "opened a file that is wrong about %s", words);
    check_error (&error, code, words);
}

/* ---- what must work ------------------------------------------------------------------------ */

START_TEST (test_tensors)
{
    char *dir = scratch_new ();
    WRITE (dir, START A ("K\4\x85", "K\1\x85") STOP);
    check_values (dir, "a", 4, 1, 4);
    WRITE (dir, START A ("K\2K\2\x86", "K\2K\1\x86") STOP);
    check_values (dir, "a", 4, 1, 4);
    /* the stride of an extent of 1 does not matter */
    WRITE (dir, START A ("K\1K\4\x86", "K\7K\1\x86") STOP);
    check_values (dir, "a", 4, 1, 4);
    /* parts of one storage, a scalar, and what is no tensor */
    WRITE (dir, START A ("K\2\x85", "K\1\x85")
        NAME ("b", "\1") TENSOR ("FloatStorage", "0", "\4", "\2", "K\2\x85", "K\1\x85")
        NAME ("c", "\1") TENSOR ("FloatStorage", "0", "\4", "\3", ")", ")")
        NAME ("n", "\1") "K\5" NAME ("t", "\1") "\x88" STOP);
    check_values (dir, "a", 2, 1, 2);
    check_values (dir, "b", 2, 3, 4);
    check_values (dir, "c", 1, 4, 4);
    /* an OrderedDict with attributes, filled one by one */
    WRITE (dir, "\x80\x02" "ccollections\nOrderedDict\n)Rq\0" A ("K\4\x85", "K\1\x85") "s}"
        NAME ("_metadata", "\11") "}sb.");
    check_values (dir, "a", 4, 1, 4);
    static const char large[] = START A ("K\4\x85", "K\1\x85") STOP;
    write_bin (dir, large, sizeof large - 1, "little", true);
    check_values (dir, "a", 4, 1, 4);
    scratch_free (dir);
}
END_TEST

START_TEST (test_shards)
{
    char *dir = scratch_new ();
    WRITE (dir, START A ("K\4\x85", "K\1\x85") STOP);
    g_autofree char *from = g_build_filename (dir, "pytorch_model.bin", NULL);
    g_autofree char *to = g_build_filename (dir, "s.bin", NULL);
    ck_assert_int_eq (g_rename (from, to), 0);
    g_free (scratch_write (dir, "pytorch_model.bin.index.json",
        "{\"weight_map\": {\"a\": \"s.bin\"}}", -1));
    check_values (dir, "a", 4, 1, 4);
    scratch_free (dir);
}
END_TEST

/* ---- what must be refused ------------------------------------------------------------------ */

#define CASE(pickle, code, words) { pickle, sizeof (pickle) - 1, code, words }

static const struct {
    const char *pickle;
    size_t size;
    M2fError code;
    const char *words;
} hostile[] = {
    CASE ("", M2F_ERROR_FORMAT, "its end within an opcode"),
    CASE (".", M2F_ERROR_FORMAT, "another kind of value"),
    CASE ("\x80\x02K\5.", M2F_ERROR_FORMAT, "another kind of value"),
    CASE ("cposix\nsystem\n.", M2F_ERROR_UNSUPPORTED, "the global posix system|not run"),
    CASE ("cbuiltins\neval\n.", M2F_ERROR_UNSUPPORTED, "the global builtins eval"),
    CASE ("ctorch\nsaveStorage.x\n.", M2F_ERROR_UNSUPPORTED, "the global torch saveStorage.x"),
    CASE ("\x8c\2os\x8c\6system\x93.", M2F_ERROR_UNSUPPORTED, "the global os system"),
    CASE ("cno", M2F_ERROR_FORMAT, "a global without a name"),
    CASE ("ctorch\nFloatStorage\n)R.", M2F_ERROR_UNSUPPORTED, "a call"),
    CASE ("i", M2F_ERROR_UNSUPPORTED, "opcode 0x69"),
    CASE ("\x81", M2F_ERROR_UNSUPPORTED, "opcode 0x81"),
    CASE ("h\0.", M2F_ERROR_FORMAT, "a memo that was never filled"),
    CASE ("}r\xff\xff\xff\xff.", M2F_ERROR_FORMAT, "a memo out of order"),
    CASE ("X\xff\xff\xff\xff" "a", M2F_ERROR_FORMAT, "its end within an opcode"),
    CASE ("X\1\0\0\0\0.", M2F_ERROR_FORMAT, "a NUL"),
    CASE ("\x8a\x09" "123456789.", M2F_ERROR_FORMAT, "more than 64 bits"),
    CASE ("t", M2F_ERROR_FORMAT, "an end without a start"),
    CASE ("\x87", M2F_ERROR_FORMAT, "a tuple of more than there is"),
    CASE ("}K\1u", M2F_ERROR_FORMAT, "an end without a start"),
    CASE ("}(K\1u.", M2F_ERROR_FORMAT, "a key without a value"),
    CASE (")Q.", M2F_ERROR_FORMAT, "no storage"),
    CASE ("ctorch._utils\n_rebuild_tensor_v2\n)R.", M2F_ERROR_FORMAT, "a tensor without storage"),
    CASE (START NAME ("x", "\1") "}" STOP, M2F_ERROR_FORMAT, "a dictionary of dictionaries"),
    CASE (START A ("K\5\x85", "K\1\x85") STOP, M2F_ERROR_FORMAT,
        "tensor a|storage of 4|found 5"),
    CASE (START A ("K\2K\2\x86", "K\1K\2\x86") STOP, M2F_ERROR_UNSUPPORTED,
        "tensor a|another order|contiguous()"),
    CASE (START A ("K\4\x85", "K\0\x85") STOP, M2F_ERROR_UNSUPPORTED, "tensor a|another order"),
    CASE (START A ("K\4\x85", ")") STOP, M2F_ERROR_FORMAT, "other ones than its stride"),
    CASE (START A ("J\xff\xff\xff\xff\x85", "K\1\x85") STOP, M2F_ERROR_FORMAT, "positive"),
    CASE (START NAME ("a", "\1") TENSOR ("FloatStorage", "0", "\5", "\0", "K\1\x85", "K\1\x85")
        STOP, M2F_ERROR_FORMAT, "tensor a|expected 5 elements in data/0, found 4"),
    CASE (START NAME ("a", "\1") TENSOR ("FloatStorage", "9", "\4", "\0", "K\1\x85", "K\1\x85")
        STOP, M2F_ERROR_FORMAT, "tensor a|data/9, found 0"),
    CASE (START NAME ("a", "\1") TENSOR ("QInt8Storage", "0", "\4", "\0", "K\1\x85", "K\1\x85")
        STOP, M2F_ERROR_UNSUPPORTED, "tensor a|QInt8Storage"),
};

START_TEST (test_hostile_pickles)
{
    char *dir = scratch_new ();
    for (size_t i = 0; i < G_N_ELEMENTS (hostile); i++) {
        write_bin (dir, hostile[i].pickle, hostile[i].size, "little", false);
        refuse (dir, hostile[i].code, hostile[i].words);
        refuse (dir, hostile[i].code, "pytorch_model.bin");
    }
    /* the same storage many times */
    GString *many = g_string_new_len (START, sizeof (START) - 1);
    static const char tensor[] = TENSOR ("FloatStorage", "0", "\4", "\0", "K\4\x85", "K\1\x85");
    for (int i = 0; i < 20000; i++) {
        char name[8];
        g_snprintf (name, sizeof name, "%05d", i);
        g_string_append_len (many, "X\5\0\0\0", 5);
        g_string_append (many, name);
        if (i == 0)
            g_string_append_len (many, tensor, sizeof tensor - 1);
        g_string_append_len (many, i ? "h\1" : "q\1", 2);
    }
    g_string_append (many, "u.");
    write_bin (dir, many->str, many->len, "little", false);
    check_values (dir, "00003", 4, 1, 4);
    g_string_free (many, TRUE);
    scratch_free (dir);
}
END_TEST

/* Programs without an end in sight: their values would take a hundred times their memory. */
START_TEST (test_long_pickles)
{
    static const char *const repeated[] = { "((", "]]", "K\1", "h\0" };
    char *dir = scratch_new ();
    for (size_t i = 0; i < G_N_ELEMENTS (repeated); i++) {
        GString *pickle = g_string_new_len ("}q\0", 3);
        for (int n = 0; n < 600000; n++)
            g_string_append_len (pickle, repeated[i], 2);
        write_bin (dir, pickle->str, pickle->len, "little", false);
        refuse (dir, M2F_ERROR_FORMAT, "more opcodes than");
        g_string_free (pickle, TRUE);
    }
    scratch_free (dir);
}
END_TEST

START_TEST (test_hostile_archives)
{
    static const char good[] = START A ("K\4\x85", "K\1\x85") STOP;
    char *dir = scratch_new ();
    Zip zip = { g_byte_array_new (), g_byte_array_new (), 0 };

    write_bin (dir, good, sizeof good - 1, "big", false);
    refuse (dir, M2F_ERROR_UNSUPPORTED, "byteorder|found big");
    zip_add (&zip, "m/data.pkl", 8, false, good, sizeof good - 1);
    zip_write (&zip, dir);
    refuse (dir, M2F_ERROR_UNSUPPORTED, "m/data.pkl|a compressed or encrypted one");
    zip_add (&zip, "m/other", 0, false, good, sizeof good - 1);
    zip_write (&zip, dir);
    refuse (dir, M2F_ERROR_FORMAT, "data.pkl|1 other entries");
    zip_write (&zip, dir);
    refuse (dir, M2F_ERROR_FORMAT, "data.pkl|0 other entries");
    zip_clear (&zip);
    g_free (scratch_write (dir, "pytorch_model.bin", "\x80\x02\x8a\nl\xfc\x9c", 7));
    refuse (dir, M2F_ERROR_UNSUPPORTED, "a ZIP archive|torch 1.6");
    g_free (scratch_write (dir, "pytorch_model.bin", "", 0));
    refuse (dir, M2F_ERROR_UNSUPPORTED, "a ZIP archive");
    scratch_free (dir);
}
END_TEST

/* Every byte changed, which is an error or a file that reads; then cut at every byte. */
START_TEST (test_damaged)
{
    static const char good[] = START A ("K\4\x85", "K\1\x85") STOP;
    char *dir = scratch_new ();
    g_autofree char *bytes = NULL;
    gsize size;
    write_bin (dir, good, sizeof good - 1, "little", true);
    g_autofree char *path = g_build_filename (dir, "pytorch_model.bin", NULL);
    ck_assert (g_file_get_contents (path, &bytes, &size, NULL));
    int fd = open (path, O_RDWR);
    ck_assert_int_ge (fd, 0);
    for (gsize i = 0; i < size; i++) {
        const char changed = bytes[i] ^ 0x55;
        ck_assert_int_eq (pwrite (fd, &changed, 1, (off_t) i), 1);
        g_autoptr (GError) error = NULL;
        g_autoptr (M2fSafetensors) st = m2f_safetensors_open_dir (dir, &error);
        const M2fSafetensor *a = st ? m2f_safetensors_find (st, "a") : NULL;
        float values[4] = { 0 };
        ck_assert (st || g_utf8_validate (error->message, -1, NULL));
        ck_assert (!a || a->n_elements <= 4);
        if (a)
            m2f_safetensors_read_f32 (st, a, values, NULL);
        ck_assert_int_eq (pwrite (fd, &bytes[i], 1, (off_t) i), 1);
    }
    for (gsize cut = size; cut-- > 0;) {
        ck_assert_int_eq (ftruncate (fd, (off_t) cut), 0);
        g_autoptr (GError) error = NULL;
        ck_assert_ptr_null (m2f_safetensors_open_dir (dir, &error));
        ck_assert_ptr_nonnull (strstr (error->message, "pytorch_model.bin"));
    }
    close (fd);
    scratch_free (dir);
}
END_TEST

int
main (void)
{
    return RUN_TESTS ("pytorch", test_tensors, test_shards, test_hostile_pickles, test_long_pickles,
        test_hostile_archives, test_damaged);
}
