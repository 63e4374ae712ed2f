/* Swin's window attention: a head of a window at a time, in cache from the gather to the store.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cpu.h"

#include "attention_tile.h"

/* Scores are kept in units of ln 2, so that the softmax is one of powers of 2. */
#define REGION_PENALTY (-100 * LOG2_E) /* SwinLayer.get_attn_mask */

/* Keys of a window in the packed bias: rows end with columns of -infinity, which softmax turns
 * into zeros. */
static int
padded_keys (int window)
{
    return (window * window + 15) & ~15;
}

static int
bias_window (const int ne[4])
{
    int side = 1;

    while (side * side < ne[2])
        side += 2;
    return (side + 1) / 2;
}

static size_t
bias_size (const int ne[4])
{
    int w = bias_window (ne);

    return sizeof (float) * (size_t) ne[3] * w * w * padded_keys (w);
}

/* From ((2w-1)^2, heads) to (heads, query, key), in units of ln 2. */
static void
bias_pack (CpuDevice *device, const int ne[4], const float *table, void *packed)
{
    int w = bias_window (ne), heads = ne[3];
    float *dst = packed;

    for (int head = 0; head < heads; head++)
        for (int q = 0; q < w * w; q++, dst += padded_keys (w))
            for (int k = 0; k < padded_keys (w); k++) {
                int dy = q / w - k / w + w - 1, dx = q % w - k % w + w - 1;

                dst[k] = k < w * w ? table[(dy * (2 * w - 1) + dx) * heads + head] * LOG2_E
                                   : -INFINITY;
            }
}

typedef struct WindowJob {
    const M2fWindowAttention *args;
    int down, across; /* windows */
    int head_dim;
    int keys, ldk;    /* keys of a window, and as padded */
    int ldv;          /* floats of a row of one head */
    M2fTensor pad;    /* q, k, v of a token beyond the map */
} WindowJob;

/* One window: where its tokens are. */
typedef struct Window {
    int64_t *token; /* [keys]: rows of qkv, -1 for one beyond the map */
    int *query;     /* positions that are inside the map, of which only these are wanted */
    int queries;
    float *region;  /* [ldk], or NULL if the window is of one piece */
} Window;

static void
find_tokens (const WindowJob *job, int number, Window *window)
{
    const M2fWindowAttention *a = job->args;
    int w = a->window, height = a->qkv.ne[1], width = a->qkv.ne[2];
    int wy = number / job->across % job->down, wx = number % job->across;
    int64_t batch = number / job->across / job->down;
    bool bottom = a->shift > 0 && wy == job->down - 1;
    bool right = a->shift > 0 && wx == job->across - 1;

    window->queries = 0;
    if (!bottom && !right)
        window->region = NULL;
    for (int i = 0; i < w * w; i++) {
        int iy = i / w, ix = i % w;
        int y = wy * w + iy + a->shift, x = wx * w + ix + a->shift;

        y = y >= job->down * w ? y - job->down * w : y;
        x = x >= job->across * w ? x - job->across * w : x;
        window->token[i] = -1;
        if (y < height && x < width) {
            window->token[i] = (batch * height + y) * width + x;
            window->query[window->queries++] = i;
        }
        if (window->region != NULL)
            window->region[i] = (float) ((bottom && iy >= w - a->shift) * 2
                + (right && ix >= w - a->shift));
    }
    for (int i = w * w; window->region != NULL && i < job->ldk; i++)
        window->region[i] = 0;
}

/* 2^(s - max) in place; returns 1 / sum. */
static float
softmax (float *s, int vecs, const float *region, float own)
{
    vf32 max = vf_set (-INFINITY), sum = vf_zero ();

    for (int v = 0; v < vecs; v++) {
        vf32 x = vf_load (s + v * VEC);

        if (region != NULL) {
            vf32 r = vf_load (region + v * VEC);
            vmask same = vm_and (vf_le (r, vf_set (own)), vf_le (vf_set (own), r));

            x = vf_select (same, x + vf_set (REGION_PENALTY), x);
            vf_store (s + v * VEC, x);
        }
        max = vf_max (max, x);
    }
    max = vf_set (vf_max_lane (max));
    for (int v = 0; v < vecs; v++) {
        vf32 e = vf_exp2_weight (vf_load (s + v * VEC) - max);

        vf_store (s + v * VEC, e);
        sum += e;
    }
    return 1 / vf_sum (sum);
}

/* Scratch of a thread, carved from one piece. */
typedef struct WindowScratch {
    Window window;
    const float **q, **k; /* [keys], [ldk]: rows of one head; beyond the last key the last again */
    float *region;
    float *kt;  /* [head_dim][ldk] */
    float *v;   /* [keys][ldv] */
    float *wide_q, *wide_k; /* [keys][ldv]: rows of bf16 as float32 */
    float *s;   /* [TILE_ROWS][ldk] */
    float *out; /* [TILE_ROWS][ldv] */
} WindowScratch;

