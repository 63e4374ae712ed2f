#!/bin/sh
# Runs the tests, or another command, in a Debian of another age: a fresh clone in a root of its own.
#
#     sudo tests/roots.sh DIR SUITE [COMMAND [ARGUMENT...]]
#
#     sudo tests/roots.sh /var/tmp/roots bookworm pipelines/demo.sh
#     sudo tests/roots.sh /var/tmp/roots trixie       # GStreamer 1.26: GstAnalytics metadata
#     sudo tests/roots.sh /var/tmp/roots sid          # the newest GStreamer: segmentationoverlay
#
# The root DIR/SUITE is made by debootstrap the first time (bookworm 1.5 GB, the others 3 GB).  The
# last commit of this checkout goes to /src there, and the command, tests/run.sh by default, is run
# in it: it installs what it needs itself.  What is built in /src stays for the next time.
set -eu

if [ $# -lt 2 ]; then
    sed -n '2,12s/^# \{0,1\}//p' "$0"
    exit 2
fi
source_dir=$(cd "$(dirname "$0")/.." && pwd)
dir=$1 suite=$2
shift 2
[ $# -gt 0 ] || set -- tests/run.sh

command -v debootstrap >/dev/null || apt-get -qq -y install debootstrap >/dev/null
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
root=$dir/$suite

# in_root COMMAND...: runs it there; what is mounted for it goes with its name space
in_root() {
    unshare --mount --propagation private sh -eu -c '
        root=$1
        shift
        mount --rbind /proc "$root/proc"
        mount --rbind /dev "$root/dev"
        exec chroot "$root" env -i HOME=/root TERM=dumb LC_ALL=C.UTF-8 \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
    ' sh "$root" "$@"
}

if [ ! -e "$root/made" ]; then
    if [ -e "$root" ]; then
        echo "$root is there, but was not made whole: remove it first" >&2
        exit 1
    fi
    debootstrap --variant=minbase "$suite" "$root" >"$root.log"
    # it is quick to make again
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
    # a mirror may lag behind, and an index be past its date
    echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/99index"
    # GstAnalytics is new in trixie, as are Vulkan images, whose library asks for xkbcommon; before
    # that, the package brings nothing but OpenCV
    analytics=
    [ "$suite" = bookworm ] ||
        analytics="libgstreamer-plugins-bad1.0-dev gstreamer1.0-plugins-bad libxkbcommon-dev
            libxkbcommon-x11-dev"
    in_root apt-get -qq update
    # shellcheck disable=SC2086  # a list of words
    in_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install \
        $analytics ca-certificates >>"$root.log"
    touch "$root/made"
fi

# a bundle is one file, which git reads in there whoever it belongs to
git -C "$source_dir" bundle create -q "$root/src.bundle" HEAD
if [ ! -d "$root/src/.git" ]; then
    git -c advice.detachedHead=false clone -q "$root/src.bundle" "$root/src"
else
    git -C "$root/src" fetch -q "$root/src.bundle" HEAD
    git -C "$root/src" reset -q --hard FETCH_HEAD
fi
in_root sh -c 'cd /src && exec "$@"' sh "$@"
