#!/usr/bin/env python3
"""Writes batches_expected.h: a batch of pictures as transformers 5.12.1 makes the network's input.

Needs transformers (tests/bench/setup-reference.sh).
"""
# Copyright (C) 2026 The gst-mask2former authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import os

import numpy as np
from transformers import Mask2FormerImageProcessor

HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = [(60, 100), (100, 60), (37, 90)]
STEP = 997


def picture(height, width):
    """The noise that test-batches.c draws."""
    v = np.arange(height * width * 3, dtype=np.uint32) * np.uint32(2654435761)
    v = (v ^ (v >> np.uint32(15))) * np.uint32(2246822519)
    return (v >> np.uint32(24)).astype(np.uint8).reshape(height, width, 3)


processor = Mask2FormerImageProcessor.from_pretrained(os.path.join(HERE, '../data/fixtures/wide-masks'))
batch = processor([picture(*size) for size in SIZES], return_tensors='pt')
values, mask = batch['pixel_values'], batch['pixel_mask']
print('/* Made by batches_expected.py.\n *\n * Copyright (C) 2026 The gst-mask2former authors\n'
      ' * SPDX-License-Identifier: LGPL-2.1-or-later\n */')
print(f'#define STEP {STEP} /* every one so many of pixel_values is below */')
print('static const int sizes[][2] = {', ', '.join(f'{{ {h}, {w} }}' for h, w in SIZES), '};')
print('static const int shape[] = {', ', '.join(map(str, values.shape)), '};')
print('/* pixels inside of each picture, and the sums of their rows and of their columns */')
print('static const int inside[][3] = {')
for m in mask:
    y, x = m.nonzero(as_tuple=True)
    print(f'    {{ {len(y)}, {int(y.sum())}, {int(x.sum())} }},')
print('};\nstatic const float values[] = {')
numbers = [f'{float(v):.8g}f' if '.' in f'{float(v):.8g}' or 'e' in f'{float(v):.8g}' else f'{float(v):.8g}'
           for v in values.flatten()[::STEP]]
for i in range(0, len(numbers), 7):
    print('    ' + ', '.join(numbers[i:i + 7]) + ',')
print('};')
