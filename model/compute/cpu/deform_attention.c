/* Multi-scale deformable attention: where a head of a vector of queries looks is computed for all
 * of them at once, then each one's value rows are summed.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/cpu.h"

#include "model/compute/cpu/attention_tile.h"

/* Queries are taken in square tiles of the picture, from all levels together, and summed head by
 * head: what neighbours look at overlaps, and one head's share of it fits the first-level cache.
 * Pixels of the finest level. */
#define TILE 8

/* Channels summed in one pass over the points, and independent sums per channel. */
#if VEC == 16
#define PASS_VECS 2
#define PASS_SUMS 4
#else
#define PASS_VECS 4
#define PASS_SUMS 2
#endif

typedef struct DeformJob {
    const M2fDeformAttention *args;
    int head_dim, points;      /* points: levels x points of a head */
    int start[M2F_MAX_LEVELS]; /* first row of the value tensor */
    int down, across;          /* tiles */
    int queries;               /* most queries in a tile */
} DeformJob;

/* One point of VEC queries: the pixels it lies between, which are `first` and those to the right,
 * below, and below to the right. */
typedef struct Point {
    float weight[4][VEC];
    int32_t first[VEC]; /* elements from the first value row */
} Point;

typedef struct Query {
    int token;
    float x, y; /* 0..1 */
} Query;

/* Scratch of a tile; its points are those of one head of VEC queries. */
typedef struct DeformTile {
    const void *value; /* first value row of the batch's element */
    Query *query;
    int queries;
    Point *point;   /* [points] */
    float *logits;  /* [points][VEC] */
    float *offsets; /* [points][x, y][VEC] */
} DeformTile;

/* ---- where heads look ----------------------------------------------------------------------- */

/* Softmax of each lane, not yet divided by its sum; returns what to multiply with. */
static inline vf32
softmax (float *logits, int points)
{
    vf32 max = vf_load (logits), sum = vf_zero ();

    for (int i = 1; i < points; i++)
        max = vf_max (max, vf_load (logits + i * VEC));
    for (int i = 0; i < points; i++) {
        vf32 e = vf_exp2_weight ((vf_load (logits + i * VEC) - max) * vf_set (LOG2_E));

        vf_store (logits + i * VEC, e);
        sum += e;
    }
    return vf_set (1) / sum;
}

/* The two neighbours on one axis of a coordinate, which may be anything: both exist even if it is
 * NaN. */
typedef struct Neighbours {
    vi32 first;  /* the second one is the next, if there are two */
    vf32 w0, w1; /* 0 for a neighbour that is 1 or more away; w0 is NaN for no finite one */
} Neighbours;

/* 1 - |x|, but not below 0; 0 for what is not a number */
static inline vf32
tent (vf32 x)
{
    return vf_max (vf_set (1) - vf_max (x, -x), vf_zero ());
}

/* Outside, both are those nearest to it: their own distances make the weights. */
static inline Neighbours
neighbours (vf32 at, int size)
{
    vf32 last = vf_set ((float) MAX (size - 2, 0));
    Neighbours n = { .first = vi_from (vf_min (vf_max (at, vf_zero ()), last)) };
    vf32 x = at - vf_from (n.first);

    n.w0 = vf_fma (x, vf_zero (), tent (x)); /* adds 0, or NaN */
    n.w1 = size > 1 ? tent (x - vf_set (1)) : vf_zero ();
    return n;
}

/* The points of queries at (x, y), whose offsets and logits are in the tile's scratch. */
static void
find_points (const DeformJob *job, const DeformTile *tile, vf32 x, vf32 y)
{
    const M2fDeformAttention *a = job->args;
    vf32 inverse = softmax (tile->logits, job->points), half = vf_set (0.5f);

    for (int l = 0, i = 0; l < a->levels; l++) {
        int w = a->level[l].width, h = a->level[l].height;
        vf32 x0 = vf_fma (x, vf_set ((float) w), -half), y0 = vf_fma (y, vf_set ((float) h), -half);

        for (int end = i + a->points; i < end; i++) {
            Neighbours nx = neighbours (x0 + vf_load (tile->offsets + 2 * i * VEC), w);
            Neighbours ny = neighbours (y0 + vf_load (tile->offsets + (2 * i + 1) * VEC), h);
            vf32 weight = vf_load (tile->logits + i * VEC) * inverse;
            vi32 pixel = ny.first * vi_set (w) + nx.first + vi_set (job->start[l]);

            Point *point = &tile->point[i];

            ny.w0 *= weight;
            ny.w1 *= weight;
            vf_store (point->weight[0], ny.w0 * nx.w0);
            vf_store (point->weight[1], ny.w0 * nx.w1);
            vf_store (point->weight[2], ny.w1 * nx.w0);
            vf_store (point->weight[3], ny.w1 * nx.w1);
            vi_store (point->first, pixel * vi_set (a->value.stride));
        }
    }
}

