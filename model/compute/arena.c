/* Places blocks in one range of memory by first fit.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/arena.h"

#include <stdint.h>
#include <string.h>

static void
remove_span (M2fArena *arena, int i)
{
    arena->n_free--;
    memmove (&arena->free[i], &arena->free[i + 1],
        (size_t) (arena->n_free - i) * sizeof arena->free[0]);
}

/* Rounds up to the alignment; 0 when that overflows, and for 0. */
static size_t
padded (size_t size)
{
    if (size > SIZE_MAX - (M2F_ARENA_ALIGN - 1))
        return 0;
    return (size + M2F_ARENA_ALIGN - 1) / M2F_ARENA_ALIGN * M2F_ARENA_ALIGN;
}

void
m2f_arena_init (M2fArena *arena, size_t limit)
{
    memset (arena, 0, sizeof *arena);
    arena->limit = limit / M2F_ARENA_ALIGN * M2F_ARENA_ALIGN;
    arena->free[0].size = arena->limit;
    arena->n_free = arena->limit > 0;
}

bool
m2f_arena_take (M2fArena *arena, size_t size, size_t *offset)
{
    size = padded (size);
    if (size == 0)
        return false;
    for (int i = 0; i < arena->n_free; i++) {
        if (arena->free[i].size < size)
            continue;
        *offset = arena->free[i].offset;
        arena->free[i].offset += size;
        arena->free[i].size -= size;
        if (arena->free[i].size == 0)
            remove_span (arena, i);
        if (arena->peak < *offset + size)
            arena->peak = *offset + size;
        return true;
    }
    return false;
}

bool
m2f_arena_give (M2fArena *arena, size_t offset, size_t size)
{
    int i = 0;

    size = padded (size);
    if (size == 0 || offset > arena->limit || size > arena->limit - offset)
        return false;
    while (i < arena->n_free && arena->free[i].offset < offset)
        i++;

    /* The block lies between hole i - 1 and hole i. */
    bool overlaps = (i > 0 && arena->free[i - 1].offset + arena->free[i - 1].size > offset)
        || (i < arena->n_free && offset + size > arena->free[i].offset);
    bool joins_below = i > 0 && arena->free[i - 1].offset + arena->free[i - 1].size == offset;
    bool joins_above = i < arena->n_free && offset + size == arena->free[i].offset;

    if (overlaps)
        return false;
    if (joins_below) {
        arena->free[i - 1].size += size;
        if (joins_above) {
            arena->free[i - 1].size += arena->free[i].size;
            remove_span (arena, i);
        }
    } else if (joins_above) {
        arena->free[i].offset = offset;
        arena->free[i].size += size;
    } else {
        if (arena->n_free == M2F_ARENA_SPANS)
            return false;
        memmove (&arena->free[i + 1], &arena->free[i],
            (size_t) (arena->n_free - i) * sizeof arena->free[0]);
        arena->free[i].offset = offset;
        arena->free[i].size = size;
        arena->n_free++;
    }
    return true;
}
