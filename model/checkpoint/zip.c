/* The entries of a ZIP archive that are stored as they are, which is how torch.save() writes.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sizes and offsets of more than 32 bits are read as APPNOTE.TXT of PKWARE has them (ZIP64).
 */
#include "model/checkpoint/zip.h"

#include <string.h>

#include "model/checkpoint/file.h"
#include "model/error.h"

#define MAX_DIRECTORY (16 << 20) /* bytes */
#define MAX_ENTRIES 65536

/* Bytes of the records, without names and comments. */
#define END_SIZE 22
#define END64_LOCATOR_SIZE 20
#define END64_SIZE 56
#define ENTRY_SIZE 46
#define LOCAL_SIZE 30
#define MAX_COMMENT 65535

typedef struct Archive {
    int fd;
    const char *path;
    uint64_t size;
    uint64_t directory, directory_size, n_entries; /* the central directory */
} Archive;

static uint64_t
little (const uint8_t *bytes, int n)
{
    uint64_t value = 0;
    for (int i = n - 1; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

static bool
fail (const Archive *a, const char *expected, GError **error)
{
    m2f_set_error (error, M2F_ERROR_FORMAT, "%s: expected %s of a ZIP archive: it is truncated or "
        "no checkpoint of torch.save()", a->path, expected);
    return false;
}

/* Replaces what the end record says by what the 64-bit one before it says, if there is one. */
static bool
read_end64 (Archive *a, uint64_t end, GError **error)
{
    uint8_t locator[END64_LOCATOR_SIZE], record[END64_SIZE];
    if (end < sizeof locator)
        return true;
    if (!m2f_file_read (a->fd, a->path, end - sizeof locator, locator, sizeof locator, error))
        return false;
    if (memcmp (locator, "PK\6\7", 4) != 0)
        return true;
    uint64_t offset = little (locator + 8, 8);
    if (offset > end - sizeof locator || end - sizeof locator - offset < sizeof record)
        return fail (a, "the 64-bit end record", error);
    if (!m2f_file_read (a->fd, a->path, offset, record, sizeof record, error))
        return false;
    if (memcmp (record, "PK\6\6", 4) != 0)
        return fail (a, "the 64-bit end record", error);
    a->n_entries = little (record + 32, 8);
    a->directory_size = little (record + 40, 8);
    a->directory = little (record + 48, 8);
    return true;
}

/* Finds the central directory by the record at the archive's end. */
static bool
find_directory (Archive *a, GError **error)
{
    const size_t tail = MIN (a->size, END_SIZE + MAX_COMMENT);
    g_autofree uint8_t *bytes = m2f_file_load (a->fd, a->path, a->size - tail, tail, error);
    if (!bytes)
        return false;
    for (size_t at = tail < END_SIZE ? 0 : tail - END_SIZE + 1; at-- > 0;) {
        const uint8_t *end = bytes + at;
        if (memcmp (end, "PK\5\6", 4) != 0 || little (end + 20, 2) != tail - at - END_SIZE)
            continue;
        const uint64_t end_offset = a->size - tail + at;
        a->n_entries = little (end + 10, 2);
        a->directory_size = little (end + 12, 4);
        a->directory = little (end + 16, 4);
        if (!read_end64 (a, end_offset, error))
            return false;
        if (a->n_entries > MAX_ENTRIES || a->directory_size > MAX_DIRECTORY
            || a->directory > end_offset || a->directory_size > end_offset - a->directory)
            return fail (a, "a central directory", error);
        return true;
    }
    return fail (a, "the end record", error);
}

/* Replaces fields of all ones by those of the extra field for 64 bits. */
static void
read_extra64 (const uint8_t *extra, size_t size, uint64_t *fields[3])
{
    while (size >= 4) {
        const size_t length = little (extra + 2, 2);
        if (length > size - 4)
            return;
        const uint8_t *value = extra + 4, *end = value + length;
        for (int i = 0; little (extra, 2) == 1 && i < 3; i++) {
            if (*fields[i] == G_MAXUINT32 && end - value >= 8) {
                *fields[i] = little (value, 8);
                value += 8;
            }
        }
        extra += 4 + length;
        size -= 4 + length;
    }
}

/* Finds where the data of an entry start, behind its local header. */
static bool
locate (const Archive *a, uint64_t header, M2fZipEntry *entry, GError **error)
{
    uint8_t local[LOCAL_SIZE];
    if (header > a->directory || a->directory - header < sizeof local)
        return fail (a, "a local header", error);
    if (!m2f_file_read (a->fd, a->path, header, local, sizeof local, error))
        return false;
    if (memcmp (local, "PK\3\4", 4) != 0)
        return fail (a, "a local header", error);
    entry->offset = header + sizeof local + little (local + 26, 2) + little (local + 28, 2);
    if (entry->offset > a->directory || entry->size > a->directory - entry->offset)
        return fail (a, "an entry's data", error);
    return true;
}

/* Reads the entry at `bytes`; returns its bytes in the directory, 0 on failure. */
static size_t
read_entry (const Archive *a, const uint8_t *bytes, size_t size, M2fZipEntry *entry,
    GError **error)
{
    const size_t name = size < ENTRY_SIZE ? 0 : little (bytes + 28, 2);
    const size_t extra = size < ENTRY_SIZE ? 0 : little (bytes + 30, 2);
    const size_t comment = size < ENTRY_SIZE ? 0 : little (bytes + 32, 2);
    const size_t total = ENTRY_SIZE + name + extra + comment;
    if (size < total || memcmp (bytes, "PK\1\2", 4) != 0)
        return fail (a, "an entry of the central directory", error);
    uint64_t stored = little (bytes + 20, 4), header = little (bytes + 42, 4);
    entry->size = little (bytes + 24, 4);
    read_extra64 (bytes + ENTRY_SIZE + name, extra,
        (uint64_t *[]) { &entry->size, &stored, &header });
    entry->name = g_strndup ((const char *) bytes + ENTRY_SIZE, name);
    if (little (bytes + 10, 2) != 0 || (bytes[8] & 1) || stored != entry->size) {
        m2f_set_error (error, M2F_ERROR_UNSUPPORTED,
            "%s: %s: expected an entry that is stored as it is, found a compressed or encrypted "
            "one", a->path, entry->name);
        return 0;
    }
    return locate (a, header, entry, error) ? total : 0;
}

static void
clear_entry (gpointer entry)
{
    g_free (((M2fZipEntry *) entry)->name);
}

GArray *
m2f_zip_list (int fd, const char *path, uint64_t size, GError **error)
{
    Archive a = { .fd = fd, .path = path, .size = size };
    if (!find_directory (&a, error))
        return NULL;
    g_autofree uint8_t *directory
        = m2f_file_load (fd, path, a.directory, a.directory_size, error);
    if (!directory)
        return NULL;

    g_autoptr (GArray) entries = g_array_new (FALSE, TRUE, sizeof (M2fZipEntry));
    g_array_set_clear_func (entries, clear_entry);
    uint64_t at = 0, held = 0;
    for (uint64_t i = 0; i < a.n_entries; i++) {
        M2fZipEntry entry = { 0 };
        size_t read = read_entry (&a, directory + at, a.directory_size - at, &entry, error);
        g_array_append_val (entries, entry);
        if (!read)
            return NULL;
        at += read;
        held += entry.size; /* cannot overflow: each is less than the file, of 2^63 bytes */
        if (held > size) {
            fail (&a, "entries that do not overlap", error);
            return NULL;
        }
    }
    return g_steal_pointer (&entries);
}
