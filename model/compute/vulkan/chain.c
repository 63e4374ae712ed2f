/* Chains of attention, linear layers and layer norms over few rows (shaders/chain.comp): whether a
 * sequence of them is one, and its dispatch.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/vulkan/ops.h"
#include "model/compute/vulkan/recording.h"

#include <math.h>

#include "model/compute/work.h"

#define MOST_CHANNELS 768 /* of a result: every workgroup reads all the weights */
#define MOST_PARTS 16     /* of a result that is split */

/* What is bound: a range of the plan's memory, and one of a block with weights. */
typedef struct Bound {
    M2fTensor range;
    size_t begin, end; /* bytes */
} Bound;

/* A chain as it is built. */
typedef struct Chain {
    struct ChainLink links[VK_MAX_LINKS];
    Bound memory, weights;
    const M2fTensor *place[CHAIN_BUFFERS]; /* whose rows are there; NULL if nobody's */
    int parts; /* workgroups that share the outputs of the first link; 1 if it is not split */
} Chain;

/* Adds a tensor to a range; false if it is in another buffer. */
static bool
bind (Bound *bound, const M2fTensor *t)
{
    if (!m2f_tensor_present (t))
        return true;
    if (!bound->range.buffer) {
        bound->range.buffer = t->buffer;
        bound->begin = t->offset;
    }
    bound->begin = MIN (bound->begin, t->offset);
    bound->end = MAX (bound->end, t->offset + m2f_tensor_extent (t));
    return bound->range.buffer == t->buffer;
}

/* The same for rows, which the shader takes in float32. */
static bool
bind_rows (Bound *bound, const M2fTensor *t)
{
    return t->type == M2F_F32 && bind (bound, t);
}

static bool
bind_weight (Bound *bound, const M2fTensor *t)
{
    M2fTensor view = { 0 };

    if (!m2f_tensor_present (t))
        return true;
    if (!vk_block_view (t, &view))
        return false;
    view.stride = view.ne[3]; /* layouts of weights have none */
    return bind (bound, &view);
}

/* Makes the range a tensor of floats. */
static void
finish (Bound *bound)
{
    M2fTensor *t = &bound->range;

    bound->begin -= bound->begin % 16;
    t->type = M2F_F32;
    t->offset = bound->begin;
    for (int i = 0; i < 3; i++)
        t->ne[i] = 1;
    t->ne[3] = t->stride = (int) ((bound->end - bound->begin + 3) / 4);
}

static int
float_index (const Bound *bound, const M2fTensor *t)
{
    return (int) ((t->offset - bound->begin) / sizeof (float));
}

static int
weight_index (const Bound *bound, const M2fTensor *t)
{
    M2fTensor view = { 0 };

    return vk_block_view (t, &view) ? float_index (bound, &view) : 0;
}

/* ---- places in shared memory ---------------------------------------------------------------- */

static bool
overlaps (const M2fTensor *a, const M2fTensor *b)
{
    return m2f_tensor_present (a) && m2f_tensor_present (b) && a->buffer == b->buffer
        && a->offset < b->offset + m2f_tensor_extent (b)
        && b->offset < a->offset + m2f_tensor_extent (a);
}

/* Whether two tensors are the same rows of the same memory. */
static bool
is_same (const M2fTensor *a, const M2fTensor *b)
{
    return a->buffer == b->buffer && a->offset == b->offset && a->stride == b->stride
        && a->ne[3] == b->ne[3];
}

/* Whether link i can read a tensor from memory: workgroups write at different times. */
static bool
is_untouched (const VulkanLink *links, int i, const M2fTensor *t)
{
    for (int j = 0; j < i; j++)
        if (overlaps (t, vk_link_dst (&links[j])))
            return false;
    return true;
}

