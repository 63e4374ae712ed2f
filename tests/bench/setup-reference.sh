#!/bin/sh
# Sets up the reference implementation (Hugging Face transformers on torch, from Debian sid) in a
# folder of its own, to compare numbers and speed with.  Needs root and debootstrap; takes 2-4 min,
# 3 GB.  Usage: setup-reference.sh [DIR]   (default /opt/m2f-reference)
#   then: DIR/run python3 SCRIPT ARGS...    paths are seen as they are on the host
set -eu
dir=${1:-/opt/m2f-reference}
command -v debootstrap >/dev/null || apt-get install -y -qq debootstrap >/dev/null
mirror=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)
[ -n "$mirror" ] || mirror=$(awk '$1=="deb"{for(i=2;i<=NF;i++)if($i~/^http/){print $i;exit}}' /etc/apt/sources.list)
if [ ! -x "$dir/root/usr/bin/python3" ]; then
    mkdir -p "$dir"
    debootstrap --variant=minbase sid "$dir/root" "$mirror" >"$dir/log" 2>&1
    echo 'Acquire::Check-Valid-Until "false";' >"$dir/root/etc/apt/apt.conf.d/90valid"
    chroot "$dir/root" apt-get -qq update >>"$dir/log" 2>&1
    # OpenMP flavour of OpenBLAS: the pthread one fights torch's own threads (4x slower)
    DEBIAN_FRONTEND=noninteractive chroot "$dir/root" apt-get install -y -qq --no-install-recommends \
        python3-transformers python3-torch python3-torchvision python3-safetensors python3-pil \
        python3-numpy python3-scipy libopenblas0-openmp >>"$dir/log" 2>&1
fi
cat >"$dir/run" <<EOF
#!/bin/sh
# runs a command inside the reference root, with the host's folders visible
r=$dir/root
for d in proc dev tmp home srv opt mnt; do
    [ -d /\$d ] || continue
    mkdir -p "\$r/\$d"; mountpoint -q "\$r/\$d" || mount --bind "/\$d" "\$r/\$d"
done
exec chroot "\$r" env HF_HUB_OFFLINE=1 PYTHONDONTWRITEBYTECODE=1 sh -c 'cd "\$0" 2>/dev/null; exec "\$@"' "\$PWD" "\$@"
EOF
chmod +x "$dir/run"
"$dir/run" python3 -c 'import torch, transformers; print("torch", torch.__version__, "transformers", transformers.__version__)'
