/* Tests of the configs of backbones.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/unit/config_text.h"

/* ---- what must work ------------------------------------------------------------------------ */

/* Shapes that timm's round_channels() and _scale_stage_depth() make of the names. */
START_TEST (test_mobilenets)
{
    static const struct {
        const char *name;
        int stem, depths[M2F_MOBILENET_STAGES], channels[M2F_MOBILENET_STAGES];
    } nets[] = {
        { "mobilenetv2_035", 16, { 1, 2, 3, 4, 3, 3, 1 }, { 8, 8, 16, 24, 32, 56, 112 } },
        { "mobilenetv2_050", 16, { 1, 2, 3, 4, 3, 3, 1 }, { 8, 16, 16, 32, 48, 80, 160 } },
        { "mobilenetv2_075", 24, { 1, 2, 3, 4, 3, 3, 1 }, { 16, 24, 24, 48, 72, 120, 240 } },
        { "mobilenetv2_100", 32, { 1, 2, 3, 4, 3, 3, 1 }, { 16, 24, 32, 64, 96, 160, 320 } },
        { "mobilenetv2_110d", 32, { 1, 3, 4, 5, 4, 4, 1 }, { 16, 24, 32, 72, 104, 176, 352 } },
        { "mobilenetv2_120d", 32, { 1, 3, 5, 6, 5, 5, 1 }, { 24, 32, 40, 80, 112, 192, 384 } },
        { "mobilenetv2_140", 48, { 1, 2, 3, 4, 3, 3, 1 }, { 24, 32, 48, 88, 136, 224, 448 } },
    };

    for (size_t i = 0; i < G_N_ELEMENTS (nets); i++) {
        g_autofree char *text = g_strdup_printf (
            "{\"backbone_config\": {\"model_type\": \"timm_backbone\", \"backbone\": \"%s\","
            " \"out_indices\": [1, 2, 3, 4]}}", nets[i].name);
        g_autofree char *older = g_strdup_printf (
            "{\"use_timm_backbone\": true, \"backbone\": \"%s.ra_in1k\","
            " \"backbone_kwargs\": {\"out_indices\": [-4, -3, -2, -1]}}", nets[i].name);
        const char *const texts[] = { text, older };

        for (int k = 0; k < 2; k++) {
            g_autoptr (M2fConfig) c = load_good (texts[k]);
            const M2fMobilenetConfig *net = &c->backbone.mobilenet;

            ck_assert_int_eq (c->backbone.kind, M2F_BACKBONE_MOBILENET);
            ck_assert_str_eq (net->name, nets[i].name);
            ck_assert_int_eq (net->stem, nets[i].stem);
            ck_assert_mem_eq (net->depths, nets[i].depths, sizeof net->depths);
            ck_assert_mem_eq (net->channels, nets[i].channels, sizeof net->channels);
            ck_assert_int_eq (c->backbone.channels[1], nets[i].channels[2]);
            ck_assert_int_eq (c->backbone.strides[3][0], 32);
        }
    }
}
END_TEST

#define TIMM(keys) "{\"backbone_config\": {\"model_type\": \"timm_backbone\", " keys "}}"
#define TIMM_MAPS(keys) TIMM ("\"out_indices\": [1, 2, 3, 4], " keys)

