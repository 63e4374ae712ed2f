/* Writing a safetensors file.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/safetensors_write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/checkpoint/json.h"
#include "model/error.h"

#if G_BYTE_ORDER != G_LITTLE_ENDIAN
#error "the format is little endian: swap the elements before writing them"
#endif

static size_t
element_size (M2fDtype dtype)
{
    return dtype == M2F_DTYPE_U8 ? 1 : 4;
}

static const char *
dtype_name (M2fDtype dtype)
{
    return dtype == M2F_DTYPE_F32 ? "F32" : dtype == M2F_DTYPE_I32 ? "I32" : "U8";
}

static size_t
data_size (const M2fSafetensorOut *tensor)
{
    size_t size = element_size (tensor->dtype);
    for (int i = 0; i < tensor->n_dims; i++)
        size *= (size_t) tensor->shape[i];
    return size;
}

/* The header's text, padded with spaces so that the data start at a multiple of 8 bytes. */
static GString *
build_header (const M2fSafetensorOut *tensors, int count)
{
    g_autoptr (json_t) header = json_object ();
    size_t offset = 0;
    for (int i = 0; i < count; i++) {
        json_t *shape = json_array ();
        for (int d = 0; d < tensors[i].n_dims; d++)
            json_array_append_new (shape, json_integer (tensors[i].shape[d]));
        size_t end = offset + data_size (&tensors[i]);
        json_object_set_new (header, tensors[i].name, json_pack ("{s:s, s:o, s:[I, I]}", "dtype",
            dtype_name (tensors[i].dtype), "shape", shape, "data_offsets", (json_int_t) offset,
            (json_int_t) end));
        offset = end;
    }
    char *json = json_dumps (header, JSON_COMPACT);
    GString *text = g_string_new (json);
    free (json);
    while (text->len % 8 != 0)
        g_string_append_c (text, ' ');
    return text;
}

bool
m2f_safetensors_write (const char *path, const M2fSafetensorOut *tensors, int count,
    GError **error)
{
    GString *header = build_header (tensors, count);
    uint64_t length = GUINT64_TO_LE ((uint64_t) header->len);
    FILE *file = fopen (path, "wbe");
    bool ok = file && fwrite (&length, sizeof length, 1, file) == 1
        && fwrite (header->str, 1, header->len, file) == header->len;
    for (int i = 0; ok && i < count; i++) {
        size_t size = data_size (&tensors[i]);
        ok = size == 0 || fwrite (tensors[i].data, size, 1, file) == 1;
    }
    int failure = errno;
    if (file && fclose (file) != 0 && ok) {
        failure = errno;
        ok = false;
    }
    if (!ok)
        m2f_set_error (error, M2F_ERROR_READ, "%s: expected to write it, found: %s", path,
            g_strerror (failure));
    g_string_free (header, TRUE);
    return ok;
}
