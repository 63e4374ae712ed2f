/* config.json: Mask2FormerConfig with the config of a backbone inside.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/config.h"

#include <math.h>
#include <string.h>

#include "model/checkpoint/activation_names.h"
#include "model/checkpoint/backbone_choice.h"
#include "model/checkpoint/directory.h"
#include "model/checkpoint/json.h"
#include "model/error.h"

#define MAX_FILE_SIZE (16 << 20)

/* No published model comes near these; they keep products of sizes well inside an int. */
#define MAX_CHANNELS 8192
#define MAX_FEEDFORWARD 65536
#define MAX_LAYERS 256
#define MAX_HEADS 1024
#define MAX_QUERIES 4096
#define MAX_WEIGHT 1e6
#define MAX_POINTS (1 << 20)

#define NORM_GROUPS 32 /* torch.nn.GroupNorm (32, feature_size) in the pixel decoder */

static void
require_divisible (M2fJson *json, const char *key, int value, int divisor, const char *divisor_name)
{
    if (value % divisor != 0) {
        g_autoptr (json_t) found = json_integer (value);
        m2f_json_fail (json, M2F_ERROR_CONFIG, key, found, "a multiple of %s, %d", divisor_name,
            divisor);
    }
}

/* The least of the last three strides, which are all that the pixel decoder looks at. */
static int
least_stride (M2fJson *json)
{
    const json_t *list = m2f_json_get (json, "feature_strides");
    const size_t n = json_array_size (list);
    int strides[M2F_MAX_MAPS], least = G_MAXINT;

    if (!list)
        return 8; /* of 4, 8, 16 and 32 */
    if (!json_is_array (list) || n < 1 || n > M2F_MAX_MAPS) {
        m2f_json_fail (json, M2F_ERROR_CONFIG, "feature_strides", list, "1 to %d strides",
            M2F_MAX_MAPS);
        return least;
    }
    m2f_json_ints (json, "feature_strides", strides, (int) n, 1, 1024);
    if (*json->error)
        return least;
    for (size_t i = n > M2F_FEATURE_LEVELS ? n - M2F_FEATURE_LEVELS : 0; i < n; i++)
        least = MIN (least, strides[i]);
    return least;
}

/* transformers takes features[:n] for n = log2 (least stride / common_stride), rounded towards 0:
 * if the common stride is larger, all maps but the last -n. */
static int
read_fpn_levels (M2fJson *json, int n_maps)
{
    const int common = m2f_json_int (json, "common_stride", 4, 1, 1024);
    const int levels = (int) (log2 (least_stride (json)) - log2 (common));

    return CLAMP (levels < 0 ? n_maps + levels : levels, 0, n_maps);
}

static bool
is_mask2former (const json_t *name)
{
    static const char *const names[] = { "Mask2FormerForUniversalSegmentation",
        "Mask2FormerModel" };
    for (size_t i = 0; i < G_N_ELEMENTS (names); i++) {
        if (g_strcmp0 (json_string_value (name), names[i]) == 0)
            return true;
    }
    return false;
}

/* Warns of a checkpoint that was saved by another class, whose network may be another. */
static void
check_architectures (M2fJson *json, GPtrArray *warnings)
{
    const json_t *list = m2f_json_get (json, "architectures");
    const json_t *first = json_is_array (list) ? json_array_get (list, 0) : list;
    if (first && !is_mask2former (first)) {
        g_autofree char *found = m2f_json_describe (first);
        m2f_warn (warnings, "%s: architectures: expected \"Mask2FormerForUniversalSegmentation\", "
            "found %s, which is run as if it were that", json->file, found);
    }
    if (m2f_json_get (json, "auto_map"))
        m2f_warn (warnings, "%s: auto_map: the checkpoint comes with code of its own, which is not "
            "run", json->file);
}

static void
read_loss (M2fJson *json, M2fLossConfig *loss)
{
    loss->no_object_weight = m2f_json_double (json, "no_object_weight", 0.1, 0, MAX_WEIGHT);
    loss->class_weight = m2f_json_double (json, "class_weight", 2, 0, MAX_WEIGHT);
    loss->mask_weight = m2f_json_double (json, "mask_weight", 5, 0, MAX_WEIGHT);
    loss->dice_weight = m2f_json_double (json, "dice_weight", 5, 0, MAX_WEIGHT);
    loss->train_num_points = m2f_json_int (json, "train_num_points", 12544, 1, MAX_POINTS);
    loss->oversample_ratio = m2f_json_double (json, "oversample_ratio", 3, 0, 16);
    loss->importance_sample_ratio = m2f_json_double (json, "importance_sample_ratio", 0.75, 0, 1);
}

