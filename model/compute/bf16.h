/* bf16 one at a time, for what need not be fast.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_BF16_H
#define M2F_BF16_H

#include <stdint.h>
#include <string.h>

static inline float
m2f_bf16_to_float (uint16_t x)
{
    const uint32_t bits = (uint32_t) x << 16;
    float f;

    memcpy (&f, &bits, sizeof f);
    return f;
}

/* The nearest one, ties to even; a NaN stays one. */
static inline uint16_t
m2f_bf16_from_float (float x)
{
    uint32_t bits;

    memcpy (&bits, &x, sizeof bits);
    if (x != x)
        return (uint16_t) (bits >> 16 | 0x40);
    return (uint16_t) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#endif
