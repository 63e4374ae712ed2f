/* Cases of preprocess.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/ops/check.h"

#include <math.h>

typedef struct Format {
    const char *name;
    M2fPixels pixels;
    bool full_range; /* BT.709 full range; otherwise BT.601 limited range */
    int shift;       /* of the 10 bits in samples of two bytes */
} Format;

static const Format rgb = { "rgb", { { { 0, 3, 0 }, { 0, 3, 1 }, { 0, 3, 2 } }, false, 1 } };
static const Format bgrx = { "bgrx", { { { 0, 4, 2 }, { 0, 4, 1 }, { 0, 4, 0 } }, false, 1 } };
static const Format xrgb = { "xrgb", { { { 0, 4, 1 }, { 0, 4, 2 }, { 0, 4, 3 } }, false, 1 } };
static const Format gray = { "gray", { { { 0, 1, 0 }, { 0, 1, 0 }, { 0, 1, 0 } }, false, 1 } };
static const Format gbr = { "gbr", { { { 2, 1, 0 }, { 0, 1, 0 }, { 1, 1, 0 } }, false, 1 } };
static const Format rg_b = { "rg_b", { { { 0, 2, 0 }, { 0, 2, 1 }, { 1, 4, 3 } }, false, 1 } };

#define NV12 { { 0, 1, 0 }, { 1, 2, 0 }, { 1, 2, 1 } }, true, 1, 1, 1
#define I420 { { 0, 1, 0 }, { 1, 1, 0 }, { 2, 1, 0 } }, true, 1, 1, 1
#define P010 { { 0, 2, 0 }, { 1, 4, 0 }, { 1, 4, 2 } }, true, 2, 1, 1
#define I420_10 { { 0, 2, 0 }, { 1, 2, 0 }, { 2, 2, 0 } }, true, 2, 1, 1
static const Format nv12 = { "nv12", { NV12 } };
static const Format nv12_full = { "nv12full", { NV12 }, .full_range = true };
static const Format nv21 = { "nv21", { { { 0, 1, 0 }, { 1, 2, 1 }, { 1, 2, 0 } }, true, 1, 1, 1 } };
static const Format i420 = { "i420", { I420 } };
static const Format i420_full = { "i420full", { I420 }, .full_range = true };
static const Format yv12 = { "yv12", { { { 0, 1, 0 }, { 2, 1, 0 }, { 1, 1, 0 } }, true, 1, 1, 1 } };
static const Format y42b = { "y42b", { { { 0, 1, 0 }, { 1, 1, 0 }, { 2, 1, 0 } }, true, 1, 1, 0 } };
static const Format y444 = { "y444", { { { 0, 1, 0 }, { 1, 1, 0 }, { 2, 1, 0 } }, true, 1, 0, 0 } };
static const Format yuy2 = { "yuy2", { { { 0, 2, 0 }, { 0, 4, 1 }, { 0, 4, 3 } }, true, 1, 1, 0 } };
static const Format uyvy = { "uyvy", { { { 0, 2, 1 }, { 0, 4, 0 }, { 0, 4, 2 } }, true, 1, 1, 0 } };
static const Format p010 = { "p010", { P010 }, .shift = 6 };
static const Format p010_full = { "p010full", { P010 }, .full_range = true, .shift = 6 };
static const Format i420_10 = { "i420_10", { I420_10 } };
static const Format i420_10_full = { "i420_10full", { I420_10 }, .full_range = true };

typedef struct Preprocess {
    const Format *format;
    int height, width, out_height, out_width;
    int gap;
    bool cubic; /* weights below 0: both directions overshoot and are clamped */
    bool bench;
} Preprocess;

