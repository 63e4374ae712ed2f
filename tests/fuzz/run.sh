#!/bin/sh
# Builds every fuzzer with clang in build-fuzz/ and runs each for a while:
#
#     tests/fuzz/run.sh MINUTES
#
# Seeds and what is found go to build-fuzz/corpus/; a finding is an input in build-fuzz/findings/.
# The last line counts fuzzers and findings; exits with 1 if there are any.
set -eu

minutes=${1:?usage: tests/fuzz/run.sh MINUTES}
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
build=$source_dir/build-fuzz
[ -f "$build/build.ninja" ] || CC=clang meson setup "$build" "$source_dir" -Dfuzz=true
ninja -C "$build" fuzz
"$source_dir/tests/fuzz/make-seeds.sh" "$source_dir" "$build/corpus"
mkdir -p "$build/findings"

fuzzers=0
findings=0
for fuzzer in "$build"/tests/fuzz/fuzz-*; do
    [ -f "$fuzzer" ] && [ -x "$fuzzer" ] || continue
    name=${fuzzer##*/fuzz-}
    fuzzers=$((fuzzers + 1))
    if "$fuzzer" -max_total_time=$((minutes * 60)) -timeout=10 -rss_limit_mb=1024 \
        -dict="$build/corpus/words.dict" -artifact_prefix="$build/findings/$name-" \
        -print_final_stats=1 "$build/corpus/$name" >"$build/findings/$name.log" 2>&1; then
        found=nothing
    else
        found="a finding, see $build/findings/$name.log"
        findings=$((findings + 1))
    fi
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/findings/$name.log")
    edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$build/findings/$name.log" | tail -n 1)
    inputs=$(find "$build/corpus/$name" -type f | wc -l)
    echo "$name: ${executions:-0} executions, ${edges:-0} edges, $inputs inputs, $found"
done
echo "$fuzzers fuzzers, $findings findings"
[ "$findings" = 0 ] && [ "$fuzzers" -gt 0 ]
