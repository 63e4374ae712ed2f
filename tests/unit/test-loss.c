/* The training loss beside transformers', and what is refused.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>

#include "model/evaluation/loss.h"
#include "tests/unit/fixture.h"
#include "tests/unit/loss_expected.h"
#include "tests/unit/scratch.h"

/* ---- the targets of loss_expected.py -------------------------------------------------------- */

#define HEIGHT 26
#define WIDTH 38
#define PICTURES 3
#define MAX_SEGMENTS 9

static guint32 state;

static int
draw (int n)
{
    state = state * 1664525u + 1013904223u;
    return (int) (state >> 16) % n;
}

typedef struct Drawn {
    M2fLossTarget targets[PICTURES];
    int classes[PICTURES][MAX_SEGMENTS];
    float masks[PICTURES][MAX_SEGMENTS * HEIGHT * WIDTH];
} Drawn;

static void
draw_targets (Drawn *d, const int segments[PICTURES], int labels)
{
    state = 1;
    memset (d, 0, sizeof *d);
    for (int p = 0; p < PICTURES; p++) {
        for (int i = 0; i < segments[p]; i++) {
            d->classes[p][i] = draw (labels);
            const int y = draw (HEIGHT), x = draw (WIDTH);
            const int bottom = y + 1 + draw (HEIGHT), right = x + 1 + draw (WIDTH);

            for (int v = y; v < MIN (bottom, HEIGHT); v++)
                for (int u = x; u < MIN (right, WIDTH); u++)
                    d->masks[p][(i * HEIGHT + v) * WIDTH + u] = 1;
        }
        d->targets[p] = (M2fLossTarget) { .n = segments[p], .class_labels = d->classes[p],
            .masks = d->masks[p], .height = HEIGHT, .width = WIDTH };
    }
}

static M2fHostTensor *
read_stage (const char *name)
{
    g_autofree char *path
        = g_build_filename (M2F_TEST_DATA, "stages", "batch", "expected.safetensors", NULL);
    g_autoptr (M2fSafetensors) file = m2f_safetensors_open_file (path, NULL);
    const M2fSafetensor *entry = m2f_safetensors_find (file, name);
    M2fHostTensor *t = m2f_host_tensor_new (name, entry->n_dims, entry->shape);

    ck_assert (m2f_safetensors_read_f32 (file, entry, t->data, NULL));
    return t;
}

static void
assert_term (const char *name, const char *term, double found, double wanted)
{
    ck_assert_msg (fabs (found - wanted) <= 1e-5 * fabs (wanted), "%s: %s is %.8g, expected %.8g",
        name, term, found, wanted);
}

START_TEST (test_as_transformers)
{
    static const char *const stages[2][2] = {
        { "class_queries_logits", "masks_queries_logits" },
        { "decoder.aux_classes.0", "decoder.aux_masks.0" },
    };
    g_autofree Drawn *drawn = g_new (Drawn, 1);
    g_autofree float *random = g_new (float, 1 << 16);

    for (size_t i = 0; i < G_N_ELEMENTS (expected); i++) {
        const M2fLossRules rules = {
            .no_object_weight = expected[i].no_object, .class_weight = expected[i].class,
            .mask_weight = expected[i].mask, .dice_weight = expected[i].dice,
            .points = { expected[i].points, expected[i].oversample, expected[i].importance },
            .dense = g_str_equal (expected[i].name, "dense"),
        };
        M2fRandomStream stream = { .numbers = random, .n = 1 << 16 };

        for (int k = 0; k < 2; k++) {
            g_autoptr (M2fHostTensor) classes = read_stage (stages[k][0]);
            g_autoptr (M2fHostTensor) masks = read_stage (stages[k][1]);
            const M2fPrediction p = {
                .batch = PICTURES, .queries = (int) classes->shape[1],
                .labels = (int) classes->shape[2] - 1, .height = (int) masks->shape[2],
                .width = (int) masks->shape[3], .classes = classes->data, .masks = masks->data,
            };
            M2fLossTerms terms;

            if (k == 0) {
                draw_targets (drawn, expected[i].segments, p.labels);
                for (int r = 0; r < 1 << 16; r++)
                    random[r] = (float) draw (65536) / 65536;
            }
            ck_assert (m2f_loss_compute (&rules, &p, drawn->targets, &stream, &terms, NULL));
            assert_term (expected[i].name, "cross entropy", terms.cross_entropy,
                expected[i].terms[k][0]);
            assert_term (expected[i].name, "mask", terms.mask, expected[i].terms[k][1]);
            assert_term (expected[i].name, "dice", terms.dice, expected[i].terms[k][2]);
        }
    }
}
END_TEST

