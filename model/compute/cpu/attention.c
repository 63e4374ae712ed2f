/* Multi-head attention with masks: keys in blocks that stay in the first-level cache, softmax as
 * they go by (FlashAttention's recurrence), blocked keys left out rather than computed.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/cpu.h"

#include "model/compute/cpu/attention_tile.h"

#define CHUNK 128             /* keys */
#define VECS (CHUNK / VEC)
#define MASK_WORDS (CHUNK / 32)
/* Queries that share a packed chunk: all of them, but for what keeps every thread busy. */
#define MOST_ROWS 128
#define LEAST_ROWS 24
#define ITEMS_PER_THREAD 3

typedef struct AttentionJob {
    const M2fAttention *args;
    int head_dim, ldv; /* ldv: floats of a packed value row */
    bool pairs;        /* products are of bf16 */
    int depth;         /* elements of a packed key: its channels, or pairs of them */
    int chunks;
    int rows, groups;  /* queries of an item, items of a head */
    /* Bit j of word [query][chunk][w]: key chunk * CHUNK + w * 32 + j may be attended to.  NULL if
     * all may. */
    uint32_t *allowed;
} AttentionJob;

/* ---- masks ---------------------------------------------------------------------------------- */

static void
allow_range (uint32_t *words, int keys)
{
    for (int w = 0; w * 32 < keys; w++)
        words[w] = keys - w * 32 >= 32 ? UINT32_MAX : (1u << (keys - w * 32)) - 1;
}

/* The bits of queries [begin, end) of the batch. */
static void
mask_items (void *arg, int begin, int end, int thread)
{
    const AttentionJob *job = arg;
    int keys = job->args->mask.ne[3], words = job->chunks * MASK_WORDS;

    for (int query = begin; query < end; query++) {
        const float *mask = m2f_row_f32 (&job->args->mask, query);
        uint32_t *row = job->allowed + (size_t) query * words, any = 0;

        memset (row, 0, sizeof *row * words);
        for (int k = 0; k < keys; k += VEC) {
            unsigned blocked = vm_bits (vf_lt (vf_load_n (mask + k, keys - k), vf_zero ()));
            unsigned inside = keys - k >= VEC ? (1u << VEC) - 1 : (1u << (keys - k)) - 1;

            row[k / 32] |= (~blocked & inside) << k % 32;
            any |= ~blocked & inside;
        }
        if (any == 0)
            allow_range (row, keys);
    }
}

/* ---- one chunk of keys for some queries ----------------------------------------------------- */

/* Scratch of an item. */
typedef struct AttentionScratch {
    float *kt;    /* [VECS][depth][VEC] */
    float *v;     /* [CHUNK][ldv]; with pairs, of keys, half of it */
    float *q;     /* [rows][ldv]: of bf16 as float32, or with pairs as bf16 */
    float *wide_k; /* [VEC][ldv]: rows of bf16 as float32 */
    float *s;     /* [ATTN_ROWS][CHUNK]: scores, then weights, with pairs as bf16 */
    float *out;   /* [rows][ldv]: sums of weighted values so far */
    float *max;   /* [rows]: largest score so far */
    float *sum;   /* [rows]: sum of weights so far */
    int32_t *key; /* [CHUNK + VEC]: allowed keys of the chunk, or the pairs they are in */
} AttentionScratch;

static AttentionScratch
attention_scratch (const AttentionJob *job)
{
    int dim = job->head_dim, ldv = job->ldv;
    size_t floats = CHUNK * (size_t) (dim + ldv + ATTN_ROWS + 2)
        + job->rows * (2 * (size_t) ldv + 2) + VEC * ((size_t) ldv + 1);
    AttentionScratch s;

    s.kt = cpu_scratch (CPU_SCRATCH_THREAD, floats * sizeof (float));
    if (s.kt == NULL)
        return s;
    s.v = s.kt + CHUNK * dim;
    s.q = s.v + CHUNK * ldv;
    s.wide_k = s.q + job->rows * ldv;
    s.s = s.wide_k + VEC * ldv;
    s.out = s.s + CHUNK * ATTN_ROWS;
    s.key = (int32_t *) (s.out + job->rows * ldv);
    s.max = (float *) (s.key + CHUNK + VEC);
    s.sum = s.max + job->rows;
    return s;
}

