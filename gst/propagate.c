/* Lets the result of an earlier frame follow the picture to the newest one.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A layer, the background or a thing, remembers which blocks of the result's frame it covered.
 * From frame to frame they are looked up where the layer has moved to by then, and its next
 * movement is fitted to theirs, unless another thing covers them.  A thing is then looked for
 * around where that takes it, so that errors do not add up.  Of two things that meet, the one in
 * front is the one whose pixels are found again where both should be.
 */
#include "gst/propagate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gst/layers.h"
#include "gst/log.h"
#include "gst/movement.h"
#include "gst/registration.h"

#define GST_CAT_DEFAULT gst_mask2former_motion_log ()

#define STEP GST_MASK2FORMER_MOTION_STEP
#define BACKGROUND 0
#define NOBODY -1
#define MAX_COMPARED 255        /* things of which each is compared with each */
#define VISIBLE 0.2             /* part of a thing that must be seen to judge its movement by */

/* Part of a block of the result's frame that a layer covers. */
typedef struct
{
  gfloat x, y;                  /* middle of the part, in pixels of the small picture */
  gfloat weight;                /* 1 if all of the block */
} Sample;

typedef struct
{
  GstMask2FormerList samples;   /* Sample */
  GstMask2FormerList pixels;    /* GstMask2FormerPixel of a thing in the result's frame */
  GstMask2FormerMovement movement;      /* since the result, in pixels of the small picture */
  GstMask2FormerMovement pace;  /* per frame, of the last frames */
  gint rank;                    /* in the order of painting; that of the background is -1 */
  gint bottom;                  /* of the segment's box, in pixels of the map */
} Layer;

struct _GstMask2FormerPropagator
{
  GstPanopticView source;       /* borrowed */
  guint64 source_number;        /* of the result's frame */
  gboolean is_known;            /* there is a result whose way is known up to frame `number` */
  guint64 number;
  gint factor;                  /* pixels of the frame per pixel of the small picture */

  GArray *layer_of_id;          /* gint */
  guint max_id;
  GstMask2FormerLayers *layers;
  GPtrArray *states;            /* Layer; at least n_layers */
  guint n_layers;
  GstMask2FormerScratch movements;      /* GstMask2FormerMovement: n_layers for each of the last
                                         * frames, in the row of the frame's number modulo the
                                         * history */
  GArray *order;                /* guint: things from the rearmost to the front */

  /* of the small picture: */
  gint width, height;
  GstMask2FormerScratch columns;        /* gint: of the map at each column */
  GstMask2FormerScratch labels; /* gint16: layer of each pixel in the result's frame */
  GstMask2FormerScratch covering;       /* gint16: rank of the thing in front at each block, or its
                                         * layer at each pixel */
  GstMask2FormerScratch claims; /* guint8: brightness of what should be at each pixel */
  GstMask2FormerScratch evidence;       /* GstMask2FormerEvidence */
  GstMask2FormerScratch worse;  /* gint64: by how much the row's layer fits worse than the column's
                                 * where both should be */

  /* shown by carry(): */
  GstMask2FormerScratch map;
  GstMask2FormerScratch segments;       /* GstPanopticSegment */
  guint n_segments;
  GstMask2FormerScratch areas, boxes;   /* guint64, GstVideoRectangle by id */
};

#define RESERVE(scratch, n, type) \
  gst_mask2former_scratch_reserve (scratch, n, sizeof (type))

static void
free_layer (gpointer data)
{
  Layer *layer = data;

  g_free (layer->samples.data);
  g_free (layer->pixels.data);
  g_free (layer);
}

GstMask2FormerPropagator *
gst_mask2former_propagator_new (void)
{
  GstMask2FormerPropagator *self = g_new0 (GstMask2FormerPropagator, 1);

  self->layers = gst_mask2former_layers_new ();
  self->states = g_ptr_array_new_with_free_func (free_layer);
  self->layer_of_id = g_array_new (FALSE, FALSE, sizeof (gint));
  self->order = g_array_new (FALSE, FALSE, sizeof (guint));
  return self;
}

