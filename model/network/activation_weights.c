/* Activations, with the weights of those that have some.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/network/activation_weights.h"

#include <math.h>

#define XIELU_BETA 0.5 /* transformers' XIELUActivation */

static double
softplus (double x)
{
    return fmax (x, 0) + log1p (exp (-fabs (x)));
}

/* 0 in a dry run and after an error. */
static float
read_weight (M2fBinder *b, const char *module, const char *part)
{
    g_autofree char *name = g_strdup_printf ("%s.%s", module, part);
    g_autofree float *weight = m2f_bind_read (b, name, M2F_SHAPE (1));

    return weight ? *weight : 0;
}

void
m2f_bind_activation (M2fBinder *b, M2fActivationWeights *w, const char *name, M2fActivation kind)
{
    *w = (M2fActivationWeights) { .kind = kind };
    if (kind == M2F_PRELU)
        w->alpha[0] = read_weight (b, name, "weight");
    if (kind != M2F_XIELU)
        return;
    w->alpha[0] = (float) softplus (read_weight (b, name, "alpha_p"));
    w->alpha[1] = (float) (XIELU_BETA + softplus (read_weight (b, name, "alpha_n")));
}
