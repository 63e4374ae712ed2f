/* The batches that sessions of a model share.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/batches.h"

M2fBatches *
m2f_batches_new (void)
{
    M2fBatches *batches = g_new0 (M2fBatches, 1);

    batches->shared = g_ptr_array_new ();
    g_mutex_init (&batches->lock);
    return batches;
}

void
m2f_batches_free (M2fBatches *batches)
{
    if (!batches)
        return;
    g_assert (batches->shared->len == 0);
    g_ptr_array_unref (batches->shared);
    g_mutex_clear (&batches->lock);
    g_free (batches);
}

void
m2f_batches_note (M2fBatches *batches, int n_pictures)
{
    g_mutex_lock (&batches->lock);
    batches->largest = MAX (batches->largest, n_pictures);
    g_mutex_unlock (&batches->lock);
}

int
m2f_batches_largest (M2fBatches *batches)
{
    g_mutex_lock (&batches->lock);
    const int largest = batches->largest;
    g_mutex_unlock (&batches->lock);
    return largest;
}
