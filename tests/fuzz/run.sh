#!/bin/sh
# Builds the fuzzers with clang in build-fuzz/ and runs each for a while, as many at a time as there
# are processors or FUZZ_JOBS says:
#
#     [FUZZ_JOBS=N] tests/fuzz/run.sh MINUTES|SECONDSs [NAME...]
#
# NAME is that of a fuzzer without "fuzz-", for example config; default: all.  Seeds and what is
# found go to build-fuzz/corpus/; a finding is an input in build-fuzz/findings/, with a log.  A line
# for each fuzzer says how much it tried, the last line counts fuzzers and findings; exits with 1 if
# there are any.
set -eu

case ${1:?usage: tests/fuzz/run.sh MINUTES|SECONDSs [NAME...]} in
    *s) seconds=${1%s} ;;
    *) seconds=$(($1 * 60)) ;;
esac
shift
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
build=$source_dir/build-fuzz
[ -f "$build/build.ninja" ] || CC="${CC:-clang}" meson setup "$build" "$source_dir" -Dfuzz=true \
    -Db_sanitize=address,undefined -Db_lundef=false
ninja -C "$build" fuzz
"$source_dir/tests/fuzz/make-seeds.sh" "$source_dir" "$build/corpus"

if [ $# = 0 ]; then
    for fuzzer in "$build"/tests/fuzz/fuzz-*; do
        [ ! -f "$fuzzer" ] || set -- "$@" "${fuzzer##*/fuzz-}"
    done
fi
printf '%s\n' "$@" | xargs -P "${FUZZ_JOBS:-$(nproc)}" -I NAME \
    "$source_dir/tests/fuzz/run-one.sh" "$build" NAME "$seconds" | tee "$build/fuzz-summary"
findings=$(grep -c 'a finding' "$build/fuzz-summary" || true)
echo "$# fuzzers, $findings findings"
[ "$findings" = 0 ] && [ "$(wc -l <"$build/fuzz-summary")" = $# ]
