/* Which segments of a result an effect is for.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/selection.h"

#include <string.h>

#include "gst/errors.h"
#include "gst/parse.h"

GType
gst_mask2former_kind_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {GST_MASK2FORMER_KIND_AUTO,
        "Things; all segments with effect=colour or outline, or with labels or "
          "track-ids", "auto"},
    {GST_MASK2FORMER_KIND_ALL, "All segments", "all"},
    {GST_MASK2FORMER_KIND_THINGS, "Countable objects", "things"},
    {GST_MASK2FORMER_KIND_STUFF, "What cannot be counted, as road or sky",
        "stuff"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstPanopticOverlaySegments", values));
  return type;
}

void
gst_mask2former_selection_clear (GstMask2FormerSelection * selection)
{
  g_clear_pointer (&selection->labels, g_strfreev);
  g_clear_pointer (&selection->track_ids, g_array_unref);
}

/* ---- from text ---- */

/* The parts of a list without empty ones; NULL with an error. */
static gchar **
split (const gchar * property, const gchar * text, GError ** error)
{
  gchar **parts = gst_mask2former_parse_list (property, text ? text : "",
      error);
  gchar **from, **to;

  for (from = to = parts; parts && *from; from++) {
    if (**from)
      *to++ = *from;
    else
      g_free (*from);
  }
  if (parts)
    *to = NULL;
  return parts;
}

gboolean
gst_mask2former_parse_labels (const gchar * text, gchar *** labels,
    GError ** error)
{
  gchar **found = split ("labels", text, error);

  if (!found)
    return FALSE;
  if (!*found)
    g_clear_pointer (&found, g_strfreev);
  *labels = found;
  return TRUE;
}

gboolean
gst_mask2former_parse_track_ids (const gchar * text, GArray ** ids,
    GError ** error)
{
  g_auto (GStrv) parts = split ("track-ids", text, error);
  g_autoptr (GArray) found = NULL;
  guint i;

  if (!parts)
    return FALSE;
  for (i = 0; parts[i]; i++) {
    guint64 id;

    if (!g_ascii_string_to_unsigned (parts[i], 10, 0, G_MAXUINT64, &id, NULL)) {
      gst_mask2former_set_error (error, M2F_ERROR, M2F_ERROR_ARGUMENT,
          "track-ids: expected numbers with commas between them, found \"%s\"",
          text);
      return FALSE;
    }
    if (!found)
      found = g_array_new (FALSE, FALSE, sizeof (guint64));
    g_array_append_val (found, id);
  }
  *ids = g_steal_pointer (&found);
  return TRUE;
}

/* ---- segments ---- */

/* True if the name is the label, or one between its commas. */
static gboolean
is_named (const gchar * label, const gchar * name)
{
  gsize length = strlen (name);
  const gchar *part = label;

  if (g_ascii_strcasecmp (label, name) == 0)
    return TRUE;
  while (part) {
    const gchar *end = strchr (part, ',');

    part += strspn (part, " ");
    if (g_ascii_strncasecmp (part, name, length) == 0 &&
        (part[length] == '\0' || part[length] == ','))
      return TRUE;
    part = end ? end + 1 : NULL;
  }
  return FALSE;
}

static gboolean
has_label (const GstMask2FormerSelection * selection, const gchar * label)
{
  guint i;

  for (i = 0; selection->labels[i]; i++)
    if (is_named (label, selection->labels[i]))
      return TRUE;
  return FALSE;
}

static gboolean
has_track (const GstMask2FormerSelection * selection, guint64 id)
{
  guint i;

  for (i = 0; i < selection->track_ids->len; i++)
    if (g_array_index (selection->track_ids, guint64, i) == id)
      return TRUE;
  return FALSE;
}

gboolean
gst_mask2former_selection_has (const GstMask2FormerSelection * selection,
    const GstPanopticSegment * segment)
{
  if (selection->labels ? !has_label (selection, segment->label)
      : segment->is_background)
    return FALSE;
  if (selection->track_ids && (segment->track_id == GST_PANOPTIC_NO_TRACK ||
          !has_track (selection, segment->track_id)))
    return FALSE;
  switch (selection->kind) {
    case GST_MASK2FORMER_KIND_THINGS:
      return segment->is_thing;
    case GST_MASK2FORMER_KIND_STUFF:
      return !segment->is_thing;
    default:
      return TRUE;
  }
}
