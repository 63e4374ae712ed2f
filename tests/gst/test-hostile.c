/* Texts and files of others: what messages quote, what is drawn, what is opened.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gst/labels.h"
#include "tests/gst/scene.h"

/* Clears a terminal, goes on in another line, turns the order of what follows, and is not UTF-8. */
#define HOSTILE "\x1b[2J\r\n\xe2\x80\xae\xc2\x9b\xff\xc0"

/* ---- messages ---- */

static void
check_text (const gchar * text)
{
  const gchar *p;

  fail_unless (g_utf8_validate (text, -1, NULL));
  for (p = text; *p; p = g_utf8_next_char (p)) {
    GUnicodeType type = g_unichar_type (g_utf8_get_char (p));

    fail_if (type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT,
        "%s", text);
  }
}

/* Checks what was posted; the number of warnings and errors. */
static guint
check_messages (GstBus * bus)
{
  GstMessage *message;
  guint n = 0;

  while ((message = gst_bus_pop_filtered (bus,
              GST_MESSAGE_WARNING | GST_MESSAGE_ERROR))) {
    g_autoptr (GError) error = NULL;

    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      gst_message_parse_error (message, &error, NULL);
    else
      gst_message_parse_warning (message, &error, NULL);
    check_text (error->message);
    gst_message_unref (message);
    n++;
  }
  return n;
}

static const struct
{
  const gchar *element, *property;
  const gchar *format;          /* of the element's own text; the property gets both */
} texts[] = {
  {"mask2formerseg", "model", "%s"},
  {"mask2formerseg", "model", "hf:%s"},
  {"mask2formerseg", "labels-file", "%s"},
  {"mask2formerseg", "device", "%s"},
  {"mask2formerseg", "input-size", "%s"},
  {"mask2formerseg", "input-size", "3x%s"},
  {"mask2formerseg", "label-ids-to-fuse", "1,%s"},
  {"panopticoverlay", "track-ids", "1,%s"},
  {"panopticoverlay", "background-picture", "/nowhere/%s.png"},
  {"panopticjson", "location", "/dev/null/%s"},
};

/* Whatever a property says, the message about it can be printed. */
GST_START_TEST (test_messages)
{
  GstElement *element =
      gst_element_factory_make (texts[__i__].element, NULL);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autofree gchar *text = g_strdup_printf (texts[__i__].format, HOSTILE);

  gst_element_set_bus (element, bus);
  if (g_str_equal (texts[__i__].element, "mask2formerseg"))
    g_object_set (element, "model", SQUARE, NULL);
  if (g_str_equal (texts[__i__].element, "panopticjson"))
    gst_util_set_object_arg (G_OBJECT (element), "format", "coco-panoptic");
  g_object_set (element, texts[__i__].property, text, NULL);
  gst_element_set_state (element, GST_STATE_PAUSED);
  fail_unless_equals_int (check_messages (bus), 1);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (element);
}

GST_END_TEST;

/* A PNG file cannot be written into a directory that is gone. */
GST_START_TEST (test_lost_directory)
{
  g_autofree gchar *top = g_dir_make_tmp ("hostile-XXXXXX", NULL);
  g_autofree gchar *directory = g_build_filename (top, "\x1b[2J\xff", NULL);
  GstElement *element = gst_element_factory_make ("panopticjson", NULL);
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstHarness *h;
  GstVideoInfo info;
  GstBuffer *in = noise (&info, GST_VIDEO_FORMAT_RGB, 60, 40, FALSE);
  Scene scene;

  gst_element_set_bus (element, bus);
  g_object_set (element, "location", directory, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "format", "coco-panoptic");
  h = gst_harness_new_with_element (element, "sink", "src");
  set_caps (h, GST_VIDEO_FORMAT_RGB, 60, 40);
  scene_init (&scene, 60, 40);
  attach (in, &scene.view);
  fail_unless_equals_int (g_rmdir (directory), 0);
  fail_unless_equals_int (gst_harness_push (h, in), GST_FLOW_ERROR);
  fail_unless_equals_int (check_messages (bus), 1);
  scene_clear (&scene);
  gst_element_set_bus (element, NULL);
  gst_object_unref (element);
  gst_harness_teardown (h);
  g_rmdir (top);
}

GST_END_TEST;

