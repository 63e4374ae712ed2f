/* Prints what is in a picture: segment.c in C++17, with owners instead of g_autoptr.
 *
 *     c++ -std=c++17 segment.cpp -o segment $(pkg-config --cflags --libs mask2former gdk-pixbuf-2.0)
 *     ./segment CHECKPOINT PICTURE
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <cstdio>
#include <memory>
#include <stdexcept>

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <m2f.h>

template <auto release> struct Deleter {
    template <typename T> void operator() (T *object) const { release (object); }
};

using Picture = std::unique_ptr<GdkPixbuf, Deleter<g_object_unref>>;
using Model = std::unique_ptr<M2fModel, Deleter<m2f_model_unref>>;
using Session = std::unique_ptr<M2fSession, Deleter<m2f_session_free>>;

struct Result : M2fResult {
    Result () : M2fResult {} {}
    Result (const Result &) = delete;
    Result &operator= (const Result &) = delete;
    ~Result () { m2f_result_clear (this); }
};

[[noreturn]] static void
fail (GError *error)
{
    std::runtime_error failure (error->message);

    g_error_free (error);
    throw failure;
}

static void
segment (const char *checkpoint, const char *path)
{
    GError *error = nullptr;
    Picture picture (gdk_pixbuf_new_from_file (path, &error));
    if (!picture)
        fail (error);

    M2fImage image {};
    image.format = gdk_pixbuf_get_has_alpha (picture.get ()) ? M2F_FORMAT_RGBA : M2F_FORMAT_RGB;
    image.width = gdk_pixbuf_get_width (picture.get ());
    image.height = gdk_pixbuf_get_height (picture.get ());
    image.data[0] = gdk_pixbuf_read_pixels (picture.get ());
    image.stride[0] = gdk_pixbuf_get_rowstride (picture.get ());

    M2fLoadOptions options {};
    options.path = checkpoint;
    Model model (m2f_model_load (&options, &error));
    if (!model)
        fail (error);

    Session session (m2f_session_new (model.get ()));
    Result result;
    M2fParams params;
    m2f_params_init (&params, model.get ());
    if (!m2f_session_run (session.get (), &image, &params, &result, &error))
        fail (error);
    for (int i = 0; i < result.n_segments; i++)
        std::printf ("%s: %.2f, %d pixels\n", result.segments[i].label,
            static_cast<double> (result.segments[i].score),
            static_cast<int> (result.segments[i].area));
}

int
main (int argc, char **argv)
{
    if (argc != 3) {
        std::fprintf (stderr, "usage: segment CHECKPOINT PICTURE\n");
        return 2;
    }
    try {
        segment (argv[1], argv[2]);
    } catch (const std::exception &failure) {
        std::fprintf (stderr, "segment: %s\n", failure.what ());
        return 1;
    }
    return 0;
}
