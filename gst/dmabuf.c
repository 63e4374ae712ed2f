/* Frames in DMABufs: memory that devices share by file descriptors.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/dmabuf.h"

#include <gst/allocators/gstdmabuf.h>

/* FALSE if the byte of a buffer is not in a DMABuf. */
static gboolean
find_byte (GstBuffer * buffer, gsize at, gint * fd, gsize * offset)
{
  guint first, n;
  gsize skip, start;
  GstMemory *memory;

  if (!gst_buffer_find_memory (buffer, at, 1, &first, &n, &skip))
    return FALSE;
  memory = gst_buffer_peek_memory (buffer, first);
  if (!gst_is_dmabuf_memory (memory))
    return FALSE;
  gst_memory_get_sizes (memory, &start, NULL);
  *fd = gst_dmabuf_memory_get_fd (memory);
  *offset = start + skip;
  return TRUE;
}

gboolean
gst_mask2former_dmabuf_of_frame (const GstVideoFrame * frame,
    M2fDmabuf * dmabuf)
{
  guint n = MIN (GST_VIDEO_FRAME_N_PLANES (frame), G_N_ELEMENTS (dmabuf->fd));
  const gsize *offsets;
  guint i;

  if (!frame->buffer)           /* a copy */
    return FALSE;
  offsets = frame->meta ? ((const GstVideoMeta *) frame->meta)->offset :
      frame->info.offset;
  *dmabuf = (M2fDmabuf) { .modifier = 0 };
  for (i = 0; i < n; i++)
    if (!find_byte (frame->buffer, offsets[i], &dmabuf->fd[i],
            &dmabuf->offset[i]))
      return FALSE;
  return TRUE;
}
