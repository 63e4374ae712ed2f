/* Dispatches into a recording, and the barriers between them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/vulkan/recording.h"

#include <string.h>

#define SETS_IN_FIRST_POOL 16 /* post-processing needs no more */
#define SETS_PER_POOL 256

/* ---- hazards ------------------------------------------------------------------------------- */

static bool
conflicts (const VulkanRecording *r, const VulkanAccess *a)
{
    for (guint i = 0; i < r->open->len; i++) {
        const VulkanAccess *b = &g_array_index (r->open, VulkanAccess, i);
        if (a->buffer == b->buffer && (a->written || b->written) && a->begin < b->end
            && b->begin < a->end)
            return true;
    }
    return false;
}

void
vk_synchronise (VulkanRecording *r, const VulkanAccess *accesses, int count)
{
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT
            | VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
    };
    const VkPipelineStageFlags stages
        = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
    bool hazard = false;

    for (int i = 0; i < count && !hazard; i++)
        hazard = conflicts (r, &accesses[i]);
    if (hazard) {
        vkCmdPipelineBarrier (r->commands, stages, stages, 0, 1, &barrier, 0, NULL, 0, NULL);
        g_array_set_size (r->open, 0);
    }
    g_array_append_vals (r->open, accesses, (guint) count);
}

/* ---- dispatches ---------------------------------------------------------------------------- */

M2fTensor
vk_scratch (M2fPlan *plan, M2fType type, int n0, int n1, int n2, int n3)
{
    VulkanRecording *r = vk_recording (plan);
    g_autoptr (GError) error = NULL;
    M2fTensor t = { .type = type, .ne = { n0, n1, n2, n3 }, .stride = n3, .name = "scratch" };
    size_t size = m2f_shape_size (type, t.ne);

    t.buffer = size ? vk_buffer_new (&r->vk->base, size, &error) : NULL;
    if (!t.buffer) {
        m2f_plan_fail (plan, M2F_COMPUTE_ERROR_OUT_OF_MEMORY, "%.1f MB of scratch: %s",
            (double) size / 1e6, error ? error->message : "too large");
        return (M2fTensor) { 0 };
    }
    g_ptr_array_add (r->scratch, t.buffer);
    return t;
}

static VkDescriptorSet
new_set (M2fPlan *plan, VulkanRecording *r)
{
    VkDescriptorSet set = VK_NULL_HANDLE;
    VkResult result = VK_SUCCESS;

    if (r->sets_left == 0) {
        const uint32_t n = r->set_pools->len == 0 ? SETS_IN_FIRST_POOL : SETS_PER_POOL;
        const VkDescriptorPoolSize size = {
            .type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .descriptorCount = n * VK_MAX_BINDINGS,
        };
        const VkDescriptorPoolCreateInfo info = {
            .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
            .maxSets = n,
            .poolSizeCount = 1,
            .pPoolSizes = &size,
        };
        VkDescriptorPool pool;
        result = vkCreateDescriptorPool (r->vk->device, &info, NULL, &pool);
        if (result == VK_SUCCESS) {
            g_array_append_val (r->set_pools, pool);
            r->sets_left = (int) n;
        }
    }
    if (result == VK_SUCCESS) {
        const VkDescriptorSetAllocateInfo info = {
            .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
            .descriptorPool = g_array_index (r->set_pools, VkDescriptorPool, r->set_pools->len - 1),
            .descriptorSetCount = 1,
            .pSetLayouts = &r->vk->set_layout,
        };
        result = vkAllocateDescriptorSets (r->vk->device, &info, &set);
        g_atomic_int_inc (&r->vk->created);
        r->sets_left--;
    }
    if (result != VK_SUCCESS)
        vk_fail (plan, result, "vkAllocateDescriptorSets");
    return set;
}

/* Bytes from the tensor's first element to behind its last, in whole words. */
static VkDeviceSize
span (const M2fTensor *t)
{
    size_t elements = t->layout == M2F_PLAIN
        ? (size_t) (m2f_tensor_rows (t) - 1) * (size_t) t->stride + (size_t) t->ne[3]
        : (size_t) m2f_tensor_rows (t) * (size_t) t->ne[3];

    return (elements * m2f_type_size (t->type) + 3) & ~(size_t) 3;
}

