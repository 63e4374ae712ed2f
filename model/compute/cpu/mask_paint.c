/* Masks counted and painted over one another, and how sure each is of itself.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/cells.h"

/* Logits of channels [k, k + VEC) at column x of a row from resize_row(). */
static inline vf32
logits_at (const float *row, int ld, M2fBilinear h, int k)
{
    vf32 left = vf_load (row + (size_t) h.i0 * ld + k);

    return vf_fma (vf_set (h.w1), vf_load (row + (size_t) h.i1 * ld + k) - left, left);
}

static inline vmask
positive (vf32 logit, int channels)
{
    vmask m = vf_lt (vf_zero (), logit);

    return channels >= VEC ? m : vm_and (m, vm_first (channels));
}

/* ---- mask_score ----------------------------------------------------------------------------- */

#define SCORE_BAND 16 /* rows that are summed in single precision, whatever the thread */

/* The sums are of 1 - probability, which is nearly 0 inside a mask.  Rounding errors are carried
 * (Kahan's summation), as a mask that is unsure everywhere has thousands of equal numbers, which
 * are rounded the same way every time. */
typedef struct MaskScoreJob {
    const M2fMaskScore *args;
    int channels, padded;
    float *partial; /* [bands][3][padded]: 1 - sigmoid; its rounding error; pixels */
} MaskScoreJob;

/* Adds a number to a sum that is too large by `excess`. */
static inline void
add_exactly (float *sum, float *excess, vf32 number)
{
    vf32 before = vf_load (sum), wanted = number - vf_load (excess), after = before + wanted;

    vf_store (excess, (after - before) - wanted);
    vf_store (sum, after);
}

/* An item is a band of rows. */
static void
mask_score_items (void *arg, int begin, int end, int thread)
{
    const MaskScoreJob *job = arg;
    const M2fMaskScore *a = job->args;
    int n = job->padded;
    float *row = cpu_scratch (CPU_SCRATCH_THREAD, sizeof *row * a->logits.ne[2] * n);

    if (row == NULL)
        return;
    for (int band = begin; band < end; band++) {
        float *doubt = job->partial + (size_t) band * 3 * n, *excess = doubt + n;
        float *pixels = excess + n;

        memset (doubt, 0, sizeof *doubt * 3 * n);
        for (int y = band * SCORE_BAND; y < MIN (a->height, (band + 1) * SCORE_BAND); y++) {
            resize_row (&a->logits, y, a->height, row, n);
            for (int x = 0; x < a->width; x++) {
                M2fBilinear h = m2f_bilinear (x, a->logits.ne[2], a->width);

                for (int k = 0; k < job->channels; k += VEC) {
                    vf32 logit = logits_at (row, n, h, k);
                    vmask inside = positive (logit, job->channels - k);

                    if (vm_bits (inside) == 0)
                        continue;
                    add_exactly (doubt + k, excess + k,
                        vf_blend (inside, vf_zero (), vf_sigmoid (-logit)));
                    vf_store (pixels + k, vf_load (pixels + k)
                        + vf_blend (inside, vf_zero (), vf_set (1)));
                }
            }
        }
    }
}

static void
mask_score (CpuDevice *device, const M2fMaskScore *args)
{
    int bands = (args->height + SCORE_BAND - 1) / SCORE_BAND;
    MaskScoreJob job = {
        .args = args,
        .channels = args->logits.ne[3], .padded = (args->logits.ne[3] + 15) & ~15,
    };

    job.partial = cpu_scratch (CPU_SCRATCH_OP,
        sizeof *job.partial * 3 * (size_t) bands * job.padded);
    if (job.partial == NULL)
        return;
    cpu_parallel (device->pool, bands, 1, mask_score_items, &job);
    for (int k = 0; k < job.channels; k++) {
        double doubt = 0, pixels = 0;

        for (int band = 0; band < bands; band++) {
            const float *partial = job.partial + (size_t) band * 3 * job.padded + k;

            doubt += (double) partial[0] - (double) partial[job.padded];
            pixels += partial[2 * job.padded];
        }
        m2f_row_f32 (&args->sums, 0)[k] = (float) (pixels - doubt);
        m2f_row_f32 (&args->sums, 1)[k] = (float) pixels;
    }
}

