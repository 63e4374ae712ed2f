"""Networks and post-processings drawn at random, beside transformers.

    python3 random-runs.py [--configs N] [--maps N] [--seed S] [-- COMMAND...]

Draws configs with random weights and pictures, runs COMMAND (default: m2f) as `COMMAND forward DIR
--pixel-values IN --dump OUT` in fp32 and compares every stage by the rule of full-size.py.  Then
draws logits and settings, runs `COMMAND postprocess` and compares label maps and segments: at
least 99.9 % of the pixels and the same segments, scores within 1e-3.  Exits 1 if one disagrees.
Behind a layer where a mask logit so near 0 has another sign, nothing is compared.

Needs transformers >= 5, torch, torchvision, safetensors, pillow.  A run takes minutes.
"""
# Copyright (C) 2026 The gst-mask2former authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from types import SimpleNamespace

import torch
from safetensors.torch import load_file, save_file
from transformers import (ConvNextConfig, ConvNextV2Config, Dinov2Config, Dinov2WithRegistersConfig,
                          Mask2FormerForUniversalSegmentation, Mask2FormerImageProcessor, ResNetConfig, Swinv2Config)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data"))
from make_fixtures import config, picture, randomize, stages

ACTIVATIONS = ["relu", "gelu", "gelu_new", "gelu_fast", "gelu_accurate", "quick_gelu", "silu", "mish", "leaky_relu",
               "relu6", "relu2", "tanh", "sigmoid", "hardswish", "laplace", "gelu_10", "linear", "sqrtsoftplus",
               "prelu", "xielu"]


def draw_stages(r, n, stem=True):
    """Three maps or more of those of the stem and n stages."""
    stages = (["stem"] if stem else []) + [f"stage{i + 1}" for i in range(n)]
    return [stages[i] for i in sorted(r.sample(range(len(stages)), r.randint(3, len(stages))))]


def draw_sides(r, sides):
    return r.choice(sides) if r.random() < 0.7 else [r.choice(sides), r.choice(sides)]


def draw_backbone(r, kind):
    n = r.randint(3, 5)
    act, channels = r.choice(ACTIVATIONS), r.choice([1, 2, 3, 3, 3, 4])
    depths = [r.randint(0, 2) for _ in range(n)]
    heads = [r.choice([1, 2, 4]) for _ in range(n)]
    if kind == "swinv2":
        return Swinv2Config(embed_dim=r.choice([4, 8, 12]), depths=depths, num_heads=heads, window_size=r.randint(2, 7),
                            image_size=r.choice([64, 96]), patch_size=draw_sides(r, [2, 4]), num_channels=channels,
                            qkv_bias=r.random() < 0.8, mlp_ratio=r.choice([0.0, 1.0, 2.5, 4.0]), hidden_act=act,
                            pretrained_window_sizes=[r.choice([0, 3, 5]) for _ in range(n)],
                            out_features=draw_stages(r, n))
    if kind == "resnet":
        return ResNetConfig(embedding_size=r.randint(1, 16), hidden_sizes=[r.randint(4, 32) for _ in range(n)],
                            depths=depths, layer_type=r.choice(["basic", "bottleneck"]), hidden_act=act,
                            downsample_in_first_stage=r.random() < 0.3, num_channels=channels,
                            downsample_in_bottleneck=r.random() < 0.3, out_features=draw_stages(r, n))
    if kind in ("convnext", "convnextv2"):
        more = dict(layer_scale_init_value=r.choice([0.0, 1e-6])) if kind == "convnext" else {}
        return (ConvNextConfig if kind == "convnext" else ConvNextV2Config)(
            hidden_sizes=[r.randint(2, 24) for _ in range(n)], depths=depths, num_stages=n, hidden_act=act,
            patch_size=draw_sides(r, [2, 4]), num_channels=channels, out_features=draw_stages(r, n), **more)
    layers, heads = r.randint(3, 18), r.choice([1, 2, 3])
    return (Dinov2Config if kind == "dinov2" else Dinov2WithRegistersConfig)(
        hidden_size=heads * r.choice([4, 8, 16]), num_hidden_layers=layers, num_attention_heads=heads, patch_size=8,
        mlp_ratio=r.choice([0, 1, 2, 4]), image_size=r.choice([32, 64]), qkv_bias=r.random() < 0.8, hidden_act=act,
        use_swiglu_ffn=r.random() < 0.4, apply_layernorm=r.random() < 0.7, num_channels=channels,
        out_features=draw_stages(r, layers))


def draw_swin(r):
    n = r.randint(3, 5)
    embed = r.choice([4, 8, 12])
    return dict(embed=embed, depths=[r.randint(0, 3) for _ in range(n)],
                heads=[r.choice([h for h in (1, 2, 4) if (embed << i) % h == 0]) for i in range(n)],
                window=r.randint(2, 9), qkv_bias=r.random() < 0.8, mlp_ratio=r.choice([0.0, 1.0, 2.5, 4.0]),
                swin_more=dict(hidden_act=r.choice(ACTIVATIONS), patch_size=draw_sides(r, [2, 4, 8]),
                               num_channels=r.choice([1, 2, 3, 3, 3, 4]), out_features=draw_stages(r, n)))


