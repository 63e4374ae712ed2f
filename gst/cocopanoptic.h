/* Panoptic segments of a stream in COCO's layout: a PNG file for each frame, and one JSON text.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Kirillov et al., "Panoptic Segmentation", CVPR 2019; panopticapi reads it.  A pixel of a PNG file
 * is the id of its segment, R + 256 G + 65536 B, and 0 where there is none.  The text lists the
 * segments of every file, the images that they belong to, and the classes:
 *
 *     {"annotations":[
 *     {"image_id":0,"file_name":"000000000000.png","segments_info":[
 *       {"id":1,"category_id":2,"area":3200,"bbox":[0,0,80,40],"iscrowd":0}, ...]}, ...
 *     ],"images":[{"id":0,"file_name":"000000000000.jpg","width":80,"height":60}, ...],
 *     "categories":[{"id":2,"name":"road","supercategory":"road","isthing":0}, ...]}
 *
 * Classes are those that occurred.
 */
#ifndef __GST_MASK2FORMER_COCO_PANOPTIC_H__
#define __GST_MASK2FORMER_COCO_PANOPTIC_H__

#include "gst/jsontext.h"
#include "gst/view.h"

G_BEGIN_DECLS

typedef struct _GstMask2FormerCocoPanoptic GstMask2FormerCocoPanoptic;

/* Makes the directory for the PNG files, with those above it, unless it is there.  Files of frames
 * are written over those of their name.  NULL with an error that names the directory. */
GstMask2FormerCocoPanoptic *gst_mask2former_coco_panoptic_new (const gchar *
    directory, GError ** error);
/* Accepts NULL. */
void gst_mask2former_coco_panoptic_free (GstMask2FormerCocoPanoptic * coco);

/* Takes note of the next frame, of width x height pixels.  Frames are counted from 0, also those
 * without metadata, for which the view is NULL and of which nothing is written.  Appends the next
 * piece of the text.  FALSE with an error that names the file. */
gboolean gst_mask2former_coco_panoptic_add (GstMask2FormerCocoPanoptic * coco,
    const GstPanopticView * view, gint width, gint height,
    GstMask2FormerList * text, GError ** error);
/* Appends the last piece of the text, unless that was done and no frame has come since.  Frames
 * that come later are of another text, and count on.  FALSE if there is no memory. */
gboolean gst_mask2former_coco_panoptic_end (GstMask2FormerCocoPanoptic * coco,
    GstMask2FormerList * text);
/* Begins another text, as if the last one had ended. */
void gst_mask2former_coco_panoptic_restart (GstMask2FormerCocoPanoptic * coco);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstMask2FormerCocoPanoptic,
    gst_mask2former_coco_panoptic_free)

G_END_DECLS

#endif