START_TEST (test_resnets)
{
    g_autoptr (M2fConfig) c = load_good ("{\"backbone_config\": {\"model_type\": \"resnet\"}}");
    const M2fResnetConfig *net = &c->backbone.resnet;
    static const int depths[] = { 3, 4, 6, 3 }, channels[] = { 256, 512, 1024, 2048 };

    ck_assert_int_eq (c->backbone.kind, M2F_BACKBONE_RESNET);
    ck_assert_int_eq (net->stem, 64);
    ck_assert_mem_eq (net->depths, depths, sizeof depths);
    ck_assert_mem_eq (net->channels, channels, sizeof channels);
    ck_assert_mem_eq (c->backbone.channels, channels, sizeof channels);
    ck_assert_int_eq (c->backbone.strides[0][0], 4);
    ck_assert_int_eq (c->backbone.strides[3][0], 32);
    ck_assert (net->bottleneck && !net->downsample_in_bottleneck);

    g_autoptr (M2fConfig) small = load_good ("{\"backbone_config\": {\"model_type\": \"resnet\","
        " \"layer_type\": \"basic\", \"hidden_sizes\": [64, 128, 256, 512],"
        " \"depths\": [2, 2, 2, 2], \"out_indices\": [1, 2, 3, 4]}}");
    ck_assert (!small->backbone.resnet.bottleneck);
    ck_assert_int_eq (small->backbone.channels[3], 512);

    static const int five[] = { 16, 4, 12, 20 };
    static const int strides[][2] = { { 4, 4 }, { 8, 8 }, { 32, 32 }, { 128, 128 } };
    g_autoptr (M2fConfig) other = load_good ("{\"backbone_config\": {\"model_type\": \"resnet\","
        " \"embedding_size\": 16, \"hidden_sizes\": [4, 8, 12, 16, 20],"
        " \"depths\": [1, 2, 1, 1, 1], \"downsample_in_first_stage\": true,"
        " \"out_features\": [\"stem\", \"stage1\", \"stage3\", \"stage5\"]}}");
    ck_assert_mem_eq (other->backbone.channels, five, sizeof five);
    ck_assert_mem_eq (other->backbone.strides, strides, sizeof strides);

    /* transformers makes the first layer of a stage whatever its depth. */
    g_autoptr (M2fConfig) short_one = load_good ("{\"backbone_config\": {"
        " \"model_type\": \"resnet\", \"hidden_sizes\": [4, 8], \"depths\": [0, 2],"
        " \"hidden_act\": \"prelu\", \"num_channels\": 4}}");
    ck_assert_int_eq (short_one->backbone.n_maps, 3);
    ck_assert_int_eq (short_one->backbone.num_channels, 4);
    ck_assert_int_eq (short_one->backbone.resnet.depths[0], 1);
    ck_assert_int_eq (short_one->backbone.resnet.activation, M2F_PRELU);
}
END_TEST

START_TEST (test_timm_resnets)
{
    static const struct {
        const char *text;
        bool bottleneck;
        int depth, channels; /* of the third stage and of the last */
        int stem, width, groups; /* 0 = 64, 1 and 1 */
        bool averages;
    } cases[] = {
        { TIMM_MAPS ("\"backbone\": \"resnet18\""), false, 2, 512 },
        { TIMM_MAPS ("\"backbone\": \"resnet26.bt_in1k\""), true, 2, 2048 },
        { TIMM_MAPS ("\"backbone\": \"resnet34\""), false, 6, 512 },
        { TIMM_MAPS ("\"backbone\": \"resnet101\""), true, 23, 2048 },
        { "{\"use_timm_backbone\": true, \"backbone\": \"resnet50\","
          " \"backbone_kwargs\": {\"out_indices\": [1, 2, 3, 4]}}", true, 6, 2048 },
        /* transformers 5 takes any name that is no repository of the hub for one of timm */
        { "{\"backbone\": \"resnet152\", \"backbone_kwargs\": {\"out_indices\": [1, 2, 3, 4]}}",
          true, 36, 2048 },
        { TIMM_MAPS ("\"backbone\": \"wide_resnet101_2.tv_in1k\""), true, 23, 2048, .width = 2 },
        { TIMM_MAPS ("\"backbone\": \"resnet10t.c3_in1k\""), false, 1, 512, .averages = true },
        { TIMM_MAPS ("\"backbone\": \"resnet101s\""), true, 23, 2048, .stem = 128 },
        { TIMM_MAPS ("\"backbone\": \"resnext101_64x4d\""), true, 23, 2048, .width = 4,
            .groups = 64 },
        { TIMM_MAPS ("\"backbone\": \"resnext50d_32x4d\""), true, 6, 2048, .width = 2,
            .groups = 32, .averages = true },
    };

    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (M2fConfig) c = load_good (cases[i].text);
        const M2fResnetConfig *net = &c->backbone.resnet;

        ck_assert_int_eq (c->backbone.kind, M2F_BACKBONE_RESNET);
        ck_assert (strstr (net->timm_name, "resn"));
        ck_assert_int_eq (net->width, MAX (cases[i].width, 1));
        ck_assert_int_eq (net->groups, MAX (cases[i].groups, 1));
        ck_assert_int_eq (net->stem, cases[i].stem > 0 ? cases[i].stem : 64);
        ck_assert_int_eq (net->averages, cases[i].averages);
        ck_assert (net->bottleneck == cases[i].bottleneck && !net->downsample_in_bottleneck);
        ck_assert_int_eq (net->depths[2], cases[i].depth);
        ck_assert_int_eq (c->backbone.channels[3], cases[i].channels);
        ck_assert_int_eq (c->backbone.strides[3][0], 32);
    }
    g_autoptr (M2fConfig) three = load_good (TIMM ("\"backbone\": \"resnet18\","
        " \"num_channels\": 1, \"out_indices\": [2, 3, 4]"));
    ck_assert_int_eq (three->backbone.n_maps, 3);
    ck_assert_int_eq (three->backbone.num_channels, 1);
    ck_assert_int_eq (three->backbone.channels[0], 128);
    ck_assert_int_eq (three->backbone.strides[2][0], 32);
    g_autoptr (M2fConfig) five = load_good (TIMM ("\"backbone\": \"resnet50s\","
        " \"out_indices\": [0, 1, 2, 3, 4]"));
    ck_assert_int_eq (five->backbone.channels[0], 128);
    ck_assert_int_eq (five->backbone.strides[0][0], 2);
    ck_assert_int_eq (five->backbone.resnet.deep_stem[0], 64);
    g_autoptr (M2fConfig) swin = load_good ("{\"use_timm_backbone\": true}");
    ck_assert_int_eq (swin->backbone.kind, M2F_BACKBONE_SWIN);
}
END_TEST

