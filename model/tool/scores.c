/* m2f eval: figures of merit over the pictures of a dataset.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/tool/scores.h"

#include <math.h>

#include "model/error.h"

static const int tube_lengths[TOOL_N_TUBES] = { 1, 2, 4, 6 };

static void
clear_frame (gpointer frame)
{
    tool_panoptic_clear (frame);
}

static GArray *
new_frames (void)
{
    GArray *frames = g_array_new (FALSE, FALSE, sizeof (M2fPanoptic));

    g_array_set_clear_func (frames, clear_frame);
    return frames;
}

void
tool_scores_init (ToolScores *s, const M2fModel *model, M2fTask task)
{
    const int n = m2f_model_n_labels (model);

    *s = (ToolScores) { .task = task, .n_labels = n, .video = -1 };
    s->is_thing = g_new (bool, n);
    s->is_stuff = g_new (bool, n);
    for (int i = 0; i < n; i++) {
        s->is_thing[i] = m2f_model_is_thing (model, i);
        s->is_stuff[i] = !s->is_thing[i];
    }
    s->quality = g_new0 (M2fQuality, n);
    s->classes = g_new0 (M2fClassPixels, n);
    s->instances = m2f_average_precision_new (n);
    s->truth = new_frames ();
    s->found = new_frames ();
    for (int k = 0; k < TOOL_N_TUBES; k++)
        s->tubes[k] = g_new0 (M2fQuality, n);
    s->tracks = m2f_track_quality_new (s->is_thing, n);
}

void
tool_scores_clear (ToolScores *s)
{
    g_free (s->is_thing);
    g_free (s->is_stuff);
    g_free (s->quality);
    g_free (s->classes);
    m2f_average_precision_free (s->instances);
    g_array_unref (s->truth);
    g_array_unref (s->found);
    for (int k = 0; k < TOOL_N_TUBES; k++)
        g_free (s->tubes[k]);
    m2f_track_quality_free (s->tracks);
}

/* ---- panoptic and semantic ----------------------------------------------------------------- */

static bool
fail_memory (const M2fResult *result, GError **error)
{
    return m2f_no_memory (error, (size_t) result->map_width * result->map_height,
        "what a picture's score is computed from");
}

/* A result as evaluation takes it; by track where there are tracks. */
static bool
to_panoptic (const M2fResult *result, M2fPanoptic *panoptic, GError **error)
{
    const int width = result->map_width, height = result->map_height;
    M2fPanoptic p = { .width = width, .height = height,
        .ids = g_try_new (uint32_t, (gsize) width * height),
        .segments = g_new (M2fPanopticSegment, result->n_segments),
        .n_segments = result->n_segments };
    g_autofree uint32_t *new_ids = g_new0 (uint32_t, 1 << 16);

    if (!p.ids) {
        tool_panoptic_clear (&p);
        return fail_memory (result, error);
    }
    for (int i = 0; i < result->n_segments; i++) {
        const M2fSegment *s = &result->segments[i];

        new_ids[s->id] = (uint32_t) (s->track_id > 0 ? s->track_id : (uint64_t) s->id);
        p.segments[i] = (M2fPanopticSegment) { .id = new_ids[s->id], .label_id = s->label_id };
    }
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            p.ids[(size_t) y * width + x] = new_ids[MAX (m2f_result_id (result, x, y), 0)];
    *panoptic = p;
    return true;
}

/* The class of each pixel, -1 for void; NULL if there is no memory. */
static int *
to_classes (const M2fPanoptic *p)
{
    const size_t pixels = (size_t) p->width * p->height;
    g_autoptr (GHashTable) labels = g_hash_table_new (g_direct_hash, g_direct_equal);
    int *classes = g_try_new (int, pixels);

    for (int i = 0; i < p->n_segments; i++)
        g_hash_table_insert (labels, GUINT_TO_POINTER (p->segments[i].id),
            GINT_TO_POINTER (p->segments[i].label_id + 1));
    for (size_t i = 0; classes && i < pixels; i++)
        classes[i] = i > 0 && p->ids[i] == p->ids[i - 1] ? classes[i - 1]
            : GPOINTER_TO_INT (g_hash_table_lookup (labels, GUINT_TO_POINTER (p->ids[i]))) - 1;
    return classes;
}

/* False if there is no memory. */
static bool
add_classes (ToolScores *s, const M2fPanoptic *truth, const M2fPanoptic *found)
{
    const size_t pixels = (size_t) truth->width * truth->height;
    g_autofree int *a = to_classes (truth);
    g_autofree int *b = to_classes (found);

    for (size_t i = 0; a && b && i < pixels; i++)
        m2f_class_pixels_add (s->classes, s->n_labels, a[i], b[i], 1);
    return a && b;
}

