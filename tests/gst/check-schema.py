"""Lines of panopticjson against its JSON Schema.

    python3 check-schema.py SCHEMA CHECKPOINT

Runs pipelines by gst-launch-1.0 and checks every line that they write; also that the schema refuses
lines that are not right.  Exits with 77, skipped, without the package jsonschema.
"""
import copy
import json
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    sys.exit(77)

SEGMENT = "mask2formerseg model={} threshold=0 overlap-mask-area-threshold=0 overlay=none "
PIPELINES = [
    "panopticjson",
    SEGMENT + "! panopticjson",
    SEGMENT + "! panopticjson masks=rle source-id=other",
    SEGMENT + "task=instance ! panopticjson masks=rle",
    SEGMENT + "task=semantic tracking=none ! panopticjson masks=polygons tolerance=0",
    SEGMENT + "tracking=iou ! panopticjson masks=polygons batch=2",
    SEGMENT + "inference-interval=2 ! panopticjson masks=rle batch=3",
]
# (member to change, what with) of a right line
WRONG = [("version", 2), ("pts", -1), ("width", 0), ("segments", {}), ("task", "other"), ("more", 1)]


def lines(pipeline, checkpoint):
    command = ("gst-launch-1.0 -q videotestsrc num-buffers=2 pattern=ball ! "
               "video/x-raw, width=96, height=64 ! " + pipeline.format(checkpoint) + " ! fdsink")
    text = subprocess.run(command.split(), check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in text.splitlines()]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        validator = jsonschema.Draft7Validator(json.load(file))
    jsonschema.Draft7Validator.check_schema(validator.schema)
    segments = 0
    for pipeline in PIPELINES:
        found = lines(pipeline, sys.argv[2])
        for line in found:
            validator.validate(line)
        frames = found[0] if isinstance(found[0], list) else found
        assert len(frames) == 2, (pipeline, found)
        segments += sum(len(frame["segments"] or []) for frame in frames)
    assert segments > 0
    for key, value in WRONG:
        frame = copy.deepcopy(frames[0])
        frame[key] = value
        assert not validator.is_valid(frame), key
        assert not validator.is_valid([frames[1], frame]), key
    assert not validator.is_valid([])


main()
