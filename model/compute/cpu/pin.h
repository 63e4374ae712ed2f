/* Keeping the pool's threads on CPUs of the user's choice: only when asked.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The environment variable M2F_PIN lists CPUs, one for each thread: "0-3", "0,2,4,6".  The first
 * is the caller's: its thread is not ours to move and stays where its owner put it; worker i runs
 * on the i-th after it and nowhere else.
 */
#ifndef M2F_CPU_PIN_H
#define M2F_CPU_PIN_H

#include <glib.h>
#include <stdbool.h>

/* The first `threads` CPUs of `list` (g_free()), all of which this process may use; NULL with
 * M2F_COMPUTE_ERROR_INVALID otherwise. */
int *cpu_pin_parse (const char *list, int threads, GError **error);
/* The calling thread runs on this CPU only. */
void cpu_pin_self (int cpu);

#endif