/* One head of VEC queries of the tile from `first` on. */
static void
find_group (const DeformJob *job, int batch, int head, int first, DeformTile *tile)
{
    const M2fDeformAttention *a = job->args;
    int points = job->points;
    const float *logits[VEC], *offsets[VEC];
    float x[VEC], y[VEC];

    for (int i = 0; i < VEC; i++) {
        const Query *query = &tile->query[MIN (first + i, tile->queries - 1)];
        int64_t row = (int64_t) batch * a->dst.ne[2] + query->token;

        logits[i] = m2f_row_f32 (&a->weights, row) + head * points;
        offsets[i] = m2f_row_f32 (&a->offsets, row) + head * points * 2;
        x[i] = query->x;
        y[i] = query->y;
    }
    transpose_rows (tile->logits, VEC, logits, VEC, points);
    transpose_rows (tile->offsets, VEC, offsets, VEC, 2 * points);
    find_points (job, tile, vf_load (x), vf_load (y));
}

/* ---- sums ----------------------------------------------------------------------------------- */

/* x = a row: PASS_VECS whole vectors, of bf16 in pairs of the even and the odd elements, or one of
 * n elements. */
static inline __attribute__ ((always_inline)) void
load_row (vf32 *x, const void *value, M2fType type, ptrdiff_t at, int vecs, int n)
{
    if (type == M2F_BF16 && vecs == 1)
        x[0] = vf_load_bf16_n ((const uint16_t *) value + at, n);
    else if (type == M2F_BF16)
#pragma GCC unroll 4
        for (int v = 0; v < vecs; v += 2)
            vf_load_bf16_pairs ((const uint16_t *) value + at + v * VEC, &x[v], &x[v + 1]);
    else if (vecs == 1)
        x[0] = vf_load_n ((const float *) value + at, n);
    else
#pragma GCC unroll 4
        for (int v = 0; v < vecs; v++)
            x[v] = vf_load ((const float *) value + at + v * VEC);
}

/* sum += weight * the row `at` elements into the value tensor */
static inline __attribute__ ((always_inline)) void
add_row (vf32 *sum, float weight, const void *value, M2fType type, ptrdiff_t at, int vecs, int n)
{
    vf32 x[PASS_VECS];

    load_row (x, value, type, at, vecs, n);
#pragma GCC unroll 4
    for (int v = 0; v < vecs; v++)
        sum[v] = vf_fma (vf_set (weight), x[v], sum[v]);
}

/* The weighted rows of query `i` of those whose points are in the tile's scratch, `vecs` vectors
 * or n elements from channel `first` on, into row `row` of dst. */
static inline __attribute__ ((always_inline)) void
sum_rows (const DeformJob *job, const DeformTile *tile, int i, M2fType type, int64_t row,
    int first, int vecs, int n)
{
    const void *value = tile->value;
    const M2fDeformAttention *a = job->args;
    const Point *point = tile->point;
    vf32 sum[PASS_SUMS][PASS_VECS];

#pragma GCC unroll 4
    for (int s = 0; s < PASS_SUMS; s++)
#pragma GCC unroll 4
        for (int v = 0; v < vecs; v++)
            sum[s][v] = vf_zero ();
    for (int l = 0; l < a->levels; l++) {
        int w = a->level[l].width;
        ptrdiff_t right = w > 1 ? a->value.stride : 0;
        ptrdiff_t below = a->level[l].height > 1 ? (ptrdiff_t) w * a->value.stride : 0;

        for (const Point *end = point + a->points; point < end; point++) {
            ptrdiff_t at = point->first[i] + first;

            add_row (sum[0], point->weight[0][i], value, type, at, vecs, n);
            add_row (sum[1], point->weight[1][i], value, type, at + right, vecs, n);
            add_row (sum[2 % PASS_SUMS], point->weight[2][i], value, type, at + below, vecs, n);
            add_row (sum[3 % PASS_SUMS], point->weight[3][i], value, type, at + below + right,
                vecs, n);
        }
    }
#pragma GCC unroll 4
    for (int v = 0; v < vecs; v++)
#pragma GCC unroll 4
        for (int s = 1; s < PASS_SUMS; s++)
            sum[0][v] += sum[s][v];
    if (type == M2F_BF16 && vecs > 1)
#pragma GCC unroll 4
        for (int v = 0; v < vecs; v += 2)
            vf_interleave (&sum[0][v], &sum[0][v + 1]);
#pragma GCC unroll 4
    for (int v = 0; v < vecs; v++)
        if (a->dst.type == M2F_BF16)
            vf_store_bf16_n (m2f_row_bf16 (&a->dst, row) + first + v * VEC, sum[0][v], n);
        else
            vf_store_n (m2f_row_f32 (&a->dst, row) + first + v * VEC, sum[0][v], n);
}

