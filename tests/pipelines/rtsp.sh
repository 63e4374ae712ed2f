#!/bin/sh
# What an RTSP server has gets to a client with segments, by RTSP.
# shellcheck source=tests/pipelines/common.sh
. "$(dirname "$0")/common.sh"
need x264enc rtspsrc jpegenc
has_gi GstRtspServer
background "$PYTHON" "$1/tests/pipelines/rtsp-camera.py" >camera
eventually test -s camera
# port 0 is any that is free
# shellcheck disable=SC2086  # a list of words
background "$PYTHON" "$pipelines/rtsp.py" "$(cat camera)" 0 $segmenter >served
eventually test -s served
# without a decoder: a key frame and those after it arrive
gst-launch-1.0 -q rtspsrc location="$(cat served)" protocols=tcp ! rtph264depay \
    ! video/x-h264,stream-format=byte-stream,alignment=au ! identity eos-after=5 \
    ! multifilesink location=frame-%d
[ "$(find . -name 'frame-*' | wc -l)" -ge 4 ]
