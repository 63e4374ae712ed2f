#!/bin/sh
# Runs one fuzzer and prints a line about it; for run.sh.
#     run-one.sh BUILD NAME SECONDS
set -eu
build=$1 name=$2 seconds=$3
log=$build/findings/$name.log
mkdir -p "$build/findings" "$build/corpus/$name"

# GLib's and GStreamer's small blocks are to be seen by the address sanitizer, too.
export G_SLICE=always-malloc
export ASAN_OPTIONS=allocator_may_return_null=1:detect_odr_violation=0
LSAN_OPTIONS=suppressions=$(dirname "$0")/../lsan.supp:print_suppressions=0
export LSAN_OPTIONS
# Few plugins: GLib's table of names leaks when it grows, as it does when all of them are loaded.
export GST_PLUGIN_SYSTEM_PATH_1_0="$build/tests/gst/plugins" GST_REGISTRY_1_0="$build/fuzz-registry"
if "$build/tests/fuzz/fuzz-$name" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=1024 \
    -dict="$build/corpus/words.dict" -artifact_prefix="$build/findings/$name-" \
    -print_final_stats=1 "$build/corpus/$name" >"$log" 2>&1; then
    found=nothing
else
    found="a finding, see $log"
    # The log may be out of reach, as that of a run elsewhere is.
    grep -E -A 12 '^ERROR|^==[0-9]+== ?ERROR|runtime error:' "$log" | head -n 40 >&2 || true
fi
executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
inputs=$(find "$build/corpus/$name" -type f | wc -l)
echo "$name: ${executions:-0} executions, ${edges:-0} edges, $inputs inputs, $found"
