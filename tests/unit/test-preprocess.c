/* Preprocessing against transformers: sizes, filters, colour, normalisation, padding.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/fixture.h"
#include "model/preprocess/picture.h"
#include "model/preprocess/preprocess.h"
#include "tests/unit/preprocess_expected.h"
#include "tests/suite.h"

static GArray *devices; /* of M2fDeviceInfo */

static const char *
device_spec (int index)
{
    return g_array_index (devices, M2fDeviceInfo, index).spec;
}

/* Neither rescaled nor normalised: pixel values are bytes. */
static M2fProcessorConfig
plain_config (M2fSizeMode mode, const int size[2], int divisor, M2fResample resample)
{
    return (M2fProcessorConfig) {
        .do_resize = true,
        .size_mode = mode,
        .height = size[0],
        .width = size[1],
        .shortest_edge = size[0],
        .longest_edge = size[1],
        .size_divisor = divisor,
        .resample = resample,
    };
}

typedef struct Preprocessing {
    M2fPreprocessor *preprocessor;
    const M2fInputSize *size;
    M2fTensor values;
} Preprocessing;

static void
build_plan (M2fPlan *plan, void *data)
{
    Preprocessing *p = data;

    p->values = m2f_plan_tensor (plan, "pixel_values", M2F_F32, 1, p->size->height,
        p->size->width, 3);
    m2f_preprocessor_run (p->preprocessor, plan, p->values);
}

/* The pixel values (H, W, 3) of a picture (g_free). */
static float *
pixel_values (const char *spec, const M2fProcessorConfig *config, const M2fImage *image,
    M2fInputSize *size)
{
    g_autoptr (GError) error = NULL;
    M2fDevice *device = m2f_device_open (spec, M2F_PRECISION_FP32, 0, &error);

    ck_assert_msg (device != NULL, "%s", error ? error->message : "");
    ck_assert (m2f_image_check (image, NULL));
    ck_assert (m2f_input_size (config, image->height, image->width, 0, 0, size, NULL));

    M2fPreprocessor *preprocessor = m2f_preprocessor_new (device, config, image->format,
        image->height, image->width, size, &error);
    Preprocessing p = { preprocessor, size, { 0 } };

    ck_assert_msg (preprocessor != NULL, "%s", error ? error->message : "");
    M2fPlan *plan = m2f_plan_new (device, build_plan, &p, &error);
    ck_assert_msg (plan != NULL, "%s", error ? error->message : "");
    m2f_preprocessor_set_image (preprocessor, image);
    ck_assert_msg (m2f_plan_run (plan, &error), "%s", error ? error->message : "");

    float *out = g_new (float, (size_t) size->height * size->width * 3);
    m2f_tensor_read (device, &p.values, out);
    m2f_plan_free (&plan);
    m2f_preprocessor_free (&preprocessor);
    m2f_device_unref (&device);
    return out;
}

/* ---- sizes ----------------------------------------------------------------------------------- */

START_TEST (test_sizes)
{
    for (size_t i = 0; i < G_N_ELEMENTS (expected_sizes); i++) {
        const ExpectedSize *e = &expected_sizes[i];
        M2fProcessorConfig config = plain_config (e->mode, e->size, e->divisor, 2);
        M2fInputSize size;

        ck_assert (m2f_input_size (&config, e->height, e->width, 0, 0, &size, NULL));
        ck_assert_msg (size.height == e->out_height && size.width == e->out_width,
            "%dx%d: %dx%d, expected %dx%d", e->height, e->width, size.height, size.width,
            e->out_height, e->out_width);
        ck_assert_int_eq (size.inner_height, size.height);
        ck_assert_int_eq (size.inner_width, size.width);
    }
}
END_TEST

static M2fInputSize
input_size (const M2fProcessorConfig *config, int height, int width, int ask_height, int ask_width)
{
    M2fInputSize size;

    ck_assert (m2f_input_size (config, height, width, ask_height, ask_width, &size, NULL));
    return size;
}

