/* Chooses the size of the network's input that holds a rate of results.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The time of a result is taken to grow as the area of the input does.  It grows a little less in
 * truth, as some work does not depend on the size: larger sizes are judged with care, and after a
 * smaller one that is still too slow comes the next.
 */
#include "gst/budget.h"

#define STEP GST_MASK2FORMER_SIZE_STEP
#define WINDOW GST_MASK2FORMER_BUDGET_WINDOW
#define FIRST_PATIENCE 4
#define MAX_PATIENCE 512
#define FILL_SHRINKING 0.9      /* part of the time that a smaller size may be thought to take */
#define FILL_GROWING 0.8        /* and a larger one */

static gint
own_edge (const GstMask2FormerBudget * budget)
{
  return MIN (budget->own_height, budget->own_width);
}

static gint
smallest_edge (const GstMask2FormerBudget * budget)
{
  gint quarter = (own_edge (budget) + 3) / 4;

  return MIN ((quarter + STEP - 1) / STEP * STEP, own_edge (budget));
}

static gint
smaller_edge (const GstMask2FormerBudget * budget, gint edge)
{
  return MAX ((edge - 1) / STEP * STEP, smallest_edge (budget));
}

/* The largest edge up to the own one whose results are thought to take no longer than `ms`, if
 * those at the current size take `now`. */
static gint
edge_for (const GstMask2FormerBudget * budget, gdouble now, gdouble ms)
{
  gint own = own_edge (budget), edge = own;

  while (edge > smallest_edge (budget) &&
      now * edge * edge / ((gdouble) budget->edge * budget->edge) > ms)
    edge = smaller_edge (budget, edge);
  return edge;
}

static void
set_edge (GstMask2FormerBudget * budget, gint edge)
{
  budget->has_grown = edge > budget->edge;
  budget->edge = edge;
  budget->n_results = 0;
}

void
gst_mask2former_budget_init (GstMask2FormerBudget * budget, gint own_height,
    gint own_width, gdouble results_per_second)
{
  *budget = (GstMask2FormerBudget) {
    .own_height = own_height,
    .own_width = own_width,
    .allowed = 1000 / results_per_second,
    .patience = FIRST_PATIENCE,
  };
  budget->edge = smallest_edge (budget);
}

static gint
scale (const GstMask2FormerBudget * budget, gint side)
{
  gdouble scaled = (gdouble) side * budget->edge / own_edge (budget);

  return MAX ((gint) (scaled / STEP + 0.5), 1) * STEP;
}

void
gst_mask2former_budget_get_size (const GstMask2FormerBudget * budget,
    gint * height, gint * width)
{
  gboolean is_own = budget->edge == own_edge (budget);

  *height = is_own ? budget->own_height : scale (budget, budget->own_height);
  *width = is_own ? budget->own_width : scale (budget, budget->own_width);
}

static gdouble
median (const gdouble times[WINDOW])
{
  gdouble a = times[0], b = times[1], c = times[2];

  G_STATIC_ASSERT (WINDOW == 3);
  return MAX (MIN (a, b), MIN (MAX (a, b), c));
}

gboolean
gst_mask2former_budget_add (GstMask2FormerBudget * budget, gdouble milliseconds)
{
  gint edge = budget->edge;
  gdouble now;

  /* the first may have waited for memory */
  if (budget->n_results++ == 0)
    return FALSE;
  budget->window[budget->n_results % WINDOW] = milliseconds;
  if (budget->n_results <= WINDOW)
    return FALSE;

  now = median (budget->window);
  if (now > budget->allowed && edge > smallest_edge (budget)) {
    if (budget->has_grown)
      budget->patience = MIN (2 * budget->patience, MAX_PATIENCE);
    edge = MIN (edge_for (budget, now, FILL_SHRINKING * budget->allowed),
        smaller_edge (budget, edge));
  } else if (budget->n_results >= budget->patience) {
    edge = MAX (edge_for (budget, now, FILL_GROWING * budget->allowed), edge);
  }
  if (edge == budget->edge)
    return FALSE;
  set_edge (budget, edge);
  return TRUE;
}
