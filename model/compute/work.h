/* The work of an op: the floating point operations of its definition, and the bytes that must move
 * at least.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For profiles, which compare it with what was achieved.  Operations are those of the plain
 * definition, a multiply-add counting two, whatever a backend saves (Winograd's convolution does
 * with fewer) or adds (exponentials are not counted).  Bytes are every operand read once and every
 * result written once, weights at the size they are stored in.
 */
#ifndef M2F_WORK_H
#define M2F_WORK_H

#include "model/compute/ops.h"

G_BEGIN_DECLS

typedef struct M2fWork {
    const char *name; /* name of the result */
    char shape[56];   /* what makes two calls equal, for people: "9216x384x96 bf16" */
    M2fType type;     /* type of the factors of products: its peak is the op's */
    double flops, bytes;
} M2fWork;

/* m2f_work_conv3x3() and so on. */
#define M2F_OP(name, Args) M2fWork m2f_work_##name (const Args *args);
#include "model/compute/ops.def"
#undef M2F_OP

G_END_DECLS

#endif