void
gst_mask2former_propagator_free (GstMask2FormerPropagator * self)
{
  if (!self)
    return;
  gst_mask2former_layers_free (self->layers);
  g_ptr_array_unref (self->states);
  g_free (self->movements.data);
  g_array_unref (self->layer_of_id);
  g_array_unref (self->order);
  g_free (self->columns.data);
  g_free (self->labels.data);
  g_free (self->covering.data);
  g_free (self->claims.data);
  g_free (self->evidence.data);
  g_free (self->worse.data);
  g_free (self->map.data);
  g_free (self->segments.data);
  g_free (self->areas.data);
  g_free (self->boxes.data);
  g_free (self);
}

static inline Layer *
layer_at (const GstMask2FormerPropagator * self, guint index)
{
  return g_ptr_array_index (self->states, index);
}

/* ---- taking a result ---- */

static Layer *
add_layer (GstMask2FormerPropagator * self)
{
  Layer *layer;

  if (self->n_layers == self->states->len)
    g_ptr_array_add (self->states, g_new0 (Layer, 1));
  layer = layer_at (self, self->n_layers++);
  layer->samples.len = layer->pixels.len = 0;
  layer->movement = layer->pace = GST_MASK2FORMER_REST;
  layer->rank = (gint) self->n_layers - 2;
  return layer;
}

/* Gives every thing a layer and all other segments the background. */
static void
assign_layers (GstMask2FormerPropagator * self)
{
  const GstPanopticView *view = &self->source;
  gint *layer_of_id;
  guint i;

  self->max_id = 0;
  for (i = 0; i < view->n_segments; i++)
    self->max_id = MAX (self->max_id, view->segments[i].id);
  g_array_set_size (self->layer_of_id, self->max_id + 1);
  layer_of_id = (gint *) self->layer_of_id->data;
  for (i = 0; i <= self->max_id; i++)
    layer_of_id[i] = NOBODY;

  self->n_layers = 0;
  add_layer (self);
  g_array_set_size (self->order, 0);
  for (i = 0; i < view->n_segments; i++) {
    const GstPanopticSegment *segment = &view->segments[i];

    if (segment->is_thing && self->n_layers < G_MAXINT16) {
      g_array_append_val (self->order, self->n_layers);
      layer_of_id[segment->id] = self->n_layers;
      add_layer (self)->bottom = segment->box.y + segment->box.h;
    } else {
      layer_of_id[segment->id] = BACKGROUND;
    }
  }
}

/* The place in the map of the middle of a pixel of the small picture, along one edge of the part of
 * the frame that the map covers; NOBODY outside of it. */
static gint
map_place (const GstMask2FormerPropagator * self, gint at, gint start,
    gint covered, gint length)
{
  gint frame_at = at * self->factor + self->factor / 2 - start;

  return frame_at < 0 || frame_at >= covered ? NOBODY :
      (2 * (gint64) frame_at + 1) * length / (2 * covered);
}

/* The layers of the small picture's pixels; void is background too. */
static gboolean
label_small_picture (GstMask2FormerPropagator * self)
{
  const GstPanopticView *view = &self->source;
  const GstVideoRectangle *covered = &view->rectangle;
  const gint *layer_of_id = (const gint *) self->layer_of_id->data;
  gint16 *labels;
  gint *columns, x, y;

  if (!RESERVE (&self->columns, self->width, gint) ||
      !RESERVE (&self->labels, (gsize) self->width * self->height, gint16))
    return FALSE;
  columns = self->columns.data;
  labels = self->labels.data;
  for (x = 0; x < self->width; x++)
    columns[x] = map_place (self, x, covered->x, covered->w, view->width);
  for (y = 0; y < self->height; y++) {
    gint row = map_place (self, y, covered->y, covered->h, view->height);

    for (x = 0; x < self->width; x++) {
      guint id = row == NOBODY || columns[x] == NOBODY ? 0 :
          gst_panoptic_view_id (view, columns[x], row);

      *labels++ = id <= self->max_id && layer_of_id[id] > 0 ?
          layer_of_id[id] : BACKGROUND;
    }
  }
  return TRUE;
}