START_TEST (test_sizes_asked_for)
{
    M2fProcessorConfig config = plain_config (M2F_SIZE_EXACT, (int[]) { 384, 384 }, 32, 2);
    M2fInputSize size = input_size (&config, 1080, 1920, 300, 500);

    ck_assert_int_eq (size.height, 300);
    ck_assert_int_eq (size.width, 500);
    size = input_size (&config, 1080, 1920, 512, 0); /* 512 x 910.2 */
    ck_assert_int_eq (size.height, 512);
    ck_assert_int_eq (size.width, 928);
    size = input_size (&config, 1920, 1080, 500, 0); /* 888.9 x 500 */
    ck_assert_int_eq (size.height, 896);
    ck_assert_int_eq (size.width, 512);

    config.do_resize = false;
    size = input_size (&config, 97, 131, 0, 0);
    ck_assert_int_eq (size.height, 97);
    ck_assert_int_eq (size.width, 131);
}
END_TEST

START_TEST (test_sizes_refused)
{
    M2fProcessorConfig config = plain_config (M2F_SIZE_EXACT, (int[]) { 384, 384 }, 32, 2);
    GError *error = NULL;
    M2fInputSize size;

    config.pad_height = config.pad_width = 383;
    ck_assert (!m2f_input_size (&config, 100, 100, 0, 0, &size, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "383x383");

    config = plain_config (M2F_SIZE_EDGES, (int[]) { 800, 0 }, 32, 2);
    ck_assert (!m2f_input_size (&config, 8, 8000, 0, 0, &size, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "800x800000");
}
END_TEST

/* ---- pictures -------------------------------------------------------------------------------- */

/* preprocess_expected.py's picture(). */
static uint8_t *
noise (int height, int width, int bits)
{
    int n = height * width * 3;
    uint8_t *bytes = g_malloc ((gsize) n);

    for (int i = 0; i < n; i++) {
        uint32_t v = (uint32_t) i * 2654435761u;

        v = (v ^ v >> 15) * 2246822519u;
        bytes[i] = (uint8_t) ((v >> (32 - bits)) * 255 / ((1u << bits) - 1));
    }
    return bytes;
}

START_TEST (test_pictures)
{
    const ExpectedPicture *e = &expected_pictures[_i % (int) G_N_ELEMENTS (expected_pictures)];
    const char *spec = device_spec (_i / (int) G_N_ELEMENTS (expected_pictures));
    M2fProcessorConfig config = plain_config (e->mode, e->size, e->divisor, e->resample);
    g_autofree uint8_t *bytes = noise (e->height, e->width, e->bits);
    M2fImage image = { .format = M2F_FORMAT_RGB, .width = e->width, .height = e->height,
        .data = { bytes }, .stride = { 3 * e->width } };
    M2fInputSize size;
    g_autofree float *values = pixel_values (spec, &config, &image, &size);
    int different = 0;

    ck_assert_int_eq (size.height, e->out_height);
    ck_assert_int_eq (size.width, e->out_width);
    for (int i = 0; i < 3; i++) {
        int top = (size.height - CROP) * i / 2, left = (size.width - CROP) * i / 2;

        for (int y = 0; y < CROP; y++) {
            for (int x = 0; x < CROP * 3; x++) {
                float v = values[((top + y) * size.width + left) * 3 + x];
                int want = e->crops[i][y * CROP * 3 + x];

                ck_assert_msg (fabsf (v - (float) want) <= 1,
                    "%dx%d on %s: crop %d, row %d, byte %d is %g, expected %d", e->height,
                    e->width, spec, i, y, x, (double) v, want);
                different += v != (float) want;
            }
        }
    }
    ck_assert_msg (different <= 1, "%dx%d on %s: %d of %d bytes differ", e->height, e->width, spec,
        different, 3 * CROP * CROP * 3);
}
END_TEST

/* SHA-256 of all bytes of a picture of 1283x719 pixels resized by transformers: beyond a reduction
 * of two a sum in single precision gets some of them wrong. */
static const struct {
    int bits, height, width;
    M2fResample resample;
    const char *sha256;
} reductions[] = {
    { 8, 96, 160, M2F_RESAMPLE_BILINEAR,
        "3e7230d5f77df950397efba8420378b378819abd626e3febd0104049a3ef8eb8" },
    { 8, 96, 160, M2F_RESAMPLE_BICUBIC,
        "79521f4ec454ffca6025e40b36797335d97d5d10dd75e04a5a05516efe5ea246" },
    { 8, 96, 160, M2F_RESAMPLE_LANCZOS,
        "3df75fdaf5e4d14bfca8f57495c852f2d16dfaf7f201c73c6781165846c915a7" },
    { 1, 200, 310, M2F_RESAMPLE_BICUBIC,
        "fba788fb4d65495352081e9fc004f9b363fa5f9f0a60bcce115621a3d85dd6c0" },
};

START_TEST (test_reductions)
{
    int height = 719, width = 1283, i = _i % (int) G_N_ELEMENTS (reductions);
    const char *spec = device_spec (_i / (int) G_N_ELEMENTS (reductions));
    M2fProcessorConfig config = plain_config (M2F_SIZE_EXACT,
        (int[]) { reductions[i].height, reductions[i].width }, 0, reductions[i].resample);
    g_autofree uint8_t *bytes = noise (height, width, reductions[i].bits);
    M2fImage image = { .format = M2F_FORMAT_RGB, .width = width, .height = height,
        .data = { bytes }, .stride = { 3 * width } };
    M2fInputSize size;
    g_autofree float *values = pixel_values (spec, &config, &image, &size);
    size_t n = (size_t) size.height * size.width * 3;
    g_autofree uint8_t *levels = g_new (uint8_t, n);

    for (size_t k = 0; k < n; k++)
        levels[k] = (uint8_t) values[k];
    g_autofree char *sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256, levels, n);
    ck_assert_str_eq (sha256, reductions[i].sha256);
}
END_TEST

/* Resized, rescaled and normalised as the fixtures' pixel_values were. */
START_TEST (test_fixtures)
{
    const char *fixture = fixture_names[_i % n_fixtures], *spec = device_spec (_i / n_fixtures);
    g_autofree char *dir = fixture_path (fixture, NULL);
    M2fImage image = fixture_image (fixture);
    M2fHostTensor *want = fixture_tensor (fixture, "expected.safetensors", "pixel_values");
    M2fProcessorConfig config;
    M2fInputSize size;

    ck_assert (m2f_processor_config_load (dir, &config, NULL, NULL));
    g_autofree float *values = pixel_values (spec, &config, &image, &size);
    size_t pixels = (size_t) size.height * size.width;
    ck_assert_int_eq (size.height, want->shape[2]);
    ck_assert_int_eq (size.width, want->shape[3]);
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c < 3; c++)
            ck_assert_msg (fabsf (values[i * 3 + c] - want->data[c * pixels + i]) <= 1e-5f,
                "%s on %s: pixel %zu, colour %zu is %g, expected %g", fixture, spec, i, c,
                (double) values[i * 3 + c], (double) want->data[c * pixels + i]);
    m2f_host_tensor_free (want);
    g_free ((void *) image.data[0]);
}
END_TEST

