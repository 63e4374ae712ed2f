/* Labelled pictures: ADE20K's and Cityscapes' layouts, and what all layouts share.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/tool/dataset.h"

#include <string.h>

#include "model/error.h"
#include "model/preprocess/mask_labels.h"
#include "model/tool/label_png.h"

static const char *const format_names[TOOL_N_FORMATS + 1] = {
    [TOOL_COCO_PANOPTIC] = "coco-panoptic",
    [TOOL_COCO] = "coco",
    [TOOL_ADE20K] = "ade20k",
    [TOOL_CITYSCAPES] = "cityscapes",
    NULL,
};

/* Cityscapes' classes by the number in its files; the others do not count.  From 24 on they are
 * things. */
static const char *const cityscapes[34] = { [7] = "road", [8] = "sidewalk", [11] = "building",
    [12] = "wall", [13] = "fence", [17] = "pole", [19] = "traffic light", [20] = "traffic sign",
    [21] = "vegetation", [22] = "terrain", [23] = "sky", [24] = "person", [25] = "rider",
    [26] = "car", [27] = "truck", [28] = "bus", [31] = "train", [32] = "motorcycle",
    [33] = "bicycle" };
#define FIRST_CITYSCAPES_THING 24

/* Different numbers in a map: as many as 16 bits, the widest of both layouts, tell apart. */
#define MAX_NUMBERS 65536

bool
tool_dataset_format (const char *name, ToolDatasetFormat *format, GError **error)
{
    for (int i = 0; i < TOOL_N_FORMATS; i++)
        if (strcmp (name, format_names[i]) == 0) {
            *format = (ToolDatasetFormat) i;
            return true;
        }
    g_autofree char *list = g_strjoinv (", ", (char **) format_names);
    m2f_set_error (error, M2F_ERROR_ARGUMENT, "--format: expected one of %s, got '%s'",
        list, name);
    return false;
}

int
tool_find_label (const M2fModel *model, const char *name)
{
    for (int i = 0; name && i < m2f_model_n_labels (model); i++)
        if (g_ascii_strcasecmp (m2f_model_label (model, i), name) == 0)
            return i;
    return -1;
}

/* ---- lists --------------------------------------------------------------------------------- */

static void
free_labelled (gpointer data)
{
    ToolLabelled *l = data;

    for (guint i = 0; l->instances && i < l->instances->len; i++)
        m2f_rle_free ((M2fRle *) g_array_index (l->instances, M2fInstance, i).mask);
    g_clear_pointer (&l->instances, g_array_unref);
    g_clear_pointer (&l->segments, g_array_unref);
    g_free (l->image);
    g_free (l->map);
    g_free (l);
}

ToolLabelled *
tool_dataset_add (ToolDataset *dataset, char *image, char *map)
{
    ToolLabelled *l = g_new0 (ToolLabelled, 1);

    *l = (ToolLabelled) { .image = image, .map = map, .video = -1 };
    g_ptr_array_add (dataset->pictures, l);
    return l;
}

void
tool_dataset_clear (ToolDataset *dataset)
{
    g_clear_pointer (&dataset->pictures, g_ptr_array_unref);
}

void
tool_panoptic_clear (M2fPanoptic *p)
{
    g_free (p->ids);
    g_free (p->segments);
    *p = (M2fPanoptic) { 0 };
}

/* ---- folders ------------------------------------------------------------------------------- */

