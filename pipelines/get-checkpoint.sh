#!/bin/sh
# Fetches a published Mask2Former checkpoint from the Hugging Face hub, for machines that reach it.
#
#     pipelines/get-checkpoint.sh NAME [DIR]
#
#     pipelines/get-checkpoint.sh mask2former-swin-tiny-coco-panoptic
#     gst-launch-1.0 ... ! mask2formerseg model=checkpoints/mask2former-swin-tiny-coco-panoptic ! ...
#
# NAME is a repository, of `facebook` if no owner is given; DIR defaults to checkpoints/NAME.
# HF_TOKEN, if set, is sent for repositories that ask for a login; HF_ENDPOINT names a mirror.
#
# The published weights are under CC-BY-NC 4.0: not for commercial use.  They are not part of
# this project, and this script only downloads them for you.
set -eu

if [ $# -lt 1 ] || [ $# -gt 2 ] || [ "$1" = --help ]; then
    sed -n '2,14s/^# \{0,1\}//p' "$0"
    [ "${1:-}" = --help ]
    exit
fi
case $1 in
    */*) repository=$1 ;;
    *) repository=facebook/$1 ;;
esac
dir=${2:-checkpoints/${repository##*/}}
endpoint=${HF_ENDPOINT:-https://huggingface.co}

command -v curl >/dev/null || {
    echo "$0: needs curl (apt-get install curl)" >&2
    exit 1
}
echo "Published Mask2Former weights are licensed CC-BY-NC 4.0 (not for commercial use)."
mkdir -p "$dir"
for file in config.json preprocessor_config.json model.safetensors; do
    [ ! -s "$dir/$file" ] || {
        echo "$dir/$file is there already"
        continue
    }
    echo "$repository: $file"
    curl --fail --location --progress-bar ${HF_TOKEN:+--header "Authorization: Bearer $HF_TOKEN"} \
        --continue-at - --output "$dir/$file.part" "$endpoint/$repository/resolve/main/$file" || {
        echo "$0: could not fetch $file of $repository from $endpoint" >&2
        echo "(a repository that has only pytorch_model.bin must be converted first, with" >&2
        echo "transformers: save_pretrained (..., safe_serialization=True))" >&2
        exit 1
    }
    mv "$dir/$file.part" "$dir/$file"
done
echo "Ready: mask2formerseg model=$dir"
