/* Cases of the ops that turn mask logits into maps: mask_argmax, class_argmax, mask_score,
 * mask_paint.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Their results are decisions, so closeness is no rule.  A decision may differ from the
 * reference's only where float32 cannot make it: every value is recomputed here in double, with
 * the logits a little lower and a little higher, and a pixel's claim stands if its interval
 * reaches the others'.  A count may be off by the pixels that are undecided in this sense.  Cases
 * whose values are exact in float32 (`exact`) get no such leave, equal values included: the first
 * channel wins.
 */
#include "tests/ops/check.h"

#include <math.h>
#include <string.h>

typedef struct Masks {
    int height, width, channels;   /* shape of the logits */
    int mid_height, mid_width;     /* 0 = none */
    int out_height, out_width;
    int classes;                   /* class_argmax only */
    int part;                      /* mask_argmax: channels that take part; 0 = all */
    bool wide;                     /* u16 winners */
    float threshold;
    bool weighted, void_below;
    bool exact;      /* small whole logits, pairs of equal channels, size doubled or kept */
    bool blobs;      /* like masks: most of the map is clearly inside or outside of each */
    float deviation; /* standard deviation of the logits; 0 = 3 */
    int gap;
    bool bench;
} Masks;

/* The limits of what is close; no value here is judged by them. */
static const CheckLimits decided = { { 0, 0 } };

/* ---- values, in double ---------------------------------------------------------------------- */

typedef struct Axis {
    int i0, i1;
    double w1;
} Axis;

static Axis
axis (int i, int in, int out)
{
    double x = fmax ((i + 0.5) * in / out - 0.5, 0);
    Axis a = { .i0 = MIN ((int) x, in - 1) };

    a.i1 = MIN (a.i0 + 1, in - 1);
    a.w1 = x - a.i0;
    return a;
}

static double
blend (double v00, double v01, double v10, double v11, Axis y, Axis x)
{
    return (v00 * (1 - x.w1) + v01 * x.w1) * (1 - y.w1) + (v10 * (1 - x.w1) + v11 * x.w1) * y.w1;
}

/* Logit of channel k at pixel (y, x) of a height x width resize. */
static double
logit (const Masks *p, const float *logits, int k, int y, int x, int height, int width)
{
    Axis ay = axis (y, p->height, height), ax = axis (x, p->width, width);
#define AT(row, column) logits[((int64_t) (row) * p->width + (column)) * p->channels + k]
    return blend (AT (ay.i0, ax.i0), AT (ay.i0, ax.i1), AT (ay.i1, ax.i0), AT (ay.i1, ax.i1), ay,
        ax);
#undef AT
}

static double
sigmoid (double x)
{
    return 1 / (1 + exp (-x));
}

/* Probability of channel k at a pixel of the output, if every logit were `shift` higher. */
static double
probability (const Masks *p, const float *logits, int k, int y, int x, double shift)
{
    int mh = p->mid_height, mw = p->mid_width;

    if (!mh)
        return sigmoid (logit (p, logits, k, y, x, p->out_height, p->out_width) + shift);

    Axis ay = axis (y, mh, p->out_height), ax = axis (x, mw, p->out_width);
#define AT(row, column) sigmoid (logit (p, logits, k, row, column, mh, mw) + shift)
    return blend (AT (ay.i0, ax.i0), AT (ay.i0, ax.i1), AT (ay.i1, ax.i0), AT (ay.i1, ax.i1), ay,
        ax);
#undef AT
}

/* How far float32 may be off: in a logit, by its own rounding and by where in the map it was read;
 * in a probability, by the exponential. */
static double
logit_slack (const Masks *p)
{
    return 2e-5 * (p->blobs ? 12 : p->deviation ? p->deviation : 3);
}

enum { NOBODY = -1 };
static const double value_slack = 2e-6;

/* The values that compete for one pixel, each within [low, high]. */
typedef struct Pixel {
    int count;
    double *low, *high;
    double best; /* the largest low */
} Pixel;

static void
settle (Pixel *pixel)
{
    pixel->best = -INFINITY;
    for (int i = 0; i < pixel->count; i++)
        pixel->best = fmax (pixel->best, pixel->low[i]);
}

