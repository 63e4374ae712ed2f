/* Tests of processor_config.c.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <sys/stat.h>
#include <unistd.h>

#include "model/checkpoint/processor_config.h"
#include "tests/unit/scratch.h"

static bool
load_text (const char *text, M2fProcessorConfig *config, GError **error)
{
    char *dir = scratch_new ();
    g_free (scratch_write (dir, "preprocessor_config.json", text, -1));
    bool ok = m2f_processor_config_load (dir, config, NULL, error);
    scratch_free (dir);
    return ok;
}

static M2fProcessorConfig
load_good (const char *text)
{
    g_autoptr (GError) error = NULL;
    M2fProcessorConfig config;
    ck_assert_msg (load_text (text, &config, &error), "%s: %s", text,
        error ? error->message : "no message");
    return config;
}

static void
check_edges (const char *text, int shortest, int longest)
{
    M2fProcessorConfig c = load_good (text);
    ck_assert_msg (c.size_mode == M2F_SIZE_EDGES && c.shortest_edge == shortest
        && c.longest_edge == longest && c.height == 0 && c.width == 0,
        "%s: found mode %d, edges %d %d, sides %d %d", text, c.size_mode, c.shortest_edge,
        c.longest_edge, c.height, c.width);
}

static void
check_sides (const char *text, M2fSizeMode mode, int height, int width)
{
    M2fProcessorConfig c = load_good (text);
    ck_assert_msg (c.size_mode == mode && c.height == height && c.width == width
        && c.shortest_edge == 0 && c.longest_edge == 0,
        "%s: found mode %d, edges %d %d, sides %d %d", text, c.size_mode, c.shortest_edge,
        c.longest_edge, c.height, c.width);
}

static void
check_defaults (const M2fProcessorConfig *c)
{
    static const double mean[3] = { 0.485, 0.456, 0.406 }, std[3] = { 0.229, 0.224, 0.225 };
    ck_assert (c->do_resize && c->do_rescale && c->do_normalize);
    ck_assert_int_eq (c->size_mode, M2F_SIZE_EDGES);
    ck_assert_int_eq (c->shortest_edge, 800);
    ck_assert_int_eq (c->longest_edge, 1333);
    ck_assert_int_eq (c->size_divisor, 32);
    ck_assert_int_eq (c->resample, M2F_RESAMPLE_BILINEAR);
    ck_assert_double_eq (c->rescale_factor, 1.0 / 255.0);
    ck_assert_mem_eq (c->image_mean, mean, sizeof mean);
    ck_assert_mem_eq (c->image_std, std, sizeof std);
    ck_assert (c->pad_height == 0 && c->pad_width == 0);
}

START_TEST (test_checkpoints)
{
    static const struct {
        const char *name;
        M2fSizeMode mode;
        int first, second, divisor;
    } cases[] = {
        { "square", M2F_SIZE_EXACT, 96, 96, 32 },
        { "odd-sizes", M2F_SIZE_EXACT, 75, 106, 0 },
        { "wide-masks", M2F_SIZE_EDGES, 64, 120, 32 },
        { NULL, M2F_SIZE_EDGES, 320, 576, 32 }, /* street-small */
    };
    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *dir = cases[i].name ? fixture_dir (cases[i].name) : shipped_dir ();
        M2fProcessorConfig c;
        ck_assert (m2f_processor_config_load (dir, &c, NULL, NULL));
        bool edges = c.size_mode == M2F_SIZE_EDGES;
        ck_assert_int_eq (c.size_mode, cases[i].mode);
        ck_assert_int_eq (edges ? c.shortest_edge : c.height, cases[i].first);
        ck_assert_int_eq (edges ? c.longest_edge : c.width, cases[i].second);
        ck_assert_int_eq (c.size_divisor, cases[i].divisor);
        ck_assert_double_eq (c.rescale_factor, 1.0 / 255.0);
    }
}
END_TEST

