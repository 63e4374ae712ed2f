#!/bin/sh
# A player that is given the element as its video filter draws segments.
# shellcheck source=tests/pipelines/common.sh
. "$(dirname "$0")/common.sh"
need playbin avimux jpegenc pngenc
black 2
gst-launch-1.0 -q playbin uri="file://$PWD/black.avi" video-filter="mask2formerseg $segmenter" \
    video-sink='videoconvert ! video/x-raw,format=AYUV ! filesink location=frames'
# 4 bytes a pixel: some have a colour
[ "$(od -An -v -tu1 -w4 frames | awk '($3 - 128)^2 + ($4 - 128)^2 > 64' | wc -l)" -ge 1000 ]
