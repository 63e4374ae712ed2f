#!/bin/sh
# What a camera shows is on the screen, with segments drawn over it.
# shellcheck source=tests/pipelines/common.sh
. "$(dirname "$0")/common.sh"
need ximagesink ximagesrc
screen
export SOURCE='videotestsrc is-live=true pattern=black' SINK=ximagesink
# shellcheck disable=SC2086  # a list of words
background "$pipelines/camera.sh" $segmenter
eventually shows 10000 0 0 640
