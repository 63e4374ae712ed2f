/* Memory that is filled anew for every frame.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A GArray ends the process where there is no memory for it.  These do not, for what is as large
 * as frames, and metadata of others, ask for.
 */
#ifndef __GST_MASK2FORMER_SCRATCH_H__
#define __GST_MASK2FORMER_SCRATCH_H__

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

/* All zero at first. */
typedef struct
{
  gpointer data;                /* g_free() */
  gsize size;                   /* bytes */
} GstMask2FormerScratch;

/* Room for n elements, whose values are not set; what was there before is lost.  FALSE if there is
 * no memory. */
static inline gboolean
gst_mask2former_scratch_reserve (GstMask2FormerScratch * scratch, gsize n,
    gsize element_size)
{
  if (n <= scratch->size / element_size)
    return TRUE;
  g_free (scratch->data);
  scratch->data = g_try_malloc_n (n, element_size);
  scratch->size = scratch->data ? n * element_size : 0;
  return scratch->data != NULL;
}

/* Elements of one size that are appended one by one.  All zero at first. */
typedef struct
{
  gpointer data;                /* g_free() */
  gsize len, room;              /* elements */
} GstMask2FormerList;

/* Makes room for n more.  FALSE if there is no memory; the list is as before then. */
static inline gboolean
gst_mask2former_list_reserve (GstMask2FormerList * list, gsize n,
    gsize element_size)
{
  gsize room;
  gpointer data;

  if (n <= list->room - list->len)
    return TRUE;
  room = MAX (MAX (2 * list->room, 64), list->len + n);
  data = g_try_realloc_n (list->data, room, element_size);
  if (!data)
    return FALSE;
  list->data = data;
  list->room = room;
  return TRUE;
}

/* FALSE if there is no memory; the list is as before then. */
static inline gboolean
gst_mask2former_list_append (GstMask2FormerList * list, gconstpointer element,
    gsize element_size)
{
  if (!gst_mask2former_list_reserve (list, 1, element_size))
    return FALSE;
  memcpy ((guint8 *) list->data + list->len++ * element_size, element,
      element_size);
  return TRUE;
}

G_END_DECLS

#endif