/* The part of a block that a layer covers, squared: the more there is of something else, the less
 * the block says about the layer. */
static gfloat
coverage (const GstMask2FormerPropagator * self, gint16 layer, gint left,
    gint top)
{
  const gint16 *labels = self->labels.data;
  gint x, y, n = 0, all = 0;

  for (y = MAX (top, 0); y < MIN (top + 2 * STEP, self->height); y++)
    for (x = MAX (left, 0); x < MIN (left + 2 * STEP, self->width); x++) {
      n += labels[y * self->width + x] == layer;
      all++;
    }
  return (gfloat) n * n / (all * all);
}

/* Adds the part of a square of the small picture that belongs to the layer of its pixel number
 * `first`, unless an earlier pixel of the square belongs to it too. */
static gboolean
add_sample (GstMask2FormerPropagator * self, gint left, gint top, gint first)
{
  const gint16 *labels = self->labels.data;
  gint16 layer = labels[(top + first / STEP) * self->width + left + first %
      STEP];
  Sample sample = { 0 };
  gint x, y, n = 0;

  for (y = top; y < MIN (top + STEP, self->height); y++)
    for (x = left; x < MIN (left + STEP, self->width); x++) {
      if (labels[y * self->width + x] != layer)
        continue;
      if ((y - top) * STEP + x - left < first)
        return TRUE;
      sample.x += x + 0.5f;
      sample.y += y + 0.5f;
      n++;
    }
  sample.x /= n;
  sample.y /= n;
  sample.weight = coverage (self, layer, left - STEP / 2, top - STEP / 2);
  return gst_mask2former_list_append (&layer_at (self, layer)->samples, &sample,
      sizeof sample);
}

static gboolean
take_samples (GstMask2FormerPropagator * self)
{
  gint left, top, i;

  for (top = 0; top < self->height; top += STEP)
    for (left = 0; left < self->width; left += STEP)
      for (i = 0; i < STEP * STEP; i++)
        if (left + i % STEP < self->width && top + i / STEP < self->height &&
            !add_sample (self, left, top, i))
          return FALSE;
  return TRUE;
}

static gboolean
take_pixels (GstMask2FormerPropagator * self)
{
  const gint16 *labels = self->labels.data;
  gint16 x, y;

  for (y = 0; y < self->height; y++)
    for (x = 0; x < self->width; x++) {
      Layer *layer = layer_at (self, *labels);
      GstMask2FormerPixel pixel = { x, y };

      if (*labels++ != BACKGROUND &&
          !gst_mask2former_list_append (&layer->pixels, &pixel, sizeof pixel))
        return FALSE;
    }
  return TRUE;
}

void
gst_mask2former_propagator_set_result (GstMask2FormerPropagator * self,
    const GstMask2FormerMotion * motion, const GstPanopticView * view,
    guint64 number)
{
  const GstMask2FormerMotionFrame *frame =
      gst_mask2former_motion_frame (motion, number);

  self->source = *view;
  self->source_number = self->number = number;
  self->is_known = frame != NULL;
  if (!frame)
    return;

  self->factor = frame->factor;
  self->width = frame->luma.width;
  self->height = frame->luma.height;
  assign_layers (self);
  self->is_known = gst_mask2former_layers_split (self->layers, view,
      (const gint *) self->layer_of_id->data, self->max_id, self->n_layers) &&
      RESERVE (&self->movements,
      GST_MASK2FORMER_MOTION_HISTORY * self->n_layers, GstMask2FormerMovement)
      && label_small_picture (self) && take_samples (self)
      && take_pixels (self);
  if (!self->is_known)
    GST_WARNING ("no memory to move a result of %d x %d pixels: it is shown "
        "where it was", view->width, view->height);
}

/* ---- from frame to frame ---- */

/* Number of the block at a layer's sample, where the layer is now; NOBODY outside the picture. */
static inline gint
block_at (const GstMask2FormerMotionFrame * frame, const Sample * sample,
    const GstMask2FormerMovement * movement)
{
  gint column =
      floor ((movement->scale * sample->x + movement->x) / STEP);
  gint row = floor ((movement->scale * sample->y + movement->y) / STEP);

  if (column < 0 || column >= frame->columns || row < 0 || row >= frame->rows)
    return NOBODY;
  return row * frame->columns + column;
}

