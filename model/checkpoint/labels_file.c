/* labels-file: names of the classes from a text file, one a line.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/labels.h"

#include <string.h>
#include <unistd.h>

#include "model/checkpoint/file.h"
#include "model/error.h"

#define MAX_FILE_SIZE (1 << 20) /* bytes */

/* The whole text, checked to be UTF-8 without NUL (g_free). */
static char *
read_text (const char *path, GError **error)
{
    uint64_t size;
    int fd = m2f_file_open (path, &size, error);
    if (fd < 0)
        return NULL;
    char *text = NULL;
    if (size > MAX_FILE_SIZE) {
        m2f_set_error (error, M2F_ERROR_FORMAT,
            "%s: expected names of classes in at most %d bytes, found %" G_GUINT64_FORMAT, path,
            MAX_FILE_SIZE, size);
    } else {
        text = m2f_file_load (fd, path, 0, size, error);
    }
    close (fd);
    if (!text)
        return NULL;

    const char *end;
    if (g_utf8_validate (text, (gssize) size, &end))
        return text;
    m2f_set_error (error, M2F_ERROR_FORMAT, "%s: expected UTF-8 text, found %s at byte %zu", path,
        *end ? "other bytes" : "a NUL", (size_t) (end - text));
    g_free (text);
    return NULL;
}

/* The name of a line is what is left without the blanks around it. */
static bool
check_line (const char *path, int line, char *name, GError **error)
{
    g_strstrip (name);
    if (name[0] && strlen (name) <= M2F_MAX_LABEL_LENGTH)
        return true;
    m2f_set_error (error, M2F_ERROR_FORMAT,
        "%s: line %d: expected a name of 1 to %d bytes, found %s", path, line,
        M2F_MAX_LABEL_LENGTH, name[0] ? "a longer one" : "an empty line");
    return false;
}

gchar **
m2f_labels_from_file (const char *path, int n_labels, GError **error)
{
    g_autofree char *text = read_text (path, error);
    if (!text)
        return NULL;
    g_auto (GStrv) lines =
        g_strsplit (g_str_has_prefix (text, "\xef\xbb\xbf") ? text + 3 : text, "\n", -1);
    int n = (int) g_strv_length (lines);
    while (n > 0 && !g_strstrip (lines[n - 1])[0])
        g_clear_pointer (&lines[--n], g_free);
    for (int i = 0; i < n; i++) {
        if (!check_line (path, i + 1, lines[i], error))
            return NULL;
    }
    if (n == n_labels)
        return g_steal_pointer (&lines);
    m2f_set_error (error, M2F_ERROR_FORMAT,
        "%s: expected %d lines, one for each class of the checkpoint, found %d", path, n_labels, n);
    return NULL;
}