static const Preprocess preprocesses[] = {
    { &rgb, 1, 1, 1, 1 },
    { &rgb, 1, 1, 3, 5 },
    { &rgb, 7, 5, 7, 5 },
    { &rgb, 33, 31, 7, 9, .gap = 1 },
    { &rgb, 5, 7, 33, 31, .gap = 13 },
    { &rgb, 64, 64, 32, 32 }, /* weights of 1/8: ties when rounding */
    { &bgrx, 31, 33, 17, 63, .gap = 4 },
    { &xrgb, 100, 3, 9, 7 },
    { &gray, 33, 65, 16, 32, .gap = 7 },
    { &rgb, 31, 33, 64, 65, .cubic = true },
    { &bgrx, 33, 65, 17, 31, .gap = 4, .cubic = true },
    { &rgb, 200, 301, 31, 47 }, /* sums that single precision cannot hold */
    { &gray, 301, 200, 9, 5, .cubic = true },
    { &nv12, 2, 2, 4, 4 },
    { &nv12, 1, 1, 3, 3 },
    { &nv12, 33, 31, 16, 17, .gap = 3 },
    { &nv12_full, 35, 67, 64, 48 },
    { &nv12, 17, 15, 31, 33, .cubic = true },
    { &i420, 3, 1, 5, 2 },
    { &i420, 31, 33, 33, 31, .gap = 5 },
    { &i420_full, 66, 35, 31, 64, .gap = 32 },
    { &gbr, 33, 31, 16, 17, .gap = 1 },
    { &gbr, 2, 70, 3, 70 },
    { &rg_b, 9, 37, 9, 37, .gap = 6 },
    { &nv21, 5, 67, 7, 60, .gap = 2 },
    { &yv12, 34, 33, 16, 15, .gap = 3 },
    { &y42b, 1, 1, 2, 3 },
    { &y42b, 33, 65, 34, 63, .gap = 5 },
    { &y444, 31, 33, 33, 31, .gap = 9 },
    { &yuy2, 1, 1, 2, 2 },
    { &yuy2, 33, 67, 16, 67, .gap = 4 },
    { &uyvy, 35, 129, 32, 64, .gap = 8 },
    { &p010, 1, 1, 3, 3 },
    { &p010, 33, 67, 16, 67, .gap = 6 },
    { &p010_full, 35, 66, 64, 48, .gap = 2 },
    { &i420_10, 33, 35, 31, 64, .gap = 2 },
    { &i420_10_full, 34, 130, 16, 65 },

    { &rgb, 480, 640, 384, 384, .bench = true },
    { &bgrx, 1080, 1920, 384, 384, .bench = true },
    { &nv12, 1080, 1920, 384, 384, .bench = true },
    { &i420, 720, 1280, 384, 384, .bench = true },
    { &i420, 1080, 1920, 384, 384, .bench = true },
    { &gbr, 1080, 1920, 384, 384, .bench = true },
    { &yuy2, 1080, 1920, 384, 384, .bench = true },
    { &p010, 1080, 1920, 384, 384, .bench = true },
};

static double
triangle (double x)
{
    return fmax (1 - fabs (x), 0);
}

