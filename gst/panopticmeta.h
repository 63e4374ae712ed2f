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
 * The functions below only save typing; all are inline, there is nothing to link.  pkg-config calls
 * this header gst-mask2former; pipelines/examples/read-meta.c is a program that uses it.
 *
 *   version    uint       1
 *   source-id  string     property source-id of the element that attached it: its name, by
 *                         default.  Optional: unknown
 *   task       string     "semantic", "instance" or "panoptic"
 *   label-map  GstBuffer  one segment id per pixel, GRAY8 or GRAY16_LE with a GstVideoMeta;
 *                         0 where there is no segment.  Rows follow one another without padding.
 *                         Shared between copies of the buffer: read-only
 *   x y width height  int the rectangle of the frame that the label map covers, in pixels of
 *                         the frame; follows the frame through scaling, the label map does not.
 *                         Borders that videoscale adds are left out
 *   pts        uint64     of the frame that was looked at, GST_CLOCK_TIME_NONE if it had none
 *   age        uint64     ns of running time between that frame and this one; 0: this very frame
 *   segments   GstValueArray of GstStructure, "segment":
 *     id         uint     its value in the label map, at least 1
 *     label-id   uint     class number of the checkpoint
 *     label      string   class name
 *     score      double   0..1
 *     area       uint64   pixels of the label map
 *     x y width height  int  tight box in pixels of the label map
 *     is-thing   boolean  countable object rather than stuff
 *     was-fused  boolean  merged from several masks of its class
 *     query      int      number of the query of the network that found it, -1 if no single one
 *                         did; colours of things depend on it.  Optional: -1
 *     track-id   uint64   same number on every frame for the same object.  Optional: not tracked
 *     is-background  boolean  its class is called background, void or the like: it stands for
 *                         whatever has no class of its own.  Never a thing.  Optional: FALSE
 *
 * Where several elements attach metadata, the newest is the first: who asks by the name alone, as
 * above, gets that.  gst_buffer_get_panoptic_meta_from() asks for the source-id, too.  Languages
 * that cannot go through the metadata of a buffer read it right behind the element, in a pad probe.
 *
 * A frame in which nothing was found has the metadata too, with no segments; one without metadata
 * came before the first result.
 *
 * Built with GStreamer 1.28 or later, the rectangle follows the picture through every element that
 * says where it puts it, as videoscale, videocrop and videobox do.  Before 1.28, elements that
 * neither scale nor copy, as videocrop, drop the metadata: put them before mask2formerseg.  Scaling
 * to another display aspect ratio adds borders, unless add-borders=false; an element that scales
 * but is not based on GstVideoFilter cannot be asked and is taken to add them: set add-borders=true
 * there, or keep the aspect ratio.
 *
 * Nothing turns or mirrors a label map: videoflip belongs before mask2formerseg.
 *
 * Besides, mask2formerseg attaches a GstVideoRegionOfInterestMeta for every thing, with its label
 * as type and a structure "mask2former" of its source-id, id, label-id, label and score.  GStreamer
 * moves those, and knows nothing of borders: scale with add-borders=false, or use the boxes here.
 *
 * Built with GStreamer 1.26 or later, it attaches a GstAnalyticsRelationMeta, too, and
 * objectdetectionoverlay, segmentationoverlay and relationmeta2onvifmeta work behind it:
 *
 *   GstAnalyticsSegmentationMtd  the label map as mask; its regions are the ids from 0, without
 *                                gaps.  segmentationoverlay has a colour for each if its property
 *                                hint-maximum-segment-type is at least the number of segments
 *   GstAnalyticsClsMtd           label and score of every region, "void" for 0 and -1 for no score;
 *                                related to the segmentation N to N
 *   GstAnalyticsODMtd            box, label and score of every thing, in the order of the segments
 *                                here; contained in the segmentation
 *   GstAnalyticsTrackingMtd      track-id of a thing that has one; related to its GstAnalyticsODMtd
 *
 * It is never taken away: after several elements a buffer has what each of them found.
 */
#ifndef __GST_PANOPTIC_META_H__
#define __GST_PANOPTIC_META_H__

#include <gst/video/video.h>
#include <string.h>

G_BEGIN_DECLS

/**
 * GST_PANOPTIC_META_NAME:
 *
 * The name of the #GstCustomMeta.
 *
 * Since: 0.1
 */
#define GST_PANOPTIC_META_NAME "GstPanopticMeta"
/**
 * GST_PANOPTIC_META_VERSION:
 *
 * The version of the fields that this header describes. Fields may be added without a new version.
 *
 * Since: 0.1
 */
#define GST_PANOPTIC_META_VERSION 1

/**
 * GST_PANOPTIC_NO_TRACK:
 *
 * The track id of a segment that is not followed from frame to frame.
 *
 * Since: 0.1
 */
#define GST_PANOPTIC_NO_TRACK G_MAXUINT64

/**
 * GstPanopticSegment:
 * @id: value in the label map
 * @label_id: class number of the checkpoint
 * @label: class name, owned by the metadata
 * @score: 0..1
 * @area: pixels of the label map
 * @box: tight box in pixels of the label map
 * @is_thing: countable object rather than stuff
 * @was_fused: merged from several masks of its class
 * @query: number of the query of the network that found it, or -1
 * @track_id: number of the object, or %GST_PANOPTIC_NO_TRACK
 * @is_background: its class stands for whatever has no class
 *
 * A segment as gst_panoptic_meta_get_segment() reads it.
 */
