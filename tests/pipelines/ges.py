#!/usr/bin/env python3
"""GStreamer Editing Services, and so Pitivi, offer the element as an effect, and render with it."""
# Copyright (C) 2026 The gst-mask2former authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import sys

try:
    import gi
    gi.require_version('Gst', '1.0')
    gi.require_version('GES', '1.0')
    from gi.repository import GES, Gst
except (ImportError, ValueError) as missing:
    print(missing)
    sys.exit(77)  # skipped

Gst.init(None)
GES.init()
# the rule by which Pitivi fills its list of video effects
klass = Gst.ElementFactory.find('mask2formerseg').get_metadata('klass')
assert 'Effect' in klass and 'Video' in klass and 'Audio' not in klass, klass

timeline = GES.Timeline.new_audio_video()
clip = GES.TestClip(duration=Gst.SECOND // 10, vpattern=GES.VideoTestPattern.BLACK, mute=True)
effect = GES.Effect.new(f'mask2formerseg model={sys.argv[1]} threshold=0 '
                        'overlap-mask-area-threshold=0')
assert effect.get_track_type() == GES.TrackType.VIDEO
assert timeline.append_layer().add_clip(clip)
assert clip.add_top_effect(effect, -1)
timeline.commit()

coloured = 0


def on_frame(sink, buffer, pad):
    global coloured
    data = buffer.extract_dup(0, buffer.get_size())
    coloured += sum(abs(v - 128) > 8 for v in data[3::4])


sink = Gst.parse_bin_from_description(
    'videoconvert ! video/x-raw,format=AYUV ! fakesink name=frames signal-handoffs=true', True)
sink.get_by_name('frames').connect('handoff', on_frame)
pipeline = GES.Pipeline(video_sink=sink, audio_sink=Gst.ElementFactory.make('fakesink'))
pipeline.set_timeline(timeline)
pipeline.set_state(Gst.State.PLAYING)
message = pipeline.get_bus().timed_pop_filtered(
    120 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
assert message and message.type == Gst.MessageType.EOS, message and message.parse_error()
pipeline.set_state(Gst.State.NULL)
assert coloured > 1000, coloured
