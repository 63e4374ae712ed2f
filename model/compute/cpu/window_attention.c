/* Swin's window attention: a head of a window at a time, in cache from the gather to the store.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/cpu.h"

#include "model/compute/cpu/attention_tile.h"

/* Scores are kept in units of ln 2, so that the softmax is one of powers of 2. */

/* Neighbouring windows are done in turn, in so many pieces per thread. */
#define GRAINS 16

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
    int windows;      /* number of windows in the whole batch */
    int head_dim;
    int keys, ldk;    /* keys of a window, and as padded */
    int ldv;          /* floats of a row of one head */
    M2fTensor pad;    /* q, k, v of a token beyond the map; bf16 with `pairs` */
    bool pairs;       /* products are of bf16 */
} WindowJob;

/* One window: where its tokens are. */
typedef struct Window {
    int number;     /* -1 = none yet */
    int64_t *token; /* [keys]: rows of qkv, -1 for one beyond the map */
    int *query;     /* positions that are inside the map, of which only these are wanted */
    int queries;
    bool split;     /* into the regions that a shift brought together */
    float *region;  /* [ldk] */
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

    window->number = number;
    window->queries = 0;
    window->split = bottom || right;
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
        window->region[i] = (float) ((bottom && iy >= w - a->shift) * 2
            + (right && ix >= w - a->shift));
    }
    for (int i = w * w; i < job->ldk; i++)
        window->region[i] = 0;
}

/* Fetches what `count` tokens from `first` on have for a head into the second-level cache. */
static void
prefetch_tokens (const WindowJob *job, const Window *window, int head, int first, int count)
{
    const M2fTensor *qkv = &job->args->qkv, *dst = &job->args->dst;
    ptrdiff_t in = (ptrdiff_t) m2f_type_size (qkv->type);
    ptrdiff_t out = (ptrdiff_t) m2f_type_size (dst->type);
    const char *q = (const char *) m2f_tensor_host (qkv) + head * job->head_dim * in;
    const char *row = (const char *) m2f_tensor_host (dst) + head * job->head_dim * out;
    ptrdiff_t part = dst->ne[3] * in;

    for (int i = first; i < MIN (first + count, job->keys); i++) {
        const char *from = q + window->token[i] * qkv->stride * in;
        const char *to = row + window->token[i] * dst->stride * out;

        if (window->token[i] < 0)
            continue;
        for (ptrdiff_t b = 0; b < job->head_dim * in; b += 64) {
            __builtin_prefetch (from + b, 0, 2);
            __builtin_prefetch (from + part + b, 0, 2);
            __builtin_prefetch (from + 2 * part + b, 0, 2);
        }
        for (ptrdiff_t b = 0; b < job->head_dim * out; b += 64)
            __builtin_prefetch (to + b, 1, 2);
    }
}

/* 2^(s - max) in place, or as bf16 from s on; returns 1 / sum. */
static float
softmax (float *s, int vecs, const float *region, float own, float penalty, bool bf16)
{
    vf32 max = vf_set (-INFINITY);

    for (int v = 0; v < vecs; v++) {
        vf32 x = vf_load (s + v * VEC);

        if (region != NULL) {
            vf32 r = vf_load (region + v * VEC);
            vmask same = vm_and (vf_le (r, vf_set (own)), vf_le (vf_set (own), r));

            x = vf_blend (same, x - vf_set (penalty), x);
            vf_store (s + v * VEC, x);
        }
        max = vf_max (max, x);
    }
    return 1 / softmax_weights (s, vecs, vf_max_lane (max), bf16);
}

/* Scratch of a thread, carved from one piece. */
typedef struct WindowScratch {
    Window window[2]; /* by the parity of their numbers */
    const float **q, **k; /* [keys], [ldk]: rows of one head; beyond the last key the last again */
    const uint16_t **value; /* [keys]: of bf16, one head */
    float *kt;  /* [head_dim][ldk]; with pairs, of channels, half of it */
    float *v;   /* [keys][ldv]; with pairs, of keys, half of it */
    float *wide_q, *wide_k; /* [keys][ldv]: rows of bf16 as float32, or with pairs as they are */
    float *s;   /* [ATTN_ROWS][ldk] */
    float *out; /* [ATTN_ROWS][ldv] */
    float *mean; /* [ldv]: with pairs, of the values, which have it taken from them */
} WindowScratch;

