/* The planes of a video frame in its buffer: checked, mapped, packed.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_LAYOUT_H__
#define __GST_MASK2FORMER_LAYOUT_H__

#include <gst/video/video.h>

G_BEGIN_DECLS

/* Why a frame cannot be used. */
#define GST_MASK2FORMER_LAYOUT_ERROR (gst_mask2former_layout_error_quark ())
typedef enum
{
  GST_MASK2FORMER_LAYOUT_ERROR_SIZE,    /* it has fewer bytes than its planes need */
  GST_MASK2FORMER_LAYOUT_ERROR_META,    /* its GstVideoMeta cannot be that of such a frame */
  GST_MASK2FORMER_LAYOUT_ERROR_MAP,     /* its memory cannot be mapped */
} GstMask2FormerLayoutError;
GQuark gst_mask2former_layout_error_quark (void);

/* The name of a format (transfer full), or its number if it has none.  Metadata may hold anything,
 * and gst_video_format_to_string() takes only formats. */
gchar *gst_mask2former_format_name (GstVideoFormat format);

/* Maps a frame like gst_video_frame_map(), which believes what buffers say: all rows of all planes
 * lie within the mapped memory, or an error of GST_MASK2FORMER_LAYOUT_ERROR gives the bytes that
 * were expected and found.  The frame has the size of `info` even if its GstVideoMeta has a larger
 * one.  It keeps no reference to the buffer. */
gboolean gst_mask2former_frame_map (GstVideoFrame * frame,
    const GstVideoInfo * info, GstBuffer * buffer, GstMapFlags flags,
    GError ** error);

/* True if who does not know GstVideoMeta reads the frame as it is: its planes are where `info`
 * says, and nothing follows them. */
gboolean gst_mask2former_frame_is_packed (GstBuffer * buffer,
    const GstVideoInfo * info);

/* An active pool of packed frames with a GstVideoMeta (transfer full), or NULL.  Free it with
 * gst_mask2former_packed_pool_free(), which accepts NULL. */
GstBufferPool *gst_mask2former_packed_pool_new (const GstVideoInfo * info);
void gst_mask2former_packed_pool_free (GstBufferPool * pool);

/* Copies a mapped frame into a buffer of such a pool (transfer full), with its times, flags and
 * all metadata that does not describe memory.  NULL if there is no memory. */
GstBuffer *gst_mask2former_frame_pack (const GstVideoFrame * frame,
    const GstVideoInfo * info, GstBufferPool * pool);

G_END_DECLS

#endif