/* The range of the buffer to bind for an operand; it begins at or before the first element. */
static VkDescriptorBufferInfo
describe (const VulkanDevice *vk, const VulkanOperand *operand)
{
    const M2fTensor *t = operand->tensor;

    if (!m2f_tensor_present (t))
        return (VkDescriptorBufferInfo) { ((VulkanBuffer *) vk->null_buffer)->buffer, 0, 64 };

    VulkanBuffer *buffer = (VulkanBuffer *) t->buffer;
    /* shaders that read four floats at once need those aligned */
    VkDeviceSize alignment = MAX (vk->properties.limits.minStorageBufferOffsetAlignment, 16);
    VkDeviceSize begin = t->offset / alignment * alignment;
    VkDeviceSize size = (t->offset - begin + span (t) + 3) & ~(VkDeviceSize) 3;
    size_t unit = m2f_type_size (t->type);

    if (operand->first)
        *operand->first = (int32_t) ((t->offset - begin) / unit);
    return (VkDescriptorBufferInfo) { buffer->buffer, begin, size };
}

static bool
check_groups (M2fPlan *plan, const VulkanDevice *vk, const uint64_t groups[3])
{
    const uint32_t *most = vk->properties.limits.maxComputeWorkGroupCount;

    for (int i = 0; i < 3; i++)
        if (groups[i] > most[i]) {
            m2f_plan_fail (plan, M2F_COMPUTE_ERROR_UNSUPPORTED,
                "%s: %" G_GUINT64_FORMAT " workgroups, expected at most %u", vk->base.info.name,
                groups[i], most[i]);
            return false;
        }
    return true;
}

