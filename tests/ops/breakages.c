/* Kernels that are wrong, for selftest.c: each is the reference's, broken in one way.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * They are mistakes that kernels come with: most of them pass when inputs are friendly and nobody
 * looks around the result.  What float32 cannot help, on the other hand, must pass.
 */
#include "tests/ops/breakages.h"

#include <math.h>
#include <string.h>

/* The right op, which the broken slots call. */
#define RIGHT(op, plan, args) m2f_reference_backend.op (plan, args)

/* A dense copy of an operand to be tampered with; the caller frees `rows` after the op. */
typedef struct Copy {
    M2fBuffer buffer;
    float *rows;
    int64_t count;
} Copy;

static M2fTensor
tampered (const M2fTensor *t, Copy *copy)
{
    M2fTensor view = *t;

    copy->count = m2f_tensor_rows (t) * t->ne[3];
    copy->rows = g_new (float, copy->count);
    for (int64_t i = 0; i < copy->count; i++)
        copy->rows[i] = m2f_row_f32 (t, i / t->ne[3])[i % t->ne[3]];
    copy->buffer = (M2fBuffer) { .host = copy->rows };
    view.buffer = &copy->buffer;
    view.offset = 0;
    view.stride = t->ne[3];
    return view;
}

/* ---- writes and reads outside ---------------------------------------------------------------- */

static void
writes_past_the_end (M2fPlan *plan, const M2fLinear *args)
{
    RIGHT (linear, plan, args);
    m2f_row_f32 (&args->dst, m2f_tensor_rows (&args->dst) - 1)[args->dst.ne[3]] = 0;
}

static void
writes_before_the_start (M2fPlan *plan, const M2fGroupNorm *args)
{
    RIGHT (group_norm, plan, args);
    m2f_row_f32 (&args->dst, 0)[-1] = 0;
}

static void
forgets_the_last_element (M2fPlan *plan, const M2fLinear *args)
{
    float *last = &m2f_row_f32 (&args->dst, m2f_tensor_rows (&args->dst) - 1)[args->dst.ne[3] - 1];
    float before = *last;

    RIGHT (linear, plan, args);
    *last = before;
}

static void
takes_rows_for_dense (M2fPlan *plan, const M2fLinear *args)
{
    M2fLinear dense = *args;

    dense.dst.stride = dense.dst.ne[3];
    RIGHT (linear, plan, &dense);
}

static void
takes_products_for_dense (M2fPlan *plan, const M2fMatmul *args)
{
    M2fMatmul dense = *args;

    dense.dst.stride = dense.dst.ne[3];
    RIGHT (matmul, plan, &dense);
}

static void
takes_source_rows_for_dense (M2fPlan *plan, const M2fGatherRows *args)
{
    M2fGatherRows dense = *args;

    dense.src.stride = dense.src.ne[3];
    RIGHT (gather_rows, plan, &dense);
}

/* Reads like a vector load of the last columns that is masked only afterwards, by a product. */
static void
reads_past_the_row (M2fPlan *plan, const M2fLayerNorm *args)
{
    float beyond = m2f_row_f32 (&args->src, m2f_tensor_rows (&args->src) - 1)[args->src.ne[3]];

    RIGHT (layer_norm, plan, args);
    m2f_row_f32 (&args->dst, 0)[0] += 0 * beyond;
}