#define DINOV2(keys) "{\"backbone_config\": {\"model_type\": \"dinov2\", " keys "}}"
#define DINOV2_MAPS(keys) DINOV2 ("\"out_indices\": [3, 6, 9, 12], " keys)

START_TEST (test_dinov2)
{
    g_autoptr (M2fConfig) c = load_good (DINOV2 ("\"hidden_size\": 384,"
        " \"num_attention_heads\": 6, \"image_size\": 518, \"num_hidden_layers\": 12,"
        " \"out_features\": [\"stem\", \"stage5\", \"stage8\", \"stage12\"]"));
    static const int stages[] = { 0, 5, 8, 12 }, small_stages[] = { 2, 3, 4, 5 };
    const M2fDinov2Config *net = &c->backbone.dinov2;

    ck_assert_int_eq (c->backbone.kind, M2F_BACKBONE_DINOV2);
    ck_assert_mem_eq (c->backbone.stages, stages, sizeof stages);
    ck_assert (c->backbone.drops_partial_patches);
    ck_assert_int_eq (c->backbone.channels[0], 384);
    ck_assert_int_eq (c->backbone.strides[0][0], 14);
    ck_assert_int_eq (c->backbone.strides[3][0], 14);
    ck_assert_int_eq (net->hidden, 1536);
    ck_assert_int_eq (net->positions, 37);
    ck_assert_int_eq (net->registers, 0);
    ck_assert (net->qkv_bias && net->apply_layernorm && !net->antialias);

    /* Four patches in a column and 16 in a row are as many positions as 8 by 8. */
    g_autoptr (M2fConfig) small = load_good ("{\"backbone_config\": {"
        " \"model_type\": \"dinov2_with_registers\", \"image_size\": [64, 256],"
        " \"num_hidden_layers\": 6, \"out_indices\": [2, 3, -3, -2], \"mlp_ratio\": 2}}");
    net = &small->backbone.dinov2;
    ck_assert_int_eq (net->patch_size, 16);
    ck_assert_int_eq (net->positions, 8);
    ck_assert_int_eq (net->registers, 4);
    ck_assert_int_eq (net->hidden, 1536);
    ck_assert (net->antialias);
    ck_assert_mem_eq (small->backbone.stages, small_stages, sizeof small_stages);

    /* two thirds of four times the channels, as in dinov2-giant */
    g_autoptr (M2fConfig) giant = load_good (DINOV2_MAPS ("\"hidden_size\": 1536,"
        " \"num_attention_heads\": 24, \"use_swiglu_ffn\": true"));
    ck_assert (giant->backbone.dinov2.is_gated);
    ck_assert_int_eq (giant->backbone.dinov2.hidden, 4096);
}
END_TEST

