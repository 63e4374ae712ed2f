/* Fuzzes panoptic metadata that another element wrote: as panopticjson prints and paints it, as it
 * follows its frame through scaling, as panopticoverlay draws and hides what it describes, and as
 * mask2formerseg adds its own beside it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The metadata is right at first; the input says what is wrong with it.
 */
#include <glib/gstdio.h>
#include <gst/check/gstharness.h>
#include <jansson.h>
#include <stdbool.h>

#include "gst/cocopanoptic.h"
#include "gst/effects.h"
#include "gst/gstpanopticjson.h"
#include "gst/gstpanopticoverlay.h"
#include "gst/jsonmasks.h"
#include "gst/panopticwriter.h"
#include "gst/scaling.h"
#include "gst/selection.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/input.h"

#define FRAME_WIDTH 64
#define FRAME_HEIGHT 48
#define FRAME_SIZE (FRAME_WIDTH * FRAME_HEIGHT * 4) /* bytes, enough for every format here */

/* A field and the letter of its type, for set_field(). */
typedef struct Field {
    const char *name;
    char type;
} Field;

static const Field meta_fields[] = { { "version", 'u' }, { "source-id", 's' }, { "task", 's' },
    { "label-map", 'B' }, { "x", 'i' }, { "y", 'i' }, { "width", 'i' }, { "height", 'i' },
    { "pts", 't' }, { "age", 't' }, { "segments", 'a' } };
static const Field segment_fields[] = { { "id", 'u' }, { "label-id", 'u' }, { "label", 'n' },
    { "score", 'd' }, { "area", 't' }, { "x", 'i' }, { "y", 'i' }, { "width", 'i' },
    { "height", 'i' }, { "is-thing", 'b' }, { "was-fused", 'b' }, { "query", 'i' },
    { "track-id", 't' }, { "is-background", 'b' } };

/* ---- metadata -------------------------------------------------------------------------------- */

static void
break_video_meta (FuzzInput *in, GstVideoMeta *video)
{
    switch (fuzz_int (in, 0, 5)) {
    case 0: video->width = (guint) fuzz_any_int (in); break;
    case 1: video->height = (guint) fuzz_any_int (in); break;
    case 2: video->stride[0] = fuzz_any_int (in); break;
    case 3: video->offset[0] = fuzz_any_uint64 (in); break;
    case 4: video->format = (GstVideoFormat) fuzz_int (in, 0, 100); break;
    default: video->n_planes = (guint) fuzz_int (in, 0, 4); break;
    }
}

/* A label map (transfer full) of up to 32 x 32 pixels, whose description may be wrong. */
static GstBuffer *
new_label_map (FuzzInput *in)
{
    const int width = fuzz_int (in, 1, 32), height = fuzz_int (in, 1, 32);
    const int depth = fuzz_int (in, 1, 2), faults = fuzz_int (in, 0, 3);
    GstBuffer *map = gst_buffer_new_allocate (NULL, (gsize) (width * height * depth), NULL);
    const GstVideoFormat format
        = depth == 1 ? GST_VIDEO_FORMAT_GRAY8 : GST_VIDEO_FORMAT_GRAY16_LE;

    gst_buffer_memset (map, 0, (guint8) fuzz_int (in, 0, 3), (gsize) (width * height * depth));
    if (fuzz_int (in, 0, 15) == 1)
        return map;
    gsize offset[GST_VIDEO_MAX_PLANES] = { 0 };
    int stride[GST_VIDEO_MAX_PLANES] = { width * depth };
    GstVideoMeta *video = gst_buffer_add_video_meta_full (map, 0, format, (guint) width,
        (guint) height, 1, offset, stride);
    for (int i = 0; i < faults; i++)
        break_video_meta (in, video);
    if (fuzz_int (in, 0, 15) == 1)
        gst_buffer_set_size (map, fuzz_int (in, 0, width * height * depth));
    return map;
}

static void
set_field (FuzzInput *in, GstStructure *structure, const char *name, char type)
{
    switch (type) {
    case 'i': gst_structure_set (structure, name, G_TYPE_INT, fuzz_any_int (in), NULL); break;
    case 'u': gst_structure_set (structure, name, G_TYPE_UINT, fuzz_any_int (in), NULL); break;
    case 't': gst_structure_set (structure, name, G_TYPE_UINT64, fuzz_any_uint64 (in), NULL); break;
    case 'b': gst_structure_set (structure, name, G_TYPE_BOOLEAN, fuzz_int (in, 0, 1), NULL); break;
    case 'd':
        gst_structure_set (structure, name, G_TYPE_DOUBLE, (double) fuzz_any_float (in), NULL);
        break;
    case 's': {
        g_autofree char *text = fuzz_int (in, 0, 7) ? fuzz_utf8 (in, 40) : NULL;
        gst_structure_set (structure, name, G_TYPE_STRING, text, NULL);
        break;
    }
    case 'B': {
        g_autoptr (GstBuffer) map = fuzz_int (in, 0, 7) ? new_label_map (in) : NULL;
        gst_structure_set (structure, name, GST_TYPE_BUFFER, map, NULL);
        break;
    }
    case 'n': gst_structure_set (structure, name, G_TYPE_STRING, NULL, NULL); break;
    default: gst_structure_remove_field (structure, name); break;
    }
}

