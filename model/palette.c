/* The colour that a segment is drawn in.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>

#include "model/m2f.h"

/* Fraction of a turn between neighbouring class numbers: the golden ratio's, so that any run of
 * numbers is spread evenly over the wheel. */
#define GOLDEN 0.61803399

typedef struct Hsl {
    float hue, saturation, lightness; /* 0..1 each */
} Hsl;

/* Cityscapes' colours, by the names that its label set, COCO's, ADE20K's, Mapillary's and the
 * shipped checkpoint's give to the same things; lighter where the original is too dark to see the
 * picture through. */
static const struct {
    const char *name;
    uint8_t rgb[3];
} known_colours[] = {
    { "road", { 128, 64, 128 } },
    { "drivable surface", { 128, 64, 128 } },
    { "sidewalk", { 244, 35, 232 } },
    { "pavement-merged", { 244, 35, 232 } },
    { "non-drivable surface", { 244, 35, 232 } },
    { "building", { 110, 110, 115 } },
    { "building-other-merged", { 110, 110, 115 } },
    { "building or vegetation", { 107, 142, 35 } },
    { "wall", { 102, 102, 156 } },
    { "fence", { 190, 153, 153 } },
    { "fence-merged", { 190, 153, 153 } },
    { "pole", { 153, 153, 153 } },
    { "roadside object", { 220, 190, 40 } },
    { "traffic light", { 250, 170, 30 } },
    { "traffic sign", { 220, 220, 0 } },
    { "stop sign", { 220, 220, 0 } },
    { "vegetation", { 107, 142, 35 } },
    { "tree", { 107, 142, 35 } },
    { "tree-merged", { 107, 142, 35 } },
    { "terrain", { 152, 251, 152 } },
    { "grass", { 152, 251, 152 } },
    { "grass-merged", { 152, 251, 152 } },
    { "sky", { 70, 130, 180 } },
    { "sky-other-merged", { 70, 130, 180 } },
    { "person", { 220, 20, 60 } },
    { "rider", { 255, 0, 0 } },
    { "car", { 20, 70, 190 } },
    { "vehicle", { 20, 70, 190 } },
    { "truck", { 40, 50, 140 } },
    { "bus", { 0, 90, 140 } },
    { "train", { 0, 110, 130 } },
    { "motorcycle", { 60, 60, 230 } },
    { "bicycle", { 150, 30, 60 } },
};

/* M. Okabe and K. Ito, "Color Universal Design", 2008; without black, which hides the picture. */
static const uint8_t okabe_ito[][3] = {
    { 230, 159, 0 }, { 86, 180, 233 }, { 0, 158, 115 }, { 240, 228, 66 },
    { 0, 114, 178 }, { 213, 94, 0 }, { 204, 121, 167 },
};

static Hsl
rgb_to_hsl (const uint8_t rgb[3])
{
    float r = rgb[0] / 255.f, g = rgb[1] / 255.f, b = rgb[2] / 255.f;
    float max = MAX (r, MAX (g, b)), min = MIN (r, MIN (g, b));
    float range = max - min;
    Hsl hsl = { .lightness = (max + min) / 2 };

    if (range == 0)
        return hsl;
    hsl.saturation = range / (1 - fabsf (max + min - 1));
    if (max == r)
        hsl.hue = (g - b) / range / 6;
    else if (max == g)
        hsl.hue = ((b - r) / range + 2) / 6;
    else
        hsl.hue = ((r - g) / range + 4) / 6;
    return hsl;
}

static void
hsl_to_rgb (Hsl hsl, uint8_t rgb[3])
{
    static const float offset[3] = { 0, 8, 4 };
    float amplitude = hsl.saturation * MIN (hsl.lightness, 1 - hsl.lightness);

    for (int i = 0; i < 3; i++) {
        float k = fmodf (offset[i] + 12 * (hsl.hue + 1), 12);
        float ramp = CLAMP (MIN (k - 3, 9 - k), -1, 1);

        rgb[i] = (uint8_t) lrintf (255 * (hsl.lightness - amplitude * ramp));
    }
}

static Hsl
wheel (int label_id, float saturation, float lightness)
{
    /* neighbours on a full wheel are told apart by lightness */
    float step = (float) (label_id / 12 % 3 - 1) * 0.1f;

    return (Hsl) { fmodf (0.6f + (float) label_id * (float) GOLDEN, 1), saturation,
        lightness + step };
}

static Hsl
class_colour (M2fPalette palette, const M2fSegment *segment)
{
    switch (palette) {
    case M2F_PALETTE_VIVID:
        return wheel (segment->label_id, 0.95f, 0.5f);
    case M2F_PALETTE_PASTEL:
        return wheel (segment->label_id, 0.6f, 0.75f);
    case M2F_PALETTE_COLOUR_BLIND:
        return rgb_to_hsl (okabe_ito[segment->label_id % (int) G_N_ELEMENTS (okabe_ito)]);
    case M2F_PALETTE_DATASET:
        break;
    }
    for (size_t i = 0; i < G_N_ELEMENTS (known_colours); i++)
        if (g_ascii_strcasecmp (segment->label, known_colours[i].name) == 0)
            return rgb_to_hsl (known_colours[i].rgb);
    return wheel (segment->label_id, 0.7f, 0.5f);
}

void
m2f_palette_colour (M2fPalette palette, const M2fSegment *segment, uint8_t rgb[3])
{
    Hsl hsl = class_colour (palette, segment);
    int key = segment->track_id > 0 ? (int) (segment->track_id % G_MAXINT) : segment->query;

    if (segment->is_thing && key >= 0) {
        /* a shade is a turn of up to 25 degrees and a step of lightness, in coprime cycles; hue is
         * the only thing that colour vision may not tell, so the safe palette keeps it */
        float turn = fmodf ((float) key * (float) GOLDEN, 1) - 0.5f;
        float step = (float) (key % 5 - 2) * 0.06f;

        if (palette != M2F_PALETTE_COLOUR_BLIND)
            hsl.hue = fmodf (1 + hsl.hue + turn * (50.f / 360), 1);
        hsl.lightness = CLAMP (hsl.lightness + step, 0.15f, 0.9f);
    }
    hsl_to_rgb (hsl, rgb);
}
