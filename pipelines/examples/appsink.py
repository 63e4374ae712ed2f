#!/usr/bin/env python3
"""appsink.c in Python:    appsink.py "filesrc location=IN.mp4 ! decodebin ! ... ! mask2formerseg" """
# Copyright (C) 2026 The gst-mask2former authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import sys
import gi
gi.require_version('Gst', '1.0')
from gi.repository import Gst

Gst.init(None)
pipeline = Gst.parse_launch(sys.argv[1] + ' ! appsink name=sink max-buffers=2')
sink = pipeline.get_by_name('sink')
pipeline.set_state(Gst.State.PLAYING)
while sample := sink.emit('pull-sample'):
    if meta := sample.get_buffer().get_custom_meta('GstPanopticMeta'):
        segments = meta.get_structure().get_array('segments')[1]
        for segment in map(segments.get_nth, range(segments.n_values)):
            print(f'{segment.get_string("label")}: {segment.get_double("score")[1]:.2f}, '
                  f'{segment.get_uint64("area")[1]} pixels')
pipeline.set_state(Gst.State.NULL)
