/* Motion of the picture from frame to frame, in blocks, and a history of it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Vectors of whole pixels are searched from small to large in a pyramid of three pictures, by sums
 * of absolute differences: everywhere in the smallest, then near what the blocks around found.
 * The brightness gradients of the block then give the fraction of a pixel and the covariance, as
 * in the method of Lucas and Kanade.
 */
#include "gst/motion.h"

#include <stdlib.h>
#include <string.h>

#include "gst/isa.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define HISTORY GST_MASK2FORMER_MOTION_HISTORY
#define STEP GST_MASK2FORMER_MOTION_STEP
#define BLOCK (2 * STEP)        /* the width of a block; the loops are written for 8 */
#define LEVELS 3
#define RADIUS 6                /* pixels of the smallest picture in which everything is tried */
#define MAX_DESCENT 8           /* steps down the hill after the candidates */
#define DISTANCE_COST 2         /* of a pixel of motion, so that flat blocks rest */
#define NOISE 4.f               /* variance of a pixel of the small picture, at least */
#define MISFIT 0.0225f          /* variance of a block's motion that is not noise, pixels^2 */
#define FLAT (16.f * 64)        /* sum of squares of a block below which it is flat */

/* so that blocks and their gradients, moved, stay in the margin */
#define OUTSIDE (GST_MASK2FORMER_LUMA_MARGIN - 1)

typedef struct
{
  gint x, y;
} Vector;

typedef struct
{
  /* half as wide and high as those of the level below; `before` is as bright as `now` */
  GstMask2FormerLuma before, now;       /* that of level 0 is the frame's, and not here */
  gint columns, rows;
  Vector *vectors;
} Level;

struct _GstMask2FormerMotion
{
  GstMask2FormerMotionFrame frames[HISTORY];    /* by number modulo HISTORY */
  guint64 n_pushed;
  guint64 first;                /* number of the oldest that may be asked for */
  gint frame_width, frame_height;
  Level levels[LEVELS];
};

GstMask2FormerMotion *
gst_mask2former_motion_new (void)
{
  return g_new0 (GstMask2FormerMotion, 1);
}

void
gst_mask2former_motion_free (GstMask2FormerMotion * motion)
{
  gint i;

  if (!motion)
    return;
  for (i = 0; i < HISTORY; i++) {
    gst_mask2former_luma_clear (&motion->frames[i].luma);
    g_free (motion->frames[i].blocks);
  }
  for (i = 0; i < LEVELS; i++) {
    gst_mask2former_luma_clear (&motion->levels[i].before);
    gst_mask2former_luma_clear (&motion->levels[i].now);
    g_free (motion->levels[i].vectors);
  }
  g_free (motion);
}

/* ---- whole pixels ---- */

static inline guint
difference (const guint8 * a, const guint8 * b, gint stride)
{
#ifdef __SSE2__
  __m128i sum = _mm_setzero_si128 ();
  gint y;

  for (y = 0; y < BLOCK; y += 2) {
    __m128i rows_a =
        _mm_unpacklo_epi64 (_mm_loadl_epi64 ((const __m128i *) (a +
                y * stride)),
        _mm_loadl_epi64 ((const __m128i *) (a + (y + 1) * stride)));
    __m128i rows_b =
        _mm_unpacklo_epi64 (_mm_loadl_epi64 ((const __m128i *) (b +
                y * stride)),
        _mm_loadl_epi64 ((const __m128i *) (b + (y + 1) * stride)));

    sum = _mm_add_epi32 (sum, _mm_sad_epu8 (rows_a, rows_b));
  }
  return _mm_cvtsi128_si32 (sum) +
      _mm_cvtsi128_si32 (_mm_srli_si128 (sum, 8));
#else
  guint sum = 0;
  gint x, y;

  for (y = 0; y < BLOCK; y++)
    for (x = 0; x < BLOCK; x++)
      sum += abs (a[y * stride + x] - b[y * stride + x]);
  return sum;
#endif
}

/* A block that is looked for, and the best place so far. */
typedef struct
{
  const guint8 *block, *target; /* in the frame before; the same place in the frame */
  gint stride;
  Vector least, most;           /* as far as the block may move */
  Vector best;
  guint cost;
} Search;

static inline void
try (Search * search, gint x, gint y)
{
  guint cost;

  x = CLAMP (x, search->least.x, search->most.x);
  y = CLAMP (y, search->least.y, search->most.y);
  if (x == search->best.x && y == search->best.y)
    return;
  cost = difference (search->block, search->target + y * search->stride + x,
      search->stride) + DISTANCE_COST * (abs (x) + abs (y));
  if (cost < search->cost) {
    search->cost = cost;
    search->best = (Vector) { x, y };
  }
}

