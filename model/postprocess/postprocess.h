/* From class and mask predictions to segments and a label map.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * postprocess.c has the steps every task is made of; paper.c and
 * transformers.c put them together.  No queries x height x width array exists: masks
 * are formed at 1/4 of the input for the kept queries only and resized inside the op that looks at
 * them.
 */
#ifndef M2F_POSTPROCESS_H
#define M2F_POSTPROCESS_H

#include <stdbool.h>

#include "model/compute/ops.h"
#include "model/checkpoint/label_sets.h"
#include "model/m2f.h"
#include "model/network/network_output.h"
#include "model/postprocess/topk.h"

/* transformers resizes all mask logits to this first, whatever the input's size. */
#define M2F_TRANSFORMERS_SIDE 384

/* What decides about the plans and buffers of a postprocessor. */
typedef struct M2fMapSetup {
    M2fTask task;
    M2fPostprocess postprocess;
    int map_height, map_width;     /* of the label map */
    int input_height, input_width; /* of the network, its padding excluded */
} M2fMapSetup;

typedef struct M2fPostprocessor M2fPostprocessor;

/* Checks the parameters on their own: M2F_ERROR_ARGUMENT names the one that makes no sense. */
bool m2f_params_check (const M2fParams *params, int n_labels, GError **error);
/* Fills in what `params` ask for; picture and input size in pixels. */
M2fMapSetup m2f_map_setup (const M2fParams *params, int height, int width, int input_height,
    int input_width);

/* Plans and buffers for predictions shaped like `net`, which a forward plan (re)fills: both must
 * outlive the postprocessor, as must `config`.  M2F_ERROR_DEVICE. */
M2fPostprocessor *m2f_postprocessor_new (M2fDevice *device, const M2fConfig *config,
    const M2fNetworkOutput *net, const M2fMapSetup *setup, GError **error);
/* Accepts a pointer to NULL. */
void m2f_postprocessor_free (M2fPostprocessor **postprocessor);
bool m2f_postprocessor_fits (const M2fPostprocessor *postprocessor, const M2fMapSetup *setup);
/* Turns the predictions in `net` into segments and a map; `params` have been checked. */
bool m2f_postprocessor_run (M2fPostprocessor *postprocessor, const M2fParams *params,
    M2fResult *result, GError **error);

/* ---- steps, for the two flavours ------------------------------------------------------------ */

/* A mask on its way to become a segment: one channel of the ops over masks. */
typedef struct M2fCandidate {
    int query, label;
    float score;
    int id; /* of its segment; M2F_NO_ID while it has none */
} M2fCandidate;

#define M2F_NO_ID (-1)

typedef struct M2fRegion {
    int64_t area; /* pixels */
    int left, top, right, bottom; /* right and bottom are inside */
} M2fRegion;

typedef enum M2fMapPlan { M2F_PLAN_ARGMAX, M2F_PLAN_CLASSES, M2F_PLAN_SCORE, M2F_PLAN_PAINT,
    M2F_N_MAP_PLANS } M2fMapPlan;

struct M2fPostprocessor {
    M2fDevice *device;
    char **labels;          /* the config's */
    const M2fLabelSet *set; /* NULL if it is not known */
    const M2fNetworkOutput *net;
    M2fMapSetup setup;
    int n_queries, n_labels, hidden;

    /* of the current picture */
    const M2fParams *params;
    float *probs;             /* queries x (labels + 1): softmax of the class logits */
    M2fCandidate *candidates; /* at most one per query */
    int n;                    /* channels of the op that runs */
    int n_channels;           /* of the last map: candidates, or classes */
    float *embeddings;        /* queries x hidden */
    const void *winner;       /* map_height x map_width channels, all ones = none */
    const int32_t *counts;    /* rows of n, as the op that ran says */

    /* scratch */
    double *exps;       /* labels + 1 */
    M2fScored *scored;  /* queries x labels */
    int32_t *index;     /* queries: for the index tensor */
    float *host;        /* queries, or labels x queries: for the score and mix tensors */
    float *sums;        /* 2 x queries: from the sums tensor */
    M2fRegion *regions; /* one per channel */
    M2fRegion *by_id;   /* one per id */
    int *ids;           /* map value of each channel */
    gboolean *fuse;     /* per label */

    /* on the device: written by the host, ... */
    M2fTensor index_tensor; /* i32 (1, 1, 1, queries) */
    M2fTensor score_tensor; /* (1, 1, 1, queries) */
    M2fTensor mix_tensor;   /* (1, 1, labels, queries) */
    /* ... by the plans */
    M2fTensor winner_tensor, counts_tensor, sums_tensor;
    M2fPlan *plans[M2F_N_MAP_PLANS];
    double recorded[M2F_N_MAP_PLANS]; /* the threshold their last runs had */
};

/* Panoptic: a candidate for each query whose best class is an object and scores more than the
 * threshold; the order is the queries'. */
void m2f_post_keep_queries (M2fPostprocessor *post, bool single_precision);
/* Instance: the n_queries best (query, class) pairs that score at least the threshold, in
 * torch.topk's order. */
void m2f_post_keep_pairs (M2fPostprocessor *post);

/* The ops, over the masks of the candidates as channels.  All but the score fill in
 * winner, argmax and paint counts, classes and paint regions. */
bool m2f_post_argmax (M2fPostprocessor *post, GError **error);
bool m2f_post_classes (M2fPostprocessor *post, GError **error);
/* Multiplies each candidate's score by its mask's mean probability. */
bool m2f_post_score_masks (M2fPostprocessor *post, GError **error);
/* In order, the last on top. */
bool m2f_post_paint (M2fPostprocessor *post, GError **error);

/* Appends a segment for a candidate that has an id. */
M2fSegment *m2f_post_add_segment (M2fPostprocessor *post, M2fResult *result,
    const M2fCandidate *candidate);

/* ---- the label map (label_map.c) ------------------------------------------------------------ */

/* Area and box of every channel in the winners' map, into `regions`, before there are ids. */
void m2f_post_scan (M2fPostprocessor *post);
/* Writes the label map: value ids[channel], `none` where no channel won or ids[] is M2F_NO_ID.
 * Fills in `regions` on the way. */
void m2f_post_write_map (M2fPostprocessor *post, M2fResult *result, int none);
/* A map of one value. */
void m2f_post_fill_map (M2fResult *result, int value);
/* Areas and boxes of the segments: each gets those of its id, from `regions` and `ids`. */
void m2f_post_measure (M2fPostprocessor *post, M2fResult *result);
/* One byte per pixel: whether the map has that id there, or whether that channel won it. */
void m2f_post_mask_of_id (const M2fResult *result, int id, uint8_t *mask);
void m2f_post_mask_of_channel (const M2fPostprocessor *post, int channel, uint8_t *mask);

/* ---- flavours ------------------------------------------------------------------------------- */

bool m2f_post_paper (M2fPostprocessor *post, M2fResult *result, GError **error);
bool m2f_post_transformers (M2fPostprocessor *post, M2fResult *result, GError **error);

#endif
