/* Compares a run with the reference: guards, values.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/ops/check.h"
#include "model/compute/bf16.h"
#include "model/compute/half.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
check_fail (CheckResult *result, const char *format, ...)
{
    va_list args;

    if (!result->ok)
        return; /* the first reason is the one worth reading */
    result->ok = false;
    va_start (args, format);
    vsnprintf (result->why, sizeof result->why, format, args);
    va_end (args);
}

/* ---- guards --------------------------------------------------------------------------------- */

/* Bytes [from, to) must be as they were. */
static void
check_untouched (const CheckOperand *operand, size_t from, size_t to, const char *where,
    CheckResult *result)
{
    size_t element = m2f_type_size (operand->tensor.type);

    if (!memcmp (operand->before + from, operand->after + from, to - from))
        return;
    while (operand->before[from] == operand->after[from])
        from++;
    check_fail (result, "%s: wrote %s, at element %zu of its buffer", operand->name, where,
        from / element);
}

static void
check_guards (const CheckOperand *operand, CheckResult *result)
{
    const M2fTensor *t = &operand->tensor;
    int64_t rows = m2f_tensor_rows (t);
    size_t row_size = t->ne[3] * m2f_type_size (t->type);
    size_t end = 0;

    if (!operand->output) {
        check_untouched (operand, 0, operand->size, "to an input or around it", result);
        return;
    }
    for (int64_t row = 0; row < rows; row++) {
        size_t start = check_row_offset (operand, row);
        check_untouched (operand, end, start, row ? "between rows" : "before the first row",
            result);
        end = start + row_size;
    }
    check_untouched (operand, end, operand->size, "after the last row", result);
}

/* ---- values --------------------------------------------------------------------------------- */

static CheckLimit
limit_for (const CheckLimits *limits, M2fPrecision precision)
{
    CheckLimit limit = { 0 };

    if (precision == M2F_PRECISION_BF16)
        limit = limits->bf16;
    else if (precision == M2F_PRECISION_FP16)
        limit = limits->fp16;
    else if (precision == M2F_PRECISION_INT8)
        limit = limits->int8.worst > 0 ? limits->int8 : limits->bf16;
    return limit.worst > 0 ? limit : limits->fp32;
}

/* Sums of the differences of one output. */
typedef struct Difference {
    int64_t count, first_wrong;
    double largest, sum;                     /* largest |difference|, sum of its square */
    double reference_largest, reference_sum; /* likewise of the reference */
    int64_t where;                           /* index of the largest */
} Difference;

static bool
same_kind (float a, float b)
{
    if (isnan (b))
        return isnan (a);
    if (isinf (b))
        return a == b;
    return isfinite (a);
}

static void
compare_value (Difference *d, float found, float expected)
{
    double difference = isfinite (expected) ? fabs ((double) found - expected) : 0;
    double magnitude = isfinite (expected) ? fabs (expected) : 0;

    if (d->first_wrong < 0 && !same_kind (found, expected))
        d->first_wrong = d->count;
    if (difference > d->largest) {
        d->largest = difference;
        d->where = d->count;
    }
    d->sum += difference * difference;
    d->reference_largest = fmax (d->reference_largest, magnitude);
    d->reference_sum += magnitude * magnitude;
    d->count++;
}

/* Operands of all cases are of order one, and a lone sum that happens to cancel must not be judged
 * by its own smallness: hence the two floors. */
static void
compare_floats (const char *name, const float *found, const float *expected, int64_t count,
    CheckLimit limit, CheckResult *result)
{
    Difference d = { .first_wrong = -1 };
    double worst, nmse;

    for (int64_t i = 0; i < count; i++)
        compare_value (&d, found[i], expected[i]);
    if (d.first_wrong >= 0) {
        check_fail (result, "%s[%" G_GINT64_FORMAT "] is %g, expected %g", name,
            d.first_wrong, found[d.first_wrong], expected[d.first_wrong]);
        return;
    }
    worst = d.largest / fmax (d.reference_largest, 1);
    nmse = d.sum / fmax (d.reference_sum, 0.01 * d.count);
    result->worst = fmax (result->worst, worst);
    result->nmse = fmax (result->nmse, nmse);
    if (worst > limit.worst)
        check_fail (result,
            "%s[%" G_GINT64_FORMAT "] is %.9g, expected %.9g: off by %.2g of the largest, limit "
            "%.2g", name, d.where, found[d.where], expected[d.where], worst,
            limit.worst);
    else if (nmse > limit.nmse)
        check_fail (result, "%s: NMSE %.2g, limit %.2g", name, nmse, limit.nmse);
}

