/* The ops: one args struct each, called like keyword arguments.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *     m2f_layer_norm (plan, .dst = y, .src = x, .weight = w, .bias = b, .eps = 1e-5f);
 *
 * Operands are float32 unless said otherwise ("or bf16": either, by the tensor's type); a field
 * that is not set is an absent optional operand or a zero.  The wrapper checks shapes, types and
 * aliasing and then calls the backend; a plan that has failed ignores further ops, so that callers
 * check once, at the end.  Operands may not overlap dst except where "in place" is said.
 */
#ifndef M2F_OPS_H
#define M2F_OPS_H

#include "model/compute/activation.h"
#include "model/compute/compute.h"

G_BEGIN_DECLS

/* dst = activation (src . weight^T + bias + addend) + residual. */
typedef struct M2fLinear {
    M2fTensor dst;      /* rows of N, or bf16 */
    M2fTensor src;      /* as many rows, of K, or bf16 */
    M2fTensor weight;   /* (1, 1, N, K), M2F_LINEAR_WEIGHT */
    M2fTensor bias;     /* optional (N) */
    M2fTensor addend;   /* optional, R rows of N, R divides the rows of dst: row i gets row i % R */
    M2fTensor residual; /* optional, shaped like dst; in place allowed */
    M2fActivation activation;
} M2fLinear;

/* dst = a . b^T + row_bias + column_bias, for every element of the batch. */
typedef struct M2fMatmul {
    M2fTensor dst;         /* (B, 1, M, N) */
    M2fTensor a;           /* (B, 1, M, K) */
    M2fTensor b;           /* (B, 1, N, K) */
    M2fTensor row_bias;    /* optional (B, 1, 1, M) */
    M2fTensor column_bias; /* optional (B, 1, 1, N) */
} M2fMatmul;

/* dst = (src - mean) / sqrt (variance + eps) * weight + bias over each row of C; in place
 * allowed. */
typedef struct M2fLayerNorm {
    M2fTensor dst, src;     /* dst or bf16 */
    M2fTensor bf16_copy;      /* optional, shaped like a float32 dst: the same in bf16 */
    M2fTensor weight, bias; /* (C) */
    float eps;
} M2fLayerNorm;

/* Normalises as M2fLayerNorm does, over all pixels and C / groups neighbouring channels of each
 * element of the batch, then ReLU if asked for; in place allowed. */
typedef struct M2fGroupNorm {
    M2fTensor dst, src;     /* (B, H, W, C) */
    M2fTensor bf16_copy;      /* optional, shaped like dst: the same in bf16 */
    M2fTensor weight, bias; /* (C) */
    int groups;
    float eps;
    bool relu;
} M2fGroupNorm;

/* Scales the channels of each picture by how strong they are in it (global response
 * normalisation): dst = src + weight x src x length / (mean of the lengths of all channels + eps) +
 * bias, where a channel's length is the root of the sum of its squares over the picture; in place
 * allowed. */
typedef struct M2fResponseNorm {
    M2fTensor dst;          /* (B, H, W, C), or bf16 */
    M2fTensor src;          /* (B, H, W, C) */
    M2fTensor weight, bias; /* (C) */
    float eps;
} M2fResponseNorm;

#define M2F_HEAD_NORM_LEAST 1e-12f

/* Scales the channels of each head of a row to a length: dst = src / max (|src|,
 * M2F_HEAD_NORM_LEAST) x length (torch.nn.functional.normalize); in place allowed. */
typedef struct M2fHeadNorm {
    M2fTensor dst;    /* rows of C */
    M2fTensor src;    /* shaped like dst */
    M2fTensor length; /* (heads), a divisor of C */
} M2fHeadNorm;

/* Swin's (shifted-)window multi-head self-attention between the qkv and the output projection:
 * pad right and bottom to multiples of the window, roll by -shift, partition, attend with
 * relative position bias and, if shifted, minus a penalty between regions, and back.  A pad token's
 * projection is `pad`.  Scores are scaled by (C / heads)^-0.5. */
typedef struct M2fWindowAttention {
    M2fTensor dst;  /* (B, H, W, C), or bf16 */
    M2fTensor qkv;  /* (B, H, W, 3 C): q, k, v, or bf16 */
    M2fTensor pad;  /* optional (3 C), zeros if absent */
    M2fTensor bias; /* (1, 1, (2 window - 1)^2, heads), M2F_WINDOW_BIAS */
    int heads, window, shift;
    float region_penalty; /* 0 means 100 */
} M2fWindowAttention;

