#!/bin/sh
# A film comes out with as many frames, in H.264.
# shellcheck source=tests/pipelines/common.sh
. "$(dirname "$0")/common.sh"
need x264enc mp4mux avimux jpegenc
black 5
# shellcheck disable=SC2086  # a list of words
"$pipelines/file.sh" "$PWD/black.avi" "$PWD/out.mp4" $segmenter
gst-launch-1.0 -q filesrc location=out.mp4 ! qtdemux ! video/x-h264,width=160,height=120 \
    ! multifilesink location=frame-%d
[ "$(find . -name 'frame-*' | wc -l)" = 5 ]