/* Names of elements and values of tags come from applications and files. */
GST_START_TEST (test_turned)
{
  GstHarness *h = seg_harness ("");
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstElement *element = gst_harness_find_element (h, "mask2formerseg");
  GstVideoInfo info;

  gst_object_set_name (GST_OBJECT (element), HOSTILE);
  gst_element_set_bus (element, bus);
  set_caps (h, GST_VIDEO_FORMAT_RGB, 90, 120);
  gst_harness_push_event (h, gst_event_new_tag (gst_tag_list_new
          (GST_TAG_IMAGE_ORIENTATION, "rotate-90", NULL)));
  gst_buffer_unref (push_frame (h, picture (&info)));
  fail_unless_equals_int (check_messages (bus), 1);
  gst_element_set_bus (element, NULL);
  gst_object_unref (element);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* ---- pictures ---- */

/* The start of a PNG file of 32767 x 32767 pixels, which would need 4 GB. */
static const guint8 bomb[] = {
  0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13, 'I', 'H', 'D', 'R',
  0, 0, 0x7f, 0xff, 0, 0, 0x7f, 0xff, 8, 6, 0, 0, 0, 0x35, 0x7c, 0x39, 0x32,
};

/* TRUE if the element starts with this picture; otherwise it says why not. */
static gboolean
starts_with_picture (const gchar * path)
{
  GstElement *element = gst_element_factory_make ("panopticoverlay", NULL);
  g_autoptr (GstBus) bus = gst_bus_new ();
  gboolean started;

  gst_element_set_bus (element, bus);
  g_object_set (element, "background-picture", path, NULL);
  started = gst_element_set_state (element, GST_STATE_PAUSED) !=
      GST_STATE_CHANGE_FAILURE;
  fail_unless_equals_int (check_messages (bus), started ? 0 : 1);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (element);
  return started;
}

/* A picture that is no file, or too large, is refused at once. */
GST_START_TEST (test_pictures)
{
  g_autofree gchar *top = g_dir_make_tmp ("hostile-XXXXXX", NULL);
  g_autofree gchar *fifo = g_build_filename (top, "fifo", NULL);
  g_autofree gchar *large = g_build_filename (top, "large.png", NULL);

  fail_unless_equals_int (mkfifo (fifo, 0600), 0);
  fail_unless (g_file_set_contents (large, (const gchar *) bomb,
          sizeof (bomb), NULL));
  fail_unless (starts_with_picture (SQUARE "/image.ppm"));
  fail_if (starts_with_picture (fifo));
  fail_if (starts_with_picture (top));
  fail_if (starts_with_picture ("/dev/zero"));
  fail_if (starts_with_picture (large));
  g_unlink (fifo);
  g_unlink (large);
  g_rmdir (top);
}

GST_END_TEST;

/* ---- labels ---- */

/* However long a name is, and however many there are, little is rendered and kept. */
GST_START_TEST (test_long_labels)
{
  const guint8 white[] = { 255, 255, 255 };
  GstMask2FormerLabels *labels = gst_mask2former_labels_new ();
  g_autofree gchar *text = g_strnfill (10 << 20, 'm');
  gint width, i;

  gst_mask2former_labels_begin_frame (labels, 100);
  width = cairo_image_surface_get_width (gst_mask2former_labels_get (labels,
          text, white, 1 << 20));
  text[1000] = '\0';
  fail_unless_equals_int (width,
      cairo_image_surface_get_width (gst_mask2former_labels_get (labels, text,
              white, 1 << 20)));
  for (i = 0; i < 2000; i++) {
    g_autofree gchar *name = g_strdup_printf ("%d", i);

    gst_mask2former_labels_get (labels, name, white, 100);
  }
  gst_mask2former_labels_free (labels);
}

GST_END_TEST;

static gint
label_width (GstMask2FormerLabels * labels, const gchar * text)
{
  const guint8 white[] = { 255, 255, 255 };

  return cairo_image_surface_get_width (gst_mask2former_labels_get (labels,
          text, white, 1000));
}

/* Control characters and bytes that are no text are shown by their numbers. */
GST_START_TEST (test_hostile_labels)
{
  GstMask2FormerLabels *labels = gst_mask2former_labels_new ();

  gst_mask2former_labels_begin_frame (labels, 100);
  fail_unless_equals_int (label_width (labels, "\xff\xff"),
      label_width (labels, "\\xff\\xff"));
  fail_unless_equals_int (label_width (labels, "a\nb\x1b[2J"),
      label_width (labels, "a\\u000ab\\u001b[2J"));
  gst_mask2former_labels_free (labels);
}

GST_END_TEST;

/* Metadata of others may have as many segments as there are numbers, each with a name of its own;
 * a few are drawn. */
GST_START_TEST (test_many_labels)
{
  enum { N = 65535 };
  GstPanopticSegment *segments = g_new0 (GstPanopticSegment, N);
  g_autoptr (GStringChunk) names = g_string_chunk_new (1 << 20);
  GstHarness *h = overlay_harness ("effect=colour segments=all");
  GstVideoInfo info;
  GstBuffer *in = noise (&info, GST_VIDEO_FORMAT_RGB, 60, 40, FALSE);
  GstPanopticView many;
  Scene scene;
  guint i;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 60, 40);
  scene_init (&scene, 60, 40);
  many = scene.view;
  for (i = 0; i < N; i++) {
    gchar name[16];

    g_snprintf (name, sizeof (name), "name %u", i);
    segments[i] = scene.view.segments[0];
    segments[i].id = i % 255 + 1;
    segments[i].is_thing = FALSE;       /* regions of interest keep their names */
    segments[i].label = g_string_chunk_insert (names, name);
  }
  many.segments = segments;
  many.n_segments = N;
  attach (in, &many);
  gst_buffer_unref (push (h, in));
  gst_buffer_unref (in);
  scene_clear (&scene);
  g_free (segments);
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
hostile_suite (void)
{
  Suite *suite = suite_create ("hostile");
  TCase *tcase = tcase_create ("hostile");

  tcase_add_loop_test (tcase, test_messages, 0, G_N_ELEMENTS (texts));
  tcase_add_test (tcase, test_lost_directory);
  tcase_add_test (tcase, test_turned);
  tcase_add_test (tcase, test_pictures);
  tcase_add_test (tcase, test_long_labels);
  tcase_add_test (tcase, test_hostile_labels);
  tcase_add_test (tcase, test_many_labels);
  suite_add_tcase (suite, tcase);
  return suite;
}

GST_CHECK_MAIN (hostile);
