/* Prints what is in a picture: the example of m2f.h as a whole program.
 *
 *     cc segment.c -o segment $(pkg-config --cflags --libs mask2former gdk-pixbuf-2.0)
 *     ./segment CHECKPOINT PICTURE
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <m2f.h>
#include <stdio.h>

static int
fail (const GError *error)
{
    fprintf (stderr, "segment: %s\n", error->message);
    return 1;
}

int
main (int argc, char **argv)
{
    g_autoptr (GError) error = NULL;

    if (argc != 3) {
        fprintf (stderr, "usage: segment CHECKPOINT PICTURE\n");
        return 2;
    }

    g_autoptr (GdkPixbuf) picture = gdk_pixbuf_new_from_file (argv[2], &error);
    if (!picture)
        return fail (error);
    const M2fImage image = {
        .format = gdk_pixbuf_get_has_alpha (picture) ? M2F_FORMAT_RGBA : M2F_FORMAT_RGB,
        .width = gdk_pixbuf_get_width (picture),
        .height = gdk_pixbuf_get_height (picture),
        .data = { gdk_pixbuf_read_pixels (picture) },
        .stride = { gdk_pixbuf_get_rowstride (picture) },
    };

    g_autoptr (M2fModel) model = m2f_model_load (&(M2fLoadOptions) { .path = argv[1] }, &error);
    if (!model)
        return fail (error);
    g_autoptr (M2fSession) session = m2f_session_new (model);
    g_auto (M2fResult) result = { 0 };
    M2fParams params;

    m2f_params_init (&params, model);
    if (!m2f_session_run (session, &image, &params, &result, &error))
        return fail (error);
    for (int i = 0; i < result.n_segments; i++) {
        const M2fSegment *segment = &result.segments[i];
        printf ("%s: %.2f, %d pixels\n", segment->label, (double) segment->score,
            (int) segment->area);
    }
    return 0;
}
