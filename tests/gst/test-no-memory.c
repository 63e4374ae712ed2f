/* Frames for which there is no memory or thread: each allocation fails once.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The linker puts the functions below in the place of those that the plugin calls
 * (-Wl,--wrap=NAME).
 */
#include <glib/gstdio.h>
#include <jansson.h>

#include "tests/gst/common.h"

#include "gst/effects.h"
#include "gst/gstpanopticjson.h"
#include "gst/gstpanopticoverlay.h"
#include "gst/labels.h"
#include "gst/motion.h"
#include "gst/overlay.h"
#include "gst/panopticwriter.h"
#include "gst/propagate.h"
#include "gst/worker.h"

static gint countdown = G_MAXINT;       /* allocations until the one that fails */
static gint threads_left = G_MAXINT;    /* threads that may be started */

#define WRAP(name, parameters, arguments) \
gpointer __real_##name parameters; \
gpointer __wrap_##name parameters; \
gpointer \
__wrap_##name parameters \
{ \
  return --countdown == 0 ? NULL : __real_##name arguments; \
}

/* *INDENT-OFF* */
WRAP (g_try_malloc, (gsize size), (size))
WRAP (g_try_malloc_n, (gsize n, gsize size), (n, size))
WRAP (g_try_malloc0_n, (gsize n, gsize size), (n, size))
WRAP (g_try_realloc_n, (gpointer memory, gsize n, gsize size),
    (memory, n, size))
/* *INDENT-ON* */

GThread *__real_g_thread_try_new (const gchar * name, GThreadFunc func,
    gpointer data, GError ** error);
GThread *__wrap_g_thread_try_new (const gchar * name, GThreadFunc func,
    gpointer data, GError ** error);

GThread *
__wrap_g_thread_try_new (const gchar * name, GThreadFunc func, gpointer data,
    GError ** error)
{
  if (threads_left-- > 0)
    return __real_g_thread_try_new (name, func, data, error);
  g_set_error (error, G_THREAD_ERROR, G_THREAD_ERROR_AGAIN, "no more threads");
  return NULL;
}

#define WIDTH 90
#define HEIGHT 60

/* A frame mapped for reading and writing; ends with gst_video_frame_unmap(). */
static void
new_frame (GstVideoFrame * frame)
{
  GstVideoInfo info;
  GstBuffer *buffer;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_NV12, WIDTH, HEIGHT);
  buffer = empty_frame (&info, TRUE, 100);
  fail_unless (gst_video_frame_map (frame, &info, buffer, GST_MAP_READWRITE));
  gst_buffer_unref (buffer);    /* the mapping holds it */
}

GST_START_TEST (test_drawing)
{
  const GstMask2FormerLook look = {.opacity = 0.5,.outlines = TRUE,.labels =
        TRUE
  };
  static guint8 map[WIDTH / 2 * HEIGHT / 2];
  M2fSegment segment = {.label = "road",.area = G_N_ELEMENTS (map),
    .width = WIDTH / 2,.height = HEIGHT / 2
  };
  const M2fResult result = {.map = map,.map_width = WIDTH / 2,
    .map_height = HEIGHT / 2,.map_stride = WIDTH / 2,.map_depth = 1,
    .segments = &segment,.n_segments = 1
  };
  g_auto (GstPanopticView) view = { 0 };
  gboolean drawn = FALSE;
  gint n;

  gst_panoptic_view_set_result (&view, &result, M2F_TASK_PANOPTIC, WIDTH,
      HEIGHT, GST_CLOCK_TIME_NONE);
  for (n = 1; !drawn; n++) {
    GstMask2FormerOverlay *overlay = gst_mask2former_overlay_new ();
    GstVideoFrame frame;

    new_frame (&frame);
    countdown = n;
    drawn = gst_mask2former_overlay_draw (overlay, &frame, &view, &look);
    fail_unless_equals_int (drawn, countdown > 0);
    countdown = G_MAXINT;
    /* the same overlay draws when there is memory again */
    fail_unless (gst_mask2former_overlay_draw (overlay, &frame, &view, &look));
    gst_video_frame_unmap (&frame);
    gst_mask2former_overlay_free (overlay);
  }
  /* paints, their runs, colours, boxes, runs of ids; the order, ids and distances of labels */
  fail_unless_equals_int (n, 8 + 2);
}

