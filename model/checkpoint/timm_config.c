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

#define RESNET_STAGES 4

/* timm: resnet18() and so on; their stem is one convolution of 7x7, a shortcut one of 1x1 */
static const struct Resnet {
    const char *name;
    bool bottleneck;
    int depths[RESNET_STAGES];
    int width; /* factor of the channels inside a bottleneck; 0 = 1 */
} resnets[] = {
    { "resnet18", false, { 2, 2, 2, 2 } },
    { "resnet26", true, { 2, 2, 2, 2 } },
    { "resnet34", false, { 3, 4, 6, 3 } },
    { "resnet50", true, { 3, 4, 6, 3 } },
    { "resnet101", true, { 3, 4, 23, 3 } },
    { "resnet152", true, { 3, 8, 36, 3 } },
    { "wide_resnet50_2", true, { 3, 4, 6, 3 }, 2 },
    { "wide_resnet101_2", true, { 3, 4, 23, 3 }, 2 },
};

#define EXPECTED_NAME \
    "mobilenetv2_ with 035, 050, 075, 100, 110d, 120d or 140, resnet with 18, 26, 34, 50, 101 or " \
    "152, wide_resnet50_2 or wide_resnet101_2"

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

    config->kind = M2F_BACKBONE_RESNET;
    *net = (M2fResnetConfig) {
        .timm_name = variant->name, .stem = 64, .n_stages = RESNET_STAGES,
        .reduction = M2F_RESNET_REDUCTION / MAX (variant->width, 1),
        .bottleneck = variant->bottleneck, .activation = M2F_RELU,
    };
    for (int i = 0; i < RESNET_STAGES; i++) {
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

/* timm's maps are the last of each stride from 2 on, of which this reads those from 4 on. */
static void
read_maps (M2fJson *json, M2fBackboneConfig *config)
{
    static const int mobilenet_stages[] = { 2, 3, 5, 7 }, stem[2] = { 4, 4 };
    const json_t *found = m2f_json_get (json, "out_indices");
    g_autoptr (json_t) keys = json_object ();

    if (found)
        json_object_set (keys, "out_indices", (json_t *) found);
    m2f_backbone_read_stages (&(M2fJson) { .file = json->file, .prefix = json->prefix,
        .object = keys, .error = json->error }, 4, config);
    if (!found || (config->n_maps > 0 && config->stages[0] == 0)) /* the default is one map */
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "out_indices", found,
            "[1, 2, 3, 4], the maps of strides 4 to 32, or the last three");
    for (int i = 0; i < config->n_maps; i++) {
        const int map = config->stages[i] - 1;

        if (config->kind == M2F_BACKBONE_MOBILENET)
            config->stages[i] = mobilenet_stages[MAX (map, 0)];
        m2f_backbone_set_map (config, i, config->kind == M2F_BACKBONE_MOBILENET
            ? config->mobilenet.channels[config->stages[i] - 1]
            : config->resnet.channels[MAX (map, 0)], stem, MAX (map, 0));
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
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "backbone", m2f_json_get (json, "backbone"),
            "%s", EXPECTED_NAME);
    else
        read_maps (json, config);
    if (m2f_json_int (json, "output_stride", 32, 1, G_MAXINT) != 32)
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "output_stride",
            m2f_json_get (json, "output_stride"), "32");
    if (!m2f_json_bool (json, "features_only", true))
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "features_only",
            m2f_json_get (json, "features_only"), "true");
}
