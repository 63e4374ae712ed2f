/* The class of every pixel: masks mixed by their class probabilities, then the largest.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/attention_tile.h"
#include "model/compute/cpu/rank.h"

#define SLACK 4e-6f /* added to a sum's bounds, for rounding */

typedef struct ClassArgmaxJob {
    const M2fClassArgmax *args;
    CpuCells cells;
    RankJob rank;
    int channels, padded;
    int classes, ldc;
    const float *mix; /* [channels][ldc]: transposed */
} ClassArgmaxJob;

/* Scratch of a thread. */
typedef struct ClassArgmaxScratch {
    RankChannel *list;
    int have[2];
    float *sums[2];       /* [mid_width][ldc]: of mid rows with even and odd numbers */
    float *probability;   /* [ATTN_ROWS][padded], or at output size [channels][SPAN] */
    float *resized;       /* [w][padded]: logits, for making a mid row */
    float *lower, *upper; /* [ldc]: bounds in the span */
    float *centre, *radius; /* [padded]: of the probabilities in the span */
    float *row;           /* [ATTN_ROWS][SPAN]: sums of some classes */
} ClassArgmaxScratch;

static ClassArgmaxScratch
class_argmax_scratch (const ClassArgmaxJob *job)
{
    const M2fClassArgmax *a = job->args;
    size_t sums = (size_t) a->mid_width * job->ldc;
    size_t probability = MAX ((size_t) ATTN_ROWS, SPAN) * job->padded;
    size_t resized = (size_t) a->logits.ne[2] * job->padded;
    ClassArgmaxScratch s = { .have = { -1, -1 } };

    s.list = cpu_scratch (CPU_SCRATCH_THREAD, job->ldc * sizeof *s.list
        + sizeof (float) * (2 * sums + probability + resized + 2 * job->ldc + 2 * job->padded
            + ATTN_ROWS * SPAN));
    if (s.list == NULL)
        return s;
    s.sums[0] = (float *) (s.list + job->ldc);
    s.sums[1] = s.sums[0] + sums;
    s.probability = s.sums[1] + sums;
    s.resized = s.probability + probability;
    s.lower = s.resized + resized;
    s.upper = s.lower + job->ldc;
    s.centre = s.upper + job->ldc;
    s.radius = s.centre + job->padded;
    s.row = s.radius + job->padded;
    return s;
}

/* The classes that may be the largest somewhere, given the bounds. */
static int
list_classes (const ClassArgmaxJob *job, ClassArgmaxScratch *s)
{
    float best = -INFINITY;
    int n = 0;

    for (int c = 0; c < job->classes; c++)
        best = MAX (best, s->lower[c]);
    for (int c = 0; c < job->classes; c++)
        if (!(s->upper[c] < best))
            s->list[n++] = (RankChannel) { .channel = c, .ranks = true, .scale = 1 };
    return n;
}

/* ---- through a size in between: sums there, then as for any channels ------------------------- */

static const float *
mid_sums (const ClassArgmaxJob *job, ClassArgmaxScratch *s, int y)
{
    const M2fClassArgmax *a = job->args;
    int width = a->mid_width, n = job->padded;

    if (s->have[y & 1] == y)
        return s->sums[y & 1];
    s->have[y & 1] = y;
    resize_row (&a->logits, y, a->mid_height, s->resized, n);
    for (int x = 0; x < width; x += ATTN_ROWS) {
        const float *row[ATTN_ROWS];
        int rows = MIN (ATTN_ROWS, width - x);

        for (int r = 0; r < rows; r++) {
            M2fBilinear h = m2f_bilinear (x + r, a->logits.ne[2], width);
            const float *left = s->resized + (size_t) h.i0 * n;
            const float *right = s->resized + (size_t) h.i1 * n;

            for (int k = 0; k < n; k += VEC) {
                vf32 l = vf_load (left + k);
                vf32 logit = vf_fma (vf_set (h.w1), vf_load (right + k) - l, l);

                vf_store (s->probability + r * n + k, vf_sigmoid (logit));
            }
            row[r] = s->probability + r * n;
        }
        attn_product (rows, job->ldc / VEC,
            &(AttnIn) { row, job->mix, job->ldc, VEC, job->channels },
            &(AttnOut) { .c = s->sums[y & 1] + (size_t) x * job->ldc, .ldc = job->ldc,
                .scale = 1 });
    }
    return s->sums[y & 1];
}

