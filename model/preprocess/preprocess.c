/* A picture to the network's input: filters, colour, normalisation.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>
#include <string.h>

#include "model/device_error.h"
#include "model/preprocess/preprocess.h"

/* ---- filters ------------------------------------------------------------------------------- */

static double
triangle (double x)
{
    return MAX (1 - fabs (x), 0);
}

static double
keys_cubic (double x)
{
    const double a = -0.5;

    x = fabs (x);
    if (x < 1)
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

static double
sinc (double x)
{
    return x == 0 ? 1 : sin (G_PI * x) / (G_PI * x);
}

static double
lanczos3 (double x)
{
    return fabs (x) < 3 ? sinc (x) * sinc (x / 3) : 0;
}

static const struct {
    double (*weight) (double x);
    double support;
} kernels[] = {
    [M2F_RESAMPLE_LANCZOS] = { lanczos3, 3 },
    [M2F_RESAMPLE_BILINEAR] = { triangle, 1 },
    [M2F_RESAMPLE_BICUBIC] = { keys_cubic, 2 },
};

static void
nearest_init (M2fFilter *filter, int source)
{
    filter->taps = 1;
    filter->weight = g_new (float, filter->size);
    for (int i = 0; i < filter->size; i++) {
        filter->first[i] = (int) MIN ((i + 0.5) * source / filter->size, source - 1);
        filter->weight[i] = 1;
    }
}

/* Rounds the weights to the 16-bit fixed point that ATen's uint8 kernels compute in: as many bits
 * as the largest weight leaves room for.  Results are then torchvision's to the last bit. */
static void
quantise (const double *weight, size_t n, float *out)
{
    double largest = 0;
    int bits = 0;

    for (size_t i = 0; i < n; i++)
        largest = MAX (largest, weight[i]);
    while (bits < 22 && (int) (0.5 + largest * (1 << (bits + 1))) < 1 << 15)
        bits++;
    for (size_t i = 0; i < n; i++)
        out[i] = (float) (round (weight[i] * (1 << bits)) / (1 << bits));
}

/* ATen's HelperInterpBase::_compute_indices_min_size_weights_aa() and
 * _compute_index_ranges_int16_weights(), which are Pillow's precompute_coeffs() and
 * normalize_coeffs_8bpc(). */
void
m2f_filter_init (M2fFilter *filter, M2fResample resample, int source, int size)
{
    double scale = (double) source / size, stretch = MAX (scale, 1);

    filter->size = size;
    filter->first = g_new (int32_t, size);
    if (resample == M2F_RESAMPLE_NEAREST) {
        nearest_init (filter, source);
        return;
    }

    double support = kernels[resample].support * stretch;
    int taps = (int) MIN (ceil (support) * 2 + 1, source);
    g_autofree double *weights = g_new0 (double, (size_t) size * taps);

    for (int i = 0; i < size; i++) {
        double center = scale * (i + 0.5), sum = 0;
        int first = MAX ((int) (center - support + 0.5), 0);
        int end = MIN ((int) (center + support + 0.5), source);
        int base = MIN (first, source - taps); /* the row's idle taps stay inside too */
        double *weight = weights + (size_t) i * taps + (first - base);

        filter->first[i] = base;
        for (int j = first; j < end; j++)
            sum += weight[j - first] = kernels[resample].weight ((j - center + 0.5) / stretch);
        for (int j = first; j < end; j++)
            weight[j - first] /= sum;
    }
    filter->taps = taps;
    filter->weight = g_new (float, (size_t) size * taps);
    quantise (weights, (size_t) size * taps, filter->weight);
}

void
m2f_filter_clear (M2fFilter *filter)
{
    g_clear_pointer (&filter->first, g_free);
    g_clear_pointer (&filter->weight, g_free);
}

/* ---- colour -------------------------------------------------------------------------------- */

void
m2f_yuv_matrix (M2fMatrix matrix, bool full_range, float rgb[3][4])
{
    static const double luma[][2] = { /* Kr, Kb */
        [M2F_MATRIX_BT709] = { 0.2126, 0.0722 },
        [M2F_MATRIX_BT601] = { 0.299, 0.114 },
        [M2F_MATRIX_BT2020] = { 0.2627, 0.0593 },
    };
    double kr = luma[matrix][0], kb = luma[matrix][1], kg = 1 - kr - kb;
    double y = full_range ? 1 : 255.0 / 219, y0 = full_range ? 0 : 16;
    double c = full_range ? 2 : 2 * 255.0 / 224;
    double uv[3][2] = {
        { 0, c * (1 - kr) },
        { -c * kb * (1 - kb) / kg, -c * kr * (1 - kr) / kg },
        { c * (1 - kb), 0 },
    };

    for (int i = 0; i < 3; i++) {
        rgb[i][0] = (float) y;
        rgb[i][1] = (float) uv[i][0];
        rgb[i][2] = (float) uv[i][1];
        rgb[i][3] = (float) (-y * y0 - 128 * (uv[i][0] + uv[i][1]));
    }
}

/* transformers' rescale_and_normalize(), which folds the factor into mean and std. */
static void
normalisation (const M2fProcessorConfig *config, float scale[3], float offset[3])
{
    double factor = config->do_rescale ? config->rescale_factor : 1;

    for (int i = 0; i < 3; i++) {
        scale[i] = (float) (config->do_normalize ? factor / config->image_std[i] : factor);
        offset[i]
            = (float) (config->do_normalize ? -config->image_mean[i] / config->image_std[i] : 0);
    }
}

/* ---- pictures ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    M2fPixels pixels;
    int planes;
    int stride, r, g, b; /* PACKED */
} formats[] = {
    [M2F_FORMAT_RGB] = { "RGB", M2F_PIXELS_PACKED, 1, 3, 0, 1, 2 },
    [M2F_FORMAT_BGR] = { "BGR", M2F_PIXELS_PACKED, 1, 3, 2, 1, 0 },
    [M2F_FORMAT_RGBA] = { "RGBA", M2F_PIXELS_PACKED, 1, 4, 0, 1, 2 },
    [M2F_FORMAT_BGRA] = { "BGRA", M2F_PIXELS_PACKED, 1, 4, 2, 1, 0 },
    [M2F_FORMAT_ARGB] = { "ARGB", M2F_PIXELS_PACKED, 1, 4, 1, 2, 3 },
    [M2F_FORMAT_ABGR] = { "ABGR", M2F_PIXELS_PACKED, 1, 4, 3, 2, 1 },
    [M2F_FORMAT_GRAY8] = { "GRAY8", M2F_PIXELS_PACKED, 1, 1, 0, 0, 0 },
    [M2F_FORMAT_NV12] = { "NV12", M2F_PIXELS_NV12, 2 },
    [M2F_FORMAT_I420] = { "I420", M2F_PIXELS_I420, 3 },
};

