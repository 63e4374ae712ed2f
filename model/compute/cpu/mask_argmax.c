/* The mask with the largest score x probability at every pixel, and how many pixels each has.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/rank.h"

/* Bounds are widened by this factor, which covers sigmoid's rounding and the products'. */
#define SLACK 4e-6f

#define HUGE_SCALE 1e30f /* 1 / score at most: finite, so that 0 times it is 0 */

typedef struct MaskArgmaxJob {
    const M2fMaskArgmax *args;
    CpuCells cells;
    RankJob rank;
    int channels, padded;    /* padded: to whole vectors */
    bool through_mid;        /* values are probabilities at the mid size, not logits */
    /* One element per channel, [padded]. */
    const float *score, *scale, *pass_scale, *pass;
} MaskArgmaxJob;

/* Scratch of a thread. */
typedef struct MaskArgmaxScratch {
    RankChannel *list;
    float *mid_row[2]; /* [mid_width][padded]: probabilities of rows with even and odd numbers */
    int have[2];       /* which */
    float *resized;    /* [w][padded]: logits, for making a mid row */
    float *lower;      /* [padded]: least and largest compared value in the span */
    float *upper;
    float *min, *max;  /* [padded]: of the values */
    float *bound;      /* [padded][SPAN]: see RankCounts */
    int32_t *counts;   /* [M2F_N_COUNTS][padded] */
} MaskArgmaxScratch;

static MaskArgmaxScratch
mask_argmax_scratch (const MaskArgmaxJob *job)
{
    size_t n = job->padded, mid = job->through_mid ? job->args->mid_width : 0;
    size_t resized = job->through_mid ? job->args->logits.ne[2] : 0;
    MaskArgmaxScratch s = { .have = { -1, -1 } };

    s.list = cpu_scratch (CPU_SCRATCH_THREAD,
        n * sizeof *s.list + n * (2 * mid + resized + 4 + SPAN + M2F_N_COUNTS) * sizeof (float));
    if (s.list == NULL)
        return s;
    s.mid_row[0] = (float *) (s.list + n);
    s.mid_row[1] = s.mid_row[0] + n * mid;
    s.resized = s.mid_row[1] + n * mid;
    s.lower = s.resized + n * resized;
    s.upper = s.lower + n;
    s.min = s.upper + n;
    s.max = s.min + n;
    s.bound = s.max + n;
    s.counts = (int32_t *) (s.bound + n * SPAN);
    memset (s.counts, 0, sizeof *s.counts * M2F_N_COUNTS * n);
    return s;
}

/* Row `y` of the probabilities at the mid size. */
static const float *
mid_row (const MaskArgmaxJob *job, MaskArgmaxScratch *s, int y)
{
    const M2fMaskArgmax *a = job->args;
    int width = a->mid_width, n = job->padded;
    float *dst = s->mid_row[y & 1];

    if (s->have[y & 1] == y)
        return dst;
    s->have[y & 1] = y;
    resize_row (&a->logits, y, a->mid_height, s->resized, n);
    for (int x = 0; x < width; x++) {
        M2fBilinear h = m2f_bilinear (x, a->logits.ne[2], width);
        const float *left = s->resized + (size_t) h.i0 * n, *right = s->resized + (size_t) h.i1 * n;

        for (int k = 0; k < n; k += VEC) {
            vf32 l = vf_load (left + k);
            vf32 logit = vf_fma (vf_set (h.w1), vf_load (right + k) - l, l);

            vf_store (dst + (size_t) x * n + k, vf_sigmoid (logit));
        }
    }
    return dst;
}

static CpuRowPair
source_rows (const MaskArgmaxJob *job, MaskArgmaxScratch *s, int y)
{
    const M2fTensor *logits = &job->args->logits;
    M2fBilinear v = m2f_bilinear (y, job->cells.in_height, job->cells.height);

    if (job->through_mid)
        return (CpuRowPair) { { mid_row (job, s, v.i0), mid_row (job, s, v.i1) }, job->padded };
    return (CpuRowPair) {
        { m2f_row_f32 (logits, (int64_t) v.i0 * logits->ne[2]),
            m2f_row_f32 (logits, (int64_t) v.i1 * logits->ne[2]) },
        logits->stride,
    };
}

