/* Op arguments to push constants and dispatches: the network's ops but for its products.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/vulkan/ops.h"
#include "model/compute/vulkan/recording.h"

#include <math.h>
#include <string.h>

G_STATIC_ASSERT (M2F_MAX_LEVELS == G_N_ELEMENTS (((struct DeformPush *) 0)->height));

/* Numbers that a tensor's memory has: pairs in fp16. */
static int64_t
count_numbers (const M2fTensor *t)
{
    return m2f_tensor_rows (t) * t->ne[3] / (t->type == M2F_F16 ? 2 : 1);
}

/* ---- depthwise convolution ------------------------------------------------------------------ */

void
vk_depthwise_conv (M2fPlan *plan, const M2fDepthwiseConv *args)
{
    struct ConvPush push = {
        .height = args->dst.ne[1],
        .width = args->dst.ne[2],
        .src_height = args->src.ne[1],
        .src_width = args->src.ne[2],
        .channels = args->dst.ne[3],
        .n = args->dst.ne[0],
        .kernel = args->weight.ne[3],
        .step = args->stride,
        .dst_stride = args->dst.stride,
        .src_stride = args->src.stride,
        .activation = (int) args->activation,
        .flags = flag (&args->bias, M2F_HAS_BIAS),
    };
    const VulkanOperand operands[] = {
        { &args->dst, &push.dst, true },
        { &args->src, &push.src },
        { &args->weight, &push.weight },
        { &args->bias, &push.bias },
    };

    const uint32_t halves = half (&args->dst, HALVES_DST) | half (&args->src, HALVES_SRC);

    DISPATCH_FLAT_VARIANT (plan, ((VulkanVariant) { VK_SHADER_depthwise_conv, { halves } }),
        operands, push, divide_up (count_numbers (&args->dst), 256));
}

/* ---- max pool ------------------------------------------------------------------------------- */

void
vk_max_pool (M2fPlan *plan, const M2fMaxPool *args)
{
    struct ConvPush push = {
        .height = args->dst.ne[1],
        .width = args->dst.ne[2],
        .src_height = args->src.ne[1],
        .src_width = args->src.ne[2],
        .channels = args->dst.ne[3],
        .n = args->dst.ne[0],
        .dst_stride = args->dst.stride,
        .src_stride = args->src.stride,
    };
    const VulkanOperand operands[] = {
        { &args->dst, &push.dst, true },
        { &args->src, &push.src },
    };

    DISPATCH_FLAT (plan, VK_SHADER_max_pool, operands, push,
        divide_up (m2f_tensor_rows (&args->dst) * push.channels, 256));
}

/* ---- norms --------------------------------------------------------------------------------- */

#define NORM_NARROW 1024 /* channels that 64 invocations have in registers */

static void
dispatch_norm (M2fPlan *plan, VulkanShader shader, struct NormPush *push,
    const VulkanOperand operands[4])
{
    const int size = push->channels > NORM_NARROW ? VK_INVOCATIONS : 64;
    const uint32_t channels = (uint32_t) (divide_up (push->channels, size) * size);
    const uint32_t halves = half (operands[0].tensor, HALVES_DST);
    const VulkanOperand all[] = { operands[0], operands[1], operands[2], operands[3] };

    DISPATCH_FLAT_VARIANT (plan,
        ((VulkanVariant) { shader, { (uint32_t) size, channels, halves } }), all, *push,
        (uint64_t) push->rows);
}

void
vk_issue_norm (M2fPlan *plan, const M2fLayerNorm *args)
{
    struct NormPush push = {
        .rows = (int) m2f_tensor_rows (&args->dst),
        .channels = args->dst.ne[3],
        .dst_stride = args->dst.stride,
        .src_stride = args->src.stride,
        .eps = args->eps,
    };
    const VulkanOperand operands[] = {
        { &args->dst, &push.dst, true },
        { &args->src, &push.src },
        { &args->weight, &push.weight },
        { &args->bias, &push.bias },
    };

    dispatch_norm (plan, VK_SHADER_layer_norm, &push, operands);
}

