#!/bin/sh
# The library and the tool do without a Vulkan loader and without drivers.
#
#     loader.sh M2F LIBRARY CHECKPOINT
set -eu
m2f=$1
library=$2
checkpoint=$3
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail () {
    echo "loader.sh: $1" >&2
    exit 1
}

# expect_cpu WHAT WORD [NAME=VALUE...]: with that environment there is no Vulkan device, auto is the
# CPU, and the error of vulkan has the word in it
expect_cpu () {
    what=$1
    word=$2
    shift 2
    env "$@" "$m2f" devices >"$scratch/devices" || fail "$what: m2f devices fails"
    ! grep -q '"vulkan' "$scratch/devices" || fail "$what: there is a Vulkan device"
    grep -q '"cpu"' "$scratch/devices" || fail "$what: there is no CPU"
    env "$@" "$m2f" info "$checkpoint" >"$scratch/info" || fail "$what: auto fails"
    grep -q '"cpu' "$scratch/info" || fail "$what: auto is not the CPU"
    ! env "$@" "$m2f" info "$checkpoint" --device vulkan:0 2>"$scratch/error" \
        || fail "$what: vulkan:0 opens"
    grep -q "$word" "$scratch/error" || fail "$what: no $word in: $(cat "$scratch/error")"
}

for file in "$m2f" "$library"; do
    ! readelf -d "$file" | grep -q 'NEEDED.*libvulkan' || fail "$file is linked with libvulkan"
done
mkdir "$scratch/empty"
: >"$scratch/empty/libvulkan.so.1"
expect_cpu 'a loader that cannot be opened' 'libvulkan.so.1' "LD_LIBRARY_PATH=$scratch/empty"
expect_cpu 'M2F_VULKAN=off' 'M2F_VULKAN' M2F_VULKAN=off
