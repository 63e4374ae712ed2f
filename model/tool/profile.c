/* m2f bench --profile: the fastest run op by op, beside the machine's peaks.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One run, rather than medians of each op, because then the ops of a stage and what is outside of
 * them add up to the stage; the fastest, because whatever else the machine does only adds.
 */
#include "profile.h"

#include <string.h>

#include "../model.h"

#define N_STAGES 5

/* A stage of the session; `plan_name` is how plans call it. */
typedef struct Stage {
    const char *name, *plan_name;
    double ms, ops_ms, flops, bytes;
} Stage;

/* ---- measuring ----------------------------------------------------------------------------- */

void
tool_profile_init (ToolProfile *p, M2fModel *model)
{
    *p = (ToolProfile) { .device = model->device, .current = m2f_profile_new (),
        .fastest = m2f_profile_new () };
}

void
tool_profile_clear (ToolProfile *p)
{
    m2f_profile_free (&p->current);
    m2f_profile_free (&p->fastest);
}

void
tool_profile_begin (ToolProfile *p)
{
    m2f_profile_clear (p->current);
    m2f_device_profile (p->device, p->current);
}

void
tool_profile_end (ToolProfile *p, const M2fTimings *timings)
{
    m2f_device_profile (p->device, NULL);
    if (p->timings.total > 0 && p->timings.total <= timings->total)
        return;
    M2fProfile *slower = p->fastest;
    p->fastest = p->current;
    p->current = slower;
    p->timings = *timings;
}

void
tool_profile_finish (ToolProfile *p)
{
    p->has_peaks = m2f_device_peaks (p->device, &p->peaks);
}

/* ---- what it comes to ---------------------------------------------------------------------- */

static void
add_up_stages (const ToolProfile *p, Stage stages[N_STAGES])
{
    const M2fTimings *t = &p->timings;
    const Stage empty[N_STAGES] = {
        { "preprocess", "preprocess", .ms = t->preprocess },
        { "backbone", "backbone", .ms = t->backbone },
        { "pixel_decoder", "pixel decoder", .ms = t->pixel_decoder },
        { "decoder", "decoder", .ms = t->decoder },
        { "postprocess", "postprocess", .ms = t->postprocess },
    };
    int n;
    const M2fOpTime *ops = m2f_profile_ops (p->fastest, &n);

    memcpy (stages, empty, sizeof empty);
    for (int i = 0; i < n; i++)
        for (int s = 0; s < N_STAGES; s++)
            if (strcmp (ops[i].stage, stages[s].plan_name) == 0) {
                stages[s].ops_ms += ops[i].ms;
                stages[s].flops += ops[i].flops;
                stages[s].bytes += ops[i].bytes;
            }
}

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
    const M2fOpTime *ops = m2f_profile_ops (p->fastest, n);
    M2fOpTime *copy = g_new (M2fOpTime, *n);

    memcpy (copy, ops, sizeof *copy * (size_t) *n);
    qsort (copy, (size_t) *n, sizeof *copy, slowest_first);
    return copy;
}

/* 1e9 a second. */
static double
giga_rate (double amount, double ms)
{
    return ms > 0 ? amount / ms / 1e6 : 0;
}

/* ---- for programs -------------------------------------------------------------------------- */

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
    Stage stages[N_STAGES];
    int n;
    g_autofree M2fOpTime *ops = sorted_ops (p, &n);

    peaks_to_json (p, json);
    add_up_stages (p, stages);
    g_string_append (json, ", \"stages\": [");
    for (int s = 0; s < N_STAGES; s++) {
        g_string_append_printf (json, "%s{\"stage\": \"%s\"", s > 0 ? ", " : "", stages[s].name);
        rates_to_json (json, stages[s].ms, stages[s].flops, stages[s].bytes);
        tool_add_number (json, "in_ops_ms", "%.4f", stages[s].ops_ms);
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

/* ---- for people ---------------------------------------------------------------------------- */

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
        fprintf (file, "This device's peaks are not known.\n");
        return;
    }
    fprintf (file, "Peaks measured, all threads: fp32 %.0f GFLOP/s", k->f32 / 1e9);
    if (k->bf16 > 0)
        fprintf (file, ", bf16 %.0f GFLOP/s", k->bf16 / 1e9);
    if (k->int8 > 0)
        fprintf (file, ", int8 %.0f GOP/s", k->int8 / 1e9);
    fprintf (file, "; memory %.1f GB/s, second-level caches %.0f GB/s.\n", k->memory / 1e9,
        k->cache / 1e9);
}

/* Rates, and what part of the peaks they are; bytes that come from a cache make more than 100 %
 * of memory's. */
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
    const double total = p->timings.total;
    Stage stages[N_STAGES];
    double ms = 0;
    int n;
    g_autofree M2fOpTime *ops = sorted_ops (p, &n);

    fprintf (file, "The fastest run: %.3f ms.  ", total);
    print_peaks (p, file);
    fprintf (file, "\n%-13s %-16s %-26s %-30s %5s %8s %6s %9s %4s %7s %5s\n", "stage", "op",
        "result", "shape", "calls", "ms", "share", "GFLOP/s", "peak", "GB/s", "peak");
    for (int i = 0; i < n; i++) {
        const M2fOpTime *o = &ops[i];

        fprintf (file, "%-13s %-16s %-26s %-30s %5d %8.3f %5.1f%% ", o->stage, o->op, o->name,
            o->shape, o->calls, o->ms, percent (o->ms, total));
        print_rates (p, file, o->type, o->ms, o->flops, o->bytes);
    }

    add_up_stages (p, stages);
    fprintf (file, "\n%-13s %8s %6s %14s\n", "stage", "ms", "share", "outside of ops");
    for (int s = 0; s < N_STAGES; s++) {
        fprintf (file, "%-13s %8.3f %5.1f%% %11.3f ms\n", stages[s].name, stages[s].ms,
            percent (stages[s].ms, total), stages[s].ms - stages[s].ops_ms);
        ms += stages[s].ms;
    }
    fprintf (file, "%-13s %8.3f %5.1f%%\n", "none", total - ms, percent (total - ms, total));
}
