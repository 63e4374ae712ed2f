/* The conditions the validating wrappers are made of; each names op and operand when it fails.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_CHECK_H
#define M2F_CHECK_H

#include "model/compute/plan.h"

#define M2F_ANY (-1) /* an extent that may be anything from 1 */

/* `t` is present, PLAIN, of this type and shape, and lies inside its buffer. */
bool m2f_check_tensor (M2fPlan *plan, const char *op, const char *operand, const M2fTensor *t,
    M2fType type, M2fShape shape);
/* `t` is a weight of this layout and logical shape; its type is up to the backend. */
bool m2f_check_weight (M2fPlan *plan, const char *op, const char *operand, const M2fTensor *t,
    M2fLayout layout, M2fShape shape);
/* No element of `t` is an element of `dst`; an absent operand passes. */
bool m2f_check_apart (M2fPlan *plan, const char *op, const char *operand, const M2fTensor *dst,
    const M2fTensor *t);
/* `t` is apart from `dst`, or every element of `t` is that of `dst` with the same indices. */
bool m2f_check_in_place (M2fPlan *plan, const char *op, const char *operand, const M2fTensor *dst,
    const M2fTensor *t);

#endif
