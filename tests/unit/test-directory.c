/* Tests of directory.c, file.c and of what messages may contain.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <stdlib.h>
#include <unistd.h>
#include <utime.h>

#include "model/checkpoint/config.h"
#include "model/checkpoint/directory.h"
#include "model/checkpoint/processor_config.h"
#include "model/checkpoint/safetensors.h"
#include "model/error.h"
#include "tests/unit/scratch.h"

/* ---- text ---------------------------------------------------------------------------------- */

START_TEST (test_printable)
{
    static const struct {
        const char *text, *printable;
    } cases[] = {
        { "", "" },
        { "plain \xc3\xa9 \xe4\xb8\xad", "plain \xc3\xa9 \xe4\xb8\xad" },
        { "\033[31mRED\007", "\\u001b[31mRED\\u0007" },
        { "two\nlines\r\t", "two\\u000alines\\u000d\\u0009" },
        { "\x7f\xc2\x9b" "31m", "\\u007f\\u009b31m" },
        { "\xe2\x80\xaegnp.exe", "\\u202egnp.exe" },
        { "\xe2\x80\xa8", "\\u2028" },
        { "cut \xc3", "cut \\xc3" },
        { "\xff\xfe", "\\xff\\xfe" },
        { "\xed\xa0\xbd", "\\xed\\xa0\\xbd" }, /* a surrogate */
        { "\xc0\xaf", "\\xc0\\xaf" },          /* longer than it has to be */
    };
    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *found = m2f_printable (cases[i].text);
        ck_assert_str_eq (found, cases[i].printable);
    }
    g_autoptr (GError) error = NULL;
    m2f_set_error (&error, M2F_ERROR_FORMAT, "%s: %d", "a\nb\xff", 7);
    check_error (&error, M2F_ERROR_FORMAT, "a\\u000ab\\xff: 7");

    /* what goes on and on is cut off, between characters */
    GString *endless = g_string_new ("x");
    while (endless->len < 100000)
        g_string_append (endless, "\xe4\xb8\xad");
    m2f_set_error (&error, M2F_ERROR_FORMAT, "%s", endless->str);
    ck_assert_uint_le (strlen (error->message), 20000);
    ck_assert (g_utf8_validate (error->message, -1, NULL));
    check_error (&error, M2F_ERROR_FORMAT, "\xe4\xb8\xad...");
    g_autofree char *cut = m2f_printable (endless->str);
    ck_assert_uint_le (strlen (cut), 16384);
    ck_assert (g_str_has_suffix (cut, "\xe4\xb8\xad..."));
    memset (endless->str, '\n', endless->len);
    g_autofree char *lines = m2f_printable (endless->str);
    ck_assert_uint_le (strlen (lines), 16384);
    ck_assert (g_str_has_suffix (lines, "\\u000a..."));
    g_string_free (endless, TRUE);
}
END_TEST

START_TEST (test_utf8_head)
{
    ck_assert_int_eq (m2f_utf8_head ("abc", 3), 3);
    ck_assert_int_eq (m2f_utf8_head ("abcd", 3), 3);
    ck_assert_int_eq (m2f_utf8_head ("ab\xc3\xa9", 3), 2);
    ck_assert_int_eq (m2f_utf8_head ("ab\xe4\xb8\xad", 4), 2);
    ck_assert_int_eq (m2f_utf8_head ("\xe4\xb8\xad", 2), 0);
    ck_assert_int_eq (m2f_utf8_head ("", 5), 0);
}
END_TEST

/* ---- paths that people give ---------------------------------------------------------------- */

static void
refuse_path (const char *path, M2fError code, const char *words)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *found = m2f_directory_resolve (path, &error);
    ck_assert_msg (found == NULL, "%s: found %s", path, found);
    check_error (&error, code, words);
}

START_TEST (test_hub_names)
{
    refuse_path ("facebook/mask2former-x", M2F_ERROR_NOT_FOUND,
        "pipelines/get-checkpoint.sh facebook/mask2former-x|No such file");
    refuse_path ("mask2former-x", M2F_ERROR_NOT_FOUND, "pipelines/get-checkpoint.sh mask2former-x");
    refuse_path ("https://huggingface.co/facebook/mask2former-x", M2F_ERROR_NOT_FOUND,
        "pipelines/get-checkpoint.sh facebook/mask2former-x");
    refuse_path ("hf://facebook", M2F_ERROR_NOT_FOUND, "get-checkpoint.sh");
    refuse_path ("", M2F_ERROR_NOT_FOUND, "expected a checkpoint directory");

    static const char *const paths[] = { "/nonexistent/model", "./none", "../none/x", "~/none",
        "a/b/c", "none/" };
    for (size_t i = 0; i < G_N_ELEMENTS (paths); i++) {
        g_autoptr (GError) error = NULL;
        ck_assert_ptr_null (m2f_directory_resolve (paths[i], &error));
        ck_assert_ptr_null (strstr (error->message, "get-checkpoint.sh"));
        check_error (&error, M2F_ERROR_NOT_FOUND, paths[i]);
    }
}
END_TEST

