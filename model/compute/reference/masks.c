/* Mask logits to label maps and their statistics.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/bilinear.h"
#include "model/compute/reference/reference.h"

#include <math.h>
#include <string.h>

static double
sigmoid (double x)
{
    return 1 / (1 + exp (-x));
}

static void
set_winner (const M2fTensor *winner, int y, int x, int channel)
{
    gsize i = (gsize) y * winner->stride + x;

    if (winner->type == M2F_U16)
        ((guint16 *) m2f_tensor_host (winner))[i] = (guint16) channel;
    else
        ((guint8 *) m2f_tensor_host (winner))[i] = (guint8) channel;
}

static gint32 *
counts_row (const M2fTensor *counts, int row)
{
    return (gint32 *) m2f_tensor_host (counts) + (gsize) row * counts->stride;
}

static void
clear_counts (const M2fTensor *counts)
{
    for (int i = 0; i < counts->ne[2]; i++)
        memset (counts_row (counts, i), 0, sizeof (gint32) * (gsize) counts->ne[3]);
}

/* Four corners' values, weighted. */
static double
blend (M2fBilinear v, M2fBilinear h, double p00, double p01, double p10, double p11)
{
    return v.w0 * (h.w0 * p00 + h.w1 * p01) + v.w1 * (h.w0 * p10 + h.w1 * p11);
}

/* Probability of channel `k` at a pixel of a height x width map, by way of mid_height x mid_width
 * if those are set. */
static double
probability (const M2fTensor *logits, int k, int y, int x, int height, int width, int mid_height,
    int mid_width)
{
    if (mid_height == 0)
        return sigmoid (m2f_reference_interpolate (logits, 0, k, y, x, height, width));

    M2fBilinear v = m2f_bilinear (y, mid_height, height);
    M2fBilinear h = m2f_bilinear (x, mid_width, width);
    double p[4];

    for (int i = 0; i < 4; i++)
        p[i] = sigmoid (m2f_reference_interpolate (logits, 0, k, i < 2 ? v.i0 : v.i1,
            i % 2 == 0 ? h.i0 : h.i1, mid_height, mid_width));
    return blend (v, h, p[0], p[1], p[2], p[3]);
}

/* The largest of a query's logits, the first among equals, and its probability. */
static int
best_class (const M2fTensor *logits, int query, double *probability)
{
    const float *row = m2f_row_f32 (logits, query);
    double sum = 0;
    int best = 0;

    for (int i = 1; i < logits->ne[3]; i++)
        best = row[i] > row[best] ? i : best;
    for (int i = 0; i < logits->ne[3]; i++)
        sum += exp ((double) row[i] - row[best]);
    *probability = 1 / sum;
    return best;
}

/* transformers: remove_low_and_no_objects; the paper's code: maskformer_model.py,
 * panoptic_inference. */
void
m2f_reference_keep_queries (M2fPlan *plan, const M2fKeepQueries *args)
{
    const int queries = args->logits.ne[2], no_object = args->logits.ne[3] - 1;
    gint32 *query = counts_row (&args->kept, 0), *label = counts_row (&args->kept, 1);
    const double threshold = m2f_row_f32 (&args->threshold, 0)[0];
    float *score = m2f_row_f32 (&args->score, 0);
    int n = 0;

    for (int i = 0; i < queries; i++) {
        double p;
        const int best = best_class (&args->logits, i, &p);

        if (best == no_object || !(p > threshold))
            continue;
        query[n] = i;
        label[n] = best;
        score[n++] = (float) p;
    }
    for (int i = n; i < queries; i++) {
        query[i] = 0;
        label[i] = -1;
        score[i] = i > 0 ? -1 : 0;
    }
}

/* transformers: post_process_semantic_segmentation; the paper's code: maskformer_model.py,
 * semantic_inference. */
void
m2f_reference_class_scores (M2fPlan *plan, const M2fClassScores *args)
{
    const int classes = args->dst.ne[2];

    for (int q = 0; q < args->dst.ne[3]; q++) {
        const float *row = m2f_row_f32 (&args->logits, q);
        double p;
        const int best = best_class (&args->logits, q, &p);

        for (int c = 0; c < classes; c++)
            m2f_row_f32 (&args->dst, c)[q] = (float) (exp ((double) row[c] - row[best]) * p);
    }
}

/* transformers: post_process_panoptic_segmentation and
 * compute_segments; the paper's code: maskformer_model.py, panoptic_inference. */
