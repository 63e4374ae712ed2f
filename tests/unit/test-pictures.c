/* Reading of pictures by m2f: what was cut off is refused, and Exif says which side is up.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <sys/stat.h>

#include "model/tool/tool.h"
#include "tests/unit/scratch.h"

/* A picture of 3 x 2 blocks of one colour each. */
#define BLOCK 16
#define COLUMNS 3
#define ROWS 2
#define WIDTH (COLUMNS * BLOCK)
#define HEIGHT (ROWS * BLOCK)

static const guint8 colours[ROWS][COLUMNS][3] = {
    { { 255, 0, 0 }, { 0, 255, 0 }, { 0, 0, 255 } },
    { { 255, 255, 0 }, { 0, 255, 255 }, { 255, 255, 255 } },
};

static char *dir;

static void
make_dir (void)
{
    dir = scratch_new ();
}

static void
remove_dir (void)
{
    scratch_free (dir);
}

static const guint8 *
colour_at (int x, int y)
{
    return colours[y / BLOCK][x / BLOCK];
}

/* ---- files ---------------------------------------------------------------------------------- */

static void
put (GByteArray *file, guint32 value, int bytes, bool big_endian)
{
    for (int i = 0; i < bytes; i++) {
        const guint8 byte = (guint8) (value >> 8 * (big_endian ? bytes - 1 - i : i));
        g_byte_array_append (file, &byte, 1);
    }
}

static void
put_text (GByteArray *file, const char *text, guint size)
{
    g_byte_array_append (file, (const guint8 *) text, size);
}

/* The picture as gdk-pixbuf writes it. */
static GByteArray *
saved (const char *format)
{
    g_autoptr (GdkPixbuf) picture
        = gdk_pixbuf_new (GDK_COLORSPACE_RGB, FALSE, 8, WIDTH, HEIGHT);
    guint8 *pixels = gdk_pixbuf_get_pixels (picture);
    char *data;
    gsize size;

    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            memcpy (pixels + y * gdk_pixbuf_get_rowstride (picture) + 3 * x, colour_at (x, y), 3);
    ck_assert (gdk_pixbuf_save_to_buffer (picture, &data, &size, format, NULL, NULL));
    return g_byte_array_new_take ((guint8 *) data, size);
}

static GByteArray *
make_pnm (void)
{
    GByteArray *file = g_byte_array_new ();

    put_text (file, "P6 48 32 255\n", 13);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            g_byte_array_append (file, colour_at (x, y), 3);
    return file;
}

/* Codes of 8 bits; the table of codes is emptied before it needs longer ones. */
static GByteArray *
make_gif (void)
{
    GByteArray *file = g_byte_array_new ();

    put_text (file, "GIF89a", 6);
    put (file, WIDTH, 2, false);
    put (file, HEIGHT, 2, false);
    put_text (file, "\xf6\0\0", 3);
    for (int i = 0; i < 128; i++)
        g_byte_array_append (file, i < 6 ? colours[i / 3][i % 3] : colours[0][0], 3);
    put_text (file, ",\0\0\0\0", 5);
    put (file, WIDTH, 2, false);
    put (file, HEIGHT, 2, false);
    put_text (file, "\0\7", 2);
    for (int y = 0; y < HEIGHT; y++) {
        put (file, WIDTH + 1, 1, false);
        put (file, 128, 1, false);
        for (int x = 0; x < WIDTH; x++)
            put (file, (guint32) (y / BLOCK * COLUMNS + x / BLOCK), 1, false);
    }
    put_text (file, "\1\x81\0;", 4);
    return file;
}

static GByteArray *
make_tga (void)
{
    GByteArray *file = g_byte_array_new ();

    put_text (file, "\0\0\2\0\0\0\0\0\0\0\0\0", 12);
    put (file, WIDTH, 2, false);
    put (file, HEIGHT, 2, false);
    put_text (file, "\x18\x20", 2);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int c = 2; c >= 0; c--)
                g_byte_array_append (file, &colour_at (x, y)[c], 1);
    return file;
}

/* Exif of one entry, the orientation. */
static void
put_exif (GByteArray *file, int orientation, bool big_endian)
{
    put_text (file, big_endian ? "MM" : "II", 2);
    put (file, 42, 2, big_endian);
    put (file, 8, 4, big_endian);
    put (file, 1, 2, big_endian);
    put (file, 0x112, 2, big_endian);
    put (file, 3, 2, big_endian);
    put (file, 1, 4, big_endian);
    put (file, (guint32) orientation, 2, big_endian);
    put (file, 0, 2, big_endian);
    put (file, 0, 4, big_endian);
}

