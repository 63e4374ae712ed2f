/* Single samples of frames, for tests that look at all of them.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TESTS_GST_SAMPLES_H
#define M2F_TESTS_GST_SAMPLES_H

#include <gst/check/gstcheck.h>
#include <gst/video/video.h>

#include "gst/frame.h"

/* GstVideoFormat: all that the elements take. */
static inline GArray *
all_formats (void)
{
  GstCaps *caps =
      gst_caps_from_string (GST_VIDEO_CAPS_MAKE (GST_MASK2FORMER_FORMATS));
  const GValue *names =
      gst_structure_get_value (gst_caps_get_structure (caps, 0), "format");
  GArray *list = g_array_new (FALSE, FALSE, sizeof (GstVideoFormat));
  guint i;

  for (i = 0; i < gst_value_list_get_size (names); i++) {
    GstVideoFormat format = gst_video_format_from_string (g_value_get_string
        (gst_value_list_get_value (names, i)));

    g_array_append_val (list, format);
  }
  gst_caps_unref (caps);
  return list;
}

/* Number of components that are not alpha. */
static inline gint
n_colours (const GstVideoFrame * frame)
{
  return MIN (GST_VIDEO_FRAME_N_COMPONENTS (frame), 3);
}

/* GStreamer 1.22 has V of P010 at byte 1 instead of 2. */
static inline guint8 *
sample_at (const GstVideoFrame * frame, gint comp, gint x, gint y)
{
  return (guint8 *) GST_VIDEO_FRAME_COMP_DATA (frame, comp) +
      (comp == 2 && frame->info.finfo->format == GST_VIDEO_FORMAT_P010_10LE &&
      frame->info.finfo->poffset[2] == 1) + y * GST_VIDEO_FRAME_COMP_STRIDE (frame, comp) +
      x * GST_VIDEO_FRAME_COMP_PSTRIDE (frame, comp);
}

static inline gint
get_sample (const GstVideoFrame * frame, gint comp, gint x, gint y)
{
  const guint8 *at = sample_at (frame, comp, x, y);

  return GST_VIDEO_FRAME_COMP_DEPTH (frame, comp) == 8 ? *at :
      GST_READ_UINT16_LE (at) >> frame->info.finfo->shift[comp];
}

static inline void
set_sample (GstVideoFrame * frame, gint comp, gint x, gint y, gint value)
{
  guint8 *at = sample_at (frame, comp, x, y);

  if (GST_VIDEO_FRAME_COMP_DEPTH (frame, comp) == 8)
    *at = value;
  else
    GST_WRITE_UINT16_LE (at, value << frame->info.finfo->shift[comp]);
}

static inline void
fill_with_noise (GstVideoFrame * frame, GRand * rand)
{
  gint comp, x, y;

  for (comp = 0; comp < (gint) GST_VIDEO_FRAME_N_COMPONENTS (frame); comp++)
    for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (frame, comp); y++)
      for (x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (frame, comp); x++)
        set_sample (frame, comp, x, y, g_rand_int_range (rand, 0,
                1 << GST_VIDEO_FRAME_COMP_DEPTH (frame, comp)));
}

#endif