/* The penalty that an op's arguments ask for. */
static inline float
m2f_region_penalty (const M2fWindowAttention *args)
{
    return args->region_penalty > 0 ? args->region_penalty : 100;
}

#define M2F_MAX_LEVELS 4

typedef struct M2fLevel {
    int height, width;
} M2fLevel;

/* Multi-scale deformable self-attention between its projections: softmax of the weights over
 * levels x points, bilinear samples with zeros outside (align_corners false), weighted sum.  The
 * tokens are the pixels of the levels in order; a token's reference point is its own pixel's
 * centre in every level; an offset is in pixels of the level it samples.  A sample at a position
 * that is not finite is NaN, as in torch. */
typedef struct M2fDeformAttention {
    M2fTensor dst;     /* (B, 1, T, C), T = sum of height x width, or bf16 */
    M2fTensor value;   /* (B, 1, T, C), or bf16 */
    M2fTensor offsets; /* (B, 1, T, heads x levels x points x 2): x, y */
    M2fTensor weights; /* (B, 1, T, heads x levels x points): logits */
    M2fLevel level[M2F_MAX_LEVELS];
    int levels, heads, points;
} M2fDeformAttention;

/* Multi-head attention between its projections; scores scaled by (C / heads)^-0.5.  With `mask`,
 * a key is blocked for a query (for all heads) where mask < 0; a row with every key blocked
 * attends to all of them. */
typedef struct M2fAttention {
    M2fTensor dst;  /* (B, 1, Q, C), or bf16 */
    M2fTensor q;    /* (B, 1, Q, C), or bf16 */
    M2fTensor k, v; /* (B, 1, L, C), each or bf16 */
    M2fTensor mask; /* optional (B, 1, Q, L) */
    int heads;
} M2fAttention;

/* 3x3 convolution, stride 1, zero padding 1: the one that has fast algorithms of its own. */
typedef struct M2fConv3x3 {
    M2fTensor dst;    /* (B, H, W, N) */
    M2fTensor src;    /* (B, H, W, C) */
    M2fTensor weight; /* (N, C, 3, 3), M2F_CONV3X3_WEIGHT */
    M2fTensor bias;   /* optional (N) */
} M2fConv3x3;

/* A multiple of it is the number of filters of each of several groups. */
#define M2F_CONV_GROUP 64

/* dst = activation (convolution of src + bias + addend), padded with kernel / 2 zeros on every
 * side: output (y, x) is centred on pixel (y, x) x stride.  The channels of src and the filters
 * fall into as many groups of neighbours as src has channels per channel of the weight; the filters
 * of a group read the channels of that group only. */
typedef struct M2fConv2d {
    M2fTensor dst;    /* (B, ceil (H / stride), ceil (W / stride), N), or bf16 */
    M2fTensor src;    /* (B, H, W, C), or bf16 */
    M2fTensor weight; /* (N, C / groups, kernel, kernel), odd kernel, M2F_CONV2D_WEIGHT */
    M2fTensor bias;   /* optional (N) */
    M2fTensor addend; /* optional, shaped like dst */
    int stride;
    M2fActivation activation;
} M2fConv2d;

/* The greatest of 3x3 pixels, channel by channel, or of those inside the map at its edges; stride
 * 2 (torch.nn.functional.max_pool2d with padding 1).  NaN if one of them is. */
typedef struct M2fMaxPool {
    M2fTensor dst; /* (B, ceil (H / 2), ceil (W / 2), C) */
    M2fTensor src; /* (B, H, W, C) */
} M2fMaxPool;

/* Convolves every channel by itself; activation none, ReLU or ReLU6. */
typedef struct M2fDepthwiseConv {
    M2fTensor dst;    /* (B, ceil (H / stride), ceil (W / stride), C), or bf16 */
    M2fTensor src;    /* (B, H, W, C), or bf16 */
    M2fTensor weight; /* (C, 1, kernel, kernel), kernel 3, 5 or 7, M2F_DEPTHWISE_WEIGHT */
    M2fTensor bias;   /* optional (C) */
    int stride;       /* 1 or 2 */
    M2fActivation activation;
} M2fDepthwiseConv;

/* dst = activation (src + addend) x factor, element by element; in place allowed. */
typedef struct M2fPointwise {
    M2fTensor dst;    /* rows of C, or bf16 */
    M2fTensor src;    /* shaped like dst */
    M2fTensor addend; /* optional, R rows of C, R divides the rows of dst: row i gets row i % R */
    M2fTensor factor; /* optional, shaped like dst */
    M2fActivation activation;
    float alpha[M2F_MAX_ALPHA]; /* weights of M2F_PRELU and M2F_XIELU */
} M2fPointwise;