/* Whether link i writes nothing that a workgroup may have to read later, or to write elsewhere. */
static bool
is_out_of_the_way (const VulkanLink *links, int i)
{
    const M2fTensor *dst = vk_link_dst (&links[i]);

    for (int j = 0; j <= i; j++) {
        const M2fTensor *others[] = { vk_link_dst (&links[j]), vk_link_src (&links[j]),
            vk_link_residual (&links[j]) };

        for (guint k = 0; k < G_N_ELEMENTS (others); k++)
            if (overlaps (dst, others[k]) && !is_same (dst, others[k]))
                return false;
    }
    return true;
}

/* Whether the outputs of the first link are split among workgroups, as the second link reads them
 * and nothing else does so in this chain. */
static bool
is_split (const VulkanLink *links, int n)
{
    const M2fTensor *dst = vk_link_dst (&links[0]);

    return n > 1 && links[0].kind == VK_LINK_LINEAR && links[1].kind == VK_LINK_LINEAR
        && dst->ne[3] > CHAIN_CHANNELS && dst->ne[3] % CHAIN_CHANNELS == 0
        && dst->ne[3] <= CHAIN_CHANNELS * MOST_PARTS && is_same (dst, &links[1].linear.src)
        && links[1].linear.dst.ne[3] <= CHAIN_CHANNELS;
}

/* Whether one of the links from `i` on reads rows that are in shared memory, or would be. */
static bool
is_needed (const VulkanLink *links, int i, int n, const M2fTensor *t)
{
    for (; t && i < n; i++) {
        if (is_same (vk_link_src (&links[i]), t))
            return true;
        if (overlaps (vk_link_dst (&links[i]), t))
            return false;
    }
    return false;
}

/* A place with nothing that a link from `i` on reads, and not `taken`; -1 if there is none. */
static int
find_place (const Chain *c, const VulkanLink *links, int i, int n, int taken)
{
    for (int j = 0; j < CHAIN_BUFFERS; j++)
        if (j != taken && !is_needed (links, i, n, c->place[j]))
            return j;
    return -1;
}

/* Finds a place for what link i reads, if it has none. */
static bool
place_src (Chain *c, const VulkanLink *links, int i, int n)
{
    const M2fTensor *src = vk_link_src (&links[i]);
    struct ChainLink *l = &c->links[i];

    l->src = -1;
    if (links[i].kind == VK_LINK_MERGE)
        return true; /* it reads no rows */
    for (l->from = CHAIN_BUFFERS - 1; l->from >= 0; l->from--)
        if (c->place[l->from] && is_same (c->place[l->from], src))
            return true;
    l->src = 0; /* until all ranges are known */
    l->from = find_place (c, links, i, n, -1);
    if (l->from < 0 || !is_untouched (links, i, src))
        return false;
    c->place[l->from] = src;
    return true;
}

/* Finds a place for what link i makes, if one of the `n` links reads it. */
static bool
place_dst (Chain *c, const VulkanLink *links, int i, int n)
{
    const M2fTensor *dst = vk_link_dst (&links[i]);
    struct ChainLink *l = &c->links[i];

    for (int j = 0; j < CHAIN_BUFFERS; j++)
        if (c->place[j] && overlaps (c->place[j], dst))
            c->place[j] = NULL;
    l->to = -1;
    if (!is_needed (links, i + 1, n, dst))
        return true;
    l->to = find_place (c, links, i + 1, n, l->from);
    if (l->to < 0 || (dst->ne[3] > CHAIN_CHANNELS && (c->parts == 1 || i > 0)))
        return false;
    c->place[l->to] = dst;
    return true;
}

/* Finds places for what link i of `n` reads and makes. */
static bool
place (Chain *c, const VulkanLink *links, int i, int n)
{
    if (!place_src (c, links, i, n))
        return false;
    /* only a part of the outputs of a split layer is there, and only for the next */
    if (c->parts > 1 && i == 1)
        c->place[c->links[i].from] = NULL;
    return place_dst (c, links, i, n);
}

/* ---- links ---------------------------------------------------------------------------------- */

static bool
bind_norm (Chain *c, const M2fLayerNorm *a)
{
    return bind_rows (&c->memory, &a->dst) && bind_rows (&c->memory, &a->src)
        && bind_weight (&c->weights, &a->weight) && bind_weight (&c->weights, &a->bias);
}