static WindowScratch
window_scratch (const WindowJob *job)
{
    size_t keys = job->keys, ldk = job->ldk, ldv = job->ldv;
    size_t floats = ldk + job->head_dim * ldk + 3 * keys * ldv + TILE_ROWS * (ldk + ldv);
    WindowScratch s;

    s.window.token = cpu_scratch (CPU_SCRATCH_THREAD, keys * (sizeof (int64_t) + sizeof (int))
        + (keys + ldk) * sizeof (void *) + floats * sizeof (float));
    s.q = (const float **) (s.window.token + keys);
    s.k = s.q + keys;
    s.region = (float *) (s.k + ldk);
    s.kt = s.region + ldk;
    s.v = s.kt + job->head_dim * ldk;
    s.wide_q = s.v + keys * ldv;
    s.wide_k = s.wide_q + keys * ldv;
    s.s = s.wide_k + keys * ldv;
    s.out = s.s + TILE_ROWS * ldk;
    s.window.query = (int *) (s.out + TILE_ROWS * ldv);
    return s;
}

static void
gather_head (const WindowJob *job, int head, WindowScratch *s)
{
    const M2fTensor *qkv = &job->args->qkv;
    int dim = job->head_dim, channels = job->args->dst.ne[3], ldv = job->ldv;
    int q = head * dim, k = q + channels, v = k + channels;

    for (int i = 0; i < job->keys; i++) {
        int64_t token = s->window.token[i];
        const M2fTensor *from = token < 0 ? &job->pad : qkv;
        int64_t row = MAX (token, 0);

        s->q[i] = head_row (from, row, q, dim, s->wide_q + i * ldv);
        s->k[i] = head_row (from, row, k, dim, s->wide_k + i * ldv);
        copy_head_row (from, row, v, dim, s->v + i * ldv);
    }
    for (int i = job->keys; i < job->ldk; i++)
        s->k[i] = s->k[job->keys - 1];
    transpose_rows (s->kt, job->ldk, s->k, (job->keys + VEC - 1) / VEC * VEC, dim);
}

static void
attend (const WindowJob *job, int head, WindowScratch *s)
{
    const M2fWindowAttention *a = job->args;
    const Window *window = &s->window;
    int dim = job->head_dim, ldk = job->ldk, vecs = (job->keys + VEC - 1) / VEC;
    const float *bias = (const float *) m2f_tensor_host (&a->bias)
        + (size_t) head * job->keys * ldk;

    gather_head (job, head, s);
    for (int first = 0; first < window->queries; first += TILE_ROWS) {
        const float *q[TILE_ROWS], *p[TILE_ROWS], *addend[TILE_ROWS];
        float inverse[TILE_ROWS];
        int rows = MIN (TILE_ROWS, window->queries - first);

        for (int r = 0; r < rows; r++) {
            int i = window->query[first + r];

            q[r] = s->q[i];
            addend[r] = bias + (size_t) i * ldk;
            p[r] = s->s + r * ldk;
        }
        tile_product (rows, q, s->kt, ldk, VEC, dim, vecs, &(TileOut) {
            .c = s->s, .ldc = ldk, .scale = LOG2_E / sqrtf ((float) dim), .addend = addend });
        for (int r = 0; r < rows; r++) {
            float own = window->region != NULL ? window->region[window->query[first + r]] : 0;

            inverse[r] = softmax (s->s + r * ldk, vecs, window->region, own);
        }
        tile_product (rows, p, s->v, job->ldv, VEC, job->keys, job->ldv / VEC, &(TileOut) {
            .c = s->out, .ldc = job->ldv, .scale = 1 });
        for (int r = 0; r < rows; r++)
            store_head (&a->dst, window->token[window->query[first + r]], head, dim,
                s->out + r * job->ldv, inverse[r]);
    }
}

/* An item is a head of a window; the heads of a window are neighbours, for they share its rows. */
static void
window_items (void *arg, int begin, int end, int thread)
{
    const WindowJob *job = arg;
    int heads = job->args->heads, found = -1;
    WindowScratch s = window_scratch (job);

    for (int item = begin; item < end; item++) {
        if (item / heads != found) {
            found = item / heads;
            s.window.region = s.region;
            find_tokens (job, found, &s.window);
        }
        attend (job, item % heads, &s);
    }
}

static void
window_attention (CpuDevice *device, const M2fWindowAttention *args)
{
    int w = args->window, channels = args->dst.ne[3];
    WindowJob job = {
        .args = args,
        .down = (args->dst.ne[1] + w - 1) / w,
        .across = (args->dst.ne[2] + w - 1) / w,
        .head_dim = channels / args->heads,
        .keys = w * w,
        .ldk = padded_keys (w),
        .ldv = (channels / args->heads + VEC - 1) / VEC * VEC,
        .pad = args->pad,
    };
    M2fBuffer zeros;
    int windows = args->dst.ne[0] * job.down * job.across;

    if (!m2f_tensor_present (&job.pad)) {
        zeros.host = cpu_scratch (CPU_SCRATCH_OP, sizeof (float) * 3 * channels);
        memset (zeros.host, 0, sizeof (float) * 3 * channels);
        job.pad = (M2fTensor) { .buffer = &zeros, .type = M2F_F32,
            .ne = { 1, 1, 1, 3 * channels } };
    }
    cpu_parallel (device->pool, windows * args->heads, args->heads, window_items, &job);
}

void
ISA (cpu_init_window_attention) (CpuKernels *kernels)
{
    kernels->window_attention = window_attention;
    kernels->packing[M2F_WINDOW_BIAS] = (CpuPacking) { bias_size, bias_pack };
}