void
vk_patch_merge (M2fPlan *plan, const M2fPatchMerge *args)
{
    struct NormPush push = {
        .rows = (int) m2f_tensor_rows (&args->dst),
        .channels = args->dst.ne[3],
        .dst_stride = args->dst.stride,
        .src_stride = args->src.stride,
        .height = args->src.ne[1],
        .width = args->src.ne[2],
        .eps = args->eps,
    };
    const VulkanOperand operands[] = {
        { &args->dst, &push.dst, true },
        { &args->src, &push.src },
        { &args->weight, &push.weight },
        { &args->bias, &push.bias },
    };

    dispatch_norm (plan, VK_SHADER_patch_merge, &push, operands);
}

/* Pixels that a workgroup of group norm takes: few enough to fill a device, enough to merge
 * quickly; and so few that one workgroup does better than two dispatches. */
#define GROUP_NORM_CHUNK 1024
#define GROUP_NORM_ALONE 4096

static bool
is_wide_map (const M2fTensor *t)
{
    return t->offset % (4 * m2f_type_size (t->type)) == 0 && t->stride % 4 == 0;
}

void
vk_group_norm (M2fPlan *plan, const M2fGroupNorm *args)
{
    const int pixels = args->src.ne[1] * args->src.ne[2];
    struct GroupNormPush push = {
        .pixels = pixels,
        .channels = args->src.ne[3],
        .groups = args->groups,
        .chunks = pixels <= GROUP_NORM_ALONE ? 1 : (int) divide_up (pixels, GROUP_NORM_CHUNK),
        .dst_stride = args->dst.stride,
        .src_stride = args->src.stride,
        .relu = args->relu,
        .eps = args->eps,
    };
    const uint32_t wide = push.channels / push.groups % 4 == 0 && is_wide_map (&args->src)
        && is_wide_map (&args->dst);
    const uint64_t batch = (uint64_t) args->src.ne[0];
    M2fTensor stats = { 0 };
    const VulkanOperand stats_operands[] = {
        { &stats, NULL, true },
        { &args->src, &push.src },
    };
    const VulkanOperand operands[] = {
        { &args->dst, &push.dst, true },
        { &args->src, &push.src },
        { &args->weight, &push.weight },
        { &args->bias, &push.bias },
        { &stats, NULL },
    };

    if (push.chunks > 1) {
        stats = vk_scratch (plan, M2F_F32, args->src.ne[0], push.groups, push.chunks, 4);
        DISPATCH_VARIANT (plan, ((VulkanVariant) { VK_SHADER_group_norm_stats, { wide } }),
            stats_operands, push, (uint64_t) push.chunks, (uint64_t) push.groups, batch);
    }
    DISPATCH_VARIANT (plan, ((VulkanVariant) { VK_SHADER_group_norm, { wide } }), operands, push,
        (uint64_t) push.chunks, (uint64_t) push.groups, batch);
}

void
vk_response_norm (M2fPlan *plan, const M2fResponseNorm *args)
{
    struct ResponsePush push = {
        .pixels = args->src.ne[1] * args->src.ne[2],
        .channels = args->src.ne[3],
        .dst_stride = args->dst.stride,
        .src_stride = args->src.stride,
        .eps = args->eps,
    };
    const uint64_t batch = (uint64_t) args->src.ne[0];
    M2fTensor lengths = vk_scratch (plan, M2F_F32, 1, 1, args->src.ne[0], push.channels);
    const VulkanOperand stats_operands[] = {
        { &lengths, NULL, true },
        { &args->src, &push.src },
    };
    const VulkanOperand operands[] = {
        { &args->dst, &push.dst, true },
        { &args->src, &push.src },
        { &args->weight, &push.weight },
        { &args->bias, &push.bias },
        { &lengths, NULL },
    };

    DISPATCH (plan, VK_SHADER_response_norm_stats, stats_operands, push,
        divide_up (push.channels, 8), batch, 1);
    DISPATCH_VARIANT (plan,
        ((VulkanVariant) { VK_SHADER_response_norm, { half (&args->dst, HALVES_DST) } }), operands,
        push, divide_up (push.pixels, RESPONSE_PIXELS), batch, 1);
}

void
vk_head_norm (M2fPlan *plan, const M2fHeadNorm *args)
{
    struct HeadNormPush push = {
        .rows = (int) m2f_tensor_rows (&args->dst),
        .heads = args->length.ne[3],
        .channels = args->dst.ne[3] / args->length.ne[3],
        .dst_stride = args->dst.stride,
        .src_stride = args->src.stride,
        .least = M2F_HEAD_NORM_LEAST,
    };
    const VulkanOperand operands[] = {
        { &args->dst, &push.dst, true },
        { &args->src, &push.src },
        { &args->length, &push.length_of },
    };

    DISPATCH_FLAT (plan, VK_SHADER_head_norm, operands, push,
        divide_up ((int64_t) push.rows * push.heads, 64));
}

