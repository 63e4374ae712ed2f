/* Made by loss_expected.py.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
static const struct {
    const char *name;
    int points;
    double oversample, importance;
    double no_object, class, mask, dice; /* weights */
    int segments[3];      /* of the three pictures */
    double terms[2][3];   /* of the output and of the first prediction: cross entropy,
                           * mask, dice */
} expected[] = {
    { "plain", 100, 3.0, 0.75, 0.1, 2.0, 5.0, 5.0,
        { 3, 2, 4 },
        { { 16.308805, 5.7012486, 4.2215762 },
          { 14.460657, 5.1220846, 4.2455502 } } },
    { "few points", 7, 1.5, 0.4, 0.5, 1.0, 0.5, 3.0,
        { 1, 1, 1 },
        { { 9.7456903, 0.5848183, 2.3401742 },
          { 6.1519022, 0.72819728, 1.5497904 } } },
    { "all random", 64, 2.0, 0.0, 0.0, 2.0, 5.0, 5.0,
        { 5, 3, 2 },
        { { 14.584253, 9.408433, 4.4268432 },
          { 11.476235, 12.378856, 4.3011708 } } },
    { "more segments than queries", 50, 3.0, 1.0, 0.1, 2.0, 5.0, 5.0,
        { 9, 1, 6 },
        { { 9.9230652, 2.8257041, 2.9762712 },
          { 14.857041, 4.1849523, 2.9345579 } } },
    { "dense", 988, 1.0, 0.0, 0.1, 2.0, 5.0, 5.0,
        { 3, 2, 4 },
        { { 16.14926, 10.226416, 4.4396982 },
          { 12.424229, 10.808233, 4.3022499 } } },
};
