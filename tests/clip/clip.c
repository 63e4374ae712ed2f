/* Clips of moving shapes of which every pixel's segment is known.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/clip/clip.h"

#include <math.h>

#define FLAT_LEVEL 60 /* of the background; shapes are brighter */
#define FINE 0.12     /* cells of the finer texture per pixel of a frame of 480 lines */
#define COARSE 0.035

/* ---- textures ------------------------------------------------------------------------------ */

static guint
hash (guint a, guint b, guint c)
{
    guint h = a * 0x9e3779b1u ^ b * 0x85ebca77u ^ c * 0xc2b2ae3du;

    h = (h ^ (h >> 15)) * 0x2c1b3c6du;
    h = (h ^ (h >> 12)) * 0x297a2d39u;
    return h ^ (h >> 15);
}

/* A random value 0..1. */
static double
uniform (guint a, guint b, guint c)
{
    return (hash (a, b, c) & 0xffff) / 65535.0;
}

/* Random values 0..1 on a grid, with smooth passages. */
static double
smooth_noise (double x, double y, guint seed)
{
    int left = floor (x), top = floor (y);
    double fx = x - left, fy = y - top;
    double corner[4];

    for (int i = 0; i < 4; i++)
        corner[i] = uniform (left + i % 2, top + i / 2, seed);
    fx = fx * fx * (3 - 2 * fx);
    fy = fy * fy * (3 - 2 * fy);
    return (corner[0] * (1 - fx) + corner[1] * fx) * (1 - fy)
        + (corner[2] * (1 - fx) + corner[3] * fx) * fy;
}

static double
texture (const Clip *clip, double x, double y, guint seed)
{
    double unit = 480.0 / MIN (clip->width, clip->height);

    return 200 * (0.6 * smooth_noise (x * unit * COARSE, y * unit * COARSE, seed)
        + 0.4 * smooth_noise (x * unit * FINE, y * unit * FINE, seed + 1));
}

/* ---- geometry ------------------------------------------------------------------------------ */

/* Sizes that do not change are common, and pow() is slow. */
static double
size_at (double growth, int t)
{
    return growth == 0 ? 1 : pow (1 + growth, t);
}

/* Where a pixel's middle lies in the shape, from its middle, in pixels of frame 0. */
static gboolean
find_in_shape (const ClipShape *shape, int t, int x, int y, double place[2])
{
    double size = size_at (shape->growth, t);
    double u, v;

    place[0] = (x + 0.5 - shape->x - t * shape->dx) / size;
    place[1] = (y + 0.5 - shape->y - t * shape->dy) / size;
    u = 2 * place[0] / shape->width;
    v = 2 * place[1] / shape->height;
    return shape->is_round ? u * u + v * v < 1 : fabs (u) < 1 && fabs (v) < 1;
}

static void
find_in_background (const Clip *clip, int t, int x, int y, double place[2])
{
    double size = size_at (clip->growth, t);

    place[0] = (x + 0.5 - clip->width / 2.0 - t * clip->dx) / size;
    place[1] = (y + 0.5 - clip->height / 2.0 - t * clip->dy) / size;
}

/* The id at a pixel, and where in what has that id the pixel is. */
static guint
look_up (const Clip *clip, int t, int x, int y, double place[2])
{
    for (guint i = clip->n_shapes; i > 0; i--)
        if (find_in_shape (&clip->shapes[i - 1], t, x, y, place))
            return CLIP_SHAPES + i - 1;
    find_in_background (clip, t, x, y, place);
    return place[1] < 0 ? CLIP_SKY : CLIP_GROUND;
}

/* ---- frames and results -------------------------------------------------------------------- */

void
clip_draw (const Clip *clip, int t, guint8 *rgb, int stride)
{
    for (int y = 0; y < clip->height; y++)
        for (int x = 0; x < clip->width; x++) {
            double place[2];
            guint id = look_up (clip, t, x, y, place);
            gboolean is_shape = id >= CLIP_SHAPES;
            gboolean is_flat = is_shape ? clip->shapes[id - CLIP_SHAPES].is_flat : clip->is_flat;
            guint seed = is_shape ? id * 16 : 0;

            if (clip->cut > 0 && t >= clip->cut)
                seed += 4096;
            for (int c = 0; c < 3; c++) {
                double value = is_flat
                    ? FLAT_LEVEL + (is_shape ? 60 + 20 * c : 0)
                    : texture (clip, place[0], place[1], seed + 4 * c) + (is_shape ? 40 : 0);

                value += clip->noise * (2 * uniform (y * clip->width + x, t, c) - 1);
                rgb[y * stride + 3 * x + c] = CLAMP (value + 0.5, 0, 255);
            }
        }
}

void
clip_label (const Clip *clip, int t, guint8 *map)
{
    double place[2];

    for (int y = 0; y < clip->height; y++)
        for (int x = 0; x < clip->width; x++)
            *map++ = look_up (clip, t, x, y, place);
}

