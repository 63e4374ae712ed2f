/* Cases of checkops: one op with one set of operands, run on the reference and on a device.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A case is a name, a function that makes its operands, and limits.  The function is called once
 * per device with the same random numbers.  Every operand lies in the middle of a buffer of its
 * own: what surrounds it, and what lies between its rows, is NaN (or a byte pattern for integers)
 * with other bits on the reference than on the device, so that reading it shows in the result; all
 * of it has to be the same bits afterwards.  Outputs start out as NaN.
 *
 * To add an op: a line in ops.def, and check_cases_NAME() in one of the files here; without it
 * checkops does not link.  To add a case: a line in its op's table.
 */
#ifndef M2F_OPS_CHECK_H
#define M2F_OPS_CHECK_H

#include "model/compute/compute.h"
#include "model/compute/ops.h"

typedef enum CheckOp {
#define M2F_OP(name, Args) CHECK_OP_##name,
#include "model/compute/ops.def"
#undef M2F_OP
    CHECK_OPS
} CheckOp;

typedef union CheckArgs {
#define M2F_OP(name, Args) Args name;
#include "model/compute/ops.def"
#undef M2F_OP
} CheckArgs;

/* How far a result may be from the reference's, before either is rounded to bf16 if that is the
 * output's type.  Both 0 asks for the same bits.
 *   worst  largest |difference| over the largest |reference| of the output, at least 1
 *   nmse   sum of squared differences over sum of squared reference values */
typedef struct CheckLimit {
    double worst, nmse;
} CheckLimit;

/* By the precision the device was opened with.  One that is left out has the limit of fp32, as most
 * ops stay in float32 whatever the precision; int8 has that of bf16, which it falls back to. */
typedef struct CheckLimits {
    CheckLimit fp32, bf16, fp16, int8;
} CheckLimits;

typedef struct CheckResult {
    bool ok;
    double worst, nmse; /* the largest of all outputs */
    char why[200];      /* if not ok */
} CheckResult;

typedef struct CheckCase CheckCase;
typedef struct CheckRun CheckRun;

/* Judges a run where closeness is not the rule (winners of an argmax, 8-bit steps).  Sets `result`
 * by check_fail() or leaves it ok. */
typedef void (*CheckRule) (CheckRun *reference, CheckRun *run, CheckResult *result);

struct CheckCase {
    CheckOp op;
    char *name; /* the identity: names the op's variant and shape, seeds the random numbers */
    void (*build) (CheckRun *run);
    const void *params;
    const CheckLimits *limits;
    CheckRule rule;        /* NULL = closeness by `limits`, integers exactly */
    /* An output whose elements 0, step, 2 step ... are known from elsewhere: judged by these and
     * not by the reference. */
    const char *known;
    const float *expected;
    int count, step;
    bool bf16;             /* has operands of bf16, or of fp16 where a backend has those instead */
    double flops;          /* operations of one call; 0 = the case is bound by memory */
    bool bench;            /* a shape of the real model: timed by --bench */
};

/* A case on one device. */
struct CheckRun {
    M2fDevice *device;
    const void *params; /* parameters of the case */
    CheckArgs args;     /* for build() to fill in */
    /* Elements between the rows of the operands made from here on; with a gap they also start at
     * an address that is only aligned to their element. */
    int gap;
    double bytes; /* moved by one call, for build() to set where that is not all operands */

    uint64_t random;
    uint32_t poison;
    bool in_place;
    GPtrArray *operands; /* CheckOperand */
    GPtrArray *memory;   /* g_free() */
    GArray *weights;     /* M2fTensor */
    GError *error;
};

typedef struct CheckList {
    GArray *cases; /* CheckCase */
} CheckList;

/* ---- operands, in operand.c and preprocess.c: for build() ------------------------------------ */

M2fTensor check_input (CheckRun *run, const char *name, int n0, int n1, int n2, int n3,
    const float *data);
/* The data rounded to bf16, in bf16 or in what the device takes in its place. */
M2fTensor check_bf16 (CheckRun *run, const char *name, int n0, int n1, int n2, int n3,
    const float *data);
