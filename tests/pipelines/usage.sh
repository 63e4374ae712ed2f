#!/bin/sh
# Without arguments, a script that needs some says what they are, and fails.
# shellcheck source=tests/pipelines/common.sh
. "$(dirname "$0")/common.sh"
for name in effects file get-checkpoint metadata picture publish-kafka publish-mqtt record \
    segment-video; do
    ! "$pipelines/$name.sh" >usage 2>&1 || exit 1
    grep -q "^    pipelines/$name.sh [A-Z]" usage
    ! grep -q "set -eu" usage || exit 1
done
