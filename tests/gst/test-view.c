/* The view of a result: the same from the library and from metadata, and drawn at any size.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/gst/common.h"

#include <math.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gst/overlay.h"
#include "gst/panopticwriter.h"
#include "gst/view.h"

#define WIDTH 24
#define HEIGHT 18

/* Left and right half are segments 1 and `last`, under two rows of void. */
static M2fResult
two_halves (gint depth, gint last)
{
  static M2fSegment segments[2];
  M2fResult result = {
    .map_width = WIDTH,.map_height = HEIGHT,.map_stride = WIDTH * depth + 6,
    .map_depth = depth,.segments = segments,.n_segments = 2,
    .map = g_malloc0 ((WIDTH * depth + 6) * HEIGHT),
  };
  gint x, y;

  for (y = 2; y < HEIGHT; y++) {
    guint8 *row = result.map + y * result.map_stride;

    for (x = 0; x < WIDTH; x++) {
      if (depth == 1)
        row[x] = x < WIDTH / 2 ? 1 : last;
      else
        ((guint16 *) row)[x] = x < WIDTH / 2 ? 1 : last;
    }
  }
  segments[0] = (M2fSegment) {
    .id = 1,.label_id = 2,.label = "car",.score = 0.75f,
    .area = WIDTH / 2 * (HEIGHT - 2),.y = 2,.width = WIDTH / 2,
    .height = HEIGHT - 2,.is_thing = TRUE,.query = 17,
  };
  segments[1] = segments[0];
  segments[1].id = last;
  segments[1].x = WIDTH / 2;
  segments[1].query = 3;
  segments[1].was_fused = TRUE;
  return result;
}

/* A frame that carries the view as metadata. */
static GstBuffer *
frame_with (const GstPanopticView * view)
{
  GstPanopticWriter *writer = gst_panoptic_writer_new ();
  GstBuffer *buffer = gst_buffer_new ();

  fail_unless (gst_panoptic_meta_register ());
  fail_unless (gst_panoptic_writer_attach (writer, buffer, view, FALSE));
  gst_panoptic_writer_free (writer);
  return buffer;
}

static void
check_equal (const GstPanopticView * a, const GstPanopticView * b)
{
  guint i;
  gint x, y;

  fail_unless_equals_int (a->task, b->task);
  fail_unless_equals_string (a->source_id, b->source_id);
  fail_unless_equals_uint64 (a->pts, b->pts);
  fail_unless_equals_uint64 (a->age, b->age);
  fail_unless_equals_int (a->width, b->width);
  fail_unless_equals_int (a->height, b->height);
  fail_unless_equals_int (a->depth, b->depth);
  fail_unless (memcmp (&a->rectangle, &b->rectangle,
          sizeof a->rectangle) == 0);
  for (y = 0; y < a->height; y++)
    for (x = 0; x < a->width; x++)
      fail_unless_equals_int (gst_panoptic_view_id (a, x, y),
          gst_panoptic_view_id (b, x, y));
  fail_unless_equals_int (a->n_segments, b->n_segments);
  for (i = 0; i < a->n_segments; i++) {
    const GstPanopticSegment *one = &a->segments[i], *other = &b->segments[i];

    fail_unless_equals_int (one->id, other->id);
    fail_unless_equals_int (one->label_id, other->label_id);
    fail_unless_equals_string (one->label, other->label);
    fail_unless_equals_float (one->score, other->score);
    fail_unless_equals_uint64 (one->area, other->area);
    fail_unless (memcmp (&one->box, &other->box, sizeof one->box) == 0);
    fail_unless_equals_int (one->is_thing, other->is_thing);
    fail_unless_equals_int (one->is_background, other->is_background);
    fail_unless_equals_int (one->was_fused, other->was_fused);
    fail_unless_equals_int (one->query, other->query);
    fail_unless_equals_uint64 (one->track_id, other->track_id);
  }
}

