/* The timm_backbone of config.json: networks of the timm library by their names.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/timm_config.h"

#include <math.h>
#include <string.h>

#include "model/checkpoint/backbone_keys.h"

/* timm: the variants of _gen_mobilenet_v2() */
static const struct Mobilenet {
    const char *name;
    double width, depth;  /* multipliers of channels and of blocks in a stage */
    bool fixed_stem;      /* the stem is not widened, nor the outermost stages deepened */
} mobilenets[] = {
    { "mobilenetv2_035", 0.35, 1, false },
    { "mobilenetv2_050", 0.5, 1, false },
    { "mobilenetv2_075", 0.75, 1, false },
    { "mobilenetv2_100", 1, 1, false },
    { "mobilenetv2_110d", 1.1, 1.2, true },
    { "mobilenetv2_120d", 1.2, 1.4, true },
    { "mobilenetv2_140", 1.4, 1, false },
};

/* timm: stem_type, and stem_width as the channels of the second convolution */
#define DEEP_STEM { 32, 32 }
#define TIERED_STEM { 24, 32 }
#define WIDE_STEM { 64, 64 }

/* timm: resnet18() and so on */
static const struct Resnet {
    const char *name;
    bool bottleneck;
    int depths[M2F_TIMM_RESNET_STAGES];
    int stem[2];   /* channels of the first convolutions of a stem of three; 0 = it is one */
    bool averages; /* avg_down */
    int groups, base_width; /* cardinality and base_width of bottlenecks; 0 = 1 and 64 */
} resnets[] = {
    { "resnet10t", false, { 1, 1, 1, 1 }, TIERED_STEM, true },
    { "resnet14t", true, { 1, 1, 1, 1 }, TIERED_STEM, true },
    { "resnet18", false, { 2, 2, 2, 2 } },
    { "resnet18d", false, { 2, 2, 2, 2 }, DEEP_STEM, true },
    { "resnet26", true, { 2, 2, 2, 2 } },
    { "resnet26d", true, { 2, 2, 2, 2 }, DEEP_STEM, true },
    { "resnet26t", true, { 2, 2, 2, 2 }, TIERED_STEM, true },
    { "resnet34", false, { 3, 4, 6, 3 } },
    { "resnet34d", false, { 3, 4, 6, 3 }, DEEP_STEM, true },
    { "resnet50", true, { 3, 4, 6, 3 } },
    { "resnet50c", true, { 3, 4, 6, 3 }, DEEP_STEM },
    { "resnet50d", true, { 3, 4, 6, 3 }, DEEP_STEM, true },
    { "resnet50s", true, { 3, 4, 6, 3 }, WIDE_STEM },
    { "resnet50t", true, { 3, 4, 6, 3 }, TIERED_STEM, true },
    { "resnet101", true, { 3, 4, 23, 3 } },
    { "resnet101c", true, { 3, 4, 23, 3 }, DEEP_STEM },
    { "resnet101d", true, { 3, 4, 23, 3 }, DEEP_STEM, true },
    { "resnet101s", true, { 3, 4, 23, 3 }, WIDE_STEM },
    { "resnet152", true, { 3, 8, 36, 3 } },
    { "resnet152c", true, { 3, 8, 36, 3 }, DEEP_STEM },
    { "resnet152d", true, { 3, 8, 36, 3 }, DEEP_STEM, true },
    { "resnet152s", true, { 3, 8, 36, 3 }, WIDE_STEM },
    { "resnet200", true, { 3, 24, 36, 3 } },
    { "resnet200d", true, { 3, 24, 36, 3 }, DEEP_STEM, true },
    { "resnext50_32x4d", true, { 3, 4, 6, 3 }, .groups = 32, .base_width = 4 },
    { "resnext50d_32x4d", true, { 3, 4, 6, 3 }, DEEP_STEM, true, 32, 4 },
    { "resnext101_32x4d", true, { 3, 4, 23, 3 }, .groups = 32, .base_width = 4 },
    { "resnext101_32x8d", true, { 3, 4, 23, 3 }, .groups = 32, .base_width = 8 },
    { "resnext101_32x16d", true, { 3, 4, 23, 3 }, .groups = 32, .base_width = 16 },
    { "resnext101_32x32d", true, { 3, 4, 23, 3 }, .groups = 32, .base_width = 32 },
    { "resnext101_64x4d", true, { 3, 4, 23, 3 }, .groups = 64, .base_width = 4 },
    { "wide_resnet50_2", true, { 3, 4, 6, 3 }, .base_width = 128 },
    { "wide_resnet101_2", true, { 3, 4, 23, 3 }, .base_width = 128 },
};

