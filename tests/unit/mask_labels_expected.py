#!/usr/bin/env python3
"""Writes mask_labels_expected.h: segmentation maps as transformers 5.12.1 encodes them.

Needs transformers (tests/bench/setup-reference.sh).  test-mask-labels.c draws the same maps.
"""
# Copyright (C) 2026 The gst-mask2former authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import numpy
from transformers import Mask2FormerImageProcessor

SIZES = [(13, 22), (31, 17), (9, 9)]
CASES = [
    ('exact', {'size': {'height': 20, 'width': 28}}, None, False, False),
    ('edges', {'size': {'shortest_edge': 24, 'longest_edge': 40}, 'size_divisor': 8}, 255, False,
     False),
    ('reduced', {'size': {'shortest_edge': 17, 'longest_edge': 60}, 'size_divisor': 1}, 255, True,
     False),
    ('instances', {'size': {'shortest_edge': 24, 'longest_edge': 40}, 'size_divisor': 8}, 5, False,
     True),
    ('reduced instances', {'do_resize': False}, 255, True, True),
]
state = 1


def draw(n):
    global state
    state = (state * 1664525 + 1013904223) & 0xffffffff
    return (state >> 16) % n


def draw_map(height, width):
    numbers = numpy.zeros((height, width), numpy.uint8)
    for number in range(7):
        y, x = draw(height), draw(width)
        numbers[y:y + 1 + draw(height), x:x + 1 + draw(width)] = number
    return numbers


def checksum(values):
    return int(sum((int(v) + 1) * (i + 1) for i, v in enumerate(values)) % 2 ** 32)


def main():
    maps = [draw_map(*size) for size in SIZES]
    print('/* Made by mask_labels_expected.py.\n *\n * Copyright (C) 2026 The gst-mask2former '
          'authors\n * SPDX-License-Identifier: LGPL-2.1-or-later\n */\n#include <glib.h>\n\n'
          'static const struct {\n    const char *name;\n    int height, width, n;\n'
          '    int classes[8];\n    guint32 masks, pixels; /* checksums */\n'
          f'}} expected[{len(CASES)}][{len(SIZES)}] = {{')
    for name, options, ignore, reduce, instances in CASES:
        processor = Mask2FormerImageProcessor(ignore_index=ignore, do_reduce_labels=reduce,
                                              **options)
        classes = {i: 40 + i // 2 for i in range(8)} if instances else None
        images = [numpy.zeros((*m.shape, 3), numpy.uint8) for m in maps]
        out = processor(images, segmentation_maps=maps, instance_id_to_semantic_id=classes,
                        return_tensors='pt')
        print('    {')
        for masks, labels, pixels in zip(out['mask_labels'], out['class_labels'],
                                         out['pixel_mask']):
            print(f'        {{ "{name}", {pixels.shape[0]}, {pixels.shape[1]}, {len(labels)}, '
                  f'{{ {", ".join(str(int(v)) for v in labels)} }},\n'
                  f'            {checksum(masks.flatten())}u, {checksum(pixels.flatten())}u }},')
        print('    },')
    print('};')


main()
