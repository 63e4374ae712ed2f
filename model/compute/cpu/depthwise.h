/* Depthwise convolution of rows of pixels: what depthwise_conv and inverted_residual share.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_CPU_DEPTHWISE_H
#define M2F_CPU_DEPTHWISE_H

#include "model/compute/compute.h"

/* Rows of outputs that are computed together, and the rows of the source that they are made of. */
#define CPU_BAND_ROWS 2
#define CPU_BAND_LINES(kernel, stride) ((CPU_BAND_ROWS - 1) * (stride) + (kernel))
#define CPU_MAX_BAND_LINES CPU_BAND_LINES (5, 2)

/* The layer, and where pixels lie.  Steps are in bytes, from pixel to pixel. */
typedef struct CpuDepthwise {
    int kernel, stride;
    int channels;
    const float *weight; /* packed; it starts with that of a whole vector of channels */
    const float *bias;   /* NULL if there is none */
    float least, most;   /* the activation: results are clamped to these */
    M2fType src_type, dst_type;
    ptrdiff_t src_step, dst_step;
    int src_width, dst_width;
    char *zeros; /* a row of pixels of the source, for what lies beyond the map */
} CpuDepthwise;

/* The first pixels of rows. */
typedef struct CpuBand {
    const char *line[CPU_MAX_BAND_LINES]; /* `zeros` beyond the edges of the map */
    char *out[CPU_BAND_ROWS]; /* all but the first NULL if the result has no such row */
} CpuBand;

/* Computes a band of outputs. */
typedef void (*CpuDepthwiseFunc) (const CpuDepthwise *layer, const CpuBand *band);

#endif
