/* Filters of bytes in integers: a value half-way between two steps rounds alike everywhere.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * torchvision's weights have 22 bits behind the point at most, and those of a Lanczos filter's
 * positive taps add up to less than 2: 255 times that stays below 2^31.
 */
const int FIXED_BITS = 22;

int
fixed_weight (float weight)
{
    return int (roundEven (weight * float (1 << FIXED_BITS)));
}

ivec3
fixed_byte (ivec3 sum)
{
    return clamp (sum + (1 << FIXED_BITS - 1) >> FIXED_BITS, 0, 255);
}
