"""Every stage of a full-size checkpoint against transformers, in double precision.

    python3 full-size.py CHECKPOINT IMAGE [--size HxW] [--cache FILE] [-- COMMAND...]

Runs COMMAND (default: m2f) as `COMMAND forward CHECKPOINT IMAGE --pixel-values IN --dump OUT` in
fp32 and prints for every stage the largest difference from transformers, what is allowed (1e-4 x
max (1, largest value), and not more than 20 x transformers' own single precision noise + 1e-5)
and that noise.  --cache keeps the reference's stages, which take a while, for the next run.
Exits 1 if a stage disagrees.

Needs transformers >= 5, torch, torchvision, safetensors, pillow.
"""
import argparse
import os
import subprocess
import sys
import tempfile

import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import Mask2FormerForUniversalSegmentation, Mask2FormerImageProcessor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data"))
from make_fixtures import stages


def reference(checkpoint, image, size):
    """Stages in double precision (as single), and each one's largest difference in single."""
    override = {"size": {"height": size[0], "width": size[1]}} if size else {}
    processor = Mask2FormerImageProcessor.from_pretrained(checkpoint, **override)
    model = Mask2FormerForUniversalSegmentation.from_pretrained(checkpoint).float().eval()
    x = processor(Image.open(image).convert("RGB"), return_tensors="pt")["pixel_values"]
    _, single = stages(model, x.float())
    _, double = stages(model.double(), x.double())
    tensors = {f"stage:{k}": v for k, v in double.items()}
    tensors |= {f"noise:{k}": (v - single[k]).abs().max() for k, v in double.items()}
    tensors["pixel_values"] = x.float().contiguous()
    return tensors


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint")
    parser.add_argument("image")
    parser.add_argument("--size", type=lambda s: tuple(map(int, s.split("x"))))
    parser.add_argument("--cache")
    parser.add_argument("command", nargs="*", default=["m2f"])
    args = parser.parse_args()

    if args.cache and os.path.exists(args.cache):
        tensors = load_file(args.cache)
    else:
        tensors = reference(args.checkpoint, args.image, args.size)
        if args.cache:
            save_file(tensors, args.cache)

    with tempfile.TemporaryDirectory() as folder:
        into, out = os.path.join(folder, "in.safetensors"), os.path.join(folder, "out.safetensors")
        save_file({"pixel_values": tensors["pixel_values"]}, into)
        subprocess.run(args.command + ["forward", args.checkpoint, args.image,
                                       "--precision", "fp32", "--pixel-values", into,
                                       "--dump", out], check=True)
        found = load_file(out)

    bad = 0
    print(f"{'stage':30} {'difference':>10} {'allowed':>10} {'noise':>10}")
    for key in sorted(k for k in tensors if k.startswith("stage:")):
        name = key.removeprefix("stage:")
        want, noise = tensors[key], float(tensors["noise:" + name])
        allowed = min(1e-4 * max(1, float(want.abs().max())), 20 * noise + 1e-5)
        got = found.get(name)
        fits = got is not None and got.shape == want.shape
        difference = float((got - want).abs().max()) if fits else float("nan")
        agrees = difference <= allowed
        bad += not agrees
        print(f"{name:30} {difference:10.2e} {allowed:10.2e} {noise:10.2e}{'' if agrees else '  disagrees'}")
    print(f"{bad} stages disagree")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