GST_END_TEST;

/* Each effect says that there is no memory, and works when there is again. */
GST_START_TEST (test_effects)
{
  const GstMask2FormerEffectSettings settings = {.effect = __i__,.dilate = 2,
    .feather = -1,.look = {.opacity = 0.5}
  };
  static guint8 map[WIDTH / 2 * HEIGHT / 2];
  M2fSegment segment = {.id = 1,.label = "car",.area = 100,.x = 5,.y = 5,
    .width = 10,.height = 10
  };
  const M2fResult result = {.map = map,.map_width = WIDTH / 2,
    .map_height = HEIGHT / 2,.map_stride = WIDTH / 2,.map_depth = 1,
    .segments = &segment,.n_segments = 1
  };
  g_auto (GstPanopticView) view = { 0 };
  gboolean done = FALSE;
  gint n;

  memset (map, 1, sizeof map);
  gst_panoptic_view_set_result (&view, &result, M2F_TASK_PANOPTIC, WIDTH,
      HEIGHT, GST_CLOCK_TIME_NONE);
  for (n = 1; !done; n++) {
    GstMask2FormerEffects *effects = gst_mask2former_effects_new ();
    GstVideoFrame frame;

    new_frame (&frame);
    countdown = n;
    done = gst_mask2former_effects_apply (effects, &frame, &view, &settings);
    fail_unless_equals_int (done, countdown > 0);
    countdown = G_MAXINT;
    fail_unless (gst_mask2former_effects_apply (effects, &frame, &view,
            &settings));
    gst_video_frame_unmap (&frame);
    gst_mask2former_effects_free (effects);
  }
  fail_unless (n > 5);
}

GST_END_TEST;

GST_START_TEST (test_motion)
{
  gint n;
  gboolean reached = TRUE;

  for (n = 1; reached; n++) {
    g_autoptr (GstMask2FormerMotion) motion = gst_mask2former_motion_new ();
    GstVideoFrame frame;
    guint64 number;
    gint pushed = 0, i;

    new_frame (&frame);
    countdown = n;
    for (i = 0; i < 3; i++)
      pushed += gst_mask2former_motion_push (motion, &frame, &number);
    reached = countdown <= 0;
    countdown = G_MAXINT;
    fail_unless (pushed >= (reached ? 2 : 3), "allocation %d: %d of 3", n,
        pushed);
    for (i = 0; i < 3; i++)
      fail_unless (gst_mask2former_motion_push (motion, &frame, &number));
    fail_unless (gst_mask2former_motion_is_same_scene (motion, number - 1));
    gst_video_frame_unmap (&frame);
  }
  fail_unless (n > 15, "%d allocations", n);
}

GST_END_TEST;

/* Lets a result with two things that overlap after their motion follow three frames; TRUE if it
 * did.  The n-th allocation fails. */
static gboolean
follow (GstMask2FormerPropagator * propagator, const GstPanopticView * view,
    gint n, gboolean * reached)
{
  g_autoptr (GstMask2FormerMotion) motion = gst_mask2former_motion_new ();
  g_auto (GstPanopticView) carried = { 0 };
  GstVideoFrame frame;
  guint64 number;
  gboolean was_moved = TRUE;
  gint i;

  new_frame (&frame);
  fail_unless (gst_mask2former_motion_push (motion, &frame, &number));
  countdown = n;
  gst_mask2former_propagator_set_result (propagator, motion, view, number);
  for (i = 0; i < 3; i++) {
    gint left = countdown;

    countdown = G_MAXINT;
    fail_unless (gst_mask2former_motion_push (motion, &frame, &number));
    countdown = left;
    was_moved &= gst_mask2former_propagator_carry (propagator, motion,
        &carried);
    fail_unless_equals_int (carried.width, view->width);
    fail_unless_equals_int (carried.n_segments, view->n_segments);
  }
  *reached = countdown <= 0;
  countdown = G_MAXINT;
  gst_video_frame_unmap (&frame);
  return was_moved;
}

