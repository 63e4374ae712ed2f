/* Predicts how long GPUs take for a frame, from what its dispatches compute and move.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Nothing here was measured, as no GPU was at hand: trust a prediction within a factor of two, and
 * the difference of two plans more than either.  What is assumed of a GPU stands in roofline.c.
 */
#ifndef ROOFLINE_H
#define ROOFLINE_H

#include "model/compute/vulkan/vk.h"

typedef struct Roofline {
    VulkanDevice *vk;
    GArray *dispatches; /* RooflineDispatch */
    VulkanWork before;  /* what the device had recorded before the next dispatch */
    VkPipeline bound;
} Roofline;

void roofline_start (Roofline *roofline, VulkanDevice *vk);
/* Adds a dispatch that the device is recording, of the pipeline that is bound. */
void roofline_add (Roofline *roofline, uint32_t workgroups);
/* Prints the predictions for a frame with so many barriers. */
void roofline_print (const Roofline *roofline, const char *name, int barriers);
void roofline_clear (Roofline *roofline);

#endif
