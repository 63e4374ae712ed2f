#!/bin/sh
# The shared library exports the functions of its headers, all of them and nothing else.
#     exports.sh NM LIBRARY HEADER...
set -eu
nm=$1 library=$2
shift 2
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
# An inline function's name begins its line.
grep -hv '^m2f_' "$@" | grep -oE '\bm2f_[a-z0-9_]+ \(' | tr -d ' (' | sort -u >"$scratch/declared"
"$nm" -D --defined-only "$library" | awk '{ print $3 }' | sort -u >"$scratch/exported"
count=$(wc -l <"$scratch/declared")
[ "$count" -gt 0 ] || { echo "no function in $*" >&2; exit 1; }
diff "$scratch/declared" "$scratch/exported" || {
    echo "< declared only, > exported only: see model/libmask2former.map" >&2
    exit 1
}
echo "$count functions"
