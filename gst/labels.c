/* Rendered class names: white text on a rounded box tinted like the segment.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/labels.h"

#include <math.h>
#include <pango/pangocairo.h>

#include "gst/frame.h"
#include "gst/log.h"
#include "model/text.h"

/* Text is 1/42 of the frame's height and at least 12 pixels: less cannot be read at 480 lines. */
#define TEXT_FRACTION 42
#define MIN_TEXT_HEIGHT 12

/* More renderings than classes times shades of one stream; beyond it they are made anew. */
#define MAX_RENDERED 512

/* Bytes of a name that are shown, more than fit into the width of a frame.  Metadata of others may
 * have labels of any length. */
#define MAX_TEXT 256

/* Threads that Pango may start for a text, and as many more that are not gone yet.  It takes them
 * by g_thread_new(), which ends the process where the system has none left. */
#define PANGO_THREADS 8

struct _GstMask2FormerLabels
{
  gint text_height;             /* pixels */
  gboolean warned;
  PangoContext *pango;          /* NULL until there are threads for it */
  GHashTable *rendered;         /* "rrggbb width text" -> cairo_surface_t */
};

static gpointer
wait_for (gpointer mutex)
{
  g_mutex_lock (mutex);
  g_mutex_unlock (mutex);
  return NULL;
}

/* True if the system would start as many threads as Pango needs. */
static gboolean
has_threads (void)
{
  GThread *threads[PANGO_THREADS];
  gboolean started = TRUE;
  GMutex mutex;
  gint n = 0;

  g_mutex_init (&mutex);
  g_mutex_lock (&mutex);        /* all of them at once */
  while (started && n < PANGO_THREADS) {
    threads[n] = g_thread_try_new ("mask2former", wait_for, &mutex, NULL);
    started = threads[n] != NULL;
    n += started;
  }
  g_mutex_unlock (&mutex);
  while (n > 0)
    g_thread_join (threads[--n]);
  g_mutex_clear (&mutex);
  return started;
}

/* FALSE if text cannot be rendered now. */
static gboolean
begin_text (GstMask2FormerLabels * labels)
{
  if (!has_threads ()) {
    if (!labels->warned)
      GST_WARNING ("the system starts no threads for Pango: leaving labels out");
    labels->warned = TRUE;
    return FALSE;
  }
  if (!labels->pango)
    labels->pango =
        pango_font_map_create_context (pango_cairo_font_map_get_default ());
  return TRUE;
}

static PangoLayout *
lay_out (GstMask2FormerLabels * labels, const gchar * text, gint max_width)
{
  PangoLayout *layout = pango_layout_new (labels->pango);
  PangoFontDescription *font = pango_font_description_from_string ("Sans Bold");
  gint width;

  pango_font_description_set_absolute_size (font,
      labels->text_height * PANGO_SCALE);
  pango_layout_set_font_description (layout, font);
  pango_font_description_free (font);
  pango_layout_set_single_paragraph_mode (layout, TRUE);
  pango_layout_set_text (layout, text, -1);
  pango_layout_get_pixel_size (layout, &width, NULL);
  if (width > max_width) {
    pango_layout_set_width (layout, max_width * PANGO_SCALE);
    pango_layout_set_ellipsize (layout, PANGO_ELLIPSIZE_END);
  }
  return layout;
}

GstMask2FormerLabels *
gst_mask2former_labels_new (void)
{
  GstMask2FormerLabels *labels = g_new0 (GstMask2FormerLabels, 1);

  labels->rendered = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      (GDestroyNotify) cairo_surface_destroy);

  /* the first text makes fontconfig read its caches: not while a frame waits */
  labels->text_height = MIN_TEXT_HEIGHT;
  if (begin_text (labels))
    g_object_unref (lay_out (labels, "m", 100));
  return labels;
}

void
gst_mask2former_labels_free (GstMask2FormerLabels * labels)
{
  g_hash_table_unref (labels->rendered);
  g_clear_object (&labels->pango);
  g_free (labels);
}

void
gst_mask2former_labels_begin_frame (GstMask2FormerLabels * labels,
    gint frame_height)
{
  gint text_height = MAX (frame_height / TEXT_FRACTION, MIN_TEXT_HEIGHT);

  if (text_height == labels->text_height)
    return;
  labels->text_height = text_height;
  g_hash_table_remove_all (labels->rendered);
}

