#!/bin/sh
# Segments a video and shows what came out.
#
#     pipelines/demo.sh [FILE | URI | camera | street | pedestrians]
#
# Installs what is missing (as root or with sudo), builds the plugin, runs it on the input and
# writes into the current directory
#
#     demo.mp4     the video with the overlay drawn
#     demo.png     one frame of it
#     demo.jsonl   the segments of every frame, one JSON object a line
#
# Without an argument it takes a camera if there is one, else `street`.  `street` (a photograph,
# panned) and `pedestrians` (a surveillance camera) are real material from Debian's opencv-doc
# package, of which only those files are unpacked, into the user's cache directory.
#
# MODEL=DIR uses another checkpoint than the shipped one, OPTIONS='device=cpu opacity=0.4' sets
# further properties of mask2formerseg (gst-inspect-1.0 lists them).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
source_dir=$(dirname "$here")
build=$source_dir/build
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gst-mask2former
out=$PWD
# shellcheck source=pipelines/packages.sh
. "$here/packages.sh"

say() { printf '\n== %s\n' "$*"; }

# material NAME: a file of opencv-doc, in the cache.
material() {
    file=$cache/$1
    if [ ! -s "$file" ]; then
        say "Fetching $1 from Debian's opencv-doc package (96 MB, once)" >&2
        mkdir -p "$cache"
        scratch=$(mktemp -d "$cache/unpack.XXXXXX")
        chmod 755 "$scratch"
        (
            cd "$scratch"
            # root's folders are closed to apt's own user; there is nothing to protect here
            apt-get -o APT::Sandbox::User="$(id -un)" download opencv-doc >&2
            dpkg-deb --fsys-tarfile opencv-doc_*.deb |
                tar -x --wildcards --strip-components=7 './usr/share/doc/opencv-doc/examples/data/leuvenA.jpg' \
                    './usr/share/doc/opencv-doc/examples/data/vtest.avi'
            mv leuvenA.jpg vtest.avi "$cache"
        )
        rm -rf "$scratch"
    fi
    echo "$file"
}

# pan PICTURE: a clip that moves over it, in the cache.
pan() {
    clip=$cache/street.mkv
    [ -s "$clip" ] || "$build/pipelines/pan-picture" "$1" "$clip"
    echo "$clip"
}

say "Installing what is missing"
# shellcheck disable=SC2086  # lists of words
ensure_packages $build_packages $demo_packages

say "Building"
build_project "$source_dir" "$build" -Dtests=disabled

input=${1:-}
if [ -z "$input" ]; then
    input=street
    for device in /dev/video*; do
        [ ! -c "$device" ] || input=camera
    done
fi

say "Segmenting $input"
case $input in
    camera) set -- v4l2src num-buffers=300 ! decodebin ;;
    street)
        picture=$(material leuvenA.jpg)
        clip=$(pan "$picture")
        set -- filesrc location="$clip" ! decodebin
        ;;
    pedestrians)
        clip=$(material vtest.avi)
        set -- filesrc location="$clip" ! decodebin
        ;;
    *://*) set -- uridecodebin uri="$input" ;;
    *)
        if [ ! -r "$input" ]; then
            echo "$0: $input: no such file" >&2
            exit 1
        fi
        set -- filesrc location="$(realpath "$input")" ! decodebin
        ;;
esac

# 4:2:0 has no odd sizes; most videos have none either, and are left as they are.
even='video/x-raw,format=I420,width=[2,16384,2],height=[2,16384,2]'

# Phones tag what they film sideways, and videoflip turns it.
# The frame goes through mask2formerseg, which attaches the metadata and draws the overlay; three
# readers follow: an encoder, a picture once a second (the last one stays), the metadata as text.
# An encoder that looks ahead would wait for more frames than the other queues hold: zerolatency.
# meson devenv points GStreamer at the plugin in the build folder: nothing is installed.
# shellcheck disable=SC2086  # OPTIONS is a list of words
meson devenv -C "$build" gst-launch-1.0 -e "$@" ! videoconvert \
    ! videoflip video-direction=auto \
    ! mask2formerseg ${MODEL:+model="$(realpath "$MODEL")"} ${OPTIONS:-} \
    ! progressreport update-freq=2 name=segmented \
    ! tee name=t \
    t. ! queue ! videoconvert ! videoscale ! "$even" \
    ! x264enc speed-preset=veryfast tune=zerolatency bitrate=4000 ! mp4mux \
    ! filesink location="$out/demo.mp4" \
    t. ! queue ! videorate drop-only=true max-rate=1 ! videoconvert ! pngenc \
    ! multifilesink location="$out/demo.png" \
    t. ! queue ! panopticjson ! filesink location="$out/demo.jsonl" || {
    echo "$0: the pipeline failed: see the message above" >&2
    exit 1
}

say "Done: $(wc -l <"$out/demo.jsonl") frames"
ls -l "$out/demo.mp4" "$out/demo.png" "$out/demo.jsonl"
echo "First frame: $(head -c 300 "$out/demo.jsonl" | head -n 1)..."
