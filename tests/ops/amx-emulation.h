/* AMX on a processor that has none, for tests of the kernels that use it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The processor refuses the instructions with a signal; its handler carries them out as Intel's
 * Software Developer's Manual defines them, bit by bit, and goes on after them.  So a test runs the
 * very code that a processor with matrix units runs, some thousand times slower.  An instruction
 * that the manual says faults, or that this file does not know, gets the action that was set
 * before, at its own address: a test crashes there as it would on the real machine.
 *
 * Known are ldtilecfg, sttilecfg, tilerelease, tilezero, tileloadd, tileloaddt1, tilestored,
 * tdpbf16ps, tdpbssd, tdpbsud, tdpbusd and tdpbuud.
 */
#ifndef M2F_OPS_AMX_EMULATION_H
#define M2F_OPS_AMX_EMULATION_H

#include <stdbool.h>

/* Emulates from here on and makes "amx" a level the cpu backend can use, if the environment asks
 * for it by M2F_CPU and the processor has no matrix units.  Call it before a device is opened and
 * after other handlers of SIGILL are set.  True if it emulates. */
bool amx_emulate_if_asked (void);
/* The same, whether asked or not: false where the processor has matrix units, which are then for
 * the process to use, or is not an x86-64 with AVX-512. */
bool amx_emulate (void);

#endif
