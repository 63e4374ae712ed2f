/* A picture of a file as a frame of a stream.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/backdrop.h"

#include <gdk-pixbuf/gdk-pixbuf.h>

#include "gst/errors.h"
#include "model/m2f.h"

#define MAX_EDGE 32767          /* pixels, as of GStreamer's own elements */
#define MAX_PIXELS (1 << 28)

struct _GstMask2FormerBackdrop
{
  GdkPixbuf *picture;
  GstVideoInfo info;            /* of the frame, once there is one */
  gboolean is_mapped;
  GstVideoFrame frame;
};

/* Looks at what the path names before it is read: a FIFO would keep the pipeline waiting, a device
 * has no end, and a small file may hold a picture that needs all memory. */
static gboolean
check_picture (const gchar * path, GError ** error)
{
  gint width, height;

  if (g_file_test (path, G_FILE_TEST_EXISTS) &&
      !g_file_test (path, G_FILE_TEST_IS_REGULAR)) {
    gst_mask2former_set_error (error, M2F_ERROR, M2F_ERROR_READ,
        "%s: expected a picture, found something that is not a file", path);
    return FALSE;
  }
  if (gdk_pixbuf_get_file_info (path, &width, &height) && (width > MAX_EDGE ||
          height > MAX_EDGE || (gint64) width * height > MAX_PIXELS)) {
    gst_mask2former_set_error (error, M2F_ERROR, M2F_ERROR_READ, "%s: expected "
        "a picture of at most %d pixels, with edges of at most %d, found one "
        "of %d x %d", path, MAX_PIXELS, MAX_EDGE, width, height);
    return FALSE;
  }
  return TRUE;
}

GstMask2FormerBackdrop *
gst_mask2former_backdrop_new (const gchar * path, GError ** error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GdkPixbuf) read = NULL, turned = NULL;
  GstMask2FormerBackdrop *backdrop;

  if (!check_picture (path, error))
    return NULL;
  read = gdk_pixbuf_new_from_file (path, &reason);
  turned = read ? gdk_pixbuf_apply_embedded_orientation (read) : NULL;
  if (!turned) {
    gst_mask2former_set_error (error, M2F_ERROR, M2F_ERROR_READ,
        "%s: expected a picture: %s", path,
        reason ? reason->message : "there is no memory to turn it");
    return NULL;
  }
  backdrop = g_new0 (GstMask2FormerBackdrop, 1);
  backdrop->picture = g_steal_pointer (&turned);
  return backdrop;
}

static void
drop_frame (GstMask2FormerBackdrop * backdrop)
{
  if (backdrop->is_mapped)
    gst_video_frame_unmap (&backdrop->frame);
  backdrop->is_mapped = FALSE;
}

void
gst_mask2former_backdrop_free (GstMask2FormerBackdrop * backdrop)
{
  drop_frame (backdrop);
  g_object_unref (backdrop->picture);
  g_free (backdrop);
}

/* The picture as a frame that shares its memory; `mapped` becomes that. */
static void
map_picture (GdkPixbuf * picture, GstVideoFrame * mapped)
{
  gint width = gdk_pixbuf_get_width (picture);
  gint height = gdk_pixbuf_get_height (picture);
  GstVideoFormat format = gdk_pixbuf_get_has_alpha (picture) ?
      GST_VIDEO_FORMAT_RGBA : GST_VIDEO_FORMAT_RGB;
  gsize size = gdk_pixbuf_get_byte_length (picture);
  gsize offset[GST_VIDEO_MAX_PLANES] = { 0 };
  gint stride[GST_VIDEO_MAX_PLANES] = { gdk_pixbuf_get_rowstride (picture) };
  GstBuffer *buffer = gst_buffer_new_wrapped_full (GST_MEMORY_FLAG_READONLY,
      (gpointer) gdk_pixbuf_read_pixels (picture), size, 0, size,
      g_object_ref (picture), g_object_unref);
  GstVideoInfo info;

  gst_video_info_set_format (&info, format, width, height);
  gst_buffer_add_video_meta_full (buffer, 0, format, width, height, 1, offset,
      stride);
  gst_video_frame_map (mapped, &info, buffer, GST_MAP_READ);
  gst_buffer_unref (buffer);
}

/* The largest part in the middle of the picture that has the shape of frames. */
static GstStructure *
choose_part (GdkPixbuf * picture, const GstVideoInfo * info)
{
  gint width = gdk_pixbuf_get_width (picture);
  gint height = gdk_pixbuf_get_height (picture);
  gdouble shape = (gdouble) info->width * GST_VIDEO_INFO_PAR_N (info) /
      ((gdouble) info->height * GST_VIDEO_INFO_PAR_D (info));
  gint part_width = CLAMP (height * shape + 0.5, 1, width);
  gint part_height = CLAMP (width / shape + 0.5, 1, height);

  return gst_structure_new ("GstVideoConverter",
      GST_VIDEO_CONVERTER_OPT_SRC_X, G_TYPE_INT, (width - part_width) / 2,
      GST_VIDEO_CONVERTER_OPT_SRC_Y, G_TYPE_INT, (height - part_height) / 2,
      GST_VIDEO_CONVERTER_OPT_SRC_WIDTH, G_TYPE_INT, part_width,
      GST_VIDEO_CONVERTER_OPT_SRC_HEIGHT, G_TYPE_INT, part_height, NULL);
}

/* FALSE if there is no memory. */
static gboolean
make_frame (GstMask2FormerBackdrop * backdrop)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, backdrop->info.size, NULL);
  GstVideoInfo still = backdrop->info;  /* the converter keeps rates and fields */
  GstVideoConverter *converter;
  GstVideoFrame picture, out;

  if (!buffer)
    return FALSE;
  map_picture (backdrop->picture, &picture);
  still.fps_n = picture.info.fps_n;
  still.fps_d = picture.info.fps_d;
  still.interlace_mode = picture.info.interlace_mode;
  converter = gst_video_converter_new (&picture.info, &still,
      choose_part (backdrop->picture, &still));
  gst_video_frame_map (&out, &still, buffer, GST_MAP_WRITE);
  gst_video_converter_frame (converter, &picture, &out);
  gst_video_frame_unmap (&out);
  gst_video_frame_unmap (&picture);
  gst_video_converter_free (converter);
  backdrop->is_mapped = gst_video_frame_map (&backdrop->frame, &still, buffer,
      GST_MAP_READ);
  gst_buffer_unref (buffer);
  return backdrop->is_mapped;
}

const GstVideoFrame *
gst_mask2former_backdrop_get (GstMask2FormerBackdrop * backdrop,
    const GstVideoInfo * info)
{
  if (backdrop->is_mapped && gst_video_info_is_equal (&backdrop->info, info))
    return &backdrop->frame;
  drop_frame (backdrop);
  backdrop->info = *info;
  return make_frame (backdrop) ? &backdrop->frame : NULL;
}
