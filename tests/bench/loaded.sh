#!/bin/sh
# How much slower a frame gets when other processes load every core, beside the share they take.
#
#     tests/bench/loaded.sh DIR [M2F OPTIONS...]
#
# Times m2f alone and next to a busy process for each of its threads, taking turns.  All of them
# have the same priority and belong to one session, so that with a core for each thread they are
# due half of what m2f had: a slowdown of 2 is no worse than the share lost.  What else the machine
# does spoils it; run it on a quiet one.
#   M2F   the tool (build/model/tool/m2f)    THREADS  of m2f, and busy processes (every core)
#   RUNS  of a turn (10)                     ROUNDS   turns each (3)
set -eu

source_dir=$(cd "$(dirname "$0")/../.." && pwd)
dir=$1
shift
m2f=${M2F:-$source_dir/build/model/tool/m2f}
threads=${THREADS:-$(nproc)}
busy=
log=$(mktemp)

# shellcheck disable=SC2086  # a list of processes
stop() {
    [ -z "$busy" ] || kill $busy 2>/dev/null
    busy=
}
trap 'stop; rm -f "$log"' EXIT
trap 'exit 1' INT TERM

for _ in $(seq "${ROUNDS:-3}"); do
    echo '{"load": 0}' >>"$log"
    "$m2f" bench "$dir" --threads "$threads" --runs "${RUNS:-10}" "$@" >>"$log"
    for _ in $(seq "$threads"); do
        sh -c 'while :; do :; done' &
        busy="$busy $!"
    done
    echo "{\"load\": $threads}" >>"$log"
    "$m2f" bench "$dir" --threads "$threads" --runs "${RUNS:-10}" "$@" >>"$log"
    stop
done

python3 - "$log" <<'PYTHON'
import json, statistics, sys
records = [json.loads(line) for line in open(sys.argv[1])]
totals = {False: [], True: []}
for load, bench in zip(records[::2], records[1::2]):
    totals[load["load"] > 0].append(bench["total_ms"])
median = {busy: statistics.median(t["median"] for t in totals[busy]) for busy in totals}
least = {busy: min(t["min"] for t in totals[busy]) for busy in totals}
print(f"alone    median {median[False]:8.2f} ms   least {least[False]:8.2f} ms")
print(f"loaded   median {median[True]:8.2f} ms   least {least[True]:8.2f} ms")
print(f"slowdown {median[True] / median[False]:.2f}; the share lost allows 2.00")
PYTHON