static bool
may_win (const Pixel *pixel, int i)
{
    return pixel->high[i] >= pixel->best;
}

static Pixel
new_pixel (CheckRun *run, int count)
{
    return (Pixel) { .count = count, .low = check_alloc (run, count * sizeof (double)),
        .high = check_alloc (run, count * sizeof (double)) };
}

/* ---- making logits -------------------------------------------------------------------------- */

/* A disc per channel, anywhere on the map, with a slope at its edge and all but flat elsewhere. */
static float *
blob_logits (CheckRun *run, const Masks *p)
{
    int64_t size = (int64_t) p->height * p->width * p->channels;
    float *logits = check_normal (run, size, 0, 0.1);
    float *centre = check_uniform (run, 2 * p->channels, 0, 1);
    float *radius = check_uniform (run, p->channels, 0.05, 0.4);

    for (int64_t i = 0; i < size; i++) {
        int k = (int) (i % p->channels);
        double x = (double) (i / p->channels % p->width) / p->width - centre[2 * k];
        double y = (double) (i / p->channels / p->width) / p->height - centre[2 * k + 1];

        logits[i] += (float) CLAMP (100 * (radius[k] - sqrt (x * x + y * y)), -12, 8);
    }
    return logits;
}

static float *
mask_logits (CheckRun *run, const Masks *p)
{
    int64_t pixels = (int64_t) p->height * p->width;
    double deviation = p->deviation ? p->deviation : 3;
    float *logits;

    if (p->blobs)
        return blob_logits (run, p);
    logits = check_normal (run, pixels * p->channels, 0, deviation);
    if (!p->exact)
        return logits;
    for (int64_t i = 0; i < pixels; i++)
        for (int k = 0; k < p->channels; k++) {
            float *l = &logits[i * p->channels + k];
            *l = k % 2 ? l[-1] : (float) ((int) (check_random (run) % 5) - 2);
        }
    return logits;
}

static M2fTensor
winner_operand (CheckRun *run, const Masks *p)
{
    M2fTensor winner;

    run->gap = 0; /* a map is dense */
    winner = check_output (run, "winner", p->wide ? M2F_U16 : M2F_U8, 1, 1, p->out_height,
        p->out_width);
    run->gap = p->gap;
    return winner;
}

static char *
masks_name (const char *op, const Masks *p)
{
    GString *name = g_string_new (op);

    g_string_append_printf (name, "_%dx%dx%d", p->height, p->width, p->channels);
    if (p->mid_height)
        g_string_append_printf (name, "_mid%dx%d", p->mid_height, p->mid_width);
    g_string_append_printf (name, "_to_%dx%d", p->out_height, p->out_width);
    if (p->classes)
        g_string_append_printf (name, "_classes%d", p->classes);
    if (p->threshold != 0)
        g_string_append_printf (name, "_t%g", p->threshold);
    g_string_append_printf (name, "%s%s%s%s%s%s", p->wide ? "_u16" : "",
        p->weighted ? "_weighted" : "", p->void_below ? "_void" : "", p->exact ? "_exact" : "",
        p->blobs ? "_blobs" : "", p->gap ? "_strided" : "");
    if (p->deviation != 0)
        g_string_append_printf (name, "_x%g", p->deviation);
    return g_string_free (name, FALSE);
}

static void
add_masks (CheckList *list, CheckCase check, const Masks *p)
{
    check.name = masks_name (check_op_name (check.op), p);
    check.params = p;
    check.limits = &decided;
    check.bench = p->bench;
    check_add (list, check);
}

/* ---- judging -------------------------------------------------------------------------------- */

static int
winner_at (const Masks *p, const void *winner, int64_t i, bool none_exists)
{
    int value = p->wide ? ((const uint16_t *) winner)[i] : ((const uint8_t *) winner)[i];
    return none_exists && value == (p->wide ? 0xffff : 0xff) ? NOBODY : value;
}

/* Judges a claim that differs from the reference's. */
typedef bool (*ClaimFunc) (const Masks *p, CheckRun *run, Pixel *pixel, int y, int x, int claim);