/* MobileNetV2's block: dst = project (depthwise (expand (src))) + residual, with the activation
 * (none, ReLU or ReLU6) behind the first two. */
typedef struct M2fInvertedResidual {
    M2fTensor dst;            /* (B, ceil (H / stride), ceil (W / stride), N), or bf16 */
    M2fTensor src;            /* (B, H, W, C), or bf16 */
    M2fTensor expand;         /* optional (1, 1, K, C), M2F_LINEAR_WEIGHT; without, K is C */
    M2fTensor expand_bias;    /* optional (K) */
    M2fTensor depthwise;      /* (K, 1, kernel, kernel), kernel 3 or 5, M2F_DEPTHWISE_WEIGHT */
    M2fTensor depthwise_bias; /* optional (K) */
    M2fTensor project;        /* (1, 1, N, K), M2F_LINEAR_WEIGHT */
    M2fTensor project_bias;   /* optional (N) */
    M2fTensor residual;       /* optional, shaped like dst; may be src */
    int stride;               /* 1 or 2 */
    M2fActivation activation;
} M2fInvertedResidual;

/* Bilinear, align_corners false, no antialias (torch.nn.functional.interpolate), plus addend. */
typedef struct M2fResize {
    M2fTensor dst;    /* (B, H, W, C) */
    M2fTensor src;    /* (B, h, w, C) */
    M2fTensor addend; /* optional, shaped like dst; in place allowed */
} M2fResize;

/* Non-overlapping patches of h x w pixels as rows: element (c x h + y) x w + x of a row, as a
 * convolution's weight is laid out.  Beyond the right and bottom edge there are zeros; with
 * `whole`, pixels that no whole patch covers are left out. */
typedef struct M2fPatchGather {
    M2fTensor dst; /* (B, ceil (H / h), ceil (W / w), C x h x w), or floor */
    M2fTensor src; /* (B, H, W, C) */
    M2fLevel patch; /* h, w */
    bool whole;
} M2fPatchGather;

/* Swin's patch merging up to its reduction: the four pixels of each 2x2 block, zero beyond the
 * edges, concatenated as (row, column) (0,0) (1,0) (0,1) (1,1), then layer norm. */
typedef struct M2fPatchMerge {
    M2fTensor dst;          /* (B, ceil (H / 2), ceil (W / 2), 4 C), or bf16 */
    M2fTensor src;          /* (B, H, W, C) */
    M2fTensor weight, bias; /* (4 C) */
    float eps;
} M2fPatchMerge;

/* dst row i = src row index[i]. */
typedef struct M2fGatherRows {
    M2fTensor dst;   /* (1, 1, K, C) */
    M2fTensor src;   /* (1, 1, R, C) */
    M2fTensor index; /* (1, 1, 1, K) i32, each in [0, R) */
} M2fGatherRows;

/* Where the samples of a component lie: every `step` bytes of a plane's row one, `offset` bytes
 * into them. */
typedef struct M2fComponent {
    int plane, step, offset;
} M2fComponent;

/* How a frame's pixels lie in memory. */
typedef struct M2fPixels {
    M2fComponent component[3]; /* R, G and B, three times the same for grey; or Y, U and V */
    bool is_yuv;
    int sample_bytes;     /* 1, or 2 for little-endian words, which only Y, U and V may be */
    int x_shift, y_shift; /* U and V have a sample for 2^x_shift x 2^y_shift pixels: 0 or 1 */
} M2fPixels;

/* True if the pixels are R, G and B (or grey) side by side in one plane; `step` is then 1 to 4,
 * and 1, 2 or 4 otherwise. */
static inline bool
m2f_pixels_are_packed (const M2fPixels *p)
{
    const M2fComponent *r = &p->component[0], *g = &p->component[1], *b = &p->component[2];

    return !p->is_yuv && r->plane == g->plane && r->plane == b->plane && r->step == g->step
        && r->step == b->step;
}

/* Number of samples of component `c` in a row and in a column of a frame. */
static inline int
m2f_pixels_columns (const M2fPixels *p, int c, int width)
{
    return c > 0 ? (width + (1 << p->x_shift) - 1) >> p->x_shift : width;
}

static inline int
m2f_pixels_rows (const M2fPixels *p, int c, int height)
{
    return c > 0 ? (height + (1 << p->y_shift) - 1) >> p->y_shift : height;
}

