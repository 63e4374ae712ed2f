/* JSON text that is written piece by piece.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/jsontext.h"

/* Bytes that are kept free for what ends a batch, so that this cannot fail. */
#define END_ROOM 2

static gboolean
append (GstMask2FormerList * text, const gchar * bytes, gsize size)
{
  if (!gst_mask2former_list_reserve (text, size + END_ROOM, 1))
    return FALSE;
  memcpy ((gchar *) text->data + text->len, bytes, size);
  text->len += size;
  return TRUE;
}

gboolean
gst_mask2former_json_text_append (GstMask2FormerList * text,
    const gchar * piece)
{
  return append (text, piece, strlen (piece));
}

gboolean
gst_mask2former_json_text_append_text (GstMask2FormerList * text,
    const GstMask2FormerList * other)
{
  return other->len == 0 || append (text, other->data, other->len);
}

/* jansson goes on after some errors: it does not look at what writing a key returns. */
typedef struct
{
  GstMask2FormerList *text;
  gboolean failed;
} Dump;

static int
dump_bytes (const char *bytes, size_t size, void *data)
{
  Dump *dump = data;

  dump->failed = dump->failed || !append (dump->text, bytes, size);
  return dump->failed ? -1 : 0;
}

gboolean
gst_mask2former_json_text_append_json (GstMask2FormerList * text, json_t * json)
{
  Dump dump = { text, FALSE };
  gboolean ok = json_dump_callback (json, dump_bytes, &dump,
      JSON_COMPACT | JSON_REAL_PRECISION (6)) == 0;

  json_decref (json);
  return ok && !dump.failed;
}
