/* Op arguments to push constants and dispatches: products and dense convolutions.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/vulkan/ops.h"
#include "model/compute/vulkan/recording.h"

G_STATIC_ASSERT (PUSH_RELU == (int) M2F_RELU && PUSH_RELU6 == (int) M2F_RELU6
    && PUSH_GELU == (int) M2F_GELU);

/* The shader of a product for a weight and a device. */
#define PRODUCT(plan, weight, name)                                         \
    ((weight)->type != M2F_F16 ? VK_SHADER_##name##_f32                     \
        : g_atomic_int_get (&vulkan_device (m2f_plan_device (plan))->uses_coopmat) \
        ? VK_SHADER_##name##_cm : VK_SHADER_##name##_f16)

/* k of a slab in shared memory. */
#define SLAB 16
#define SLAB_CM 32

static bool
is_cooperative (const VulkanVariant *variant)
{
    return variant->shader == VK_SHADER_gemm_cm || variant->shader == VK_SHADER_conv_cm;
}

/* A shader with its epilogue; rows whose slabs are whole can be read four elements at a time. */
static VulkanVariant
product_variant (VulkanShader shader, M2fActivation activation, int flags, const M2fTensor *a,
    const M2fTensor *b)
{
    VulkanVariant v = { shader, { [4] = (uint32_t) activation, [5] = (uint32_t) flags } };

    v.constants[6] = a->ne[3] % (is_cooperative (&v) ? SLAB_CM : SLAB) == 0
        && a->offset % (4 * m2f_type_size (a->type)) == 0 && a->stride % 4 == 0
        && b->offset % 16 == 0
        && (b->layout != M2F_PLAIN || b->stride % 4 == 0);
    return v;
}

/* ---- tiles ---------------------------------------------------------------------------------- */

#define LEAST_DEPTH 64 /* of a part of k: shorter parts are not worth adding up */

/* Outputs of a workgroup: large ones read their factors less often. */
static const struct {
    int m, n;
} tiles[] = { { 64, 64 }, { 64, 32 }, { PRODUCT_SMALL_TILE, PRODUCT_SMALL_TILE } };

/* How a product is divided among workgroups. */
typedef struct Division {
    int columns, rows, batch;
    int splits, depth; /* parts of k, and the length of one */
} Division;

/* Takes the largest tiles that fill the device; if none do so, the smallest, of which several
 * workgroups share one, each with a part of k. */
static Division
divide (const VulkanDevice *vk, VulkanVariant *variant, int m, int n, int k, int batch)
{
    Division d = { .batch = batch };

    for (guint i = 0; i < G_N_ELEMENTS (tiles); i++) {
        d.columns = (int) divide_up (n, tiles[i].n);
        d.rows = (int) divide_up (m, tiles[i].m);
        variant->constants[0] = (uint32_t) (tiles[i].m * tiles[i].n / PRODUCT_SUMS);
        variant->constants[8] = (uint32_t) tiles[i].m;
        variant->constants[9] = (uint32_t) tiles[i].n;
        if ((int64_t) d.columns * d.rows * batch >= vk->groups)
            break;
    }
    const int64_t workgroups = (int64_t) d.columns * d.rows * batch;
    const int most = (int) MIN (vk->groups / workgroups, k / LEAST_DEPTH);
    d.depth = (int) divide_up (k, MAX (most, 1) * SLAB_CM) * SLAB_CM;
    d.splits = (int) divide_up (k, d.depth);
    if (d.splits > 1)
        variant->constants[5] |= M2F_IS_SPLIT;
    return d;
}

/* ---- outputs that workgroups share ---------------------------------------------------------- */

/* The scratch of workgroups that share outputs: the counters, and the tiles of those that have a
 * part of k. */
static M2fTensor
take_shared (M2fPlan *plan, const Division *d)
{
    const int area = PRODUCT_SMALL_TILE * PRODUCT_SMALL_TILE;
    const int counters = PRODUCT_TILES + PRODUCT_ROWS;
    VulkanRecording *r = vk_recording (plan);
    M2fTensor *shared = &r->shared[r->next_shared++ % VK_SHARED_SCRATCH];

    if (!m2f_tensor_present (shared))
        *shared = vk_scratch (plan, M2F_I32, 1, 1, 1, counters + r->vk->groups * area);
    M2fTensor used = *shared;
    used.ne[3] = counters;
    if (d->splits > 1)
        used.ne[3] += d->columns * d->rows * d->batch * d->splits * area;
    return used;
}

/* Dispatches a product with its first six operands, and norms of its rows (links).  In the place of
 * optional operands that a shader could write stands dst, which it writes anyway. */
static void
multiply (M2fPlan *plan, VulkanVariant variant, struct GemmPush *push,
    const VulkanOperand operands[6], int batch, const VulkanLink *norms, int n_norms)
{
    const Division d = divide (vulkan_device (m2f_plan_device (plan)), &variant, push->m, push->n,
        push->k, batch);
    M2fTensor shared;
    VulkanOperand all[VK_MAX_BINDINGS] = {
        operands[0], operands[1], operands[2], operands[3], operands[4], operands[5],
        { operands[0].tensor, NULL, true }, { &vk_absent, NULL }, { &vk_absent, NULL },
        { operands[0].tensor, NULL, true }, { operands[0].tensor, NULL, true },
        { &vk_absent, NULL }, { &vk_absent, NULL },
    };

    push->splits = d.splits;
    push->split_depth = d.depth;
    variant.constants[11] = half (operands[0].tensor, HALVES_DST)
        | half (operands[1].tensor, HALVES_SRC);
    if (n_norms > 0) {
        all[6] = (VulkanOperand) { &norms[0].norm.dst, &push->normed, true };
        all[7] = (VulkanOperand) { &norms[0].norm.weight, &push->norm_weight };
        all[8] = (VulkanOperand) { &norms[0].norm.bias, &push->norm_bias };
        push->normed_stride = norms[0].norm.dst.stride;
        push->eps = norms[0].norm.eps;
        variant.constants[5] |= M2F_HAS_NORM;
        variant.constants[11] |= half (&norms[0].norm.dst, HALVES_NORMED);
        variant.constants[7] = (uint32_t) divide_up (push->n, PRODUCT_NORM_LANES)
            * PRODUCT_NORM_LANES;
    }
    if (n_norms > 1) {
        all[10] = (VulkanOperand) { &norms[1].norm.dst, &push->normed_2, true };
        all[11] = (VulkanOperand) { &norms[1].norm.weight, &push->norm_weight_2 };
        all[12] = (VulkanOperand) { &norms[1].norm.bias, &push->norm_bias_2 };
        push->normed_stride_2 = norms[1].norm.dst.stride;
        variant.constants[5] |= M2F_HAS_NORM_2;
        variant.constants[11] |= half (&norms[1].norm.dst, HALVES_NORMED_2);
    }
    if (n_norms > 0 || d.splits > 1) {
        shared = take_shared (plan, &d);
        all[9] = (VulkanOperand) { &shared, NULL, true };
    }
    DISPATCH_VARIANT (plan, variant, all, *push, (uint64_t) d.columns, (uint64_t) d.rows,
        (uint64_t) d.batch * (uint64_t) d.splits);
}

/* ---- linear layers and products ------------------------------------------------------------- */

void
vk_product (M2fPlan *plan, const VulkanLink *links, int n)
{
    const M2fLinear *args = &links[0].linear;
    struct GemmPush push = {
        .m = (int) m2f_tensor_rows (&args->dst),
        .n = args->dst.ne[3],
        .k = args->src.ne[3],
        .dst_stride = args->dst.stride,
        .src_stride = args->src.stride,
        .weight_stride = args->src.ne[3],
        .addend_stride = args->addend.stride,
        .residual_stride = args->residual.stride,
        .addend_rows = m2f_tensor_present (&args->addend) ? (int) m2f_tensor_rows (&args->addend)
                                                          : 1,
    };
    const VulkanOperand operands[] = {
        { &args->dst, &push.dst, true },
        { &args->src, &push.src },
        { &args->weight, &push.weight },
        { &args->bias, &push.bias },
        { &args->addend, &push.addend },
        { &args->residual, &push.residual },
    };
    const int flags = flag (&args->bias, M2F_HAS_BIAS) | flag (&args->addend, M2F_HAS_ADDEND)
        | flag (&args->residual, M2F_HAS_RESIDUAL);

    multiply (plan, product_variant (PRODUCT (plan, &args->weight, gemm), args->activation, flags,
            &args->src, &args->weight),
        &push, operands, 1, links + 1, n - 1);
}

void
vk_issue_matmul (M2fPlan *plan, const M2fMatmul *args)
{
    struct GemmPush push = {
        .m = args->a.ne[2],
        .n = args->b.ne[2],
        .k = args->a.ne[3],
        .dst_stride = args->dst.stride,
        .src_stride = args->a.stride,
        .weight_stride = args->b.stride,
        .addend_rows = 1,
        .dst_batch = args->dst.stride * args->dst.ne[2],
        .src_batch = args->a.stride * args->a.ne[2],
        .weight_batch = args->b.stride * args->b.ne[2],
        .bias_batch = args->column_bias.stride,
        .row_bias_batch = args->row_bias.stride,
    };
    const VulkanOperand operands[] = {
        { &args->dst, &push.dst, true },
        { &args->a, &push.src },
        { &args->b, &push.weight },
        { &args->column_bias, &push.bias },
        { &args->row_bias, &push.addend },
        { &vk_absent, NULL },
    };
    const int flags
        = flag (&args->column_bias, M2F_HAS_BIAS) | flag (&args->row_bias, M2F_HAS_ROW_BIAS);

    multiply (plan,
        product_variant (VK_SHADER_gemm_f32, M2F_NO_ACTIVATION, flags, &args->a, &args->b), &push,
        operands, args->dst.ne[0], NULL, 0);
}

/* ---- convolutions --------------------------------------------------------------------------- */

/* Both dense convolutions are the same product. */
static void
convolve (M2fPlan *plan, const M2fConv2d *args)
{
    M2fTensor group = args->src; /* what an output reads */
    group.ne[3] = args->weight.ne[1];
    struct ConvPush push = {
        .height = args->dst.ne[1],
        .width = args->dst.ne[2],
        .src_height = args->src.ne[1],
        .src_width = args->src.ne[2],
        .channels = group.ne[3],
        .n = args->dst.ne[3],
        .group = args->dst.ne[3] / (args->src.ne[3] / group.ne[3]),
        .kernel = args->weight.ne[3],
        .step = args->stride,
        .dst_stride = args->dst.stride,
        .src_stride = args->src.stride,
        .addend_stride = args->addend.stride,
    };
    VulkanVariant variant = product_variant (PRODUCT (plan, &args->weight, conv),
        args->activation,
        flag (&args->bias, M2F_HAS_BIAS) | flag (&args->addend, M2F_HAS_ADDEND), &group,
        &args->weight);
    const Division d = divide (vulkan_device (m2f_plan_device (plan)), &variant,
        push.height * push.width, push.n, push.kernel * push.kernel * push.channels,
        args->dst.ne[0]);
    const M2fTensor shared = d.splits > 1 ? take_shared (plan, &d) : vk_absent;
    const VulkanOperand operands[] = {
        { &args->dst, &push.dst, true },
        { &args->src, &push.src },
        { &args->weight, &push.weight },
        { &args->bias, &push.bias },
        { &args->addend, &push.addend },
        { &vk_absent, NULL },
        { &vk_absent, NULL },
        { &vk_absent, NULL },
        { &vk_absent, NULL },
        { d.splits > 1 ? &shared : &args->dst, NULL, true },
    };

    push.splits = d.splits;
    push.split_depth = d.depth;
    variant.constants[11] = half (&args->dst, HALVES_DST) | half (&args->src, HALVES_SRC);
    DISPATCH_VARIANT (plan, variant, operands, push, (uint64_t) d.columns, (uint64_t) d.rows,
        (uint64_t) d.batch * (uint64_t) d.splits);
}

void
vk_conv3x3 (M2fPlan *plan, const M2fConv3x3 *args)
{
    convolve (plan, &(M2fConv2d) { .dst = args->dst, .src = args->src, .weight = args->weight,
                        .bias = args->bias, .stride = 1 });
}

void
vk_conv2d (M2fPlan *plan, const M2fConv2d *args)
{
    convolve (plan, args);
}