/* Keys's with a = -0.5, as Pillow and torchvision have it where they antialias. */
static double
cubic (double x)
{
    x = fabs (x);
    if (x < 1)
        return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/* Rounds weights to what 16 bits hold, as the weights of filters for bytes are. */
static void
round_weights (float *weights, size_t count)
{
    double largest = 0;
    int bits = 0;

    for (size_t i = 0; i < count; i++)
        largest = fmax (largest, weights[i]);
    while (bits < 22 && largest * (1 << (bits + 1)) + 0.5 < 1 << 15)
        bits++;
    for (size_t i = 0; i < count; i++)
        weights[i] = (float) (round (weights[i] * (1 << bits)) / (1 << bits));
}

/* One axis of a filter `reach` source pixels wide to either side, or as many output pixels where
 * those are wider.  The taps that do not fit inside the frame weigh nothing. */
static void
make_filter (CheckRun *run, const char *const names[2], double (*kernel) (double), int reach,
    int in, int out, M2fTensor *first, M2fTensor *weight)
{
    double scale = (double) in / out, stretch = fmax (scale, 1);
    int taps = (int) ceil (stretch * reach) * 2 + 1;
    int32_t *firsts = check_alloc (run, out * sizeof *firsts);
    float *weights = check_alloc (run, (size_t) out * taps * sizeof *weights);

    for (int i = 0; i < out; i++) {
        double centre = (i + 0.5) * scale, sum = 0;
        float *w = weights + (size_t) i * taps;

        firsts[i] = (int32_t) fmax (centre - stretch * reach + 0.5, 0);
        for (int t = 0; t < taps && firsts[i] + t < in; t++)
            sum += kernel ((firsts[i] + t + 0.5 - centre) / stretch);
        for (int t = 0; t < taps && firsts[i] + t < in; t++)
            w[t] = (float) (kernel ((firsts[i] + t + 0.5 - centre) / stretch) / sum);
    }
    round_weights (weights, (size_t) out * taps);
    *first = check_integers (run, names[0], M2F_I32, 1, out, firsts);
    *weight = check_input (run, names[1], 1, 1, out, taps, weights);
}

static const char *const x_names[] = { "x_first", "x_weight" };
static const char *const y_names[] = { "y_first", "y_weight" };

void
check_bilinear (CheckRun *run, int height, int width)
{
    M2fPreprocess *a = &run->args.preprocess;

    make_filter (run, x_names, triangle, 1, width, a->dst.ne[2], &a->x_first, &a->x_weight);
    make_filter (run, y_names, triangle, 1, height, a->dst.ne[1], &a->y_first, &a->y_weight);
}

static void
make_bicubic (CheckRun *run, int height, int width)
{
    M2fPreprocess *a = &run->args.preprocess;

    make_filter (run, x_names, cubic, 2, width, a->dst.ne[2], &a->x_first, &a->x_weight);
    make_filter (run, y_names, cubic, 2, height, a->dst.ne[1], &a->y_first, &a->y_weight);
}

/* Bytes that are often at the ends of their range; words have 10 bits. */
static void
fill_plane (CheckRun *run, const Format *f, uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i += f->pixels.sample_bytes) {
        uint64_t r = check_random (run);
        int value = r & 0x7000 ? (int) (r & 0x3ff) : r & 0x8000 ? 0x3ff : 0;

        if (f->pixels.sample_bytes == 1) {
            data[i] = (uint8_t) value;
        } else {
            data[i] = (uint8_t) (value << f->shift);
            data[i + 1] = (uint8_t) (value << f->shift >> 8);
        }
    }
}

/* Plane `i` of the frame, if the format has it. */
static void
make_plane (CheckRun *run, const Preprocess *p, int i)
{
    static const char *const names[3] = { "plane[0]", "plane[1]", "plane[2]" };
    const M2fPixels *pixels = &p->format->pixels;
    int rows = 0, bytes = 0;

    for (int c = 0; c < 3; c++) {
        const M2fComponent at = pixels->component[c];
        int shared_x = 1 << (c > 0 ? pixels->x_shift : 0);
        int shared_y = 1 << (c > 0 ? pixels->y_shift : 0);

        if (at.plane != i)
            continue;
        bytes = MAX (bytes, (p->width + shared_x - 1) / shared_x * at.step);
        rows = MAX (rows, (p->height + shared_y - 1) / shared_y);
    }
    if (rows == 0)
        return;

    uint8_t *data = check_alloc (run, (size_t) rows * bytes);

    fill_plane (run, p->format, data, (size_t) rows * bytes);
    run->args.preprocess.plane[i] = check_borrowed (run, names[i], rows, bytes, data);
}

/* Full range is BT.709 (Kr 0.2126, Kb 0.0722), limited is BT.601 (Kr 0.299, Kb 0.114).  Samples of
 * 10 bits have four steps for one of 8, but 1023 where those have 255. */
