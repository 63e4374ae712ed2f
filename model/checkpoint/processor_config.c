/* Mask2FormerImageProcessor: what processor_config.json or preprocessor_config.json says, checked.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/processor_config.h"

#include "model/checkpoint/directory.h"
#include "model/checkpoint/file.h"
#include "model/checkpoint/json.h"
#include "model/error.h"

#define MAX_FILE_SIZE (1 << 20)
#define MAX_SIDE 8192

/* Default of the longest edge in older files, which call it max_size. */
#define LEGACY_LONGEST_EDGE 1333

static const M2fProcessorConfig defaults = {
    .do_resize = true, .do_rescale = true, .do_normalize = true,
    .size_mode = M2F_SIZE_EDGES, .shortest_edge = 800, .longest_edge = 1333,
    .size_divisor = 32,
    .resample = M2F_RESAMPLE_BILINEAR,
    .rescale_factor = 1.0 / 255.0,
    .image_mean = { 0.485, 0.456, 0.406 }, .image_std = { 0.229, 0.224, 0.225 },
};

static int
read_side (M2fJson *json, const char *key)
{
    return m2f_json_int (json, key, 0, 1, MAX_SIDE);
}

static void
set_size (M2fProcessorConfig *c, M2fSizeMode mode, int height, int width)
{
    c->size_mode = mode;
    c->height = height;
    c->width = width;
    c->shortest_edge = c->longest_edge = 0;
}

static void
set_edges (M2fProcessorConfig *c, int shortest, int longest)
{
    c->size_mode = M2F_SIZE_EDGES;
    c->height = c->width = 0;
    c->shortest_edge = shortest;
    c->longest_edge = longest;
}

/* The pairs in the order in which Mask2FormerImageProcessor.resize() looks for them. */
static void
read_size_object (M2fJson *json, const json_t *size, M2fProcessorConfig *c)
{
    M2fJson sides;
    if (!m2f_json_object (json, "size", "size.", &sides))
        return;
    int shortest = read_side (&sides, "shortest_edge");
    int longest = read_side (&sides, "longest_edge");
    int max_height = read_side (&sides, "max_height"), max_width = read_side (&sides, "max_width");
    int height = read_side (&sides, "height"), width = read_side (&sides, "width");
    if (shortest && (longest || !(max_height || max_width || height || width))) {
        set_edges (c, shortest, longest);
    } else if (max_height && max_width) {
        set_size (c, M2F_SIZE_FIT, max_height, max_width);
    } else if (height && width) {
        set_size (c, M2F_SIZE_EXACT, height, width);
    } else {
        m2f_json_fail (json, M2F_ERROR_CONFIG, "size", size,
            "height and width, shortest_edge and longest_edge, or max_height and max_width");
    }
}

static void
read_size (M2fJson *json, M2fProcessorConfig *c)
{
    const json_t *size = m2f_json_get (json, "size");
    int max_size = m2f_json_int (json, "max_size", LEGACY_LONGEST_EDGE, 1, MAX_SIDE);
    if (json_is_number (size)) {
        if (!m2f_json_get (json, "max_size"))
            max_size = m2f_json_int (json, "_max_size", max_size, 1, MAX_SIDE);
        set_edges (c, read_side (json, "size"), max_size);
    } else if (json_is_array (size)) {
        int sides[2] = { 0, 0 };
        m2f_json_ints (json, "size", sides, 2, 1, MAX_SIDE);
        set_size (c, M2F_SIZE_EXACT, sides[0], sides[1]);
    } else if (size) {
        read_size_object (json, size, c);
    } else {
        c->longest_edge = max_size;
    }
}

static void
read_pad_size (M2fJson *json, M2fProcessorConfig *c)
{
    const json_t *pad = m2f_json_get (json, "pad_size");
    if (!pad)
        return;
    if (json_is_number (pad)) {
        c->pad_height = c->pad_width = read_side (json, "pad_size");
    } else if (json_is_array (pad)) {
        int sides[2] = { 0, 0 };
        m2f_json_ints (json, "pad_size", sides, 2, 1, MAX_SIDE);
        c->pad_height = sides[0];
        c->pad_width = sides[1];
    } else {
        M2fJson sides;
        if (m2f_json_object (json, "pad_size", "pad_size.", &sides)) {
            c->pad_height = read_side (&sides, "height");
            c->pad_width = read_side (&sides, "width");
        }
        if (!c->pad_height || !c->pad_width)
            m2f_json_fail (json, M2F_ERROR_CONFIG, "pad_size", pad, "height and width");
    }
}

