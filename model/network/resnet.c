/* The ResNet backbone (He et al., CVPR 2016), as transformers and timm run it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/network/resnet.h"

#include "model/network/backbone_maps.h"
#include "model/network/batch_norm.h"
#include "model/network/layers.h"

/* ---- weights ------------------------------------------------------------------------------- */

/* Names of the stem, and of the convolutions of a layer. */
typedef struct Names {
    M2fConvNames stem, conv[3], shortcut;
} Names;

static const Names transformers_names = {
    .stem = { "convolution", "normalization" },
    .conv = {
        { "layer.0.convolution", "layer.0.normalization" },
        { "layer.1.convolution", "layer.1.normalization" },
        { "layer.2.convolution", "layer.2.normalization" },
    },
    .shortcut = { "shortcut.convolution", "shortcut.normalization" },
};

static const Names timm_names = {
    .stem = { "conv1", "bn1" },
    .conv = { { "conv1", "bn1" }, { "conv2", "bn2" }, { "conv3", "bn3" } },
    .shortcut = { "downsample.0", "downsample.1" },
};

/* A convolution from `in` channels to conv->channels. */
static void
bind_conv (M2fBinder *b, M2fResnetConv *conv, M2fConvNames names, int in)
{
    if (conv->kernel == 1 && conv->stride == 1)
        m2f_bind_pointwise_norm (b, &conv->w, names, conv->channels, in);
    else
        m2f_bind_conv_norm (b, &conv->w, names, M2F_CONV2D_WEIGHT,
            M2F_SHAPE (conv->channels, in, conv->kernel, conv->kernel));
}

/* From `in` channels to `out`. */
static void
bind_layer (M2fBinder *b, M2fResnetLayer *layer, const M2fResnetConfig *config, int in, int out,
    int stride)
{
    const int inside = config->bottleneck ? out / config->reduction : out;
    const int strided = config->bottleneck && !config->downsample_in_bottleneck ? 1 : 0;
    const int n = config->bottleneck ? 3 : 2;
    const Names *names = config->timm_name ? &timm_names : &transformers_names;

    for (int i = 0, from = in; i < n; i++) {
        layer->conv[i] = (M2fResnetConv) {
            .channels = i == n - 1 ? out : inside,
            .kernel = config->bottleneck && i != 1 ? 1 : 3,
            .stride = i == strided ? stride : 1,
        };
        bind_conv (b, &layer->conv[i], names->conv[i], from);
        from = inside;
    }
    m2f_bind_activation (b, &layer->activation, "activation", config->activation);
    if (in == out && stride == 1)
        return;
    layer->shortcut = (M2fResnetConv) { .channels = out, .kernel = 1, .stride = stride };
    bind_conv (b, &layer->shortcut, names->shortcut, in);
}

void
m2f_resnet_bind (M2fResnet *net, M2fBinder *b, const M2fBackboneConfig *backbone)
{
    static const char *const module = "model.pixel_level_module.encoder";
    const M2fResnetConfig *config = &backbone->resnet;
    const bool is_timm = config->timm_name;
    int in = config->stem;

    net->config = backbone;
    m2f_bind_scope (b, "%s.%s.", module, is_timm ? "_backbone" : "embedder.embedder");
    net->stem = (M2fResnetConv) { .channels = in, .kernel = 7, .stride = 2 };
    bind_conv (b, &net->stem, is_timm ? timm_names.stem : transformers_names.stem,
        backbone->num_channels);
    m2f_bind_activation (b, &net->activation, "activation", config->activation);
    for (int s = 0; s < m2f_last_stage (backbone); s++) {
        const int stride = s > 0 || config->downsample_in_first_stage ? 2 : 1;

        net->layers[s] = g_new0 (M2fResnetLayer, config->depths[s]);
        for (int i = 0; i < config->depths[s]; i++) {
            if (is_timm)
                m2f_bind_scope (b, "%s._backbone.layer%d.%d.", module, s + 1, i);
            else
                m2f_bind_scope (b, "%s.encoder.stages.%d.layers.%d.", module, s, i);
            bind_layer (b, &net->layers[s][i], config, in, config->channels[s],
                i == 0 ? stride : 1);
            in = config->channels[s];
        }
    }
}

void
m2f_resnet_clear (M2fResnet *net)
{
    for (int s = 0; s < M2F_MAX_STAGES; s++)
        g_clear_pointer (&net->layers[s], g_free);
}

/* ---- forward ------------------------------------------------------------------------------- */

