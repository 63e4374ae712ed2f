#!/bin/sh
# Camera to screen, live: the shortest useful pipeline.
#
#     pipelines/camera.sh [PROPERTY=VALUE ...]      e.g.  opacity=0.6 model=DIR
#
# The leaky queue keeps the newest frame only, so that what is on the screen is never older than
# one inference.  Needs the plugin installed, or `meson devenv -C build pipelines/camera.sh`.
set -eu
exec gst-launch-1.0 v4l2src ! decodebin ! videoconvert \
    ! queue leaky=downstream max-size-buffers=1 \
    ! mask2formerseg "$@" \
    ! videoconvert ! autovideosink sync=false