/* timm: round_channels() with its defaults: to a multiple of 8 that is no less than 90 %. */
static int
round_channels (double channels)
{
    int rounded = MAX (8, (int) (channels + 4) / 8 * 8);

    return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

static void
set_mobilenet (M2fBackboneConfig *config, const struct Mobilenet *variant)
{
    static const int depths[M2F_MOBILENET_STAGES] = { 1, 2, 3, 4, 3, 3, 1 };
    static const int channels[M2F_MOBILENET_STAGES] = { 16, 24, 32, 64, 96, 160, 320 };
    M2fMobilenetConfig *net = &config->mobilenet;

    config->kind = M2F_BACKBONE_MOBILENET;
    net->name = variant->name;
    net->stem = variant->fixed_stem ? 32 : round_channels (32 * variant->width);
    for (int i = 0; i < M2F_MOBILENET_STAGES; i++) {
        const bool outermost = i == 0 || i == M2F_MOBILENET_STAGES - 1;

        net->channels[i] = round_channels (channels[i] * variant->width);
        net->depths[i] = outermost && variant->fixed_stem
            ? depths[i] : (int) ceil (depths[i] * variant->depth);
    }
}

static void
set_resnet (M2fBackboneConfig *config, const struct Resnet *variant)
{
    M2fResnetConfig *net = &config->resnet;
    const int groups = MAX (variant->groups, 1);

    config->kind = M2F_BACKBONE_RESNET;
    *net = (M2fResnetConfig) {
        .timm_name = variant->name, .stem = 64, .n_stages = M2F_TIMM_RESNET_STAGES,
        .bottleneck = variant->bottleneck, .groups = groups, .averages = variant->averages,
        .width = groups * (variant->base_width > 0 ? variant->base_width : 64) / 64,
        .activation = M2F_RELU,
    };
    if (variant->stem[1] > 0) {
        memcpy (net->deep_stem, variant->stem, sizeof net->deep_stem);
        net->stem = 2 * variant->stem[1];
    }
    for (int i = 0; i < M2F_TIMM_RESNET_STAGES; i++) {
        net->depths[i] = variant->depths[i];
        net->channels[i] = (variant->bottleneck ? 64 * M2F_RESNET_REDUCTION : 64) << i;
    }
}

/* False if no network of this name is known. */
static bool
set_shape (M2fBackboneConfig *config, const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS (mobilenets); i++)
        if (strcmp (mobilenets[i].name, name) == 0) {
            set_mobilenet (config, &mobilenets[i]);
            return true;
        }
    for (size_t i = 0; i < G_N_ELEMENTS (resnets); i++)
        if (strcmp (resnets[i].name, name) == 0) {
            set_resnet (config, &resnets[i]);
            return true;
        }
    return false;
}

/* Fails with the names of all networks. */
static void
fail_name (M2fJson *json)
{
    g_autoptr (GString) names = g_string_new (NULL);

    for (size_t i = 0; i < G_N_ELEMENTS (mobilenets); i++)
        g_string_append_printf (names, "%s, ", mobilenets[i].name);
    for (size_t i = 0; i < G_N_ELEMENTS (resnets); i++)
        g_string_append_printf (names, "%s%s", resnets[i].name,
            i + 2 < G_N_ELEMENTS (resnets) ? ", " : i + 2 == G_N_ELEMENTS (resnets) ? " or " : "");
    m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "backbone", m2f_json_get (json, "backbone"), "%s",
        names->str);
}

/* timm's maps are the last of each stride from 2 on. */
static void
read_maps (M2fJson *json, M2fBackboneConfig *config)
{
    static const int mobilenet_stages[] = { 1, 2, 3, 5, 7 }, stem[2] = { 2, 2 };
    const json_t *found = m2f_json_get (json, "out_indices");
    const M2fResnetConfig *resnet = &config->resnet;
    g_autoptr (json_t) keys = json_object ();

    if (found)
        json_object_set (keys, "out_indices", (json_t *) found);
    else /* the default is one map */
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "out_indices", found,
            "%d to 5 stages from 0 to 4 in order", M2F_FEATURE_LEVELS);
    m2f_backbone_read_stages (&(M2fJson) { .file = json->file, .prefix = json->prefix,
        .object = keys, .error = json->error }, 4, config);
    for (int i = 0; i < config->n_maps; i++) {
        const int map = config->stages[i];

        if (config->kind == M2F_BACKBONE_MOBILENET)
            config->stages[i] = mobilenet_stages[map];
        m2f_backbone_set_map (config, i, config->kind == M2F_BACKBONE_MOBILENET
            ? config->mobilenet.channels[config->stages[i] - 1]
            : map > 0 ? resnet->channels[map - 1] : resnet->stem, stem, map);
    }
}

void
m2f_timm_config_read (M2fJson *json, M2fBackboneConfig *config)
{
    const char *tagged = m2f_json_string (json, "backbone", "");
    /* A tag, "resnet50.a1_in1k", tells which weights a network began with. */
    g_autofree char *name = g_strndup (tagged, strcspn (tagged, "."));

    if (*json->error)
        return;
    if (!set_shape (config, name))
        fail_name (json);
    else
        read_maps (json, config);
    if (m2f_json_int (json, "output_stride", 32, 1, G_MAXINT) != 32)
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "output_stride",
            m2f_json_get (json, "output_stride"), "32");
    if (!m2f_json_bool (json, "features_only", true))
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "features_only",
            m2f_json_get (json, "features_only"), "true");
}