def draw_config(r):
    kind = r.choice(["swin", "swin", "swinv2", "resnet", "convnext", "convnextv2", "dinov2", "dinov2_with_registers"])
    backbone = draw_swin(r) if kind == "swin" else dict(backbone=draw_backbone(r, kind))
    return config(
        **backbone, labels=r.randint(0, 12), hidden=r.choice([32, 64, 96]),
        # another feature_size needs projections, which transformers does not save
        mask_feature=r.randint(1, 70), enc=r.randint(0, 3), dec=r.randint(1, 8),
        queries=r.randint(1, 30), nheads=r.choice([1, 2, 4, 8]), ffn=r.randint(0, 90),
        enc_ffn=r.randint(0, 90), pre_norm=r.random() < 0.3,
        more=dict(activation_function=r.choice(ACTIVATIONS),
                  common_stride=r.choice([1, 2, 4, 4, 8, 16])))


def first_flip(found, double):
    """The first layer of the decoder for which a mask logit is on the other side of 0, where a difference of any
    size decides which pixels its attention reads; a large number if there is none."""
    layer = 0
    while f"decoder.hidden.{layer}" in double:
        size = double[f"pixel_decoder.level.{layer % 3}"].shape[-2:]
        ours, theirs = (torch.nn.functional.interpolate(t[f"decoder.aux_masks.{layer}"].double(), size, mode="bilinear") < 0
                        for t in (found, double))
        if (ours != theirs).any():
            return layer
        layer += 1
    return 1 << 30


def layer_of(name):
    """The layer of the decoder whose result a stage is; -1 for what comes before the layers."""
    if name in ("class_queries_logits", "masks_queries_logits"):
        return (1 << 30) - 1
    if not name.startswith("decoder.") or name == "decoder.input":
        return -1
    _, stage, layer = name.split(".")
    return int(layer) - (stage in ("intermediate", "aux_masks", "aux_classes"))


def compare_stages(found, double, single):
    """The largest share of what a stage may differ, and its name; up to a flip of a mask."""
    worst, flip = (0.0, ""), first_flip(found, double)
    for name, want in double.items():
        if layer_of(name) >= flip:
            continue
        if name not in found and name.startswith("backbone.attention."):
            continue  # of a stage behind the last map, which only transformers computes
        error = float((found[name].double() - want.double()).abs().max()) if want.numel() else 0
        noise = float((want - single[name]).abs().max()) if want.numel() else 0
        allowed = min(1e-4 * max(1, float(want.abs().max())), 20 * noise + 1e-5)
        share = error / allowed
        worst = max(worst, (share if share == share else float("inf"), name))
    return worst


def least_side(backbone):
    """So long that every map has more than a pixel."""
    if backbone.model_type.startswith("dinov2"):
        return 2 * backbone.patch_size
    patch = getattr(backbone, "patch_size", 4)
    stride = max(patch) if isinstance(patch, list) else patch
    return (stride << max(int(name[5:] or 0) if name != "stem" else 0 for name in backbone.out_features)) + 1


def run_config(r, seed, folder, command):
    c = draw_config(r)
    torch.manual_seed(seed)
    model = Mask2FormerForUniversalSegmentation(c).eval()
    randomize(model, seed)
    model.save_pretrained(folder)
    Mask2FormerImageProcessor().save_pretrained(folder)
    # a map of one pixel has nothing to normalise: transformers refuses it
    least = least_side(c.backbone_config)
    height, width, batch = r.randint(least, least + 100), r.randint(least, least + 100), r.randint(1, 2)
    x = torch.stack([torch.from_numpy(picture(height, width, seed + i)).permute(2, 0, 1)
                     for i in range(batch)]).float() / 128 - 1
    x = torch.cat([x, x.flip(1)], 1)[:, :c.backbone_config.num_channels]
    swin = c.backbone_config.model_type == "swin"
    into, out = os.path.join(folder, "in.safetensors"), os.path.join(folder, "out.safetensors")
    save_file({"pixel_values": x.contiguous()}, into)
    subprocess.run(command + ["forward", folder, "--precision", "fp32", "--pixel-values", into,
                              "--dump", out] + (["--attentions"] if swin else []), check=True)
    _, single = stages(model.float(), x, swin)
    _, double = stages(model.double(), x.double(), swin)
    found = load_file(out)
    return compare_stages(found, double, single), first_flip(found, double) < 1 << 30, (c.backbone_config.model_type, batch, height, width)