/* Without memory a result is shown where it was. */
GST_START_TEST (test_propagation)
{
  static guint8 map[WIDTH * HEIGHT];
  M2fSegment segments[] = {
    {.id = 1,.label = "car",.is_thing = TRUE,.area = 900,.width = 30,
        .height = 30},
    {.id = 2,.label = "bus",.is_thing = TRUE,.area = 900,.x = 30,.width = 30,
        .height = 30},
    {.id = 3,.label = "road",.area = WIDTH * 30,.y = 30,.width = WIDTH,
        .height = 30},
  };
  const M2fResult result = {.map = map,.map_width = WIDTH,.map_height = HEIGHT,
    .map_stride = WIDTH,.map_depth = 1,.segments = segments,
    .n_segments = G_N_ELEMENTS (segments)
  };
  g_auto (GstPanopticView) view = { 0 };
  gboolean reached = TRUE;
  gint n_unmoved = 0, n, i;

  for (i = 0; i < WIDTH * HEIGHT; i++)
    map[i] = i / WIDTH >= 30 ? 3 : i % WIDTH < 30 ? 1 : i % WIDTH < 60 ? 2 : 0;
  countdown = 1;
  gst_panoptic_view_set_result (&view, &result, M2F_TASK_PANOPTIC, WIDTH,
      HEIGHT, GST_CLOCK_TIME_NONE);
  fail_unless_equals_int (view.n_segments, 0);
  gst_panoptic_view_set_result (&view, &result, M2F_TASK_PANOPTIC, WIDTH,
      HEIGHT, GST_CLOCK_TIME_NONE);
  fail_unless_equals_int (view.n_segments, 3);

  for (n = 1; reached; n++) {
    g_autoptr (GstMask2FormerPropagator) propagator =
        gst_mask2former_propagator_new ();
    gboolean again, was_moved = follow (propagator, &view, n, &reached);

    fail_unless (was_moved || reached);
    n_unmoved += !was_moved;
    fail_unless (follow (propagator, &view, G_MAXINT, &again));
  }
  /* without memory to compare things, they are still moved */
  fail_unless (n_unmoved > 8 && n_unmoved < n, "%d of %d", n_unmoved, n);
}

GST_END_TEST;

static gboolean
start_nothing (gpointer user_data, const GstVideoFrame * frame,
    const GstMask2FormerThresholds * thresholds, GError ** error)
{
  return TRUE;
}

static gboolean
finish_nothing (gpointer user_data, M2fResult * result, GError ** error)
{
  return TRUE;
}

static void
do_nothing (gpointer user_data)
{
}

/* Pango would end the process: there are no labels then, until there are threads again. */
GST_START_TEST (test_labels)
{
  const guint8 white[] = { 255, 255, 255 };
  GstMask2FormerLabels *labels;

  threads_left = 3;
  labels = gst_mask2former_labels_new ();
  gst_mask2former_labels_begin_frame (labels, 480);
  fail_if (gst_mask2former_labels_get (labels, "road", white, 100));
  threads_left = G_MAXINT;
  fail_unless (gst_mask2former_labels_get (labels, "road", white, 100) != NULL);
  threads_left = 0;
  fail_unless (gst_mask2former_labels_get (labels, "road", white, 100) != NULL);
  fail_if (gst_mask2former_labels_get (labels, "car", white, 100));
  gst_mask2former_labels_free (labels);
  threads_left = G_MAXINT;
}

GST_END_TEST;

GST_START_TEST (test_worker)
{
  static const GstMask2FormerWorkerFuncs funcs = {
    start_nothing, do_nothing, finish_nothing, do_nothing, do_nothing
  };
  g_autoptr (GstMask2FormerWorker) worker =
      gst_mask2former_worker_new (&funcs, NULL);
  const GstMask2FormerJob job = { 0 };
  g_autoptr (GError) error = NULL;
  GstVideoFrame frame;

  threads_left = 0;
  fail_if (gst_mask2former_worker_start (worker, &error));
  fail_unless (g_error_matches (error, M2F_ERROR, M2F_ERROR_DEVICE));
  fail_unless (strstr (error->message, "no more threads") != NULL);
  g_clear_error (&error);

  new_frame (&frame);
  countdown = 1;
  fail_if (gst_mask2former_worker_offer (worker, &frame, &job, &error));
  fail_unless (g_error_matches (error, M2F_ERROR, M2F_ERROR_DEVICE));
  fail_unless (strstr (error->message, " bytes") != NULL);
  g_clear_error (&error);
  fail_unless (gst_mask2former_worker_offer (worker, &frame, &job, &error));
  gst_video_frame_unmap (&frame);
}

