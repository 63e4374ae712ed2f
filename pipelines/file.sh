#!/bin/sh
# A film in, the same film with the segments drawn out, without sound.
#
#     pipelines/file.sh IN OUT.mp4 [PROPERTY=VALUE ...]
#
# Each frame waits for its own result.  Needs the plugin installed, or `meson devenv -C build
# ../pipelines/file.sh` with absolute paths.
set -eu
[ $# -ge 2 ] || {
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
in=$1 out=$2
shift 2
# H.264 with 4:2:0 has no odd sizes
even='video/x-raw,format=I420,width=[2,16384,2],height=[2,16384,2]'
exec gst-launch-1.0 -e filesrc location="$in" ! decodebin ! videoconvert \
    ! videoflip video-direction=auto \
    ! mask2formerseg "$@" \
    ! progressreport update-freq=5 \
    ! videoconvert ! videoscale ! "$even" ! x264enc ! mp4mux ! filesink location="$out"
