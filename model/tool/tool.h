/* m2f: functions that its commands share.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TOOL_H
#define M2F_TOOL_H

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <jansson.h>
#include <stdbool.h>

#include "model/m2f.h"
#include "model/checkpoint/safetensors.h"

/* Options that every command takes. */
typedef struct ToolOptions {
    char *device, *precision, *input_size, *postprocess, *task, *label_ids_to_fuse;
    GArray *fused; /* int: the classes of label_ids_to_fuse; NULL if not given */
    int threads;
    double threshold, mask_threshold, overlap_mask_area_threshold; /* < 0: not given */
} ToolOptions;

/* Parses `argv` of one command: the common options and `own` (may be NULL), then the arguments
 * that `usage` names, `n_positional` of them, of which the last may be left out if it stands in
 * brackets; `positional` then points into argv, NULL for one left out.  The caller
 * frees the strings that `own` points to; tool_options_clear() frees those of `options`. */
bool tool_parse (int argc, char **argv, const char *usage, const GOptionEntry *own,
    int n_positional, char **positional, ToolOptions *options, GError **error);
void tool_options_clear (ToolOptions *options);

M2fModel *tool_load (const char *dir, const ToolOptions *options, GError **error);
/* The default parameters of the model, changed as the options say; they point into `options`. */
bool tool_params (const M2fModel *model, ToolOptions *options, M2fParams *params, GError **error);
/* Parses "HxW", both from 1 to 65536; an error calls the text `what`. */
bool tool_parse_size (const char *text, const char *what, int *height, int *width, GError **error);

/* Loads a picture of any format that gdk-pixbuf reads and turns it upright (transfer full);
 * `image` points into its pixels. */
GdkPixbuf *tool_load_picture (const char *path, M2fImage *image, GError **error);
/* Writes a PNG of the picture with the segments blended over it and outlined. */
bool tool_save_overlay (const char *path, const GdkPixbuf *picture, const M2fResult *result,
    GError **error);
/* Writes a PNG of the label map with the ids as 8-bit grey levels; fails if they do not fit. */
bool tool_save_labels (const char *path, const M2fResult *result, GError **error);
/* Writes text and a newline to a file, or to standard output if `path` is NULL or "-".  Text
 * that is NULL for want of memory is an error. */
bool tool_write_text (const char *path, const char *text, GError **error);
/* Adds a member to a JSON object, after a comma unless it is the first. */
void tool_add_number (GString *json, const char *name, const char *format, double value);
/* Reads a JSON file of at most 4 GiB; free with json_decref(). */
json_t *tool_read_json (const char *path, GError **error);
/* Reads a tensor of a safetensors file as float32; free with m2f_host_tensor_free(). */
M2fHostTensor *tool_read_tensor (const char *path, const char *name, GError **error);
/* Peak resident memory of the process in MiB. */
double tool_peak_memory (void);

typedef bool (*ToolCommand) (int argc, char **argv, GError **error);

bool tool_info (int argc, char **argv, GError **error);
bool tool_devices (int argc, char **argv, GError **error);
bool tool_run (int argc, char **argv, GError **error);
bool tool_forward (int argc, char **argv, GError **error);
bool tool_postprocess (int argc, char **argv, GError **error);
bool tool_loss (int argc, char **argv, GError **error);
bool tool_eval (int argc, char **argv, GError **error);
bool tool_bench (int argc, char **argv, GError **error);

#endif
