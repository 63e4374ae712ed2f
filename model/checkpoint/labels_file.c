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

/* The bytes of a line without the blanks around it. */
static size_t
name_length (const char *line, size_t length)
{
    while (length > 0 && g_ascii_isspace (line[length - 1]))
        length--;
    while (length > 0 && g_ascii_isspace (*line)) {
        length--;
        line++;
    }
    return length;
}

/* Number of lines, each with a name; -1 with an error.  Blanks at the end of the text are none. */
static int
count_names (const char *path, const char *text, GError **error)
{
    int n = 0;
    for (const char *line = text[0] ? text : NULL, *end; line; line = end ? end + 1 : NULL) {
        end = strchr (line, '\n');
        const size_t length = name_length (line, end ? (size_t) (end - line) : strlen (line));
        n++;
        if (length >= 1 && length <= M2F_MAX_LABEL_LENGTH)
            continue;
        m2f_set_error (error, M2F_ERROR_FORMAT,
            "%s: line %d: expected a name of 1 to %d bytes, found %s", path, n,
            M2F_MAX_LABEL_LENGTH, length > 0 ? "a longer one" : "an empty line");
        return -1;
    }
    return n;
}

gchar **
m2f_labels_from_file (const char *path, int n_labels, GError **error)
{
    g_autofree char *text = read_text (path, error);
    if (!text)
        return NULL;
    const char *names = g_str_has_prefix (g_strchomp (text), "\xef\xbb\xbf") ? text + 3 : text;
    const int n = count_names (path, names, error);
    if (n >= 0 && n != n_labels)
        m2f_set_error (error, M2F_ERROR_FORMAT,
            "%s: expected %d lines, one for each class of the checkpoint, found %d", path, n_labels,
            n);
    if (n < 0 || n != n_labels)
        return NULL;
    gchar **lines = g_strsplit (names, "\n", -1);
    for (int i = 0; i < n; i++)
        g_strstrip (lines[i]);
    return lines;
}
