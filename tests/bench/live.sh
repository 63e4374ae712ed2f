#!/bin/sh
# Live video with a model slower than the camera, alone and beside a busy process for every core;
# and for long.
#
#     tests/bench/live.sh DIR [PROPERTIES]              3 seconds each
#     tests/bench/live.sh --soak [SECONDS [PROPERTIES]] 10 minutes of the shipped checkpoint
#
#   BUILD  the build directory (build)
set -eu

source_dir=$(cd "$(dirname "$0")/../.." && pwd)
build=${BUILD:-$source_dir/build}
export GST_PLUGIN_PATH="$build/gst"
live=$build/tests/bench/live
busy=

# shellcheck disable=SC2086  # a list of processes
stop() {
    [ -z "$busy" ] || kill $busy 2>/dev/null
    busy=
}
trap stop EXIT
trap 'exit 1' INT TERM

if [ "$1" = --soak ]; then
    exec "$live" "$source_dir/model/checkpoints/street-small" "${2:-600}" "${3:-}"
fi

dir=$1
shift
echo "alone:"
"$live" "$dir" 3 "$*"
for _ in $(seq "$(nproc)"); do
    sh -c 'while :; do :; done' &
    busy="$busy $!"
done
echo "beside a busy process for every core:"
"$live" "$dir" 3 "$*"