enum { NOISE_HEIGHT = 37, NOISE_WIDTH = 53 };

static M2fProcessorConfig
noise_config (void)
{
    return plain_config (M2F_SIZE_EXACT, (int[]) { 32, 64 }, 32, 2);
}

/* The pixel values of a picture that is `want` to the reference, at most a step off. */
static void
assert_same (const char *spec, const M2fImage *image, const float *want)
{
    M2fProcessorConfig config = noise_config ();
    M2fInputSize size;
    g_autofree float *values = pixel_values (spec, &config, image, &size);

    for (int i = 0; i < size.height * size.width * 3; i++)
        ck_assert_msg (fabsf (values[i] - want[i]) <= 1, "%s: value %d is %g, not %g",
            m2f_format_name (image->format), i, (double) values[i], (double) want[i]);
}

/* The values of R, G, B bytes of NOISE_HEIGHT x NOISE_WIDTH pixels to the reference (g_free). */
static float *
noise_values (const uint8_t *bytes)
{
    const M2fImage image = { .format = M2F_FORMAT_RGB, .width = NOISE_WIDTH,
        .height = NOISE_HEIGHT, .data = { bytes }, .stride = { 3 * NOISE_WIDTH } };
    M2fProcessorConfig config = noise_config ();
    M2fInputSize size;

    return pixel_values ("reference", &config, &image, &size);
}

