/* The list of cases, and running one of them on a device.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/ops/check.h"
#include "model/compute/backend.h"

#include <string.h>

/* ---- the list ------------------------------------------------------------------------------- */

static const char *const op_names[] = {
#define M2F_OP(name, Args) #name,
#include "model/compute/ops.def"
#undef M2F_OP
};

static void (*const op_cases[]) (CheckList *) = {
#define M2F_OP(name, Args) check_cases_##name,
#include "model/compute/ops.def"
#undef M2F_OP
};

const char *
check_op_name (CheckOp op)
{
    return op_names[op];
}

void
check_add (CheckList *list, CheckCase check)
{
    for (guint i = 0; i < list->cases->len; i++)
        if (g_str_equal (g_array_index (list->cases, CheckCase, i).name, check.name))
            g_error ("two cases are called %s", check.name);
    g_array_append_val (list->cases, check);
}

static int
compare_ops (const void *a, const void *b)
{
    return (int) ((const CheckCase *) a)->op - (int) ((const CheckCase *) b)->op;
}

CheckList *
check_list_new (void)
{
    CheckList *list = g_new0 (CheckList, 1);

    list->cases = g_array_new (false, true, sizeof (CheckCase));
    check_cases_known (list);
    for (int op = 0; op < CHECK_OPS; op++) {
        guint before = list->cases->len;

        op_cases[op] (list);
        if (list->cases->len == before)
            g_error ("op %s has no case", op_names[op]);
    }
    check_cases_nonfinite (list);
    g_array_sort (list->cases, compare_ops); /* stable: the known ones first */
    return list;
}

void
check_list_free (CheckList *list)
{
    for (guint i = 0; i < list->cases->len; i++)
        g_free (g_array_index (list->cases, CheckCase, i).name);
    g_array_unref (list->cases);
    g_free (list);
}

/* ---- one run -------------------------------------------------------------------------------- */

typedef struct Calls {
    CheckRun *run;
    CheckOp op;
    int count;
} Calls;

static void
call_op (M2fPlan *plan, void *user_data)
{
    const Calls *calls = user_data;

    for (int i = 0; i < calls->count; i++) {
        switch (calls->op) {
#define M2F_OP(name, Args)                                    \
    case CHECK_OP_##name:                                     \
        m2f_op_##name (plan, &calls->run->args.name);         \
        break;
#include "model/compute/ops.def"
#undef M2F_OP
        case CHECK_OPS:
            g_assert_not_reached ();
        }
    }
}

static CheckRun *
build_run (const CheckCase *check, M2fDevice *device, bool reference, uint64_t seed)
{
    CheckRun *run = g_new0 (CheckRun, 1);

    run->device = m2f_device_ref (device);
    run->params = check->params;
    run->random = seed ^ g_str_hash (check->name);
    run->poison = reference ? 0x5a5a5a5au : 0xa5a5a5a5u;
    run->operands = g_ptr_array_new_with_free_func (g_free);
    run->memory = g_ptr_array_new_with_free_func (g_free);
    run->weights = g_array_new (false, true, sizeof (M2fTensor));
    check->build (run);
    return run;
}

CheckRun *
check_run_new (const CheckCase *check, M2fDevice *device, bool reference, uint64_t seed)
{
    CheckRun *run = build_run (check, device, reference, seed);
    Calls calls = { .run = run, .op = check->op, .count = 1 };
    M2fPlan *plan = NULL;
    bool ok = !run->error;

    if (ok) {
        check_operands_write (run);
        plan = m2f_plan_new (device, call_op, &calls, &run->error);
        ok = plan != NULL;
    }
    /* A plan has to leave nothing behind that its next run would see. */
    ok = ok && m2f_plan_run (plan, &run->error);
    if (ok && !reference && !run->in_place)
        ok = m2f_plan_run (plan, &run->error);
    if (ok)
        check_operands_read (run);
    m2f_plan_free (&plan);
    return run;
}

