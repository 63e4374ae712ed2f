/* The emulation of AMX against plain C, or the matrix units where the processor has them: what one
 * test says of both holds the emulation to the hardware.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/cpu/cpu.h"
#include "tests/ops/amx-emulation.h"
#include "tests/suite.h"

#include <check.h>
#include <float.h>
#include <immintrin.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define AMX __attribute__ ((target ("amx-tile,amx-bf16,amx-int8")))
#define MAX_ROWS 16
#define ROW_BYTES 64
#define TILE_BYTES (MAX_ROWS * ROW_BYTES)

typedef struct Config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} Config;

static GRand *noise;

static void
setup (void)
{
    noise = g_rand_new_with_seed (1);
}

static void
teardown (void)
{
    g_rand_free (noise);
}

static void
random_bytes (void *memory, size_t n)
{
    uint8_t *p = memory;

    while (n-- > 0)
        *p++ = (uint8_t) g_rand_int (noise);
}

static AMX void
use_config (const Config *config)
{
    __asm__ volatile ("" : : "r" (config) : "memory");
    _tile_loadconfig (config);
}

static Config
read_config (void)
{
    Config config;

    __asm__ volatile ("sttilecfg %0" : "=m" (config));
    return config;
}

/* Shapes of c (m, n) += a (m, k) . b (k, n), in elements of four bytes. */
typedef struct Shape {
    int m, n, k;
} Shape;

static const Shape shapes[] = {
    { 16, 16, 16 }, { 1, 1, 1 }, { 1, 16, 16 }, { 16, 1, 16 }, { 16, 16, 1 }, { 3, 5, 7 },
    { 15, 2, 12 }, { 4, 16, 9 }
};

static void
configure_product (const Shape *s)
{
    Config config = { .palette = 1 };

    config.rows[0] = config.rows[1] = (uint8_t) s->m;
    config.rows[2] = (uint8_t) s->k;
    config.row_bytes[0] = config.row_bytes[2] = (uint16_t) (4 * s->n);
    config.row_bytes[1] = (uint16_t) (4 * s->k);
    use_config (&config);
}

typedef struct Operands {
    _Alignas (64) uint8_t a[TILE_BYTES], b[TILE_BYTES], c[TILE_BYTES], result[TILE_BYTES];
} Operands;

typedef enum Product { BF16PS, BSSD, BSUD, BUSD, BUUD, PRODUCTS } Product;

static AMX void
run_product (Product product, const Shape *shape, Operands *o)
{
    configure_product (shape);
    _tile_loadd (0, o->c, ROW_BYTES);
    _tile_loadd (1, o->a, ROW_BYTES);
    _tile_loadd (2, o->b, ROW_BYTES);
    switch (product) {
    case BF16PS:
        _tile_dpbf16ps (0, 1, 2);
        break;
    case BSSD:
        _tile_dpbssd (0, 1, 2);
        break;
    case BSUD:
        _tile_dpbsud (0, 1, 2);
        break;
    case BUSD:
        _tile_dpbusd (0, 1, 2);
        break;
    default:
        _tile_dpbuud (0, 1, 2);
    }
    memcpy (o->result, o->c, sizeof o->result);
    _tile_stored (0, o->result, ROW_BYTES);
    _tile_release ();
}

/* ---- products ------------------------------------------------------------------------------ */

START_TEST (bytes_are_multiplied)
{
    const Shape *s = &shapes[_i / 4];
    const Product product = BSSD + _i % 4;
    const bool a_signed = product == BSSD || product == BSUD;
    const bool b_signed = product == BSSD || product == BUSD;
    Operands o;

    random_bytes (&o, sizeof o);
    memset (o.a, 255, 4); /* extremes */
    memset (o.b, 128, 4);
    run_product (product, s, &o);
    for (int i = 0; i < TILE_BYTES / 4; i++) {
        const int row = i / 16, column = i % 16;
        uint32_t sum, got;

        memcpy (&sum, o.c + 4 * i, 4);
        memcpy (&got, o.result + 4 * i, 4);
        for (int k = 0; row < s->m && column < s->n && k < 4 * s->k; k++) {
            uint8_t x = o.a[row * ROW_BYTES + k];
            uint8_t y = o.b[k / 4 * ROW_BYTES + 4 * column + k % 4];

            sum += (uint32_t) ((a_signed ? (int8_t) x : x) * (b_signed ? (int8_t) y : y));
        }
        ck_assert_uint_eq (got, sum);
    }
}
END_TEST

/* Denormals are zeros, with their sign. */
static float
flush (float x)
{
    return fpclassify (x) == FP_SUBNORMAL ? copysignf (0, x) : x;
}

