/* How well track ids stay with their objects, on synthetic clips of which every object is known.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *     build/tests/bench/tracks
 *
 * prints VPQ (the mean over windows of 1, 2, 4 and 6 results), STQ and the number of times that an
 * object came back with another id, for both ways of tracking.  Objects of a class resemble one
 * another as much as those of street scenes do, and every twentieth object is not found.
 *
 * It fails unless queries are at least as good as IoU on every clip, and better by a clip's margin
 * where there is one; no object that is in sight changes its id, nor more than one in ten of those
 * that were hidden.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/evaluation/panoptic.h"
#include "tests/clip/clip.h"

#define RATE 10.0 /* results per second */
#define SEEDS 5
#define WIDTH 192
#define HEIGHT 108
#define CAR 7
#define PERSON 8
#define WALL 9
#define CLASSES 10
#define MAX_FRAMES 64

static const bool is_thing[CLASSES] = { [CAR] = true, [PERSON] = true, [WALL] = true };

typedef struct Scene {
    const char *name;
    int n_frames;
    double dx; /* of the background */
    ClipShape shapes[6];
    guint n_shapes;
    int n_hidden;  /* objects that are out of sight for 0.5 s */
    double margin; /* of STQ by which queries are better than IoU, 0..1 */
} Scene;

static const Scene scenes[] = {
    { "side by side", 50, -1, {
        { .x = 20, .y = 30, .width = 30, .height = 18, .dx = 2, .label_id = CAR },
        { .x = 150, .y = 52, .width = 34, .height = 18, .dx = -2, .label_id = CAR },
        { .x = 60, .y = 75, .width = 30, .height = 20, .dx = 1.5, .dy = 0.2, .label_id = CAR },
        { .x = 100, .y = 96, .width = 12, .height = 20, .dx = -1, .label_id = PERSON } }, 4 },
    { "crossing", 40, 0, {
        { .x = 16, .y = 50, .width = 30, .height = 24, .dx = 4, .label_id = CAR },
        { .x = 176, .y = 52, .width = 30, .height = 24, .dx = -4, .label_id = CAR } }, 2,
        .margin = 0.01 },
    { "crossing in a crowd", 40, 0, {
        { .is_round = TRUE, .x = 20, .y = 54, .width = 16, .height = 44, .dx = 4,
            .label_id = PERSON },
        { .is_round = TRUE, .x = 60, .y = 56, .width = 16, .height = 44, .dx = 2,
            .label_id = PERSON },
        { .is_round = TRUE, .x = 100, .y = 54, .width = 16, .height = 48, .dx = -1,
            .label_id = PERSON },
        { .is_round = TRUE, .x = 140, .y = 58, .width = 16, .height = 44, .dx = -2.5,
            .label_id = PERSON },
        { .is_round = TRUE, .x = 176, .y = 60, .width = 18, .height = 48, .dx = -4,
            .label_id = PERSON } }, 5, .margin = 0.2 },
    { "behind a wall for 0.5 s", 30, 0, {
        { .x = 40, .y = 40, .width = 20, .height = 16, .dx = 4, .label_id = CAR },
        { .x = 160, .y = 70, .width = 20, .height = 16, .dx = -4, .label_id = CAR },
        { .x = 100, .y = 54, .width = 40, .height = 108, .label_id = WALL } }, 3,
        .n_hidden = 2, .margin = 0.1 },
    { "leaving and entering", 60, 0, {
        { .x = 170, .y = 40, .width = 30, .height = 18, .dx = 4, .label_id = CAR },
        { .x = -60, .y = 42, .width = 30, .height = 18, .dx = 4, .label_id = CAR },
        { .x = 240, .y = 80, .width = 34, .height = 20, .dx = -4, .label_id = CAR } }, 3 },
    { "fast camera pan", 24, -16, {
        { .x = 60, .y = 50, .width = 20, .height = 30, .dx = -16, .label_id = CAR },
        { .x = 100, .y = 60, .width = 20, .height = 30, .dx = -16, .label_id = CAR },
        { .x = 220, .y = 54, .width = 20, .height = 30, .dx = -16, .label_id = CAR },
        { .x = 330, .y = 60, .width = 20, .height = 30, .dx = -16, .label_id = CAR } }, 4 },
};

typedef struct Figures {
    double vpq, stq;
    int switches;
} Figures;

/* ---- results as evaluation takes them ------------------------------------------------------ */

/* By track id, or by the true id, which is the query. */
static M2fPanoptic
to_panoptic (const M2fResult *result, bool by_track)
{
    const int pixels = result->map_width * result->map_height;
    M2fPanoptic p = { .width = result->map_width, .height = result->map_height,
        .ids = g_new0 (uint32_t, pixels),
        .segments = g_new (M2fPanopticSegment, result->n_segments),
        .n_segments = result->n_segments };
    uint32_t new_ids[256] = { 0 };

    for (int i = 0; i < result->n_segments; i++) {
        const M2fSegment *s = &result->segments[i];

        new_ids[s->id] = by_track ? (uint32_t) s->track_id : (uint32_t) s->query;
        p.segments[i] = (M2fPanopticSegment) { .id = new_ids[s->id], .label_id = s->label_id };
    }
    for (int i = 0; i < pixels; i++)
        p.ids[i] = new_ids[result->map[i]];
    return p;
}

