/* Pairs rows with columns so that the sum of their values is largest.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_ASSIGNMENT_H
#define M2F_ASSIGNMENT_H

/* `values` has rows x columns finite numbers, row by row.  Sets column_of[row] to the column that a
 * row is paired with, or to -1.  No two rows get the same column, and no pair has a value of 0 or
 * less.  Exact, in time rows x columns x the smaller of both. */
void m2f_assign (const double *values, int rows, int columns, int *column_of);

#endif
