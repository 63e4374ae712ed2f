#!/bin/sh
# What a camera sees, to Kafka: a message of JSON for every frame, with outlines.
#
#     pipelines/publish-kafka.sh BROKER[:PORT],... TOPIC [PROPERTY=VALUE ...]      until Ctrl-C
#
# From the environment: SOURCE, another source than the first camera; KEY of the messages, "camera":
# those of one key stay in their order; BATCH, the number of frames in a message, 1.  More of the
# brokers (TLS, users) is told to kcat in ~/.config/kcat.conf.
#
# Needs kcat and the plugin installed, or `meson devenv -C build ../pipelines/publish-kafka.sh`.
set -eu
[ $# -ge 2 ] || {
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
brokers=$1 topic=$2
shift 2
# Only the lines get to the brokers: what gst-launch-1.0 says goes to standard error.
# shellcheck disable=SC2086  # an element with its properties
gst-launch-1.0 -e ${SOURCE:-v4l2src} ! decodebin ! videoconvert \
    ! mask2formerseg overlay=none "$@" \
    ! panopticjson masks=polygons batch="${BATCH:-1}" ! fdsink fd=3 3>&1 >&2 |
    kcat -P -b "$brokers" -t "$topic" -k "${KEY:-camera}"
