#!/bin/sh
# What a camera sees, to an MQTT broker: a message of JSON for every frame, with outlines.
#
#     pipelines/publish-mqtt.sh HOST TOPIC [PROPERTY=VALUE ...]      until Ctrl-C
#
# From the environment: SOURCE, another source than the first camera; PORT of the broker, 1883; BATCH,
# the number of frames in a message, 1.  More of the broker (TLS, users) is told to mosquitto_pub in
# ~/.config/mosquitto_pub.
#
# Needs mosquitto_pub (Debian's mosquitto-clients) and the plugin installed, or `meson devenv -C
# build ../pipelines/publish-mqtt.sh`.
set -eu
[ $# -ge 2 ] || {
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
    exit 2
}
host=$1 topic=$2
shift 2
# Only the lines get to the broker: what gst-launch-1.0 says goes to standard error.
# shellcheck disable=SC2086  # an element with its properties
gst-launch-1.0 -e ${SOURCE:-v4l2src} ! decodebin ! videoconvert \
    ! mask2formerseg overlay=none "$@" \
    ! panopticjson masks=polygons batch="${BATCH:-1}" ! fdsink fd=3 3>&1 >&2 |
    mosquitto_pub -h "$host" -p "${PORT:-1883}" -t "$topic" -q 1 -l
