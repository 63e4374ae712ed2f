/* The work of an op, computed from its arguments: one function per op.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/work.h"

#define NORM_FLOPS 8   /* a value: 1 for the mean, 3 for the variance, 4 for scale and shift */
#define FUNCTION_FLOPS 10 /* a value: about that of an exponential */
#define SAMPLE_FLOPS 6 /* a bilinear value: two lerps along x, one along y */
#define COLOUR_FLOPS 18 /* a pixel from YUV to RGB: a 3x3 product and an offset */

static double
elements (const M2fTensor *t)
{
    return m2f_tensor_present (t) ? (double) m2f_tensor_rows (t) * t->ne[3] : 0;
}

static double
bytes (const M2fTensor *t)
{
    return elements (t) * (double) m2f_type_size (t->type);
}

static M2fWork work (const M2fTensor *result, M2fType type, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* The result's bytes, and what is yet to be filled in. */
static M2fWork
work (const M2fTensor *result, M2fType type, const char *format, ...)
{
    M2fWork w = { .name = result->name, .type = type, .bytes = bytes (result) };
    va_list args;

    va_start (args, format);
    g_vsnprintf (w.shape, sizeof w.shape, format, args);
    va_end (args);
    return w;
}

/* Rows x columns x channels of a map, batches as further rows. */
static M2fWork
map_work (const M2fTensor *result)
{
    const int *ne = result->ne;

    return work (result, M2F_F32, "%dx%dx%d", ne[0] * ne[1], ne[2], ne[3]);
}

/* ---- products ------------------------------------------------------------------------------- */

/* 2 M N K; the epilogue is not counted. */
M2fWork
m2f_work_linear (const M2fLinear *args)
{
    const int m = (int) m2f_tensor_rows (&args->dst), n = args->dst.ne[3], k = args->src.ne[3];
    M2fWork w = work (&args->dst, args->weight.type, "%dx%dx%d %s", m, n, k,
        m2f_type_name (args->weight.type));

    w.flops = 2.0 * m * n * k;
    w.bytes += bytes (&args->src) + bytes (&args->weight) + bytes (&args->bias)
        + bytes (&args->addend) + bytes (&args->residual);
    return w;
}

/* 2 B M N K */
M2fWork
m2f_work_matmul (const M2fMatmul *args)
{
    const int *ne = args->dst.ne, k = args->a.ne[3];
    M2fWork w = work (&args->dst, M2F_F32, "%dx%dx%d %s", ne[0] * ne[2], ne[3], k,
        m2f_type_name (args->a.type));

    w.flops = 2.0 * ne[0] * ne[2] * ne[3] * k;
    w.bytes += bytes (&args->a) + bytes (&args->b) + bytes (&args->row_bias)
        + bytes (&args->column_bias);
    return w;
}

/* 2 x 9 N C a pixel */
M2fWork
m2f_work_conv3x3 (const M2fConv3x3 *args)
{
    const int *ne = args->dst.ne, c = args->src.ne[3];
    M2fWork w = work (&args->dst, args->weight.type, "%dx%d %dx%d %s", ne[0] * ne[1], ne[2], ne[3],
        c, m2f_type_name (args->weight.type));

    w.flops = 18.0 * c * elements (&args->dst);
    w.bytes += bytes (&args->src) + bytes (&args->weight) + bytes (&args->bias);
    return w;
}

/* 2 x kernel^2 C / groups a result */
M2fWork
m2f_work_conv2d (const M2fConv2d *args)
{
    const int *ne = args->dst.ne, c = args->weight.ne[1], kernel = args->weight.ne[3];
    M2fWork w = work (&args->dst, args->weight.type, "%dx%d %dx%d k%d s%d %s", ne[0] * ne[1],
        ne[2], ne[3], c, kernel, args->stride, m2f_type_name (args->weight.type));

    w.flops = 2.0 * kernel * kernel * c * elements (&args->dst);
    w.bytes += bytes (&args->src) + bytes (&args->weight) + bytes (&args->bias)
        + bytes (&args->addend);
    return w;
}

/* 2 x kernel^2 a result */
M2fWork
m2f_work_depthwise_conv (const M2fDepthwiseConv *args)
{
    const int *ne = args->dst.ne, kernel = args->weight.ne[3];
    M2fWork w = work (&args->dst, M2F_F32, "%dx%dx%d k%d s%d", ne[0] * ne[1], ne[2], ne[3], kernel,
        args->stride);

    w.flops = 2.0 * kernel * kernel * elements (&args->dst);
    w.bytes += bytes (&args->src) + bytes (&args->weight) + bytes (&args->bias);
    return w;
}

/* 2 K (C a pixel, then kernel^2 and N a result) */
M2fWork
m2f_work_inverted_residual (const M2fInvertedResidual *args)
{
    const int *ne = args->dst.ne, c = args->src.ne[3], k = args->project.ne[3];
    const int kernel = args->depthwise.ne[3];
    const double pixels = (double) m2f_tensor_rows (&args->src);
    const double results = (double) m2f_tensor_rows (&args->dst);
    M2fWork w = work (&args->dst, args->project.type, "%dx%d %d-%d-%d k%d s%d %s", ne[0] * ne[1],
        ne[2], c, k, ne[3], kernel, args->stride, m2f_type_name (args->project.type));

    w.flops = 2.0 * k * (results * (kernel * kernel + ne[3])
        + (m2f_tensor_present (&args->expand) ? pixels * c : 0));
    w.bytes += bytes (&args->src) + bytes (&args->expand) + bytes (&args->expand_bias)
        + bytes (&args->depthwise) + bytes (&args->depthwise_bias) + bytes (&args->project)
        + bytes (&args->project_bias) + bytes (&args->residual);
    return w;
}

/* 9 a result */
M2fWork
m2f_work_max_pool (const M2fMaxPool *args)
{
    const int *ne = args->dst.ne;
    M2fWork w = work (&args->dst, M2F_F32, "%dx%dx%d", ne[0] * ne[1], ne[2], ne[3]);

    w.flops = 9 * elements (&args->dst);
    w.bytes += bytes (&args->src);
    return w;
}

/* ---- norms ---------------------------------------------------------------------------------- */

M2fWork
m2f_work_layer_norm (const M2fLayerNorm *args)
{
    M2fWork w = work (&args->dst, M2F_F32, "%" G_GINT64_FORMAT "x%d", m2f_tensor_rows (&args->dst),
        args->dst.ne[3]);

    w.flops = NORM_FLOPS * elements (&args->dst);
    w.bytes += bytes (&args->src) + bytes (&args->weight) + bytes (&args->bias)
        + bytes (&args->bf16_copy);
    return w;
}

M2fWork
m2f_work_group_norm (const M2fGroupNorm *args)
{
    M2fWork w = map_work (&args->dst);

    w.flops = NORM_FLOPS * elements (&args->dst);
    w.bytes += bytes (&args->src) + bytes (&args->weight) + bytes (&args->bias)
        + bytes (&args->bf16_copy);
    return w;
}

M2fWork
m2f_work_response_norm (const M2fResponseNorm *args)
{
    M2fWork w = map_work (&args->dst);

    w.flops = 4 * elements (&args->dst); /* a square and its sum, scale and shift */
    w.bytes += bytes (&args->src) + bytes (&args->weight) + bytes (&args->bias);
    return w;
}

M2fWork
m2f_work_head_norm (const M2fHeadNorm *args)
{
    M2fWork w = map_work (&args->dst);

    w.flops = 3 * elements (&args->dst); /* a square and its sum, a product */
    w.bytes += bytes (&args->src) + bytes (&args->length);
    return w;
}

/* ---- attention ------------------------------------------------------------------------------ */

static int
round_up (int n, int to)
{
    return (n + to - 1) / to * to;
}

/* A padded token meets the window^2 keys and values of its window: 4 C operations each. */
M2fWork
m2f_work_window_attention (const M2fWindowAttention *args)
{
    const int *ne = args->dst.ne, window = args->window;
    const double tokens
        = (double) ne[0] * round_up (ne[1], window) * round_up (ne[2], window);
    M2fWork w = work (&args->dst, M2F_F32, "%dx%dx%d w%d%s", ne[0] * ne[1], ne[2], ne[3], window,
        args->shift > 0 ? " shifted" : "");

    w.flops = tokens * window * window * 4 * ne[3];
    w.bytes += bytes (&args->qkv) + bytes (&args->pad) + bytes (&args->bias);
    return w;
}

/* Every channel of a sample is the sum of four corners, each multiplied by a weight. */
M2fWork
m2f_work_deform_attention (const M2fDeformAttention *args)
{
    const int *ne = args->dst.ne;
    M2fWork w = work (&args->dst, M2F_F32, "%dx%d %d levels", ne[0] * ne[2], ne[3], args->levels);

    w.flops = 8.0 * args->levels * args->points * elements (&args->dst);
    w.bytes += bytes (&args->value) + bytes (&args->offsets) + bytes (&args->weights);
    return w;
}

/* A query meets every key and value: 4 C operations each, blocked ones too. */
M2fWork
m2f_work_attention (const M2fAttention *args)
{
    const int *ne = args->dst.ne, keys = args->k.ne[2];
    M2fWork w = work (&args->dst, M2F_F32, "%dx%dx%d%s", ne[0] * ne[2], keys, ne[3],
        m2f_tensor_present (&args->mask) ? " masked" : "");

    w.flops = 4.0 * keys * elements (&args->dst);
    w.bytes += bytes (&args->q) + bytes (&args->k) + bytes (&args->v) + bytes (&args->mask);
    return w;
}

/* ---- functions of one number ---------------------------------------------------------------- */

M2fWork
m2f_work_pointwise (const M2fPointwise *args)
{
    M2fWork w = map_work (&args->dst);

    w.flops = FUNCTION_FLOPS * elements (&args->dst);
    w.bytes += bytes (&args->src) + bytes (&args->addend) + bytes (&args->factor);
    return w;
}

/* ---- moving pixels -------------------------------------------------------------------------- */

M2fWork
m2f_work_resize (const M2fResize *args)
{
    M2fWork w = map_work (&args->dst);

    w.flops = SAMPLE_FLOPS * elements (&args->dst) + elements (&args->addend);
    w.bytes += bytes (&args->src) + bytes (&args->addend);
    return w;
}

M2fWork
m2f_work_patch_gather (const M2fPatchGather *args)
{
    M2fWork w = map_work (&args->dst);

    w.bytes += bytes (&args->src);
    return w;
}

M2fWork
m2f_work_patch_merge (const M2fPatchMerge *args)
{
    M2fWork w = map_work (&args->dst);

    w.flops = NORM_FLOPS * elements (&args->dst);
    w.bytes += bytes (&args->src) + bytes (&args->weight) + bytes (&args->bias);
    return w;
}

/* Reads the rows it takes, not all there are. */
M2fWork
m2f_work_gather_rows (const M2fGatherRows *args)
{
    M2fWork w = work (&args->dst, M2F_F32, "%dx%d", args->dst.ne[2], args->dst.ne[3]);

    w.bytes += bytes (&args->dst) + bytes (&args->index);
    return w;
}

/* ---- pictures in ---------------------------------------------------------------------------- */

/* Every source pixel to RGB, the filter along the rows of all source lines and along the columns
 * of the result, 3 channels each, scale and offset. */
M2fWork
m2f_work_preprocess (const M2fPreprocess *args)
{
    static const char *const yuv[2][2] = { { "yuv444", "yuv440" }, { "yuv422", "yuv420" } };
    const M2fPixels *pixels = &args->pixels;
    const int h = args->dst.ne[1], w = args->dst.ne[2];
    const double source = (double) args->height * args->width;
    M2fWork work_ = work (&args->dst, M2F_F32, "%s %dx%d to %dx%d",
        pixels->is_yuv ? yuv[pixels->x_shift][pixels->y_shift] : "rgb", args->height, args->width,
        h, w);

    work_.flops = (pixels->is_yuv ? COLOUR_FLOPS * source : 0)
        + 6.0 * args->x_weight.ne[3] * args->height * w + 6.0 * args->y_weight.ne[3] * h * w
        + 6.0 * h * w;
    for (int i = 0; i < 3; i++)
        work_.bytes += bytes (&args->plane[i]);
    work_.bytes += bytes (&args->x_first) + bytes (&args->x_weight) + bytes (&args->y_first)
        + bytes (&args->y_weight);
    return work_;
}

/* ---- masks out ------------------------------------------------------------------------------ */

/* K channels of h x w logits to the map of `winner`. */
static M2fWork
mask_work (const M2fTensor *result, const M2fTensor *logits, int height, int width)
{
    M2fWork w = work (result, M2F_F32, "%dx%dx%d to %dx%d", logits->ne[1], logits->ne[2],
        logits->ne[3], height, width);

    w.bytes += bytes (logits);
    return w;
}

/* A comparison and an exponential for every logit. */
M2fWork
m2f_work_keep_queries (const M2fKeepQueries *args)
{
    const M2fTensor *logits = &args->logits;
    M2fWork w = work (&args->score, M2F_F32, "%d queries of %d classes", logits->ne[2],
        logits->ne[3]);

    w.flops = 2.0 * logits->ne[2] * logits->ne[3];
    w.bytes += bytes (logits) + bytes (&args->kept);
    return w;
}

/* A comparison, two exponentials and a division for every logit. */
M2fWork
m2f_work_class_scores (const M2fClassScores *args)
{
    const M2fTensor *logits = &args->logits;
    M2fWork w = work (&args->dst, M2F_F32, "%d queries of %d classes", logits->ne[2],
        logits->ne[3]);

    w.flops = 4.0 * logits->ne[2] * logits->ne[3];
    w.bytes += bytes (logits);
    return w;
}

/* A sample, a product and a comparison for every channel of every pixel, and a sample for every one
 * of `mid`. */
M2fWork
m2f_work_mask_argmax (const M2fMaskArgmax *args)
{
    const int *ne = args->winner.ne, channels = args->logits.ne[3];
    M2fWork w = mask_work (&args->winner, &args->logits, ne[2], ne[3]);

    w.flops = (SAMPLE_FLOPS + 2.0) * ne[2] * ne[3] * channels
        + (double) SAMPLE_FLOPS * args->mid_height * args->mid_width * channels;
    w.bytes += bytes (&args->counts) + bytes (&args->score);
    return w;
}

/* A sample of every channel and its products with the mix, at the size of `mid` if there is one;
 * then a sample and a comparison for every class of every pixel. */
M2fWork
m2f_work_class_argmax (const M2fClassArgmax *args)
{
    const int *ne = args->winner.ne, channels = args->logits.ne[3], classes = args->mix.ne[2];
    const double pixels = (double) ne[2] * ne[3];
    const double mid = (double) args->mid_height * args->mid_width;
    M2fWork w = mask_work (&args->winner, &args->logits, ne[2], ne[3]);

    w.flops = (mid > 0 ? mid : pixels) * channels * (SAMPLE_FLOPS + 2.0 * classes)
        + pixels * classes * (mid > 0 ? SAMPLE_FLOPS + 1 : 1);
    w.bytes += bytes (&args->mix);
    return w;
}

/* A sample and two additions for every channel of every pixel. */
M2fWork
m2f_work_mask_score (const M2fMaskScore *args)
{
    M2fWork w = mask_work (&args->sums, &args->logits, args->height, args->width);

    w.flops = (SAMPLE_FLOPS + 2.0) * args->height * args->width * args->logits.ne[3];
    return w;
}

/* A sample and a comparison for every channel of every pixel, of `mid` if there is one. */
M2fWork
m2f_work_mask_paint (const M2fMaskPaint *args)
{
    const int *ne = args->winner.ne;
    const double mid = (double) args->mid_height * args->mid_width;
    M2fWork w = mask_work (&args->winner, &args->logits, ne[2], ne[3]);

    w.flops = (SAMPLE_FLOPS + 1.0) * (mid > 0 ? mid : (double) ne[2] * ne[3]) * args->logits.ne[3];
    w.bytes += bytes (&args->counts);
    return w;
}