static void
judge_winners (CheckRun *reference, CheckRun *run, int candidates, bool none_exists,
    ClaimFunc stands, CheckResult *result)
{
    const Masks *p = run->params;
    const void *found = check_elements (run, "winner");
    const void *expected = check_elements (reference, "winner");
    Pixel pixel = new_pixel (run, candidates);
    int64_t different = 0;

    for (int64_t i = 0; i < (int64_t) p->out_height * p->out_width; i++) {
        int a = winner_at (p, found, i, none_exists), b = winner_at (p, expected, i, none_exists);
        int y = (int) (i / p->out_width), x = (int) (i % p->out_width);

        if (a == b)
            continue;
        different++;
        if (p->exact || a >= candidates || !stands (p, run, &pixel, y, x, a)) {
            check_fail (result, "winner of pixel (%d, %d) is %d, expected %d", x, y, a, b);
            return;
        }
    }
    result->worst = (double) different / ((double) p->out_height * p->out_width);
}

/* Counts may be off by `slack`, which is only worked out where one is. */
typedef void (*SlackFunc) (const Masks *p, CheckRun *run, int64_t *slack);

static void
judge_counts (CheckRun *reference, CheckRun *run, int rows, SlackFunc find_slack,
    CheckResult *result)
{
    const Masks *p = run->params;
    const int32_t *found = check_elements (run, "counts");
    const int32_t *expected = check_elements (reference, "counts");
    int count = rows * p->channels;
    int64_t *slack = check_alloc (run, count * sizeof *slack);

    if (!memcmp (found, expected, count * sizeof *found))
        return;
    if (!p->exact)
        find_slack (p, run, slack);
    for (int i = 0; i < count; i++)
        if (llabs ((int64_t) found[i] - expected[i]) > slack[i])
            check_fail (result, "counts[%d][%d] is %d, expected %d, undecided are %d",
                i / p->channels, i % p->channels, found[i], expected[i], (int) slack[i]);
}

/* ---- mask_argmax ---------------------------------------------------------------------------- */

static const Masks mask_argmaxes[] = {
    { 1, 1, 1, .out_height = 1, .out_width = 1 },
    { 1, 1, 3, .out_height = 5, .out_width = 7, .threshold = 0.5f },
    { 3, 5, 2, .out_height = 7, .out_width = 3, .threshold = 0.5f, .void_below = true },
    { 8, 6, 4, .out_height = 16, .out_width = 12, .threshold = 0.4f, .exact = true },
    { 8, 6, 7, .out_height = 8, .out_width = 6, .exact = true, .wide = true },
    { 7, 9, 31, .out_height = 31, .out_width = 33, .threshold = 0.5f, .weighted = true },
    { 7, 9, 31, 12, 12, .out_height = 31, .out_width = 33, .threshold = 0.5f, .weighted = true },
    { 12, 16, 33, .out_height = 65, .out_width = 63, .threshold = 0.3f, .void_below = true,
        .weighted = true, .gap = 3 },
    { 25, 34, 5, 48, 50, .out_height = 33, .out_width = 17, .threshold = 0.5f,
        .void_below = true, .gap = 1 },
    { 9, 9, 255, .out_height = 33, .out_width = 31, .threshold = 0.5f },
    { 9, 9, 256, .out_height = 33, .out_width = 31, .threshold = 0.5f, .wide = true },
    { 9, 9, 300, 17, 19, .out_height = 21, .out_width = 23, .threshold = 0.5f, .wide = true,
        .weighted = true },
    { 16, 16, 20, .out_height = 40, .out_width = 56, .threshold = 0.5f, .void_below = true,
        .deviation = 1e4f },
    { 16, 16, 20, 24, 24, .out_height = 40, .out_width = 56, .threshold = 0.5f,
        .weighted = true, .deviation = 1e4f },
    { 12, 12, 12, .out_height = 3, .out_width = 5, .threshold = 0.8f, .void_below = true },
    { 40, 40, 100, .out_height = 160, .out_width = 200, .threshold = 0.5f, .void_below = true,
        .deviation = 0.3f }, /* many close races */
    { 40, 40, 33, 80, 80, .out_height = 160, .out_width = 200, .threshold = 0.5f,
        .weighted = true, .deviation = 0.3f },
    { 31, 33, 15, .out_height = 129, .out_width = 127, .threshold = 0.5f, .void_below = true,
        .blobs = true },
    { 31, 33, 15, 64, 64, .out_height = 129, .out_width = 127, .threshold = 0.5f,
        .weighted = true, .blobs = true },
    { 31, 33, 20, .out_height = 129, .out_width = 127, .threshold = 0.5f, .void_below = true,
        .blobs = true, .part = 7 },
    { 31, 33, 17, 64, 64, .out_height = 129, .out_width = 127, .threshold = 0.5f,
        .weighted = true, .blobs = true, .part = 1 },
    { 31, 33, 300, .out_height = 129, .out_width = 255, .threshold = 0.5f, .wide = true,
        .blobs = true, .gap = 3 },

    /* 20 kept queries of 384x384, as the paper does it and as transformers does */
    { 96, 96, 20, .out_height = 480, .out_width = 640, .threshold = 0.5f, .void_below = true,
        .blobs = true, .bench = true },
    { 96, 96, 20, 384, 384, .out_height = 480, .out_width = 640, .threshold = 0.5f,
        .weighted = true, .blobs = true, .bench = true },
    { 96, 96, 20, .out_height = 720, .out_width = 1280, .threshold = 0.5f, .void_below = true,
        .blobs = true, .bench = true },
};

