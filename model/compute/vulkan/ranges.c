/* Dispatches over tensors that are larger than what a shader may see of a buffer.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Many devices let a binding show 128 MiB, and some layers of large networks make more than that
 * for a large picture.  Products are divided by rows and window attention by rows of windows; the
 * other ops are refused when a plan is built.
 */
#include "model/compute/vulkan/recording.h"

#include <string.h>

#include "shaders/push.h"

#define MOST_ALIGNMENT 256 /* bytes that may be bound before the first row */

static size_t
row_bytes (const M2fTensor *t)
{
    return (size_t) t->stride * m2f_type_size (t->type);
}

/* ---- products -------------------------------------------------------------------------------- */

/* Operands of a linear layer that have a row for every row of the product, by binding: dst, src,
 * residual, the norms.  An addend may have fewer, which are taken in turns. */
static const int by_row[] = { 0, 1, 5, 6, 10 };
#define ADDEND 4

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
    part.groups[1] = (uint64_t) divide_up (rows, d->variant.constants[8]);
    p->m = rows;
    vk_dispatch (plan, &part);
    p->m = all;
    p->addend_rows = addend_rows;
}

static bool
divide_rows (M2fPlan *plan, const VulkanDispatch *d, size_t limit)
{
    struct GemmPush *p = d->push;

    if (d->groups[2] > 1)
        return false;
    const int all = p->m, rows = rows_of_part (d, p, limit);
    if (rows == 0 || rows == all)
        return false;
    for (int first = 0; first < all && !m2f_plan_failed (plan); first += rows)
        dispatch_rows (plan, d, p, first, MIN (rows, all - first));
    return true;
}

/* ---- window attention ------------------------------------------------------------------------ */

/* Rows of a picture's map. */
static M2fTensor
map_rows (const M2fTensor *t, int picture, int first, int rows)
{
    M2fTensor view = *t;

    view.ne[0] = 1;
    view.ne[1] = rows;
    view.offset += ((size_t) picture * t->ne[1] + first) * t->ne[2] * row_bytes (t);
    return view;
}

/* Dispatches `n` rows of windows.  `qkv` has the rows of the map that they look at. */
static void
dispatch_windows (M2fPlan *plan, const VulkanDispatch *d, const M2fTensor *dst,
    const M2fTensor *qkv, int first_row, int first, int n)
{
    struct WindowPush *p = d->push;
    VulkanOperand operands[VK_MAX_BINDINGS];
    VulkanDispatch part = *d;

    memcpy (operands, d->operands, (size_t) d->n_operands * sizeof *operands);
    operands[0].tensor = dst;
    operands[1].tensor = qkv;
    part.operands = operands;
    part.groups[0] = (uint64_t) n * (uint64_t) p->columns;
    part.groups[2] = 1;
    p->first_window = first * p->columns;
    p->first_row = first_row;
    vk_dispatch (plan, &part);
    p->first_window = p->first_row = 0;
}

/* The last row of windows of a shifted map looks at the map's last rows and at its first ones,
 * which are brought together. */
static void
dispatch_last_windows (M2fPlan *plan, const VulkanDispatch *d, const M2fTensor *dst, int picture)
{
    const struct WindowPush *p = d->push;
    const M2fTensor *qkv = d->operands[1].tensor;
    const int window = (int) d->variant.constants[1], last = p->rows - 1;
    const int first_row = MIN (last * window + p->shift, p->height);
    const int below = p->height - first_row;
    M2fTensor edges = vk_scratch (plan, qkv->type, 1, below + p->shift, p->width, qkv->stride);

    if (m2f_plan_failed (plan))
        return;
    edges.ne[3] = qkv->ne[3];
    const M2fTensor bottom = map_rows (qkv, picture, first_row, below);
    const M2fTensor top = map_rows (qkv, picture, 0, p->shift);
    const M2fTensor top_copy = map_rows (&edges, 0, below, p->shift);
    if (below > 0)
        vk_copy (plan, &edges, &bottom);
    vk_copy (plan, &top_copy, &top);
    dispatch_windows (plan, d, dst, &edges, first_row, last, 1);
}

static bool
divide_windows (M2fPlan *plan, const VulkanDispatch *d, size_t limit)
{
    const struct WindowPush *p = d->push;
    const M2fTensor *dst = d->operands[0].tensor, *qkv = d->operands[1].tensor;
    const int window = (int) d->variant.constants[1], n_rows = p->shift ? p->rows - 1 : p->rows;
    const size_t room = limit - MOST_ALIGNMENT;
    const size_t bytes = (size_t) window * (size_t) p->width * row_bytes (qkv);
    const int n = (int) MIN (room / bytes, (size_t) p->rows);

    if (m2f_tensor_extent (qkv) <= room || n == 0)
        return false;
    for (int picture = 0; picture < qkv->ne[0] && !m2f_plan_failed (plan); picture++) {
        const M2fTensor out = m2f_tensor_batch (*dst, picture);

        for (int i = 0; i < n_rows && !m2f_plan_failed (plan); i += n) {
            const int rows = MIN (n, n_rows - i), first_row = i * window + p->shift;
            const M2fTensor part = map_rows (qkv, picture, first_row,
                MIN (rows * window, p->height - first_row));

            dispatch_windows (plan, d, &out, &part, first_row, i, rows);
        }
        if (p->shift > 0 && !m2f_plan_failed (plan))
            dispatch_last_windows (plan, d, &out, picture);
    }
    return true;
}

bool
vk_divide (M2fPlan *plan, const VulkanDispatch *d)
{
    const size_t limit = vulkan_device (m2f_plan_device (plan))->properties.limits
        .maxStorageBufferRange;

    switch (d->variant.shader) {
    case VK_SHADER_gemm_f32:
    case VK_SHADER_gemm_f16:
    case VK_SHADER_gemm_cm:
        return divide_rows (plan, d, limit);
    case VK_SHADER_window_attention:
        return divide_windows (plan, d, limit);
    default:
        return false;
    }
}
