/* Fuzzes a labels-file.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "model/m2f.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    g_autofree char *path = g_build_filename (fuzz_write ("labels", data, size), "labels", NULL);

    for (int n = 0; n < 4; n++) {
        GError *error = NULL;
        g_auto (GStrv) labels = m2f_labels_from_file (path, n, &error);
        fuzz_check_error (labels != NULL, error);
        for (int i = 0; labels && i < n; i++)
            g_assert_true (labels[i][0] && g_utf8_validate (labels[i], -1, NULL));
        g_assert_true (!labels || !labels[n]);
    }
    return 0;
}
