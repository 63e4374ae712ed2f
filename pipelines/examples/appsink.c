/* Takes frames with their segments out of a pipeline, one by one, in the program's own thread.
 *
 *     cc appsink.c -o appsink $(pkg-config --cflags --libs gst-mask2former gstreamer-app-1.0)
 *     ./appsink "filesrc location=IN.mp4 ! decodebin ! videoconvert ! mask2formerseg"
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/app/gstappsink.h>
#include <panopticmeta.h>
#include <stdio.h>

static void
print_segments (GstSample *sample)
{
    const GstStructure *meta = gst_buffer_get_panoptic_meta (gst_sample_get_buffer (sample));

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
    GstSample *sample;

    gst_init (&argc, &argv);
    if (argc != 2) {
        fprintf (stderr, "usage: appsink PIPELINE\n");
        return 2;
    }
    g_autofree char *launch = g_strdup_printf ("%s ! appsink name=sink max-buffers=2", argv[1]);
    g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
    if (error) {
        fprintf (stderr, "appsink: %s\n", error->message);
        return 1;
    }
    g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    while ((sample = gst_app_sink_pull_sample (GST_APP_SINK (sink)))) {
        print_segments (sample);
        gst_sample_unref (sample);
    }
    g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
    g_autoptr (GstMessage) failure = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    if (failure) {
        gst_message_parse_error (failure, &error, NULL);
        fprintf (stderr, "appsink: %s\n", error->message);
    }
    gst_element_set_state (pipeline, GST_STATE_NULL);
    return error ? 1 : 0;
}
