/* Prints what is in every frame of a pipeline: reads the metadata that mask2formerseg attaches.
 *
 *     cc read-meta.c -o read-meta $(pkg-config --cflags --libs gst-mask2former)
 *     ./read-meta "filesrc location=IN.mp4 ! decodebin ! videoconvert
 *                  ! mask2formerseg overlay=none ! fakesink name=sink signal-handoffs=true"
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <panopticmeta.h>
#include <stdio.h>

static void
print_frame (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
    const GstStructure *meta = gst_buffer_get_panoptic_meta (buffer);

    if (!meta)
        return;
    for (guint i = 0; i < gst_panoptic_meta_get_n_segments (meta); i++) {
        GstPanopticSegment segment;
        if (gst_panoptic_meta_get_segment (meta, i, &segment))
            printf ("%s: %.2f, %d pixels\n", segment.label, segment.score, (int) segment.area);
    }
}

int
main (int argc, char **argv)
{
    g_autoptr (GError) error = NULL;

    gst_init (&argc, &argv);
    if (argc != 2) {
        fprintf (stderr, "usage: read-meta PIPELINE, with a fakesink called sink\n");
        return 2;
    }
    g_autoptr (GstElement) pipeline = gst_parse_launch (argv[1], &error);
    g_autoptr (GstElement) sink = error ? NULL
        : gst_bin_get_by_name (GST_BIN (pipeline), "sink");
    if (!sink) {
        fprintf (stderr, "read-meta: %s\n", error ? error->message : "no element called sink");
        return 1;
    }
    g_signal_connect (sink, "handoff", G_CALLBACK (print_frame), NULL);

    g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    g_autoptr (GstMessage) last = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    if (GST_MESSAGE_TYPE (last) == GST_MESSAGE_ERROR) {
        gst_message_parse_error (last, &error, NULL);
        fprintf (stderr, "read-meta: %s\n", error->message);
    }
    gst_element_set_state (pipeline, GST_STATE_NULL);
    return error ? 1 : 0;
}