/* Gives some fields another value, another type, or none. */
static void
break_fields (FuzzInput *in, GstStructure *structure, const Field *fields, int n_fields)
{
    static const char types[] = "iutbdnBx";

    for (int faults = fuzz_int (in, 0, 4); faults > 0; faults--) {
        const Field *field = &fields[fuzz_int (in, 0, n_fields - 1)];
        const int other = fuzz_int (in, 0, 15);

        set_field (in, structure, field->name,
            other < (int) sizeof types - 1 ? types[other] : field->type);
    }
}

/* The labels are few, because GStreamer never forgets the type of a region of interest. */
static GstStructure *
new_segment (FuzzInput *in)
{
    static const char *const labels[] = { "car", "", "\"\\\n\x1b[2J", "\u00e9\u202e\U0001f6b2" };
    GstStructure *segment = gst_structure_new ("segment", "id", G_TYPE_UINT, 1,
        "label-id", G_TYPE_UINT, 2, "label", G_TYPE_STRING, labels[fuzz_int (in, 0, 3)],
        "score", G_TYPE_DOUBLE, 0.5, "area", G_TYPE_UINT64, (guint64) 1,
        "x", G_TYPE_INT, 0, "y", G_TYPE_INT, 0, "width", G_TYPE_INT, 1, "height", G_TYPE_INT, 1,
        "is-thing", G_TYPE_BOOLEAN, TRUE, "was-fused", G_TYPE_BOOLEAN, FALSE, NULL);

    break_fields (in, segment, segment_fields, (int) G_N_ELEMENTS (segment_fields));
    return segment;
}

/* A list of structures, some of which may be NULL, or of numbers. */
static void
append_segments (FuzzInput *in, GstStructure *meta)
{
    const GType type = fuzz_int (in, 0, 15) == 1 ? G_TYPE_INT : GST_TYPE_STRUCTURE;
    GValue list = G_VALUE_INIT;

    gst_value_array_init (&list, 0);
    for (int n = fuzz_int (in, 0, 4); n > 0; n--) {
        GValue item = G_VALUE_INIT;

        g_value_init (&item, type);
        if (type == GST_TYPE_STRUCTURE && fuzz_int (in, 0, 15) != 1)
            g_value_take_boxed (&item, new_segment (in));
        gst_value_array_append_and_take_value (&list, &item);
    }
    gst_structure_take_value (meta, "segments", &list);
}

static void
add_meta (FuzzInput *in, GstBuffer *frame)
{
    static const char *const tasks[] = { "semantic", "instance", "panoptic" };
    GstStructure *meta = gst_custom_meta_get_structure (
        gst_buffer_add_custom_meta (frame, GST_PANOPTIC_META_NAME));
    g_autoptr (GstBuffer) map = new_label_map (in);

    gst_structure_set (meta, "version", G_TYPE_UINT, 1,
        "task", G_TYPE_STRING, tasks[fuzz_int (in, 0, 2)],
        "pts", G_TYPE_UINT64, (guint64) 0, "age", G_TYPE_UINT64, (guint64) 0,
        "x", G_TYPE_INT, 0, "y", G_TYPE_INT, 0, "width", G_TYPE_INT, FRAME_WIDTH,
        "height", G_TYPE_INT, FRAME_HEIGHT, "label-map", GST_TYPE_BUFFER, map, NULL);
    append_segments (in, meta);
    break_fields (in, meta, meta_fields, (int) G_N_ELEMENTS (meta_fields));
}

/* ---- readers --------------------------------------------------------------------------------- */

