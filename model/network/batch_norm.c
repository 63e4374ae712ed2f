/* Convolutions with a batch norm behind them, folded into one (torch.nn.BatchNorm2d).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/network/batch_norm.h"

#include <math.h>
#include <string.h>

/* torch's default, which timm and transformers keep.  A variance may be exactly 0, where a channel
 * is constant or float16 could not hold it. */
#define EPS 1e-5

static float *
read_part (M2fBinder *b, const char *norm, const char *part, int channels)
{
    g_autofree char *name = g_strdup_printf ("%s.%s", norm, part);

    return m2f_bind_read (b, name, M2F_SHAPE (channels));
}

/* The convolution's weight and bias with the batch norm folded in, computed in double. */
static M2fHostLinear
read_folded (M2fBinder *b, M2fConvNames names, M2fShape shape)
{
    const int n = shape.n[0];
    M2fHostLinear l = m2f_bind_read_linear (b, names.conv, shape, false);
    g_autofree float *weight = read_part (b, names.norm, "weight", n);
    g_autofree float *mean = read_part (b, names.norm, "running_mean", n);
    g_autofree float *variance = read_part (b, names.norm, "running_var", n);

    l.bias = read_part (b, names.norm, "bias", n);
    if (!l.weight || !weight || !mean || !variance || !l.bias) {
        m2f_host_linear_clear (&l);
        return l;
    }
    for (int i = 0; i < n; i++) {
        const double factor = weight[i] / sqrt (variance[i] + EPS);

        for (int k = 0; k < l.k; k++)
            l.weight[(size_t) i * l.k + k] = (float) (factor * l.weight[(size_t) i * l.k + k]);
        l.bias[i] = (float) (l.bias[i] - factor * mean[i]);
    }
    return l;
}

void
m2f_bind_conv_norm (M2fBinder *b, M2fLinearWeights *w, M2fConvNames names, M2fLayout layout,
    M2fShape shape)
{
    g_auto (M2fHostLinear) l = read_folded (b, names, shape);
    g_autofree char *weight_name = g_strconcat (names.conv, ".weight", NULL);

    m2f_bind_pack (b, &w->weight, weight_name, layout, shape, l.weight);
    m2f_bind_pack (b, &w->bias, names.norm, M2F_PLAIN, M2F_SHAPE (shape.n[0]), l.bias);
}

/* The weight (N, C, taps) of groups of `from` channels as one of groups of `to`: those of other
 * groups among them are zero.  NULL if there is no memory; free with g_free(). */
static float *
join_groups (const M2fHostLinear *l, int from, int to)
{
    const int taps = l->k / from;
    float *joined = l->weight ? g_try_new0 (float, (size_t) l->n * to * taps) : NULL;

    for (int n = 0; joined && n < l->n; n++)
        memcpy (joined + ((size_t) n * to + n % to / from * from) * taps,
            l->weight + (size_t) n * l->k, (size_t) l->k * sizeof (float));
    return joined;
}

void
m2f_bind_grouped_conv_norm (M2fBinder *b, M2fLinearWeights *w, M2fConvNames names, int groups,
    int channels, int kernel)
{
    const int from = channels / groups, to = MAX (from, M2F_CONV_GROUP);
    g_auto (M2fHostLinear) l
        = read_folded (b, names, M2F_SHAPE (channels, from, kernel, kernel));
    g_autofree float *weight = join_groups (&l, from, to);
    g_autofree char *weight_name = g_strconcat (names.conv, ".weight", NULL);

    m2f_bind_pack (b, &w->weight, weight_name, M2F_CONV2D_WEIGHT,
        M2F_SHAPE (channels, to, kernel, kernel), weight);
    m2f_bind_pack (b, &w->bias, names.norm, M2F_PLAIN, M2F_SHAPE (channels), l.bias);
}

void
m2f_bind_pointwise_norm (M2fBinder *b, M2fLinearWeights *w, M2fConvNames names, int n, int k)
{
    g_auto (M2fHostLinear) l = read_folded (b, names, M2F_SHAPE (n, k, 1, 1));

    m2f_bind_pack_linear (b, w, names.conv, &l);
}