static float
bf16_at (const uint8_t *p)
{
    uint16_t half;
    uint32_t bits;
    float x;

    memcpy (&half, p, sizeof half);
    bits = (uint32_t) half << 16;
    memcpy (&x, &bits, sizeof x);
    return flush (x);
}

/* Any bits, or numbers whose products are not all infinite or zero. */
static void
random_numbers (uint8_t *p, size_t size, bool any)
{
    random_bytes (p, TILE_BYTES);
    for (size_t i = size - 1; !any && i < TILE_BYTES; i += size)
        p[i] = (uint8_t) ((p[i] & 0x80) | (0x3c + p[i] % 8));
}

START_TEST (bf16_is_multiplied)
{
    const Shape *s = &shapes[_i / 4];
    const bool any = _i % 4 == 0;
    int numbers = 0;
    Operands o;

    random_numbers (o.a, 2, any);
    random_numbers (o.b, 2, any);
    random_numbers (o.c, 4, any);
    run_product (BF16PS, s, &o);
    for (int i = 0; i < TILE_BYTES / 4; i++) {
        const int row = i / 16, column = i % 16;
        float half[2] = { 0, 0 }, expected, got;

        memcpy (&expected, o.c + 4 * i, 4);
        memcpy (&got, o.result + 4 * i, 4);
        if (row < s->m && column < s->n) {
            for (int k = 0; k < 2 * s->k; k++)
                half[k % 2] = flush (fmaf (bf16_at (o.a + row * ROW_BYTES + 2 * k),
                    bf16_at (o.b + k / 2 * ROW_BYTES + 4 * column + 2 * (k % 2)), half[k % 2]));
            expected = flush (flush (expected) + flush (half[0] + half[1]));
        }
        ck_assert (isnan (expected) ? isnan (got) : memcmp (&expected, &got, 4) == 0);
        numbers += isfinite (expected);
    }
    ck_assert (any || numbers == TILE_BYTES / 4);
}
END_TEST

/* ---- memory -------------------------------------------------------------------------------- */

/* Tile 0 of `rows` rows of `bytes` bytes. */
static void
configure_one (int rows, int bytes)
{
    Config config = { .palette = 1 };

    config.rows[0] = (uint8_t) rows;
    config.row_bytes[0] = (uint16_t) bytes;
    use_config (&config);
}

/* Rows of whole elements of 4 bytes, and not a byte beyond. */
START_TEST (loads_and_stores_copy_rows)
{
    static const int rows[] = { 1, 5, 16 }, bytes[] = { 4, 52, 64 }, strides[] = { 64, 77, -80 };
    const int m = rows[_i % 3], n = bytes[_i / 3 % 3], stride = strides[_i / 9];
    uint8_t from[16 * 80 + 64], to[16 * 80 + 64], expected[16 * 80 + 64];
    const int first = stride < 0 ? -stride * (m - 1) : 0;

    random_bytes (from, sizeof from);
    random_bytes (to, sizeof to);
    memcpy (expected, to, sizeof to);
    for (int i = 0; i < m; i++)
        memcpy (expected + first + i * stride, from + first + i * stride, (size_t) n);
    configure_one (m, n);
    __asm__ volatile ("tileloadd (%0, %2), %%tmm0\n\ttilestored %%tmm0, (%1, %2)"
        : : "r" (from + first), "r" (to + first), "r" ((intptr_t) stride) : "memory");
    ck_assert_mem_eq (to, expected, sizeof to);

    __asm__ volatile ("tileloaddt1 (%0, %2), %%tmm0\n\ttilezero %%tmm0\n\t"
        "tilestored %%tmm0, (%1, %2)\n\ttilerelease"
        : : "r" (from + first), "r" (to + first), "r" ((intptr_t) stride) : "memory");
    for (int i = 0; i < m; i++)
        memset (expected + first + i * stride, 0, (size_t) n);
    ck_assert_mem_eq (to, expected, sizeof to);
}
END_TEST

/* Loads two rows of 16 bytes through `operand` and checks that they are those at `row0`, `row1`. */
#define CHECK_ADDRESS(operand, base, row0, row1)                                             \
    do {                                                                                     \
        uint8_t two[32];                                                                     \
                                                                                             \
        __asm__ volatile ("mov %2, %%r13\n\tmov %3, %%r12\n\t"                              \
            "tileloadd " operand ", %%tmm0\n\ttilestored %%tmm0, (%0, %1)"                   \
            : : "r" (two), "r" ((intptr_t) 16), "r" (base), "r" ((intptr_t) 24)              \
            : "r12", "r13", "memory");                                                       \
        ck_assert_mem_eq (two, memory + (row0), 16);                                         \
        ck_assert_mem_eq (two + 16, memory + (row1), 16);                                    \
    } while (0)

