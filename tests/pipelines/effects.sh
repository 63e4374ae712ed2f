#!/bin/sh
# A picture becomes a sheet of nine tiles, each different from the others.
# shellcheck source=tests/pipelines/common.sh
. "$(dirname "$0")/common.sh"
need compositor textoverlay jpegenc pngenc pngdec
gst-launch-1.0 -q videotestsrc pattern=smpte num-buffers=1 ! video/x-raw,width=160,height=90 \
    ! jpegenc ! filesink location=in.jpg
# shellcheck disable=SC2086  # a list of words
"$pipelines/effects.sh" "$PWD/in.jpg" "$PWD/out.png" "" $segmenter

# tile COLUMN ROW: its bytes, below the text
tile() {
    gst-launch-1.0 -q filesrc location=out.png ! pngdec ! videoconvert ! video/x-raw,format=RGB \
        ! videocrop left=$(($1 * 640)) right=$(((2 - $1) * 640)) top=$(($2 * 360 + 60)) \
            bottom=$(((2 - $2) * 360)) ! fdsink
}
for row in 0 1 2; do
    for column in 0 1 2; do
        tile $column $row >tile-$column-$row
        [ "$(wc -c <tile-$column-$row)" = $((640 * 300 * 3)) ]
    done
done
[ "$(sha256sum tile-* | cut -d' ' -f1 | sort -u | wc -l)" = 9 ]