/* One number per channel, or one for all. */
static void
read_channels (M2fJson *json, const char *key, double values[3], double min, double max)
{
    const json_t *list = m2f_json_get (json, key);
    if (!list)
        return;
    if (json_is_number (list)) {
        values[0] = values[1] = values[2] = m2f_json_double (json, key, 0, min, max);
        return;
    }
    if (json_array_size (list) != 3) {
        m2f_json_fail (json, M2F_ERROR_CONFIG, key, list, "a list of 3 numbers");
        return;
    }
    for (int i = 0; i < 3; i++) {
        const json_t *value = json_array_get (list, i);
        values[i] = json_number_value (value);
        if (!json_is_number (value) || values[i] < min || values[i] > max) {
            g_autofree char *element = g_strdup_printf ("%s[%d]", key, i);
            m2f_json_fail (json, M2F_ERROR_CONFIG, element, value, "a number from %g to %g", min,
                max);
        }
    }
}

static void
read_resample (M2fJson *json, M2fProcessorConfig *c)
{
    if (!c->do_resize)
        return;
    c->resample = m2f_json_int (json, "resample", c->resample, 0, 5);
    if (c->resample > M2F_RESAMPLE_BICUBIC)
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "resample", m2f_json_get (json, "resample"),
            "0 (nearest), 1 (lanczos), 2 (bilinear) or 3 (bicubic)");
}

static void
read_processor_config (M2fJson *json, M2fProcessorConfig *c)
{
    c->do_resize = m2f_json_bool (json, "do_resize", c->do_resize);
    c->do_rescale = m2f_json_bool (json, "do_rescale", c->do_rescale);
    c->do_normalize = m2f_json_bool (json, "do_normalize", c->do_normalize);
    read_size (json, c);
    read_pad_size (json, c);
    /* Files of transformers 4.2x call it size_divisibility, which transformers 5 ignores. */
    c->size_divisor = m2f_json_int (json, "size_divisor", c->size_divisor, 0, MAX_SIDE);
    read_resample (json, c);
    c->rescale_factor = m2f_json_double (json, "rescale_factor", c->rescale_factor, 1e-9, 1e9);
    read_channels (json, "image_mean", c->image_mean, -1e9, 1e9);
    read_channels (json, "image_std", c->image_std, 1e-9, 1e9);
}

/* Warns of settings that another class wrote, which may do something else. */
static void
check_type (M2fJson *json, GPtrArray *warnings)
{
    static const char *const types[] = { "Mask2FormerImageProcessor", "MaskFormerImageProcessor",
        "Mask2FormerFeatureExtractor", "MaskFormerFeatureExtractor" };
    static const char *const keys[] = { "image_processor_type", "feature_extractor_type" };
    const char *type = NULL;
    for (size_t i = 0; !type && i < G_N_ELEMENTS (keys); i++)
        type = json_string_value (m2f_json_get (json, keys[i]));
    for (size_t i = 0; type && i < G_N_ELEMENTS (types); i++) {
        /* "Fast" or "Pil" may follow */
        if (g_str_has_prefix (type, types[i]))
            return;
    }
    if (type)
        m2f_warn (warnings, "%s: expected the settings of a Mask2FormerImageProcessor, found those "
            "of %.*s, which are read as if they were", json->file, m2f_utf8_head (type, 64), type);
}

static bool
read_processor_config_file (const char *path, const json_t *object, const char *prefix,
    M2fProcessorConfig *config, GPtrArray *warnings, GError **error)
{
    GError *local = NULL;
    M2fJson json = { .file = path, .prefix = prefix, .object = object, .error = &local };
    read_processor_config (&json, config);
    if (local) {
        g_propagate_error (error, local);
        return false;
    }
    check_type (&json, warnings);
    return true;
}

/* Reads the image processor of processor_config.json.  *found is false if there is none. */
static bool
load_nested (const char *dir, M2fProcessorConfig *config, bool *found, GPtrArray *warnings,
    GError **error)
{
    g_autofree char *path = g_build_filename (dir, "processor_config.json", NULL);
    *found = false;
    if (m2f_file_is_missing (path))
        return true;
    g_autoptr (json_t) root = m2f_json_load (path, MAX_FILE_SIZE, error);
    if (!root)
        return false;
    GError *local = NULL;
    M2fJson json = { .file = path, .object = root, .error = &local }, nested;
    *found = m2f_json_object (&json, "image_processor", "image_processor.", &nested);
    if (local) {
        g_propagate_error (error, local);
        return false;
    }
    return !*found || read_processor_config_file (path, nested.object, nested.prefix, config,
        warnings, error);
}

bool
m2f_processor_config_load (const char *dir, M2fProcessorConfig *config, GPtrArray *warnings,
    GError **error)
{
    bool found;
    *config = defaults;
    if (!m2f_directory_check (dir, error)
        || !load_nested (dir, config, &found, warnings, error))
        return false;
    if (found)
        return true;

    g_autofree char *path = g_build_filename (dir, "preprocessor_config.json", NULL);
    if (m2f_file_is_missing (path)) {
        m2f_warn (warnings, "%s: no preprocessor_config.json; pictures are prepared as "
            "Mask2FormerImageProcessor does by default, with a short edge of %d pixels", dir,
            defaults.shortest_edge);
        return true;
    }
    g_autoptr (json_t) root = m2f_json_load (path, MAX_FILE_SIZE, error);
    return root && read_processor_config_file (path, root, NULL, config, warnings, error);
}
