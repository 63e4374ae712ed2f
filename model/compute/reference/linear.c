/* Products: linear layers and batched matrix products.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/reference/reference.h"

void
m2f_reference_linear (M2fPlan *plan, const M2fLinear *args)
{
    int N = args->dst.ne[3], K = args->src.ne[3];
    g_autofree float *room = ref_alloc (plan, (size_t) K, sizeof *room);

    if (!room)
        return;
    for (int64_t i = 0; i < m2f_tensor_rows (&args->dst); i++) {
        const float *src = ref_floats (&args->src, i, room);

        for (int n = 0; n < N; n++) {
            double x = ref_dot (src, m2f_row_f32 (&args->weight, n), K);

            if (m2f_tensor_present (&args->bias))
                x += m2f_row_f32 (&args->bias, 0)[n];
            if (m2f_tensor_present (&args->addend))
                x += m2f_row_f32 (&args->addend, i % m2f_tensor_rows (&args->addend))[n];
            x = m2f_reference_activate (args->activation, x);
            if (m2f_tensor_present (&args->residual))
                x += m2f_row_f32 (&args->residual, i)[n];
            ref_store (&args->dst, i, n, x);
        }
    }
}

void
m2f_reference_matmul (M2fPlan *plan, const M2fMatmul *args)
{
    int K = args->a.ne[3];

    for (int b = 0; b < args->dst.ne[0]; b++) {
        for (int m = 0; m < args->dst.ne[2]; m++) {
            for (int n = 0; n < args->dst.ne[3]; n++) {
                double x = ref_dot (ref_token (&args->a, b, m), ref_token (&args->b, b, n), K);

                if (m2f_tensor_present (&args->row_bias))
                    x += ref_token (&args->row_bias, b, 0)[m];
                if (m2f_tensor_present (&args->column_bias))
                    x += ref_token (&args->column_bias, b, 0)[n];
                ref_token (&args->dst, b, m)[n] = (float) x;
            }
        }
    }
}
