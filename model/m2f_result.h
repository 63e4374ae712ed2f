/* libmask2former: what a run finds.  Programs include m2f.h.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_PUBLIC_RESULT_H
#define M2F_PUBLIC_RESULT_H

#include "m2f_types.h"

G_BEGIN_DECLS

/**
 * M2fSegment:
 * @id: value in the label map
 * @label_id: number of the class
 * @label: name of the class; valid as long as the process runs
 * @score: 0..1; 1 for semantic segments; with %M2F_POSTPROCESS_PAPER the best of those fused
 * @area: pixels of the label map
 * @x: left edge of the tight box, in pixels of the label map
 * @y: top edge of the tight box
 * @width: width of the tight box
 * @height: height of the tight box
 * @is_thing: true for a countable object, false for stuff
 * @was_fused: true if it was merged from several masks of its class
 * @query: number of the query it came from (the first, if fused); -1 for semantic segments
 * @embedding: (nullable): m2f_model_embedding_size() floats, the decoder's output for the query
 * after the shared norm; %NULL for semantic segments; owned by the result
 * @mask: (nullable): map_width x map_height bytes 0 or 1 if binary_maps was set; that of an
 * instance is as it was before others were painted over it; owned by the result
 * @track_id: number of the object in its stream, from m2f_tracker_update(); 0 if it is not tracked
 *
 * One segment of a picture.
 */
typedef struct M2fSegment {
    int id;
    int label_id;
    const char *label;
    float score;
    int64_t area;
    int x, y, width, height;
    gboolean is_thing;
    gboolean was_fused;
    int query;
    const float *embedding;
    const uint8_t *mask;
    uint64_t track_id;
    /*< private >*/
    gpointer reserved[3];
} M2fSegment;

/**
 * M2fTimings:
 *
 * Milliseconds that the stages of a run took.
 */
typedef struct M2fTimings {
    double preprocess, backbone, pixel_decoder, decoder, postprocess, total;
} M2fTimings;

/**
 * M2fResult:
 * @map_width: pixels
 * @map_height: pixels
 * @map_stride: bytes from row to row
 * @map_depth: bytes per pixel: 1, or 2 in the machine's byte order
 * @map: (array): the label map: ids of segments; m2f_result_id() reads a pixel.
 * %M2F_POSTPROCESS_PAPER: 0 is void, segments count from 1 without gaps, panoptic ones in the
 * order of queries, instances best first, semantic ones by class.
 * %M2F_POSTPROCESS_TRANSFORMERS: its ids, classes for semantic; void is 0 for panoptic and
 * M2F_NO_SEGMENT() where transformers writes -1
 * @all_void: with %M2F_POSTPROCESS_TRANSFORMERS, true if panoptic kept no segment; its map is -1
 * everywhere
 * @segments: n_segments of them, in the order transformers lists them;
 * %M2F_POSTPROCESS_PAPER: by id
 * @n_segments: number of segments
 * @non_finite: true if the network's output has infinite numbers or NaN, from weights that are too
 * large or damaged; segments and map then mean nothing
 * @timings: how long the stages took
 *
 * What a run found.  Start from { 0 }; later runs reuse the memory and grow it as needed.
 *
 * A result belongs to nobody but its holder: it may outlive the session and the model, and may be
 * moved by assignment, also to another thread.  The origin is then set to { 0 } (or not used any
 * more), as two copies must not both be cleared.  The session may run into another meanwhile.
 */
typedef struct M2fResult {
    int map_width, map_height;
    int map_stride;
    int map_depth;
    uint8_t *map;
    gboolean all_void;
    M2fSegment *segments;
    int n_segments;
    gboolean non_finite;
    M2fTimings timings;
    /*< private >*/
    size_t map_capacity;
    GArray *segment_array;
    GArray *embeddings;
    GByteArray *masks;
    gpointer reserved[4];
} M2fResult;

/**
 * M2F_NO_SEGMENT:
 * @result: a result
 *
 * The label map's value for transformers' -1: all bits set.
 */
#define M2F_NO_SEGMENT(result) ((result)->map_depth == 1 ? 0xff : 0xffff)

/**
 * m2f_result_id:
 * @result: a result
 * @x: column of the label map
 * @y: row of the label map
 *
 * Returns: the id of the segment at a pixel of the label map, or its value for void: 0, or -1 where
 * transformers writes -1
 */
static inline int
m2f_result_id (const M2fResult *result, int x, int y)
{
    const uint8_t *row = result->map + (size_t) y * (size_t) result->map_stride;
    int id = result->map_depth == 1 ? row[x] : ((const uint16_t *) (const void *) row)[x];

    return id == M2F_NO_SEGMENT (result) ? -1 : id;
}

/**
 * m2f_result_label_map: (skip)
 * @result: a result
 *
 * Returns: its label map, valid until the result changes
 */
static inline M2fLabelMap
m2f_result_label_map (const M2fResult *result)
{
    M2fLabelMap map;

    map.data = result->map;
    map.width = result->map_width;
    map.height = result->map_height;
    map.stride = result->map_stride;
    map.depth = result->map_depth;
    map.reserved[0] = map.reserved[1] = NULL;
    return map;
}

/**
 * m2f_result_clear:
 * @result: (nullable): a result
 *
 * Frees what the result holds and sets it to { 0 }.
 */
void m2f_result_clear (M2fResult *result);
/**
 * m2f_result_rle:
 * @result: a result
 * @id: id of a segment, or -1 for M2F_NO_SEGMENT()
 *
 * transformers' return_coco_annotation of one id.
 *
 * Returns: (transfer full) (element-type int): start and length of each run of pixels, row by row;
 * the first pixel is 1
 */
GArray *m2f_result_rle (const M2fResult *result, int id);
/**
 * m2f_result_to_json:
 * @result: a result
 *
 * Returns: (transfer full): the result without the label map as one JSON object
 */
char *m2f_result_to_json (const M2fResult *result);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (M2fResult, m2f_result_clear)

G_END_DECLS

#endif