GST_END_TEST;

/* ---- text ---- */

static void *
allocate_json (size_t size)
{
  return --countdown == 0 ? NULL : malloc (size);
}

/* A frame with metadata of two segments, whose map has to be scaled. */
static GstBuffer *
described_frame (void)
{
  static guint8 map[WIDTH / 2 * HEIGHT / 2];
  M2fSegment segments[] = {
    {.id = 1,.label = "car",.area = 100,.x = 5,.y = 5,.width = 10,.height = 10},
    {.id = 2,.label = "road",.area = 100,.width = WIDTH / 2,
        .height = HEIGHT / 2},
  };
  const M2fResult result = {.map = map,.map_width = WIDTH / 2,
    .map_height = HEIGHT / 2,.map_stride = WIDTH / 2,.map_depth = 1,
    .segments = segments,.n_segments = G_N_ELEMENTS (segments)
  };
  GstBuffer *frame =
      gst_buffer_new_allocate (NULL, GST_ROUND_UP_4 (WIDTH) * HEIGHT, NULL);
  GstPanopticWriter *writer = gst_panoptic_writer_new ();
  g_auto (GstPanopticView) view = { 0 };
  guint i;

  for (i = 0; i < sizeof (map); i++)
    map[i] = i / (WIDTH / 2) % 20 < 5 ? 1 : 2;
  gst_panoptic_view_set_result (&view, &result, M2F_TASK_PANOPTIC, WIDTH,
      HEIGHT, 0);
  fail_unless (gst_panoptic_writer_attach (writer, frame, &view, FALSE));
  gst_panoptic_writer_free (writer);
  return frame;
}

/* An error message came if a frame failed. */
static void
check_message (GstBus * bus, gboolean failed)
{
  g_autoptr (GstMessage) message =
      gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  fail_unless_equals_int (failed, message != NULL);
  if (!message)
    return;
  gst_message_parse_error (message, &error, NULL);
  fail_unless (strstr (error->message, "no memory") != NULL, "%s",
      error->message);
}

/* The number of buffers that came, each of which is JSON. */
static guint
count_texts (GstHarness * h)
{
  GstBuffer *buffer;
  guint n = 0;

  while ((buffer = gst_harness_try_pull (h))) {
    GstMapInfo mapping;
    json_t *json;

    fail_unless (gst_buffer_map (buffer, &mapping, GST_MAP_READ));
    json = json_loadb ((const char *) mapping.data, mapping.size, 0, NULL);
    fail_unless (json != NULL, "%.*s", (gint) mapping.size,
        (const gchar *) mapping.data);
    json_decref (json);
    gst_buffer_unmap (buffer, &mapping);
    gst_buffer_unref (buffer);
    n++;
  }
  return n;
}

static const gchar *const texts[][2] = {
  {"masks", "rle"}, {"masks", "polygons"}, {"batch", "2"},
  {"format", "coco-panoptic"},
};

/* Sends two frames through panopticjson; the n-th allocation fails.  FALSE if there was none. */
static gboolean
fail_text (const gchar * const *property, const gchar * directory, gint n)
{
  GstElement *element = g_object_new (gst_panoptic_json_get_type (), NULL);
  GstBuffer *frames[] = { described_frame (), described_frame () };
  g_autoptr (GstBus) bus = gst_bus_new ();
  gboolean reached, failed;
  GstHarness *h;

  gst_object_ref_sink (element);
  gst_element_set_bus (element, bus);
  g_object_set (element, "location", directory, NULL);
  gst_util_set_object_arg (G_OBJECT (element), property[0], property[1]);
  h = gst_harness_new_with_element (element, "sink", "src");
  set_caps (h, GST_VIDEO_FORMAT_GRAY8, WIDTH, HEIGHT);
  countdown = n;
  failed = gst_harness_push (h, frames[0]) != GST_FLOW_OK;
  failed |= gst_harness_push (h, frames[1]) != GST_FLOW_OK;
  reached = countdown <= 0;
  countdown = G_MAXINT;
  fail_unless (reached || !failed);
  check_message (bus, failed);
  /* one text of coco-panoptic is in several buffers */
  if (!g_str_equal (property[0], "format") && !failed)
    fail_unless_equals_int (count_texts (h),
        g_str_equal (property[0], "batch") ? 1 : 2);
  gst_element_set_bus (element, NULL);
  gst_harness_teardown (h);
  gst_object_unref (element);
  return reached;
}

