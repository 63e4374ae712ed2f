/* For tests of configs: a config.json from its text.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef M2F_TESTS_CONFIG_TEXT_H
#define M2F_TESTS_CONFIG_TEXT_H

#include "model/checkpoint/config.h"
#include "tests/unit/scratch.h"

/* Loads a config.json of this text. */
static inline M2fConfig *
load_text (const char *text, GError **error)
{
    char *dir = scratch_new ();
    g_free (scratch_write (dir, "config.json", text, -1));
    M2fConfig *config = m2f_config_load (dir, NULL, error);
    scratch_free (dir);
    return config;
}

static inline M2fConfig *
load_good (const char *text)
{
    g_autoptr (GError) error = NULL;
    M2fConfig *config = load_text (text, &error);
    ck_assert_msg (config != NULL, "%s: %s", text, error ? error->message : "no message");
    return config;
}

static inline void
refuse (const char *text, M2fError code, const char *words)
{
    g_autoptr (GError) error = NULL;
    g_autoptr (M2fConfig) config = load_text (text, &error);
    ck_assert_msg (config == NULL, "accepted %.200s", text);
    check_error (&error, code, "/config.json");
    load_text (text, &error);
    check_error (&error, code, words);
}

#endif