bool
m2f_plane_size (M2fFormat format, int height, int width, int index, int *row_bytes, int *rows)
{
    if (index >= formats[format].planes)
        return false;
    if (index == 0) {
        *row_bytes = formats[format].pixels == M2F_PIXELS_PACKED ? width * formats[format].stride
                                                                 : width;
        *rows = height;
    } else {
        *row_bytes = (width + 1) / 2 * (formats[format].pixels == M2F_PIXELS_NV12 ? 2 : 1);
        *rows = (height + 1) / 2;
    }
    return true;
}

bool
m2f_image_check (const M2fImage *image, GError **error)
{
    int row_bytes, rows;

    if (!image || (unsigned) image->format >= G_N_ELEMENTS (formats)) {
        g_set_error (error, M2F_ERROR, M2F_ERROR_ARGUMENT,
            "image: expected a M2fFormat below %zu, found %d", G_N_ELEMENTS (formats),
            image ? (int) image->format : -1);
        return false;
    }
    if (image->width < 1 || image->height < 1 || image->width > M2F_MAX_SIDE
        || image->height > M2F_MAX_SIDE) {
        g_set_error (error, M2F_ERROR, M2F_ERROR_ARGUMENT,
            "image: expected width and height from 1 to %d, found %d and %d", M2F_MAX_SIDE,
            image->width, image->height);
        return false;
    }
    if ((unsigned) image->matrix > M2F_MATRIX_BT2020) {
        g_set_error (error, M2F_ERROR, M2F_ERROR_ARGUMENT,
            "image: expected a M2fMatrix up to %d, found %d", M2F_MATRIX_BT2020,
            (int) image->matrix);
        return false;
    }
    for (int i = 0; m2f_plane_size (image->format, image->height, image->width, i, &row_bytes,
             &rows);
         i++) {
        if (!image->data[i]) {
            g_set_error (error, M2F_ERROR, M2F_ERROR_ARGUMENT,
                "image: plane %d of %d of a %s picture is NULL", i, formats[image->format].planes,
                formats[image->format].name);
            return false;
        }
        if (image->stride[i] < row_bytes) {
            g_set_error (error, M2F_ERROR, M2F_ERROR_ARGUMENT,
                "image: stride of plane %d is %d, expected at least the %d bytes of a row of %d "
                "%s pixels",
                i, image->stride[i], row_bytes, image->width, formats[image->format].name);
            return false;
        }
    }
    return true;
}

