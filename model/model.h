/* A loaded checkpoint.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_MODEL_H
#define M2F_MODEL_H

#include "model/batches.h"
#include "model/compute/compute.h"
#include "model/checkpoint/config.h"
#include "model/checkpoint/label_sets.h"
#include "model/checkpoint/processor_config.h"
#include "model/m2f.h"
#include "model/network/network.h"
#include "model/shared_constants.h"

/* Immutable once loaded. */
struct M2fModel {
    int refs;  /* under the registry's lock */
    char *key; /* in the registry */
    char *path;
    char *device_text;
    GPtrArray *warnings; /* char *, NULL-terminated */
    M2fDevice *device;
    M2fConfig *config;
    M2fProcessorConfig processor;
    M2fNetwork *network;
    M2fSharedConstants *constants; /* of the sessions */
    M2fBatches *batches;           /* of the sessions */
    const M2fLabelSet *set; /* NULL if it is not known */
    M2fTask task;
    int64_t n_parameters;
};

#endif
