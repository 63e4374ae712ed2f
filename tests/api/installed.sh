#!/bin/sh
# Compiles an example against what is installed, found by pkg-config alone, and runs it: it prints
# the segments of the tiny checkpoint "square", one a line.
#     installed.sh BUILD EXAMPLE MODULES ARGUMENT... -- COMPILER...
set -eu
build=$1 example=$2 modules=$3
shift 3
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT

: >"$scratch/arguments"
while [ "$1" != -- ]; do
    printf '%s\n' "$1" >>"$scratch/arguments"
    shift
done
shift

meson install -C "$build" --no-rebuild --quiet --destdir "$scratch/root" --tags devel,runtime
pc=$(dirname "$(find "$scratch/root" -name mask2former.pc)")
prefix=$(sed -n 's/^prefix=//p' "$pc/mask2former.pc")
sed -i "s|^prefix=|prefix=$scratch/root|" "$pc"/*.pc
export PKG_CONFIG_PATH="$pc"
LD_LIBRARY_PATH=$(pkg-config --variable=libdir mask2former)
export LD_LIBRARY_PATH
case $LD_LIBRARY_PATH in "$scratch/root$prefix"/*) ;; *)
    echo "pkg-config found $LD_LIBRARY_PATH" >&2
    exit 1
    ;;
esac

# shellcheck disable=SC2046,SC2086  # lists of words
"$@" -Wall -Wextra -Werror -Wno-unused-parameter "$example" -o "$scratch/program" \
    $(pkg-config --cflags --libs $modules)
set --
while read -r argument; do
    set -- "$@" "$argument"
done <"$scratch/arguments"
"$scratch/program" "$@" >"$scratch/out"
cat "$scratch/out"
grep -q . "$scratch/out" || { echo "no segments" >&2; exit 1; }
if grep -vE '^class [0-5]: [01]\.[0-9]{2}, [0-9]+ pixels$' "$scratch/out"; then
    echo "  ^ expected the label of a class, its score and area" >&2
    exit 1
fi