/* ---- attention ----------------------------------------------------------------------------- */

static bool
head_dim_fits (M2fPlan *plan, const char *op, int dim)
{
    if (dim <= MAX_HEAD_CHANNELS)
        return true;
    m2f_plan_fail (plan, M2F_COMPUTE_ERROR_UNSUPPORTED,
        "%s on Vulkan: heads of %d channels, expected at most %d", op, dim, MAX_HEAD_CHANNELS);
    return false;
}

/* Whether heads have whole pairs, if dst is in fp16. */
static bool
has_pairs (const M2fTensor *dst, int heads)
{
    return dst->type != M2F_F16 || dst->ne[3] / heads % 2 == 0;
}

/* A float32 in the place of a dst of which a head would have half a pair. */
static M2fTensor
widen (M2fPlan *plan, const M2fTensor *dst)
{
    return vk_scratch (plan, M2F_F32, dst->ne[0], dst->ne[1], dst->ne[2], dst->ne[3]);
}

/* Copies it to dst. */
static void
narrow (M2fPlan *plan, const M2fTensor *dst, const M2fTensor *wide)
{
    if (!m2f_plan_failed (plan))
        vk_pointwise (plan, &(M2fPointwise) { .dst = *dst, .src = *wide });
}

static void
attend_to_windows (M2fPlan *plan, const M2fWindowAttention *args)
{
    int channels = args->dst.ne[3];
    struct WindowPush push = {
        .height = args->dst.ne[1],
        .width = args->dst.ne[2],
        .channels = channels,
        .heads = args->heads,
        .shift = args->shift,
        .columns = (int) divide_up (args->dst.ne[2], args->window),
        .rows = (int) divide_up (args->dst.ne[1], args->window),
        .dst_stride = args->dst.stride,
        .qkv_stride = args->qkv.stride,
        .flags = flag (&args->pad, M2F_HAS_BIAS),
        .scale = (float) (1 / sqrt ((double) channels / args->heads)),
        .penalty = m2f_region_penalty (args),
    };
    const VulkanOperand operands[] = {
        { &args->dst, &push.dst, true },
        { &args->qkv, &push.qkv },
        { &args->pad, &push.pad },
        { &args->bias, &push.bias },
    };

    const int dim = channels / args->heads;
    const VulkanVariant variant = { VK_SHADER_window_attention,
        { (uint32_t) dim, (uint32_t) args->window,
            half (&args->dst, HALVES_DST) | half (&args->qkv, HALVES_SRC) } };

    DISPATCH_VARIANT (plan, variant, operands, push,
        (uint64_t) push.columns * (uint64_t) push.rows, (uint64_t) args->heads,
        (uint64_t) args->dst.ne[0]);
}

void
vk_window_attention (M2fPlan *plan, const M2fWindowAttention *args)
{
    M2fWindowAttention wide = *args;

    if (!head_dim_fits (plan, "window_attention", args->dst.ne[3] / args->heads))
        return;
    if (has_pairs (&args->dst, args->heads)) {
        attend_to_windows (plan, args);
        return;
    }
    wide.dst = widen (plan, &args->dst);
    attend_to_windows (plan, &wide);
    narrow (plan, &args->dst, &wide.dst);
}

static void
sample_levels (M2fPlan *plan, const M2fDeformAttention *args)
{
    struct DeformPush push = {
        .tokens = args->dst.ne[2],
        .channels = args->dst.ne[3],
        .heads = args->heads,
        .points = args->points,
        .levels = args->levels,
        .batch = args->dst.ne[0],
        .dst_stride = args->dst.stride,
        .value_stride = args->value.stride,
        .offsets_stride = args->offsets.stride,
        .weights_stride = args->weights.stride,
    };
    const VulkanOperand operands[] = {
        { &args->dst, &push.dst, true },
        { &args->value, &push.value },
        { &args->offsets, &push.offsets },
        { &args->weights, &push.weights },
    };

    const int dim = push.channels / push.heads, lanes = (int) MIN (divide_up (dim, 4), 64);
    const uint32_t wide
        = dim % 4 == 0 && is_wide_map (&args->value) && is_wide_map (&args->dst);

    for (int i = 0; i < args->levels; i++) {
        push.height[i] = args->level[i].height;
        push.width[i] = args->level[i].width;
    }
    DISPATCH_FLAT_VARIANT (plan,
        ((VulkanVariant) { VK_SHADER_deform_attention, { (uint32_t) lanes, wide,
            half (&args->dst, HALVES_DST) | half (&args->value, HALVES_SRC) } }),
        operands, push, divide_up ((int64_t) push.batch * push.tokens * push.heads, 256 / lanes));
}

