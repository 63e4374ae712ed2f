/* Panoptic segments of a stream in COCO's layout: a PNG file for each frame, and one JSON text.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/cocopanoptic.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <png.h>

#include "gst/errors.h"

struct _GstMask2FormerCocoPanoptic
{
  gchar *directory;
  guint64 n_frames;             /* so far; number of the next one */

  /* of the text: */
  gboolean is_ended;
  guint64 n_annotations;
  GstMask2FormerList images;    /* the list's elements, as text */
  GTree *categories;            /* json_t by label id: element of the list */
};

static void
free_json (gpointer json)
{
  json_decref (json);
}

static gint
compare_ids (gconstpointer a, gconstpointer b, gpointer user_data)
{
  guint x = GPOINTER_TO_UINT (a), y = GPOINTER_TO_UINT (b);

  return (x > y) - (x < y);
}

GstMask2FormerCocoPanoptic *
gst_mask2former_coco_panoptic_new (const gchar * directory, GError ** error)
{
  GstMask2FormerCocoPanoptic *coco;

  if (g_mkdir_with_parents (directory, 0777) != 0) {
    gint code = errno;

    gst_mask2former_set_error (error, G_FILE_ERROR,
        g_file_error_from_errno (code),
        "%s: expected a directory for the PNG files: %s", directory,
        g_strerror (code));
    return NULL;
  }
  coco = g_new0 (GstMask2FormerCocoPanoptic, 1);
  coco->directory = g_strdup (directory);
  coco->categories = g_tree_new_full (compare_ids, NULL, NULL, free_json);
  return coco;
}

void
gst_mask2former_coco_panoptic_free (GstMask2FormerCocoPanoptic * coco)
{
  if (!coco)
    return;
  g_free (coco->directory);
  g_free (coco->images.data);
  g_tree_unref (coco->categories);
  g_free (coco);
}

/* ---- pictures ---- */

/* What is painted of a frame: readers want the pixels of a file and its list of segments to agree,
 * also where the metadata does not. */
typedef struct
{
  gint width, height;
  guint8 *pixels;               /* R, G, B */
  const GstPanopticSegment *segment[G_MAXUINT16 + 1];   /* by id, NULL for void */
  GstVideoRectangle box[G_MAXUINT16 + 1];       /* w, h: right, bottom while it is painted */
  guint64 area[G_MAXUINT16 + 1];
} Painting;

/* Accepts NULL. */
static void
painting_free (Painting * painting)
{
  if (painting)
    g_free (painting->pixels);
  g_free (painting);
}

/* NULL if there is no memory for it. */
static Painting *
painting_new (const GstPanopticView * view, gint width, gint height)
{
  Painting *painting = g_try_new0 (Painting, 1);
  guint i;

  if (painting)
    painting->pixels = g_try_malloc_n ((gsize) width * height, 3);
  if (!painting || !painting->pixels) {
    painting_free (painting);
    return NULL;
  }
  painting->width = width;
  painting->height = height;
  for (i = view->n_segments; i > 0; i--) {
    const GstPanopticSegment *segment = &view->segments[i - 1];

    if (segment->id <= G_MAXUINT16)
      painting->segment[segment->id] = segment;
  }
  return painting;
}

static void
measure (Painting * painting, guint16 id, gint x, gint y)
{
  GstVideoRectangle *box = &painting->box[id];

  if (painting->area[id]++ == 0)
    *box = (GstVideoRectangle) { x, y, x, y };
  box->x = MIN (box->x, x);
  box->w = MAX (box->w, x + 1);
  box->h = y + 1;
}

static void
paint (Painting * painting, const GstPanopticView * view)
{
  gint width = painting->width, height = painting->height, x, y;
  gboolean is_frame = gst_panoptic_view_is_frame (view, width, height);
  guint8 *pixel = painting->pixels;

  for (y = 0; y < height; y++)
    for (x = 0; x < width; x++, pixel += 3) {
      guint16 id = is_frame ? gst_panoptic_view_id (view, x, y) :
          gst_panoptic_view_frame_id (view, x, y);

      if (!painting->segment[id])
        id = 0;
      else
        measure (painting, id, x, y);
      pixel[0] = id & 0xff;
      pixel[1] = id >> 8;
      pixel[2] = 0;
    }
}

/* Without filters: label maps are flat, and this is four times as fast as libpng's default. */
static gchar *
to_png (const Painting * painting, gsize * size)
{
  png_image image = {
    .version = PNG_IMAGE_VERSION,
    .width = painting->width,
    .height = painting->height,
    .format = PNG_FORMAT_RGB,
    .flags = PNG_IMAGE_FLAG_FAST,
  };
  png_alloc_size_t n = PNG_IMAGE_PNG_SIZE_MAX (image);
  g_autofree gchar *png = g_try_malloc (n);

  if (!png || !png_image_write_to_memory (&image, png, &n, 0, painting->pixels,
          3 * painting->width, NULL))
    return NULL;
  *size = n;
  return g_steal_pointer (&png);
}

/* Paints a frame and writes its file, at once or not at all: whoever watches the directory reads
 * whole files.  The painting (transfer full), NULL with an error. */
static Painting *
paint_file (const GstPanopticView * view, gint width, gint height,
    const gchar * path, GError ** error)
{
  Painting *painting = painting_new (view, width, height);
  g_autofree gchar *png = NULL;
  g_autoptr (GError) reason = NULL;
  gsize size;

  if (painting) {
    paint (painting, view);
    png = to_png (painting, &size);
  }
  if (png && g_file_set_contents (path, png, size, &reason))
    return painting;
  if (reason)
    gst_mask2former_set_error (error, G_FILE_ERROR, reason->code, "%s",
        reason->message);
  else
    gst_mask2former_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOMEM,
        "%s: no memory for a PNG file of %d x %d pixels", path, width, height);
  painting_free (painting);
  return NULL;
}