static void
build_mask_argmax (CheckRun *run)
{
    const Masks *p = run->params;
    M2fMaskArgmax *a = &run->args.mask_argmax;
    float *logits = mask_logits (run, p);
    float *score = p->exact ? check_constant (run, p->channels, 0.5)
                            : check_uniform (run, p->channels, 0.5, 1);

    for (int k = p->part; p->part && k < p->channels; k++)
        score[k] = -1;
    a->winner = winner_operand (run, p);
    a->counts = check_output (run, "counts", M2F_I32, 1, 1, 3, p->channels);
    a->logits = check_input (run, "logits", 1, p->height, p->width, p->channels, logits);
    a->score = check_input (run, "score", 1, 1, 1, p->channels, score);
    a->mid_height = p->mid_height;
    a->mid_width = p->mid_width;
    a->threshold = check_input (run, "threshold", 1, 1, 1, 1,
        check_constant (run, 1, p->threshold));
    a->weighted = p->weighted;
    a->void_below = p->void_below;
}

static void
weigh_masks (const Masks *p, const float *logits, const float *score, int y, int x, Pixel *pixel)
{
    for (int k = 0; k < p->channels; k++) {
        double slack = logit_slack (p);
        pixel->low[k] = score[k] * (probability (p, logits, k, y, x, -slack) - value_slack);
        pixel->high[k] = score[k] * (probability (p, logits, k, y, x, slack) + value_slack);
    }
    settle (pixel);
}

/* Bounds of the number that is compared with the threshold. */
static void
compared (const Masks *p, const float *score, const Pixel *pixel, int k, double *low,
    double *high)
{
    double unweigh = p->weighted ? 1 : 1 / (double) score[k];

    *low = pixel->low[k] * unweigh;
    *high = pixel->high[k] * unweigh;
}

static bool
mask_claim_stands (const Masks *p, CheckRun *run, Pixel *pixel, int y, int x, int claim)
{
    const float *score = check_elements (run, "score");

    weigh_masks (p, check_elements (run, "logits"), score, y, x, pixel);
    for (int k = 0; k < p->channels; k++) {
        double low, high;

        if (!may_win (pixel, k))
            continue;
        compared (p, score, pixel, k, &low, &high);
        if (claim == NOBODY && p->void_below && low < p->threshold)
            return true;
        if (claim == k && (!p->void_below || high >= p->threshold))
            return true;
    }
    return false;
}

static void
mask_slack (const Masks *p, CheckRun *run, int64_t *slack)
{
    const float *logits = check_elements (run, "logits");
    const float *score = check_elements (run, "score");
    int64_t *won = slack, *above = won + p->channels, *both = above + p->channels;
    Pixel pixel = new_pixel (run, p->channels);

    for (int64_t i = 0; i < (int64_t) p->out_height * p->out_width; i++) {
        int rivals = 0;

        weigh_masks (p, logits, score, (int) (i / p->out_width), (int) (i % p->out_width), &pixel);
        for (int k = 0; k < p->channels; k++)
            rivals += may_win (&pixel, k);
        for (int k = 0; k < p->channels; k++) {
            bool contested = rivals > 1 && may_win (&pixel, k), near;
            double low, high;

            compared (p, score, &pixel, k, &low, &high);
            near = low <= p->threshold && p->threshold <= high;
            won[k] += contested;
            above[k] += near;
            both[k] += contested || near;
        }
    }
}

