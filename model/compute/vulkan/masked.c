/* Masked attention with the product that makes its mask (shaders/mask_attention.comp).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/vulkan/ops.h"
#include "model/compute/vulkan/recording.h"

#include <math.h>

/* The shader's: keys at a time, channels of a head (fewer for four heads, of which an invocation
 * has more logits), invocations, channels that a slab has. */
#define KEYS 64
#define MOST_DIM(heads) ((heads) == 4 ? 16 : 32)
#define INVOCATIONS 256
#define DEPTH 16

#define MOST_SLICES 36 /* more are slower to bring together than to go through */

static bool
is_aligned (const M2fTensor *t)
{
    return t->offset % (4 * m2f_type_size (t->type)) == 0 && t->stride % 4 == 0;
}

static bool
is_mask (const M2fTensor *product, const M2fTensor *mask)
{
    return product->buffer == mask->buffer && product->offset == mask->offset
        && product->stride == mask->stride && product->ne[2] == mask->ne[2]
        && product->ne[3] == mask->ne[3];
}

bool
vk_makes_mask (const M2fMatmul *product, const M2fAttention *a)
{
    const int dim = a->q.ne[3] / a->heads;

    return a->q.ne[0] == 1 && product->dst.ne[0] == 1 && is_mask (&product->dst, &a->mask)
        && !m2f_tensor_present (&product->column_bias) && product->a.ne[3] % DEPTH == 0
        && (a->heads == 4 || a->heads == 8 || a->heads == 16) && dim <= MOST_DIM (a->heads)
        && dim % 4 == 0 && is_aligned (&a->k) && is_aligned (&a->v) && is_aligned (&product->a)
        && is_aligned (&product->b);
}

/* Keys of a slice. */
static int
slice_length (int keys)
{
    const int pieces = (int) divide_up (keys, KEYS);

    return (int) divide_up (pieces, MIN (pieces, MOST_SLICES)) * KEYS;
}

int
vk_mask_slices (const M2fAttention *a)
{
    return (int) divide_up (a->k.ne[2], slice_length (a->k.ne[2]));
}

/* The scratch of the slices, which the next attention uses again. */
static const M2fTensor *
take_slices (M2fPlan *plan, const M2fAttention *a)
{
    M2fTensor *slices = &vk_recording (plan)->slices;
    const int n = vk_mask_slices (a), row = a->q.ne[3] + 3 * a->heads;

    if (!m2f_tensor_present (slices) || (int64_t) n * a->q.ne[2] * row > slices->ne[3])
        *slices = vk_scratch (plan, M2F_F32, 1, 1, 1, n * a->q.ne[2] * row);
    return slices;
}

void
vk_masked_attention (M2fPlan *plan, const M2fMatmul *product, const M2fAttention *a)
{
    const int dim = a->q.ne[3] / a->heads;
    struct MaskAttentionPush push = {
        .queries = a->q.ne[2],
        .keys = a->k.ne[2],
        .slice = slice_length (a->k.ne[2]),
        .depth = product->a.ne[3],
        .mask_stride = a->mask.stride,
        .q_stride = a->q.stride,
        .k_stride = a->k.stride,
        .v_stride = a->v.stride,
        .a_stride = product->a.stride,
        .b_stride = product->b.stride,
        .has_bias = m2f_tensor_present (&product->row_bias),
        .scale = (float) (1 / sqrt ((double) dim)),
    };
    const VulkanOperand operands[] = {
        { take_slices (plan, a), NULL, true },
        { &product->dst, &push.mask, true },
        { &a->q, &push.q },
        { &a->k, &push.k },
        { &a->v, &push.v },
        { &product->a, &push.a },
        { &product->b, &push.b },
        { &product->row_bias, &push.bias },
    };

    const uint32_t halves = half (&a->q, HALVES_SRC) | half (&a->k, HALVES_KEYS)
        | half (&a->v, HALVES_VALUES);

    DISPATCH_VARIANT (plan,
        ((VulkanVariant) { VK_SHADER_mask_attention,
            { (uint32_t) dim, (uint32_t) a->heads, halves } }),
        operands, push, divide_up (push.queries, INVOCATIONS / a->heads),
        (uint64_t) vk_mask_slices (a), 1);
}
