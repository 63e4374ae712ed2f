/* The batches that sessions of a model share.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_BATCHES_H
#define M2F_BATCHES_H

#include <glib.h>

typedef struct M2fBatches {
    GMutex lock;
    GPtrArray *shared; /* M2fBatch */
    int largest;       /* number of pictures in the largest that was computed so far */
} M2fBatches;

M2fBatches *m2f_batches_new (void);
/* All batches have been left; accepts NULL. */
void m2f_batches_free (M2fBatches *batches);
/* Takes note that pictures were computed together. */
void m2f_batches_note (M2fBatches *batches, int n_pictures);
int m2f_batches_largest (M2fBatches *batches);

#endif