static void
read_config (M2fJson *json, M2fConfig *c)
{
    m2f_json_require (json, "model_type", "mask2former");
    c->activation = m2f_activation_read (json, "activation_function", M2F_RELU);
    m2f_backbone_config_read (json, &c->backbone);
    c->fpn_levels = read_fpn_levels (json, c->backbone.n_maps);

    c->feature_size = m2f_json_int (json, "feature_size", 256, 1, MAX_CHANNELS);
    c->mask_feature_size = m2f_json_int (json, "mask_feature_size", 256, 1, MAX_CHANNELS);
    c->encoder_layers = m2f_json_int (json, "encoder_layers", 6, 0, MAX_LAYERS);
    c->encoder_feedforward_dim =
        m2f_json_int (json, "encoder_feedforward_dim", 1024, 0, MAX_FEEDFORWARD);
    c->dim_feedforward = m2f_json_int (json, "dim_feedforward", 2048, 0, MAX_FEEDFORWARD);
    c->num_attention_heads = m2f_json_int (json, "num_attention_heads", 8, 1, MAX_HEADS);
    c->num_queries = m2f_json_int (json, "num_queries", 100, 1, MAX_QUERIES);
    c->pre_norm = m2f_json_bool (json, "pre_norm", false);
    c->enforce_input_projection = m2f_json_bool (json, "enforce_input_projection", false);
    /* Mask2FormerConfig.attribute_map: two keys have a second name. */
    c->hidden_dim = m2f_json_int (json, "hidden_size", 256, 1, MAX_CHANNELS);
    c->hidden_dim = m2f_json_int (json, "hidden_dim", c->hidden_dim, 1, MAX_CHANNELS);
    c->decoder_layers = m2f_json_int (json, "num_hidden_layers", 10, 0, MAX_LAYERS);
    c->decoder_layers = m2f_json_int (json, "decoder_layers", c->decoder_layers, 0, MAX_LAYERS);
    if (*json->error)
        return;

    require_divisible (json, "feature_size", c->feature_size, NORM_GROUPS,
        "the group norms' groups");
    require_divisible (json, "feature_size", c->feature_size, c->num_attention_heads,
        "num_attention_heads");
    require_divisible (json, "hidden_dim", c->hidden_dim, c->num_attention_heads,
        "num_attention_heads");
    /* Half of the channels each for y and x, as pairs of sine and cosine. */
    require_divisible (json, "hidden_dim", c->hidden_dim, 4, "the position embedding's parts");
    read_loss (json, &c->loss);
    c->label_names = m2f_labels_read (json);
}

M2fConfig *
m2f_config_load (const char *dir, GPtrArray *warnings, GError **error)
{
    if (!m2f_directory_check (dir, error))
        return NULL;
    g_autofree char *path = g_build_filename (dir, "config.json", NULL);
    g_autoptr (json_t) root = m2f_json_load (path, MAX_FILE_SIZE, error);
    if (!root)
        return NULL;

    g_autoptr (M2fConfig) config = g_new0 (M2fConfig, 1);
    GError *local = NULL;
    M2fJson json = { .file = path, .object = root, .error = &local };
    config->path = g_strdup (path);
    read_config (&json, config);
    if (local) {
        g_propagate_error (error, local);
        return NULL;
    }
    check_architectures (&json, warnings);
    m2f_config_set_n_labels (config, m2f_labels_count (&config->label_names), NULL);
    return g_steal_pointer (&config);
}

void
m2f_config_set_n_labels (M2fConfig *config, int n_labels, GPtrArray *warnings)
{
    g_strfreev (config->labels);
    config->n_labels = n_labels;
    config->labels =
        m2f_labels_resolve (&config->label_names, n_labels, config->path, warnings);
}

void
m2f_config_free (M2fConfig *config)
{
    if (!config)
        return;
    g_strfreev (config->labels);
    m2f_labels_clear (&config->label_names);
    g_free (config->path);
    g_free (config);
}