#define EXIF_SIZE 26

static guint32
checksum (const guint8 *data, gsize size)
{
    guint32 sum = 0xffffffff;

    for (gsize i = 0; i < size; i++) {
        sum ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
    }
    return ~sum;
}

/* The chunk stands before the last one, IEND, of 12 bytes. */
static GByteArray *
make_png (int orientation, bool big_endian)
{
    GByteArray *file = saved ("png");
    g_autofree guint8 *end = g_memdup2 (file->data + file->len - 12, 12);

    g_byte_array_set_size (file, file->len - 12);
    put (file, EXIF_SIZE, 4, true);
    put_text (file, "eXIf", 4);
    put_exif (file, orientation, big_endian);
    put (file, checksum (file->data + file->len - EXIF_SIZE - 4, EXIF_SIZE + 4), 4, true);
    g_byte_array_append (file, end, 12);
    return file;
}

/* The segment stands behind the first marker. */
static GByteArray *
make_jpeg (int orientation, bool big_endian)
{
    GByteArray *file = g_byte_array_new ();
    g_autoptr (GByteArray) plain = saved ("jpeg");

    g_byte_array_append (file, plain->data, 2);
    put_text (file, "\xff\xe1", 2);
    put (file, 2 + 6 + EXIF_SIZE, 2, true);
    put_text (file, "Exif\0\0", 6);
    put_exif (file, orientation, big_endian);
    g_byte_array_append (file, plain->data + 2, plain->len - 2);
    return file;
}

/* ---- whole and cut files -------------------------------------------------------------------- */

static GdkPixbuf *
load (const guint8 *data, gsize size, M2fImage *image, GError **error)
{
    g_autofree char *path = scratch_write (dir, "picture", data, (gssize) size);

    return tool_load_picture (path, image, error);
}

static void
check_cuts (const char *format, GByteArray *file)
{
    M2fImage image;
    GError *error = NULL;
    g_autoptr (GdkPixbuf) whole = load (file->data, file->len, &image, &error);

    ck_assert_msg (whole != NULL, "%s: %s", format, error ? error->message : "");
    ck_assert_int_eq (image.width, WIDTH);
    ck_assert_int_eq (image.height, HEIGHT);
    for (int tenth = 1; tenth <= 10; tenth++) {
        const gsize size = tenth < 10 ? file->len * (gsize) tenth / 10 : file->len - 1;
        g_autoptr (GdkPixbuf) cut = load (file->data, size, &image, &error);

        ck_assert_msg (cut == NULL, "%s: the first %zu of %u bytes are taken for a whole picture",
            format, size, file->len);
        check_error (&error, M2F_ERROR_FORMAT, "picture: ");
        ck_assert_ptr_null (error);
    }
    g_byte_array_unref (file);
}

START_TEST (cut_files_are_refused)
{
    check_cuts ("jpeg", saved ("jpeg"));
    check_cuts ("png", saved ("png"));
    check_cuts ("bmp", saved ("bmp"));
    check_cuts ("tiff", saved ("tiff"));
    check_cuts ("gif", make_gif ());
    check_cuts ("pnm", make_pnm ());
    check_cuts ("tga", make_tga ());
}
END_TEST

/* The small picture that cameras put into the Exif segment has an end of its own. */
START_TEST (end_of_an_embedded_picture_is_not_the_end)
{
    g_autoptr (GByteArray) small = saved ("jpeg");
    GByteArray *file = g_byte_array_new ();

    g_byte_array_append (file, small->data, 2);
    put_text (file, "\xff\xe2", 2);
    put (file, 2 + small->len, 2, true);
    g_byte_array_append (file, small->data, small->len);
    g_byte_array_append (file, small->data + 2, small->len - 2);
    check_cuts ("jpeg in jpeg", file);
}
END_TEST

/* ---- orientation ---------------------------------------------------------------------------- */

/* The position of pixel (x, y) of the upright picture in the stored one of WIDTH x HEIGHT. */
static void
stored_place (int orientation, int x, int y, int *stored_x, int *stored_y)
{
    const int right = WIDTH - 1, bottom = HEIGHT - 1;
    const int places[9][2] = { { 0 }, { x, y }, { right - x, y }, { right - x, bottom - y },
        { x, bottom - y }, { y, x }, { y, bottom - x }, { right - y, bottom - x },
        { right - y, x } };

    *stored_x = places[orientation][0];
    *stored_y = places[orientation][1];
}

