#!/usr/bin/env python3
"""Prints the numbers of known.c: every op by torch and transformers (5.12.1), in float64.

Copyright (C) 2026 The gst-mask2former authors
SPDX-License-Identifier: LGPL-2.1-or-later
"""
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from transformers.activations import ACT2FN
from transformers.models.convnextv2.modeling_convnextv2 import ConvNextV2GRN
from transformers.models.mask2former.modeling_mask2former import multi_scale_deformable_attention
from transformers.models.swin.modeling_swin import (
    SwinLayer, SwinPatchMerging, SwinRelativePositionBias, window_partition, window_reverse)

torch.set_default_dtype(torch.float64)
torch.set_grad_enabled(False)

# transformers' names, ours
ACTIVATIONS = {
    "linear": "none", "relu": "relu", "relu6": "relu6", "gelu": "gelu", "gelu_new": "gelu_tanh",
    "gelu_10": "gelu_clipped", "quick_gelu": "gelu_sigmoid", "silu": "silu",
    "hardswish": "hard_swish", "mish": "mish", "leaky_relu": "leaky_relu", "relu2": "relu_squared",
    "sigmoid": "sigmoid", "tanh": "tanh", "laplace": "laplace", "sqrtsoftplus": "sqrt_softplus",
    "prelu": "prelu", "xielu": "xielu"}


def pattern(a, b, *shape):
    """check_pattern() of operand.c"""
    count = torch.Size(shape).numel()
    return (((a * torch.arange(count) + b) % 61 - 30).double() / 16).reshape(shape)


def emit(name, values, step):
    values = values.double().flatten()[::step].tolist()
    lines, line = [], "   "
    for value in values:
        word = f" {int(value)}," if value == int(value) else f" {value:.9g},"
        if len(line) + len(word) > 96:
            lines.append(line)
            line = "   "
        line += word
    print(f"static const float {name}[] = {{", *lines, line, "};", sep="\n")


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def linear():
    y = F.linear(pattern(7, 3, 6, 7), pattern(11, 5, 4, 7), pattern(13, 1, 4))
    return F.gelu(y + pattern(17, 2, 3, 4).repeat(2, 1)) + pattern(19, 4, 6, 4)


def matmul():
    y = pattern(7, 3, 2, 3, 5) @ pattern(11, 5, 2, 2, 5).transpose(1, 2)
    return y + pattern(13, 1, 2, 3, 1) + pattern(17, 2, 2, 1, 2)


def layer_norm():
    return F.layer_norm(pattern(7, 3, 3, 5), (5,), pattern(11, 5, 5), pattern(13, 1, 5), 1e-5)


def group_norm():
    x = nchw(pattern(7, 3, 2, 3, 2, 8))
    return nhwc(F.group_norm(x, 2, pattern(11, 5, 8), pattern(13, 1, 8), 1e-5).relu())


def response_norm():
    """ConvNextV2GRN"""
    grn = ConvNextV2GRN(5)
    grn.weight.copy_(pattern(11, 5, 1, 1, 1, 5))
    grn.bias.copy_(pattern(13, 1, 1, 1, 1, 5))
    return grn(pattern(7, 3, 2, 3, 2, 5))


def head_norm():
    return F.normalize(pattern(7, 3, 3, 2, 4), dim=-1) * pattern(11, 5, 2)[:, None]