/* Written into metadata and read back, in maps of 8 and 16 bits; then drawn alike. */
GST_START_TEST (test_round_trip)
{
  M2fResult result = two_halves (1 + __i__, __i__ ? 300 : 2);
  g_auto (GstPanopticView) ours = { 0 };
  g_auto (GstPanopticView) theirs = { 0 };
  GstPanopticSegment *segments;
  GstBuffer *frame;
  guint8 rgb[2][3];
  guint i;

  gst_panoptic_view_set_result (&ours, &result, M2F_TASK_INSTANCE, 48, 54,
      7 * GST_SECOND);
  ours.source_id = __i__ ? "front" : NULL;
  ours.age = 40 * GST_MSECOND;
  segments = (GstPanopticSegment *) ours.segments;
  segments[1].track_id = G_GUINT64_CONSTANT (1) << 40;
  segments[1].is_background = TRUE;
  frame = frame_with (&ours);
  fail_unless (gst_panoptic_view_set_meta (&theirs,
          gst_buffer_get_panoptic_meta (frame), NULL));
  check_equal (&ours, &theirs);
  for (i = 0; i < 2; i++) {
    gst_mask2former_palette_colour (M2F_PALETTE_VIVID, &ours.segments[i],
        rgb[0]);
    gst_mask2former_palette_colour (M2F_PALETTE_VIVID, &theirs.segments[i],
        rgb[1]);
    fail_unless (memcmp (rgb[0], rgb[1], 3) == 0);
  }
  gst_buffer_unref (frame);
  g_free (result.map);
}

GST_END_TEST;

/* The palette's colour of a segment of the library and of a view are one, for every query. */
GST_START_TEST (test_colours)
{
  M2fResult result = two_halves (1, 2);
  g_auto (GstPanopticView) view = { 0 };
  GstPanopticSegment tracked;
  guint8 expected[3], rgb[3];
  gint query;

  for (query = -1; query < 100; query++) {
    result.segments[0].query = query;
    gst_panoptic_view_set_result (&view, &result, M2F_TASK_PANOPTIC, 24, 18, 0);
    m2f_palette_colour (M2F_PALETTE_DATASET, &result.segments[0], expected);
    gst_mask2former_palette_colour (M2F_PALETTE_DATASET, &view.segments[0],
        rgb);
    fail_unless (memcmp (rgb, expected, 3) == 0);
  }

  tracked = view.segments[0];
  tracked.track_id = 5;
  gst_mask2former_palette_colour (M2F_PALETTE_DATASET, &tracked, expected);
  tracked.query = 60;
  gst_mask2former_palette_colour (M2F_PALETTE_DATASET, &tracked, rgb);
  fail_unless (memcmp (rgb, expected, 3) == 0, "colour left its track");
  g_free (result.map);
}

GST_END_TEST;

static const GstVideoFormat formats[] = {
  GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_NV12,
  GST_VIDEO_FORMAT_I420,
};

static GstBuffer *
draw (const GstVideoInfo * info, const GstPanopticView * view, gboolean lines)
{
  const GstMask2FormerLook look = {.opacity = 0.5,.outlines = lines };
  GstMask2FormerOverlay *overlay = gst_mask2former_overlay_new ();
  GstBuffer *buffer = empty_frame (info, TRUE, 90);
  GstVideoFrame frame;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READWRITE));
  gst_mask2former_overlay_draw (overlay, &frame, view, &look);
  gst_video_frame_unmap (&frame);
  gst_mask2former_overlay_free (overlay);
  return buffer;
}

static void
check_same_bytes (GstBuffer * a, GstBuffer * b)
{
  GstMapInfo map;

  fail_unless (gst_buffer_map (a, &map, GST_MAP_READ));
  fail_unless_equals_int (gst_buffer_get_size (b), map.size);
  fail_unless (gst_buffer_memcmp (b, 0, map.data, map.size) == 0);
  gst_buffer_unmap (a, &map);
}

/* The map that says for every pixel of the frame what `view` says of it. */
static M2fResult
full_size (const GstPanopticView * view, gint width, gint height,
    M2fSegment segments[2])
{
  M2fResult full = {
    .map_width = width,.map_height = height,.map_stride = width,
    .map_depth = 1,.segments = segments,.n_segments = 2,
    .map = g_malloc0 (width * height),
  };
  const GstVideoRectangle *covered = &view->rectangle;
  gint x, y;

  for (x = 0; x < 2; x++) {
    segments[x].x = segments[x].y = 0;
    segments[x].width = width;
    segments[x].height = height;
  }
  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++) {
      gint column = floor ((x - covered->x + 0.5) * view->width / covered->w);
      gint row = floor ((y - covered->y + 0.5) * view->height / covered->h);

      if (column >= 0 && column < view->width && row >= 0 && row < view->height)
        full.map[y * width + x] = view->map[row * view->stride + column];
    }
  }
  return full;
}

