/* Keeping the pool's threads on CPUs of the user's choice.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/pin.h"

#include "model/compute/compute.h"

#include <errno.h>
#include <sched.h>

#ifdef CPU_SETSIZE

static bool
may_use (int cpu)
{
    cpu_set_t set;

    return cpu < CPU_SETSIZE && sched_getaffinity (0, sizeof set, &set) == 0
        && CPU_ISSET (cpu, &set);
}

void
cpu_pin_self (int cpu)
{
    cpu_set_t set;

    CPU_ZERO (&set);
    CPU_SET (cpu, &set);
    if (sched_setaffinity (0, sizeof set, &set) != 0)
        g_warning ("cannot run on CPU %d: %s", cpu, g_strerror (errno));
}

#else

static bool
may_use (int cpu)
{
    return false;
}

void
cpu_pin_self (int cpu)
{
}

#endif

static bool
read_number (const char *text, const char **end, int *number)
{
    guint64 value = g_ascii_strtoull (text, (char **) end, 10);

    *number = (int) MIN (value, G_MAXINT);
    return g_ascii_isdigit (*text);
}

/* "3" or "2-5" at the start of *text, which then starts behind it. */
static bool
read_range (const char **text, int *first, int *last)
{
    const char *end;

    if (!read_number (*text, &end, first))
        return false;
    *last = *first;
    if (*end == '-' && !read_number (end + 1, &end, last))
        return false;
    if (*first > *last || (*end != '\0' && *end != ','))
        return false;
    *text = end;
    return true;
}

int *
cpu_pin_parse (const char *list, int threads, GError **error)
{
    g_autofree int *cpus = g_new (int, threads);
    const char *rest = list;
    int n = 0;

    for (bool more = true; more; more = *rest != '\0' && *rest++ == ',') {
        int first, last;

        if (!read_range (&rest, &first, &last)) {
            g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_INVALID,
                "M2F_PIN=%s: expected CPUs like 0-3 or 0,2,4, found '%s'", list, rest);
            return NULL;
        }
        for (int cpu = first; cpu <= last && n < threads; cpu++) {
            if (!may_use (cpu)) {
                g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_INVALID,
                    "M2F_PIN=%s: this process may not run on CPU %d", list, cpu);
                return NULL;
            }
            cpus[n++] = cpu;
        }
    }
    if (n < threads) {
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_INVALID,
            "M2F_PIN=%s: %d CPUs for %d threads, expected one each", list, n, threads);
        return NULL;
    }
    return g_steal_pointer (&cpus);
}
