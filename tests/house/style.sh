#!/bin/sh
# Checks by git grep what a reader would stumble over.  There is no formatter: it would undo the
# aligned shapes behind the lines of the forward pass.
set -u
cd "$1" || exit 1
bad=0
code="*.c *.h *.def *.comp *.glsl *.sh meson.build */meson.build meson_options.txt *.md"

complain() {
    echo "  ^ $1" >&2
    bad=1
}

# shellcheck disable=SC2086  # a list of patterns
{
    git grep -nP '\t' -- $code && complain 'a tab'
    git grep -nP ' +$' -- $code && complain 'space at the end of a line'
    git grep -nIP '[^\x00-\x7F]' -- '*.c' '*.h' '*.comp' '*.glsl' && complain 'not ASCII'
    git grep -nE '\b(TODO|FIXME|XXX|HACK)\b' -- $code ':!tests/house/style.sh' && complain 'unfinished'
    git grep -nP '^.{101,}$' -- '*.c' '*.h' '*.comp' '*.glsl' &&
        complain 'longer than 100 columns'
}
# the dialects of CONTRIBUTING.md, as far as a pattern can tell
git grep -nE '(^|[^:"])//' -- '*.c' '*.h' && complain 'a comment is /* ... */'
git grep -nE '\b(if|for|while|switch|return|sizeof)\(' -- '*.c' '*.h' && complain 'no space before ('
git grep -nE '(&&|\|\|)$' -- '*.c' '*.h' ':!gst/*' ':!tests/gst/*' ':!model/compute/cpu/*' &&
    complain 'a condition breaks before && and ||'
git grep -nE '\b(if|while) \(.*[!=]= NULL' -- model gst ':!model/compute/cpu/*' &&
    complain 'a pointer is tested with p and !p'
# a message may quote a file: it is made printable in one place
git grep -nE 'g_(set_error|error_new)[a-z_]* \(.*M2F_ERROR,' -- model ':!model/error.c' &&
    complain 'errors of M2F_ERROR are set by m2f_set_error ()'
# the layer of tensors and ops never mentions the network that it serves
git grep -niE 'swin_|mask2former' -- model/compute shaders | grep -v 'The gst-mask2former authors' &&
    complain 'model/compute/ and shaders/ know tensors and ops, not Mask2Former'
# which backbones there are is known to them, their config and the choice between them
git grep -niE 'swin' -- 'model/*.c' 'model/*.h' ':!model/compute' ':!model/network/swin*' \
    ':!model/network/backbone.*' ':!model/checkpoint/swin*_config.*' \
    ':!model/checkpoint/backbone_*' &&
    complain 'only backbone.c and backbone_choice.c know which backbones there are'
for file in $(git ls-files '*.c' '*.h' '*.comp' '*.glsl'); do
    lines=$(wc -l <"$file")
    [ "$lines" -le 800 ] || { echo "$file: $lines lines"; complain 'over 800 lines: make it two'; }
    head -n 8 "$file" | grep -q 'SPDX-License-Identifier: LGPL-2.1-or-later' ||
        { echo "$file"; complain 'no licence line'; }
    [ -z "$(tail -c 1 "$file")" ] || { echo "$file"; complain 'no newline at the end'; }
done
exit $bad
