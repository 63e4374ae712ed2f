/* Attaches panoptic metadata to video buffers.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/panopticwriter.h"

#include <math.h>

#include "gst/log.h"
#include "gst/scaling.h"
#ifdef HAVE_ANALYTICS
#include "gst/analytics.h"
#endif

#define GST_CAT_DEFAULT gst_panoptic_meta_log ()

/* name of the fields of a segment in a GstVideoRegionOfInterestMeta */
#define ROI_PARAM "mask2former"

struct _GstPanopticWriter
{
  GstBufferPool *pool;          /* of label maps of this size */
  gint width, height, depth;    /* pixels, and bytes per pixel */
  GstBuffer *newest;            /* the label map attached last, or NULL */
};

static gboolean
copy_field (GQuark field, const GValue * value, gpointer structure)
{
  gst_structure_id_set_value (structure, field, value);
  return TRUE;
}

/* Metadata of others may have any rectangle, which does not wrap around. */
static gint
saturate (gint64 value)
{
  return CLAMP (value, G_MININT, G_MAXINT);
}

/* Scales the distance from an edge of a frame, to the nearest pixel. */
static gint64
scale (gint64 value, gint to, gint from)
{
  return floor ((gdouble) value * to / from + 0.5);
}

/* The rectangle in a frame whose picture had that size and fills this part of another now; what
 * has an extent keeps one. */
static GstVideoRectangle
scale_rectangle (const GstVideoRectangle * rectangle, gint width, gint height,
    const GstVideoRectangle * picture)
{
  gint64 left = scale (rectangle->x, picture->w, width);
  gint64 top = scale (rectangle->y, picture->h, height);
  gint64 right =
      scale ((gint64) rectangle->x + rectangle->w, picture->w, width);
  gint64 bottom =
      scale ((gint64) rectangle->y + rectangle->h, picture->h, height);

  return (GstVideoRectangle) {
    saturate (picture->x + left), saturate (picture->y + top),
    rectangle->w > 0 ? saturate (MAX (right - left, 1)) : rectangle->w,
    rectangle->h > 0 ? saturate (MAX (bottom - top, 1)) : rectangle->h
  };
}

#if GST_CHECK_VERSION (1, 28, 0)
/* Elements say where the picture goes, borders and crops included.  A label map cannot be turned
 * or mirrored. */
static gboolean
place_by_matrix (const GstVideoMetaTransformMatrix * transform,
    GstVideoRectangle * rectangle)
{
  return transform->matrix[0][1] == 0 && transform->matrix[1][0] == 0 &&
      transform->matrix[0][0] > 0 && transform->matrix[1][1] > 0 &&
      gst_video_meta_transform_matrix_rectangle (transform, rectangle);
}
#endif

static gboolean
place_by_size (const GstVideoMetaTransform * sizes,
    GstVideoRectangle * rectangle)
{
  GstVideoRectangle picture;

  if (sizes->in_info->width <= 0 || sizes->in_info->height <= 0)
    return FALSE;
  picture = gst_panoptic_scaling_picture (sizes);
  *rectangle = scale_rectangle (rectangle, sizes->in_info->width,
      sizes->in_info->height, &picture);
  return TRUE;
}

/* Moves a rectangle with the picture.  FALSE if this kind of transform is not known. */
static gboolean
place (GQuark type, gpointer data, GstVideoRectangle * rectangle)
{
#if GST_CHECK_VERSION (1, 28, 0)
  if (GST_VIDEO_META_TRANSFORM_IS_MATRIX (type))
    return place_by_matrix (data, rectangle);
#endif
  return GST_VIDEO_META_TRANSFORM_IS_SCALE (type) &&
      place_by_size (data, rectangle);
}

/* Copies the metadata with the buffer; the rectangle follows the picture.  Boxes and areas are in
 * pixels of the label map, which every copy shares.  Metadata without a rectangle stays behind
 * where the picture moves: nobody could tell where it belongs. */
