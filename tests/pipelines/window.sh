#!/bin/sh
# The window shows frames with segments.
# shellcheck source=tests/pipelines/common.sh
. "$(dirname "$0")/common.sh"
need gtksink ximagesrc avimux jpegenc
has_gi Gtk 3.0
screen
black 250
export GDK_BACKEND=x11 NO_AT_BRIDGE=1
# shellcheck disable=SC2086  # a list of words
background "$PYTHON" "$pipelines/examples/window.py" "$PWD/black.avi" $segmenter
eventually shows 10000 0 0 640
