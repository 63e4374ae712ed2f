# shellcheck shell=sh disable=SC2034  # read by the scripts that source this
# Debian packages this project needs, and a way to get the missing ones.  Sourced by demo.sh and
# tests/run.sh; not run by itself.

build_packages="gcc libc6-dev meson ninja-build pkg-config libglib2.0-dev libgstreamer1.0-dev
    libgstreamer-plugins-base1.0-dev libopenblas-dev libjansson-dev libgdk-pixbuf-2.0-dev
    libpng-dev libpango1.0-dev libvulkan-dev glslc"
# To play, encode and look: x264enc is in -ugly, avdec_* in -libav.
demo_packages="gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
    gstreamer1.0-plugins-ugly gstreamer1.0-libav fonts-dejavu-core"
# What the pipelines and programs here need beyond the plugin, and a screen and a broker for their
# tests.
application_packages="gstreamer1.0-plugins-ugly gstreamer1.0-x gstreamer1.0-gtk3 xvfb
    gir1.2-gst-plugins-base-1.0 gir1.2-gst-rtsp-server-1.0 gir1.2-ges-1.0 gir1.2-gtk-3.0
    mosquitto mosquitto-clients kcat"
# mesa-vulkan-drivers has the software renderer that stands in for a GPU.
# The examples are also in C++ and, by GObject-Introspection, in Python.
test_packages="check curl git universal-ctags python3 gstreamer1.0-tools gstreamer1.0-plugins-base
    gstreamer1.0-plugins-good fonts-dejavu-core mesa-vulkan-drivers vulkan-validationlayers
    g++ gobject-introspection libgirepository1.0-dev python3-gi gir1.2-gdkpixbuf-2.0
    python3-jsonschema
    $application_packages"
# clang compiles everything once more, for its warnings, its sanitizers and the fuzzers; llvm has
# what names functions in the sanitizers' reports.
ci_packages="clang libclang-rt-dev llvm"

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "$0: run this as root, or install sudo: needed for: $*" >&2
        exit 1
    fi
}

# ensure_packages NAME...: installs those that are missing; silent when none is.
ensure_packages() {
    missing=
    for package; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
            "install ok installed") ;;
            *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    echo "Installing:$missing"
    log=$(mktemp)
    # shellcheck disable=SC2086  # a list of words
    if ! { as_root apt-get -q update && as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        --no-install-recommends install $missing; } >"$log" 2>&1; then
        cat "$log" >&2
        exit 1
    fi
    rm -f "$log"
}

# build_project SOURCE BUILD [OPTION...]: configures with the options if it is new, then compiles
# what changed.
build_project() {
    source=$1 target=$2
    shift 2
    [ -f "$target/build.ninja" ] || meson setup "$target" "$source" "$@"
    ninja -C "$target"
}
