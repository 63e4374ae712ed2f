#!/bin/sh
# One picture in, one picture with the overlay and a line of JSON out.
#
#     pipelines/picture.sh IN.jpg OUT.png [PROPERTY=VALUE ...]
#
# Needs the plugin installed, or `meson devenv -C build ../pipelines/picture.sh` with absolute
# paths.
set -eu
[ $# -ge 2 ] || {
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
in=$1 out=$2
shift 2
exec gst-launch-1.0 -q filesrc location="$in" ! decodebin ! videoconvert \
    ! videoflip video-direction=auto \
    ! mask2formerseg "$@" \
    ! tee name=t \
    t. ! queue ! videoconvert ! pngenc ! filesink location="$out" \
    t. ! queue ! panopticjson ! fdsink
