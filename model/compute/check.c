/* The conditions the validating wrappers are made of.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/check.h"

#include <string.h>

static const char *
layout_name (M2fLayout layout)
{
    static const char *const names[] = {
        [M2F_PLAIN] = "plain",
        [M2F_LINEAR_WEIGHT] = "linear weight",
        [M2F_CONV3X3_WEIGHT] = "conv3x3 weight",
        [M2F_CONV2D_WEIGHT] = "conv2d weight",
        [M2F_DEPTHWISE_WEIGHT] = "depthwise weight",
        [M2F_WINDOW_BIAS] = "window bias",
        [M2F_LINEAR_WEIGHT_EXACT] = "exact linear weight",
        [M2F_LINEAR_WEIGHT_TOLERANT] = "tolerant linear weight",
    };

    return names[layout];
}

/* "(1, 1, *, 96)" */
static char *
describe_shape (const int ne[4])
{
    g_autoptr (GString) s = g_string_new ("(");

    for (int i = 0; i < 4; i++) {
        if (i > 0)
            g_string_append (s, ", ");
        if (ne[i] == M2F_ANY)
            g_string_append_c (s, '*');
        else
            g_string_append_printf (s, "%d", ne[i]);
    }
    g_string_append_c (s, ')');
    return g_string_free (g_steal_pointer (&s), FALSE);
}

static bool
has_shape (const M2fTensor *t, const int ne[4])
{
    for (int i = 0; i < 4; i++)
        if (t->ne[i] < 1 || (ne[i] != M2F_ANY && t->ne[i] != ne[i]))
            return false;
    return true;
}

static bool
refuse (M2fPlan *plan, const char *op, const char *operand, const M2fTensor *t, const char *why)
{
    g_autofree char *found = m2f_tensor_describe (t);

    m2f_plan_fail (plan, M2F_COMPUTE_ERROR_INVALID, "%s: %s is %s, %s", op, operand, found, why);
    return false;
}

/* Whether devices divide the op by rows of an operand. */
static bool
is_divided (const char *op, const char *operand)
{
    return strcmp (op, "linear") == 0
        || (strcmp (op, "window_attention") == 0 && strcmp (operand, "qkv") == 0);
}

/* What a device refuses it refuses here, when a plan is built, and not while it runs.  An operation
 * sees a buffer from an aligned place on. */
static bool
check_size (M2fPlan *plan, const char *op, const char *operand, const M2fTensor *t)
{
    const M2fDevice *device = m2f_plan_device (plan);
    const size_t limit = device->limits.weight_bytes;
    const size_t seen = t->offset % M2F_PLAN_ALIGN + m2f_tensor_extent (t);

    if (limit == 0 || seen <= limit || is_divided (op, operand))
        return true;
    g_autofree char *found = m2f_tensor_describe (t);
    m2f_plan_fail (plan, M2F_COMPUTE_ERROR_UNSUPPORTED,
        "%s: %s, %s, has %zu bytes, expected at most the %zu that %s shows an operation", op,
        operand, found, seen, limit, device->info.name);
    return false;
}

bool
m2f_check_tensor (M2fPlan *plan, const char *op, const char *operand, const M2fTensor *t,
    M2fType type, M2fShape shape)
{
    if (t->layout != M2F_PLAIN) {
        g_autofree char *why = g_strdup_printf ("packed as %s, expected plain rows",
            layout_name (t->layout));

        return refuse (plan, op, operand, t, why);
    }
    if (t->type != type || !has_shape (t, shape.n)) {
        g_autofree char *wanted = describe_shape (shape.n);
        g_autofree char *why = g_strdup_printf ("expected %s %s", m2f_type_name (type), wanted);

        return refuse (plan, op, operand, t, why);
    }
    if (!t->buffer)
        return refuse (plan, op, operand, t, "which has no memory");
    if (t->stride < t->ne[3])
        return refuse (plan, op, operand, t, "whose rows overlap");
    if (t->type == M2F_F16 && (t->ne[3] % 2 || t->stride % 2 || t->offset % 4))
        return refuse (plan, op, operand, t, "whose rows are not whole pairs");
    if (t->offset > t->buffer->size || m2f_tensor_extent (t) > t->buffer->size - t->offset) {
        g_autofree char *why = g_strdup_printf ("%zu bytes at %zu of a buffer of %zu",
            m2f_tensor_extent (t), t->offset, t->buffer->size);

        return refuse (plan, op, operand, t, why);
    }
    return check_size (plan, op, operand, t);
}

bool
m2f_check_weight (M2fPlan *plan, const char *op, const char *operand, const M2fTensor *t,
    M2fLayout layout, M2fShape shape)
{
    if (t->layout != layout) {
        g_autofree char *why = g_strdup_printf ("packed as %s, expected %s",
            layout_name (t->layout), layout_name (layout));

        return refuse (plan, op, operand, t, why);
    }
    if (!has_shape (t, shape.n)) {
        g_autofree char *wanted = describe_shape (shape.n);
        g_autofree char *why = g_strdup_printf ("expected %s", wanted);

        return refuse (plan, op, operand, t, why);
    }
    if (!t->buffer)
        return refuse (plan, op, operand, t, "which has no memory");
    return true;
}

/* Whether an element of `a` is an element of `b`.  Two blocks of columns of one matrix interleave
 * without overlapping, which is how fused projections are taken apart. */
static bool
overlap (const M2fTensor *a, const M2fTensor *b)
{
    if (a->buffer != b->buffer || a->offset + m2f_tensor_extent (a) <= b->offset
        || b->offset + m2f_tensor_extent (b) <= a->offset)
        return false;

    size_t pitch = (size_t) a->stride * m2f_type_size (a->type);
    if (pitch != (size_t) b->stride * m2f_type_size (b->type))
        return true;

    size_t a_row = (size_t) a->ne[3] * m2f_type_size (a->type);
    size_t b_row = (size_t) b->ne[3] * m2f_type_size (b->type);
    size_t a_start = a->offset % pitch;
    size_t b_start = (b->offset % pitch + pitch - a_start) % pitch; /* from a's start */

    return b_start < a_row || b_start + b_row > pitch;
}

bool
m2f_check_apart (M2fPlan *plan, const char *op, const char *operand, const M2fTensor *dst,
    const M2fTensor *t)
{
    if (m2f_tensor_present (t) && overlap (dst, t))
        return refuse (plan, op, operand, t, "which overlaps an output");
    return true;
}

bool
m2f_check_in_place (M2fPlan *plan, const char *op, const char *operand, const M2fTensor *dst,
    const M2fTensor *t)
{
    if (t->buffer == dst->buffer && t->offset == dst->offset && t->stride == dst->stride
        && t->type == dst->type && memcmp (t->ne, dst->ne, sizeof t->ne) == 0)
        return true;
    return m2f_check_apart (plan, op, operand, dst, t);
}