static void
rounded_box (cairo_t * cr, gdouble width, gdouble height, gdouble radius)
{
  cairo_new_sub_path (cr);
  cairo_arc (cr, width - radius, radius, radius, -G_PI_2, 0);
  cairo_arc (cr, width - radius, height - radius, radius, 0, G_PI_2);
  cairo_arc (cr, radius, height - radius, radius, G_PI_2, G_PI);
  cairo_arc (cr, radius, radius, radius, G_PI, 3 * G_PI_2);
  cairo_close_path (cr);
}

/* The segment's colour, darkened until white text on it has a contrast of 4.5 (WCAG 2.1). */
static void
readable_tint (const guint8 rgb[3], gdouble tint[3])
{
  gdouble luminance = 0, scale;
  const gdouble weight[3] = { 0.2126, 0.7152, 0.0722 };
  const gdouble most = 1.05 / 4.5 - 0.05;
  guint i;

  for (i = 0; i < 3; i++)
    luminance += weight[i] * pow (rgb[i] / 255., 2.2);
  scale = luminance > most ? pow (most / luminance, 1 / 2.2) : 1;
  for (i = 0; i < 3; i++)
    tint[i] = rgb[i] / 255. * scale;
}

static cairo_surface_t *
render (GstMask2FormerLabels * labels, const gchar * text,
    const guint8 rgb[3], gint max_width)
{
  g_autofree gchar *shown = m2f_printable (text);
  gint pad = MAX (labels->text_height / 3, 3);
  PangoLayout *layout = lay_out (labels, shown, MAX (max_width - 2 * pad, 1));
  gint text_width, text_height, width, height;
  gdouble tint[3];
  cairo_surface_t *surface;
  cairo_t *cr;

  pango_layout_get_pixel_size (layout, &text_width, &text_height);
  width = GST_ROUND_UP_2 (text_width + 2 * pad);
  height = GST_ROUND_UP_2 (text_height + pad / 2);
  readable_tint (rgb, tint);

  surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);
  cr = cairo_create (surface);
  rounded_box (cr, width, height, height / 4.);
  cairo_set_source_rgba (cr, tint[0], tint[1], tint[2], 0.85);
  cairo_fill (cr);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_move_to (cr, (width - text_width) / 2., (height - text_height) / 2.);
  pango_cairo_show_layout (cr, layout);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  g_object_unref (layout);
  return surface;
}

cairo_surface_t *
gst_mask2former_labels_get (GstMask2FormerLabels * labels, const gchar * text,
    const guint8 rgb[3], gint max_width)
{
  g_autofree gchar *head = g_strndup (text, m2f_utf8_head (text, MAX_TEXT));
  gchar *key = g_strdup_printf ("%02x%02x%02x %d %s", rgb[0], rgb[1], rgb[2],
      max_width, head);
  cairo_surface_t *surface = g_hash_table_lookup (labels->rendered, key);

  if (surface || !begin_text (labels)) {
    g_free (key);
    return surface;
  }
  if (g_hash_table_size (labels->rendered) >= MAX_RENDERED)
    g_hash_table_remove_all (labels->rendered);
  surface = render (labels, head, rgb, max_width);
  g_hash_table_insert (labels->rendered, key, surface);
  return surface;
}

/* Sums the premultiplied pixels of a block; (r, g, b) in 0..255 and coverage in 0..1 per pixel. */
static void
block_sum (const guint8 * pixels, gint stride, gint width, gint height,
    gfloat rgb[3], gfloat * coverage)
{
  gint x, y;

  rgb[0] = rgb[1] = rgb[2] = *coverage = 0;
  for (y = 0; y < height; y++, pixels += stride) {
    for (x = 0; x < width; x++) {
      guint32 argb = ((const guint32 *) pixels)[x];

      rgb[0] += argb >> 16 & 0xff;
      rgb[1] += argb >> 8 & 0xff;
      rgb[2] += argb & 0xff;
      *coverage += (argb >> 24) / 255.f;
    }
  }
}

