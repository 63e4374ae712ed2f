/* Track ids, on clips of which every object is known.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>
#include <stdlib.h>

#include "model/tracking/assignment.h"
#include "model/tracking/overlap.h"
#include "tests/clip/clip.h"
#include "tests/unit/scratch.h"

#define WIDTH 192
#define HEIGHT 108
#define RATE 10 /* results per second */
#define CAR 7
#define PERSON 8

/* Neighbouring results of the same object have a cosine of 0.97, two objects of a class 0.6: what
 * networks give is easier for nearly all objects. */
static const ClipModel good = { .likeness = 0.6, .noise = 0.15, .seed = 1 };

/* ---- assignment ---------------------------------------------------------------------------- */

/* The largest sum of values of any pairing, by trying all of them. */
static double
best_sum (const double *values, int rows, int columns, int row, guint taken)
{
    if (row == rows)
        return 0;
    double best = best_sum (values, rows, columns, row + 1, taken);

    for (int c = 0; c < columns; c++)
        if (!(taken & 1u << c) && values[row * columns + c] > 0)
            best = MAX (best, values[row * columns + c]
                + best_sum (values, rows, columns, row + 1, taken | 1u << c));
    return best;
}

/* Fails unless column_of is a pairing; returns its sum. */
static double
sum_of (const double *values, int rows, int columns, const int *column_of)
{
    guint taken = 0;
    double sum = 0;

    for (int row = 0; row < rows; row++) {
        if (column_of[row] < 0)
            continue;
        ck_assert_int_lt (column_of[row], columns);
        ck_assert (!(taken & 1u << column_of[row]));
        taken |= 1u << column_of[row];
        ck_assert (values[row * columns + column_of[row]] > 0);
        sum += values[row * columns + column_of[row]];
    }
    return sum;
}

START_TEST (test_assignment)
{
    g_autoptr (GRand) rand = g_rand_new_with_seed (20);
    double values[6 * 6];
    int column_of[6];

    for (int i = 0; i < 3000; i++) {
        const int rows = g_rand_int_range (rand, 0, 7), columns = g_rand_int_range (rand, 0, 7);

        for (int j = 0; j < rows * columns; j++)
            values[j] = i % 2 ? g_rand_double_range (rand, -1, 1)
                              : g_rand_int_range (rand, -2, 4); /* many of the same value */
        m2f_assign (values, rows, columns, column_of);
        ck_assert_double_eq_tol (sum_of (values, rows, columns, column_of),
            best_sum (values, rows, columns, 0, 0), 1e-12);
    }
}
END_TEST

/* ---- overlap ------------------------------------------------------------------------------- */

/* The left half of a map of 4x2 has id 5, and so has the left quarter of one of 8x4, of 2 bytes. */
START_TEST (test_overlap)
{
    static const uint8_t small[8] = { 5, 5, 0, 0, 5, 5, 0, 0 };
    const M2fLabelMap a = { .data = small, .width = 4, .height = 2, .stride = 4, .depth = 1 };
    uint16_t large[4 * 8] = { 0 };
    const M2fLabelMap b = { .data = (const uint8_t *) large, .width = 8, .height = 4,
        .stride = 16, .depth = 2 };
    M2fOverlap o;

    for (int y = 0; y < 4; y++)
        large[8 * y] = large[8 * y + 1] = 300;
    m2f_overlap_init (&o, &a, (int[]) { 5, -1 }, 2, &b, (int[]) { 300, 0, 70000 }, 3);
    ck_assert_double_eq (m2f_overlap_iou (&o, 0, 0), 0.5);
    ck_assert_double_eq (m2f_overlap_iou (&o, 0, 1), 8.0 / (16 + 24 - 8));
    ck_assert_double_eq (m2f_overlap_iou (&o, 0, 2), 0);
    ck_assert_double_eq (m2f_overlap_iou (&o, 1, 2), 0);
    m2f_overlap_clear (&o);

    const M2fLabelMap nothing = { 0 };
    m2f_overlap_init (&o, &nothing, (int[]) { 5 }, 1, &b, (int[]) { 300 }, 1);
    ck_assert_double_eq (m2f_overlap_iou (&o, 0, 0), 0);
    m2f_overlap_clear (&o);
}
END_TEST