void
check_run_free (CheckRun *run)
{
    for (guint i = 0; i < run->operands->len; i++) {
        CheckOperand *operand = run->operands->pdata[i];
        M2fTensor *owner = operand->lent ? &operand->tensor : &operand->whole;
        if (m2f_tensor_present (owner))
            m2f_tensor_free (run->device, owner);
    }
    for (guint i = 0; i < run->weights->len; i++)
        m2f_tensor_free (run->device, &g_array_index (run->weights, M2fTensor, i));
    g_ptr_array_unref (run->operands);
    g_ptr_array_unref (run->memory);
    g_array_unref (run->weights);
    g_clear_error (&run->error);
    m2f_device_unref (&run->device);
    g_free (run);
}

bool
check_suits (const CheckCase *check, const CheckRun *reference, const M2fDevice *device)
{
    const M2fType narrow = device->fns->narrow;

    if (!check->bf16 || narrow == M2F_BF16)
        return true;
    for (guint i = 0; i < reference->operands->len; i++) {
        const CheckOperand *operand = reference->operands->pdata[i];
        const bool is_copy = g_str_equal (operand->name, "bf16_copy");

        if (operand->tensor.type == M2F_BF16 && (is_copy || operand->tensor.ne[3] % 2))
            return false;
    }
    return narrow == M2F_F16;
}

/* ---- time ----------------------------------------------------------------------------------- */

static double
seconds (void)
{
    return g_get_monotonic_time () * 1e-6;
}

/* Seconds of one run of a plan of `count` calls; negative if it failed. */
static double
time_plan (M2fPlan *plan)
{
    double start = seconds ();
    return m2f_plan_run (plan, NULL) ? seconds () - start : -1;
}

static int
compare_doubles (const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

/* Times of as many runs as fit into the budget. */
static CheckTime
time_many (M2fPlan *plan, double budget)
{
    GArray *times = g_array_new (false, false, sizeof (double));
    double end = seconds () + budget;
    CheckTime result = { 0 };

    do {
        double time = time_plan (plan);
        if (time < 0)
            goto done;
        g_array_append_val (times, time);
    } while (seconds () < end || times->len < 3);
    g_array_sort (times, compare_doubles);
    result.least = g_array_index (times, double, 0);
    result.median = g_array_index (times, double, times->len / 2);
done:
    g_array_unref (times);
    return result;
}

static double
operand_bytes (const CheckRun *run)
{
    double bytes = 0;

    for (guint i = 0; i < run->operands->len; i++) {
        const M2fTensor *t = &((const CheckOperand *) run->operands->pdata[i])->tensor;
        bytes += (double) m2f_tensor_rows (t) * t->ne[3] * m2f_type_size (t->type);
    }
    return bytes;
}

CheckTime
check_bench (const CheckCase *check, M2fDevice *device, uint64_t seed, double budget)
{
    CheckRun *run = build_run (check, device, false, seed);
    Calls calls = { .run = run, .op = check->op, .count = 1 };
    CheckTime result = { 0 };
    M2fPlan *plan = NULL;
    double time;

    if (run->error)
        goto done;
    check_operands_write (run);
    plan = m2f_plan_new (device, call_op, &calls, NULL);
    if (!plan || time_plan (plan) < 0 || (time = time_plan (plan)) < 0)
        goto done;

    /* Enough calls per plan that starting it does not count: about 2 ms. */
    calls.count = (int) CLAMP (0.002 / MAX (time, 1e-6), 1, 64);
    m2f_plan_free (&plan);
    plan = m2f_plan_new (device, call_op, &calls, NULL);
    if (plan)
        result = time_many (plan, budget);
    result.median /= calls.count;
    result.least /= calls.count;
    result.bytes = run->bytes > 0 ? run->bytes : operand_bytes (run);
done:
    m2f_plan_free (&plan);
    check_run_free (run);
    return result;
}