/* ---- text ---- */

/* Lists a class unless it is listed.  FALSE if there is no memory. */
static gboolean
add_category (GstMask2FormerCocoPanoptic * coco,
    const GstPanopticSegment * segment)
{
  gpointer id = GUINT_TO_POINTER (segment->label_id);
  json_t *category;

  if (g_tree_lookup (coco->categories, id))
    return TRUE;
  category = json_pack ("{sI ss ss si}", "id", (json_int_t) segment->label_id,
      "name", segment->label, "supercategory", segment->label,
      "isthing", segment->is_thing ? 1 : 0);
  if (category)
    g_tree_insert (coco->categories, id, category);
  return category != NULL;
}

/* The segments of which something was painted, once each; NULL if there is no memory. */
static json_t *
list_segments (GstMask2FormerCocoPanoptic * coco, const Painting * painting)
{
  json_t *list = json_array ();
  guint id;

  for (id = 0; list && id <= G_MAXUINT16; id++) {
    const GstPanopticSegment *segment = painting->segment[id];
    const GstVideoRectangle *box = &painting->box[id];

    if (!segment || painting->area[id] == 0)
      continue;
    if (!add_category (coco, segment) ||
        json_array_append_new (list, json_pack ("{si sI sI s[iiii] si}",
                "id", id, "category_id", (json_int_t) segment->label_id,
                "area", (json_int_t) painting->area[id],
                "bbox", box->x, box->y, box->w - box->x, box->h - box->y,
                "iscrowd", 0)) != 0)
      g_clear_pointer (&list, json_decref);
  }
  return list;
}

/* Appends the annotation of the frame that was painted, and lists its image. */
static gboolean
describe (GstMask2FormerCocoPanoptic * coco, const Painting * painting,
    const gchar * name, GstMask2FormerList * text)
{
  guint64 number = coco->n_frames - 1;
  gboolean is_first = coco->n_annotations++ == 0;
  json_t *segments = list_segments (coco, painting);
  json_t *annotation = segments ? json_pack ("{sI ss so}", "image_id",
      (json_int_t) number, "file_name", name, "segments_info", segments) : NULL;
  g_autofree gchar *image = g_strdup_printf ("%s{\"id\":%" G_GUINT64_FORMAT
      ",\"file_name\":\"%012" G_GUINT64_FORMAT ".jpg\",\"width\":%d,"
      "\"height\":%d}", is_first ? "" : ",\n", number, number,
      painting->width, painting->height);

  return gst_mask2former_json_text_append (text, is_first ?
      "{\"annotations\":[\n" : ",\n") &&
      gst_mask2former_json_text_append_json (text, annotation) &&
      gst_mask2former_json_text_append (&coco->images, image);
}

gboolean
gst_mask2former_coco_panoptic_add (GstMask2FormerCocoPanoptic * coco,
    const GstPanopticView * view, gint width, gint height,
    GstMask2FormerList * text, GError ** error)
{
  g_autofree gchar *name = g_strdup_printf ("%012" G_GUINT64_FORMAT ".png",
      coco->n_frames++);
  g_autofree gchar *path = g_build_filename (coco->directory, name, NULL);
  Painting *painting;
  gboolean described;

  coco->is_ended = FALSE;
  if (!view)
    return TRUE;
  painting = paint_file (view, width, height, path, error);
  if (!painting)
    return FALSE;
  described = describe (coco, painting, name, text);
  painting_free (painting);
  if (!described)
    gst_mask2former_set_error (error, G_FILE_ERROR, G_FILE_ERROR_NOMEM,
        "%s: no memory for its annotation behind %" G_GSIZE_FORMAT " bytes of "
        "text", path, text->len);
  return described;
}

/* Where the categories go. */
typedef struct
{
  GstMask2FormerList *text;
  const gchar *separator;
  gboolean ok;
} Categories;

static gboolean
append_category (gpointer id, gpointer category, gpointer user_data)
{
  Categories *categories = user_data;

  categories->ok =
      gst_mask2former_json_text_append (categories->text, categories->separator)
      && gst_mask2former_json_text_append_json (categories->text,
      json_incref (category));
  categories->separator = ",\n";
  return !categories->ok;
}

gboolean
gst_mask2former_coco_panoptic_end (GstMask2FormerCocoPanoptic * coco,
    GstMask2FormerList * text)
{
  Categories categories = { text, "", TRUE };
  gboolean ok;

  if (coco->is_ended)
    return TRUE;
  ok = gst_mask2former_json_text_append (text,
      coco->n_annotations ? "" : "{\"annotations\":[") &&
      gst_mask2former_json_text_append (text, "\n],\"images\":[\n") &&
      gst_mask2former_json_text_append_text (text, &coco->images) &&
      gst_mask2former_json_text_append (text, "\n],\"categories\":[\n");
  if (ok)
    g_tree_foreach (coco->categories, append_category, &categories);
  ok = ok && categories.ok &&
      gst_mask2former_json_text_append (text, "\n]}\n");
  gst_mask2former_coco_panoptic_restart (coco);
  coco->is_ended = TRUE;
  return ok;
}

void
gst_mask2former_coco_panoptic_restart (GstMask2FormerCocoPanoptic * coco)
{
  coco->is_ended = FALSE;
  coco->n_annotations = 0;
  coco->images.len = 0;
  g_tree_remove_all (coco->categories);
}
