/* Reads tests/data for the unit tests.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <jansson.h>

#include "model/m2f.h"
#include "model/network/network.h"

/* A number of fixtures by name. */
extern const char *const fixture_names[];
extern const int n_fixtures;

/* All of these fail the test rather than return nothing. */
char *fixture_path (const char *fixture, const char *file);
M2fModel *fixture_model (const char *fixture, const char *device);
M2fHostTensor *fixture_tensor (const char *fixture, const char *file, const char *name);
/* Devices that open here: the CPU, then Vulkan, software renderers included, then the reference.
 * M2F_TEST_BACKEND=NAME leaves the others out.  Elements are M2fDeviceInfo (g_array_unref). */
GArray *fixture_devices (void);
/* An uint8 map; its size in *height and *width (g_free). */
uint8_t *fixture_map (const char *fixture, const char *name, int *height, int *width);
json_t *fixture_json (const char *fixture, const char *file);
/* image.ppm; free the pixels, data[0], with g_free(). */
M2fImage fixture_image (const char *fixture);

/* The error is there, is a M2F_ERROR of this code and mentions `word`; frees it. */
void assert_m2f_error (GError **error, M2fError code, const char *word);

#endif