M2fTensor check_integers (CheckRun *run, const char *name, M2fType type, int n2, int n3,
    const void *data);
M2fTensor check_output (CheckRun *run, const char *name, M2fType type, int n0, int n1, int n2,
    int n3);
/* An operand that the op overwrites with its result. */
M2fTensor check_in_place (CheckRun *run, const char *name, int n0, int n1, int n2, int n3,
    const float *data);
M2fTensor check_weight (CheckRun *run, const char *name, M2fLayout layout, int n0, int n1, int n2,
    int n3, const float *data);
/* Rows of bytes in the caller's memory, handed over by m2f_tensor_borrow(). */
M2fTensor check_borrowed (CheckRun *run, const char *name, int rows, int bytes,
    const uint8_t *data);

/* The filter operands of a preprocess whose dst is made: antialiased bilinear. */
void check_bilinear (CheckRun *run, int height, int width);

/* Arrays for `data`, freed with the run. */
void *check_alloc (CheckRun *run, size_t size);
float *check_normal (CheckRun *run, int64_t count, double mean, double deviation);
float *check_uniform (CheckRun *run, int64_t count, double low, double high);
float *check_constant (CheckRun *run, int64_t count, double value);
/* Element i is ((a i + b) mod 61 - 30) / 16: numbers that any other program makes just as well. */
float *check_pattern (CheckRun *run, int64_t count, int a, int b);
uint64_t check_random (CheckRun *run);

/* ---- results, in operand.c and compare.c: for rules ----------------------------------------- */

/* The elements of an operand after the run, dense, made once and freed with the run. */
const void *check_elements (CheckRun *run, const char *name);
void check_fail (CheckResult *result, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* ---- running, in runner.c ------------------------------------------------------------------- */

#define M2F_OP(name, Args) void check_cases_##name (CheckList *list);
#include "model/compute/ops.def"
#undef M2F_OP

/* Adds a case; takes over its name. */
void check_add (CheckList *list, CheckCase check);
/* Adds the cases of all ops whose results are known from torch. */
void check_cases_known (CheckList *list);
/* Adds the cases of operands that are not finite. */
void check_cases_nonfinite (CheckList *list);
/* Every case, op by op; an op without any is an error. */
CheckList *check_list_new (void);
void check_list_free (CheckList *list);
const char *check_op_name (CheckOp op);

/* Makes the operands, computes and reads everything back.  A run whose `error` is set did not get
 * that far.  Free with check_run_free(). */
CheckRun *check_run_new (const CheckCase *check, M2fDevice *device, bool reference, uint64_t seed);
void check_run_free (CheckRun *run);
/* Everything that can be said about a run: its error, its guards, its values. */
CheckResult check_judge (const CheckCase *check, CheckRun *reference, CheckRun *run);
typedef struct CheckTime {
    double median, least; /* seconds of one call; 0 if it failed */
    double bytes;         /* moved by one call, if every operand is touched once */
} CheckTime;

/* Measures for about `budget` seconds.  On a busy machine the least is the truer one. */
CheckTime check_bench (const CheckCase *check, M2fDevice *device, uint64_t seed, double budget);

/* Whether the device takes the operands of a case that the reference has computed. */
bool check_suits (const CheckCase *check, const CheckRun *reference, const M2fDevice *device);

/* ---- between operand.c, compare.c and runner.c ---------------------------------------------- */

typedef struct CheckOperand {
    const char *name;
    M2fTensor whole;   /* with the guards; absent if borrowed */
    M2fTensor tensor;  /* what the op sees, a view of `whole` */
    bool output;
    size_t size;       /* bytes of the three below */
    char *before;      /* the whole as it was written */
    char *after;       /* the whole as the op left it */
    char *lent;        /* what was borrowed, or NULL */
    void *dense;       /* what check_elements() returned, or NULL */
} CheckOperand;

/* Writes the operands anew, and reads them back. */
void check_operands_write (CheckRun *run);
void check_operands_read (CheckRun *run);
/* Offset of row `row` in `before` and `after`. */
size_t check_row_offset (const CheckOperand *operand, int64_t row);

#endif