static M2fSegment
make_segment (const Clip *clip, guint id)
{
    const ClipShape *shape = id < CLIP_SHAPES ? NULL : &clip->shapes[id - CLIP_SHAPES];

    return (M2fSegment) {
        .id = id,
        .label_id = shape && shape->label_id > 0 ? shape->label_id : (int) id,
        .label = shape ? "thing" : "stuff",
        .score = 0.9f,
        .is_thing = shape != NULL,
        .query = id,
    };
}

static void
measure (const M2fResult *result, M2fSegment *segment)
{
    int left = result->map_width, top = result->map_height, right = 0, bottom = 0;

    for (int y = 0; y < result->map_height; y++)
        for (int x = 0; x < result->map_width; x++)
            if (result->map[y * result->map_stride + x] == segment->id) {
                segment->area++;
                left = MIN (left, x);
                right = MAX (right, x + 1);
                top = MIN (top, y);
                bottom = y + 1;
            }
    if (segment->area > 0) {
        segment->x = left;
        segment->y = top;
        segment->width = right - left;
        segment->height = bottom - top;
    }
}

M2fResult
clip_result (const Clip *clip, int t)
{
    M2fResult result = {
        .map_width = clip->width,
        .map_height = clip->height,
        .map_stride = clip->width,
        .map_depth = 1,
        .map = g_malloc (clip->width * clip->height),
        .segments = g_new0 (M2fSegment, CLIP_SHAPES + clip->n_shapes),
    };

    clip_label (clip, t, result.map);
    for (guint id = CLIP_SKY; id < CLIP_SHAPES + clip->n_shapes; id++) {
        M2fSegment segment = make_segment (clip, id);

        measure (&result, &segment);
        if (segment.area > 0)
            result.segments[result.n_segments++] = segment;
    }
    return result;
}

void
clip_result_clear (M2fResult *result)
{
    for (int i = 0; i < result->n_segments; i++)
        g_free ((gpointer) result->segments[i].embedding);
    g_free (result->map);
    g_free (result->segments);
    *result = (M2fResult) { 0 };
}

/* ---- a model that is not perfect ----------------------------------------------------------- */

/* Adds a random vector of about this length. */
static void
add_direction (float *embedding, double length, guint a, guint b)
{
    for (int i = 0; i < CLIP_EMBEDDING; i++)
        embedding[i] += (2 * uniform (a, b, i) - 1) * length * sqrt (3.0 / CLIP_EMBEDDING);
}

/* A part that is the class's, one that is the object's, one that is the frame's. */
static float *
embed (const M2fSegment *segment, int t, const ClipModel *model)
{
    float *embedding = g_new0 (float, CLIP_EMBEDDING);

    add_direction (embedding, sqrt (model->likeness), segment->label_id, model->seed);
    add_direction (embedding, sqrt (1 - model->likeness), 1000 + segment->query, model->seed);
    add_direction (embedding, model->noise, 2000 + segment->query, model->seed + 7919 * (t + 1));
    return embedding;
}

static gboolean
is_seen (const M2fSegment *segment, int t, const ClipModel *model)
{
    return !segment->is_thing
        || (segment->area >= model->least_area
            && uniform (segment->query, t, model->seed + 1) >= model->misses);
}

/* Gives the segments other ids and another order; `new_ids` is by old id. */
static void
shuffle (M2fResult *result, guint seed, guint8 new_ids[256])
{
    for (int i = result->n_segments - 1; i > 0; i--) {
        int j = hash (i, seed, 1) % (guint) (i + 1);
        M2fSegment kept = result->segments[i];

        result->segments[i] = result->segments[j];
        result->segments[j] = kept;
    }
    for (int i = 0; i < result->n_segments; i++) {
        new_ids[result->segments[i].id] = i + 1;
        result->segments[i].id = i + 1;
    }
}

M2fResult
clip_see (const Clip *clip, int t, const ClipModel *model)
{
    M2fResult result = clip_result (clip, t);
    guint8 new_ids[256] = { 0 };
    int n = 0;

    for (int i = 0; i < result.n_segments; i++)
        if (is_seen (&result.segments[i], t, model))
            result.segments[n++] = result.segments[i];
    result.n_segments = n;
    for (int i = 0; i < n; i++)
        result.segments[i].embedding = embed (&result.segments[i], t, model);
    shuffle (&result, model->seed + t, new_ids);
    for (int i = 0; i < clip->width * clip->height; i++)
        result.map[i] = new_ids[result.map[i]];
    return result;
}

/* ---- comparison ---------------------------------------------------------------------------- */

double
clip_iou (const guint8 *a, int a_stride, const guint8 *b, int b_stride, int width, int height,
    guint id)
{
    guint64 both = 0, either = 0;

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            gboolean in_a = a[y * a_stride + x] == id;
            gboolean in_b = b[y * b_stride + x] == id;

            both += in_a && in_b;
            either += in_a || in_b;
        }
    return either > 0 ? (double) both / either : 1;
}
