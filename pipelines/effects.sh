#!/bin/sh
# A picture or a film in, a contact sheet of every effect of panopticoverlay on its first frame out.
#
#     pipelines/effects.sh IN OUT.png LABELS [PROPERTY=VALUE ...]
#
# LABELS are the classes that the effects are on, as "person,car", or "" for what each effect is on
# by default; the properties are those of mask2formerseg.  Needs the plugin installed, or `meson
# devenv -C build ../pipelines/effects.sh` with absolute paths.
#
# The frame is segmented once.  Behind a tee every effect has a panopticoverlay of its own, whose
# frame goes to the compositor; its checkerboard shows where the cutout is transparent.
set -eu
[ $# -ge 3 ] || {
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
in=$1 out=$2 labels=$3
shift 3
width=640 height=360 columns=3

set -- mask2formerseg overlay=none "$@" ! tee name=t
tiles='' n=0
for effect in colour outline blur pixelate fill background-blur background-replace cutout mask; do
    set -- "$@" t. ! queue ! videoconvert \
        ! panopticoverlay effect=$effect fill-colour=0xff2a9d8f ${labels:+"labels=$labels"} \
        ! textoverlay text=$effect valignment=top halignment=left ! sheet.sink_$n
    row=$((n / columns))
    tiles="$tiles sink_$n::xpos=$((n % columns * width)) sink_$n::ypos=$((row * height))"
    n=$((n + 1))
done
# shellcheck disable=SC2086  # a list of words
exec gst-launch-1.0 -q compositor name=sheet background=checker $tiles \
    ! videoconvert ! pngenc snapshot=true ! filesink location="$out" \
    filesrc location="$in" ! decodebin ! videoconvert ! videoflip video-direction=auto \
    ! videoscale ! video/x-raw,width=$width,height=$height,pixel-aspect-ratio=1/1 ! "$@"