/* Mask2FormerImageProcessor (), for a file that says nothing and for no file. */
START_TEST (test_defaults)
{
    M2fProcessorConfig c = load_good ("{}");
    check_defaults (&c);
    c = load_good ("{\"size\": null, \"image_mean\": null, \"do_resize\": null, \"other\": [{}]}");
    check_defaults (&c);

    char *dir = scratch_new ();
    memset (&c, 0xff, sizeof c);
    ck_assert (m2f_processor_config_load (dir, &c, NULL, NULL));
    check_defaults (&c);
    scratch_free (dir);
}
END_TEST

#define SIZE(n) "\"size\": {\"height\": " #n ", \"width\": " #n ".0}"

/* Sizes that transformers 5.12.1 reads where there are several files or none. */
static const struct {
    const char *processor, *preprocessor; /* text of the files, or NULL */
    int height;
    const char *warning; /* a word of the only one, or NULL */
} files[] = {
    { "{\"image_processor\": {" SIZE (32) "}}", NULL, 32, NULL },
    { "{\"image_processor\": {" SIZE (32) "}}", "{" SIZE (64) "}", 32, NULL },
    { "{\"processor_class\": \"P\"}", "{" SIZE (64) "}", 64, NULL },
    { "{\"image_processor\": null}", "{" SIZE (64) "}", 64, NULL },
    { "{\"image_processor\": {}}", "{" SIZE (64) "}", 0, NULL },
    { "{" SIZE (64) "}", NULL, 0, "no preprocessor_config.json" },
    { NULL, NULL, 0, "short edge of 800 pixels" },
    { NULL, "{\"image_processor_type\": \"SegformerImageProcessor\"}", 0,
        "SegformerImageProcessor" },
    { NULL, "{\"image_processor_type\": \"MaskFormerImageProcessor\"}", 0, NULL },
    { NULL, "{\"image_processor_type\": \"Mask2FormerImageProcessorFast\"}", 0, NULL },
};

START_TEST (test_files)
{
    for (size_t i = 0; i < G_N_ELEMENTS (files); i++) {
        char *dir = scratch_new ();
        if (files[i].processor)
            g_free (scratch_write (dir, "processor_config.json", files[i].processor, -1));
        if (files[i].preprocessor)
            g_free (scratch_write (dir, "preprocessor_config.json", files[i].preprocessor, -1));
        g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
        g_autoptr (GError) error = NULL;
        M2fProcessorConfig c;
        ck_assert_msg (m2f_processor_config_load (dir, &c, warnings, &error), "%s",
            error ? error->message : "no message");
        ck_assert_int_eq (c.height, files[i].height);
        ck_assert_int_eq (warnings->len, files[i].warning != NULL);
        ck_assert (!files[i].warning || strstr (warnings->pdata[0], files[i].warning));
        scratch_free (dir);
    }
}
END_TEST

START_TEST (test_sizes)
{
    check_edges ("{\"size\": {\"shortest_edge\": 512, \"longest_edge\": 2048}}", 512, 2048);
    check_edges ("{\"size\": {\"longest_edge\": 100, \"shortest_edge\": 200}}", 200, 100);
    check_edges ("{\"size\": {\"shortest_edge\": 512}}", 512, 0);
    check_edges ("{\"size\": {\"shortest_edge\": 512, \"longest_edge\": null}}", 512, 0);
    check_edges ("{\"size\": 640, \"max_size\": 2560}", 640, 2560);
    check_edges ("{\"size\": 640, \"_max_size\": 1000}", 640, 1000);
    check_edges ("{\"size\": 640}", 640, 1333);
    check_edges ("{\"max_size\": 500}", 800, 500);
    check_edges ("{\"_max_size\": 500}", 800, 1333);
    check_sides ("{\"size\": {\"height\": 384, \"width\": 640}}", M2F_SIZE_EXACT, 384, 640);
    check_sides ("{\"size\": {\"height\": 384, \"width\": 640}, \"_max_size\": 1333}",
        M2F_SIZE_EXACT, 384, 640);
    check_sides ("{\"size\": [384, 640]}", M2F_SIZE_EXACT, 384, 640);
    check_sides ("{\"size\": {\"max_height\": 300, \"max_width\": 400}}", M2F_SIZE_FIT, 300, 400);

    check_sides ("{\"size\": {\"height\": 384.0, \"width\": 64e1}}", M2F_SIZE_EXACT, 384, 640);
    check_sides ("{\"size\": 1, \"size\": [384.0, 640]}", M2F_SIZE_EXACT, 384, 640);
    check_edges ("{\"size\": 640.0, \"max_size\": 2560.0}", 640, 2560);

    ck_assert_int_eq (load_good ("{\"size_divisor\": 64}").size_divisor, 64);
    ck_assert_int_eq (load_good ("{\"size_divisor\": 16.0}").size_divisor, 16);
    /* transformers 5.12.1 does not know the old name */
    ck_assert_int_eq (load_good ("{\"size_divisibility\": 0}").size_divisor, 32);
    ck_assert_int_eq (load_good ("{\"size_divisibility\": -7}").size_divisor, 32);
    ck_assert_int_eq (load_good ("{\"size_divisor\": 8, \"size_divisibility\": 4}").size_divisor,
        8);

    M2fProcessorConfig c = load_good ("{\"pad_size\": {\"height\": 96, \"width\": 128}}");
    ck_assert (c.pad_height == 96 && c.pad_width == 128);
    c = load_good ("{\"pad_size\": 128}");
    ck_assert (c.pad_height == 128 && c.pad_width == 128);
    c = load_good ("{\"pad_size\": [64, 32]}");
    ck_assert (c.pad_height == 64 && c.pad_width == 32);
}
END_TEST

