/* The ResNet backbone (He et al., CVPR 2016), as transformers and timm run it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/network/resnet.h"

#include "model/error.h"
#include "model/network/backbone_maps.h"
#include "model/network/batch_norm.h"
#include "model/network/layers.h"

/* ---- weights ------------------------------------------------------------------------------- */

/* Names of the stem, and of the convolutions of a layer. */
typedef struct Names {
    M2fConvNames stem, deep_stem[3], conv[3], shortcut, average_shortcut;
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
    .deep_stem = { { "conv1.0", "conv1.1" }, { "conv1.3", "conv1.4" }, { "conv1.6", "bn1" } },
    .conv = { { "conv1", "bn1" }, { "conv2", "bn2" }, { "conv3", "bn3" } },
    .shortcut = { "downsample.0", "downsample.1" },
    .average_shortcut = { "downsample.1", "downsample.2" },
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

/* A convolution of as many channels as its input has, in groups. */
static void
bind_grouped_conv (M2fBinder *b, M2fResnetConv *conv, M2fConvNames names, int groups)
{
    if (groups == 1)
        bind_conv (b, conv, names, conv->channels);
    else
        m2f_bind_grouped_conv_norm (b, &conv->w, names, groups, conv->channels, conv->kernel);
}

/* From `in` channels to `out`. */
static void
bind_layer (M2fBinder *b, M2fResnetLayer *layer, const M2fResnetConfig *config, int in, int out,
    int stride)
{
    const int inside = config->bottleneck ? out / M2F_RESNET_REDUCTION * config->width : out;
    const int strided = config->bottleneck && !config->downsample_in_bottleneck ? 1 : 0;
    const int n = config->bottleneck ? 3 : 2;
    const Names *names = config->timm_name ? &timm_names : &transformers_names;

    for (int i = 0, from = in; i < n; i++) {
        layer->conv[i] = (M2fResnetConv) {
            .channels = i == n - 1 ? out : inside,
            .kernel = config->bottleneck && i != 1 ? 1 : 3,
            .stride = i == strided ? stride : 1,
        };
        if (config->bottleneck && i == 1)
            bind_grouped_conv (b, &layer->conv[i], names->conv[i], config->groups);
        else
            bind_conv (b, &layer->conv[i], names->conv[i], from);
        from = inside;
    }
    m2f_bind_activation (b, &layer->activation, "activation", config->activation);
    if (in == out && stride == 1)
        return;
    layer->averages = config->averages && stride > 1;
    layer->shortcut
        = (M2fResnetConv) { .channels = out, .kernel = 1, .stride = layer->averages ? 1 : stride };
    bind_conv (b, &layer->shortcut, config->averages ? names->average_shortcut : names->shortcut,
        in);
}

/* Binds the stem, one convolution or three, from `in` channels. */
static void
bind_stem (M2fBinder *b, M2fResnet *net, const M2fResnetConfig *config, int in)
{
    const bool is_deep = config->deep_stem[0] > 0;
    const int channels[3] = { config->deep_stem[0], config->deep_stem[1], config->stem };
    const Names *names = config->timm_name ? &timm_names : &transformers_names;

    net->n_stem = is_deep ? 3 : 1;
    for (int i = 0; i < net->n_stem; i++) {
        net->stem[i] = (M2fResnetConv) {
            .channels = is_deep ? channels[i] : config->stem,
            .kernel = is_deep ? 3 : 7,
            .stride = i == 0 ? 2 : 1,
        };
        bind_conv (b, &net->stem[i], is_deep ? names->deep_stem[i] : names->stem, in);
        in = net->stem[i].channels;
    }
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
    bind_stem (b, net, config, backbone->num_channels);
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

#define STEM_STRIDE 4 /* with its max pool */

/* ---- averages ------------------------------------------------------------------------------ */

/* The mean of 2x2 pixels, or of those inside the map at its edges (torch.nn.AvgPool2d (2, 2,
 * ceil_mode=True, count_include_pad=False)): a map whose height and width are even is resized to
 * half, where a bilinear resize is just that.  Another one is first given its last row or column
 * a second time. */

/* Indices that make height x width pixels those of a map with even extents; absent if it has. */
static bool
make_even_index (M2fDevice *device, M2fTensor *index, int height, int width, GError **error)
{
    const int h = height + height % 2, w = width + width % 2;

    if (h == height && w == width)
        return true;
    g_autofree gint32 *pixels = g_try_new (gint32, (size_t) h * w);
    if (!pixels)
        return m2f_no_memory (error, (size_t) h * w * sizeof *pixels, "pixels of a map");
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            pixels[y * w + x] = MIN (y, height - 1) * width + MIN (x, width - 1);
    if (!m2f_tensor_new (device, index, "even pixels", M2F_I32, M2F_SHAPE (1, 1, 1, h * w), error))
        return false;
    m2f_tensor_write (device, index, pixels);
    return true;
}

bool
m2f_resnet_constants (const M2fResnet *net, M2fSizeConstants *c, int height, int width,
    GError **error)
{
    const int n = net->config->resnet.averages ? m2f_last_stage (net->config) - 1 : 0;

    for (int i = 0; i < n; i++) { /* what stage i + 2 reads */
        const int stride = STEM_STRIDE << i;

        if (!make_even_index (c->device, &c->even[i], (height + stride - 1) / stride,
                (width + stride - 1) / stride, error))
            return false;
    }
    return true;
}

/* Returns a map of float32 with even extents: x if it is one, whose index is absent. */
static M2fTensor
make_even (M2fPlan *plan, M2fTensor x, M2fTensor index)
{
    const int h = x.ne[1] + x.ne[1] % 2, w = x.ne[2] + x.ne[2] % 2, channels = x.ne[3];

    if (!m2f_tensor_present (&index))
        return x;
    M2fTensor even = m2f_plan_tensor (plan, "even", M2F_F32, x.ne[0], h, w, channels);
    for (int i = 0; i < x.ne[0]; i++)
        m2f_gather_rows (plan, .index = index,
            .dst = m2f_tensor_reshape (m2f_tensor_batch (even, i), 1, 1, h * w, channels),
            .src = m2f_tensor_reshape (m2f_tensor_batch (x, i), 1, 1, x.ne[1] * x.ne[2],
                channels));
    return even;
}

/* Returns the means of 2x2 pixels. */
static M2fTensor
average (M2fPlan *plan, M2fTensor x, M2fTensor index)
{
    M2fTensor even = make_even (plan, x, index);
    M2fTensor halved = m2f_map_like (plan, "averages", M2F_F32, &x, 2, x.ne[3]);

    m2f_resize (plan, .dst = halved, .src = even);                          /* (B, h/2, w/2, C) */
    if (m2f_tensor_present (&index))
        m2f_plan_release (plan, &even);
    return halved;
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

/* Returns the shortcut of a layer that has one with weights. */
static M2fTensor
shortcut_forward (const M2fResnetLayer *layer, M2fPlan *plan, M2fTensor x, M2fTensor even_index)
{
    M2fTensor src = layer->averages ? average (plan, x, even_index) : x;
    M2fTensor y = convolve (&layer->shortcut, plan, "shortcut", M2F_F32, src, none, &identity);

    if (layer->averages)
        m2f_plan_release (plan, &src);
    return y;
}

/* Returns activation (convolutions (x) + shortcut (x)).  What is between the convolutions is read
 * by the next of them: an operand. */
static M2fTensor
layer_forward (const M2fResnet *net, const M2fResnetLayer *layer, M2fPlan *plan, M2fTensor x,
    M2fTensor even_index, M2fType type)
{
    const M2fResnetConv *last = &layer->conv[net->config->resnet.bottleneck ? 2 : 1];
    const bool projects = m2f_tensor_present (&layer->shortcut.w.weight);
    M2fTensor residual = projects ? shortcut_forward (layer, plan, x, even_index) : x;
    M2fTensor hidden = x;

    for (const M2fResnetConv *conv = layer->conv; conv < last; conv++) {
        const int pixels = hidden.ne[1] * hidden.ne[2] / (conv->stride * conv->stride);
        M2fTensor next = convolve (conv, plan, "hidden",              /* (B, h', w', C / 4 or C') */
            m2f_plan_input_type (plan, &conv[1].w.weight, pixels), hidden, none, &relu);

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

/* Returns the result of the stem's convolutions. */
static M2fTensor
stem_forward (const M2fResnet *net, M2fPlan *plan, M2fTensor pixel_values)
{
    M2fTensor x = pixel_values;

    for (int i = 0; i < net->n_stem; i++) {
        const int pixels = x.ne[1] * x.ne[2] / (net->stem[i].stride * net->stem[i].stride);
        const M2fType type = i + 1 < net->n_stem
            ? m2f_plan_input_type (plan, &net->stem[i + 1].w.weight, pixels) : M2F_F32;
        M2fTensor y = convolve (&net->stem[i], plan, "stem", type, x, none,
            &net->activation);                                              /* (B, H/2, W/2, C) */

        if (i > 0)
            m2f_plan_release (plan, &x);
        x = y;
    }
    return x;
}

/* Returns the layers of stage `s`, counted from 1, of x, which it releases but if it is a map. */
static M2fTensor
stage_forward (const M2fResnet *net, int s, const M2fSizeConstants *c, M2fPlan *plan, M2fTensor x,
    bool is_map, M2fType type)
{
    const int depth = net->config->resnet.depths[s - 1];

    for (int i = 0; i < depth; i++) {
        M2fTensor y = layer_forward (net, &net->layers[s - 1][i], plan, x,  /* (B, h, w, C) */
            s > 1 ? c->even[s - 2] : none, i + 1 == depth ? type : M2F_F32);

        if (!is_map || i > 0)
            m2f_plan_release (plan, &x);
        x = y;
    }
    return x;
}

static void
keep_map (M2fPlan *plan, M2fTensor x, int map, M2fTensor maps[M2F_MAX_MAPS])
{
    maps[map] = x;
    maps[map].name = m2f_map_name (map);
    m2f_plan_tap (plan, m2f_map_name (map), &x);
}

void
m2f_resnet_forward (const M2fResnet *net, const M2fSizeConstants *constants, M2fPlan *plan,
    M2fTensor pixel_values, const M2fType types[M2F_MAX_MAPS], M2fTensor maps[M2F_MAX_MAPS])
{
    const M2fResnetConfig *config = &net->config->resnet;
    const int first = m2f_map_of_stage (net->config, 0);
    M2fTensor stem = stem_forward (net, plan, pixel_values);
    M2fTensor x = m2f_map_like (plan, "pooled", M2F_F32, &stem, 2, stem.ne[3]);
    bool is_map = first >= 0 && !config->timm_name; /* timm's first map is not pooled */

    m2f_max_pool (plan, .dst = x, .src = stem);                             /* (B, H/4, W/4, C) */
    if (first >= 0)
        keep_map (plan, is_map ? x : stem, first, maps);
    if (first < 0 || is_map)
        m2f_plan_release (plan, &stem);
    for (int s = 1; s <= m2f_last_stage (net->config); s++) {
        const int map = m2f_map_of_stage (net->config, s);
        const bool is_averaged = config->averages && s < m2f_last_stage (net->config);

        x = stage_forward (net, s, constants, plan, x, is_map,
            map >= 0 && !is_averaged ? types[map] : M2F_F32);
        is_map = map >= 0;
        if (is_map)
            keep_map (plan, x, map, maps);
    }
}
