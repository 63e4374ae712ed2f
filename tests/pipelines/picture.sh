#!/bin/sh
# A picture comes out as a picture of its size that is drawn into, and as one line.
# shellcheck source=tests/pipelines/common.sh
. "$(dirname "$0")/common.sh"
need jpegenc pngenc pngdec
gst-launch-1.0 -q videotestsrc pattern=black num-buffers=1 ! video/x-raw,width=160,height=120 \
    ! jpegenc ! filesink location=in.jpg
# shellcheck disable=SC2086  # a list of words
"$pipelines/picture.sh" "$PWD/in.jpg" "$PWD/out.png" $segmenter >line
[ "$(wc -l <line)" = 1 ]
"$PYTHON" -c 'import json, sys
line = json.load(sys.stdin)
assert (line["width"], line["height"]) == (160, 120) and line["segments"], line' <line
gst-launch-1.0 -q filesrc location=out.png ! pngdec ! videoconvert \
    ! video/x-raw,format=AYUV,width=160,height=120 ! fdsink |
    od -An -v -tu1 -w4 | awk '($3 - 128)^2 + ($4 - 128)^2 > 64' >coloured
[ "$(wc -l <coloured)" -gt 1000 ]