static bool
bind_linear (Chain *c, const M2fLinear *a)
{
    M2fTensor view;

    return a->src.ne[3] % CHAIN_DEPTH == 0 && vk_block_view (&a->weight, &view)
        && view.offset % 16 == 0 && bind_rows (&c->memory, &a->dst)
        && bind_rows (&c->memory, &a->src)
        && bind_rows (&c->memory, &a->residual) && bind_weight (&c->weights, &a->weight)
        && bind_weight (&c->weights, &a->bias) && bind_weight (&c->weights, &a->addend);
}

/* Attention to all keys, of which every workgroup reads all. */
static bool
bind_attention (Chain *c, const M2fAttention *a)
{
    const int channels = a->q.ne[3], queries = a->q.ne[2];

    return !m2f_tensor_present (&a->mask) && a->k.ne[2] <= VK_FEW_ROWS
        && CHAIN_CHANNELS % a->heads == 0 && a->heads <= CHAIN_CHANNELS / 2
        && channels / a->heads % 4 == 0 && a->k.offset % 16 == 0 && a->k.stride % 4 == 0
        && (a->q.ne[0] == 1 || queries % CHAIN_ROWS == 0) && bind_rows (&c->memory, &a->dst)
        && bind_rows (&c->memory, &a->q) && bind_rows (&c->memory, &a->k)
        && bind_rows (&c->memory, &a->v);
}

static bool
bind_link (Chain *c, const VulkanLink *l, int i)
{
    switch (l->kind) {
    case VK_LINK_LINEAR:
        return bind_linear (c, &l->linear);
    case VK_LINK_NORM:
        return bind_norm (c, &l->norm);
    case VK_LINK_ATTENTION:
        return i == 0 && bind_attention (c, &l->attention);
    case VK_LINK_MERGE:
        return i == 0 && bind_rows (&c->memory, &l->attention.dst);
    case VK_LINK_MATMUL:
    default:
        return false;
    }
}

/* Whether a link has not too many channels, but where its outputs or inputs are split. */
static bool
fits (const Chain *c, const VulkanLink *l, int i)
{
    return (vk_link_src (l)->ne[3] <= CHAIN_CHANNELS || (c->parts > 1 && i == 1))
        && (vk_link_dst (l)->ne[3] <= MOST_CHANNELS || (c->parts > 1 && i == 0))
        && (l->kind == VK_LINK_LINEAR || vk_link_dst (l)->ne[3] <= CHAIN_CHANNELS);
}

/* Whether a link leaves the keys and values alone, which other workgroups read at any time. */
static bool
spares_keys (const VulkanLink *first, const VulkanLink *l)
{
    return first->kind != VK_LINK_ATTENTION
        || (!overlaps (vk_link_dst (l), &first->attention.k)
            && !overlaps (vk_link_dst (l), &first->attention.v));
}

/* Whether link i reads what one before it makes.  If it need not wait for them, it is better off as
 * a dispatch at their side, whose bindings are in nobody's way. */
static bool
is_linked (const VulkanLink *links, int i)
{
    const M2fTensor *src = vk_link_src (&links[i]);

    for (int j = 0; j < i; j++)
        if (is_same (vk_link_dst (&links[j]), src))
            return true;
    return i == 0;
}

/* Adds link i of `n` to a chain; false if that cannot be. */
static bool
add_link (Chain *c, const VulkanLink *links, int i, int n)
{
    const VulkanLink *l = &links[i];
    const int64_t rows = m2f_tensor_rows (vk_link_dst (l));

    return is_linked (links, i) && rows == m2f_tensor_rows (vk_link_dst (&links[0]))
        && rows <= VK_FEW_ROWS && fits (c, l, i)
        && is_untouched (links, i, vk_link_residual (l)) && is_out_of_the_way (links, i)
        && spares_keys (&links[0], l) && bind_link (c, l, i) && place (c, links, i, n);
}

