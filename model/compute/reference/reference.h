/* The reference backend: every op as plain loops in double precision, to believe by reading.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_REFERENCE_H
#define M2F_REFERENCE_H

#include "model/compute/backend.h"
#include "model/compute/bf16.h"

#include <math.h>

/* m2f_reference_conv3x3() and so on. */
#define M2F_OP(name, Args) void m2f_reference_##name (M2fPlan *plan, const Args *args);
#include "model/compute/ops.def"
#undef M2F_OP

/* Row (b, y, x) of a float32 map. */
static inline float *
ref_pixel (const M2fTensor *t, int b, int y, int x)
{
    return m2f_row_f32 (t, ((int64_t) b * t->ne[1] + y) * t->ne[2] + x);
}

/* Row (b, i) of float32 tokens. */
static inline float *
ref_token (const M2fTensor *t, int b, int i)
{
    return m2f_row_f32 (t, (int64_t) b * t->ne[2] + i);
}

/* Row `row` of float32, or of bf16 as float32 in `room`. */
static inline const float *
ref_floats (const M2fTensor *t, int64_t row, float *room)
{
    if (t->type != M2F_BF16)
        return m2f_row_f32 (t, row);
    for (int i = 0; i < t->ne[3]; i++)
        room[i] = m2f_bf16_to_float (m2f_row_bf16 (t, row)[i]);
    return room;
}

/* Element `i` of a row of float32 or bf16. */
static inline void
ref_store (const M2fTensor *t, int64_t row, int i, double x)
{
    if (t->type == M2F_BF16)
        m2f_row_bf16 (t, row)[i] = m2f_bf16_from_float ((float) x);
    else
        m2f_row_f32 (t, row)[i] = (float) x;
}

static inline void
ref_store_row (const M2fTensor *t, int64_t row, const float *x)
{
    for (int i = 0; i < t->ne[3]; i++)
        ref_store (t, row, i, x[i]);
}

/* `n` zeros of `size` bytes (g_free); NULL, and the plan has failed, if there is no memory. */
static inline void *
ref_alloc (M2fPlan *plan, size_t n, size_t size)
{
    void *memory = g_try_malloc0_n (n, size);

    if (!memory)
        m2f_plan_fail (plan, M2F_COMPUTE_ERROR_OUT_OF_MEMORY,
            "reference: no memory for %zu numbers of %zu bytes", n, size);
    return memory;
}

/* The tensor if it is of float32, else a dense copy of float32 in `room`, whose memory is the
 * caller's: g_free (room->host).  `room` starts as zeros.  Absent if there is no memory. */
static inline M2fTensor
ref_widen (M2fPlan *plan, const M2fTensor *t, M2fBuffer *room)
{
    M2fTensor wide = *t;
    int64_t rows = m2f_tensor_rows (t);

    if (t->type != M2F_BF16)
        return wide;
    room->host = ref_alloc (plan, (size_t) rows * (size_t) t->ne[3], sizeof (float));
    if (!room->host)
        return (M2fTensor) { 0 };
    wide.buffer = room;
    wide.offset = 0;
    wide.type = M2F_F32;
    wide.stride = t->ne[3];
    for (int64_t i = 0; i < rows; i++)
        ref_floats (t, i, m2f_row_f32 (&wide, i));
    return wide;
}

static inline double
ref_dot (const float *a, const float *b, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += (double) a[i] * b[i];
    return sum;
}

/* Layer norm of one row, in place allowed. */
void m2f_reference_norm_row (float *dst, const float *src, const float *weight, const float *bias,
    int n, double eps);
/* activation (x) */
double m2f_reference_activate (M2fActivation activation, double x);
/* Softmax of a row, in place. */
void m2f_reference_softmax (double *row, int n);
/* One sample of channel `c` of batch element `b`, as torch.nn.functional.interpolate has it. */
double m2f_reference_interpolate (const M2fTensor *src, int b, int c, int y, int x, int height,
    int width);

#endif