static WindowScratch
window_scratch (const WindowJob *job)
{
    size_t keys = job->keys, ldk = job->ldk, ldv = job->ldv;
    size_t floats = (2 + job->head_dim) * ldk + 3 * keys * ldv + ATTN_ROWS * (ldk + ldv) + ldv;
    WindowScratch s = { 0 };
    int64_t *token = cpu_scratch (CPU_SCRATCH_THREAD, 2 * keys * (sizeof (int64_t) + sizeof (int))
        + (2 * keys + ldk) * sizeof (void *) + floats * sizeof (float));
    float *region;

    if (token == NULL)
        return s;
    s.q = (const float **) (token + 2 * keys);
    s.k = s.q + keys;
    s.value = (const uint16_t **) (s.k + ldk);
    region = (float *) (s.value + keys);
    s.kt = region + 2 * ldk;
    s.v = s.kt + job->head_dim * ldk;
    s.wide_q = s.v + keys * ldv;
    s.wide_k = s.wide_q + keys * ldv;
    s.s = s.wide_k + keys * ldv;
    s.out = s.s + ATTN_ROWS * ldk;
    s.mean = s.out + ATTN_ROWS * ldv;
    for (size_t i = 0; i < 2; i++)
        s.window[i] = (Window) {
            .number = -1,
            .token = token + i * keys,
            .query = (int *) (s.mean + ldv) + i * keys,
            .region = region + i * ldk,
        };
    return s;
}

static const Window *
window_at (const WindowJob *job, int number, WindowScratch *s)
{
    Window *window = &s->window[number % 2];

    if (window->number != number)
        find_tokens (job, number, window);
    return window;
}

/* One head's rows of q, k and v as float32, k transposed. */
static void
gather_head (const WindowJob *job, const Window *window, int head, WindowScratch *s)
{
    int dim = job->head_dim, channels = job->args->dst.ne[3], ldv = job->ldv;
    int q = head * dim, k = q + channels, v = k + channels;

    for (int i = 0; i < job->keys; i++) {
        bool inside = window->token[i] >= 0;
        const M2fTensor *from = inside ? &job->args->qkv : &job->pad;
        int64_t row = inside ? window->token[i] : 0;

        s->q[i] = head_row (from, row, q, dim, s->wide_q + i * ldv);
        s->k[i] = head_row (from, row, k, dim, s->wide_k + i * ldv);
    }
    for (int i = job->keys; i < job->ldk; i++)
        s->k[i] = s->k[job->keys - 1];
    transpose_rows (s->kt, job->ldk, s->k, (job->keys + VEC - 1) / VEC * VEC, dim);
    for (int i = 0; i < job->keys; i++) {
        if (window->token[i] >= 0)
            copy_head_row (&job->args->qkv, window->token[i], v, dim, s->v + i * ldv);
        else
            copy_head_row (&job->pad, 0, v, dim, s->v + i * ldv);
    }
}

/* One head's values without their mean, as pairs of keys.  Where a window's tokens attend to much
 * the same, what tells their results apart would drown in what rounding the weights does to the
 * part that is common to all values. */
static void
gather_values (const WindowJob *job, WindowScratch *s)
{
    const int dim = job->head_dim;

    for (int c = 0; c < dim; c += VEC) {
        vf32 mean = vf_zero ();

        for (int i = 0; i < job->keys; i++)
            mean += vf_load_bf16_n (s->value[i] + c, dim - c);
        mean *= vf_set (1 / (float) job->keys);
        vf_store (s->mean + c, mean);
        for (int i = 0; i < job->keys; i += 2) {
            vf32 first = vf_load_bf16_n (s->value[i] + c, dim - c) - mean, second = vf_zero ();

            if (i + 1 < job->keys)
                second = vf_load_bf16_n (s->value[i + 1] + c, dim - c) - mean;
            vf_store (s->v + i / 2 * job->ldv + c, vf_pair_bf16 (first, second));
        }
    }
}

/* One head's rows of q, k and v for products of bf16. */
static void
gather_pairs (const WindowJob *job, const Window *window, int head, WindowScratch *s)
{
    const M2fTensor *qkv = &job->args->qkv;
    int dim = job->head_dim, channels = job->args->dst.ne[3];

    for (int i = 0; i < job->keys; i++) {
        const uint16_t *row = (window->token[i] < 0 ? m2f_row_bf16 (&job->pad, 0)
            : m2f_row_bf16 (qkv, window->token[i])) + head * dim;

        memcpy (s->wide_q + i * job->ldv, row, sizeof *row * dim);
        s->q[i] = s->wide_q + i * job->ldv;
        s->k[i] = (const float *) (const void *) (row + channels);
        s->value[i] = row + 2 * channels;
    }
    for (int i = job->keys; i < job->ldk; i++)
        s->k[i] = s->k[job->keys - 1];
    transpose_rows (s->kt, job->ldk, s->k, (job->keys + VEC - 1) / VEC * VEC, dim / 2);
    gather_values (job, s);
}

