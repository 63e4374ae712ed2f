/* The Vulkan backend's own objects.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * loader.c opens the Vulkan loader, device.c makes instance and device, queue.c gives the device
 * submissions and waits for them, coopmat.c finds its matrix units, memory.c makes buffers,
 * transfer.c copies to and from the host, import.c copies from memory of other devices, pipelines.c
 * makes the compute pipelines, which cache_file.c keeps on disk; trial.c tries whether the matrix
 * units are worth while; recording.c records plans, submit.c runs them, commands.c puts dispatches
 * and barriers into them, ranges.c divides those that would see too much, cost.c says how much of
 * them makes a submission, held.c makes one dispatch of several ops, products.c, chain.c, masked.c,
 * ops.c and ops_masks.c turn op arguments into push constants and dispatches, backend.c is the
 * table.
 */
#ifndef M2F_VK_H
#define M2F_VK_H

#include "model/compute/plan.h"
#include "model/compute/vulkan/cache_file.h"
#include "model/compute/vulkan/loader.h"
#include "spirv.h" /* made by shaders/meson.build */

/* VK_SHADER_gemm_f32 and so on. */
#define SHADER(name) VK_SHADER_##name,
typedef enum VulkanShader { M2F_SHADERS (SHADER) VK_N_SHADERS } VulkanShader;
#undef SHADER

#define VK_MAX_BINDINGS 13
#define VK_PUSH_BYTES 128
#define VK_INVOCATIONS 256     /* most in a workgroup of a portable shader */
#define VK_SHARED_BYTES 16384u /* most shared memory of one: what every device has */

/* Most rows that a chain takes: of more, tiles of a product read the weights less often. */
#define VK_FEW_ROWS 512

typedef struct VulkanBlock VulkanBlock;

/* A shader and its specialisation constants, by constant_id; a shader ignores those that it has
 * not. */
#define VK_MAX_CONSTANTS 12
typedef struct VulkanVariant {
    VulkanShader shader;
    uint32_t constants[VK_MAX_CONSTANTS];
} VulkanVariant;

typedef struct VulkanPipeline {
    VulkanVariant variant;
    VkPipeline pipeline;
} VulkanPipeline;

/* What dispatches compute and move. */
typedef struct VulkanWork {
    double flops, bytes;
} VulkanWork;

/* Shape of the cooperative matrices that products are made of; m 0 = none. */
typedef struct VulkanCoopmat {
    uint32_t m, n, k;
    uint32_t subgroup; /* invocations */
    uint32_t part;     /* most sums of a subgroup, in one direction */
} VulkanCoopmat;

/* Tells when a submission is done. */
typedef struct VulkanTicket {
    VkFence fence;  /* of its own, if the device has no timeline */
    uint64_t value; /* that the device's timeline gets */
} VulkanTicket;

typedef struct VulkanDevice {
    M2fDevice base;
    VkInstance instance;
    VkPhysicalDevice physical;
    VkPhysicalDeviceProperties properties;
    VkPhysicalDeviceMemoryProperties memory;
    VkDevice device;
    uint32_t family;
    VkQueue queue;
    GMutex queue_lock;     /* taken for vkQueueSubmit() */
    bool has_timeline;     /* a semaphore, not fences, tells when submissions are done */
    VkSemaphore timeline;  /* its value is that of the newest submission that is done */
    uint64_t submitted;    /* value of the newest submission; with the queue's lock */
    uint64_t wait_ns;      /* longest time that a run may take */
    bool is_software;      /* it is no GPU */
    double submit_seconds; /* longest time that a submission is to take; 0 = any */
    int groups;            /* workgroups of a product that fill it; at most PRODUCT_TILES */
    double pace;           /* seconds that it takes for a second's work of cost.c */
    VulkanWork recorded;   /* by all plans since it was opened */
    gint64 idle_since;     /* when it had computed what was waited for last, in microseconds */
    gint lost;             /* nonzero once a submission was lost or did not end in time */
    GMutex transfer_lock;  /* taken for the transfer objects below */
    VkCommandPool transfer_pool;
    VkCommandBuffer transfer;
    VulkanTicket transferred;
    PFN_vkGetMemoryFdPropertiesKHR fd_properties; /* NULL if it imports no memory */
    M2fBuffer *staging;    /* NULL if the CPU sees all memory */
    bool gathers;          /* vk->transfer has commands that are yet to be submitted */
    size_t staged;         /* bytes of the staging memory that they read */
    gint transfer_result;  /* VkResult of a copy that failed since the last run */
    bool unmapped;         /* the CPU is not to see what a discrete GPU would keep to itself */
    GMutex memory_lock;
    GPtrArray *blocks;     /* VulkanBlock */
    M2fBuffer *null_buffer;    /* bound where an optional operand is absent */
    VkDescriptorSetLayout set_layout;
    VkPipelineLayout layout;
    VkPipelineCache cache;
    char *cache_path;
    guint cached;          /* hash of what was last written there */
    GMutex pipelines_lock;
    GHashTable *pipelines; /* VulkanVariant to VulkanPipeline */
    bool cache_is_old;     /* pipelines were made since the cache was written */
    VulkanCoopmat coopmat;
    gint uses_coopmat;     /* nonzero if products are made of them */
    gint saturated;        /* nonzero once a weight was beyond its precision */
    double ns_per_tick;    /* unit of timestamps; 0 = the queue has none */
    uint64_t tick_mask;    /* bits of a timestamp that count */
    gint created;          /* objects, allocations and descriptor sets made since it was opened */
} VulkanDevice;

