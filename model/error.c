/* The library's error domain.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/m2f.h"

G_DEFINE_QUARK (m2f-error-quark, m2f_error)
