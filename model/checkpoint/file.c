/* Opening and reading the files of a checkpoint, with errors that name them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/error.h"

#define MAX_POINTER_SIZE 1024 /* bytes; the pointer files of Git LFS are smaller */

const char *
m2f_file_kind (mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG: return "a file";
    case S_IFDIR: return "a directory";
    case S_IFIFO: return "a FIFO";
    case S_IFSOCK: return "a socket";
    case S_IFBLK: return "a block device";
    case S_IFCHR: return "a character device";
    default: return "something else";
    }
}

bool
m2f_file_is_missing (const char *path)
{
    struct stat st;
    return lstat (path, &st) < 0 && errno == ENOENT;
}

/* True for the few lines that Git keeps in the place of a large file. */
static bool
is_lfs_pointer (int fd, uint64_t size)
{
    static const char start[] = "version https://git-lfs.github.com/spec/";
    char text[sizeof start - 1];
    return size <= MAX_POINTER_SIZE
        && pread (fd, text, sizeof text, 0) == (ssize_t) sizeof text
        && memcmp (text, start, sizeof text) == 0;
}

int
m2f_file_open (const char *path, uint64_t *size, GError **error)
{
    /* O_NONBLOCK: opening a FIFO for reading would wait for a writer. */
    int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat (fd, &st) < 0) {
        int code = errno == ENOENT ? M2F_ERROR_NOT_FOUND : M2F_ERROR_READ;
        m2f_set_error (error, code, "%s: expected a readable file, found: %s", path,
            g_strerror (errno));
        goto fail;
    }
    if (!S_ISREG (st.st_mode)) {
        m2f_set_error (error, M2F_ERROR_READ, "%s: expected a file, found %s", path,
            m2f_file_kind (st.st_mode));
        goto fail;
    }
    if (is_lfs_pointer (fd, (uint64_t) st.st_size)) {
        m2f_set_error (error, M2F_ERROR_FORMAT,
            "%s: expected the file itself, found a Git LFS pointer to it; run `git lfs pull` in "
            "its directory", path);
        goto fail;
    }
    *size = (uint64_t) st.st_size;
    return fd;

fail:
    if (fd >= 0)
        close (fd);
    return -1;
}

FILE *
m2f_file_open_stream (const char *path, uint64_t *size, GError **error)
{
    const int fd = m2f_file_open (path, size, error);
    FILE *file = fd >= 0 ? fdopen (fd, "rb") : NULL;
    if (fd >= 0 && !file) {
        close (fd);
        m2f_no_memory (error, BUFSIZ, path);
    }
    return file;
}

bool
m2f_file_read (int fd, const char *path, uint64_t offset, void *data, size_t size, GError **error)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = pread (fd, (char *) data + done, size - done, (off_t) (offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            m2f_set_error (error, M2F_ERROR_READ,
                "%s: expected %zu bytes at byte %" G_GUINT64_FORMAT ", found: %s", path, size,
                offset, g_strerror (errno));
            return false;
        }
        if (n == 0) {
            m2f_set_error (error, M2F_ERROR_READ,
                "%s: expected %zu bytes at byte %" G_GUINT64_FORMAT
                ", found the end of the file after %zu: it has shrunk", path, size, offset, done);
            return false;
        }
        done += (size_t) n;
    }
    return true;
}

void *
m2f_file_load (int fd, const char *path, uint64_t offset, size_t size, GError **error)
{
    g_autofree char *data = size < SIZE_MAX ? g_try_malloc (size + 1) : NULL;
    if (!data) {
        m2f_no_memory (error, size, path);
        return NULL;
    }
    data[size] = '\0';
    return m2f_file_read (fd, path, offset, data, size, error) ? g_steal_pointer (&data) : NULL;
}
