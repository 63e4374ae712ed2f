/* m2f: what its commands share.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TOOL_H
#define M2F_TOOL_H

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <stdbool.h>

#include "model/m2f.h"
#include "model/checkpoint/safetensors.h"

/* The options every command takes. */
typedef struct ToolOptions {
    char *device, *precision, *input_size, *postprocess, *task;
    int threads;
    double threshold, mask_threshold, overlap_mask_area_threshold; /* < 0: not given */
} ToolOptions;

/* Parses `argv` of one command: the common options and `own` (may be NULL), then exactly
 * `n_positional` words, which `usage` names; `positional` points into argv.  The strings in
 * `options` and behind `own` are new; options->... are freed by tool_options_clear(). */
bool tool_parse (int argc, char **argv, const char *usage, const GOptionEntry *own,
    int n_positional, char **positional, ToolOptions *options, GError **error);
void tool_options_clear (ToolOptions *options);

M2fModel *tool_load (const char *dir, const ToolOptions *options, GError **error);
/* The checkpoint's parameters with what the options change. */
bool tool_params (const M2fModel *model, const ToolOptions *options, M2fParams *params,
    GError **error);
/* "HxW", both 1..65536. */
bool tool_parse_size (const char *text, const char *what, int *height, int *width, GError **error);

/* Any file gdk-pixbuf reads, upright; unref when done.  `image` points into it. */
GdkPixbuf *tool_load_picture (const char *path, M2fImage *image, GError **error);
/* A PNG of the picture with the segments blended in and outlined. */
bool tool_save_overlay (const char *path, const GdkPixbuf *picture, const M2fResult *result,
    GError **error);
/* A PNG of the label map: the ids as grey levels (8 or 16 bits). */
bool tool_save_labels (const char *path, const M2fResult *result, GError **error);
/* Writes text and a newline to a file, or to standard output if `path` is NULL or "-". */
bool tool_write_text (const char *path, const char *text, GError **error);
/* Adds a member to a JSON object, after a comma unless it is the first. */
void tool_add_number (GString *json, const char *name, const char *format, double value);
/* One tensor of a safetensors file as float32; free with m2f_host_tensor_free(). */
M2fHostTensor *tool_read_tensor (const char *path, const char *name, GError **error);
/* The process's peak resident memory, MB. */
double tool_peak_memory (void);

typedef bool (*ToolCommand) (int argc, char **argv, GError **error);

bool tool_info (int argc, char **argv, GError **error);
bool tool_devices (int argc, char **argv, GError **error);
bool tool_run (int argc, char **argv, GError **error);
bool tool_forward (int argc, char **argv, GError **error);
bool tool_postprocess (int argc, char **argv, GError **error);
bool tool_bench (int argc, char **argv, GError **error);

#endif
