/* A checkpoint of Swin-T's size.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SWIN_TINY_H
#define SWIN_TINY_H

/* Writes a checkpoint with the shapes of facebook/mask2former-swin-tiny-coco-panoptic, for pictures
 * of 384 x 384, to a new folder (g_free), which swin_tiny_remove() removes.  All its weights are
 * zeros, which take no room on the disk. */
char *swin_tiny_write (void);
void swin_tiny_remove (const char *dir);

#endif
