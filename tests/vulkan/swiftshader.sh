#!/bin/sh
# Runs the ops and the stages on SwiftShader, chromium's software Vulkan, under the validation layer.
#
#     tests/vulkan/swiftshader.sh BUILD [DIR]      (default /var/tmp/m2f-swiftshader; 10 MB)
#
# A second software renderer with limits of its own: 256 invocations, subgroups of 4, no fp16.  DIR
# gets libvk_swiftshader.so out of Debian's package chromium-common, which apt downloads the first
# time and which is not installed.  Takes minutes.
set -eu
build=$(cd "$1" && pwd)
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
dir=${2:-/var/tmp/m2f-swiftshader}

if [ ! -f "$dir/libvk_swiftshader.so" ]; then
    mkdir -p "$dir/package"
    (cd "$dir/package" && apt-get -qq download chromium-common && dpkg-deb -x ./*.deb .)
    find "$dir/package" -name libvk_swiftshader.so -exec mv {} "$dir" \;
    rm -r "$dir/package"
fi
cat >"$dir/icd.json" <<END
{ "file_format_version": "1.0.0",
  "ICD": { "library_path": "$dir/libvk_swiftshader.so", "api_version": "1.3.0" } }
END
export VK_ICD_FILENAMES="$dir/icd.json" VK_DRIVER_FILES="$dir/icd.json"

ninja -C "$build" tests/ops/checkops tests/stages/test-stages tests/vulkan/hazard
validated="$source_dir/tests/vulkan/validated.sh $build/tests/vulkan/hazard"
for precision in fp32 fp16; do
    $validated "$build/tests/ops/checkops" --backend=vulkan:0 --small --precision=$precision
done
cd "$build"
M2F_TEST_DATA="$source_dir/tests/data" \
    M2F_TEST_CHECKPOINTS="$source_dir/model/checkpoints" \
    $validated tests/stages/test-stages vulkan:0
