/* Attention weights, which no op returns: computed on the host from the operands of the attentions.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/network/attentions.h"

#include <math.h>
#include <string.h>

#define OTHER_REGION (-100.0) /* added to the score of tokens that only the shift made neighbours */

/* ---- operands ------------------------------------------------------------------------------- */

bool
m2f_is_attention_operand (const char *name)
{
    return strchr (name, '/') != NULL;
}

void
m2f_attention_operands_add (M2fAttentionOperands *o, const char *name, float *data,
    const int ne[4])
{
    const struct {
        const char *name;
        M2fOperand *operand;
    } all[] = {
        { "/q", &o->q }, { "/k", &o->k }, { "/mask", &o->mask }, { "/qkv", &o->qkv },
        { "/pad", &o->pad }, { "/logits", &o->logits },
    };

    for (size_t i = 0; i < G_N_ELEMENTS (all); i++)
        if (g_str_has_suffix (name, all[i].name)) {
            g_free (all[i].operand->data);
            all[i].operand->data = data;
            memcpy (all[i].operand->ne, ne, sizeof all[i].operand->ne);
            return;
        }
    g_assert_not_reached ();
}

void
m2f_attention_operands_clear (M2fAttentionOperands *o)
{
    M2fOperand *const all[] = { &o->q, &o->k, &o->mask, &o->qkv, &o->pad, &o->logits };

    for (size_t i = 0; i < G_N_ELEMENTS (all); i++)
        g_clear_pointer (&all[i]->data, g_free);
}

/* ---- rows ----------------------------------------------------------------------------------- */

static void
softmax (double *row, int n)
{
    double most = row[0], sum = 0;

    for (int i = 1; i < n; i++)
        most = MAX (most, row[i]);
    for (int i = 0; i < n; i++)
        sum += row[i] = exp (row[i] - most);
    for (int i = 0; i < n; i++)
        row[i] /= sum;
}

static double
dot (const float *a, const float *b, int n)
{
    double sum = 0;

    for (int i = 0; i < n; i++)
        sum += (double) a[i] * b[i];
    return sum;
}

/* Minus infinity where the mask blocks a key, unless it blocks all. */
static void
block_keys (double *row, const float *mask, int n)
{
    bool all = true;

    for (int i = 0; i < n; i++)
        all = all && mask[i] < 0;
    for (int i = 0; i < n && !all; i++)
        if (mask[i] < 0)
            row[i] = -INFINITY;
}

/* The weights that query `i` of picture `b` gives to all keys in one head. */
static void
weigh_keys (const M2fAttentionOperands *o, int b, int i, int head, int heads, double *row)
{
    const int queries = o->q.ne[2], keys = o->k.ne[2], channels = o->q.ne[3];
    const int dim = channels / heads;
    const float *q = o->q.data + ((size_t) b * queries + i) * channels + head * dim;

    for (int j = 0; j < keys; j++)
        row[j] = dot (q, o->k.data + ((size_t) b * keys + j) * channels + head * dim, dim)
            / sqrt (dim);
    if (o->mask.data)
        block_keys (row, o->mask.data + ((size_t) b * queries + i) * keys, keys);
    softmax (row, keys);
}

/* ---- the transformer decoder and the pixel decoder ------------------------------------------ */

M2fHostTensor *
m2f_self_attention (const char *name, const M2fAttentionOperands *o, int heads)
{
    const int batch = o->q.ne[0], queries = o->q.ne[2], keys = o->k.ne[2];
    g_autofree double *row = g_new (double, keys);
    M2fHostTensor *out = m2f_host_tensor_new (name, 4,
        (int64_t[]) { batch, heads, queries, keys });
    float *dst = out ? out->data : NULL;

    for (int b = 0; dst && b < batch; b++)
        for (int head = 0; head < heads; head++)
            for (int i = 0; i < queries; i++) {
                weigh_keys (o, b, i, head, heads, row);
                for (int j = 0; j < keys; j++)
                    *dst++ = (float) row[j];
            }
    return out;
}

M2fHostTensor *
m2f_cross_attention (const char *name, const M2fAttentionOperands *o, int heads)
{
    const int batch = o->q.ne[0], queries = o->q.ne[2], keys = o->k.ne[2];
    g_autofree double *row = g_new (double, keys);
    g_autofree double *sum = g_new (double, keys);
    M2fHostTensor *out = m2f_host_tensor_new (name, 3, (int64_t[]) { batch, queries, keys });
    float *dst = out ? out->data : NULL;

    for (int b = 0; dst && b < batch; b++)
        for (int i = 0; i < queries; i++) {
            memset (sum, 0, sizeof *sum * keys);
            for (int head = 0; head < heads; head++) {
                weigh_keys (o, b, i, head, heads, row);
                for (int j = 0; j < keys; j++)
                    sum[j] += row[j];
            }
            for (int j = 0; j < keys; j++)
                *dst++ = (float) (sum[j] / heads);
        }
    return out;
}

