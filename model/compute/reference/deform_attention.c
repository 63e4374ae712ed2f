/* Multi-scale deformable attention (transformers: multi_scale_deformable_attention).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/plan.h"
#include "model/compute/reference/reference.h"

#include <math.h>

/* One head of the tokens of one level of `value`. */
typedef struct Map {
    const M2fTensor *value;
    int batch, first_token, first_channel;
    int height, width;
} Map;

/* Channel `c` of the pixel at (y, x), zero outside. */
static double
texel (const Map *map, double y, double x, int c)
{
    if (y < 0 || y >= map->height || x < 0 || x >= map->width)
        return 0;

    int token = map->first_token + (int) y * map->width + (int) x;

    return ref_token (map->value, map->batch, token)[map->first_channel + c];
}

/* grid_sample (mode="bilinear", padding_mode="zeros", align_corners=False) in pixels. */
static double
sample (const Map *map, double y, double x, int c)
{
    if (!isfinite (y) || !isfinite (x))
        return NAN;

    double y0 = floor (y), x0 = floor (x);
    double dy = y - y0, dx = x - x0;

    return (1 - dy) * ((1 - dx) * texel (map, y0, x0, c) + dx * texel (map, y0, x0 + 1, c))
        + dy * ((1 - dx) * texel (map, y0 + 1, x0, c) + dx * texel (map, y0 + 1, x0 + 1, c));
}

/* Channel `c` of a head of a token whose reference point is (ref_y, ref_x) in 0..1. */
static double
attend (const M2fDeformAttention *args, int b, int token, int head, int c, double ref_y,
    double ref_x, const double *weight)
{
    int head_size = args->dst.ne[3] / args->heads;
    const float *offset = ref_token (&args->offsets, b, token)
        + (gsize) head * args->levels * args->points * 2;
    Map map = { .value = &args->value, .batch = b, .first_channel = head * head_size };
    double sum = 0;

    for (int l = 0; l < args->levels; l++) {
        map.height = args->level[l].height;
        map.width = args->level[l].width;
        for (int p = 0; p < args->points; p++) {
            int i = l * args->points + p;
            double x = ref_x * map.width + offset[2 * i] - 0.5;
            double y = ref_y * map.height + offset[2 * i + 1] - 0.5;

            sum += weight[i] * sample (&map, y, x, c);
        }
        map.first_token += map.height * map.width;
    }
    return sum;
}

static void
attend_token (const M2fDeformAttention *args, int b, int token, double ref_y, double ref_x,
    double *weight)
{
    int head_size = args->dst.ne[3] / args->heads;
    int samples = args->levels * args->points;

    for (int head = 0; head < args->heads; head++) {
        for (int i = 0; i < samples; i++)
            weight[i] = ref_token (&args->weights, b, token)[head * samples + i];
        m2f_reference_softmax (weight, samples);
        for (int c = 0; c < head_size; c++)
            ref_store (&args->dst, (int64_t) b * args->dst.ne[2] + token, head * head_size + c,
                attend (args, b, token, head, c, ref_y, ref_x, weight));
    }
}

void
m2f_reference_deform_attention (M2fPlan *plan, const M2fDeformAttention *args)
{
    g_autofree double *weight
        = ref_alloc (plan, (gsize) args->levels * args->points, sizeof *weight);
    M2fBuffer room = { 0 };
    M2fDeformAttention wide = *args;

    wide.value = ref_widen (plan, &args->value, &room);
    for (int b = 0; b < args->dst.ne[0] && !m2f_plan_failed (plan); b++) {
        int token = 0;

        for (int l = 0; l < args->levels; l++)
            for (int y = 0; y < args->level[l].height; y++)
                for (int x = 0; x < args->level[l].width; x++)
                    attend_token (&wide, b, token++, (y + 0.5) / args->level[l].height,
                        (x + 0.5) / args->level[l].width, weight);
    }
    g_free (room.host);
}
