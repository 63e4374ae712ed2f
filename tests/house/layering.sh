#!/bin/sh
# The arrows between the rooms point one way: gst -> model -> model/compute -> backends -> shaders.
# Greps the #includes; prints every line that points back and fails if there is one.
set -u
cd "$1" || exit 1
bad=0

# forbid WHERE PATTERN WHY: no #include matching PATTERN in the sources under WHERE
forbid() {
    # shellcheck disable=SC2086  # WHERE is a list of folders and exclusions
    if git grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($2)" -- $1; then
        echo "  ^ $3" >&2
        bad=1
    fi
}

forbid 'model' 'gst/|.*/gst/' 'model/ knows nothing of GStreamer'
forbid 'gst' '(\.\./)?model/(compute|swin|network|config|safetensors|session)|.*compute/|vulkan/|cblas' \
    'gst/ knows the library by m2f.h only'
forbid 'model/*.c model/*.h model/tool' '(.*/)?(reference|cpu|vulkan)/|cblas|immintrin|backend\.h' \
    'model/ knows no backend'
forbid 'model/compute' '\.\./(\.\./)*(m2f|config|network|swin|safetensors|session|postprocess|preprocess)\.h' \
    'model/compute/ knows tensors and ops, not Mask2Former'
forbid 'model/compute/reference' 'cblas|immintrin|pthread|(.*/)?(cpu|vulkan)/' \
    'the reference backend is plain C'
forbid 'model/compute/cpu' 'vulkan|(.*/)?reference/' 'a backend does not know another'
forbid 'model/compute/vulkan' 'cblas|immintrin|(.*/)?(cpu|reference)/' \
    'a backend does not know another'

# what a room must not talk about at all
if git grep -niE 'swin_|mask2former' -- 'model/compute' 'shaders' |
    grep -v 'The gst-mask2former authors'; then
    echo "  ^ model/compute/ never mentions the network it serves" >&2
    bad=1
fi

# the kind of the backbone is known to the backbones, their config and the choice between them
if git grep -niE 'swin' -- 'model/*.c' 'model/*.h' ':!model/compute' ':!model/network/swin.*' \
    ':!model/network/backbone.*' ':!model/checkpoint/config.*'; then
    echo "  ^ only backbone.c and config.c know which backbones there are" >&2
    bad=1
fi
exit $bad
