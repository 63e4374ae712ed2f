/* Figures of merit: cases computed by hand, and random ones by the formulas of the papers.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>

#include "model/evaluation/average_precision.h"
#include "model/evaluation/mean_iou.h"
#include "model/evaluation/panoptic.h"
#include "tests/unit/metrics_expected.h"
#include "tests/unit/scratch.h"

/* ---- the random segmentations of metrics_expected.py --------------------------------------- */

#define WIDTH 20
#define HEIGHT 14
#define FRAMES 6
#define CLASSES 5
#define CLIPS 20
#define IDS 10 /* 0 is void; 7 is a crowd in the truth */

static const bool is_thing[CLASSES] = { false, true, true, true, false };

static guint32 state;

static int
draw (int n)
{
    state = state * 1664525u + 1013904223u;
    return (int) (state >> 16) % n;
}

static void
paint (uint32_t *ids, uint32_t id)
{
    int x = draw (WIDTH), y = draw (HEIGHT), w = 1 + draw (12), h = 1 + draw (9);

    for (int v = y; v < MIN (y + h, HEIGHT); v++)
        for (int u = x; u < MIN (x + w, WIDTH); u++)
            ids[v * WIDTH + u] = id;
}

typedef struct Frame {
    uint32_t ids[WIDTH * HEIGHT];
    M2fPanopticSegment segments[IDS];
} Frame;

typedef struct Clip {
    Frame frames[2][FRAMES];
    M2fPanoptic truth[FRAMES], found[FRAMES];
} Clip;

/* Lists the segments that have pixels. */
static M2fPanoptic
list_segments (Frame *frame, bool is_truth)
{
    M2fPanoptic p = { .width = WIDTH, .height = HEIGHT, .ids = frame->ids,
        .segments = frame->segments };

    for (uint32_t id = 1; id < IDS; id++)
        for (int i = 0; i < WIDTH * HEIGHT; i++)
            if (frame->ids[i] == id) {
                frame->segments[p.n_segments++] = (M2fPanopticSegment) { .id = id,
                    .label_id = (int) id * 3 % CLASSES, .is_crowd = is_truth && id == 7 };
                break;
            }
    return p;
}

static void
draw_clip (Clip *clip, guint32 seed)
{
    state = seed;
    memset (clip, 0, sizeof *clip);
    for (int t = 0; t < FRAMES; t++) {
        uint32_t *truth = clip->frames[0][t].ids, *found = clip->frames[1][t].ids;

        for (int i = 0; i < 9; i++) {
            uint32_t id = (uint32_t) draw (8);
            paint (truth, id);
        }
        memcpy (found, truth, sizeof clip->frames[0][t].ids);
        if (draw (3) == 0)
            for (int i = 0; i < WIDTH * HEIGHT; i++)
                found[i] = found[i] == 3 ? 9 : found[i] == 1 ? 8 : found[i];
        for (int i = 0; i < 3; i++) {
            uint32_t id = (uint32_t) draw (10);
            paint (found, id);
        }
        clip->truth[t] = list_segments (&clip->frames[0][t], true);
        clip->found[t] = list_segments (&clip->frames[1][t], false);
    }
}

START_TEST (test_random_panoptic)
{
    static const int lengths[] = { 1, 2, 4, 6 };
    static const double expected[] = { EXPECTED_VPQ_1, EXPECTED_VPQ_2, EXPECTED_VPQ_4,
        EXPECTED_VPQ_6 };
    M2fQuality pictures[CLASSES] = { 0 }, tubes[4][CLASSES] = { 0 };
    static Clip clip;

    for (guint32 seed = 1; seed <= CLIPS; seed++) {
        draw_clip (&clip, seed);
        for (int t = 0; t < FRAMES; t++)
            m2f_quality_add (pictures, &clip.truth[t], &clip.found[t]);
        for (int k = 0; k < 4; k++)
            m2f_quality_add_tubes (tubes[k], clip.truth, clip.found, FRAMES, lengths[k]);
    }
    M2fMeanQuality mean = m2f_quality_mean (pictures, CLASSES, NULL);
    ck_assert_double_eq_tol (mean.pq, EXPECTED_PQ, 1e-9);
    ck_assert_double_eq_tol (mean.sq, EXPECTED_SQ, 1e-9);
    ck_assert_double_eq_tol (mean.rq, EXPECTED_RQ, 1e-9);
    for (int k = 0; k < 4; k++)
        ck_assert_double_eq_tol (m2f_quality_mean (tubes[k], CLASSES, NULL).pq, expected[k], 1e-9);
}
END_TEST

