/* The MobileNetV2 backbone (Sandler et al., CVPR 2018), as timm runs it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every convolution has a batch norm behind it, which at inference is a factor and an offset for
 * each channel: both are folded into the convolution.
 */
#include "model/network/mobilenet.h"

#include "model/network/backbone_maps.h"
#include "model/network/batch_norm.h"
#include "model/network/layers.h"

/* ---- weights ------------------------------------------------------------------------------- */

/* From `in` channels over `hidden` to `out`. */
static void
bind_block (M2fBinder *b, M2fMobilenetBlock *w, int in, int hidden, int out)
{
    const bool expands = hidden != in;
    const M2fConvNames depthwise = { "conv_dw", expands ? "bn2" : "bn1" };
    const M2fConvNames project = { expands ? "conv_pwl" : "conv_pw", expands ? "bn3" : "bn2" };

    if (expands)
        m2f_bind_pointwise_norm (b, &w->expand, (M2fConvNames) { "conv_pw", "bn1" }, hidden, in);
    m2f_bind_conv_norm (b, &w->depthwise, depthwise, M2F_DEPTHWISE_WEIGHT,
        M2F_SHAPE (hidden, 1, 3, 3));
    m2f_bind_pointwise_norm (b, &w->project, project, out, hidden);
    w->residual = w->stride == 1 && in == out;
}

void
m2f_mobilenet_bind (M2fMobilenet *net, M2fBinder *b, const M2fBackboneConfig *backbone)
{
    static const int strides[M2F_MOBILENET_STAGES] = { 1, 2, 2, 2, 1, 2, 1 };
    static const char *const module = "model.pixel_level_module.encoder._backbone";
    const M2fMobilenetConfig *config = &backbone->mobilenet;
    int in = config->stem;

    net->config = backbone;
    m2f_bind_scope (b, "%s.", module);
    m2f_bind_conv_norm (b, &net->stem, (M2fConvNames) { "conv_stem", "bn1" }, M2F_CONV2D_WEIGHT,
        M2F_SHAPE (in, backbone->num_channels, 3, 3));
    for (int s = 0; s < M2F_MOBILENET_STAGES; s++) {
        net->blocks[s] = g_new0 (M2fMobilenetBlock, config->depths[s]);
        for (int i = 0; i < config->depths[s]; i++) {
            net->blocks[s][i].stride = i == 0 ? strides[s] : 1;
            m2f_bind_scope (b, "%s.blocks.%d.%d.", module, s, i);
            bind_block (b, &net->blocks[s][i], in, (s == 0 ? 1 : M2F_MOBILENET_EXPANSION) * in,
                config->channels[s]);
            in = config->channels[s];
        }
    }
}

void
m2f_mobilenet_clear (M2fMobilenet *net)
{
    for (int s = 0; s < M2F_MOBILENET_STAGES; s++)
        g_clear_pointer (&net->blocks[s], g_free);
}

/* ---- forward ------------------------------------------------------------------------------- */

/* Returns project (depthwise (expand (x))), plus x if the block has a residual connection. */
static M2fTensor
block_forward (const M2fMobilenetBlock *b, M2fPlan *plan, M2fTensor x, M2fType type)
{
    const M2fTensor none = { 0 };
    M2fTensor y = m2f_map_like (plan, "block", type, &x, b->stride, b->project.weight.ne[2]);

    m2f_inverted_residual (plan, .dst = y, .src = x,                        /* (B, h', w', C') */
        .expand = b->expand.weight, .expand_bias = b->expand.bias,
        .depthwise = b->depthwise.weight, .depthwise_bias = b->depthwise.bias,
        .project = b->project.weight, .project_bias = b->project.bias,
        .residual = b->residual ? x : none, .stride = b->stride, .activation = M2F_RELU6);
    return y;
}

/* The type of what block `i` of stage `s` makes of x: float32 where the next block adds to it. */
static M2fType
block_type (const M2fMobilenet *net, M2fPlan *plan, int s, int i, const M2fTensor *x,
    const M2fType types[M2F_MAX_MAPS])
{
    const int map = m2f_map_of_stage (net->config, s + 1), stride = net->blocks[s][i].stride;

    if (i + 1 < net->config->mobilenet.depths[s])
        return M2F_F32;
    if (map >= 0)
        return types[map];
    return m2f_plan_input_type (plan, &net->blocks[s + 1][0].expand.weight,
        x->ne[1] * x->ne[2] / (stride * stride));
}

void
m2f_mobilenet_forward (const M2fMobilenet *net, M2fPlan *plan, M2fTensor pixel_values,
    const M2fType types[M2F_MAX_MAPS], M2fTensor maps[M2F_MAX_MAPS])
{
    const M2fMobilenetConfig *config = &net->config->mobilenet;
    const int pixels = pixel_values.ne[1] * pixel_values.ne[2];
    M2fTensor x = m2f_map_like (plan, "stem", m2f_plan_input_type (plan,
        &net->blocks[0][0].project.weight, pixels / 4), &pixel_values, 2, config->stem);
    bool is_map = false;

    m2f_conv2d (plan, .dst = x, .src = pixel_values, M2F_WITH (net->stem),  /* (B, H/2, W/2, C) */
        .stride = 2, .activation = M2F_RELU6);
    for (int s = 0; s < m2f_last_stage (net->config); s++) {
        const int map = m2f_map_of_stage (net->config, s + 1);

        for (int i = 0; i < config->depths[s]; i++) {
            M2fTensor y = block_forward (&net->blocks[s][i], plan, x,       /* (B, h, w, C) */
                block_type (net, plan, s, i, &x, types));

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