/* ---- videos -------------------------------------------------------------------------------- */

/* Judges the frames that have been kept. */
bool
tool_scores_end (ToolScores *s, GError **error)
{
    const M2fPanoptic *truth = (const M2fPanoptic *) (const void *) s->truth->data;
    const M2fPanoptic *found = (const M2fPanoptic *) (const void *) s->found->data;
    const int n = (int) s->truth->len;
    bool ok = true;

    if (n == 0)
        return true;
    for (int k = 0; ok && k < TOOL_N_TUBES; k++)
        ok = m2f_quality_add_tubes (s->tubes[k], truth, found, n, tube_lengths[k]);
    if (!ok || !m2f_track_quality_add (s->tracks, truth, found, n)) {
        m2f_set_error (error, M2F_ERROR_DEVICE, "no memory for the pairs of segments of a video of "
            "%d frames", n);
        return false;
    }
    s->n_videos++;
    g_array_set_size (s->truth, 0);
    g_array_set_size (s->found, 0);
    return true;
}

/* Takes over both. */
static bool
add_frame (ToolScores *s, int video, M2fPanoptic *truth, M2fPanoptic *found, GError **error)
{
    if (video != s->video && !tool_scores_end (s, error))
        return false;
    s->video = video;
    if (video >= 0) {
        g_array_append_vals (s->truth, truth, 1);
        g_array_append_vals (s->found, found, 1);
        *truth = *found = (M2fPanoptic) { 0 };
    }
    return true;
}

/* ---- instances ----------------------------------------------------------------------------- */

static void
free_instances (GArray *instances)
{
    for (guint i = 0; i < instances->len; i++)
        m2f_rle_free ((M2fRle *) g_array_index (instances, M2fInstance, i).mask);
    g_array_unref (instances);
}

/* Adds an instance with the mask of a map's pixels that are 1. */
static bool
add_instance (GArray *instances, M2fInstance instance, const M2fLabelMap *map)
{
    instance.mask = m2f_rle_from_map (map, 1);
    if (instance.mask)
        g_array_append_val (instances, instance);
    return instance.mask != NULL;
}

/* The instances of a map: things, each with a mask of its own; NULL if there is no memory. */
static GArray *
to_instances (const ToolScores *s, const M2fPanoptic *truth)
{
    const size_t pixels = (size_t) truth->width * truth->height;
    GArray *instances = g_array_new (FALSE, FALSE, sizeof (M2fInstance));
    g_autofree uint8_t *bytes = g_try_malloc (pixels);
    const M2fLabelMap map = { .data = bytes, .width = truth->width, .height = truth->height,
        .stride = truth->width, .depth = 1 };
    bool ok = bytes != NULL;

    for (int i = 0; ok && i < truth->n_segments; i++) {
        const M2fPanopticSegment *segment = &truth->segments[i];

        if (!s->is_thing[segment->label_id])
            continue;
        for (size_t j = 0; j < pixels; j++)
            bytes[j] = truth->ids[j] == segment->id;
        ok = add_instance (instances, (M2fInstance) { .label_id = segment->label_id,
            .is_crowd = segment->is_crowd }, &map);
    }
    if (!ok)
        g_clear_pointer (&instances, free_instances);
    return instances;
}

/* NULL if there is no memory. */
static GArray *
found_instances (const M2fResult *result)
{
    GArray *instances = g_array_new (FALSE, FALSE, sizeof (M2fInstance));
    bool ok = true;

    for (int i = 0; ok && i < result->n_segments; i++) {
        const M2fSegment *s = &result->segments[i];
        const M2fLabelMap map = { .data = s->mask, .width = result->map_width,
            .height = result->map_height, .stride = result->map_width, .depth = 1 };

        ok = add_instance (instances, (M2fInstance) { .label_id = s->label_id,
            .score = (double) s->score }, &map);
    }
    if (!ok)
        g_clear_pointer (&instances, free_instances);
    return instances;
}

/* Judges what was found by the truth, NULL if there was no memory for it. */
static bool
add_instances (ToolScores *s, const GArray *truth, const M2fResult *result, GError **error)
{
    GArray *found = truth ? found_instances (result) : NULL;
    const bool ok = found
        && m2f_average_precision_add (s->instances,
            (const M2fInstance *) (const void *) truth->data, (int) truth->len,
            (const M2fInstance *) (const void *) found->data, (int) found->len);

    g_clear_pointer (&found, free_instances);
    return ok || fail_memory (result, error);
}

/* ---- pictures ------------------------------------------------------------------------------ */

