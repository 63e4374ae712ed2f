"""Networks and post-processings drawn at random, beside transformers.

    python3 random-runs.py [--configs N] [--maps N] [--seed S] [-- COMMAND...]

Draws configs with random weights and pictures, runs COMMAND (default: m2f) as `COMMAND forward DIR
--pixel-values IN --dump OUT` in fp32 and compares every stage by the rule of full-size.py.  Then
draws logits and settings, runs `COMMAND postprocess` and compares label maps and segments: at
least 99.9 % of the pixels and the same segments, scores within 1e-3.  Exits 1 if one disagrees.

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
from transformers import Mask2FormerForUniversalSegmentation, Mask2FormerImageProcessor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data"))
from make_fixtures import config, picture, randomize, stages

ACTIVATIONS = ["relu", "gelu", "gelu_new", "quick_gelu", "silu", "mish", "leaky_relu", "relu6",
               "relu2", "tanh", "sigmoid", "hardswish", "laplace", "gelu_10"]


def draw_config(r):
    embed = r.choice([4, 8, 12])
    return config(
        embed=embed, depths=[r.randint(1, 3) for _ in range(4)],
        heads=[r.choice([h for h in (1, 2, 4) if (embed << i) % h == 0]) for i in range(4)],
        # another feature_size needs projections, which transformers does not save
        window=r.randint(2, 9), labels=r.randint(1, 12), hidden=r.choice([32, 64, 96]),
        mask_feature=r.randint(1, 70), enc=r.randint(0, 3), dec=r.randint(1, 8),
        queries=r.randint(1, 30), nheads=r.choice([1, 2, 4, 8]), ffn=r.randint(1, 90),
        enc_ffn=r.randint(1, 90), pre_norm=r.random() < 0.3, qkv_bias=r.random() < 0.8,
        mlp_ratio=r.choice([1.0, 2.5, 4.0]),
        swin_more=dict(hidden_act=r.choice(ACTIVATIONS), patch_size=r.choice([2, 4, 4, 8])),
        more=dict(activation_function=r.choice(ACTIVATIONS),
                  common_stride=r.choice([1, 2, 4, 4, 8, 16])))


def compare_stages(found, double, single):
    """The largest share of what a stage may differ, and its name."""
    worst = (0.0, "")
    for name, want in double.items():
        error = float((found[name].double() - want.double()).abs().max()) if want.numel() else 0
        noise = float((want - single[name]).abs().max()) if want.numel() else 0
        allowed = min(1e-4 * max(1, float(want.abs().max())), 20 * noise + 1e-5)
        share = error / allowed
        worst = max(worst, (share if share == share else float("inf"), name))
    return worst


def run_config(r, seed, folder, command):
    c = draw_config(r)
    torch.manual_seed(seed)
    model = Mask2FormerForUniversalSegmentation(c).eval()
    randomize(model, seed)
    model.save_pretrained(folder)
    Mask2FormerImageProcessor().save_pretrained(folder)
    # a map of one pixel has nothing to normalise: transformers refuses it
    least = 33 * c.backbone_config.patch_size // 4
    height, width, batch = r.randint(least, 150), r.randint(least, 150), r.randint(1, 2)
    x = torch.stack([torch.from_numpy(picture(height, width, seed + i)).permute(2, 0, 1)
                     for i in range(batch)]).float() / 128 - 1
    into, out = os.path.join(folder, "in.safetensors"), os.path.join(folder, "out.safetensors")
    save_file({"pixel_values": x.contiguous()}, into)
    subprocess.run(command + ["forward", folder, "--precision", "fp32", "--pixel-values", into,
                              "--dump", out, "--attentions"], check=True)
    _, single = stages(model.float(), x, True)
    _, double = stages(model.double(), x.double(), True)
    return compare_stages(load_file(out), double, single), (batch, height, width)


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
    r, bad, shares, pixels = random.Random(args.seed), 0, [], []

    with tempfile.TemporaryDirectory() as folder:
        checkpoint = os.path.join(folder, "checkpoint")
        for i in range(args.configs):
            (share, stage), shape = run_config(r, args.seed + i, checkpoint, args.command)
            shares.append(share)
            bad += share > 1
            if share > 0.5:
                print(f"config {i}, input {shape}: {stage} differs by {share:.2f} of what it may")
        labels = len(json.load(open(os.path.join(checkpoint, "config.json")))["id2label"])
        for i in range(args.maps):
            share, same, settings = run_map(r, args.seed + i, checkpoint, labels,
                                            Mask2FormerImageProcessor(), args.command)
            pixels.append(share)
            bad += share < 0.999 or not same
            if share < 0.999 or not same:
                print(f"map {i}: {100 * share:.3f} % of pixels, segments "
                      f"{'agree' if same else 'differ'}: {settings}")
    print(f"{len(shares)} configs: at worst {max(shares, default=0):.2f} of what a stage may differ; "
          f"{len(pixels)} label maps: at least {100 * min(pixels, default=1):.3f} % of pixels agree; "
          f"{bad} disagree")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
