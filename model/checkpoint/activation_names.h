/* The names that transformers gives to activations.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_ACTIVATION_NAMES_H
#define M2F_ACTIVATION_NAMES_H

#include "model/checkpoint/json.h"
#include "model/compute/activation.h"

/* The activation that a config names, `missing` if it names none.  M2F_ERROR_UNSUPPORTED, with a
 * list of the names, for one that is not known or has parameters of its own. */
M2fActivation m2f_activation_read (M2fJson *json, const char *key, M2fActivation missing);

#endif
