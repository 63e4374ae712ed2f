/* Products by oneDNN 2, for gemm-bench to compare ours with.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/bench/onednn.h"

#include <dnnl.h>
#include <omp.h>

/* Every memory is handed to the primitive by its place in a product. */
typedef enum Place { SRC, WEIGHTS, BIAS, DST, PLACES } Place;

struct Onednn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_desc_t description;
    dnnl_primitive_t primitive;
    dnnl_memory_t memory[PLACES];
    float *dst;
    int threads;
};

#define TRY(call)                                       \
    do {                                                \
        const dnnl_status_t tried = (call);             \
                                                        \
        if (tried != dnnl_success)                      \
            g_error ("oneDNN: %s: %d", #call, tried);   \
    } while (0)

static dnnl_memory_desc_t
matrix (int rows, int columns, dnnl_data_type_t type, dnnl_format_tag_t layout)
{
    const dnnl_dims_t dims = { rows, columns };
    dnnl_memory_desc_t matrix;

    TRY (dnnl_memory_desc_init_by_tag (&matrix, 2, dims, type, layout));
    return matrix;
}

static dnnl_primitive_attr_t
attributes (const OnednnShape *shape, M2fPrecision precision)
{
    dnnl_primitive_attr_t attributes;
    dnnl_post_ops_t ops;

    TRY (dnnl_primitive_attr_create (&attributes));
    TRY (dnnl_post_ops_create (&ops));
    if (shape->gelu)
        TRY (dnnl_post_ops_append_eltwise (ops, 1.f, dnnl_eltwise_gelu_erf, 0.f, 0.f));
    TRY (dnnl_primitive_attr_set_post_ops (attributes, ops));
    TRY (dnnl_post_ops_destroy (ops));
    if (precision == M2F_PRECISION_INT8) {
        g_autofree float *scales = g_new (float, shape->n);

        for (int i = 0; i < shape->n; i++)
            scales[i] = 1e-4f;
        TRY (dnnl_primitive_attr_set_output_scales (attributes, shape->n, 1 << 1, scales));
    }
    return attributes;
}

/* The memory at `place` in the type and layout the primitive wants, from float32. */
static void
convert (Onednn *p, Place place, const dnnl_memory_desc_t *from, const float *data)
{
    const dnnl_memory_desc_t *to = dnnl_primitive_desc_query_md (p->description,
        place == SRC ? dnnl_query_src_md : dnnl_query_weights_md, place == BIAS);
    dnnl_primitive_desc_t description;
    dnnl_primitive_t reorder;
    dnnl_memory_t memory;

    TRY (dnnl_memory_create (&memory, from, p->engine, (void *) data));
    TRY (dnnl_memory_create (&p->memory[place], to, p->engine, DNNL_MEMORY_ALLOCATE));
    TRY (dnnl_reorder_primitive_desc_create (&description, from, p->engine, to, p->engine, NULL));
    TRY (dnnl_primitive_create (&reorder, description));

    const dnnl_exec_arg_t args[] = { { DNNL_ARG_FROM, memory }, { DNNL_ARG_TO, p->memory[place] } };

    TRY (dnnl_primitive_execute (reorder, p->stream, G_N_ELEMENTS (args), args));
    TRY (dnnl_stream_wait (p->stream));
    TRY (dnnl_primitive_destroy (reorder));
    TRY (dnnl_primitive_desc_destroy (description));
    TRY (dnnl_memory_destroy (memory));
}

static bool
describe (Onednn *p, const OnednnShape *s, M2fPrecision precision)
{
    const bool bytes = precision == M2F_PRECISION_INT8;
    const dnnl_data_type_t half = precision == M2F_PRECISION_BF16 ? dnnl_bf16 : dnnl_f32;
    const dnnl_memory_desc_t src = matrix (s->m, s->k, bytes ? dnnl_u8 : half, dnnl_ab);
    const dnnl_memory_desc_t weights
        = matrix (s->k, s->n, bytes ? dnnl_s8 : half, dnnl_format_tag_any);
    const dnnl_memory_desc_t bias = matrix (1, s->n, dnnl_f32, dnnl_ab);
    const dnnl_memory_desc_t dst = matrix (s->m, s->n, dnnl_f32, dnnl_ab);
    dnnl_primitive_attr_t attr = attributes (s, precision);
    dnnl_matmul_desc_t matmul;
    dnnl_status_t status;

    TRY (dnnl_matmul_desc_init (&matmul, &src, &weights, &bias, &dst));
    status = dnnl_primitive_desc_create (&p->description, &matmul, attr, p->engine, NULL);
    TRY (dnnl_primitive_attr_destroy (attr));
    return status == dnnl_success;
}

Onednn *
onednn_new (const OnednnShape *s, M2fPrecision precision, const float *a, const float *b,
    const float *bias, int threads)
{
    const dnnl_memory_desc_t src = matrix (s->m, s->k, dnnl_f32, dnnl_ab);
    const dnnl_memory_desc_t weights = matrix (s->k, s->n, dnnl_f32, dnnl_ba);
    const dnnl_memory_desc_t row = matrix (1, s->n, dnnl_f32, dnnl_ab);
    const dnnl_memory_desc_t dst = matrix (s->m, s->n, dnnl_f32, dnnl_ab);
    Onednn *p = g_new0 (Onednn, 1);

    p->threads = threads;
    omp_set_num_threads (threads);
    TRY (dnnl_engine_create (&p->engine, dnnl_cpu, 0));
    TRY (dnnl_stream_create (&p->stream, p->engine, dnnl_stream_default_flags));
    if (!describe (p, s, precision)) {
        onednn_free (p);
        return NULL;
    }
    TRY (dnnl_primitive_create (&p->primitive, p->description));
    convert (p, SRC, &src, a);
    convert (p, WEIGHTS, &weights, b);
    convert (p, BIAS, &row, bias);
    p->dst = g_new0 (float, (size_t) s->m * (size_t) s->n);
    TRY (dnnl_memory_create (&p->memory[DST], &dst, p->engine, p->dst));
    return p;
}

void
onednn_run (Onednn *p)
{
    const dnnl_exec_arg_t args[] = {
        { DNNL_ARG_SRC, p->memory[SRC] },
        { DNNL_ARG_WEIGHTS, p->memory[WEIGHTS] },
        { DNNL_ARG_BIAS, p->memory[BIAS] },
        { DNNL_ARG_DST, p->memory[DST] },
    };

    omp_set_num_threads (p->threads);
    TRY (dnnl_primitive_execute (p->primitive, p->stream, G_N_ELEMENTS (args), args));
    TRY (dnnl_stream_wait (p->stream));
}

const float *
onednn_result (const Onednn *p)
{
    return p->dst;
}

void
onednn_free (Onednn *p)
{
    for (int i = 0; i < PLACES; i++)
        if (p->memory[i] != NULL)
            TRY (dnnl_memory_destroy (p->memory[i]));
    if (p->primitive != NULL)
        TRY (dnnl_primitive_destroy (p->primitive));
    if (p->description != NULL)
        TRY (dnnl_primitive_desc_destroy (p->description));
    TRY (dnnl_stream_destroy (p->stream));
    TRY (dnnl_engine_destroy (p->engine));
    g_free (p->dst);
    g_free (p);
}
