/* panopticoverlay: which segments it changes, frames without a result, properties.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/selection.h"
#include "tests/gst/scene.h"

/* ---- which segments ---- */

static const struct
{
  const gchar *properties;
  Cover cover;
} selections[] = {
  {"", is_thing}, {"segments=all", is_any}, {"segments=stuff", is_road},
  {"segments=things", is_thing}, {"labels=Road", is_road},
  {"labels=\" car , truck\"", is_car}, {"labels=,", is_thing},
  {"labels=person,car", is_thing}, {"labels=pers", nowhere},
  {"labels=persons", nowhere}, {"track-ids=5", is_person},
  {"track-ids=\"6, 7\"", is_car}, {"track-ids=8", nowhere},
  {"track-ids=5 labels=car", nowhere}, {"labels=road segments=things", nowhere},
  {"track-ids=18446744073709551615", nowhere},
};

GST_START_TEST (test_selection)
{
  GstHarness *h = overlay_harness ("effect=fill %s" GREEN,
      selections[__i__].properties);
  GstVideoInfo info;
  GstBuffer *in = noise (&info, GST_VIDEO_FORMAT_RGB, 60, 40, FALSE), *out;
  Scene scene;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 60, 40);
  scene_init (&scene, 60, 40);
  attach (in, &scene.view);
  out = push (h, in);
  check_plain (in, out, &info, selections[__i__].cover, &scene, green);
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  scene_clear (&scene);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* A class with several names, and one that is called background. */
GST_START_TEST (test_names)
{
  static const struct
  {
    const gchar *properties;
    gboolean has_window, has_background;
  } cases[] = {
    {"labels=window", TRUE, FALSE}, {"labels=windowpane", TRUE, FALSE},
    {"labels=\"windowpane, window\"", TRUE, FALSE}, {"labels=pane", FALSE,
          FALSE},
    {"labels=background", FALSE, TRUE}, {"segments=all", TRUE, FALSE},
    {"labels=window,background", TRUE, TRUE},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstHarness *h = overlay_harness ("effect=fill %s" GREEN,
        cases[i].properties);
    GstVideoInfo info;
    GstBuffer *in = noise (&info, GST_VIDEO_FORMAT_GRAY8, 60, 40, FALSE), *out;
    gboolean window, background;
    GstPanopticSegment *segments;
    GstVideoFrame a, b;
    Scene scene;

    set_caps (h, GST_VIDEO_FORMAT_GRAY8, 60, 40);
    scene_init (&scene, 60, 40);
    segments = (GstPanopticSegment *) scene.view.segments;
    segments[0].label = "windowpane, window";
    segments[1].label = "background";
    segments[1].is_background = TRUE;
    segments[1].is_thing = FALSE;
    attach (in, &scene.view);
    out = push (h, in);
    fail_unless (gst_video_frame_map (&a, &info, in, GST_MAP_READ));
    fail_unless (gst_video_frame_map (&b, &info, out, GST_MAP_READ));
    window = get_sample (&a, 0, 14, 20) != get_sample (&b, 0, 14, 20);
    background = get_sample (&a, 0, 40, 20) != get_sample (&b, 0, 40, 20);
    gst_video_frame_unmap (&a);
    gst_video_frame_unmap (&b);
    fail_unless (window == cases[i].has_window &&
        background == cases[i].has_background, "%s", cases[i].properties);
    gst_buffer_unref (in);
    gst_buffer_unref (out);
    scene_clear (&scene);
    gst_harness_teardown (h);
  }
}

GST_END_TEST;

/* ---- frames of which nothing is known ---- */

/* Number of WARNING messages since the last time. */
static guint
count_warnings (GstBus * bus)
{
  GstMessage *message;
  guint n = 0;

  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING))) {
    gst_message_unref (message);
    n++;
  }
  return n;
}

typedef enum
{ NO_METADATA, NO_MAP, SHORT_MAP, HUGE_RECTANGLE, OTHER_SOURCE, OLD } Fault;