#define SWINV2(keys) "{\"backbone_config\": {\"model_type\": \"swinv2\", " keys "}}"

START_TEST (test_swinv2)
{
    static const int depths[] = { 2, 2, 6, 2 }, channels[] = { 96, 192, 384, 768 };
    static const int windows[] = { 8, 8, 8, 6 }, shifts[] = { 4, 4, 4, 0 };
    g_autoptr (M2fConfig) c = load_good (SWINV2 ("\"window_size\": 8, \"image_size\": [192, 64]"));
    const M2fSwinv2Config *net = &c->backbone.swinv2;

    ck_assert_int_eq (c->backbone.kind, M2F_BACKBONE_SWINV2);
    ck_assert_mem_eq (c->backbone.channels, channels, sizeof channels);
    ck_assert_int_eq (c->backbone.strides[3][0], 32);
    ck_assert (!c->backbone.drops_partial_patches);
    ck_assert_mem_eq (net->depths, depths, sizeof depths);
    /* The last stage's map of such pictures has 6 rows. */
    ck_assert_mem_eq (net->windows, windows, sizeof windows);
    ck_assert_mem_eq (net->shifts, shifts, sizeof shifts);
    ck_assert_int_eq (net->pretrained_windows[0], 0);
    ck_assert (net->qkv_bias);

    g_autoptr (M2fConfig) three = load_good (SWINV2 ("\"depths\": [1, 1, 1],"
        " \"num_heads\": [1, 2, 4], \"pretrained_window_sizes\": [12, 12, 6],"
        " \"out_indices\": [0, 1, 2, 3]"));
    ck_assert_int_eq (three->backbone.channels[0], 96);
    ck_assert_int_eq (three->backbone.strides[0][0], 4);
    ck_assert_int_eq (three->backbone.strides[3][0], 16);
    ck_assert_int_eq (three->backbone.swinv2.pretrained_windows[2], 6);
}
END_TEST

START_TEST (test_swin)
{
    static const int stages[] = { 0, 1, 2, 4, 5 }, channels[] = { 8, 8, 16, 64, 128 };
    static const int strides[][2] = { { 4, 2 }, { 4, 2 }, { 8, 4 }, { 32, 16 }, { 64, 32 } };
    g_autoptr (M2fConfig) c = load_good ("{\"backbone_config\": {\"embed_dim\": 8,"
        " \"depths\": [1, 0, 1, 1, 1], \"num_heads\": [1, 1, 1, 1, 2], \"patch_size\": [4, 2],"
        " \"out_features\": [\"stem\", \"stage1\", \"stage2\", \"stage4\", \"stage5\"]},"
        " \"common_stride\": 2}");

    ck_assert_int_eq (c->backbone.n_maps, 5);
    ck_assert_int_eq (c->backbone.swin.n_stages, 5);
    ck_assert_mem_eq (c->backbone.stages, stages, sizeof stages);
    ck_assert_mem_eq (c->backbone.channels, channels, sizeof channels);
    ck_assert_mem_eq (c->backbone.strides, strides, sizeof strides);
    ck_assert_int_eq (c->fpn_levels, 2);
}
END_TEST

#define CONVNEXT(keys) "{\"backbone_config\": {\"model_type\": \"convnext\", " keys "}}"