START_TEST (addresses_are_decoded)
{
    uint8_t memory[1024];

    random_bytes (memory, sizeof memory);
    configure_one (2, 16);
    CHECK_ADDRESS ("(%2, %3)", memory, 0, 24);
    CHECK_ADDRESS ("(%2)", memory, 0, 0);
    CHECK_ADDRESS ("8(%2, %3, 2)", memory, 8, 56);
    CHECK_ADDRESS ("-8(%2, %3, 4)", memory + 8, 0, 96);
    CHECK_ADDRESS ("300(%2, %3, 8)", memory, 300, 492);
    CHECK_ADDRESS ("-300(%2, %3)", memory + 310, 10, 34);
    CHECK_ADDRESS ("(%%r13, %%r12)", memory, 0, 24);
    CHECK_ADDRESS ("200(%%r13, %%r12, 2)", memory, 200, 248);
    CHECK_ADDRESS ("(%%r13)", memory, 0, 0);
}
END_TEST

/* ---- configuration ------------------------------------------------------------------------- */

static const Config largest = {
    .palette = 1,
    .row_bytes = { 64, 64, 64, 64, 64, 64, 64, 64 },
    .rows = { 16, 16, 16, 16, 16, 16, 16, 16 },
};

START_TEST (configuration_is_kept)
{
    const Config nothing = { 0 };
    Config found[3];

    memset (found, 255, sizeof found);
    use_config (&largest);
    __asm__ volatile ("sttilecfg (%0, %1, 2)" : : "r" (found), "r" ((intptr_t) 64) : "memory");
    __asm__ volatile ("ldtilecfg %0\n\tsttilecfg %1" : : "m" (nothing), "m" (found[1]) : "memory");
    __asm__ volatile ("ldtilecfg %0\n\ttilerelease" : : "m" (largest));
    __asm__ volatile ("sttilecfg -128(%0)" : : "r" (found + 2) : "memory");
    ck_assert_mem_eq (&found[2], &largest, sizeof largest);
    ck_assert_mem_eq (&found[1], &nothing, sizeof nothing);
    ck_assert_mem_eq (&found[0], &nothing, sizeof nothing);
}
END_TEST

static const Config smallest = { .palette = 1, .row_bytes = { 4 }, .rows = { 1 } };

static void *
other_thread (void *found)
{
    use_config (&smallest);
    *(Config *) found = read_config ();
    return NULL;
}

START_TEST (threads_have_their_own)
{
    Config found;

    use_config (&largest);
    g_thread_join (g_thread_new ("other", other_thread, &found));
    ck_assert_mem_eq (&found, &smallest, sizeof found);
    found = read_config ();
    ck_assert_mem_eq (&found, &largest, sizeof found);
}
END_TEST

/* ---- faults -------------------------------------------------------------------------------- */

static AMX void
not_configured (void)
{
    uint8_t memory[TILE_BYTES];

    configure_one (16, 64);
    _tile_loadd (1, memory, ROW_BYTES);
}

static AMX void
released (void)
{
    configure_one (16, 64);
    _tile_release ();
    _tile_zero (0);
}

static AMX void
load_rows_of (int bytes)
{
    uint8_t memory[TILE_BYTES] = { 0 };

    configure_one (16, bytes);
    _tile_loadd (0, memory, ROW_BYTES);
}

static AMX void
store_rows_of (int bytes)
{
    uint8_t memory[TILE_BYTES];

    configure_one (16, bytes);
    _tile_stored (0, memory, ROW_BYTES);
}

static void load_1_byte (void) { load_rows_of (1); }
static void load_13_bytes (void) { load_rows_of (13); }
static void load_62_bytes (void) { load_rows_of (62); }
static void store_1_byte (void) { store_rows_of (1); }
static void store_13_bytes (void) { store_rows_of (13); }

/* Unlike loads and stores, clearing a tile does not look at the size of its elements. */
static AMX void
zero_13_bytes (void)
{
    configure_one (16, 13);
    _tile_zero (0);
    _tile_release ();
}

static void
twice_the_same (void)
{
    use_config (&largest);
    __asm__ volatile (".byte 0xc4, 0xe2, 0x72, 0x5c, 0xc1"); /* tdpbf16ps tmm0, tmm1, tmm1 */
}

