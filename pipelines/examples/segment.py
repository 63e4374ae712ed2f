#!/usr/bin/env python3
"""Prints what is in a picture: segment.c in Python.

    segment.py CHECKPOINT PICTURE

Needs python3-gi, and the typelibs of libmask2former and gdk-pixbuf.
"""
# Copyright (C) 2026 The gst-mask2former authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import sys

try:
    import gi
    gi.require_version('GdkPixbuf', '2.0')
    gi.require_version('Mask2Former', '0')
    from gi.repository import GdkPixbuf, GLib, Mask2Former
except (ImportError, ValueError) as missing:
    print(missing, file=sys.stderr)
    sys.exit(77)  # what test programs call skipped


def segment(checkpoint, path):
    """The result of the picture on the fastest device."""
    picture = GdkPixbuf.Pixbuf.new_from_file(path)
    image = Mask2Former.Image.new_from_bytes(
        Mask2Former.Format.RGBA if picture.get_has_alpha() else Mask2Former.Format.RGB,
        picture.get_width(), picture.get_height(), picture.get_rowstride(),
        picture.read_pixel_bytes())
    model = Mask2Former.Model.load_path(checkpoint, None, None, 0)
    session = Mask2Former.Session.new(model)
    result = Mask2Former.Result.new()
    session.run(image, Mask2Former.Params.new(model), result)
    return result


if len(sys.argv) != 3:
    sys.exit('usage: segment.py CHECKPOINT PICTURE')
try:
    found = segment(sys.argv[1], sys.argv[2])
except GLib.Error as failure:
    sys.exit(f'segment.py: {failure.message}')
for i in range(found.n_segments):
    one = found.get_segment(i)
    print(f'{one.label}: {one.score:.2f}, {one.area} pixels')