void
vk_deform_attention (M2fPlan *plan, const M2fDeformAttention *args)
{
    M2fDeformAttention wide = *args;

    if (has_pairs (&args->dst, args->heads)) {
        sample_levels (plan, args);
        return;
    }
    wide.dst = widen (plan, &args->dst);
    sample_levels (plan, &wide);
    narrow (plan, &args->dst, &wide.dst);
}

/* Keys in a slice of attention: at least as many as are worth bringing the slices together, and so
 * many that there are no more slices than one workgroup brings together quickly. */
#define ATTENTION_SLICE 256
#define ATTENTION_SLICES 32

static int
count_slices (int keys)
{
    return (int) MIN (divide_up (keys, ATTENTION_SLICE), ATTENTION_SLICES);
}

static void
attend (M2fPlan *plan, const M2fAttention *args)
{
    int queries = args->q.ne[2], batch = args->q.ne[0], dim = args->q.ne[3] / args->heads;
    int slices = count_slices (args->k.ne[2]), lanes = HEAD_LANES (dim);
    int pieces = (int) divide_up (queries, 64 / lanes), blocks = pieces * args->heads * batch;
    struct AttentionPush push = {
        .queries = queries,
        .keys = args->k.ne[2],
        .heads = args->heads,
        .slices = slices,
        .dst_stride = args->dst.stride,
        .q_stride = args->q.stride,
        .k_stride = args->k.stride,
        .v_stride = args->v.stride,
        .mask_stride = args->mask.stride,
        .scale = (float) (1 / sqrt ((double) dim)),
    };
    const VulkanVariant variant = { VK_SHADER_attention,
        { (uint32_t) dim, m2f_tensor_present (&args->mask), slices > 1,
            half (&args->dst, HALVES_DST) | half (&args->q, HALVES_SRC)
                | half (&args->k, HALVES_KEYS) | half (&args->v, HALVES_VALUES) } };

    /* in the place of operands that are not needed stands dst, which is written anyway */
    M2fTensor parts = slices == 1 ? args->dst
        : vk_scratch (plan, M2F_F32, blocks, slices, HEAD_OWN (dim) + 4, 64);
    M2fTensor arrived = slices == 1 ? args->dst : vk_scratch (plan, M2F_I32, 1, 1, 1, blocks);
    const VulkanOperand operands[] = {
        { &args->dst, &push.dst, true },
        { &args->q, &push.q },
        { &args->k, &push.k },
        { &args->v, &push.v },
        { &args->mask, &push.mask },
        { &parts, NULL, true },
        { &arrived, NULL, true },
    };

    DISPATCH_VARIANT (plan, variant, operands, push,
        (uint64_t) pieces * (uint64_t) slices, (uint64_t) args->heads, (uint64_t) batch);
}

void
vk_issue_attention (M2fPlan *plan, const M2fAttention *args)
{
    M2fAttention wide = *args;

    if (has_pairs (&args->dst, args->heads)) {
        attend (plan, args);
        return;
    }
    wide.dst = widen (plan, &args->dst);
    attend (plan, &wide);
    narrow (plan, &args->dst, &wide.dst);
}

/* ---- functions of one number ---------------------------------------------------------------- */

#define ASSERT_ACTIVATION(name) G_STATIC_ASSERT (PUSH_##name == (int) M2F_##name)
ASSERT_ACTIVATION (GELU_TANH);
ASSERT_ACTIVATION (GELU_CLIPPED);
ASSERT_ACTIVATION (GELU_SIGMOID);
ASSERT_ACTIVATION (SILU);
ASSERT_ACTIVATION (HARD_SWISH);
ASSERT_ACTIVATION (MISH);
ASSERT_ACTIVATION (LEAKY_RELU);
ASSERT_ACTIVATION (RELU_SQUARED);
ASSERT_ACTIVATION (SIGMOID);
ASSERT_ACTIVATION (TANH);
ASSERT_ACTIVATION (LAPLACE);
ASSERT_ACTIVATION (SQRT_SOFTPLUS);
ASSERT_ACTIVATION (PRELU);
ASSERT_ACTIVATION (XIELU);