static inline Search
start_search (const GstMask2FormerLuma * before,
    const GstMask2FormerLuma * now, gint column, gint row)
{
  gint left = column * STEP + STEP / 2 - BLOCK / 2;
  gint top = row * STEP + STEP / 2 - BLOCK / 2;
  Search search = {
    .block = before->pixels + top * before->stride + left,
    .target = now->pixels + top * now->stride + left,
    .stride = now->stride,
    .least = {-OUTSIDE - left, -OUTSIDE - top},
    .most = {now->width + OUTSIDE - BLOCK - left,
        now->height + OUTSIDE - BLOCK - top},
  };

  search.cost = difference (search.block, search.target, search.stride);
  return search;
}

static inline void
descend (Search * search)
{
  gint i;

  for (i = 0; i < MAX_DESCENT; i++) {
    Vector from = search->best;

    try (search, from.x - 1, from.y);
    try (search, from.x + 1, from.y);
    try (search, from.x, from.y - 1);
    try (search, from.x, from.y + 1);
    if (search->best.x == from.x && search->best.y == from.y)
      return;
  }
}

/* Tries what the level above found for the four of its blocks that are nearest, once each. */
static inline void
try_above (Search * search, const Level * above, gint column, gint row)
{
  gint x, y;

  for (y = 0; y < 2; y++)
    for (x = 0; x < 2; x++) {
      gint c = column / 2 + (x ? (column % 2 ? 1 : -1) : 0);
      gint r = row / 2 + (y ? (row % 2 ? 1 : -1) : 0);
      const Vector *v = above->vectors +
          CLAMP (r, 0, above->rows - 1) * above->columns +
          CLAMP (c, 0, above->columns - 1);

      try (search, 2 * v->x, 2 * v->y);
    }
}

FOR_EACH_ISA static void
search_everywhere (Level * level)
{
  gint column, row, x, y;

  for (row = 0; row < level->rows; row++)
    for (column = 0; column < level->columns; column++) {
      Search search = start_search (&level->before, &level->now, column, row);

      for (y = -RADIUS; y <= RADIUS; y++)
        for (x = -RADIUS; x <= RADIUS; x++)
          try (&search, x, y);
      level->vectors[row * level->columns + column] = search.best;
    }
}

/* `level` has the vectors of the last frame, or any others, and gets those of this one. */
FOR_EACH_ISA static void
search_near (Level * level, const Level * above,
    const GstMask2FormerLuma * now)
{
  gint column, row;

  for (row = 0; row < level->rows; row++)
    for (column = 0; column < level->columns; column++) {
      Vector *v = level->vectors + row * level->columns + column;
      Search search = start_search (&level->before, now, column, row);

      try_above (&search, above, column, row);
      try (&search, v->x, v->y);
      if (column > 0)
        try (&search, v[-1].x, v[-1].y);
      if (row > 0)
        try (&search, v[-level->columns].x, v[-level->columns].y);
      descend (&search);
      *v = search.best;
    }
}

/* ---- fractions of a pixel ---- */

typedef guint8 Bytes __attribute__ ((vector_size (8)));
typedef gint16 Shorts __attribute__ ((vector_size (16)));
typedef gfloat Floats __attribute__ ((vector_size (32)));

/* Sums over a block: of gradients, of the difference, of products of them, of the brightness. */
typedef struct
{
  gfloat x, y, e;
  gfloat xx, xy, yy, xe, ye, ee;
  gfloat p, pp;
} Sums;

static inline void
load (Shorts * shorts, const guint8 * from)
{
  Bytes bytes;

  memcpy (&bytes, from, sizeof bytes);
  *shorts = __builtin_convertvector (bytes, Shorts);
}

static inline gfloat
total (const Floats * v)
{
  return (((*v)[0] + (*v)[1]) + ((*v)[2] + (*v)[3])) +
      (((*v)[4] + (*v)[5]) + ((*v)[6] + (*v)[7]));
}