void
m2f_reference_mask_argmax (M2fPlan *plan, const M2fMaskArgmax *args)
{
    const M2fTensor *winner = &args->winner;
    const float *score = m2f_row_f32 (&args->score, 0);
    const float threshold = *m2f_row_f32 (&args->threshold, 0);
    int K = args->logits.ne[3];

    clear_counts (&args->counts);
    for (int y = 0; y < winner->ne[2]; y++) {
        for (int x = 0; x < winner->ne[3]; x++) {
            double best = -1;
            int best_channel = 0;
            bool best_claims = false;

            for (int k = 0; k < K && (k == 0 || !(score[k] < 0)); k++) {
                double p = probability (&args->logits, k, y, x, winner->ne[2], winner->ne[3],
                    args->mid_height, args->mid_width);
                bool claims = (args->weighted ? score[k] * p : p) >= threshold;

                counts_row (&args->counts, M2F_COUNT_CLAIMED)[k] += claims;
                if (score[k] * p > best) {
                    best = score[k] * p;
                    best_channel = k;
                    best_claims = claims;
                }
            }
            counts_row (&args->counts, M2F_COUNT_WON)[best_channel]++;
            counts_row (&args->counts, M2F_COUNT_HELD)[best_channel] += best_claims;
            set_winner (winner, y, x, args->void_below && !best_claims ? -1 : best_channel);
        }
    }
}

/* Sums over channels of mix x probability at a height x width map: sums[(y * width + x) * classes
 * + class]. */
static double *
class_sums (M2fPlan *plan, const M2fClassArgmax *args, int height, int width)
{
    int classes = args->mix.ne[2], K = args->mix.ne[3];
    double *sums = ref_alloc (plan, (gsize) height * width * classes, sizeof *sums);

    for (int y = 0; sums && y < height; y++) {
        for (int x = 0; x < width; x++) {
            double *at = sums + ((gsize) y * width + x) * classes;

            for (int k = 0; k < K; k++) {
                double p = probability (&args->logits, k, y, x, height, width, 0, 0);

                for (int c = 0; c < classes; c++)
                    at[c] += m2f_row_f32 (&args->mix, c)[k] * p;
            }
        }
    }
    return sums;
}

/* transformers: post_process_semantic_segmentation; the paper's: semantic_inference. */
void
m2f_reference_class_argmax (M2fPlan *plan, const M2fClassArgmax *args)
{
    const M2fTensor *winner = &args->winner;
    int classes = args->mix.ne[2];
    int height = args->mid_height ? args->mid_height : winner->ne[2];
    int width = args->mid_width ? args->mid_width : winner->ne[3];
    g_autofree double *sums = class_sums (plan, args, height, width);

    for (int y = 0; sums && y < winner->ne[2]; y++) {
        for (int x = 0; x < winner->ne[3]; x++) {
            /* The identity when there is no size in between. */
            M2fBilinear v = m2f_bilinear (y, height, winner->ne[2]);
            M2fBilinear h = m2f_bilinear (x, width, winner->ne[3]);
            const double *p00 = sums + ((gsize) v.i0 * width + h.i0) * classes;
            const double *p01 = sums + ((gsize) v.i0 * width + h.i1) * classes;
            const double *p10 = sums + ((gsize) v.i1 * width + h.i0) * classes;
            const double *p11 = sums + ((gsize) v.i1 * width + h.i1) * classes;
            double best = -INFINITY;
            int best_class = 0;

            for (int c = 0; c < classes; c++) {
                double sum = blend (v, h, p00[c], p01[c], p10[c], p11[c]);

                if (sum > best) {
                    best = sum;
                    best_class = c;
                }
            }
            set_winner (winner, y, x, best_class);
        }
    }
}

/* transformers: post_process_instance_segmentation's mask_scores_per_image. */
void
m2f_reference_mask_score (M2fPlan *plan, const M2fMaskScore *args)
{
    for (int k = 0; k < args->logits.ne[3]; k++) {
        double sum = 0, pixels = 0;

        for (int y = 0; y < args->height; y++) {
            for (int x = 0; x < args->width; x++) {
                double logit = m2f_reference_interpolate (&args->logits, 0, k, y, x, args->height,
                    args->width);

                if (logit > 0) {
                    sum += sigmoid (logit);
                    pixels++;
                }
            }
        }
        m2f_row_f32 (&args->sums, 0)[k] = (float) sum;
        m2f_row_f32 (&args->sums, 1)[k] = (float) pixels;
    }
}

/* transformers: post_process_instance_segmentation, from pred_masks to the painted map. */
void
m2f_reference_mask_paint (M2fPlan *plan, const M2fMaskPaint *args)
{
    const M2fTensor *winner = &args->winner;
    int height = args->mid_height ? args->mid_height : winner->ne[2];
    int width = args->mid_width ? args->mid_width : winner->ne[3];

    clear_counts (&args->counts);
    for (int y = 0; y < winner->ne[2]; y++) {
        for (int x = 0; x < winner->ne[3]; x++) {
            int my = m2f_nearest (y, height, winner->ne[2]);
            int mx = m2f_nearest (x, width, winner->ne[3]);
            int owner = -1;

            for (int k = 0; k < args->logits.ne[3]; k++) {
                if (m2f_reference_interpolate (&args->logits, 0, k, my, mx, height, width) > 0) {
                    counts_row (&args->counts, 0)[k]++;
                    owner = k;
                }
            }
            set_winner (winner, y, x, owner);
        }
    }
}
