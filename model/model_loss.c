/* The training loss of what a forward pass found.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/error.h"
#include "model/evaluation/loss.h"
#include "model/model.h"

/* Largest mask of a target, as that of a network's input. */
#define MAX_PIXELS (1 << 26)

/* ---- arguments ------------------------------------------------------------------------------ */

static const M2fHostTensor *
find_stage (const GPtrArray *stages, const char *name)
{
    for (guint i = 0; i < stages->len; i++) {
        const M2fHostTensor *stage = stages->pdata[i];
        if (g_strcmp0 (stage->name, name) == 0)
            return stage;
    }
    return NULL;
}

/* The prediction of two stages; false without an error if there are none of these names. */
static bool
find_prediction (const GPtrArray *stages, const char *classes, const char *masks,
    M2fPrediction *p)
{
    const M2fHostTensor *c = find_stage (stages, classes), *m = find_stage (stages, masks);

    if (!c || !m || c->n_dims != 3 || m->n_dims != 4 || c->shape[0] != m->shape[0]
        || c->shape[1] != m->shape[1] || c->shape[2] < 2)
        return false;
    *p = (M2fPrediction) {
        .batch = (int) c->shape[0], .queries = (int) c->shape[1], .labels = (int) c->shape[2] - 1,
        .height = (int) m->shape[2], .width = (int) m->shape[3],
        .classes = c->data, .masks = m->data,
    };
    return true;
}

static bool
find_auxiliary (const GPtrArray *stages, int index, M2fPrediction *p)
{
    char classes[64], masks[64];

    g_snprintf (classes, sizeof classes, "decoder.aux_classes.%d", index);
    g_snprintf (masks, sizeof masks, "decoder.aux_masks.%d", index);
    return find_prediction (stages, classes, masks, p);
}

static bool
check_target (const M2fLossTarget *t, const M2fLossTarget *first, int labels, GError **error)
{
    if (t->n < 0 || (t->n > 0 && (!t->class_labels || !t->masks)) || t->height < 1 || t->width < 1
        || (int64_t) t->height * t->width > MAX_PIXELS || t->height != first->height
        || t->width != first->width) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT, "targets: expected masks of one size, up to %d "
            "pixels, found %d of %dx%d (height x width)", MAX_PIXELS, t->n, t->height, t->width);
        return false;
    }
    for (int i = 0; i < t->n; i++)
        if (t->class_labels[i] < 0 || t->class_labels[i] >= labels) {
            m2f_set_error (error, M2F_ERROR_ARGUMENT,
                "targets: class %d, expected 0 to %d", t->class_labels[i], labels - 1);
            return false;
        }
    return true;
}

static bool
check_random (const M2fLossOptions *options, GError **error)
{
    for (gsize i = 0; options->random && i < options->n_random; i++)
        if (!(options->random[i] >= 0 && options->random[i] <= 1)) {
            m2f_set_error (error, M2F_ERROR_ARGUMENT, "random: number %zu is %g, expected 0..1",
                i, (double) options->random[i]);
            return false;
        }
    return true;
}

static bool
check_arguments (const GPtrArray *stages, const M2fLossTarget *targets, int n_targets,
    const M2fLossOptions *options, M2fPrediction *p, GError **error)
{
    if (!find_prediction (stages, "class_queries_logits", "masks_queries_logits", p)) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT, "stages: expected class_queries_logits and "
            "masks_queries_logits of m2f_model_forward(), found no such pair");
        return false;
    }
    if (n_targets != p->batch) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT, "targets: found %d, expected one for each of %d "
            "pictures", n_targets, p->batch);
        return false;
    }
    for (int i = 0; i < n_targets; i++)
        if (!check_target (&targets[i], &targets[0], p->labels, error))
            return false;
    return check_random (options, error);
}

/* ---- the loss ------------------------------------------------------------------------------- */

static M2fLossRules
make_rules (const M2fLossConfig *config, bool dense)
{
    return (M2fLossRules) {
        .no_object_weight = config->no_object_weight,
        .class_weight = config->class_weight,
        .mask_weight = config->mask_weight,
        .dice_weight = config->dice_weight,
        .points = {
            config->train_num_points, config->oversample_ratio, config->importance_sample_ratio,
        },
        .dense = dense,
    };
}

static bool
add_terms (const M2fLossRules *rules, const M2fPrediction *p, const M2fLossTarget *targets,
    M2fRandomStream *stream, M2fLossTerms *terms, M2fLoss *loss, GError **error)
{
    if (!m2f_loss_compute (rules, p, targets, stream, terms, error))
        return false;
    loss->total += terms->cross_entropy + terms->mask + terms->dice;
    return true;
}

gboolean
m2f_model_loss (M2fModel *model, const GPtrArray *stages, const M2fLossTarget *targets,
    int n_targets, const M2fLossOptions *options, M2fLoss *loss, GError **error)
{
    const M2fLossOptions none = { 0 };
    M2fPrediction p;

    m2f_loss_clear (loss);
    options = options ? options : &none;
    if (!check_arguments (stages, targets, n_targets, options, &p, error))
        return FALSE;

    const M2fLossRules rules = make_rules (&model->config->loss, options->dense);
    if (rules.points.oversample_ratio < rules.points.importance_sample_ratio) {
        m2f_set_error (error, M2F_ERROR_CONFIG, "oversample_ratio: %g, expected at least "
            "importance_sample_ratio, %g", rules.points.oversample_ratio,
            rules.points.importance_sample_ratio);
        return FALSE;
    }
    g_autoptr (GRand) own = g_rand_new_with_seed (options->seed);
    M2fRandomStream stream = { options->random, options->n_random, 0, own };
    bool ok = add_terms (&rules, &p, targets, &stream, &loss->final_terms, loss, error);
    while (ok && find_auxiliary (stages, loss->n_auxiliary, &p)) {
        const int i = loss->n_auxiliary++;

        loss->auxiliary = g_renew (M2fLossTerms, loss->auxiliary, loss->n_auxiliary);
        ok = add_terms (&rules, &p, targets, &stream, &loss->auxiliary[i], loss, error);
    }
    loss->n_random = stream.used;
    if (!ok)
        m2f_loss_clear (loss);
    return ok;
}

void
m2f_loss_clear (M2fLoss *loss)
{
    if (!loss)
        return;
    g_free (loss->auxiliary);
    *loss = (M2fLoss) { 0 };
}
