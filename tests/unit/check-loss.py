#!/usr/bin/env python3
"""m2f loss, m2f forward --attentions, m2f postprocess of a batch and what m2f run cannot write.

    check-loss.py M2F CHECKPOINT IMAGE

IMAGE has any size, CHECKPOINT at least four classes and three decoder layers.
"""
# Copyright (C) 2026 The gst-mask2former authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import json
import os
import struct
import subprocess
import sys
import tempfile
import zlib

m2f, checkpoint, image = sys.argv[1:]


def write_map(path, width, height, number):
    """A PNG of grey levels number (x, y)."""
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data \
            + struct.pack('>I', zlib.crc32(kind + data))
    rows = b''.join(b'\0' + bytes(number(x, y) for x in range(width)) for y in range(height))
    with open(path, 'wb') as file:
        file.write(b'\x89PNG\r\n\x1a\n'
                   + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 0, 0, 0, 0))
                   + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


def run(*args):
    return subprocess.run([m2f, *args], capture_output=True, text=True)


def loss(*args):
    done = run('loss', checkpoint, image, *args)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refuse(word, *args):
    done = run('loss', checkpoint, image, *args)
    assert done.returncode == 1 and word in done.stderr and done.stderr.count('\n') == 1, done


with tempfile.TemporaryDirectory() as folder:
    path, reduced = os.path.join(folder, 'map.png'), os.path.join(folder, 'reduced.png')
    write_map(path, 40, 30, lambda x, y: 255 if y < 3 else 1 if x < 15 else 3)
    write_map(reduced, 40, 30, lambda x, y: 0 if y < 3 else 2 if x < 15 else 4)

    first = loss(path, '--ignore-index', '255')
    terms = [f'loss_{kind}{index}' for index in ('', '_0', '_1', '_2')
             for kind in ('cross_entropy', 'mask', 'dice')]
    assert list(first) == ['loss', *terms], first
    assert abs(first['loss'] - sum(first[term] for term in terms)) < 1e-5 * first['loss']
    assert loss(path, '--ignore-index', '255') == first
    assert loss(path, '--ignore-index', '255', '--seed', '5')['loss_mask'] != first['loss_mask']
    # the same segments, numbered from 1
    assert loss(reduced, '--ignore-index', '255', '--reduce-labels') == first
    dense = loss(path, '--ignore-index', '255', '--dense')
    assert dense == loss(path, '--ignore-index', '255', '--dense', '--seed', '5')

    # the same segments as instances of their classes
    numbered, instances = (os.path.join(folder, name) for name in ('numbered.png', 'classes.json'))
    write_map(numbered, 40, 30, lambda x, y: 255 if y < 3 else 10 if x < 15 else 20)
    with open(instances, 'w') as file:
        json.dump({10: 1, 20: 3}, file)
    assert loss(numbered, '--ignore-index', '255', '--instances', instances) == first
    refuse('instance 255 has no class', numbered, '--instances', instances)
    with open(instances, 'w') as file:
        json.dump({10: 1, 20: 'three'}, file)
    refuse('"20": expected instances', numbered, '--instances', instances)

    refuse('class 255', path)
    refuse('ignore_index', path, '--reduce-labels')
    refuse('nowhere.png', os.path.join(folder, 'nowhere.png'))
    fifo = os.path.join(folder, 'fifo.png')
    os.mkfifo(fifo)
    refuse('found a FIFO', fifo)  # at once, whether or not anybody writes to it

    dump = os.path.join(folder, 'all.safetensors')
    names = []
    for more in ([], ['--attentions']):
        done = run('forward', checkpoint, image, '--dump', dump, *more)
        assert done.returncode == 0, done.stderr
        with open(dump, 'rb') as file:
            header = json.loads(file.read(struct.unpack('<Q', file.read(8))[0]))
        names.append({name for name in header if 'attention' in name})
    assert not names[0]
    assert {'decoder.self_attention.2', 'decoder.cross_attention.0', 'pixel_decoder.attention.1',
            'backbone.attention.3.1'} <= names[1], names[1]


    def read_tensors(path):
        with open(path, 'rb') as file:
            header = json.loads(file.read(struct.unpack('<Q', file.read(8))[0]))
            data = file.read()
        header.pop('__metadata__', None)
        return {name: (t['dtype'], t['shape'], data[slice(*t['data_offsets'])])
                for name, t in header.items()}

    def write_tensors(path, tensors):
        header, data = {}, b''
        for name, (dtype, shape, values) in tensors.items():
            header[name] = dict(dtype=dtype, shape=shape,
                                data_offsets=[len(data), len(data) + len(values)])
            data += values
        text = json.dumps(header).encode()
        with open(path, 'wb') as file:
            file.write(struct.pack('<Q', len(text)) + text + data)

    def postprocess(logits):
        segments, labels = (os.path.join(folder, name) for name in ('o.json', 'o.safetensors'))
        done = run('postprocess', checkpoint, logits, '--size', '24x36', '--task', 'semantic',
                   '--json', segments, '--labels-safetensors', labels)
        assert done.returncode == 0, done.stderr
        with open(segments) as file:
            return json.load(file), read_tensors(labels)['labels']

    # of two pictures, as of each by itself; the second has its classes in another order
    logits = {name: tensor for name, tensor in read_tensors(dump).items()
              if name in ('class_queries_logits', 'masks_queries_logits')}
    dtype, (n, queries, classes), values = logits['class_queries_logits']
    size = len(values) // (queries * classes)
    turned = b''.join(values[at + size:at + size * classes] + values[at:at + size]
                      for at in range(0, len(values), size * classes))
    other = dict(logits, class_queries_logits=(dtype, [n, queries, classes], turned))
    both = {name: (t[0], [2, *t[1][1:]], t[2] + other[name][2]) for name, t in logits.items()}
    paths = [os.path.join(folder, f'{i}.safetensors') for i in range(3)]
    for path, tensors in zip(paths, (logits, other, both)):
        write_tensors(path, tensors)
    (first, first_map), (second, second_map), (pair, maps) = (postprocess(p) for p in paths)
    assert pair == [first, second] and first != second
    assert maps[1] == [2, 24, 36] and first_map[1] == [24, 36]
    assert maps[2] == first_map[2] + second_map[2]

    # where nothing fits, what stands at the path stays
    full = os.path.join(folder, 'full')
    os.symlink('/dev/full', full)
    for option in ('--overlay', '--labels', '--json'):
        done = run('run', checkpoint, image, '--device', 'cpu', option, full)
        assert done.returncode == 1 and f'{full}: cannot write' in done.stderr, done.stderr
        assert os.path.islink(full), option
