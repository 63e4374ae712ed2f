/* Attaches panoptic results to video buffers.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/panopticwriter.h"

#include "gst/panopticmeta.h"

struct _GstPanopticWriter
{
  GstBufferPool *pool;          /* of label maps of `info` */
  GstVideoInfo info;
};

static gboolean
copy_field (GQuark field, const GValue * value, gpointer structure)
{
  gst_structure_id_set_value (structure, field, value);
  return TRUE;
}

/* Copies the metadata with the buffer; when the picture was scaled, so is the rectangle.  Boxes
 * and areas are in pixels of the label map, which every copy shares. */
static gboolean
transform_meta (GstBuffer * dest, GstCustomMeta * meta, GstBuffer * buffer,
    GQuark type, gpointer data, gpointer user_data)
{
  const GstStructure *from = gst_custom_meta_get_structure (meta);
  const GstVideoMetaTransform *scale = data;
  const GstVideoInfo *in, *out;
  GstVideoRectangle rectangle;
  GstStructure *to;

  if (!GST_META_TRANSFORM_IS_COPY (type)
      && !GST_VIDEO_META_TRANSFORM_IS_SCALE (type))
    return FALSE;

  to = gst_custom_meta_get_structure (gst_buffer_add_custom_meta (dest,
          GST_PANOPTIC_META_NAME));
  gst_structure_foreach (from, copy_field, to);
  if (!GST_VIDEO_META_TRANSFORM_IS_SCALE (type))
    return TRUE;

  in = scale->in_info;
  out = scale->out_info;
  gst_panoptic_meta_get_label_map (from, &rectangle);
  gst_structure_set (to,
      "x", G_TYPE_INT, (gint) gst_util_uint64_scale_int (rectangle.x,
          out->width, in->width),
      "y", G_TYPE_INT, (gint) gst_util_uint64_scale_int (rectangle.y,
          out->height, in->height),
      "width", G_TYPE_INT, (gint) gst_util_uint64_scale_int (rectangle.w,
          out->width, in->width),
      "height", G_TYPE_INT, (gint) gst_util_uint64_scale_int (rectangle.h,
          out->height, in->height), NULL);
  return TRUE;
}

void
gst_panoptic_meta_register (void)
{
  static gsize registered = 0;
  const gchar *tags[] = { GST_META_TAG_VIDEO_STR,
    GST_META_TAG_VIDEO_SIZE_STR, GST_META_TAG_VIDEO_ORIENTATION_STR, NULL
  };

  if (g_once_init_enter (&registered)) {
    gst_meta_register_custom (GST_PANOPTIC_META_NAME, tags, transform_meta,
        NULL, NULL);
    g_once_init_leave (&registered, 1);
  }
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
  drop_pool (writer);
  g_free (writer);
}

static gboolean
make_pool (GstPanopticWriter * writer, const M2fResult * result)
{
  GstStructure *config;
  GstCaps *caps;

  drop_pool (writer);
  if (!gst_video_info_set_format (&writer->info, result->map_depth == 1 ?
          GST_VIDEO_FORMAT_GRAY8 : GST_VIDEO_FORMAT_GRAY16_LE,
          result->map_width, result->map_height))
    return FALSE;

  writer->pool = gst_video_buffer_pool_new ();
  config = gst_buffer_pool_get_config (writer->pool);
  caps = gst_video_info_to_caps (&writer->info);
  gst_buffer_pool_config_set_params (config, caps, writer->info.size, 0, 0);
  gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  gst_caps_unref (caps);
  return gst_buffer_pool_set_config (writer->pool, config) &&
      gst_buffer_pool_set_active (writer->pool, TRUE);
}

static gboolean
pool_fits (const GstPanopticWriter * writer, const M2fResult * result)
{
  return writer->pool && writer->info.width == result->map_width &&
      writer->info.height == result->map_height &&
      GST_VIDEO_INFO_COMP_PSTRIDE (&writer->info, 0) == result->map_depth;
}