M2fHostTensor *
m2f_sampling_weights (const char *name, const M2fAttentionOperands *o, int heads)
{
    const int *ne = o->logits.ne, samples = ne[3] / heads;
    g_autofree double *row = g_new (double, samples);
    M2fHostTensor *out = m2f_host_tensor_new (name, 4,
        (int64_t[]) { ne[0], ne[2], heads, samples });
    const size_t rows = (size_t) ne[0] * ne[2] * heads;

    for (size_t i = 0; out && i < rows; i++) {
        for (int j = 0; j < samples; j++)
            row[j] = o->logits.data[i * samples + j];
        softmax (row, samples);
        for (int j = 0; j < samples; j++)
            out->data[i * samples + j] = (float) row[j];
    }
    return out;
}

/* ---- windows -------------------------------------------------------------------------------- */

/* A map cut into windows. */
typedef struct Grid {
    const M2fAttentionOperands *o;
    const M2fWindows *w;
    int rows, columns;  /* of windows */
    const float *zeros; /* the projection of a pad token by a layer without bias */
} Grid;

/* Row and column, after the shift, of token t of a window. */
static void
locate (const Grid *g, int window, int t, int *y, int *x)
{
    *y = window / g->columns * g->w->window + t / g->w->window;
    *x = window % g->columns * g->w->window + t % g->w->window;
}

/* Which of the three parts along an axis of n positions, that the shift sets apart. */
static int
region (const M2fWindows *w, int at, int n)
{
    if (w->shift == 0)
        return 0;
    return at < n - w->window ? 0 : at < n - w->shift ? 1 : 2;
}

/* q, k and v of the token at a row and column after the shift. */
static const float *
project_token (const Grid *g, int b, int y, int x)
{
    const int *ne = g->o->qkv.ne;

    y = (y + g->w->shift) % (g->rows * g->w->window);
    x = (x + g->w->shift) % (g->columns * g->w->window);
    if (y >= ne[1] || x >= ne[2])
        return g->o->pad.data ? g->o->pad.data : g->zeros;
    return g->o->qkv.data + (((size_t) b * ne[1] + y) * ne[2] + x) * ne[3];
}

/* The weights that token `i` of a window gives to all of its tokens. */
static void
weigh_window (const Grid *g, int b, int window, int head, int i, double *row)
{
    const M2fWindows *w = g->w;
    const int n = w->window, side = 2 * n - 1, channels = g->o->qkv.ne[3] / 3;
    const int dim = channels / w->heads, height = g->rows * n, width = g->columns * n;
    int y, x, v, u;

    locate (g, window, i, &y, &x);
    const float *q = project_token (g, b, y, x) + head * dim;
    for (int j = 0; j < n * n; j++) {
        locate (g, window, j, &v, &u);
        const float *k = project_token (g, b, v, u) + channels + head * dim;
        const int bias = (y - v + n - 1) * side + (x - u + n - 1);

        row[j] = dot (q, k, dim) / sqrt (dim) + w->position_bias[bias * w->heads + head];
        if (region (w, y, height) != region (w, v, height)
            || region (w, x, width) != region (w, u, width))
            row[j] += OTHER_REGION;
    }
    softmax (row, n * n);
}

M2fHostTensor *
m2f_window_weights (const char *name, const M2fAttentionOperands *o, const M2fWindows *w)
{
    const int *ne = o->qkv.ne, tokens = w->window * w->window;
    g_autofree float *zeros = g_new0 (float, ne[3]);
    g_autofree double *row = g_new (double, tokens);
    const Grid grid = {
        .o = o, .w = w, .zeros = zeros,
        .rows = (ne[1] + w->window - 1) / w->window,
        .columns = (ne[2] + w->window - 1) / w->window,
    };
    const int windows = grid.rows * grid.columns;
    M2fHostTensor *out = m2f_host_tensor_new (name, 4,
        (int64_t[]) { (int64_t) ne[0] * windows, w->heads, tokens, tokens });
    float *dst = out ? out->data : NULL;

    for (int at = 0; dst && at < ne[0] * windows; at++)
        for (int head = 0; head < w->heads; head++)
            for (int i = 0; i < tokens; i++) {
                weigh_window (&grid, at / windows, at % windows, head, i, row);
                for (int j = 0; j < tokens; j++)
                    *dst++ = (float) row[j];
            }
    return out;
}