static gboolean
transform_meta (GstBuffer * dest, GstCustomMeta * meta, GstBuffer * buffer,
    GQuark type, gpointer data, gpointer user_data)
{
  const GstStructure *from = gst_custom_meta_get_structure (meta);
  gboolean moves = !GST_META_TRANSFORM_IS_COPY (type);
  GstVideoRectangle rectangle;
  GstStructure *to;

  if (moves && !gst_panoptic_meta_get_label_map (from, &rectangle)) {
    GST_WARNING ("metadata without label map or rectangle cannot be moved");
    return FALSE;
  }
  if (moves && !place (type, data, &rectangle))
    return FALSE;

  to = gst_custom_meta_get_structure (gst_buffer_add_custom_meta (dest,
          GST_PANOPTIC_META_NAME));
  gst_structure_foreach (from, copy_field, to);
  if (moves)
    gst_structure_set (to, "x", G_TYPE_INT, rectangle.x, "y", G_TYPE_INT,
        rectangle.y, "width", G_TYPE_INT, rectangle.w, "height", G_TYPE_INT,
        rectangle.h, NULL);
  return TRUE;
}

static gboolean
register_meta (void)
{
  const gchar *tags[] = { GST_META_TAG_VIDEO_STR,
    GST_META_TAG_VIDEO_SIZE_STR, GST_META_TAG_VIDEO_ORIENTATION_STR, NULL
  };
  const GstMetaInfo *other = gst_meta_get_info (GST_PANOPTIC_META_NAME);

  if (!other)
    return gst_meta_register_custom (GST_PANOPTIC_META_NAME, tags,
        transform_meta, NULL, NULL) != NULL;
  if (!gst_meta_info_is_custom (other))
    return FALSE;
  GST_WARNING ("%s is registered already, its rectangle may not follow scaling",
      GST_PANOPTIC_META_NAME);
  return TRUE;
}

gboolean
gst_panoptic_meta_register (void)
{
  static gsize registered = 0;  /* 1: usable, 2: the name is taken */

  if (g_once_init_enter (&registered))
    g_once_init_leave (&registered, register_meta () ? 1 : 2);
  return registered == 1;
}

GstPanopticWriter *
gst_panoptic_writer_new (void)
{
  return g_new0 (GstPanopticWriter, 1);
}

static void
drop_pool (GstPanopticWriter * writer)
{
  if (!writer->pool)
    return;
  gst_buffer_pool_set_active (writer->pool, FALSE);
  gst_clear_object (&writer->pool);
}

void
gst_panoptic_writer_free (GstPanopticWriter * writer)
{
  gst_clear_buffer (&writer->newest);
  drop_pool (writer);
  g_free (writer);
}

static gboolean
make_pool (GstPanopticWriter * writer, const GstPanopticView * view)
{
  GstStructure *config;

  drop_pool (writer);
  GST_DEBUG ("new pool of label maps, %d x %d pixels of %d bits",
      view->width, view->height, 8 * view->depth);
  writer->width = view->width;
  writer->height = view->height;
  writer->depth = view->depth;
  writer->pool = gst_buffer_pool_new ();
  config = gst_buffer_pool_get_config (writer->pool);
  gst_buffer_pool_config_set_params (config, NULL,
      (gsize) view->width * view->height * view->depth, 0, 0);
  return gst_buffer_pool_set_config (writer->pool, config) &&
      gst_buffer_pool_set_active (writer->pool, TRUE);
}

static gboolean
pool_fits (const GstPanopticWriter * writer, const GstPanopticView * view)
{
  return writer->pool && writer->width == view->width &&
      writer->height == view->height && writer->depth == view->depth;
}

/* An empty label map.  Its rows follow one another without padding, because not every reader
 * of masks knows of padding. */
static GstBuffer *
new_label_map (GstPanopticWriter * writer, const GstPanopticView * view)
{
  gsize offset[GST_VIDEO_MAX_PLANES] = { 0 };
  gint stride[GST_VIDEO_MAX_PLANES] = { view->width * view->depth };
  GstBuffer *buffer = NULL;

  if ((!pool_fits (writer, view) && !make_pool (writer, view)) ||
      gst_buffer_pool_acquire_buffer (writer->pool, &buffer,
          NULL) != GST_FLOW_OK)
    return NULL;
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE,
      view->depth == 1 ? GST_VIDEO_FORMAT_GRAY8 : GST_VIDEO_FORMAT_GRAY16_LE,
      view->width, view->height, 1, offset, stride);
  return buffer;
}

