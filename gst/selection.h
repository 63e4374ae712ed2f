/* Which segments of a result an effect is for.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_SELECTION_H__
#define __GST_MASK2FORMER_SELECTION_H__

#include "gst/view.h"

G_BEGIN_DECLS

typedef enum
{
  GST_MASK2FORMER_KIND_AUTO,    /* for the element to choose one of the others */
  GST_MASK2FORMER_KIND_ALL,
  GST_MASK2FORMER_KIND_THINGS,
  GST_MASK2FORMER_KIND_STUFF,
} GstMask2FormerKind;

#define GST_TYPE_MASK2FORMER_KIND (gst_mask2former_kind_get_type ())
GType gst_mask2former_kind_get_type (void);

/* Segments that have all of it. */
typedef struct
{
  GstMask2FormerKind kind;
  gchar **labels;               /* (nullable): any of these names */
  GArray *track_ids;            /* (nullable): any of these, guint64 */
} GstMask2FormerSelection;

/* Frees what it holds. */
void gst_mask2former_selection_clear (GstMask2FormerSelection * selection);

/* "person, car" (transfer full), or NULL for no names.  FALSE with an error of M2F_ERROR if the
 * text is too long. */
gboolean gst_mask2former_parse_labels (const gchar * text, gchar *** labels,
    GError ** error);

/* "3,17": numbers of objects (transfer full, elements are guint64), or NULL for none of them.
 * FALSE with an error of M2F_ERROR for anything else. */
gboolean gst_mask2former_parse_track_ids (const gchar * text, GArray ** ids,
    GError ** error);

/* True if the segment is selected.  Names are compared without regard to case; a class with several
 * names, as "windowpane, window" of ADE20K, has each of them.  A background class is selected by
 * its name only. */
gboolean gst_mask2former_selection_has (const GstMask2FormerSelection *
    selection, const GstPanopticSegment * segment);

G_END_DECLS

#endif
