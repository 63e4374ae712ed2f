/* Recording a plan once, replaying it, and the barriers between its dispatches.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vk.h"

#include <string.h>

#define SETS_PER_POOL 256
#define MAX_STAGES 32

/* Bytes of a buffer touched since the last barrier. */
typedef struct Access {
    VkBuffer buffer;
    VkDeviceSize begin, end;
    bool written;
} Access;

/* What a plan keeps: its command buffer and everything that one points at. */
typedef struct Recording {
    VulkanDevice *vk;
    VkCommandPool pool;
    VkCommandBuffer commands;
    VkFence fence;
    VkQueryPool stamps;
    int stages;
    GArray *set_pools;   /* VkDescriptorPool */
    int sets_left;       /* in the last of them */
    GPtrArray *scratch;  /* M2fBuffer */
    GArray *open;        /* Access */
    bool tapped;         /* walked at every run */
    bool complete;
} Recording;

static Recording *
recording_of (M2fPlan *plan)
{
    return *m2f_plan_backend_data (plan);
}

static void
fail (M2fPlan *plan, VkResult result, const char *what)
{
    g_autoptr (GError) error = NULL;

    vk_set_error (vulkan_device (m2f_plan_device (plan)), result, what, &error);
    m2f_plan_fail (plan, error->code, "%s", error->message);
}

/* ---- life ---------------------------------------------------------------------------------- */

static void
recording_clear (Recording *r)
{
    VkDevice device = r->vk->device;

    for (guint i = 0; i < r->set_pools->len; i++)
        vkDestroyDescriptorPool (device, g_array_index (r->set_pools, VkDescriptorPool, i), NULL);
    g_array_set_size (r->set_pools, 0);
    r->sets_left = 0;
    for (guint i = 0; i < r->scratch->len; i++)
        vk_buffer_free (&r->vk->base, r->scratch->pdata[i]);
    g_ptr_array_set_size (r->scratch, 0);
    g_array_set_size (r->open, 0);
    r->stages = 0;
}

void
vk_forget (M2fPlan *plan)
{
    Recording *r = g_steal_pointer (m2f_plan_backend_data (plan));

    if (!r)
        return;
    recording_clear (r);
    vkDestroyQueryPool (r->vk->device, r->stamps, NULL);
    vkDestroyFence (r->vk->device, r->fence, NULL);
    vkDestroyCommandPool (r->vk->device, r->pool, NULL);
    g_array_unref (r->set_pools);
    g_ptr_array_unref (r->scratch);
    g_array_unref (r->open);
    g_free (r);
}

static Recording *
recording_new (M2fPlan *plan, GError **error)
{
    VulkanDevice *vk = vulkan_device (m2f_plan_device (plan));
    Recording *r = g_new0 (Recording, 1);
    const VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT,
        .queueFamilyIndex = vk->family,
    };
    const VkFenceCreateInfo fence = { .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO };
    const VkQueryPoolCreateInfo stamps = {
        .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
        .queryType = VK_QUERY_TYPE_TIMESTAMP,
        .queryCount = MAX_STAGES + 1,
    };

    r->vk = vk;
    r->tapped = m2f_plan_taps (plan);
    r->set_pools = g_array_new (FALSE, FALSE, sizeof (VkDescriptorPool));
    r->scratch = g_ptr_array_new ();
    r->open = g_array_new (FALSE, FALSE, sizeof (Access));
    *m2f_plan_backend_data (plan) = r;
    VK (vk, vkCreateCommandPool (vk->device, &pool, NULL, &r->pool));
    const VkCommandBufferAllocateInfo commands = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = r->pool,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = 1,
    };
    VK (vk, vkAllocateCommandBuffers (vk->device, &commands, &r->commands));
    VK (vk, vkCreateFence (vk->device, &fence, NULL, &r->fence));
    if (vk->ns_per_tick > 0)
        VK (vk, vkCreateQueryPool (vk->device, &stamps, NULL, &r->stamps));
    g_atomic_int_inc (&vk->created);
    return r;

error:
    vk_forget (plan);
    return NULL;
}

/* ---- begin, end ---------------------------------------------------------------------------- */

static void
start_commands (M2fPlan *plan, Recording *r)
{
    const VkCommandBufferBeginInfo info = { .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO };
    VkResult result = vkBeginCommandBuffer (r->commands, &info);

    if (result != VK_SUCCESS) {
        fail (plan, result, "vkBeginCommandBuffer");
        return;
    }
    /* what the host wrote before the submission is visible by the submission itself */
    if (r->stamps && r->stages == 0)
        vkCmdResetQueryPool (r->commands, r->stamps, 0, MAX_STAGES + 1);
}