static void
clear_panoptic (M2fPanoptic *p)
{
    g_free (p->ids);
    g_free (p->segments);
}

/* ---- scenes -------------------------------------------------------------------------------- */

static int
count_switches (const M2fResult *result, uint64_t last[256])
{
    int n = 0;

    for (int i = 0; i < result->n_segments; i++) {
        const M2fSegment *s = &result->segments[i];

        n += last[s->query] != 0 && last[s->query] != s->track_id;
        last[s->query] = s->track_id;
    }
    return n;
}

/* Plays a scene; returns the number of switches. */
static int
play (const Scene *scene, M2fTracking tracking, guint seed, M2fPanoptic *truth, M2fPanoptic *found)
{
    const Clip clip = { .width = WIDTH, .height = HEIGHT, .dx = scene->dx,
        .shapes = scene->shapes, .n_shapes = scene->n_shapes };
    const ClipModel model = { .likeness = 0.65, .noise = 0.2, .misses = 0.05, .least_area = 30,
        .seed = seed };
    M2fTracker *tracker = m2f_tracker_new (tracking, CLIP_EMBEDDING);
    uint64_t last[256] = { 0 };
    int switches = 0;

    for (int t = 0; t < scene->n_frames; t++) {
        M2fResult exact = clip_result (&clip, t), seen = clip_see (&clip, t, &model);

        m2f_tracker_update (tracker, &seen, t / RATE, NULL);
        switches += count_switches (&seen, last);
        truth[t] = to_panoptic (&exact, false);
        found[t] = to_panoptic (&seen, true);
        clip_result_clear (&exact);
        clip_result_clear (&seen);
    }
    m2f_tracker_free (tracker);
    return switches;
}

static Figures
judge (const Scene *scene, M2fTracking tracking)
{
    static const int lengths[] = { 1, 2, 4, 6 };
    M2fQuality tubes[G_N_ELEMENTS (lengths)][CLASSES];
    M2fTrackQuality *quality = m2f_track_quality_new (is_thing, CLASSES);
    M2fPanoptic truth[MAX_FRAMES], found[MAX_FRAMES];
    Figures figures = { 0 };
    double aq, sq;

    memset (tubes, 0, sizeof tubes);
    for (guint seed = 1; seed <= SEEDS; seed++) {
        figures.switches += play (scene, tracking, seed, truth, found);
        m2f_track_quality_add (quality, truth, found, scene->n_frames);
        for (guint k = 0; k < G_N_ELEMENTS (lengths); k++)
            m2f_quality_add_tubes (tubes[k], truth, found, scene->n_frames, lengths[k]);
        for (int t = 0; t < scene->n_frames; t++) {
            clear_panoptic (&truth[t]);
            clear_panoptic (&found[t]);
        }
    }
    for (guint k = 0; k < G_N_ELEMENTS (lengths); k++)
        figures.vpq += m2f_quality_mean (tubes[k], CLASSES, is_thing).pq / G_N_ELEMENTS (lengths);
    figures.stq = m2f_track_quality_get (quality, &aq, &sq);
    m2f_track_quality_free (quality);
    return figures;
}

/* Says what is wrong, if anything is. */
static bool
is_good (const Scene *scene, const Figures *query, const Figures *iou)
{
    const double least_stq = iou->stq + scene->margin;
    const int most_switches = scene->n_hidden * SEEDS / 10;

    if (query->vpq >= iou->vpq && query->stq >= least_stq && query->switches <= most_switches)
        return true;
    fprintf (stderr, "%s: expected VPQ >= %g, STQ >= %g and at most %d switches, "
        "got %g, %g and %d\n", scene->name, iou->vpq, least_stq, most_switches, query->vpq,
        query->stq, query->switches);
    return false;
}

int
main (void)
{
    bool all_good = true;

    printf ("| clip | VPQ of things: query | iou | STQ: query | iou | switches: query | iou |\n"
        "|---|---|---|---|---|---|---|\n");
    for (guint i = 0; i < G_N_ELEMENTS (scenes); i++) {
        const Figures query = judge (&scenes[i], M2F_TRACKING_QUERY);
        const Figures iou = judge (&scenes[i], M2F_TRACKING_IOU);

        printf ("| %s | %.1f | %.1f | %.1f | %.1f | %d | %d |\n", scenes[i].name, 100 * query.vpq,
            100 * iou.vpq, 100 * query.stq, 100 * iou.stq, query.switches, iou.switches);
        all_good &= is_good (&scenes[i], &query, &iou);
    }
    return all_good ? 0 : 1;
}
