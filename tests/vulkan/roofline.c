/* Predicts how long GPUs take for a frame.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A dispatch takes the longest of three times: its bytes at the bandwidth of the memory, its
 * operations at the rate that the instructions of its shader allow, and what one workgroup takes
 * alone, as a GPU is no faster with fewer workgroups.  Starting it and the barriers come on top.
 */
#include "tests/vulkan/roofline.h"

#include <stdio.h>

typedef enum Kind {
    PRODUCT,  /* with half-precision weights: cooperative matrices where the GPU has them */
    PRODUCT_F32,
    ATTENTION,
    MASKED,   /* attention with the product of its mask */
    SAMPLING, /* deformable attention */
    CHAIN,
    OTHER,
    N_KINDS
} Kind;

static const char *const kind_names[N_KINDS] = { "products", "fp32 products", "attention",
    "masked attention", "sampling", "chains", "others" };

typedef struct RooflineDispatch {
    Kind kind;
    double flops, bytes, groups;
    double tile; /* outputs of a product's workgroup */
} RooflineDispatch;

/* What is assumed of a GPU.  A workgroup of a product goes through k in slabs one after another; of
 * another kind it makes so many operations in a cycle. */
typedef struct Gpu {
    const char *name;
    double bytes_per_second, clock, dispatch, barrier, least; /* seconds; of any dispatch */
    double flops_per_second[N_KINDS];
    double slab_cycles[2];       /* of PRODUCT, 32 deep, and PRODUCT_F32, 16 deep; 0: not known */
    double alone_flops[N_KINDS]; /* in a cycle; 0: not known */
} Gpu;

static const Gpu gpus[] = {
    /* 132 multiprocessors at 1.7 GHz, 2.2 instructions in a cycle each; 3.2 instructions for a key
     * and channel of attention, 14 for a sample and channel; products at a fifth of the peak */
    { "an H100", 2.8e12, 1.7e9, 1.2e-6, 1.8e-6, 1.5e-6,
        { [PRODUCT] = 200e12, [PRODUCT_F32] = 25e12, [ATTENTION] = 20e12, [MASKED] = 15e12,
            [SAMPLING] = 10e12, [CHAIN] = 15e12, [OTHER] = 10e12 },
        { 500, 700 }, { [ATTENTION] = 64, [MASKED] = 150, [CHAIN] = 128 } },
    /* 96 compute units at 2.3 GHz; products at a third of the peak */
    { "a Radeon RX 7900 XTX", 0.8e12, 2.3e9, 2e-6, 3e-6, 2e-6,
        { [PRODUCT] = 40e12, [PRODUCT_F32] = 12e12, [ATTENTION] = 10e12, [MASKED] = 8e12,
            [SAMPLING] = 5e12, [CHAIN] = 8e12, [OTHER] = 5e12 },
        { 900, 900 }, { [ATTENTION] = 64, [MASKED] = 150, [CHAIN] = 128 } },
    /* an integrated one at 2 TFLOP/s in fp32, without matrices: products at 40 %, attention at 14 %
     * of that, the rest at 10 % */
    { "an Intel Xe of 96 units", 50e9, 1.3e9, 5e-6, 0, 0,
        { [PRODUCT] = 0.8e12, [PRODUCT_F32] = 0.8e12, [ATTENTION] = 0.28e12, [MASKED] = 0.28e12,
            [SAMPLING] = 0.2e12, [CHAIN] = 0.28e12, [OTHER] = 0.2e12 },
        { 0 }, { 0 } },
};

static Kind
kind_of (VulkanShader shader)
{
    switch (shader) {
    case VK_SHADER_gemm_f16:
    case VK_SHADER_gemm_cm:
    case VK_SHADER_conv_f16:
    case VK_SHADER_conv_cm:
        return PRODUCT;
    case VK_SHADER_gemm_f32:
    case VK_SHADER_conv_f32:
        return PRODUCT_F32;
    case VK_SHADER_attention:
    case VK_SHADER_window_attention:
        return ATTENTION;
    case VK_SHADER_mask_attention:
        return MASKED;
    case VK_SHADER_deform_attention:
        return SAMPLING;
    case VK_SHADER_chain:
        return CHAIN;
    default:
        return OTHER;
    }
}