START_TEST (test_random_tracks)
{
    g_autoptr (M2fTrackQuality) quality = m2f_track_quality_new (is_thing, CLASSES);
    static Clip clip;
    double aq, sq;

    for (guint32 seed = 1; seed <= CLIPS; seed++) {
        draw_clip (&clip, seed);
        m2f_track_quality_add (quality, clip.truth, clip.found, FRAMES);
    }
    ck_assert_double_eq_tol (m2f_track_quality_get (quality, &aq, &sq), EXPECTED_STQ, 1e-9);
    ck_assert_double_eq_tol (aq, EXPECTED_AQ, 1e-9);
    ck_assert_double_eq_tol (sq, EXPECTED_MIOU, 1e-9);
}
END_TEST

/* ---- random instances ---------------------------------------------------------------------- */

typedef struct Drawn {
    int label_id, mark; /* a score, or, of the truth, 0 for a crowd */
    uint32_t pixels[WIDTH * HEIGHT];
} Drawn;

static M2fInstance
make_instance (const Drawn *d, bool is_truth)
{
    uint8_t bytes[WIDTH * HEIGHT];
    const M2fLabelMap map = { .data = bytes, .width = WIDTH, .height = HEIGHT, .stride = WIDTH,
        .depth = 1 };

    for (int i = 0; i < WIDTH * HEIGHT; i++)
        bytes[i] = d->pixels[i] != 0;
    return (M2fInstance) { .label_id = d->label_id, .score = d->mark,
        .is_crowd = is_truth && d->mark == 0, .mask = m2f_rle_from_map (&map, 1) };
}

static int
draw_instances (Drawn *drawn, int n)
{
    for (int i = 0; i < n; i++) {
        drawn[i] = (Drawn) { .label_id = draw (3) };
        drawn[i].mark = draw (8);
        paint (drawn[i].pixels, 1);
    }
    return n;
}

START_TEST (test_random_instances)
{
    g_autoptr (M2fAveragePrecision) ap = m2f_average_precision_new (3);
    static Drawn truth[5], found[13];
    double by_threshold[M2F_AP_THRESHOLDS];

    state = 99;
    for (int picture = 0; picture < 12; picture++) {
        int n_truth = 1 + draw (5), n_found = draw (9);
        M2fInstance a[5], b[13];

        draw_instances (truth, n_truth);
        draw_instances (found, n_found);
        for (int i = 0; i < n_truth; i++) {
            if (draw (4) == 0)
                continue;
            found[n_found] = truth[i];
            found[n_found].mark = draw (8);
            for (int j = 0; j < WIDTH * HEIGHT; j++)
                if (truth[i].pixels[j])
                    found[n_found].pixels[j] = draw (6) != 0;
            n_found++;
        }
        for (int i = 0; i < n_truth; i++)
            a[i] = make_instance (&truth[i], true);
        for (int i = 0; i < n_found; i++)
            b[i] = make_instance (&found[i], false);
        m2f_average_precision_add (ap, a, n_truth, b, n_found);
        for (int i = 0; i < n_truth; i++)
            m2f_rle_free ((M2fRle *) a[i].mask);
        for (int i = 0; i < n_found; i++)
            m2f_rle_free ((M2fRle *) b[i].mask);
    }
    ck_assert_double_eq_tol (m2f_average_precision_get (ap, by_threshold), EXPECTED_AP, 1e-9);
    ck_assert_double_eq_tol (by_threshold[0], EXPECTED_AP_50, 1e-9);
    ck_assert_double_eq_tol (by_threshold[5], EXPECTED_AP_75, 1e-9);
}
END_TEST

/* ---- by hand ------------------------------------------------------------------------------- */

static M2fPanoptic
make_row (uint32_t *ids, int width, M2fPanopticSegment *segments, int n)
{
    return (M2fPanoptic) { .width = width, .height = 1, .ids = ids, .segments = segments,
        .n_segments = n };
}