static const GstVideoRectangle rectangles[] = {
  {0, 0, WIDTH, HEIGHT},        /* as large as the map, of a larger frame */
  {0, 0, 61, 45},               /* the frame */
  {0, 0, 11, 7},                /* smaller than the map */
  {9, 7, 31, 25},               /* within */
  {-13, -5, 40, 30},            /* reaches over the left upper corner */
  {40, 30, 2 * WIDTH, 2 * HEIGHT},      /* and over the right lower one */
  {-100, -100, 500, 400},       /* the frame is a part of it */
  {3, -4, WIDTH, 77},           /* columns of the same size, rows not */
};

/* A map of another size, anywhere over the frame, is drawn like a map of the frame's. */
GST_START_TEST (test_any_size)
{
  GstVideoFormat format = formats[__i__ % G_N_ELEMENTS (formats)];
  M2fResult result = two_halves (1, 2), full;
  g_auto (GstPanopticView) view = { 0 };
  g_auto (GstPanopticView) reference = { 0 };
  GstVideoInfo info;
  GstBuffer *a, *b, *untouched;
  GstMapInfo map;

  gst_video_info_set_format (&info, format, 61, 45);
  gst_panoptic_view_set_result (&view, &result, M2F_TASK_PANOPTIC, 61, 45, 0);
  view.rectangle = rectangles[__i__ / G_N_ELEMENTS (formats)];
  full = full_size (&view, 61, 45, result.segments);
  gst_panoptic_view_set_result (&reference, &full, M2F_TASK_PANOPTIC, 61, 45,
      0);
  a = draw (&info, &view, FALSE);
  b = draw (&info, &reference, FALSE);
  check_same_bytes (a, b);

  untouched = empty_frame (&info, TRUE, 90);
  gst_buffer_map (untouched, &map, GST_MAP_READ);
  fail_if (gst_buffer_memcmp (a, 0, map.data, map.size) == 0,
      "nothing was drawn");
  gst_buffer_unmap (untouched, &map);
  gst_buffer_unref (untouched);
  gst_buffer_unref (a);
  gst_buffer_unref (b);
  g_free (result.map);
  g_free (full.map);
}

GST_END_TEST;

static guint8
red (GstBuffer * buffer, const GstVideoInfo * info, gint x, gint y)
{
  GstVideoFrame frame;
  guint8 value;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  value = ((guint8 *) GST_VIDEO_FRAME_PLANE_DATA (&frame, 0))[y *
      GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0) + 3 * x];
  gst_video_frame_unmap (&frame);
  return value;
}

/* The edge of the map's rectangle is not an outline, the border within it is one pixel wide. */
GST_START_TEST (test_outlines)
{
  M2fResult result = two_halves (1, 2);
  g_auto (GstPanopticView) view = { 0 };
  GstVideoInfo info;
  GstBuffer *lines, *areas;
  gint x;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, 120, 90);
  gst_panoptic_view_set_result (&view, &result, M2F_TASK_PANOPTIC, 120, 90, 0);
  view.rectangle = (GstVideoRectangle) { 12, 10, 96, 72 };
  lines = draw (&info, &view, TRUE);
  areas = draw (&info, &view, FALSE);
  for (x = 0; x < 120; x++)
    fail_unless_equals_int (red (lines, &info, x, 81) !=
        red (areas, &info, x, 81), x == 59 || x == 60);
  fail_unless_equals_int (red (areas, &info, 11, 50), 90);
  fail_unless_equals_int (red (areas, &info, 108, 50), 90);
  gst_buffer_unref (lines);
  gst_buffer_unref (areas);
  g_free (result.map);
}

GST_END_TEST;

/* A map in the other byte order is drawn and read alike. */
GST_START_TEST (test_byte_order)
{
  M2fResult result = two_halves (2, 300);
  g_auto (GstPanopticView) view = { 0 };
  GstVideoInfo info;
  GstBuffer *a, *b;
  gint x, y;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_NV12, 48, WIDTH);
  gst_panoptic_view_set_result (&view, &result, M2F_TASK_PANOPTIC,
      __i__ ? 48 : WIDTH, HEIGHT, 0);
  a = draw (&info, &view, TRUE);
  for (y = 0; y < HEIGHT; y++) {
    guint16 *row = (guint16 *) (result.map + y * result.map_stride);

    for (x = 0; x < WIDTH; x++)
      row[x] = GUINT16_SWAP_LE_BE (row[x]);
  }
  view.swapped = TRUE;
  b = draw (&info, &view, TRUE);
  check_same_bytes (a, b);
  fail_unless_equals_int (gst_panoptic_view_frame_id (&view, 0, 1), 0);
  fail_unless_equals_int (gst_panoptic_view_frame_id (&view, 0, 2), 1);
  fail_unless_equals_int (gst_panoptic_view_frame_id (&view,
          view.rectangle.w - 1, 2), 300);
  fail_unless_equals_int (gst_panoptic_view_frame_id (&view,
          view.rectangle.w, 2), 0);
  gst_buffer_unref (a);
  gst_buffer_unref (b);
  g_free (result.map);
}

