/* From class and mask predictions to segments and a label map.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A picture goes through these values:
 *
 *     class logits -> M2fMasks    the queries, or pairs of query and class, that score enough
 *                  -> M2fWinners  which of them won each pixel, and how many pixels each has
 *                  -> M2fResult   segments with ids, and the label map
 *
 * postprocess.c has the steps from one to the next, mask_plans.c what the device does of them;
 * paper.c and transformers.c put them together, a function per task.  No array of queries x height
 * x width exists: masks are formed at 1/4 of the input for the kept queries only and resized inside
 * the op that compares them.
 */
#ifndef M2F_POSTPROCESS_H
#define M2F_POSTPROCESS_H

#include <stdbool.h>

#include "model/checkpoint/config.h"
#include "model/network/network_output.h"
#include "model/postprocess/label_map.h"
#include "model/postprocess/params.h"

typedef struct M2fPostprocessor M2fPostprocessor;

/* Plans and buffers for predictions shaped like `net`, which a forward plan (re)fills: both must
 * outlive the postprocessor, as must `config`.  M2F_ERROR_DEVICE. */
M2fPostprocessor *m2f_postprocessor_new (M2fDevice *device, const M2fConfig *config,
    const M2fNetworkOutput *net, const M2fMapSetup *setup, GError **error);
/* Accepts a pointer to NULL. */
void m2f_postprocessor_free (M2fPostprocessor **postprocessor);
/* Calls m2f_plan_set_cancel_flag() for all plans. */
void m2f_postprocessor_set_cancel_flag (M2fPostprocessor *postprocessor, const gint *flag);
/* What of the post-processing of the next picture a device does without the host: a plan to run
 * behind the forward plan that fills `net`, before m2f_postprocessor_run().  NULL if that is
 * nothing. */
M2fPlan *m2f_postprocessor_prepare (M2fPostprocessor *postprocessor, const M2fParams *params);
/* Turns the predictions in `net` into segments and a map; `params` have been checked and ask for
 * the setup of the postprocessor. */
bool m2f_postprocessor_run (M2fPostprocessor *postprocessor, const M2fParams *params,
    M2fResult *result, GError **error);

/* ---- steps, for paper.c and transformers.c --------------------------------------------------- */

/* Masks of the queries whose best class is an object and scores more than the threshold, in the
 * order of the queries. */
bool m2f_post_keep_queries (M2fPostprocessor *post, double threshold, M2fMasks *masks,
    GError **error);
/* The n_queries best (query, class) pairs that score at least the threshold, in torch.topk's
 * order. */
M2fMasks m2f_post_keep_pairs (M2fPostprocessor *post, double threshold);
/* One for every class, with score 1 and no query. */
M2fMasks m2f_post_every_class (M2fPostprocessor *post);

/* Multiplies the score of each mask by the mean probability inside it. */
bool m2f_post_weigh (M2fPostprocessor *post, M2fMasks *masks, GError **error);

/* Winner of a pixel: the mask with the largest score x probability.  Fills in all counts, where a
 * mask claims the pixels whose probability (TRANSFORMERS: score x probability) reaches
 * mask_threshold. */
bool m2f_post_argmax (M2fPostprocessor *post, const M2fMasks *masks, double mask_threshold,
    M2fWinners *winners, GError **error);
/* Winner of a pixel: the last mask whose probability is above 0.5.  Fills in `claimed`. */
bool m2f_post_paint (M2fPostprocessor *post, const M2fMasks *masks, M2fWinners *winners,
    GError **error);
/* Winner of a pixel: the class with the largest sum over queries of score x probability. */
bool m2f_post_classes (M2fPostprocessor *post, M2fWinners *winners, GError **error);

/* Whether things of a class can be told apart. */
bool m2f_post_is_thing (const M2fPostprocessor *post, int label);
/* Whether the parameters ask for segments of a class to merge into one. */
bool m2f_post_fuses (const M2fPostprocessor *post, int label);
/* The first mask before `channel` that has an id and is to fuse with it; NULL if there is none. */
M2fCandidate *m2f_post_find_fused (const M2fPostprocessor *post, const M2fMasks *masks,
    int channel);
/* Appends a segment for a candidate that has an id. */
M2fSegment *m2f_post_add_segment (M2fPostprocessor *post, const M2fCandidate *candidate,
    M2fResult *result);

/* Segments and label map of one task; `masks` receives the candidates of the map's channels. */
typedef bool (*M2fSegmentFunc) (M2fPostprocessor *post, const M2fParams *params, M2fMasks *masks,
    M2fResult *result, GError **error);

/* By M2fTask. */
extern const M2fSegmentFunc m2f_paper[];
extern const M2fSegmentFunc m2f_transformers[];

#endif
