/* AMX on a processor that has none: decodes and carries out one instruction per signal or more.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2: encodings, operation and
 * exceptions of each instruction; volume 1, chapter 18: tiles and their configuration.
 */
#include "tests/ops/amx-emulation.h"

#include "model/compute/cpu/cpu.h"

#if defined __x86_64__ && defined __linux__

#include <immintrin.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#define N_TILES 8
#define MAX_ROWS 16
#define ROW_BYTES 64

/* ---- state --------------------------------------------------------------------------------- */

/* Operand of ldtilecfg and sttilecfg, for palette 1. */
typedef struct Config {
    uint8_t palette;
    uint8_t start_row;
    uint8_t reserved[14];
    uint16_t row_bytes[16]; /* the latter halves of both are for more tiles and must be 0 */
    uint8_t rows[16];
} Config;

_Static_assert (sizeof (Config) == 64, "the size the processor knows");

/* Every thread has tiles of its own; palette 0 = not configured. */
static _Thread_local Config config;
static _Thread_local uint8_t tiles[N_TILES][MAX_ROWS][ROW_BYTES];

static struct sigaction before;

/* ---- decoding ------------------------------------------------------------------------------ */

typedef enum Prefix { PREFIX_NONE, PREFIX_66, PREFIX_F3, PREFIX_F2 } Prefix;

typedef struct Instruction {
    int opcode;
    Prefix prefix;
    int reg, rm, vvvv; /* operands: numbers of tiles, where they name some */
    bool memory;       /* the second operand is no register */
    bool sib;
    uint64_t base;     /* address of row 0: base and displacement */
    uint64_t index;    /* bytes from one row to the next: the scaled index */
    int length;
} Instruction;

/* A general register by its number in an encoding. */
static uint64_t
read_register (const greg_t *registers, int number)
{
    static const int places[] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI,
        REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15 };

    return (uint64_t) registers[places[number]];
}

static int64_t
displacement (const uint8_t *p, int size)
{
    int32_t wide;

    if (size == 1)
        return (int8_t) *p;
    if (size == 0)
        return 0;
    memcpy (&wide, p, sizeof wide);
    return wide;
}

/* The memory operand whose ModRM byte is at code[4]; `x` and `b` are bits 3 of index and base.
 * False without a base, which no compiler asks for in code that may lie anywhere. */
static bool
decode_memory (const uint8_t *code, int x, int b, const greg_t *registers, Instruction *in)
{
    const uint8_t *p = code + 5;
    const int mod = code[4] >> 6;
    const bool from_here = mod == 0 && in->rm == 5; /* relative to the next instruction */
    const int size = mod == 1 ? 1 : mod == 2 || from_here ? 4 : 0;
    int base = in->rm | b;

    in->sib = in->rm == 4;
    if (in->sib) {
        const int index = (*p >> 3 & 7) | x;

        base = (*p & 7) | b;
        if (index != 4)
            in->index = read_register (registers, index) << (*p >> 6);
        if (mod == 0 && (*p & 7) == 5)
            return false;
        p++;
    }
    in->length = (int) (p + size - code);
    in->base = (uint64_t) displacement (p, size);
    in->base += from_here ? (uint64_t) registers[REG_RIP] + in->length
                          : read_register (registers, base);
    return true;
}

/* False for what cannot be an instruction of AMX: other than VEX.128.0F38.W0, or of registers
 * beyond tile 7. */
static bool
decode (const uint8_t *code, const greg_t *registers, Instruction *in)
{
    *in = (Instruction) { 0 };
    if (code[0] != 0xc4 || (code[1] & 0x1f) != 2 || (code[2] & 0x84) != 0)
        return false;
    in->opcode = code[3];
    in->prefix = code[2] & 3;
    in->vvvv = ~code[2] >> 3 & 15;
    in->reg = code[4] >> 3 & 7;
    in->rm = code[4] & 7;
    in->memory = code[4] >> 6 != 3;
    in->length = 5;
    if (!(code[1] & 0x80) || in->vvvv >= N_TILES)
        return false;
    if (in->memory)
        return decode_memory (code, code[1] & 0x40 ? 0 : 8, code[1] & 0x20 ? 0 : 8, registers, in);
    return (code[1] & 0x20) != 0;
}

/* ---- configuration ------------------------------------------------------------------------- */

static bool
all_zero (const void *bytes, size_t n)
{
    const uint8_t *p = bytes;

    while (n > 0 && *p == 0)
        p++, n--;
    return n == 0;
}

