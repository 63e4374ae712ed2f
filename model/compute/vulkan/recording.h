/* A plan's recordings on the device: one of its ops per variant.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_VK_RECORDING_H
#define M2F_VK_RECORDING_H

#include "model/compute/vulkan/vk.h"

#define VK_SHARED_SCRATCH 4 /* products that follow one another seldom wait for one another */

/* Bytes of a buffer touched since the last barrier. */
typedef struct VulkanAccess {
    VkBuffer buffer;
    VkDeviceSize begin, end;
    bool written;
} VulkanAccess;

/* A command buffer and everything that it points at. */
typedef struct VulkanRecording {
    VulkanDevice *vk;
    VkCommandPool pool;
    GArray *buffers;          /* VkCommandBuffer: one per submission, used again */
    uint32_t earlier;         /* number of those that are recorded already */
    VkCommandBuffer commands; /* the one that is being recorded */
    VkFence fence;
    VkQueryPool stamps;
    int stages;
    GArray *set_pools;    /* VkDescriptorPool */
    int sets_left;        /* in the last of them */
    GPtrArray *scratch;   /* M2fBuffer */
    GArray *open;         /* VulkanAccess */
    GArray *copies;       /* VulkanCopy: what the host reads after a run */
    VulkanBuffer *source; /* buffer that is copied from; NULL if there are no copies */
    M2fLinear held;       /* a product that is not recorded yet */
    M2fLayerNorm norms[2]; /* the norm of its rows, and the norm of that */
    int n_norms;
    bool holds;           /* true if there is a product */
    M2fTensor shared[VK_SHARED_SCRATCH]; /* scratch of products, used in turns */
    int next_shared;
    double pace;          /* the device's, when it was recorded */
    double cost, whole_cost; /* of the submission that is being recorded, and of all */
    bool measured;        /* how long it takes has been compared with that */
    bool watched;         /* recorded anew at every run */
    bool complete;
} VulkanRecording;

/* The recording of the plan's current variant. */
VulkanRecording *vk_recording (M2fPlan *plan);
/* Fails the plan with what a VkResult means and where it came from. */
void vk_fail (M2fPlan *plan, VkResult result, const char *what);

/* recording.c: what is recorded from here on is a submission of its own. */
void vk_next_submission (M2fPlan *plan);

/* ranges.c: dispatches the parts of a product whose tensors are larger than a binding; false if it
 * is none. */
bool vk_divide_rows (M2fPlan *plan, const VulkanDispatch *dispatch);

/* cost.c */
/* Seconds that a dispatch over so many bytes takes at a pace of 1. */
double vk_cost (const VulkanDispatch *dispatch, VkDeviceSize bytes);
/* Number of submissions that a dispatch has to be divided among. */
int vk_cost_parts (const VulkanRecording *recording, const VulkanDispatch *dispatch, double cost);
/* Whether the submission that is being recorded has no time left for a dispatch. */
bool vk_cost_ends (const VulkanRecording *recording, double cost);
/* Compares the time that a run took with what was expected, once; a recording whose submissions
 * are much too long or too short is recorded again. */
void vk_cost_learn (VulkanRecording *recording, double seconds);

/* One barrier if any of the accesses meets an unsynchronised one, then they are the open ones. */
void vk_synchronise (VulkanRecording *recording, const VulkanAccess *accesses, int count);

#endif
