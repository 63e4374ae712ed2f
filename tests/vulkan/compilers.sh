#!/bin/sh
# What the compilers of real hardware make of the shaders, without the hardware.
#
#     tests/vulkan/compilers.sh [--lab DIR] [TARGET...] >tests/vulkan/compilers.txt
#
# DIR (default /opt/vulkan-lab) is made by compilers-setup.sh.  Columns: target, shader, subgroup
# size, registers (VGPRs, GPRs; live registers of 32 bytes on Intel), shared memory of a workgroup,
# scratch memory of an invocation, spills, waves that a SIMD or SM holds, cycles that the compiler
# expects of one pass (latency on AMD): they compare versions of a shader on one target, and nothing
# else.  Shaders with @ID=VALUE are variants with these specialisation constants.
#
# Fails with 1 where a shader uses scratch memory, spills or does not compile; with 77 where there is
# no DIR.
set -eu
source_dir=$(cd "$(dirname "$0")/../.." && pwd)
lab=/opt/vulkan-lab
[ "${1:-}" != --lab ] || { lab=$2; shift 2; }
[ $# -gt 0 ] || set -- navi31 navi21 vega10 tgl dg2 bmg ga102 tu102
[ -x "$lab/bin/run-sid" ] || { echo "nothing in $lab: run compilers-setup.sh" >&2; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
statistics=$scratch/pipeline-statistics
${CC:-cc} -O2 -o "$statistics" "$source_dir/tests/vulkan/pipeline-statistics.c" -lvulkan

# Cooperative matrices are emulated there, and the backend does without.
emulated=tgl

# Lines such as   'gemm_f16': ['gemm.comp', ['-DWEIGHT_F16']],   as meson.build compiles them; what
# stands for the source of cooperative matrices is a line such as   gemm_cm = have ? 'A' : 'B'.
build=$source_dir/shaders/meson.build
sed -n "s/^  '\([a-z0-9_]*\)': \[\([^,]*\), \[\(.*\)\]\],\$/\1 \2 \3/p" "$build" | tr -d "'," |
    while read -r name source defines; do
        case $source in
        *.comp) ;;
        *) source=$(sed -n "s/^$source = .* ? '\(.*\)' : .*/\1/p" "$build") ;;
        esac
        level=-O
        [ "${source%_cm.comp}" = "$source" ] || level=-O0
        # shellcheck disable=SC2086  # a list of options
        "$lab/bin/glslc" --target-env=vulkan1.2 -I "$source_dir/shaders" $level $defines \
            "$source_dir/shaders/$source" -o "$scratch/$name.spv"
    done
# The variants that need most: heads of 64 channels, windows of 12 pixels, masks and slices; whole
# slabs and small tiles; shared outputs with all operands, GELU and both norms of 256 channels, and
# of 1024; norms of rows of 1024 and 3072 channels; operands in fp16 (3, 14, 15 or 51 of the last).
variants='attention@1=1@2=1 attention@0=64@1=1@2=1 attention@0=64@1=1@2=1@3=15
    window_attention@2=3 window_attention@0=64@1=12 window_attention@0=64@1=12@2=3 group_norm@0=1
    mask_attention@2=14 mask_attention@0=8@1=16 mask_attention@0=16@1=4 deform_attention@1=1
    deform_attention@1=1@2=3 gemm_f16@6=1 gemm_f16@6=1@11=3 conv_f16@6=1
    gemm_f16@0=64@6=1@8=32@9=32 gemm_f16@4=3@5=119@6=1@7=256 gemm_f16@4=3@5=119@6=1@7=256@11=51
    gemm_f32@5=119@6=1@7=256 gemm_f16@5=119@6=1@7=1024 gemm_cm@6=1 gemm_cm@6=1@11=3 conv_cm@6=1
    conv_cm@6=1@11=3 gemm_cm@6=1@8=32@9=32 gemm_cm@4=3@5=119@6=1@7=256
    gemm_cm@4=3@5=119@6=1@7=256@11=51 layer_norm@1=1024@2=3 patch_merge@0=256@1=3072'

