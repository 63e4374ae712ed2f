#!/usr/bin/env python3
"""The metadata is what panopticmeta.h says when read from Python, without any header."""
# Copyright (C) 2026 The gst-mask2former authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import sys

try:
    import gi
    gi.require_version("Gst", "1.0")
    from gi.repository import Gst
except (ImportError, ValueError) as missing:
    print(missing)
    sys.exit(77)  # skipped

Gst.init(None)
pipeline = Gst.parse_launch(
    "videotestsrc num-buffers=1 ! video/x-raw,width=90,height=60 ! mask2formerseg overlay=none "
    f"threshold=0 overlap-mask-area-threshold=0 model={sys.argv[1]} ! fakesink name=sink "
    "enable-last-sample=true")
pipeline.set_state(Gst.State.PLAYING)
message = pipeline.get_bus().timed_pop_filtered(
    60 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
assert message.type == Gst.MessageType.EOS, message.parse_error()
buffer = pipeline.get_by_name("sink").get_property("last-sample").get_buffer()

meta = buffer.get_custom_meta("GstPanopticMeta").get_structure()
assert meta.get_uint("version") == (True, 1)
assert meta.get_string("source-id") == "mask2formerseg0"
assert meta.get_string("task") in ("semantic", "instance", "panoptic")
assert [meta.get_int(name)[1] for name in ("x", "y", "width", "height")] == [0, 0, 90, 60]
assert meta.get_uint64("age") == (True, 0)

label_map = meta.get_value("label-map")
ids = list(label_map.extract_dup(0, label_map.get_size()))
assert len(ids) == 90 * 60

segments = meta.get_array("segments")[1]
assert segments.n_values > 0
for i in range(segments.n_values):
    segment = segments.get_nth(i)
    assert segment.get_string("label")
    assert segment.get_uint64("area")[1] == ids.count(segment.get_uint("id")[1]) > 0
    assert 0 <= segment.get_double("score")[1] <= 1
    assert segment.has_field("is-thing") and segment.has_field("was-fused")
    assert segment.get_int("query")[0]
pipeline.set_state(Gst.State.NULL)
print(segments.n_values, "segments")
