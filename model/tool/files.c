/* m2f: reads and writes text, JSON and tensors.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/tool/tool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "model/checkpoint/file.h"
#include "model/error.h"

#define MAX_JSON_SIZE (UINT64_C (4) << 30) /* bytes; COCO's own files have half a billion */
#define MAX_ELEMENTS (3 << 26) /* three channels of as many pixels as a network's input may have */

bool
tool_write_text (const char *path, const char *text, GError **error)
{
    const bool to_stdout = !path || strcmp (path, "-") == 0;

    if (!text) {
        m2f_set_error (error, M2F_ERROR_READ, "%s: no memory for the text",
            to_stdout ? "standard output" : path);
        return false;
    }

    FILE *file = to_stdout ? stdout : fopen (path, "w");
    bool ok = file && fprintf (file, "%s\n", text) >= 0 && fflush (file) == 0;
    int reason = errno;

    if (file && !to_stdout && fclose (file) != 0)
        ok = false;
    if (!ok)
        m2f_set_error (error, M2F_ERROR_READ, "%s: cannot write: %s",
            to_stdout ? "standard output" : path, g_strerror (reason));
    return ok;
}

void
tool_add_number (GString *json, const char *name, const char *format, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append_printf (json, "%s\"%s\": %s", g_str_has_suffix (json->str, "{") ? "" : ", ",
        name, g_ascii_formatd (text, sizeof text, format, value));
}

json_t *
tool_read_json (const char *path, GError **error)
{
    uint64_t size;
    FILE *file = m2f_file_open_stream (path, &size, error);
    json_error_t problem;
    json_t *root = NULL;

    if (!file)
        return NULL;
    if (size > MAX_JSON_SIZE)
        m2f_set_error (error, M2F_ERROR_FORMAT, "%s: expected at most %" G_GUINT64_FORMAT
            " bytes, found %" G_GUINT64_FORMAT, path, MAX_JSON_SIZE, size);
    else if (!(root = json_loadf (file, 0, &problem))) /* json_loadfd() reads single bytes */
        m2f_set_error (error, M2F_ERROR_FORMAT, "%s: line %d: %s", path, problem.line,
            problem.text);
    fclose (file);
    return root;
}

M2fHostTensor *
tool_read_tensor (const char *path, const char *name, GError **error)
{
    g_autoptr (M2fSafetensors) file = m2f_safetensors_open_file (path, error);
    const M2fSafetensor *found = file ? m2f_safetensors_find (file, name) : NULL;

    if (!file)
        return NULL;
    if (!found || found->n_dims > 4) {
        m2f_set_error (error, M2F_ERROR_WEIGHTS,
            found ? "%s: tensor '%s' has more than 4 dimensions" : "%s: no tensor '%s'", path,
            name);
        return NULL;
    }
    if (found->n_elements > MAX_ELEMENTS) {
        m2f_set_error (error, M2F_ERROR_WEIGHTS,
            "%s: tensor '%s' has %" G_GINT64_FORMAT " elements, expected at most %d", path, name,
            (gint64) found->n_elements, MAX_ELEMENTS);
        return NULL;
    }
    M2fHostTensor *tensor = m2f_host_tensor_new (name, found->n_dims, found->shape);
    if (!tensor) {
        m2f_set_error (error, M2F_ERROR_READ,
            "%s: no memory for the %" G_GINT64_FORMAT " elements of tensor '%s'", path,
            (gint64) found->n_elements, name);
        return NULL;
    }
    if (!m2f_safetensors_read_f32 (file, found, tensor->data, error)) {
        m2f_host_tensor_free (tensor);
        return NULL;
    }
    return tensor;
}

double
tool_peak_memory (void)
{
    struct rusage usage;

    getrusage (RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024.0;
}
