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
static const struct {
    const char *name;
    double width, depth;  /* multipliers of channels and of blocks in a stage */
    bool fixed_stem;      /* the stem is not widened, nor the outermost stages deepened */
} variants[] = {
    { "mobilenetv2_035", 0.35, 1, false },
    { "mobilenetv2_050", 0.5, 1, false },
    { "mobilenetv2_075", 0.75, 1, false },
    { "mobilenetv2_100", 1, 1, false },
    { "mobilenetv2_110d", 1.1, 1.2, true },
    { "mobilenetv2_120d", 1.2, 1.4, true },
    { "mobilenetv2_140", 1.4, 1, false },
};

#define EXPECTED_NAME "mobilenetv2_ with 035, 050, 075, 100, 110d, 120d or 140"

/* timm: round_channels() with its defaults: to a multiple of 8 that is no less than 90 %. */
static int
round_channels (double channels)
{
    int rounded = MAX (8, (int) (channels + 4) / 8 * 8);

    return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

static void
set_shape (M2fBackboneConfig *config, double width, double depth, bool fixed_stem)
{
    static const int depths[M2F_MOBILENET_STAGES] = { 1, 2, 3, 4, 3, 3, 1 };
    static const int channels[M2F_MOBILENET_STAGES] = { 16, 24, 32, 64, 96, 160, 320 };
    static const int map_stages[M2F_MAPS] = { 1, 2, 4, 6 }; /* the last of each stride */
    M2fMobilenetConfig *net = &config->mobilenet;

    net->stem = fixed_stem ? 32 : round_channels (32 * width);
    for (int i = 0; i < M2F_MOBILENET_STAGES; i++) {
        const bool outermost = i == 0 || i == M2F_MOBILENET_STAGES - 1;

        net->channels[i] = round_channels (channels[i] * width);
        net->depths[i] = outermost && fixed_stem ? depths[i] : (int) ceil (depths[i] * depth);
    }
    for (int i = 0; i < M2F_MAPS; i++) {
        net->map_stages[i] = map_stages[i];
        config->channels[i] = net->channels[map_stages[i]];
        config->strides[i] = 4 << i;
    }
}

/* The maps after the one of stride 2, counted from either end. */
static void
require_maps (M2fJson *json)
{
    const json_t *found = m2f_json_get (json, "out_indices");
    int indices[M2F_MAPS] = { -1 }; /* TimmBackboneConfig's default is one map */
    bool right = true;

    if (found)
        m2f_json_ints (json, "out_indices", indices, M2F_MAPS, -16, 16);
    for (int i = 0; i < M2F_MAPS; i++)
        right = right && (indices[i] == i + 1 || indices[i] == i - M2F_MAPS);
    if (!*json->error && !right)
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "out_indices", found,
            "[1, 2, 3, 4], the maps of strides 4 to 32");
}

void
m2f_timm_config_read (M2fJson *json, M2fBackboneConfig *config)
{
    const char *name = m2f_json_string (json, "backbone", "");
    const size_t length = strcspn (name, "."); /* up to the tag of the weights it came from */

    if (*json->error)
        return;
    config->kind = M2F_BACKBONE_MOBILENET;
    config->mobilenet.name = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS (variants); i++)
        if (strlen (variants[i].name) == length && memcmp (variants[i].name, name, length) == 0) {
            config->mobilenet.name = variants[i].name;
            set_shape (config, variants[i].width, variants[i].depth, variants[i].fixed_stem);
        }
    if (!config->mobilenet.name)
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "backbone", m2f_json_get (json, "backbone"),
            "%s", EXPECTED_NAME);
    require_maps (json);
    m2f_backbone_require_rgb (json);
    if (m2f_json_int (json, "output_stride", 32, 1, G_MAXINT) != 32)
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "output_stride",
            m2f_json_get (json, "output_stride"), "32");
}