/* ---- preprocessor -------------------------------------------------------------------------- */

struct M2fPreprocessor {
    M2fDevice *device;
    M2fFormat format;
    M2fInputSize size;
    M2fPreprocess args; /* all but dst */
    M2fMatrix matrix;
    gboolean full_range;
    bool padded;
    M2fTensor pixels;   /* padded: (1, 1, inner pixels + 1, 3), the last stays 0 */
    M2fTensor pad_index; /* padded: pixel of `pixels` for each of the input's */
};

static bool
new_table (M2fDevice *device, const M2fFilter *filter, M2fTensor *first, M2fTensor *weight,
    GError **error)
{
    if (!m2f_tensor_new (device, first, "filter positions", M2F_I32, 1, 1, 1, filter->size, error)
        || !m2f_tensor_new (device, weight, "filter weights", M2F_F32, 1, 1, filter->size,
            filter->taps, error))
        return false;
    m2f_tensor_write (device, first, filter->first);
    m2f_tensor_write (device, weight, filter->weight);
    return true;
}

static bool
new_tables (M2fPreprocessor *p, M2fResample resample, GError **error)
{
    M2fPreprocess *args = &p->args;
    M2fFilter x = { 0 }, y = { 0 };

    m2f_filter_init (&x, resample, args->width, p->size.inner_width);
    m2f_filter_init (&y, resample, args->height, p->size.inner_height);
    bool ok = new_table (p->device, &x, &args->x_first, &args->x_weight, error)
        && new_table (p->device, &y, &args->y_first, &args->y_weight, error);
    m2f_filter_clear (&x);
    m2f_filter_clear (&y);
    return ok;
}

static bool
new_planes (M2fPreprocessor *p, GError **error)
{
    int row_bytes, rows;

    for (int i = 0;
         m2f_plane_size (p->format, p->args.height, p->args.width, i, &row_bytes, &rows); i++)
        if (!m2f_tensor_new_shared (p->device, &p->args.plane[i], "picture", M2F_U8, 1, 1, rows,
                row_bytes, error))
            return false;
    return true;
}