GST_END_TEST;

GST_START_TEST (test_frame_units)
{
  M2fResult result = two_halves (1, 2);
  g_auto (GstPanopticView) view = { 0 };
  GstVideoRectangle box;

  gst_panoptic_view_set_result (&view, &result, M2F_TASK_PANOPTIC, 2 * WIDTH,
      HEIGHT / 2, 0);
  view.rectangle.x = 100;
  box = gst_panoptic_view_frame_box (&view, &view.segments[1]);
  fail_unless (box.x == 100 + WIDTH && box.y == 1);
  fail_unless (box.w == WIDTH && box.h == (HEIGHT - 2) / 2);
  fail_unless_equals_uint64 (gst_panoptic_view_frame_area (&view,
          &view.segments[1]), view.segments[1].area);
  g_free (result.map);
}

GST_END_TEST;

/* Another plugin's metadata of our name, which is not a GstCustomMeta. */
static gboolean
init_other (GstMeta * meta, gpointer params, GstBuffer * buffer)
{
  return TRUE;
}

GST_START_TEST (test_name_taken)
{
  static const gchar *tags[] = { NULL };
  GType api = gst_meta_api_type_register ("OtherPluginsMetaAPI", tags);
  const GstMetaInfo *other = gst_meta_register (api, GST_PANOPTIC_META_NAME,
      sizeof (GstMeta), init_other, NULL, NULL);
  GstBuffer *buffer = gst_buffer_new ();
  GstElement *seg = gst_element_factory_make ("mask2formerseg", NULL);
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GError *error;

  fail_unless (other != NULL);
  gst_buffer_add_meta (buffer, other, NULL);
  fail_if (gst_panoptic_meta_register ());
  fail_if (gst_panoptic_meta_register (), "it was known at first");
  fail_if (gst_buffer_get_panoptic_meta (buffer) != NULL);
  gst_buffer_unref (buffer);

  /* an element that could not attach anything does not start, and says why */
  gst_element_set_bus (seg, bus);
  fail_unless_equals_int (gst_element_set_state (seg, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (strstr (error->message, GST_PANOPTIC_META_NAME) != NULL);
  g_error_free (error);
  gst_message_unref (message);
  gst_element_set_state (seg, GST_STATE_NULL);
  gst_element_set_bus (seg, NULL);
  gst_object_unref (seg);
  gst_object_unref (bus);
}

GST_END_TEST;

/* Somebody else's GstCustomMeta of our name is as good as ours. */
GST_START_TEST (test_name_shared)
{
  const gchar *tags[] = { GST_META_TAG_VIDEO_STR, NULL };

  fail_unless (gst_meta_register_custom (GST_PANOPTIC_META_NAME, tags, NULL,
          NULL, NULL) != NULL);
  fail_unless (gst_panoptic_meta_register ());
}

GST_END_TEST;

static Suite *
view_suite (void)
{
  Suite *suite = suite_create ("view");
  TCase *tcase = tcase_create ("view");

  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_round_trip, 0, 2);
  tcase_add_test (tcase, test_colours);
  tcase_add_loop_test (tcase, test_any_size, 0,
      G_N_ELEMENTS (rectangles) * G_N_ELEMENTS (formats));
  tcase_add_test (tcase, test_outlines);
  tcase_add_loop_test (tcase, test_byte_order, 0, 2);
  tcase_add_test (tcase, test_frame_units);
  /* a name stays registered: only where every test has a process of its own */
  if (g_strcmp0 (g_getenv ("CK_FORK"), "no") != 0) {
    tcase_add_test (tcase, test_name_taken);
    tcase_add_test (tcase, test_name_shared);
  }
  return suite;
}

/* Where plugins are not scanned by a program of their own, the first scan loads ours, which takes
 * its name: it is made before, in another process. */
static void
scan_plugins (void)
{
  pid_t scanner = fork ();

  if (scanner == 0) {
    gst_init (NULL, NULL);
    _exit (0);
  }
  waitpid (scanner, NULL, 0);
}

int
main (int argc, char **argv)
{
  scan_plugins ();
  gst_check_init (&argc, &argv);
  return gst_check_run_suite (view_suite (), "view", __FILE__);
}