/* A frame in every format comes out as the same picture, strides and padding bytes aside. */
START_TEST (test_packed_formats)
{
    static const struct {
        M2fFormat format;
        int bytes, order[3];
    } formats[] = {
        { M2F_FORMAT_RGB, 3, { 0, 1, 2 } }, { M2F_FORMAT_BGR, 3, { 2, 1, 0 } },
        { M2F_FORMAT_RGBA, 4, { 0, 1, 2 } }, { M2F_FORMAT_BGRA, 4, { 2, 1, 0 } },
        { M2F_FORMAT_ARGB, 4, { 1, 2, 3 } }, { M2F_FORMAT_ABGR, 4, { 3, 2, 1 } },
    };
    enum { H = NOISE_HEIGHT, W = NOISE_WIDTH, STRIDE = 4 * W + 9 };
    g_autofree uint8_t *bytes = noise (H, W, 8);
    g_autofree float *want = noise_values (bytes);
    uint8_t frame[H * STRIDE];

    for (size_t f = 0; f < G_N_ELEMENTS (formats); f++) {
        const M2fImage image = { .format = formats[f].format, .width = W, .height = H,
            .data = { frame }, .stride = { STRIDE } };

        memset (frame, 0xa5, sizeof frame);
        for (int i = 0; i < H * W; i++)
            for (int c = 0; c < 3; c++)
                frame[i / W * STRIDE + i % W * formats[f].bytes + formats[f].order[c]]
                    = bytes[3 * i + c];
        assert_same (device_spec (_i), &image, want);
    }
}
END_TEST

START_TEST (test_planar_formats)
{
    static const struct {
        M2fFormat format;
        int plane[3]; /* of R, G and B */
    } formats[] = {
        { M2F_FORMAT_RGBP, { 0, 1, 2 } }, { M2F_FORMAT_BGRP, { 2, 1, 0 } },
        { M2F_FORMAT_GBR, { 2, 0, 1 } }, { M2F_FORMAT_GBRA, { 2, 0, 1 } },
    };
    enum { H = NOISE_HEIGHT, W = NOISE_WIDTH, STRIDE = W + 9 };
    g_autofree uint8_t *bytes = noise (H, W, 8);
    g_autofree float *want = noise_values (bytes);
    uint8_t planes[3][H * STRIDE];

    for (size_t f = 0; f < G_N_ELEMENTS (formats); f++) {
        const M2fImage image = { .format = formats[f].format, .width = W, .height = H,
            .data = { planes[0], planes[1], planes[2] }, .stride = { STRIDE, STRIDE, STRIDE } };

        memset (planes, 0xa5, sizeof planes);
        for (int i = 0; i < H * W; i++)
            for (int c = 0; c < 3; c++)
                planes[formats[f].plane[c]][i / W * STRIDE + i % W] = bytes[3 * i + c];
        assert_same (device_spec (_i), &image, want);
    }
}
END_TEST

/* ---- colour ---------------------------------------------------------------------------------- */

