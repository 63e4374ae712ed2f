#!/bin/sh
# Writes a seed corpus for each fuzzer that does better with one (the fixtures' JSON files, small
# safetensors files, property values) and a dictionary.
#     make-seeds.sh SOURCE CORPUS
set -eu
fixtures=$1/tests/data/fixtures
shipped=$1/model/checkpoints/street-small
corpus=$2
mkdir -p "$corpus/config" "$corpus/processor-config" "$corpus/safetensors" "$corpus/index" \
    "$corpus/pytorch" "$corpus/labels" "$corpus/properties"

for dir in "$fixtures"/* "$shipped"; do
    cp "$dir/config.json" "$corpus/config/$(basename "$dir").json"
    cp "$dir/preprocessor_config.json" "$corpus/processor-config/$(basename "$dir").json"
done
for size in '640, "max_size": 1333' '[64, 96]' '{"max_height": 64, "max_width": 96}' \
    '{"shortest_edge": 64}, "size_divisibility": 8, "pad_size": {"height": 96, "width": 96}'; do
    name=$(printf '%s' "$size" | cksum | cut -d ' ' -f 1)
    printf '{"size": %s, "image_std": 0.5}' "$size" >"$corpus/processor-config/$name.json"
done

# seed NAME HEADER BYTES: a file of this header and as many bytes of data
seed() {
    length=$(printf '%s' "$2" | wc -c)
    {
        # shellcheck disable=SC2059  # the length, as octal escapes
        printf "$(printf '\\%03o\\%03o' $((length % 256)) $((length / 256)))"
        printf '\0\0\0\0\0\0%s' "$2"
        head -c "$3" /dev/zero
    } >"$corpus/safetensors/$1"
}

seed empty '{}' 0
seed metadata '{"__metadata__":{"format":"pt"}}' 0
for dtype in F32:4 F16:2 BF16:2 F64:8 I64:8 BOOL:1 U8:1 F8_E4M3:1; do
    bytes=${dtype#*:}
    dtype=${dtype%:*}
    seed "$dtype" "{\"a\":{\"dtype\":\"$dtype\",\"shape\":[2,3],\"data_offsets\":[0,$((6 * bytes))]}}" \
        $((6 * bytes))
done
seed two '{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"F16","shape":[0],"data_offsets":[4,4]}}' 4

printf '{"weight_map": {"a": "a.safetensors", "b": "b.safetensors"}}' >"$corpus/index/two"
printf '\357\273\277one\r\ntwo\n\n' >"$corpus/labels/two"
printf 'one\n' >"$corpus/labels/one"
# first byte: what fuzz-properties does with the text
printf '\0\006384x512' >"$corpus/properties/input-size"
printf '\1\0060,1,5' >"$corpus/properties/label-ids"
printf '\2\006pastel' >"$corpus/properties/palette"
printf '\3\006vulkan:1' >"$corpus/properties/device"
printf '\4\006latest' >"$corpus/properties/mode"
# {"a": a float32 tensor of 4 numbers}, as Python's pickle module writes it
printf '\200\2}(X\1\0\0\0actorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\n' \
    >"$corpus/pytorch/tensor"
printf 'X\1\0\0\0000X\3\0\0\0cpuK\4tQK\0K\4\205K\1\205\211ccollections\nOrderedDict\n)RtRu.' \
    >>"$corpus/pytorch/tensor"
# every string of the readers is a word worth trying
grep -ohE '"[A-Za-z_0-9]+"' "$1/model/checkpoint/config.c" "$1/model/checkpoint/processor_config.c" \
    "$1/model/checkpoint/safetensors.c" | sort -u >"$corpus/words.dict"
echo "$(find "$corpus" -type f | wc -l) seeds in $corpus"