static void
check_turned (const char *format, int orientation, GByteArray *file)
{
    M2fImage image;
    GError *error = NULL;
    g_autoptr (GdkPixbuf) picture = load (file->data, file->len, &image, &error);
    const bool lies = orientation >= 5;

    ck_assert_msg (picture != NULL, "%s: %s", format, error ? error->message : "");
    ck_assert_int_eq (image.width, lies ? HEIGHT : WIDTH);
    ck_assert_int_eq (image.height, lies ? WIDTH : HEIGHT);
    for (int y = BLOCK / 2; y < image.height; y += BLOCK)
        for (int x = BLOCK / 2; x < image.width; x += BLOCK) {
            const guint8 *found = image.data[0] + y * image.stride[0] + 3 * x;
            int stored_x, stored_y;

            stored_place (orientation, x, y, &stored_x, &stored_y);
            for (int c = 0; c < 3; c++)
                ck_assert_msg (abs (found[c] - colour_at (stored_x, stored_y)[c]) < 64,
                    "%s, orientation %d: channel %d of pixel %d,%d is %d, expected %d", format,
                    orientation, c, x, y, found[c], colour_at (stored_x, stored_y)[c]);
        }
    g_byte_array_unref (file);
}

START_TEST (pictures_are_turned_upright)
{
    for (int orientation = 1; orientation <= 8; orientation++) {
        check_turned ("jpeg", orientation, make_jpeg (orientation, true));
        check_turned ("png", orientation, make_png (orientation, true));
        check_turned ("png", orientation, make_png (orientation, false));
    }
}
END_TEST

START_TEST (orientations_that_do_not_exist_are_ignored)
{
    check_turned ("png", 1, make_png (0, true));
    check_turned ("png", 1, make_png (9, true));
}
END_TEST

/* ---- what is no picture --------------------------------------------------------------------- */

/* Only the header: nothing may be allocated for what it asks for. */
START_TEST (large_pictures_are_refused_by_their_header)
{
    g_autoptr (GByteArray) file = saved ("bmp");
    M2fImage image;
    GError *error = NULL;
    const guint32 side = GUINT32_TO_LE (30000);

    memcpy (file->data + 18, &side, 4);
    memcpy (file->data + 22, &side, 4);
    ck_assert_ptr_null (load (file->data, file->len, &image, &error));
    check_error (&error, M2F_ERROR_UNSUPPORTED, "picture: |30000x30000|268 million");
}
END_TEST

START_TEST (what_is_no_picture_is_refused)
{
    g_autofree char *fifo = g_build_filename (dir, "fifo", NULL);
    M2fImage image;
    GError *error = NULL;

    ck_assert_int_eq (mkfifo (fifo, 0600), 0);
    ck_assert_ptr_null (tool_load_picture (fifo, &image, &error));
    check_error (&error, M2F_ERROR_READ, "fifo|a FIFO");
    ck_assert_ptr_null (tool_load_picture (dir, &image, &error));
    check_error (&error, M2F_ERROR_READ, "a directory");
    ck_assert_ptr_null (tool_load_picture ("/dev/zero", &image, &error));
    check_error (&error, M2F_ERROR_READ, "/dev/zero|device");
    ck_assert_ptr_null (load ((const guint8 *) "", 0, &image, &error));
    check_error (&error, M2F_ERROR_FORMAT, "picture: ");
    ck_assert_ptr_null (load ((const guint8 *) "no picture", 10, &image, &error));
    check_error (&error, M2F_ERROR_FORMAT, "picture: ");
}
END_TEST

int
main (void)
{
    Suite *suite = suite_create ("pictures");
    TCase *tcase = tcase_create ("pictures");

    tcase_add_checked_fixture (tcase, make_dir, remove_dir);
    tcase_add_test (tcase, cut_files_are_refused);
    tcase_add_test (tcase, end_of_an_embedded_picture_is_not_the_end);
    tcase_add_test (tcase, pictures_are_turned_upright);
    tcase_add_test (tcase, orientations_that_do_not_exist_are_ignored);
    tcase_add_test (tcase, large_pictures_are_refused_by_their_header);
    tcase_add_test (tcase, what_is_no_picture_is_refused);
    suite_add_tcase (suite, tcase);

    SRunner *runner = srunner_create (suite);
    srunner_run_all (runner, CK_NORMAL);
    const int failed = srunner_ntests_failed (runner);
    srunner_free (runner);
    return failed > 0;
}
