/* Products, layer norms and attention are held back until the op that follows is known: some
 * sequences of them are one dispatch: a product with the norms of its rows, or a chain over few
 * rows (shaders/chain.comp).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/vulkan/ops.h"
#include "model/compute/vulkan/recording.h"

/* ---- operands ------------------------------------------------------------------------------- */

const M2fTensor *
vk_link_dst (const VulkanLink *l)
{
    return l->kind == VK_LINK_LINEAR ? &l->linear.dst : l->kind == VK_LINK_NORM ? &l->norm.dst
        : l->kind == VK_LINK_MATMUL ? &l->matmul.dst : &l->attention.dst;
}

const M2fTensor *
vk_link_src (const VulkanLink *l)
{
    return l->kind == VK_LINK_LINEAR ? &l->linear.src : l->kind == VK_LINK_NORM ? &l->norm.src
        : l->kind == VK_LINK_MATMUL ? &l->matmul.a : &l->attention.q;
}

const M2fTensor *
vk_link_residual (const VulkanLink *l)
{
    return l->kind == VK_LINK_LINEAR ? &l->linear.residual : &vk_absent;
}

/* Whether two tensors are the same rows of the same memory. */
static bool
is_same (const M2fTensor *a, const M2fTensor *b)
{
    return a->buffer == b->buffer && a->offset == b->offset && a->stride == b->stride
        && a->ne[3] == b->ne[3] && m2f_tensor_rows (a) == m2f_tensor_rows (b);
}

/* Whether a tensor that one workgroup writes may be read by another: memory is used again as soon
 * as nothing later needs it. */
static bool
overlaps (const M2fTensor *a, const M2fTensor *b)
{
    return m2f_tensor_present (b) && a->buffer == b->buffer
        && a->offset < b->offset + m2f_tensor_extent (b)
        && b->offset < a->offset + m2f_tensor_extent (a);
}

static bool
is_apart_or_same (const M2fTensor *a, const M2fTensor *b)
{
    return is_same (a, b) || !overlaps (a, b);
}

/* ---- a product and norms of its rows -------------------------------------------------------- */

/* Whether what a norm writes is not in the way of the product that it follows. */
static bool
is_apart (const M2fLinear *product, const M2fTensor *normed)
{
    return !overlaps (normed, &product->src) && !overlaps (normed, &product->addend)
        && (is_same (&product->residual, &product->dst) || !overlaps (normed, &product->residual));
}

/* Whether the rows of a product can be normalised as soon as all of their outputs are there. */
static bool
can_join (const M2fLinear *product, const M2fLayerNorm *norm)
{
    return is_same (&product->dst, &norm->src) && norm->src.ne[3] <= PRODUCT_NORM_CHANNELS
        && m2f_tensor_rows (&norm->src) <= (int64_t) PRODUCT_ROWS * PRODUCT_TILE
        && is_apart_or_same (&norm->dst, &product->dst) && is_apart (product, &norm->dst);
}

/* Whether these rows can be normalised once more by the lanes that have them. */
static bool
can_join_again (const M2fLinear *product, const M2fLayerNorm *first, const M2fLayerNorm *second)
{
    return is_same (&first->dst, &second->src) && first->eps == second->eps
        && is_apart_or_same (&second->dst, &first->dst)
        && is_apart_or_same (&second->dst, &product->dst) && is_apart (product, &second->dst);
}

/* Whether links are a product and at most two norms of it. */
static bool
is_product (const VulkanLink *links, int n)
{
    if (n == 0 || n > 3 || links[0].kind != VK_LINK_LINEAR)
        return false;
    for (int i = 1; i < n; i++)
        if (links[i].kind != VK_LINK_NORM)
            return false;
    return (n < 2 || can_join (&links[0].linear, &links[1].norm))
        && (n < 3 || can_join_again (&links[0].linear, &links[1].norm, &links[2].norm));
}

/* ---- issuing -------------------------------------------------------------------------------- */

/* Whether links are a mask's product, the attention that reads it, and a chain behind them. */
static bool
is_masked (M2fPlan *plan, const VulkanLink *links, int n)
{
    return n > 1 && links[0].kind == VK_LINK_MATMUL && links[1].kind == VK_LINK_MERGE
        && vk_is_chain (plan, links + 1, n - 1);
}

static bool
is_one (M2fPlan *plan, const VulkanLink *links, int n)
{
    return is_product (links, n) || is_masked (plan, links, n)
        || (links[0].kind != VK_LINK_MATMUL && vk_is_chain (plan, links, n));
}

static void
issue_alone (M2fPlan *plan, const VulkanLink *link)
{
    if (link->kind == VK_LINK_NORM)
        vk_issue_norm (plan, &link->norm);
    else if (link->kind == VK_LINK_MATMUL)
        vk_issue_matmul (plan, &link->matmul);
    else
        vk_issue_attention (plan, &link->attention);
}

void
vk_issue_held (M2fPlan *plan)
{
    VulkanRecording *r = vk_recording (plan);

    if (!r || r->n_held == 0)
        return;
    const int n = r->n_held;
    r->n_held = 0;
    if (is_product (r->held, n)) {
        vk_product (plan, r->held, n);
    } else if (n == 1) {
        issue_alone (plan, &r->held[0]);
    } else if (r->held[0].kind == VK_LINK_MATMUL) {
        vk_masked_attention (plan, &r->held[0].matmul, &r->held[1].attention);
        vk_chain (plan, r->held + 1, n - 1);
    } else {
        vk_chain (plan, r->held, n);
    }
}

void
vk_hold (M2fPlan *plan, const VulkanLink *link)
{
    VulkanRecording *r = vk_recording (plan);
    VulkanLink *next = &r->held[r->n_held];

    if (m2f_plan_failed (plan))
        return;
    *next = *link;
    if (r->n_held == 1 && r->held[0].kind == VK_LINK_MATMUL && next->kind == VK_LINK_ATTENTION
        && vk_makes_mask (&r->held[0].matmul, &next->attention))
        next->kind = VK_LINK_MERGE;
    if (r->n_held == VK_MAX_LINKS || (r->n_held > 0 && !is_one (plan, r->held, r->n_held + 1)))
        vk_issue_held (plan);
    if (m2f_plan_failed (plan))
        return;
    if (r->n_held == 0)
        r->held[0] = *link;
    r->n_held++;
}

void
vk_linear (M2fPlan *plan, const M2fLinear *args)
{
    vk_hold (plan, &(VulkanLink) { .linear = *args });
}

void
vk_layer_norm (M2fPlan *plan, const M2fLayerNorm *args)
{
    vk_hold (plan, &(VulkanLink) { .kind = VK_LINK_NORM, .norm = *args });
}

void
vk_matmul (M2fPlan *plan, const M2fMatmul *args)
{
    vk_hold (plan, &(VulkanLink) { .kind = VK_LINK_MATMUL, .matmul = *args });
}
