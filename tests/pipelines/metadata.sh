#!/bin/sh
# A film comes out as a line for each frame, in their order.
# shellcheck source=tests/pipelines/common.sh
. "$(dirname "$0")/common.sh"
need avimux jpegenc
black 5
# shellcheck disable=SC2086  # a list of words
"$pipelines/metadata.sh" "$PWD/black.avi" "$PWD/out.jsonl" $segmenter
"$PYTHON" - <<END
import json
lines = [json.loads(line) for line in open('out.jsonl')]
assert [line['pts'] for line in lines] == [i * 40000000 for i in range(5)], lines
assert all(line['segments'] for line in lines)
END