/* Blends a value, premultiplied by its coverage, over a sample. */
static void
blend_sample (guint8 * sample, gint depth, gint shift, gfloat value,
    gfloat coverage)
{
  if (depth > 8) {
    guint old = GST_READ_UINT16_LE (sample) >> shift;
    guint sum = old * (1 - coverage) + value + 0.5f;

    GST_WRITE_UINT16_LE (sample, sum << shift);
  } else {
    *sample = *sample * (1 - coverage) + value + 0.5f;
  }
}

/* Draws one colour component of the label. */
static void
draw_component (cairo_surface_t * label, GstVideoFrame * frame, guint comp,
    const GstMask2FormerColourSpace * space, gint x, gint y)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  gint block_width = 1 << GST_VIDEO_FORMAT_INFO_W_SUB (finfo, comp);
  gint block_height = 1 << GST_VIDEO_FORMAT_INFO_H_SUB (finfo, comp);
  gint src_stride = cairo_image_surface_get_stride (label);
  gint dst_stride = GST_VIDEO_FRAME_COMP_STRIDE (frame, comp);
  gint step = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, comp);
  gint width = cairo_image_surface_get_width (label) / block_width;
  gint height = cairo_image_surface_get_height (label) / block_height;
  gfloat share = 1.f / (block_width * block_height);
  const guint8 *src = cairo_image_surface_get_data (label);
  guint8 *dst = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame,
      GST_VIDEO_FORMAT_INFO_PLANE (finfo, comp)) +
      gst_mask2former_sample_offset (finfo, comp);
  gint i, j;

  dst += y / block_height * dst_stride + x / block_width * step;
  for (j = 0; j < height; j++) {
    for (i = 0; i < width; i++) {
      gfloat rgb[3], coverage, value[3];

      block_sum (src + 4 * i * block_width, src_stride, block_width,
          block_height, rgb, &coverage);
      if (coverage == 0)
        continue;
      gst_mask2former_colour_space_convert (space, rgb, coverage, value);
      blend_sample (dst + i * step, GST_VIDEO_FORMAT_INFO_DEPTH (finfo, comp),
          GST_VIDEO_FORMAT_INFO_SHIFT (finfo, comp), value[comp] * share,
          coverage * share);
    }
    src += src_stride * block_height;
    dst += dst_stride;
  }
}

/* Lays a premultiplied pixel over one of RGB with straight alpha. */
static void
lay_over (guint8 * pixel, guint32 argb, const gint offset[4])
{
  guint alpha = argb >> 24, below = pixel[offset[3]] * (255 - alpha);
  guint total = 255 * alpha + below, i;

  if (alpha == 0)
    return;
  for (i = 0; i < 3; i++)
    pixel[offset[i]] = (255 * 255 * (argb >> (16 - 8 * i) & 0xff) +
        pixel[offset[i]] * below + total / 2) / total;
  pixel[offset[3]] = (total + 127) / 255;
}

static void
draw_on_overlay (cairo_surface_t * label, GstVideoFrame * frame, gint x, gint y)
{
  gint width = cairo_image_surface_get_width (label);
  gint height = cairo_image_surface_get_height (label);
  gint src_stride = cairo_image_surface_get_stride (label);
  gint dst_stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0);
  const guint8 *src = cairo_image_surface_get_data (label);
  guint8 *dst = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);
  gint offset[4], i, j;

  for (i = 0; i < 4; i++)
    offset[i] = GST_VIDEO_FRAME_COMP_POFFSET (frame, i);
  dst += (gsize) y * dst_stride + 4 * x;
  for (j = 0; j < height; j++, src += src_stride, dst += dst_stride)
    for (i = 0; i < width; i++)
      lay_over (dst + 4 * i, ((const guint32 *) src)[i], offset);
}

void
gst_mask2former_labels_draw (cairo_surface_t * label, GstVideoFrame * frame,
    gint x, gint y, gboolean is_overlay)
{
  GstMask2FormerColourSpace space;
  guint comp;

  if (is_overlay) {
    draw_on_overlay (label, frame, x, y);
    return;
  }
  gst_mask2former_colour_space_init (&space, &frame->info);
  for (comp = 0; comp < MIN (GST_VIDEO_FRAME_N_COMPONENTS (frame), 3); comp++)
    draw_component (label, frame, comp, &space, x, y);
}