static void
pack_chunk (const AttentionJob *job, int batch, int head, int first, int keys,
    AttentionScratch *s)
{
    const M2fAttention *a = job->args;
    int dim = job->head_dim;
    int64_t row = (int64_t) batch * a->k.ne[2] + first;

    for (int k = 0; k < keys; k += VEC) {
        const float *from[VEC];

        for (int i = 0; i < VEC; i++)
            from[i] = head_row (&a->k, row + MIN (k + i, keys - 1), head * dim, dim,
                s->wide_k + i * job->ldv);
        transpose_rows (s->kt + k * dim, VEC, from, VEC, dim);
    }
    for (int k = 0; k < keys; k++)
        copy_head_row (&a->v, row + k, head * dim, dim, s->v + k * job->ldv);
}

/* Packs the chunk for products of bf16. */
static void
pack_pairs (const AttentionJob *job, int batch, int head, int first, int keys,
    AttentionScratch *s)
{
    const M2fAttention *a = job->args;
    const int64_t row = (int64_t) batch * a->k.ne[2] + first;
    const int at = head * job->head_dim;

    for (int k = 0; k < keys; k += VEC) {
        const float *from[VEC];

        for (int i = 0; i < VEC; i++)
            from[i] = (const float *) (const void *)
                (m2f_row_bf16 (&a->k, row + MIN (k + i, keys - 1)) + at);
        transpose_rows (s->kt + k * job->depth, VEC, from, VEC, job->depth);
    }
    for (int k = 0; k < keys; k += 2)
        pair_rows (m2f_row_bf16 (&a->v, row + k) + at,
            k + 1 < keys ? m2f_row_bf16 (&a->v, row + k + 1) + at : NULL, job->head_dim,
            s->v + k / 2 * job->ldv);
}

/* Turns a row's scores into weights, of bf16 if asked for, and takes the new largest score into
 * account: returns what the sums so far must be multiplied with.  Bits of `allowed` beyond the keys
 * are 0; NULL means all keys. */
static float
update_softmax (float *s, int keys, const uint32_t *allowed, float *max, float *sum, bool bf16)
{
    vf32 m = vf_set (-INFINITY);
    int vecs = (keys + VEC - 1) / VEC;

    for (int v = 0; v < vecs; v++) {
        vf32 x = vf_load (s + v * VEC);

        if (allowed != NULL)
            x = vf_blend (vm_from_bits (allowed[v * VEC / 32] >> v * VEC % 32 & ((1u << VEC) - 1)),
                vf_set (-INFINITY), x);
        else if (keys - v * VEC < VEC)
            x = vf_blend (vm_first (keys - v * VEC), vf_set (-INFINITY), x);
        vf_store (s + v * VEC, x);
        m = vf_max (m, x);
    }

    float largest = vf_max_lane (m), keep = 1;

    if (!(largest <= *max)) { /* or NaN, which then is all that the sums become */
        keep = exp2f (*max - largest);
        *max = largest;
    }
    if (*max == -INFINITY) { /* nothing allowed yet */
        memset (s, 0, sizeof *s * vecs * VEC);
        return keep;
    }
    *sum = *sum * keep + softmax_weights (s, vecs, *max, bf16);
    return keep;
}

/* Every key for `rows` queries; of blocked ones the weights are 0.  The bits of a query and of the
 * next one are `stride` words apart. */
static void
attend_all (const AttentionJob *job, const float *const *q, int rows, int first_row, int keys,
    const uint32_t *allowed, size_t stride, AttentionScratch *s)
{
    int depth = job->depth, vecs = (keys + VEC - 1) / VEC;
    int values = job->pairs ? (keys + 1) / 2 : keys;
    AttnProduct *product = job->pairs ? attn_product_pairs : attn_product;
    const float *weight[ATTN_ROWS];
    float keep[ATTN_ROWS];

    product (rows, vecs, &(AttnIn) { q, s->kt, VEC, VEC * depth, depth }, &(AttnOut) {
        .c = s->s, .ldc = CHUNK, .scale = LOG2_E / sqrtf ((float) job->head_dim) });
    for (int r = 0; r < rows; r++) {
        weight[r] = s->s + r * CHUNK;
        keep[r] = update_softmax (s->s + r * CHUNK, keys,
            allowed != NULL ? allowed + r * stride : NULL, s->max + first_row + r,
            s->sum + first_row + r, job->pairs);
    }
    product (rows, job->ldv / VEC, &(AttnIn) { weight, s->v, job->ldv, VEC, values }, &(AttnOut) {
        .c = s->out + first_row * job->ldv, .ldc = job->ldv, .keep = keep });
}

