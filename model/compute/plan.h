/* The side of a plan that the validating wrappers and backends see.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_PLAN_H
#define M2F_PLAN_H

#include "model/compute/backend.h"
#include "model/compute/work.h"

/* Alignment of temporaries in bytes: no device asks for more where a shader sees memory from. */
#define M2F_PLAN_ALIGN 256

/* True if an op failed earlier: further ops are ignored. */
bool m2f_plan_failed (const M2fPlan *plan);
/* True in a run, false while m2f_plan_new() checks shapes and places temporaries. */
bool m2f_plan_running (const M2fPlan *plan);
/* The last argument of m2f_plan_variant(). */
int m2f_plan_current_variant (const M2fPlan *plan);
/* True if taps or a profile read it op by op: its function must be called at every run. */
bool m2f_plan_watched (const M2fPlan *plan);

/* Whether the run has been cancelled, which fails the plan. */
bool m2f_plan_check_cancel (M2fPlan *plan);

/* Around an op of a plan that runs: whether it is profiled, and if so since when; then, when the
 * backend's slot has returned, what it was. */
bool m2f_plan_op_begins (M2fPlan *plan, int64_t *start);
void m2f_plan_op_ends (M2fPlan *plan, int64_t start, const char *op, const M2fWork *work);

#endif
