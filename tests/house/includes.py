#!/usr/bin/env python3
"""The arrows between the rooms: what every #include of the tree may name.

    includes.py SOURCE              complains about every include that no list below allows
    includes.py SOURCE --selftest   plants violations, each of which must be complained about

ROOMS is the plan of the house, from the ground up: a room may include its own headers and those
that its list allows, and a list may only name rooms that stand above it on this page.
"""
# Copyright (C) 2026 The gst-mask2former authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import fnmatch
import os
import re
import subprocess
import sys
from typing import NamedTuple

LIBC = ['errno.h', 'fcntl.h', 'float.h', 'inttypes.h', 'limits.h', 'math.h', 'std*.h', 'string.h',
        'time.h', 'unistd.h', 'sys/mman.h', 'sys/resource.h', 'sys/stat.h', 'sys/types.h']
GLIB = ['glib.h', 'glib-object.h', 'glib/gstdio.h']
PLAIN = ['math.h', 'stdbool.h', 'stddef.h', 'stdint.h', 'stdlib.h', 'string.h', 'glib.h']

# Headers that other rooms include of model/compute/; its backends see the rest of it as well.
COMPUTE = ['model/compute/compute.h', 'model/compute/ops.h', 'model/compute/bf16.h',
           'model/compute/half.h']
# What comes out of the network, for those who read it.
NETWORK = ['model/network/network.h', 'model/network/network_output.h']
ERRORS = ['model/error.h', 'model/device_error.h']


class Room(NamedTuple):
    folder: str         # or one source and its header, without the extension
    project: list       # patterns of the headers of other rooms that it may include
    system: list        # patterns of <...> headers


ROOMS = [
    Room('shaders', [], []),
    # what every room of the library speaks in: the public types, errors, results
    Room('model/m2f', [], LIBC + GLIB),
    Room('model/text', [], LIBC + GLIB),
    Room('model/error', ['model/m2f.h', 'model/text.h'], LIBC + GLIB),
    Room('model/result', ['model/m2f.h', 'model/error.h'], LIBC + GLIB + ['jansson.h']),
    Room('model/compute', [], LIBC + GLIB),
    Room('model/compute/reference', ['model/compute/*'], PLAIN),
    Room('model/compute/cpu', ['model/compute/*'],
         LIBC + GLIB + ['cblas.h', 'cpuid.h', 'dlfcn.h', 'immintrin.h', 'sched.h', 'sys/syscall.h']),
    Room('model/compute/vulkan', ['model/compute/*', 'shaders/push.h'],
         LIBC + GLIB + ['dlfcn.h', 'vulkan/vulkan.h']),
    Room('model/device_error', ['model/m2f.h', 'model/error.h', 'model/compute/compute.h'], GLIB),
    Room('model/checkpoint', ['model/m2f.h', 'model/error.h', 'model/compute/activation.h'],
         LIBC + GLIB + ['jansson.h']),
    Room('model/network',
         ['model/m2f.h', *ERRORS, 'model/checkpoint/*', *COMPUTE], PLAIN + ['jansson.h']),
    Room('model/preprocess',
         ['model/m2f.h', *ERRORS, 'model/checkpoint/*', *NETWORK, *COMPUTE],
         PLAIN + ['errno.h', 'linux/dma-buf.h', 'sys/ioctl.h', 'sys/mman.h', 'unistd.h']),
    Room('model/postprocess',
         ['model/m2f.h', *ERRORS, 'model/result.h', 'model/checkpoint/*',
          *NETWORK, 'model/preprocess/size.h', *COMPUTE], PLAIN),
    Room('model/tracking', ['model/m2f.h'], PLAIN),
    Room('model/evaluation',
         ['model/m2f.h', 'model/error.h', 'model/postprocess/rle.h',
          'model/tracking/assignment.h'],
         PLAIN + ['float.h']),
    Room('model',
         ['model/m2f.h', *ERRORS, 'model/result.h', 'model/checkpoint/*',
          *NETWORK, 'model/network/network_stages.h', 'model/network/backbone.h',
          'model/preprocess/dmabuf.h', 'model/preprocess/preprocess.h', 'model/preprocess/picture.h',
          'model/preprocess/size.h', 'model/postprocess/postprocess.h',
          'model/postprocess/params.h', 'model/tracking/*', 'model/evaluation/loss.h', *COMPUTE],
         LIBC + GLIB + ['jansson.h']),
    # profile.h: `m2f bench` reports per op; safetensors.h: `m2f forward` and `postprocess`; file.h:
    # pictures are opened as checkpoints are
    Room('model/tool',
         ['model/m2f.h', 'model/error.h', 'model/model.h', 'model/checkpoint/safetensors*.h',
          'model/checkpoint/file.h', 'model/compute/profile.h', 'model/evaluation/*',
          'model/postprocess/rle.h', 'model/preprocess/mask_labels.h'],
         LIBC + GLIB + ['gdk-pixbuf/gdk-pixbuf.h', 'jansson.h', 'png.h']),
    # text.h: messages quote what others wrote
    Room('gst', ['model/m2f.h', 'model/text.h'],
         LIBC + GLIB + ['gst/*', 'cairo.h', 'gdk-pixbuf/gdk-pixbuf.h', 'pango/pangocairo.h', 'jansson.h',
                         'png.h', 'emmintrin.h']),
    Room('pipelines', ['model/m2f.h', 'gst/panopticmeta.h'], ['*']),
    Room('tests', ['*'], ['*']),
]
# Headers that the build writes, and who may include them.
GENERATED = {'spirv.h': 'model/compute/vulkan'}
# Headers that are installed into one folder, which users need not call model/.
SIDE_BY_SIDE = [('model/m2f_bindings.h', 'm2f.h'),
                *(('model/m2f.h', f'm2f_{part}.h')
                  for part in ('loss', 'masks', 'palette', 'result', 'tracker', 'types')),
                ('model/m2f_loss.h', 'm2f_types.h'),
                ('model/m2f_masks.h', 'm2f_types.h'), ('model/m2f_result.h', 'm2f_types.h'),
                ('model/m2f_palette.h', 'm2f_result.h'), ('model/m2f_tracker.h', 'm2f_result.h')]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(.*?)[ \t]*$', re.MULTILINE)