/* Frame to network input: colour to 8-bit RGB, resize by the given separable filter along the rows
 * and then along the columns, then * scale + offset per channel.  The colour, the result of either
 * direction: each is rounded and clamped to 8 bits, as Pillow and torchvision do.
 *
 * The filter of output x is taps x_weight[x][t] over source pixels x_first[x] + t; all of them lie
 * inside the frame (unused taps have weight 0 and repeat the last pixel's index when clamped).
 * Weights of a direction are multiples of 2^-b for which |weight x 2^b| < 2^15, b at most 22: sums
 * are then exact in integers. */
typedef struct M2fPreprocess {
    M2fTensor dst;      /* (1, H, W, 3) */
    M2fTensor plane[3]; /* u8 (1, 1, rows, bytes); as many as the components lie in */
    M2fPixels pixels;
    int height, width;      /* source pixels */
    float yuv_to_rgb[3][4]; /* R, G, B = row . (Y, U, V, 1) in 0..255, from samples Y, U, V */
    M2fTensor x_first;      /* i32 (1, 1, 1, W) */
    M2fTensor x_weight;     /* (1, 1, W, taps) */
    M2fTensor y_first;      /* i32 (1, 1, 1, H) */
    M2fTensor y_weight;     /* (1, 1, H, taps) */
    float scale[3], offset[3];
} M2fPreprocess;

/* The queries whose best class (the first among equals) is not the last one, "no object", and whose
 * probability (softmax over the classes) is above the threshold, in order.  A query whose logits
 * make it NaN is not kept. */
typedef struct M2fKeepQueries {
    M2fTensor kept;      /* i32 (1, 1, 2, Q): the queries, then 0; their classes, then -1 */
    M2fTensor score;     /* (Q): their probabilities, then -1; but the first is 0 if none is kept */
    M2fTensor logits;    /* (1, 1, Q, classes + 1) */
    M2fTensor threshold; /* (1) */
} M2fKeepQueries;

/* Rows of the counts of pixels per channel. */
typedef enum M2fMaskCount {
    M2F_COUNT_WON,     /* the channel is the pixel's winner, void or not */
    M2F_COUNT_CLAIMED, /* the channel's own value reaches the threshold, winner or not */
    M2F_COUNT_HELD,    /* both */
    M2F_N_COUNTS
} M2fMaskCount;

/* The probability (softmax over the classes) of every class but the last one, "no object", for
 * every query. */
typedef struct M2fClassScores {
    M2fTensor dst;    /* (1, 1, classes, Q) */
    M2fTensor logits; /* (1, 1, Q, classes + 1) */
} M2fClassScores;

/* For every pixel of the output the channel with the largest score x probability (the first among
 * equals), and how many pixels each channel has.
 *
 * Probabilities are sigmoid (resize (logits, H x W)); with mid_height and mid_width set they are
 * resize (sigmoid (resize (logits, mid)), H x W).  Never forms K x H x W. */
typedef struct M2fMaskArgmax {
    M2fTensor winner; /* (1, 1, H, W) u8 (K <= 255) or u16: channel, all ones = nobody's */
    M2fTensor counts; /* i32 (1, 1, M2F_N_COUNTS, K): pixels by M2fMaskCount */
    M2fTensor logits; /* (1, h, w, K) */
    M2fTensor score;  /* (K), >= 0; but a negative one ends the channels: it and those behind it,
                       * which are never the first, have no pixels */
    int mid_height, mid_width;
    M2fTensor threshold; /* (1): 0..1 */
    bool weighted;    /* compare score x probability with the threshold, as transformers does */
    bool void_below;  /* a pixel whose winner's compared value is below the threshold is nobody's */
} M2fMaskArgmax;

/* For every pixel the class with the largest sum over channels of mix x probability (the first
 * among equals).  With mid set the sums are formed at that size and resized to the output. */
typedef struct M2fClassArgmax {
    M2fTensor winner; /* (1, 1, H, W) u8 (classes <= 256) or u16 */
    M2fTensor logits; /* (1, h, w, K) */
    M2fTensor mix;    /* (1, 1, classes, K) */
    int mid_height, mid_width;
} M2fClassArgmax;

/* How sure each channel is of its own mask at a size: sums over the pixels with logit > 0 of
 * resize (logits, height x width). */
typedef struct M2fMaskScore {
    M2fTensor sums;   /* (1, 1, 2, K): sum of sigmoid; number of pixels */
    M2fTensor logits; /* (1, h, w, K) */
    int height, width;
} M2fMaskScore;