/* Planes of a format: the components of their samples, in turn. */
typedef struct Yuv {
    M2fFormat format;
    const char *planes[3];
    int x_shift, y_shift;
    int bits, shift;
} Yuv;

static const Yuv yuvs[] = {
    { M2F_FORMAT_Y444, { "y", "u", "v" }, 0, 0, 8, 0 },
    { M2F_FORMAT_Y42B, { "y", "u", "v" }, 1, 0, 8, 0 },
    { M2F_FORMAT_YUY2, { "yuyv" }, 1, 0, 8, 0 },
    { M2F_FORMAT_UYVY, { "uyvy" }, 1, 0, 8, 0 },
    { M2F_FORMAT_I420, { "y", "u", "v" }, 1, 1, 8, 0 },
    { M2F_FORMAT_YV12, { "y", "v", "u" }, 1, 1, 8, 0 },
    { M2F_FORMAT_NV12, { "y", "uv" }, 1, 1, 8, 0 },
    { M2F_FORMAT_NV21, { "y", "vu" }, 1, 1, 8, 0 },
    { M2F_FORMAT_P010_10LE, { "y", "uv" }, 1, 1, 10, 6 },
    { M2F_FORMAT_I420_10LE, { "y", "u", "v" }, 1, 1, 10, 0 },
};

/* A code of 8 bits as one of the format's. */
static int
code (const Yuv *f, int byte, char component, gboolean full_range)
{
    double middle = component == 'y' ? 0 : 128;

    if (f->bits == 8)
        return byte;
    return full_range ? (int) (4 * middle + (byte - middle) * 1023 / 255 + 0.5) : 4 * byte;
}

/* A frame (g_free) in a format, of bytes `yuv` of height x width pixels, whose chroma is equal in
 * blocks of 2 x 2. */
static uint8_t *
yuv_frame (const Yuv *f, const uint8_t *yuv, M2fImage *image)
{
    const int stride = 4 * image->width + 6, size = f->bits == 8 ? 1 : 2;
    uint8_t *frame = g_malloc0 ((size_t) 3 * image->height * stride);

    image->format = f->format;
    for (int p = 0; p < 3 && f->planes[p]; p++) {
        const char *pattern = f->planes[p];
        const int n = (int) strlen (pattern);
        const bool luma = strchr (pattern, 'y') != NULL;

        image->data[p] = frame + (size_t) p * image->height * stride;
        image->stride[p] = stride;
        for (int y = 0; luma ? y < image->height : y << f->y_shift < image->height; y++)
            for (int s = 0; s < stride / size; s++) {
                const char component = pattern[s % n];
                int x = n == 4 ? s / 4 * 2 + (component == 'y' && s % 4 >= 2)
                               : s / n << (luma ? 0 : f->x_shift);
                int row = luma ? y : y << f->y_shift;
                uint8_t *to = frame + ((size_t) p * image->height + y) * stride + s * size;

                if (x >= image->width)
                    continue;

                int value = code (f, yuv[(row * image->width + x) * 3 + (component == 'y' ? 0
                    : component == 'u' ? 1 : 2)], component, image->full_range) << f->shift;

                to[0] = (uint8_t) value;
                if (size == 2)
                    to[1] = (uint8_t) (value >> 8);
            }
    }
    return frame;
}

