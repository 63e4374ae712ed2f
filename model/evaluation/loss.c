/* The training loss of a prediction (transformers' Mask2FormerLoss).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/evaluation/loss.h"

#include <math.h>

#include "model/error.h"
#include "model/tracking/assignment.h"

#define LARGEST_COST 1e10

/* A query of a picture and the target that it is to predict. */
typedef struct Match {
    int picture, query, target;
} Match;

static double
sigmoid (double x)
{
    return 1 / (1 + exp (-x));
}

/* log (1 + exp (x)): the cross entropy of a logit x whose pixel should be 0. */
static double
softplus (double x)
{
    return MAX (x, 0) + log1p (exp (-fabs (x)));
}

static const float *
class_logits (const M2fPrediction *p, int picture, int query)
{
    return p->classes + ((size_t) picture * p->queries + query) * (p->labels + 1);
}

static M2fLossMap
mask_logits (const M2fPrediction *p, int picture, int query)
{
    const size_t pixels = (size_t) p->height * p->width;

    return (M2fLossMap) {
        p->masks + ((size_t) picture * p->queries + query) * pixels, p->height, p->width
    };
}

static M2fLossMap
target_mask (const M2fLossTarget *t, int index)
{
    const size_t pixels = (size_t) t->height * t->width;

    return (M2fLossMap) { t->masks + (size_t) index * pixels, t->height, t->width };
}

/* The logarithm of the probability of a class. */
static double
log_probability (const float *logits, int n, int class)
{
    double most = logits[0], sum = 0;

    for (int i = 1; i < n; i++)
        most = MAX (most, logits[i]);
    for (int i = 0; i < n; i++)
        sum += exp (logits[i] - most);
    return logits[class] - most - log (sum);
}

/* ---- one mask beside another ---------------------------------------------------------------- */

typedef struct MaskLoss {
    double cross_entropy, dice;
} MaskLoss;

/* The losses of n points of a mask, `logits` beside what they should be. */
static MaskLoss
compare_points (const float *logits, const float *wanted, int n)
{
    double entropy = 0, both = 0, found = 0, should = 0;

    for (int i = 0; i < n; i++) {
        const double x = logits[i], y = wanted[i], probability = sigmoid (x);

        entropy += softplus (-x) * y + softplus (x) * (1 - y);
        both += probability * y;
        found += probability;
        should += y;
    }
    return (MaskLoss) { entropy / n, 1 - (2 * both + 1) / (found + should + 1) };
}

static void
sample_map (const M2fLossMap *map, const float *points, int n, float *values)
{
    for (int i = 0; i < n; i++)
        values[i] = (float) m2f_sample_point (map, points + 2 * i);
}

static int
count_points (const M2fLossRules *rules, const M2fLossTarget *target)
{
    return rules->dense ? target->height * target->width : rules->points.n;
}

/* ---- matching (transformers: Mask2FormerHungarianMatcher) ----------------------------------- */

/* What it costs query `q` to stand for target `t`. */
static double
match_cost (const M2fLossRules *rules, const M2fPrediction *p, int picture, int q, int class,
    const MaskLoss *masks)
{
    const double probability
        = exp (log_probability (class_logits (p, picture, q), p->labels + 1, class));
    const double cost = rules->mask_weight * masks->cross_entropy
        - rules->class_weight * probability + rules->dice_weight * masks->dice;

    return isnan (cost) ? 0 : CLAMP (cost, -LARGEST_COST, LARGEST_COST);
}

/* Adds the matches of a picture, by query, at the least sum of costs. */
static void
assign (const double *costs, int picture, int queries, int n_targets, GArray *matches)
{
    const size_t n = (size_t) queries * n_targets;
    g_autofree double *values = g_new (double, n);
    g_autofree int *target_of = g_new (int, queries);
    double most = costs[0];

    for (size_t i = 1; i < n; i++)
        most = MAX (most, costs[i]);
    for (size_t i = 0; i < n; i++)
        values[i] = most - costs[i] + 1; /* every pair is worth something */
    m2f_assign (values, queries, n_targets, target_of);
    for (int q = 0; q < queries; q++)
        if (target_of[q] >= 0)
            g_array_append_vals (matches, &(Match) { picture, q, target_of[q] }, 1);
}

