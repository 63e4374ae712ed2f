/* Segmentation maps to the targets of training: a mask and a class for each segment.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/preprocess/mask_labels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/error.h"

#define MAX_SEGMENTS 4096 /* of a map, each of which takes a float for every pixel */

/* The pixel that torch takes: the scale is a float32, the product a double that is rounded to one
 * before the fraction is cut off. */
static int
nearest (int i, int from, int to)
{
    const float scale = (float) from / (float) to;

    return MIN ((int) floorf ((float) ((i + 0.5) * (double) scale)), from - 1);
}

void
m2f_segmentation_map_resize (const M2fSegmentationMap *map, int height, int width,
    int32_t *numbers)
{
    for (int y = 0; y < height; y++) {
        const int32_t *row = map->numbers + (size_t) nearest (y, map->height, height) * map->width;

        for (int x = 0; x < width; x++)
            *numbers++ = row[nearest (x, map->width, width)];
    }
}

/* ---- one map ------------------------------------------------------------------------------- */

static int
compare (gconstpointer a, gconstpointer b)
{
    const int32_t x = *(const int32_t *) a, y = *(const int32_t *) b;

    return (x > y) - (x < y);
}

/* The numbers that stand for segments, in their order, each once; NULL with an error. */
static GArray *
find_numbers (const int32_t *numbers, size_t n, const M2fLabelRules *rules, GError **error)
{
    GArray *found = g_array_new (FALSE, FALSE, sizeof (int32_t));
    g_autoptr (GHashTable) seen = g_hash_table_new (g_direct_hash, g_direct_equal);

    for (size_t i = 0; i < n && found->len <= MAX_SEGMENTS; i++)
        if ((i == 0 || numbers[i] != numbers[i - 1])
            && (rules->ignore_index == M2F_NO_IGNORE_INDEX || numbers[i] != rules->ignore_index)
            && g_hash_table_add (seen, GINT_TO_POINTER (numbers[i])))
            g_array_append_val (found, numbers[i]);
    if (found->len > MAX_SEGMENTS) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "segmentation map: expected at most %d segments, found more", MAX_SEGMENTS);
        g_clear_pointer (&found, g_array_unref);
    } else {
        g_array_sort (found, compare);
    }
    return found;
}

/* The class of a number, which may have been reduced. */
static bool
find_class (int32_t number, const M2fLabelRules *rules, int *label, GError **error)
{
    const int original = number + rules->reduce_labels;
    gpointer class;

    *label = number;
    if (!rules->classes)
        return true;
    if (!g_hash_table_lookup_extended (rules->classes, GINT_TO_POINTER (original), NULL, &class)) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "segmentation map: instance %d has no class in instance_id_to_semantic_id", original);
        return false;
    }
    *label = GPOINTER_TO_INT (class) - rules->reduce_labels;
    return true;
}

/* Masks and pixel mask; the numbers are of the part that is not padding. */
static void
fill_masks (M2fMaskLabels *labels, const GArray *found, const int32_t *numbers, int height,
    int width, float padding)
{
    const size_t pixels = (size_t) labels->height * labels->width;

    for (int y = 0; y < labels->height; y++)
        for (int x = 0; x < labels->width; x++) {
            const size_t at = (size_t) y * labels->width + x;
            const bool inside = y < height && x < width;
            const int32_t number = inside ? numbers[(size_t) y * width + x] : 0;

            labels->pixel_mask[at] = inside;
            for (int i = 0; i < labels->n; i++)
                labels->mask_labels[(size_t) i * pixels + at] = !inside ? padding
                    : number == g_array_index (found, int32_t, i) ? 1 : 0;
        }
}

/* Encodes one map, resized to inner_height x inner_width, in the top left of labels->height x
 * labels->width. */
static bool
encode (const M2fSegmentationMap *map, const M2fInputSize *size, const M2fLabelRules *rules,
    M2fMaskLabels *labels, GError **error)
{
    const size_t n = (size_t) size->inner_height * size->inner_width;
    const size_t pixels = (size_t) labels->height * labels->width;
    g_autofree int32_t *numbers = g_try_new (int32_t, n);

    if (!numbers)
        return m2f_no_memory (error, n * sizeof *numbers, "segmentation map");
    m2f_segmentation_map_resize (map, size->inner_height, size->inner_width, numbers);
    for (size_t i = 0; rules->reduce_labels && i < n; i++)
        numbers[i] = m2f_reduce_label (numbers[i], rules->ignore_index);

    g_autoptr (GArray) found = find_numbers (numbers, n, rules, error);
    if (!found)
        return false;
    labels->n = (int) found->len;
    labels->class_labels = g_new (int, found->len);
    for (guint i = 0; i < found->len; i++)
        if (!find_class (g_array_index (found, int32_t, i), rules, &labels->class_labels[i], error))
            return false;
    labels->mask_labels = g_try_new (float, MAX (found->len, 1) * pixels);
    labels->pixel_mask = g_try_new (uint8_t, pixels);
    if (!labels->mask_labels || !labels->pixel_mask)
        return m2f_no_memory (error, found->len * pixels * sizeof (float), "mask labels");
    fill_masks (labels, found, numbers, size->inner_height, size->inner_width,
        rules->ignore_index == M2F_NO_IGNORE_INDEX ? 0 : (float) rules->ignore_index);
    return true;
}

void
m2f_mask_labels_clear (M2fMaskLabels *labels)
{
    g_free (labels->class_labels);
    g_free (labels->mask_labels);
    g_free (labels->pixel_mask);
    *labels = (M2fMaskLabels) { 0 };
}

/* ---- batches ------------------------------------------------------------------------------- */

bool
m2f_mask_labels_encode (const M2fSegmentationMap *maps, int n,
    const M2fProcessorConfig *config, const M2fLabelRules *rules, M2fMaskLabels *labels,
    GError **error)
{
    g_autofree M2fInputSize *sizes = g_new (M2fInputSize, n);
    int height = 0, width = 0;
    bool ok = true;

    if (rules->reduce_labels && rules->ignore_index == M2F_NO_IGNORE_INDEX) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "reduce_labels: expected an ignore_index for the number 0 to become, found none");
        return false;
    }
    for (int i = 0; i < n; i++) {
        if (maps[i].height < 1 || maps[i].width < 1) {
            m2f_set_error (error, M2F_ERROR_ARGUMENT,
                "segmentation map: expected at least 1x1 (height x width), found %dx%d",
                maps[i].height, maps[i].width);
            return false;
        }
        if (!m2f_input_size (config, maps[i].height, maps[i].width, 0, 0, &sizes[i], error))
            return false;
        height = MAX (height, sizes[i].height);
        width = MAX (width, sizes[i].width);
    }
    for (int i = 0; i < n; i++) {
        labels[i] = (M2fMaskLabels) { .height = height, .width = width };
        ok = ok && encode (&maps[i], &sizes[i], rules, &labels[i], error);
    }
    for (int i = 0; !ok && i < n; i++)
        m2f_mask_labels_clear (&labels[i]);
    return ok;
}