static void
judge_mask_argmax (CheckRun *reference, CheckRun *run, CheckResult *result)
{
    const Masks *p = run->params;
    const int32_t *counts = check_elements (run, "counts");
    const void *winner = check_elements (run, "winner");
    int32_t *painted = check_alloc (run, p->channels * sizeof *painted);

    judge_winners (reference, run, p->channels, true, mask_claim_stands, result);
    judge_counts (reference, run, 3, mask_slack, result);
    if (!result->ok)
        return;

    /* Whatever was decided, map and counts must tell the same story: a pixel shows its winner,
     * unless it is void, and then it is not among those that were won and above the threshold. */
    for (int64_t i = 0; i < (int64_t) p->out_height * p->out_width; i++) {
        int k = winner_at (p, winner, i, true);
        if (k != NOBODY)
            painted[k]++;
    }
    for (int k = 0; k < p->channels; k++) {
        int row = p->void_below ? 2 : 0;
        if (painted[k] != counts[row * p->channels + k])
            check_fail (result, "counts[%d][%d] is %d, the map shows %d", row, k,
                counts[row * p->channels + k], painted[k]);
    }
}

void
check_cases_mask_argmax (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (mask_argmaxes); i++)
        add_masks (list, (CheckCase) { .op = CHECK_OP_mask_argmax, .build = build_mask_argmax,
            .rule = judge_mask_argmax }, &mask_argmaxes[i]);
}

/* ---- class_argmax --------------------------------------------------------------------------- */

static const Masks class_argmaxes[] = {
    { 1, 1, 1, .out_height = 1, .out_width = 1, .classes = 1 },
    { 3, 5, 7, .out_height = 7, .out_width = 9, .classes = 3 },
    { 8, 6, 4, .out_height = 8, .out_width = 6, .classes = 6, .exact = true },
    { 7, 9, 31, 12, 12, .out_height = 31, .out_width = 33, .classes = 19 },
    { 13, 11, 100, .out_height = 33, .out_width = 31, .classes = 133, .gap = 3 },
    { 9, 9, 33, .out_height = 17, .out_width = 15, .classes = 256 },
    { 9, 9, 33, 18, 20, .out_height = 17, .out_width = 15, .classes = 257, .wide = true },
    { 16, 16, 10, .out_height = 40, .out_width = 56, .classes = 5, .deviation = 1e4f },
    { 40, 40, 10, .out_height = 160, .out_width = 200, .classes = 99, .deviation = 0.3f },
    { 31, 33, 15, .out_height = 129, .out_width = 127, .classes = 9, .blobs = true },
    { 31, 33, 15, 64, 64, .out_height = 129, .out_width = 127, .classes = 9, .blobs = true },

    { 96, 96, 100, 384, 384, .out_height = 480, .out_width = 640, .classes = 19,
        .blobs = true, .bench = true },
};

static void
build_class_argmax (CheckRun *run)
{
    const Masks *p = run->params;
    M2fClassArgmax *a = &run->args.class_argmax;
    int64_t size = (int64_t) p->classes * p->channels;
    float *logits = mask_logits (run, p), *mix = check_uniform (run, size, 0, 1);

    if (p->exact) { /* two classes each of the same channel's probability alone */
        memset (mix, 0, size * sizeof *mix);
        for (int c = 0; c < p->classes; c++)
            mix[(int64_t) c * p->channels + c / 2 % p->channels] = 1;
    }
    a->winner = winner_operand (run, p);
    a->logits = check_input (run, "logits", 1, p->height, p->width, p->channels, logits);
    a->mix = check_input (run, "mix", 1, 1, p->classes, p->channels, mix);
    a->mid_height = p->mid_height;
    a->mid_width = p->mid_width;
}

