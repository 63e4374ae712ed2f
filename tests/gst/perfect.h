/* A perfect model that takes as long as the test says, in place of gst/analyser.c.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It finds what frame t of a clip shows, t being the threshold of the job, in the size of the
 * frame.  Each run waits for a permit to end.
 */
#ifndef M2F_TESTS_GST_PERFECT_H
#define M2F_TESTS_GST_PERFECT_H

#include "tests/clip/clip.h"

/* Sets what there is to be found; no run has begun, and none may end.  The clip is not copied. */
void perfect_start (const Clip * clip);

/* Lets the numbers of all runs overflow until the next start: nothing is found. */
void perfect_overflow (void);

/* True unless the newest model was asked for on the CPU. */
gboolean perfect_is_on_gpu (void);

/* Lets the device refuse all preparations (0) or runs (1) of models that were not asked for on the
 * CPU. */
void perfect_refuse (gint what);

/* Lets a number of runs end. */
void perfect_permit (gint runs);

/* Number of runs that have begun. */
gint perfect_begun (void);

/* Waits until the nth run has begun; what was found in those before can be taken then. */
void perfect_wait_begun (gint n);

/* Lets the model finish with one frame, and waits until it is at the one that waits. */
void perfect_finish_run (void);

#endif
