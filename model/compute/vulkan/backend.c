/* The Vulkan backend's table.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/vulkan/vk.h"

const M2fBackendFns m2f_vulkan_backend = {
    .name = "vulkan",
    .numbered = true,
    .narrow = M2F_F16,
    .few_rows = VK_FEW_ROWS,

    .list = vk_list,
    .open = vk_open,
    .close = vk_close,

    .buffer_new = vk_buffer_new,
    .buffer_new_shared = vk_buffer_new_shared,
    .buffer_free = vk_buffer_free,
    .write = vk_write,
    .read = vk_read,
    .borrow = vk_borrow,
    .map = vk_map,
    .import = vk_import,
    .weight_size = vk_weight_size,
    .weight_write = vk_weight_write,

    .begin = vk_begin,
    .end = vk_end,
    .submit = vk_submit_plans,
    .wait = vk_wait_plans,
    .forget = vk_forget,
    .flush = vk_flush,
    .download = vk_download,
    .created = vk_created,
    .stage_times = vk_stage_times,
    .stage = vk_stage,

#define M2F_OP(name, Args) .name = vk_##name, /* vk_conv3x3() */
#define M2F_FUSED_OP(name, Args)
#include "model/compute/ops.def"
#undef M2F_OP
};
