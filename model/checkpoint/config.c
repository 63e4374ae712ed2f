/* config.json: Mask2FormerConfig with the config of a backbone inside.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/config.h"

#include <string.h>

#include "model/checkpoint/directory.h"
#include "model/checkpoint/json.h"
#include "model/checkpoint/resnet_config.h"
#include "model/checkpoint/timm_config.h"
#include "model/error.h"

#define MAX_FILE_SIZE (16 << 20)

/* No published model comes near these; they keep products of sizes well inside an int. */
#define MAX_CHANNELS 8192
#define MAX_FEEDFORWARD 65536
#define MAX_LAYERS 256
#define MAX_HEADS 1024
#define MAX_WINDOW 64
#define MAX_QUERIES 4096

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

/* ---- the backbone -------------------------------------------------------------------------- */

/* patch_size may be one integer or two (SwinPatchEmbeddings); only 4 x 4 ends at stride 4. */
static void
read_patch_size (M2fJson *json, M2fSwinConfig *swin)
{
    int patch[2] = { 4, 4 };
    if (json_is_array (m2f_json_get (json, "patch_size")))
        m2f_json_ints (json, "patch_size", patch, 2, 1, 1024);
    else
        patch[0] = patch[1] = m2f_json_int (json, "patch_size", 4, 1, 1024);
    if (patch[0] != 4 || patch[1] != 4)
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "patch_size",
            m2f_json_get (json, "patch_size"), "4");
    swin->patch_size = patch[0];
}

/* The four stages in order, by name or by index.  A file that names none means all. */
static void
require_all_stages (M2fJson *json)
{
    static const char *const names[4] = { "stage1", "stage2", "stage3", "stage4" };
    const json_t *features = m2f_json_get (json, "out_features");
    const json_t *indices = m2f_json_get (json, "out_indices");
    bool all = !features || (json_is_array (features) && json_array_size (features) == 4);
    for (int i = 0; features && all && i < 4; i++) {
        const char *name = json_string_value (json_array_get (features, i));
        all = g_strcmp0 (name, names[i]) == 0;
    }
    if (!all)
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "out_features", features,
            "[\"stage1\", \"stage2\", \"stage3\", \"stage4\"]");
    if (features || !indices)
        return;
    int stages[4];
    m2f_json_ints (json, "out_indices", stages, 4, -16, 16);
    for (int i = 0; !*json->error && i < 4; i++) {
        if (stages[i] != i + 1 && stages[i] != i - 4)
            m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "out_indices", indices, "[1, 2, 3, 4]");
    }
}

static void
check_swin_stages (M2fJson *json, const M2fSwinConfig *swin)
{
    for (int i = 0; !*json->error && i < M2F_SWIN_STAGES; i++) {
        int channels = swin->embed_dim << i;
        if (channels % swin->num_heads[i] != 0) {
            g_autofree char *key = g_strdup_printf ("num_heads[%d]", i);
            g_autoptr (json_t) found = json_integer (swin->num_heads[i]);
            m2f_json_fail (json, M2F_ERROR_CONFIG, key, found,
                "a divisor of the stage's %d channels", channels);
        }
        if ((int) (swin->mlp_ratio * channels) < 1)
            m2f_json_fail (json, M2F_ERROR_CONFIG, "mlp_ratio", m2f_json_get (json, "mlp_ratio"),
                "at least one hidden channel for %d", channels);
    }
}

/* `swin` holds the defaults of depths and num_heads. */
static void
read_swin (M2fJson *json, M2fSwinConfig *swin)
{
    m2f_json_require (json, "hidden_act", "gelu");
    swin->embed_dim = m2f_json_int (json, "embed_dim", 96, 1, MAX_CHANNELS / 8);
    m2f_json_ints (json, "depths", swin->depths, M2F_SWIN_STAGES, 1, MAX_LAYERS);
    m2f_json_ints (json, "num_heads", swin->num_heads, M2F_SWIN_STAGES, 1, MAX_HEADS);
    swin->window_size = m2f_json_int (json, "window_size", 7, 1, MAX_WINDOW);
    swin->mlp_ratio = m2f_json_double (json, "mlp_ratio", 4.0, 1e-3, 16);
    swin->qkv_bias = m2f_json_bool (json, "qkv_bias", true);
    swin->layer_norm_eps = m2f_json_double (json, "layer_norm_eps", 1e-5, 0, 1);
    read_patch_size (json, swin);
    require_all_stages (json);

    if (m2f_json_bool (json, "use_absolute_embeddings", false))
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "use_absolute_embeddings",
            m2f_json_get (json, "use_absolute_embeddings"), "false");
    if (m2f_json_int (json, "num_channels", 3, 1, MAX_CHANNELS) != 3)
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "num_channels",
            m2f_json_get (json, "num_channels"), "3");
    check_swin_stages (json, swin);
}

/* `depth` is that of the third stage if the config does not say. */
static void
read_swin_backbone (M2fJson *json, M2fBackboneConfig *backbone, int depth)
{
    backbone->kind = M2F_BACKBONE_SWIN;
    backbone->swin
        = (M2fSwinConfig) { .depths = { 2, 2, depth, 2 }, .num_heads = { 3, 6, 12, 24 } };
    read_swin (json, &backbone->swin);
    for (int i = 0; i < M2F_MAPS; i++) {
        backbone->channels[i] = backbone->swin.embed_dim << i;
        backbone->strides[i] = backbone->swin.patch_size << i;
    }
}

