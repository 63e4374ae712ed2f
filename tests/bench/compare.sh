#!/bin/sh
# Times m2f and transformers on one checkpoint in the same minutes, taking turns.
#
#     tests/bench/compare.sh DIR [RUNS] [-- M2F OPTIONS...]
#
#     tests/bench/setup-reference.sh /opt/m2f-reference              (once; root, 3 GB)
#     /opt/m2f-reference/run python3 tests/bench/make_checkpoint.py /tmp/tiny tiny
#     tests/bench/compare.sh /tmp/tiny
#
# Prints one JSON line per program and round, then the ratios of the medians of all rounds.  The
# machine's noise is larger than most differences worth having: only ratios of one run count.
#   REFERENCE  the peer's root (/opt/m2f-reference)    M2F      the tool (build/model/tool/m2f)
#   DTYPE      of m2f: fp32 (default), bf16, int8      THREADS  of both (2)
#   PEER       dtypes of the peer, e.g. "fp32 bf16": each takes its turn and the one with the
#              fastest forward pass is compared with (DTYPE)
#   SIZE       network input "H W" (384 384)           ROUNDS   turns each (3)
set -eu

source_dir=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(realpath "$1")
shift
runs=5
case ${1:---} in
    --) ;;
    *) runs=$1 && shift ;;
esac
[ "${1:-}" != -- ] || shift
peer=${PEER:-${DTYPE:-fp32}}
reference=${REFERENCE:-/opt/m2f-reference}
m2f=${M2F:-$source_dir/build/model/tool/m2f}
size=${SIZE:-384 384}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

for _ in $(seq "${ROUNDS:-3}"); do
    "$m2f" bench "$dir" --precision "${DTYPE:-fp32}" --threads "${THREADS:-2}" --runs "$runs" \
        --input-size "${size% *}x${size#* }" "$@" | tee -a "$log"
    for dtype in $peer; do
        # shellcheck disable=SC2086  # two numbers
        "$reference/run" python3 "$source_dir/tests/bench/peer_bench.py" "$dir" \
            --dtype "$dtype" --size $size --threads "${THREADS:-2}" --runs "$runs" 2>/dev/null |
            tee -a "$log"
    done
done

python3 - "$log" <<'EOF'
import json, statistics, sys
ours, peers = [], {}
for line in open(sys.argv[1]):
    record = json.loads(line)
    (peers.setdefault(record["dtype"], []) if "peer" in record else ours).append(record)
def median(records, key, figure="median"):
    return statistics.median(r[key][figure] for r in records)
dtype, peer = min(peers.items(), key=lambda item: median(item[1], "forward_ms"))
print(f"m2f in {ours[0]['precision']}, transformers in {dtype}")
for what, mine, theirs in (("preprocess", "preprocess_ms", "preprocess_ms"),
                           ("forward", "forward_ms", "forward_ms"),
                           ("panoptic post-processing", "postprocess_ms", "panoptic_worst_ms")):
    a, b = median(ours, mine), median(peer, theirs)
    print(f"{what:26} m2f {a:8.2f} ms   transformers {b:8.2f} ms   ratio {b / a:6.2f}")
print(f"{'peak memory':26} m2f {max(r['peak_memory_mb'] for r in ours):8.1f} MB")
EOF