/* Marks each block with the rank of the thing in front. */
static gboolean
cover_blocks (GstMask2FormerPropagator * self,
    const GstMask2FormerMotionFrame * frame)
{
  gint16 *covering;
  gint i, n = frame->columns * frame->rows;
  guint rank;
  gsize s;

  if (!RESERVE (&self->covering, n, gint16))
    return FALSE;
  covering = self->covering.data;
  for (i = 0; i < n; i++)
    covering[i] = NOBODY;
  for (rank = 0; rank < self->order->len; rank++) {
    const Layer *layer =
        layer_at (self, g_array_index (self->order, guint, rank));

    for (s = 0; s < layer->samples.len; s++) {
      gint block = block_at (frame, (const Sample *) layer->samples.data + s,
          &layer->movement);

      if (block != NOBODY)
        covering[block] = rank;
    }
  }
  return TRUE;
}

/* True if something in front of a layer covers the block or one beside it: blocks overlap. */
static gboolean
is_disturbed (const GstMask2FormerPropagator * self,
    const GstMask2FormerMotionFrame * frame, gint block, gint rank)
{
  const gint16 *covering = self->covering.data;
  gint column = block % frame->columns, row = block / frame->columns, x, y;

  for (y = MAX (row - 1, 0); y <= MIN (row + 1, frame->rows - 1); y++)
    for (x = MAX (column - 1, 0); x <= MIN (column + 1, frame->columns - 1);
        x++)
      if (covering[y * frame->columns + x] > rank)
        return TRUE;
  return FALSE;
}

/* Collects what is seen of the layer, as many pieces of evidence as `n` says afterwards; returns
 * which part of it that is. */
static gdouble
gather_evidence (GstMask2FormerPropagator * self, guint index,
    const GstMask2FormerMotionFrame * frame, guint * n)
{
  const Layer *layer = layer_at (self, index);
  GstMask2FormerEvidence *evidence = self->evidence.data;
  gdouble seen = 0, sum = 1e-9;
  gsize i;

  *n = 0;
  for (i = 0; i < layer->samples.len; i++) {
    const Sample *sample = (const Sample *) layer->samples.data + i;
    gint at = block_at (frame, sample, &layer->movement);
    const GstMask2FormerBlock *block = frame->blocks + at;

    sum += sample->weight;
    if (at == NOBODY || is_disturbed (self, frame, at, layer->rank))
      continue;
    seen += sample->weight;
    evidence[(*n)++] = (GstMask2FormerEvidence) {
      .x = layer->movement.scale * sample->x + layer->movement.x,
      .y = layer->movement.scale * sample->y + layer->movement.y,
      .dx = block->x,.dy = block->y,
      .xx = block->xx * sample->weight,
      .xy = block->xy * sample->weight,
      .yy = block->yy * sample->weight,
    };
  }
  return seen / sum;
}

static GstMask2FormerMovement
mix (const GstMask2FormerMovement * a, const GstMask2FormerMovement * b,
    gdouble part_of_b)
{
  return (GstMask2FormerMovement) {
    .scale = a->scale + part_of_b * (b->scale - a->scale),
    .x = a->x + part_of_b * (b->x - a->x),
    .y = a->y + part_of_b * (b->y - a->y),
  };
}

static gboolean
move_layer (GstMask2FormerPropagator * self, guint index,
    const GstMask2FormerMotionFrame * frame,
    const GstMask2FormerMotionFrame * source)
{
  Layer *layer = layer_at (self, index);
  GstMask2FormerMovement step = layer->pace;
  const GstMask2FormerMovement rest = GST_MASK2FORMER_REST;
  const GstMask2FormerMovement *with_all = index == BACKGROUND ? &rest :
      &layer_at (self, BACKGROUND)->pace;
  gboolean is_first = self->number == self->source_number;
  gdouble seen;
  guint n;

  if (!RESERVE (&self->evidence, layer->samples.len, GstMask2FormerEvidence))
    return FALSE;
  seen = gather_evidence (self, index, frame, &n);
  if (is_first)
    step = *with_all;
  if (seen >= VISIBLE) {
    step = gst_mask2former_movement_fit (self->evidence.data, n, &step,
        with_all);
    layer->pace = index == BACKGROUND || is_first ? step :
        mix (&layer->pace, &step, seen / 2);
  }
  layer->movement = gst_mask2former_movement_chain (&layer->movement, &step);
  if (index != BACKGROUND && source && seen >= VISIBLE)
    gst_mask2former_register (&source->luma, &frame->luma, &layer->pixels,
        memcmp (&step, with_all, sizeof step) != 0, &layer->movement);
  return TRUE;
}

