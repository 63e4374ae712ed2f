/* Profiles: the times of equal calls, added up.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/profile.h"
#include "model/compute/work.h"

#include <string.h>

struct M2fProfile {
    GArray *ops;    /* of M2fOpTime */
    GArray *stages; /* of M2fStageTime */
};

M2fProfile *
m2f_profile_new (void)
{
    M2fProfile *profile = g_new (M2fProfile, 1);

    profile->ops = g_array_new (FALSE, FALSE, sizeof (M2fOpTime));
    profile->stages = g_array_new (FALSE, FALSE, sizeof (M2fStageTime));
    return profile;
}

void
m2f_profile_free (M2fProfile **profile)
{
    M2fProfile *p = g_steal_pointer (profile);

    if (!p)
        return;
    g_array_unref (p->ops);
    g_array_unref (p->stages);
    g_free (p);
}

void
m2f_profile_clear (M2fProfile *profile)
{
    g_array_set_size (profile->ops, 0);
    g_array_set_size (profile->stages, 0);
}

const M2fOpTime *
m2f_profile_ops (const M2fProfile *profile, int *count)
{
    *count = (int) profile->ops->len;
    return (const M2fOpTime *) (void *) profile->ops->data;
}

const M2fStageTime *
m2f_profile_stages (const M2fProfile *profile, int *count)
{
    *count = (int) profile->stages->len;
    return (const M2fStageTime *) (void *) profile->stages->data;
}

static bool
same_calls (const M2fOpTime *a, const M2fOpTime *b)
{
    return strcmp (a->op, b->op) == 0 && strcmp (a->shape, b->shape) == 0
        && strcmp (a->name, b->name) == 0 && strcmp (a->stage, b->stage) == 0;
}

static M2fOpTime *
find_op (M2fProfile *profile, const M2fOpTime *like)
{
    for (guint i = 0; i < profile->ops->len; i++)
        if (same_calls (&g_array_index (profile->ops, M2fOpTime, i), like))
            return &g_array_index (profile->ops, M2fOpTime, i);
    return NULL;
}

static M2fStageTime *
find_stage (M2fProfile *profile, const char *name)
{
    for (guint i = 0; i < profile->stages->len; i++)
        if (strcmp (g_array_index (profile->stages, M2fStageTime, i).name, name) == 0)
            return &g_array_index (profile->stages, M2fStageTime, i);
    return NULL;
}

void
m2f_profile_keep_least (M2fProfile *profile, const M2fProfile *run)
{
    for (guint i = 0; i < run->ops->len; i++) {
        const M2fOpTime *op = &g_array_index (run->ops, M2fOpTime, i);
        M2fOpTime *known = find_op (profile, op);

        if (!known)
            g_array_append_vals (profile->ops, op, 1);
        else if (op->ms < known->ms)
            *known = *op;
    }
    for (guint i = 0; i < run->stages->len; i++) {
        const M2fStageTime *stage = &g_array_index (run->stages, M2fStageTime, i);
        M2fStageTime *known = find_stage (profile, stage->name);

        if (!known)
            g_array_append_vals (profile->stages, stage, 1);
        else if (stage->ms < known->ms)
            *known = *stage;
    }
}

void
m2f_profile_add_op (M2fProfile *profile, const char *stage, const char *op, const M2fWork *work,
    double ms)
{
    M2fOpTime time = { .stage = stage, .op = op, .type = work->type };

    g_strlcpy (time.name, work->name ? work->name : "", sizeof time.name);
    g_strlcpy (time.shape, work->shape, sizeof time.shape);
    M2fOpTime *t = find_op (profile, &time);
    if (!t) {
        g_array_append_val (profile->ops, time);
        t = &g_array_index (profile->ops, M2fOpTime, profile->ops->len - 1);
    }
    t->calls++;
    t->ms += ms;
    t->flops += work->flops;
    t->bytes += work->bytes;
}

void
m2f_profile_add_stage (M2fProfile *profile, const M2fStageTime *stage)
{
    M2fStageTime *known = find_stage (profile, stage->name);

    if (known)
        known->ms += stage->ms;
    else
        g_array_append_vals (profile->stages, stage, 1);
}

double
m2f_peaks_of (const M2fPeaks *peaks, M2fType type)
{
    switch (type) {
    case M2F_BF16:
        return peaks->bf16;
    case M2F_I8:
        return peaks->int8;
    default:
        return peaks->f32;
    }
}