static bool
build (VulkanDevice *vk, Chain *c, const VulkanLink *links, int n)
{
    *c = (Chain) { .parts = 1 };
    if (is_split (links, n))
        c->parts = vk_link_dst (&links[0])->ne[3] / CHAIN_CHANNELS;
    for (int i = 0; i < n; i++)
        if (!add_link (c, links, i, n))
            return false;

    /* bindings begin at multiples of an alignment of at most 256 */
    const size_t most = vk->properties.limits.maxStorageBufferRange - 256;
    return c->memory.end - c->memory.begin <= most && c->weights.end - c->weights.begin <= most;
}

bool
vk_is_chain (M2fPlan *plan, const VulkanLink *links, int n)
{
    Chain c;

    return build (vulkan_device (m2f_plan_device (plan)), &c, links, n);
}

/* ---- the dispatch --------------------------------------------------------------------------- */

static void
describe_norm (const Chain *c, struct ChainLink *l, const M2fLayerNorm *a)
{
    l->kind = CHAIN_NORM;
    l->weight = weight_index (&c->weights, &a->weight);
    l->bias = weight_index (&c->weights, &a->bias);
    l->eps = a->eps;
}

static void
describe_attention (const Chain *c, struct ChainLink *l, const M2fAttention *a, bool merges)
{
    l->heads = a->heads;
    if (merges) {
        l->kind = CHAIN_MERGE;
        l->n_keys = vk_mask_slices (a);
        return;
    }
    l->kind = CHAIN_ATTENTION;
    l->keys = float_index (&c->memory, &a->k);
    l->keys_stride = a->k.stride;
    l->values = float_index (&c->memory, &a->v);
    l->values_stride = a->v.stride;
    l->n_keys = a->k.ne[2];
    l->queries = a->q.ne[2];
    l->eps = (float) (1 / sqrt ((double) a->q.ne[3] / a->heads));
}

static void
describe_linear (const Chain *c, struct ChainLink *l, const M2fLinear *a)
{
    l->kind = CHAIN_LINEAR;
    l->activation = (int) a->activation;
    l->flags = flag (&a->bias, M2F_HAS_BIAS) | flag (&a->addend, M2F_HAS_ADDEND)
        | flag (&a->residual, M2F_HAS_RESIDUAL) | (a->weight.type == M2F_F16 ? CHAIN_HALVES : 0);
    l->weight = weight_index (&c->weights, &a->weight);
    l->weight_stride = a->src.ne[3];
    if (m2f_tensor_present (&a->bias))
        l->bias = weight_index (&c->weights, &a->bias);
    if (m2f_tensor_present (&a->addend)) {
        l->addend = weight_index (&c->weights, &a->addend);
        l->addend_stride = a->addend.stride;
        l->addend_rows = (int) m2f_tensor_rows (&a->addend);
    }
    if (m2f_tensor_present (&a->residual)) {
        l->residual = float_index (&c->memory, &a->residual);
        l->residual_stride = a->residual.stride;
    }
}

static void
describe_link (const Chain *c, struct ChainLink *l, const VulkanLink *link)
{
    const M2fTensor *src = vk_link_src (link), *dst = vk_link_dst (link);

    l->k = src->ne[3];
    l->n = dst->ne[3];
    if (l->src >= 0) {
        l->src = float_index (&c->memory, src);
        l->src_stride = src->stride;
    }
    l->dst = float_index (&c->memory, dst);
    l->dst_stride = dst->stride;
    if (link->kind == VK_LINK_NORM)
        describe_norm (c, l, &link->norm);
    else if (link->kind == VK_LINK_LINEAR)
        describe_linear (c, l, &link->linear);
    else
        describe_attention (c, l, &link->attention, link->kind == VK_LINK_MERGE);
}

