/* The queue: submissions, and waiting for them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One timeline semaphore of the device tells which submissions are done: every last one of a call
 * gets the next value.  Without it every ticket has a fence.
 */
#include "model/compute/vulkan/vk.h"

void
vk_queue_choose (VulkanDevice *vk)
{
    VkPhysicalDeviceTimelineSemaphoreFeatures timeline
        = { .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES };
    VkPhysicalDeviceFeatures2 features = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
        .pNext = &timeline,
    };

    vkGetPhysicalDeviceFeatures2 (vk->physical, &features);
    vk->has_timeline = timeline.timelineSemaphore
        && g_strcmp0 (g_getenv ("M2F_VULKAN_WAIT"), "fences") != 0;
}

bool
vk_queue_init (VulkanDevice *vk, GError **error)
{
    const VkSemaphoreTypeCreateInfo type = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
        .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE,
    };
    const VkSemaphoreCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
        .pNext = &type,
    };

    if (vk->has_timeline)
        VK (vk, vkCreateSemaphore (vk->device, &info, NULL, &vk->timeline));
    return true;

error:
    return false;
}

/* ---- tickets -------------------------------------------------------------------------------- */

bool
vk_ticket_init (VulkanDevice *vk, VulkanTicket *ticket, GError **error)
{
    const VkFenceCreateInfo info = { .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO };

    if (!vk->has_timeline)
        VK (vk, vkCreateFence (vk->device, &info, NULL, &ticket->fence));
    return true;

error:
    return false;
}

void
vk_ticket_clear (VulkanDevice *vk, VulkanTicket *ticket)
{
    vkDestroyFence (vk->device, ticket->fence, NULL);
    *ticket = (VulkanTicket) { 0 };
}

/* ---- submitting ----------------------------------------------------------------------------- */

static VkResult
wait_idle (VulkanDevice *vk)
{
    g_mutex_lock (&vk->queue_lock);
    VkResult result = vkDeviceWaitIdle (vk->device);
    g_mutex_unlock (&vk->queue_lock);
    return result;
}

void
vk_settle (VulkanDevice *vk)
{
    if (g_atomic_int_get (&vk->lost))
        wait_idle (vk);
}

/* Lets the queue have the submission that a ticket is for.  Called with the queue's lock held. */
static VkResult
submit_last (VulkanDevice *vk, VkSubmitInfo last, VulkanTicket *ticket)
{
    const uint64_t value = vk->submitted + 1;
    const VkTimelineSemaphoreSubmitInfo values = {
        .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
        .signalSemaphoreValueCount = 1,
        .pSignalSemaphoreValues = &value,
    };

    if (!vk->has_timeline)
        return vkQueueSubmit (vk->queue, 1, &last, ticket->fence);
    last.pNext = &values;
    last.signalSemaphoreCount = 1;
    last.pSignalSemaphores = &vk->timeline;
    VkResult result = vkQueueSubmit (vk->queue, 1, &last, VK_NULL_HANDLE);
    if (result == VK_SUCCESS)
        ticket->value = vk->submitted = value;
    return result;
}

/* Lets the queue have submissions one by one.  Nothing is at work when it has failed. */
static VkResult
submit_each (VulkanDevice *vk, const VkSubmitInfo *submissions, uint32_t n, VulkanTicket *ticket)
{
    VkResult result = VK_SUCCESS;
    uint32_t i = 0;

    g_mutex_lock (&vk->queue_lock);
    for (; i < n && result == VK_SUCCESS; i++)
        result = i < n - 1 ? vkQueueSubmit (vk->queue, 1, &submissions[i], VK_NULL_HANDLE)
                           : submit_last (vk, submissions[i], ticket);
    g_mutex_unlock (&vk->queue_lock);
    if (result != VK_SUCCESS && i > 1 && wait_idle (vk) != VK_SUCCESS)
        result = VK_ERROR_DEVICE_LOST;
    return result;
}

static VkResult
note_loss (VulkanDevice *vk, VkResult result)
{
    if (result == VK_ERROR_DEVICE_LOST || result == VK_TIMEOUT)
        g_atomic_int_set (&vk->lost, 1);
    return result;
}

VkResult
vk_submit (VulkanDevice *vk, const VkSubmitInfo *submissions, uint32_t n, VulkanTicket *ticket)
{
    if (g_atomic_int_get (&vk->lost))
        return VK_ERROR_DEVICE_LOST;
    VkResult result = vk->has_timeline ? VK_SUCCESS : vkResetFences (vk->device, 1, &ticket->fence);
    if (result == VK_SUCCESS)
        result = submit_each (vk, submissions, n, ticket);
    return note_loss (vk, result);
}

/* ---- waiting -------------------------------------------------------------------------------- */

static VkResult
wait_for_value (VulkanDevice *vk, uint64_t value)
{
    const VkSemaphoreWaitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
        .semaphoreCount = 1,
        .pSemaphores = &vk->timeline,
        .pValues = &value,
    };

    return vkWaitSemaphores (vk->device, &info, vk->wait_ns);
}

VkResult
vk_wait (VulkanDevice *vk, const VulkanTicket *ticket)
{
    VkResult result = vk->has_timeline ? wait_for_value (vk, ticket->value)
        : vkWaitForFences (vk->device, 1, &ticket->fence, VK_TRUE, vk->wait_ns);

    /* the commands are still at work when waiting for them has failed for another reason */
    if (result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY)
        if (wait_idle (vk) != VK_SUCCESS)
            result = VK_ERROR_DEVICE_LOST;
    return note_loss (vk, result);
}