bool
vk_begin (M2fPlan *plan)
{
    Recording *r = recording_of (plan);
    g_autoptr (GError) error = NULL;

    if (r && r->complete)
        return false;
    if (!r)
        r = recording_new (plan, &error);
    if (!r) {
        m2f_plan_fail (plan, error->code, "%s", error->message);
        return true;
    }
    recording_clear (r);
    start_commands (plan, r);
    return true;
}

static VkResult
submit_and_wait (Recording *r)
{
    VulkanDevice *vk = r->vk;
    const VkSubmitInfo submit = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .commandBufferCount = 1,
        .pCommandBuffers = &r->commands,
    };

    g_mutex_lock (&vk->queue_lock);
    VkResult result = vkQueueSubmit (vk->queue, 1, &submit, r->fence);
    g_mutex_unlock (&vk->queue_lock);
    if (result == VK_SUCCESS)
        result = vkWaitForFences (vk->device, 1, &r->fence, VK_TRUE, UINT64_MAX);
    if (result == VK_SUCCESS)
        result = vkResetFences (vk->device, 1, &r->fence);
    return result;
}

/* Makes every write so far visible to the host and ends the commands. */
static VkResult
finish_commands (Recording *r)
{
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_HOST_READ_BIT,
    };

    vkCmdPipelineBarrier (r->commands,
        VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
        VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier, 0, NULL, 0, NULL);
    return vkEndCommandBuffer (r->commands);
}

void
vk_end (M2fPlan *plan)
{
    Recording *r = recording_of (plan);
    VkResult result = VK_SUCCESS;

    if (!r || m2f_plan_failed (plan))
        return;
    if (!r->complete) {
        if (r->stamps)
            vkCmdWriteTimestamp (r->commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, r->stamps,
                (uint32_t) r->stages);
        result = finish_commands (r);
        r->complete = !r->tapped;
    }
    if (result == VK_SUCCESS)
        result = submit_and_wait (r);
    if (result != VK_SUCCESS)
        fail (plan, result, "submitting a plan");
}

void
vk_flush (M2fPlan *plan)
{
    Recording *r = recording_of (plan);
    VkResult result = finish_commands (r);

    if (result == VK_SUCCESS)
        result = submit_and_wait (r);
    if (result != VK_SUCCESS) {
        fail (plan, result, "submitting part of a plan");
        return;
    }
    g_array_set_size (r->open, 0);
    start_commands (plan, r);
}

/* ---- stages -------------------------------------------------------------------------------- */

void
vk_stage (M2fPlan *plan, int index)
{
    Recording *r = recording_of (plan);

    if (!r->stamps || index >= MAX_STAGES)
        return;
    vkCmdWriteTimestamp (r->commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, r->stamps,
        (uint32_t) index);
    r->stages = index + 1;
}

void
vk_stage_times (M2fPlan *plan, M2fStageTime *stages, int count)
{
    Recording *r = recording_of (plan);
    uint64_t ticks[MAX_STAGES + 1];
    int n = MIN (count, r->stages);

    if (n == 0 || r->tapped
        || vkGetQueryPoolResults (r->vk->device, r->stamps, 0, (uint32_t) n + 1, sizeof ticks,
               ticks, sizeof *ticks, VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT)
            != VK_SUCCESS)
        return;
    for (int i = 0; i < n; i++)
        stages[i].ms = (double) (ticks[i + 1] - ticks[i]) * r->vk->ns_per_tick / 1e6;
}

/* ---- hazards ------------------------------------------------------------------------------- */

static bool
conflicts (const Recording *r, const Access *a)
{
    for (guint i = 0; i < r->open->len; i++) {
        const Access *b = &g_array_index (r->open, Access, i);
        if (a->buffer == b->buffer && (a->written || b->written) && a->begin < b->end
            && b->begin < a->end)
            return true;
    }
    return false;
}