static void
rank_sums (const ClassArgmaxJob *job, const CpuRowPair *pair, const CpuSpan *span, int y0, int y1,
    ClassArgmaxScratch *s)
{
    int n;

    for (int c = 0; c < job->classes; c += VEC) {
        vf32 min, max;

        span_bounds (pair, span, c, job->ldc - c, &min, &max);

        vf32 margin = rounding_margin (min, max);

        vf_store (s->lower + c, min - margin);
        vf_store (s->upper + c, max + margin);
    }
    n = list_classes (job, s);
    if (n == 1) {
        fill_labels (&job->args->winner, y0, y1, span->x, span->pixels, s->list[0].channel);
        return;
    }
    for (int i = 0; i < n; i++) {
        RankChannel *c = &s->list[i];

        c->top = gather_columns (pair->row[0], pair->ld, span, c->channel);
        c->bottom = gather_columns (pair->row[1], pair->ld, span, c->channel);
    }
    rank_span (&job->rank, RANK_VALUES, span, y0, y1, s->list, n, NULL);
}

/* ---- straight to the output: only classes that can win are summed ---------------------------- */

/* Bounds of every class in the span: each probability is at most its radius from its centre. */
static void
bound_classes (const ClassArgmaxJob *job, const CpuRowPair *pair, const CpuSpan *span,
    ClassArgmaxScratch *s)
{
    for (int k = 0; k < job->channels; k += VEC) {
        vf32 min, max, half = vf_set (0.5f);

        span_bounds (pair, span, k, job->channels - k, &min, &max);

        vf32 margin = rounding_margin (min, max);
        vf32 low = vf_sigmoid (min - margin), high = vf_sigmoid (max + margin);

        vf_store (s->centre + k, (low + high) * half);
        vf_store (s->radius + k, vf_fma (high, vf_set (SLACK), (high - low) * half));
    }
    for (int c = 0; c < job->classes; c += VEC) {
        vf32 centre = vf_zero (), radius = vf_zero ();

        for (int k = 0; k < job->channels; k++) {
            vf32 mix = vf_load (job->mix + (size_t) k * job->ldc + c);

            centre = vf_fma (mix, vf_set (s->centre[k]), centre);
            radius = vf_fma (vf_max (mix, -mix), vf_set (s->radius[k]), radius);
        }
        vf_store (s->lower + c, centre - radius);
        vf_store (s->upper + c, centre + radius);
    }
}

/* Probabilities of all channels at the pixels of one row of the span. */
static void
span_probabilities (const ClassArgmaxJob *job, const CpuRowPair *pair, const CpuSpan *span,
    float fraction, ClassArgmaxScratch *s)
{
    const CpuCells *cells = &job->cells;

    for (int k = 0; k < job->channels; k++) {
        CpuLine line = line_between (gather_columns (pair->row[0], pair->ld, span, k),
            gather_columns (pair->row[1], pair->ld, span, k), fraction);

        for (int x = 0; x < SPAN; x += VEC)
            vf_store (s->probability + k * SPAN + x,
                vf_sigmoid (line_pixels (&line, vi_load (cells->index + span->x + x),
                    vf_load (cells->fraction + span->x + x))));
    }
}

/* The largest of the listed classes on one row of the span. */
static void
rank_mixed (const ClassArgmaxJob *job, const CpuSpan *span, int y, int n,
    ClassArgmaxScratch *s)
{
    vf32 best[SPAN_VECS];
    vi32 label[SPAN_VECS];

    for (int v = 0; v < SPAN_VECS; v++) {
        best[v] = vf_set (-INFINITY);
        label[v] = vi_set (s->list[0].channel);
    }
    for (int i = 0; i < n; i += ATTN_ROWS) {
        const float *mix[ATTN_ROWS];
        int rows = MIN (ATTN_ROWS, n - i);

        for (int r = 0; r < rows; r++)
            mix[r] = m2f_row_f32 (&job->args->mix, s->list[i + r].channel);
        attn_product (rows, SPAN_VECS,
            &(AttnIn) { mix, s->probability, SPAN, VEC, job->channels },
            &(AttnOut) { .c = s->row, .ldc = SPAN, .scale = 1 });
        for (int r = 0; r < rows; r++)
            for (int v = 0; v < SPAN_VECS; v++) {
                vf32 sum = vf_load (s->row + r * SPAN + v * VEC);
                vmask better = vf_lt (best[v], sum);

                best[v] = vf_blend (better, best[v], sum);
                label[v] = vi_select (better, label[v], vi_set (s->list[i + r].channel));
            }
    }
    for (int x = 0; x < span->pixels; x += VEC)
        store_labels (&job->args->winner, y, span->x + x, label[x / VEC], span->pixels - x);
}

