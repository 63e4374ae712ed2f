/* Shared by ops.c and ops_masks.c.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_VK_OPS_H
#define M2F_VK_OPS_H

#include "model/compute/vulkan/vk.h"

#include "shaders/push.h"

static const M2fTensor vk_absent = { 0 };

static inline int
flag (const M2fTensor *optional, int bit)
{
    return m2f_tensor_present (optional) ? bit : 0;
}

/* The bit of an operand's in the constants of a shader if the operand is in fp16. */
static inline uint32_t
half (const M2fTensor *t, uint32_t bit)
{
    return t->type == M2F_F16 ? bit : 0;
}

/* A dispatch of a variant `which` (parentheses around commas); `operands` in the order of the
 * shader's bindings. */
#define DISPATCH_VARIANT(plan, which, operand_array, push_constants, x, y, z)       \
    do {                                                                            \
        G_STATIC_ASSERT (sizeof (push_constants) <= VK_PUSH_BYTES);                 \
        vk_dispatch (plan, &(VulkanDispatch) { .variant = (which),                  \
                               .operands = (operand_array),                         \
                               .n_operands = (int) G_N_ELEMENTS (operand_array),    \
                               .push = &(push_constants),                           \
                               .push_size = sizeof (push_constants),                \
                               .groups = { (x), (y), (z) } });                      \
    } while (0)

/* A dispatch of a shader without constants. */
#define DISPATCH(plan, which, operand_array, push_constants, x, y, z)                   \
    DISPATCH_VARIANT (plan, (VulkanVariant) { .shader = (which) }, operand_array,       \
        push_constants, x, y, z)

/* `groups` workgroups that find their number with flat_group(). */
#define FLAT_ROW 32768u
#define DISPATCH_FLAT_VARIANT(plan, which, operand_array, push_constants, groups)            \
    do {                                                                                     \
        uint64_t groups_ = (groups);                                                         \
        DISPATCH_VARIANT (plan, which, operand_array, push_constants,                        \
            MIN (groups_, FLAT_ROW), divide_up ((int64_t) groups_, FLAT_ROW), 1);            \
    } while (0)

#define DISPATCH_FLAT(plan, which, operand_array, push_constants, groups)                    \
    DISPATCH_FLAT_VARIANT (plan, (VulkanVariant) { .shader = (which) }, operand_array,       \
        push_constants, groups)

#endif