def room_of(path):
    """The room of a file: its own, else the nearest folder that is one."""
    names = {room.folder: room for room in ROOMS}
    place = os.path.splitext(path)[0]
    while place and place not in names:
        place = os.path.dirname(place)
    return names.get(place)


def matches(name, patterns):
    # fnmatch's '*' crosses '/': one folder's pattern must not allow the folders in it
    return any(pattern == '*' or (fnmatch.fnmatchcase(name, pattern)
               and name.count('/') == pattern.count('/')) for pattern in patterns)


def system_allowed(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def includes(text):
    """(quote, name) of every #include; the quote is '"', '<' or '' for anything else."""
    for what in INCLUDE.findall(text):
        match = re.match(r'"([^"]+)"|<([^>]+)>', what)
        if match:
            yield ('"', match[1]) if match[1] else ('<', match[2])
        else:
            yield '', what


def check_include(path, quote, name, files):
    """What is wrong with one #include of `path`, or None."""
    room = room_of(path)
    if quote == '':
        return f'#include {name}: neither "..." nor <...>'
    if quote == '<' and name in files:
        return f'<{name}> is a header of this project: write "{name}"'
    if quote == '<':
        if not system_allowed(name, room.system):
            return f'{room.folder}/ does not include <{name}>'
        return None
    if name in GENERATED:
        if GENERATED[name] != room.folder:
            return f'"{name}" is generated for {GENERATED[name]}/'
        return None
    if (path, name) in SIDE_BY_SIDE:
        return None
    if name not in files:
        return f'"{name}" is not a path from the root of the tree'
    if room_of(name) != room and not matches(name, room.project):
        return f'{room.folder} does not include "{name}"'
    return None


def circle(graph):
    """The nodes of one circle of a graph {node: iterable of nodes}, or None."""
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for neighbour in sorted(graph.get(node, ())):
            found = visit(neighbour)
            if found:
                return found
        done.add(path.pop())
        return None

    for node in sorted(graph):
        found = visit(node)
        if found:
            return found
    return None


def unit_of(path):
    """A source and the header of its name are one unit, in which circles must not hide."""
    name, extension = os.path.splitext(path)
    return name if extension in ('.c', '.h') else path


def check_plan():
    """A list of ROOMS names only rooms above it on the page, so that no arrow runs back."""
    above = []
    for room in ROOMS:
        for pattern in room.project:
            if pattern != '*' and room_of(pattern).folder not in above:
                yield f'ROOMS: {room.folder} may include {pattern}, which is not above it'
        above.append(room.folder)


def check(files):
    """Complaints about a tree {path: text}."""
    complaints = list(check_plan())
    graph, units = {}, {}
    for path, text in sorted(files.items()):
        if room_of(path) is None:
            complaints.append(f'{path}: its folder is not in ROOMS')
            continue
        graph[path] = set()
        for quote, name in includes(text):
            problem = check_include(path, quote, name, files)
            if problem:
                complaints.append(f'{path}: {problem}')
            if quote == '"' and name in files:
                graph[path].add(name)
                if unit_of(name) != unit_of(path):
                    units.setdefault(unit_of(path), set()).add(unit_of(name))
    found = circle(graph) or circle(units)
    if found:
        complaints.append('a circle of includes: ' + ' -> '.join(found))
    return complaints


def read_tree(source):
    names = subprocess.run(['git', '-C', source, 'ls-files', '*.c', '*.h', '*.def'],
                           check=True, capture_output=True, text=True).stdout.split()
    files = {}
    for name in names:
        with open(os.path.join(source, name), encoding='utf-8') as file:
            files[name] = file.read()
    return files


# (file, what is added to it, what the complaint must say)
PLANTED = [
    ('gst/frame.c', '"model/network/weights.h"', 'gst does not include'),
    ('gst/overlay.c', '"model/postprocess/postprocess.h"', 'gst does not include'),
    ('gst/frame.c', '<cblas.h>', 'gst/ does not include <cblas.h>'),
    ('gst/frame.c', '<vulkan/vulkan.h>', 'gst/ does not include <vulkan/vulkan.h>'),
    ('gst/frame.c', '"tests/gst/common.h"', 'gst does not include'),
    ('model/compute/cpu/conv.c', '"model/checkpoint/config.h"', 'cpu does not include'),
    ('model/compute/cpu/conv.c', '"model/compute/vulkan/vk.h"', 'cpu does not include'),
    ('model/compute/plan.c', '"model/checkpoint/json.h"', 'model/compute does not include'),
    ('model/compute/plan.c', '"model/m2f.h"', 'model/compute does not include'),
    ('model/compute/ops.h', '"model/compute/vulkan/vk.h"', 'model/compute does not include'),
    ('model/compute/reference/conv.c', '<pthread.h>', 'does not include <pthread.h>'),
    ('model/compute/reference/conv.c', '<immintrin.h>', 'does not include <immintrin.h>'),
    ('model/compute/reference/conv.c', '"spirv.h"', 'is generated for'),
    ('model/checkpoint/json.c', '"model/network/network.h"', 'checkpoint does not include'),
    ('model/network/swin.c', '"model/preprocess/preprocess.h"', 'network does not include'),
    ('model/network/swin.c', '"model/compute/backend.h"', 'network does not include'),
    ('model/session.c', '"model/compute/cpu/cpu.h"', 'model does not include'),
    ('model/session.c', '"model/network/weights.h"', 'model does not include'),
    ('model/session.c', '<gst/gst.h>', 'does not include <gst/gst.h>'),
    ('model/compute/compute.h', '"model/compute/ops.h"', 'a circle of includes'),
    # only a circle when profile.c and profile.h are one
    ('model/compute/profile.c', '"model/compute/plan.h"', 'a circle of includes'),
    ('model/network/swin.c', '"layers.h"', 'not a path from the root'),
    ('model/network/swin.c', '"../m2f.h"', 'not a path from the root'),
    ('model/network/swin.c', '<model/m2f.h>', 'is a header of this project'),
    ('model/network/swin.c', 'HEADER', 'neither'),
    ('model/attic/new.c', '<math.h>', 'its folder is not in ROOMS'),
]


def selftest(files):
    """Complaints about check(): what it passes although it must not."""
    for path, header, wanted in PLANTED:
        changed = dict(files)
        if path.startswith('model/attic/'):
            changed = {'attic/new.c': ''}
            path = 'attic/new.c'
        elif path not in files:
            yield f'selftest: {path} is gone: plant it elsewhere'
            continue
        changed[path] = changed[path] + f'\n#include {header}\n'
        if not any(wanted in complaint for complaint in check(changed)):
            yield f'selftest: #include {header} in {path} passes'


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ['--selftest']):
        sys.exit(__doc__)
    files = read_tree(sys.argv[1])
    if not files:
        sys.exit('no sources')
    complaints = list(selftest(files)) if sys.argv[2:] else check(files)
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    print(f'{len(files)} files, {len(PLANTED) if sys.argv[2:] else len(ROOMS)} '
          + ('planted violations' if sys.argv[2:] else 'rooms'))
    sys.exit(1 if complaints else 0)


main()
