#!/usr/bin/env python3
"""m2f loss and m2f forward --attentions, by their output.

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