GST_START_TEST (test_text)
{
  g_autofree gchar *top = g_dir_make_tmp ("no-memory-XXXXXX", NULL);
  gint n = 1, i;

  fail_unless (gst_panoptic_meta_register ());
  json_set_alloc_funcs (allocate_json, free);
  while (fail_text (texts[__i__], top, n))
    n++;
  fail_unless (n > 50, "%d allocations", n);
  json_set_alloc_funcs (malloc, free);
  for (i = 0; i < 2; i++) {
    g_autofree gchar *path = g_strdup_printf ("%s/%012d.png", top, i);

    g_remove (path);
  }
  fail_unless_equals_int (g_rmdir (top), 0);
}

GST_END_TEST;

/* ---- hiding ---- */

/* Sends a frame through panopticoverlay; the n-th allocation fails.  FALSE if there was none. */
static gboolean
fail_hiding (gint n)
{
  GstElement *element = g_object_new (gst_panoptic_overlay_get_type (), NULL);
  GstBuffer *frame = described_frame (), *out;
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GError) error = NULL;
  GstMessage *warning;
  gboolean reached;
  GstHarness *h;

  gst_object_ref_sink (element);
  gst_element_set_bus (element, bus);
  gst_util_set_object_arg (G_OBJECT (element), "effect", "fill");
  gst_util_set_object_arg (G_OBJECT (element), "segments", "all");
  gst_buffer_memset (frame, 0, 200, WIDTH * HEIGHT);
  h = gst_harness_new_with_element (element, "sink", "src");
  set_caps (h, GST_VIDEO_FORMAT_GRAY8, WIDTH, HEIGHT);
  countdown = n;
  fail_unless_equals_int (gst_harness_push (h, frame), GST_FLOW_OK);
  reached = countdown <= 0;
  countdown = G_MAXINT;
  out = gst_harness_try_pull (h);
  warning = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  if (warning)
    gst_message_parse_warning (warning, &error, NULL);
  fail_unless (reached == (warning != NULL), "allocation %d: %s", n,
      error ? error->message : "no warning");
  fail_unless (out != NULL || reached);
  if (out)                      /* what is in all of the frame is hidden */
    fail_unless (gst_buffer_memcmp (out, WIDTH * HEIGHT / 2, "\0", 1) == 0);
  if (warning)
    gst_message_unref (warning);
  gst_clear_buffer (&out);
  gst_element_set_bus (element, NULL);
  gst_harness_teardown (h);
  gst_object_unref (element);
  return reached;
}

/* A frame for which there is no memory is hidden or dropped, and the application is told. */
GST_START_TEST (test_hiding)
{
  gint n = 1;

  fail_unless (gst_panoptic_meta_register ());
  while (fail_hiding (n))
    n++;
  fail_unless (n > 5, "%d allocations", n);
}

GST_END_TEST;

static Suite *
no_memory_suite (void)
{
  Suite *suite = suite_create ("no-memory");
  TCase *tcase = tcase_create ("no memory");

  tcase_add_test (tcase, test_drawing);
  tcase_add_loop_test (tcase, test_effects, 0,
      GST_MASK2FORMER_EFFECT_MASK + 1);
  tcase_add_test (tcase, test_motion);
  tcase_add_test (tcase, test_propagation);
  tcase_add_test (tcase, test_labels);
  tcase_add_test (tcase, test_worker);
  tcase_add_loop_test (tcase, test_text, 0, G_N_ELEMENTS (texts));
  tcase_add_test (tcase, test_hiding);
  suite_add_tcase (suite, tcase);
  return suite;
}

GST_CHECK_MAIN (no_memory);