/* ---- clips --------------------------------------------------------------------------------- */

/* What became of the ids over a clip. */
typedef struct Ids {
    uint64_t last[256]; /* by true id: the latest track, 0 = never seen */
    int switches;       /* times that an object was seen with another id than the last one */
} Ids;

/* Takes note of the ids of a result, of which no two may be the same. */
static void
note_ids (Ids *ids, const M2fResult *result)
{
    for (int i = 0; i < result->n_segments; i++) {
        const M2fSegment *s = &result->segments[i];

        ck_assert_uint_gt (s->track_id, 0);
        for (int j = 0; j < i; j++)
            ck_assert_uint_ne (s->track_id, result->segments[j].track_id);
        if (ids->last[s->query] != 0 && ids->last[s->query] != s->track_id)
            ids->switches++;
        ids->last[s->query] = s->track_id;
    }
}

static Ids
follow (const Clip *clip, int frames, M2fTracking tracking, const ClipModel *model)
{
    M2fTracker *tracker = m2f_tracker_new (tracking, CLIP_EMBEDDING);
    Ids ids = { .switches = 0 };

    for (int t = 0; t < frames; t++) {
        M2fResult result = clip_see (clip, t, model);

        m2f_tracker_update (tracker, &result, (double) t / RATE, NULL);
        note_ids (&ids, &result);
        clip_result_clear (&result);
    }
    m2f_tracker_free (tracker);
    return ids;
}

/* Three of a class and one of another, before a background that a camera passes. */
static const ClipShape traffic[] = {
    { .x = 20, .y = 30, .width = 30, .height = 18, .dx = 2, .label_id = CAR },
    { .x = 150, .y = 52, .width = 34, .height = 18, .dx = -2, .label_id = CAR, .growth = 0.004 },
    { .x = 60, .y = 75, .width = 30, .height = 20, .dx = 1.5, .dy = 0.2, .label_id = CAR },
    { .x = 100, .y = 96, .width = 12, .height = 20, .dx = -1, .label_id = PERSON },
};

START_TEST (test_unoccluded)
{
    const Clip clip = { .width = WIDTH, .height = HEIGHT, .dx = -1, .shapes = traffic,
        .n_shapes = G_N_ELEMENTS (traffic) };

    for (guint seed = 0; seed < 4; seed++) {
        ClipModel model = good;

        model.seed = seed;
        ck_assert_int_eq (follow (&clip, 40, M2F_TRACKING_QUERY, &model).switches, 0);
        ck_assert_int_eq (follow (&clip, 40, M2F_TRACKING_IOU, &model).switches, 0);
        model.misses = 0.1;
        ck_assert_int_eq (follow (&clip, 40, M2F_TRACKING_QUERY, &model).switches, 0);
    }
}
END_TEST

/* Two of a class meet, the one hides the other for a moment, and they part again. */
START_TEST (test_crossing)
{
    static const ClipShape shapes[] = {
        { .x = 20, .y = 50, .width = 30, .height = 24, .dx = 4, .label_id = CAR },
        { .x = 170, .y = 52, .width = 32, .height = 26, .dx = -4, .label_id = CAR },
    };
    const Clip clip = { .width = WIDTH, .height = HEIGHT, .shapes = shapes, .n_shapes = 2 };

    for (guint seed = 0; seed < 4; seed++) {
        ClipModel model = good;

        model.seed = seed;
        model.least_area = 150;
        ck_assert_int_eq (follow (&clip, 38, M2F_TRACKING_QUERY, &model).switches, 0);
    }
}
END_TEST

/* Two of a class vanish behind a wall, for half a second each, and come out at the other side. */
START_TEST (test_occlusion)
{
    static const ClipShape shapes[] = {
        { .x = 50, .y = 40, .width = 20, .height = 16, .dx = 4, .label_id = CAR },
        { .x = 150, .y = 70, .width = 20, .height = 16, .dx = -4, .label_id = CAR },
        { .x = 100, .y = 54, .width = 40, .height = 108, .label_id = PERSON },
    };
    const Clip clip = { .width = WIDTH, .height = HEIGHT, .shapes = shapes, .n_shapes = 3 };
    int found = 0, cases = 0;

    for (guint seed = 0; seed < 10; seed++) {
        ClipModel model = good;

        model.seed = seed;
        model.least_area = 20;
        cases += 2;
        found += 2 - follow (&clip, 24, M2F_TRACKING_QUERY, &model).switches;
    }
    ck_assert_int_ge (10 * found, 9 * cases);
}
END_TEST