static GstBuffer *
copy_label_map (GstPanopticWriter * writer, const GstPanopticView * view)
{
  GstBuffer *buffer = new_label_map (writer, view);
  GstMapInfo mapping;
  gint x, y;

  if (!buffer || !gst_buffer_map (buffer, &mapping, GST_MAP_WRITE)) {
    gst_clear_buffer (&buffer);
    return NULL;
  }

  for (y = 0; y < view->height; y++) {
    guint8 *row = mapping.data + (gsize) y * view->width * view->depth;

    if (view->depth == 1)
      memcpy (row, view->map + (gsize) y * view->stride, view->width);
    else
      for (x = 0; x < view->width; x++)
        GST_WRITE_UINT16_LE (row + 2 * x, gst_panoptic_view_id (view, x, y));
  }
  gst_buffer_unmap (buffer, &mapping);
  return buffer;
}

static GstStructure *
segment_structure (const GstPanopticSegment * segment)
{
  GstStructure *structure = gst_structure_new ("segment",
      "id", G_TYPE_UINT, segment->id,
      "label-id", G_TYPE_UINT, segment->label_id,
      "label", G_TYPE_STRING, segment->label,
      "score", G_TYPE_DOUBLE, segment->score,
      "area", G_TYPE_UINT64, segment->area,
      "x", G_TYPE_INT, segment->box.x, "y", G_TYPE_INT, segment->box.y,
      "width", G_TYPE_INT, segment->box.w,
      "height", G_TYPE_INT, segment->box.h,
      "is-thing", G_TYPE_BOOLEAN, segment->is_thing,
      "was-fused", G_TYPE_BOOLEAN, segment->was_fused,
      "query", G_TYPE_INT, segment->query, NULL);

  if (segment->track_id != GST_PANOPTIC_NO_TRACK)
    gst_structure_set (structure, "track-id", G_TYPE_UINT64, segment->track_id,
        NULL);
  if (segment->is_background)
    gst_structure_set (structure, "is-background", G_TYPE_BOOLEAN, TRUE, NULL);
  return structure;
}

