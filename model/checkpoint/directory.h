/* The directory of a checkpoint: finding it, and telling whether its files were replaced.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_DIRECTORY_H
#define M2F_DIRECTORY_H

#include <glib.h>
#include <stdbool.h>

/* True if `dir` is a directory.  M2F_ERROR_NOT_FOUND if nothing has that name, M2F_ERROR_READ if it
 * is something else.  The message for the name of a repository on the Hugging Face Hub, or for a
 * URL, says how to fetch it. */
bool m2f_directory_check (const char *dir, GError **error);

/* The canonical path of a checkpoint directory (g_free).  The cache directory of a repository of
 * the Hub (models--OWNER--NAME) stands for the snapshot that its refs/main names, or for its only
 * one.  NULL as above, and with M2F_ERROR_NOT_FOUND if a cache directory has several snapshots. */
char *m2f_directory_resolve (const char *path, GError **error);

/* Text that changes when a file that loading reads is added, removed or replaced (g_free). */
char *m2f_directory_fingerprint (const char *dir);

#endif
