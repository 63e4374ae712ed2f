/* Reads the panoptic metadata that mask2formerseg attaches to video buffers.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The metadata is a #GstCustomMeta named "GstPanopticMeta": a #GstStructure, so any language reads
 * it without this header.  In Python
 *
 *     meta = buffer.get_custom_meta("GstPanopticMeta").get_structure()
 *     segments = meta.get_array("segments")[1]
 *     print([segments.get_nth(i).get_string("label") for i in range(segments.n_values)])
 *
 * The functions below only save typing; all are inline, there is nothing to link.
 *
 *   version    uint       1
 *   task       string     "semantic", "instance" or "panoptic"
 *   label-map  GstBuffer  one segment id per pixel, GRAY8 or GRAY16_LE with a GstVideoMeta;
 *                         0 where there is no segment.  Shared between copies of the buffer:
 *                         read-only
 *   x y width height  int the rectangle of the frame that the label map covers, in pixels of
 *                         the frame; follows the frame through scaling, the label map does not
 *   pts        uint64     of the frame that was looked at, GST_CLOCK_TIME_NONE if it had none
 *   age        uint64     ns between that frame and this one; 0: this very frame
 *   segments   GstValueArray of GstStructure, "segment":
 *     id         uint     its value in the label map
 *     label-id   uint     class number of the checkpoint
 *     label      string   class name
 *     score      double   0..1
 *     area       uint64   pixels of the label map
 *     x y width height  int  tight box in pixels of the label map
 *     is-thing   boolean  countable object rather than stuff
 *     was-fused  boolean  merged from several masks of its class
 *
 * A frame in which nothing was found has the metadata too, with no segments.  videocrop and other
 * elements that neither scale nor copy drop it; put them before mask2formerseg.
 */
#ifndef __GST_PANOPTIC_META_H__
#define __GST_PANOPTIC_META_H__

#include <gst/video/video.h>

G_BEGIN_DECLS

#define GST_PANOPTIC_META_NAME "GstPanopticMeta"
#define GST_PANOPTIC_META_VERSION 1

typedef struct
{
  guint id;
  guint label_id;
  const gchar *label;           /* owned by the metadata */
  gdouble score;
  guint64 area;
  GstVideoRectangle box;        /* in pixels of the label map */
  gboolean is_thing;
  gboolean was_fused;
} GstPanopticSegment;

/**
 * gst_buffer_get_panoptic_meta:
 * @buffer: a #GstBuffer
 *
 * Returns: (transfer none) (nullable): the panoptic metadata of @buffer, or %NULL if it has none
 * of a version this header knows
 */
static inline const GstStructure *
gst_buffer_get_panoptic_meta (GstBuffer * buffer)
{
  GstCustomMeta *meta;
  const GstStructure *structure;
  guint version = 0;

  /* asking for a name that nothing has registered yet is a warning */
  if (!gst_meta_get_info (GST_PANOPTIC_META_NAME))
    return NULL;
  meta = gst_buffer_get_custom_meta (buffer, GST_PANOPTIC_META_NAME);
  if (!meta)
    return NULL;
  structure = gst_custom_meta_get_structure (meta);
  gst_structure_get_uint (structure, "version", &version);
  return version == GST_PANOPTIC_META_VERSION ? structure : NULL;
}

/**
 * gst_panoptic_meta_get_label_map:
 * @meta: panoptic metadata
 * @rectangle: (out) (optional): the part of the frame it covers
 *
 * Returns: (transfer none): the label map; map it with gst_video_frame_map() or through its
 * #GstVideoMeta
 */
static inline GstBuffer *
gst_panoptic_meta_get_label_map (const GstStructure * meta,
    GstVideoRectangle * rectangle)
{
  if (rectangle)
    gst_structure_get (meta, "x", G_TYPE_INT, &rectangle->x,
        "y", G_TYPE_INT, &rectangle->y, "width", G_TYPE_INT, &rectangle->w,
        "height", G_TYPE_INT, &rectangle->h, NULL);
  return gst_value_get_buffer (gst_structure_get_value (meta, "label-map"));
}

static inline guint
gst_panoptic_meta_get_n_segments (const GstStructure * meta)
{
  return gst_value_array_get_size (gst_structure_get_value (meta, "segments"));
}

/**
 * gst_panoptic_meta_get_segment:
 * @meta: panoptic metadata
 * @index: less than gst_panoptic_meta_get_n_segments()
 * @segment: (out): what was found
 *
 * Returns: %FALSE if a field is missing
 */
static inline gboolean
gst_panoptic_meta_get_segment (const GstStructure * meta, guint index,
    GstPanopticSegment * segment)
{
  const GstStructure *structure =
      gst_value_get_structure (gst_value_array_get_value
      (gst_structure_get_value (meta, "segments"), index));

  segment->label = gst_structure_get_string (structure, "label");
  return segment->label && gst_structure_get (structure,
      "id", G_TYPE_UINT, &segment->id,
      "label-id", G_TYPE_UINT, &segment->label_id,
      "score", G_TYPE_DOUBLE, &segment->score,
      "area", G_TYPE_UINT64, &segment->area,
      "x", G_TYPE_INT, &segment->box.x, "y", G_TYPE_INT, &segment->box.y,
      "width", G_TYPE_INT, &segment->box.w,
      "height", G_TYPE_INT, &segment->box.h,
      "is-thing", G_TYPE_BOOLEAN, &segment->is_thing,
      "was-fused", G_TYPE_BOOLEAN, &segment->was_fused, NULL);
}

G_END_DECLS

#endif