/* Padding is a gather: pixels outside the picture all take the zero one behind its last. */
static bool
new_padding (M2fPreprocessor *p, GError **error)
{
    const M2fInputSize *s = &p->size;
    int inside = s->inner_height * s->inner_width;

    p->padded = s->height != s->inner_height || s->width != s->inner_width;
    if (!p->padded)
        return true;
    if (!m2f_tensor_new (p->device, &p->pixels, "pixels", M2F_F32, 1, 1, inside + 1, 3, error)
        || !m2f_tensor_new (p->device, &p->pad_index, "padding", M2F_I32, 1, 1, 1,
            s->height * s->width, error))
        return false;

    g_autofree int32_t *index = g_new (int32_t, (size_t) s->height * s->width);
    for (int y = 0, i = 0; y < s->height; y++)
        for (int x = 0; x < s->width; x++, i++)
            index[i] = y < s->inner_height && x < s->inner_width ? y * s->inner_width + x : inside;
    m2f_tensor_write (p->device, &p->pad_index, index);
    return true;
}

M2fPreprocessor *
m2f_preprocessor_new (M2fDevice *device, const M2fProcessorConfig *config, M2fFormat format,
    int height, int width, const M2fInputSize *size, GError **error)
{
    M2fPreprocessor *p = g_new0 (M2fPreprocessor, 1);
    GError *failure = NULL;

    p->device = m2f_device_ref (device);
    p->format = format;
    p->size = *size;
    p->args = (M2fPreprocess) {
        .pixels = formats[format].pixels,
        .pixel_stride = formats[format].stride,
        .r = formats[format].r,
        .g = formats[format].g,
        .b = formats[format].b,
        .height = height,
        .width = width,
    };
    normalisation (config, p->args.scale, p->args.offset);
    m2f_yuv_matrix (p->matrix, p->full_range, p->args.yuv_to_rgb);
    if (!new_planes (p, &failure) || !new_tables (p, config->resample, &failure)
        || !new_padding (p, &failure)) {
        m2f_propagate_device_error (error, failure);
        m2f_preprocessor_free (&p);
    }
    return p;
}

void
m2f_preprocessor_free (M2fPreprocessor **preprocessor)
{
    M2fPreprocessor *p = g_steal_pointer (preprocessor);

    if (!p)
        return;
    M2fTensor *const tensors[] = { &p->args.plane[0], &p->args.plane[1], &p->args.plane[2],
        &p->args.x_first, &p->args.x_weight, &p->args.y_first, &p->args.y_weight, &p->pixels,
        &p->pad_index };
    for (size_t i = 0; i < G_N_ELEMENTS (tensors); i++)
        m2f_tensor_free (p->device, tensors[i]);
    m2f_device_unref (&p->device);
    g_free (p);
}

bool
m2f_preprocessor_set_image (M2fPreprocessor *p, const M2fImage *image)
{
    bool changed = image->matrix != p->matrix || image->full_range != p->full_range;

    if (changed) {
        p->matrix = image->matrix;
        p->full_range = image->full_range;
        m2f_yuv_matrix (p->matrix, p->full_range, p->args.yuv_to_rgb);
    }
    for (int i = 0; i < formats[p->format].planes; i++)
        m2f_tensor_borrow (p->device, &p->args.plane[i], image->data[i], image->stride[i]);
    return changed && formats[p->format].pixels != M2F_PIXELS_PACKED;
}

M2fTensor
m2f_preprocessor_run (const M2fPreprocessor *p, M2fPlan *plan)
{
    const M2fInputSize *s = &p->size;
    M2fPreprocess args = p->args;
    M2fTensor values
        = m2f_plan_tensor (plan, "pixel_values", M2F_F32, 1, s->height, s->width, 3);

    if (!p->padded) {
        args.dst = values;
        m2f_op_preprocess (plan, &args);
        return values;
    }
    args.dst = m2f_tensor_reshape (
        m2f_tensor_tokens (p->pixels, 0, s->inner_height * s->inner_width), 1, s->inner_height,
        s->inner_width, 3);
    m2f_op_preprocess (plan, &args);
    m2f_gather_rows (plan, .dst = m2f_tensor_reshape (values, 1, 1, s->height * s->width, 3),
        .src = p->pixels, .index = p->pad_index);
    return values;
}
