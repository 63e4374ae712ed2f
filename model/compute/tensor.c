/* Views of tensors, and their descriptions for messages.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A view that does not fit is an absent tensor: the op that gets it refuses it and says its name.
 */
#include "model/compute/backend.h"

G_DEFINE_QUARK (m2f-compute-error-quark, m2f_compute_error)

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [M2F_F32] = { "f32", 4 },
    [M2F_F16] = { "f16", 2 },
    [M2F_BF16] = { "bf16", 2 },
    [M2F_I32] = { "i32", 4 },
    [M2F_I8] = { "i8", 1 },
    [M2F_U16] = { "u16", 2 },
    [M2F_U8] = { "u8", 1 },
};

size_t
m2f_type_size (M2fType type)
{
    return types[type].size;
}

const char *
m2f_type_name (M2fType type)
{
    return types[type].name;
}

const char *
m2f_precision_name (M2fPrecision precision)
{
    static const char *const names[] = {
        [M2F_PRECISION_AUTO] = "auto",
        [M2F_PRECISION_FP32] = "fp32",
        [M2F_PRECISION_BF16] = "bf16",
        [M2F_PRECISION_FP16] = "fp16",
        [M2F_PRECISION_INT8] = "int8",
    };

    return names[precision];
}

size_t
m2f_shape_size (M2fType type, const int ne[4])
{
    size_t size = m2f_type_size (type);

    for (int i = 0; i < 4; i++)
        if (ne[i] < 1 || !g_size_checked_mul (&size, size, (size_t) ne[i]))
            return 0;
    return size <= PTRDIFF_MAX ? size : 0;
}

static M2fTensor
absent (const M2fTensor *t)
{
    return (M2fTensor) { .name = t->name };
}

M2fTensor
m2f_tensor_reshape (M2fTensor t, int n0, int n1, int n2, int n3)
{
    M2fTensor view = t;

    if (n0 < 1 || n1 < 1 || n2 < 1 || n3 < 1)
        return absent (&t);
    view.ne[0] = n0;
    view.ne[1] = n1;
    view.ne[2] = n2;
    view.ne[3] = n3;
    if (n3 != t.ne[3]) {
        if (t.stride != t.ne[3] || t.layout != M2F_PLAIN)
            return absent (&t);
        view.stride = n3;
    }
    if (m2f_tensor_rows (&view) * n3 != m2f_tensor_rows (&t) * t.ne[3])
        return absent (&t);
    return view;
}

M2fTensor
m2f_tensor_columns (M2fTensor t, int first, int count)
{
    if (t.layout != M2F_PLAIN || first < 0 || count < 1 || first > t.ne[3] - count)
        return absent (&t);
    t.offset += (size_t) first * m2f_type_size (t.type);
    t.ne[3] = count;
    return t;
}

M2fTensor
m2f_tensor_tokens (M2fTensor t, int first, int count)
{
    if (t.layout != M2F_PLAIN || t.ne[0] != 1 || t.ne[1] != 1 || first < 0 || count < 1
        || first > t.ne[2] - count)
        return absent (&t);
    t.offset += (size_t) first * t.stride * m2f_type_size (t.type);
    t.ne[2] = count;
    return t;
}

M2fTensor
m2f_tensor_batch (M2fTensor t, int index)
{
    if (t.layout != M2F_PLAIN || index < 0 || index >= t.ne[0])
        return absent (&t);
    t.offset += (size_t) index * t.ne[1] * t.ne[2] * t.stride * m2f_type_size (t.type);
    t.ne[0] = 1;
    return t;
}

char *
m2f_tensor_describe (const M2fTensor *t)
{
    const char *name = t->name ? t->name : "(unnamed)";

    if (!m2f_tensor_present (t))
        return g_strdup_printf ("%s (absent)", name);
    if (t->stride == t->ne[3])
        return g_strdup_printf ("%s %s (%d, %d, %d, %d)", name, m2f_type_name (t->type), t->ne[0],
            t->ne[1], t->ne[2], t->ne[3]);
    return g_strdup_printf ("%s %s (%d, %d, %d, %d) with rows %d apart", name,
        m2f_type_name (t->type), t->ne[0], t->ne[1], t->ne[2], t->ne[3], t->stride);
}
