/* Dispatches over tensors that are larger than what a shader may see of a buffer.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Many devices let a binding show 128 MiB, and some layers of large networks make more than that
 * for a large picture.  Products are divided by rows; the other ops are refused when a plan is
 * built.
 */
#include "model/compute/vulkan/recording.h"

#include <string.h>

#include "shaders/push.h"

/* Operands of a linear layer that have a row for every row of the product, by binding: dst, src,
 * residual, the norms.  An addend may have fewer, which are taken in turns. */
static const int by_row[] = { 0, 1, 5, 6, 10 };
#define ADDEND 4

#define MOST_ALIGNMENT 256 /* bytes that may be bound before the first row */

static size_t
row_bytes (const M2fTensor *t)
{
    return (size_t) t->stride * m2f_type_size (t->type);
}

static const M2fTensor *
operand (const VulkanDispatch *d, int binding)
{
    const M2fTensor *t = binding < d->n_operands ? d->operands[binding].tensor : NULL;

    return t && m2f_tensor_present (t) ? t : NULL;
}

/* Number of rows that a part may have: all of them if they fit, 0 if they cannot be divided. */
static int
rows_of_part (const VulkanDispatch *d, const struct GemmPush *p, size_t limit)
{
    const M2fTensor *addend = operand (d, ADDEND);
    int64_t rows = p->m;

    for (guint i = 0; i < G_N_ELEMENTS (by_row); i++) {
        const M2fTensor *t = operand (d, by_row[i]);

        if (t)
            rows = MIN (rows, (int64_t) ((limit - MOST_ALIGNMENT) / row_bytes (t)));
    }
    if (rows == p->m)
        return p->m;
    rows -= rows % PRODUCT_TILE;
    if (addend && p->addend_rows > 1 && p->addend_rows < p->m)
        while (rows > 0 && rows % p->addend_rows)
            rows -= PRODUCT_TILE;
    return (int) MAX (rows, 0);
}

static M2fTensor
part_of (const M2fTensor *t, int first, int rows)
{
    M2fTensor part = *t;

    part.ne[0] = part.ne[1] = 1;
    part.ne[2] = rows;
    part.offset += (size_t) first * row_bytes (t);
    return part;
}

/* Dispatches rows of a product.  The push constants are the dispatch's own, as its operands fill in
 * where they begin. */
static void
dispatch_rows (M2fPlan *plan, const VulkanDispatch *d, struct GemmPush *p, int first, int rows)
{
    VulkanOperand operands[VK_MAX_BINDINGS];
    M2fTensor parts[VK_MAX_BINDINGS];
    VulkanDispatch part = *d;
    const int all = p->m, addend_rows = p->addend_rows;

    memcpy (operands, d->operands, (size_t) d->n_operands * sizeof *operands);
    for (guint i = 0; i < G_N_ELEMENTS (by_row); i++) {
        const int binding = by_row[i];

        if (!operand (d, binding))
            continue;
        parts[binding] = part_of (d->operands[binding].tensor, first, rows);
        operands[binding].tensor = &parts[binding];
    }
    for (int i = 1; i < d->n_operands; i++) /* dst stands in the place of what is not needed */
        if (d->operands[i].tensor == d->operands[0].tensor)
            operands[i].tensor = &parts[0];
    if (operand (d, ADDEND) && p->addend_rows == all && all > 1) {
        parts[ADDEND] = part_of (d->operands[ADDEND].tensor, first, rows);
        operands[ADDEND].tensor = &parts[ADDEND];
        p->addend_rows = rows;
    }
    part.operands = operands;
    part.groups[1] = (uint64_t) divide_up (rows, PRODUCT_TILE);
    p->m = rows;
    vk_dispatch (plan, &part);
    p->m = all;
    p->addend_rows = addend_rows;
}

bool
vk_divide_rows (M2fPlan *plan, const VulkanDispatch *d)
{
    const size_t limit = vulkan_device (m2f_plan_device (plan))->properties.limits
        .maxStorageBufferRange;
    const VulkanShader shader = d->variant.shader;
    struct GemmPush *p = d->push;

    if ((shader != VK_SHADER_gemm_f32 && shader != VK_SHADER_gemm_f16
            && shader != VK_SHADER_gemm_cm) || d->groups[2] > 1)
        return false;
    const int all = p->m, rows = rows_of_part (d, p, limit);
    if (rows == 0 || rows == all)
        return false;
    for (int first = 0; first < all && !m2f_plan_failed (plan); first += rows)
        dispatch_rows (plan, d, p, first, MIN (rows, all - first));
    return true;
}