static void
attach_with (GstBuffer * buffer, Scene * scene, Fault fault)
{
  GstStructure *meta;
  GstBuffer *map;

  if (fault == NO_METADATA)
    return;
  scene->view.age = fault == OLD ? 2 * GST_SECOND : 0;
  attach (buffer, &scene->view);
  meta = (GstStructure *) gst_buffer_get_panoptic_meta (buffer);
  switch (fault) {
    case NO_MAP:
      gst_structure_remove_field (meta, "label-map");
      break;
    case SHORT_MAP:
      map = gst_buffer_new_allocate (NULL, 60 * 40 - 1, NULL);
      gst_buffer_add_video_meta (map, 0, GST_VIDEO_FORMAT_GRAY8, 60, 40);
      gst_structure_set (meta, "label-map", GST_TYPE_BUFFER, map, NULL);
      gst_buffer_unref (map);
      break;
    case HUGE_RECTANGLE:
      gst_structure_set (meta, "width", G_TYPE_INT, G_MAXINT, NULL);
      break;
    case OTHER_SOURCE:
      gst_structure_set (meta, "source-id", G_TYPE_STRING, "b", NULL);
      break;
    default:
      break;
  }
}

/* What hides something hides all of them, if that is wanted; what draws leaves them alone. */
GST_START_TEST (test_unknown)
{
  static const struct
  {
    const gchar *properties;
    gboolean hides;
  } cases[] = {
    {"effect=fill", TRUE}, {"effect=fill hide-unknown=false", FALSE},
    {"effect=colour", FALSE}, {"effect=outline", FALSE}, {"effect=mask", TRUE},
    {"effect=background-replace", TRUE},
  };
  guint i, n;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstHarness *h = overlay_harness ("source-id=a expire=1000000000 %s",
        cases[i].properties);
    GstBus *bus = gst_bus_new ();
    GstVideoInfo info;
    GstBuffer *in = noise (&info, GST_VIDEO_FORMAT_NV12, 60, 40, TRUE), *out;
    GstBuffer *frame = gst_buffer_copy_deep (in);
    Scene scene;

    gst_element_set_bus (h->element, bus);
    set_caps (h, GST_VIDEO_FORMAT_NV12, 60, 40);
    scene_init (&scene, 60, 40);
    scene.view.source_id = "a";
    attach_with (frame, &scene, __i__);
    for (n = 0; n < 2; n++) {   /* a warning is posted once */
      out = push (h, frame);
      check_plain (in, out, &info, cases[i].hides ? everywhere : nowhere,
          &scene, black);
      gst_buffer_unref (out);
    }
    fail_unless_equals_int (count_warnings (bus), __i__ == NO_MAP ||
        __i__ == SHORT_MAP || __i__ == HUGE_RECTANGLE);
    gst_element_set_bus (h->element, NULL);
    gst_object_unref (bus);
    gst_buffer_unref (frame);
    gst_buffer_unref (in);
    scene_clear (&scene);
    gst_harness_teardown (h);
  }
}

GST_END_TEST;

/* A result that is not older than it may be. */
GST_START_TEST (test_expire)
{
  GstHarness *h = overlay_harness ("effect=fill labels=person "
      "expire=100000000" GREEN);
  GstClockTime ages[] = { 0, 100 * GST_MSECOND, 100 * GST_MSECOND + 1 };
  GstVideoInfo info;
  guint i;

  set_caps (h, GST_VIDEO_FORMAT_RGB, 60, 40);
  for (i = 0; i < G_N_ELEMENTS (ages); i++) {
    GstBuffer *in = noise (&info, GST_VIDEO_FORMAT_RGB, 60, 40, FALSE), *out;
    Scene scene;

    scene_init (&scene, 60, 40);
    scene.view.age = ages[i];
    attach (in, &scene.view);
    out = push (h, in);
    check_plain (in, out, &info, i < 2 ? is_person : everywhere, &scene, green);
    gst_buffer_unref (in);
    gst_buffer_unref (out);
    scene_clear (&scene);
  }
  gst_harness_teardown (h);
}

GST_END_TEST;

