/* Chooses the size of the network's input that holds a rate of results.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_BUDGET_H__
#define __GST_MASK2FORMER_BUDGET_H__

#include <glib.h>

G_BEGIN_DECLS

/* Sizes are multiples of this: the coarsest stride of the network. */
#define GST_MASK2FORMER_SIZE_STEP 32
#define GST_MASK2FORMER_BUDGET_WINDOW 3

typedef struct
{
  gint own_height, own_width;   /* the largest input, in pixels */
  gint edge;                    /* short edge of the current input */
  gdouble allowed;              /* milliseconds for a result */

  gdouble window[GST_MASK2FORMER_BUDGET_WINDOW];        /* newest times at this size, a ring */
  guint n_results;              /* at this size */
  guint patience;               /* results after which a larger size is tried */
  gboolean has_grown;           /* this size was chosen because a smaller one was fast */
} GstMask2FormerBudget;

/* The largest input is what the checkpoint asks for.  Begins with the smallest, a quarter of that,
 * so that the first results come soon. */
void gst_mask2former_budget_init (GstMask2FormerBudget * budget,
    gint own_height, gint own_width, gdouble results_per_second);

/* The current input, in pixels. */
void gst_mask2former_budget_get_size (const GstMask2FormerBudget * budget,
    gint * height, gint * width);

/* Takes note of the milliseconds that a result took at the current size.  TRUE if that has changed
 * for it: to a smaller one when results take too long, and to a larger one when that is thought to
 * fit with room to spare.  A larger one that did not fit is tried again after twice as many results
 * as the last time. */
gboolean gst_mask2former_budget_add (GstMask2FormerBudget * budget,
    gdouble milliseconds);

G_END_DECLS

#endif