/* ---- mask_paint ----------------------------------------------------------------------------- */

typedef struct MaskPaintJob {
    const M2fMaskPaint *args;
    CpuCells cells;        /* straight to the output */
    int channels, padded;
    int *first_row;     /* through a mid size: output rows of mid row i are [first_row[i],
                         * first_row[i + 1]), and columns likewise */
    int *first_column;
} MaskPaintJob;

static void
add_counts (const MaskPaintJob *job, const int32_t *counts)
{
    int32_t *to = m2f_tensor_host (&job->args->counts);

    for (int k = 0; k < job->channels; k++)
        if (counts[k] != 0)
            __atomic_fetch_add (to + k, counts[k], __ATOMIC_RELAXED);
}

/* A channel that is not settled for a span. */
typedef struct PaintChannel {
    int channel;
    vf32 top, bottom;
} PaintChannel;

static void
paint_cell (const MaskPaintJob *job, const CpuRowPair *pair, const CpuSpan *span, int y0, int y1,
    PaintChannel *list, int32_t *counts)
{
    const CpuCells *cells = &job->cells;
    int n = 0, base = -1, pixels = span->pixels * (y1 - y0);

    for (int k = 0; k < job->channels; k += VEC) {
        vf32 min, max;

        span_bounds (pair, span, k, job->channels - k, &min, &max);

        vf32 margin = rounding_margin (min, max);
        unsigned all = vm_bits (positive (min - margin, job->channels - k));
        unsigned some = vm_bits (vf_le (vf_zero (), max + margin)) & ~all;

        for (unsigned bits = all; bits != 0; bits &= bits - 1)
            counts[base = k + __builtin_ctz (bits)] += pixels;
        for (; some != 0; some &= some - 1) {
            int channel = k + __builtin_ctz (some);

            if (channel >= job->channels)
                break;
            list[n++] = (PaintChannel) {
                channel,
                gather_columns (pair->row[0], pair->ld, span, channel),
                gather_columns (pair->row[1], pair->ld, span, channel),
            };
        }
    }
    if (n == 0) {
        fill_labels (&job->args->winner, y0, y1, span->x, span->pixels, base);
        return;
    }
    for (int y = y0; y < y1; y++) {
        float fraction = m2f_bilinear (y, cells->in_height, cells->height).w1;
        vi32 label[SPAN_VECS];

        for (int v = 0; v < SPAN_VECS; v++)
            label[v] = vi_set (base);
        for (int i = 0; i < n; i++) {
            CpuLine line = line_between (list[i].top, list[i].bottom, fraction);

            for (int x = 0, v = 0; x < span->pixels; x += VEC, v++) {
                vf32 logit = line_pixels (&line, vi_load (cells->index + span->x + x),
                    vf_load (cells->fraction + span->x + x));
                vmask in = positive (logit, span->pixels - x);

                counts[list[i].channel] += __builtin_popcount (vm_bits (in));
                if (list[i].channel > base)
                    label[v] = vi_select (in, label[v], vi_set (list[i].channel));
            }
        }
        for (int x = 0, v = 0; x < span->pixels; x += VEC, v++)
            store_labels (&job->args->winner, y, span->x + x, label[v], span->pixels - x);
    }
}

/* An item is a group of output rows that read one pair of source rows. */
static void
paint_items (void *arg, int begin, int end, int thread)
{
    const MaskPaintJob *job = arg;
    const CpuCells *cells = &job->cells;
    const M2fTensor *logits = &job->args->logits;
    PaintChannel *list = cpu_scratch (CPU_SCRATCH_THREAD,
        (sizeof *list + sizeof (int32_t)) * job->padded);
    int32_t *counts;

    if (list == NULL)
        return;
    counts = (int32_t *) (list + job->padded);
    memset (counts, 0, sizeof *counts * job->padded);
    for (int item = begin; item < end; item++) {
        M2fBilinear v = m2f_bilinear (cells->row[item], cells->in_height, cells->height);
        CpuRowPair pair = {
            { m2f_row_f32 (logits, (int64_t) v.i0 * logits->ne[2]),
                m2f_row_f32 (logits, (int64_t) v.i1 * logits->ne[2]) },
            logits->stride,
        };

        for (int i = 0; i < cells->spans; i++)
            paint_cell (job, &pair, &cells->span[i], cells->row[item], cells->row[item + 1],
                list, counts);
    }
    add_counts (job, counts);
}

