/* A live camera with a model that may be slower: frames shown in time, results, memory.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *     build/tests/bench/live CHECKPOINT [SECONDS [PROPERTIES]]
 *
 * Plays a source of 1280x720 NV12 at 30 frames a second into a sink that, as video sinks do, drops
 * what comes 20 ms too late.  Fails if a result did not come as a message, if a frame was not
 * shown, or, when it plays for a minute or longer, if a frame did not arrive or the process has
 * grown by more than 1 MB since the first tenth of the time.
 */
#include <gst/gst.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FPS 30
#define MEGABYTE (1024.0 * 1024)
#define SHORTEST_SOAK 60        /* seconds */

typedef struct {
    int seconds;
    int messages;               /* results that came as messages */
    double at_first, most;      /* megabytes of memory, after the first tenth and at most since */
} Watch;

static double
resident_megabytes (void)
{
    g_autofree char *text = NULL;
    unsigned long pages = 0;

    if (!g_file_get_contents ("/proc/self/statm", &text, NULL, NULL)
        || sscanf (text, "%*u %lu", &pages) != 1)
        return 0;
    return (double) pages * (double) sysconf (_SC_PAGESIZE) / MEGABYTE;
}

/* Returns once the stream is over; FALSE if that was an error. */
static gboolean
watch (GstBus *bus, Watch *w)
{
    gint64 start = g_get_monotonic_time (), next = start;

    for (;;) {
        g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, GST_SECOND,
            GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT);
        gint64 now = g_get_monotonic_time ();

        if (now >= next && now - start >= w->seconds * G_USEC_PER_SEC / 10) {
            double megabytes = resident_megabytes ();

            if (w->at_first == 0)
                w->at_first = megabytes;
            w->most = MAX (w->most, megabytes);
            next = now + G_USEC_PER_SEC;
        }
        if (!message)
            continue;
        if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
            g_autoptr (GError) error = NULL;

            gst_message_parse_error (message, &error, NULL);
            fprintf (stderr, "live: %s\n", error->message);
            return FALSE;
        }
        if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
            return TRUE;
        w->messages += gst_message_has_name (message, "mask2former-result");
    }
}

static GstStructure *
read_stats (GstElement *pipeline, const char *name)
{
    GstElement *element = gst_bin_get_by_name (GST_BIN (pipeline), name);
    GstStructure *stats;

    g_object_get (element, "stats", &stats, NULL);
    gst_object_unref (element);
    return stats;
}

static guint64
count (const GstStructure *stats, const char *field)
{
    guint64 value = 0;

    gst_structure_get_uint64 (stats, field, &value);
    return value;
}

static double
milliseconds (const GstStructure *stats, const char *field)
{
    double value = 0;

    gst_structure_get_double (stats, field, &value);
    return value;
}

/* FALSE if something went missing. */
static gboolean
report (GstElement *pipeline, const Watch *w)
{
    g_autoptr (GstStructure) seg = read_stats (pipeline, "seg");
    g_autoptr (GstStructure) sink = read_stats (pipeline, "sink");
    guint64 shown = count (sink, "rendered"), arrived = shown + count (sink, "dropped");
    guint64 results = count (seg, "inferences"), frames = (guint64) w->seconds * FPS;
    double growth = w->most - w->at_first;
    gboolean soaked = w->seconds >= SHORTEST_SOAK;

    printf ("%s on %s in %s: %" G_GUINT64_FORMAT " of %d frames shown\n",
        gst_structure_get_string (seg, "model"), gst_structure_get_string (seg, "device"),
        gst_structure_get_string (seg, "precision"), shown, w->seconds * FPS);
    printf ("%" G_GUINT64_FORMAT " results, %d messages; a result takes %.0f ms and is %.0f ms old "
        "on average, %.0f at most\n", results, w->messages, milliseconds (seg, "inference-mean"),
        milliseconds (seg, "age-mean"), milliseconds (seg, "age-max"));
    printf ("frames take %.1f ms, %.1f at most; moving segments %.1f, drawing %.1f\n",
        milliseconds (seg, "total-mean"), milliseconds (seg, "total-max"),
        milliseconds (seg, "motion-mean"), milliseconds (seg, "overlay-mean"));
    if (soaked)
        printf ("memory %.1f MB, %.2f MB more since\n", w->at_first, growth);
    if ((guint64) w->messages != results)
        return FALSE;
    return soaked ? arrived == frames && growth <= 1 : shown == frames;
}

int
main (int argc, char **argv)
{
    g_autofree char *text = NULL;
    g_autoptr (GError) error = NULL;

    gst_init (&argc, &argv);
    if (argc < 2 || argc > 4) {
        fprintf (stderr, "Usage: %s CHECKPOINT [SECONDS [PROPERTIES]]\n", argv[0]);
        return 1;
    }
    Watch w = { .seconds = argc > 2 ? atoi (argv[2]) : 3 };

    text = g_strdup_printf ("videotestsrc is-live=true pattern=ball num-buffers=%d ! "
        "video/x-raw,format=NV12,width=1280,height=720,framerate=%d/1 ! mask2formerseg name=seg "
        "model=\"%s\" post-messages=true %s ! fakesink name=sink sync=true qos=true "
        "max-lateness=20000000", w.seconds * FPS, FPS, argv[1], argc > 3 ? argv[3] : "");
    GstElement *pipeline = gst_parse_launch (text, &error);

    if (!pipeline) {
        fprintf (stderr, "live: %s\n", error->message);
        return 1;
    }
    GstBus *bus = gst_element_get_bus (pipeline);

    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    gboolean good = watch (bus, &w) && report (pipeline, &w);

    gst_element_set_state (pipeline, GST_STATE_NULL);
    gst_object_unref (bus);
    gst_object_unref (pipeline);
    return !good;
}