static void
compare_bytes (const char *name, const char *found, const char *expected, int64_t count,
    size_t element, CheckResult *result)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t a = 0, b = 0;

        memcpy (&a, found + i * element, element);
        memcpy (&b, expected + i * element, element);
        if (a != b) {
            check_fail (result, "%s[%" G_GINT64_FORMAT "] is 0x%" G_GINT64_MODIFIER
                "x, expected 0x%" G_GINT64_MODIFIER "x", name, i, a, b);
            return;
        }
    }
}

/* What is in fp16 is rounded to bf16, as the reference is. */
static const float *
widen (CheckRun *run, M2fType type, const uint16_t *elements, int64_t count)
{
    float *floats = check_alloc (run, count * sizeof *floats);

    for (int64_t i = 0; i < count; i++)
        floats[i] = m2f_bf16_to_float (type == M2F_BF16
                ? elements[i] : m2f_bf16_from_float (m2f_half_to_float (elements[i])));
    return floats;
}

/* The limits when both have been rounded to bf16, whose steps are 2^-7 of a value at most.  Values
 * that were closer than that may be rounded to neighbours: with a probability of difference / step,
 * which adds difference x step to the mean square, and always to one value of few.  Values that
 * were further apart have two more errors of step^2 / 12. */
static CheckLimit
bf16_limit (CheckLimit limit, int64_t count)
{
    limit.nmse += MIN (limit.worst * 0x1p-7, 0x1p-14 / 6) + 0x1p-14 / (double) count;
    limit.worst += 0x1p-7;
    return limit;
}

static void
compare_output (const CheckCase *check, CheckRun *reference, CheckRun *run,
    const CheckOperand *operand, CheckResult *result)
{
    const M2fTensor *t = &operand->tensor;
    int64_t count = m2f_tensor_rows (t) * t->ne[3];
    CheckLimit limit = limit_for (check->limits, m2f_device_precision (run->device));
    const void *found = check_elements (run, operand->name);
    const void *expected = check_elements (reference, operand->name);

    if (t->type == M2F_F16 && limit.worst > 0)
        limit.worst += 0x1p-11; /* as far as fp16 is from what it rounds */

    if ((t->type == M2F_BF16 || t->type == M2F_F16) && limit.worst > 0)
        compare_floats (operand->name, widen (run, t->type, found, count),
            widen (run, M2F_BF16, expected, count), count, bf16_limit (limit, count), result);
    else if (t->type == M2F_F32 && limit.worst > 0)
        compare_floats (operand->name, found, expected, count, limit, result);
    else
        compare_bytes (operand->name, found, expected, count, m2f_type_size (t->type), result);
}

static float
element_at (const void *elements, M2fType type, int64_t i)
{
    switch (type) {
    case M2F_I32:
        return (float) ((const int32_t *) elements)[i];
    case M2F_U8:
        return ((const uint8_t *) elements)[i];
    default:
        g_assert (type == M2F_F32);
        return ((const float *) elements)[i];
    }
}

static void
compare_known (const CheckCase *check, CheckRun *run, const CheckOperand *operand,
    CheckResult *result)
{
    const M2fTensor *t = &operand->tensor;
    CheckLimit limit = limit_for (check->limits, m2f_device_precision (run->device));
    const void *elements = check_elements (run, operand->name);
    g_autofree float *found = g_new (float, check->count);

    g_assert ((int64_t) (check->count - 1) * check->step < m2f_tensor_rows (t) * t->ne[3]);
    for (int i = 0; i < check->count; i++)
        found[i] = element_at (elements, t->type, (int64_t) i * check->step);
    compare_floats (operand->name, found, check->expected, check->count, limit, result);
}

CheckResult
check_judge (const CheckCase *check, CheckRun *reference, CheckRun *run)
{
    CheckResult result = { .ok = true };

    if (reference->error)
        check_fail (&result, "on the reference: %s", reference->error->message);
    if (run->error)
        check_fail (&result, "%s", run->error->message);
    if (!result.ok)
        return result;

    for (guint i = 0; i < run->operands->len; i++)
        check_guards (run->operands->pdata[i], &result);
    if (check->rule) {
        check->rule (reference, run, &result);
        return result;
    }
    for (guint i = 0; i < run->operands->len; i++) {
        const CheckOperand *operand = run->operands->pdata[i];
        if (check->known && g_str_equal (check->known, operand->name))
            compare_known (check, run, operand, &result);
        else if (!check->known && operand->output)
            compare_output (check, reference, run, operand, &result);
    }
    return result;
}
