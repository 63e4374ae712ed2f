/* Swin's shifted-window attention (transformers: SwinLayer.forward, SwinAttention).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/plan.h"
#include "model/compute/reference/reference.h"

#include <math.h>

/* A map padded to whole windows; coordinates below are of the rolled, padded map. */
typedef struct Windows {
    const M2fWindowAttention *args;
    int batch;
    int height, width; /* padded */
    int head_size;
} Windows;

/* The third of an axis that a pixel is in: pixels that the roll has brought together from opposite
 * edges must not see each other (get_attn_mask's slices 0:-w, -w:-s, -s:). */
static int
region (int i, int size, const M2fWindowAttention *args)
{
    if (i < size - args->window)
        return 0;
    return i < size - args->shift ? 1 : 2;
}

static bool
same_region (const Windows *w, int y0, int x0, int y1, int x1)
{
    return w->args->shift == 0
        || (region (y0, w->height, w->args) == region (y1, w->height, w->args)
            && region (x0, w->width, w->args) == region (x1, w->width, w->args));
}

/* Part 0 (q), 1 (k) or 2 (v) of a head at a pixel; NULL means zeros. */
static const float *
projection (const Windows *w, int y, int x, int part, int head)
{
    const M2fWindowAttention *args = w->args;
    int first = part * args->dst.ne[3] + head * w->head_size;

    y = (y + args->shift) % w->height;
    x = (x + args->shift) % w->width;
    if (y < args->qkv.ne[1] && x < args->qkv.ne[2])
        return ref_pixel (&args->qkv, w->batch, y, x) + first;
    return m2f_tensor_present (&args->pad) ? m2f_row_f32 (&args->pad, 0) + first : NULL;
}

/* One head of the pixel at (y, x), in the window whose corner is (top, left).  `score` has room
 * for a window. */
static void
attend (const Windows *w, int top, int left, int y, int x, int head, double *score)
{
    const M2fWindowAttention *args = w->args;
    const float *q = projection (w, y, x, 0, head);
    int n = args->window;
    int dst_y = (y + args->shift) % w->height, dst_x = (x + args->shift) % w->width;

    if (dst_y >= args->dst.ne[1] || dst_x >= args->dst.ne[2])
        return; /* a pad token's answer is cropped away */

    for (int i = 0; i < n * n; i++) {
        int ky = top + i / n, kx = left + i % n;
        int distance = (y - ky + n - 1) * (2 * n - 1) + (x - kx + n - 1);

        const float *k = projection (w, ky, kx, 1, head);

        score[i] = q && k ? ref_dot (q, k, w->head_size) / sqrt (w->head_size) : 0;
        score[i] += m2f_row_f32 (&args->bias, distance)[head];
        if (!same_region (w, y, x, ky, kx))
            score[i] -= m2f_region_penalty (args);
    }
    m2f_reference_softmax (score, n * n);

    for (int c = 0; c < w->head_size; c++) {
        double sum = 0;

        for (int i = 0; i < n * n; i++) {
            const float *v = projection (w, top + i / n, left + i % n, 2, head);

            sum += v ? score[i] * v[c] : 0;
        }
        ref_store (&args->dst, ((int64_t) w->batch * args->dst.ne[1] + dst_y) * args->dst.ne[2]
            + dst_x, head * w->head_size + c, sum);
    }
}

void
m2f_reference_window_attention (M2fPlan *plan, const M2fWindowAttention *args)
{
    int n = args->window;
    g_autofree double *score = ref_alloc (plan, (gsize) n * n, sizeof *score);
    M2fBuffer room = { 0 };
    M2fWindowAttention wide = *args;
    Windows w = {
        .args = &wide,
        .height = (args->dst.ne[1] + n - 1) / n * n,
        .width = (args->dst.ne[2] + n - 1) / n * n,
        .head_size = args->dst.ne[3] / args->heads,
    };

    wide.qkv = ref_widen (plan, &args->qkv, &room);
    for (w.batch = 0; w.batch < args->dst.ne[0] && !m2f_plan_failed (plan); w.batch++)
        for (int y = 0; y < w.height; y++)
            for (int x = 0; x < w.width; x++)
                for (int head = 0; head < args->heads; head++)
                    attend (&w, y / n * n, x / n * n, y, x, head, score);
    g_free (room.host);
}
