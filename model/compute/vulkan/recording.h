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

#define VK_MAX_LINKS 12 /* of a chain */

/* An op that is held back. */
typedef enum VulkanLinkKind {
    VK_LINK_LINEAR,
    VK_LINK_NORM,
    VK_LINK_ATTENTION,
    VK_LINK_MATMUL, /* one that may make a mask */
    VK_LINK_MERGE,  /* attention with the mask that the matmul before it makes */
} VulkanLinkKind;

typedef struct VulkanLink {
    VulkanLinkKind kind;
    M2fLinear linear;
    M2fLayerNorm norm;
    M2fAttention attention;
    M2fMatmul matmul;
} VulkanLink;

/* A command buffer and everything that it points at. */
typedef struct VulkanRecording {
    VulkanDevice *vk;
    VkCommandPool pool;
    GArray *buffers;          /* VkCommandBuffer: one per submission, used again */
    uint32_t earlier;         /* number of those that are recorded already */
    VkCommandBuffer commands; /* the one that is being recorded */
    VulkanTicket done;
    VkQueryPool stamps;
    int stages;
    GArray *set_pools;    /* VkDescriptorPool */
    int sets_left;        /* in the last of them */
    GPtrArray *scratch;   /* M2fBuffer */
    GArray *open;         /* VulkanAccess */
    GArray *copies;       /* VulkanCopy: what the host reads after a run */
    VulkanBuffer *source; /* buffer that is copied from; NULL if there are no copies */
    VulkanLink held[VK_MAX_LINKS + 1]; /* ops that are not recorded yet, and the next */
    int n_held;
    M2fTensor parts;      /* scratch of chains */
    M2fTensor slices;     /* scratch of masked attention */
    M2fTensor shared[VK_SHARED_SCRATCH]; /* scratch of products, used in turns */
    int next_shared;
    double pace;          /* the device's, when it was recorded */
    double cost, whole_cost; /* of the submission that is being recorded, and of all */
    double first_cost;    /* of the first submission */
    gint64 submitted;     /* when, in microseconds */
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

/* submit.c: runs what a plan has recorded so far. */
VkResult vk_run_recording (VulkanRecording *recording);

/* ranges.c: dispatches the parts of a product or of window attention whose tensors are larger than
 * a binding; false if it is none. */
bool vk_divide (M2fPlan *plan, const VulkanDispatch *dispatch);

/* cost.c */
/* Seconds that a dispatch whose operands have so many bytes takes at a pace of 1; counts its work
 * as recorded. */
double vk_cost (VulkanRecording *recording, const VulkanDispatch *dispatch, VkDeviceSize bytes);
/* Number of submissions that a dispatch has to be divided among. */
int vk_cost_parts (const VulkanRecording *recording, const VulkanDispatch *dispatch, double cost);
/* Whether the submission that is being recorded has no time left for a dispatch. */
bool vk_cost_ends (const VulkanRecording *recording, double cost);
/* Compares the time that a run took with what was expected, once; a recording whose submissions
 * are much too long or too short is recorded again. */
void vk_cost_learn (VulkanRecording *recording, double seconds);

/* held.c */
/* Holds an op back, with those before it if all of them can be one dispatch. */
void vk_hold (M2fPlan *plan, const VulkanLink *link);
const M2fTensor *vk_link_dst (const VulkanLink *link);
const M2fTensor *vk_link_src (const VulkanLink *link);
/* Absent if it is no linear layer. */
const M2fTensor *vk_link_residual (const VulkanLink *link);

/* products.c: a linear layer and up to two norms of its rows. */
void vk_product (M2fPlan *plan, const VulkanLink *links, int n);
void vk_issue_matmul (M2fPlan *plan, const M2fMatmul *args);
/* ops.c */
void vk_issue_norm (M2fPlan *plan, const M2fLayerNorm *args);
void vk_issue_attention (M2fPlan *plan, const M2fAttention *args);
/* chain.c: whether links can be a chain, which vk_chain() dispatches. */
bool vk_is_chain (M2fPlan *plan, const VulkanLink *links, int n);
void vk_chain (M2fPlan *plan, const VulkanLink *links, int n);

/* masked.c: whether a product makes the mask of an attention and one dispatch does both; it leaves
 * slices, which a chain that begins with VK_LINK_MERGE brings together. */
bool vk_makes_mask (const M2fMatmul *product, const M2fAttention *attention);
void vk_masked_attention (M2fPlan *plan, const M2fMatmul *product, const M2fAttention *attention);
int vk_mask_slices (const M2fAttention *attention);

/* One barrier if any of the accesses meets an unsynchronised one, then they are the open ones. */
void vk_synchronise (VulkanRecording *recording, const VulkanAccess *accesses, int count);

#endif
