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

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    const char *dir = size && data[0] == '{' ? write_header (data, size)
                                             : fuzz_write ("model.safetensors", data, size);
    GError *error = NULL;
    g_autoptr (M2fSafetensors) st = m2f_safetensors_open_dir (dir, &error);
    fuzz_check_error (st != NULL, error);
    if (!st)
        return 0;

    int count;
    const M2fSafetensor *tensors = m2f_safetensors_list (st, &count);
    for (int i = 0; i < count; i++) {
        g_assert_true (m2f_safetensors_find (st, tensors[i].name) == &tensors[i]);
        if (tensors[i].dtype > M2F_DTYPE_F64)
            continue;
        /* what was accepted is no larger than the file */
        g_assert_cmpuint ((size_t) tensors[i].n_elements, <=, size + 64);
        g_autofree float *values = g_new (float, tensors[i].n_elements);
        error = NULL;
        bool ok = m2f_safetensors_read_f32 (st, &tensors[i], values, &error);
        for (int64_t k = 0; ok && k < tensors[i].n_elements; k++)
            g_assert_true (isfinite (values[k]));
        fuzz_check_error (ok, error);
    }
    return 0;
}