static const char *
load_config (const Instruction *in)
{
    Config wanted;

    memcpy (&wanted, (const void *) (in->base + in->index), sizeof wanted);
    if (wanted.palette > 1)
        return "#GP: no such palette";
    if (wanted.palette == 1) {
        if (wanted.start_row != 0)
            return "a restart inside a tile is not emulated";
        if (!all_zero (wanted.reserved, sizeof wanted.reserved)
            || !all_zero (wanted.row_bytes + N_TILES, sizeof wanted.row_bytes / 2)
            || !all_zero (wanted.rows + N_TILES, sizeof wanted.rows / 2))
            return "#GP: reserved bits are set";
        for (int i = 0; i < N_TILES; i++) {
            if (wanted.rows[i] > MAX_ROWS || wanted.row_bytes[i] > ROW_BYTES)
                return "#GP: a tile is too large";
            if ((wanted.rows[i] == 0) != (wanted.row_bytes[i] == 0))
                return "#GP: a tile has rows or columns only";
        }
        config = wanted;
    } else {
        config = (Config) { 0 };
    }
    memset (tiles, 0, sizeof tiles);
    return NULL;
}

static const char *
store_config (const Instruction *in)
{
    memcpy ((void *) (in->base + in->index), &config, sizeof config);
    return NULL;
}

static const char *
release (void)
{
    config = (Config) { 0 };
    memset (tiles, 0, sizeof tiles);
    return NULL;
}

/* ---- tiles --------------------------------------------------------------------------------- */

static bool
configured (int tile)
{
    return config.palette == 1 && config.rows[tile] > 0;
}

static const char *
zero (const Instruction *in)
{
    if (!configured (in->reg))
        return "#UD: the tile is not configured";
    memset (tiles[in->reg], 0, sizeof tiles[in->reg]);
    return NULL;
}

/* Conditions of tileloadd and tilestored; tilezero takes rows of any size. */
static const char *
check_access (const Instruction *in)
{
    if (!in->sib)
        return "#UD: no SIB byte";
    if (!configured (in->reg))
        return "#UD: the tile is not configured";
    if (config.row_bytes[in->reg] % 4 != 0)
        return "#UD: rows end in part of an element";
    return NULL;
}

static const char *
load (const Instruction *in)
{
    const char *fault = check_access (in);

    if (fault != NULL)
        return fault;
    memset (tiles[in->reg], 0, sizeof tiles[in->reg]);
    for (int i = 0; i < config.rows[in->reg]; i++)
        memcpy (tiles[in->reg][i], (const void *) (in->base + i * in->index),
            config.row_bytes[in->reg]);
    return NULL;
}

static const char *
store (const Instruction *in)
{
    const char *fault = check_access (in);

    if (fault != NULL)
        return fault;
    for (int i = 0; i < config.rows[in->reg]; i++)
        memcpy ((void *) (in->base + i * in->index), tiles[in->reg][i],
            config.row_bytes[in->reg]);
    return NULL;
}

/* ---- products ------------------------------------------------------------------------------ */

/* The operands of a product: c (M, N) += a (M, K) . b (K, N), of elements of four bytes. */
static const char *
check_product (const Instruction *in)
{
    const int c = in->reg, a = in->rm, b = in->vvvv;

    if (c == a || c == b || a == b)
        return "#UD: two operands are the same tile";
    if (!configured (c) || !configured (a) || !configured (b))
        return "#UD: a tile is not configured";
    if (config.row_bytes[c] % 4 != 0 || config.row_bytes[a] % 4 != 0
        || config.row_bytes[b] % 4 != 0)
        return "#UD: part of an element";
    if (config.row_bytes[c] != config.row_bytes[b] || config.rows[c] != config.rows[a]
        || config.row_bytes[a] / 4 != config.rows[b])
        return "#UD: the shapes do not fit";
    return NULL;
}

/* One row of c for tdpbf16ps: even and odd elements along k are summed apart, by fused
 * multiply-adds, then added to each other and then to c; rounded to nearest even, denormals are
 * zeros before and after.  All 16 columns: those beyond N are zeros and stay so. */
__attribute__ ((noinline, target ("avx512f"))) static void
bf16_row (uint8_t *c, const uint8_t *a, const uint8_t *b, int k)
{
    const __m512i odd_half = _mm512_set1_epi32 ((int) 0xffff0000);
    __m512 even = _mm512_setzero_ps (), odd = _mm512_setzero_ps ();

    for (int i = 0; i < k; i++) {
        __m512i pair = _mm512_loadu_si512 (b + ROW_BYTES * i), element;
        int32_t both;

        memcpy (&both, a + 4 * i, sizeof both);
        element = _mm512_set1_epi32 (both);
        even = _mm512_fmadd_ps ((__m512) _mm512_slli_epi32 (element, 16),
            (__m512) _mm512_slli_epi32 (pair, 16), even);
        odd = _mm512_fmadd_ps ((__m512) _mm512_and_si512 (element, odd_half),
            (__m512) _mm512_and_si512 (pair, odd_half), odd);
    }
    _mm512_storeu_ps (c, _mm512_add_ps (_mm512_loadu_ps (c), _mm512_add_ps (even, odd)));
}

