/* m2f bench --profile: the shortest time of every op, and the peak rates of the device.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Other programs can only make an op slower, and they disturb nearly every run of a hundred
 * milliseconds somewhere.  So every op keeps the shortest of its times in all runs.
 */
#include "model/tool/profile.h"

#include <string.h>

#include "model/model.h"

/* The names of stages in the output, and in plans. */
static const char *const stage_names[TOOL_N_STAGES]
    = { "preprocess", "backbone", "pixel_decoder", "decoder", "postprocess" };
static const char *const plan_names[TOOL_N_STAGES]
    = { "preprocess", "backbone", "pixel decoder", "decoder", "postprocess" };

/* ---- measuring ----------------------------------------------------------------------------- */

void
tool_profile_init (ToolProfile *p, M2fModel *model)
{
    *p = (ToolProfile) { .device = model->device, .run = m2f_profile_new (),
        .least = m2f_profile_new () };
}

void
tool_profile_clear (ToolProfile *p)
{
    m2f_profile_free (&p->run);
    m2f_profile_free (&p->least);
}

void
tool_profile_begin (ToolProfile *p)
{
    m2f_profile_clear (p->run);
    m2f_device_profile (p->device, p->run);
}

/* The time, operations and bytes of all ops of a stage, added up. */
static M2fOpTime
all_ops (const M2fProfile *profile, int stage)
{
    M2fOpTime sum = { 0 };
    int n;
    const M2fOpTime *ops = m2f_profile_ops (profile, &n);

    for (int i = 0; i < n; i++)
        if (strcmp (ops[i].stage, plan_names[stage]) == 0) {
            sum.ms += ops[i].ms;
            sum.flops += ops[i].flops;
            sum.bytes += ops[i].bytes;
        }
    return sum;
}

static void
keep_least (double *least, double ms, bool first)
{
    if (first || ms < *least)
        *least = ms;
}

void
tool_profile_end (ToolProfile *p, const M2fTimings *t)
{
    const double ms[TOOL_N_STAGES]
        = { t->preprocess, t->backbone, t->pixel_decoder, t->decoder, t->postprocess };
    const bool first = p->runs++ == 0;

    m2f_device_profile (p->device, NULL);
    m2f_profile_keep_least (p->least, p->run);
    keep_least (&p->total_ms, t->total, first);
    for (int s = 0; s < TOOL_N_STAGES; s++) {
        keep_least (&p->stage_ms[s], ms[s], first);
        keep_least (&p->outside_ms[s], ms[s] - all_ops (p->run, s).ms, first);
    }
}

void
tool_profile_finish (ToolProfile *p)
{
    p->has_peaks = m2f_device_peaks (p->device, &p->peaks);
}

/* ---- evaluation ---------------------------------------------------------------------------- */

static int
slowest_first (const void *a, const void *b)
{
    double x = ((const M2fOpTime *) a)->ms, y = ((const M2fOpTime *) b)->ms;

    return (x < y) - (x > y);
}

/* A sorted copy; free with g_free(). */
static M2fOpTime *
sorted_ops (const ToolProfile *p, int *n)
{
    const M2fOpTime *ops = m2f_profile_ops (p->least, n);
    M2fOpTime *copy = g_new (M2fOpTime, *n);

    memcpy (copy, ops, sizeof *copy * (size_t) *n);
    qsort (copy, (size_t) *n, sizeof *copy, slowest_first);
    return copy;
}

