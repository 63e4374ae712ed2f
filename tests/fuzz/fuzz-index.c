/* Fuzzes model.safetensors.index.json beside two shards.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "model/checkpoint/safetensors.h"
#include "tests/fuzz/fuzz.h"

static void
write_shard (const char *name, const char *header)
{
    uint8_t file[256] = { (uint8_t) strlen (header) };
    memcpy (file + 8, header, strlen (header));
    fuzz_write (name, file, 8 + strlen (header) + 4);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    static gsize written;
    if (g_once_init_enter (&written)) {
        write_shard ("a.safetensors",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}");
        write_shard ("b.safetensors",
            "{\"b\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}");
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
    g_assert_cmpint (count, <=, 2);
    for (int i = 0; i < count; i++) {
        float values[2];
        g_assert_true (m2f_safetensors_read_f32 (st, &tensors[i], values, NULL));
    }
    return 0;
}
