/* Fuzzes the header and the values of model.safetensors: the whole file, or, where it starts with a
 * brace, its header, with the length before it and zeros behind it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>
#include <string.h>

#include "model/checkpoint/safetensors.h"
#include "tests/fuzz/fuzz.h"

/* The file of this header and of data of 64 bytes. */
static const char *
write_header (const uint8_t *text, size_t size)
{
    g_autofree uint8_t *file = g_malloc0 (8 + size + 64);
    for (int i = 0; i < 8; i++)
        file[i] = (uint8_t) ((uint64_t) size >> 8 * i);
    memcpy (file + 8, text, size);
    return fuzz_write ("model.safetensors", file, 8 + size + 64);
}

/* Where the data start: behind the header, whose length is in the first 8 bytes. */
static size_t
data_start (const uint8_t *data, size_t size)
{
    size_t length = 0;

    if (data[0] == '{')
        return size;
    for (int i = 0; i < 8; i++)
        length |= (size_t) data[i] << 8 * i;
    return 8 + length;
}

/* Shapes and sizes agree, names are in order. */
static void
check_entry (const M2fSafetensors *st, const M2fSafetensor *tensors, int i)
{
    const M2fSafetensor *t = &tensors[i];
    int64_t n = 1;

    g_assert_true (m2f_safetensors_find (st, t->name) == t);
    g_assert_true (g_utf8_validate (t->name, -1, NULL));
    g_assert_true (i == 0 || strcmp (tensors[i - 1].name, t->name) < 0);
    g_assert_cmpint (t->n_dims, <=, M2F_SAFETENSORS_MAX_DIMS);
    for (int d = 0; d < t->n_dims; d++) {
        g_assert_cmpint (t->shape[d], >=, 0);
        n *= t->shape[d];
    }
    g_assert_cmpint (n, ==, t->n_elements);
    g_assert_true (t->dtype != M2F_DTYPE_F32 || t->size == 4 * (uint64_t) n);
}

/* Values are those of the file: `bytes` is where its data start, NULL for zeros. */
static void
check_values (M2fSafetensors *st, const M2fSafetensor *tensor, const uint8_t *bytes)
{
    g_autofree float *values = g_new (float, tensor->n_elements + 1);
    GError *error = NULL;
    const bool ok = m2f_safetensors_read_f32 (st, tensor, values, &error);

    fuzz_check_error (ok, error);
    g_assert_true (bytes || ok || tensor->dtype > M2F_DTYPE_F64);
    g_assert_true (!ok || tensor->dtype <= M2F_DTYPE_F64);
    for (int64_t k = 0; ok && k < tensor->n_elements; k++)
        g_assert_true (bytes ? isfinite (values[k]) : values[k] == 0);
    if (ok && bytes && tensor->dtype == M2F_DTYPE_F32)
        g_assert_true (memcmp (values, bytes + tensor->offset, tensor->size) == 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    const bool is_header = size && data[0] == '{';
    const char *dir = is_header ? write_header (data, size)
                                : fuzz_write ("model.safetensors", data, size);
    GError *error = NULL;
    g_autoptr (M2fSafetensors) st = m2f_safetensors_open_dir (dir, &error);
    fuzz_check_error (st != NULL, error);
    if (!st)
        return 0;

    /* what was accepted is as large as the file's data, without a hole */
    const size_t start = data_start (data, size);
    g_assert_cmpuint (m2f_safetensors_size (st), ==, is_header ? 64 : size - start);
    int count;
    const M2fSafetensor *tensors = m2f_safetensors_list (st, &count);
    for (int i = 0; i < count; i++) {
        check_entry (st, tensors, i);
        check_values (st, &tensors[i], is_header ? NULL : data + start);
    }
    return 0;
}
