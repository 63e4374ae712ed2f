/* fp16 one at a time, for what need not be fast.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_HALF_H
#define M2F_HALF_H

#include <math.h>
#include <stdint.h>

#define M2F_GREATEST_HALF 65504

static inline float
m2f_half_to_float (uint16_t x)
{
    const int exponent = x >> 10 & 31, fraction = x & 0x3ff;
    const float size = exponent == 31 ? (fraction ? NAN : INFINITY)
        : exponent == 0               ? ldexpf ((float) fraction, -24)
                                      : ldexpf ((float) (fraction | 0x400), exponent - 25);

    return x & 0x8000 ? -size : size;
}

/* The nearest one, ties to even, of a finite number; beyond the greatest there is that one. */
static inline uint16_t
m2f_half_from_float (float value)
{
    union { float f; uint32_t u; } in = { value }, magic = { 0 };
    uint32_t sign = in.u >> 16 & 0x8000, bits = in.u & 0x7fffffff;

    if (bits >= 0x477ff000) /* would round to infinity */
        return (uint16_t) (sign | 0x7bff);
    if (bits < 0x38800000) { /* subnormal: let the adder round */
        magic.u = (uint32_t) (127 - 15 + 23 - 10 + 1) << 23;
        in.u = bits;
        in.f += magic.f;
        return (uint16_t) (sign | (in.u - magic.u));
    }
    bits += 0xc8000fff + (bits >> 13 & 1);
    return (uint16_t) (sign | bits >> 13);
}

#endif
