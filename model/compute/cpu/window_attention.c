/* Swin's window attention: a head of a window at a time, in cache from the gather to the store.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cpu.h"

#include "attention_tile.h"

#define REGION_PENALTY -100.f /* SwinLayer.get_attn_mask */

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

/* From ((2w-1)^2, heads) to (heads, query, key). */
static void
bias_pack (CpuDevice *device, const int ne[4], const float *table, void *packed)
{
    int w = bias_window (ne), heads = ne[3];
    float *dst = packed;

    for (int head = 0; head < heads; head++)
        for (int q = 0; q < w * w; q++, dst += padded_keys (w))
            for (int k = 0; k < padded_keys (w); k++) {
                int dy = q / w - k / w + w - 1, dx = q % w - k % w + w - 1;

                dst[k] = k < w * w ? table[(dy * (2 * w - 1) + dx) * heads + head] : -INFINITY;
            }
}

typedef struct WindowJob {
    const M2fWindowAttention *args;
    int down, across; /* windows */
    int head_dim;
    int keys, ldk;    /* keys of a window, and as padded */
    int ldv;          /* floats of a value row */
    const float *pad; /* q, k, v of a token beyond the map */
} WindowJob;

/* One window: where its tokens are. */
typedef struct Window {
    const float **token; /* [ldk]: q, k, v of every head; beyond the last the last again */
    int *query;          /* positions that are inside the map, of which only these are wanted */
    float **out;         /* and their rows of dst */
    int queries;
    float *region;       /* [ldk], or NULL if the window is of one piece */
} Window;

static void
find_tokens (const WindowJob *job, int batch, int wy, int wx, Window *window)
{
    const M2fWindowAttention *a = job->args;
    int w = a->window, height = a->qkv.ne[1], width = a->qkv.ne[2];
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
        window->token[i] = job->pad;
        if (y < height && x < width) {
            int64_t row = ((int64_t) batch * height + y) * width + x;

            window->token[i] = m2f_row_f32 (&a->qkv, row);
            window->out[window->queries] = m2f_row_f32 (&a->dst, row);
            window->query[window->queries++] = i;
        }
        if (window->region != NULL)
            window->region[i] = (float) ((bottom && iy >= w - a->shift) * 2
                + (right && ix >= w - a->shift));
    }
    for (int i = w * w; i < job->ldk; i++) {
        window->token[i] = window->token[w * w - 1];
        if (window->region != NULL)
            window->region[i] = 0;
    }
}

/* exp (s - max) in place; returns 1 / sum. */
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
        vf32 e = vf_exp_weight (vf_load (s + v * VEC) - max);

        vf_store (s + v * VEC, e);
        sum += e;
    }
    return 1 / vf_sum (sum);
}

/* Scratch of a thread, carved from one piece. */
typedef struct WindowScratch {
    Window window;
    float *region;
    float *kt;  /* [head_dim][ldk] */
    float *v;   /* [keys][ldv] */
    float *s;   /* [TILE_ROWS][ldk] */
    float *out; /* [TILE_ROWS][ldv] */
} WindowScratch;

static WindowScratch
window_scratch (const WindowJob *job)
{
    size_t ldk = job->ldk, ldv = job->ldv;
    size_t floats = ldk + job->head_dim * ldk + job->keys * ldv + TILE_ROWS * (ldk + ldv);
    float *p = cpu_scratch (CPU_SCRATCH_THREAD,
        floats * sizeof (float) + ldk * (2 * sizeof (void *) + sizeof (int)));
    WindowScratch s;

    s.region = p;
    s.kt = s.region + ldk;
    s.v = s.kt + job->head_dim * ldk;
    s.s = s.v + job->keys * ldv;
    s.out = s.s + TILE_ROWS * ldk;
    s.window.token = (const float **) (s.out + TILE_ROWS * ldv);
    s.window.out = (float **) (s.window.token + ldk);
    s.window.query = (int *) (s.window.out + ldk);
    return s;
}

static void
gather_keys_values (const WindowJob *job, int head, WindowScratch *s)
{
    int dim = job->head_dim, channels = job->args->dst.ne[3];
    const float **key = s->window.token;

    for (int i = 0; i < job->ldk; i++)
        key[i] += channels + head * dim;
    transpose_rows (s->kt, job->ldk, key, (job->keys + VEC - 1) / VEC * VEC, dim);
    for (int i = 0; i < job->keys; i++)
        for (int c = 0; c < dim; c += VEC)
            vf_store (s->v + i * job->ldv + c, vf_load_n (key[i] + channels + c, dim - c));
    for (int i = 0; i < job->ldk; i++)
        key[i] -= channels + head * dim;
}

static void
attend (const WindowJob *job, int head, WindowScratch *s)
{
    const M2fWindowAttention *a = job->args;
    const Window *window = &s->window;
    int dim = job->head_dim, ldk = job->ldk, vecs = (job->keys + VEC - 1) / VEC;
    const float *bias = (const float *) m2f_tensor_host (&a->bias)
        + (size_t) head * job->keys * ldk;

    gather_keys_values (job, head, s);
    for (int first = 0; first < window->queries; first += TILE_ROWS) {
        const float *q[TILE_ROWS], *p[TILE_ROWS], *addend[TILE_ROWS];
        float inverse[TILE_ROWS];
        int rows = MIN (TILE_ROWS, window->queries - first);

        for (int r = 0; r < rows; r++) {
            int i = window->query[first + r];

            q[r] = window->token[i] + head * dim;
            addend[r] = bias + (size_t) i * ldk;
            p[r] = s->s + r * ldk;
        }
        tile_product (rows, q, s->kt, ldk, VEC, dim, vecs, &(TileOut) {
            .c = s->s, .ldc = ldk, .scale = 1 / sqrtf ((float) dim), .addend = addend });
        for (int r = 0; r < rows; r++) {
            float own = window->region != NULL ? window->region[window->query[first + r]] : 0;

            inverse[r] = softmax (s->s + r * ldk, vecs, window->region, own);
        }
        tile_product (rows, p, s->v, job->ldv, VEC, job->keys, job->ldv / VEC, &(TileOut) {
            .c = s->out, .ldc = job->ldv, .scale = 1 });
        for (int r = 0; r < rows; r++)
            for (int c = 0; c < dim; c += VEC)
                vf_store_n (window->out[first + r] + head * dim + c,
                    vf_load (s->out + r * job->ldv + c) * vf_set (inverse[r]), dim - c);
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
        int window = item / heads;

        if (window != found) {
            int batch = window / (job->down * job->across);
            int in_map = window % (job->down * job->across);

            s.window.region = s.region;
            find_tokens (job, batch, in_map / job->across, in_map % job->across, &s.window);
            found = window;
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
    };
    int windows = args->dst.ne[0] * job.down * job.across;

    if (m2f_tensor_present (&args->pad)) {
        job.pad = m2f_tensor_host (&args->pad);
    } else {
        float *zeros = cpu_scratch (CPU_SCRATCH_OP, sizeof (float) * 3 * channels);

        memset (zeros, 0, sizeof (float) * 3 * channels);
        job.pad = zeros;
    }
    cpu_parallel (device->pool, windows * args->heads, args->heads, window_items, &job);
}

void
ISA (cpu_init_window_attention) (CpuKernels *kernels)
{
    kernels->window_attention = window_attention;
    kernels->packing[M2F_WINDOW_BIAS] = (CpuPacking) { bias_size, bias_pack };
}
