/* M2fTracker: the same objects from result to result.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdbool.h>

#include "model/m2f_bindings.h"
#include "model/tracking/assignment.h"
#include "model/tracking/overlap.h"
#include "model/tracking/track.h"

struct M2fTracker {
    gatomicrefcount refs; /* more than one only in other languages */
    M2fTracking tracking;
    int embedding_size;
    double window;
    uint64_t last_id;
    GArray *tracks;       /* M2fTrack: things, the oldest first */
    GHashTable *stuff;    /* class to its id */
    M2fLabelMap map;      /* of the latest result, a small copy in `memory`; 0 x 0: none yet */
    uint16_t *memory;
};

static void
clear_track (gpointer track)
{
    m2f_track_clear (track);
}

M2fTracker *
m2f_tracker_new (M2fTracking tracking, int embedding_size)
{
    M2fTracker *t = g_new0 (M2fTracker, 1);

    g_atomic_ref_count_init (&t->refs);
    t->tracking = tracking;
    t->embedding_size = embedding_size;
    t->window = M2F_TRACK_WINDOW;
    t->tracks = g_array_new (FALSE, TRUE, sizeof (M2fTrack));
    g_array_set_clear_func (t->tracks, clear_track);
    t->stuff = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, g_free);
    return t;
}

void
m2f_tracker_free (M2fTracker *tracker)
{
    if (!tracker || !g_atomic_ref_count_dec (&tracker->refs))
        return;
    g_array_unref (tracker->tracks);
    g_hash_table_unref (tracker->stuff);
    g_free (tracker->memory);
    g_free (tracker);
}

static M2fTracker *
ref_tracker (M2fTracker *tracker)
{
    g_atomic_ref_count_inc (&tracker->refs);
    return tracker;
}

G_DEFINE_BOXED_TYPE (M2fTracker, m2f_tracker, ref_tracker, m2f_tracker_free)

void
m2f_tracker_set_tracking (M2fTracker *tracker, M2fTracking tracking)
{
    tracker->tracking = tracking;
}

void
m2f_tracker_set_window (M2fTracker *tracker, double seconds)
{
    tracker->window = seconds;
}

void
m2f_tracker_reset (M2fTracker *tracker)
{
    g_array_set_size (tracker->tracks, 0);
    g_hash_table_remove_all (tracker->stuff);
    tracker->map = (M2fLabelMap) { 0 };
    tracker->last_id = 0;
}

/* ---- ids ----------------------------------------------------------------------------------- */

static uint64_t
stuff_id (M2fTracker *t, int label_id)
{
    uint64_t *id = g_hash_table_lookup (t->stuff, GINT_TO_POINTER (label_id));

    if (!id) {
        id = g_new (uint64_t, 1);
        *id = ++t->last_id;
        g_hash_table_insert (t->stuff, GINT_TO_POINTER (label_id), id);
    }
    return *id;
}

static M2fTrack *
add_track (M2fTracker *t, int label_id)
{
    const M2fTrack track = { .id = ++t->last_id, .label_id = label_id };

    g_array_append_val (t->tracks, track);
    return &g_array_index (t->tracks, M2fTrack, t->tracks->len - 1);
}

static void
forget_tracks (M2fTracker *t, double seconds)
{
    for (guint i = t->tracks->len; i > 0; i--)
        if (seconds - g_array_index (t->tracks, M2fTrack, i - 1).seen > t->window)
            g_array_remove_index (t->tracks, i - 1);
}

static void
lose_tracks (M2fTracker *t)
{
    for (guint i = 0; i < t->tracks->len; i++)
        g_array_index (t->tracks, M2fTrack, i).segment_id = -1;
}

/* ---- pairing ------------------------------------------------------------------------------- */

/* The segments of a result that are followed as objects: indices and ids. */
typedef struct Things {
    int n;
    int *segments, *ids;
} Things;

static Things
find_things (const M2fResult *result)
{
    Things things = { 0, g_new (int, result->n_segments), g_new (int, result->n_segments) };

    for (int i = 0; i < result->n_segments; i++) {
        const M2fSegment *s = &result->segments[i];

        if (!s->is_thing || s->query < 0)
            continue;
        things.segments[things.n] = i;
        things.ids[things.n++] = s->id;
    }
    return things;
}

static void
clear_things (Things *things)
{
    g_free (things->segments);
    g_free (things->ids);
}

static bool
count_overlap (const M2fTracker *t, const M2fLabelMap *before, const M2fResult *result,
    const Things *things, M2fOverlap *overlap)
{
    const M2fLabelMap now = m2f_result_label_map (result);
    const int n = (int) t->tracks->len;
    g_autofree int *ids = g_new (int, n);

    for (int i = 0; i < n; i++)
        ids[i] = g_array_index (t->tracks, M2fTrack, i).segment_id;
    return m2f_overlap_init (overlap, before, ids, n, &now, things->ids, things->n);
}

/* Sets the track of each thing, the index of one or -1 for a thing that is new, as all are where
 * there is no memory to compare them. */
static void
pair (const M2fTracker *t, const M2fLabelMap *before, const M2fResult *result,
    const Things *things, int *track_of)
{
    const int n = (int) t->tracks->len;
    g_autofree double *affinity = g_try_new (double, (size_t) things->n * n);
    M2fOverlap overlap;

    for (int i = 0; i < things->n; i++)
        track_of[i] = -1;
    if ((!affinity && n > 0) || !count_overlap (t, before, result, things, &overlap))
        return;
    for (int i = 0; i < things->n; i++)
        for (int j = 0; j < n; j++)
            affinity[i * n + j] = m2f_track_affinity (&g_array_index (t->tracks, M2fTrack, j),
                result, &result->segments[things->segments[i]], t->tracking, t->embedding_size,
                m2f_overlap_iou (&overlap, j, i));
    m2f_overlap_clear (&overlap);
    m2f_assign (affinity, things->n, n, track_of);
}

static void
follow_things (M2fTracker *t, const M2fLabelMap *before, M2fResult *result, double seconds)
{
    Things things = find_things (result);
    g_autofree int *track_of = g_new (int, things.n);

    pair (t, before, result, &things, track_of);
    lose_tracks (t);
    for (int i = 0; i < things.n; i++) {
        M2fSegment *s = &result->segments[things.segments[i]];
        M2fTrack *track = track_of[i] < 0 ? add_track (t, s->label_id)
                                          : &g_array_index (t->tracks, M2fTrack, track_of[i]);

        m2f_track_see (track, result, s, t->embedding_size, seconds);
        s->track_id = track->id;
    }
    clear_things (&things);
}

void
m2f_tracker_update (M2fTracker *t, M2fResult *result, double seconds, const M2fLabelMap *carried)
{
    const M2fLabelMap now = m2f_result_label_map (result);

    for (int i = 0; i < result->n_segments; i++) {
        M2fSegment *s = &result->segments[i];
        bool one_of_many = s->is_thing && s->query >= 0;

        s->track_id = t->tracking == M2F_TRACKING_NONE || one_of_many ? 0
                                                                      : stuff_id (t, s->label_id);
    }
    if (t->tracking == M2F_TRACKING_NONE) {
        lose_tracks (t);
        return;
    }
    forget_tracks (t, seconds);
    follow_things (t, carried ? carried : &t->map, result, seconds);
    t->map = m2f_overlap_shrink (&now, &t->memory);
}
