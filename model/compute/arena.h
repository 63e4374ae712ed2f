/* Places blocks in one range of memory by first fit; knows offsets only.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_ARENA_H
#define M2F_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#define M2F_ARENA_ALIGN 64
#define M2F_ARENA_SPANS 256 /* holes between live blocks; a forward pass has about ten */

typedef struct M2fArena {
    struct {
        size_t offset, size;
    } free[M2F_ARENA_SPANS]; /* by offset, never adjacent */
    int n_free;
    size_t limit; /* bytes, a multiple of the alignment */
    size_t peak;  /* end of the highest block there has been */
} M2fArena;

void m2f_arena_init (M2fArena *arena, size_t limit);
/* Takes the lowest hole of at least `size` bytes, aligned to 64.  False when nothing fits. */
bool m2f_arena_take (M2fArena *arena, size_t size, size_t *offset);
/* Gives a block back.  False when it was not taken, or when there are too many holes already. */
bool m2f_arena_give (M2fArena *arena, size_t offset, size_t size);

#endif
