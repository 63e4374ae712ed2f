/* Running what plans have recorded.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plans that are run together are submitted together, so that the device goes from one to the next
 * without the host.  A recording ends with a barrier for whatever is submitted behind it.
 */
#include "model/compute/vulkan/recording.h"

/* Submissions under construction. */
typedef struct Submissions {
    GArray *commands; /* VkCommandBuffer, of all submissions */
    GArray *infos;    /* VkSubmitInfo */
    double cost;      /* of the last one */
} Submissions;

/* Whether a recording's first submission can be part of the one before it. */
static bool
fits (const Submissions *s, const VulkanRecording *r)
{
    const double limit = r->vk->submit_seconds;

    return s->infos->len > 0 && (limit <= 0 || (s->cost + r->first_cost) * r->pace <= limit);
}

static void
add_recording (Submissions *s, const VulkanRecording *r)
{
    const bool joins = fits (s, r);

    for (uint32_t i = 0; i <= r->earlier; i++) {
        const VkSubmitInfo info = { .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO };

        if (i > 0 || !joins)
            g_array_append_val (s->infos, info);
        g_array_index (s->infos, VkSubmitInfo, s->infos->len - 1).commandBufferCount++;
        g_array_append_val (s->commands, g_array_index (r->buffers, VkCommandBuffer, i));
    }
    s->cost = r->earlier == 0 && joins ? s->cost + r->cost : r->cost;
}

static VkResult
submit (VulkanRecording *const recordings[], int n)
{
    VulkanRecording *last = recordings[n - 1];
    VkResult result = vk_finish_transfers (last->vk);
    g_autoptr (GArray) commands = g_array_new (FALSE, FALSE, sizeof (VkCommandBuffer));
    g_autoptr (GArray) infos = g_array_new (FALSE, FALSE, sizeof (VkSubmitInfo));
    Submissions s = { commands, infos, 0 };
    guint first = 0;

    if (result != VK_SUCCESS)
        return result;
    for (int i = 0; i < n; i++)
        add_recording (&s, recordings[i]);
    for (guint i = 0; i < infos->len; i++) {
        VkSubmitInfo *info = &g_array_index (infos, VkSubmitInfo, i);

        info->pCommandBuffers = &g_array_index (commands, VkCommandBuffer, first);
        first += info->commandBufferCount;
    }
    last->submitted = g_get_monotonic_time ();
    return vk_submit (last->vk, (const VkSubmitInfo *) (const void *) infos->data, infos->len,
        &last->done);
}

/* Compares how long recordings have taken with what was expected.  Their time begins when the
 * device had done what came before them. */
static void
learn (VulkanRecording *const recordings[], int n)
{
    VulkanDevice *vk = recordings[0]->vk;
    const gint64 now = g_get_monotonic_time ();
    double cost = 0;

    g_mutex_lock (&vk->queue_lock);
    const double seconds
        = (double) (now - MAX (recordings[n - 1]->submitted, vk->idle_since)) / 1e6;
    vk->idle_since = now;
    g_mutex_unlock (&vk->queue_lock);
    for (int i = 0; i < n; i++)
        cost += recordings[i]->whole_cost;
    for (int i = 0; i < n && !recordings[i]->watched; i++)
        vk_cost_learn (recordings[i], seconds * recordings[i]->whole_cost / cost);
}

static VkResult
wait_for (VulkanRecording *const recordings[], int n)
{
    VulkanDevice *vk = recordings[0]->vk;
    VkResult result = vk_wait (vk, &recordings[n - 1]->done);

    if (result == VK_SUCCESS)
        learn (recordings, n);
    for (int i = 0; i < n; i++) {
        VulkanRecording *r = recordings[i];

        for (guint k = 0; k < r->copies->len && result == VK_SUCCESS; k++)
            result = vk_invalidate_host (vk, g_array_index (r->copies, VulkanCopy, k).buffer);
        if (r->source && result == VK_SUCCESS)
            r->source->copies = r->copies;
    }
    return result;
}

VkResult
vk_run_recording (VulkanRecording *r)
{
    VkResult result = submit (&r, 1);

    return result == VK_SUCCESS ? wait_for (&r, 1) : result;
}

static void
run_step (M2fPlan *const plans[], int n, VkResult (*step) (VulkanRecording *const *, int),
    const char *what)
{
    g_autofree VulkanRecording **recordings = g_new (VulkanRecording *, n);

    for (int i = 0; i < n; i++)
        recordings[i] = vk_recording (plans[i]);

    const VkResult result = step (recordings, n);

    if (result != VK_SUCCESS)
        vk_fail (plans[0], result, what);
}

void
vk_submit_plans (M2fPlan *const plans[], int n)
{
    run_step (plans, n, submit, "submitting a plan");
}

void
vk_wait_plans (M2fPlan *const plans[], int n)
{
    run_step (plans, n, wait_for, "waiting for a plan");
}
