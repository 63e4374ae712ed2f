/* Label maps of bytes or halves in buffers of words: no storage extension needed.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Include after declaring `buffer Winner { uint winner[]; }`.
 */

/* Stores `value` as element `index` of 8 (per_word 4) or 16 bits.  Neighbours in a word belong to
 * other invocations, hence the atomics. */
void
store_small (int index, uint value, int per_word)
{
    int bits = 32 / per_word, shift = index % per_word * bits;
    uint mask = (1u << bits) - 1u;

    atomicAnd (winner[index / per_word], ~(mask << shift));
    atomicOr (winner[index / per_word], (value & mask) << shift);
}
