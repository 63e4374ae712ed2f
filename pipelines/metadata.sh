#!/bin/sh
# What is in every frame of a film, as text, without touching a pixel.
#
#     pipelines/metadata.sh IN.mp4 OUT.jsonl [PROPERTY=VALUE ...]
#
# Needs the plugin installed, or `meson devenv -C build ../pipelines/metadata.sh` with absolute paths.
set -eu
[ $# -ge 2 ] || {
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
in=$1 out=$2
shift 2
exec gst-launch-1.0 filesrc location="$in" ! decodebin ! videoconvert \
    ! videoflip video-direction=auto \
    ! mask2formerseg overlay=none "$@" \
    ! progressreport update-freq=5 \
    ! panopticjson ! filesink location="$out"