void
vk_pointwise (M2fPlan *plan, const M2fPointwise *args)
{
    struct PointwisePush push = {
        .rows = (int) m2f_tensor_rows (&args->dst),
        .columns = args->dst.ne[3],
        .dst_stride = args->dst.stride,
        .src_stride = args->src.stride,
        .addend_stride = args->addend.stride,
        .factor_stride = args->factor.stride,
        .activation = (int) args->activation,
        .flags = flag (&args->addend, M2F_HAS_ADDEND) | flag (&args->factor, M2F_HAS_FACTOR),
        .alpha0 = args->alpha[0],
        .alpha1 = args->alpha[1],
        .alpha2 = args->alpha[2],
        .alpha3 = args->alpha[3],
    };
    const VulkanOperand operands[] = {
        { &args->dst, &push.dst, true },
        { &args->src, &push.src },
        { &args->addend, &push.addend },
        { &args->factor, &push.factor },
    };

    if (m2f_tensor_present (&args->addend))
        push.addend_rows = (int) m2f_tensor_rows (&args->addend);
    DISPATCH_FLAT_VARIANT (plan,
        ((VulkanVariant) { VK_SHADER_pointwise, { half (&args->dst, HALVES_DST) } }), operands,
        push, divide_up (count_numbers (&args->dst), 256));
}

void
vk_attention (M2fPlan *plan, const M2fAttention *args)
{
    if (head_dim_fits (plan, "attention", args->q.ne[3] / args->heads))
        vk_hold (plan, &(VulkanLink) { .kind = VK_LINK_ATTENTION, .attention = *args });
}

/* ---- gathers and resize -------------------------------------------------------------------- */

void
vk_resize (M2fPlan *plan, const M2fResize *args)
{
    struct ResizePush push = {
        .height = args->dst.ne[1],
        .width = args->dst.ne[2],
        .channels = args->dst.ne[3],
        .src_height = args->src.ne[1],
        .src_width = args->src.ne[2],
        .batch = args->dst.ne[0],
        .dst_stride = args->dst.stride,
        .src_stride = args->src.stride,
        .addend_stride = args->addend.stride,
        .flags = flag (&args->addend, M2F_HAS_ADDEND),
    };
    const VulkanOperand operands[] = {
        { &args->dst, &push.dst, true },
        { &args->src, &push.src },
        { &args->addend, &push.addend },
    };

    DISPATCH_FLAT (plan, VK_SHADER_resize, operands, push,
        divide_up (m2f_tensor_rows (&args->dst) * push.channels, 256));
}

void
vk_patch_gather (M2fPlan *plan, const M2fPatchGather *args)
{
    struct GatherPush push = {
        .rows = (int) m2f_tensor_rows (&args->dst),
        .columns = args->dst.ne[3],
        .dst_stride = args->dst.stride,
        .src_stride = args->src.stride,
        .height = args->src.ne[1],
        .width = args->src.ne[2],
        .channels = args->src.ne[3],
        .patch_height = args->patch.height,
        .patch_width = args->patch.width,
        .patches_y = args->dst.ne[1],
        .patches_x = args->dst.ne[2],
    };
    const VulkanOperand operands[] = {
        { &args->dst, &push.dst, true },
        { &args->src, &push.src },
    };

    DISPATCH_FLAT (plan, VK_SHADER_patch_gather, operands, push,
        divide_up ((int64_t) push.rows * push.columns, 256));
}

void
vk_gather_rows (M2fPlan *plan, const M2fGatherRows *args)
{
    struct GatherPush push = {
        .rows = (int) m2f_tensor_rows (&args->dst),
        .columns = args->dst.ne[3],
        .dst_stride = args->dst.stride,
        .src_stride = args->src.stride,
    };
    const VulkanOperand operands[] = {
        { &args->dst, &push.dst, true },
        { &args->src, &push.src },
        { &args->index, &push.index },
    };

    DISPATCH_FLAT (plan, VK_SHADER_gather_rows, operands, push,
        divide_up ((int64_t) push.rows * push.columns, 256));
}
