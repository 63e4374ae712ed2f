/* Recording a plan once and replaying it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/vulkan/recording.h"

#include <string.h>

#define MAX_STAGES 32

void
vk_fail (M2fPlan *plan, VkResult result, const char *what)
{
    g_autoptr (GError) error = NULL;

    vk_set_error (vulkan_device (m2f_plan_device (plan)), result, what, &error);
    m2f_plan_fail (plan, error->code, "%s", error->message);
}

/* ---- life ---------------------------------------------------------------------------------- */

static void
recording_clear (VulkanRecording *r)
{
    VkDevice device = r->vk->device;

    for (guint i = 0; i < r->set_pools->len; i++)
        vkDestroyDescriptorPool (device, g_array_index (r->set_pools, VkDescriptorPool, i), NULL);
    g_array_set_size (r->set_pools, 0);
    r->sets_left = 0;
    for (guint i = 0; i < r->scratch->len; i++)
        vk_buffer_free (&r->vk->base, r->scratch->pdata[i]);
    g_ptr_array_set_size (r->scratch, 0);
    for (guint i = 0; i < r->copies->len; i++)
        vk_buffer_free (&r->vk->base, g_array_index (r->copies, VulkanCopy, i).buffer);
    g_array_set_size (r->copies, 0);
    if (r->source && r->source->copies == r->copies)
        r->source->copies = NULL;
    r->source = NULL;
    g_array_set_size (r->open, 0);
    memset (r->shared, 0, sizeof r->shared);
    r->parts = r->slices = (M2fTensor) { 0 };
    r->next_shared = 0;
    r->n_held = 0;
    r->stages = 0;
}

static void
recording_free (gpointer data)
{
    VulkanRecording *r = data;

    if (!r)
        return;
    vk_settle (r->vk);
    recording_clear (r);
    vkDestroyQueryPool (r->vk->device, r->stamps, NULL);
    vk_ticket_clear (r->vk, &r->done);
    vkDestroyCommandPool (r->vk->device, r->pool, NULL);
    g_array_unref (r->buffers);
    g_array_unref (r->set_pools);
    g_ptr_array_unref (r->scratch);
    g_array_unref (r->open);
    g_array_unref (r->copies);
    g_free (r);
}

void
vk_forget (M2fPlan *plan)
{
    GPtrArray *recordings = g_steal_pointer (m2f_plan_backend_data (plan));

    if (recordings)
        g_ptr_array_unref (recordings);
}

VulkanRecording *
vk_recording (M2fPlan *plan)
{
    const GPtrArray *recordings = *m2f_plan_backend_data (plan);
    guint variant = (guint) m2f_plan_current_variant (plan);

    return recordings && variant < recordings->len ? recordings->pdata[variant] : NULL;
}

static void
keep_recording (M2fPlan *plan, VulkanRecording *recording)
{
    GPtrArray **recordings = (GPtrArray **) m2f_plan_backend_data (plan);
    guint variant = (guint) m2f_plan_current_variant (plan);

    if (!*recordings)
        *recordings = g_ptr_array_new_with_free_func (recording_free);
    if (variant >= (*recordings)->len)
        g_ptr_array_set_size (*recordings, (gint) variant + 1);
    (*recordings)->pdata[variant] = recording;
}

