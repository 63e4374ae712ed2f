/* Opening and reading the files of a checkpoint, with errors that name them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files are read with pread() rather than mapped, so that a file that shrinks under us is an error
 * and not a SIGBUS.
 */
#ifndef M2F_FILE_H
#define M2F_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* The kind of a file as a message calls it: "a directory", "a FIFO". */
const char *m2f_file_kind (mode_t mode);
/* True if nothing has that name.  A link to nothing and what is in a locked directory are not
 * missing: opening them reports what is wrong. */
bool m2f_file_is_missing (const char *path);

/* Opens a regular file and tells its size in bytes.  Returns a descriptor for close(), or -1 with
 * M2F_ERROR_NOT_FOUND, M2F_ERROR_READ, or M2F_ERROR_FORMAT for a pointer file of Git LFS; never
 * blocks on a FIFO or device. */
int m2f_file_open (const char *path, uint64_t *size, GError **error);
/* The same as a stream for fclose(), or NULL. */
FILE *m2f_file_open_stream (const char *path, uint64_t *size, GError **error);

/* Reads exactly `size` bytes from byte `offset` on; `path` is for the message.  M2F_ERROR_READ. */
bool m2f_file_read (int fd, const char *path, uint64_t offset, void *data, size_t size,
    GError **error);

/* Reads into new memory, with a NUL behind the bytes; free with g_free().  NULL with an error, also
 * where there is no memory. */
void *m2f_file_load (int fd, const char *path, uint64_t offset, size_t size, GError **error);

#endif
