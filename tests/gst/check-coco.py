"""What panopticjson format=coco-panoptic writes, read as panopticapi reads it.

    python3 check-coco.py SQUARE [M2F STREET PICTURE]

SQUARE and STREET are checkpoints.  The PNG files are read by the code below, ids and masks compared
with the run-length encodings of a second panopticjson, and m2f eval must call the annotations of a
picture perfect for the checkpoint that made them.
"""
# Copyright (C) 2026 The gst-mask2former authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import json
import os
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import zlib

SEGMENT = ("mask2formerseg model={} device=cpu precision=fp32 mode=every-frame overlay=none "
           "threshold={} overlap-mask-area-threshold={}")
BOTH = ("tee name=t t. ! queue ! panopticjson format=coco-panoptic batch={batch} "
        "location={folder}/truth ! filesink location={folder}/truth.json "
        "t. ! queue ! panopticjson masks=rle ! filesink location={folder}/lines.jsonl")


def launch(pipeline, **how):
    return subprocess.run(["gst-launch-1.0", "-q", *pipeline.split()], capture_output=True,
                          text=True, check=False, **how)


def run(pipeline):
    done = launch(pipeline)
    assert done.returncode == 0, done.stderr


# ---- an independent reader -----------------------------------------------------------------------


def chunks(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at = 8
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        assert zlib.crc32(kind + body) == struct.unpack(">I", data[at + 8 + size:at + 12 + size])[0]
        yield kind, body
        at += 12 + size


def predict(kind, left, above, corner):
    if kind == 4:
        estimate = left + above - corner
        return min((left, above, corner), key=lambda v: abs(estimate - v))
    return (0, left, above, (left + above) // 2)[kind]


def read_png(path):
    """Rows of ids, R + 256 G + 65536 B."""
    with open(path, "rb") as file:
        parts = list(chunks(file.read()))
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", parts[0][1])
    assert (parts[0][0], depth, colour, interlaced) == (b"IHDR", 8, 2, 0)
    raw = zlib.decompress(b"".join(body for kind, body in parts if kind == b"IDAT"))
    stride, before, rows = 3 * width, bytes(3 * width), []
    for y in range(height):
        kind = raw[y * (stride + 1)]
        line = bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for i, value in enumerate(line):
            left, corner = (line[i - 3], before[i - 3]) if i >= 3 else (0, 0)
            line[i] = (value + predict(kind, left, before[i], corner)) & 255
        rows.append([line[i] + 256 * line[i + 1] + 65536 * line[i + 2]
                     for i in range(0, stride, 3)])
        before = line
    return rows


def read_rle(mask):
    """Pixels (x, y) of COCO's compressed run-length encoding."""
    height, width = mask["size"]
    runs, at, text = [], 0, mask["counts"].encode()
    while at < len(text):
        value, shift, more = 0, 0, True
        while more:
            byte = text[at] - 48
            value |= (byte & 31) << shift
            more, at, shift = byte & 32, at + 1, shift + 5
            if not more and byte & 16:
                value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
    assert sum(runs) == width * height
    pixels, start = set(), 0
    for i, length in enumerate(runs):
        if i % 2:
            pixels.update((k // height, k % height) for k in range(start, start + length))
        start += length
    return pixels


# ---- checks --------------------------------------------------------------------------------------


def check_annotation(folder, annotation, image, categories):
    """What panopticapi asserts, and that areas and boxes are those of the pixels."""
    assert annotation["file_name"] == f"{annotation['image_id']:012d}.png"
    rows = read_png(f"{folder}/truth/{annotation['file_name']}")
    assert (image["height"], image["width"]) == (len(rows), len(rows[0]))
    pixels = {}
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            pixels.setdefault(value, set()).add((x, y))
    pixels.pop(0, None)
    infos = {info["id"]: info for info in annotation["segments_info"]}
    assert len(infos) == len(annotation["segments_info"]), "an id is listed twice"
    assert infos.keys() == pixels.keys()
    for number, info in infos.items():
        assert info["category_id"] in categories and info["iscrowd"] == 0
        assert info["area"] == len(pixels[number])
        columns = [x for x, _ in pixels[number]]
        lines = [y for _, y in pixels[number]]
        assert info["bbox"] == [min(columns), min(lines), max(columns) - min(columns) + 1,
                                max(lines) - min(lines) + 1]
    return infos, pixels


def check_dataset(folder, frames):
    """The dataset has the segments of the lines; returns the number of them."""
    with open(folder + "/truth.json", encoding="utf-8") as file:
        dataset = json.load(file)
    with open(folder + "/lines.jsonl", encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    categories = {category["id"]: category for category in dataset["categories"]}
    images = {image["id"]: image for image in dataset["images"]}
    assert len(categories) == len(dataset["categories"])
    assert [a["image_id"] for a in dataset["annotations"]] == list(images) == list(range(frames))
    assert sorted(os.listdir(folder + "/truth")) == [f"{i:012d}.png" for i in range(frames)]
    n = 0
    for annotation, line in zip(dataset["annotations"], lines):
        number = annotation["image_id"]
        assert images[number]["file_name"] == f"{number:012d}.jpg"
        infos, pixels = check_annotation(folder, annotation, images[number], categories)
        for segment in line["segments"]:
            mask = read_rle(segment["mask"])
            if not mask:
                assert segment["id"] not in infos
                continue
            assert pixels.pop(segment["id"]) == mask
            category = categories[infos[segment["id"]]["category_id"]]
            assert category["id"] == segment["label_id"]
            assert category["name"] == segment["label"]
            assert category["isthing"] == segment["is_thing"]
            n += 1
        assert not pixels
    return n


def check_clip(folder, square, caps, batch):
    run("videotestsrc num-buffers=3 pattern=ball ! video/x-raw, width=96, height=64 ! "
        + SEGMENT.format(square, 0, 0) + " ! " + caps
        + BOTH.format(folder=folder, batch=batch))
    assert check_dataset(folder, 3) > 3


def check_empty(folder):
    """Frames without metadata are in no list, and are counted."""
    run(f"videotestsrc num-buffers=2 ! panopticjson format=coco-panoptic location={folder}/none/png"
        f" ! filesink location={folder}/none.json")
    with open(folder + "/none.json", encoding="utf-8") as file:
        assert json.load(file) == {"annotations": [], "images": [], "categories": []}
    assert os.listdir(folder + "/none/png") == []


def check_errors(folder, square):
    """One message that names the directory or the file."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50))
    with open(folder + "/file", "w", encoding="utf-8"):
        pass
    os.mkdir(folder + "/small")
    pipeline = ("videotestsrc num-buffers=2 ! video/x-raw, width=96, height=64 ! "
                + SEGMENT.format(square, 0, 0) + " ! panopticjson format=coco-panoptic {} ! fdsink")
    for location, words, how in [("", "location: expected a directory", None),
                                 (f"location={folder}/file", f"location: {folder}/file: ", None),
                                 (f"location={folder}/file/a", f"location: {folder}/file/a: ", None),
                                 (f"location={folder}/small", "small/000000000000.png", limit)]:
        done = launch(pipeline.format(location), preexec_fn=how)
        assert done.returncode != 0 and words in done.stderr, (words, done.stderr)
    assert os.listdir(folder + "/small") == [], "no part of a file is left"


def check_eval(folder, m2f, street, picture):
    """A picture called .jpg that was written without loss."""
    os.mkdir(folder + "/images")
    run(f"filesrc location={picture} ! jpegdec ! videoconvert ! video/x-raw, format=RGB ! tee name=i"
        f" i. ! queue ! pngenc ! filesink location={folder}/images/000000000000.jpg i. ! queue ! "
        + SEGMENT.format(street, 0.05, 0.8) + " ! " + BOTH.format(folder=folder, batch=1))
    assert check_dataset(folder, 1) > 2
    done = subprocess.run([m2f, "eval", street, folder + "/truth.json", "--format", "coco-panoptic",
                           "--images", folder + "/images", "--device", "cpu", "--precision",
                           "fp32", "--task", "panoptic", "--threshold", "0.05"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    score = json.loads(done.stdout)
    for name in ("pq", "sq", "rq"):
        assert abs(score["all"][name] - 1) < 1e-9, score
    assert abs(score["miou"] - 1) < 1e-9, score


def main():
    square = sys.argv[1]
    for caps, batch in [("", 1), ("videoscale ! video/x-raw, width=50, height=70 ! ", 2)]:
        with tempfile.TemporaryDirectory() as folder:
            check_clip(folder, square, caps, batch)
    with tempfile.TemporaryDirectory() as folder:
        check_empty(folder)
        check_errors(folder, square)
    if len(sys.argv) > 2:
        with tempfile.TemporaryDirectory() as folder:
            check_eval(folder, *sys.argv[2:])


main()
