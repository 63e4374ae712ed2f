/* Fuzzes preprocessor_config.json.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/processor_config.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    const char *dir = fuzz_write ("preprocessor_config.json", data, size);
    GError *error = NULL;
    M2fProcessorConfig c;
    bool ok = m2f_processor_config_load (dir, &c, NULL, &error);
    fuzz_check_error (ok, error);
    if (!ok)
        return 0;

    if (c.size_mode == M2F_SIZE_EDGES)
        g_assert_true (c.shortest_edge > 0 && c.longest_edge >= 0);
    else
        g_assert_true (c.height > 0 && c.width > 0);
    g_assert_true (c.size_divisor >= 0 && (c.pad_height > 0) == (c.pad_width > 0));
    for (int i = 0; i < 3; i++)
        g_assert_true (c.image_std[i] > 0);
    return 0;
}
