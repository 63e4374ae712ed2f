/* Run-length encoded masks as COCO has them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Columns follow one another, left to right and each from its top.  Lengths of runs of pixels
 * outside and inside the mask take turns; the first run is outside and may be empty.
 */
#ifndef M2F_RLE_H
#define M2F_RLE_H

#include <stdbool.h>

#include "model/m2f.h"
#include "model/postprocess/list.h"

/* Most pixels of a mask. */
#define M2F_RLE_MAX_PIXELS (1 << 28)

typedef struct M2fRle {
    int width, height;
    M2fList runs; /* uint32_t, which add up to width x height */
} M2fRle;

/* NULL if there is no memory, as everywhere here; functions with an error set it then. */
M2fRle *m2f_rle_from_map (const M2fLabelMap *map, int id);
/* Reads the compressed text.  M2F_ERROR_FORMAT. */
M2fRle *m2f_rle_from_text (const char *text, int width, int height, GError **error);
/* Takes runs as COCO's JSON has them where they are not compressed.  M2F_ERROR_FORMAT. */
M2fRle *m2f_rle_from_runs (const int64_t *runs, size_t n, int width, int height, GError **error);
/* The pixels in a polygon of n corners, x and y in turns, by the rules of pycocotools' annToRLE().
 * M2F_ERROR_FORMAT if a coordinate is not finite or far outside the picture. */
M2fRle *m2f_rle_from_polygon (const double *points, size_t n, int width, int height,
    GError **error);
/* Accepts NULL. */
void m2f_rle_free (M2fRle *rle);

/* Free with g_free().  NULL if there is no memory. */
char *m2f_rle_to_text (const M2fRle *rle);
/* Writes width x height bytes 0 or 1, row by row. */
void m2f_rle_write_mask (const M2fRle *rle, uint8_t *mask);
int64_t m2f_rle_area (const M2fRle *rle);
/* Pixels that are in both; the masks are of one size. */
int64_t m2f_rle_common (const M2fRle *a, const M2fRle *b);
/* The mask of the pixels that are in one or both; the masks are of one size.  NULL if there is no
 * memory. */
M2fRle *m2f_rle_union (const M2fRle *a, const M2fRle *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fRle, m2f_rle_free)

#endif
