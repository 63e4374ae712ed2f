#!/bin/sh
# A recording has every frame, and as many lines, whose pts are those of frames of the film.
# shellcheck source=tests/pipelines/common.sh
. "$(dirname "$0")/common.sh"
need x264enc matroskamux
export SOURCE='videotestsrc is-live=true num-buffers=40'
# shellcheck disable=SC2086  # a list of words
"$pipelines/record.sh" "$PWD/out.mkv" "$PWD/out.jsonl" $segmenter
gst-launch-1.0 filesrc location=out.mkv ! matroskademux ! identity silent=false ! fakesink -v \
    >identity.log
[ "$(grep -c 'chain .*pts:' identity.log)" = 40 ]
"$PYTHON" - <<END
import json, re
# matroska counts milliseconds
frames = {round(float(s) * 1000) + 60000 * int(m)
          for m, s in re.findall(r'pts: 0:(\d+):([\d.]+)', open('identity.log').read())}
lines = [json.loads(line) for line in open('out.jsonl')]
assert len(lines) == 40
assert any(line['segments'] for line in lines)
assert {round(line['pts'] / 1e6) for line in lines} <= frames, frames
END