START_TEST (test_convnext)
{
    g_autoptr (M2fConfig) c = load_good (CONVNEXT ("\"image_size\": 224"));
    static const int channels[] = { 96, 192, 384, 768 }, five[] = { 12, 12, 16, 24 };
    const M2fConvnextConfig *net = &c->backbone.convnext;

    ck_assert_int_eq (c->backbone.kind, M2F_BACKBONE_CONVNEXT);
    ck_assert (c->backbone.drops_partial_patches);
    ck_assert_mem_eq (c->backbone.channels, channels, sizeof channels);
    ck_assert_int_eq (c->backbone.strides[3][0], 32);
    ck_assert_int_eq (net->n_stages, 4);
    ck_assert_int_eq (net->depths[2], 9);
    ck_assert (net->has_scale && !net->has_response_norm);

    g_autoptr (M2fConfig) other = load_good ("{\"backbone_config\": {"
        " \"model_type\": \"convnextv2\","
        " \"num_stages\": 5, \"depths\": [1, 2, 3, 4, 5], \"hidden_sizes\": [12, 8, 12, 16, 24],"
        " \"patch_size\": 2, \"out_indices\": [0, 3, 4, -1]}}");
    net = &other->backbone.convnext;
    ck_assert (!net->has_scale && net->has_response_norm);
    ck_assert_int_eq (net->depths[4], 5);
    ck_assert_mem_eq (other->backbone.channels, five, sizeof five);
    ck_assert_int_eq (other->backbone.strides[0][0], 2);
    ck_assert_int_eq (other->backbone.strides[3][0], 32);

    g_autoptr (M2fConfig) plain = load_good (CONVNEXT ("\"layer_scale_init_value\": 0.0"));
    ck_assert (!plain->backbone.convnext.has_scale);
}
END_TEST

/* ---- what must be refused ------------------------------------------------------------------ */

#define RESNET(keys) "{\"backbone_config\": {\"model_type\": \"resnet\", " keys "}}"
#define SWIN(keys) "{\"backbone_config\": {\"model_type\": \"swin\", " keys "}}"

