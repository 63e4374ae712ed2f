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

/* True if there are as many stages as the pixel decoder takes maps, in order. */
static bool
are_maps (const int *stages, size_t n)
{
    bool right = n >= M2F_FEATURE_LEVELS && n <= M2F_MAX_MAPS && stages[0] >= 0;

    for (size_t i = 1; right && i < n; i++)
        right = stages[i] > stages[i - 1];
    return right;
}

/* Returns the number of names. */
static int
read_names (M2fJson *json, const json_t *names, int n_stages, int stages[M2F_MAX_MAPS])
{
    const size_t n = json_array_size (names);

    for (size_t i = 0; i < MIN (n, M2F_MAX_MAPS); i++)
        stages[i] = stage_by_name (json_string_value (json_array_get (names, i)), n_stages);
    if (!are_maps (stages, n))
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "out_features", names,
            "%d to %d of \"stem\" and \"stage1\" to \"stage%d\" in order", M2F_FEATURE_LEVELS,
            M2F_MAX_MAPS, n_stages);
    return (int) n;
}

/* Returns the number of indices.  Negative ones count from the last stage. */
static int
read_indices (M2fJson *json, const json_t *indices, int n_stages, int stages[M2F_MAX_MAPS])
{
    const int n = (int) MIN (json_array_size (indices), M2F_MAX_MAPS + 1);

    if (n <= M2F_MAX_MAPS)
        m2f_json_ints (json, "out_indices", stages, n, -n_stages - 1, n_stages);
    for (int i = 0; i < MIN (n, M2F_MAX_MAPS); i++)
        if (stages[i] < 0)
            stages[i] += n_stages + 1;
    if (!are_maps (stages, (size_t) n))
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "out_indices", indices,
            "%d to %d stages from 0 to %d in order", M2F_FEATURE_LEVELS, M2F_MAX_MAPS, n_stages);
    return n;
}

void
m2f_backbone_read_stages (M2fJson *json, int n_stages, M2fBackboneConfig *config)
{
    const json_t *names = m2f_json_get (json, "out_features");
    const json_t *indices = m2f_json_get (json, "out_indices");
    int indexed[M2F_MAX_MAPS] = { 0 }, n = MIN (4, n_stages + 1);

    for (int i = 0; i < n; i++)
        config->stages[i] = n_stages - n + 1 + i;
    if (names)
        n = read_names (json, names, n_stages, config->stages);
    if (indices && !*json->error) {
        const int n_indices = read_indices (json, indices, n_stages, indexed);

        if (names && !*json->error && (n_indices != n
                || memcmp (indexed, config->stages, (size_t) n * sizeof *indexed) != 0))
            m2f_json_fail (json, M2F_ERROR_CONFIG, "out_indices", indices,
                "the stages of out_features");
        memcpy (config->stages, indexed, sizeof indexed);
        n = n_indices;
    }
    config->n_maps = *json->error ? 0 : n;
}

void
m2f_backbone_set_map (M2fBackboneConfig *config, int map, int channels, const int patch[2],
    int halved)
{
    config->channels[map] = channels;
    for (int axis = 0; axis < 2; axis++)
        config->strides[map][axis] = patch[axis] << halved;
}

int
m2f_backbone_count_stages (M2fJson *json)
{
    const json_t *depths = m2f_json_get (json, "depths");
    const size_t n = json_array_size (depths);

    if (!depths)
        return 4;
    if (json_is_array (depths) && n >= M2F_FEATURE_LEVELS - 1 && n <= M2F_MAX_STAGES)
        return (int) n;
    m2f_json_fail (json, M2F_ERROR_CONFIG, "depths", depths, "a list of %d to %d integers",
        M2F_FEATURE_LEVELS - 1, M2F_MAX_STAGES);
    return 4;
}

void
m2f_backbone_read_list (M2fJson *json, const char *key, int *values, int n_stages, int min, int max)
{
    const json_t *list = m2f_json_get (json, key);
    const int n = (int) MIN (json_array_size (list), M2F_MAX_STAGES);

    if (!list && n_stages > 4)
        m2f_json_fail (json, M2F_ERROR_CONFIG, key, NULL, "a list of %d integers", n_stages);
    m2f_json_ints (json, key, values, MAX (n, n_stages), min, max);
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
m2f_backbone_check_stages (M2fJson *json, int n_stages, int embed_dim, const int *num_heads)
{
    for (int i = 0; !*json->error && i < n_stages; i++) {
        const int channels = embed_dim << i;

        if (channels % num_heads[i] != 0) {
            g_autofree char *key = g_strdup_printf ("num_heads[%d]", i);
            g_autoptr (json_t) found = json_integer (num_heads[i]);
            m2f_json_fail (json, M2F_ERROR_CONFIG, key, found,
                "a divisor of the stage's %d channels", channels);
        }
    }
}