/* Bounds of every channel in the span; returns the largest lower bound of what is compared. */
static float
find_bounds (const MaskArgmaxJob *job, const CpuRowPair *pair, const CpuSpan *span,
    MaskArgmaxScratch *s)
{
    vf32 best = vf_set (-INFINITY);

    for (int k = 0; k < job->channels; k += VEC) {
        vf32 min, max, lower, upper, score = vf_load (job->score + k);

        span_bounds (pair, span, k, job->channels - k, &min, &max);

        vf32 margin = rounding_margin (min, max);

        lower = min -= margin;
        upper = max += margin;
        if (!job->through_mid) {
            lower = vf_sigmoid (min);
            upper = vf_sigmoid (max);
        }
        lower *= score * vf_set (1 - SLACK);
        upper *= score * vf_set (1 + SLACK);
        if (job->channels - k < VEC)
            lower = vf_blend (vm_first (job->channels - k), vf_set (-INFINITY), lower);
        best = vf_max (best, lower);
        vf_store (s->min + k, min);
        vf_store (s->max + k, max);
        vf_store (s->lower + k, lower);
        vf_store (s->upper + k, upper);
    }
    return vf_max_lane (best);
}

/* Lists the channels that are not settled for the whole span and counts those that are. */
static int
list_channels (const MaskArgmaxJob *job, const CpuRowPair *pair, const CpuSpan *span, int pixels,
    float best, MaskArgmaxScratch *s, int *ranking)
{
    int n = 0;

    *ranking = 0;
    for (int k = 0; k < job->channels; k++) {
        RankChannel *c = &s->list[n];
        bool ranks = !(s->upper[k] < best);
        /* The product is rounded here as it will be for a pixel, and rounding keeps order. */
        bool claims = s->min[k] * job->pass_scale[k] >= job->pass[k];
        bool below = s->max[k] * job->pass_scale[k] < job->pass[k];

        if (claims)
            s->counts[M2F_COUNT_CLAIMED * job->padded + k] += pixels;
        if (!ranks && (claims || below))
            continue;
        *c = (RankChannel) {
            .channel = k, .ranks = ranks, .crosses = !claims && !below,
            .claims = claims,
            .scale = job->scale[k], .pass_scale = job->pass_scale[k], .pass = job->pass[k],
        };
        *ranking += ranks;
        n++;
    }
    return n;
}

static void
rank_cell (const MaskArgmaxJob *job, const CpuRowPair *pair, const CpuSpan *span, int y0, int y1,
    MaskArgmaxScratch *s)
{
    int pixels = span->pixels * (y1 - y0), ranking;
    float best = find_bounds (job, pair, span, s);
    int n = list_channels (job, pair, span, pixels, best, s, &ranking);

    if (n == 1 && !s->list[0].crosses) {
        int k = s->list[0].channel;
        bool nobody = job->args->void_below && !s->list[0].claims;

        fill_labels (&job->args->winner, y0, y1, span->x, span->pixels, nobody ? -1 : k);
        s->counts[M2F_COUNT_WON * job->padded + k] += pixels;
        s->counts[M2F_COUNT_HELD * job->padded + k] += s->list[0].claims ? pixels : 0;
        return;
    }
    for (int i = 0; i < n; i++) {
        RankChannel *c = &s->list[i];

        c->top = gather_columns (pair->row[0], pair->ld, span, c->channel);
        c->bottom = gather_columns (pair->row[1], pair->ld, span, c->channel);
    }
    /* A winner without a rival is found by any order. */
    rank_span (&job->rank, job->through_mid || ranking == 1 ? RANK_VALUES : RANK_LOGITS, span,
        y0, y1, s->list, n, &(RankCounts) { .won = s->counts + M2F_COUNT_WON * job->padded,
            .claimed = s->counts + M2F_COUNT_CLAIMED * job->padded,
            .held = s->counts + M2F_COUNT_HELD * job->padded, .bound = s->bound });
}