typedef struct
{
  guint id;
  guint label_id;
  const gchar *label;
  gdouble score;
  guint64 area;
  GstVideoRectangle box;
  gboolean is_thing;
  gboolean was_fused;
  gint query;
  guint64 track_id;
  gboolean is_background;

  /*< private > */
  gpointer _gst_reserved[4];
} GstPanopticSegment;

/**
 * gst_buffer_get_panoptic_meta_from:
 * @buffer: a #GstBuffer
 * @source_id: (nullable): whose metadata, or %NULL for the newest
 *
 * Returns: (transfer none) (nullable): the panoptic metadata of @buffer from that source, or %NULL
 * if it has none of a version this header knows
 *
 * Since: 0.1
 */
static inline const GstStructure *
gst_buffer_get_panoptic_meta_from (GstBuffer * buffer, const gchar * source_id)
{
  const GstMetaInfo *info = gst_meta_get_info (GST_PANOPTIC_META_NAME);
  gpointer state = NULL;
  GstMeta *meta;

  if (!info || !gst_meta_info_is_custom (info))
    return NULL;
  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state, info->api))) {
    const GstStructure *structure =
        gst_custom_meta_get_structure ((GstCustomMeta *) meta);
    guint version = 0;

    gst_structure_get_uint (structure, "version", &version);
    if (version == GST_PANOPTIC_META_VERSION && (!source_id ||
            g_strcmp0 (gst_structure_get_string (structure, "source-id"),
                source_id) == 0))
      return structure;
  }
  return NULL;
}

/**
 * gst_buffer_get_panoptic_meta:
 * @buffer: a #GstBuffer
 *
 * Returns: (transfer none) (nullable): the newest panoptic metadata of @buffer, or %NULL if it has
 * none of a version this header knows
 *
 * Since: 0.1
 */
static inline const GstStructure *
gst_buffer_get_panoptic_meta (GstBuffer * buffer)
{
  return gst_buffer_get_panoptic_meta_from (buffer, NULL);
}

/**
 * gst_panoptic_meta_get_label_map:
 * @meta: panoptic metadata
 * @rectangle: (out) (optional): the part of the frame it covers
 *
 * The metadata may be anybody's: compare the size and stride of the map's #GstVideoMeta with its
 * memory before reading pixels.
 *
 * Returns: (transfer none) (nullable): the label map; map it with gst_video_frame_map() or through
 * its #GstVideoMeta.  %NULL if it or the rectangle is missing or of another type; @rectangle is
 * empty then.
 */
static inline GstBuffer *
gst_panoptic_meta_get_label_map (const GstStructure * meta,
    GstVideoRectangle * rectangle)
{
  const GValue *map = gst_structure_get_value (meta, "label-map");
  gint x, y, width, height;

  if (rectangle)
    memset (rectangle, 0, sizeof (*rectangle));
  if (!map || !GST_VALUE_HOLDS_BUFFER (map) ||
      !gst_structure_get (meta, "x", G_TYPE_INT, &x, "y", G_TYPE_INT, &y,
          "width", G_TYPE_INT, &width, "height", G_TYPE_INT, &height, NULL))
    return NULL;

  if (rectangle) {
    rectangle->x = x;
    rectangle->y = y;
    rectangle->w = width;
    rectangle->h = height;
  }
  return gst_value_get_buffer (map);
}

/**
 * gst_panoptic_meta_get_n_segments:
 * @meta: panoptic metadata
 *
 * Returns: number of segments; 0 if there is no array of them
 */
static inline guint
gst_panoptic_meta_get_n_segments (const GstStructure * meta)
{
  const GValue *segments = gst_structure_get_value (meta, "segments");

  return segments && GST_VALUE_HOLDS_ARRAY (segments) ?
      gst_value_array_get_size (segments) : 0;
}

/**
 * gst_panoptic_meta_get_segment:
 * @meta: panoptic metadata
 * @index: number of the segment, from 0
 * @segment: (out): the segment
 *
 * Returns: %FALSE if there is no such segment, or a field of it is missing or of another type
 */
static inline gboolean
gst_panoptic_meta_get_segment (const GstStructure * meta, guint index,
    GstPanopticSegment * segment)
{
  const GValue *value;
  const GstStructure *fields;

  memset (segment, 0, sizeof (*segment));
  segment->query = -1;
  segment->track_id = GST_PANOPTIC_NO_TRACK;
  if (index >= gst_panoptic_meta_get_n_segments (meta))
    return FALSE;
  value = gst_value_array_get_value (gst_structure_get_value (meta,
          "segments"), index);
  fields = GST_VALUE_HOLDS_STRUCTURE (value) ?
      gst_value_get_structure (value) : NULL;
  segment->label = fields ? gst_structure_get_string (fields, "label") : NULL;
  if (!segment->label)
    return FALSE;

  if ((gst_structure_has_field (fields, "query") &&
          !gst_structure_get_int (fields, "query", &segment->query)) ||
      (gst_structure_has_field (fields, "track-id") &&
          !gst_structure_get_uint64 (fields, "track-id",
              &segment->track_id)) ||
      (gst_structure_has_field (fields, "is-background") &&
          !gst_structure_get_boolean (fields, "is-background",
              &segment->is_background)))
    return FALSE;
  return gst_structure_get (fields,
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
