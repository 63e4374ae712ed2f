/* Drivers offer cooperative matrices that they emulate, slower than the portable products are, and
 * do not say so: a short trial on shapes of the network tells.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/vulkan/trial.h"

#include "model/compute/ops.h"
#include "model/compute/vulkan/vk.h"

#define RUNS 4 /* of a product; the first compiles its shader */

/* ---- the decision --------------------------------------------------------------------------- */

/* The least time of several runs; 0 if one of them failed. */
static double
least_time (VulkanTimer timer, void *data, int shape, bool cooperative)
{
    double least = timer (data, shape, cooperative);

    for (int i = 1; i < RUNS && least > 0; i++)
        least = MIN (least, timer (data, shape, cooperative));
    return MAX (least, 0);
}

bool
vk_trial_compare (VulkanTimer timer, void *data)
{
    double portable = 0, cooperative = 0;

    for (int i = 0; i < VK_TRIAL_SHAPES; i++) {
        const double without = least_time (timer, data, i, false);
        const double with = least_time (timer, data, i, true);

        if (with <= 0)
            return false;
        portable += without;
        cooperative += with;
    }
    return cooperative < portable;
}

bool
vk_trial_decide (const char *path, const VulkanCacheKey *key, VulkanTimer timer, void *data)
{
    size_t size;
    g_autofree char *kept = vk_cache_file_read (path, key, &size);

    if (kept && size == 1 && (*kept == 0 || *kept == 1))
        return *kept;
    const char worth_while = vk_trial_compare (timer, data);
    vk_cache_file_write (path, key, &worth_while, 1);
    return worth_while;
}

/* ---- products on a device ------------------------------------------------------------------- */

/* Linear layers of Swin-T's third stage, of its second, and of the encoder. */
static const struct {
    int rows, n, k;
} shapes[VK_TRIAL_SHAPES] = { { 576, 1536, 384 }, { 2304, 768, 192 }, { 3024, 256, 256 } };

#define TIMES 4 /* that a run computes the product: starting it takes a time of its own */

typedef struct Product {
    M2fTensor src, weight, dst;
} Product;

static void
multiply (M2fPlan *plan, void *data)
{
    const Product *p = data;

    for (int i = 0; i < TIMES; i++)
        m2f_linear (plan, .dst = p->dst, .src = p->src, .weight = p->weight);
}

/* The plan's first run records it; a run of zeros takes as long as any other. */
static double
run_product (VulkanDevice *vk, Product *p)
{
    double seconds = 0;
    M2fPlan *plan = m2f_plan_new (&vk->base, multiply, p, NULL);

    if (plan && m2f_plan_run (plan, NULL)) {
        const gint64 start = g_get_monotonic_time ();

        if (m2f_plan_run (plan, NULL))
            seconds = (double) (g_get_monotonic_time () - start + 1) / 1e6;
    }
    if (plan)
        m2f_plan_free (&plan);
    return seconds;
}

double
vk_trial_time (void *data, int shape, bool cooperative)
{
    VulkanDevice *vk = data;
    const int rows = shapes[shape].rows, n = shapes[shape].n, k = shapes[shape].k;
    Product p = { 0 };
    g_autofree float *zeros = g_try_new0 (float, (gsize) n * (gsize) k);
    double seconds = 0;

    g_atomic_int_set (&vk->uses_coopmat, cooperative);
    if (zeros
        && m2f_tensor_new (&vk->base, &p.src, "trial", M2F_F32, M2F_SHAPE (1, 1, rows, k), NULL)
        && m2f_tensor_new (&vk->base, &p.dst, "trial", M2F_F32, M2F_SHAPE (1, 1, rows, n), NULL)
        && m2f_tensor_new_weight (&vk->base, &p.weight, "trial", M2F_LINEAR_WEIGHT,
            (const int[4]) { 1, 1, n, k }, zeros, NULL))
        seconds = run_product (vk, &p);
    /* a shader that does not compile is replaced by a portable one */
    if (cooperative && !g_atomic_int_get (&vk->uses_coopmat))
        seconds = 0;
    m2f_tensor_free (&vk->base, &p.src);
    m2f_tensor_free (&vk->base, &p.weight);
    m2f_tensor_free (&vk->base, &p.dst);
    return seconds;
}

void
vk_trial (VulkanDevice *vk)
{
    const VulkanCacheKey key = vk_cache_key (vk);
    g_autofree char *path = g_strconcat (vk->cache_path, "-products", NULL);

    if (!g_atomic_int_get (&vk->uses_coopmat) || vk->is_software)
        return;
    /* the device is about to be given to who opens it; plans need it complete */
    vk->base.fns = &m2f_vulkan_backend;
    vk->base.refs = 1;
    const bool worth_while = vk_trial_decide (path, &key, vk_trial_time, vk);
    g_atomic_int_set (&vk->uses_coopmat, worth_while);
    if (!worth_while)
        g_info ("%s: products are faster without cooperative matrices", vk->base.info.name);
}