/* Gradients are four times the mean of those of both pictures. */
static inline void
sum_up (Sums * sums, const guint8 * a, const guint8 * b, gint stride)
{
  Floats x = { 0 }, y = { 0 }, e = { 0 }, xx = { 0 }, xy = { 0 }, yy = { 0 };
  Floats xe = { 0 }, ye = { 0 }, ee = { 0 }, p = { 0 }, pp = { 0 };
  gint row;

  for (row = 0; row < BLOCK; row++, a += stride, b += stride) {
    Shorts a0, b0, left, right, up, down, b_left, b_right, b_up, b_down;
    Floats gx, gy, d, brightness;

    load (&a0, a), load (&b0, b);
    load (&left, a - 1), load (&right, a + 1);
    load (&up, a - stride), load (&down, a + stride);
    load (&b_left, b - 1), load (&b_right, b + 1);
    load (&b_up, b - stride), load (&b_down, b + stride);
    gx = __builtin_convertvector (right - left + b_right - b_left, Floats);
    gy = __builtin_convertvector (down - up + b_down - b_up, Floats);
    d = __builtin_convertvector (a0 - b0, Floats);
    brightness = __builtin_convertvector (a0, Floats);
    x += gx, y += gy, e += d, p += brightness;
    xx += gx * gx, xy += gx * gy, yy += gy * gy;
    xe += gx * d, ye += gy * d, ee += d * d, pp += brightness * brightness;
  }
  *sums = (Sums) {
    total (&x), total (&y), total (&e), total (&xx), total (&xy), total (&yy),
        total (&xe), total (&ye), total (&ee), total (&p), total (&pp)
  };
}

/* Inverse of the covariance that the noise leaves, with the covariance of the misfit added. */
static inline void
set_confidence (GstMask2FormerBlock * block, gfloat xx, gfloat xy, gfloat yy)
{
  gfloat mxx = 1 + MISFIT * xx, mxy = MISFIT * xy, myy = 1 + MISFIT * yy;
  gfloat scale = 1 / (mxx * myy - mxy * mxy);

  block->xx = (xx * myy - xy * mxy) * scale;
  block->xy = (xy * mxx - xx * mxy) * scale;
  block->yy = (yy * mxx - xy * mxy) * scale;
}

typedef struct
{
  gint n_relevant, n_found;     /* blocks that have something to find, and those found */
} Score;

/* From a vector of whole pixels. Differences of brightness as such do not count. */
static inline void
refine (GstMask2FormerBlock * block, const Vector * vector, const Sums * sums,
    Score * score)
{
  const gfloat n = BLOCK * BLOCK;
  gfloat mean = sums->e / n;
  gfloat xx = sums->xx / 16, xy = sums->xy / 16, yy = sums->yy / 16;
  gfloat xe = (sums->xe - sums->x * mean) / 4;
  gfloat ye = (sums->ye - sums->y * mean) / 4;
  gfloat left = MAX (sums->ee - sums->e * mean, 0);
  gfloat texture = MAX (sums->pp - sums->p * sums->p / n, 0);
  gfloat sxx = xx + n * NOISE / 4, syy = yy + n * NOISE / 4;
  gfloat scale = 1 / (sxx * syy - xy * xy);
  gfloat x = CLAMP ((syy * xe - xy * ye) * scale, -0.75f, 0.75f);
  gfloat y = CLAMP ((sxx * ye - xy * xe) * scale, -0.75f, 0.75f);
  gfloat variance;

  left = MAX (left - (x * xe + y * ye), 0);
  variance = NOISE + left / n;
  block->x = vector->x + x;
  block->y = vector->y + y;
  set_confidence (block, xx / variance, xy / variance, yy / variance);
  score->n_relevant += MAX (texture, left) > FLAT;
  score->n_found += texture > FLAT && left < texture / 2;
}

FOR_EACH_ISA static void
refine_all (GstMask2FormerMotionFrame * frame, const Level * level,
    Score * score)
{
  gint column, row, i = 0;

  for (row = 0; row < level->rows; row++)
    for (column = 0; column < level->columns; column++, i++) {
      Search at = start_search (&level->before, &frame->luma, column, row);
      const Vector *v = &level->vectors[i];
      Sums sums;

      sum_up (&sums, at.block, at.target + v->y * at.stride + v->x, at.stride);
      refine (&frame->blocks[i], v, &sums, score);
    }
}

/* ---- frames ---- */

/* FALSE if there is no memory. */
static gboolean
resize_levels (GstMask2FormerMotion * motion, gint width, gint height)
{
  gint i;

  for (i = 0; i < LEVELS; i++) {
    Level *level = &motion->levels[i];

    level->columns = (width + STEP - 1) / STEP;
    level->rows = (height + STEP - 1) / STEP;
    g_free (level->vectors);
    level->vectors = g_try_new0 (Vector, (gsize) level->columns * level->rows);
    if (!level->vectors)
      return FALSE;
    width = MAX (width / 2, 1);
    height = MAX (height / 2, 1);
  }
  return TRUE;
}

