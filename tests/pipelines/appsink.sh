#!/bin/sh
# The program in Python prints the segments of every frame.
# shellcheck source=tests/pipelines/common.sh
. "$(dirname "$0")/common.sh"
need appsink
has_gi Gst
"$PYTHON" "$pipelines/examples/appsink.py" \
    "videotestsrc num-buffers=2 ! video/x-raw,width=90,height=60 ! mask2formerseg $segmenter" >out
grep -q . out
if grep -vE '^class [0-5]: [01]\.[0-9]{2}, [0-9]+ pixels$' out; then
    echo "  ^ expected the label of a class, its score and area" >&2
    exit 1
fi