/* A copy of a part of a buffer that the host reads after a run. */
typedef struct VulkanCopy {
    size_t offset, size; /* in the buffer that was copied */
    M2fBuffer *buffer;   /* shared */
} VulkanCopy;

typedef struct VulkanBuffer {
    M2fBuffer base;
    VkBuffer buffer;
    VulkanBlock *block;
    VkDeviceSize begin, bytes; /* in the block */
    const GArray *copies;      /* VulkanCopy, of the last run; NULL = none */
    void *mapped;              /* what vk_map() read without them */
} VulkanBuffer;

static inline VulkanDevice *
vulkan_device (M2fDevice *device)
{
    return (VulkanDevice *) device;
}

/* device.c */
void vk_list (GArray *infos);
M2fDevice *vk_open (int index, M2fPrecision precision, int threads, GError **error);
void vk_close (M2fDevice *device);
int vk_created (M2fDevice *device);
const char *vk_result_name (VkResult result);
bool vk_has_extension (VkPhysicalDevice physical, const char *name);
/* Turns a failed VkResult into a M2F_COMPUTE_ERROR that names the device and the call. */
void vk_set_error (const VulkanDevice *vk, VkResult result, const char *what, GError **error);

/* queue.c */
/* Finds out whether a timeline can tell when submissions are done; M2F_VULKAN_WAIT=fences lets a
 * device that has one take the way of those that have none. */
void vk_queue_choose (VulkanDevice *vk);
/* Makes the timeline, if there is to be one. */
bool vk_queue_init (VulkanDevice *vk, GError **error);
bool vk_ticket_init (VulkanDevice *vk, VulkanTicket *ticket, GError **error);
void vk_ticket_clear (VulkanDevice *vk, VulkanTicket *ticket);
/* Lets the queue have submissions in order; the ticket tells when the last of them is done.  After
 * a loss or a timeout every call fails at once. */
VkResult vk_submit (VulkanDevice *vk, const VkSubmitInfo *submissions, uint32_t n,
    VulkanTicket *ticket);
/* Waits for what was submitted with the ticket for at most vk->wait_ns. */
VkResult vk_wait (VulkanDevice *vk, const VulkanTicket *ticket);
/* Waits for what a lost device may still be at, before what it uses is freed. */
void vk_settle (VulkanDevice *vk);

/* cost.c */
/* Sets what is known of the device's speed before it has computed anything. */
void vk_cost_init (VulkanDevice *vk);

