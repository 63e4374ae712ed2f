/* Counts of pixels by segment of the truth and segment found.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/evaluation/pairs.h"

/* False if there is no memory. */
static bool
list_segments (M2fSegmentList *list, const M2fPanoptic *frames, int n_frames)
{
    size_t most = 1;

    for (int t = 0; t < n_frames; t++)
        most += (size_t) frames[t].n_segments;
    *list = (M2fSegmentList) { .index = g_hash_table_new (g_direct_hash, g_direct_equal),
        .segments = g_try_new (M2fPanopticSegment, most), .area = g_try_new0 (int64_t, most) };
    if (!list->segments || !list->area)
        return false;
    for (int t = 0; t < n_frames; t++)
        for (int i = 0; i < frames[t].n_segments; i++) {
            const M2fPanopticSegment *s = &frames[t].segments[i];

            if (g_hash_table_contains (list->index, GUINT_TO_POINTER (s->id)))
                continue;
            list->segments[list->n++] = *s;
            g_hash_table_insert (list->index, GUINT_TO_POINTER (s->id),
                GINT_TO_POINTER (list->n));
        }
    return true;
}

/* The place of the segment with an id, n for void. */
static int
place_of (const M2fSegmentList *list, uint32_t id)
{
    guint place = GPOINTER_TO_UINT (g_hash_table_lookup (list->index, GUINT_TO_POINTER (id)));

    return place > 0 ? (int) place - 1 : list->n;
}

/* Neighbours mostly belong to the same segments: the tables are asked only where ids change. */
static void
count_frame (M2fPairs *p, const M2fPanoptic *truth, const M2fPanoptic *found)
{
    const size_t pixels = (size_t) truth->width * truth->height;

    for (size_t i = 0, end; i < pixels; i = end) {
        const uint32_t a = truth->ids[i], b = found->ids[i];

        for (end = i + 1; end < pixels && truth->ids[end] == a && found->ids[end] == b; end++)
            ;
        const int t = place_of (&p->truth, a), f = place_of (&p->found, b);
        const int64_t n = (int64_t) (end - i);
        p->common[(size_t) t * (p->found.n + 1) + f] += n;
        p->truth.area[t] += n;
        p->found.area[f] += n;
    }
}

bool
m2f_pairs_init (M2fPairs *p, const M2fPanoptic *truth, const M2fPanoptic *found, int n_frames)
{
    /* both are set, whatever becomes of the first */
    const bool has_truth = list_segments (&p->truth, truth, n_frames);
    const bool has_found = list_segments (&p->found, found, n_frames);

    p->common = NULL;
    if (has_truth && has_found)
        p->common = g_try_new0 (int64_t, (size_t) (p->truth.n + 1) * (p->found.n + 1));
    if (!p->common)
        return false;
    for (int t = 0; t < n_frames; t++)
        count_frame (p, &truth[t], &found[t]);
    return true;
}

static void
clear_list (M2fSegmentList *list)
{
    g_free (list->segments);
    g_free (list->area);
    g_hash_table_unref (list->index);
}

void
m2f_pairs_clear (M2fPairs *p)
{
    clear_list (&p->truth);
    clear_list (&p->found);
    g_free (p->common);
}
