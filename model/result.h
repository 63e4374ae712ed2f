/* Filling a M2fResult.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_RESULT_H
#define M2F_RESULT_H

#include <stdbool.h>

#include "model/m2f.h"

/* Empties the result and gives it a map of that size, its content undefined.  Without memory the
 * result has no map; one of no pixels is always had. */
bool m2f_result_begin (M2fResult *result, int width, int height, int depth, GError **error);
/* Appends a segment; `embedding` (size floats, copied) may be NULL.  The segment is valid until the
 * next one. */
M2fSegment *m2f_result_add (M2fResult *result, const float *embedding, int size);
/* Segment `index`, while they are added. */
M2fSegment *m2f_result_segment (M2fResult *result, int index);
/* Makes room for one binary map per segment and returns the first; the others follow.  NULL if
 * there is no memory. */
uint8_t *m2f_result_add_masks (M2fResult *result, GError **error);
/* Points the segments at what they own.  Nothing may be added afterwards. */
void m2f_result_end (M2fResult *result);
/* Adds 1 to every id: transformers' void, -1, becomes 0. */
void m2f_result_count_from_one (M2fResult *result);

#endif