static void
writes_to_an_input (M2fPlan *plan, const M2fAttention *args)
{
    RIGHT (attention, plan, args);
    m2f_row_f32 (&args->k, 0)[0] *= 0.5f;
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

/* E[x^2] - E[x]^2: as good as any on random numbers around 0. */
static void
takes_squares_of_large_means (M2fPlan *plan, const M2fLayerNorm *args)
{
    int n = args->src.ne[3];
    g_autofree float *x = g_new (float, n);

    for (int64_t row = 0; row < m2f_tensor_rows (&args->src); row++) {
        float *dst = m2f_row_f32 (&args->dst, row), sum = 0, squares = 0;

        memcpy (x, m2f_row_f32 (&args->src, row), n * sizeof *x);
        for (int i = 0; i < n; i++) {
            sum += x[i];
            squares += x[i] * x[i];
        }
        float mean = sum / n, variance = squares / n - mean * mean;
        for (int i = 0; i < n; i++)
            dst[i] = (x[i] - mean) / sqrtf (variance + args->eps)
                * m2f_row_f32 (&args->weight, 0)[i] + m2f_row_f32 (&args->bias, 0)[i];
    }
}

/* Divides by the deviation without eps. */
static void
is_nan_on_constants (M2fPlan *plan, const M2fGroupNorm *args)
{
    M2fGroupNorm without = *args;

    without.eps = 0;
    RIGHT (group_norm, plan, &without);
}

static void
ignores_the_addend (M2fPlan *plan, const M2fLinear *args)
{
    M2fLinear without = *args;

    without.addend = (M2fTensor) { 0 };
    RIGHT (linear, plan, &without);
}

/* The tanh formula, 5e-4 off at worst. */
static void
approximates_gelu (M2fPlan *plan, const M2fLinear *args)
{
    M2fLinear plain = *args;

    if (args->activation == M2F_GELU)
        plain.activation = M2F_NO_ACTIVATION;
    if (args->activation == M2F_GELU && !m2f_tensor_present (&args->residual)) {
        RIGHT (linear, plan, &plain);
        for (int64_t row = 0; row < m2f_tensor_rows (&args->dst); row++)
            for (int i = 0; i < args->dst.ne[3]; i++) {
                float *x = &m2f_row_f32 (&args->dst, row)[i];
                *x = 0.5f * *x * (1 + tanhf (0.7978845608f * (*x + 0.044715f * *x * *x * *x)));
            }
    } else {
        RIGHT (linear, plan, args);
    }
}

/* Channels as strong as they are in all pictures together. */
static void
sums_up_all_pictures (M2fPlan *plan, const M2fResponseNorm *args)
{
    const int *ne = args->src.ne;
    M2fResponseNorm other = *args;

    other.src = m2f_tensor_reshape (args->src, 1, ne[0] * ne[1], ne[2], ne[3]);
    other.dst = m2f_tensor_reshape (args->dst, 1, ne[0] * ne[1], ne[2], ne[3]);
    RIGHT (response_norm, plan, &other);
}

/* All heads as long as the first one. */
static void
takes_the_first_length (M2fPlan *plan, const M2fHeadNorm *args)
{
    M2fHeadNorm other = *args;
    Copy copy;

    other.length = tampered (&args->length, &copy);
    for (size_t i = 1; i < (size_t) copy.count; i++)
        copy.rows[i] = copy.rows[0];
    RIGHT (head_norm, plan, &other);
    g_free (copy.rows);
}

static void
ignores_the_pad (M2fPlan *plan, const M2fWindowAttention *args)
{
    M2fWindowAttention without = *args;

    without.pad = (M2fTensor) { 0 };
    RIGHT (window_attention, plan, &without);
}

static void
does_not_shift (M2fPlan *plan, const M2fWindowAttention *args)
{
    M2fWindowAttention without = *args;

    without.shift = 0;
    RIGHT (window_attention, plan, &without);
}

/* A row with every key blocked has nothing to attend to: zeros instead of all keys. */
static void
blocks_whole_rows (M2fPlan *plan, const M2fAttention *args)
{
    RIGHT (attention, plan, args);
    if (!m2f_tensor_present (&args->mask))
        return;
    for (int64_t row = 0; row < m2f_tensor_rows (&args->mask); row++) {
        const float *mask = m2f_row_f32 (&args->mask, row);
        bool all = true;

        for (int i = 0; i < args->mask.ne[3]; i++)
            all &= mask[i] < 0;
        if (all)
            memset (m2f_row_f32 (&args->dst, row), 0, args->dst.ne[3] * sizeof (float));
    }
}

/* sigmoid (mask) <= 0.5 instead of < 0.5 */
static void
blocks_at_zero (M2fPlan *plan, const M2fAttention *args)
{
    M2fAttention other = *args;
    Copy copy = { 0 };

    if (m2f_tensor_present (&args->mask))
        other.mask = tampered (&args->mask, &copy);
    for (int64_t i = 0; i < copy.count; i++)
        copy.rows[i] = copy.rows[i] == 0 ? -1 : copy.rows[i];
    RIGHT (attention, plan, &other);
    g_free (copy.rows);
}

/* Keeps offsets within the width of the coarsest level. */
static void
clamps_offsets (M2fPlan *plan, const M2fDeformAttention *args)
{
    M2fDeformAttention other = *args;
    Copy copy;
    float limit = args->level[0].width;

    other.offsets = tampered (&args->offsets, &copy);
    for (int64_t i = 0; i < copy.count; i++)
        copy.rows[i] = CLAMP (copy.rows[i], -limit, limit);
    RIGHT (deform_attention, plan, &other);
    g_free (copy.rows);
}

/* Takes a batch for one tall map: the last row of one sees the first of the next. */
static void
runs_into_the_next_map (M2fPlan *plan, const M2fConv3x3 *args)
{
    M2fConv3x3 tall = *args;

    tall.dst.ne[1] *= tall.dst.ne[0];
    tall.src.ne[1] *= tall.src.ne[0];
    tall.dst.ne[0] = tall.src.ne[0] = 1;
    RIGHT (conv3x3, plan, &tall);
}

/* Leaves out what is more than a pixel from the centre. */
static void
stops_at_three_times_three (M2fPlan *plan, const M2fConv2d *args)
{
    M2fConv2d other = *args;
    const int kernel = args->weight.ne[3];
    Copy copy;

    other.weight = tampered (&args->weight, &copy);
    for (int64_t i = 0; i < copy.count; i++)
        if (ABS (i % kernel - kernel / 2) > 1 || ABS (i / kernel % kernel - kernel / 2) > 1)
            copy.rows[i] = 0;
    RIGHT (conv2d, plan, &other);
    g_free (copy.rows);
}

/* Every channel with the weights of its left neighbour. */
static void
takes_the_next_filter (M2fPlan *plan, const M2fDepthwiseConv *args)
{
    M2fDepthwiseConv other = *args;
    const int taps = args->weight.ne[2] * args->weight.ne[3];
    Copy copy;

    other.weight = tampered (&args->weight, &copy);
    memmove (copy.rows + taps, copy.rows, sizeof (float) * (copy.count - taps));
    RIGHT (depthwise_conv, plan, &other);
    g_free (copy.rows);
}

/* The two halves as if nothing were beyond them. */
static void
forgets_the_rows_around_a_strip (M2fPlan *plan, const M2fInvertedResidual *args)
{
    const int height = args->dst.ne[1];

    if (height < 2 || args->dst.ne[0] > 1 || m2f_tensor_present (&args->residual)) {
        RIGHT (inverted_residual, plan, args);
        return;
    }
    for (int half = 0; half < 2; half++) {
        M2fInvertedResidual part = *args;
        const int from = half * (height / 2), to = half ? height : height / 2;

        part.dst.ne[1] = to - from;
        part.dst.offset += sizeof (float) * (size_t) (from * args->dst.ne[2] * args->dst.stride);
        part.src.ne[1] = MIN (to * args->stride, args->src.ne[1]) - from * args->stride;
        part.src.offset += sizeof (float)
            * (size_t) (from * args->stride * args->src.ne[2] * args->src.stride);
        RIGHT (inverted_residual, plan, &part);
    }
}

/* Zeros beyond the edge, where nothing is. */
static void
pads_with_zeros (M2fPlan *plan, const M2fMaxPool *args)
{
    float *corner = m2f_row_f32 (&args->dst, 0);

    RIGHT (max_pool, plan, args);
    for (int c = 0; c < args->dst.ne[3]; c++)
        corner[c] = MAX (corner[c], 0);
}

/* Every row with the first row of the addend. */
static void
repeats_the_first_addend (M2fPlan *plan, const M2fPointwise *args)
{
    M2fPointwise other = *args;

    if (m2f_tensor_present (&args->addend))
        other.addend = m2f_tensor_tokens (args->addend, 0, 1);
    RIGHT (pointwise, plan, &other);
}

/* ---- pixels and decisions -------------------------------------------------------------------- */

/* Repeats the edge where zeros belong. */
static void
pads_with_the_edge (M2fPlan *plan, const M2fPatchGather *args)
{
    const M2fTensor *dst = &args->dst, *src = &args->src;

    RIGHT (patch_gather, plan, args);
    if (src->ne[2] % args->patch.width)
        m2f_row_f32 (dst, m2f_tensor_rows (dst) - 1)[dst->ne[3] - 1]
            = m2f_row_f32 (src, m2f_tensor_rows (src) - 1)[src->ne[3] - 1];
}

static void
swap_blocks (float *row, int c)
{
    for (int i = 0; i < c; i++) {
        float swapped = row[c + i];
        row[c + i] = row[2 * c + i];
        row[2 * c + i] = swapped;
    }
}

/* (0,0) (0,1) (1,0) (1,1): row by row, where Swin goes column by column. */
static void
merges_row_by_row (M2fPlan *plan, const M2fPatchMerge *args)
{
    M2fPatchMerge other = *args;
    Copy weight, bias;

    other.weight = tampered (&args->weight, &weight);
    other.bias = tampered (&args->bias, &bias);
    swap_blocks (weight.rows, args->src.ne[3]);
    swap_blocks (bias.rows, args->src.ne[3]);
    RIGHT (patch_merge, plan, &other);
    for (int64_t row = 0; row < m2f_tensor_rows (&args->dst); row++)
        swap_blocks (m2f_row_f32 (&args->dst, row), args->src.ne[3]);
    g_free (weight.rows);
    g_free (bias.rows);
}

/* Output pixel x reads at x * scale: corners at corners, as align_corners=True nearly has it. */
static void
forgets_the_half_pixel (M2fPlan *plan, const M2fResize *args)
{
    const M2fTensor *dst = &args->dst, *src = &args->src;

    RIGHT (resize, plan, args);
    if (m2f_tensor_present (&args->addend))
        return;
    for (int64_t row = 0; row < m2f_tensor_rows (dst); row++) {
        int w = dst->ne[2], h = dst->ne[1], b = (int) (row / w / h);
        int y = (int) (row / w % h) * src->ne[1] / h, x = (int) (row % w) * src->ne[2] / w;
        int64_t nearest = ((int64_t) b * src->ne[1] + y) * src->ne[2] + x;

        if ((row / w % h) * src->ne[1] % h == 0 && (row % w) * src->ne[2] % w == 0)
            memcpy (m2f_row_f32 (dst, row), m2f_row_f32 (src, nearest),
                dst->ne[3] * sizeof (float)); /* falls on a source pixel */
    }
}

/* A step off in one of 300: ties rounded the other way. */
static void
rounds_the_other_way (M2fPlan *plan, const M2fPreprocess *args)
{
    RIGHT (preprocess, plan, args);
    for (int64_t i = 0; i < m2f_tensor_rows (&args->dst); i += 100)
        m2f_row_f32 (&args->dst, i)[0] += args->scale[0];
}

static bool
equal_channels (const M2fTensor *logits, int a, int b)
{
    for (int64_t i = 0; i < m2f_tensor_rows (logits); i++)
        if (m2f_row_f32 (logits, i)[a] != m2f_row_f32 (logits, i)[b])
            return false;
    return true;
}

/* The last among equals wins; map and counts agree about it. */
static void
prefers_the_last (M2fPlan *plan, const M2fMaskArgmax *args)
{
    int K = args->logits.ne[3];

    RIGHT (mask_argmax, plan, args);
    if (args->winner.type != M2F_U8)
        return;
    for (int k = 0; k + 1 < K; k++) {
        int32_t *counts = m2f_tensor_host (&args->counts);
        const float *score = m2f_row_f32 (&args->score, 0);

        if (score[k] != score[k + 1] || !equal_channels (&args->logits, k, k + 1))
            continue;
        for (int64_t i = 0; i < m2f_tensor_rows (&args->winner) * args->winner.ne[3]; i++) {
            uint8_t *winner = (uint8_t *) m2f_tensor_host (&args->winner) + i;
            *winner += *winner == k;
        }
        for (int row = 0; row < 3; row += 2) {
            int32_t *count = counts + (size_t) row * args->counts.stride + k;
            count[1] += count[0];
            count[0] = 0;
        }
    }
}

/* Keeps the score of a query that is not kept. */
static void
leaves_a_score_behind (M2fPlan *plan, const M2fKeepQueries *args)
{
    const int last = args->score.ne[3] - 1;

    RIGHT (keep_queries, plan, args);
    if (m2f_row_f32 (&args->score, 0)[last] < 0)
        m2f_row_f32 (&args->score, 0)[last] = 0.5f;
}

/* Leaves the class "no object" out of the sum. */
static void
forgets_no_object (M2fPlan *plan, const M2fClassScores *args)
{
    RIGHT (class_scores, plan, args);
    for (int q = 0; q < args->dst.ne[3]; q++) {
        double sum = 0;

        for (int c = 0; c < args->dst.ne[2]; c++)
            sum += m2f_row_f32 (&args->dst, c)[q];
        for (int c = 0; c < args->dst.ne[2]; c++)
            m2f_row_f32 (&args->dst, c)[q] /= (float) sum;
    }
}

/* A pixel counted twice, where two tiles meet. */
static void
counts_a_pixel_twice (M2fPlan *plan, const M2fMaskArgmax *args)
{
    RIGHT (mask_argmax, plan, args);
    ((int32_t *) m2f_tensor_host (&args->counts))[args->counts.stride]++;
}

/* Takes the last one of classes whose sums are equal. */
static void
prefers_the_last_class (M2fPlan *plan, const M2fClassArgmax *args)
{
    int64_t pixels = m2f_tensor_rows (&args->winner) * args->winner.ne[3];
    uint8_t *winner = m2f_tensor_host (&args->winner);

    RIGHT (class_argmax, plan, args);
    if (args->winner.type != M2F_U8)
        return;
    for (int c = 0; c + 1 < args->mix.ne[2]; c++)
        if (!memcmp (m2f_row_f32 (&args->mix, c), m2f_row_f32 (&args->mix, c + 1),
                args->mix.ne[3] * sizeof (float)))
            for (int64_t i = 0; i < pixels; i++)
                winner[i] += winner[i] == c;
}

/* Adds to what the last run left. */
static void
does_not_clear (M2fPlan *plan, const M2fMaskScore *args)
{
    float before = m2f_row_f32 (&args->sums, 1)[0];

    RIGHT (mask_score, plan, args);
    if (isfinite (before))
        m2f_row_f32 (&args->sums, 1)[0] += before;
}

/* logit >= 0 instead of > 0 */
static void
paints_at_zero (M2fPlan *plan, const M2fMaskPaint *args)
{
    M2fMaskPaint other = *args;
    Copy copy;

    other.logits = tampered (&args->logits, &copy);
    for (int64_t i = 0; i < copy.count; i++)
        copy.rows[i] = copy.rows[i] == 0 ? 1e-30f : copy.rows[i];
    RIGHT (mask_paint, plan, &other);
    g_free (copy.rows);
}

/* ---- roundings, which are no breakages ----------------------------------------------------- */

/* Changes logits as much as float32 positions may, but not whole numbers. */
static M2fTensor
rounded (const M2fTensor *logits, Copy *copy)
{
    M2fTensor view = tampered (logits, copy);
    double squares = 0;

    for (int64_t i = 0; i < copy->count; i++)
        squares += (double) copy->rows[i] * copy->rows[i];
    for (int64_t i = 0; i < copy->count; i++)
        if (copy->rows[i] != rintf (copy->rows[i]))
            copy->rows[i] += (float) ((i % 2 ? 1e-5 : -1e-5) * sqrt (squares / copy->count));
    return view;
}

static void
rounds_masks (M2fPlan *plan, const M2fMaskArgmax *args)
{
    M2fMaskArgmax other = *args;
    Copy copy;

    other.logits = rounded (&args->logits, &copy);
    RIGHT (mask_argmax, plan, &other);
    g_free (copy.rows);
}

static void
rounds_classes (M2fPlan *plan, const M2fClassArgmax *args)
{
    M2fClassArgmax other = *args;
    Copy copy;

    other.logits = rounded (&args->logits, &copy);
    RIGHT (class_argmax, plan, &other);
    g_free (copy.rows);
}

static void
rounds_scores (M2fPlan *plan, const M2fMaskScore *args)
{
    M2fMaskScore other = *args;
    Copy copy;

    other.logits = rounded (&args->logits, &copy);
    RIGHT (mask_score, plan, &other);
    g_free (copy.rows);
}

static void
rounds_paint (M2fPlan *plan, const M2fMaskPaint *args)
{
    M2fMaskPaint other = *args;
    Copy copy;

    other.logits = rounded (&args->logits, &copy);
    RIGHT (mask_paint, plan, &other);
    g_free (copy.rows);
}

/* ---- bf16 ------------------------------------------------------------------------------------ */

/* Keeps the upper half of a result instead of rounding it. */
static void
truncates (M2fPlan *plan, const M2fLinear *args)
{
    const M2fTensor *dst = &args->dst;
    M2fLinear wide = *args;
    g_autofree uint32_t *rows = g_new (uint32_t, m2f_tensor_rows (dst) * dst->ne[3]);
    M2fBuffer buffer = { .host = rows };

    if (dst->type == M2F_BF16)
        wide.dst = (M2fTensor) { .buffer = &buffer, .stride = dst->ne[3], .ne = { dst->ne[0],
            dst->ne[1], dst->ne[2], dst->ne[3] } };
    RIGHT (linear, plan, &wide);
    for (int64_t row = 0; row < m2f_tensor_rows (dst) && dst->type == M2F_BF16; row++)
        for (int i = 0; i < dst->ne[3]; i++)
            m2f_row_bf16 (dst, row)[i] = rows[row * dst->ne[3] + i] >> 16;
}

/* ---- the breakages --------------------------------------------------------------------------- */

#define BREAKAGE(op, slot, reason) { CHECK_OP_##op, { .op = slot }, #slot, reason }

const CheckBreakage check_breakages[] = {
    BREAKAGE (linear, writes_past_the_end, "after the last row"),
    BREAKAGE (linear, forgets_the_last_element, "is nan"),
    BREAKAGE (linear, takes_rows_for_dense, "between rows"),
    BREAKAGE (linear, ignores_the_addend, "of the largest"),
    BREAKAGE (linear, approximates_gelu, "of the largest"),
    BREAKAGE (matmul, takes_products_for_dense, "between rows"),
    BREAKAGE (layer_norm, reads_past_the_row, "is nan"),
    BREAKAGE (layer_norm, takes_squares_of_large_means, "dst["),
    BREAKAGE (group_norm, writes_before_the_start, "before the first row"),
    BREAKAGE (group_norm, is_nan_on_constants, "nan, expected"),
    BREAKAGE (response_norm, sums_up_all_pictures, "of the largest"),
    BREAKAGE (head_norm, takes_the_first_length, "of the largest"),
    BREAKAGE (window_attention, ignores_the_pad, "of the largest"),
    BREAKAGE (window_attention, does_not_shift, "of the largest"),
    BREAKAGE (deform_attention, clamps_offsets, "of the largest"),
    BREAKAGE (attention, writes_to_an_input, "k: wrote to an input"),
    BREAKAGE (attention, blocks_whole_rows, "of the largest"),
    BREAKAGE (attention, blocks_at_zero, "of the largest"),
    BREAKAGE (conv3x3, runs_into_the_next_map, "of the largest"),
    BREAKAGE (conv2d, stops_at_three_times_three, "of the largest"),
    BREAKAGE (depthwise_conv, takes_the_next_filter, "of the largest"),
    BREAKAGE (inverted_residual, forgets_the_rows_around_a_strip, "of the largest"),
    BREAKAGE (max_pool, pads_with_zeros, "dst["),
    BREAKAGE (pointwise, repeats_the_first_addend, "of the largest"),
    BREAKAGE (resize, forgets_the_half_pixel, "of the largest"),
    BREAKAGE (patch_gather, pads_with_the_edge, "dst["),
    BREAKAGE (patch_merge, merges_row_by_row, "of the largest"),
    BREAKAGE (gather_rows, takes_source_rows_for_dense, "dst["),
    BREAKAGE (preprocess, rounds_the_other_way, "a step off"),
    BREAKAGE (class_scores, forgets_no_object, "of the largest"),
    BREAKAGE (keep_queries, leaves_a_score_behind, "of the largest"),
    BREAKAGE (mask_argmax, prefers_the_last, "winner of pixel"),
    BREAKAGE (mask_argmax, counts_a_pixel_twice, "counts["),
    BREAKAGE (class_argmax, prefers_the_last_class, "winner of pixel"),
    BREAKAGE (mask_score, does_not_clear, "sums[1]"),
    BREAKAGE (mask_paint, paints_at_zero, "winner of pixel"),

    { CHECK_OP_linear, { .linear = truncates, .narrow = M2F_BF16 }, "truncates", "NMSE" },

    BREAKAGE (mask_argmax, rounds_masks, NULL),
    BREAKAGE (class_argmax, rounds_classes, NULL),
    BREAKAGE (mask_score, rounds_scores, NULL),
    BREAKAGE (mask_paint, rounds_paint, NULL),
};

const int n_check_breakages = G_N_ELEMENTS (check_breakages);