/* An item is a group of output rows that read one pair of source rows. */
static void
mask_argmax_items (void *arg, int begin, int end, int thread)
{
    const MaskArgmaxJob *job = arg;
    const CpuCells *cells = &job->cells;
    const M2fTensor *counts = &job->args->counts;
    MaskArgmaxScratch s = mask_argmax_scratch (job);

    if (s.list == NULL)
        return;
    for (int item = begin; item < end; item++) {
        CpuRowPair pair = source_rows (job, &s, cells->row[item]);

        for (int i = 0; i < cells->spans; i++)
            rank_cell (job, &pair, &cells->span[i], cells->row[item], cells->row[item + 1],
                &s);
    }
    for (int row = 0; row < M2F_N_COUNTS; row++)
        for (int k = 0; k < job->channels; k++)
            __atomic_fetch_add ((int32_t *) m2f_tensor_host (counts)
                + (size_t) row * counts->stride + k, s.counts[row * job->padded + k],
                __ATOMIC_RELAXED);
}

/* The smallest logit whose probability reaches the threshold. */
static float
logit_of (double probability)
{
    if (probability <= 0)
        return -INFINITY;
    return probability >= 1 ? INFINITY : (float) log (probability / (1 - probability));
}

static void
prepare_channels (MaskArgmaxJob *job, float *memory)
{
    const M2fMaskArgmax *a = job->args;
    const float *given = m2f_row_f32 (&a->score, 0);
    const float threshold = *m2f_row_f32 (&a->threshold, 0);
    int n = job->padded;
    float *score = memory, *scale = score + n, *pass_scale = scale + n, *pass = pass_scale + n;

    for (int k = 0; k < n; k++) {
        score[k] = k < job->channels ? given[k] : 0;
        if (job->through_mid) {
            scale[k] = score[k];
            pass_scale[k] = a->weighted ? score[k] : 1;
            pass[k] = threshold;
        } else {
            /* x / 0 with x > 0 is out of reach, and 0 / 0 always reached */
            double wanted = a->weighted && threshold > 0
                ? threshold / (double) score[k] : threshold;

            scale[k] = MIN (1 / score[k], HUGE_SCALE);
            pass_scale[k] = 1;
            pass[k] = logit_of (wanted);
        }
    }
    job->score = score;
    job->scale = scale;
    job->pass_scale = pass_scale;
    job->pass = pass;
}

/* Number of channels before the first that a negative score takes out. */
static int
count_channels (const M2fTensor *score)
{
    int n = 1;

    while (n < score->ne[3] && !(m2f_row_f32 (score, 0)[n] < 0))
        n++;
    return n;
}

static void
mask_argmax (CpuDevice *device, const M2fMaskArgmax *args)
{
    const M2fTensor *winner = &args->winner, *counts = &args->counts, *logits = &args->logits;
    int height = winner->ne[2], width = winner->ne[3], channels = count_channels (&args->score);
    MaskArgmaxJob job = {
        .args = args,
        .channels = channels, .padded = (channels + 15) & ~15,
        .through_mid = args->mid_height > 0,
    };
    float *memory = cpu_scratch (CPU_SCRATCH_OP,
        sizeof (float) * 4 * job.padded + cells_size (height, width));

    if (memory == NULL)
        return;
    job.cells = cells_new (memory + 4 * job.padded,
        job.through_mid ? args->mid_height : logits->ne[1],
        job.through_mid ? args->mid_width : logits->ne[2], height, width);
    job.rank = (RankJob) {
        .cells = &job.cells, .winner = winner, .void_below = args->void_below,
    };
    prepare_channels (&job, memory);
    for (int row = 0; row < M2F_N_COUNTS; row++)
        memset ((int32_t *) m2f_tensor_host (counts) + (size_t) row * counts->stride, 0,
            sizeof (int32_t) * logits->ne[3]);
    cpu_parallel (device->pool, job.cells.groups,
        MAX (1, job.cells.groups / (4 * cpu_pool_threads (device->pool))), mask_argmax_items,
        &job);
}

void
ISA (cpu_init_mask_argmax) (CpuKernels *kernels)
{
    kernels->mask_argmax = mask_argmax;
}
