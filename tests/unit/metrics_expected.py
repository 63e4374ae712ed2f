#!/usr/bin/env python3
"""Writes metrics_expected.h: figures of random segmentations by the formulas of the papers.

Plain and slow on purpose: sets of pixels and dictionaries, nothing shared with the library.
test-evaluation.c draws the same segmentations from the same random numbers.
"""
# Copyright (C) 2026 The gst-mask2former authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import math

WIDTH, HEIGHT, FRAMES, CLASSES = 20, 14, 6, 5
IS_THING = [False, True, True, True, False]
state = 0


def rand(n):
    global state
    state = (state * 1664525 + 1013904223) & 0xffffffff
    return (state >> 16) % n


def class_of(segment):
    return segment * 3 % CLASSES


def paint(ids, segment):
    x, y = rand(WIDTH), rand(HEIGHT)
    w, h = 1 + rand(12), 1 + rand(9)
    for v in range(y, min(y + h, HEIGHT)):
        for u in range(x, min(x + w, WIDTH)):
            ids[v * WIDTH + u] = segment


def draw_clip(seed):
    """Frames of (truth, found), lists of ids; truth 7 is a crowd."""
    global state
    state = seed
    frames = []
    for _ in range(FRAMES):
        truth = [0] * (WIDTH * HEIGHT)
        for _ in range(9):
            paint(truth, rand(8))
        found = list(truth)
        if rand(3) == 0:
            found = [9 if i == 3 else 8 if i == 1 else i for i in found]
        for _ in range(3):
            paint(found, rand(10))
        frames.append((truth, found))
    return frames


def pixels_by_id(frames, which):
    out = {}
    for t, frame in enumerate(frames):
        for i, segment in enumerate(frame[which]):
            out.setdefault(segment, set()).add((t, i))
    return out


def panoptic_counts(frames, counts):
    truth, found = pixels_by_id(frames, 0), pixels_by_id(frames, 1)
    void = truth.pop(0, set())
    found.pop(0, set())
    matched = set()
    for t, a in truth.items():
        for f, b in found.items():
            if t == 7 or class_of(t) != class_of(f):
                continue
            iou = len(a & b) / len((a | b) - (void & b))
            if iou > 0.5:
                counts[class_of(t)][0] += iou
                counts[class_of(t)][1] += 1
                matched |= {('t', t), ('f', f)}
    for t in truth:
        if t != 7 and ('t', t) not in matched:
            counts[class_of(t)][3] += 1
    for f, b in found.items():
        if ('f', f) in matched:
            continue
        excused = len(b & void)
        if class_of(f) == class_of(7):
            excused += len(b & truth.get(7, set()))
        if excused / len(b) <= 0.5:
            counts[class_of(f)][2] += 1


def quality(counts):
    rows = [(iou / (tp + fp / 2 + fn / 2), iou / tp if tp else 0, tp / (tp + fp / 2 + fn / 2))
            for iou, tp, fp, fn in counts if tp + fp + fn]
    return [sum(row[i] for row in rows) / len(rows) for i in range(3)]


def pq(clips):
    counts = [[0, 0, 0, 0] for _ in range(CLASSES)]
    for clip in clips:
        for frame in clip:
            panoptic_counts([frame], counts)
    return quality(counts)


def vpq(clips, k):
    counts = [[0, 0, 0, 0] for _ in range(CLASSES)]
    for clip in clips:
        for i in range(len(clip) - k + 1):
            panoptic_counts(clip[i:i + k], counts)
    return quality(counts)[0]


def miou(clips):
    both, either = [0] * CLASSES, [0] * CLASSES
    for clip in clips:
        for truth, found in clip:
            for t, f in zip(truth, found):
                a, b = class_of(t) if t else None, class_of(f) if f else None
                if a is None:
                    continue
                for c in range(CLASSES):
                    both[c] += a == c and b == c
                    either[c] += a == c or b == c
    ious = [b / e for b, e in zip(both, either) if e]
    return sum(ious) / len(ious)