/* Scores of the `vecs` vectors of keys whose numbers are in `at`, written to their places. */
static inline __attribute__ ((always_inline)) void
score_vecs (bool pairs, float *s, const float *q, const float *kt, const int *at, int depth,
    float scale, int vecs)
{
    vf32 acc[4];

#pragma GCC unroll 4
    for (int v = 0; v < vecs; v++)
        acc[v] = vf_zero ();
    for (int c = 0; c < depth; c++) {
        vf32 qc = vf_set (q[c]);

#pragma GCC unroll 4
        for (int v = 0; v < vecs; v++)
            acc[v] = attn_multiply_add (pairs, qc, vf_load (kt + (at[v] * depth + c) * VEC),
                acc[v]);
    }
#pragma GCC unroll 4
    for (int v = 0; v < vecs; v++)
        vf_store (s + at[v] * VEC, acc[v] * vf_set (scale));
}

/* Keys, or pairs of keys, that a query attends to. */
typedef struct PickedKeys {
    const float *weight; /* one per key of the chunk */
    const int32_t *key;  /* [n] */
    int n;
} PickedKeys;

/* out = out * keep + the weighted rows of the picked keys, `vecs` vectors wide. */
static inline __attribute__ ((always_inline)) void
add_values (bool pairs, float *out, const float *v, int ldv, const PickedKeys *picked, float keep,
    int vecs)
{
    const float *weight = picked->weight;
    const int32_t *key = picked->key;
    const int keys = picked->n;
    vf32 acc[4][2];
    int k = 0;

#pragma GCC unroll 2
    for (int c = 0; c < vecs; c++) {
        acc[0][c] = vf_load (out + c * VEC) * vf_set (keep);
        acc[1][c] = acc[2][c] = acc[3][c] = vf_zero ();
    }
    for (; k + 4 <= keys; k += 4)
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++)
#pragma GCC unroll 2
            for (int c = 0; c < vecs; c++)
                acc[i][c] = attn_multiply_add (pairs, vf_set (weight[key[k + i]]),
                    vf_load (v + key[k + i] * ldv + c * VEC), acc[i][c]);
    for (; k < keys; k++)
#pragma GCC unroll 2
        for (int c = 0; c < vecs; c++)
            acc[0][c] = attn_multiply_add (pairs, vf_set (weight[key[k]]),
                vf_load (v + key[k] * ldv + c * VEC), acc[0][c]);
#pragma GCC unroll 2
    for (int c = 0; c < vecs; c++)
        vf_store (out + c * VEC, (acc[0][c] + acc[1][c]) + (acc[2][c] + acc[3][c]));
}

/* The allowed keys of a chunk for one query. */
static inline __attribute__ ((always_inline)) void
attend_allowed (const AttentionJob *job, bool pairs, const float *q, int row, int keys,
    const uint32_t *allowed, AttentionScratch *s)
{
    int depth = job->depth, ldv = job->ldv, n = 0, n_at = 0, i = 0, c = 0;
    int vecs = (keys + VEC - 1) / VEC, at[VECS];
    float scale = LOG2_E / sqrtf ((float) job->head_dim), *out = s->out + row * ldv, keep;

    for (int v = 0; v < vecs; v++) {
        unsigned bits = allowed[v * VEC / 32] >> v * VEC % 32 & ((1u << VEC) - 1);

        if (bits != 0) {
            vi32 key = vi_iota () + v * VEC;

            at[n_at++] = v;
            if (pairs)
                bits = (bits | bits >> 1) & 0x5555;
            vi_store_packed (s->key + n, pairs ? key >> 1 : key, bits);
            n += __builtin_popcount (bits);
        }
    }
    if (n == 0)
        return;
    for (; i + 4 <= n_at; i += 4)
        score_vecs (pairs, s->s, q, s->kt, at + i, depth, scale, 4);
    switch (n_at - i) {
    case 3: score_vecs (pairs, s->s, q, s->kt, at + i, depth, scale, 3); break;
    case 2: score_vecs (pairs, s->s, q, s->kt, at + i, depth, scale, 2); break;
    case 1: score_vecs (pairs, s->s, q, s->kt, at + i, depth, scale, 1); break;
    default: break;
    }
    keep = update_softmax (s->s, keys, allowed, s->max + row, s->sum + row, pairs);

    const PickedKeys picked = { s->s, s->key, n };

    for (; c + 2 * VEC <= ldv; c += 2 * VEC)
        add_values (pairs, out + c, s->v + c, ldv, &picked, keep, 2);
    if (c < ldv)
        add_values (pairs, out + c, s->v + c, ldv, &picked, keep, 1);
}

