/* The entries of a ZIP archive that are stored as they are, which is how torch.save() writes.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_ZIP_H
#define M2F_ZIP_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct M2fZipEntry {
    char *name;
    uint64_t offset, size; /* place of the data in the archive, bytes */
} M2fZipEntry;

/* Lists an open archive of `size` bytes; `path` is for messages.  Elements are M2fZipEntry
 * (g_array_unref).  Every entry lies within the file, and together they are no larger than it.
 * NULL with M2F_ERROR_READ, M2F_ERROR_FORMAT, or M2F_ERROR_UNSUPPORTED for compressed or encrypted
 * entries. */
GArray *m2f_zip_list (int fd, const char *path, uint64_t size, GError **error);

#endif