/* The owner of mid column x, whose pixels each mask that has it gets `copies` of. */
static int
paint_pixel (const MaskPaintJob *job, const float *row, int x, int copies, int32_t *counts)
{
    const M2fMaskPaint *a = job->args;
    M2fBilinear h = m2f_bilinear (x, a->logits.ne[2], a->mid_width);
    int owner = -1;

    for (int k = 0; k < job->channels; k += VEC) {
        vmask in = positive (logits_at (row, job->padded, h, k), job->channels - k);
        unsigned bits = vm_bits (in);

        if (bits == 0)
            continue;
        owner = k + 31 - __builtin_clz (bits);
        vi_store (counts + k, vi_load (counts + k) + vi_select (in, vi_set (0), vi_set (copies)));
    }
    return owner;
}

/* An item is a mid row. */
static void
paint_mid_items (void *arg, int begin, int end, int thread)
{
    const MaskPaintJob *job = arg;
    const M2fMaskPaint *a = job->args;
    const int *column = job->first_column;
    size_t row_size = (size_t) a->logits.ne[2] * job->padded;
    float *row = cpu_scratch (CPU_SCRATCH_THREAD, sizeof *row * (row_size + job->padded));
    int32_t *counts;

    if (row == NULL)
        return;
    counts = (int32_t *) (row + row_size);
    memset (counts, 0, sizeof *counts * job->padded);
    for (int y = begin; y < end; y++) {
        int y0 = job->first_row[y], y1 = job->first_row[y + 1];

        if (y0 == y1)
            continue;
        resize_row (&a->logits, y, a->mid_height, row, job->padded);
        for (int x = 0; x < a->mid_width; x++) {
            int x0 = column[x], n = column[x + 1] - x0;

            if (n > 0)
                fill_labels (&a->winner, y0, y1, x0, n,
                    paint_pixel (job, row, x, n * (y1 - y0), counts));
        }
    }
    add_counts (job, counts);
}

/* first[i] = the first of `out` samples that takes sample i or a later one of `in`. */
static void
find_firsts (int *first, int in, int out)
{
    int i = 0;

    for (int at = 0; at < out; at++)
        while (i <= m2f_nearest (at, in, out))
            first[i++] = at;
    while (i <= in)
        first[i++] = out;
}

static void
mask_paint (CpuDevice *device, const M2fMaskPaint *args)
{
    const M2fTensor *winner = &args->winner, *logits = &args->logits;
    int height = winner->ne[2], width = winner->ne[3], chunks;
    MaskPaintJob job = {
        .args = args,
        .channels = logits->ne[3], .padded = (logits->ne[3] + 15) & ~15,
    };

    memset (m2f_tensor_host (&args->counts), 0, sizeof (int32_t) * job.channels);
    chunks = 4 * cpu_pool_threads (device->pool);
    if (args->mid_height == 0) {
        void *memory = cpu_scratch (CPU_SCRATCH_OP, cells_size (height, width));

        if (memory == NULL)
            return;
        job.cells = cells_new (memory, logits->ne[1], logits->ne[2], height, width);
        cpu_parallel (device->pool, job.cells.groups, MAX (1, job.cells.groups / chunks),
            paint_items, &job);
    } else {
        job.first_row = cpu_scratch (CPU_SCRATCH_OP,
            sizeof (int) * (args->mid_height + args->mid_width + 2));
        if (job.first_row == NULL)
            return;
        job.first_column = job.first_row + args->mid_height + 1;
        find_firsts (job.first_row, args->mid_height, height);
        find_firsts (job.first_column, args->mid_width, width);
        cpu_parallel (device->pool, args->mid_height, MAX (1, args->mid_height / chunks),
            paint_mid_items, &job);
    }
}

void
ISA (cpu_init_mask_paint) (CpuKernels *kernels)
{
    kernels->mask_score = mask_score;
    kernels->mask_paint = mask_paint;
}
