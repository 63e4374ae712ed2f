/* torch.topk as it runs on the CPU, order of the results included.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The order matters: transformers paints instances in the order of an unsorted topk, so it decides
 * who lies on top.  ATen's topk_impl_loop calls std::partial_sort or std::nth_element; both are
 * followed here step by step as libstdc++ has them (bits/stl_algo.h, bits/stl_heap.h), because the
 * standard leaves the order of equal and of unsorted elements open.
 */
#include "model/postprocess/topk.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static inline bool
before (M2fScored a, M2fScored b)
{
    return (isnan (a.score) && !isnan (b.score)) || a.score > b.score;
}

static inline void
swap (M2fScored *a, M2fScored *b)
{
    M2fScored t = *a;
    *a = *b;
    *b = t;
}

/* ---- heap ---------------------------------------------------------------------------------- */

static void
sift (M2fScored *heap, int hole, int count, M2fScored value)
{
    int top = hole, child = hole;
    while (child < (count - 1) / 2) {
        child = 2 * (child + 1);
        if (before (heap[child], heap[child - 1]))
            child--;
        heap[hole] = heap[child];
        hole = child;
    }
    if (count % 2 == 0 && child == (count - 2) / 2) {
        child = 2 * child + 1;
        heap[hole] = heap[child];
        hole = child;
    }
    for (int parent = (hole - 1) / 2; hole > top && before (heap[parent], value);
         parent = (hole - 1) / 2) {
        heap[hole] = heap[parent];
        hole = parent;
    }
    heap[hole] = value;
}

/* Replaces the heap's top, the smallest of `count`, by *item and puts it there. */
static void
pop_into (M2fScored *heap, int count, M2fScored *item)
{
    M2fScored value = *item;
    *item = heap[0];
    sift (heap, 0, count, value);
}

static void
heap_select (M2fScored *items, int k, int count)
{
    for (int parent = (k - 2) / 2; k >= 2 && parent >= 0; parent--)
        sift (items, parent, k, items[parent]);
    for (int i = k; i < count; i++)
        if (before (items[i], items[0]))
            pop_into (items, k, &items[i]);
}

/* ---- selection ----------------------------------------------------------------------------- */

static void
move_median_to_first (M2fScored *result, M2fScored *a, M2fScored *b, M2fScored *c)
{
    if (before (*a, *b))
        swap (result, before (*b, *c) ? b : before (*a, *c) ? c : a);
    else
        swap (result, before (*a, *c) ? a : before (*b, *c) ? c : b);
}

static M2fScored *
partition (M2fScored *first, M2fScored *last)
{
    M2fScored *pivot = first;
    move_median_to_first (first, first + 1, first + (last - first) / 2, last - 1);
    for (first++;; first++) {
        while (before (*first, *pivot))
            first++;
        last--;
        while (before (*pivot, *last))
            last--;
        if (first >= last)
            return first;
        swap (first, last);
    }
}

static void
insertion_sort (M2fScored *first, M2fScored *last)
{
    for (M2fScored *i = first + 1; i < last; i++) {
        M2fScored value = *i, *hole = i;
        if (before (value, *first)) {
            memmove (first + 1, first, (size_t) (i - first) * sizeof *first);
            hole = first;
        } else {
            for (; before (value, hole[-1]); hole--)
                *hole = hole[-1];
        }
        *hole = value;
    }
}

static void
nth_element (M2fScored *first, M2fScored *nth, M2fScored *last)
{
    int depth = 0;
    for (long n = last - first; n > 1; n >>= 1)
        depth += 2;
    while (last - first > 3) {
        if (depth-- == 0) {
            heap_select (first, (int) (nth + 1 - first), (int) (last - first));
            swap (first, nth);
            return;
        }
        M2fScored *cut = partition (first, last);
        if (cut <= nth)
            first = cut;
        else
            last = cut;
    }
    insertion_sort (first, last);
}

void
m2f_topk (M2fScored *items, int count, int k)
{
    if ((long) k * 64 > count) {
        nth_element (items, items + k - 1, items + count);
        return;
    }
    heap_select (items, k, count);
    for (int n = k - 1; n > 0; n--)
        pop_into (items, n, &items[n]);
}
