/* What the validating wrappers ask of a plan.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_PLAN_H
#define M2F_PLAN_H

#include "model/compute/backend.h"
#include "model/compute/work.h"

/* An op failed earlier: ignore the rest. */
bool m2f_plan_failed (const M2fPlan *plan);
/* The plan runs, rather than being walked for its shapes. */
bool m2f_plan_running (const M2fPlan *plan);
/* What m2f_plan_variant() said last. */
int m2f_plan_current_variant (const M2fPlan *plan);
/* Somebody wants to see it op by op (taps or a profile): it is to be walked at every run. */
bool m2f_plan_watched (const M2fPlan *plan);

/* Whether the run has been cancelled, which fails the plan. */
bool m2f_plan_check_cancel (M2fPlan *plan);

/* Around an op of a plan that runs: whether it is profiled, and if so since when; then, when the
 * backend's slot has returned, what it was. */
bool m2f_plan_op_begins (M2fPlan *plan, int64_t *start);
void m2f_plan_op_ends (M2fPlan *plan, int64_t start, const char *op, const M2fWork *work);

#endif
