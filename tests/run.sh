#!/bin/sh
# Installs what is missing (as root or with sudo), builds, and runs every test.
#
#     tests/run.sh [sanitize [clang [TEST...]] | threads | valgrind [TEST...]]
#
# `sanitize` builds in build-sanitize/ with AddressSanitizer and UndefinedBehaviorSanitizer and runs
# the unit and ops suites there.  `sanitize clang` runs the unit and gst suites with clang's, which
# find other things: in build-fuzz/, the build of the fuzzers, which leaves the kernels as they are.
# With names it builds and runs only those tests of the gst suite.
# `threads` builds in build-threads/ with ThreadSanitizer and runs the tests of the thread pool, of
# sessions that are cancelled or have two pictures at work, and of the element and its worker.
# `valgrind` runs the programs of the unit and gst suites, or the named tests, under memcheck in
# build/: it finds reads of memory that was never written, and leaks.  The kernels are those of plain
# C and of AVX2, which valgrind knows.  It takes an hour.
#
# The last line counts: "N passed, N failed, N skipped".
set -eu

source_dir=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=pipelines/packages.sh
. "$source_dir/pipelines/packages.sh"

# shellcheck disable=SC2086  # lists of words
ensure_packages $build_packages $test_packages

# b_lundef: the sanitizers' symbols come with the program, not with the shared library.  gcc takes
# several times as long to compile their checks with more of optimization or of debug information.
sanitizer_build="-Db_lundef=false -Doptimization=1 -Dc_args=-g1"

# What goes wrong ends the program.
sanitizer_options() {
    # By a guess at glibc's memory, clang's leak checker takes foreign bytes for the thread-local
    # variables of plugins, and crashes; ours keep nothing alive.
    export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:intercept_tls_get_addr=0
    export LSAN_OPTIONS=suppressions=$source_dir/tests/lsan.supp:print_suppressions=0
    export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    # The software renderer's LLVM leaks, and is unmapped before the leak could be told from
    # ours by name.
    export VK_ICD_FILENAMES=/nonexistent VK_DRIVER_FILES=/nonexistent
}

setup= # what meson adds to the name of its log
case $* in
    "")
        build=$source_dir/build
        # the demo may have been here first, and it leaves the tests out
        [ ! -f "$build/build.ninja" ] || meson configure "$build" -Dtests=enabled
        build_project "$source_dir" "$build"
        set --
        ;;
    sanitize)
        build=$source_dir/build-sanitize
        # shellcheck disable=SC2086  # a list of words
        build_project "$source_dir" "$build" -Db_sanitize=address,undefined $sanitizer_build
        sanitizer_options
        set -- --suite unit --suite ops --timeout-multiplier 4
        ;;
    "sanitize clang" | "sanitize clang "*)
        shift 2
        # shellcheck disable=SC2086  # a list of words
        ensure_packages $ci_packages
        build=$source_dir/build-fuzz
        [ -f "$build/build.ninja" ] || CC=clang meson setup "$build" "$source_dir" -Dfuzz=true \
            -Db_sanitize=address,undefined -Db_lundef=false
        if [ $# = 0 ]; then
            ninja -C "$build"
            set -- --suite unit --suite gst
        else
            # shellcheck disable=SC2046  # a target for each name
            ninja -C "$build" gst/libgstmask2former.so $(printf ' tests/gst/test-%s' "$@")
        fi
        set -- "$@" --timeout-multiplier 10
        sanitizer_options
        # The plugin scanner and Python are programs without the sanitizers that the plugin needs.
        export GST_REGISTRY_FORK=no
        ;;
    threads)
        build=$source_dir/build-threads
        # shellcheck disable=SC2086  # a list of words
        [ -f "$build/build.ninja" ] || meson setup "$build" "$source_dir" \
            -Db_sanitize=thread $sanitizer_build -Dtool=disabled -Dvulkan=disabled
        meson configure "$build" -Dplugin=auto
        ninja -C "$build" tests/unit/test-pool tests/unit/test-threads \
            tests/unit/test-started gst/libgstmask2former.so \
            tests/gst/test-worker tests/gst/test-live tests/gst/test-states tests/gst/test-segmenter
        # GLib and GStreamer order much by atomics that the sanitizer does not see: what they read,
        # write and free themselves is not looked at.
        export TSAN_OPTIONS=halt_on_error=1:ignore_noninstrumented_modules=1
        export M2F_TEST_BACKEND=cpu # the reference backend has no threads, and is slow
        set -- pool threads started worker live states segmenter --timeout-multiplier 4
        ;;
    valgrind | "valgrind "*)
        shift
        build=$source_dir/build
        [ ! -f "$build/build.ninja" ] || meson configure "$build" -Dtests=enabled
        build_project "$source_dir" "$build"
        if [ $# = 0 ]; then
            # programs of ours only: Python has leaks of its own, and `faults` has a limit of memory
            for program in "$build"/tests/unit/test-* "$build"/tests/gst/test-*; do
                [ ! -f "$program" ] || [ "${program##*/}" = test-faults ] ||
                    set -- "$@" "${program##*/test-}"
            done
        fi
        set -- --setup valgrind "$@"
        setup=-valgrind
        ;;
    *)
        echo "usage: $0 [sanitize [clang [TEST...]] | threads | valgrind [TEST...]]" >&2
        exit 2
        ;;
esac

failed=0
meson test -C "$build" --no-rebuild --print-errorlogs "$@" || failed=1

# meson's own log, one JSON object a line, is what there is to count
log=$build/meson-logs/testlog$setup.json
passed=$(grep -c '"result": "OK"' "$log" || true)
skipped=$(grep -c '"result": "SKIP"' "$log" || true)
total=$(grep -c '"result":' "$log" || true)
echo "$passed passed, $((total - passed - skipped)) failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