static VulkanRecording *
recording_new (M2fPlan *plan, GError **error)
{
    VulkanDevice *vk = vulkan_device (m2f_plan_device (plan));
    VulkanRecording *r = g_new0 (VulkanRecording, 1);
    const VkCommandPoolCreateInfo pool = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .queueFamilyIndex = vk->family,
    };
    const VkQueryPoolCreateInfo stamps = {
        .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
        .queryType = VK_QUERY_TYPE_TIMESTAMP,
        .queryCount = MAX_STAGES + 1,
    };

    r->vk = vk;
    r->watched = m2f_plan_watched (plan);
    r->buffers = g_array_new (FALSE, FALSE, sizeof (VkCommandBuffer));
    r->set_pools = g_array_new (FALSE, FALSE, sizeof (VkDescriptorPool));
    r->scratch = g_ptr_array_new ();
    r->open = g_array_new (FALSE, FALSE, sizeof (VulkanAccess));
    r->copies = g_array_new (FALSE, FALSE, sizeof (VulkanCopy));
    VK (vk, vkCreateCommandPool (vk->device, &pool, NULL, &r->pool));
    if (!vk_ticket_init (vk, &r->done, error))
        goto error;
    if (vk->ns_per_tick > 0)
        VK (vk, vkCreateQueryPool (vk->device, &stamps, NULL, &r->stamps));
    g_atomic_int_inc (&vk->created);
    keep_recording (plan, r);
    return r;

error:
    recording_free (r);
    return NULL;
}

/* ---- begin, end ---------------------------------------------------------------------------- */

/* Makes the command buffer behind the earlier ones, unless it is there, the current one. */
static VkResult
take_buffer (VulkanRecording *r)
{
    const VkCommandBufferAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = r->pool,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = 1,
    };
    VkCommandBuffer made;
    VkResult result = VK_SUCCESS;

    if (r->earlier == r->buffers->len) {
        result = vkAllocateCommandBuffers (r->vk->device, &info, &made);
        if (result == VK_SUCCESS)
            g_array_append_val (r->buffers, made);
    }
    if (result == VK_SUCCESS)
        r->commands = g_array_index (r->buffers, VkCommandBuffer, r->earlier);
    return result;
}

static VkResult
begin_buffer (VulkanRecording *r)
{
    const VkCommandBufferBeginInfo info = { .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO };
    VkResult result = take_buffer (r);

    r->cost = 0;
    return result == VK_SUCCESS ? vkBeginCommandBuffer (r->commands, &info) : result;
}

void
vk_next_submission (M2fPlan *plan)
{
    VulkanRecording *r = vk_recording (plan);
    VkResult result = vkEndCommandBuffer (r->commands);

    if (r->earlier++ == 0)
        r->first_cost = r->cost;
    if (result == VK_SUCCESS)
        result = begin_buffer (r);
    if (result != VK_SUCCESS)
        vk_fail (plan, result, "recording the next part of a plan");
}

static void
start_commands (M2fPlan *plan, VulkanRecording *r)
{
    VkResult result = vkResetCommandPool (r->vk->device, r->pool, 0);

    r->earlier = 0;
    if (result == VK_SUCCESS)
        result = begin_buffer (r);

    if (result != VK_SUCCESS) {
        vk_fail (plan, result, "starting to record a plan");
        return;
    }
    /* what the host wrote before the submission is visible by the submission itself */
    if (r->stamps && r->stages == 0)
        vkCmdResetQueryPool (r->commands, r->stamps, 0, MAX_STAGES + 1);
}

bool
vk_begin (M2fPlan *plan)
{
    VulkanRecording *r = vk_recording (plan);
    VulkanDevice *vk = vulkan_device (m2f_plan_device (plan));
    VkResult transfer = g_atomic_int_exchange (&vk->transfer_result, VK_SUCCESS);
    g_autoptr (GError) error = NULL;

    if (g_atomic_int_get (&vk->lost))
        transfer = VK_ERROR_DEVICE_LOST;
    if (transfer != VK_SUCCESS) {
        vk_fail (plan, transfer, "copying to or from the device");
        return true;
    }
    if (r && r->complete)
        return false;
    if (!r)
        r = recording_new (plan, &error);
    if (!r) {
        m2f_plan_fail (plan, error->code, "%s", error->message);
        return true;
    }
    recording_clear (r);
    r->pace = vk->pace;
    r->whole_cost = 0;
    start_commands (plan, r);
    return true;
}

/* Makes every write so far visible to the host and to what is submitted later, which may also
 * overwrite what was read, and ends the commands. */
