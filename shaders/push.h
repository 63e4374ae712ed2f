/* Push constants, one struct per shader: included by C and by GLSL.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Members that begin every struct and are named like a binding say at which element (byte for
 * u8 planes) of that binding the tensor starts.  Strides and sizes count elements.
 */
#ifndef M2F_PUSH_H
#define M2F_PUSH_H

/* Values of GemmPush.activation, the first three, and PointwisePush.activation: those of
 * M2fActivation, which vulkan/products.c and vulkan/ops.c assert. */
#define PUSH_RELU 1
#define PUSH_RELU6 2
#define PUSH_GELU 3
#define PUSH_GELU_TANH 4
#define PUSH_GELU_CLIPPED 5
#define PUSH_GELU_SIGMOID 6
#define PUSH_SILU 7
#define PUSH_HARD_SWISH 8
#define PUSH_MISH 9
#define PUSH_LEAKY_RELU 10
#define PUSH_RELU_SQUARED 11
#define PUSH_SIGMOID 12
#define PUSH_TANH 13
#define PUSH_LAPLACE 14
#define PUSH_SQRT_SOFTPLUS 15
#define PUSH_PRELU 16
#define PUSH_XIELU 17

/* Number of channels that the shared memory of the mask shaders has room for. */
#define MAX_CHANNELS 1024

/* Number of channels of a head that the memory of the attention shaders has room for. */
#define MAX_HEAD_CHANNELS 64
/* Number of invocations that share a query of the attention shaders, and of channels of the query
 * that one of them has, rounded up. */
#define HEAD_LANES(channels) (((channels) + 31) / 32)
#define HEAD_OWN(channels) \
    (((channels) + 4 * HEAD_LANES (channels) - 1) / (4 * HEAD_LANES (channels)) * 4)

/* Bits of `flags`: the optional operand is present. */
#define M2F_HAS_BIAS 1
#define M2F_HAS_ADDEND 2
#define M2F_HAS_RESIDUAL 4
#define M2F_HAS_ROW_BIAS 8
#define M2F_HAS_NORM 16
#define M2F_IS_SPLIT 32 /* several workgroups share an output */
#define M2F_HAS_NORM_2 64
#define M2F_HAS_FACTOR 128

/* Bits of the operands that are in fp16: of the constant HALVES of most shaders. */
#define HALVES_DST 1
#define HALVES_SRC 2
#define HALVES_KEYS 4      /* of attention */
#define HALVES_VALUES 8
#define HALVES_NORMED 16   /* of a product: the norm of its rows */
#define HALVES_NORMED_2 32

/* The scratch buffer of a product: counters of workgroups per tile and per row of tiles, then the
 * tiles of the workgroups that share an output. */
#define PRODUCT_TILE 64            /* most outputs of a workgroup, in both directions */
#define PRODUCT_SMALL_TILE 32      /* least; workgroups that share outputs have this */
#define PRODUCT_SUMS 16            /* outputs of an invocation without cooperative matrices */
#define PRODUCT_TILES 512          /* most tiles in it, so also most tile counters */
#define PRODUCT_ROWS 4096          /* most rows of tiles */
#define PRODUCT_NORM_CHANNELS 1024 /* most outputs of a row that is normalised */
#define PRODUCT_NORM_LANES 16      /* invocations that normalise a row that is not wide */

struct GemmPush {
    int dst, src, weight, bias, addend, residual;
    int m, n, k;
    int dst_stride, src_stride, weight_stride, addend_stride, residual_stride;
    int addend_rows;
    int dst_batch, src_batch, weight_batch, bias_batch, row_bias_batch; /* 0 for a weight */
    int splits, split_depth; /* parts of k that workgroups sum over; length of one */
    int normed, norm_weight, norm_bias, normed_stride;
    int normed_2, norm_weight_2, norm_bias_2, normed_stride_2; /* the norm of the norm */
    float eps;                                                 /* of both */
};

/* A chain of links over rows that stay in shared memory. */
#define CHAIN_ROWS 4       /* of a workgroup */
#define CHAIN_CHANNELS 256 /* most of a row in shared memory; invocations of a workgroup */
#define CHAIN_BUFFERS 3    /* places for rows in shared memory */
#define CHAIN_DEPTH 32     /* channels that a linear layer of a chain reads are a multiple of it */

/* Values of ChainLink.kind. */
#define CHAIN_LINEAR 0
#define CHAIN_NORM 1
#define CHAIN_ATTENTION 2 /* its queries are the rows */
#define CHAIN_GATHER 3    /* a linear layer of which every workgroup sums over a part of k */
#define CHAIN_MERGE 4     /* of the slices of masked attention */

#define CHAIN_HALVES 128 /* flag of a link: its weights are pairs of halves */

/* Weights, addends and rows are counted in floats from the start of their binding's range, strides
 * of weights in weights.  M2F_IS_SPLIT: the workgroup makes n of the outputs. */
struct ChainLink {
    int kind, flags, activation;
    int n, k;
    int from, to;        /* places in shared memory; to is -1 if no link reads the result */
    int src, src_stride; /* rows that are read into place `from` first; -1 if they are there */
    int dst, dst_stride;
    int residual, residual_stride;
    int weight, weight_stride, bias;
    int addend, addend_stride, addend_rows;
    int keys, keys_stride, values, values_stride;
    int n_keys, queries, heads; /* of a picture; n_keys of CHAIN_MERGE: slices */
    float eps;                  /* of attention the factor of its scores */
};

