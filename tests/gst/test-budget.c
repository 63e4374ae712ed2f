/* Choice of the input's size, on machines that the test makes up.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/check/gstcheck.h>

#include <math.h>

#include "gst/budget.h"

#define ALLOWED 100.0           /* milliseconds, at 10 results per second */

/* Takes `fixed` milliseconds whatever the size, `per_pixel` nanoseconds for each pixel, `slower` as
 * many for those beyond the first 256 x 256, and up to `noise` of all that more or less. */
typedef struct
{
  gdouble fixed, per_pixel, slower, noise;
} Machine;

static gdouble
time_on (const Machine * machine, gint height, gint width, GRand * rand)
{
  gdouble pixels = (gdouble) height * width, many = MAX (pixels - 65536, 0);

  return (machine->fixed + machine->per_pixel / 1e6 * (pixels +
          many * (machine->slower - 1))) *
      (1 + machine->noise * g_rand_double_range (rand, -1, 1));
}

static gdouble
current_time (const GstMask2FormerBudget * budget, const Machine * machine,
    GRand * rand)
{
  gint height, width;

  gst_mask2former_budget_get_size (budget, &height, &width);
  return time_on (machine, height, width, rand);
}

/* Runs it for n results; returns the number of changes of size. */
static gint
run (GstMask2FormerBudget * budget, const Machine * machine, gint n,
    GRand * rand)
{
  gint changes = 0;

  for (; n > 0; n--)
    changes += gst_mask2former_budget_add (budget, current_time (budget,
            machine, rand));
  return changes;
}

static Machine
random_machine (GRand * rand)
{
  return (Machine) {
    .fixed = g_rand_double_range (rand, 0, 20),
    .per_pixel = exp (g_rand_double_range (rand, log (20), log (5000))),
    .slower = 1,
  };
}

/* Sizes keep to the steps and the limits, and are the checkpoint's own at most. */
static void
check_size (const GstMask2FormerBudget * budget, gint own_height,
    gint own_width)
{
  gint height, width, edge;

  gst_mask2former_budget_get_size (budget, &height, &width);
  edge = MIN (height, width);
  if (height == own_height && width == own_width)
    return;
  fail_unless_equals_int (height % 32, 0);
  fail_unless_equals_int (width % 32, 0);
  fail_unless (edge * 4 >= MIN (own_height, own_width));
  fail_unless (edge < MIN (own_height, own_width));
  fail_unless (ABS (edge * (gdouble) MAX (own_height, own_width) /
          MIN (own_height, own_width) - MAX (height, width)) <= 16.001);
}

/* On any machine the size becomes one that holds the rate, and beyond which none is thought to fit
 * with room to spare; or the smallest. */
GST_START_TEST (test_largest)
{
  const gint own[][2] = { {384, 384}, {800, 1333}, {1344, 800}, {320, 427},
  {333, 500}, {96, 96}, {20, 40}
  };
  GRand *rand = g_rand_new_with_seed (1);
  gint i;

  for (i = 0; i < 700; i++) {
    gint height = own[i % 7][0], width = own[i % 7][1];
    Machine machine = random_machine (rand);
    GstMask2FormerBudget budget;
    gdouble ms;
    gint smallest, edge;

    gst_mask2former_budget_init (&budget, height, width, 1000 / ALLOWED);
    smallest = budget.edge;
    check_size (&budget, height, width);
    run (&budget, &machine, 1000, rand);
    check_size (&budget, height, width);

    ms = current_time (&budget, &machine, rand);
    edge = (budget.edge + 32) / 32 * 32;
    fail_unless (ms <= ALLOWED || budget.edge == smallest);
    if (budget.edge < MIN (height, width) && ms <= ALLOWED)
      fail_unless (ms * edge * edge / (budget.edge * budget.edge) >
          0.8 * ALLOWED || edge > MIN (height, width));
  }
  g_rand_free (rand);
}

GST_END_TEST;

/* Times that vary by a tenth do not make it change to and fro. */
GST_START_TEST (test_noise)
{
  GRand *rand = g_rand_new_with_seed (2);
  gint i;

  for (i = 0; i < 100; i++) {
    Machine machine = random_machine (rand);
    GstMask2FormerBudget budget;

    machine.noise = 0.1;
    gst_mask2former_budget_init (&budget, 800, 1344, 1000 / ALLOWED);
    run (&budget, &machine, 200, rand);
    fail_unless (run (&budget, &machine, 2000, rand) <= 2);
  }
  g_rand_free (rand);
}

GST_END_TEST;

/* Sizes that do not hold what smaller ones promise are tried less and less often. */
GST_START_TEST (test_hysteresis)
{
  const Machine machine = {.per_pixel = 900,.slower = 4 };
  GRand *rand = g_rand_new_with_seed (3);
  GstMask2FormerBudget budget;
  gint i, late = 0;

  gst_mask2former_budget_init (&budget, 384, 384, 1000 / ALLOWED);
  for (i = 0; i < 10000; i++) {
    gdouble ms = current_time (&budget, &machine, rand);

    late += ms > ALLOWED;
    gst_mask2former_budget_add (&budget, ms);
  }
  fail_unless (late > 0 && late < 200, "%d results were late", late);
  g_rand_free (rand);
}

GST_END_TEST;

/* A machine that gets busy, and idle again. */
GST_START_TEST (test_load)
{
  const Machine idle = {.per_pixel = 500,.slower = 1 };
  const Machine busy = {.per_pixel = 1500,.slower = 1 };
  GRand *rand = g_rand_new_with_seed (4);
  GstMask2FormerBudget budget;
  gint edge;

  gst_mask2former_budget_init (&budget, 800, 800, 1000 / ALLOWED);
  run (&budget, &idle, 10, rand);
  edge = budget.edge;
  fail_unless_equals_int (edge, 384);
  run (&budget, &busy, 5, rand);
  fail_unless (budget.edge < edge);
  fail_unless (current_time (&budget, &busy, rand) <= ALLOWED);
  run (&budget, &idle, 5, rand);
  fail_unless_equals_int (budget.edge, edge);
  g_rand_free (rand);
}

GST_END_TEST;

static Suite *
budget_suite (void)
{
  Suite *suite = suite_create ("budget");
  TCase *tcase = tcase_create ("budget");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_largest);
  tcase_add_test (tcase, test_noise);
  tcase_add_test (tcase, test_hysteresis);
  tcase_add_test (tcase, test_load);
  return suite;
}

GST_CHECK_MAIN (budget);
