/* Labelled pictures: COCO's JSON files of instances and of panoptic segments, and VIPSeg's.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "model/error.h"
#include "model/tool/dataset.h"
#include "model/tool/tool.h"

typedef struct Reader {
    ToolDataset *dataset;
    const char *path;       /* of the JSON file */
    char *images, *maps;    /* folders */
    GHashTable *labels;     /* category_id to the model's class + 1 */
    GHashTable *pictures;   /* image_id to its object in "images" */
    GHashTable *labelled;   /* image_id to ToolLabelled */
} Reader;

static bool
format_error (const Reader *r, const char *what, GError **error)
{
    m2f_set_error (error, M2F_ERROR_FORMAT, "%s: %s", r->path, what);
    return false;
}

static gpointer
key_of (const json_t *object, const char *name)
{
    return GINT_TO_POINTER ((int) json_integer_value (json_object_get (object, name)));
}

/* The model's class of a category_id, -1 if it has none. */
static int
label_of (const Reader *r, const json_t *annotation)
{
    return GPOINTER_TO_INT (g_hash_table_lookup (r->labels, key_of (annotation, "category_id")))
        - 1;
}

/* Finds the classes of the categories by their names. */
static bool
read_categories (Reader *r, const json_t *root, GError **error)
{
    const json_t *categories = json_object_get (root, "categories");
    int known = 0;

    for (size_t i = 0; i < json_array_size (categories); i++) {
        const json_t *category = json_array_get (categories, i);
        const char *name = json_string_value (json_object_get (category, "name"));
        const int label = tool_find_label (r->dataset->model, name);

        known += label >= 0;
        g_hash_table_insert (r->labels, key_of (category, "id"), GINT_TO_POINTER (label + 1));
        if (label < 0) {
            g_autofree char *shown = m2f_printable (name ? name : "");
            fprintf (stderr, "m2f: the model has no class '%s': its pixels do not count\n", shown);
        }
    }
    return known > 0 || format_error (r, "expected \"categories\" with names of the model's "
        "classes, found none", error);
}

static void
list_pictures (Reader *r, const json_t *images)
{
    for (size_t i = 0; i < json_array_size (images); i++) {
        const json_t *image = json_array_get (images, i);

        g_hash_table_insert (r->pictures, key_of (image, "id"), (gpointer) image);
    }
}

/* The picture's file name; false if it is not a plain relative path. */
static const char *
file_name (const json_t *object)
{
    const char *name = json_string_value (json_object_get (object, "file_name"));

    return name && !g_path_is_absolute (name) && !strstr (name, "..") ? name : NULL;
}

/* ---- panoptic ------------------------------------------------------------------------------ */

static GArray *
read_segments (const Reader *r, const json_t *annotation)
{
    const json_t *infos = json_object_get (annotation, "segments_info");
    GArray *segments = g_array_new (FALSE, FALSE, sizeof (M2fPanopticSegment));

    for (size_t i = 0; i < json_array_size (infos); i++) {
        const json_t *info = json_array_get (infos, i);
        const M2fPanopticSegment s = {
            .id = (uint32_t) json_integer_value (json_object_get (info, "id")),
            .label_id = label_of (r, info),
            .is_crowd = json_integer_value (json_object_get (info, "iscrowd")) != 0,
        };

        if (s.label_id >= 0 && s.id != 0)
            g_array_append_val (segments, s);
    }
    return segments;
}

/* Adds the pictures of a list of annotations; VIPSeg's have a folder for each video. */
static bool
add_panoptic (Reader *r, const json_t *annotations, const char *folder, int video, GError **error)
{
    for (size_t i = 0; i < json_array_size (annotations); i++) {
        const json_t *annotation = json_array_get (annotations, i);
        const json_t *image = g_hash_table_lookup (r->pictures, key_of (annotation, "image_id"));
        const char *map = file_name (annotation), *name = file_name (image);

        if (!map || !name)
            return format_error (r, "expected an annotation to have a \"file_name\" and an "
                "\"image_id\" of \"images\" with one, both relative paths", error);
        ToolLabelled *l = tool_dataset_add (r->dataset,
            g_build_filename (r->images, folder, name, NULL),
            g_build_filename (r->maps, folder, map, NULL));
        l->video = video;
        l->segments = read_segments (r, annotation);
    }
    return true;
}

static bool
add_videos (Reader *r, const json_t *root, GError **error)
{
    const json_t *videos = json_object_get (root, "videos");
    const json_t *annotations = json_object_get (root, "annotations");

    for (size_t i = 0; i < json_array_size (videos); i++) {
        const json_t *id = json_object_get (json_array_get (videos, i), "video_id");

        g_hash_table_remove_all (r->pictures); /* images are counted in each video anew */
        list_pictures (r, json_object_get (json_array_get (videos, i), "images"));
        for (size_t j = 0; j < json_array_size (annotations); j++) {
            const json_t *a = json_array_get (annotations, j);

            if (json_is_string (id) && json_equal (id, json_object_get (a, "video_id"))
                && !add_panoptic (r, json_object_get (a, "annotations"), json_string_value (id),
                    (int) i, error))
                return false;
        }
    }
    return true;
}

/* ---- instances ----------------------------------------------------------------------------- */

