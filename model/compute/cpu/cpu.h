/* Shared by the files of the cpu backend: the device, its kernels, how weights are packed.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every file listed in meson.build as a kernel is compiled once per instruction set, against
 * vec.h, with everything static but one function ISA (cpu_init_FILE), which fills in the slots the
 * file implements.  kernels.c calls them all, and isa.c picks the set once, when a device is
 * opened.
 */
#ifndef M2F_CPU_H
#define M2F_CPU_H

#include "model/compute/cpu/depthwise.h"
#include "model/compute/cpu/pool.h"

#include "model/compute/backend.h"

typedef struct CpuDevice CpuDevice;

/* How weights of one layout are stored; `ne` is the logical shape. */
typedef struct CpuPacking {
    size_t (*size) (const int ne[4]); /* bytes */
    void (*pack) (CpuDevice *device, const int ne[4], const float *data, void *packed);
} CpuPacking;

struct CpuGemm;

/* Largest K of products of int8: 255 x 127 x K stays below 2^31. */
#define CPU_INT8_K 65536

/* How the rows of a product are divided into blocks for the threads; k as in CpuGemm. */
typedef struct CpuBlocking {
    int (*max_rows) (int k); /* most rows of A in a block, which is multiplied with all of B
                              * before the next block */
    int row_multiple;        /* the number of rows of a block is a multiple of this */
    int64_t serial_below;    /* products of fewer multiply-adds (m x n x k) run on the calling
                              * thread: waking a worker takes longer */
} CpuBlocking;

/* Products below float32, with weights that are packed for them: those of bf16 take an even K,
 * those of int8 a multiple of four up to CPU_INT8_K. */
typedef struct CpuProducts {
    void (*rows) (const struct CpuGemm *gemm, int begin, int end); /* as gemm_rows() */
    CpuPacking packing;
    const CpuBlocking *blocking; /* NULL = that of float32 */
    bool (*pays) (void); /* measures, in a millisecond, whether they are faster than float32;
                          * NULL for int8, which is used on request only */
} CpuProducts;

/* Loops that measure a machine's peaks (peaks.c); NULL where the instruction set has none. */
typedef struct CpuPeakLoops {
    /* Multiply-adds from registers to registers; returns how many operations they were. */
    double (*f32) (int64_t rounds);
    double (*bf16) (int64_t rounds);
    double (*int8) (int64_t rounds);
    void (*stream) (float *block, size_t n); /* reads and writes n floats */
} CpuPeakLoops;

/* A convolution with products of bf16, for an even number of channels. */
typedef struct CpuConv {
    void (*run) (CpuDevice *device, const M2fConv3x3 *args);
    CpuPacking packing;
} CpuConv;

typedef struct CpuKernels {
    /* kernels->conv3x3() and so on. */
#define M2F_OP(name, Args) void (*name) (CpuDevice *device, const Args *args);
#include "model/compute/ops.def"
#undef M2F_OP
    void (*depthwise_wide) (CpuDevice *device, const M2fDepthwiseConv *args); /* kernels above 5 */
    CpuPacking packing[M2F_LINEAR_WEIGHT_TOLERANT + 1]; /* by M2fLayout */
    CpuProducts bf16, int8;                          /* zeros where the instruction set has none */
    CpuConv conv3x3_bf16;                            /* the same */
    CpuPacking conv2d_bf16;                          /* for bf16.rows */
    CpuDepthwiseFunc depthwise_band;                 /* for inverted_residual */
    CpuPeakLoops peaks;
} CpuKernels;

struct CpuDevice {
    M2fDevice base;
    CpuPool *pool;
    CpuKernels kernels;
};

/* An instruction set the kernels were compiled for. */
typedef struct CpuIsa {
    const char *level;      /* the name M2F_CPU takes */
    const char *label;      /* for people; NULL = nothing worth mentioning */
    const char *precisions; /* as in M2fDeviceInfo, by the products that init() fills in */
    bool (*usable) (void);
    void (*init) (CpuKernels *kernels);
} CpuIsa;

/* The best one this machine has, or the one the environment variable M2F_CPU names (for tests: it
 * makes one machine prove every variant); NULL with an error if it cannot be had. */
const CpuIsa *cpu_isa_choose (GError **error);

/* The name of an op that the instruction set has no kernel for, or NULL. */
const char *cpu_missing_kernel (const CpuKernels *kernels);

/* The backend's slot `peaks`. */
void cpu_peaks (M2fDevice *device, M2fPeaks *peaks);

/* Matrix units that this process may use; the first call asks the system for them, which holds for
 * every thread. */
bool cpu_has_amx (void);
/* Set by a test, before it opens a device, that executes their instructions in their stead. */
extern bool cpu_amx_emulated;

#define ISA_PASTE(name, isa) name##_##isa
#define ISA_EXPAND(name, isa) ISA_PASTE (name, isa)
/* `name` with the suffix of the instruction set being compiled for. */
#define ISA(name) ISA_EXPAND (name, CPU_ISA)

/* The files that are compiled for every instruction set: FILE (linear) is linear.c. */
#define CPU_KERNEL_FILES(FILE) \
    FILE (attention)           \
    FILE (class_argmax)        \
    FILE (class_scores)        \
    FILE (conv)                \
    FILE (conv2d)              \
    FILE (deform_attention)    \
    FILE (depthwise_conv)      \
    FILE (depthwise_wide)      \
    FILE (gather)              \
    FILE (head_norm)           \
    FILE (inverted_residual)   \
    FILE (keep_queries)        \
    FILE (linear)              \
    FILE (mask_argmax)         \
    FILE (mask_paint)          \
    FILE (max_pool)            \
    FILE (norm)                \
    FILE (pointwise)           \
    FILE (preprocess)          \
    FILE (resize)              \
    FILE (response_norm)       \
    FILE (stream)              \
    FILE (window_attention)

#ifdef CPU_ISA
void ISA (cpu_init_kernels) (CpuKernels *kernels);
void ISA (cpu_init_bf16) (CpuKernels *kernels);
void ISA (cpu_init_amx) (CpuKernels *kernels);
void ISA (cpu_init_int8) (CpuKernels *kernels);
void ISA (cpu_init_conv_amx) (CpuKernels *kernels);
void ISA (cpu_init_conv_bf16) (CpuKernels *kernels);
/* cpu_init_linear_avx2() and so on. */
#define FILE_INIT(file) void ISA (cpu_init_##file) (CpuKernels *kernels);
CPU_KERNEL_FILES (FILE_INIT)
#undef FILE_INIT
#endif

#endif
