#!/bin/sh
# Every header compiles without another one before it.
#
#     headers.sh SOURCE SKIP CC CFLAGS...
#
# SKIP is a list of folders whose dependencies this build does without, separated by spaces.
set -u
cd "$1" || exit 1
skipped=" $2 shaders " # those are GLSL
shift 2
count=0 bad=0
for header in $(git ls-files '*.h'); do
    case $skipped in *" ${header%/*} "*) continue ;; esac
    count=$((count + 1))
    "$@" -std=c11 -D_GNU_SOURCE -fsyntax-only -Wall -Werror -Wno-unused-function \
        -Wno-unused-const-variable -I. -x c "$header" || {
        echo "$header does not compile alone" >&2
        bad=1
    }
done
echo "$count headers"
[ "$count" -gt 0 ] && exit $bad