START_TEST (test_values)
{
    M2fProcessorConfig c = load_good (
        "{\"do_resize\": false, \"do_rescale\": false, \"do_normalize\": false, \"resample\": 5,"
        " \"rescale_factor\": 0.5, \"image_mean\": [0.48500001430511475, -1, 2],"
        " \"image_std\": 0.5, \"image_processor_type\": \"MaskFormerImageProcessor\"}");
    ck_assert (!c.do_resize && !c.do_rescale && !c.do_normalize);
    ck_assert_double_eq (c.rescale_factor, 0.5);
    ck_assert_double_eq (c.image_mean[0], 0.48500001430511475);
    ck_assert_double_eq (c.image_mean[1], -1);
    ck_assert_double_eq (c.image_std[2], 0.5);
    c = load_good ("{\"note\": NaN, \"do_resize\": 0, \"do_rescale\": 1, \"resample\": 9}");
    ck_assert (!c.do_resize && c.do_rescale); /* what would resize does not matter then */
    c = load_good ("{\"do_resize\": 1, \"resample\": 3.0}");
    ck_assert_int_eq (c.resample, M2F_RESAMPLE_BICUBIC);
}
END_TEST

START_TEST (test_hostile)
{
    static const struct {
        const char *text;
        M2fError code;
        const char *words;
    } cases[] = {
        { "[]", M2F_ERROR_FORMAT, "JSON object|a list of 0" },
        { "{", M2F_ERROR_FORMAT, "expected JSON" },
        { "{\"do_resize\": 2}", M2F_ERROR_CONFIG, "do_resize|true or false|found 2" },
        { "{\"size\": 0}", M2F_ERROR_CONFIG, "size|from 1|found 0" },
        { "{\"size\": \"800\"}", M2F_ERROR_CONFIG, "size|an object|found \"800\"" },
        { "{\"size\": {}}", M2F_ERROR_CONFIG, "size|height and width|an object of 0" },
        { "{\"size\": {\"height\": 384}}", M2F_ERROR_CONFIG, "size|height and width" },
        { "{\"size\": {\"longest_edge\": 384}}", M2F_ERROR_CONFIG, "size|shortest_edge" },
        { "{\"size\": {\"height\": 384, \"width\": -1}}", M2F_ERROR_CONFIG, "size.width|found -1" },
        { "{\"size\": {\"height\": 384, \"width\": 1e9}}", M2F_ERROR_CONFIG, "size.width" },
        { "{\"size\": {\"shortest_edge\": 100000000}}", M2F_ERROR_CONFIG,
            "size.shortest_edge|found 100000000" },
        { "{\"size\": [1, 2, 3]}", M2F_ERROR_CONFIG, "size|2 integers|a list of 3" },
        { "{\"max_size\": -5, \"size\": 8}", M2F_ERROR_CONFIG, "max_size|found -5" },
        { "{\"pad_size\": {\"height\": 5}}", M2F_ERROR_CONFIG, "pad_size|height and width" },
        { "{\"pad_size\": true}", M2F_ERROR_CONFIG, "pad_size|found true" },
        { "{\"size_divisor\": -32}", M2F_ERROR_CONFIG, "size_divisor|found -32" },
        { "{\"size_divisor\": 2147483647}", M2F_ERROR_CONFIG, "size_divisor|found 2147483647" },
        { "{\"resample\": 4}", M2F_ERROR_UNSUPPORTED, "resample|2 (bilinear)|found 4" },
        { "{\"resample\": \"bilinear\"}", M2F_ERROR_CONFIG, "resample|found \"bilinear\"" },
        { "{\"rescale_factor\": 0}", M2F_ERROR_CONFIG, "rescale_factor|found 0" },
        { "{\"rescale_factor\": 1e999}", M2F_ERROR_CONFIG, "rescale_factor|found \"1e999\"" },
        { "{\"image_mean\": [0, 0]}", M2F_ERROR_CONFIG, "image_mean|3 numbers|a list of 2" },
        { "{\"image_mean\": [0, 0, \"0\"]}", M2F_ERROR_CONFIG, "image_mean[2]|found \"0\"" },
        { "{\"image_std\": [1, 0, 1]}", M2F_ERROR_CONFIG, "image_std[1]|found 0" },
        { "{\"image_std\": {}}", M2F_ERROR_CONFIG, "image_std|3 numbers|an object of 0" },
        { "{\"image_std\": 0}", M2F_ERROR_CONFIG, "image_std|found 0" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autoptr (GError) error = NULL;
        M2fProcessorConfig config;
        ck_assert_msg (!load_text (cases[i].text, &config, &error), "accepted %s", cases[i].text);
        ck_assert_ptr_nonnull (strstr (error->message, "/preprocessor_config.json"));
        check_error (&error, cases[i].code, cases[i].words);
    }
}
END_TEST

START_TEST (test_not_files)
{
    g_autoptr (GError) error = NULL;
    M2fProcessorConfig config;
    ck_assert (!m2f_processor_config_load ("/nonexistent/model", &config, NULL, &error));
    check_error (&error, M2F_ERROR_NOT_FOUND, "/nonexistent/model");
    char *dir = scratch_new ();
    g_autofree char *path = g_build_filename (dir, "preprocessor_config.json", NULL);
    ck_assert_int_eq (mkfifo (path, 0600), 0);
    ck_assert (!m2f_processor_config_load (dir, &config, NULL, &error));
    check_error (&error, M2F_ERROR_READ, "preprocessor_config.json|found a FIFO");
    ck_assert_int_eq (g_remove (path), 0);
    ck_assert_int_eq (symlink ("gone", path), 0);
    ck_assert (!m2f_processor_config_load (dir, &config, NULL, &error));
    check_error (&error, M2F_ERROR_NOT_FOUND, "preprocessor_config.json|readable file");
    g_autofree char *nested = g_build_filename (dir, "processor_config.json", NULL);
    ck_assert_int_eq (g_remove (path), 0);
    ck_assert_int_eq (symlink ("gone", nested), 0);
    ck_assert (!m2f_processor_config_load (dir, &config, NULL, &error));
    check_error (&error, M2F_ERROR_NOT_FOUND, "processor_config.json|readable file");
    ck_assert_int_eq (g_remove (nested), 0);
    g_free (scratch_write (dir, "processor_config.json", "{\"image_processor\": 7}", -1));
    ck_assert (!m2f_processor_config_load (dir, &config, NULL, &error));
    check_error (&error, M2F_ERROR_CONFIG, "image_processor|an object|found 7");
    g_free (scratch_write (dir, "processor_config.json", "{\"image_processor\": {\"size\": 0}}",
        -1));
    ck_assert (!m2f_processor_config_load (dir, &config, NULL, &error));
    check_error (&error, M2F_ERROR_CONFIG, "processor_config.json|image_processor.size|found 0");
    scratch_free (dir);
}
END_TEST

int
main (void)
{
    return RUN_TESTS ("processor-config", test_checkpoints, test_defaults, test_files, test_sizes,
        test_values, test_hostile, test_not_files);
}
