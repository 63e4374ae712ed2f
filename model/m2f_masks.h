/* libmask2former: masks as text and as outlines.  Programs include m2f.h.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_MASKS_H
#define M2F_MASKS_H

#include "m2f_types.h"

G_BEGIN_DECLS

/**
 * m2f_label_map_rle: (skip)
 * @map: a label map
 * @id: id of a segment
 *
 * The pixels of a segment as COCO's compressed run-length encoding, the "counts" that pycocotools
 * writes and reads; its "size" is [height, width].
 *
 * Returns: (transfer full) (nullable): the counts, printable ASCII.  %NULL if there is no memory
 */
char *m2f_label_map_rle (const M2fLabelMap *map, int id);
/**
 * m2f_rle_to_mask: (skip)
 * @counts: COCO's compressed run-length encoding of a mask
 * @width: pixels
 * @height: pixels
 * @mask: (out caller-allocates): width x height bytes, 0 or 1, row by row
 * @error: %M2F_ERROR_FORMAT says what is wrong with the counts
 *
 * Decodes what m2f_label_map_rle() or pycocotools encoded.  Whatever the counts are, nothing is
 * written beside the mask.
 *
 * Returns: %FALSE if the counts do not make up a mask of this size
 */
gboolean m2f_rle_to_mask (const char *counts, int width, int height, uint8_t *mask,
    GError **error);

/**
 * M2fRing:
 * @is_hole: true if the ring surrounds pixels that are not in the mask
 * @n_points: number of corners, at least 3; the last is joined with the first
 * @points: x and y of each corner in turns; whole numbers are corners of pixels
 *
 * A closed line between pixels.
 */
typedef struct M2fRing {
    gboolean is_hole;
    int n_points;
    int *points;
} M2fRing;

/**
 * m2f_label_map_polygons: (skip)
 * @map: a label map
 * @id: id of a segment
 * @tolerance: pixels by which corners that are left out may lie beside the line; 0 keeps all
 *
 * The outlines of a segment.  Every part whose pixels hang together by their sides has an outer
 * ring, clockwise, followed by the rings of its holes, anticlockwise.  Small parts and holes are
 * kept whatever the tolerance.
 *
 * Returns: (transfer full) (nullable) (element-type M2fRing): the rings; g_ptr_array_unref() frees
 * all.  %NULL if there is no memory
 */
GPtrArray *m2f_label_map_polygons (const M2fLabelMap *map, int id, double tolerance);
/**
 * m2f_polygons_to_mask: (skip)
 * @rings: (element-type M2fRing): rings of any number of corners, which may lie anywhere
 * @width: pixels
 * @height: pixels
 * @mask: (out caller-allocates): width x height bytes, 0 or 1, row by row
 *
 * Marks the pixels whose middles an odd number of rings surrounds: the inverse of
 * m2f_label_map_polygons() with tolerance 0.
 */
void m2f_polygons_to_mask (const GPtrArray *rings, int width, int height, uint8_t *mask);

G_END_DECLS

#endif