/* ---- single objects ------------------------------------------------------------------------ */

/* A result of one thing that fills its map. */
typedef struct One {
    uint8_t map[4];
    float embedding[CLIP_EMBEDDING];
    M2fSegment segment;
    M2fResult result;
} One;

static M2fResult *
make_one (One *one, int label_id, int direction)
{
    *one = (One) { .map = { 1, 1, 1, 1 },
        .segment = { .id = 1, .label_id = label_id, .label = "x", .area = 4, .width = 2,
            .height = 2, .is_thing = TRUE, .embedding = one->embedding } };
    one->embedding[direction] = 1;
    one->result = (M2fResult) { .map_width = 2, .map_height = 2, .map_stride = 2, .map_depth = 1,
        .map = one->map, .segments = &one->segment, .n_segments = 1 };
    return &one->result;
}

static uint64_t
update_one (M2fTracker *tracker, int label_id, int direction, double seconds)
{
    One one;

    m2f_tracker_update (tracker, make_one (&one, label_id, direction), seconds, NULL);
    return one.segment.track_id;
}

/* An update with an empty result. */
static void
update_none (M2fTracker *tracker, double seconds)
{
    One one;

    make_one (&one, CAR, 0)->n_segments = 0;
    one.map[0] = one.map[1] = one.map[2] = one.map[3] = 0;
    m2f_tracker_update (tracker, &one.result, seconds, NULL);
}

START_TEST (test_window)
{
    g_autoptr (M2fTracker) tracker = m2f_tracker_new (M2F_TRACKING_QUERY, CLIP_EMBEDDING);

    ck_assert_uint_eq (update_one (tracker, CAR, 0, 0), 1);
    update_none (tracker, 1);
    ck_assert_uint_eq (update_one (tracker, CAR, 0, M2F_TRACK_WINDOW), 1);
    update_none (tracker, M2F_TRACK_WINDOW + 1);
    ck_assert_uint_eq (update_one (tracker, CAR, 0, 2 * M2F_TRACK_WINDOW + 0.1), 2);
    m2f_tracker_set_window (tracker, 0.5);
    update_none (tracker, 5);
    ck_assert_uint_eq (update_one (tracker, CAR, 0, 6), 3);
    m2f_tracker_set_window (tracker, 0);
    ck_assert_uint_eq (update_one (tracker, CAR, 0, 6.1), 4);
}
END_TEST

START_TEST (test_look)
{
    g_autoptr (M2fTracker) tracker = m2f_tracker_new (M2F_TRACKING_QUERY, CLIP_EMBEDDING);

    ck_assert_uint_eq (update_one (tracker, CAR, 0, 0), 1);
    /* another class, at the same place and of the same look */
    ck_assert_uint_eq (update_one (tracker, PERSON, 0, 0.1), 2);
    /* the same class and place, another look */
    ck_assert_uint_eq (update_one (tracker, PERSON, 1, 0.2), 3);
    ck_assert_uint_eq (update_one (tracker, PERSON, 0, 0.3), 2);
    ck_assert_uint_eq (update_one (tracker, PERSON, 1, 0.4), 3);
    m2f_tracker_set_tracking (tracker, M2F_TRACKING_IOU);
    ck_assert_uint_eq (update_one (tracker, PERSON, 2, 0.5), 3);
}
END_TEST

