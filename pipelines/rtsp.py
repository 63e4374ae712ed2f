#!/usr/bin/env python3
"""Serves what an RTSP camera shows with the segments drawn, by RTSP.

    rtsp.py rtsp://CAMERA [PORT [PROPERTY=VALUE ...]]       rtsp://THIS-MACHINE:PORT/segments

PORT is 8554 by default.  All viewers see one stream, which runs while there is one; no frame waits
for the network.  Needs python3-gi, gir1.2-gst-rtsp-server-1.0 and x264enc (plugins-ugly), and the
plugin installed, or `meson devenv -C build ../pipelines/rtsp.py`.
"""
# Copyright (C) 2026 The gst-mask2former authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import sys

import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstRtspServer', '1.0')
from gi.repository import GLib, Gst, GstRtspServer

if len(sys.argv) < 2:
    sys.exit(__doc__)
camera = sys.argv[1]
port = sys.argv[2] if len(sys.argv) > 2 else '8554'
properties = ' '.join(sys.argv[3:])

Gst.init(None)
factory = GstRtspServer.RTSPMediaFactory(shared=True)
factory.set_launch(
    f'( rtspsrc location="{camera}" latency=100 ! decodebin ! videoconvert '
    f'! mask2formerseg {properties} ! videoconvert ! video/x-raw,format=I420 '
    '! x264enc tune=zerolatency speed-preset=veryfast key-int-max=60 ! rtph264pay name=pay0 pt=96 )')
server = GstRtspServer.RTSPServer(service=port)
server.get_mount_points().add_factory('/segments', factory)
if not server.attach(None):
    sys.exit(f'port {port} is in use')
print(f'rtsp://127.0.0.1:{server.get_bound_port()}/segments', flush=True)
GLib.MainLoop().run()
