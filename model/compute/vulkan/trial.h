/* Whether cooperative matrices are worth while, tried once on a device and kept on disk.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_VK_TRIAL_H
#define M2F_VK_TRIAL_H

#include <stdbool.h>

#include "model/compute/vulkan/cache_file.h"

#define VK_TRIAL_SHAPES 3

/* Computes the product of a shape and returns the seconds that it took, 0 if it failed. */
typedef double (*VulkanTimer) (void *data, int shape, bool cooperative);

/* Whether products take less time, all together, in cooperative matrices.  They are compared by
 * their least times, as something else may be using the device. */
bool vk_trial_compare (VulkanTimer timer, void *data);

/* What a file has kept of that, or the result of a trial, which is then kept there. */
bool vk_trial_decide (const char *path, const VulkanCacheKey *key, VulkanTimer timer, void *data);

/* The timer of an open VulkanDevice, which is `data`.  It sets whether products of the device use
 * cooperative matrices. */
double vk_trial_time (void *data, int shape, bool cooperative);

#endif
