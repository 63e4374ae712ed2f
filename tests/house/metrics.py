#!/usr/bin/env python3
"""How long the functions are and how many parameters they take.

    metrics.py SOURCE CTAGS [--list]    --list prints every function, the longest first

A function's length is counted from the line of its name to its closing brace.  Exits with 77,
which meson counts as skipped, where CTAGS is not Universal Ctags.
"""
# Copyright (C) 2026 The gst-mask2former authors
# SPDX-License-Identifier: LGPL-2.1-or-later
import json
import statistics
import subprocess
import sys
from typing import NamedTuple

MEDIAN_LINES = 12
P90_LINES = 30
MOST_LINES = 60
MOST_PARAMETERS = 8


class Function(NamedTuple):
    where: str
    lines: int
    parameters: int


def count_parameters(signature):
    """Of "(int a, void (*f) (int, int))": 2."""
    depth = count = 0
    for character in signature:
        depth += (character == '(') - (character == ')')
        count += character == ',' and depth == 1
    return 0 if signature.strip('() ') in ('', 'void') else count + 1


def read_functions(source, ctags):
    names = subprocess.run(['git', '-C', source, 'ls-files', '*.c', '*.h'],
                           check=True, capture_output=True, text=True).stdout
    tags = subprocess.run([ctags, '--output-format=json', '--fields=+neS', '--languages=C',
                           '--langmap=C:.c.h', '--kinds-C=f', '-f', '-', '-L', '-'],
                          input=names, check=True, capture_output=True, text=True, cwd=source)
    functions = []
    for line in tags.stdout.splitlines():
        tag = json.loads(line)
        if tag['_type'] == 'tag' and 'end' in tag:
            functions.append(Function(f'{tag["path"]}:{tag["line"]}: {tag["name"]}',
                                      tag['end'] - tag['line'] + 1,
                                      count_parameters(tag.get('signature', ''))))
    return functions


def is_universal(ctags):
    try:
        about = subprocess.run([ctags, '--version'], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return 'Universal Ctags' in about.stdout and '+json' in about.stdout


def selftest():
    """The counting itself, on signatures as ctags writes them."""
    for signature, wanted in [('()', 0), ('(void)', 0), ('(int a)', 1), ('(int a,char * b)', 2),
                              ('(int a,void (* f)(int,int),int c)', 3)]:
        assert count_parameters(signature) == wanted, signature


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    source, ctags = sys.argv[1:3]
    selftest()
    if not is_universal(ctags):
        print('no Universal Ctags with JSON output')
        sys.exit(77)
    functions = read_functions(source, ctags)
    if sys.argv[3:]:
        for function in sorted(functions, key=lambda function: -function.lines):
            print(f'{function.lines:4} {function.parameters:3}  {function.where}')
    lines = sorted(function.lines for function in functions)
    median, p90 = statistics.median(lines), lines[len(lines) * 9 // 10]
    print(f'{len(functions)} functions: length median {median}, p90 {p90}, most {lines[-1]};'
          f' most parameters {max(function.parameters for function in functions)}')
    bad = [f'{function.where}: {function.lines} lines, at most {MOST_LINES}'
           for function in functions if function.lines > MOST_LINES]
    bad += [f'{function.where}: {function.parameters} parameters, at most {MOST_PARAMETERS}'
            for function in functions if function.parameters > MOST_PARAMETERS]
    if median > MEDIAN_LINES:
        bad.append(f'the median of the lengths is {median}, at most {MEDIAN_LINES}')
    if p90 > P90_LINES:
        bad.append(f'nine in ten functions have up to {p90} lines, at most {P90_LINES}')
    for complaint in bad:
        print(complaint, file=sys.stderr)
    sys.exit(1 if bad else 0)


main()
