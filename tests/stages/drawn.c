/* Weights that a fixture does not store.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/stages/drawn.h"

#include <check.h>
#include <glib.h>
#include <jansson.h>
#include <math.h>
#include <unistd.h>

#include "model/checkpoint/safetensors_write.h"

/* make_fixtures.py: draw(), the number `index` of tensor `tensor` in [0, 1) */
static double
uniform (uint32_t tensor, uint32_t index)
{
    uint32_t h = index + tensor * 0x9e3779b9u;

    h = (h ^ h >> 16) * 0x7feb352du;
    h = (h ^ h >> 15) * 0x846ca68bu;
    return (double) ((h ^ h >> 16) >> 8) / (1 << 24);
}

/* make_fixtures.py: spread_of() */
static void
find_spread (const M2fSafetensorOut *t, int64_t n, double *centre, double *spread)
{
    *centre = 0;
    *spread = 0.7;
    if (g_str_has_suffix (t->name, "running_var")) {
        *centre = 0.9;
        *spread = 1.2;
    } else if (g_str_has_suffix (t->name, "bias")) {
        *spread = 0.35;
    } else if (t->n_dims == 1 && !g_str_has_suffix (t->name, "running_mean")) {
        *centre = 1;
    } else if (t->n_dims > 1) {
        *spread = sqrt (12.0 * (double) t->shape[0] / (double) n);
    }
}

static void
draw (M2fSafetensorOut *t, uint32_t tensor)
{
    double centre, spread;
    int64_t n = 1;

    for (int i = 0; i < t->n_dims; i++)
        n *= t->shape[i];
    find_spread (t, n, &centre, &spread);
    float *data = g_new (float, n);
    for (int64_t i = 0; i < n; i++)
        data[i] = (float) (centre + (uniform (tensor, (uint32_t) i) - 0.5) * spread);
    t->data = data;
}

/* The tensor of an entry: its name, then its extents. */
static M2fSafetensorOut
read_entry (const json_t *entry)
{
    M2fSafetensorOut t = {
        .name = json_string_value (json_array_get (entry, 0)), .dtype = M2F_DTYPE_F32,
        .n_dims = (int) json_array_size (entry) - 1,
    };
    int64_t *shape = g_new (int64_t, t.n_dims + 1);

    for (int i = 0; i < t.n_dims; i++)
        shape[i] = json_integer_value (json_array_get (entry, (size_t) i + 1));
    t.shape = shape;
    return t;
}

char *
drawn_weights (const char *dir)
{
    g_autofree char *list = g_build_filename (dir, "drawn.json", NULL);
    json_t *json = json_load_file (list, 0, NULL);
    const size_t n = json_array_size (json);
    g_autofree M2fSafetensorOut *tensors = g_new (M2fSafetensorOut, n + 1);
    GError *error = NULL;
    char *path = NULL;

    if (!json)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        tensors[i] = read_entry (json_array_get (json, i));
        draw (&tensors[i], (uint32_t) i);
    }
    const int fd = g_file_open_tmp ("drawn-XXXXXX.safetensors", &path, &error);
    ck_assert_msg (fd >= 0 && m2f_safetensors_write (path, tensors, (int) n, &error), "%s",
        error ? error->message : "");
    close (fd);
    for (size_t i = 0; i < n; i++) {
        g_free ((void *) tensors[i].shape);
        g_free ((void *) tensors[i].data);
    }
    json_decref (json);
    return path;
}
