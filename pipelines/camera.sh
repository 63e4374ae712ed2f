#!/bin/sh
# Camera to screen, live: the shortest useful pipeline.
#
#     pipelines/camera.sh [PROPERTY=VALUE ...]      e.g.  opacity=0.6 model=DIR
#
# A camera is live, so that no frame waits for the network: each carries its newest result (the
# property mode).  SOURCE in the environment is another source, for example
# SOURCE='v4l2src device=/dev/video2', and SINK another place than the screen.
#
# Needs the plugin installed, or `meson devenv -C build ../pipelines/camera.sh`.
set -eu
# shellcheck disable=SC2086  # elements with their properties
exec gst-launch-1.0 ${SOURCE:-v4l2src} ! decodebin ! videoconvert \
    ! mask2formerseg "$@" \
    ! videoconvert ! ${SINK:-autovideosink}