/* `next` is the window that will probably follow. */
static void
attend (const WindowJob *job, const Window *window, const Window *next, int head,
    WindowScratch *s)
{
    const M2fWindowAttention *a = job->args;
    int dim = job->head_dim, ldk = job->ldk, vecs = (job->keys + VEC - 1) / VEC;
    int values = job->pairs ? (job->keys + 1) / 2 : job->keys;
    const float *bias = (const float *) m2f_tensor_host (&a->bias)
        + (size_t) head * job->keys * ldk;
    AttnProduct *product = job->pairs ? attn_product_pairs : attn_product;

    if (job->pairs)
        gather_pairs (job, window, head, s);
    else
        gather_head (job, window, head, s);
    for (int first = 0; first < window->queries; first += ATTN_ROWS) {
        const float *q[ATTN_ROWS], *p[ATTN_ROWS], *addend[ATTN_ROWS];
        float inverse[ATTN_ROWS];
        int rows = MIN (ATTN_ROWS, window->queries - first);

        prefetch_tokens (job, next, head, first, ATTN_ROWS);
        for (int r = 0; r < rows; r++) {
            int i = window->query[first + r];

            q[r] = s->q[i];
            addend[r] = bias + (size_t) i * ldk;
            p[r] = s->s + r * ldk;
        }
        product (rows, vecs, &(AttnIn) { q, s->kt, ldk, VEC, job->pairs ? dim / 2 : dim },
            &(AttnOut) { .c = s->s, .ldc = ldk, .scale = LOG2_E / sqrtf ((float) dim),
                .addend = addend });
        for (int r = 0; r < rows; r++) {
            float own = window->region[window->query[first + r]];

            inverse[r] = softmax (s->s + r * ldk, vecs, window->split ? window->region : NULL, own,
                m2f_region_penalty (a) * LOG2_E, job->pairs);
        }
        product (rows, job->ldv / VEC, &(AttnIn) { p, s->v, job->ldv, VEC, values },
            &(AttnOut) { .c = s->out, .ldc = job->ldv, .scale = 1 });
        for (int r = 0; r < rows; r++)
            store_head (&a->dst, window->token[window->query[first + r]], head, dim,
                s->out + r * job->ldv, inverse[r], job->pairs ? s->mean : NULL);
    }
}

/* An item is a head of a window; the heads of a window are neighbours, for they share its rows. */
static void
window_items (void *arg, int begin, int end, int thread)
{
    const WindowJob *job = arg;
    int heads = job->args->heads;
    WindowScratch s = window_scratch (job);

    if (s.q == NULL)
        return;
    for (int item = begin; item < end; item++) {
        int window = item / heads, next = MIN (window + 1, job->windows - 1);

        attend (job, window_at (job, window, &s), window_at (job, next, &s), item % heads, &s);
    }
}

/* The row of a token beyond the map, in the type that the products take. */
static M2fTensor
find_pad (const WindowJob *job, M2fBuffer *room)
{
    const M2fTensor *given = &job->args->pad;
    int n = 3 * job->args->dst.ne[3];
    M2fTensor pad = { .buffer = room, .type = job->pairs ? M2F_BF16 : M2F_F32,
        .ne = { 1, 1, 1, n } };

    if (m2f_tensor_present (given) && !job->pairs)
        return *given;
    room->host = cpu_scratch (CPU_SCRATCH_OP, sizeof (float) * n);
    if (room->host == NULL)
        return (M2fTensor) { 0 };
    memset (room->host, 0, sizeof (float) * n);
    for (int i = 0; m2f_tensor_present (given) && i < n; i += VEC)
        vf_store_bf16_n (m2f_row_bf16 (&pad, 0) + i, vf_load_n (m2f_row_f32 (given, 0) + i, n - i),
            n - i);
    return pad;
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
    M2fBuffer room;
    int grain;

    job.pairs = ATTN_PAIRS && device->base.precision != M2F_PRECISION_FP32
        && args->qkv.type == M2F_BF16 && job.head_dim % 2 == 0;
    job.pad = find_pad (&job, &room);
    if (!m2f_tensor_present (&job.pad))
        return;
    job.windows = args->dst.ne[0] * job.down * job.across;
    grain = MAX (1, job.windows / (GRAINS * cpu_pool_threads (device->pool)));
    cpu_parallel (device->pool, job.windows * args->heads, grain * args->heads, window_items,
        &job);
}

void
ISA (cpu_init_window_attention) (CpuKernels *kernels)
{
    kernels->window_attention = window_attention;
    kernels->packing[M2F_WINDOW_BIAS] = (CpuPacking) { bias_size, bias_pack };
}
