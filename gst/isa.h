/* Loops over pixels for more than one instruction set.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef __GST_MASK2FORMER_ISA_H__
#define __GST_MASK2FORMER_ISA_H__

/* Compiles a function, with all it calls inlined, also for AVX2; the loader picks one.  Not under
 * sanitizers, which are not set up so early; clang does not clone what it flattens. */
#if defined __x86_64__ && defined __GLIBC__ && !defined __clang__ \
    && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
#define FOR_EACH_ISA __attribute__ ((target_clones ("default", "avx2"), flatten))
#else
#define FOR_EACH_ISA
#endif

#endif