def association(clips):
    total, n = 0, 0
    for clip in clips:
        truth, found = pixels_by_id(clip, 0), pixels_by_id(clip, 1)
        crowd = truth.get(7, set()) if IS_THING[class_of(7)] else set()
        for t, a in truth.items():
            if t in (0, 7) or not IS_THING[class_of(t)]:
                continue
            part = 0
            for f, b in found.items():
                if f == 0 or not IS_THING[class_of(f)]:
                    continue
                common = len(a & b)
                part += common * common / len(a | (b - crowd)) if common else 0
            total += part / len(a)
            n += 1
    return total / n


def draw_instances(seed):
    """Pictures of (truth, found): lists of (class, score or crowd, pixels)."""
    global state
    state = seed
    pictures = []
    for _ in range(12):
        picture = []
        for count in (1 + rand(5), rand(9)):
            instances = []
            for _ in range(count):
                ids = [0] * (WIDTH * HEIGHT)
                label, mark = rand(3), rand(8)
                paint(ids, 1)
                instances.append((label, mark, frozenset(i for i, v in enumerate(ids) if v)))
            picture.append(instances)
        # most of what is there is found as well
        for label, mark, mask in picture[0]:
            if rand(4):
                picture[1].append((label, rand(8), frozenset(i for i in mask if rand(6))))
        pictures.append(picture)
    return pictures


def average_precision(pictures):
    def iou(found, truth, crowd):
        either = len(found) if crowd else len(found | truth)
        return len(found & truth) / either if either else 0
    figures = []
    for k in range(10):
        threshold = 0.5 + k * ((0.95 - 0.5) / 9)
        per_class = []
        for label in range(3):
            marks, n_truth = [], 0
            for truth, found in pictures:
                gts = sorted((g for g in truth if g[0] == label), key=lambda g: g[1] == 0)
                dts = sorted((d for d in found if d[0] == label), key=lambda d: -d[1])
                n_truth += sum(g[1] != 0 for g in gts)
                used = set()
                for d in dts:
                    best, match = min(threshold, 1 - 1e-10), None
                    for i, g in enumerate(gts):
                        if i in used and g[1] != 0:
                            continue
                        if match is not None and gts[match][1] != 0 and g[1] == 0:
                            break
                        value = iou(d[2], g[2], g[1] == 0)
                        if value >= best:
                            best, match = value, i
                    if match is not None:
                        used.add(match)
                    if match is None or gts[match][1] != 0:
                        marks.append((d[1], match is not None))
            if not n_truth:
                continue
            marks.sort(key=lambda m: -m[0])
            right = wrong = 0
            curve = []
            for _, is_right in marks:
                right += is_right
                wrong += not is_right
                curve.append((right / n_truth, right / (right + wrong + 2.0 ** -52)))
            total = 0
            for r in range(101):
                total += max((p for rec, p in curve if rec >= r * 0.01), default=0)
            per_class.append(total / 101)
        figures.append(sum(per_class) / len(per_class))
    return figures


def main():
    clips = [draw_clip(seed) for seed in range(1, 21)]
    aq, sq = association(clips), miou(clips)
    ap = average_precision(draw_instances(99))
    print('/* Made by metrics_expected.py.\n *\n * Copyright (C) 2026 The gst-mask2former authors\n'
          ' * SPDX-License-Identifier: LGPL-2.1-or-later\n */')
    for name, value in zip(('PQ', 'SQ', 'RQ'), pq(clips)):
        print(f'#define EXPECTED_{name} {value!r}')
    for k in (1, 2, 4, 6):
        print(f'#define EXPECTED_VPQ_{k} {vpq(clips, k)!r}')
    print(f'#define EXPECTED_MIOU {sq!r}\n#define EXPECTED_AQ {aq!r}')
    print(f'#define EXPECTED_STQ {math.sqrt(aq * sq)!r}')
    print(f'#define EXPECTED_AP {sum(ap) / 10!r}\n#define EXPECTED_AP_50 {ap[0]!r}')
    print(f'#define EXPECTED_AP_75 {ap[5]!r}')


main()
