/* Reads tests/data for the unit tests.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/unit/fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

const char *const fixture_names[] = { "square", "odd-sizes", "map-below-window", "wide-masks",
    "pre-norm", "half-weights", "bfloat16-weights" };
const int n_fixtures = G_N_ELEMENTS (fixture_names);

static const char *
message (const GError *error)
{
    return error ? error->message : "no error is set";
}

char *
fixture_path (const char *fixture, const char *file)
{
    return g_build_filename (M2F_TEST_DATA, "fixtures", fixture, file, NULL);
}

M2fModel *
fixture_model (const char *fixture, const char *device)
{
    g_autofree char *path = fixture_path (fixture, NULL);
    g_autoptr (GError) error = NULL;
    M2fModel *model = m2f_model_load (
        &(M2fLoadOptions) { .path = path, .device = device, .precision = "fp32" }, &error);

    ck_assert_msg (model != NULL, "%s", message (error));
    return model;
}

static M2fSafetensors *
open_tensors (const char *fixture, const char *file, const char *name,
    const M2fSafetensor **entry)
{
    g_autofree char *path = fixture_path (fixture, file);
    g_autoptr (GError) error = NULL;
    M2fSafetensors *tensors = m2f_safetensors_open_file (path, &error);

    ck_assert_msg (tensors != NULL, "%s", message (error));
    *entry = m2f_safetensors_find (tensors, name);
    ck_assert_msg (*entry != NULL, "%s has no %s", path, name);
    return tensors;
}

M2fHostTensor *
fixture_tensor (const char *fixture, const char *file, const char *name)
{
    const M2fSafetensor *entry;
    g_autoptr (M2fSafetensors) tensors = open_tensors (fixture, file, name, &entry);
    g_autoptr (GError) error = NULL;
    M2fHostTensor *t = m2f_host_tensor_new (name, entry->n_dims, entry->shape);

    ck_assert_msg (m2f_safetensors_read_f32 (tensors, entry, t->data, &error), "%s",
        message (error));
    return t;
}

uint8_t *
fixture_map (const char *fixture, const char *name, int *height, int *width)
{
    const M2fSafetensor *entry;
    G_GNUC_UNUSED g_autoptr (M2fSafetensors) owner_of_entry
        = open_tensors (fixture, "maps.safetensors", name, &entry);
    g_autofree char *path = fixture_path (fixture, "maps.safetensors");
    g_autofree char *bytes = NULL;
    uint64_t header;
    gsize size;

    ck_assert_int_eq (entry->dtype, M2F_DTYPE_U8);
    ck_assert_int_eq (entry->n_dims, 2);
    ck_assert (g_file_get_contents (path, &bytes, &size, NULL));
    memcpy (&header, bytes, sizeof header);
    ck_assert_uint_le (8 + GUINT64_FROM_LE (header) + entry->offset + entry->size, size);
    *height = (int) entry->shape[0];
    *width = (int) entry->shape[1];
    return g_memdup2 (bytes + 8 + GUINT64_FROM_LE (header) + entry->offset, entry->size);
}

json_t *
fixture_json (const char *fixture, const char *file)
{
    g_autofree char *path = fixture_path (fixture, file);
    json_error_t error;
    json_t *json = json_load_file (path, 0, &error);

    ck_assert_msg (json != NULL, "%s: %s", path, error.text);
    return json;
}

GArray *
fixture_devices (void)
{
    static const char *const order[] = { "cpu", "vulkan", "reference" };
    const char *only = g_getenv ("M2F_TEST_BACKEND");
    g_autoptr (GArray) all = m2f_device_list ();
    GArray *devices = g_array_new (FALSE, FALSE, sizeof (M2fDeviceInfo));

    for (size_t b = 0; b < G_N_ELEMENTS (order); b++)
        for (guint i = 0; i < all->len; i++) {
            const M2fDeviceInfo *info = &g_array_index (all, M2fDeviceInfo, i);
            if (g_str_equal (info->backend, order[b]) && (!only || g_str_equal (only, order[b])))
                g_array_append_vals (devices, info, 1);
        }
    g_assert_cmpuint (devices->len, >, 0); /* no test runs yet: not Check's assertion */
    return devices;
}

M2fImage
fixture_image (const char *fixture)
{
    g_autofree char *path = fixture_path (fixture, "image.ppm");
    g_autofree char *bytes = NULL;
    gsize size;
    int width, height, header = 0;

    ck_assert (g_file_get_contents (path, &bytes, &size, NULL));
    ck_assert_int_eq (sscanf (bytes, "P6 %d %d 255%n", &width, &height, &header), 2);
    ck_assert_uint_eq (size, (gsize) header + 1 + 3 * (gsize) width * height);
    return (M2fImage) {
        .format = M2F_FORMAT_RGB,
        .width = width,
        .height = height,
        .data = { g_memdup2 (bytes + header + 1, 3 * (gsize) width * height) },
        .stride = { 3 * width },
    };
}

void
assert_m2f_error (GError **error, M2fError code, const char *word)
{
    ck_assert_ptr_nonnull (*error);
    ck_assert_msg (g_error_matches (*error, M2F_ERROR, (int) code), "\"%s\" is %s %d, expected %d",
        (*error)->message, g_quark_to_string ((*error)->domain), (*error)->code, (int) code);
    ck_assert_msg (strstr ((*error)->message, word) != NULL, "\"%s\" lacks \"%s\"",
        (*error)->message, word);
    g_clear_error (error);
}
