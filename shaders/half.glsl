/* Numbers in fp16, two in a word: no storage extension needed.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Numbers beyond fp16 become the greatest half; what is infinite or NaN stays so. */
vec4
saturate (vec4 x)
{
    const uint GREATEST = 0x477fe000u, INFINITE = 0x7f800000u;
    uvec4 sign = floatBitsToUint (x) & 0x80000000u, size = floatBitsToUint (x) ^ sign;
    bvec4 beyond = lessThan (size - (GREATEST + 1u), uvec4 (INFINITE - (GREATEST + 1u)));

    return mix (x, uintBitsToFloat (sign | GREATEST), beyond);
}

uint
halves_of (float x, float y)
{
    return packHalf2x16 (saturate (vec4 (x, y, 0.0, 0.0)).xy);
}

uvec2
halves_of (vec4 x)
{
    vec4 four = saturate (x);

    return uvec2 (packHalf2x16 (four.xy), packHalf2x16 (four.zw));
}

vec4
floats_of (uvec2 halves)
{
    return vec4 (unpackHalf2x16 (halves.x), unpackHalf2x16 (halves.y));
}

/* Element `index` of an array, given the word that it is in. */
float
half_in (uint word, int index)
{
    vec2 pair = unpackHalf2x16 (word);

    return (index & 1) == 0 ? pair.x : pair.y;
}