/* Whether computing everything, which goes faster per key, is less work than picking. */
static bool
is_dense (const uint32_t *allowed, size_t stride, int rows, int keys)
{
    int n = 0;

    for (int r = 0; r < rows; r++)
        for (int w = 0; w < MASK_WORDS; w++)
            n += __builtin_popcount (allowed[r * stride + w]);
    return 3 * n > rows * keys;
}

/* ---- items: a group of queries of one head of one element of the batch ----------------------- */

static void
attention_item (const AttentionJob *job, int batch, int head, int first, AttentionScratch *s)
{
    const M2fAttention *a = job->args;
    int dim = job->head_dim, queries = a->q.ne[2], keys = a->k.ne[2];
    int rows = MIN (job->rows, queries - first);
    int64_t query = (int64_t) batch * queries + first;
    const float *q[MOST_ROWS];

    for (int r = 0; r < rows; r++) {
        float *room = s->q + r * job->ldv;

        q[r] = job->pairs ? head_row_bf16 (&a->q, query + r, head * dim, dim, room)
                          : head_row (&a->q, query + r, head * dim, dim, room);
        s->max[r] = -INFINITY;
        s->sum[r] = 0;
    }
    memset (s->out, 0, sizeof (float) * rows * job->ldv);
    for (int chunk = 0; chunk < job->chunks; chunk++) {
        int n = MIN (CHUNK, keys - chunk * CHUNK);

        if (job->pairs)
            pack_pairs (job, batch, head, chunk * CHUNK, n, s);
        else
            pack_chunk (job, batch, head, chunk * CHUNK, n, s);
        for (int r = 0; r < rows; r += ATTN_ROWS) {
            int tile_rows = MIN (ATTN_ROWS, rows - r);
            size_t stride = (size_t) job->chunks * MASK_WORDS;
            const uint32_t *allowed = job->allowed == NULL ? NULL
                : job->allowed + (query + r) * stride + chunk * MASK_WORDS;

            if (allowed == NULL || is_dense (allowed, stride, tile_rows, n)) {
                attend_all (job, q + r, tile_rows, r, n, allowed, stride, s);
                continue;
            }
            for (int i = 0; i < tile_rows; i++)
                if (job->pairs)
                    attend_allowed (job, true, q[r + i], r + i, n, allowed + i * stride, s);
                else
                    attend_allowed (job, false, q[r + i], r + i, n, allowed + i * stride, s);
        }
    }
    for (int r = 0; r < rows; r++)
        store_head (&a->dst, query + r, head, dim, s->out + r * job->ldv, 1 / s->sum[r], NULL);
}

static void
attention_items (void *arg, int begin, int end, int thread)
{
    const AttentionJob *job = arg;
    AttentionScratch s = attention_scratch (job);

    if (s.kt == NULL)
        return;
    for (int item = begin; item < end; item++) {
        int group = item % job->groups, head = item / job->groups % job->args->heads;
        int batch = item / job->groups / job->args->heads;

        attention_item (job, batch, head, group * job->rows, &s);
    }
}

static void
attention (CpuDevice *device, const M2fAttention *args)
{
    int batch = args->q.ne[0], queries = args->q.ne[2], keys = args->k.ne[2];
    AttentionJob job = {
        .args = args,
        .head_dim = args->q.ne[3] / args->heads,
        .chunks = divide_up (keys, CHUNK),
        .groups = divide_up (ITEMS_PER_THREAD * cpu_pool_threads (device->pool),
            batch * args->heads),
    };

    job.pairs = ATTN_PAIRS && device->base.precision != M2F_PRECISION_FP32
        && args->k.type == M2F_BF16 && args->v.type == M2F_BF16 && job.head_dim % 2 == 0;
    job.depth = job.pairs ? job.head_dim / 2 : job.head_dim;
    job.ldv = divide_up (job.head_dim, VEC) * VEC;
    job.groups = CLAMP (job.groups, divide_up (queries, MOST_ROWS),
        divide_up (queries, LEAST_ROWS));
    job.rows = (queries + job.groups - 1) / job.groups;
    if (m2f_tensor_present (&args->mask)) {
        job.allowed = cpu_scratch (CPU_SCRATCH_OP, sizeof *job.allowed * batch * queries
            * job.chunks * MASK_WORDS);
        if (job.allowed == NULL)
            return;
        cpu_parallel (device->pool, batch * queries, 8, mask_items, &job);
    }
    cpu_parallel (device->pool, batch * args->heads * job.groups, 1, attention_items, &job);
}

void
ISA (cpu_init_attention) (CpuKernels *kernels)
{
    kernels->attention = attention;
}