static gboolean
build_pyramids (Level * levels, const GstMask2FormerLuma * before,
    const GstMask2FormerLuma * now)
{
  gint i;

  if (!gst_mask2former_luma_match (&levels[0].before, before, now))
    return FALSE;
  for (i = 1; i < LEVELS; i++) {
    if (!gst_mask2former_luma_halve (&levels[i].before, &levels[i - 1].before)
        || !gst_mask2former_luma_halve (&levels[i].now, now))
      return FALSE;
    now = &levels[i].now;
  }
  return TRUE;
}

/* A frame for which there is no memory stays the first of a scene. */
static void
find_motion (GstMask2FormerMotion * motion, GstMask2FormerMotionFrame * frame,
    const GstMask2FormerLuma * before)
{
  Level *levels = motion->levels;
  Score score = { 0 };
  gint i;

  if (!build_pyramids (levels, before, &frame->luma))
    return;
  search_everywhere (&levels[LEVELS - 1]);
  for (i = LEVELS - 2; i > 0; i--)
    search_near (&levels[i], &levels[i + 1], &levels[i].now);
  search_near (&levels[0], &levels[1], &frame->luma);
  refine_all (frame, &levels[0], &score);

  /* a cut finds next to nothing; where little is to be found, something small may have moved */
  frame->is_new_scene = score.n_relevant * 10 > frame->columns * frame->rows &&
      score.n_found * 5 < score.n_relevant;
}

/* Makes room for the blocks of a frame of that size; FALSE if there is no memory. */
static gboolean
reserve_blocks (GstMask2FormerMotion * motion,
    GstMask2FormerMotionFrame * frame, const GstVideoInfo * info)
{
  if (info->width != motion->frame_width
      || info->height != motion->frame_height) {
    gst_mask2former_motion_reset (motion);
    motion->frame_width = motion->frame_height = 0;
    if (!resize_levels (motion, frame->luma.width, frame->luma.height))
      return FALSE;
    motion->frame_width = info->width;
    motion->frame_height = info->height;
  }
  frame->columns = motion->levels[0].columns;
  frame->rows = motion->levels[0].rows;
  g_free (frame->blocks);
  frame->blocks = g_try_new (GstMask2FormerBlock,
      (gsize) frame->columns * frame->rows);
  return frame->blocks != NULL;
}

gboolean
gst_mask2former_motion_push (GstMask2FormerMotion * motion,
    const GstVideoFrame * video_frame, guint64 * number)
{
  GstMask2FormerMotionFrame *frame =
      &motion->frames[motion->n_pushed % HISTORY];
  const GstMask2FormerMotionFrame *before;
  const GstVideoInfo *info = &video_frame->info;

  if (!gst_mask2former_luma_shrink (&frame->luma, video_frame)
      || !reserve_blocks (motion, frame, info)) {
    gst_mask2former_motion_reset (motion);
    return FALSE;
  }

  before = gst_mask2former_motion_newest (motion);
  frame->number = motion->n_pushed;
  frame->factor = gst_mask2former_luma_factor (info);
  frame->is_new_scene = TRUE;
  if (before)
    find_motion (motion, frame, &before->luma);

  if (frame->is_new_scene)
    motion->first = frame->number;
  motion->n_pushed++;
  *number = frame->number;
  return TRUE;
}

void
gst_mask2former_motion_reset (GstMask2FormerMotion * motion)
{
  motion->first = motion->n_pushed;
}

const GstMask2FormerMotionFrame *
gst_mask2former_motion_newest (const GstMask2FormerMotion * motion)
{
  return motion->n_pushed > motion->first ?
      &motion->frames[(motion->n_pushed - 1) % HISTORY] : NULL;
}

const GstMask2FormerMotionFrame *
gst_mask2former_motion_frame (const GstMask2FormerMotion * motion,
    guint64 number)
{
  if (!gst_mask2former_motion_is_same_scene (motion, number) ||
      motion->n_pushed - number > HISTORY)
    return NULL;
  return &motion->frames[number % HISTORY];
}

gboolean
gst_mask2former_motion_is_same_scene (const GstMask2FormerMotion * motion,
    guint64 number)
{
  return number >= motion->first && number < motion->n_pushed;
}
