#!/usr/bin/env python3
"""Writes loss_expected.h: losses of predictions as transformers 5.12.1 computes them.

Needs transformers (tests/bench/setup-reference.sh).  The predictions are those of a fixture;
test-loss.c draws the same targets and the same random numbers, which take the place of
torch.rand() here.
"""
# Copyright (C) 2026 The gst-mask2former authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import os

import numpy
import torch
from safetensors.torch import load_file
from transformers import Mask2FormerConfig
from transformers.models.mask2former.modeling_mask2former import Mask2FormerLoss

HERE = os.path.dirname(os.path.abspath(__file__))
BATCH = load_file(os.path.join(HERE, '../data/stages/batch/expected.safetensors'))
HEIGHT, WIDTH = 26, 38
# points, oversample, importance, no object, class, mask, dice; segments of the three pictures
CASES = [
    ('plain', 100, 3.0, 0.75, 0.1, 2.0, 5.0, 5.0, (3, 2, 4)),
    ('few points', 7, 1.5, 0.4, 0.5, 1.0, 0.5, 3.0, (1, 1, 1)),
    ('all random', 64, 2.0, 0.0, 0.0, 2.0, 5.0, 5.0, (5, 3, 2)),
    ('more segments than queries', 50, 3.0, 1.0, 0.1, 2.0, 5.0, 5.0, (9, 1, 6)),
    ('dense', HEIGHT * WIDTH, 1.0, 0.0, 0.1, 2.0, 5.0, 5.0, (3, 2, 4)),
]
state = 1


def draw(n):
    global state
    state = (state * 1664525 + 1013904223) & 0xffffffff
    return (state >> 16) % n


def draw_targets(counts, labels):
    classes, masks = [], []
    for n in counts:
        m = numpy.zeros((n, HEIGHT, WIDTH), numpy.float32)
        c = []
        for i in range(n):
            c.append(draw(labels))
            y, x = draw(HEIGHT), draw(WIDTH)
            m[i, y:y + 1 + draw(HEIGHT), x:x + 1 + draw(WIDTH)] = 1
        classes.append(torch.tensor(c))
        masks.append(torch.from_numpy(m))
    return classes, masks


def drawn(*shape, device=None):
    count = torch.Size(shape).numel()
    return torch.tensor([draw(65536) / 65536 for _ in range(count)]).reshape(shape)


def centres(*shape, device=None):
    """Of the pixels, as many times as there are masks."""
    if shape[1] == 0:
        return torch.zeros(shape)
    y, x = torch.meshgrid((torch.arange(HEIGHT) + 0.5) / HEIGHT, (torch.arange(WIDTH) + 0.5) / WIDTH,
                          indexing='ij')
    return torch.stack([x, y], -1).reshape(1, -1, 2).repeat(shape[0], 1, 1)


def main():
    global state
    print('/* Made by loss_expected.py.\n *\n * Copyright (C) 2026 The gst-mask2former authors\n'
          ' * SPDX-License-Identifier: LGPL-2.1-or-later\n */\nstatic const struct {\n'
          '    const char *name;\n    int points;\n    double oversample, importance;\n'
          '    double no_object, class, mask, dice; /* weights */\n'
          '    int segments[3];      /* of the three pictures */\n'
          '    double terms[2][3];   /* of the output and of the first prediction: cross entropy,\n'
          '                           * mask, dice */\n} expected[] = {')
    for name, points, over, importance, empty, cls, mask, dice, counts in CASES:
        state = 1
        config = Mask2FormerConfig(
            no_object_weight=empty, class_weight=cls, mask_weight=mask, dice_weight=dice,
            train_num_points=points, oversample_ratio=over, importance_sample_ratio=importance,
            num_labels=BATCH['class_queries_logits'].shape[2] - 1)
        criterion = Mask2FormerLoss(config, {})
        classes, masks = draw_targets(counts, config.num_labels)
        torch.rand = centres if name == 'dense' else drawn
        terms = []
        for c, m in (('class_queries_logits', 'masks_queries_logits'),
                     ('decoder.aux_classes.0', 'decoder.aux_masks.0')):
            loss = criterion(BATCH[m], BATCH[c], masks, classes)
            terms.append((loss['loss_cross_entropy'] * cls, loss['loss_mask'] * mask,
                          loss['loss_dice'] * dice))
        numbers = ',\n          '.join('{ ' + ', '.join(f'{float(v):.8g}' for v in t) + ' }' for t in terms)
        print(f'    {{ "{name}", {points}, {over}, {importance}, {empty}, {cls}, {mask}, {dice},\n'
              f'        {{ {counts[0]}, {counts[1]}, {counts[2]} }},\n        {{ {numbers} }} }},')
    print('};')


main()
