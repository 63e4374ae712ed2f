#!/bin/sh
# Checks the products in cooperative matrices without a GPU: Debian sid's glslc compiles them and
# its software renderer has them, in 8 x 8 x 8.
#
#     sudo tests/vulkan/coopmat.sh [DIR]      (default /var/tmp/m2f-coopmat; 700 MB)
#
# DIR gets a sid root, made by debootstrap the first time (as root), and a build of this checkout
# with that glslc.  Programs of the root are started by its own loader, so that nothing is mounted.
set -eu
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
dir=${1:-/var/tmp/m2f-coopmat}
root=$dir/root
libraries=$root/usr/lib/$(gcc -print-multiarch)

if [ ! -e "$root/usr/bin/glslc" ]; then
    command -v debootstrap >/dev/null || apt-get -qq -y install debootstrap >/dev/null
    mkdir -p "$dir"
    debootstrap --variant=minbase sid "$root" >"$dir/log"
    DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get -qq -y --no-install-recommends install \
        glslc mesa-vulkan-drivers vulkan-validationlayers libvulkan1 libglib2.0-0t64 \
        libopenblas0-pthread >>"$dir/log"
fi

cat >"$dir/in-root" <<END
#!/bin/sh
exec "$root/lib64/ld-linux-x86-64.so.2" --library-path \
    "$libraries:$libraries/openblas-pthread" "\$@"
END
cat >"$dir/glslc" <<END
#!/bin/sh
exec "$dir/in-root" "$root/usr/bin/glslc" "\$@"
END
for program in tests/vulkan/hazard tests/vulkan/test-vulkan-trial tests/ops/checkops; do
    cat >"$dir/${program##*/}" <<END
#!/bin/sh
exec "$dir/in-root" "$dir/build/$program" "\$@"
END
done
chmod +x "$dir/in-root" "$dir/glslc" "$dir/hazard" "$dir/test-vulkan-trial" "$dir/checkops"

[ -f "$dir/build/build.ninja" ] ||
    meson setup -Dvulkan=enabled "-Dglslc=$dir/glslc" "$dir/build" "$source_dir"
ninja -C "$dir/build" tests/ops/checkops tests/vulkan/hazard tests/vulkan/test-vulkan-trial

export VK_DRIVER_FILES="$root/usr/share/vulkan/icd.d/lvp_icd.json"
export VK_LAYER_PATH="$root/usr/share/vulkan/explicit_layer.d"
set -- --backend=vulkan:0 --precision=fp16
"$dir/checkops" "$@" --case='linear_m1_n1_*' | grep 'cooperative matrices' || {
    echo "the device computes without cooperative matrices" >&2
    exit 1
}
"$dir/test-vulkan-trial"
"$source_dir/tests/vulkan/validated.sh" "$dir/hazard" "$dir/checkops" "$@" --small
