/* The analyser without an element: runs in any thread, gives its results away.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

#include <glib/gstdio.h>

#include "gst/analyser.h"

static const GstMask2FormerThresholds any = { 0, 0, 0 };

/* The small checkpoint, with settings replaced where text is given. */
static GstMask2FormerAnalyser *
analyser_of (const gchar * labels_file, const gchar * input_size,
    GError ** error)
{
  GstMask2FormerSettings settings;
  GstMask2FormerAnalyser *analyser;

  gst_mask2former_settings_init (&settings);
  g_free (settings.model);
  settings.model = g_strdup (SQUARE);
  settings.labels_file = g_strdup (labels_file);
  settings.input_size = g_strdup (input_size);
  analyser = gst_mask2former_analyser_new (&settings, error);
  gst_mask2former_settings_clear (&settings);
  return analyser;
}

/* An analyser, the frame it is to look at, and what it found, handed from thread to thread. */
typedef struct
{
  GstMask2FormerAnalyser *analyser;
  GstVideoFrame frame;
  M2fResult result;
} Job;

static gpointer
run (gpointer data)
{
  Job *job = data;

  return GINT_TO_POINTER (gst_mask2former_analyser_run (job->analyser,
          &job->frame, &any, &job->result, NULL));
}

static void
run_in_thread (Job * job)
{
  fail_unless (g_thread_join (g_thread_new ("worker", run, job)) != NULL);
}

static void
check_equal (const M2fResult * a, const M2fResult * b)
{
  gint i, y;

  fail_unless_equals_int (a->map_width, b->map_width);
  fail_unless_equals_int (a->map_height, b->map_height);
  for (y = 0; y < a->map_height; y++)
    fail_unless (memcmp (a->map + y * a->map_stride, b->map + y * b->map_stride,
            a->map_width * a->map_depth) == 0);
  fail_unless (a->n_segments > 0);
  fail_unless_equals_int (a->n_segments, b->n_segments);
  for (i = 0; i < a->n_segments; i++) {
    fail_unless_equals_int (a->segments[i].id, b->segments[i].id);
    fail_unless_equals_string (a->segments[i].label, b->segments[i].label);
  }
}

/* Results found in another thread are moved out by value, stay as they are when more frames are
 * looked at, and outlive the analyser, names from a labels-file included. */
GST_START_TEST (test_results_move)
{
  g_autofree gchar *path = NULL;
  Job job = { 0 };
  g_auto (M2fResult) one = { 0 };
  g_auto (M2fResult) other = { 0 };
  GstVideoInfo info;
  GstBuffer *buffer = picture (&info);
  gint fd = g_file_open_tmp (NULL, &path, NULL);

  fail_unless (fd >= 0);
  g_close (fd, NULL);
  fail_unless (g_file_set_contents (path, "a\nb\nc\nd\ne\nf\n", -1, NULL));
  job.analyser = analyser_of (path, NULL, NULL);
  fail_unless (job.analyser != NULL);
  g_unlink (path);
  fail_unless (gst_mask2former_analyser_prepare (job.analyser, &info, NULL));
  fail_unless (gst_video_frame_map (&job.frame, &info, buffer, GST_MAP_READ));

  run_in_thread (&job);
  one = job.result;
  job.result = (M2fResult) { 0 };
  run_in_thread (&job);
  other = job.result;
  job.result = (M2fResult) { 0 };
  gst_video_frame_unmap (&job.frame);
  gst_buffer_unref (buffer);
  gst_mask2former_analyser_free (job.analyser);

  fail_unless (one.map != other.map);
  check_equal (&one, &other);
  fail_unless_equals_int (strlen (one.segments[0].label), 1);
}

GST_END_TEST;

/* The thresholds are those of the call, not of the settings. */
GST_START_TEST (test_thresholds)
{
  static const GstMask2FormerThresholds certain = { 1, 0.5, 0.8 };
  g_autoptr (GstMask2FormerAnalyser) analyser = analyser_of (NULL, "64", NULL);
  g_auto (M2fResult) result = { 0 };
  GstVideoInfo info;
  GstVideoFrame frame;
  GstBuffer *buffer = picture (&info);
  gint i;

  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  for (i = 0; i < 4; i++) {
    fail_unless (gst_mask2former_analyser_run (analyser, &frame,
            i % 2 ? &certain : &any, &result, NULL));
    fail_unless_equals_int (result.n_segments > 0, i % 2 == 0);
  }
  gst_video_frame_unmap (&frame);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

GST_START_TEST (test_mistakes)
{
  g_autoptr (GstMask2FormerAnalyser) analyser = NULL;
  g_autoptr (GError) file = NULL;
  g_autoptr (GError) size = NULL;
  g_autoptr (GError) format = NULL;
  g_auto (M2fResult) result = { 0 };
  GstVideoInfo info;
  GstVideoFrame frame;
  GstBuffer *buffer;

  fail_if (analyser_of ("/nonexistent/labels", NULL, &file) != NULL);
  fail_unless (g_error_matches (file, M2F_ERROR, M2F_ERROR_NOT_FOUND));
  fail_if (analyser_of (NULL, "wide", &size) != NULL);
  fail_unless (g_error_matches (size, M2F_ERROR, M2F_ERROR_ARGUMENT));

  analyser = analyser_of (NULL, NULL, NULL);
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_AYUV, 32, 32);
  buffer = empty_frame (&info, FALSE, 0);
  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  fail_if (gst_mask2former_analyser_run (analyser, &frame, &any, &result,
          &format));
  fail_unless (g_error_matches (format, M2F_ERROR, M2F_ERROR_UNSUPPORTED));
  fail_unless (strstr (format->message, "AYUV") != NULL);
  gst_video_frame_unmap (&frame);
  gst_buffer_unref (buffer);
}

GST_END_TEST;

static Suite *
analyser_suite (void)
{
  Suite *suite = suite_create ("analyser");
  TCase *tcase = tcase_create ("analyser");

  suite_add_tcase (suite, tcase);
  tcase_add_test (tcase, test_results_move);
  tcase_add_test (tcase, test_thresholds);
  tcase_add_test (tcase, test_mistakes);
  return suite;
}

GST_CHECK_MAIN (analyser);