static void
append_segments (GValue * array, const GstPanopticView * view)
{
  guint i;

  gst_value_array_init (array, view->n_segments);
  for (i = 0; i < view->n_segments; i++) {
    GValue value = G_VALUE_INIT;

    g_value_init (&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed (&value, segment_structure (&view->segments[i]));
    gst_value_array_append_and_take_value (array, &value);
  }
}

static void
add_region_of_interest (GstBuffer * buffer, const GstPanopticView * view,
    const GstPanopticSegment * segment)
{
  GstVideoRectangle box = gst_panoptic_view_frame_box (view, segment);
  GstVideoRegionOfInterestMeta *roi =
      gst_buffer_add_video_region_of_interest_meta (buffer, segment->label,
      box.x, box.y, box.w, box.h);

  roi->id = segment->id;
  gst_video_region_of_interest_meta_add_param (roi,
      gst_structure_new (ROI_PARAM,
          "source-id", G_TYPE_STRING, view->source_id,
          "id", G_TYPE_UINT, segment->id,
          "label-id", G_TYPE_UINT, segment->label_id,
          "label", G_TYPE_STRING, segment->label,
          "score", G_TYPE_DOUBLE, segment->score, NULL));
}

/* ---- several results on a buffer ---- */

/* The fields of metadata that a writer attached, or NULL. */
static const GstStructure *
get_fields (GstMeta * meta)
{
  if (meta->info->api == GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)
    return gst_video_region_of_interest_meta_get_param (
        (GstVideoRegionOfInterestMeta *) meta, ROI_PARAM);
  if (meta->info == gst_meta_get_info (GST_PANOPTIC_META_NAME))
    return gst_custom_meta_get_structure ((GstCustomMeta *) meta);
  return NULL;
}

typedef struct
{
  const gchar *source_id;       /* what to remove */
  GstBuffer *others;            /* gets the metadata of other sources; NULL: there is none yet */
} Older;

static gboolean
set_aside (GstBuffer * buffer, GstMeta ** meta, gpointer user_data)
{
  GstMetaTransformCopy whole = { FALSE, 0, -1 };
  const GstStructure *fields = get_fields (*meta);
  Older *older = user_data;

  if (!fields)
    return TRUE;
  if (g_strcmp0 (gst_structure_get_string (fields, "source-id"),
          older->source_id) != 0) {
    if (!older->others)
      older->others = gst_buffer_new ();
    (*meta)->info->transform_func (older->others, *meta, buffer,
        _gst_meta_transform_copy, &whole);
  }
  *meta = NULL;                 /* remove it */
  return TRUE;
}

static gboolean
put_back (GstBuffer * others, GstMeta ** meta, gpointer buffer)
{
  GstMetaTransformCopy whole = { FALSE, 0, -1 };

  (*meta)->info->transform_func (buffer, *meta, others,
      _gst_meta_transform_copy, &whole);
  return TRUE;
}

static void
set_fields (GstStructure * structure, const GstPanopticView * view,
    GstBuffer * label_map)
{
  GValue segments = G_VALUE_INIT;

  gst_structure_set (structure,
      "version", G_TYPE_UINT, GST_PANOPTIC_META_VERSION,
      "task", G_TYPE_STRING, m2f_task_name (view->task),
      "label-map", GST_TYPE_BUFFER, label_map,
      "x", G_TYPE_INT, view->rectangle.x, "y", G_TYPE_INT, view->rectangle.y,
      "width", G_TYPE_INT, view->rectangle.w,
      "height", G_TYPE_INT, view->rectangle.h,
      "pts", G_TYPE_UINT64, view->pts, "age", G_TYPE_UINT64, view->age, NULL);
  if (view->source_id)
    gst_structure_set (structure, "source-id", G_TYPE_STRING, view->source_id,
        NULL);
  append_segments (&segments, view);
  gst_structure_take_value (structure, "segments", &segments);
}

static void
add_meta (GstBuffer * buffer, const GstPanopticView * view,
    GstBuffer * label_map)
{
  guint i;

  set_fields (gst_custom_meta_get_structure (gst_buffer_add_custom_meta (buffer,
              GST_PANOPTIC_META_NAME)), view, label_map);
  for (i = 0; i < view->n_segments; i++)
    if (view->segments[i].is_thing)
      add_region_of_interest (buffer, view, &view->segments[i]);
}

gboolean
gst_panoptic_writer_attach (GstPanopticWriter * writer, GstBuffer * buffer,
    const GstPanopticView * view, gboolean same_map)
{
  Older older = { view->source_id, NULL };

  if (!same_map || !writer->newest) {
    gst_clear_buffer (&writer->newest);
    writer->newest = copy_label_map (writer, view);
  }
  if (!writer->newest)
    return FALSE;

  /* readers that ask for metadata by its name get the first */
  gst_buffer_foreach_meta (buffer, set_aside, &older);
  add_meta (buffer, view, writer->newest);
  if (older.others)
    gst_buffer_foreach_meta (older.others, put_back, buffer);
  gst_clear_buffer (&older.others);
#ifdef HAVE_ANALYTICS
  gst_panoptic_analytics_attach (buffer, view, writer->newest);
#endif
  return TRUE;
}

GstStructure *
gst_panoptic_writer_describe (GstPanopticWriter * writer,
    const GstPanopticView * view, const gchar * name)
{
  GstBuffer *label_map = copy_label_map (writer, view);
  GstStructure *structure;

  if (!label_map)
    return NULL;
  structure = gst_structure_new_empty (name);
  set_fields (structure, view, label_map);
  gst_buffer_unref (label_map);
  return structure;
}