struct ChainPush {
    int memory, weights, first, scratch; /* of the bindings; the scratch is always 0 */
    int rows, links;
};

struct ConvPush {
    int dst, src, weight, bias, addend;
    int height, width, src_height, src_width;
    int channels, n; /* n: output channels; of depthwise_conv and max_pool the pictures */
    int kernel, step; /* step: pixels of the source from one output to the next */
    int group;        /* output channels that read the same `channels`; of conv alone */
    int splits, split_depth; /* as GemmPush */
    int dst_stride, src_stride, addend_stride;
    int activation, flags; /* of depthwise_conv; the others have constants for them */
};

#define NORM_NEAR 8 /* invocations whose values are added up first */

struct NormPush {
    int dst, src, weight, bias;
    int rows, channels;
    int dst_stride, src_stride;
    int height, width; /* size of the source, for patch_merge */
    float eps;
};

struct GroupNormPush {
    int dst, src, weight, bias;
    int pixels, channels, groups, chunks;
    int dst_stride, src_stride;
    int relu;
    float eps;
};

#define RESPONSE_PIXELS 16 /* of a workgroup */

struct ResponsePush {
    int dst, src, weight, bias;
    int pixels, channels;
    int dst_stride, src_stride;
    float eps;
};

struct HeadNormPush {
    int dst, src, length_of;
    int rows, heads, channels;
    int dst_stride, src_stride;
    float least;
};

struct WindowPush {
    int dst, qkv, pad, bias;
    int height, width, channels, heads;
    int shift, columns, rows; /* columns x rows windows */
    int first_window;         /* of the dispatch */
    int first_row;            /* of the map in qkv, which goes on with the map's first ones */
    int dst_stride, qkv_stride;
    int flags; /* M2F_HAS_BIAS: `pad` is there */
    float scale;
    float penalty; /* of a score between regions */
};

struct DeformPush {
    int dst, value, offsets, weights;
    int tokens, channels, heads, points, levels, batch;
    int dst_stride, value_stride, offsets_stride, weights_stride;
    int height[4], width[4];
};

struct AttentionPush {
    int dst, q, k, v, mask;
    int queries, keys, heads, slices; /* slices of the keys, one a workgroup */
    int dst_stride, q_stride, k_stride, v_stride, mask_stride;
    float scale;
};

struct MaskAttentionPush {
    int mask, q, k, v, a, b, bias;
    int queries, keys, slice;  /* slice: keys of one */
    int depth;                 /* of the mask's product */
    int mask_stride, q_stride, k_stride, v_stride, a_stride, b_stride;
    int has_bias;
    float scale;
};

struct ResizePush {
    int dst, src, addend;
    int height, width, channels, src_height, src_width, batch;
    int dst_stride, src_stride, addend_stride;
    int flags;
};

struct PointwisePush {
    int dst, src, addend, factor;
    int rows, columns, addend_rows;
    int dst_stride, src_stride, addend_stride, factor_stride;
    int activation, flags;
    float alpha0, alpha1, alpha2, alpha3; /* M2fPointwise.alpha */
};

struct GatherPush {
    int dst, src, index;
    int rows, columns;
    int dst_stride, src_stride;
    int height, width, channels; /* patch_gather: the source's */
    int patch_height, patch_width, patches_y, patches_x;
};

struct PreprocessPush {
    int dst, plane0, plane1, plane2, x_first, x_weight, y_first, y_weight;
    int height, width, x_taps, y_taps;
    int x_weight_stride, y_weight_stride;
    int stride0, stride1, stride2;
    int source_height, source_width;
    int component[3]; /* M2fComponent: plane, step, offset in bits 0, 8, 16 */
    int is_yuv, sample_bytes, x_shift, y_shift;
    int dst_stride;
};

/* Colour conversion and normalisation do not fit beside the rest: a small constant buffer. */
struct PreprocessColors {
    float yuv_to_rgb[12];
    float scale[3];
    float offset[3];
};

struct KeepPush {
    int kept, score, logits, threshold;
    int queries, classes; /* classes: "no object" included */
    int kept_stride, logits_stride;
};

struct ScoresPush {
    int dst, logits;
    int queries, classes; /* classes: without "no object" */
    int dst_stride, logits_stride;
};

struct MaskPush {
    int winner, counts, logits, score, threshold;
    int height, width, src_height, src_width, channels;
    int logits_stride;
    int mid_height, mid_width;
    int winner_stride, counts_stride;
    int per_word; /* winners in a 32-bit word: 4 or 2 */
    int weighted, void_below;
};

struct ClassPush {
    int winner, sums, logits, mix;
    int height, width, src_height, src_width, channels, classes;
    int logits_stride, mix_stride;
    int mid_height, mid_width;
    int first_row, rows;         /* mid rows held by `sums` */
    int first_out, out_rows;     /* output rows made from those */
    int winner_stride, per_word; /* winners in a 32-bit word: 4 or 2 */
};

struct ScorePush {
    int sums, parts, logits;
    int height, width, src_height, src_width, channels;
    int logits_stride, sums_stride;
    int chunks;
};

#endif
