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
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
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

# fetch FILE: downloads a file of the repository that is not there yet, or goes on with a part of it
fetch() {
    [ ! -s "$dir/$1" ] || {
        echo "$dir/$1 is there already"
        return
    }
    echo "$repository: $1"
    curl --fail --location --progress-bar ${HF_TOKEN:+--header "Authorization: Bearer $HF_TOKEN"} \
        --continue-at - --output "$dir/$1.part" "$endpoint/$repository/resolve/main/$1" &&
        mv "$dir/$1.part" "$dir/$1"
}

give_up() {
    echo "$0: could not fetch $1 of $repository from $endpoint" >&2
    exit 1
}

# fetch_shards FILE: FILE.index.json, and every file that it names
fetch_shards() {
    fetch "$1.index.json" || return 1
    for shard in $(grep -oE "\"[A-Za-z0-9._-]+\.${1##*.}\"" "$dir/$1.index.json" | tr -d '"' | sort -u)
    do
        fetch "$shard" || give_up "$shard"
    done
}

for file in config.json preprocessor_config.json; do
    fetch $file || give_up $file
done
# large ones are in shards; older repositories have the weights as PyTorch saves them
fetch model.safetensors || fetch_shards model.safetensors ||
    fetch pytorch_model.bin || fetch_shards pytorch_model.bin ||
    give_up "model.safetensors or pytorch_model.bin, or shards of either,"
echo "Ready: mask2formerseg model=$dir"
