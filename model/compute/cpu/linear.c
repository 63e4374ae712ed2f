/* linear and matmul: who computes which part of a product.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/gemm.h"

#define BLOCKS_PER_THREAD 4      /* so that a thread that is held up does not hold up the rest */
#define SERIAL_WORK 100000       /* multiply-adds that take as long as waking a worker */
#define CACHED_BYTES (512 << 10) /* bytes of A that stay in the second-level cache */

/* ---- a product by all threads -------------------------------------------------------------- */

typedef struct Blocks {
    const CpuGemm *gemm;
    CpuGemmRows compute;
    int rows, columns; /* size of a block */
    int blocks_across;
} Blocks;

static void
run_blocks (void *arg, int begin, int end, int thread)
{
    const Blocks *blocks = arg;
    const CpuGemm *g = blocks->gemm;

    for (int i = begin; i < end; i++) {
        int row = i / blocks->blocks_across * blocks->rows;
        int column = i % blocks->blocks_across * blocks->columns;
        CpuGemm part = gemm_columns (*g, column, MIN (blocks->columns, g->n - column));

        blocks->compute (&part, row, MIN (g->m, row + blocks->rows));
    }
}

static const CpuBlocking f32_blocking = { gemm_block_rows, GEMM_ROW_STEP, SERIAL_WORK };

/* Enough blocks for all threads, and of those the ones that read least: a thread reads A for every
 * block across that it does not find in its cache, and B for every block down. */
static void
choose_blocks (Blocks *blocks, const CpuBlocking *blocking, int threads)
{
    const CpuGemm *g = blocks->gemm;
    const int panels = divide_up (g->n, GEMM_PANEL), wanted = BLOCKS_PER_THREAD * threads;
    const int most = divide_up (g->m, blocking->row_multiple);
    const int first = MIN (most, MAX (divide_up (g->m, blocking->max_rows (g->k)),
        divide_up (wanted, panels)));
    int64_t least = INT64_MAX;

    for (int down = first; down <= MIN (most, MAX (first, wanted)); down++) {
        const int across = CLAMP (divide_up (wanted, down), 1, panels);
        const int64_t read = (int64_t) g->m * MIN (across, threads) + (int64_t) g->n * down;

        if (read < least) {
            least = read;
            blocks->rows = divide_up (divide_up (g->m, down), blocking->row_multiple)
                * blocking->row_multiple;
            blocks->columns = divide_up (panels, across) * GEMM_PANEL;
        }
    }
    blocks->blocks_across = divide_up (g->n, blocks->columns);
}

static void
gemm_run (CpuDevice *device, const CpuGemm *g, CpuGemmRows compute, const CpuBlocking *blocking)
{
    Blocks blocks = { .gemm = g, .compute = compute };

    if (blocking == NULL)
        blocking = &f32_blocking;
    if ((int64_t) g->m * g->n * g->k < blocking->serial_below) {
        compute (g, 0, g->m);
        return;
    }
    choose_blocks (&blocks, blocking, cpu_pool_threads (device->pool));
    cpu_parallel (device->pool, divide_up (g->m, blocks.rows) * blocks.blocks_across, 1,
        run_blocks, &blocks);
}

/* ---- linear -------------------------------------------------------------------------------- */

static const float *
vector_or_null (const M2fTensor *t)
{
    return m2f_tensor_present (t) ? m2f_row_f32 (t, 0) : NULL;
}

static void
linear (CpuDevice *device, const M2fLinear *args)
{
    CpuGemm g = {
        .m = (int) m2f_tensor_rows (&args->dst),
        .n = args->dst.ne[3],
        .k = args->src.ne[3],
        .a = m2f_tensor_host (&args->src),
        .a_type = args->src.type,
        .a_stride = args->src.stride,
        .b = m2f_tensor_host (&args->weight),
        .c = m2f_tensor_host (&args->dst),
        .c_type = args->dst.type,
        .c_stride = args->dst.stride,
        .bias = vector_or_null (&args->bias),
        .addend = vector_or_null (&args->addend),
        .addend_stride = args->addend.stride,
        .addend_rows = (int) m2f_tensor_rows (&args->addend),
        .activation = args->activation,
        .residual = vector_or_null (&args->residual),
        .residual_stride = args->residual.stride,
    };

    const CpuGemmRows rows = gemm_use_type (device, &g, args->weight.type);

    gemm_run (device, &g, rows, args->weight.type == M2F_BF16 ? device->kernels.bf16.blocking
        : args->weight.type == M2F_I8 ? device->kernels.int8.blocking : &f32_blocking);
}