/* Movements of the layers since the result, as of a frame of the history. */
static GstMask2FormerMovement *
movements_at (const GstMask2FormerPropagator * self, guint64 number)
{
  return (GstMask2FormerMovement *) self->movements.data +
      number % GST_MASK2FORMER_MOTION_HISTORY * self->n_layers;
}

static gboolean
advance (GstMask2FormerPropagator * self, const GstMask2FormerMotion * motion)
{
  const GstMask2FormerMotionFrame *frame =
      gst_mask2former_motion_frame (motion, self->number + 1);
  const GstMask2FormerMotionFrame *source =
      gst_mask2former_motion_frame (motion, self->source_number);
  guint i;

  /* the frame before must be of the same scene, and is if it is in the history */
  if (!frame || !gst_mask2former_motion_frame (motion, self->number))
    return FALSE;
  if (!cover_blocks (self, frame))
    return FALSE;
  for (i = 0; i < self->n_layers; i++) {
    if (!move_layer (self, i, frame, source))
      return FALSE;
    movements_at (self, frame->number)[i] = layer_at (self, i)->movement;
  }
  self->number++;
  return TRUE;
}

/* ---- what is in front ---- */

static gint
moved_bottom (const GstMask2FormerPropagator * self, guint index)
{
  const Layer *layer = layer_at (self, index);

  return floor (layer->movement.scale * layer->bottom +
      layer->movement.y * self->factor);
}

/* Whatever stands lower in the picture is nearer. */
static gint
compare_bottoms (gconstpointer a, gconstpointer b, gpointer data)
{
  guint index_a = *(const guint *) a, index_b = *(const guint *) b;
  gint bottom_a = moved_bottom (data, index_a);
  gint bottom_b = moved_bottom (data, index_b);

  return bottom_a != bottom_b ? bottom_a - bottom_b :
      (gint) index_a - (gint) index_b;
}

/* Compares what both pixels of the result's frame that should be at `to` look like with it. */
static void
compare_fits (GstMask2FormerPropagator * self, const guint8 * source,
    const guint8 * now, gint layer, gint other)
{
  gint64 *worse = self->worse.data;
  gint by = abs (source[0] - now[0]) - abs (source[1] - now[0]);

  worse[layer * self->n_layers + other] += by;
  worse[other * self->n_layers + layer] -= by;
}

/* Fills `worse` from all pixels at which two things should be. */
static void
compare_things (GstMask2FormerPropagator * self,
    const GstMask2FormerLuma * source, const GstMask2FormerLuma * now)
{
  const gint16 *labels = self->labels.data;
  gint16 *covering = self->covering.data;
  guint8 *claims = self->claims.data;
  gint x, y;

  memset (covering, 0, sizeof (*covering) * self->width * self->height);        /* background */
  for (y = 0; y < self->height; y++)
    for (x = 0; x < self->width; x++) {
      gint layer = labels[y * self->width + x];
      const GstMask2FormerMovement *m = &layer_at (self, layer)->movement;
      gint to_x = floor (m->scale * (x + 0.5) + m->x);
      gint to_y = floor (m->scale * (y + 0.5) + m->y), to;
      guint8 pixels[2] = { source->pixels[y * source->stride + x], 0 };

      if (layer == BACKGROUND || to_x < 0 || to_x >= self->width || to_y < 0 ||
          to_y >= self->height)
        continue;
      to = to_y * self->width + to_x;
      pixels[1] = claims[to];
      if (covering[to] != BACKGROUND && covering[to] != layer)
        compare_fits (self, pixels, now->pixels + to_y * now->stride + to_x,
            layer, covering[to]);
      covering[to] = layer;
      claims[to] = pixels[0];
    }
}

