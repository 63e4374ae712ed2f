/* Clips of moving shapes of which every pixel's segment is known.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TESTS_CLIP_H
#define M2F_TESTS_CLIP_H

#include <glib.h>

#include "model/m2f.h"

/* Ids of the label map.  The background's upper and lower half are stuff. */
enum {
    CLIP_SKY = 1,
    CLIP_GROUND = 2,
    CLIP_SHAPES = 3, /* the first shape, the rearmost; the others follow */
};

typedef struct ClipShape {
    gboolean is_round;    /* an ellipse rather than a rectangle */
    double x, y;          /* middle in frame 0, in pixels */
    double width, height; /* in frame 0 */
    double dx, dy;        /* pixels per frame */
    double growth;        /* of width and height per frame: 0.01 is one percent */
    gboolean is_flat;     /* of one colour rather than textured */
    int label_id;         /* class; 0: one of its own, its id */
} ClipShape;

typedef struct Clip {
    int width, height;
    double dx, dy;     /* pixels by which the background moves per frame */
    double growth;     /* of the background about the middle of the frame */
    gboolean is_flat;  /* background of one colour */
    double noise;      /* largest error of a sample, in levels */
    int cut;           /* frame from which on all textures are others; 0: none */
    const ClipShape *shapes; /* from the rearmost to the front */
    guint n_shapes;
} Clip;

/* Draws frame t as RGB. */
void clip_draw (const Clip *clip, int t, guint8 *rgb, int stride);

/* Writes the ids of frame t, one byte per pixel, width bytes per row. */
void clip_label (const Clip *clip, int t, guint8 *map);

/* The result a perfect model gives for frame t: sky and ground are stuff, shapes are things.  Those
 * that are not in the frame are not listed.  Freed by clip_result_clear(). */
M2fResult clip_result (const Clip *clip, int t);
void clip_result_clear (M2fResult *result);

/* Number of floats in an embedding of clip_see(). */
#define CLIP_EMBEDDING 64

/* What a model that is not perfect makes of a clip. */
typedef struct ClipModel {
    double likeness; /* cosine of the embeddings of two shapes of a class, about; 0..1 */
    double noise;    /* length of what is added to an embedding of length 1 in every frame */
    double misses;   /* share of the shapes in a frame that are not found */
    int least_area;  /* pixels of which a shape is never found with fewer */
    guint seed;
} ClipModel;

/* The result that such a model gives for frame t: other ids and another order in every frame, and
 * embeddings.  The query of a segment is its true id.  Freed by clip_result_clear(). */
M2fResult clip_see (const Clip *clip, int t, const ClipModel *model);

/* Intersection over union of an id in two maps of a byte per pixel; 1 if neither has it. */
double clip_iou (const guint8 *a, int a_stride, const guint8 *b, int b_stride, int width,
    int height, guint id);

#endif