/* Masks painted over one another in channel order: the last channel whose logit > 0 owns the
 * pixel.  With mid set the comparison is made at that size and carried to the output by the
 * nearest pixel (torch's `nearest`: floor (i x mid / out)). */
typedef struct M2fMaskPaint {
    M2fTensor winner; /* (1, 1, H, W) u8 (K <= 255) or u16: channel, all ones = none */
    M2fTensor counts; /* i32 (1, 1, 1, K): pixels claimed (logit > 0), painted over or not */
    M2fTensor logits; /* (1, h, w, K) */
    int mid_height, mid_width;
} M2fMaskPaint;

/* m2f_op_conv3x3() and so on. */
#define M2F_OP(name, Args) void m2f_op_##name (M2fPlan *plan, const Args *args);
#include "model/compute/ops.def"
#undef M2F_OP

#define m2f_linear(plan, ...) m2f_op_linear (plan, &(M2fLinear) { __VA_ARGS__ })
#define m2f_matmul(plan, ...) m2f_op_matmul (plan, &(M2fMatmul) { __VA_ARGS__ })
#define m2f_layer_norm(plan, ...) m2f_op_layer_norm (plan, &(M2fLayerNorm) { __VA_ARGS__ })
#define m2f_group_norm(plan, ...) m2f_op_group_norm (plan, &(M2fGroupNorm) { __VA_ARGS__ })
#define m2f_response_norm(plan, ...) m2f_op_response_norm (plan, &(M2fResponseNorm) { __VA_ARGS__ })
#define m2f_head_norm(plan, ...) m2f_op_head_norm (plan, &(M2fHeadNorm) { __VA_ARGS__ })
#define m2f_window_attention(plan, ...) \
    m2f_op_window_attention (plan, &(M2fWindowAttention) { __VA_ARGS__ })
#define m2f_deform_attention(plan, ...) \
    m2f_op_deform_attention (plan, &(M2fDeformAttention) { __VA_ARGS__ })
#define m2f_attention(plan, ...) m2f_op_attention (plan, &(M2fAttention) { __VA_ARGS__ })
#define m2f_conv3x3(plan, ...) m2f_op_conv3x3 (plan, &(M2fConv3x3) { __VA_ARGS__ })
#define m2f_conv2d(plan, ...) m2f_op_conv2d (plan, &(M2fConv2d) { __VA_ARGS__ })
#define m2f_depthwise_conv(plan, ...) \
    m2f_op_depthwise_conv (plan, &(M2fDepthwiseConv) { __VA_ARGS__ })
#define m2f_inverted_residual(plan, ...) \
    m2f_op_inverted_residual (plan, &(M2fInvertedResidual) { __VA_ARGS__ })
#define m2f_max_pool(plan, ...) m2f_op_max_pool (plan, &(M2fMaxPool) { __VA_ARGS__ })
#define m2f_pointwise(plan, ...) m2f_op_pointwise (plan, &(M2fPointwise) { __VA_ARGS__ })
#define m2f_resize(plan, ...) m2f_op_resize (plan, &(M2fResize) { __VA_ARGS__ })
#define m2f_patch_gather(plan, ...) m2f_op_patch_gather (plan, &(M2fPatchGather) { __VA_ARGS__ })
#define m2f_patch_merge(plan, ...) m2f_op_patch_merge (plan, &(M2fPatchMerge) { __VA_ARGS__ })
#define m2f_gather_rows(plan, ...) m2f_op_gather_rows (plan, &(M2fGatherRows) { __VA_ARGS__ })
#define m2f_preprocess(plan, ...) m2f_op_preprocess (plan, &(M2fPreprocess) { __VA_ARGS__ })
#define m2f_keep_queries(plan, ...) m2f_op_keep_queries (plan, &(M2fKeepQueries) { __VA_ARGS__ })
#define m2f_class_scores(plan, ...) m2f_op_class_scores (plan, &(M2fClassScores) { __VA_ARGS__ })
#define m2f_mask_argmax(plan, ...) m2f_op_mask_argmax (plan, &(M2fMaskArgmax) { __VA_ARGS__ })
#define m2f_class_argmax(plan, ...) m2f_op_class_argmax (plan, &(M2fClassArgmax) { __VA_ARGS__ })
#define m2f_mask_score(plan, ...) m2f_op_mask_score (plan, &(M2fMaskScore) { __VA_ARGS__ })
#define m2f_mask_paint(plan, ...) m2f_op_mask_paint (plan, &(M2fMaskPaint) { __VA_ARGS__ })

G_END_DECLS

#endif