static void
wrong_product (int rows0, int rows1, int rows2, int bytes0, int bytes1, int bytes2)
{
    Operands o = { 0 };

    use_config (&(Config) { .palette = 1,
        .rows = { (uint8_t) rows0, (uint8_t) rows1, (uint8_t) rows2 },
        .row_bytes = { (uint16_t) bytes0, (uint16_t) bytes1, (uint16_t) bytes2 } });
    __asm__ volatile ("tdpbssd %%tmm2, %%tmm1, %%tmm0" : : "m" (o));
}

static void wrong_rows (void) { wrong_product (16, 15, 16, 64, 64, 64); }
static void wrong_columns (void) { wrong_product (16, 16, 16, 64, 64, 60); }
static void wrong_inner (void) { wrong_product (16, 16, 15, 64, 64, 64); }
static void wrong_element (void) { wrong_product (16, 16, 16, 62, 64, 62); }

static void
wrong_config (size_t byte, uint8_t value)
{
    Config config = largest;

    ((uint8_t *) &config)[byte] = value;
    use_config (&config);
}

static void wrong_palette (void) { wrong_config (0, 2); }
static void too_many_rows (void) { wrong_config (offsetof (Config, rows) + 7, 17); }
static void no_rows (void) { wrong_config (offsetof (Config, rows), 0); }
static void too_many_bytes (void) { wrong_config (offsetof (Config, row_bytes), 65); }
static void no_bytes (void) { wrong_config (offsetof (Config, row_bytes), 0); }
static void ninth_tile (void) { wrong_config (offsetof (Config, rows) + 8, 1); }
static void reserved_byte (void) { wrong_config (5, 1); }

/* By the signal that reports them. */
static void (*const illegal[]) (void) = {
    not_configured, released, load_1_byte, load_13_bytes, load_62_bytes, store_1_byte,
    store_13_bytes, twice_the_same, wrong_rows, wrong_columns, wrong_inner, wrong_element,
};
static void (*const general_protection[]) (void) = {
    wrong_palette, too_many_rows, no_rows, too_many_bytes, no_bytes, ninth_tile, reserved_byte,
};

/* Runs `function` in a process of its own and returns the signal that ended it, 0 if none did. */
static int
signal_of (void (*function) (void))
{
    pid_t child = fork ();
    int status;

    ck_assert_int_ge (child, 0);
    if (child == 0) {
        close (STDERR_FILENO); /* it is expected to complain */
        signal (SIGSEGV, SIG_DFL); /* the address sanitizer would report it and exit */
        function ();
        _exit (0);
    }
    ck_assert_int_eq (waitpid (child, &status, 0), child);
    if (WIFSIGNALED (status))
        return WTERMSIG (status);
    ck_assert (WIFEXITED (status) && WEXITSTATUS (status) == 0);
    return 0;
}

static void right_product (void) { wrong_product (16, 16, 16, 64, 64, 64); }

START_TEST (illegal_instructions_fault)
{
    ck_assert_int_eq (signal_of (right_product), 0);
    ck_assert_int_eq (signal_of (zero_13_bytes), 0);
    ck_assert_int_eq (signal_of (illegal[_i]), SIGILL);
}
END_TEST

/* The processor reports these by SIGSEGV; emulated, every fault is a SIGILL. */
START_TEST (wrong_configurations_fault)
{
    ck_assert_int_eq (signal_of (general_protection[_i]), cpu_amx_emulated ? SIGILL : SIGSEGV);
}
END_TEST

int
main (void)
{
    if (!amx_emulate () && !cpu_has_amx ())
        return 77;

    Suite *suite = suite_create ("amx-emulation");
    TCase *tcase = tcase_create ("instructions");

    tcase_add_checked_fixture (tcase, setup, teardown);
    tcase_add_loop_test (tcase, bytes_are_multiplied, 0, 4 * G_N_ELEMENTS (shapes));
    tcase_add_loop_test (tcase, bf16_is_multiplied, 0, 4 * G_N_ELEMENTS (shapes));
    tcase_add_loop_test (tcase, loads_and_stores_copy_rows, 0, 27);
    tcase_add_test (tcase, addresses_are_decoded);
    tcase_add_test (tcase, configuration_is_kept);
    tcase_add_test (tcase, threads_have_their_own);
    tcase_add_loop_test (tcase, illegal_instructions_fault, 0, G_N_ELEMENTS (illegal));
    tcase_add_loop_test (tcase, wrong_configurations_fault, 0,
        G_N_ELEMENTS (general_protection));
    suite_add_tcase (suite, tcase);

    return run_suite (suite);
}
