/* M2fActivation, after push.h and common.glsl.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
float
activate (int activation, float x)
{
    switch (activation) {
    case PUSH_RELU:
        return x < 0.0 ? 0.0 : x; /* NaN stays NaN, which max() does not promise */
    case PUSH_RELU6:
        return x < 0.0 ? 0.0 : x > 6.0 ? 6.0 : x;
    case PUSH_GELU:
        return 0.5 * x * (1.0 + erf_approx (x * 0.70710678118654752));
    default:
        return x;
    }
}