static void
set_matrix (M2fPreprocess *a, const Format *f)
{
    double kr = f->full_range ? 0.2126 : 0.299, kb = f->full_range ? 0.0722 : 0.114;
    double kg = 1 - kr - kb, step = f->pixels.sample_bytes == 1 ? 1 : 4;
    double most = step == 1 ? 255 : 1023, black = f->full_range ? 0 : 16 * step;
    double luma = 255 / (f->full_range ? most : 219 * step);
    double chroma = 2 * 255 / (f->full_range ? most : 224 * step);
    double u[3] = { 0, -(1 - kb) * kb / kg, 1 - kb };
    double v[3] = { 1 - kr, -(1 - kr) * kr / kg, 0 };
    double unit = 1 << f->shift;

    for (int c = 0; c < 3; c++) {
        a->yuv_to_rgb[c][0] = (float) (luma / unit);
        a->yuv_to_rgb[c][1] = (float) (chroma * u[c] / unit);
        a->yuv_to_rgb[c][2] = (float) (chroma * v[c] / unit);
        a->yuv_to_rgb[c][3] = (float) (-luma * black - chroma * 128 * step * (u[c] + v[c]));
    }
}

static void
build_preprocess (CheckRun *run)
{
    static const double mean[3] = { 0.485, 0.456, 0.406 }, deviation[3] = { 0.229, 0.224, 0.225 };
    const Preprocess *p = run->params;
    const Format *f = p->format;
    M2fPreprocess *a = &run->args.preprocess;

    a->dst = check_output (run, "dst", M2F_F32, 1, p->out_height, p->out_width, 3);
    if (p->cubic)
        make_bicubic (run, p->height, p->width);
    else
        check_bilinear (run, p->height, p->width);

    run->gap = p->gap;
    for (int i = 0; i < 3; i++)
        make_plane (run, p, i);
    a->pixels = f->pixels;
    a->height = p->height;
    a->width = p->width;
    set_matrix (a, f);
    for (int c = 0; c < 3; c++) {
        a->scale[c] = (float) (1 / 255.0 / deviation[c]);
        a->offset[c] = (float) (-mean[c] / deviation[c]);
    }
}

/* A result is one of 256 steps, and the sums of a filter are integers: every device has the same.
 * Only the colours of YUV may be rounded to the other step in float32 where a value lies all but
 * half-way between two: one step, one result in a thousand at most. */
static void
judge_preprocess (CheckRun *reference, CheckRun *run, CheckResult *result)
{
    const M2fPreprocess *a = &run->args.preprocess;
    const float *found = check_elements (run, "dst");
    const float *expected = check_elements (reference, "dst");
    int64_t count = m2f_tensor_rows (&a->dst) * 3, rounded = 0;

    for (int64_t i = 0; i < count; i++) {
        double steps = fabs ((double) found[i] - expected[i]) / a->scale[i % 3];

        rounded += steps > 0.5;
        if (!(fabs (steps - (steps > 0.5)) < 1e-3)) { /* also if it is NaN */
            check_fail (result, "dst[%" G_GINT64_FORMAT "] is %.9g, expected %.9g: off by %.4g "
                "steps", i, found[i], expected[i], steps);
            return;
        }
    }
    result->worst = (double) rounded / count;
    if (rounded > (a->pixels.is_yuv ? count / 1000 : 0))
        check_fail (result, "%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " are a step off",
            rounded, count);
}

void
check_cases_preprocess (CheckList *list)
{
    static const CheckLimits steps = { { 0, 0 } }; /* judged by the rule */

    for (size_t i = 0; i < G_N_ELEMENTS (preprocesses); i++) {
        const Preprocess *p = &preprocesses[i];
        char *name = g_strdup_printf ("preprocess_%s_%dx%d_to_%dx%d%s%s", p->format->name,
            p->height, p->width, p->out_height, p->out_width, p->cubic ? "_cubic" : "",
            p->gap ? "_strided" : "");
        check_add (list, (CheckCase) { .op = CHECK_OP_preprocess, .name = name,
            .build = build_preprocess, .params = p, .limits = &steps, .rule = judge_preprocess,
            .bench = p->bench });
    }
}
