/* Segmentation maps as targets of training, as transformers encodes them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/preprocess/mask_labels.h"
#include "tests/unit/mask_labels_expected.h"
#include "tests/unit/scratch.h"

/* ---- the maps of mask_labels_expected.py --------------------------------------------------- */

#define MAPS 3
#define MAX_PIXELS (31 * 22)

static const int sizes[MAPS][2] = { { 13, 22 }, { 31, 17 }, { 9, 9 } };

static guint32 state;

static int
draw (int n)
{
    state = state * 1664525u + 1013904223u;
    return (int) (state >> 16) % n;
}

static void
draw_maps (M2fSegmentationMap maps[MAPS], int32_t memory[MAPS][MAX_PIXELS])
{
    state = 1;
    memset (memory, 0, sizeof (int32_t) * MAPS * MAX_PIXELS);
    for (int m = 0; m < MAPS; m++) {
        const int height = sizes[m][0], width = sizes[m][1];

        for (int number = 0; number < 7; number++) {
            const int y = draw (height), x = draw (width);
            const int end_y = y + 1 + draw (height), end_x = x + 1 + draw (width);

            for (int v = y; v < MIN (end_y, height); v++)
                for (int u = x; u < MIN (end_x, width); u++)
                    memory[m][v * width + u] = number;
        }
        maps[m] = (M2fSegmentationMap) { height, width, memory[m] };
    }
}

static GHashTable *
make_classes (void)
{
    GHashTable *classes = g_hash_table_new (NULL, NULL);

    for (int i = 0; i < 8; i++)
        g_hash_table_insert (classes, GINT_TO_POINTER (i), GINT_TO_POINTER (40 + i / 2));
    return classes;
}

static guint32
checksum (const float *floats, const uint8_t *bytes, size_t n)
{
    guint32 sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += ((guint32) (floats ? floats[i] : (float) bytes[i]) + 1) * (guint32) (i + 1);
    return sum;
}

/* ---- tests --------------------------------------------------------------------------------- */

START_TEST (test_expected)
{
    const M2fProcessorConfig edges = { .do_resize = true, .size_mode = M2F_SIZE_EDGES,
        .shortest_edge = 24, .longest_edge = 40, .size_divisor = 8 };
    const struct {
        M2fProcessorConfig config;
        M2fLabelRules rules;
        bool instances;
    } cases[] = {
        { { .do_resize = true, .size_mode = M2F_SIZE_EXACT, .height = 20, .width = 28,
              .size_divisor = 32 }, { .ignore_index = M2F_NO_IGNORE_INDEX }, false },
        { edges, { .ignore_index = 255 }, false },
        { { .do_resize = true, .size_mode = M2F_SIZE_EDGES, .shortest_edge = 17,
              .longest_edge = 60, .size_divisor = 1 },
            { .ignore_index = 255, .reduce_labels = true }, false },
        { edges, { .ignore_index = 5 }, true },
        { { .do_resize = false }, { .ignore_index = 255, .reduce_labels = true }, true },
    };
    static int32_t memory[MAPS][MAX_PIXELS];
    M2fSegmentationMap maps[MAPS];
    g_autoptr (GHashTable) classes = make_classes ();

    draw_maps (maps, memory);
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
        M2fMaskLabels labels[MAPS];
        M2fLabelRules rules = cases[i].rules;
        GError *error = NULL;

        rules.classes = cases[i].instances ? classes : NULL;
        ck_assert_msg (m2f_mask_labels_encode (maps, MAPS, &cases[i].config, &rules, labels,
            &error), "%s: %s", expected[i][0].name, error ? error->message : "");
        for (int m = 0; m < MAPS; m++) {
            const M2fMaskLabels *l = &labels[m];
            const size_t pixels = (size_t) l->height * l->width;

            ck_assert_int_eq (l->height, expected[i][m].height);
            ck_assert_int_eq (l->width, expected[i][m].width);
            ck_assert_int_eq (l->n, expected[i][m].n);
            for (int j = 0; j < l->n; j++)
                ck_assert_int_eq (l->class_labels[j], expected[i][m].classes[j]);
            ck_assert_uint_eq (checksum (l->mask_labels, NULL, pixels * l->n),
                expected[i][m].masks);
            ck_assert_uint_eq (checksum (NULL, l->pixel_mask, pixels), expected[i][m].pixels);
            m2f_mask_labels_clear (&labels[m]);
        }
    }
}
END_TEST

START_TEST (test_errors)
{
    const int32_t numbers[] = { 0, 1, 9 };
    const M2fSegmentationMap map = { 1, 3, numbers }, none = { 0, 3, numbers };
    const M2fProcessorConfig config = { .do_resize = false };
    M2fLabelRules rules = { .ignore_index = M2F_NO_IGNORE_INDEX, .reduce_labels = true };
    g_autoptr (GHashTable) classes = make_classes ();
    M2fMaskLabels labels[2];
    GError *error = NULL;

    ck_assert (!m2f_mask_labels_encode (&map, 1, &config, &rules, labels, &error));
    check_error (&error, M2F_ERROR_ARGUMENT, "ignore_index");
    rules = (M2fLabelRules) { .ignore_index = 0, .classes = classes };
    ck_assert (!m2f_mask_labels_encode ((M2fSegmentationMap[]) { map, map }, 2, &config, &rules,
        labels, &error));
    check_error (&error, M2F_ERROR_ARGUMENT, "instance 9|instance_id_to_semantic_id");
    rules.classes = NULL;
    ck_assert (!m2f_mask_labels_encode (&none, 1, &config, &rules, labels, &error));
    check_error (&error, M2F_ERROR_ARGUMENT, "0x3");

    int32_t many[4097];
    for (int i = 0; i < 4097; i++)
        many[i] = i;
    const M2fSegmentationMap most = { 1, 4096, many }, more = { 1, 4097, many };
    rules.ignore_index = M2F_NO_IGNORE_INDEX;
    ck_assert (m2f_mask_labels_encode (&most, 1, &config, &rules, labels, &error));
    ck_assert_int_eq (labels[0].n, 4096);
    m2f_mask_labels_clear (&labels[0]);
    ck_assert (!m2f_mask_labels_encode (&more, 1, &config, &rules, labels, &error));
    check_error (&error, M2F_ERROR_ARGUMENT, "at most 4096 segments|found more");
}
END_TEST

/* A map of what is to be ignored has no segment. */
START_TEST (test_nothing)
{
    const int32_t numbers[] = { 7, 7 };
    const M2fSegmentationMap map = { 1, 2, numbers };
    const M2fProcessorConfig config = { .do_resize = false };
    const M2fLabelRules rules = { .ignore_index = 7 };
    M2fMaskLabels labels;

    ck_assert (m2f_mask_labels_encode (&map, 1, &config, &rules, &labels, NULL));
    ck_assert_int_eq (labels.n, 0);
    ck_assert_int_eq (labels.pixel_mask[1], 1);
    m2f_mask_labels_clear (&labels);
}
END_TEST

int
main (void)
{
    return RUN_TESTS ("mask-labels", test_expected, test_errors, test_nothing);
}