static bool
class_claim_stands (const Masks *p, CheckRun *run, Pixel *pixel, int y, int x, int claim)
{
    const float *logits = check_elements (run, "logits"), *mix = check_elements (run, "mix");

    memset (pixel->low, 0, p->classes * sizeof *pixel->low);
    memset (pixel->high, 0, p->classes * sizeof *pixel->high);
    for (int k = 0; k < p->channels; k++) {
        double low = probability (p, logits, k, y, x, -logit_slack (p)) - value_slack;
        double high = probability (p, logits, k, y, x, logit_slack (p)) + value_slack;

        for (int c = 0; c < p->classes; c++) {
            pixel->low[c] += mix[(int64_t) c * p->channels + k] * low;
            pixel->high[c] += mix[(int64_t) c * p->channels + k] * high;
        }
    }
    settle (pixel);
    return may_win (pixel, claim);
}

static void
judge_class_argmax (CheckRun *reference, CheckRun *run, CheckResult *result)
{
    const Masks *p = run->params;
    judge_winners (reference, run, p->classes, false, class_claim_stands, result);
}

void
check_cases_class_argmax (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (class_argmaxes); i++)
        add_masks (list, (CheckCase) { .op = CHECK_OP_class_argmax, .build = build_class_argmax,
            .rule = judge_class_argmax }, &class_argmaxes[i]);
}

/* ---- mask_score ----------------------------------------------------------------------------- */

static const Masks mask_scores[] = {
    { 1, 1, 1, .out_height = 1, .out_width = 1 },
    { 3, 5, 7, .out_height = 7, .out_width = 9 },
    { 8, 6, 4, .out_height = 16, .out_width = 12, .exact = true },
    { 31, 33, 17, .out_height = 65, .out_width = 63, .gap = 3 },
    { 33, 31, 100, .out_height = 16, .out_width = 15 },
    { 16, 16, 9, .out_height = 24, .out_width = 40, .deviation = 1e4f },
    { 40, 40, 33, .out_height = 200, .out_width = 160 },
    { 8, 8, 5, .out_height = 384, .out_width = 384, .deviation = 0.01f }, /* equal, unsure pixels */
    { 31, 33, 15, .out_height = 129, .out_width = 127, .blobs = true },

    { 96, 96, 100, .out_height = 384, .out_width = 384, .blobs = true, .bench = true },
};

static void
build_mask_score (CheckRun *run)
{
    const Masks *p = run->params;
    M2fMaskScore *a = &run->args.mask_score;
    float *logits = mask_logits (run, p);

    run->gap = p->gap;
    a->sums = check_output (run, "sums", M2F_F32, 1, 1, 2, p->channels);
    a->logits = check_input (run, "logits", 1, p->height, p->width, p->channels, logits);
    a->height = p->out_height;
    a->width = p->out_width;
}

/* Pixels of channel k of a resize whose logit is too close to 0 to have a sign. */
static int64_t
undecided (const Masks *p, const float *logits, int k, int height, int width)
{
    int64_t count = 0;

    for (int y = 0; y < height && !p->exact; y++)
        for (int x = 0; x < width; x++)
            count += fabs (logit (p, logits, k, y, x, height, width)) <= logit_slack (p);
    return count;
}

static void
judge_mask_score (CheckRun *reference, CheckRun *run, CheckResult *result)
{
    const Masks *p = run->params;
    const float *found = check_elements (run, "sums");
    const float *expected = check_elements (reference, "sums");
    const float *logits = check_elements (run, "logits");
    /* A sigmoid is a half or more here, and changes by a quarter of what its logit does at most. */
    double close = fmin (1e-5, 5e-7 + 0.5 * logit_slack (p));

    for (int k = 0; k < p->channels; k++) {
        double sum = fabs ((double) found[k] - expected[k]);
        double count = fabs ((double) found[p->channels + k] - expected[p->channels + k]);
        double slack = 0;

        if (count != 0)
            slack = undecided (p, logits, k, p->out_height, p->out_width);
        if (!(count <= slack)) /* also if it is NaN */
            check_fail (result, "sums[1][%d] is %g, expected %g, undecided are %g", k,
                found[p->channels + k], expected[p->channels + k], slack);
        /* a pixel that goes the other way takes a sigmoid of one half with it */
        if (!(sum <= close * fmax (expected[k], 1) + 0.51 * slack))
            check_fail (result, "sums[0][%d] is %.9g, expected %.9g", k, found[k], expected[k]);
        result->worst = fmax (result->worst, sum / fmax (expected[k], 1));
    }
}

