#!/bin/sh
# What a reader would stumble over, found by git grep: no formatter needed.
set -u
cd "$1" || exit 1
bad=0
code="*.c *.h *.def *.comp *.glsl *.sh meson.build */meson.build meson_options.txt *.md"

complain() {
    echo "  ^ $1" >&2
    bad=1
}

# shellcheck disable=SC2086  # a list of patterns
{
    git grep -nP '\t' -- $code && complain 'a tab'
    git grep -nP ' +$' -- $code && complain 'space at the end of a line'
    git grep -nIP '[^\x00-\x7F]' -- '*.c' '*.h' '*.comp' '*.glsl' && complain 'not ASCII'
    git grep -nE '\b(TODO|FIXME|XXX|HACK)\b' -- $code ':!tests/house/style.sh' && complain 'unfinished'
    git grep -nP '^.{101,}$' -- '*.c' '*.h' ':!gst/*' && complain 'longer than 100 columns'
    git grep -nP '^.{101,}$' -- 'gst/*.c' 'gst/*.h' && complain 'longer than 100 columns'
}
for file in $(git ls-files '*.c' '*.h' '*.comp' '*.glsl'); do
    lines=$(wc -l <"$file")
    [ "$lines" -le 800 ] || { echo "$file: $lines lines"; complain 'over 800 lines: make it two'; }
    head -n 8 "$file" | grep -q 'SPDX-License-Identifier: LGPL-2.1-or-later' ||
        { echo "$file"; complain 'no licence line'; }
    [ -z "$(tail -c 1 "$file")" ] || { echo "$file"; complain 'no newline at the end'; }
done
exit $bad
