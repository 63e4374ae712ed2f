#!/bin/sh
# Runs a program under the Khronos validation layer with synchronization validation and best
# practices; fails if the program does or if the layer reports anything.
#
#     validated.sh HAZARD PROGRAM [ARGUMENT...]
#
# HAZARD is a program with mistakes: unless the layer reports them, it is not on, and its silence
# means nothing.  Exits with 77 when there is no layer or no Vulkan device.
set -u
hazard=$1
shift

scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
# The filtered message says that a call has failed, which is the device's answer and no mistake of the
# caller's: to a buffer larger than its memory, for example.
cat >"$scratch/vk_layer_settings.txt" <<END
khronos_validation.message_id_filter = UNASSIGNED-BestPractices-Error-Result
khronos_validation.debug_action = VK_DBG_LAYER_ACTION_LOG_MSG
khronos_validation.report_flags = error,warn,perf
khronos_validation.log_filename = stdout
khronos_validation.enables = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT,VK_VALIDATION_FEATURE_ENABLE_BEST_PRACTICES_EXT
khronos_validation.duplicate_message_limit = 4
END
export VK_INSTANCE_LAYERS=VK_LAYER_KHRONOS_validation
export VK_LAYER_SETTINGS_PATH="$scratch/vk_layer_settings.txt"
# no pipelines of runs without the layer
export XDG_CACHE_HOME="$scratch/cache"

"$hazard" >"$scratch/hazard" || exit
for mistake in SYNC-HAZARD-WRITE-AFTER-WRITE BestPractices-vkAllocateMemory-small-allocation; do
    grep -q $mistake "$scratch/hazard" || {
        echo "the validation layer does not see a mistake made for it, $mistake: is it on?" >&2
        cat "$scratch/hazard" >&2
        exit 1
    }
done
"$@" >"$scratch/log" 2>&1
status=$?
cat "$scratch/log"
if grep -qE 'VUID-|UNASSIGNED-|BestPractices-|SYNC-HAZARD-|Validation (Error|.*Warning)' "$scratch/log"; then
    echo "the validation layer has something to say" >&2
    exit 1
fi
exit $status
