#!/bin/sh
# Both cameras are on the screen, each with its segments.
# shellcheck source=tests/pipelines/common.sh
. "$(dirname "$0")/common.sh"
need compositor ximagesink ximagesrc
screen
export SOURCE1='videotestsrc is-live=true pattern=black'
export SOURCE2="$SOURCE1" SINK=ximagesink
# shellcheck disable=SC2086  # a list of words
background "$pipelines/two-cameras.sh" $segmenter
eventually shows 10000 0 0 640
eventually shows 10000 640 0 640