/* A warning tells if frame after frame has no metadata; that the first ones have none is usual. */
GST_START_TEST (test_no_metadata)
{
  GstHarness *h = overlay_harness ("effect=colour");
  GstBus *bus = gst_bus_new ();
  GstVideoInfo info;
  GstBuffer *bare = noise (&info, GST_VIDEO_FORMAT_GRAY8, 60, 40, FALSE);
  GstBuffer *known = gst_buffer_copy_deep (bare);
  Scene scene;
  guint i;

  gst_element_set_bus (h->element, bus);
  set_caps (h, GST_VIDEO_FORMAT_GRAY8, 60, 40);
  scene_init (&scene, 60, 40);
  attach (known, &scene.view);
  for (i = 0; i < 250; i++)
    gst_buffer_unref (push (h, __i__ && i == 99 ? known : bare));
  fail_unless_equals_int (count_warnings (bus), __i__ ? 0 : 1);
  gst_element_set_bus (h->element, NULL);
  gst_object_unref (bus);
  gst_buffer_unref (bare);
  gst_buffer_unref (known);
  scene_clear (&scene);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* ---- behaviour ---- */

/* Properties change while frames pass; what cannot be is a warning and changes nothing. */
GST_START_TEST (test_live_changes)
{
  GstHarness *h = overlay_harness ("effect=fill labels=person" GREEN);
  GstBus *bus = gst_bus_new ();
  GstVideoInfo info;
  GstBuffer *in = noise (&info, GST_VIDEO_FORMAT_YUY2, 60, 40, FALSE), *out;
  g_autofree gchar *ids = NULL;
  Scene scene;
  guint i;

  gst_element_set_bus (h->element, bus);
  set_caps (h, GST_VIDEO_FORMAT_YUY2, 60, 40);
  scene_init (&scene, 60, 40);
  attach (in, &scene.view);
  for (i = 0; i < 6; i++) {
    static const Cover expected[] = {
      is_person, is_road, is_any, is_car, is_car, nowhere
    };

    switch (i) {
      case 1:
        gst_harness_set (h, ELEMENT, "labels", "road", NULL);
        break;
      case 2:
        gst_harness_set (h, ELEMENT, "labels", NULL, "segments",
            GST_MASK2FORMER_KIND_ALL, NULL);
        break;
      case 3:
        gst_harness_set (h, ELEMENT, "track-ids", "6", NULL);
        break;
      case 4:
        gst_harness_set (h, ELEMENT, "track-ids", "6,x", NULL);
        fail_unless_equals_int (count_warnings (bus), 1);
        gst_harness_get (h, ELEMENT, "track-ids", &ids, NULL);
        fail_unless_equals_string (ids, "6");
        break;
      case 5:
        gst_harness_set (h, ELEMENT, "labels", "road", NULL);
        break;
    }
    out = push (h, in);
    check_plain (in, out, &info, expected[i], &scene, green);
    gst_buffer_unref (out);
  }
  fail_unless_equals_int (count_warnings (bus), 0);
  gst_element_set_bus (h->element, NULL);
  gst_object_unref (bus);
  gst_buffer_unref (in);
  scene_clear (&scene);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* A frame whose memory others use, too, is copied if it changes, and goes on if it does not. */
GST_START_TEST (test_shared_memory)
{
  GstHarness *h = overlay_harness ("effect=fill labels=person" GREEN);
  GstVideoInfo info;
  GstBuffer *in = noise (&info, GST_VIDEO_FORMAT_NV12, 60, 40, FALSE), *out;
  GstBuffer *same = gst_buffer_copy_deep (in);
  Scene scene;

  set_caps (h, GST_VIDEO_FORMAT_NV12, 60, 40);
  scene_init (&scene, 60, 40);
  attach (in, &scene.view);
  out = gst_harness_push_and_pull (h, gst_buffer_copy (in));
  fail_unless (are_equal (in, same));
  check_plain (in, out, &info, is_person, &scene, green);
  gst_buffer_unref (out);

  gst_harness_set (h, ELEMENT, "labels", "bicycle", NULL);
  out = gst_harness_push_and_pull (h, gst_buffer_copy (in));
  fail_unless (gst_buffer_peek_memory (out, 0) == gst_buffer_peek_memory (in,
          0));
  gst_buffer_unref (out);
  gst_buffer_unref (same);
  gst_buffer_unref (in);
  scene_clear (&scene);
  gst_harness_teardown (h);
}

GST_END_TEST;

static const struct
{
  const gchar *property, *malformed, *right;
  gchar fill;                   /* makes the malformed one too long a list, unless it is 0 */
} refused[] = {
  {"track-ids", "3,x", "3", 0}, {"track-ids", "3,", "3", '7'},
  {"labels", "road", "car", ','},
};

/* Lists that are none are an error at the start, until they are set anew. */
GST_START_TEST (test_refused_lists)
{
  GstElement *element = gst_element_factory_make (ELEMENT, NULL);
  GstBus *bus = gst_bus_new ();
  g_autofree gchar *more = g_strnfill (refused[__i__].fill ? 65536 : 0,
      refused[__i__].fill);
  g_autofree gchar *list = g_strconcat (refused[__i__].malformed, more, NULL);
  const gchar *property = refused[__i__].property;
  GstMessage *message;

  gst_element_set_bus (element, bus);
  g_object_set (element, property, list, NULL);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_unref (message);
  gst_element_set_state (element, GST_STATE_NULL);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  gst_element_set_state (element, GST_STATE_NULL);
  g_object_set (element, property, refused[__i__].right, NULL);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_SUCCESS);

  g_object_set (element, property, list, NULL);
  fail_unless_equals_int (count_warnings (bus), 1);
  gst_element_set_state (element, GST_STATE_NULL);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_object_unref (element);
}

GST_END_TEST;

/* A picture that cannot be read is an error at the start, and a warning later on. */
GST_START_TEST (test_missing_picture)
{
  GstElement *element = gst_element_factory_make (ELEMENT, NULL);
  GstBus *bus = gst_bus_new ();
  GstMessage *message;
  GstHarness *h;
  GstVideoInfo info;
  GstBuffer *in = noise (&info, GST_VIDEO_FORMAT_RGB, 60, 40, FALSE), *out;
  Scene scene;

  gst_element_set_bus (element, bus);
  g_object_set (element, "background-picture", "/nowhere.png", NULL);
  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_unref (message);
  gst_element_set_state (element, GST_STATE_NULL);
  g_object_set (element, "background-picture", NULL, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "effect", "background-replace");

  h = gst_harness_new_with_element (element, "sink", "src");
  set_caps (h, GST_VIDEO_FORMAT_RGB, 60, 40);
  scene_init (&scene, 60, 40);
  attach (in, &scene.view);
  g_object_set (element, "background-picture", "/nowhere.png", NULL);
  count_warnings (bus);
  out = push (h, in);
  fail_unless_equals_int (count_warnings (bus), 1);
  check_plain (in, out, &info, is_no_thing, &scene, black);
  gst_buffer_unref (out);
  out = push (h, in);
  fail_unless_equals_int (count_warnings (bus), 0);
  gst_buffer_unref (out);
  gst_buffer_unref (in);
  scene_clear (&scene);
  gst_element_set_bus (element, NULL);
  gst_object_unref (bus);
  gst_harness_teardown (h);
  gst_object_unref (element);
}

GST_END_TEST;

/* A frame with padded rows leaves packed where downstream does not know how to read it. */
GST_START_TEST (test_packed)
{
  GstHarness *h = gst_harness_new_parse (ELEMENT " effect=fill feather=0"
      " labels=person" GREEN);
  GstVideoInfo info;
  GstBuffer *padded = noise (&info, GST_VIDEO_FORMAT_I420, 59, 40, TRUE);
  GstBuffer *packed = noise (&info, GST_VIDEO_FORMAT_I420, 59, 40, FALSE);
  GstVideoFrame from, to;
  GstBuffer *out;
  Scene scene;

  set_caps (h, GST_VIDEO_FORMAT_I420, 59, 40);
  scene_init (&scene, 59, 40);
  attach (padded, &scene.view);
  out = gst_harness_push_and_pull (h, gst_buffer_copy_deep (padded));
  fail_unless_equals_uint64 (gst_buffer_get_size (out), info.size);
  fail_unless (gst_video_frame_map (&from, &info, out, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&to, &info, packed, GST_MAP_WRITE));
  gst_video_frame_copy (&to, &from);    /* without what is between rows */
  gst_video_frame_unmap (&from);
  gst_video_frame_unmap (&to);
  gst_buffer_unref (out);
  out = packed;
  packed = noise (&info, GST_VIDEO_FORMAT_I420, 59, 40, FALSE);
  check_plain (packed, out, &info, is_person, &scene, green);
  gst_buffer_unref (out);
  gst_buffer_unref (packed);
  gst_buffer_unref (padded);
  scene_clear (&scene);
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
panopticoverlay_suite (void)
{
  Suite *suite = suite_create ("panopticoverlay");
  TCase *tcase = tcase_create ("panopticoverlay");

  g_assert_true (gst_panoptic_meta_register ());
  suite_add_tcase (suite, tcase);
  tcase_add_loop_test (tcase, test_selection, 0, G_N_ELEMENTS (selections));
  tcase_add_test (tcase, test_names);
  tcase_add_loop_test (tcase, test_unknown, 0, OLD + 1);
  tcase_add_test (tcase, test_expire);
  tcase_add_loop_test (tcase, test_no_metadata, 0, 2);
  tcase_add_test (tcase, test_live_changes);
  tcase_add_test (tcase, test_shared_memory);
  tcase_add_loop_test (tcase, test_refused_lists, 0, G_N_ELEMENTS (refused));
  tcase_add_test (tcase, test_missing_picture);
  tcase_add_test (tcase, test_packed);
  return suite;
}

GST_CHECK_MAIN (panopticoverlay);
