/* Hands a fuzzer's bytes to a reader that wants a file.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_FUZZ_H
#define M2F_FUZZ_H

#include <glib.h>
#include <glib/gstdio.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* What libFuzzer calls: once, if it is there, and for every input. */
int LLVMFuzzerInitialize (int *argc, char ***argv);
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* Removed again when the process ends. */
static char *fuzz_dir;

static inline void
fuzz_remove_dir (void)
{
    g_autofree char *command = g_strdup_printf ("rm -r '%s'", fuzz_dir);
    if (system (command) != 0)
        g_printerr ("cannot remove %s\n", fuzz_dir);
}

/* Puts the bytes into a file of this name in a directory of the process's own, which it returns. */
static inline const char *
fuzz_write (const char *name, const uint8_t *data, size_t size)
{
    if (!fuzz_dir) {
        fuzz_dir = g_dir_make_tmp (NULL, NULL);
        g_assert_nonnull (fuzz_dir);
        atexit (fuzz_remove_dir);
    }
    g_autofree char *path = g_build_filename (fuzz_dir, name, NULL);
    FILE *file = fopen (path, "wb");
    g_assert_nonnull (file);
    g_assert_cmpuint (fwrite (data, 1, size, file), ==, size);
    g_assert_cmpint (fclose (file), ==, 0);
    return fuzz_dir;
}

/* A reader that fails must say why, in UTF-8 without control characters; one that succeeds must
 * not. */
static inline void
fuzz_check_error (gboolean ok, GError *error)
{
    g_assert_true (ok == (error == NULL));
    if (error)
        g_assert_true (g_utf8_validate (error->message, -1, NULL));
    for (const char *p = error ? error->message : ""; *p; p = g_utf8_next_char (p))
        g_assert_false (g_unichar_iscntrl (g_utf8_get_char (p)));
    g_clear_error (&error);
}

#endif
