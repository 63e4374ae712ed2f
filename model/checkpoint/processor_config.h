/* Mask2FormerImageProcessor: what processor_config.json or preprocessor_config.json says, checked.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_PROCESSOR_CONFIG_H
#define M2F_PROCESSOR_CONFIG_H

#include <glib.h>
#include <stdbool.h>

/* Filters of transformers' `resample`, numbered as PIL does. */
typedef enum M2fResample {
    M2F_RESAMPLE_NEAREST = 0,
    M2F_RESAMPLE_LANCZOS = 1,
    M2F_RESAMPLE_BILINEAR = 2,
    M2F_RESAMPLE_BICUBIC = 3,
} M2fResample;

typedef enum M2fSizeMode {
    M2F_SIZE_EXACT,   /* {height, width}: aspect not kept */
    M2F_SIZE_EDGES,   /* {shortest_edge, longest_edge}: aspect kept */
    M2F_SIZE_FIT,     /* {max_height, max_width}: the largest that fits, aspect kept */
} M2fSizeMode;

/* transformers' Mask2FormerImageProcessor.  In order: resize, rescale, normalise, pad at
 * the right and bottom with 0.  Sides and edges are at most 8192; image_std and rescale_factor are
 * positive. */
typedef struct M2fProcessorConfig {
    bool do_resize, do_rescale, do_normalize;
    M2fSizeMode size_mode;
    int height, width;               /* EXACT, FIT; else 0 */
    int shortest_edge, longest_edge; /* EDGES, else 0; longest_edge 0 = unbounded */
    int size_divisor;                /* 0 or 1: none.  Sides are stretched up to multiples */
    M2fResample resample;
    double rescale_factor;
    double image_mean[3], image_std[3];
    int pad_height, pad_width;       /* pad_size; 0 = none */
} M2fProcessorConfig;

/* Reads the image_processor of DIR/processor_config.json or, without it, all of
 * DIR/preprocessor_config.json.  Where both are missing the settings are those that
 * Mask2FormerImageProcessor has by default, and `warnings` (char *; may be NULL) gets a line.
 *
 * Takes what transformers 4 and 5 write: `size` as an object, a list [height, width] or the length
 * of the shortest edge (then with max_size, 1333 if missing).  Errors as those of
 * m2f_config_load(); on failure *config holds nothing useful. */
bool m2f_processor_config_load (const char *dir, M2fProcessorConfig *config, GPtrArray *warnings,
    GError **error);

#endif
