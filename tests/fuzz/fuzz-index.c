/* Fuzzes model.safetensors.index.json beside two shards.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <jansson.h>
#include <string.h>

#include "model/checkpoint/safetensors.h"
#include "tests/fuzz/fuzz.h"

/* The data of both shards: 1 as a float32, 1 and 0.5 as halves. */
static const uint8_t one[4] = { 0, 0, 0x80, 0x3f }, halves[4] = { 0, 0x3c, 0, 0x38 };

static void
write_shard (const char *name, const char *header, const uint8_t data[4])
{
    uint8_t file[256] = { (uint8_t) strlen (header) };
    memcpy (file + 8, header, strlen (header));
    memcpy (file + 8 + strlen (header), data, 4);
    fuzz_write (name, file, 8 + strlen (header) + 4);
}

/* Each tensor is as its shard has it. */
static void
check_tensor (M2fSafetensors *st, const M2fSafetensor *tensor)
{
    const bool is_a = g_str_equal (tensor->name, "a");
    float values[2];

    g_assert_true (is_a || g_str_equal (tensor->name, "b"));
    g_assert_true (g_str_has_suffix (m2f_safetensors_file_name (st, tensor),
        is_a ? "/a.safetensors" : "/b.safetensors"));
    g_assert_cmpint (tensor->n_elements, ==, is_a ? 1 : 2);
    g_assert_true (m2f_safetensors_read_f32 (st, tensor, values, NULL));
    g_assert_true (values[0] == 1 && (is_a || values[1] == 0.5f));
}

/* The index that was accepted names the tensors there are and no other.  What only Python takes for
 * JSON cannot be compared. */
static void
check_names (const uint8_t *data, size_t size, const M2fSafetensors *st, int count)
{
    json_t *root = json_loadb ((const char *) data, size, JSON_ALLOW_NUL, NULL);
    json_t *names = json_object_get (root, "weight_map"), *value;
    const char *name;

    if (root)
        g_assert_cmpint ((int) json_object_size (names), ==, count);
    json_object_foreach (names, name, value)
        g_assert_nonnull (m2f_safetensors_find (st, name));
    json_decref (root);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static gsize written;
    if (g_once_init_enter (&written)) {
        write_shard ("a.safetensors",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", one);
        write_shard ("b.safetensors",
            "{\"b\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", halves);
        g_once_init_leave (&written, 1);
    }
    const char *dir = fuzz_write ("model.safetensors.index.json", data, size);
    GError *error = NULL;
    g_autoptr (M2fSafetensors) st = m2f_safetensors_open_dir (dir, &error);
    fuzz_check_error (st != NULL, error);
    if (!st)
        return 0;
    int count;
    const M2fSafetensor *tensors = m2f_safetensors_list (st, &count);
    g_assert_cmpint (count, >=, 1);
    g_assert_cmpint (count, <=, 2);
    for (int i = 0; i < count; i++)
        check_tensor (st, &tensors[i]);
    check_names (data, size, st, count);
    return 0;
}
