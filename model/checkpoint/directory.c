/* The directory of a checkpoint: finding it, and telling whether its files were replaced.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/directory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/checkpoint/file.h"
#include "model/error.h"

/* ---- names that are no directories --------------------------------------------------------- */

/* The repository of the Hub that was meant by a path of nothing, "OWNER/NAME", or NULL. */
static const char *
hub_repository (const char *path)
{
    const char *scheme = strstr (path, "://");
    if (scheme) {
        const char *host_end = strchr (scheme + 3, '/');
        return host_end && host_end[1] ? host_end + 1 : path;
    }
    const char *slash = strchr (path, '/');
    if (!path[0] || strchr ("/.~", path[0]) || (slash && (!slash[1] || strchr (slash + 1, '/'))))
        return NULL;
    return path;
}

static void
set_missing (GError **error, const char *dir, int code, int reason)
{
    const char *repository = code == M2F_ERROR_NOT_FOUND ? hub_repository (dir) : NULL;
    g_autofree char *hint = repository
        ? g_strdup_printf ("; pipelines/get-checkpoint.sh %s fetches what is on the Hugging Face "
            "Hub by that name", repository)
        : NULL;
    m2f_set_error (error, (M2fError) code, "%s: expected a checkpoint directory, found: %s%s", dir,
        g_strerror (reason), hint ? hint : "");
}

bool
m2f_directory_check (const char *dir, GError **error)
{
    struct stat st;
    if (stat (dir, &st) < 0) {
        set_missing (error, dir, errno == ENOENT ? M2F_ERROR_NOT_FOUND : M2F_ERROR_READ, errno);
        return false;
    }
    if (!S_ISDIR (st.st_mode)) {
        m2f_set_error (error, M2F_ERROR_READ, "%s: expected a checkpoint directory, found %s", dir,
            m2f_file_kind (st.st_mode));
        return false;
    }
    return true;
}

/* ---- cache directories of the Hub ---------------------------------------------------------- */

/* The commit that refs/main names, or NULL (g_free). */
static char *
main_commit (const char *top)
{
    g_autofree char *path = g_build_filename (top, "refs", "main", NULL);
    uint64_t size;
    int fd = m2f_file_open (path, &size, NULL);
    if (fd < 0)
        return NULL;
    char text[128] = "";
    bool read = size < sizeof text && m2f_file_read (fd, path, 0, text, size, NULL);
    close (fd);
    g_strstrip (text);
    return read && text[0] && text[0] != '.' && !strchr (text, '/') ? g_strdup (text) : NULL;
}

/* How many snapshots there are; the name of one of them in *name (g_free). */
static int
count_snapshots (const char *snapshots, char **name)
{
    GDir *entries = g_dir_open (snapshots, 0, NULL);
    int count = 0;
    for (const char *entry; entries && (entry = g_dir_read_name (entries)); count++) {
        g_free (*name);
        *name = g_strdup (entry);
    }
    g_clear_pointer (&entries, g_dir_close);
    return count;
}

/* The snapshot that a cache directory stands for (g_free). */
static char *
choose_snapshot (const char *top, GError **error)
{
    g_autofree char *snapshots = g_build_filename (top, "snapshots", NULL);
    g_autofree char *commit = main_commit (top);
    if (commit) {
        char *chosen = g_build_filename (snapshots, commit, NULL);
        if (g_file_test (chosen, G_FILE_TEST_IS_DIR))
            return chosen;
        g_free (chosen);
    }
    g_autofree char *only = NULL;
    const int count = count_snapshots (snapshots, &only);
    if (count == 1)
        return g_build_filename (snapshots, only, NULL);
    m2f_set_error (error, M2F_ERROR_NOT_FOUND,
        "%s: expected a checkpoint directory, found a cache directory of the Hugging Face Hub with "
        "%d snapshots; name one of snapshots/", top, count);
    return NULL;
}

char *
m2f_directory_resolve (const char *path, GError **error)
{
    if (!m2f_directory_check (path, error))
        return NULL;
    char *canonical = realpath (path, NULL); /* free(), which g_free() is since GLib 2.46 */
    if (!canonical) {
        m2f_set_error (error, M2F_ERROR_READ, "%s: expected a path that can be resolved, found: %s",
            path, g_strerror (errno));
        return NULL;
    }
    g_autofree char *config = g_build_filename (canonical, "config.json", NULL);
    g_autofree char *snapshots = g_build_filename (canonical, "snapshots", NULL);
    if (m2f_file_is_missing (config) && g_file_test (snapshots, G_FILE_TEST_IS_DIR)) {
        char *chosen = choose_snapshot (canonical, error);
        g_free (canonical);
        canonical = chosen;
    }
    return canonical;
}

/* ---- changes ------------------------------------------------------------------------------- */

/* True for the JSON files and for every file that may hold weights, shards included. */
static bool
is_read_by_loading (const char *name)
{
    return g_str_has_suffix (name, ".json") || g_str_has_suffix (name, ".safetensors")
        || g_str_has_suffix (name, ".bin");
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
    return strcmp (*(char *const *) a, *(char *const *) b);
}

char *
m2f_directory_fingerprint (const char *dir)
{
    g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
    GDir *entries = g_dir_open (dir, 0, NULL);
    for (const char *name; entries && (name = g_dir_read_name (entries));) {
        if (is_read_by_loading (name))
            g_ptr_array_add (names, g_strdup (name));
    }
    g_clear_pointer (&entries, g_dir_close);
    g_ptr_array_sort (names, compare_names);

    GString *text = g_string_new (NULL);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename (dir, names->pdata[i], NULL);
        struct stat st = { 0 };
        if (stat (path, &st) < 0)
            continue;
        g_string_append_printf (text, "|%s:%" G_GUINT64_FORMAT ":%" G_GINT64_FORMAT ":%"
            G_GINT64_FORMAT ".%09ld", (const char *) names->pdata[i], (guint64) st.st_ino,
            (gint64) st.st_size, (gint64) st.st_mtim.tv_sec, (long) st.st_mtim.tv_nsec);
    }
    return g_string_free (text, FALSE);
}