START_TEST (test_modes_and_reset)
{
    g_autoptr (M2fTracker) tracker = m2f_tracker_new (M2F_TRACKING_NONE, CLIP_EMBEDDING);

    ck_assert_uint_eq (update_one (tracker, CAR, 0, 0), 0);
    m2f_tracker_set_tracking (tracker, M2F_TRACKING_QUERY);
    ck_assert_uint_eq (update_one (tracker, CAR, 0, 1), 1);
    ck_assert_uint_eq (update_one (tracker, CAR, 1, 2), 2);
    m2f_tracker_set_tracking (tracker, M2F_TRACKING_NONE);
    ck_assert_uint_eq (update_one (tracker, CAR, 1, 2.1), 0);
    m2f_tracker_set_tracking (tracker, M2F_TRACKING_QUERY);
    ck_assert_uint_eq (update_one (tracker, CAR, 1, 2.2), 2);
    m2f_tracker_reset (tracker);
    ck_assert_uint_eq (update_one (tracker, CAR, 1, 0), 1);
    m2f_tracker_free (NULL);
}
END_TEST

/* Embeddings that say nothing, and things without one, are known by where they are. */
START_TEST (test_no_embedding)
{
    g_autoptr (M2fTracker) tracker = m2f_tracker_new (M2F_TRACKING_QUERY, CLIP_EMBEDDING);

    for (int i = 0; i < 3; i++) {
        One one;
        M2fResult *result = make_one (&one, CAR, 0);

        one.embedding[0] = 0;
        if (i == 2)
            one.embedding[0] = (float) NAN;
        m2f_tracker_update (tracker, result, i, NULL);
        ck_assert_uint_eq (one.segment.track_id, 1);
        one.segment.embedding = NULL;
        m2f_tracker_update (tracker, result, i, NULL);
        ck_assert_uint_eq (one.segment.track_id, 1);
    }
}
END_TEST

/* ---- stuff and carried maps ---------------------------------------------------------------- */

START_TEST (test_stuff)
{
    g_autoptr (M2fTracker) tracker = m2f_tracker_new (M2F_TRACKING_QUERY, CLIP_EMBEDDING);
    uint8_t map[4] = { 1, 2, 3, 3 };
    M2fSegment segments[] = {
        { .id = 1, .label_id = 4, .label = "sky" },
        { .id = 2, .label_id = 4, .label = "sky" },                               /* not fused */
        { .id = 3, .label_id = CAR, .label = "car", .is_thing = TRUE, .query = -1 }, /* a class */
    };
    M2fResult result = { .map_width = 4, .map_height = 1, .map_stride = 4, .map_depth = 1,
        .map = map, .segments = segments, .n_segments = 3 };

    for (int i = 0; i < 3; i++) {
        m2f_tracker_update (tracker, &result, 100 * i, NULL);
        ck_assert_uint_eq (segments[0].track_id, 1);
        ck_assert_uint_eq (segments[1].track_id, 1);
        ck_assert_uint_eq (segments[2].track_id, 2);
    }
}
END_TEST

/* By overlap alone, two that jump over their own length are only known where the map they are
 * compared with has moved with them, also at another size. */
START_TEST (test_carried)
{
    static const ClipShape shapes[] = {
        { .x = 20, .y = 30, .width = 20, .height = 20, .dx = 30, .label_id = CAR },
        { .x = 50, .y = 80, .width = 20, .height = 20, .dx = 30, .label_id = CAR },
    };
    const Clip clip = { .width = WIDTH, .height = HEIGHT, .shapes = shapes, .n_shapes = 2 };

    for (int with_map = 0; with_map < 2; with_map++) {
        g_autoptr (M2fTracker) tracker = m2f_tracker_new (M2F_TRACKING_IOU, CLIP_EMBEDDING);
        Ids ids = { .switches = 0 };

        for (int t = 0; t < 4; t++) {
            M2fResult result = clip_result (&clip, t);
            M2fLabelMap carried = m2f_result_label_map (&result); /* ids are the same in all */

            carried.height /= 2;
            carried.stride *= 2;
            m2f_tracker_update (tracker, &result, t, with_map && t > 0 ? &carried : NULL);
            note_ids (&ids, &result);
            clip_result_clear (&result);
        }
        ck_assert_int_eq (ids.switches, with_map ? 0 : 6);
    }
}
END_TEST

int
main (void)
{
    return RUN_TESTS ("tracker", test_assignment, test_overlap, test_unoccluded, test_crossing,
        test_occlusion, test_window, test_look, test_modes_and_reset, test_no_embedding, test_stuff,
        test_carried);
}