/* Adds the matches of a picture; false if the random numbers or memory have run out. */
static bool
match_picture (const M2fLossRules *rules, const M2fPrediction *p, int picture,
    const M2fLossTarget *target, M2fRandomStream *stream, GArray *matches, GError **error)
{
    const int n = count_points (rules, target);
    const size_t n_wanted = (size_t) n * MAX (target->n, 1);
    g_autofree float *points = g_try_new (float, 2 * (size_t) n);
    g_autofree float *logits = g_try_new (float, n);
    g_autofree float *wanted = g_try_new (float, n_wanted);
    g_autofree double *costs = g_try_new (double, (size_t) p->queries * MAX (target->n, 1));

    if (!points || !logits || !wanted || !costs)
        return m2f_no_memory (error, n_wanted * sizeof (float), "points of masks");
    if (rules->dense)
        m2f_dense_points (target->height, target->width, points);
    else if (!m2f_random_draw (stream, points, 2 * (size_t) n, error))
        return false;
    for (int t = 0; t < target->n; t++) {
        const M2fLossMap mask = target_mask (target, t);
        sample_map (&mask, points, n, wanted + (size_t) t * n);
    }
    for (int q = 0; q < p->queries && target->n > 0; q++) {
        const M2fLossMap mask = mask_logits (p, picture, q);

        sample_map (&mask, points, n, logits);
        for (int t = 0; t < target->n; t++) {
            const MaskLoss masks = compare_points (logits, wanted + (size_t) t * n, n);
            costs[q * target->n + t]
                = match_cost (rules, p, picture, q, target->class_labels[t], &masks);
        }
    }
    if (target->n > 0)
        assign (costs, picture, p->queries, target->n, matches);
    return true;
}

/* ---- losses --------------------------------------------------------------------------------- */

/* The weighted mean over all queries: those without a match should say that there is no object. */
static double
loss_labels (const M2fLossRules *rules, const M2fPrediction *p, const M2fLossTarget *targets,
    const GArray *matches)
{
    const int n = p->batch * p->queries;
    g_autofree int *wanted = g_new (int, n);
    double sum = 0, weights = 0;

    for (int i = 0; i < n; i++)
        wanted[i] = p->labels;
    for (guint i = 0; i < matches->len; i++) {
        const Match *m = &g_array_index (matches, Match, i);
        wanted[m->picture * p->queries + m->query]
            = targets[m->picture].class_labels[m->target];
    }
    for (int i = 0; i < n; i++) {
        const double weight = wanted[i] == p->labels ? rules->no_object_weight : 1;
        const float *logits = p->classes + (size_t) i * (p->labels + 1);

        sum -= weight * log_probability (logits, p->labels + 1, wanted[i]);
        weights += weight;
    }
    return sum / weights;
}

/* Sums over the matches; false if the random numbers or memory have run out. */
static bool
loss_masks (const M2fLossRules *rules, const M2fPrediction *p, const M2fLossTarget *targets,
    const GArray *matches, M2fRandomStream *stream, MaskLoss *sum, GError **error)
{
    const int n = count_points (rules, &targets[0]);
    const size_t sets = rules->dense ? 1 : matches->len;
    g_autofree M2fLossMap *maps = g_new (M2fLossMap, MAX (matches->len, 1));
    const size_t size = (2 * sets * (size_t) n + 1) * sizeof (float);
    g_autofree float *points = g_try_malloc (size);
    g_autofree float *logits = g_try_new (float, n);
    g_autofree float *wanted = g_try_new (float, n);

    if (!points || !logits || !wanted)
        return m2f_no_memory (error, size, "points of masks");
    for (guint i = 0; i < matches->len; i++) {
        const Match *m = &g_array_index (matches, Match, i);
        maps[i] = mask_logits (p, m->picture, m->query);
    }
    if (rules->dense)
        m2f_dense_points (targets[0].height, targets[0].width, points);
    else if (!m2f_uncertain_points (&rules->points, maps, (int) matches->len, stream, points,
                 error))
        return false;
    for (guint i = 0; i < matches->len; i++) {
        const Match *m = &g_array_index (matches, Match, i);
        const M2fLossMap mask = target_mask (&targets[m->picture], m->target);
        const float *at = points + (rules->dense ? 0 : 2 * (size_t) n * i);

        sample_map (&maps[i], at, n, logits);
        sample_map (&mask, at, n, wanted);
        const MaskLoss loss = compare_points (logits, wanted, n);
        sum->cross_entropy += loss.cross_entropy;
        sum->dice += loss.dice;
    }
    return true;
}

bool
m2f_loss_compute (const M2fLossRules *rules, const M2fPrediction *p, const M2fLossTarget *targets,
    M2fRandomStream *stream, M2fLossTerms *terms, GError **error)
{
    g_autoptr (GArray) matches = g_array_new (FALSE, FALSE, sizeof (Match));
    MaskLoss masks = { 0 };
    int n_masks = 0;

    for (int i = 0; i < p->batch; i++) {
        if (!match_picture (rules, p, i, &targets[i], stream, matches, error))
            return false;
        n_masks += targets[i].n;
    }
    if (!loss_masks (rules, p, targets, matches, stream, &masks, error))
        return false;
    *terms = (M2fLossTerms) {
        .cross_entropy = rules->class_weight * loss_labels (rules, p, targets, matches),
        .mask = rules->mask_weight * masks.cross_entropy / MAX (n_masks, 1),
        .dice = rules->dice_weight * masks.dice / MAX (n_masks, 1),
    };
    return true;
}
