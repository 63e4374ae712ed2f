/* Batches: pictures of several sizes as transformers pads them, and logits of several pictures.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>

#include "tests/unit/batches_expected.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch.h"

#define PICTURES G_N_ELEMENTS (sizes)

/* The noise of batches_expected.py; free the pixels, data[0], with g_free(). */
static M2fImage
draw_picture (int height, int width)
{
    const size_t n = (size_t) height * width * 3;
    uint8_t *pixels = g_malloc (n);

    for (size_t i = 0; i < n; i++) {
        guint32 v = (guint32) i * 2654435761u;

        v = (v ^ (v >> 15)) * 2246822519u;
        pixels[i] = (uint8_t) (v >> 24);
    }
    return (M2fImage) { .format = M2F_FORMAT_RGB, .width = width, .height = height,
        .data = { pixels }, .stride = { width * 3 } };
}

static void
check_values (const M2fHostTensor *batch)
{
    size_t size = 1;

    ck_assert_int_eq (batch->n_dims, 4);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq (batch->shape[i], shape[i]);
        size *= (size_t) shape[i];
    }
    for (size_t i = 0; i < size; i += STEP)
        ck_assert_double_eq_tol (batch->data[i], values[i / STEP], 1e-5);
}

static void
check_mask (const M2fHostTensor *mask)
{
    const int height = shape[2], width = shape[3];

    ck_assert_int_eq (mask->n_dims, 3);
    for (int p = 0; p < (int) PICTURES; p++) {
        int found[3] = { 0 };

        for (int i = 0; i < height * width; i++)
            if (mask->data[p * height * width + i] == 1) {
                found[0]++;
                found[1] += i / width;
                found[2] += i % width;
            }
        ck_assert_mem_eq (found, inside[p], sizeof found);
    }
}

START_TEST (test_preprocess)
{
    M2fModel *model = fixture_model ("wide-masks", "cpu");
    M2fImage images[PICTURES];
    M2fParams params;
    GError *error = NULL;

    m2f_params_init (&params, model);
    for (size_t i = 0; i < PICTURES; i++)
        images[i] = draw_picture (sizes[i][0], sizes[i][1]);
    M2fHostTensor *mask = NULL;
    g_autoptr (M2fHostTensor) batch
        = m2f_model_preprocess (model, images, PICTURES, &params, &mask, &error);
    ck_assert_msg (batch != NULL, "%s", error ? error->message : "");
    check_values (batch);
    check_mask (mask);
    m2f_host_tensor_free (mask);

    g_autoptr (M2fHostTensor) again
        = m2f_model_preprocess (model, images, PICTURES, &params, NULL, NULL);
    check_values (again);
    ck_assert_ptr_null (m2f_model_preprocess (model, images, 0, &params, NULL, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "found 0");
    for (size_t i = 0; i < PICTURES; i++)
        g_free ((void *) images[i].data[0]);
    m2f_model_unref (model);
}
END_TEST

/* The logits of a fixture, and behind them those of the queries in reverse order. */
static M2fHostTensor *
double_logits (const char *name)
{
    g_autoptr (M2fHostTensor) one = fixture_tensor ("square", "expected.safetensors", name);
    int64_t doubled[4] = { 2, one->shape[1], one->shape[2], one->shape[3] }, row = 1;

    for (int i = 2; i < one->n_dims; i++)
        row *= one->shape[i];
    M2fHostTensor *two = m2f_host_tensor_new (name, one->n_dims, doubled);
    const int64_t queries = one->shape[1];
    memcpy (two->data, one->data, (size_t) (queries * row) * sizeof (float));
    for (int64_t q = 0; q < queries; q++)
        memcpy (two->data + (queries + q) * row, one->data + (queries - 1 - q) * row,
            (size_t) row * sizeof (float));
    return two;
}

START_TEST (test_postprocess)
{
    M2fModel *model = fixture_model ("square", "cpu");
    g_autoptr (M2fHostTensor) classes = double_logits ("class_queries_logits");
    g_autoptr (M2fHostTensor) masks = double_logits ("masks_queries_logits");
    g_autoptr (M2fHostTensor) class_of_one
        = fixture_tensor ("square", "expected.safetensors", "class_queries_logits");
    g_autoptr (M2fHostTensor) mask_of_one
        = fixture_tensor ("square", "expected.safetensors", "masks_queries_logits");
    M2fResult results[2] = { 0 };
    g_auto (M2fResult) one = { 0 };
    M2fParams params[2];
    GError *error = NULL;

    for (int i = 0; i < 2; i++) {
        m2f_params_init (&params[i], model);
        params[i].task = M2F_TASK_SEMANTIC;
        params[i].target_height = 40 + 20 * i;
        params[i].target_width = 50;
    }
    ck_assert (m2f_model_postprocess_batch (model, classes, masks, params, results, 2, &error));
    for (int i = 0; i < 2; i++) {
        /* the order of queries does not matter to classes */
        ck_assert (m2f_model_postprocess (model, class_of_one, mask_of_one, &params[i], &one,
                &error));
        ck_assert_int_eq (results[i].map_height, 40 + 20 * i);
        ck_assert_int_eq (results[i].n_segments, one.n_segments);
        int different = 0;
        for (int y = 0; y < one.map_height; y++)
            for (int x = 0; x < one.map_width; x++)
                different += m2f_result_id (&one, x, y) != m2f_result_id (&results[i], x, y);
        ck_assert_int_le (different, i * 2); /* sums in another order */
    }
    ck_assert (!m2f_model_postprocess_batch (model, classes, masks, params, results, 3, &error));
    assert_m2f_error (&error, M2F_ERROR_ARGUMENT, "expected 3 pictures");
    for (int i = 0; i < 2; i++)
        m2f_result_clear (&results[i]);
    m2f_model_unref (model);
}
END_TEST

int
main (void)
{
    return RUN_TESTS ("batches", test_preprocess, test_postprocess);
}
