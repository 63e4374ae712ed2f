/* Values of properties that are text, checked.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/parse.h"

#include <string.h>

#include "gst/errors.h"

#define MAX_INPUT_EDGE 16384

gchar **
gst_mask2former_parse_list (const gchar * property, const gchar * text,
    GError ** error)
{
  gchar **parts = NULL, **part;

  if (strlen (text) > GST_MASK2FORMER_MAX_LIST) {
    gst_mask2former_set_error (error, M2F_ERROR, M2F_ERROR_ARGUMENT,
        "%s: expected at most %d bytes, found %" G_GSIZE_FORMAT, property,
        GST_MASK2FORMER_MAX_LIST, strlen (text));
    return NULL;
  }
  parts = g_strsplit (text, ",", -1);
  for (part = parts; *part; part++)
    g_strstrip (*part);
  return parts;
}

static gboolean
parse_edge (const gchar * text, gint * edge)
{
  guint64 value;

  if (!g_ascii_string_to_unsigned (text, 10, 1, MAX_INPUT_EDGE, &value, NULL))
    return FALSE;
  *edge = value;
  return TRUE;
}

gboolean
gst_mask2former_parse_input_size (const gchar * text, gint * height,
    gint * width, GError ** error)
{
  g_auto (GStrv) edges = NULL;

  *height = *width = 0;
  if (!text || !*text)
    return TRUE;

  edges = g_strsplit (text, "x", 2);
  if (parse_edge (edges[0], height) &&
      (!edges[1] || parse_edge (edges[1], width)))
    return TRUE;

  gst_mask2former_set_error (error, M2F_ERROR, M2F_ERROR_ARGUMENT,
      "input-size: expected auto, HEIGHTxWIDTH or the length of the short edge, "
      "1 to %d pixels each, found \"%s\"", MAX_INPUT_EDGE, text);
  return FALSE;
}

GArray *
gst_mask2former_parse_label_ids (const gchar * text, gint n_labels,
    GError ** error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint));
  g_auto (GStrv) parts = NULL;
  guint i;

  if (strcmp (text, "none") == 0)
    return g_steal_pointer (&ids);

  parts = gst_mask2former_parse_list ("label-ids-to-fuse", text, error);
  if (!parts)
    return NULL;
  for (i = 0; parts[i]; i++) {
    guint64 value;
    gint id;

    if (!g_ascii_string_to_unsigned (parts[i], 10, 0, n_labels - 1, &value,
            NULL)) {
      gst_mask2former_set_error (error, M2F_ERROR, M2F_ERROR_ARGUMENT,
          "label-ids-to-fuse: expected \"none\" or numbers from 0 to %d "
          "separated by commas, found \"%s\" in \"%s\"", n_labels - 1,
          parts[i], text);
      return NULL;
    }
    id = value;
    g_array_append_val (ids, id);
  }
  return g_steal_pointer (&ids);
}
