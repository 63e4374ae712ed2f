/* Pipelines with a model slower than the camera, by a clock that the test turns.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Time only goes on when the pipeline waits for it, and the model is done with a frame when the
 * test says so: what is late here is late on any machine, and what must not wait for the model
 * would wait forever if it did.
 */
#include "tests/gst/common.h"

#include <gst/check/gsttestclock.h>

#include "gst/gstmask2formerseg.h"
#include "tests/gst/perfect.h"

#define FPS 30
#define FRAMES 300
#define MODEL 4                 /* frames of the camera for which the model is at one */

static const ClipShape shapes[] = { {TRUE, 30, 20, 20, 20, 0, 0} };
static const Clip clip = {.shapes = shapes,.n_shapes = 1 };

/* A pipeline, and what arrived at its sink. */
typedef struct
{
  GstElement *pipeline;
  GstTestClock *clock;
  gint arrived;                 /* atomic */
  gint oldest;                  /* age in frames of the oldest result that a frame carried */
  gint carried;                 /* frames with a result */
} Camera;

/* Frames arrive in order, each with its own time, and results that do not go back. */
static void
note_arrival (GstElement * sink, GstBuffer * buffer, GstPad * pad,
    gpointer data)
{
  Camera *camera = data;
  const GstStructure *meta = gst_buffer_get_panoptic_meta (buffer);
  guint64 age;

  fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer),
      gst_util_uint64_scale (camera->arrived, GST_SECOND, FPS));
  if (meta) {
    fail_unless (gst_structure_get_uint64 (meta, "age", &age));
    camera->oldest = MAX (camera->oldest,
        (gint) gst_util_uint64_scale_round (age, FPS, GST_SECOND));
    camera->carried++;
  }
  g_atomic_int_inc (&camera->arrived);
}

/* The sink drops what comes 1 ns too late. */
static void
camera_start (Camera * camera, const gchar * properties)
{
  g_autofree gchar *text = g_strdup_printf ("videotestsrc is-live=true "
      "num-buffers=%d ! video/x-raw,format=NV12,width=64,height=48,"
      "framerate=%d/1 ! mask2formerseg name=seg model=" SQUARE " %s ! "
      "fakesink name=sink sync=true max-lateness=1 signal-handoffs=true",
      FRAMES, FPS, properties);
  GError *error = NULL;
  GstElement *sink;

  perfect_start (&clip);
  camera->pipeline = gst_parse_launch (text, &error);
  g_assert_no_error (error);
  camera->clock = GST_TEST_CLOCK (gst_test_clock_new ());
  gst_pipeline_use_clock (GST_PIPELINE (camera->pipeline),
      GST_CLOCK (camera->clock));
  sink = gst_bin_get_by_name (GST_BIN (camera->pipeline), "sink");
  g_signal_connect (sink, "handoff", G_CALLBACK (note_arrival), camera);
  gst_object_unref (sink);
  gst_element_set_state (camera->pipeline, GST_STATE_PLAYING);
}

/* Turns the clock until that many frames have arrived. */
static void
camera_run (Camera * camera, gint frames)
{
  while (g_atomic_int_get (&camera->arrived) < frames)
    if (gst_test_clock_peek_next_pending_id (camera->clock, NULL))
      gst_test_clock_crank (camera->clock);
    else
      g_usleep (100);
}

static guint64
camera_stat (Camera * camera, const gchar * element, const gchar * field)
{
  GstElement *it = gst_bin_get_by_name (GST_BIN (camera->pipeline), element);
  GstStructure *stats;
  guint64 value = G_MAXUINT64;

  g_object_get (it, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint64 (stats, field, &value));
  gst_structure_free (stats);
  gst_object_unref (it);
  return value;
}

static void
camera_stop (Camera * camera)
{
  gst_element_set_state (camera->pipeline, GST_STATE_NULL);
  gst_object_unref (camera->pipeline);
  gst_object_unref (camera->clock);
}

/* Every frame is shown in time, with a result that is no older than the model is slow: one run for
 * what is shown, and one for what comes next. */