static int
compare_names (gconstpointer a, gconstpointer b)
{
    return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Adds the files below a folder whose names end so, relative to it. */
static bool
list_files (const char *root, const char *below, const char *end, GPtrArray *files, GError **error)
{
    g_autofree char *path = g_build_filename (root, below, NULL);
    GDir *dir = g_dir_open (path, 0, error);
    bool ok = dir != NULL;

    for (const char *name; ok && (name = g_dir_read_name (dir));) {
        g_autofree char *relative = below[0] ? g_build_filename (below, name, NULL)
                                             : g_strdup (name);
        g_autofree char *full = g_build_filename (root, relative, NULL);

        if (g_file_test (full, G_FILE_TEST_IS_DIR))
            ok = list_files (root, relative, end, files, error);
        else if (g_str_has_suffix (name, end))
            g_ptr_array_add (files, g_steal_pointer (&relative));
    }
    if (dir)
        g_dir_close (dir);
    return ok;
}

/* The existing one of the two picture files, or NULL with an error. */
static char *
find_picture (const char *folder, const char *stem, GError **error)
{
    static const char *const ends[] = { ".jpg", ".png", ".jpeg" };

    for (size_t i = 0; i < G_N_ELEMENTS (ends); i++) {
        g_autofree char *name = g_strconcat (stem, ends[i], NULL);
        g_autofree char *path = g_build_filename (folder, name, NULL);

        if (g_file_test (path, G_FILE_TEST_EXISTS))
            return g_steal_pointer (&path);
    }
    m2f_set_error (error, M2F_ERROR_NOT_FOUND,
        "%s: expected a picture %s.jpg or .png for the label map of that name", folder, stem);
    return NULL;
}

/* Pairs every label map below MAPS that ends so with a picture below IMAGES. */
static bool
read_folders (ToolDataset *dataset, const char *path, const char *images, GError **error)
{
    const bool is_city = dataset->format == TOOL_CITYSCAPES;
    const char *end = is_city ? "_gtFine_instanceIds.png" : ".png";
    g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
    g_autofree char *maps = g_build_filename (path, is_city ? "gtFine" : "annotations", NULL);
    g_autofree char *pictures = images ? g_strdup (images)
        : g_build_filename (path, is_city ? "leftImg8bit" : "images", NULL);

    if (!list_files (maps, "", end, files, error))
        return false;
    g_ptr_array_sort (files, compare_names);
    for (guint i = 0; i < files->len; i++) {
        const char *name = files->pdata[i];
        g_autofree char *part = g_strndup (name, strlen (name) - strlen (end));
        g_autofree char *stem = g_strconcat (part, is_city ? "_leftImg8bit" : "", NULL);
        char *image = find_picture (pictures, stem, error);

        if (!image)
            return false;
        tool_dataset_add (dataset, image, g_build_filename (maps, name, NULL));
    }
    return true;
}

bool
tool_dataset_open (ToolDataset *dataset, const char *path, const char *images, GError **error)
{
    const bool has_json = dataset->format == TOOL_COCO || dataset->format == TOOL_COCO_PANOPTIC;

    dataset->pictures = g_ptr_array_new_with_free_func (free_labelled);
    if (!(has_json ? tool_dataset_read_coco (dataset, path, images, error)
                   : read_folders (dataset, path, images, error)))
        return false;
    if (dataset->pictures->len > 0)
        return true;
    m2f_set_error (error, M2F_ERROR_NOT_FOUND, "%s: no labelled picture of format %s",
        path, format_names[dataset->format]);
    return false;
}

/* ---- truth --------------------------------------------------------------------------------- */

/* The class that a number in a label map stands for, -1 for void. */
static M2fPanopticSegment
segment_of (const ToolDataset *d, uint32_t number)
{
    M2fPanopticSegment s = { .id = number + 1, .label_id = -1 };

    if (d->format == TOOL_CITYSCAPES) {
        const uint32_t class = number >= 1000 ? number / 1000 : number;

        s.label_id = class < G_N_ELEMENTS (cityscapes)
            ? tool_find_label (d->model, cityscapes[class]) : -1;
        s.is_crowd = class >= FIRST_CITYSCAPES_THING && number < 1000;
    } else {
        const int given = (int) MIN (number, G_MAXINT);
        const int class = d->labels_from_zero ? given : m2f_reduce_label (given, d->ignore_index);

        if (class != d->ignore_index && class < m2f_model_n_labels (d->model))
            s.label_id = class;
    }
    return s;
}

/* Lists the segments of a map that says by its numbers what they are; ids become numbers + 1. */
static bool
find_segments (const ToolDataset *d, const char *path, M2fPanoptic *truth, GError **error)
{
    const size_t pixels = (size_t) truth->width * truth->height;
    g_autoptr (GHashTable) seen = g_hash_table_new (g_direct_hash, g_direct_equal);
    g_autoptr (GArray) segments = g_array_new (FALSE, FALSE, sizeof (M2fPanopticSegment));

    for (size_t i = 0; i < pixels; i++) {
        const uint32_t number = truth->ids[i];

        truth->ids[i] = number + 1;
        if ((i > 0 && truth->ids[i - 1] == number + 1)
            || !g_hash_table_add (seen, GUINT_TO_POINTER (number + 1)))
            continue;
        const M2fPanopticSegment s = segment_of (d, number);
        if (s.label_id >= 0)
            g_array_append_val (segments, s);
        if (g_hash_table_size (seen) > MAX_NUMBERS) {
            m2f_set_error (error, M2F_ERROR_FORMAT,
                "%s: expected at most %d different numbers of segments, found more", path,
                MAX_NUMBERS);
            return false;
        }
    }
    truth->n_segments = (int) segments->len;
    truth->segments = g_memdup2 (segments->data, segments->len * sizeof (M2fPanopticSegment));
    return true;
}

bool
tool_dataset_truth (const ToolDataset *dataset, const ToolLabelled *picture, M2fPanoptic *truth,
    GError **error)
{
    *truth = (M2fPanoptic) { 0 };
    truth->ids = tool_read_label_png (picture->map, &truth->width, &truth->height, error);
    if (!truth->ids)
        return false;
    if (!picture->segments) {
        const bool ok = find_segments (dataset, picture->map, truth, error);

        if (!ok)
            tool_panoptic_clear (truth);
        return ok;
    }
    truth->n_segments = (int) picture->segments->len;
    truth->segments = g_memdup2 (picture->segments->data,
        picture->segments->len * sizeof (M2fPanopticSegment));
    return true;
}
