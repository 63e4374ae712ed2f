#!/bin/sh
# The shared library exports the functions of m2f.h, all of them and nothing else.
#     exports.sh NM HEADER LIBRARY
set -eu
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
# An inline function's name begins its line.
grep -v '^m2f_' "$2" | grep -oE '\bm2f_[a-z0-9_]+ \(' | tr -d ' (' | sort -u >"$scratch/declared"
"$1" -D --defined-only "$3" | awk '{ print $3 }' | sort -u >"$scratch/exported"
count=$(wc -l <"$scratch/declared")
[ "$count" -gt 0 ] || { echo "no function in $2" >&2; exit 1; }
diff "$scratch/declared" "$scratch/exported" || {
    echo "< declared in m2f.h only, > exported only: see model/libmask2former.map" >&2
    exit 1
}
echo "$count functions"
