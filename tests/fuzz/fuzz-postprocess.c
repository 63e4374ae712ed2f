/* Fuzzes post-processing: any numbers in the place of the network's output, all tasks, both rules.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The reference backend runs the paper's rule, for its code has the sanitizers.  The rule of
 * transformers makes masks of 384 x 384 pixels, which is fast on the CPU backend only.
 */
#include "model/postprocess/postprocess.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/input.h"

#define N_LABELS 6
#define HIDDEN 2
#define FEATURES 3

/* A stuff class, a background class and things. */
static char *labels[] = { "road", "background", "person", "car", "bus", "dog", NULL };

static void
new_tensor (FuzzInput *in, M2fDevice *device, M2fTensor *tensor, M2fShape shape)
{
    size_t n = 1;

    for (int i = 0; i < 4; i++)
        n *= (size_t) shape.n[i];
    g_autofree float *values = g_new (float, n);
    for (size_t i = 0; i < n; i++)
        values[i] = fuzz_any_float (in);
    g_assert_true (m2f_tensor_new (device, tensor, "any numbers", M2F_F32, shape, NULL));
    m2f_tensor_write (device, tensor, values);
}

/* The area and the box of a segment are those of its pixels. */
static void
check_segment (const M2fResult *result, const M2fSegment *s)
{
    int64_t area = 0;
    bool left = false, top = false, right = false, bottom = false;

    for (int y = 0; y < result->map_height; y++) {
        for (int x = 0; x < result->map_width; x++) {
            if (m2f_result_id (result, x, y) != s->id)
                continue;
            area++;
            g_assert_true (x >= s->x && x < s->x + s->width && y >= s->y && y < s->y + s->height);
            left |= x == s->x;
            top |= y == s->y;
            right |= x == s->x + s->width - 1;
            bottom |= y == s->y + s->height - 1;
        }
    }
    g_assert_cmpint (area, ==, s->area);
    g_assert_true (area == 0 || (left && top && right && bottom));
}

static void
check_result (const M2fResult *result, const M2fParams *params)
{
    const bool paper = params->postprocess == M2F_POSTPROCESS_PAPER;
    int64_t covered = 0;

    g_assert_cmpint (result->n_segments, <=, result->map_depth == 1 ? 254 : 65534);
    for (int i = 0; i < result->n_segments; i++) {
        const M2fSegment *s = &result->segments[i];

        g_assert_true (s->label_id >= 0 && s->label_id < N_LABELS);
        g_assert_true (!paper || (s->id == i + 1 && s->area > 0));
        check_segment (result, s);
        covered += s->area;
        GArray *runs = m2f_result_rle (result, s->id);
        g_assert_true ((runs->len > 0) == (s->area > 0));
        g_array_unref (runs);
    }
    g_assert_true (!paper || covered <= (int64_t) result->map_height * result->map_width);
    g_autofree char *json = m2f_result_to_json (result);
    g_assert_true (json != NULL || result->non_finite);
}

static M2fParams
any_params (FuzzInput *in)
{
    static const int fuse[] = { 0, 2, 5 };

    return (M2fParams) {
        .task = (M2fTask) fuzz_int (in, M2F_TASK_SEMANTIC, M2F_TASK_PANOPTIC),
        .postprocess = fuzz_int (in, 0, 15) == 1 ? M2F_POSTPROCESS_TRANSFORMERS
                                                 : M2F_POSTPROCESS_PAPER,
        .threshold = fuzz_int (in, 0, 255) / 255.,
        .mask_threshold = fuzz_int (in, 0, 255) / 255.,
        .overlap_mask_area_threshold = fuzz_int (in, 0, 255) / 255.,
        .label_ids_to_fuse = fuse,
        .n_label_ids_to_fuse = fuzz_int (in, M2F_FUSE_DEFAULT, (int) G_N_ELEMENTS (fuse)),
        .target_height = fuzz_int (in, 1, 32),
        .target_width = fuzz_int (in, 1, 32),
        .ids_from_one = fuzz_int (in, 0, 1),
        .binary_maps = fuzz_int (in, 0, 1),
    };
}

static void
postprocess (M2fDevice *device, const M2fNetworkOutput *net, const M2fParams *params,
    int input_height)
{
    const M2fConfig config = { .labels = labels, .n_labels = N_LABELS };
    const M2fMapSetup setup = m2f_map_setup (params, params->target_height, params->target_width,
        input_height, net->features.ne[2] * 4);
    g_auto (M2fResult) result = { 0 };
    GError *error = NULL;

    g_assert_true (m2f_params_check (params, N_LABELS, NULL));
    M2fPostprocessor *post = m2f_postprocessor_new (device, &config, net, &setup, NULL);
    g_assert_nonnull (post);
    gboolean ok = m2f_postprocessor_run (post, params, &result, &error);
    fuzz_check_error (ok, error);
    g_assert_true (ok);
    check_result (&result, params);
    m2f_postprocessor_free (&post);
}

static M2fDevice *
device_for (const M2fParams *params)
{
    static const char *const names[] = { "reference", "cpu" };
    static M2fDevice *devices[2];
    const int i = params->postprocess == M2F_POSTPROCESS_TRANSFORMERS;

    if (!devices[i])
        devices[i] = m2f_device_open (names[i], M2F_PRECISION_FP32, 1, NULL);
    return devices[i];
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    FuzzInput in = { data, size };
    const M2fParams params = any_params (&in);
    M2fDevice *device = device_for (&params);
    const int queries = fuzz_int (&in, 1, 6), h = fuzz_int (&in, 1, 8), w = fuzz_int (&in, 1, 8);
    const int padding = fuzz_int (&in, 0, 3); /* rows of the network's input */
    M2fNetworkOutput net;

    new_tensor (&in, device, &net.class_logits, M2F_SHAPE (1, 1, queries, N_LABELS + 1));
    new_tensor (&in, device, &net.embeddings, M2F_SHAPE (1, 1, queries, HIDDEN));
    new_tensor (&in, device, &net.mask_embedding, M2F_SHAPE (1, 1, queries, FEATURES));
    new_tensor (&in, device, &net.mask_bias, M2F_SHAPE (1, 1, 1, queries));
    new_tensor (&in, device, &net.features, M2F_SHAPE (1, h, w, FEATURES));
    postprocess (device, &net, &params, h * 4 - padding);

    M2fTensor *const tensors[] = { &net.class_logits, &net.embeddings, &net.mask_embedding,
        &net.mask_bias, &net.features };
    for (size_t i = 0; i < G_N_ELEMENTS (tensors); i++)
        m2f_tensor_free (device, tensors[i]);
    return 0;
}
