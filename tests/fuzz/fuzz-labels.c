/* Fuzzes a labels-file.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "model/checkpoint/labels.h"
#include "tests/fuzz/fuzz.h"

/* The lines of a text that is a labels-file; NULL if it is none (g_strfreev). */
static char **
expected_names (const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strchomp (g_strndup (size ? (const char *) data : "", size));
    const char *names = g_str_has_prefix (text, "\xef\xbb\xbf") ? text + 3 : text;
    g_auto (GStrv) lines = g_strsplit (names, "\n", -1);

    /* Git LFS has it stand for the file */
    if (size <= 1024 && g_str_has_prefix (text, "version https://git-lfs.github.com/spec/"))
        return NULL;
    if (!g_utf8_validate (size ? (const char *) data : "", (gssize) size, NULL))
        return NULL;
    for (int i = 0; lines[i]; i++) {
        g_strstrip (lines[i]);
        if (!lines[i][0] || strlen (lines[i]) > M2F_MAX_LABEL_LENGTH)
            return NULL;
    }
    return g_steal_pointer (&lines);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    g_autofree char *path = g_build_filename (fuzz_write ("labels", data, size), "labels", NULL);
    g_auto (GStrv) expected = expected_names (data, size);

    for (int n = 0; n < 4; n++) {
        GError *error = NULL;
        g_auto (GStrv) labels = m2f_labels_from_file (path, n, &error);
        fuzz_check_error (labels != NULL, error);
        g_assert_true ((labels != NULL) == (expected && (int) g_strv_length (expected) == n));
        g_assert_true (!labels
            || g_strv_equal ((const char *const *) labels, (const char *const *) expected));
    }
    return 0;
}
