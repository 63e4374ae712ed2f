/* checkops checked: a backend that is right must pass, one broken in one way must be caught.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every broken backend is the reference with one slot replaced, by a kernel of breakages.c.
 */
#include "tests/ops/breakages.h"

#include <stdio.h>
#include <string.h>

/* `fns` must outlive the device; a right one if `breakage` is NULL. */
static M2fDevice *
open_broken (const CheckBreakage *breakage, M2fBackendFns *fns)
{
    g_autoptr (GError) error = NULL;
    M2fDevice *device;

    *fns = m2f_reference_backend;
    fns->narrow = breakage ? breakage->fns.narrow : M2F_BF16;
#define M2F_OP(name, Args)             \
    if (breakage && breakage->fns.name) \
        fns->name = breakage->fns.name;
#include "model/compute/ops.def"
#undef M2F_OP
    device = m2f_device_open_backend (fns, -1, M2F_PRECISION_FP32, 1, &error);
    if (!device)
        g_error ("the reference does not open: %s", error->message);
    return device;
}

/* Small cases are many enough, and real shapes take the reference long. */
static bool
small (const CheckCase *check)
{
    return !check->bench && check->flops < 5e6;
}

/* The references' runs of all small cases, index by index of the list; NULL for the others. */
static CheckRun **
run_references (const CheckList *list)
{
    g_autoptr (GError) error = NULL;
    CheckRun **runs = g_new0 (CheckRun *, list->cases->len);
    M2fDevice *device = m2f_device_open ("reference", M2F_PRECISION_FP32, 1, &error);

    if (!device)
        g_error ("%s", error->message);

    for (guint i = 0; i < list->cases->len; i++) {
        const CheckCase *check = &g_array_index (list->cases, CheckCase, i);
        if (small (check))
            runs[i] = check_run_new (check, device, true, 0);
    }
    m2f_device_unref (&device);
    return runs;
}

/* Runs the small cases of an op, or of all if `op` is CHECK_OPS.  Returns how many failed, and in
 * *for_reason how many of them said so; prints those that should not have. */
static int
count_failures (const CheckList *list, CheckRun **references, CheckOp op, M2fDevice *device,
    const char *reason, int *for_reason)
{
    int failed = 0;

    *for_reason = 0;
    for (guint i = 0; i < list->cases->len; i++) {
        const CheckCase *check = &g_array_index (list->cases, CheckCase, i);
        CheckResult result;
        CheckRun *run;

        if (!references[i])
            continue;
        if (op != CHECK_OPS
            && (check->op != op || check->bf16 != (device->fns->narrow == M2F_BF16)))
            continue;
        run = check_run_new (check, device, false, 0);
        result = check_judge (check, references[i], run);
        check_run_free (run);
        if (result.ok)
            continue;
        failed++;
        if (!reason)
            printf ("FAILED  %s, on a right backend: %s\n", check->name, result.why);
        else if (strstr (result.why, reason))
            (*for_reason)++;
    }
    return failed;
}

/* Returns whether the cases of its op see a breakage for what it is. */
static bool
try_breakage (const CheckBreakage *b, const CheckList *list, CheckRun **references)
{
    M2fBackendFns fns;
    M2fDevice *device = open_broken (b, &fns);
    int for_reason, failed;
    bool right;

    failed = count_failures (list, references, b->op, device, b->reason, &for_reason);
    right = b->reason ? for_reason > 0 : failed == 0;
    if (b->reason)
        printf ("%s  %s %s: %d cases failed, %d of them saying \"%s\"\n",
            right ? "caught" : "MISSED", check_op_name (b->op), b->name, failed, for_reason,
            b->reason);
    else
        printf ("%s  %s %s: %d cases failed\n", right ? "passed" : "BLAMED",
            check_op_name (b->op), b->name, failed);
    m2f_device_unref (&device);
    return right;
}

int
main (void)
{
    CheckList *list = check_list_new ();
    CheckRun **references = run_references (list);
    bool broken[CHECK_OPS] = { false };
    int wrong = 0, for_reason;
    M2fBackendFns fns;
    M2fDevice *device = open_broken (NULL, &fns);

    wrong += count_failures (list, references, CHECK_OPS, device, NULL, &for_reason) > 0;
    m2f_device_unref (&device);

    for (int i = 0; i < n_check_breakages; i++) {
        wrong += !try_breakage (&check_breakages[i], list, references);
        broken[check_breakages[i].op] |= check_breakages[i].reason != NULL;
    }
    for (int op = 0; op < CHECK_OPS; op++)
        if (!broken[op]) {
            printf ("MISSED  no breakage of %s is tried\n", check_op_name (op));
            wrong++;
        }

    for (guint i = 0; i < list->cases->len; i++)
        if (references[i])
            check_run_free (references[i]);
    g_free (references);
    check_list_free (list);
    printf ("%d breakages, %d wrong\n", n_check_breakages, wrong);
    return wrong > 0;
}
