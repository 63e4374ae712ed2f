/* Keys that the configs of several backbones have in common.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/backbone_keys.h"

#include <string.h>

/* The number of a stage, -1 if no stage has this name. */
static int
stage_by_name (const char *name, int n_stages)
{
    char stage[32] = "stem";

    for (int i = 0; i <= n_stages; i++) {
        if (i > 0)
            g_snprintf (stage, sizeof stage, "stage%d", i);
        if (g_strcmp0 (name, stage) == 0)
            return i;
    }
    return -1;
}

static bool
is_increasing (const int stages[M2F_MAPS])
{
    bool increasing = stages[0] >= 0;

    for (int i = 1; i < M2F_MAPS; i++)
        increasing = increasing && stages[i] > stages[i - 1];
    return increasing;
}

static void
read_names (M2fJson *json, const json_t *names, int n_stages, int stages[M2F_MAPS])
{
    bool right = json_is_array (names) && json_array_size (names) == M2F_MAPS;

    for (int i = 0; right && i < M2F_MAPS; i++)
        stages[i] = stage_by_name (json_string_value (json_array_get (names, i)), n_stages);
    if (!right || !is_increasing (stages))
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "out_features", names,
            "four of \"stem\" and \"stage1\" to \"stage%d\" in order", n_stages);
}

/* Negative indices count from the last stage. */
static void
read_indices (M2fJson *json, const json_t *indices, int n_stages, int stages[M2F_MAPS])
{
    m2f_json_ints (json, "out_indices", stages, M2F_MAPS, -n_stages - 1, n_stages);
    for (int i = 0; i < M2F_MAPS; i++)
        if (stages[i] < 0)
            stages[i] += n_stages + 1;
    if (!is_increasing (stages))
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "out_indices", indices,
            "four stages from 0 to %d in order", n_stages);
}

void
m2f_backbone_read_stages (M2fJson *json, int n_stages, int stages[M2F_MAPS])
{
    const json_t *names = m2f_json_get (json, "out_features");
    const json_t *indices = m2f_json_get (json, "out_indices");
    int indexed[M2F_MAPS];

    for (int i = 0; i < M2F_MAPS; i++)
        stages[i] = n_stages - M2F_MAPS + 1 + i;
    if (names)
        read_names (json, names, n_stages, stages);
    if (!indices || *json->error)
        return;
    memcpy (indexed, stages, sizeof indexed);
    read_indices (json, indices, n_stages, indexed);
    if (names && memcmp (indexed, stages, sizeof indexed) != 0)
        m2f_json_fail (json, M2F_ERROR_CONFIG, "out_indices", indices,
            "the stages of out_features");
    memcpy (stages, indexed, sizeof indexed);
}

int
m2f_backbone_count_stages (M2fJson *json)
{
    const json_t *depths = m2f_json_get (json, "depths");
    const size_t n = json_array_size (depths);

    if (!depths)
        return 4;
    if (json_is_array (depths) && n >= M2F_MAPS - 1 && n <= M2F_MAX_STAGES)
        return (int) n;
    m2f_json_fail (json, M2F_ERROR_CONFIG, "depths", depths, "a list of %d to %d integers",
        M2F_MAPS - 1, M2F_MAX_STAGES);
    return 4;
}

void
m2f_backbone_read_list (M2fJson *json, const char *key, int *values, int n_stages, int min, int max)
{
    if (!m2f_json_get (json, key) && n_stages != 4)
        m2f_json_fail (json, M2F_ERROR_CONFIG, key, NULL, "a list of %d integers", n_stages);
    m2f_json_ints (json, key, values, n_stages, min, max);
}

void
m2f_backbone_read_sides (M2fJson *json, const char *key, int fallback, int min, int max,
    int sides[2])
{
    sides[0] = sides[1] = fallback;
    if (json_is_array (m2f_json_get (json, key)))
        m2f_json_ints (json, key, sides, 2, min, max);
    else
        sides[0] = sides[1] = m2f_json_int (json, key, fallback, min, max);
}

void
m2f_backbone_check_stages (M2fJson *json, int n_stages, int embed_dim, const int *num_heads,
    double mlp_ratio)
{
    for (int i = 0; !*json->error && i < n_stages; i++) {
        const int channels = embed_dim << i;

        if (channels % num_heads[i] != 0) {
            g_autofree char *key = g_strdup_printf ("num_heads[%d]", i);
            g_autoptr (json_t) found = json_integer (num_heads[i]);
            m2f_json_fail (json, M2F_ERROR_CONFIG, key, found,
                "a divisor of the stage's %d channels", channels);
        }
        if ((int) (mlp_ratio * channels) < 1)
            m2f_json_fail (json, M2F_ERROR_CONFIG, "mlp_ratio", m2f_json_get (json, "mlp_ratio"),
                "at least one hidden channel for %d", channels);
    }
}

void
m2f_backbone_require_rgb (M2fJson *json)
{
    if (m2f_json_int (json, "num_channels", 3, 1, G_MAXINT) != 3)
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "num_channels",
            m2f_json_get (json, "num_channels"), "3");
}
