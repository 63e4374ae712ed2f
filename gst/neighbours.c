/* Looks for an element before or behind another one.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/neighbours.h"

typedef struct
{
  GstMask2FormerMatch match;
  gconstpointer user_data;
  GHashTable *seen;             /* pads, without references: only compared */
  GstElement *element;          /* transfer full; NULL: not found yet */
} Search;

static void search_beyond (Search * search, GstPad * pad);

static void
follow_link (const GValue * pad, gpointer search)
{
  search_beyond (search, g_value_get_object (pad));
}

static void
search_beyond (Search * search, GstPad * pad)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);
  g_autoptr (GstElement) element = NULL;
  GstIterator *links;

  if (!peer || search->element || !g_hash_table_add (search->seen, peer))
    return;
  /* NULL for the inner side of a ghost pad */
  element = gst_pad_get_parent_element (peer);
  if (element && search->match (element, search->user_data)) {
    search->element = g_steal_pointer (&element);
    return;
  }
  links = gst_pad_iterate_internal_links (peer);
  while (links && gst_iterator_foreach (links, follow_link,
          search) == GST_ITERATOR_RESYNC)
    gst_iterator_resync (links);
  g_clear_pointer (&links, gst_iterator_free);
}

GstElement *
gst_mask2former_find_neighbour (GstPad * pad, GstMask2FormerMatch match,
    gconstpointer user_data)
{
  Search search = { match, user_data, g_hash_table_new (NULL, NULL), NULL };

  search_beyond (&search, pad);
  g_hash_table_unref (search.seen);
  return search.element;
}