static const struct {
    const char *text;
    M2fError code;
    const char *words;
} hostile[] = {
    { "{\"backbone_config\": 7}", M2F_ERROR_CONFIG, "backbone_config|an object|found 7" },
    { "{\"backbone_config\": {\"model_type\": \"focalnet\"}}", M2F_ERROR_UNSUPPORTED,
        "backbone_config.model_type|\"swin\", \"swinv2\", \"resnet\", \"convnext\", "
        "\"convnextv2\", \"dinov2\", \"dinov2_with_registers\" or \"timm_backbone\", "
        "found \"focalnet\"" },
    { RESNET ("\"layer_type\": \"wide\""), M2F_ERROR_CONFIG,
        "backbone_config.layer_type|\"basic\"|found \"wide\"" },
    { RESNET ("\"hidden_act\": \"glu\""), M2F_ERROR_UNSUPPORTED,
        "backbone_config.hidden_act|relu, gelu,|\"glu\"" },
    { RESNET ("\"downsample_in_first_stage\": 2"), M2F_ERROR_CONFIG,
        "backbone_config.downsample_in_first_stage|true or false|found 2" },
    { RESNET ("\"num_channels\": 65"), M2F_ERROR_CONFIG,
        "backbone_config.num_channels|1 to 64|found 65" },
    { RESNET ("\"hidden_sizes\": [3, 8, 8, 8]"), M2F_ERROR_CONFIG,
        "backbone_config.hidden_sizes|at least 4" },
    { RESNET ("\"depths\": [1, 1, 1, 1, 1]"), M2F_ERROR_CONFIG,
        "backbone_config.hidden_sizes|a list of 5 integers|found nothing" },
    { RESNET ("\"depths\": [1]"), M2F_ERROR_CONFIG,
        "backbone_config.depths|2 to 14 integers|a list of 1" },
    { RESNET ("\"out_features\": [\"stage1\", \"stage2\"]"),
        M2F_ERROR_UNSUPPORTED, "backbone_config.out_features|3 to 64 of|a list of 2" },
    { RESNET ("\"out_indices\": [3, 4]"), M2F_ERROR_UNSUPPORTED,
        "backbone_config.out_indices|3 to 64 stages from 0 to 4|a list of 2" },
    { RESNET ("\"out_features\": [\"stage1\", \"stage2\", \"stage3\"],"
        " \"out_indices\": [0, 1, 2, 3]"), M2F_ERROR_CONFIG,
        "backbone_config.out_indices|the stages of out_features|a list of 4" },
    { SWINV2 ("\"embed_dim\": 100"), M2F_ERROR_CONFIG,
        "backbone_config.num_heads[0]|divisor|100 channels|found 3" },
    { SWINV2 ("\"embed_dim\": 1025"), M2F_ERROR_CONFIG, "backbone_config.embed_dim|to 1024" },
    { SWINV2 ("\"depths\": [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"), M2F_ERROR_CONFIG,
        "backbone_config.depths|2 to 14 integers|a list of 15" },
    { SWINV2 ("\"depths\": [1, 1, 1, 1, 1]"), M2F_ERROR_CONFIG,
        "backbone_config.num_heads|a list of 5 integers|found nothing" },
    { CONVNEXT ("\"depths\": [1, 1, 1, 1, 1], \"num_stages\": 5"), M2F_ERROR_CONFIG,
        "backbone_config.hidden_sizes|a list of 5 integers|found nothing" },
    { SWINV2 ("\"num_heads\": [3, 6, 12]"), M2F_ERROR_CONFIG, "backbone_config.num_heads" },
    { SWINV2 ("\"window_size\": 65"), M2F_ERROR_CONFIG, "backbone_config.window_size|found 65" },
    { SWINV2 ("\"image_size\": 31"), M2F_ERROR_CONFIG,
        "backbone_config.image_size|at least 32|found 31" },
    { SWINV2 ("\"image_size\": 1000000000"), M2F_ERROR_CONFIG, "backbone_config.image_size" },
    { SWINV2 ("\"pretrained_window_sizes\": [12, 12, 1, 6]"), M2F_ERROR_CONFIG,
        "backbone_config.pretrained_window_sizes|2 and more" },
    { SWINV2 ("\"pretrained_window_sizes\": [12]"), M2F_ERROR_CONFIG,
        "backbone_config.pretrained_window_sizes|4 integers" },
    { SWINV2 ("\"mlp_ratio\": -0.005"), M2F_ERROR_CONFIG, "backbone_config.mlp_ratio" },
    { SWINV2 ("\"use_absolute_embeddings\": true"), M2F_ERROR_UNSUPPORTED,
        "backbone_config.use_absolute_embeddings|false|found true" },
    { SWINV2 ("\"out_indices\": [0, 1, 2, 5]"), M2F_ERROR_CONFIG,
        "backbone_config.out_indices[3]" },
    { CONVNEXT ("\"depths\": [3]"), M2F_ERROR_CONFIG,
        "backbone_config.depths|2 to 14 integers|a list of 1" },
    { CONVNEXT ("\"depths\": 9"), M2F_ERROR_CONFIG, "backbone_config.depths|found 9" },
    { CONVNEXT ("\"depths\": [1, 1, 1, 1000000]"), M2F_ERROR_CONFIG, "backbone_config.depths[3]" },
    { CONVNEXT ("\"depths\": [1, 1, 1], \"hidden_sizes\": [8, 8, 8]"), M2F_ERROR_CONFIG,
        "backbone_config.num_stages|the 3 of depths" },
    { CONVNEXT ("\"hidden_sizes\": [8, 8, 8]"), M2F_ERROR_CONFIG,
        "backbone_config.hidden_sizes|4 integers" },
    { CONVNEXT ("\"hidden_sizes\": [8, 8, 8, 1000000]"), M2F_ERROR_CONFIG,
        "backbone_config.hidden_sizes[3]" },
    { CONVNEXT ("\"patch_size\": 65"), M2F_ERROR_CONFIG, "backbone_config.patch_size|found 65" },
    { CONVNEXT ("\"out_features\": [\"stage4\"]"), M2F_ERROR_UNSUPPORTED,
        "backbone_config.out_features|a list of 1" },
    { DINOV2_MAPS ("\"hidden_size\": 100"), M2F_ERROR_CONFIG,
        "backbone_config.num_attention_heads|100 channels|found nothing" },
    { DINOV2_MAPS ("\"hidden_size\": 1000000"), M2F_ERROR_CONFIG, "backbone_config.hidden_size" },
    { DINOV2_MAPS ("\"num_attention_heads\": 0"), M2F_ERROR_CONFIG,
        "backbone_config.num_attention_heads|found 0" },
    { DINOV2_MAPS ("\"patch_size\": [14, 14]"), M2F_ERROR_CONFIG,
        "backbone_config.patch_size|a list of 2" },
    { DINOV2_MAPS ("\"patch_size\": 100000"), M2F_ERROR_CONFIG, "backbone_config.patch_size" },
    { DINOV2_MAPS ("\"image_size\": [28, 42]"), M2F_ERROR_CONFIG,
        "backbone_config.image_size|a square number|a list of 2" },
    { DINOV2_MAPS ("\"image_size\": 13"), M2F_ERROR_CONFIG,
        "backbone_config.image_size|a square number|found 13" },
    { DINOV2_MAPS ("\"image_size\": 16384, \"patch_size\": 1"), M2F_ERROR_CONFIG,
        "backbone_config.image_size|1024 in a row|found 16384" },
    { DINOV2_MAPS ("\"image_size\": 1000000000"), M2F_ERROR_CONFIG, "backbone_config.image_size" },
    { DINOV2_MAPS ("\"mlp_ratio\": -0.001"), M2F_ERROR_CONFIG, "backbone_config.mlp_ratio" },
    { DINOV2_MAPS ("\"num_hidden_layers\": 1"), M2F_ERROR_CONFIG,
        "backbone_config.num_hidden_layers|from 2|found 1" },
    { DINOV2_MAPS ("\"num_hidden_layers\": 11"), M2F_ERROR_CONFIG,
        "backbone_config.out_indices[3]|from -12 to 11|found 12" },
    { DINOV2_MAPS ("\"reshape_hidden_states\": false"), M2F_ERROR_UNSUPPORTED,
        "backbone_config.reshape_hidden_states|true|found false" },
    { DINOV2_MAPS ("\"out_features\": [\"stage3\", \"stage6\", \"stage9\", \"stage11\"]"),
        M2F_ERROR_CONFIG, "backbone_config.out_indices|out_features" },
    { DINOV2 ("\"out_features\": [\"stage3\", \"stage3\", \"stage9\", \"stage11\"]"),
        M2F_ERROR_UNSUPPORTED, "backbone_config.out_features|\"stage12\" in order" },
    { DINOV2 ("\"out_features\": [\"stage03\", \"stage6\", \"stage9\", \"stage11\"]"),
        M2F_ERROR_UNSUPPORTED, "backbone_config.out_features" },
    { DINOV2 ("\"out_indices\": [1, 2, -2, 3]"), M2F_ERROR_UNSUPPORTED,
        "backbone_config.out_indices|in order" },
    { "{\"backbone_config\": {\"model_type\": \"dinov2_with_registers\","
      " \"num_register_tokens\": -1}}", M2F_ERROR_CONFIG, "num_register_tokens|found -1" },
    { "{\"backbone\": \"microsoft/swin-tiny\"}", M2F_ERROR_UNSUPPORTED,
        "backbone|microsoft/swin-tiny" },
    { TIMM_MAPS ("\"backbone\": \"resnet50_gn\""), M2F_ERROR_UNSUPPORTED,
        "backbone_config.backbone|mobilenetv2_035, |resnext50_32x4d, |found \"resnet50_gn\"" },
    { TIMM_MAPS ("\"backbone\": \"resnet50\", \"features_only\": false"), M2F_ERROR_UNSUPPORTED,
        "backbone_config.features_only|true|found false" },
    { TIMM_MAPS ("\"backbone\": \"mobilenetv2_1000\""), M2F_ERROR_UNSUPPORTED, "mobilenetv2_1000" },
    { TIMM_MAPS ("\"x\": 0"), M2F_ERROR_UNSUPPORTED, "backbone_config.backbone|found nothing" },
    { TIMM_MAPS ("\"backbone\": 100"), M2F_ERROR_CONFIG, "backbone_config.backbone|found 100" },
    { TIMM ("\"backbone\": \"mobilenetv2_100\""), M2F_ERROR_UNSUPPORTED,
        "backbone_config.out_indices|3 to 5 stages from 0 to 4|found nothing" },
    { TIMM ("\"backbone\": \"mobilenetv2_100\", \"out_indices\": [1, 2, 3, 5]"),
        M2F_ERROR_CONFIG, "backbone_config.out_indices" },
    { TIMM ("\"backbone\": \"mobilenetv2_100\", \"out_indices\": [4]"), M2F_ERROR_UNSUPPORTED,
        "backbone_config.out_indices" },
    { TIMM_MAPS ("\"backbone\": \"mobilenetv2_100\", \"output_stride\": 16"),
        M2F_ERROR_UNSUPPORTED, "backbone_config.output_stride|32|found 16" },
    { SWIN ("\"hidden_act\": \"swiglu\""), M2F_ERROR_UNSUPPORTED,
        "backbone_config.hidden_act|one of relu, gelu,|\"swiglu\"" },
    { SWIN ("\"use_absolute_embeddings\": 3"), M2F_ERROR_CONFIG,
        "backbone_config.use_absolute_embeddings|found 3" },
    { SWIN ("\"use_absolute_embeddings\": true, \"image_size\": 3"), M2F_ERROR_CONFIG,
        "backbone_config.image_size|from 4|found 3" },
    { SWIN ("\"patch_size\": 65"), M2F_ERROR_CONFIG, "backbone_config.patch_size|found 65" },
    { SWIN ("\"patch_size\": [4]"), M2F_ERROR_CONFIG, "backbone_config.patch_size|a list of 1" },
    { SWIN ("\"num_channels\": 0"), M2F_ERROR_CONFIG, "backbone_config.num_channels|found 0" },
    { SWIN ("\"embed_dim\": 0"), M2F_ERROR_CONFIG, "backbone_config.embed_dim|found 0" },
    { SWIN ("\"embed_dim\": 1000000"), M2F_ERROR_CONFIG, "backbone_config.embed_dim" },
    { SWIN ("\"embed_dim\": 100"), M2F_ERROR_CONFIG,
        "backbone_config.num_heads[0]|divisor|100 channels|found 3" },
    { SWIN ("\"num_heads\": [3, 6, 12, 25]"), M2F_ERROR_CONFIG,
        "backbone_config.num_heads[3]|768 channels|found 25" },
    { SWIN ("\"num_heads\": [3, 6, 12, 0]"), M2F_ERROR_CONFIG,
        "backbone_config.num_heads[3]|found 0" },
    { SWIN ("\"num_heads\": [3, 6, 12]"), M2F_ERROR_CONFIG,
        "backbone_config.num_heads|4 integers|a list of 3" },
    { SWIN ("\"depths\": [2, 2, 6, 2, 2]"), M2F_ERROR_CONFIG,
        "backbone_config.num_heads|a list of 5 integers|found nothing" },
    { SWIN ("\"depths\": [2, 2, 1000000, 2]"), M2F_ERROR_CONFIG, "backbone_config.depths[2]" },
    { SWIN ("\"depths\": 4"), M2F_ERROR_CONFIG, "backbone_config.depths|found 4" },
    { SWIN ("\"window_size\": 1000"), M2F_ERROR_CONFIG, "backbone_config.window_size|found 1000" },
    { SWIN ("\"mlp_ratio\": -1"), M2F_ERROR_CONFIG, "backbone_config.mlp_ratio|found -1" },
    { SWIN ("\"mlp_ratio\": \"4\""), M2F_ERROR_CONFIG, "backbone_config.mlp_ratio|a number" },
    { SWIN ("\"layer_norm_eps\": -1"), M2F_ERROR_CONFIG, "backbone_config.layer_norm_eps" },
    { SWIN ("\"out_features\": [\"stage4\"]"), M2F_ERROR_UNSUPPORTED,
        "backbone_config.out_features|stage1|a list of 1" },
    { SWIN ("\"out_features\": [\"stage1\", \"stage2\", \"stage3\", 4]"), M2F_ERROR_UNSUPPORTED,
        "backbone_config.out_features" },
};

START_TEST (test_hostile)
{
    for (size_t i = 0; i < G_N_ELEMENTS (hostile); i++)
        refuse (hostile[i].text, hostile[i].code, hostile[i].words);
}
END_TEST

int
main (void)
{
    return RUN_TESTS ("backbone-config", test_mobilenets, test_resnets, test_timm_resnets,
        test_dinov2, test_convnext, test_swin, test_swinv2, test_hostile);
}