/* Colours whose codes are in the standards: 100 % bars of BT.601, BT.709, BT.2020. */
START_TEST (test_yuv)
{
    static const struct {
        M2fMatrix matrix;
        gboolean full;
        uint8_t yuv[3], rgb[3];
    } colours[] = {
        { M2F_MATRIX_BT601, FALSE, { 235, 128, 128 }, { 255, 255, 255 } },
        { M2F_MATRIX_BT601, FALSE, { 16, 128, 128 }, { 0, 0, 0 } },
        { M2F_MATRIX_BT601, FALSE, { 81, 90, 240 }, { 255, 0, 0 } },
        { M2F_MATRIX_BT601, FALSE, { 145, 54, 34 }, { 0, 255, 0 } },
        { M2F_MATRIX_BT601, FALSE, { 41, 240, 110 }, { 0, 0, 255 } },
        { M2F_MATRIX_BT709, FALSE, { 63, 102, 240 }, { 255, 0, 0 } },
        { M2F_MATRIX_BT709, FALSE, { 173, 42, 26 }, { 0, 255, 0 } },
        { M2F_MATRIX_BT709, FALSE, { 32, 240, 118 }, { 0, 0, 255 } },
        { M2F_MATRIX_BT2020, FALSE, { 74, 97, 240 }, { 255, 0, 0 } },
        { M2F_MATRIX_BT2020, FALSE, { 29, 240, 119 }, { 0, 0, 255 } },
        { M2F_MATRIX_BT601, TRUE, { 76, 85, 255 }, { 255, 0, 0 } },
        { M2F_MATRIX_BT709, TRUE, { 255, 128, 128 }, { 255, 255, 255 } },
        { M2F_MATRIX_BT709, TRUE, { 18, 255, 116 }, { 0, 0, 255 } },
        { M2F_MATRIX_BT709, FALSE, { 255, 128, 128 }, { 255, 255, 255 } }, /* above white */
    };
    M2fProcessorConfig config = plain_config (M2F_SIZE_EXACT, (int[]) { 5, 7 }, 0, 2);

    for (size_t i = 0; i < 4 * G_N_ELEMENTS (colours); i++) {
        const size_t colour = i / 4;
        /* every format, and 10 bits in each range */
        const Yuv *f = &yuvs[i % 4 == 3 ? colour % G_N_ELEMENTS (yuvs)
                                        : G_N_ELEMENTS (yuvs) - 1 - i % 4];
        M2fImage image = { .width = 7, .height = 5, .matrix = colours[colour].matrix,
            .full_range = colours[colour].full };
        M2fInputSize size;
        uint8_t yuv[5 * 7 * 3];

        for (int j = 0; j < 5 * 7 * 3; j++)
            yuv[j] = colours[colour].yuv[j % 3];
        G_GNUC_UNUSED g_autofree uint8_t *frame = yuv_frame (f, yuv, &image);
        g_autofree float *values = pixel_values (device_spec (_i), &config, &image, &size);
        for (int j = 0; j < 5 * 7 * 3; j++)
            ck_assert_msg (fabsf (values[j] - (float) colours[colour].rgb[j % 3]) <= 2,
                "colour %zu in %s: %g, expected %d", colour, m2f_format_name (f->format),
                (double) values[j], colours[colour].rgb[j % 3]);
    }
}
END_TEST

/* The same samples in every format are the same picture, which has odd sizes. */
START_TEST (test_yuv_formats)
{
    enum { H = NOISE_HEIGHT, W = NOISE_WIDTH };
    g_autofree uint8_t *yuv = noise (H, W, 8);
    M2fProcessorConfig config = noise_config ();
    M2fImage image = { .width = W, .height = H };
    M2fInputSize size;

    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            for (int c = 1; c < 3; c++)
                yuv[(y * W + x) * 3 + c] = yuv[(y / 2 * 2 * W + x / 2 * 2) * 3 + c];
    G_GNUC_UNUSED g_autofree uint8_t *plain = yuv_frame (&yuvs[0], yuv, &image);
    g_autofree float *want = pixel_values ("reference", &config, &image, &size);
    for (size_t f = 0; f < G_N_ELEMENTS (yuvs); f++) {
        G_GNUC_UNUSED g_autofree uint8_t *frame = yuv_frame (&yuvs[f], yuv, &image);

        assert_same (device_spec (_i), &image, want);
    }
}
END_TEST

