/* Pairs rows with columns so that the sum of their values is largest.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The Hungarian method with shortest augmenting paths (Kuhn, "The Hungarian method for the
 * assignment problem", 1955; Jonker and Volgenant, "A shortest augmenting path algorithm for dense
 * and sparse linear assignment problems", 1987).
 */
#include "model/tracking/assignment.h"

#include <glib.h>
#include <math.h>
#include <stdbool.h>

/* Every row gets a column, at the least sum of costs; there are at least as many columns.  Rows and
 * columns count from 1 here: 0 stands for none. */
typedef struct Problem {
    const double *values;
    int rows, columns;
    bool transposed;      /* values are columns x rows */
    double *row_price;
    double *column_price;
    int *row_of;          /* of a column */
    double *distance;     /* of a column from the path's start */
    int *previous;        /* column before a column on its path */
    bool *done;           /* the distance of the column is final */
} Problem;

/* What is worth nothing costs nothing, so that leaving a row alone and such a pair are one. */
static double
cost (const Problem *p, int row, int column)
{
    double value = p->transposed ? p->values[(size_t) (column - 1) * p->rows + (row - 1)]
                                 : p->values[(size_t) (row - 1) * p->columns + (column - 1)];

    return -MAX (value, 0);
}

/* Extends the path by a column: updates the distances of the others, and returns the nearest. */
static int
extend (Problem *p, int column)
{
    const int row = p->row_of[column];
    double least = INFINITY;
    int nearest = 0;

    p->done[column] = true;
    for (int c = 1; c <= p->columns; c++) {
        if (p->done[c])
            continue;
        double d = cost (p, row, c) - p->row_price[row] - p->column_price[c];
        if (d < p->distance[c]) {
            p->distance[c] = d;
            p->previous[c] = column;
        }
        if (p->distance[c] < least) {
            least = p->distance[c];
            nearest = c;
        }
    }
    for (int c = 0; c <= p->columns; c++)
        if (p->done[c]) {
            p->row_price[p->row_of[c]] += least;
            p->column_price[c] -= least;
        } else {
            p->distance[c] -= least;
        }
    return nearest;
}

/* Gives a row a column, moving others to new columns along the shortest augmenting path. */
static void
insert (Problem *p, int row)
{
    int column = 0;

    for (int c = 0; c <= p->columns; c++) {
        p->distance[c] = INFINITY;
        p->done[c] = false;
    }
    p->row_of[0] = row;
    do
        column = extend (p, column);
    while (p->row_of[column] != 0);
    for (; column != 0; column = p->previous[column])
        p->row_of[column] = p->row_of[p->previous[column]];
}

static void
solve (Problem *p)
{
    const size_t columns = (size_t) p->columns + 1;
    g_autofree double *row_price = g_new0 (double, (size_t) p->rows + 1);
    g_autofree double *column_price = g_new0 (double, columns);
    g_autofree double *distance = g_new (double, columns);
    g_autofree int *previous = g_new0 (int, columns);
    g_autofree bool *done = g_new (bool, columns);

    p->row_price = row_price;
    p->column_price = column_price;
    p->distance = distance;
    p->previous = previous;
    p->done = done;
    for (int row = 1; row <= p->rows; row++)
        insert (p, row);
}

void
m2f_assign (const double *values, int rows, int columns, int *column_of)
{
    const bool transposed = rows > columns;
    g_autofree int *row_of = g_new0 (int, (size_t) MAX (rows, columns) + 1);
    Problem p = {
        .values = values,
        .rows = MIN (rows, columns),
        .columns = MAX (rows, columns),
        .transposed = transposed,
        .row_of = row_of,
    };

    for (int row = 0; row < rows; row++)
        column_of[row] = -1;
    solve (&p);
    for (int c = 1; c <= p.columns; c++) {
        int row = transposed ? c - 1 : row_of[c] - 1, column = transposed ? row_of[c] - 1 : c - 1;

        if (row_of[c] != 0 && values[(size_t) row * columns + column] > 0)
            column_of[row] = column;
    }
}
