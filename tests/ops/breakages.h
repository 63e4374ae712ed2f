/* Kernels that are wrong, to see whether checkops says so.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_OPS_BREAKAGES_H
#define M2F_OPS_BREAKAGES_H

#include "model/compute/backend.h"
#include "tests/ops/check.h"

typedef struct CheckBreakage {
    CheckOp op;
    M2fBackendFns fns;  /* the slot of that op; narrow: of its cases with operands of that */
    const char *name;
    const char *reason; /* what a failure says of it; NULL = must pass */
} CheckBreakage;

extern const CheckBreakage check_breakages[];
extern const int n_check_breakages;

#endif
