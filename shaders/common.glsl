/* Shared by several shaders: sizes that do not depend on the subgroup, torch's coordinates.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#extension GL_GOOGLE_include_directive : require

/* Workgroups of a dispatch whose y counts rows of x: more than maxComputeWorkGroupCount[0]. */
uint
flat_group ()
{
    return gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x;
}

/* The least float: exp (LEAST - x) is 0 or 1 and never NaN for any finite x. */
const float LEAST = -3.4028234e38;

/* Whether a number is infinite or NaN; by its bits, as shader compilers may assume that none is. */
bool
is_wild (float x)
{
    return (floatBitsToUint (x) & 0x7f800000u) == 0x7f800000u;
}

/* Adds a number to a sum that is too large by `excess` (Kahan's summation): the thousands of pixels
 * of a mask that is unsure everywhere are otherwise rounded the same way every time. */
void
add_exactly (inout float sum, inout float excess, float number)
{
    precise float wanted = number - excess, after = sum + wanted, rounded = after - sum;

    precise float more = rounded - wanted;
    excess = more;
    sum = after;
}

float
sigmoid (float x)
{
    return 1.0 / (1.0 + exp (-x));
}

/* Abramowitz and Stegun 7.1.26 gives 1.5e-7, which float32 cannot tell from exact here. */
float
erf_approx (float x)
{
    float a = abs (x), t = 1.0 / (1.0 + 0.3275911 * a);
    float y = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t
        + 0.254829592) * t;

    return sign (x) * (1.0 - y * exp (-a * a));
}

/* model/compute/bilinear.h: an output sample is (1 - w1) * in[i0] + w1 * in[i1]. */
struct Bilinear {
    int i0, i1;
    float w1;
};

Bilinear
bilinear (int dst, int size_in, int size_out)
{
    precise float scale = float (size_in) / float (size_out);
    precise float at = max (fma (scale, float (dst) + 0.5, -0.5), 0.0);
    Bilinear b;

    b.i0 = min (int (at), size_in - 1);
    b.i1 = min (b.i0 + 1, size_in - 1);
    b.w1 = min (at - float (b.i0), 1.0);
    return b;
}

int
nearest (int dst, int size_in, int size_out)
{
    precise float scale = float (size_in) / float (size_out);

    return min (int (float (dst) * scale), size_in - 1);
}
