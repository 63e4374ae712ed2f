#!/usr/bin/env python3
"""A window that shows a film or a camera with its segments, and changes how they look meanwhile.

    window.py [FILE [PROPERTY=VALUE ...]]       without FILE, or with "", the first camera

Needs python3-gi, gir1.2-gtk-3.0 and gtksink (gstreamer1.0-gtk3), and the plugin installed, or
`meson devenv -C build ../pipelines/examples/window.py` with absolute paths.
"""
# Copyright (C) 2026 The gst-mask2former authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import collections
import sys

import gi
gi.require_version('Gst', '1.0')
gi.require_version('Gtk', '3.0')
from gi.repository import Gst, Gtk


class Window(Gtk.Window):
    def __init__(self, path, properties):
        super().__init__(title='mask2formerseg', default_width=640, default_height=480)
        source = f'filesrc location="{path}"' if path else 'v4l2src'
        self.pipeline = Gst.parse_launch(
            f'{source} ! decodebin ! videoconvert ! videoflip video-direction=auto '
            f'! mask2formerseg name=segmenter post-messages=true {properties} '
            '! videoconvert ! gtksink name=sink')
        self.segmenter = self.pipeline.get_by_name('segmenter')
        self.found = Gtk.Label(xalign=0, wrap=True, margin=6)

        box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        box.pack_start(self.controls(), False, False, 6)
        box.pack_start(self.pipeline.get_by_name('sink').get_property('widget'), True, True, 0)
        box.pack_start(self.found, False, False, 0)
        self.add(box)

        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect('message::element', self.on_message)
        bus.connect('message::error', self.on_error)
        self.connect('destroy', self.on_destroy)
        self.pipeline.set_state(Gst.State.PLAYING)

    def controls(self):
        """Widgets of properties that may change while frames come."""
        row = Gtk.Box(spacing=12, margin_start=6, margin_end=6)
        opacity = Gtk.Scale.new_with_range(Gtk.Orientation.HORIZONTAL, 0, 1, 0.05)
        opacity.set_value(self.segmenter.get_property('opacity'))
        opacity.connect('value-changed',
                        lambda scale: self.segmenter.set_property('opacity', scale.get_value()))
        row.pack_start(Gtk.Label(label='Opacity'), False, False, 0)
        row.pack_start(opacity, True, True, 0)
        for name in ('draw-labels', 'draw-outlines'):
            check = Gtk.CheckButton(label=self.segmenter.find_property(name).nick)
            check.set_active(self.segmenter.get_property(name))
            check.connect('toggled', lambda button, name: self.segmenter.set_property(
                name, button.get_active()), name)
            row.pack_start(check, False, False, 0)
        return row

    def on_message(self, bus, message):
        """Says what the network found, with the same fields as the metadata of frames."""
        result = message.get_structure()
        if result.has_name('mask2former-result'):
            segments = result.get_array('segments')[1]
            counts = collections.Counter(
                segments.get_nth(i).get_string('label') for i in range(segments.n_values))
            self.found.set_text(
                ', '.join(f'{n} {label}' if n > 1 else label for label, n in counts.items()))

    def on_error(self, bus, message):
        self.found.set_text(message.parse_error().gerror.message)

    def on_destroy(self, window):
        self.pipeline.set_state(Gst.State.NULL)
        Gtk.main_quit()


Gst.init(None)
Window(sys.argv[1] if len(sys.argv) > 1 else '', ' '.join(sys.argv[2:])).show_all()
Gtk.main()