GST_START_TEST (test_live)
{
  Camera camera = { 0 };
  gint frames;

  camera_start (&camera, __i__ ? "propagate=false" : "");
  camera_run (&camera, 1);
  perfect_wait_begun (1);
  for (frames = 1; frames + MODEL <= FRAMES; frames += MODEL) {
    camera_run (&camera, frames + MODEL);
    perfect_finish_run ();
  }
  camera_run (&camera, FRAMES);

  fail_unless_equals_uint64 (camera_stat (&camera, "sink", "rendered"), FRAMES);
  fail_unless_equals_uint64 (camera_stat (&camera, "sink", "dropped"), 0);
  fail_unless_equals_uint64 (camera_stat (&camera, "seg", "frames"), FRAMES);
  fail_unless_equals_uint64 (camera_stat (&camera, "seg", "late-frames"), 0);
  fail_unless_equals_uint64 (camera_stat (&camera, "seg", "moved-frames"),
      __i__ ? 0 : camera.carried);
  fail_unless_equals_int (camera.carried, FRAMES - MODEL - 1);
  fail_unless (camera.oldest > MODEL && camera.oldest <= 2 * MODEL,
      "a result was %d frames old", camera.oldest);
  camera_stop (&camera);
}

GST_END_TEST;

const gchar *__wrap_m2f_model_device (const M2fModel * model);

const gchar *
__wrap_m2f_model_device (const M2fModel * model)
{
  return perfect_is_on_gpu () ? "vulkan:0 (perfect)" : "cpu (perfect)";
}

/* Plays until the end, an error or, if that is to come, a warning with the words; without end if
 * that is not to come.  Returns the number of such warnings. */
static gint
play (const gchar * properties, const gchar * words, GstMessageType ends)
{
  g_autofree gchar *text = g_strdup_printf ("videotestsrc num-buffers=%d "
      "! video/x-raw,width=64,height=48 ! mask2formerseg model=" SQUARE
      " %s ! fakesink", ends == GST_MESSAGE_EOS ? 3 : -1, properties);
  GstElement *pipeline = gst_parse_launch (text, NULL);
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message;
  gint n_warnings = 0;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while ((message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
              GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_WARNING))) {
    gboolean is_warning = GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING;
    g_autoptr (GError) warning = NULL;

    if (is_warning) {
      gst_message_parse_warning (message, &warning, NULL);
      n_warnings += strstr (warning->message, words) != NULL;
      if (n_warnings > 0 && ends == GST_MESSAGE_WARNING)
        is_warning = FALSE;
    } else {
      fail_unless_equals_int (GST_MESSAGE_TYPE (message), ends);
    }
    gst_message_unref (message);
    if (!is_warning)
      break;
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
  return n_warnings;
}

/* A GPU that does not take the frames (0) or no longer answers (1) gives way to the CPU: once, with
 * a warning, and without a frame that is lost.  One that was asked for by name ends the stream. */
GST_START_TEST (test_refusing_gpu)
{
  const gchar *words = "refused; using cpu instead";

  perfect_start (&clip);
  perfect_refuse (__i__);
  perfect_permit (3);
  fail_unless_equals_int (play ("mode=every-frame", words, GST_MESSAGE_EOS), 1);
  fail_unless_equals_int (perfect_begun (), 3);
  play ("mode=every-frame device=vulkan:0", words, GST_MESSAGE_ERROR);
}

GST_END_TEST;

/* The same while frames do not wait. */
GST_START_TEST (test_refusing_gpu_live)
{
  const gchar *words = "refused; using cpu instead";

  perfect_start (&clip);
  perfect_refuse (1);
  fail_unless_equals_int (play ("mode=latest", words, GST_MESSAGE_WARNING), 1);
  play ("mode=latest device=vulkan:0", words, GST_MESSAGE_ERROR);
}

GST_END_TEST;

/* Weights that overflow are told from a picture of nothing, once. */
GST_START_TEST (test_not_finite)
{
  perfect_start (&clip);
  perfect_overflow ();
  perfect_permit (3);
  fail_unless_equals_int (play ("", "not finite", GST_MESSAGE_EOS), 1);
  fail_unless_equals_int (perfect_begun (), 3);
}

GST_END_TEST;

static Suite *
pipelines_suite (void)
{
  Suite *suite = suite_create ("pipelines");
  TCase *tcase = tcase_create ("pipelines");

  GST_ELEMENT_REGISTER (mask2formerseg, NULL);
  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_live, 0, 2);
  tcase_add_loop_test (tcase, test_refusing_gpu, 0, 2);
  tcase_add_test (tcase, test_refusing_gpu_live);
  tcase_add_test (tcase, test_not_finite);
  return suite;
}

GST_CHECK_MAIN (pipelines);
