/* The plans of a post-processor: what they read and write.  For postprocess.c only.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_MASK_PLANS_H
#define M2F_MASK_PLANS_H

#include <stdbool.h>

#include "model/checkpoint/label_sets.h"
#include "model/compute/compute.h"
#include "model/network/network_output.h"
#include "model/postprocess/label_map.h"
#include "model/postprocess/params.h"
#include "model/postprocess/topk.h"

typedef struct M2fPostprocessor M2fPostprocessor;
typedef enum MaskOp { ARGMAX, CLASSES, WEIGH, PAINT, N_MASK_OPS } MaskOp;

/* The plan of an op over masks, and the arguments and outputs of its latest run. */
typedef struct MaskPlan {
    M2fPostprocessor *post;
    M2fPlan *plan;         /* NULL if the task does not need it */
    int n;                 /* masks */
    M2fTensor kept;        /* queries that the device has kept, and their labels; or absent */
    /* Temporaries.  A backend that records a plan does not build it at every run, so that their
     * width is that of some earlier run, which may have had more or fewer masks. */
    M2fTensor winner, counts, sums;
} MaskPlan;

struct M2fPostprocessor {
    M2fDevice *device;
    char **labels;          /* the config's */
    const M2fLabelSet *set; /* NULL if it is not known */
    const M2fNetworkOutput *net;
    M2fMapSetup setup;
    int n_queries, n_labels, hidden;
    MaskPlan plans[N_MASK_OPS];
    MaskPlan *behind; /* the plan that the device runs without waiting for the host; or NULL */
    bool is_computed; /* it has done so for the picture */

    /* for the current picture */
    float *probs;             /* queries x (labels + 1): softmax of the class logits */
    float *embeddings;        /* queries x hidden */
    float *mask_embedding;    /* queries x features: only to see whether it is finite, */
    float *pixel;             /* and the features of one pixel */
    M2fCandidate *candidates; /* one per query or class */
    gboolean *fuse;           /* per label */

    /* scratch */
    double *exps;      /* labels + 1 */
    M2fScored *scored; /* queries x labels */
    int32_t *index;    /* queries: for the index tensor */
    float *host;       /* labels x queries: for the score and mix tensors, from the sums tensor */
    M2fRegion *by_id;

    /* written by the host, read by the plans */
    M2fTensor index_tensor; /* i32 (1, 1, 1, queries): query of each mask */
    M2fTensor score_tensor; /* (1, 1, 1, queries): score of each mask */
    M2fTensor mix_tensor;   /* (1, 1, labels, queries): score of each class */
    M2fTensor threshold_tensor; /* (2): of scores of queries, of masks */
};

/* By MaskOp; their data is a MaskPlan. */
extern const M2fPlanFunc m2f_mask_recorders[N_MASK_OPS];

static inline bool
is_transformers (const M2fPostprocessor *post)
{
    return post->setup.postprocess == M2F_POSTPROCESS_TRANSFORMERS;
}

/* The first elements of a dense tensor, as rows of `n`. */
static inline M2fTensor
head (M2fTensor t, int n)
{
    t.ne[3] = t.stride = n;
    return t;
}

#endif