/* Evidence need not be transitive, so the number of passes ends this. */
static void
swap_by_evidence (GstMask2FormerPropagator * self)
{
  const gint64 *worse = self->worse.data;
  guint *order = (guint *) self->order->data, n = self->order->len, pass, i;

  for (pass = 0; pass < n; pass++)
    for (i = 0; i + 1 < n; i++)
      if (worse[order[i + 1] * self->n_layers + order[i]] > 0) {
        guint behind = order[i + 1];

        order[i + 1] = order[i];
        order[i] = behind;
      }
}

static gboolean
reserve_comparison (GstMask2FormerPropagator * self)
{
  gsize n = (gsize) self->width * self->height;
  gsize n_pairs = (gsize) self->n_layers * self->n_layers;

  if (!RESERVE (&self->covering, n, gint16) ||
      !RESERVE (&self->claims, n, guint8) ||
      !RESERVE (&self->worse, n_pairs, gint64))
    return FALSE;
  memset (self->worse.data, 0, n_pairs * sizeof (gint64));
  return TRUE;
}

/* Puts things into the order in which they are painted in a frame. */
static void
sort_things (GstMask2FormerPropagator * self,
    const GstMask2FormerMotion * motion,
    const GstMask2FormerMotionFrame * frame)
{
  const GstMask2FormerMotionFrame *source =
      gst_mask2former_motion_frame (motion, self->source_number);
  guint i, n = self->order->len;

  g_array_sort_with_data (self->order, compare_bottoms, self);
  if (source && n >= 2 && n <= MAX_COMPARED && reserve_comparison (self)) {
    compare_things (self, &source->luma, &frame->luma);
    swap_by_evidence (self);
  }
  for (i = 0; i < n; i++)
    layer_at (self, g_array_index (self->order, guint, i))->rank = i;
}

/* ---- painting ---- */

/* From pixels of the small picture to pixels of the map. */
static GstMask2FormerMovement
scale_to_map (const GstMask2FormerPropagator * self,
    const GstMask2FormerMovement * movement)
{
  const GstPanopticView *view = &self->source;
  gdouble growth = movement->scale - 1;

  return (GstMask2FormerMovement) {
    .scale = movement->scale,
    .x = (growth * view->rectangle.x + movement->x * self->factor) *
        view->width / view->rectangle.w,
    .y = (growth * view->rectangle.y + movement->y * self->factor) *
        view->height / view->rectangle.h,
  };
}

/* Reserves what is shown, and clears the map. */
static gboolean
start_canvas (GstMask2FormerPropagator * self, GstMask2FormerCanvas * canvas)
{
  const GstPanopticView *view = &self->source;
  gsize size = (gsize) view->width * view->height * view->depth;

  if (!RESERVE (&self->map, size, guint8) ||
      !RESERVE (&self->segments, MAX (view->n_segments, 1),
          GstPanopticSegment) ||
      !RESERVE (&self->areas, self->max_id + 1, guint64) ||
      !RESERVE (&self->boxes, self->max_id + 1, GstVideoRectangle))
    return FALSE;
  memset (self->map.data, 0, size);
  self->n_segments = 0;
  *canvas = (GstMask2FormerCanvas) {
    .map = self->map.data,
    .width = view->width,
    .height = view->height,
    .stride = view->width * view->depth,
    .depth = view->depth,
  };
  return TRUE;
}

static void
paint_layer (const GstMask2FormerPropagator * self, guint index,
    const GstMask2FormerCanvas * canvas)
{
  GstMask2FormerMovement movement =
      scale_to_map (self, &layer_at (self, index)->movement);

  gst_mask2former_layers_paint (self->layers, index, &movement, canvas);
}