# compile TARGET FILE...: the statistics of one target
compile () {
    target=$1
    shift
    if [ "$target" = $emulated ]; then
        # shellcheck disable=SC2046  # a list of files
        set -- $(printf '%s\n' "$@" | grep -v '_cm\.spv')
    fi
    case $target in
    navi* | vega* | gfx*)
        RADV_FORCE_FAMILY=$target VK_ICD_FILENAMES=$lab/icd/backports-radeon.json \
            VK_DRIVER_FILES=$lab/icd/backports-radeon.json "$statistics" "$@" ;;
    tgl | dg2 | mtl | lnl | bmg)
        LD_PRELOAD=$lab/shim/libintel_noop_drm_shim.so INTEL_STUB_GPU=1 \
            INTEL_STUB_GPU_PLATFORM=$target VK_ICD_FILENAMES=$lab/icd/backports-intel.json \
            VK_DRIVER_FILES=$lab/icd/backports-intel.json "$statistics" "$@" ;;
    ga102 | tu102)
        chipset=0x172
        [ "$target" = ga102 ] || chipset=0x162
        NOUVEAU_CHIPSET=$chipset NVK_I_WANT_A_BROKEN_VULKAN_DRIVER=1 \
            VK_ICD_FILENAMES=$lab/icd/sid-nouveau.json VK_DRIVER_FILES=$lab/icd/sid-nouveau.json \
            "$lab/bin/run-sid" --preload "$lab/shim/libnouveau_noop_drm_shim.so" \
            "$statistics" "$@" ;;
    esac
}

export MESA_SHADER_CACHE_DISABLE=1
files=$(for name in "$scratch"/*.spv; do echo "$name"; done
    for variant in $variants; do
        echo "$scratch/${variant%%@*}.spv@${variant#*@}"
    done)
for target in "$@"; do
    echo "@ $target"
    # shellcheck disable=SC2086  # a list of files
    compile "$target" $files 2>/dev/null || echo "failed"
    [ "$target" != $emulated ] || echo "# emulated"
done | awk '
# the first of the statistics that this compiler gives, or "-"
function first(a, b, c) {
    return a in value ? value[a] : b in value ? value[b] : c in value ? value[c] : "-"
}
BEGIN {
    row = "%-7s %-34s %4s %5s %7s %7s %6s %6s %9s%s\n"
    printf row, "target", "shader", "sub", "regs", "shared", "scratch", "spills", "waves", "cycles", ""
}
/^@ / { target = $2; next }
/^# emulated/ { printf "%-7s %-34s left out: matrices are emulated\n", target, "*_cm" }
/^failed/ { print target ": a shader does not compile, or no device answers" > "/dev/stderr"; bad = 1 }
/ sg[0-9]+:/ {
    shader = $1
    sub(/\.spv/, "", shader)
    subgroup = $2
    gsub(/[sg:]/, "", subgroup)
    list = $0
    sub(/^[^:]*: */, "", list)
    delete value
    n = split(list, item, /; */)
    for (i = 1; i <= n; i++) {
        at = index(item[i], "=")
        value[substr(item[i], 1, at - 1)] = substr(item[i], at + 1)
    }
    memory = first("Scratch size", "Scratch Memory Size", "SLM size")
    spills = first("Spilled VGPRs", "Spill Count", "Spills to memory")
    over = memory + 0 > 0 || spills + 0 > 0
    bad = bad || over
    printf row, target, shader, subgroup, first("VGPRs", "Number of GPRs", "Max live registers"),
        first("LDS size", "Workgroup Memory Size"), memory, spills,
        first("Subgroups per SIMD", "Max warps/SM"), first("Latency", "Cycle Count", \
        "Static cycle count"), over ? "  <- over" : ""
}
END { exit bad }'