/* Of the row below, class 0 is matched with an IoU of 3/4 (the pixel in void does not count), the
 * segment 2 of class 1 is missed, and 5, also of class 1, is wrong:  1 1 1 1 2 2 . . */
START_TEST (test_quality_by_hand)
{
    uint32_t truth_ids[] = { 1, 1, 1, 1, 2, 2, 0, 0 }, found_ids[] = { 5, 4, 4, 4, 5, 0, 4, 0 };
    M2fPanopticSegment truth_segments[] = { { 1, 0, false }, { 2, 1, false } };
    M2fPanopticSegment found_segments[] = { { 4, 0, false }, { 5, 1, false } };
    const M2fPanoptic truth = make_row (truth_ids, 8, truth_segments, 2);
    const M2fPanoptic found = make_row (found_ids, 8, found_segments, 2);
    M2fQuality classes[3] = { 0 };
    const bool second[] = { false, true, true }, third[] = { false, false, true };

    m2f_quality_add (classes, &truth, &found);
    ck_assert_double_eq (classes[0].iou, 0.75);
    ck_assert_int_eq (classes[0].true_positives, 1);
    ck_assert_int_eq (classes[1].false_positives, 1);
    ck_assert_int_eq (classes[1].false_negatives, 1);
    M2fMeanQuality mean = m2f_quality_mean (classes, 3, NULL);
    ck_assert_double_eq (mean.pq, 0.375);
    ck_assert_double_eq (mean.sq, 0.375);
    ck_assert_double_eq (mean.rq, 0.5);
    ck_assert_int_eq (mean.n_classes, 2);
    ck_assert_double_eq (m2f_quality_mean (classes, 3, second).pq, 0);
    ck_assert (isnan (m2f_quality_mean (classes, 3, third).pq));
}
END_TEST

/* One object in 4 frames, whose id changes half way: IoU 1 per frame, association 1/2. */
START_TEST (test_tracks_by_hand)
{
    uint32_t truth_ids[] = { 1, 1 }, early_ids[] = { 8, 8 }, late_ids[] = { 9, 9 };
    M2fPanopticSegment truth_segments[] = { { 1, 1, false } };
    M2fPanopticSegment early[] = { { 8, 1, false } }, late[] = { { 9, 1, false } };
    const M2fPanoptic t = make_row (truth_ids, 2, truth_segments, 1);
    const M2fPanoptic a = make_row (early_ids, 2, early, 1), b = make_row (late_ids, 2, late, 1);
    const M2fPanoptic truth[] = { t, t, t, t }, found[] = { a, a, b, b };
    g_autoptr (M2fTrackQuality) quality = m2f_track_quality_new (is_thing, CLASSES);
    M2fQuality tubes[3][CLASSES] = { 0 };
    double aq, sq;

    m2f_track_quality_add (quality, truth, found, 4);
    ck_assert_double_eq_tol (m2f_track_quality_get (quality, &aq, &sq), sqrt (0.5), 1e-15);
    ck_assert_double_eq (aq, 0.5);
    ck_assert_double_eq (sq, 1);
    m2f_quality_add_tubes (tubes[0], truth, found, 4, 1);
    ck_assert_double_eq (m2f_quality_mean (tubes[0], CLASSES, NULL).pq, 1);
    /* of three windows, that over the change has two halves, neither of more than half: 2 matched,
     * 1 missed, 2 wrong */
    m2f_quality_add_tubes (tubes[1], truth, found, 4, 2);
    ck_assert_double_eq (m2f_quality_mean (tubes[1], CLASSES, NULL).pq, 2 / 3.5);
    m2f_quality_add_tubes (tubes[2], truth, found, 4, 5);
    ck_assert (isnan (m2f_quality_mean (tubes[2], CLASSES, NULL).pq));
}
END_TEST

/* An instance of class 0 that covers n pixels of a row of 40. */
static M2fInstance
make_stretch (double score, int first, int n)
{
    uint8_t row[40] = { 0 };
    const M2fLabelMap map = { .data = row, .width = 40, .height = 1, .stride = 40, .depth = 1 };

    for (int i = first; i < first + n; i++)
        row[i] = 1;
    return (M2fInstance) { .score = score, .mask = m2f_rle_from_map (&map, 1) };
}

