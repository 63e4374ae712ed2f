#!/bin/sh
# Every header compiles alone.   headers.sh SOURCE CC CFLAGS...
set -u
cd "$1" || exit 1
shift
count=0 bad=0
for header in $(git ls-files '*.h'); do
    count=$((count + 1))
    # GLSL, and what needs Vulkan's headers and the generated list of shaders
    case $header in shaders/* | model/compute/vulkan/*) continue ;; esac
    "$@" -std=c11 -D_GNU_SOURCE -fsyntax-only -Wall -Werror -Wno-unused-function -I. -x c "$header" || {
        echo "$header does not compile alone" >&2
        bad=1
    }
done
echo "$count headers"
[ "$count" -gt 0 ] && exit $bad
