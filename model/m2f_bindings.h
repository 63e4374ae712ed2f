/* libmask2former for other languages: types that can be copied, objects on the heap.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The introspection data (Mask2Former-0.typelib) is made of this header and m2f.h.  C programs
 * need it only where they keep results on the heap.
 */
#ifndef M2F_BINDINGS_H
#define M2F_BINDINGS_H

#include "m2f.h"

G_BEGIN_DECLS

GType m2f_image_get_type (void);
GType m2f_model_get_type (void);
GType m2f_params_get_type (void);
GType m2f_result_get_type (void);
GType m2f_segment_get_type (void);
GType m2f_session_get_type (void);
GType m2f_tracker_get_type (void);

/**
 * m2f_image_new_from_bytes:
 * @format: a format of one plane: RGB and its like, GRAY8, YUY2 or UYVY
 * @width: pixels
 * @height: pixels
 * @stride: bytes from row to row, at least a row's bytes
 * @bytes: the pixels; the image holds a reference
 * @error: %M2F_ERROR_ARGUMENT
 *
 * Makes an image on the heap, mostly for other languages; C programs fill in a #M2fImage.
 *
 * Returns: (transfer full): the image, or %NULL if @bytes is too short or an argument makes no
 * sense
 */
M2fImage *m2f_image_new_from_bytes (M2fFormat format, int width, int height, int stride,
    GBytes *bytes, GError **error);
/**
 * m2f_image_free:
 * @image: (transfer full) (nullable): an image of m2f_image_new_from_bytes()
 */
void m2f_image_free (M2fImage *image);

/**
 * m2f_model_load_path:
 * @path: checkpoint directory
 * @device: (nullable): as in #M2fLoadOptions
 * @precision: (nullable): as in #M2fLoadOptions
 * @threads: as in #M2fLoadOptions
 * @error: what is wrong with the checkpoint, the options or the device
 *
 * m2f_model_load() for languages that cannot fill in a struct of strings.
 *
 * Returns: (transfer full): the model, or %NULL
 */
M2fModel *m2f_model_load_path (const char *path, const char *device, const char *precision,
    int threads, GError **error);

/**
 * m2f_params_new:
 * @model: the model that is to run
 *
 * Returns: (transfer full): parameters on the heap, as m2f_params_init() sets them
 */
M2fParams *m2f_params_new (const M2fModel *model);
/**
 * m2f_params_free:
 * @params: (transfer full) (nullable): parameters of m2f_params_new()
 */
void m2f_params_free (M2fParams *params);

/**
 * m2f_result_new:
 *
 * Returns: (transfer full): an empty result on the heap
 */
M2fResult *m2f_result_new (void);
/**
 * m2f_result_copy:
 * @result: a result that m2f_session_run() or m2f_model_postprocess() filled, or an empty one
 *
 * Where there is no memory for the label map or for the masks of the segments, the copy has none.
 *
 * Returns: (transfer full): a copy on the heap that shares nothing with @result
 */
M2fResult *m2f_result_copy (const M2fResult *result);
/**
 * m2f_result_free:
 * @result: (transfer full) (nullable): a result of m2f_result_new() or m2f_result_copy()
 */
void m2f_result_free (M2fResult *result);
/**
 * m2f_result_get_segment:
 * @result: a result
 * @index: less than n_segments
 *
 * For languages that cannot index #M2fResult.segments.  There, the segment is a copy without
 * embedding and mask.
 *
 * Returns: (transfer none) (nullable): the segment, or %NULL if there is none of that index
 */
const M2fSegment *m2f_result_get_segment (const M2fResult *result, int index);
/**
 * m2f_result_get_map:
 * @result: a result
 *
 * Returns: (transfer full): a copy of the label map, map_stride x map_height bytes; none if there
 *   is no memory for them
 */
GBytes *m2f_result_get_map (const M2fResult *result);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fImage, m2f_image_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fParams, m2f_params_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fResult, m2f_result_free)

G_END_DECLS

#endif
