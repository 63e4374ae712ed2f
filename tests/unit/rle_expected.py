#!/usr/bin/env python3
"""Writes rle_expected.h: polygons and their masks as pycocotools 2.0 encodes them.

The two functions follow rleFrPoly() and rleToString() of its maskApi.c step by step, with the
arrays that they have there.
"""
# Copyright (C) 2026 The gst-mask2former authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import math
import random


def runs_of_polygon(xy, h, w):
    k, scale = len(xy) // 2, 5.0
    x = [int(scale * xy[2 * j] + .5) for j in range(k)]
    y = [int(scale * xy[2 * j + 1] + .5) for j in range(k)]
    x.append(x[0])
    y.append(y[0])
    u, v = [], []
    for j in range(k):
        xs, xe, ys, ye = x[j], x[j + 1], y[j], y[j + 1]
        dx, dy = abs(xe - xs), abs(ys - ye)
        flip = (dx >= dy and xs > xe) or (dx < dy and ys > ye)
        if flip:
            xs, xe, ys, ye = xe, xs, ye, ys
        if dx == 0 and dy == 0:
            u.append(xs)
            v.append(ys)
        elif dx >= dy:
            s = (ye - ys) / dx
            for d in range(dx + 1):
                t = dx - d if flip else d
                u.append(t + xs)
                v.append(int(ys + s * t + .5))
        else:
            s = (xe - xs) / dy
            for d in range(dy + 1):
                t = dy - d if flip else d
                v.append(t + ys)
                u.append(int(xs + s * t + .5))
    a = []
    for j in range(1, len(u)):
        if u[j] == u[j - 1]:
            continue
        xd = float(u[j] if u[j] < u[j - 1] else u[j] - 1)
        xd = (xd + .5) / scale - .5
        if math.floor(xd) != xd or xd < 0 or xd > w - 1:
            continue
        yd = float(min(v[j], v[j - 1]))
        yd = math.ceil(min(max((yd + .5) / scale - .5, 0), h))
        a.append(int(xd) * h + yd)
    a = sorted(a + [h * w])
    a = [b - c for b, c in zip(a, [0] + a[:-1])]
    runs, j = [a[0]], 1
    while j < len(a):
        if a[j] > 0:
            runs.append(a[j])
            j += 1
        else:
            j += 1
            if j < len(a):
                runs[-1] += a[j]
                j += 1
    return runs


def text_of_runs(runs):
    text = ''
    for i, x in enumerate(runs):
        if i > 2:
            x -= runs[i - 2]
        more = True
        while more:
            c = x & 0x1f
            x >>= 5
            more = x != -1 if c & 0x10 else x != 0
            text += chr((c | 0x20 if more else c) + 48)
    return text


def polygons():
    yield [2, 3, 7, 3, 7, 8, 2, 8]
    yield [-5, -5, 30, -4.5, 30, 60, -5, 60]
    yield [3, 3, 3, 3, 9.5, 9.25, 3, 9.25]
    yield [1, 1, 12, 9, 1, 9, 12, 1]
    rand = random.Random(20)
    for i in range(12):
        yield [round(rand.uniform(-4, 28), 2) for _ in range(2 * rand.randint(3, 12))]


def main():
    print('/* Made by rle_expected.py.\n *\n * Copyright (C) 2026 The gst-mask2former authors\n'
          ' * SPDX-License-Identifier: LGPL-2.1-or-later\n */\n#define RLE_WIDTH 24\n'
          '#define RLE_HEIGHT 18\n\nstatic const struct {\n    int n; /* corners */\n'
          '    double points[24];\n    const char *text;\n} polygons[] = {')
    for xy in polygons():
        text = text_of_runs(runs_of_polygon(xy, 18, 24)).replace('\\', '\\\\')
        print(f'    {{ {len(xy) // 2}, {{ {", ".join(map(str, xy[:12]))}', end='')
        print(f',\n        {", ".join(map(str, xy[12:]))} }},' if xy[12:] else ' },')
        print(f'        "{text}" }},')
    print('};')


main()
