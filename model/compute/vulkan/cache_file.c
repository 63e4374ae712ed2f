/* The file that keeps the driver's compiled pipelines from one start to the next.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/vulkan/cache_file.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_CACHE_SIZE (64 << 20) /* bytes; those of our pipelines are below 1 MiB */

typedef struct CacheHeader {
    char magic[8];
    VulkanCacheKey key;
    uint8_t blob[16]; /* digest of what follows */
} CacheHeader;

static CacheHeader
new_header (const VulkanCacheKey *key, const char *blob, size_t size)
{
    CacheHeader header = { .magic = "M2FVKPC", .key = *key };
    g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_MD5);
    gsize length = sizeof header.blob;

    g_checksum_update (sum, (const guchar *) blob, (gssize) size);
    g_checksum_get_digest (sum, header.blob, &length);
    return header;
}

/* Reads `size` bytes from the start of a file. */
static bool
read_whole (int fd, char *data, size_t size)
{
    size_t done = 0;

    for (ssize_t n = 1; done < size && n > 0; done += (size_t) MAX (n, 0))
        n = pread (fd, data + done, size - done, (off_t) done);
    return done == size;
}

/* The file's bytes (g_free), or NULL if it is no regular file of a size that a cache has.  It is
 * opened without waiting: whatever stands at that place, even a FIFO, must not stop the program. */
static char *
read_file (const char *path, size_t *size)
{
    const int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    char *data = NULL;

    if (fd < 0)
        return NULL;
    if (fstat (fd, &st) == 0 && S_ISREG (st.st_mode)
        && st.st_size > (off_t) sizeof (CacheHeader) && st.st_size <= MAX_CACHE_SIZE) {
        *size = (size_t) st.st_size;
        data = g_try_malloc (*size);
        if (data && !read_whole (fd, data, *size))
            g_clear_pointer (&data, g_free);
    }
    close (fd);
    return data;
}

char *
vk_cache_file_read (const char *path, const VulkanCacheKey *key, size_t *size)
{
    char *data = read_file (path, size);

    if (data) {
        const size_t rest = *size - sizeof (CacheHeader);
        const CacheHeader expected = new_header (key, data + sizeof expected, rest);

        if (memcmp (data, &expected, sizeof expected) == 0) {
            memmove (data, data + sizeof expected, rest);
            *size = rest;
            return data;
        }
    }
    g_free (data);
    *size = 0;
    return NULL;
}

/* g_file_set_contents() writes beside the file and renames: a reader finds an old or a new one. */
void
vk_cache_file_write (const char *path, const VulkanCacheKey *key, const char *blob, size_t size)
{
    const CacheHeader header = new_header (key, blob, size);
    g_autofree char *dir = g_path_get_dirname (path);

    if (size > MAX_CACHE_SIZE - sizeof header)
        return;
    g_autofree char *data = g_try_malloc (sizeof header + size);
    if (!data)
        return;
    memcpy (data, &header, sizeof header);
    memcpy (data + sizeof header, blob, size);
    if (g_mkdir_with_parents (dir, 0700) == 0)
        g_file_set_contents (path, data, (gssize) (sizeof header + size), NULL);
}
