/* The constants of an input size, computed once for all sessions of a model.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * They are as large as many an activation: 30 MB for a small backbone at 384 x 384.  Any thread may
 * take and release them.
 */
#ifndef M2F_SHARED_CONSTANTS_H
#define M2F_SHARED_CONSTANTS_H

#include "model/network/network.h"

typedef struct M2fSharedConstants M2fSharedConstants;

M2fSharedConstants *m2f_shared_constants_new (const M2fNetwork *network);
/* Everything was released.  Accepts NULL. */
void m2f_shared_constants_free (M2fSharedConstants *shared);

/* The constants for pixel_values of height x width, which are computed unless a session has them.
 * NULL with M2F_ERROR_DEVICE if the device does not hold them. */
const M2fSizeConstants *m2f_shared_constants_take (M2fSharedConstants *shared, int height,
    int width, GError **error);
/* Gives them back; the last user frees them.  Sets the pointer to NULL; accepts one to NULL. */
void m2f_shared_constants_release (M2fSharedConstants *shared,
    const M2fSizeConstants **constants);

#endif
