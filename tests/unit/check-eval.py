#!/usr/bin/env python3
"""m2f eval and the files of m2f run, on datasets made of what m2f itself finds.

    check-eval.py M2F CHECKPOINT PICTURE

A dataset whose truth is what the checkpoint finds must score 1, one that lacks a known part of it
what that makes.
"""
# Copyright (C) 2026 The gst-mask2former authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from collections import Counter

m2f, checkpoint, picture = sys.argv[1:]
COMMON = ['--device', 'cpu', '--threads', '2', '--precision', 'fp32']


def run(*args):
    result = subprocess.run([m2f, *args], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def write_png(path, rows, depth):
    """Grey levels of 8 or 16 bits, or, with a depth of 24, numbers as R + 256 G + 65536 B."""
    def chunk(kind, data):
        return (struct.pack('>I', len(data)) + kind + data
                + struct.pack('>I', zlib.crc32(kind + data)))
    def pixel(value):
        return value.to_bytes(3, 'little') if depth == 24 else value.to_bytes(depth // 8, 'big')
    head = struct.pack('>IIBBBBB', len(rows[0]), len(rows), 8 if depth == 24 else depth,
                       2 if depth == 24 else 0, 0, 0, 0)
    body = b''.join(b'\0' + b''.join(map(pixel, row)) for row in rows)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + chunk(b'IDAT', zlib.compress(body))
                   + chunk(b'IEND', b''))


def read_grey_png(path):
    """Only of libpng's simplified writer: 8 bits, any filter."""
    with open(path, 'rb') as file:
        data = file.read()
    width, height = struct.unpack('>II', data[16:24])
    at, body = 8, b''
    while at < len(data):
        size, = struct.unpack('>I', data[at:at + 4])
        if data[at + 4:at + 8] == b'IDAT':
            body += data[at + 8:at + 8 + size]
        at += 12 + size
    raw, rows, before = zlib.decompress(body), [], bytes(width)
    for y in range(height):
        kind, line = raw[y * (width + 1)], bytearray(raw[y * (width + 1) + 1:(y + 1) * (width + 1)])
        for x in range(width):
            a, b = line[x - 1] if x else 0, before[x]
            c = before[x - 1] if x else 0
            p = a + b - c
            nearest = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            line[x] = (line[x] + [0, a, b, (a + b) // 2, nearest][kind]) & 255
        rows.append(list(line))
        before = line
    return rows


def map_of(result):
    """The label map that --rle wrote, as rows of the index of the value."""
    flat = [None] * (result['width'] * result['height'])
    for index, runs in enumerate(result['segmentation']):
        for start, length in zip(runs[::2], runs[1::2]):
            for i in range(start - 1, start - 1 + length):
                assert flat[i] is None, 'two values have a pixel'
                flat[i] = index
    assert None not in flat, 'a pixel has no value'
    return [flat[i:i + result['width']] for i in range(0, len(flat), result['width'])]


def ids_of(result):
    """Rows of ids: 0 for void, the id of the segment else, from the runs' order."""
    rows = map_of(result)
    ids = sorted(s['id'] for s in result['segments'] if s['area'] > 0)
    n = len(result['segmentation'])
    values = ids if n == len(ids) else [0] + ids
    assert len(values) == n, 'void and the segments are the values'
    return [[values[v] for v in row] for row in rows]


def segment(*args):
    return run('run', checkpoint, picture, '--threshold', '0.05', *COMMON, *args)


def evaluate(*args):
    return run('eval', checkpoint, *args, '--threshold', '0.05', *COMMON)


def check(what, found, expected):
    assert abs(found - expected) < 1e-9, f'{what}: {found}, expected {expected}'


def check_masks(scratch):
    found = segment('--task', 'panoptic', '--rle', '--binary-masks', scratch + '/masks')
    ids = ids_of(found)
    for index, s in enumerate(found['segments']):
        rows = read_grey_png(f'{scratch}/masks/{index}.png')
        assert all((v == 255) == (i == s['id']) and v in (0, 255)
                   for row, id_row in zip(rows, ids) for v, i in zip(row, id_row))
        assert sum(map(sum, rows)) == 255 * s['area']
    assert found['segments'], 'the checkpoint finds something'
    return found, ids


def labels():
    return [label['name'] if isinstance(label, dict) else label
            for label in run('info', checkpoint)['labels']]


def coco_panoptic(scratch, found, ids, drop, crowd=None):
    """Writes a dataset without segment `drop`, in which `crowd` is a crowd; its path."""
    name = os.path.basename(picture)
    categories = [{'id': 100 + i, 'name': label} for i, label in enumerate(labels())]
    infos = [{'id': s['id'] + 1000, 'category_id': 100 + s['label_id'],
              'iscrowd': int(s['id'] == crowd)} for s in found['segments'] if s['id'] != drop]
    root = {'images': [{'id': 5, 'file_name': name}], 'categories': categories,
            'annotations': [{'image_id': 5, 'file_name': 'a.png', 'segments_info': infos}]}
    write_png(scratch + '/truth/a.png',
              [[0 if v in (0, drop) else v + 1000 for v in row] for row in ids], 24)
    with open(scratch + '/truth.json', 'w', encoding='utf-8') as file:
        json.dump(root, file)
    return scratch + '/truth.json'


def check_panoptic(scratch, found, ids):
    images = os.path.dirname(os.path.abspath(picture))
    path = coco_panoptic(scratch, found, ids, None)
    score = evaluate(path, '--images', images, '--task', 'panoptic')
    for name in ('pq', 'sq', 'rq'):
        check(name, score['all'][name], 1)
    assert score['all']['classes'] == len({s['label_id'] for s in found['segments']})
    check('mIoU', score['miou'], 1)
    # the same as a video of one frame
    with open(path, encoding='utf-8') as file:
        root = json.load(file)
    root['videos'] = [{'video_id': 'v', 'images': root.pop('images')}]
    root['annotations'] = [{'video_id': 'v', 'annotations': root['annotations']}]
    os.makedirs(scratch + '/imgs/v')
    shutil.copy(picture, scratch + '/imgs/v/')
    os.makedirs(scratch + '/truth/v')
    shutil.copy(scratch + '/truth/a.png', scratch + '/truth/v/a.png')
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(root, file)
    score = evaluate(path, '--images', scratch + '/imgs', '--task', 'panoptic')
    assert score['videos'] == 1
    check('VPQ', score['vpq']['1'], 1)
    check('SQ', score['sq'], 1)
    # a segment that was not found
    extra = [dict(s) for s in found['segments']]
    extra.append({'id': 99, 'label_id': extra[0]['label_id']})
    corner = [[99 if v == 0 else v for v in row] for row in ids]
    if any(99 in row for row in corner):
        score = evaluate(coco_panoptic(scratch, {'segments': extra}, corner, None), '--images',
                         images, '--task', 'panoptic')
        n = len({s['label_id'] for s in found['segments']})
        own = sum(s['label_id'] == extra[0]['label_id'] for s in found['segments'])
        check('PQ with one missed', score['all']['pq'], (n - 1 + own / (own + 0.5)) / n)


def quality(truth, found, label, crowd):
    """PQ, SQ and RQ by the formulas of the paper, of rows of ids, 0 for void."""
    pairs = Counter((t, f) for a, b in zip(truth, found) for t, f in zip(a, b))
    area_t, area_f = Counter(), Counter()
    for (t, f), n in pairs.items():
        area_t[t] += n
        area_f[f] += n
    counts = {c: [0, 0, 0, 0] for c in label.values()}
    matched = set()
    for (t, f), n in pairs.items():
        if 0 in (t, f) or t == crowd or label[t] != label[f]:
            continue
        iou = n / (area_t[t] + area_f[f] - n - pairs[0, f])
        if iou > 0.5:
            counts[label[t]][0] += iou
            counts[label[t]][1] += 1
            matched |= {('t', t), ('f', f)}
    for t in area_t:
        if t not in (0, crowd) and ('t', t) not in matched:
            counts[label[t]][2] += 1
    for f in area_f:
        if f == 0 or ('f', f) in matched:
            continue
        excused = pairs[0, f] + (pairs[crowd, f] if label[f] == label[crowd] else 0)
        if excused / area_f[f] <= 0.5:
            counts[label[f]][3] += 1
    rows = [(iou / (tp + (fn + fp) / 2), iou / tp if tp else 0, tp / (tp + (fn + fp) / 2))
            for iou, tp, fn, fp in counts.values() if tp + fn + fp]
    return [sum(row[i] for row in rows) / len(rows) for i in range(3)]


def check_other_truth(scratch, found, ids):
    """What is found lies beside the truth, which lacks a segment and has a crowd."""
    segments = sorted(found['segments'], key=lambda s: -s['area'])
    drop, crowd = segments[1]['id'], segments[-1]['id']
    truth = [row[-25:] + row[:-25] for row in ids]
    path = coco_panoptic(scratch, found, truth, drop, crowd)
    score = evaluate(path, '--images', os.path.dirname(os.path.abspath(picture)), '--task',
                     'panoptic')
    expected = quality([[0 if v == drop else v for v in row] for row in truth], ids,
                       {s['id']: s['label_id'] for s in segments}, crowd)
    assert 0.05 < expected[0] < 0.95, expected
    for name, value in zip(('pq', 'sq', 'rq'), expected):
        check(name, score['all'][name], value)


def check_semantic(scratch):
    found = segment('--task', 'semantic', '--rle')
    label = {s['id']: s['label_id'] for s in found['segments']}
    rows = [[label[v] + 1 if v in label else 0 for v in row] for row in ids_of(found)]
    stem = os.path.splitext(os.path.basename(picture))[0]
    os.makedirs(scratch + '/ade/images/validation')
    end = '.png' if picture.endswith('.png') else '.jpg'
    shutil.copy(picture, f'{scratch}/ade/images/validation/{stem}{end}')
    write_png(f'{scratch}/ade/annotations/validation/{stem}.png', rows, 8)
    check('mIoU', evaluate(scratch + '/ade', '--format', 'ade20k')['miou'], 1)


def check_cityscapes(scratch, found, ids):
    """The sky as it is found, a person in the place of another segment, all else void."""
    by_label = {s['label']: s['id'] for s in found['segments']}
    wrong = next(i for label, i in by_label.items() if label != 'sky')
    number = {by_label['sky']: 23, wrong: 24007}
    end = os.path.splitext(picture)[1]
    os.makedirs(scratch + '/city/leftImg8bit/val/a')
    shutil.copy(picture, f'{scratch}/city/leftImg8bit/val/a/a_0_leftImg8bit{end}')
    write_png(scratch + '/city/gtFine/val/a/a_0_gtFine_instanceIds.png',
              [[number.get(v, 0) for v in row] for row in ids], 16)
    score = evaluate(scratch + '/city', '--format', 'cityscapes', '--task', 'panoptic')
    assert score['all']['classes'] == 3, score
    check('PQ', score['all']['pq'], 1 / 3)
    check('PQ of things', score['things']['pq'], 0)


def instance_dataset(scratch, found, masks):
    """Writes a dataset of masks, sets of (x, y) by the index of their segment; its path."""
    annotations = []
    for index, mask in masks.items():
        counts, value = [0], 0
        for x in range(found['width']):
            for y in range(found['height']):
                if ((x, y) in mask) != value:
                    value = not value
                    counts.append(0)
                counts[-1] += 1
        annotations.append({'image_id': 1, 'iscrowd': 0,
                            'category_id': 100 + found['segments'][index]['label_id'],
                            'segmentation': {'size': [found['height'], found['width']],
                                             'counts': counts}})
    root = {'images': [{'id': 1, 'file_name': os.path.basename(picture),
                        'width': found['width'], 'height': found['height']}],
            'categories': [{'id': 100 + i, 'name': name} for i, name in enumerate(labels())],
            'annotations': annotations}
    with open(scratch + '/instances.json', 'w', encoding='utf-8') as file:
        json.dump(root, file)
    return scratch + '/instances.json'


def marks(truth, found, threshold):
    """Whether each of what is found, the best first, matches one that is there."""
    free = list(truth)
    for _, mask in found:
        overlaps = [len(mask & t) / len(mask | t) for t in free]
        best = max(range(len(free)), key=lambda i: overlaps[i], default=None)
        right = best is not None and overlaps[best] >= threshold
        if right:
            del free[best]
        yield right


def average_precision(truth, found, threshold):
    """Of a class in one picture: the mean of the best precision at 101 recalls or above."""
    curve, right = [], 0
    for n, is_right in enumerate(marks(truth, found, threshold), 1):
        right += is_right
        curve.append((right / len(truth), right / n))
    return sum(max((p for recall, p in curve if recall >= r * 0.01), default=0)
               for r in range(101)) / 101


def check_instances(scratch):
    found = segment('--task', 'instance', '--rle', '--binary-masks', scratch + '/instances')
    masks = {}
    for index in range(len(found['segments'])):
        rows = read_grey_png(f'{scratch}/instances/{index}.png')
        masks[index] = {(x, y) for y, row in enumerate(rows) for x, v in enumerate(row) if v}
    where = ('--format', 'coco', '--images', os.path.dirname(os.path.abspath(picture)))
    score = evaluate(instance_dataset(scratch, found, masks), *where)
    for name in ('ap', 'ap50', 'ap75'):
        check(name, score[name], 1)

    # every third is not there, the others lie beside what is found
    truth = {i: {(x + 3, y) for x, y in mask if x + 3 < found['width']}
             for i, mask in masks.items() if i % 3 != 1}
    score = evaluate(instance_dataset(scratch, found, truth), *where)
    segments = found['segments']
    figures = []
    for label in {segments[i]['label_id'] for i in truth}:
        there = [truth[i] for i in truth if segments[i]['label_id'] == label]
        seen = sorted(((s['score'], masks[i]) for i, s in enumerate(segments)
                       if s['label_id'] == label), key=lambda pair: -pair[0])
        figures.append([average_precision(there, seen, 0.5 + k * 0.05) for k in range(10)])
    expected = [sum(column) / len(figures) for column in zip(*figures)]
    assert 0.05 < sum(expected) / 10 < 0.95, expected
    check('AP', score['ap'], sum(expected) / 10)
    check('AP50', score['ap50'], expected[0])
    check('AP75', score['ap75'], expected[5])


def check_progress(scratch):
    """On a terminal standard error says how far it is; there is one line of JSON in any case."""
    args = [m2f, 'eval', checkpoint, scratch + '/ade', '--format', 'ade20k', *COMMON]
    quiet = subprocess.run(args, capture_output=True, text=True, check=True)
    assert not quiet.stderr and len(quiet.stdout.splitlines()) == 1
    terminal, end = pty.openpty()
    shown = subprocess.run(args, stdout=subprocess.PIPE, stderr=end, text=True, check=True)
    progress = os.read(terminal, 4096).decode()
    os.close(end)
    os.close(terminal)
    assert re.search(r'1 of 1, [0-9.]+ per second, 0:00 left', progress), progress
    without_time = [{k: v for k, v in json.loads(text).items() if k != 'ms_per_picture'}
                    for text in (quiet.stdout, shown.stdout)]
    assert without_time[0] == without_time[1]


def check_errors(scratch):
    os.mkfifo(scratch + '/fifo.json')
    for args, words in [((scratch + '/none.json',), 'none.json'),
                        ((scratch + '/fifo.json', '--format', 'coco'), 'found a FIFO'),
                        (('/dev/zero', '--format', 'coco-panoptic'), 'character device'),
                        ((scratch, '--format', 'ade20k'), 'annotations'),
                        ((scratch, '--format', 'voc'), 'coco-panoptic, coco, ade20k, cityscapes'),
                        ((scratch + '/instances.json', '--format', 'coco', '--task', 'semantic'),
                         'semantic')]:
        result = subprocess.run([m2f, 'eval', checkpoint, *args, *COMMON], capture_output=True,
                                text=True, check=False)
        last = result.stderr.strip().splitlines()[-1]
        assert result.returncode == 1 and words in last, result.stderr


def main():
    with tempfile.TemporaryDirectory() as scratch:
        found = check_masks(scratch)
        check_panoptic(scratch, *found)
        check_other_truth(scratch, *found)
        check_cityscapes(scratch, *found)
        check_semantic(scratch)
        check_progress(scratch)
        check_instances(scratch)
        check_errors(scratch)


main()
