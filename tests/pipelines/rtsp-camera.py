#!/usr/bin/env python3
"""An RTSP camera that shows a test picture; prints its URI."""
# Copyright (C) 2026 The gst-mask2former authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstRtspServer', '1.0')
from gi.repository import GLib, Gst, GstRtspServer

Gst.init(None)
factory = GstRtspServer.RTSPMediaFactory(shared=True)
factory.set_launch('( videotestsrc is-live=true ! video/x-raw,format=I420,width=160,height=120 '
                   '! jpegenc ! rtpjpegpay name=pay0 )')
server = GstRtspServer.RTSPServer(service='0')
server.get_mount_points().add_factory('/camera', factory)
server.attach(None)
print(f'rtsp://127.0.0.1:{server.get_bound_port()}/camera', flush=True)
GLib.MainLoop().run()