static GstBuffer *
copy_label_map (GstPanopticWriter * writer, const M2fResult * result)
{
  GstBuffer *buffer = NULL;
  GstVideoFrame frame;
  gint x, y;

  if ((!pool_fits (writer, result) && !make_pool (writer, result)) ||
      gst_buffer_pool_acquire_buffer (writer->pool, &buffer,
          NULL) != GST_FLOW_OK)
    return NULL;
  if (!gst_video_frame_map (&frame, &writer->info, buffer, GST_MAP_WRITE)) {
    gst_buffer_unref (buffer);
    return NULL;
  }

  for (y = 0; y < result->map_height; y++) {
    const guint8 *src = result->map + (gsize) y * result->map_stride;
    guint8 *dst = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) +
        (gsize) y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);

    if (result->map_depth == 1)
      memcpy (dst, src, result->map_width);
    else
      for (x = 0; x < result->map_width; x++)
        GST_WRITE_UINT16_LE (dst + 2 * x, ((const guint16 *) src)[x]);
  }
  gst_video_frame_unmap (&frame);
  return buffer;
}

static GstStructure *
segment_structure (const M2fSegment * segment)
{
  return gst_structure_new ("segment",
      "id", G_TYPE_UINT, segment->id,
      "label-id", G_TYPE_UINT, segment->label_id,
      "label", G_TYPE_STRING, segment->label,
      "score", G_TYPE_DOUBLE, (gdouble) segment->score,
      "area", G_TYPE_UINT64, (guint64) segment->area,
      "x", G_TYPE_INT, segment->x, "y", G_TYPE_INT, segment->y,
      "width", G_TYPE_INT, segment->width, "height", G_TYPE_INT,
      segment->height,
      "is-thing", G_TYPE_BOOLEAN, segment->is_thing,
      "was-fused", G_TYPE_BOOLEAN, segment->was_fused, NULL);
}

static void
append_segments (GValue * array, const M2fResult * result)
{
  gint i;

  gst_value_array_init (array, result->n_segments);
  for (i = 0; i < result->n_segments; i++) {
    GValue value = G_VALUE_INIT;

    g_value_init (&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed (&value, segment_structure (&result->segments[i]));
    gst_value_array_append_and_take_value (array, &value);
  }
}

/* Rounds outwards, so that the box still holds all of the thing. */
static void
add_region_of_interest (GstBuffer * buffer, const M2fResult * result,
    const M2fSegment * segment, gint frame_width, gint frame_height)
{
  guint64 map_width = result->map_width, map_height = result->map_height;
  guint left = segment->x * frame_width / map_width;
  guint top = segment->y * frame_height / map_height;
  guint right = ((guint64) (segment->x + segment->width) * frame_width +
      map_width - 1) / map_width;
  guint bottom = ((guint64) (segment->y + segment->height) * frame_height +
      map_height - 1) / map_height;
  GstVideoRegionOfInterestMeta *roi =
      gst_buffer_add_video_region_of_interest_meta (buffer, segment->label,
      left, top, right - left, bottom - top);

  roi->id = segment->id;
  gst_video_region_of_interest_meta_add_param (roi,
      gst_structure_new ("mask2former",
          "id", G_TYPE_UINT, segment->id,
          "label-id", G_TYPE_UINT, segment->label_id,
          "label", G_TYPE_STRING, segment->label,
          "score", G_TYPE_DOUBLE, (gdouble) segment->score, NULL));
}

gboolean
gst_panoptic_writer_attach (GstPanopticWriter * writer, GstBuffer * buffer,
    const M2fResult * result, M2fTask task, gint frame_width, gint frame_height)
{
  GstBuffer *label_map = copy_label_map (writer, result);
  GValue segments = G_VALUE_INIT;
  GstStructure *structure;
  gint i;

  if (!label_map)
    return FALSE;

  structure = gst_custom_meta_get_structure (gst_buffer_add_custom_meta (buffer,
          GST_PANOPTIC_META_NAME));
  gst_structure_set (structure,
      "version", G_TYPE_UINT, GST_PANOPTIC_META_VERSION,
      "task", G_TYPE_STRING, m2f_task_name (task),
      "label-map", GST_TYPE_BUFFER, label_map,
      "x", G_TYPE_INT, 0, "y", G_TYPE_INT, 0,
      "width", G_TYPE_INT, frame_width, "height", G_TYPE_INT, frame_height,
      "pts", G_TYPE_UINT64, GST_BUFFER_PTS (buffer),
      "age", G_TYPE_UINT64, G_GUINT64_CONSTANT (0), NULL);
  append_segments (&segments, result);
  gst_structure_take_value (structure, "segments", &segments);
  gst_buffer_unref (label_map);

  for (i = 0; i < result->n_segments; i++)
    if (result->segments[i].is_thing)
      add_region_of_interest (buffer, result, &result->segments[i],
          frame_width, frame_height);
  return TRUE;
}