/* One head of the queries whose points were found, from `first` on. */
static inline __attribute__ ((always_inline)) void
sum_group (const DeformJob *job, int batch, int head, int first, const DeformTile *tile,
    M2fType type)
{
    const M2fDeformAttention *a = job->args;
    int64_t base = (int64_t) batch * a->dst.ne[2];
    int end = (head + 1) * job->head_dim;

    for (int i = 0; i < VEC && first + i < tile->queries; i++) {
        int64_t row = base + tile->query[first + i].token;
        int c = head * job->head_dim;

        for (; c + PASS_VECS * VEC <= end; c += PASS_VECS * VEC)
            sum_rows (job, tile, i, type, row, c, PASS_VECS, VEC);
        for (; c + VEC <= end; c += VEC)
            sum_rows (job, tile, i, type, row, c, 1, VEC);
        if (c < end)
            sum_rows (job, tile, i, type, row, c, 1, end - c);
    }
}

/* ---- items: a tile, its share of every level ------------------------------------------------- */

/* The first element of part `part` when `size` elements are divided into `parts`. */
static inline int
share (int part, int parts, int size)
{
    return (int) ((int64_t) part * size / parts);
}

static void
find_queries (const DeformJob *job, int row, int column, DeformTile *tile)
{
    const M2fDeformAttention *a = job->args;

    tile->queries = 0;
    for (int l = 0; l < a->levels; l++) {
        int h = a->level[l].height, w = a->level[l].width;
        int y1 = share (row + 1, job->down, h), x1 = share (column + 1, job->across, w);

        for (int y = share (row, job->down, h); y < y1; y++)
            for (int x = share (column, job->across, w); x < x1; x++)
                tile->query[tile->queries++] = (Query) {
                    .token = job->start[l] + y * w + x,
                    .x = ((float) x + 0.5f) / (float) w,
                    .y = ((float) y + 0.5f) / (float) h,
                };
    }
}

static DeformTile
tile_scratch (const DeformJob *job)
{
    size_t points = job->points;
    DeformTile tile;

    tile.point = cpu_scratch (CPU_SCRATCH_THREAD, points * sizeof (Point)
        + 3 * points * VEC * sizeof (float) + job->queries * sizeof (Query));
    if (tile.point == NULL)
        return tile;
    tile.logits = (float *) (tile.point + points);
    tile.offsets = tile.logits + points * VEC;
    tile.query = (Query *) (tile.offsets + 2 * points * VEC);
    return tile;
}

static void
tile_items (void *arg, int begin, int end, int thread)
{
    const DeformJob *job = arg;
    const M2fTensor *value = &job->args->value;
    const size_t batch_bytes
        = (size_t) value->ne[2] * (size_t) value->stride * m2f_type_size (value->type);
    DeformTile tile = tile_scratch (job);

    if (tile.point == NULL)
        return;
    for (int item = begin; item < end; item++) {
        int batch = item / (job->down * job->across), at = item % (job->down * job->across);

        tile.value = (const char *) m2f_tensor_host (value) + (size_t) batch * batch_bytes;
        find_queries (job, at / job->across, at % job->across, &tile);
        for (int head = 0; head < job->args->heads; head++)
            for (int first = 0; first < tile.queries; first += VEC) {
                find_group (job, batch, head, first, &tile);
                if (job->args->value.type == M2F_BF16)
                    sum_group (job, batch, head, first, &tile, M2F_BF16);
                else
                    sum_group (job, batch, head, first, &tile, M2F_F32);
            }
    }
}

static void
deform_attention (CpuDevice *device, const M2fDeformAttention *args)
{
    DeformJob job = {
        .args = args,
        .head_dim = args->dst.ne[3] / args->heads,
        .points = args->levels * args->points,
    };
    int token = 0, rows = 0, columns = 0;

    for (int l = 0; l < args->levels; l++) {
        job.start[l] = token;
        token += args->level[l].height * args->level[l].width;
        rows = MAX (rows, args->level[l].height);
        columns = MAX (columns, args->level[l].width);
    }
    job.down = (rows + TILE - 1) / TILE;
    job.across = (columns + TILE - 1) / TILE;
    for (int l = 0; l < args->levels; l++)
        job.queries += ((args->level[l].height + job.down - 1) / job.down)
            * ((args->level[l].width + job.across - 1) / job.across);
    cpu_parallel (device->pool, args->dst.ne[0] * job.down * job.across, 1, tile_items, &job);
}

void
ISA (cpu_init_deform_attention) (CpuKernels *kernels)
{
    kernels->deform_attention = deform_attention;
}
