#!/bin/sh
# Makes the two pictures at the top of README.md from a photograph of a street.
#
#     meson devenv -C build ../pipelines/readme-pictures.sh [PROPERTY=VALUE ...]
#
# They are written to pipelines/pictures/: the overlay as it is drawn by default, and the panoptic
# map, which is the overlay at full opacity: the photograph shows only where no mask is sure.  Run it
# again when the default checkpoint or the drawing has changed.  The properties are those of
# mask2formerseg (model=DIR, device=cpu).
set -eu
source_dir=$(cd "$(dirname "$0")/.." && pwd)
photograph=$source_dir/tests/data/pictures/leuvenA.jpg
pictures=$source_dir/pipelines/pictures

# draw NAME PROPERTY=VALUE ...: pictures/NAME.jpg
draw() {
    name=$1
    shift
    gst-launch-1.0 -q filesrc location="$photograph" ! jpegdec ! videoconvert \
        ! mask2formerseg "$@" \
        ! videoconvert ! jpegenc quality=88 ! filesink location="$pictures/$name.jpg"
}

mkdir -p "$pictures"
draw overlay "$@"
draw panoptic-map opacity=1 draw-outlines=false draw-labels=false "$@"