void
check_cases_mask_score (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (mask_scores); i++)
        add_masks (list, (CheckCase) { .op = CHECK_OP_mask_score, .build = build_mask_score,
            .rule = judge_mask_score }, &mask_scores[i]);
}

/* ---- mask_paint ----------------------------------------------------------------------------- */

static const Masks mask_paints[] = {
    { 1, 1, 1, .out_height = 1, .out_width = 1 },
    { 3, 5, 7, .out_height = 7, .out_width = 9 },
    { 8, 6, 4, .out_height = 16, .out_width = 12, .exact = true },
    { 8, 6, 3, 8, 6, .out_height = 11, .out_width = 19, .exact = true },
    { 12, 16, 2, 24, 20, .out_height = 65, .out_width = 63, .gap = 3 },
    { 12, 16, 5, 48, 50, .out_height = 17, .out_width = 15 },
    { 9, 9, 255, .out_height = 33, .out_width = 31 },
    { 9, 9, 256, 12, 12, .out_height = 33, .out_width = 31, .wide = true },
    { 16, 16, 3, .out_height = 40, .out_width = 56, .deviation = 1e4f },
    { 40, 40, 2, .out_height = 400, .out_width = 400 },
    { 31, 33, 15, .out_height = 129, .out_width = 127, .blobs = true },
    { 31, 33, 15, 64, 64, .out_height = 129, .out_width = 127, .blobs = true },

    { 96, 96, 20, 384, 384, .out_height = 480, .out_width = 640, .blobs = true, .bench = true },
};

static void
build_mask_paint (CheckRun *run)
{
    const Masks *p = run->params;
    M2fMaskPaint *a = &run->args.mask_paint;
    float *logits = mask_logits (run, p);

    a->winner = winner_operand (run, p);
    a->counts = check_output (run, "counts", M2F_I32, 1, 1, 1, p->channels);
    a->logits = check_input (run, "logits", 1, p->height, p->width, p->channels, logits);
    a->mid_height = p->mid_height;
    a->mid_width = p->mid_width;
}

static bool
paint_claim_stands (const Masks *p, CheckRun *run, Pixel *pixel, int y, int x, int claim)
{
    const float *logits = check_elements (run, "logits");
    int height = p->mid_height ? p->mid_height : p->out_height;
    int width = p->mid_width ? p->mid_width : p->out_width;

    if (p->mid_height) { /* in float32, as torch finds the nearest pixel */
        y = MIN ((int) (y * ((float) height / p->out_height)), height - 1);
        x = MIN ((int) (x * ((float) width / p->out_width)), width - 1);
    }
    for (int k = p->channels - 1; k > claim; k--)
        if (logit (p, logits, k, y, x, height, width) > logit_slack (p))
            return false;
    return claim == NOBODY || logit (p, logits, claim, y, x, height, width) > -logit_slack (p);
}

/* A pixel of the middle size is shown by at most this many of the output, each of them counted. */
static void
paint_slack (const Masks *p, CheckRun *run, int64_t *slack)
{
    const float *logits = check_elements (run, "logits");
    int height = p->mid_height ? p->mid_height : p->out_height;
    int width = p->mid_width ? p->mid_width : p->out_width;
    int copies = (p->out_height / height + 1) * (p->out_width / width + 1);

    for (int k = 0; k < p->channels; k++)
        slack[k] = undecided (p, logits, k, height, width) * (p->mid_height ? copies : 1);
}

static void
judge_mask_paint (CheckRun *reference, CheckRun *run, CheckResult *result)
{
    const Masks *p = run->params;
    judge_winners (reference, run, p->channels, true, paint_claim_stands, result);
    judge_counts (reference, run, 1, paint_slack, result);
}

void
check_cases_mask_paint (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (mask_paints); i++)
        add_masks (list, (CheckCase) { .op = CHECK_OP_mask_paint, .build = build_mask_paint,
            .rule = judge_mask_paint }, &mask_paints[i]);
}