static M2fRle *
read_runs (const json_t *counts, int width, int height, GError **error)
{
    const size_t n = json_array_size (counts);
    g_autofree int64_t *runs = g_try_new (int64_t, MAX (n, 1));

    if (!runs) {
        m2f_no_memory (error, n * sizeof *runs, "counts of a mask");
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        runs[i] = json_integer_value (json_array_get (counts, i));
    return m2f_rle_from_runs (runs, n, width, height, error);
}

/* Any of the polygons: a list of lists of coordinates. */
static M2fRle *
read_polygons (const json_t *polygons, int width, int height, GError **error)
{
    M2fRle *all = m2f_rle_from_polygon (NULL, 0, width, height, error);

    for (size_t i = 0; all && i < json_array_size (polygons); i++) {
        const json_t *polygon = json_array_get (polygons, i);
        const size_t n = json_array_size (polygon) / 2;
        g_autofree double *points = g_try_new (double, MAX (2 * n, 1));

        for (size_t j = 0; points && j < 2 * n; j++)
            points[j] = json_number_value (json_array_get (polygon, j));
        g_autoptr (M2fRle) before = all;
        g_autoptr (M2fRle) one
            = points ? m2f_rle_from_polygon (points, n, width, height, error) : NULL;
        if (!points)
            m2f_no_memory (error, 2 * n * sizeof *points, "points of a polygon");
        all = one ? m2f_rle_union (before, one) : NULL;
        if (one && !all)
            m2f_no_memory (error, (size_t) width * height, "polygons");
    }
    return all;
}

static M2fRle *
read_mask (const json_t *segmentation, int width, int height, GError **error)
{
    const json_t *counts = json_object_get (segmentation, "counts");

    if (json_is_string (counts))
        return m2f_rle_from_text (json_string_value (counts), width, height, error);
    if (json_is_array (counts))
        return read_runs (counts, width, height, error);
    return read_polygons (segmentation, width, height, error);
}

/* Every picture is one of the dataset, with instances or without. */
static bool
add_pictures (Reader *r, const json_t *images, GError **error)
{
    for (size_t i = 0; i < json_array_size (images); i++) {
        const json_t *image = json_array_get (images, i);
        const char *name = file_name (image);

        if (!name)
            return format_error (r, "expected \"file_name\" of an image to be a relative path",
                error);
        ToolLabelled *l
            = tool_dataset_add (r->dataset, g_build_filename (r->images, name, NULL), NULL);
        l->instances = g_array_new (FALSE, FALSE, sizeof (M2fInstance));
        g_hash_table_insert (r->labelled, key_of (image, "id"), l);
    }
    return true;
}

static bool
add_instances (Reader *r, const json_t *annotations, GError **error)
{
    for (size_t i = 0; i < json_array_size (annotations); i++) {
        const json_t *a = json_array_get (annotations, i);
        const json_t *image = g_hash_table_lookup (r->pictures, key_of (a, "image_id"));
        ToolLabelled *l = g_hash_table_lookup (r->labelled, key_of (a, "image_id"));
        M2fInstance instance = { .label_id = label_of (r, a),
            .is_crowd = json_integer_value (json_object_get (a, "iscrowd")) != 0 };

        if (!l)
            return format_error (r, "expected \"image_id\" of an annotation to be one of "
                "\"images\"", error);
        if (instance.label_id < 0)
            continue;
        instance.mask = read_mask (json_object_get (a, "segmentation"),
            (int) json_integer_value (json_object_get (image, "width")),
            (int) json_integer_value (json_object_get (image, "height")), error);
        if (!instance.mask) {
            g_prefix_error (error, "%s: annotation %zu: ", r->path, i);
            return false;
        }
        g_array_append_val (l->instances, instance);
    }
    return true;
}

/* ---- files --------------------------------------------------------------------------------- */

static bool
read_root (Reader *r, const json_t *root, GError **error)
{
    const json_t *annotations = json_object_get (root, "annotations");

    if (!read_categories (r, root, error))
        return false;
    list_pictures (r, json_object_get (root, "images"));
    if (r->dataset->format == TOOL_COCO)
        return add_pictures (r, json_object_get (root, "images"), error)
            && add_instances (r, annotations, error);
    if (json_object_get (root, "videos"))
        return add_videos (r, root, error);
    return add_panoptic (r, annotations, "", -1, error);
}

bool
tool_dataset_read_coco (ToolDataset *dataset, const char *path, const char *images, GError **error)
{
    g_autofree char *folder = g_path_get_dirname (path);
    json_t *root = tool_read_json (path, error);
    Reader r = {
        .dataset = dataset,
        .path = path,
        .images = images ? g_strdup (images) : g_strdup (folder),
        .maps = g_str_has_suffix (path, ".json") ? g_strndup (path, strlen (path) - 5)
                                                 : g_strdup (folder),
        .labels = g_hash_table_new (NULL, NULL),
        .pictures = g_hash_table_new (NULL, NULL),
        .labelled = g_hash_table_new (NULL, NULL),
    };
    const bool ok = root && read_root (&r, root, error);

    json_decref (root);
    g_hash_table_unref (r.labels);
    g_hash_table_unref (r.pictures);
    g_hash_table_unref (r.labelled);
    g_free (r.images);
    g_free (r.maps);
    return ok;
}
