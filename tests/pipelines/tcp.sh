#!/bin/sh
# Every client of a TCP port gets whole lines of JSON, one per frame, from when it connects.
# shellcheck source=tests/pipelines/common.sh
. "$(dirname "$0")/common.sh"
need tcpserversink
port=$(free_port)
# shellcheck disable=SC2086  # a list of words
background gst-launch-1.0 -q videotestsrc is-live=true pattern=black \
    ! video/x-raw,width=90,height=60,framerate=25/1 ! mask2formerseg $segmenter \
    ! panopticjson ! tcpserversink host=127.0.0.1 port="$port"

# receive N: as a client that hangs up after so many lines
receive() {
    "$PYTHON" -c 'import json, socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 30) as client:
    lines = client.makefile()
    frames = [json.loads(lines.readline()) for _ in range(int(sys.argv[2]))]
times = [frame["pts"] for frame in frames]
assert times == sorted(set(times)), times
assert all(frame["segments"] for frame in frames[1:]), frames' "$port" "$1" 2>receive.log
}
eventually receive 5
receive 2