static void
free_stretches (M2fInstance *instances, int n)
{
    for (int i = 0; i < n; i++)
        m2f_rle_free ((M2fRle *) instances[i].mask);
}

/* Of two instances the first is found exactly; what is found next is wrong; the second is found
 * last, with an IoU of 7/11, enough for the first three of ten thresholds.  There the precision is
 * 1 up to a recall of 0.5, 51 of 101 points, and 2/3 above; it is 1 and 0 at the others. */
START_TEST (test_average_precision_by_hand)
{
    g_autoptr (M2fAveragePrecision) ap = m2f_average_precision_new (2);
    M2fInstance truth[] = { make_stretch (0, 0, 10), make_stretch (0, 20, 11) };
    M2fInstance found[] = { make_stretch (0.7, 20, 7), make_stretch (0.9, 0, 10),
        make_stretch (0.8, 33, 7) };
    double by_threshold[M2F_AP_THRESHOLDS];

    m2f_average_precision_add (ap, truth, 2, found, 3);
    const double all = m2f_average_precision_get (ap, by_threshold);
    const double loose = (51 + 50 * 2 / 3.0) / 101, strict = 51 / 101.0;
    for (int k = 0; k < M2F_AP_THRESHOLDS; k++)
        ck_assert_double_eq_tol (by_threshold[k], k < 3 ? loose : strict, 1e-12);
    ck_assert_double_eq_tol (all, (3 * loose + 7 * strict) / 10, 1e-12);
    free_stretches (truth, 2);
    free_stretches (found, 3);
}
END_TEST

/* A crowd is not missed, and what lies in it is not wrong; only the best of a picture count. */
START_TEST (test_average_precision_limits)
{
    g_autoptr (M2fAveragePrecision) crowd = m2f_average_precision_new (1);
    g_autoptr (M2fAveragePrecision) many = m2f_average_precision_new (1);
    M2fInstance truth[] = { make_stretch (0, 0, 10), make_stretch (0, 20, 11) };
    M2fInstance found[M2F_AP_MAX_FOUND + 1];

    truth[1].is_crowd = true;
    found[0] = make_stretch (0.9, 25, 3);
    found[1] = make_stretch (0.8, 22, 3);
    found[2] = make_stretch (0.7, 0, 10);
    m2f_average_precision_add (crowd, truth, 2, found, 3);
    ck_assert_double_eq_tol (m2f_average_precision_get (crowd, NULL), 1, 1e-12);
    free_stretches (found, 3);

    for (int i = 0; i < M2F_AP_MAX_FOUND; i++)
        found[i] = make_stretch (1, 33, 7);
    found[M2F_AP_MAX_FOUND] = make_stretch (0.5, 0, 10);
    m2f_average_precision_add (many, truth, 1, found, M2F_AP_MAX_FOUND + 1);
    ck_assert_double_eq (m2f_average_precision_get (many, NULL), 0);
    found[0].score = 0.1;
    m2f_average_precision_add (many, truth, 1, found, M2F_AP_MAX_FOUND + 1);
    ck_assert (m2f_average_precision_get (many, NULL) > 0);
    free_stretches (found, M2F_AP_MAX_FOUND + 1);
    free_stretches (truth, 2);
}
END_TEST

START_TEST (test_mean_iou_by_hand)
{
    M2fClassPixels classes[3] = { 0 };

    ck_assert (isnan (m2f_mean_iou (classes, 3)));
    m2f_class_pixels_add (classes, 3, 0, 0, 6);
    m2f_class_pixels_add (classes, 3, 0, 1, 2);
    m2f_class_pixels_add (classes, 3, 0, 255, 4); /* found nothing */
    m2f_class_pixels_add (classes, 3, 255, 2, 9); /* does not count */
    m2f_class_pixels_add (classes, 3, -1, 1, 9);
    m2f_class_pixels_add (classes, 3, 1, 1, 2);
    ck_assert_double_eq (m2f_mean_iou (classes, 3), (6 / 12.0 + 2 / 4.0) / 2);
}
END_TEST

int
main (void)
{
    return RUN_TESTS ("evaluation", test_random_panoptic, test_random_tracks,
        test_random_instances, test_quality_by_hand, test_tracks_by_hand,
        test_average_precision_by_hand, test_average_precision_limits, test_mean_iou_by_hand);
}
