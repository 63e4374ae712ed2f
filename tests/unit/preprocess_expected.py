"""What transformers makes of some pictures and sizes: writes preprocess_expected.h.

    python3 preprocess_expected.py > preprocess_expected.h

Needs transformers 5.12, torch and torchvision.

Copyright (C) 2026 The gst-mask2former authors
SPDX-License-Identifier: LGPL-2.1-or-later
"""
import numpy as np
import torch
from transformers import Mask2FormerImageProcessor

CROP = 4


def picture(height, width, bits):
    """Noise of `bits` bits per colour, the same in test-preprocess.c."""
    v = np.arange(height * width * 3, dtype=np.uint32) * np.uint32(2654435761)
    v = (v ^ (v >> np.uint32(15))) * np.uint32(2246822519)
    v = v >> np.uint32(32 - bits)
    return (v * 255 // (2 ** bits - 1)).astype(np.uint8).reshape(height, width, 3)


SIZES = {
    "exact": lambda h, w: dict(size={"height": h, "width": w}),
    "edges": lambda s, l: dict(size={"shortest_edge": s, "longest_edge": l}),
    "fit": lambda h, w: dict(size={"max_height": h, "max_width": w}),
}
MODES = {"exact": "M2F_SIZE_EXACT", "edges": "M2F_SIZE_EDGES", "fit": "M2F_SIZE_FIT"}
FILTERS = {0: "NEAREST", 1: "LANCZOS", 2: "BILINEAR", 3: "BICUBIC"}

# picture height, width and bits, size, divisor, filter
PICTURES = [
    (1080, 1920, 8, ("exact", 384, 384), 32, 2),
    (1080, 1920, 8, ("edges", 800, 1333), 32, 2),
    (480, 640, 8, ("edges", 800, 1333), 32, 2),
    (480, 640, 1, ("exact", 384, 384), 32, 3),
    (60, 40, 1, ("exact", 96, 128), 32, 3),
    (60, 40, 1, ("exact", 96, 128), 32, 1),
    (300, 170, 1, ("exact", 96, 96), 32, 1),
    (300, 170, 8, ("exact", 96, 96), 32, 0),
    (33, 20, 8, ("exact", 96, 64), 32, 0),
    (900, 7, 8, ("exact", 96, 96), 32, 2),
    (5, 1200, 8, ("exact", 64, 96), 32, 2),
    (1, 1, 8, ("exact", 32, 64), 32, 2),
    (2, 3, 8, ("exact", 75, 106), 0, 3),
    (97, 131, 8, ("fit", 64, 64), 0, 2),
]

# the same without pictures
GEOMETRY = [
    (h, w, size, divisor)
    for h, w in ((1080, 1920), (1920, 1080), (480, 640), (427, 640), (375, 1242), (1200, 1200),
                 (800, 1000), (720, 1280), (1, 1), (3, 1000), (97, 131))
    for size, divisor in ((("edges", 800, 1333), 32), (("edges", 640, 2560), 32),
                          (("edges", 256, 448), 32), (("edges", 512, 700), 0),
                          (("exact", 384, 384), 32), (("exact", 75, 106), 32),
                          (("fit", 384, 640), 32), (("fit", 333, 222), 0))
]


def processor(size, divisor, resample=2):
    return Mask2FormerImageProcessor(**SIZES[size[0]](*size[1:]), size_divisor=divisor,
                                     resample=resample, do_rescale=False, do_normalize=False)


def crops(x):
    """The first, the middle and the last CROP x CROP pixels."""
    h, w = x.shape[:2]
    return [x[y:y + CROP, c:c + CROP] for y, c in
            ((0, 0), ((h - CROP) // 2, (w - CROP) // 2), (h - CROP, w - CROP))]


def bytes_of(x):
    flat, lines = [str(v) for v in x.flatten().tolist()], []
    while flat:
        lines.append("                " + ", ".join(flat[:16]) + ",")
        flat = flat[16:]
    return "\n".join(lines)


print(f"""/* Results of transformers for some pictures and sizes.  Written by preprocess_expected.py.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdint.h>

#include "model/config.h"

#define CROP {CROP}

typedef struct ExpectedPicture {{
    int height, width, bits;
    M2fSizeMode mode;
    int size[2], divisor;
    M2fResample resample;
    int out_height, out_width;
    uint8_t crops[3][CROP * CROP * 3];
}} ExpectedPicture;

typedef struct ExpectedSize {{
    int height, width;
    M2fSizeMode mode;
    int size[2], divisor;
    int out_height, out_width;
}} ExpectedSize;
""")
print("static const ExpectedPicture expected_pictures[] = {")
for h, w, bits, size, divisor, resample in PICTURES:
    p = processor(size, divisor, resample)
    x = p(picture(h, w, bits), input_data_format="channels_last", return_tensors="pt")
    x = x["pixel_values"][0].permute(1, 2, 0).numpy().astype(np.uint8)
    print(f"    {{ {h}, {w}, {bits}, {MODES[size[0]]}, {{ {size[1]}, {size[2]} }}, {divisor},")
    print(f"        M2F_RESAMPLE_{FILTERS[resample]}, {x.shape[0]}, {x.shape[1]}, {{")
    for c in crops(x):
        print(f"            {{\n{bytes_of(c)}\n            }},")
    print("        } },")
print("};\n")
print("static const ExpectedSize expected_sizes[] = {")
for h, w, size, divisor in GEOMETRY:
    p = processor(size, divisor)
    try:
        x = p.resize(torch.zeros((1, h, w), dtype=torch.uint8), p.size, divisor, 0)
        print(f"    {{ {h}, {w}, {MODES[size[0]]}, {{ {size[1]}, {size[2]} }}, {divisor}, "
              f"{x.shape[-2]}, {x.shape[-1]} }},")
    except (RuntimeError, ValueError):
        pass  # a side vanishes
print("};")