/* Reads whatever a view that was accepted promises to have. */
static void
read_view (const GstPanopticView *view)
{
    guint64 sum = 0;

    for (int y = 0; y < view->height; y++)
        for (int x = 0; x < view->width; x++)
            sum += gst_panoptic_view_id (view, x, y);
    for (int y = -1; y <= FRAME_HEIGHT; y += 7)
        for (int x = -1; x <= FRAME_WIDTH; x += 7)
            sum += gst_panoptic_view_frame_id (view, x, y);
    g_assert_cmpuint (sum, <=, ((guint64) view->width * view->height + 100) * G_MAXUINT16);
    for (guint i = 0; i < view->n_segments; i++) {
        const GstPanopticSegment *segment = &view->segments[i];
        const GstVideoRectangle box = gst_panoptic_view_frame_box (view, segment);

        g_assert_true (g_utf8_validate (segment->label, -1, NULL));
        g_assert_true (box.w >= 0 && box.w <= view->rectangle.w);
        g_assert_true (box.h >= 0 && box.h <= view->rectangle.h);
        g_assert_cmpuint (gst_panoptic_view_frame_area (view, segment), <=,
            (guint64) view->rectangle.w * view->rectangle.h);
    }
}

static bool
lies_in_frame (const GstVideoRectangle *r)
{
    return r->x >= 0 && r->y >= 0 && r->x <= FRAME_WIDTH - r->w && r->y <= FRAME_HEIGHT - r->h;
}

/* Reads the first metadata, and attaches what it says once more, as that of the same source, of
 * another or of none. */
static void
read_and_attach (FuzzInput *in, GstBuffer *frame)
{
    static GstPanopticWriter *writer;
    const GstStructure *meta = gst_buffer_get_panoptic_meta (frame);
    g_autoptr (GstStructure) copy = meta ? gst_structure_copy (meta) : NULL;
    g_auto (GstPanopticView) view = { 0 };
    GError *error = NULL;

    if (!copy)
        return;
    gboolean ok = gst_panoptic_view_set_meta (&view, copy, &error);
    fuzz_check_error (ok, error);
    if (!ok)
        return;
    read_view (&view);
    if (!writer)
        writer = gst_panoptic_writer_new ();
    if (fuzz_int (in, 0, 1))
        view.source_id = "another";
    if (lies_in_frame (&view.rectangle))
        g_assert_true (gst_panoptic_writer_attach (writer, frame, &view, FALSE));
}

/* The frame (transfer full) with its metadata as after scaling between random sizes. */
static GstBuffer *
scale (FuzzInput *in, GstBuffer *frame)
{
    GstVideoInfo from, to;
    GstVideoMetaTransform sizes = { &from, &to };
    GstBuffer *scaled = gst_buffer_new ();
    gpointer state = NULL;
    GstMeta *meta;

    gst_video_info_init (&from);
    gst_video_info_init (&to);
    for (GstVideoInfo *info = &from;; info = &to) {
        info->width = fuzz_int (in, 1, G_MAXINT16);
        info->height = fuzz_int (in, 1, G_MAXINT16);
        info->par_n = fuzz_int (in, 1, G_MAXINT);
        info->par_d = fuzz_int (in, 1, G_MAXINT);
        if (info == &to)
            break;
    }
    while ((meta = gst_buffer_iterate_meta (frame, &state)))
        if (meta->info == gst_meta_get_info (GST_PANOPTIC_META_NAME))
            meta->info->transform_func (scaled, meta, frame,
                gst_video_meta_transform_scale_get_quark (), &sizes);
    gst_buffer_unref (frame);
    return scaled;
}

/* Paints the newest metadata into a PNG file, scaled. */
static void
paint (GstBuffer *frame)
{
    static char *folder;
    g_auto (GstPanopticView) view = { 0 };
    const GstStructure *meta = gst_buffer_get_panoptic_meta (frame);

    if (!meta || !gst_panoptic_view_set_meta (&view, meta, NULL))
        return;
    if (!folder)
        folder = g_dir_make_tmp ("fuzz-XXXXXX", NULL);
    g_autoptr (GstMask2FormerCocoPanoptic) coco
        = gst_mask2former_coco_panoptic_new (folder, NULL);
    g_autofree char *file = g_build_filename (folder, "000000000000.png", NULL);
    GstMask2FormerList text = { 0 };
    g_assert_true (gst_mask2former_coco_panoptic_add (coco, &view, 40, 24, &text, NULL));
    g_assert_true (gst_mask2former_coco_panoptic_end (coco, &text));
    json_t *json = json_loadb (text.data, text.len, 0, NULL);
    g_assert_true (json_is_object (json));
    json_decref (json);
    g_free (text.data);
    g_assert_cmpint (g_remove (file), ==, 0);
}

/* ---- elements -------------------------------------------------------------------------------- */

/* A way through panopticoverlay and panopticjson. */
typedef struct Way {
    const char *launch;
    GstVideoFormat format;
    bool has_alpha; /* effect=cutout needs it */
    GstHarness *harness;
} Way;

