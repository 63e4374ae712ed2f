#!/bin/sh
# Records a camera as it is, and beside it what is in every frame, as text.
#
#     pipelines/record.sh OUT.mkv OUT.jsonl [PROPERTY=VALUE ...]      until Ctrl-C
#
# The pts of a line is that of its frame in the film.  Frames do not wait for the network: a line
# says how old its result is, and null before the first.  SOURCE in the environment is another
# source than the first camera.
#
# Needs the plugin installed, or `meson devenv -C build ../pipelines/record.sh` with absolute paths.
set -eu
[ $# -ge 2 ] || {
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
film=$1 text=$2
shift 2
even='video/x-raw,format=I420,width=[2,16384,2],height=[2,16384,2]'
# shellcheck disable=SC2086  # an element with its properties
exec gst-launch-1.0 -e ${SOURCE:-v4l2src} ! decodebin ! videoconvert \
    ! mask2formerseg overlay=none "$@" ! tee name=t \
    t. ! queue ! videoconvert ! videoscale ! "$even" ! x264enc tune=zerolatency ! matroskamux \
    ! filesink location="$film" \
    t. ! queue ! panopticjson ! filesink location="$text"
