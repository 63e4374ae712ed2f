# shellcheck shell=sh
# Shared by the tests of pipelines/: elements that must be there, a screen, what it shows.  Sourced
# with the source folder as $1 and the checkpoint as $2.
set -eu
pipelines=$1/pipelines checkpoint=$2
PYTHON=${PYTHON:-python3}
# The checkpoint has random weights: every segment counts, however unsure.
segmenter="model=$checkpoint threshold=0 overlap-mask-area-threshold=0"
scratch=$(mktemp -d)
children=
# shellcheck disable=SC2086  # a list of words
trap 'kill $children 2>/dev/null || true; rm -r "$scratch"' EXIT
cd "$scratch"

# skip WHAT: skips the test because that is missing; where CI is set nothing may be.
skip() {
    echo "needs $1"
    [ -z "${CI:-}" ] || exit 1
    exit 77
}

# need ELEMENT...: skips the test where one is missing.
need() {
    for element; do
        gst-inspect-1.0 --exists "$element" || skip "$element"
    done
}

# have COMMAND...: skips the test where one is missing.
have() {
    for command; do
        command -v "$command" >/dev/null || skip "$command"
    done
}

# free_port: a TCP port of this machine that nobody listens to.
free_port() {
    "$PYTHON" -c 'import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    print(server.getsockname()[1])'
}

# has_gi MODULE [VERSION]: skips the test where Python does not have it.
has_gi() {
    "$PYTHON" -c "import gi; gi.require_version('$1', '${2:-1.0}')" || skip "$1 in Python"
}

# background COMMAND...: runs it until the test ends.
background() {
    "$@" &
    children="$children $!"
}

# eventually COMMAND...: waits until it succeeds.
eventually() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || {
            echo "in vain: $*" >&2
            exit 1
        }
        sleep 0.1
    done
}

# black N: a film of N black frames, black.avi; whatever has a colour was drawn.
black() {
    gst-launch-1.0 -q videotestsrc pattern=black num-buffers="$1" \
        ! video/x-raw,width=160,height=120,framerate=25/1 ! jpegenc ! avimux \
        ! filesink location=black.avi
}

# messages_of_black N COUNT...: each line on standard input is JSON of as many frames as its COUNT
# says, an array in messages that can hold several; they are those of black.avi, from the first to
# the N-th, over and over, with segments.
messages_of_black() {
    "$PYTHON" -c 'import json, sys
n, *counts = map(int, sys.argv[1:])
messages = [json.loads(line) for line in sys.stdin]
batches = [m if isinstance(m, list) else [m] for m in messages]
assert [len(batch) for batch in batches] == counts, messages
frames = [frame for batch in batches for frame in batch]
assert [frame["pts"] for frame in frames] == [i % n * 40000000 for i in range(len(frames))]
assert all(frame["segments"] and frame["segments"][0]["mask"] for frame in frames)' "$@"
}

# screen: starts an X server of 1280 x 480 pixels.
screen() {
    have Xvfb
    background Xvfb -displayfd 3 -screen 0 1280x480x24 3>display 2>xvfb.log
    eventually test -s display
    DISPLAY=:$(cat display)
    export DISPLAY
}

# coloured X Y WIDTH: number of pixels that are not grey in that part of the screen, 480 high.
coloured() {
    gst-launch-1.0 -q ximagesrc num-buffers=1 use-damage=false \
        startx="$1" starty="$2" endx=$(($1 + $3 - 1)) endy=479 \
        ! videoconvert ! video/x-raw,format=AYUV ! fdsink |
        od -An -v -tu1 -w4 | awk '($3 - 128)^2 + ($4 - 128)^2 > 64' | wc -l
}

# shows PIXELS X Y WIDTH: true if so many are coloured.
shows() {
    [ "$(coloured "$2" "$3" "$4")" -ge "$1" ]
}