/* ---- the public function -------------------------------------------------------------------- */

/* The stages of a fixture's picture. */
static GPtrArray *
forward (M2fModel *model)
{
    M2fImage image = fixture_image ("square");
    M2fParams params;
    GError *error = NULL;

    m2f_params_init (&params, model);
    GPtrArray *stages = m2f_model_forward (model, &image, &params, NULL, &error);
    ck_assert_msg (stages != NULL, "%s", error ? error->message : "");
    g_free ((void *) image.data[0]);
    return stages;
}

START_TEST (test_model)
{
    static const int one[PICTURES] = { 4 };
    M2fModel *model = fixture_model ("square", "cpu");
    g_autoptr (GPtrArray) stages = forward (model);
    g_autofree Drawn *drawn = g_new (Drawn, 1);
    g_auto (M2fLoss) loss = { 0 };
    g_auto (M2fLoss) again = { 0 };
    const M2fLossOptions seeded = { .seed = 7 }, dense = { .dense = TRUE };

    draw_targets (drawn, one, m2f_model_n_labels (model));
    ck_assert (m2f_model_loss (model, stages, drawn->targets, 1, &seeded, &loss, NULL));
    ck_assert (m2f_model_loss (model, stages, drawn->targets, 1, &seeded, &again, NULL));
    ck_assert_double_eq (loss.total, again.total);
    /* the matcher's points, and those of four masks, for the output and three layers */
    ck_assert_uint_eq (loss.n_random, 4 * 2 * (12544 + 4 * (37632 + 3136)));
    ck_assert_int_eq (loss.n_auxiliary, 3);
    double sum = loss.final_terms.cross_entropy + loss.final_terms.mask + loss.final_terms.dice;
    for (int i = 0; i < loss.n_auxiliary; i++)
        sum += loss.auxiliary[i].cross_entropy + loss.auxiliary[i].mask + loss.auxiliary[i].dice;
    ck_assert_double_eq_tol (loss.total, sum, 1e-9);

    ck_assert (m2f_model_loss (model, stages, drawn->targets, 1, &dense, &again, NULL));
    ck_assert_uint_eq (again.n_random, 0);
    ck_assert_double_eq_tol (again.final_terms.cross_entropy, loss.final_terms.cross_entropy,
        1e-9);
    drawn->targets[0].n = 0; /* a picture of nothing */
    ck_assert (m2f_model_loss (model, stages, drawn->targets, 1, NULL, &again, NULL));
    ck_assert_double_eq (again.final_terms.mask, 0);
    m2f_model_unref (model);
}
END_TEST

START_TEST (test_refused)
{
    static const int one[PICTURES] = { 2 };
    M2fModel *model = fixture_model ("square", "cpu");
    g_autoptr (GPtrArray) stages = forward (model);
    g_autoptr (GPtrArray) nothing = g_ptr_array_new ();
    g_autofree Drawn *drawn = g_new (Drawn, 1);
    const float numbers[] = { 0.5f, 0.25f }, wrong[] = { 0.5f, 2 };
    const M2fLossOptions few = { .random = numbers, .n_random = 2 };
    const M2fLossOptions large = { .random = wrong, .n_random = 2 };
    GError *error = NULL;
    g_auto (M2fLoss) loss = { 0 };

    draw_targets (drawn, one, m2f_model_n_labels (model));
    ck_assert (!m2f_model_loss (model, nothing, drawn->targets, 1, NULL, &loss, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "class_queries_logits");
    ck_assert (!m2f_model_loss (model, stages, drawn->targets, 2, NULL, &loss, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "one for each of 1 pictures");
    ck_assert (!m2f_model_loss (model, stages, drawn->targets, 1, &few, &loss, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "random: 2 numbers");
    ck_assert (!m2f_model_loss (model, stages, drawn->targets, 1, &large, &loss, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "random: number 1 is 2");
    drawn->classes[0][1] = m2f_model_n_labels (model);
    ck_assert (!m2f_model_loss (model, stages, drawn->targets, 1, NULL, &loss, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "targets: class");
    drawn->targets[0].height = 0;
    ck_assert (!m2f_model_loss (model, stages, drawn->targets, 1, NULL, &loss, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "0x38");
    ck_assert_double_eq (loss.total, 0);
    m2f_model_unref (model);
}
END_TEST

int
main (void)
{
    return RUN_TESTS ("loss", test_as_transformers, test_model, test_refused);
}