/* ---- matmul -------------------------------------------------------------------------------- */

/* b is packed while it is used.  With few rows of a, each thread packs one panel at a time for
 * itself and takes all of a past it, so that packed b never leaves its cache; with many rows,
 * packed b comes first, once for all. */

typedef struct Panels {
    CpuGemm gemm; /* b still missing */
    const float *b;
    ptrdiff_t b_stride;
    float *packed; /* NULL = pack and multiply panel by panel */
} Panels;

static void
run_panels (void *arg, int begin, int end, int thread)
{
    const Panels *panels = arg;
    const CpuGemm *g = &panels->gemm;

    for (int i = begin; i < end; i++) {
        int column = i * GEMM_PANEL;
        int n = MIN (GEMM_PANEL, g->n - column);
        const float *b = panels->b + column * panels->b_stride;

        if (panels->packed != NULL) {
            gemm_pack (b, panels->b_stride, n, g->k, panels->packed + (ptrdiff_t) column * g->k);
        } else {
            float *packed = cpu_scratch (CPU_SCRATCH_THREAD, gemm_packed_size (n, g->k));
            CpuGemm part = gemm_columns (*g, column, n);

            if (packed == NULL)
                return;
            gemm_pack (b, panels->b_stride, n, g->k, packed);
            part.b = packed;
            gemm_rows (&part, 0, g->m);
        }
    }
}

static void
matmul_one (CpuDevice *device, const M2fMatmul *args, int batch)
{
    const M2fTensor *b = &args->b;
    const int64_t row = (int64_t) batch * args->dst.ne[2];
    Panels panels = {
        .gemm = {
            .m = args->dst.ne[2],
            .n = args->dst.ne[3],
            .k = args->a.ne[3],
            .a = m2f_row_f32 (&args->a, row),
            .a_stride = args->a.stride,
            .c = m2f_row_f32 (&args->dst, row),
            .c_stride = args->dst.stride,
        },
        .b = m2f_row_f32 (b, (int64_t) batch * b->ne[2]),
        .b_stride = b->stride,
    };
    CpuGemm *g = &panels.gemm;
    const int count = divide_up (g->n, GEMM_PANEL);
    const int grain = CLAMP (SERIAL_WORK / ((int64_t) g->k * GEMM_PANEL), 1, count);

    if (m2f_tensor_present (&args->row_bias))
        g->row_bias = m2f_row_f32 (&args->row_bias, batch);
    if (m2f_tensor_present (&args->column_bias))
        g->bias = m2f_row_f32 (&args->column_bias, batch);
    if (sizeof (float) * g->m * g->k <= CACHED_BYTES && g->m < g->n) {
        cpu_parallel (device->pool, count, 1, run_panels, &panels);
        return;
    }
    panels.packed = cpu_scratch (CPU_SCRATCH_OP, gemm_packed_size (g->n, g->k));
    if (panels.packed == NULL)
        return;
    cpu_parallel (device->pool, count, grain, run_panels, &panels);
    g->b = panels.packed;
    gemm_run (device, g, gemm_rows, &f32_blocking);
}

static void
matmul (CpuDevice *device, const M2fMatmul *args)
{
    for (int i = 0; i < args->dst.ne[0]; i++)
        matmul_one (device, args, i);
}

/* ---- weights ------------------------------------------------------------------------------- */

static size_t
linear_weight_size (const int ne[4])
{
    return gemm_packed_size (ne[2], ne[3]);
}

static void
linear_weight_pack (CpuDevice *device, const int ne[4], const float *data, void *packed)
{
    gemm_pack (data, ne[3], ne[2], ne[3], packed);
}

void
ISA (cpu_init_linear) (CpuKernels *kernels)
{
    kernels->linear = linear;
    kernels->matmul = matmul;
    kernels->peaks.f32 = gemm_peak;
    kernels->packing[M2F_LINEAR_WEIGHT] = (CpuPacking) { linear_weight_size, linear_weight_pack };
    kernels->packing[M2F_LINEAR_WEIGHT_EXACT] = kernels->packing[M2F_LINEAR_WEIGHT];
    kernels->packing[M2F_LINEAR_WEIGHT_TOLERANT] = kernels->packing[M2F_LINEAR_WEIGHT];
}