def draw_logits(r, queries, labels, seed):
    g = torch.Generator().manual_seed(seed)
    h, w = r.randint(5, 40), r.randint(5, 40)
    small = torch.randn((1, queries, r.randint(1, h), r.randint(1, w)), generator=g)
    masks = torch.nn.functional.interpolate(small, (h, w), mode="bilinear") * r.choice([1, 4, 12])
    classes = torch.randn((1, queries, labels + 1), generator=g) * r.choice([1, 3, 6])
    return classes, (masks + torch.randn((1, queries, 1, 1), generator=g)).contiguous()


def draw_settings(r, labels):
    return SimpleNamespace(
        task=r.choice(["semantic", "instance", "panoptic"]),
        size=(r.randint(1, 300), r.randint(1, 300)), threshold=r.choice([0.0, 0.2, 0.5, 0.8]),
        mask_threshold=r.choice([0.3, 0.5, 0.7]), overlap=r.choice([0.0, 0.5, 0.8]),
        fuse=sorted(r.sample(range(labels), r.randint(0, labels))))


def reference_map(processor, classes, masks, s):
    o = SimpleNamespace(class_queries_logits=classes, masks_queries_logits=masks)
    if s.task == "semantic":
        return processor.post_process_semantic_segmentation(o, target_sizes=[s.size])[0], None
    if s.task == "instance":
        found = processor.post_process_instance_segmentation(
            o, threshold=s.threshold, target_sizes=[s.size])[0]
    else:
        found = processor.post_process_panoptic_segmentation(
            o, threshold=s.threshold, mask_threshold=s.mask_threshold,
            overlap_mask_area_threshold=s.overlap, label_ids_to_fuse=set(s.fuse),
            target_sizes=[s.size])[0]
    return torch.as_tensor(found["segmentation"]), found["segments_info"]


def same_segments(found, wanted):
    return len(found) == len(wanted) and all(
        (f["id"], f["label_id"], f["was_fused"]) == (w["id"], w["label_id"], w["was_fused"])
        and abs(f["score"] - w["score"]) <= 1e-3 for f, w in zip(found, wanted))


def run_map(r, seed, checkpoint, labels, processor, command):
    """The share of pixels that agree, and whether the segments do."""
    folder = os.path.dirname(checkpoint)
    logits, out = os.path.join(folder, "logits.safetensors"), os.path.join(folder, "map.safetensors")
    report = os.path.join(folder, "map.json")
    classes, masks = draw_logits(r, r.randint(1, 60), labels, seed)
    s = draw_settings(r, labels)
    save_file({"class_queries_logits": classes, "masks_queries_logits": masks}, logits)
    subprocess.run(command + [
        "postprocess", checkpoint, logits, "--postprocess", "transformers", "--task", s.task,
        "--size", "%dx%d" % s.size, "--threshold", str(s.threshold),
        "--mask-threshold", str(s.mask_threshold), "--overlap-mask-area-threshold", str(s.overlap),
        "--label-ids-to-fuse", ",".join(map(str, s.fuse)) or "none", "--json", report,
        "--labels-safetensors", out], check=True)
    want, segments = reference_map(processor, classes, masks, s)
    found = load_file(out)["labels"]
    if segments is not None and not segments:
        return 1.0 if not json.load(open(report))["segments"] else 0.0, True, s
    same = segments is None or s.task == "semantic" \
        or same_segments(json.load(open(report))["segments"], segments)
    return float((found == want).float().mean()), same, s


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--configs", type=int, default=40)
    parser.add_argument("--maps", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("command", nargs="*", default=["m2f"])
    args = parser.parse_args()
    r, bad, flips, shares, pixels = random.Random(args.seed), 0, 0, [], []

    with tempfile.TemporaryDirectory() as folder:
        checkpoint = os.path.join(folder, "checkpoint")
        for i in range(args.configs):
            (share, stage), has_flip, shape = run_config(r, args.seed + i, checkpoint, args.command)
            flips += has_flip
            shares.append(share)
            bad += share > 1
            if share > 0.5:
                print(f"config {i}, input {shape}: {stage} differs by {share:.2f} of what it may")
        torch.manual_seed(args.seed)
        labels = 7
        Mask2FormerForUniversalSegmentation(
            config(embed=4, depths=(1, 1, 1, 1), labels=labels)).save_pretrained(checkpoint)
        Mask2FormerImageProcessor().save_pretrained(checkpoint)
        for i in range(args.maps):
            share, same, settings = run_map(r, args.seed + i, checkpoint, labels,
                                            Mask2FormerImageProcessor(), args.command)
            pixels.append(share)
            bad += share < 0.999 or not same
            if share < 0.999 or not same:
                print(f"map {i}: {100 * share:.3f} % of pixels, segments "
                      f"{'agree' if same else 'differ'}: {settings}")
    print(f"{len(shares)} configs: at worst {max(shares, default=0):.2f} of what a stage may "
          f"differ, {flips} of them up to a flip of a mask; "
          f"{len(pixels)} label maps: at least {100 * min(pixels, default=1):.3f} % of pixels agree; "
          f"{bad} disagree")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