static const char *
bf16_product (const Instruction *in)
{
    const unsigned mode = _mm_getcsr ();
    const char *fault = check_product (in);

    if (fault != NULL)
        return fault;
    _mm_setcsr (0x9fc0); /* flush to zero, denormals are zeros, nearest even, no exceptions */
    for (int i = 0; i < config.rows[in->reg]; i++)
        bf16_row (tiles[in->reg][i], tiles[in->rm][i], tiles[in->vvvv][0],
            config.row_bytes[in->rm] / 4);
    _mm_setcsr (mode);
    return NULL;
}

/* Four products of bytes for each element of c, which wraps around. */
static const char *
byte_product (const Instruction *in, bool a_signed, bool b_signed)
{
    const uint8_t (*const a)[ROW_BYTES] = (const uint8_t (*)[ROW_BYTES]) tiles[in->rm];
    const uint8_t (*const b)[ROW_BYTES] = (const uint8_t (*)[ROW_BYTES]) tiles[in->vvvv];
    const char *fault = check_product (in);

    if (fault != NULL)
        return fault;
    for (int i = 0; i < config.rows[in->reg]; i++)
        for (int j = 0; j < config.row_bytes[in->reg] / 4; j++) {
            uint32_t sum;

            memcpy (&sum, tiles[in->reg][i] + 4 * j, sizeof sum);
            for (int k = 0; k < config.row_bytes[in->rm]; k++) {
                int x = a[i][k], y = b[k / 4][4 * j + k % 4];

                x = a_signed ? (int8_t) x : x;
                y = b_signed ? (int8_t) y : y;
                sum += (uint32_t) (x * y);
            }
            memcpy (tiles[in->reg][i] + 4 * j, &sum, sizeof sum);
        }
    return NULL;
}

/* ---- one instruction ----------------------------------------------------------------------- */

#define UNKNOWN "not an instruction of AMX"

static const char *
execute_memory (const Instruction *in)
{
    if (in->vvvv != 0)
        return UNKNOWN;
    if (in->opcode == 0x49 && in->reg == 0)
        switch (in->prefix) {
        case PREFIX_NONE:
            return load_config (in);
        case PREFIX_66:
            return store_config (in);
        default:
            return UNKNOWN;
        }
    if (in->opcode == 0x4b)
        switch (in->prefix) {
        case PREFIX_F2: /* tileloadd */
        case PREFIX_66: /* tileloaddt1, which differs by a hint */
            return load (in);
        case PREFIX_F3:
            return store (in);
        default:
            return UNKNOWN;
        }
    return UNKNOWN;
}

static const char *
execute_registers (const Instruction *in)
{
    if (in->opcode == 0x49 && in->vvvv == 0 && in->rm == 0) {
        if (in->prefix == PREFIX_NONE && in->reg == 0)
            return release ();
        return in->prefix == PREFIX_F2 ? zero (in) : UNKNOWN;
    }
    if (in->opcode == 0x5c && in->prefix == PREFIX_F3)
        return bf16_product (in);
    if (in->opcode == 0x5e)
        return byte_product (in, in->prefix == PREFIX_F2 || in->prefix == PREFIX_F3,
            in->prefix == PREFIX_F2 || in->prefix == PREFIX_66);
    return UNKNOWN;
}

/* Takes over at an instruction that the processor refused.  Those right after it would be the next
 * signals, so they are carried out at once. */
static void
on_illegal_instruction (int signal_number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *) context)->uc_mcontext.gregs;
    const char *fault = NULL;

    for (int n = 0;; n++) {
        Instruction in;

        if (decode ((const uint8_t *) registers[REG_RIP], registers, &in))
            fault = in.memory ? execute_memory (&in) : execute_registers (&in);
        else
            fault = UNKNOWN;
        if (fault != NULL && n > 0)
            return;
        if (fault != NULL)
            break;
        registers[REG_RIP] += in.length;
    }
    dprintf (STDERR_FILENO, "AMX, emulated, at %p: %s\n", (void *) registers[REG_RIP], fault);
    sigaction (signal_number, &before, NULL);
}

/* ---- switching it on ----------------------------------------------------------------------- */

bool
amx_emulate (void)
{
    struct sigaction action = { .sa_sigaction = on_illegal_instruction, .sa_flags = SA_SIGINFO };

    if (cpu_amx_emulated)
        return true;
    if (cpu_has_amx () || !__builtin_cpu_supports ("avx512f"))
        return false;
    cpu_amx_emulated = sigaction (SIGILL, &action, &before) == 0;
    return cpu_amx_emulated;
}

#else

bool
amx_emulate (void)
{
    return false;
}

#endif

bool
amx_emulate_if_asked (void)
{
    return g_strcmp0 (g_getenv ("M2F_CPU"), "amx") == 0 && amx_emulate ();
}