/* Lists the segments that are still there. */
static void
list_segments (GstMask2FormerPropagator * self,
    const GstMask2FormerCanvas * canvas)
{
  GstPanopticSegment *segments = self->segments.data;
  guint64 *areas = self->areas.data;
  GstVideoRectangle *boxes = self->boxes.data;
  guint i;

  gst_mask2former_canvas_measure (canvas, self->max_id, areas, boxes);
  for (i = 0; i < self->source.n_segments; i++) {
    GstPanopticSegment segment = self->source.segments[i];

    segment.area = areas[segment.id];
    segment.box = boxes[segment.id];
    if (segment.area > 0)
      segments[self->n_segments++] = segment;
  }
}

static void
show_canvas (const GstMask2FormerPropagator * self,
    const GstMask2FormerCanvas * canvas, GstPanopticView * carried)
{
  gst_panoptic_view_set_view (carried, &self->source);
  carried->map = canvas->map;
  carried->stride = canvas->stride;
  carried->swapped = FALSE;
  carried->segments = self->segments.data;
  carried->n_segments = self->n_segments;
}

gboolean
gst_mask2former_propagator_follow (GstMask2FormerPropagator * self,
    const GstMask2FormerMotion * motion, guint max_frames)
{
  const GstMask2FormerMotionFrame *newest =
      gst_mask2former_motion_newest (motion);

  if (!newest || newest->number < self->number)
    self->is_known = FALSE;
  for (; max_frames > 0 && self->is_known && self->number < newest->number;
      max_frames--)
    self->is_known = advance (self, motion);
  return !self->is_known || self->number == newest->number;
}

/* Shows the segments of a frame at which all layers are where they move to, or none.  FALSE, and
 * the view as it was before, if there is no memory. */
static gboolean
show_frame (GstMask2FormerPropagator * self,
    const GstMask2FormerMotion * motion,
    const GstMask2FormerMotionFrame * frame, GstPanopticView * carried)
{
  GstMask2FormerCanvas canvas;
  guint i;

  if (!start_canvas (self, &canvas)) {
    GST_WARNING ("no memory to move a result of %d x %d pixels",
        self->source.width, self->source.height);
    return FALSE;
  }
  if (frame) {
    sort_things (self, motion, frame);
    paint_layer (self, BACKGROUND, &canvas);
    for (i = 0; i < self->order->len; i++)
      paint_layer (self, g_array_index (self->order, guint, i), &canvas);
    list_segments (self, &canvas);
  }
  show_canvas (self, &canvas, carried);
  return TRUE;
}

gboolean
gst_mask2former_propagator_carry (GstMask2FormerPropagator * self,
    const GstMask2FormerMotion * motion, GstPanopticView * carried)
{
  gst_mask2former_propagator_follow (self, motion, G_MAXUINT);
  gst_panoptic_view_set_view (carried, &self->source);
  if (!self->is_known &&
      gst_mask2former_motion_is_same_scene (motion, self->source_number))
    return FALSE;

  if (show_frame (self, motion, self->is_known ?
          gst_mask2former_motion_newest (motion) : NULL, carried))
    return self->is_known;
  if (!self->is_known)
    carried->n_segments = 0;
  return FALSE;
}

/* Puts the layers where they were at a frame, and back when it is called once more. */
static void
exchange_movements (GstMask2FormerPropagator * self, guint64 number)
{
  GstMask2FormerMovement *then = movements_at (self, number);
  guint i;

  for (i = 0; i < self->n_layers; i++) {
    GstMask2FormerMovement movement = layer_at (self, i)->movement;

    layer_at (self, i)->movement = then[i];
    then[i] = movement;
  }
}

gboolean
gst_mask2former_propagator_carry_to (GstMask2FormerPropagator * self,
    const GstMask2FormerMotion * motion, guint64 number,
    GstPanopticView * carried)
{
  const GstMask2FormerMotionFrame *frame =
      gst_mask2former_motion_frame (motion, number);
  gboolean is_shown;

  gst_mask2former_propagator_follow (self, motion, G_MAXUINT);
  if (!self->is_known || !frame || number <= self->source_number)
    return FALSE;
  exchange_movements (self, number);
  is_shown = show_frame (self, motion, frame, carried);
  exchange_movements (self, number);
  return is_shown;
}