static void
rank_cell (const ClassArgmaxJob *job, const CpuRowPair *pair, const CpuSpan *span, int y0, int y1,
    ClassArgmaxScratch *s)
{
    int n;

    bound_classes (job, pair, span, s);
    n = list_classes (job, s);
    if (n == 1) {
        fill_labels (&job->args->winner, y0, y1, span->x, span->pixels, s->list[0].channel);
        return;
    }
    for (int y = y0; y < y1; y++) {
        span_probabilities (job, pair, span,
            m2f_bilinear (y, job->cells.in_height, job->cells.height).w1, s);
        rank_mixed (job, span, y, n, s);
    }
}

/* ---- the op --------------------------------------------------------------------------------- */

/* An item is a group of output rows that read one pair of source rows. */
static void
class_argmax_items (void *arg, int begin, int end, int thread)
{
    const ClassArgmaxJob *job = arg;
    const CpuCells *cells = &job->cells;
    const M2fTensor *logits = &job->args->logits;
    ClassArgmaxScratch s = class_argmax_scratch (job);

    if (s.list == NULL)
        return;
    for (int item = begin; item < end; item++) {
        int y0 = cells->row[item], y1 = cells->row[item + 1];
        M2fBilinear v = m2f_bilinear (y0, cells->in_height, cells->height);

        if (job->args->mid_height > 0) {
            CpuRowPair pair = { { mid_sums (job, &s, v.i0), mid_sums (job, &s, v.i1) }, job->ldc };

            for (int i = 0; i < cells->spans; i++)
                rank_sums (job, &pair, &cells->span[i], y0, y1, &s);
        } else {
            CpuRowPair pair = {
                { m2f_row_f32 (logits, (int64_t) v.i0 * logits->ne[2]),
                    m2f_row_f32 (logits, (int64_t) v.i1 * logits->ne[2]) },
                logits->stride,
            };

            for (int i = 0; i < cells->spans; i++)
                rank_cell (job, &pair, &cells->span[i], y0, y1, &s);
        }
    }
}

static void
class_argmax (CpuDevice *device, const M2fClassArgmax *args)
{
    const M2fTensor *winner = &args->winner, *logits = &args->logits;
    int height = winner->ne[2], width = winner->ne[3];
    bool through_mid = args->mid_height > 0;
    ClassArgmaxJob job = {
        .args = args,
        .channels = logits->ne[3], .padded = (logits->ne[3] + 15) & ~15,
        .classes = args->mix.ne[2], .ldc = (args->mix.ne[2] + 15) & ~15,
    };
    size_t mix_size = (size_t) job.channels * job.ldc;
    float *mix = cpu_scratch (CPU_SCRATCH_OP,
        sizeof (float) * mix_size + cells_size (height, width));

    if (mix == NULL)
        return;
    job.mix = mix;
    for (int k = 0; k < job.channels; k++)
        for (int c = 0; c < job.ldc; c++)
            *mix++ = c < job.classes ? m2f_row_f32 (&args->mix, c)[k] : 0;
    job.cells = cells_new (mix, through_mid ? args->mid_height : logits->ne[1],
        through_mid ? args->mid_width : logits->ne[2], height, width);
    job.rank = (RankJob) { .cells = &job.cells, .winner = winner };
    cpu_parallel (device->pool, job.cells.groups,
        MAX (1, job.cells.groups / (4 * cpu_pool_threads (device->pool))), class_argmax_items,
        &job);
}

void
ISA (cpu_init_class_argmax) (CpuKernels *kernels)
{
    kernels->class_argmax = class_argmax;
}