static void
read_resnet_backbone (M2fJson *json, M2fBackboneConfig *backbone)
{
    m2f_resnet_config_read (json, backbone);
    require_all_stages (json);
}

/* The older way to ask for a network of timm: by name, with options beside it. */
static void
read_named_backbone (M2fJson *json, M2fBackboneConfig *backbone)
{
    g_autoptr (json_t) named = json_object ();
    const json_t *options = m2f_json_get (json, "backbone_kwargs");

    if (json_is_object (options))
        json_object_update (named, (json_t *) options);
    json_object_set (named, "backbone", (json_t *) m2f_json_get (json, "backbone"));
    m2f_timm_config_read (&(M2fJson) { .file = json->file, .object = named, .error = json->error },
        backbone);
}

static void
read_backbone (M2fJson *json, M2fBackboneConfig *backbone)
{
    M2fJson child;

    if (m2f_json_get (json, "backbone_config")) {
        if (!m2f_json_object (json, "backbone_config", "backbone_config.", &child))
            return;
        const json_t *type = m2f_json_get (&child, "model_type");
        if (g_strcmp0 (json_string_value (type), "timm_backbone") == 0)
            m2f_timm_config_read (&child, backbone);
        else if (g_strcmp0 (json_string_value (type), "resnet") == 0)
            read_resnet_backbone (&child, backbone);
        else if (!type || g_strcmp0 (json_string_value (type), "swin") == 0)
            read_swin_backbone (&child, backbone, 6);
        else
            m2f_json_fail (&child, M2F_ERROR_UNSUPPORTED, "model_type", type,
                "\"swin\", \"resnet\" or \"timm_backbone\"");
        return;
    }

    /* Without it transformers looks a backbone up by name, or builds Swin-S. */
    const json_t *name = m2f_json_get (json, "backbone");
    const bool timm = m2f_json_bool (json, "use_timm_backbone", false);
    if (name && timm) {
        read_named_backbone (json, backbone);
        return;
    }
    if (name)
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "backbone", name,
            "a backbone_config, or use_timm_backbone beside it");
    if (timm)
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "use_timm_backbone",
            m2f_json_get (json, "use_timm_backbone"), "false");
    g_autoptr (json_t) empty = json_object ();
    read_swin_backbone (&(M2fJson) { .file = json->file, .object = empty, .error = json->error },
        backbone, 18);
}

/* ---- the rest ------------------------------------------------------------------------------ */

/* The pixel decoder has log2 (8 / common_stride) FPN levels; ours has one. */
static void
require_strides (M2fJson *json)
{
    static const int published[4] = { 4, 8, 16, 32 };
    int strides[4] = { 4, 8, 16, 32 };
    m2f_json_ints (json, "feature_strides", strides, 4, 1, 1024);
    if (memcmp (strides, published, sizeof strides) != 0)
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "feature_strides",
            m2f_json_get (json, "feature_strides"), "[4, 8, 16, 32]");
    if (m2f_json_int (json, "common_stride", 4, 1, 1024) != 4)
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "common_stride",
            m2f_json_get (json, "common_stride"), "4");
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
read_config (M2fJson *json, M2fConfig *c)
{
    m2f_json_require (json, "model_type", "mask2former");
    m2f_json_require (json, "activation_function", "relu");
    require_strides (json);
    read_backbone (json, &c->backbone);

    c->feature_size = m2f_json_int (json, "feature_size", 256, 1, MAX_CHANNELS);
    c->mask_feature_size = m2f_json_int (json, "mask_feature_size", 256, 1, MAX_CHANNELS);
    c->encoder_layers = m2f_json_int (json, "encoder_layers", 6, 1, MAX_LAYERS);
    c->encoder_feedforward_dim =
        m2f_json_int (json, "encoder_feedforward_dim", 1024, 1, MAX_FEEDFORWARD);
    c->dim_feedforward = m2f_json_int (json, "dim_feedforward", 2048, 1, MAX_FEEDFORWARD);
    c->num_attention_heads = m2f_json_int (json, "num_attention_heads", 8, 1, MAX_HEADS);
    c->num_queries = m2f_json_int (json, "num_queries", 100, 1, MAX_QUERIES);
    c->pre_norm = m2f_json_bool (json, "pre_norm", false);
    c->enforce_input_projection = m2f_json_bool (json, "enforce_input_projection", false);
    /* Mask2FormerConfig.attribute_map: two keys have a second name. */
    c->hidden_dim = m2f_json_int (json, "hidden_size", 256, 1, MAX_CHANNELS);
    c->hidden_dim = m2f_json_int (json, "hidden_dim", c->hidden_dim, 1, MAX_CHANNELS);
    c->decoder_layers = m2f_json_int (json, "num_hidden_layers", 10, 2, MAX_LAYERS);
    c->decoder_layers = m2f_json_int (json, "decoder_layers", c->decoder_layers, 2, MAX_LAYERS);
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