/* Black, white, a grey between and what is beyond, of RGB and grey that use 16..235. */
START_TEST (test_limited_range)
{
    static const uint8_t bytes[] = { 16, 235, 126, 0, 255 };
    M2fProcessorConfig config = plain_config (M2F_SIZE_EXACT, (int[]) { 5, 7 }, 0, 2);

    config.do_normalize = true;
    for (int c = 0; c < 3; c++) {
        config.image_mean[c] = 100 + c;
        config.image_std[c] = 50;
    }
    for (size_t i = 0; i < 2 * G_N_ELEMENTS (bytes); i++) {
        uint8_t pixels[5 * 7 * 3];
        M2fImage image = { .format = i % 2 ? M2F_FORMAT_GRAY8 : M2F_FORMAT_RGB, .width = 7,
            .height = 5, .data = { pixels }, .stride = { i % 2 ? 7 : 21 }, .limited_range = TRUE };
        M2fInputSize size;

        memset (pixels, bytes[i / 2], sizeof pixels);
        g_autofree float *values = pixel_values (device_spec (_i), &config, &image, &size);
        for (int j = 0; j < 5 * 7 * 3; j++) {
            double expected = ((bytes[i / 2] - 16) * 255 / 219.0 - (100 + j % 3)) / 50;

            ck_assert_msg (fabs ((double) values[j] - expected) <= 1e-4, "%d: %g, expected %g",
                bytes[i / 2], (double) values[j], expected);
        }
    }
}
END_TEST

/* ---- padding --------------------------------------------------------------------------------- */

START_TEST (test_padding)
{
    M2fProcessorConfig config = plain_config (M2F_SIZE_EXACT, (int[]) { 12, 20 }, 0, 2);
    g_autofree uint8_t *bytes = noise (30, 40, 8);
    M2fImage image = { .format = M2F_FORMAT_RGB, .width = 40, .height = 30, .data = { bytes },
        .stride = { 120 } };
    M2fInputSize size;

    config.do_normalize = true;
    for (int c = 0; c < 3; c++) {
        config.image_mean[c] = 100 + c;
        config.image_std[c] = 50;
    }
    g_autofree float *plain = pixel_values (device_spec (_i), &config, &image, &size);
    config.pad_height = 17;
    config.pad_width = 33;
    g_autofree float *padded = pixel_values (device_spec (_i), &config, &image, &size);
    ck_assert_int_eq (size.height, 17);
    ck_assert_int_eq (size.width, 33);
    for (int y = 0; y < 17; y++)
        for (int x = 0; x < 33 * 3; x++)
            ck_assert_float_eq (padded[y * 33 * 3 + x],
                y < 12 && x < 20 * 3 ? plain[y * 20 * 3 + x] : 0);
}
END_TEST

static Suite *
make_suite (void)
{
    Suite *suite = suite_create ("preprocess");
    TCase *tcase = tcase_create ("preprocess");
    int n = (int) devices->len;

    tcase_set_timeout (tcase, 0);
    tcase_add_test (tcase, test_sizes);
    tcase_add_test (tcase, test_sizes_asked_for);
    tcase_add_test (tcase, test_sizes_refused);
    tcase_add_loop_test (tcase, test_pictures, 0, n * (int) G_N_ELEMENTS (expected_pictures));
    tcase_add_loop_test (tcase, test_reductions, 0, n * (int) G_N_ELEMENTS (reductions));
    tcase_add_loop_test (tcase, test_fixtures, 0, n * n_fixtures);
    tcase_add_loop_test (tcase, test_packed_formats, 0, n);
    tcase_add_loop_test (tcase, test_planar_formats, 0, n);
    tcase_add_loop_test (tcase, test_yuv, 0, n);
    tcase_add_loop_test (tcase, test_yuv_formats, 0, n);
    tcase_add_loop_test (tcase, test_limited_range, 0, n);
    tcase_add_loop_test (tcase, test_padding, 0, n);
    suite_add_tcase (suite, tcase);
    return suite;
}

int
main (void)
{
    devices = fixture_devices ();
    const int status = run_suite (make_suite ());
    g_array_unref (devices);
    return status;
}
