#!/usr/bin/env python3
"""Semantic mIoU of a checkpoint on labelled pictures, segmented by m2f.

Copyright (C) 2026 The gst-mask2former authors
SPDX-License-Identifier: LGPL-2.1-or-later

    street-eval.py M2F CHECKPOINT PICTURES [OPTION OF m2f run...]

PICTURES has images/NAME.jpg and labels/NAME.png, grey with the number of the class in every pixel
and 255 where none is known.  Names up to the first "_" are data sets, scored one by one.  Prints
one JSON object.  IoU is summed over all pictures of a data set, post-processing is transformers'.
"""
import collections
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

IGNORED = 255


def unfilter(kind, line, above, step):
    """A line of a PNG, in place (RFC 2083, 6)."""
    for i, value in enumerate(line):
        left = line[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        if kind == 1:
            value += left
        elif kind == 2:
            value += above[i]
        elif kind == 3:
            value += (left + above[i]) // 2
        elif kind == 4:
            p = left + above[i] - corner
            value += min((abs(p - left), 0, left), (abs(p - above[i]), 1, above[i]),
                         (abs(p - corner), 2, corner))[2]
        line[i] = value & 255


def grey_levels(path):
    """The first channel of an 8-bit PNG that is not interlaced, as bytes; and its size."""
    data, at, packed = path.read_bytes(), 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            if depth != 8 or colour not in (0, 2) or interlaced:
                sys.exit(f"{path}: not an 8-bit grey or RGB picture")
        elif kind == b"IDAT":
            packed += body
        at += 12 + size
    raw, step = zlib.decompress(packed), 3 if colour == 2 else 1
    row, above, out = width * step, bytearray(width * step), bytearray()
    for y in range(height):
        start = y * (row + 1)
        line = bytearray(raw[start + 1:start + 1 + row])
        if raw[start]:
            unfilter(raw[start], line, above, step)
        out += line[::step]
        above = line
    return bytes(out), (width, height)


def segment(m2f, checkpoint, picture, out, options):
    """The class of every pixel."""
    command = [m2f, "run", checkpoint, picture, "--task=semantic", "--postprocess=transformers",
               f"--labels={out}", *options]
    result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    classes = {s["id"]: s["label_id"] for s in result["segments"]}
    ids, size = grey_levels(out)
    return bytes(classes.get(i, IGNORED) for i in ids), size


def scores(pairs):
    """Of a Counter of (true class, found class)."""
    classes = sorted({true for true, _ in pairs})
    iou = {}
    for c in classes:
        both = pairs[c, c]
        union = sum(n for (true, found), n in pairs.items() if c in (true, found))
        iou[c] = both / union
    right = sum(n for (true, found), n in pairs.items() if true == found)
    return dict(mIoU=round(sum(iou.values()) / len(iou), 4),
                pixel_accuracy=round(right / sum(pairs.values()), 4),
                IoU={c: round(v, 3) for c, v in iou.items()})


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__.split("\n\n")[2])
    m2f, checkpoint, root = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    pairs, pictures = collections.defaultdict(collections.Counter), collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        for picture in sorted((root / "images").iterdir()):
            true, true_size = grey_levels(root / "labels" / (picture.stem + ".png"))
            found, size = segment(m2f, checkpoint, picture, pathlib.Path(folder) / "labels.png",
                                  sys.argv[4:])
            if size != true_size:
                sys.exit(f"{picture}: {size[0]}x{size[1]}, its labels {true_size[0]}x{true_size[1]}")
            name = picture.stem.split("_")[0]
            counts = collections.Counter(zip(true, found))
            pairs[name].update({k: n for k, n in counts.items() if k[0] != IGNORED})
            pictures[name] += 1
    print(json.dumps({name: dict(images=pictures[name], **scores(p))
                      for name, p in pairs.items()}, indent=1))


if __name__ == "__main__":
    main()