static bool
check_size (const char *path, int width, int height, const M2fResult *result, GError **error)
{
    if (width == result->map_width && height == result->map_height)
        return true;
    m2f_set_error (error, M2F_ERROR_FORMAT,
        "%s: expected the size of the picture, %dx%d, found %dx%d", path, result->map_width,
        result->map_height, width, height);
    return false;
}

/* Judges a picture whose truth is a list of instances. */
static bool
add_list (ToolScores *s, const ToolLabelled *picture, const M2fResult *result, GError **error)
{
    const GArray *given = picture->instances;
    const M2fRle *first = given->len > 0 ? g_array_index (given, M2fInstance, 0).mask : NULL;

    return (!first || check_size (picture->image, first->width, first->height, result, error))
        && add_instances (s, given, result, error);
}

/* Judges a picture whose truth is a map. */
static bool
add_map (ToolScores *s, int video, M2fPanoptic *truth, const M2fResult *result, GError **error)
{
    M2fPanoptic found = { 0 };

    if (s->task == M2F_TASK_INSTANCE) {
        GArray *instances = to_instances (s, truth);
        const bool ok = add_instances (s, instances, result, error);

        g_clear_pointer (&instances, free_instances);
        return ok;
    }
    if (!to_panoptic (result, &found, error))
        return false;
    bool ok = (s->task != M2F_TASK_PANOPTIC || m2f_quality_add (s->quality, truth, &found))
        && add_classes (s, truth, &found);
    ok = ok ? add_frame (s, video, truth, &found, error) : fail_memory (result, error);
    tool_panoptic_clear (&found);
    return ok;
}

bool
tool_scores_add (ToolScores *s, const ToolDataset *dataset, const ToolLabelled *picture,
    const M2fResult *result, GError **error)
{
    M2fPanoptic truth = { 0 };

    if (picture->instances)
        return add_list (s, picture, result, error);
    const bool ok = tool_dataset_truth (dataset, picture, &truth, error)
        && check_size (picture->map, truth.width, truth.height, result, error)
        && add_map (s, picture->video, &truth, result, error);

    tool_panoptic_clear (&truth);
    return ok;
}

/* ---- report -------------------------------------------------------------------------------- */

/* JSON knows no NAN: what cannot be told is null. */
static json_t *
number (double value)
{
    return isfinite (value) ? json_real (value) : json_null ();
}

static json_t *
quality_json (const ToolScores *s, const bool *chosen)
{
    const M2fMeanQuality q = m2f_quality_mean (s->quality, s->n_labels, chosen);

    return json_pack ("{s:o, s:o, s:o, s:i}", "pq", number (q.pq), "sq", number (q.sq), "rq",
        number (q.rq), "classes", q.n_classes);
}

static void
add_videos (ToolScores *s, json_t *object)
{
    json_t *vpq = json_object ();
    double mean = 0, association, segmentation;
    const double stq = m2f_track_quality_get (s->tracks, &association, &segmentation);

    for (int k = 0; k < TOOL_N_TUBES; k++) {
        const double pq = m2f_quality_mean (s->tubes[k], s->n_labels, NULL).pq;
        char name[8];

        g_snprintf (name, sizeof name, "%d", tube_lengths[k]);
        json_object_set_new (vpq, name, number (pq));
        mean += pq / TOOL_N_TUBES;
    }
    json_object_set_new (vpq, "mean", number (mean));
    json_object_set_new (object, "videos", json_integer (s->n_videos));
    json_object_set_new (object, "vpq", vpq);
    json_object_set_new (object, "stq", number (stq));
    json_object_set_new (object, "aq", number (association));
    json_object_set_new (object, "sq", number (segmentation));
}

void
tool_scores_to_json (ToolScores *s, json_t *object)
{
    double by_threshold[M2F_AP_THRESHOLDS];

    if (s->task == M2F_TASK_INSTANCE) {
        json_object_set_new (object, "ap",
            number (m2f_average_precision_get (s->instances, by_threshold)));
        json_object_set_new (object, "ap50", number (by_threshold[0]));
        json_object_set_new (object, "ap75", number (by_threshold[5]));
        return;
    }
    if (s->task == M2F_TASK_PANOPTIC) {
        json_object_set_new (object, "all", quality_json (s, NULL));
        json_object_set_new (object, "things", quality_json (s, s->is_thing));
        json_object_set_new (object, "stuff", quality_json (s, s->is_stuff));
    }
    json_object_set_new (object, "miou", number (m2f_mean_iou (s->classes, s->n_labels)));
    if (s->n_videos > 0)
        add_videos (s, object);
}