/* One barrier if any of the accesses meets an unsynchronised one, then they are the open ones. */
static void
synchronise (Recording *r, const Access *accesses, int count)
{
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT
            | VK_ACCESS_TRANSFER_WRITE_BIT,
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
    Recording *r = recording_of (plan);
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
new_set (M2fPlan *plan, Recording *r)
{
    VkDescriptorSet set = VK_NULL_HANDLE;
    VkResult result = VK_SUCCESS;

    if (r->sets_left == 0) {
        const VkDescriptorPoolSize size = {
            .type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
            .descriptorCount = SETS_PER_POOL * VK_MAX_BINDINGS,
        };
        const VkDescriptorPoolCreateInfo info = {
            .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
            .maxSets = SETS_PER_POOL,
            .poolSizeCount = 1,
            .pPoolSizes = &size,
        };
        VkDescriptorPool pool;
        result = vkCreateDescriptorPool (r->vk->device, &info, NULL, &pool);
        if (result == VK_SUCCESS) {
            g_array_append_val (r->set_pools, pool);
            r->sets_left = SETS_PER_POOL;
            g_atomic_int_inc (&r->vk->created);
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
        r->sets_left--;
    }
    if (result != VK_SUCCESS)
        fail (plan, result, "vkAllocateDescriptorSets");
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

/* Where the operand's bytes lie and how the shader finds its first element there. */
static VkDescriptorBufferInfo
describe (const VulkanDevice *vk, const VulkanOperand *operand)
{
    const M2fTensor *t = operand->tensor;

    if (!m2f_tensor_present (t))
        return (VkDescriptorBufferInfo) { ((VulkanBuffer *) vk->nothing)->buffer, 0, 64 };

    VulkanBuffer *buffer = (VulkanBuffer *) t->buffer;
    VkDeviceSize alignment = MAX (vk->properties.limits.minStorageBufferOffsetAlignment, 4);
    VkDeviceSize begin = t->offset / alignment * alignment;
    VkDeviceSize size = (t->offset - begin + span (t) + 3) & ~(VkDeviceSize) 3;
    size_t unit = t->type == M2F_F16 ? 1 : m2f_type_size (t->type);

    if (operand->first)
        *operand->first = (int32_t) ((t->offset - begin) / unit);
    return (VkDescriptorBufferInfo) { buffer->buffer, begin, size };
}

void
vk_dispatch (M2fPlan *plan, const VulkanDispatch *d)
{
    Recording *r = recording_of (plan);
    VulkanDevice *vk = r->vk;
    VkDescriptorBufferInfo infos[VK_MAX_BINDINGS];
    VkWriteDescriptorSet writes[VK_MAX_BINDINGS];
    Access accesses[VK_MAX_BINDINGS];
    int n_accesses = 0;

    if (m2f_plan_failed (plan))
        return;
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
        if (m2f_tensor_present (d->operands[i].tensor))
            accesses[n_accesses++] = (Access) { infos[i].buffer, infos[i].offset,
                infos[i].offset + infos[i].range, d->operands[i].written };
    }
    for (int i = 0; i < 3; i++) {
        if (d->groups[i] > vk->properties.limits.maxComputeWorkGroupCount[i]) {
            m2f_plan_fail (plan, M2F_COMPUTE_ERROR_UNSUPPORTED,
                "%s: %" G_GUINT64_FORMAT " workgroups, expected at most %u",
                vk->base.info.name, d->groups[i],
                vk->properties.limits.maxComputeWorkGroupCount[i]);
            return;
        }
    }
    vkUpdateDescriptorSets (vk->device, (uint32_t) d->n_operands, writes, 0, NULL);
    synchronise (r, accesses, n_accesses);
    vkCmdBindPipeline (r->commands, VK_PIPELINE_BIND_POINT_COMPUTE, vk->pipelines[d->shader]);
    vkCmdBindDescriptorSets (r->commands, VK_PIPELINE_BIND_POINT_COMPUTE, vk->layout, 0, 1, &set,
        0, NULL);
    vkCmdPushConstants (r->commands, vk->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
        (uint32_t) d->push_size, d->push);
    vkCmdDispatch (r->commands, (uint32_t) d->groups[0], (uint32_t) d->groups[1],
        (uint32_t) d->groups[2]);
}

void
vk_zero (M2fPlan *plan, const M2fTensor *tensor)
{
    Recording *r = recording_of (plan);
    VulkanBuffer *buffer = (VulkanBuffer *) tensor->buffer;
    const Access access = { buffer->buffer, tensor->offset, tensor->offset + span (tensor), true };

    if (m2f_plan_failed (plan))
        return;
    synchronise (r, &access, 1);
    vkCmdFillBuffer (r->commands, buffer->buffer, access.begin, access.end - access.begin, 0);
}