static void
bind (VulkanRecording *r, const VulkanDispatch *d, VkPipeline pipeline, VkDescriptorSet set)
{
    const VkPipelineLayout layout = r->vk->layout;
    uint8_t push[VK_PUSH_BYTES] = { 0 }; /* all that the layout has are to be set */

    memcpy (push, d->push, d->push_size);
    vkCmdBindPipeline (r->commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
    vkCmdBindDescriptorSets (r->commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1, &set, 0,
        NULL);
    vkCmdPushConstants (r->commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof push, push);
}

/* Divides the workgroups among as many submissions as the cost asks for.  What they compute does
 * not tell the parts from the whole: numbers of workgroups begin where they would, and those along
 * an axis that is followed by others of more than one group stay complete, as flat_group() and the
 * products in parts count them. */
static void
dispatch_parts (M2fPlan *plan, const VulkanDispatch *d, VkPipeline pipeline, VkDescriptorSet set,
    int parts)
{
    const uint32_t x = (uint32_t) d->groups[0], y = (uint32_t) d->groups[1];
    const uint32_t z = (uint32_t) d->groups[2];
    const uint32_t n_z = MIN ((uint32_t) parts, z), n_y = MIN ((uint32_t) parts / n_z, y);
    const uint32_t n_x = y > 1 || z > 1 ? 1 : MIN ((uint32_t) parts, x);

    for (uint32_t i = 0; i < n_x * n_y * n_z && !m2f_plan_failed (plan); i++) {
        VulkanRecording *r = vk_recording (plan);
        const uint32_t at[] = { i % n_x, i / n_x % n_y, i / n_x / n_y };
        const uint32_t from[] = { x * (uint64_t) at[0] / n_x, y * (uint64_t) at[1] / n_y,
            z * (uint64_t) at[2] / n_z };
        const uint32_t to[] = { x * (uint64_t) (at[0] + 1) / n_x,
            y * (uint64_t) (at[1] + 1) / n_y, z * (uint64_t) (at[2] + 1) / n_z };

        if (i > 0)
            vk_next_submission (plan);
        if (m2f_plan_failed (plan))
            return;
        bind (r, d, pipeline, set);
        vkCmdDispatchBase (r->commands, from[0], from[1], from[2], to[0] - from[0],
            to[1] - from[1], to[2] - from[2]);
    }
}

/* Records a dispatch, whose operands have been described, in a submission that has time for it. */
static void
record (M2fPlan *plan, const VulkanDispatch *d, VkPipeline pipeline, VkDescriptorSet set,
    VkDeviceSize bytes)
{
    VulkanRecording *r = vk_recording (plan);
    const double cost = vk_cost (r, d, bytes);
    const int parts = vk_cost_parts (r, d, cost);

    if (vk_cost_ends (r, cost))
        vk_next_submission (plan);
    if (m2f_plan_failed (plan))
        return;
    r->whole_cost += cost;
    r->cost += cost / parts;
    if (parts > 1) {
        dispatch_parts (plan, d, pipeline, set, parts);
        return;
    }
    bind (r, d, pipeline, set);
    vkCmdDispatch (r->commands, (uint32_t) d->groups[0], (uint32_t) d->groups[1],
        (uint32_t) d->groups[2]);
}

void
vk_dispatch (M2fPlan *plan, const VulkanDispatch *d)
{
    VulkanRecording *r = vk_recording (plan);
    VulkanDevice *vk = r->vk;
    VkDescriptorBufferInfo infos[VK_MAX_BINDINGS];
    VkWriteDescriptorSet writes[VK_MAX_BINDINGS];
    VulkanAccess accesses[VK_MAX_BINDINGS];
    VkDeviceSize bytes = 0;
    int n_accesses = 0;

    g_autoptr (GError) error = NULL;

    vk_issue_held (plan);
    if (m2f_plan_failed (plan) || vk_divide (plan, d))
        return;
    VkPipeline pipeline = vk_pipeline (vk, &d->variant, &error);
    if (!pipeline) {
        m2f_plan_fail (plan, error->code, "%s", error->message);
        return;
    }
    VkDescriptorSet set = new_set (plan, r);
    if (!set)
        return;
    for (int i = 0; i < d->n_operands; i++) {
        infos[i] = describe (vk, &d->operands[i]);
        writes[i] = (VkWriteDescriptorSet) {
            .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
            .dstSet = set,
            .dstBinding = (uint32_t) i,
            .descriptorCount = 1,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .pBufferInfo = &infos[i],
        };
        if (infos[i].range > vk->properties.limits.maxStorageBufferRange) {
            g_autofree char *what = m2f_tensor_describe (d->operands[i].tensor);
            m2f_plan_fail (plan, M2F_COMPUTE_ERROR_UNSUPPORTED,
                "%s: %s is larger than the %u MB a shader may see", vk->base.info.name, what,
                vk->properties.limits.maxStorageBufferRange >> 20);
            return;
        }
        if (i == 0 || d->operands[i].tensor != d->operands[0].tensor) /* dst may be a stand-in */
            bytes += infos[i].range;
        if (m2f_tensor_present (d->operands[i].tensor))
            accesses[n_accesses++] = (VulkanAccess) { infos[i].buffer, infos[i].offset,
                infos[i].offset + infos[i].range, d->operands[i].written };
    }
    if (!check_groups (plan, vk, d->groups))
        return;
    vkUpdateDescriptorSets (vk->device, (uint32_t) d->n_operands, writes, 0, NULL);
    vk_synchronise (r, accesses, n_accesses);
    record (plan, d, pipeline, set, bytes);
}

void
vk_copy (M2fPlan *plan, const M2fTensor *dst, const M2fTensor *src)
{
    VulkanRecording *r = vk_recording (plan);
    const VkBuffer from = ((VulkanBuffer *) src->buffer)->buffer;
    const VkBuffer to = ((VulkanBuffer *) dst->buffer)->buffer;
    const VkBufferCopy region = { src->offset, dst->offset, m2f_tensor_extent (src) };
    const VulkanAccess accesses[] = {
        { from, region.srcOffset, region.srcOffset + region.size, false },
        { to, region.dstOffset, region.dstOffset + region.size, true },
    };

    vk_issue_held (plan);
    if (m2f_plan_failed (plan))
        return;
    vk_synchronise (r, accesses, (int) G_N_ELEMENTS (accesses));
    vkCmdCopyBuffer (r->commands, from, to, 1, &region);
}

void
vk_zero (M2fPlan *plan, const M2fTensor *tensor)
{
    VulkanRecording *r = vk_recording (plan);
    VulkanBuffer *buffer = (VulkanBuffer *) tensor->buffer;
    const VulkanAccess access
        = { buffer->buffer, tensor->offset, tensor->offset + span (tensor), true };

    vk_issue_held (plan);
    if (m2f_plan_failed (plan))
        return;
    vk_synchronise (r, &access, 1);
    vkCmdFillBuffer (r->commands, buffer->buffer, access.begin, access.end - access.begin, 0);
}