void
roofline_start (Roofline *roofline, VulkanDevice *vk)
{
    *roofline = (Roofline) { .vk = vk, .before = vk->recorded,
        .dispatches = g_array_new (FALSE, FALSE, sizeof (RooflineDispatch)) };
}

void
roofline_clear (Roofline *roofline)
{
    g_clear_pointer (&roofline->dispatches, g_array_unref);
}

/* The variant of a pipeline; NULL if the device has no such pipeline. */
static const VulkanVariant *
find_variant (const Roofline *roofline)
{
    GHashTableIter iter;
    gpointer pipeline;

    g_hash_table_iter_init (&iter, roofline->vk->pipelines);
    while (g_hash_table_iter_next (&iter, NULL, &pipeline))
        if (((const VulkanPipeline *) pipeline)->pipeline == roofline->bound)
            return &((const VulkanPipeline *) pipeline)->variant;
    return NULL;
}

void
roofline_add (Roofline *roofline, uint32_t workgroups)
{
    const VulkanWork now = roofline->vk->recorded;
    const VulkanVariant *variant = find_variant (roofline);
    const RooflineDispatch d = {
        .kind = variant ? kind_of (variant->shader) : OTHER,
        .flops = now.flops - roofline->before.flops,
        .bytes = now.bytes - roofline->before.bytes,
        .groups = workgroups,
        .tile = variant ? (double) variant->constants[8] * variant->constants[9] : 0,
    };

    g_array_append_val (roofline->dispatches, d);
    roofline->before = now;
}

/* Seconds that one workgroup of a dispatch takes. */
static double
time_alone (const Gpu *gpu, const RooflineDispatch *d)
{
    const double flops = d->flops / d->groups;

    if (d->kind == PRODUCT || d->kind == PRODUCT_F32) {
        const double depth = d->kind == PRODUCT ? 32 : 16;
        return flops / (2 * d->tile * depth) * gpu->slab_cycles[d->kind] / gpu->clock;
    }
    return gpu->alone_flops[d->kind] > 0 ? flops / gpu->alone_flops[d->kind] / gpu->clock : 0;
}

static double
time_of (const Gpu *gpu, const RooflineDispatch *d)
{
    const double computing = d->flops / gpu->flops_per_second[d->kind];
    const double moving = d->bytes / gpu->bytes_per_second;

    return MAX (MAX (computing, moving), MAX (time_alone (gpu, d), gpu->least));
}

static void
print_gpu (const Roofline *roofline, const Gpu *gpu, const char *name, int barriers)
{
    const double dispatches = roofline->dispatches->len * gpu->dispatch;
    double times[N_KINDS] = { 0 }, total = dispatches + barriers * gpu->barrier;

    for (guint i = 0; i < roofline->dispatches->len; i++) {
        const RooflineDispatch *d = &g_array_index (roofline->dispatches, RooflineDispatch, i);
        times[d->kind] += time_of (gpu, d);
        total += time_of (gpu, d);
    }
    printf ("%s: predicted to take %.2f ms on %s (starting %.2f, barriers %.2f",
        name, 1e3 * total, gpu->name, 1e3 * dispatches, 1e3 * barriers * gpu->barrier);
    for (int i = 0; i < N_KINDS; i++)
        if (times[i] > 0)
            printf (", %s %.2f", kind_names[i], 1e3 * times[i]);
    printf (")\n");
}

void
roofline_print (const Roofline *roofline, const char *name, int barriers)
{
    for (guint i = 0; i < G_N_ELEMENTS (gpus); i++)
        print_gpu (roofline, &gpus[i], name, barriers);
    fflush (stdout);
}