def window_attention():
    """SwinLayer.forward between its projections; window 4, shift 2, 2 heads, a 5x6 map."""
    height, width, c, heads, window, shift = 5, 6, 4, 2, 4, 2
    qkv = pattern(12, 5, height, width, 3 * c)
    padded = pattern(17, 2, 3 * c).expand(8, 8, 3 * c).clone()
    padded[:height, :width] = qkv
    x = torch.roll(padded[None], shifts=(-shift, -shift), dims=(1, 2))
    x = window_partition(x, window).view(-1, window * window, 3, heads, c // heads)
    q, k, v = x.permute(2, 0, 3, 1, 4)
    bias = SwinRelativePositionBias(heads, (window, window))
    bias.relative_position_bias_table.copy_(pattern(13, 1, (2 * window - 1) ** 2, heads))
    mask = SwinLayer.get_attn_mask(SimpleNamespace(window_size=window, shift_size=shift), 8, 8,
                                   torch.float64, "cpu")
    scores = q @ k.transpose(2, 3) * (c // heads) ** -0.5 + bias() + mask[:, None]
    y = (scores.softmax(-1) @ v).transpose(1, 2).reshape(-1, window, window, c)
    y = torch.roll(window_reverse(y, window, 8, 8), shifts=(shift, shift), dims=(1, 2))
    return y[:, :height, :width]


def deform_attention():
    """Mask2FormerPixelDecoderEncoderMultiscaleDeformableAttention.forward, reference points as
    get_reference_points() makes them."""
    shapes, heads, c, points = [(2, 3), (3, 5)], 2, 4, 2
    tokens = sum(h * w for h, w in shapes)
    value = pattern(7, 3, 1, tokens, heads, c // heads)
    offsets = pattern(11, 5, 1, tokens, heads, 2, points, 2)
    weights = pattern(13, 1, 1, tokens, heads, 2 * points).softmax(-1)
    centres = torch.cat([
        torch.stack([((torch.arange(w) + 0.5) / w).expand(h, w),
                     ((torch.arange(h) + 0.5) / h)[:, None].expand(h, w)], -1).reshape(-1, 2)
        for h, w in shapes])
    normalizer = torch.tensor([[w, h] for h, w in shapes])
    locations = centres[None, :, None, None, None] + offsets / normalizer[None, None, None, :, None]
    return multi_scale_deformable_attention(value, shapes, locations,
                                            weights.view(1, tokens, heads, 2, points))


def attention():
    """Mask2FormerMaskedAttentionDecoderLayer's cross attention; row 1 is blocked everywhere."""
    q, k, v = pattern(7, 3, 3, 4), pattern(11, 5, 4, 4), pattern(13, 1, 4, 4)
    blocked = pattern(23, 7, 3, 4) < 0
    blocked[1] = True
    blocked[blocked.all(-1)] = False
    q, k, v = (x.view(-1, 2, 2).transpose(0, 1)[None] for x in (q, k, v))
    return F.scaled_dot_product_attention(q, k, v, ~blocked).transpose(1, 2)


def conv3x3():
    x, weight = nchw(pattern(7, 3, 1, 3, 4, 2)), pattern(11, 5, 3, 2, 3, 3)
    return nhwc(F.conv2d(x, weight, pattern(13, 1, 3), padding=1))


def conv2d():
    x, weight = nchw(pattern(7, 3, 1, 6, 5, 2)), pattern(11, 5, 3, 2, 5, 5)
    return nhwc(F.conv2d(x, weight, pattern(13, 1, 3), stride=2, padding=2).relu())


def depthwise_conv():
    x, weight = nchw(pattern(7, 3, 2, 6, 5, 3)), pattern(11, 5, 3, 1, 3, 3)
    return nhwc(F.relu6(F.conv2d(x, weight, pattern(13, 1, 3), stride=2, padding=1, groups=3)))


def max_pool():
    return nhwc(F.max_pool2d(nchw(pattern(7, 3, 2, 6, 5, 3)), 3, stride=2, padding=1))


def pointwise(name):
    x = 8 * pattern(7, 3, 1, 1, 2, 8) + pattern(11, 5, 1, 1, 1, 8)
    f = ACT2FN[name].double()
    for weight, value in zip(f.parameters(), (0.3, -0.4)):
        weight.fill_(value)
    return f(x)


def resize_up():
    x = F.interpolate(nchw(pattern(7, 3, 1, 3, 4, 2)), (5, 7), mode="bilinear")
    return nhwc(x) + pattern(11, 5, 1, 5, 7, 2)


def resize_down():
    x = F.interpolate(nchw(pattern(7, 3, 1, 8, 11, 2)), (3, 4), mode="bilinear")
    return nhwc(x) + pattern(11, 5, 1, 3, 4, 2)


def patch_gather():
    """What a convolution of stride and size 2 multiplies its flattened weight with."""
    x = F.pad(nchw(pattern(7, 3, 1, 5, 3, 2)), (0, 1, 0, 1))
    return F.unfold(x, 2, stride=2).transpose(1, 2)


def patch_merge():
    merge = SwinPatchMerging(2)
    merge.norm.weight.copy_(pattern(11, 5, 8))
    merge.norm.bias.copy_(pattern(13, 1, 8))
    merge.reduction = torch.nn.Identity()
    return merge(pattern(7, 3, 1, 15, 2), (3, 5))


def gather_rows():
    return pattern(7, 3, 4, 3)[torch.tensor([3, 0, 3, 2, 1])]


def preprocess():
    """torchvision's antialiased resize of bytes, in float64: rounded after each direction."""
    x = nchw(((37 * torch.arange(9 * 7 * 3) + 11) % 251).double().view(1, 9, 7, 3))
    for size in ((9, 3), (4, 3)):
        x = F.interpolate(x, size, mode="bilinear", antialias=True)
        x = (x + 0.5).floor().clamp(0, 255)
    return nhwc(x / 64 - 2)


mask_logits = nchw(pattern(7, 3, 1, 3, 4, 5))
score = (pattern(11, 5, 5).abs() + 4) / 8


def mask_argmax():
    """post_process_panoptic_segmentation and compute_segments, threshold 0.375 instead of 0.5"""
    probability = F.interpolate(mask_logits, (6, 6), mode="bilinear").sigmoid()
    probability = F.interpolate(probability, (7, 5), mode="bilinear")[0] * score[:, None, None]
    winner = probability.argmax(0)
    won = torch.stack([winner == k for k in range(5)])
    above = probability >= 0.375
    return winner, torch.stack([n.sum((1, 2)) for n in (won, above, won & above)])


def class_argmax():
    """post_process_semantic_segmentation"""
    probability = F.interpolate(mask_logits, (6, 6), mode="bilinear").sigmoid()
    sums = torch.einsum("ck,bkhw->bchw", pattern(10, 21, 4, 5), probability)
    return F.interpolate(sums, (7, 5), mode="bilinear").argmax(1)


def mask_score():
    """mask_scores_per_image of post_process_instance_segmentation, numerator and denominator"""
    logits = F.interpolate(mask_logits, (6, 6), mode="bilinear")[0]
    return torch.stack([(logits.sigmoid() * (logits > 0)).sum((1, 2)), (logits > 0).sum((1, 2))])


def mask_paint():
    """The loop of post_process_instance_segmentation that paints"""
    masks = (F.interpolate(mask_logits, (6, 6), mode="bilinear") > 0).double()
    masks = F.interpolate(masks, (7, 5), mode="nearest")[0]
    winner = torch.full((7, 5), 255)
    for k, mask in enumerate(masks):
        winner[mask == 1] = k
    return winner, masks.sum((1, 2))


emit("known_linear", linear(), 1)
emit("known_matmul", matmul(), 1)
emit("known_layer_norm", layer_norm(), 1)
emit("known_group_norm", group_norm(), 3)
emit("known_response_norm", response_norm(), 2)
emit("known_head_norm", head_norm(), 2)
emit("known_window_attention", window_attention(), 7)
emit("known_deform_attention", deform_attention(), 5)
emit("known_attention", attention(), 1)
emit("known_conv3x3", conv3x3(), 2)
emit("known_conv2d", conv2d(), 1)
emit("known_depthwise_conv", depthwise_conv(), 1)
emit("known_max_pool", max_pool(), 1)
for name, member in ACTIVATIONS.items():
    emit(f"known_pointwise_{member}", pointwise(name), 1)
emit("known_resize_up", resize_up(), 5)
emit("known_resize_down", resize_down(), 1)
emit("known_patch_gather", patch_gather(), 3)
emit("known_patch_merge", patch_merge(), 3)
emit("known_gather_rows", gather_rows(), 1)
emit("known_preprocess", preprocess(), 2)
emit("known_mask_argmax_winner", mask_argmax()[0], 1)
emit("known_mask_argmax_counts", mask_argmax()[1], 1)
emit("known_class_argmax", class_argmax(), 1)
emit("known_mask_score", mask_score(), 1)
emit("known_mask_paint_winner", mask_paint()[0], 1)
emit("known_mask_paint_counts", mask_paint()[1], 1)
