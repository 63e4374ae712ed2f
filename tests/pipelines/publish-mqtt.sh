#!/bin/sh
# Every frame of a film reaches a subscriber of a broker as a message, in its order.
# shellcheck source=tests/pipelines/common.sh
. "$(dirname "$0")/common.sh"
PATH=$PATH:/usr/sbin
need avimux jpegenc
have mosquitto mosquitto_pub mosquitto_sub
black 5
port=$(free_port)
printf 'listener %s 127.0.0.1\nallow_anonymous true\n' "$port" >mosquitto.conf
background mosquitto -c mosquitto.conf 2>mosquitto.log

# subscribe OPTION...: as a client for whom the broker keeps what it misses
subscribe() {
    mosquitto_sub -h 127.0.0.1 -p "$port" -i test -c -q 1 -t street "$@"
}
eventually subscribe -E
for batch in 1 3; do
    # shellcheck disable=SC2086  # a list of words
    SOURCE="filesrc location=$PWD/black.avi" PORT=$port BATCH=$batch \
        "$pipelines/publish-mqtt.sh" 127.0.0.1 street $segmenter
done
subscribe -C 7 -W 60 >messages
messages_of_black 5 1 1 1 1 1 3 2 <messages
