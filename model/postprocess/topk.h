/* torch.topk as it runs on the CPU, order of the results included.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TOPK_H
#define M2F_TOPK_H

typedef struct M2fScored {
    float score;
    int index;
} M2fScored;

/* Moves the `k` largest of `count` scores to the front of `items`, in the order that
 * torch.topk (scores, k, sorted=False) returns them on the CPU: descending when
 * 64 k <= count, as std::nth_element leaves them otherwise.  0 < k <= count. */
void m2f_topk (M2fScored *items, int count, int k);

#endif
