#!/bin/sh
# Films in, the same films with the segments drawn and with their sound out, and what is in every
# frame as text beside them.
#
#     pipelines/segment-video.sh FILM...
#
# STREET.mp4 becomes STREET-segments.mkv and STREET-segments.jsonl in the same folder.  From the
# environment: OUT, another folder; PROPERTIES of mask2formerseg, as "task=semantic opacity=0.3".
# Each frame waits for its own result.  A film that fails does not stop the next ones; the exit
# status tells.  Of a film without sound gst-launch-1.0 says that a delayed link failed.
#
# Needs the plugin installed, or `meson devenv -C build ../pipelines/segment-video.sh` with absolute
# paths.
set -eu
[ $# -ge 1 ] || {
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
# H.264 with 4:2:0 has no odd sizes
even='video/x-raw,format=I420,width=[2,16384,2],height=[2,16384,2]'
# decoded no further than this: sound stays as it is where Matroska holds it so
wanted='video/x-raw(ANY);audio/x-raw;audio/mpeg,framed=true;audio/mpeg,parsed=true'
wanted="$wanted;audio/x-vorbis;audio/x-opus;audio/x-flac,framed=true"
wanted="$wanted;audio/x-ac3,framed=true;audio/x-eac3,framed=true"

# segment IN OUT: writes OUT.mkv and OUT.jsonl.
segment() {
    # shellcheck disable=SC2086  # properties
    gst-launch-1.0 -e filesrc location="$1" ! decodebin name=film caps="$wanted" \
        film. ! videoconvert ! videoflip video-direction=auto \
        ! mask2formerseg ${PROPERTIES:-} ! progressreport update-freq=5 ! tee name=t \
        t. ! queue ! videoconvert ! videoscale ! "$even" ! x264enc \
        ! matroskamux name=mux ! filesink location="$2.mkv" \
        t. ! queue ! panopticjson masks=rle ! filesink location="$2.jsonl" \
        film. ! mux.
}

failed=0
for film; do
    name=${film##*/}
    out=${OUT:-$(dirname "$film")}/${name%.*}-segments
    echo "$film: to $out.mkv and $out.jsonl"
    segment "$film" "$out" || {
        echo "$film: failed" >&2
        failed=1
    }
done
exit $failed
