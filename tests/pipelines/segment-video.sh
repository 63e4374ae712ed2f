#!/bin/sh
# Two films come out with as many frames, their sound as it was, and a line for each frame; one that
# is no film fails alone.
# shellcheck source=tests/pipelines/common.sh
. "$(dirname "$0")/common.sh"
need x264enc matroskamux avimux jpegenc opusenc
black 5
gst-launch-1.0 -q videotestsrc pattern=black num-buffers=7 \
    ! video/x-raw,width=160,height=120,framerate=25/1 ! jpegenc ! matroskamux name=mux \
    ! filesink location='with sound.mkv' \
    audiotestsrc num-buffers=10 ! opusenc ! mux.
echo 'no film' >no.mkv

# packets PAD FILE: text of the packets that a demuxer's pad of that name gives.
packets() {
    gst-launch-1.0 -q filesrc location="$2" ! matroskademux name=d "d.$1" ! queue ! fdsink |
        od -An -tx1
}

mkdir out
! OUT=out PROPERTIES=$segmenter "$pipelines/segment-video.sh" \
    "$PWD/black.avi" "$PWD/no.mkv" "$PWD/with sound.mkv" >log 2>&1 || exit 1

grep -q "no.mkv: failed" log
grep -q progressreport log
[ "$(wc -l <out/black-segments.jsonl)" = 5 ]
[ "$(wc -l <'out/with sound-segments.jsonl')" = 7 ]
for name in black 'with sound'; do
    gst-launch-1.0 -q filesrc location="out/$name-segments.mkv" ! matroskademux name=d \
        d.video_0 ! video/x-h264,width=160,height=120 ! multifilesink location="$name-%d"
    [ "$(find . -name "$name-[0-9]*" | wc -l)" = "$(wc -l <"out/$name-segments.jsonl")" ]
done
packets audio_0 'with sound.mkv' >before
packets audio_0 'out/with sound-segments.mkv' >after
[ -s before ]
cmp before after
