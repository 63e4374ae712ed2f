#!/bin/sh
# Two cameras side by side, live.  Both elements share one model: its weights and its threads.
#
#     pipelines/two-cameras.sh [PROPERTY=VALUE ...]      of both elements
#
# SOURCE1, SOURCE2 and SINK in the environment are other sources and another place than the screen.
#
# Needs the plugin installed, or `meson devenv -C build ../pipelines/two-cameras.sh`.
set -eu
half='video/x-raw,width=640,height=480,pixel-aspect-ratio=1/1'
# shellcheck disable=SC2086  # elements with their properties
exec gst-launch-1.0 compositor name=both sink_1::xpos=640 \
    ! videoconvert ! ${SINK:-autovideosink} \
    ${SOURCE1:-v4l2src device=/dev/video0} ! decodebin ! videoconvert ! videoscale ! $half \
    ! mask2formerseg name=left "$@" ! queue ! both. \
    ${SOURCE2:-v4l2src device=/dev/video2} ! decodebin ! videoconvert ! videoscale ! $half \
    ! mask2formerseg name=right "$@" ! queue ! both.
