/* Activations, with the weights of those that have some.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/network/activation_weights.h"

#include <math.h>

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

/* A number that files need not have. */
static float
read_number (M2fBinder *b, const char *module, const char *part, float fallback)
{
    g_autofree char *name = g_strdup_printf ("%s.%s", module, part);
    g_autofree float *number = m2f_bind_has (b, name) ? m2f_bind_read (b, name, M2F_SCALAR) : NULL;

    return number ? *number : fallback;
}

/* transformers: XIELUActivation */
static void
bind_xielu (M2fBinder *b, M2fActivationWeights *w, const char *name)
{
    const float beta = read_number (b, name, "beta", 0.5f);

    w->alpha[0] = (float) softplus (read_weight (b, name, "alpha_p"));
    w->alpha[1] = (float) (beta + softplus (read_weight (b, name, "alpha_n")));
    w->alpha[2] = beta;
    w->alpha[3] = read_number (b, name, "eps", -1e-6f);
}

void
m2f_bind_activation (M2fBinder *b, M2fActivationWeights *w, const char *name, M2fActivation kind)
{
    *w = (M2fActivationWeights) { .kind = kind };
    if (kind == M2F_PRELU)
        w->alpha[0] = read_weight (b, name, "weight");
    if (kind == M2F_XIELU)
        bind_xielu (b, w, name);
}