static void
run (const char *format, const char *dir)
{
    g_autofree char *command = g_strdup_printf (format, dir);
    ck_assert_int_eq (system (command), 0);
}

static void
check_resolves (const char *path, const char *end)
{
    g_autoptr (GError) error = NULL;
    g_autofree char *found = m2f_directory_resolve (path, &error);
    ck_assert_msg (found != NULL, "%s", error ? error->message : "no message");
    ck_assert_msg (g_str_has_suffix (found, end), "expected %s, found %s", end, found);
}

START_TEST (test_hub_cache)
{
    g_autofree char *dir = scratch_new ();
    run ("cd '%s' && mkdir -p m/snapshots/aaa m/refs && : >m/snapshots/aaa/config.json", dir);
    g_autofree char *top = g_build_filename (dir, "m", NULL);
    check_resolves (top, "/m/snapshots/aaa"); /* the only one */
    run ("cd '%s/m' && mkdir snapshots/bbb", dir);
    refuse_path (top, M2F_ERROR_NOT_FOUND, "cache directory|2 snapshots|snapshots/");
    run ("cd '%s/m' && printf 'bbb\\n' >refs/main", dir);
    check_resolves (top, "/m/snapshots/bbb");
    run ("cd '%s/m' && printf ../../.. >refs/main", dir);
    refuse_path (top, M2F_ERROR_NOT_FOUND, "2 snapshots");
    run ("cd '%s/m' && rm refs/main && mkfifo refs/main", dir);
    refuse_path (top, M2F_ERROR_NOT_FOUND, "2 snapshots");
    /* a directory that is a checkpoint itself */
    run ("cd '%s/m' && : >config.json", dir);
    check_resolves (top, "/m");
    run ("cd '%s/m' && rm config.json && rm -r snapshots/*", dir);
    refuse_path (top, M2F_ERROR_NOT_FOUND, "0 snapshots");
    run ("rm -r '%s'", dir);
}
END_TEST

START_TEST (test_lfs_pointers)
{
    static const char pointer[] = "version https://git-lfs.github.com/spec/v1\n"
        "oid sha256:5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e\nsize 188\n";
    char *dir = scratch_new ();
    g_autoptr (GError) error = NULL;
    g_free (scratch_write (dir, "config.json", pointer, -1));
    ck_assert_ptr_null (m2f_config_load (dir, NULL, &error));
    check_error (&error, M2F_ERROR_FORMAT, "config.json|Git LFS pointer|git lfs pull");
    M2fProcessorConfig processor;
    g_free (scratch_write (dir, "preprocessor_config.json", pointer, -1));
    ck_assert (!m2f_processor_config_load (dir, &processor, NULL, &error));
    check_error (&error, M2F_ERROR_FORMAT, "preprocessor_config.json|git lfs pull");
    static const char *const names[] = { "model.safetensors", "model.safetensors.index.json" };
    for (size_t i = 0; i < G_N_ELEMENTS (names); i++) {
        g_autofree char *path = scratch_write (dir, names[i], pointer, -1);
        ck_assert_ptr_null (m2f_safetensors_open_dir (dir, &error));
        check_error (&error, M2F_ERROR_FORMAT, "git lfs pull");
        ck_assert_int_eq (g_remove (path), 0);
    }
    g_free (scratch_write (dir, "model.safetensors.index.json",
        "{\"weight_map\": {\"a\": \"s.safetensors\"}}", -1));
    g_free (scratch_write (dir, "s.safetensors", pointer, -1));
    ck_assert_ptr_null (m2f_safetensors_open_dir (dir, &error));
    check_error (&error, M2F_ERROR_FORMAT, "s.safetensors|git lfs pull");
    scratch_free (dir);
}
END_TEST

START_TEST (test_fingerprint)
{
    char *dir = scratch_new ();
    static const char *const names[] = { "config.json", "processor_config.json",
        "preprocessor_config.json", "model.safetensors", "model-00002-of-00002.safetensors",
        "model.safetensors.index.json", "pytorch_model.bin" };
    for (size_t i = 0; i < G_N_ELEMENTS (names); i++) {
        g_autofree char *before = m2f_directory_fingerprint (dir);
        g_autofree char *path = scratch_write (dir, names[i], "a", 1);
        g_autofree char *added = m2f_directory_fingerprint (dir);
        ck_assert_str_ne (before, added);
        g_autofree char *again = m2f_directory_fingerprint (dir);
        ck_assert_str_eq (added, again);
        ck_assert_int_eq (utime (path, &(struct utimbuf) { 1, 1 }), 0);
        g_autofree char *touched = m2f_directory_fingerprint (dir);
        ck_assert_str_ne (added, touched);
    }
    g_autofree char *before = m2f_directory_fingerprint (dir);
    g_free (scratch_write (dir, "README.md", "a", 1));
    g_autofree char *after = m2f_directory_fingerprint (dir);
    ck_assert_str_eq (before, after);
    scratch_free (dir);
}
END_TEST

int
main (void)
{
    return RUN_TESTS ("directory", test_printable, test_utf8_head, test_hub_names, test_hub_cache,
        test_lfs_pointers, test_fingerprint);
}