static const M2fActivationWeights identity = { M2F_NO_ACTIVATION }, relu = { M2F_RELU };
static const M2fTensor none;

/* Returns activation (convolution (src) + addend), which may be absent.  What convolutions do not
 * compute takes a pass of its own. */
static M2fTensor
convolve (const M2fResnetConv *conv, M2fPlan *plan, const char *name, M2fType type, M2fTensor src,
    M2fTensor addend, const M2fActivationWeights *activation)
{
    const bool apart = activation->kind > M2F_GELU;
    const M2fActivation kind = apart ? M2F_NO_ACTIVATION : activation->kind;
    M2fTensor dst = m2f_map_like (plan, name, type, &src, conv->stride, conv->channels);
    M2fTensor sums = dst;

    if (apart)
        sums = m2f_map_like (plan, "before activation", M2F_F32, &dst, 1, conv->channels);
    if (conv->kernel == 1 && conv->stride == 1)
        m2f_linear (plan, .dst = sums, .src = src, M2F_WITH (conv->w), .addend = addend,
            .activation = kind);
    else
        m2f_conv2d (plan, .dst = sums, .src = src, M2F_WITH (conv->w), .addend = addend,
            .stride = conv->stride, .activation = kind);
    if (apart) {
        m2f_pointwise (plan, .dst = dst, .src = sums, M2F_ACTIVATION (*activation));
        m2f_plan_release (plan, &sums);
    }
    return dst;
}

/* Returns activation (convolutions (x) + shortcut (x)).  What is between the convolutions is read
 * by the next of them: an operand. */
static M2fTensor
layer_forward (const M2fResnet *net, const M2fResnetLayer *layer, M2fPlan *plan, M2fTensor x,
    M2fType type)
{
    const M2fResnetConv *last = &layer->conv[net->config->resnet.bottleneck ? 2 : 1];
    const bool projects = m2f_tensor_present (&layer->shortcut.w.weight);
    M2fTensor residual = projects
        ? convolve (&layer->shortcut, plan, "shortcut", M2F_F32, x, none, &identity) : x;
    M2fTensor hidden = x;

    for (const M2fResnetConv *conv = layer->conv; conv < last; conv++) {
        M2fTensor next = convolve (conv, plan, "hidden",              /* (B, h', w', C / 4 or C') */
            m2f_plan_input_type (plan, &conv[1].w.weight), hidden, none, &relu);

        if (conv > layer->conv)
            m2f_plan_release (plan, &hidden);
        hidden = next;
    }
    M2fTensor y = convolve (last, plan, "layer", type, hidden, residual,    /* (B, h', w', C') */
        &layer->activation);

    m2f_plan_release (plan, &hidden);
    if (projects)
        m2f_plan_release (plan, &residual);
    return y;
}

/* Returns the convolution and the max pool before the stages. */
static M2fTensor
stem_forward (const M2fResnet *net, M2fPlan *plan, M2fTensor pixel_values)
{
    M2fTensor stem = convolve (&net->stem, plan, "stem", M2F_F32, pixel_values, none,
        &net->activation);                                                  /* (B, H/2, W/2, C) */
    M2fTensor pooled = m2f_map_like (plan, "pooled", M2F_F32, &stem, 2, net->stem.channels);

    m2f_max_pool (plan, .dst = pooled, .src = stem);                        /* (B, H/4, W/4, C) */
    m2f_plan_release (plan, &stem);
    return pooled;
}

void
m2f_resnet_forward (const M2fResnet *net, M2fPlan *plan, M2fTensor pixel_values,
    const M2fType types[M2F_MAX_MAPS], M2fTensor maps[M2F_MAX_MAPS])
{
    M2fTensor x = stem_forward (net, plan, pixel_values);
    bool is_map = false;

    for (int s = 0; s <= m2f_last_stage (net->config); s++) {
        const int map = m2f_map_of_stage (net->config, s);
        const int depth = s > 0 ? net->config->resnet.depths[s - 1] : 0;

        for (int i = 0; i < depth; i++) {
            M2fTensor y = layer_forward (net, &net->layers[s - 1][i], plan, x, /* (B, h, w, C) */
                i + 1 == depth && map >= 0 ? types[map] : M2F_F32);

            if (!is_map)
                m2f_plan_release (plan, &x);
            is_map = false;
            x = y;
        }
        if (map < 0)
            continue;
        is_map = true;
        maps[map] = x;
        maps[map].name = m2f_map_name (map);
        m2f_plan_tap (plan, m2f_map_name (map), &x);
    }
}