/* Calls, and on failure sets `error` and goes to the label `error`. */
#define VK(vk, call)                                          \
    do {                                                      \
        VkResult result_ = (call);                            \
        if (result_ != VK_SUCCESS) {                          \
            vk_set_error (vk, result_, #call, error);         \
            goto error;                                       \
        }                                                     \
    } while (0)

/* memory.c */
M2fBuffer *vk_buffer_new (M2fDevice *device, size_t size, GError **error);
/* One that the CPU sees whatever the device. */
M2fBuffer *vk_buffer_new_shared (M2fDevice *device, size_t size, GError **error);
/* One that the CPU sees and reads fast: between uses by the device and the host, call
 * vk_flush_host() and vk_invalidate_host(). */
M2fBuffer *vk_buffer_new_readback (M2fDevice *device, size_t size, GError **error);
/* Makes the host's writes to a buffer visible to the device, and the device's to the host; free of
 * cost where memory is coherent. */
VkResult vk_flush_host (VulkanDevice *vk, M2fBuffer *buffer);
VkResult vk_invalidate_host (VulkanDevice *vk, M2fBuffer *buffer);
void vk_buffer_free (M2fDevice *device, M2fBuffer *buffer);
/* The same tensor as a part of the block of memory that its buffer shares with others, so that one
 * binding shows several of them; false if its buffer has a block to itself. */
bool vk_block_view (const M2fTensor *tensor, M2fTensor *view);

/* transfer.c */
/* Makes the staging buffer, if this device needs one. */
bool vk_staging_new (VulkanDevice *vk, GError **error);
/* Copies to the device are gathered: submits them and waits for them.  To be called before the
 * device or the host uses what was written. */
VkResult vk_finish_transfers (VulkanDevice *vk);
/* The same before a buffer is freed that they may be for: the next run fails if they do. */
void vk_drop_transfers (VulkanDevice *vk);
/* Puts commands of its own into a command buffer. */
typedef void (*VulkanRecord) (VkCommandBuffer commands, const void *data);
/* Submits what `record` puts into a command buffer, after what has gathered, and waits for it. */
VkResult vk_transfer_now (VulkanDevice *vk, VulkanRecord record, const void *data);
/* Zeroes the whole buffer. */
void vk_clear (VulkanDevice *vk, VulkanBuffer *buffer);
void vk_write (M2fDevice *device, const M2fTensor *tensor, const void *data);
void vk_read (M2fDevice *device, const M2fTensor *tensor, void *data);
void vk_borrow (M2fDevice *device, M2fTensor *tensor, const void *rows, int stride);
const void *vk_map (M2fDevice *device, const M2fTensor *tensor);
size_t vk_weight_size (M2fDevice *device, M2fLayout layout, const int ne[4], M2fType *type);
bool vk_weight_write (M2fDevice *device, const M2fTensor *weight, const float *data,
    GError **error);

/* import.c */
#define VK_N_IMPORT_EXTENSIONS 3
extern const char *const vk_import_extensions[VK_N_IMPORT_EXTENSIONS];
/* Finds out whether the device imports DMABufs, for which it is to be made with the extensions. */
void vk_import_choose (VulkanDevice *vk);
bool vk_import (M2fDevice *device, const M2fTensor *tensors, const M2fImport *imports, int n,
    GError **error);

/* pipelines.c */
/* Makes every shader's usual variant, so that a driver that cannot compile one fails at open. */
bool vk_pipelines_new (VulkanDevice *vk, GError **error);
/* What the files beside the pipeline cache are valid for. */
VulkanCacheKey vk_cache_key (const VulkanDevice *vk);
/* The pipeline of a variant, made when it is first asked for.  If it is one of cooperative matrices
 * and cannot be made, the portable one, which takes the same dispatch; from then on products do
 * without them. */
VkPipeline vk_pipeline (VulkanDevice *vk, const VulkanVariant *variant, GError **error);
void vk_pipelines_free (VulkanDevice *vk);

/* trial.c: sets whether products are to use cooperative matrices, by what they take. */
void vk_trial (VulkanDevice *vk);

/* submit.c */
void vk_submit_plans (M2fPlan *const plans[], int n);
void vk_wait_plans (M2fPlan *const plans[], int n);

/* recording.c */
bool vk_begin (M2fPlan *plan);
void vk_end (M2fPlan *plan);
void vk_forget (M2fPlan *plan);
void vk_flush (M2fPlan *plan);
void vk_stage (M2fPlan *plan, int index);
void vk_stage_times (M2fPlan *plan, M2fStageTime *stages, int count);
void vk_download (M2fPlan *plan, const M2fTensor *tensor);

/* commands.c */
/* Memory for one op's intermediate results, alive as long as the recording; absent on failure. */
M2fTensor vk_scratch (M2fPlan *plan, M2fType type, int n0, int n1, int n2, int n3);

/* One operand of a dispatch.  The shader sees the tensor's memory from `base` bytes before its
 * first element, which is what the device's alignment leaves: `*first`, if given, gets that many
 * elements (bytes for u8) as an index. */
typedef struct VulkanOperand {
    const M2fTensor *tensor; /* absent: a buffer that is never read */
    int32_t *first;
    bool written;
} VulkanOperand;

typedef struct VulkanDispatch {
    VulkanVariant variant;
    const VulkanOperand *operands;
    int n_operands;
    void *push; /* filled in before the operands' `first` are; read after */
    size_t push_size;
    uint64_t groups[3];
    VulkanWork work; /* all 0: as cost.c finds from push constants and operands */
} VulkanDispatch;

void vk_dispatch (M2fPlan *plan, const VulkanDispatch *dispatch);
/* Dispatches what held.c holds back.  What puts anything into a recording calls it first. */
void vk_issue_held (M2fPlan *plan);
/* Copies a tensor to another of the same type and stride. */
void vk_copy (M2fPlan *plan, const M2fTensor *dst, const M2fTensor *src);
/* Zeroes a dense tensor of 4-byte elements. */
void vk_zero (M2fPlan *plan, const M2fTensor *tensor);

/* vk_conv3x3() and so on. */
#define M2F_OP(name, Args) void vk_##name (M2fPlan *plan, const Args *args);
#define M2F_FUSED_OP(name, Args)
#include "model/compute/ops.def"
#undef M2F_OP

#endif
