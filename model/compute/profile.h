/* Profiles: what every op of a device's plans took, and what the device could do at best.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *     M2fProfile *profile = m2f_profile_new ();
 *     m2f_device_profile (device, profile);
 *     m2f_plan_run (plan, &error);
 *     ops = m2f_profile_ops (profile, &count);
 *
 * Without a profile an op pays for this with one comparison.  With one, a device that records is
 * made to compute op by op, so that the times include its submissions.
 */
#ifndef M2F_PROFILE_H
#define M2F_PROFILE_H

#include "model/compute/compute.h"

G_BEGIN_DECLS

typedef struct M2fProfile M2fProfile;
typedef struct M2fWork M2fWork; /* work.h */

/* Equal calls: of one op, in one stage, for results of one name and one shape. */
typedef struct M2fOpTime {
    const char *stage, *op; /* static; stage "" before the first */
    char name[40];          /* name of the result */
    char shape[56];         /* rows x N x K for products, see work.c for the others */
    M2fType type;           /* type of the factors of products */
    int calls;
    double ms, flops, bytes; /* sums over all calls: wall time, and their work (work.h) */
} M2fOpTime;

M2fProfile *m2f_profile_new (void);
void m2f_profile_free (M2fProfile **profile);
void m2f_profile_clear (M2fProfile *profile);
/* Merges `run` into `profile`: calls and stages that both have keep the lesser time, and those that
 * only `run` has are added. */
void m2f_profile_keep_least (M2fProfile *profile, const M2fProfile *run);
/* Adds one call of `op`, or one stage of one run: for plans. */
void m2f_profile_add_op (M2fProfile *profile, const char *stage, const char *op,
    const M2fWork *work, double ms);
void m2f_profile_add_stage (M2fProfile *profile, const M2fStageTime *stage);
/* In the order of their first call. */
const M2fOpTime *m2f_profile_ops (const M2fProfile *profile, int *count);
/* Stages of every run since the last clear, equal names together, wall time. */
const M2fStageTime *m2f_profile_stages (const M2fProfile *profile, int *count);

/* From now on runs of this device's plans, one at a time, add to `profile`; NULL stops it.  Not
 * while a plan runs. */
void m2f_device_profile (M2fDevice *device, M2fProfile *profile);

/* Rates that all threads of a device reach together at best; 0 = the device does not have or use
 * such operations. */
typedef struct M2fPeaks {
    double f32, bf16, int8;  /* operations a second, a multiply-add counting two */
    double memory;           /* bytes a second read and written, in memory */
    double cache;            /* bytes a second read and written in the second-level caches */
} M2fPeaks;

/* Measures for about two seconds; false where the backend cannot. */
bool m2f_device_peaks (M2fDevice *device, M2fPeaks *peaks);
/* The one for products of this type. */
double m2f_peaks_of (const M2fPeaks *peaks, M2fType type);

G_END_DECLS

#endif
