/* What the validating wrappers ask of a plan.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_PLAN_H
#define M2F_PLAN_H

#include "backend.h"

/* An op failed earlier: ignore the rest. */
bool m2f_plan_failed (const M2fPlan *plan);
/* The plan runs, rather than being walked for its shapes. */
bool m2f_plan_running (const M2fPlan *plan);
/* What m2f_plan_variant() said last. */
int m2f_plan_current_variant (const M2fPlan *plan);

#endif