/* Makes the links' description, and leaves it in device memory. */
static M2fTensor
write_program (M2fPlan *plan, Chain *c, const VulkanLink *links, int n)
{
    M2fTensor program = vk_scratch (plan, M2F_I32, 1, 1, n, sizeof *c->links / sizeof (int));

    for (int i = 0; i < n; i++)
        describe_link (c, &c->links[i], &links[i]);
    if (c->parts > 1) {
        c->links[0].flags |= M2F_IS_SPLIT;
        c->links[0].n = c->links[1].k = CHAIN_CHANNELS;
        c->links[1].kind = CHAIN_GATHER;
    }
    if (m2f_tensor_present (&program))
        vk_write (m2f_plan_device (plan), &program, c->links);
    return program;
}

/* What a link computes, reads and writes; rows that are in shared memory are not read. */
static VulkanWork
work_of (const VulkanLink *link, const struct ChainLink *l)
{
    const M2fWork work = link->kind == VK_LINK_LINEAR ? m2f_work_linear (&link->linear)
        : link->kind == VK_LINK_NORM                  ? m2f_work_layer_norm (&link->norm)
                                                      : m2f_work_attention (&link->attention);
    const int64_t rows = m2f_tensor_rows (vk_link_dst (link));
    const double row_bytes = (double) rows * sizeof (float);

    if (link->kind == VK_LINK_MERGE) { /* the rest is mask_attention.comp's */
        const double numbers = (double) l->n_keys * (l->n + 3 * l->heads);
        return (VulkanWork) { 2 * (double) rows * numbers, row_bytes * (numbers + l->n) };
    }
    return (VulkanWork) { work.flops,
        work.bytes - (l->src < 0 ? row_bytes * vk_link_src (link)->ne[3] : 0) };
}

/* The work of all links, and what a split layer leaves for its last workgroup. */
static VulkanWork
count_work (const Chain *c, const VulkanLink *links, int n, int rows)
{
    VulkanWork all = { 0 };

    for (int i = 0; i < n; i++) {
        const VulkanWork work = work_of (&links[i], &c->links[i]);
        all.flops += work.flops;
        all.bytes += work.bytes;
    }
    if (c->parts > 1)
        all.bytes += 2.0 * rows * c->parts * c->links[1].n * sizeof (float);
    return all;
}

/* The scratch of a chain, which those that follow use again, or the slices that it merges; in the
 * place of one that is not needed stands the memory of the rows, which is written anyway. */
static M2fTensor
take_parts (M2fPlan *plan, const Chain *c, int groups)
{
    M2fTensor *parts = &vk_recording (plan)->parts;
    const int n = 4 * ((groups + 3) / 4 + groups * c->parts * CHAIN_CHANNELS);

    if (c->links[0].kind == CHAIN_MERGE)
        return vk_recording (plan)->slices;
    if (c->parts == 1)
        return c->memory.range;
    if (!m2f_tensor_present (parts) || parts->ne[3] < n)
        *parts = vk_scratch (plan, M2F_I32, 1, 1, 1, n);
    return *parts;
}

void
vk_chain (M2fPlan *plan, const VulkanLink *links, int n)
{
    Chain c;

    if (!build (vulkan_device (m2f_plan_device (plan)), &c, links, n))
        return; /* it could when the links were held */
    finish (&c.memory);
    finish (&c.weights);
    const int rows = (int) m2f_tensor_rows (vk_link_dst (&links[0]));
    const int groups = (int) divide_up (rows, CHAIN_ROWS);
    M2fTensor program = write_program (plan, &c, links, n), parts = take_parts (plan, &c, groups);
    struct ChainPush push = { .rows = rows, .links = n };
    const VulkanOperand operands[] = {
        { &c.memory.range, &push.memory, true },
        { &c.weights.range, &push.weights },
        { &program, &push.first },
        { &parts, &push.scratch, true },
    };

    vk_dispatch (plan, &(VulkanDispatch) { .variant = { .shader = VK_SHADER_chain },
                           .operands = operands,
                           .n_operands = (int) G_N_ELEMENTS (operands),
                           .push = &push,
                           .push_size = sizeof push,
                           .groups = { (uint64_t) groups, (uint64_t) c.parts, 1 },
                           .work = count_work (&c, links, n, rows) });
}
