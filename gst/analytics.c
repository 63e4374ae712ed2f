/* GstAnalytics metadata: the segments as GStreamer's own elements read them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/analytics.h"

#define GST_USE_UNSTABLE_API    /* so GStreamer calls whatever is in its bad plugins */
#include <gst/analytics/analytics.h>

#define VOID_LABEL "void"       /* of pixels that belong to no segment */
#define NO_SCORE -1             /* so says GstAnalyticsClsMtd that it is not known */

/* bytes that a region takes in the metadata: id, label and score */
#define REGION_SIZE (sizeof (guint) + sizeof (GQuark) + sizeof (gfloat))

/* Number of ids from 0 to the highest. */
static guint
count_regions (const GstPanopticView * view)
{
  guint highest = 0, i;

  for (i = 0; i < view->n_segments; i++)
    highest = MAX (highest, view->segments[i].id);
  return highest + 1;
}

static GstAnalyticsRelationMeta *
get_relations (GstBuffer * buffer, guint n_segments, guint n_regions)
{
  /* as many as there will be; more make it grow */
  GstAnalyticsRelationMetaInitParams params = {
    .initial_relation_order = 2 + 2 * n_segments,
    .initial_buf_size = 1024 + n_regions * REGION_SIZE + n_segments * 64,
  };

  return gst_buffer_add_analytics_relation_meta_full (buffer, &params);
}

/* Readers index tables of classes by the values of pixels: a region's index is its id, and an id
 * without a segment has a region, too. */
static gboolean
add_regions (GstAnalyticsRelationMeta * relations,
    const GstPanopticView * view, guint n, GstBuffer * label_map,
    GstAnalyticsSegmentationMtd * segmentation)
{
  const GstVideoRectangle *covered = &view->rectangle;
  g_autofree guint *ids = g_try_new (guint, n);
  guint i;

  if (!ids)
    return FALSE;
  for (i = 0; i < n; i++)
    ids[i] = i;
  gst_buffer_ref (label_map);
  if (gst_analytics_relation_meta_add_segmentation_mtd (relations, label_map,
          view->task == M2F_TASK_SEMANTIC ? GST_SEGMENTATION_TYPE_SEMANTIC :
          GST_SEGMENTATION_TYPE_INSTANCE, n, ids, covered->x, covered->y,
          covered->w, covered->h, segmentation))
    return TRUE;
  gst_buffer_unref (label_map);
  return FALSE;
}

static gboolean
add_classes (GstAnalyticsRelationMeta * relations,
    const GstPanopticView * view, guint n, GstAnalyticsClsMtd * classes)
{
  g_autofree GQuark *labels = g_try_new (GQuark, n);
  g_autofree gfloat *scores = g_try_new (gfloat, n);
  guint i;

  if (!labels || !scores)
    return FALSE;
  for (i = 0; i < n; i++) {
    labels[i] = g_quark_from_static_string (VOID_LABEL);
    scores[i] = NO_SCORE;
  }
  for (i = 0; i < view->n_segments; i++) {
    const GstPanopticSegment *segment = &view->segments[i];

    labels[segment->id] = g_quark_from_string (segment->label);
    if (view->task != M2F_TASK_SEMANTIC)
      scores[segment->id] = segment->score;
  }
  return gst_analytics_relation_meta_add_cls_mtd (relations, n, scores, labels,
      classes);
}

/* Relates two both ways. */
static void
relate (GstAnalyticsRelationMeta * relations, GstAnalyticsRelTypes there,
    guint from, GstAnalyticsRelTypes back, guint to)
{
  gst_analytics_relation_meta_set_relation (relations, there, from, to);
  gst_analytics_relation_meta_set_relation (relations, back, to, from);
}

static void
add_thing (GstAnalyticsRelationMeta * relations, const GstPanopticView * view,
    const GstPanopticSegment * segment, guint segmentation)
{
  GstVideoRectangle box = gst_panoptic_view_frame_box (view, segment);
  GstAnalyticsODMtd detection;
  GstAnalyticsTrackingMtd track;

  if (!gst_analytics_relation_meta_add_od_mtd (relations,
          g_quark_from_string (segment->label), box.x, box.y, box.w, box.h,
          segment->score, &detection))
    return;
  relate (relations, GST_ANALYTICS_REL_TYPE_RELATE_TO |
      GST_ANALYTICS_REL_TYPE_CONTAIN, segmentation,
      GST_ANALYTICS_REL_TYPE_RELATE_TO | GST_ANALYTICS_REL_TYPE_IS_PART_OF,
      detection.id);

  /* nobody notes when a track began, so that it is said to begin with this frame */
  if (segment->track_id != GST_PANOPTIC_NO_TRACK &&
      gst_analytics_relation_meta_add_tracking_mtd (relations,
          segment->track_id, view->pts, &track))
    relate (relations, GST_ANALYTICS_REL_TYPE_RELATE_TO, detection.id,
        GST_ANALYTICS_REL_TYPE_RELATE_TO, track.id);
}

void
gst_panoptic_analytics_attach (GstBuffer * buffer,
    const GstPanopticView * view, GstBuffer * label_map)
{
  guint n = count_regions (view), i;
  GstAnalyticsRelationMeta *relations =
      get_relations (buffer, view->n_segments, n);
  GstAnalyticsSegmentationMtd segmentation;
  GstAnalyticsClsMtd classes;

  if (!add_regions (relations, view, n, label_map, &segmentation))
    return;
  /* some readers look for the one relation, some for the other */
  if (add_classes (relations, view, n, &classes))
    relate (relations, GST_ANALYTICS_REL_TYPE_RELATE_TO |
        GST_ANALYTICS_REL_TYPE_N_TO_N, segmentation.id,
        GST_ANALYTICS_REL_TYPE_RELATE_TO | GST_ANALYTICS_REL_TYPE_N_TO_N,
        classes.id);
  for (i = 0; i < view->n_segments; i++)
    if (view->segments[i].is_thing)
      add_thing (relations, view, &view->segments[i], segmentation.id);
}