static Way ways[] = {
    { "panopticoverlay ! panopticoverlay effect=outline draw-labels=false "
      "! panopticjson", GST_VIDEO_FORMAT_GRAY8, false, NULL },
    { "panopticoverlay ! videoscale ! video/x-raw,width=40,height=24 "
      "! panopticjson", GST_VIDEO_FORMAT_NV12, false, NULL },
    { "videoscale add-borders=false ! video/x-raw,width=30,height=80 "
      "! panopticoverlay ! panopticjson", GST_VIDEO_FORMAT_RGBA, true,
      NULL },
};

static void
open_way (Way *way)
{
    GstVideoInfo info;

    if (way->harness)
        return;
    way->harness = gst_harness_new_parse (way->launch);
    g_assert_true (gst_video_info_set_format (&info, way->format, FRAME_WIDTH, FRAME_HEIGHT));
    g_assert_cmpuint (info.size, <=, FRAME_SIZE);
    gst_harness_set_src_caps (way->harness, gst_video_info_to_caps (&info));
    gst_panoptic_scaling_add_source (way->harness->srcpad);
}

/* Any effect on any segments, and any layout of the text. */
static void
set_properties (FuzzInput *in, const Way *way)
{
    int effect = fuzz_int (in, GST_MASK2FORMER_EFFECT_COLOUR, GST_MASK2FORMER_EFFECT_MASK);

    if (effect == GST_MASK2FORMER_EFFECT_CUTOUT && !way->has_alpha)
        effect = GST_MASK2FORMER_EFFECT_BLUR;
    gst_harness_set (way->harness, "panopticoverlay", "effect", effect,
        "segments", fuzz_int (in, GST_MASK2FORMER_KIND_AUTO, GST_MASK2FORMER_KIND_STUFF),
        "labels", fuzz_int (in, 0, 7) ? NULL : "car", "dilate", fuzz_int (in, 0, 20),
        "feather", fuzz_int (in, -1, 20), "strength", fuzz_int (in, 0, 20),
        "draw-labels", fuzz_int (in, 0, 1), "hide-unknown", fuzz_int (in, 0, 1), NULL);
    gst_harness_set (way->harness, "panopticjson", "masks",
        fuzz_int (in, GST_MASK2FORMER_MASKS_NONE, GST_MASK2FORMER_MASKS_POLYGONS),
        "tolerance", (double) fuzz_int (in, 0, 8) / 2, "batch", fuzz_int (in, 1, 3), NULL);
}

static void
check_line (const json_t *json)
{
    g_assert_true (json_is_object (json));
    g_assert_true (json_is_null (json_object_get (json, "task"))
        == json_is_null (json_object_get (json, "segments")));
}

/* Reads what was printed of some frames (transfer full). */
static void
check_text (GstBuffer *text)
{
    GstMapInfo mapping;
    const json_t *line;
    size_t i;

    g_assert_true (gst_buffer_map (text, &mapping, GST_MAP_READ));
    json_t *json = json_loadb ((const char *) mapping.data, mapping.size, 0, NULL);
    if (!json_is_array (json))
        check_line (json);
    json_array_foreach (json, i, line)
        check_line (line);
    json_decref (json);
    gst_buffer_unmap (text, &mapping);
    gst_buffer_unref (text);
}

/* Sends the frame (transfer full) through panopticoverlay and panopticjson, with videoscale before,
 * between or not. */
static void
print (FuzzInput *in, GstBuffer *frame, Way *way)
{
    GstBuffer *text;

    open_way (way);
    set_properties (in, way);
    g_assert_cmpint (gst_harness_push (way->harness, frame), ==, GST_FLOW_OK);
    while ((text = gst_harness_try_pull (way->harness)))
        check_text (text);
}

int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
    /* the plugin scanner is another program, without the sanitizers that the plugin needs */
    g_setenv ("GST_REGISTRY_FORK", "no", FALSE);
    gst_init (argc, argv);
    g_log_set_always_fatal ((GLogLevelFlags) (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL));
    g_assert_true (GST_ELEMENT_REGISTER (panopticjson, NULL));
    g_assert_true (GST_ELEMENT_REGISTER (panopticoverlay, NULL));
    g_assert_true (gst_panoptic_meta_register ());
    return 0;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    FuzzInput in = { data, size };
    const int way = fuzz_int (&in, 0, 3);
    GstBuffer *frame = gst_buffer_new_allocate (NULL, FRAME_SIZE, NULL);

    for (int n = fuzz_int (&in, 1, 3); n > 0; n--)
        add_meta (&in, frame);
    if (way == 3) {
        frame = scale (&in, frame);
        gst_buffer_append_memory (frame, gst_allocator_alloc (NULL, FRAME_SIZE, NULL));
    }
    read_and_attach (&in, frame);
    paint (frame);
    print (&in, frame, &ways[way % (int) G_N_ELEMENTS (ways)]);
    return 0;
}
