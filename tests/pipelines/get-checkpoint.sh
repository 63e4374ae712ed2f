#!/bin/sh
# Checkpoints come whole from a hub, which is a directory here: in one file, in shards, as PyTorch
# saves them; what is missing is an error that names it.
#     get-checkpoint.sh SOURCE CHECKPOINT
# shellcheck source=tests/pipelines/common.sh
. "$(dirname "$0")/common.sh"
command -v curl >/dev/null || {
    echo "needs curl"
    exit 77
}

# publish NAME FILE...: a repository with these files, whose content is their name
publish() {
    files=hub/facebook/$1/resolve/main
    shift
    mkdir -p "$files"
    for file in config.json preprocessor_config.json "$@"; do
        echo "$file" >"$files/$file"
    done
}

# fetches NAME: gets the files of that repository and no others
fetches() {
    "$pipelines/get-checkpoint.sh" "$1" "got/$1" >log 2>&1 || {
        cat log
        exit 1
    }
    diff -r "got/$1" "hub/facebook/$1/resolve/main"
}

# fails NAME WHAT: says that this could not be fetched
fails() {
    if "$pipelines/get-checkpoint.sh" "$1" "got/$1" 2>log; then
        exit 1
    fi
    grep -q "could not fetch $2 of facebook/$1" log
}

publish whole model.safetensors
publish pytorch pytorch_model.bin
shard1=model-00001-of-00002.safetensors shard2=model-00002-of-00002.safetensors
index="{\"metadata\": {\"total_size\": 2}, \"weight_map\": {
    \"a.weight\": \"$shard1\", \"b\": \"$shard2\", \"c\": \"$shard1\"}}"
publish sharded $shard1 $shard2
echo "$index" >hub/facebook/sharded/resolve/main/model.safetensors.index.json
publish torn $shard1
echo "$index" >hub/facebook/torn/resolve/main/model.safetensors.index.json
publish pytorch-sharded pytorch_model-00001-of-00001.bin
echo '{"weight_map": {"a": "pytorch_model-00001-of-00001.bin"}}' \
    >hub/facebook/pytorch-sharded/resolve/main/pytorch_model.bin.index.json
publish empty

"$PYTHON" -u -m http.server --bind 127.0.0.1 --directory hub 0 >server 2>/dev/null &
children=$!
eventually grep -q 'port [0-9]' server
HF_ENDPOINT=http://127.0.0.1:$(sed -n 's/.*port \([0-9]*\).*/\1/p' server)
export HF_ENDPOINT

fetches whole
fetches pytorch
fetches sharded
fetches pytorch-sharded
fails torn $shard2
fails empty 'model.safetensors or pytorch_model.bin, or shards of either,'
