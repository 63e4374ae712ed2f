/* Frames in memory:VulkanImage give the segments of those in main memory, and go on as they are.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exits with 77 without GStreamer's Vulkan elements or a device for them.
 */
#include "tests/gst/common.h"

#include <gst/vulkan/vulkan.h>

#define WIDTH 120
#define HEIGHT 88

/* What left the element. */
typedef struct
{
  gint frames;
  gboolean are_images;
  guint8 *map;                  /* of the first */
} Seen;

static GstPadProbeReturn
see (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  const GstStructure *meta = gst_buffer_get_panoptic_meta (buffer);
  Seen *seen = data;
  gint width, height;

  fail_unless (meta != NULL);
  seen->are_images =
      gst_is_vulkan_image_memory (gst_buffer_peek_memory (buffer, 0));
  if (seen->frames++ > 0)
    return GST_PAD_PROBE_OK;
  seen->map = label_map_bytes (meta, &width, &height);
  fail_unless_equals_int (width, WIDTH);
  fail_unless_equals_int (height, HEIGHT);
  return GST_PAD_PROBE_OK;
}

/* Plays two frames of a format through elements around the one that is tested.  Returns the number
 * of warnings. */
static gint
play (const gchar * format, const gchar * before, const gchar * properties,
    const gchar * after, Seen * seen)
{
  g_autofree gchar *text = g_strdup_printf ("videotestsrc num-buffers=2 ! "
      "video/x-raw,format=%s,width=%d,height=%d ! %s ! mask2formerseg name=seg "
      "device=cpu model=" SQUARE " %s ! %s ! fakesink", format, WIDTH, HEIGHT,
      before, properties, after);
  GstElement *pipeline = gst_parse_launch (text, NULL), *seg;
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  gint warnings = 0;
  GstPad *pad;

  *seen = (Seen) { 0 };
  seg = gst_bin_get_by_name (GST_BIN (pipeline), "seg");
  pad = gst_element_get_static_pad (seg, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, see, seen, NULL);
  gst_object_unref (pad);
  gst_object_unref (seg);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while ((message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
              GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_WARNING))) {
    GstMessageType type = GST_MESSAGE_TYPE (message);

    gst_message_unref (message);
    if (type != GST_MESSAGE_WARNING) {
      fail_unless_equals_int (type, GST_MESSAGE_EOS);
      break;
    }
    warnings++;
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  fail_unless_equals_int (seen->frames, 2);
  return warnings;
}

/* The frames that leave are images, too; an overlay that should be in them is missed once. */
GST_START_TEST (test_images)
{
  static const gchar *const formats[] = { "NV12", "BGRA", "RGBx" };
  const gchar *format = formats[__i__ / 2];
  gboolean blends = __i__ % 2;
  Seen expected, seen;

  play (format, "identity", "overlay=none", "identity", &expected);
  fail_if (expected.are_images);
  fail_unless_equals_int (play (format, "vulkanupload",
          blends ? "overlay=blend" : "overlay=none", "vulkandownload", &seen),
      blends);
  fail_unless (seen.are_images);
  fail_unless (memcmp (seen.map, expected.map, WIDTH * HEIGHT) == 0, "%s",
      format);
  g_free (expected.map);
  g_free (seen.map);
}

GST_END_TEST;

/* Whether images can be made here. */
static gboolean
has_images (void)
{
  GstElement *pipeline = gst_parse_launch ("videotestsrc num-buffers=1 ! "
      "video/x-raw,format=BGRA ! vulkanupload ! fakesink", NULL);
  gboolean works;

  if (!pipeline)
    return FALSE;
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  works = gst_element_get_state (pipeline, NULL, NULL, 10 * GST_SECOND) ==
      GST_STATE_CHANGE_SUCCESS;
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return works;
}

static Suite *
vulkan_images_suite (void)
{
  Suite *suite = suite_create ("vulkan-images");
  TCase *tcase = tcase_create ("vulkan-images");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_images, 0, 6);
  return suite;
}

int
main (int argc, char **argv)
{
  g_setenv ("CK_FORK", "no", TRUE);     /* a driver at work in the parent is not there in a child */
  gst_check_init (&argc, &argv);
  return has_images () ? gst_check_run_suite (vulkan_images_suite (),
      "vulkan-images", __FILE__) : 77;
}
