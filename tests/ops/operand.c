/* Operands with guards around them, and what to fill them with.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/ops/check.h"
#include "model/compute/backend.h"
#include "model/compute/bf16.h"
#include "model/compute/half.h"

#include <math.h>
#include <string.h>

enum { GUARD = 64 }; /* elements before and after; keeps a dense operand aligned to 64 bytes */

/* ---- filling -------------------------------------------------------------------------------- */

/* splitmix64 (Steele, Lea, Flood, 2014) */
uint64_t
check_random (CheckRun *run)
{
    uint64_t z = (run->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void *
check_alloc (CheckRun *run, size_t size)
{
    void *memory = g_malloc0 (MAX (size, 1));
    g_ptr_array_add (run->memory, memory);
    return memory;
}

/* The sum of four uniform numbers: normal enough, and one random word each. */
float *
check_normal (CheckRun *run, int64_t count, double mean, double deviation)
{
    float *data = check_alloc (run, count * sizeof *data);

    for (int64_t i = 0; i < count; i++) {
        uint64_t r = check_random (run);
        double sum = (r & 0xffff) + (r >> 16 & 0xffff) + (r >> 32 & 0xffff) + (r >> 48);
        data[i] = (float) (mean + deviation * (sum / 65535 - 2) * sqrt (3));
    }
    return data;
}

float *
check_uniform (CheckRun *run, int64_t count, double low, double high)
{
    float *data = check_alloc (run, count * sizeof *data);

    for (int64_t i = 0; i < count; i++)
        data[i] = (float) (low + (high - low) * ((check_random (run) >> 11) * 0x1p-53));
    return data;
}

float *
check_constant (CheckRun *run, int64_t count, double value)
{
    float *data = check_alloc (run, count * sizeof *data);

    for (int64_t i = 0; i < count; i++)
        data[i] = (float) value;
    return data;
}

float *
check_pattern (CheckRun *run, int64_t count, int a, int b)
{
    float *data = check_alloc (run, count * sizeof *data);

    for (int64_t i = 0; i < count; i++)
        data[i] = (float) ((a * i + b) % 61 - 30) / 16;
    return data;
}

/* ---- operands ------------------------------------------------------------------------------- */

size_t
check_row_offset (const CheckOperand *operand, int64_t row)
{
    const M2fTensor *t = &operand->tensor;
    return t->offset - operand->whole.offset + row * t->stride * m2f_type_size (t->type);
}

/* Fills memory with what must neither be read nor written: NaN, or a pattern that is no likely
 * winner or index. */
static void
poison (const CheckRun *run, M2fType type, char *memory, size_t size)
{
    uint32_t word = run->poison;

    if (type == M2F_F32)
        word = 0x7fc00000u | (word & 0xffffu);
    else if (type == M2F_BF16)
        word = 0x7fc07fc0u | (word & 0x003f003fu);
    else if (type == M2F_F16)
        word = 0x7e007e00u | (word & 0x00ff00ffu);

    for (size_t i = 0; i < size; i++)
        memory[i] = (char) (word >> 8 * (i % 4));
}

static void
copy_rows (CheckOperand *operand, char *whole, const char *data)
{
    size_t row_size = operand->tensor.ne[3] * m2f_type_size (operand->tensor.type);

    for (int64_t row = 0; row < m2f_tensor_rows (&operand->tensor); row++)
        memcpy (whole + check_row_offset (operand, row), data + row * row_size, row_size);
}

static M2fTensor
add_operand (CheckRun *run, const char *name, M2fType type, const int ne[4], bool output,
    const void *data)
{
    CheckOperand *operand = g_new0 (CheckOperand, 1);
    M2fTensor *t = &operand->tensor;
    int64_t rows = (int64_t) ne[0] * ne[1] * ne[2];
    const int gap = type == M2F_F16 ? run->gap + run->gap % 2 : run->gap; /* whole pairs */
    int first = GUARD + (gap == 0 ? 0 : type == M2F_F16 ? 2 : 3)
        - (type == M2F_BF16 && gap % 2 == 0 ? 1 : 0);
    int64_t count = first + rows * (ne[3] + gap) + GUARD;

    g_ptr_array_add (run->operands, operand);
    operand->name = name;
    operand->output = output;
    if (run->error || !m2f_tensor_new (run->device, &operand->whole, name, type,
            M2F_SHAPE (1, 1, 1, (int) count), &run->error))
        return (M2fTensor) { 0 };

    *t = operand->whole;
    t->offset += first * m2f_type_size (type);
    memcpy (t->ne, ne, sizeof t->ne);
    t->stride = ne[3] + gap;

    operand->size = count * m2f_type_size (type);
    operand->before = check_alloc (run, operand->size);
    operand->after = check_alloc (run, operand->size);
    poison (run, type, operand->before, operand->size);
    if (data)
        copy_rows (operand, operand->before, data);
    return *t;
}

M2fTensor
check_input (CheckRun *run, const char *name, int n0, int n1, int n2, int n3, const float *data)
{
    return add_operand (run, name, M2F_F32, (int[]) { n0, n1, n2, n3 }, false, data);
}

/* What the device has in the place of bf16. */
static M2fType
narrow_type (const CheckRun *run)
{
    return run->device->fns->narrow;
}

static uint16_t
half_from_any (float x)
{
    return isnan (x) ? 0x7e00 : isinf (x) ? (x < 0 ? 0xfc00 : 0x7c00) : m2f_half_from_float (x);
}

M2fTensor
check_bf16 (CheckRun *run, const char *name, int n0, int n1, int n2, int n3, const float *data)
{
    const int64_t count = (int64_t) n0 * n1 * n2 * n3;
    uint16_t *rounded = check_alloc (run, count * sizeof *rounded);

    for (int64_t i = 0; i < count; i++) {
        rounded[i] = m2f_bf16_from_float (data[i]);
        if (narrow_type (run) == M2F_F16)
            rounded[i] = half_from_any (m2f_bf16_to_float (rounded[i]));
    }
    return add_operand (run, name, narrow_type (run), (int[]) { n0, n1, n2, n3 }, false, rounded);
}

M2fTensor
check_integers (CheckRun *run, const char *name, M2fType type, int n2, int n3, const void *data)
{
    return add_operand (run, name, type, (int[]) { 1, 1, n2, n3 }, false, data);
}

M2fTensor
check_output (CheckRun *run, const char *name, M2fType type, int n0, int n1, int n2, int n3)
{
    return add_operand (run, name, type == M2F_BF16 ? narrow_type (run) : type,
        (int[]) { n0, n1, n2, n3 }, true, NULL);
}

M2fTensor
check_in_place (CheckRun *run, const char *name, int n0, int n1, int n2, int n3,
    const float *data)
{
    run->in_place = true;
    return add_operand (run, name, M2F_F32, (int[]) { n0, n1, n2, n3 }, true, data);
}

M2fTensor
check_weight (CheckRun *run, const char *name, M2fLayout layout, int n0, int n1, int n2, int n3,
    const float *data)
{
    M2fTensor weight = { 0 };

    if (!run->error
        && m2f_tensor_new_weight (run->device, &weight, name, layout,
            (int[]) { n0, n1, n2, n3 }, data, &run->error))
        g_array_append_val (run->weights, weight);
    return weight;
}

M2fTensor
check_borrowed (CheckRun *run, const char *name, int rows, int bytes, const uint8_t *data)
{
    CheckOperand *operand = g_new0 (CheckOperand, 1);
    M2fTensor *t = &operand->tensor;
    int stride = bytes + run->gap;

    g_ptr_array_add (run->operands, operand);
    operand->name = name;
    if (run->error
        || !m2f_tensor_new (run->device, t, name, M2F_U8,
            M2F_SHAPE (1, 1, rows, bytes), &run->error))
        return (M2fTensor) { 0 };

    /* Borrowing may redirect the tensor, so rows are found in our own memory, not by its offset. */
    operand->size = (size_t) rows * stride;
    operand->before = check_alloc (run, operand->size);
    operand->after = check_alloc (run, operand->size);
    operand->lent = check_alloc (run, operand->size);
    poison (run, M2F_U8, operand->before, operand->size);
    for (int row = 0; row < rows; row++)
        memcpy (operand->before + (size_t) row * stride, data + (size_t) row * bytes, bytes);
    memcpy (operand->lent, operand->before, operand->size);
    m2f_tensor_borrow (run->device, t, operand->lent, stride);
    return *t;
}

void
check_operands_write (CheckRun *run)
{
    for (guint i = 0; i < run->operands->len; i++) {
        CheckOperand *operand = run->operands->pdata[i];
        if (!operand->lent)
            m2f_tensor_write (run->device, &operand->whole, operand->before);
    }
}

void
check_operands_read (CheckRun *run)
{
    for (guint i = 0; i < run->operands->len; i++) {
        CheckOperand *operand = run->operands->pdata[i];
        if (operand->lent)
            memcpy (operand->after, operand->lent, operand->size);
        else
            m2f_tensor_read (run->device, &operand->whole, operand->after);
    }
}

const void *
check_elements (CheckRun *run, const char *name)
{
    for (guint i = 0; i < run->operands->len; i++) {
        CheckOperand *operand = run->operands->pdata[i];
        const M2fTensor *t = &operand->tensor;
        size_t row_size = t->ne[3] * m2f_type_size (t->type);

        if (!g_str_equal (operand->name, name))
            continue;
        if (operand->dense)
            return operand->dense;
        g_assert (!operand->lent);
        operand->dense = check_alloc (run, m2f_tensor_rows (t) * row_size);
        for (int64_t row = 0; row < m2f_tensor_rows (t); row++)
            memcpy ((char *) operand->dense + row * row_size,
                operand->after + check_row_offset (operand, row), row_size);
        return operand->dense;
    }
    g_error ("no operand is called %s", name);
}
