/* What moves in front of a still camera, as a result: no network, but as good as one for this.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TESTS_BENCH_MOVING_H
#define M2F_TESTS_BENCH_MOVING_H

#include <gst/video/video.h>

#include "model/m2f.h"

typedef struct Moving Moving;

Moving *moving_new (void);
void moving_free (Moving *moving);

/* Takes a frame, whose first plane is luma, into account for the empty scene: the median of all. */
void moving_learn (Moving *moving, const GstVideoFrame *frame);

/* Finds what differs from the empty scene: every connected part of enough pixels is a thing, the
 * rest is one segment of stuff. The result belongs to `moving`, until the next. */
M2fResult moving_find (Moving *moving, const GstVideoFrame *frame);

#endif