static VkResult
finish_commands (VulkanRecording *r)
{
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_HOST_READ_BIT | VK_ACCESS_SHADER_READ_BIT
            | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT
            | VK_ACCESS_TRANSFER_WRITE_BIT,
    };
    const VkPipelineStageFlags stages
        = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;

    vkCmdPipelineBarrier (r->commands, stages, stages | VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &barrier,
        0, NULL, 0, NULL);
    if (r->earlier == 0)
        r->first_cost = r->cost;
    return vkEndCommandBuffer (r->commands);
}

void
vk_end (M2fPlan *plan)
{
    VulkanRecording *r = vk_recording (plan);

    if (!r || m2f_plan_failed (plan) || r->complete)
        return;
    vk_issue_held (plan);
    if (m2f_plan_failed (plan))
        return;
    if (r->stamps)
        vkCmdWriteTimestamp (r->commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, r->stamps,
            (uint32_t) r->stages);
    VkResult result = finish_commands (r);
    r->complete = result == VK_SUCCESS && !r->watched;
    if (result != VK_SUCCESS)
        vk_fail (plan, result, "recording a plan");
}

void
vk_flush (M2fPlan *plan)
{
    VulkanRecording *r = vk_recording (plan);

    vk_issue_held (plan);
    if (m2f_plan_failed (plan))
        return;
    VkResult result = finish_commands (r);

    if (result == VK_SUCCESS)
        result = vk_run_recording (r);
    if (result != VK_SUCCESS) {
        vk_fail (plan, result, "submitting part of a plan");
        return;
    }
    g_array_set_size (r->open, 0);
    start_commands (plan, r);
}

/* ---- stages -------------------------------------------------------------------------------- */

void
vk_stage (M2fPlan *plan, int index)
{
    VulkanRecording *r = vk_recording (plan);

    vk_issue_held (plan);
    if (!r->stamps || index >= MAX_STAGES)
        return;
    vkCmdWriteTimestamp (r->commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, r->stamps,
        (uint32_t) index);
    r->stages = index + 1;
}

void
vk_stage_times (M2fPlan *plan, M2fStageTime *stages, int count)
{
    VulkanRecording *r = vk_recording (plan);
    uint64_t ticks[MAX_STAGES + 1];
    int n = MIN (count, r->stages);

    if (n == 0 || r->watched
        || vkGetQueryPoolResults (r->vk->device, r->stamps, 0, (uint32_t) n + 1, sizeof ticks,
               ticks, sizeof *ticks, VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT)
            != VK_SUCCESS)
        return;
    for (int i = 0; i < n; i++)
        stages[i].ms = (double) ((ticks[i + 1] - ticks[i]) & r->vk->tick_mask)
            * r->vk->ns_per_tick / 1e6;
}

/* ---- what the host reads ------------------------------------------------------------------- */

void
vk_download (M2fPlan *plan, const M2fTensor *tensor)
{
    VulkanRecording *r = vk_recording (plan);
    VulkanBuffer *source = (VulkanBuffer *) tensor->buffer;
    VulkanCopy copy = { .offset = tensor->offset, .size = m2f_tensor_extent (tensor) };
    g_autoptr (GError) error = NULL;

    vk_issue_held (plan);
    if (source->base.host || r->watched)
        return;
    copy.buffer = vk_buffer_new_readback (&r->vk->base, copy.size, &error);
    if (!copy.buffer) {
        m2f_plan_fail (plan, error->code, "%s", error->message);
        return;
    }
    g_array_append_val (r->copies, copy);
    r->source = source;

    VkBuffer target = ((VulkanBuffer *) copy.buffer)->buffer;
    const VkBufferCopy region = { .srcOffset = copy.offset, .size = copy.size };
    const VulkanAccess accesses[] = {
        { source->buffer, copy.offset, copy.offset + copy.size, false },
        { target, 0, copy.size, true },
    };
    vk_synchronise (r, accesses, (int) G_N_ELEMENTS (accesses));
    vkCmdCopyBuffer (r->commands, source->buffer, target, 1, &region);
}
