/* pan-picture IN.jpg OUT.mkv: a clip that moves slowly over a still photograph.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Gives demo.sh moving material out of a picture: gst-launch-1.0 has no way to change videocrop's
 * properties over time, a control source has.
 */
#include <gst/controller/controller.h>
#include <gst/gst.h>
#include <stdio.h>

#define SECONDS 8
#define FRAMES_PER_SECOND 15
#define TRAVEL 110 /* pixels the window moves: opencv-doc's street is 751 wide */

/* Moves `property` from one value to another over the clip. */
static void
animate (GstElement *element, const char *property, double from, double to)
{
    GstControlSource *source = gst_interpolation_control_source_new ();
    GstTimedValueControlSource *values = GST_TIMED_VALUE_CONTROL_SOURCE (source);

    g_object_set (source, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
    gst_timed_value_control_source_set (values, 0, from);
    gst_timed_value_control_source_set (values, SECONDS * GST_SECOND, to);
    gst_object_add_control_binding (GST_OBJECT (element),
        gst_direct_control_binding_new_absolute (GST_OBJECT (element), property, source));
    gst_object_unref (source);
}

static gboolean
wait_for_end (GstElement *pipeline)
{
    g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    g_autoptr (GError) error = NULL;

    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
        return TRUE;
    gst_message_parse_error (message, &error, NULL);
    g_printerr ("pan-picture: %s\n", error->message);
    return FALSE;
}

int
main (int argc, char **argv)
{
    g_autoptr (GError) error = NULL;

    gst_init (&argc, &argv);
    if (argc != 3) {
        g_printerr ("usage: pan-picture IN.jpg OUT.mkv\n");
        return 1;
    }
    g_autofree char *partial = g_strconcat (argv[2], ".part", NULL);
    g_autofree char *description = g_strdup_printf (
        "filesrc name=in ! jpegdec ! imagefreeze num-buffers=%d"
        " ! video/x-raw,framerate=%d/1 ! videocrop name=crop right=-1 bottom=-1"
        " ! video/x-raw,width=640,height=560"
        " ! jpegenc quality=95 ! matroskamux ! filesink name=out",
        SECONDS * FRAMES_PER_SECOND, FRAMES_PER_SECOND);
    g_autoptr (GstElement) pipeline = gst_parse_launch (description, &error);
    if (!pipeline) {
        g_printerr ("pan-picture: %s\n", error->message);
        return 1;
    }
    g_autoptr (GstElement) in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
    g_autoptr (GstElement) out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
    g_autoptr (GstElement) crop = gst_bin_get_by_name (GST_BIN (pipeline), "crop");
    g_object_set (in, "location", argv[1], NULL);
    g_object_set (out, "location", partial, NULL);
    /* the other margins are what is left over, so that the window keeps its size */
    animate (crop, "left", 0, TRAVEL);

    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    gboolean ok = wait_for_end (pipeline);
    gst_element_set_state (pipeline, GST_STATE_NULL);
    if (ok && rename (partial, argv[2]) != 0) {
        g_printerr ("pan-picture: cannot write %s\n", argv[2]);
        ok = FALSE;
    }
    return ok ? 0 : 1;
}
