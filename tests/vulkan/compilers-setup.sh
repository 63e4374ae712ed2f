#!/bin/sh
# Sets up what compilers.sh needs: the shader compilers of AMD, Intel and NVIDIA hardware (Mesa's),
# without the hardware.  Must be run as root, on Debian 12 for amd64; takes 3 to 15 minutes, 2.5 GB
# while it runs and 0.4 GB afterwards.  What is there already is kept, so that it may be run again.
#
#     sudo tests/vulkan/compilers-setup.sh [DIR]      (default /opt/vulkan-lab)
#
# The archive is the one of the machine's apt, read through a private configuration; MIRROR=URL
# names another.  Build tools that are missing are installed by apt-get.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=${1:-/opt/vulkan-lab}
PATH=/usr/sbin:/usr/bin:/sbin:/bin # Debian's own python3 first: it is the one with mako
export PATH DEBIAN_FRONTEND=noninteractive

die ()
{
    echo "compilers-setup.sh: $*" >&2
    exit 1
}

say ()
{
    printf '%4ds  %s\n' "$(($(date +%s) - start))" "$*"
}

# logged NAME COMMAND...: runs it with its output in the log, and shows the end of it if it fails
logged ()
{
    name=$1
    shift
    echo "== $name: $*" >>"$dir/log"
    "$@" >>"$dir/log" 2>&1 && return
    tail -n 20 "$dir/log" >&2
    die "$name failed; all of it is in $dir/log"
}

start=$(date +%s)
[ "$(id -u)" = 0 ] || die 'must be run as root (it installs build tools)'
[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || die 'amd64 only'
case $(cat /etc/debian_version 2>/dev/null) in
12*) ;;
*) die 'Debian 12 only: the drivers of its backports must find their libraries here' ;;
esac
mkdir -p "$dir" 2>/dev/null && [ -w "$dir" ] || die "cannot write to $dir"
dir=$(cd "$dir" && pwd)
free=$(df -Pk "$dir" | awk 'NR == 2 { print int ($4 / 1024) }')
[ -x "$dir/bin/run-sid" ] || [ "$free" -ge 2500 ] || die "$dir has $free MB free, 2500 are needed"
: >"$dir/log"

# --- build tools, from the machine's own sources ------------------------------------------------
need=
for package in build-essential pkg-config ninja-build python3 python3-mako python3-yaml \
    python3-packaging bison flex zlib1g-dev libexpat1-dev libdrm-dev libelf-dev libudev-dev \
    libvulkan-dev libvulkan1 libxcb1 libxcb-randr0 libxcb-dri3-0 libxcb-present0 libxcb-sync1 \
    libxcb-shm0 libxcb-xfixes0 libx11-xcb1 libxshmfence1 libwayland-client0 libzstd1 libdrm-amdgpu1 \
    libdrm-intel1 libllvm15 xz-utils ca-certificates; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
        need="$need $package"
done
lists=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' \
    'Label: Debian' 2>/dev/null | head -n 1)
if [ -n "$need" ] || { [ -z "$lists" ] && [ -z "${MIRROR:-}" ]; }; then
    apt-get -qq update >>"$dir/log" 2>&1 || echo 'compilers-setup.sh: apt-get update had trouble' >&2
fi
if [ -n "$need" ]; then
    # shellcheck disable=SC2086
    logged 'installing build tools' apt-get install -y -qq --no-install-recommends $need
fi
say "build tools:${need:- nothing to install}"

# --- a private apt, so that the machine's sources stay as they are ------------------------------
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
    'Codename: bookworm' 'Label: Debian' | head -n 1)}
[ -n "$mirror" ] || die 'no Debian archive in the sources of apt (see apt-get indextargets); set MIRROR'
keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -f "$keys" ] || die "$keys is missing (package debian-archive-keyring)"

# private_apt NAME STATUS SUITE TYPE...: apt configuration $dir/apt/NAME.conf for one suite
private_apt ()
{
    name=$1 status=$2 suite=$3
    shift 3
    mkdir -p "$dir/apt/$name/lists/partial" "$dir/apt/$name/cache/archives/partial"
    for type; do
        echo "$type [signed-by=$keys] $mirror $suite main"
    done >"$dir/apt/$name/sources.list"
    : >"$dir/apt/empty"
    cat >"$dir/apt/$name.conf" <<END
Dir::Etc::sourcelist "$dir/apt/$name/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "$dir/apt/$name";
Dir::State::lists "lists";
Dir::State::status "$status";
Dir::State::extended_states "$dir/apt/$name/extended_states";
Dir::Cache "$dir/apt/$name/cache";
Dir::Cache::archives "archives";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
END
    APT_CONFIG=$dir/apt/$name.conf logged "index of $suite of $mirror" \
        apt-get -q -o APT::Update::Error-Mode=any update
}

# unpack FOLDER PACKAGE.deb...
unpack ()
{
    folder=$1
    shift
    rm -rf "$folder.new"
    mkdir -p "$folder.new"
    for deb; do
        dpkg-deb -x "$deb" "$folder.new"
    done
    rm -rf "$folder"
    mv "$folder.new" "$folder"
}