/* A rate in units of 1e9 per second. */
static double
giga_rate (double amount, double ms)
{
    return ms > 0 ? amount / ms / 1e6 : 0;
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static void
rates_to_json (GString *json, double ms, double flops, double bytes)
{
    tool_add_number (json, "ms", "%.4f", ms);
    tool_add_number (json, "gflop_per_s", "%.4g", giga_rate (flops, ms));
    tool_add_number (json, "gb_per_s", "%.4g", giga_rate (bytes, ms));
}

static void
peaks_to_json (const ToolProfile *p, GString *json)
{
    g_string_append (json, ", \"peaks\": ");
    if (!p->has_peaks) {
        g_string_append (json, "null");
        return;
    }
    g_string_append_c (json, '{');
    tool_add_number (json, "fp32_gflop_per_s", "%.1f", p->peaks.f32 / 1e9);
    tool_add_number (json, "bf16_gflop_per_s", "%.1f", p->peaks.bf16 / 1e9);
    tool_add_number (json, "int8_gop_per_s", "%.1f", p->peaks.int8 / 1e9);
    tool_add_number (json, "memory_gb_per_s", "%.1f", p->peaks.memory / 1e9);
    tool_add_number (json, "cache_gb_per_s", "%.1f", p->peaks.cache / 1e9);
    g_string_append_c (json, '}');
}

void
tool_profile_to_json (const ToolProfile *p, GString *json)
{
    int n;
    g_autofree M2fOpTime *ops = sorted_ops (p, &n);

    peaks_to_json (p, json);
    g_string_append (json, ", \"stages\": [");
    for (int s = 0; s < TOOL_N_STAGES; s++) {
        const M2fOpTime sum = all_ops (p->least, s);

        g_string_append_printf (json, "%s{\"stage\": \"%s\"", s > 0 ? ", " : "", stage_names[s]);
        rates_to_json (json, p->stage_ms[s], sum.flops, sum.bytes);
        tool_add_number (json, "outside_ops_ms", "%.4f", p->outside_ms[s]);
        g_string_append_c (json, '}');
    }
    g_string_append (json, "], \"profile\": [");
    for (int i = 0; i < n; i++) {
        g_autofree char *result = g_strescape (ops[i].name, NULL);

        g_string_append_printf (json,
            "%s{\"stage\": \"%s\", \"op\": \"%s\", \"result\": \"%s\", \"shape\": \"%s\", "
            "\"calls\": %d", i > 0 ? ", " : "", ops[i].stage, ops[i].op, result, ops[i].shape,
            ops[i].calls);
        rates_to_json (json, ops[i].ms, ops[i].flops, ops[i].bytes);
        g_string_append_c (json, '}');
    }
    g_string_append_c (json, ']');
}

/* ---- tables -------------------------------------------------------------------------------- */

static double
percent (double part, double whole)
{
    return whole > 0 ? 100 * part / whole : 0;
}

static void
print_peaks (const ToolProfile *p, FILE *file)
{
    const M2fPeaks *k = &p->peaks;

    if (!p->has_peaks) {
        fprintf (file, "The peak rates of this device are not known.\n");
        return;
    }
    fprintf (file, "Measured peak rates, all threads: fp32 %.0f GFLOP/s", k->f32 / 1e9);
    if (k->bf16 > 0)
        fprintf (file, ", bf16 %.0f GFLOP/s", k->bf16 / 1e9);
    if (k->int8 > 0)
        fprintf (file, ", int8 %.0f GOP/s", k->int8 / 1e9);
    fprintf (file, "; memory %.1f GB/s, second-level caches %.0f GB/s.\n", k->memory / 1e9,
        k->cache / 1e9);
}

/* Prints rates and their percentages of the peak rates; bytes from a cache may make more than 100 %
 * of the memory's rate. */
static void
print_rates (const ToolProfile *p, FILE *file, M2fType type, double ms, double flops, double bytes)
{
    fprintf (file, "%9.1f %3.0f%% %7.1f %4.0f%%\n", giga_rate (flops, ms),
        percent (giga_rate (flops, ms) * 1e9, m2f_peaks_of (&p->peaks, type)),
        giga_rate (bytes, ms), percent (giga_rate (bytes, ms) * 1e9, p->peaks.memory));
}

void
tool_profile_print (const ToolProfile *p, FILE *file)
{
    const double total = p->total_ms;
    int n;
    g_autofree M2fOpTime *ops = sorted_ops (p, &n);

    fprintf (file, "Shortest of %d runs: %.3f ms.  ", p->runs, total);
    print_peaks (p, file);
    fprintf (file, "\n%-13s %-16s %-26s %-30s %5s %8s %6s %9s %4s %7s %5s\n", "stage", "op",
        "result", "shape", "calls", "ms", "share", "GFLOP/s", "peak", "GB/s", "peak");
    for (int i = 0; i < n; i++) {
        const M2fOpTime *o = &ops[i];

        fprintf (file, "%-13s %-16s %-26s %-30s %5d %8.3f %5.1f%% ", o->stage, o->op, o->name,
            o->shape, o->calls, o->ms, percent (o->ms, total));
        print_rates (p, file, o->type, o->ms, o->flops, o->bytes);
    }

    fprintf (file, "\n%-13s %8s %6s %14s %9s\n", "stage", "ms", "share", "outside ops",
        "GFLOP/s");
    for (int s = 0; s < TOOL_N_STAGES; s++)
        fprintf (file, "%-13s %8.3f %5.1f%% %11.3f ms %9.1f\n", stage_names[s], p->stage_ms[s],
            percent (p->stage_ms[s], total), p->outside_ms[s],
            giga_rate (all_ops (p->least, s).flops, p->stage_ms[s]));
}