# icds FOLDER NAME: writes $dir/icd/NAME-DRIVER.json for every driver unpacked in FOLDER
icds ()
{
    mkdir -p "$dir/icd"
    for json in "$1"/usr/share/vulkan/icd.d/*.json; do
        driver=$(basename "$json" | sed 's/_icd.*//')
        library=$(sed -n 's/.*"library_path": *"\([^"]*\)".*/\1/p' "$json")
        library=$1/usr/lib/x86_64-linux-gnu/$(basename "$library")
        [ -f "$library" ] || die "no driver library $library"
        sed "s|\"library_path\": *\"[^\"]*\"|\"library_path\": \"$library\"|" "$json" \
            >"$dir/icd/$2-$driver.json"
    done
}

# --- Mesa 25 for this Debian: RADV with its null winsys, ANV, lavapipe --------------------------
if [ ! -f "$dir/icd/backports-radeon.json" ] || [ ! -f "$dir/shim/libnouveau_noop_drm_shim.so" ]; then
    private_apt backports /var/lib/dpkg/status bookworm-backports deb deb-src
fi
if [ ! -f "$dir/icd/backports-radeon.json" ]; then
    mkdir -p "$dir/deb"
    cd "$dir/deb"
    APT_CONFIG=$dir/apt/backports.conf logged 'drivers from backports' apt-get -q download \
        mesa-vulkan-drivers
    unpack "$dir/backports" "$dir"/deb/mesa-vulkan-drivers_*.deb
    for library in radeon intel lvp; do
        missing=$(ldd "$dir/backports/usr/lib/x86_64-linux-gnu/libvulkan_$library.so" |
            awk '/not found/ { print $1 }')
        [ -z "$missing" ] || die "libvulkan_$library.so needs what is not here: $missing"
    done
    icds "$dir/backports" backports
    say "Mesa of bookworm-backports: $(ls "$dir/deb" | sed -n 's/mesa-vulkan-drivers_\([^_]*\)_.*/\1/p')"
fi

# --- Mesa of sid, run by sid's own loader: NVK; and a glslc that knows cooperative matrices -----
if [ ! -f "$dir/icd/sid-nouveau.json" ]; then
    private_apt sid "$dir/apt/empty" sid deb
    # the status file is empty, so this fetches the packages and all they need, libc first
    APT_CONFIG=$dir/apt/sid.conf logged 'drivers from sid' apt-get -q -y install --download-only \
        mesa-vulkan-drivers libvulkan1 glslc
    unpack "$dir/sid" "$dir"/apt/sid/cache/archives/*.deb
    icds "$dir/sid" sid
    say "Mesa of sid: $(ls "$dir/apt/sid/cache/archives" | sed -n 's/mesa-vulkan-drivers_\([^_]*\)_.*/\1/p')"
    rm -rf "$dir/apt/sid/cache/archives"
fi
loader=$dir/sid/usr/lib64/ld-linux-x86-64.so.2
[ -e "$loader" ] || loader=$dir/sid/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
[ -e "$loader" ] || die 'no program loader in the packages of sid'
mkdir -p "$dir/bin"
cat >"$dir/bin/run-sid" <<END
#!/bin/sh
# run-sid [--preload LIBRARY] PROGRAM...: a program with sid's libraries, drivers included
exec $loader --library-path $dir/sid/usr/lib/x86_64-linux-gnu "\$@"
END
cat >"$dir/bin/glslc" <<END
#!/bin/sh
exec $dir/bin/run-sid $dir/sid/usr/bin/glslc "\$@"
END
chmod +x "$dir/bin/run-sid" "$dir/bin/glslc"

# --- devices that answer but compute nothing: Mesa's drm-shim, which Debian does not package ----
if [ ! -f "$dir/shim/libnouveau_noop_drm_shim.so" ]; then
    mkdir -p "$dir/source"
    cd "$dir/source"
    APT_CONFIG=$dir/apt/backports.conf logged 'meson from backports' apt-get -q download meson
    # the tarball alone: the shims need none of Debian's patches
    APT_CONFIG=$dir/apt/backports.conf logged 'source of Mesa' apt-get -q source --download-only \
        --tar-only mesa
    unpack "$dir/source/meson" "$dir"/source/meson_*.deb
    rm -rf mesa build
    mkdir mesa
    tar -C mesa --strip-components=1 -xf mesa_*.orig.tar.?z
    export PYTHONPATH="$dir/source/meson/usr/lib/python3/dist-packages"
    logged 'configuring the shims' python3 "$dir/source/meson/usr/bin/meson" setup build mesa \
        --wrap-mode=nodownload -Dbuildtype=release -Dtools=drm-shim,intel -Dgallium-drivers=nouveau \
        -Dvulkan-drivers= -Dplatforms= -Dvideo-codecs= -Dopengl=false -Dglx=disabled -Degl=disabled \
        -Dgbm=disabled -Dgles1=disabled -Dgles2=disabled -Dllvm=disabled -Dvalgrind=disabled \
        -Dlibunwind=disabled -Dzstd=disabled -Dlmsensors=disabled
    logged 'building the shims' ninja -C build src/intel/tools/libintel_noop_drm_shim.so \
        src/nouveau/drm-shim/libnouveau_noop_drm_shim.so
    unset PYTHONPATH
    mkdir -p "$dir/shim"
    cp build/src/intel/tools/libintel_noop_drm_shim.so \
        build/src/nouveau/drm-shim/libnouveau_noop_drm_shim.so "$dir/shim"
    say "drm shims: built from $(basename mesa_*.orig.tar.?z)"
    cd "$dir"
    rm -rf "$dir/source"
fi

rm -f "$dir"/deb/*.deb
say "all of it is in $dir ($(du -sm "$dir" | cut -f 1) MB)"
