/* Fuzzes config.json.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/config.h"
#include "model/checkpoint/label_sets.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    const char *dir = fuzz_write ("config.json", data, size);
    GError *error = NULL;
    g_autoptr (M2fConfig) c = m2f_config_load (dir, NULL, &error);
    fuzz_check_error (c != NULL, error);
    if (!c)
        return 0;

    g_assert_cmpint (c->feature_size % 32, ==, 0);
    g_assert_cmpint (c->hidden_dim % c->num_attention_heads, ==, 0);
    g_assert_true (c->decoder_layers >= 0 && c->encoder_layers >= 0);
    const M2fBackboneConfig *backbone = &c->backbone;
    const int n_maps = backbone->n_maps;
    g_assert_true (n_maps >= M2F_FEATURE_LEVELS && n_maps <= M2F_MAX_MAPS);
    g_assert_true (c->fpn_levels >= 0 && c->fpn_levels <= n_maps);
    /* The network divides by strides and takes the first map for the finest. */
    for (int i = 0; i < n_maps; i++) {
        g_assert_cmpint (backbone->channels[i], >, 0);
        for (int axis = 0; axis < 2; axis++)
            g_assert_cmpint (backbone->strides[i][axis], >=,
                i == 0 ? 1 : backbone->strides[i - 1][axis]);
    }
    const M2fSwinConfig *swin = &backbone->swin;
    for (int i = 0; backbone->kind == M2F_BACKBONE_SWIN && i < swin->n_stages; i++)
        g_assert_cmpint ((swin->embed_dim << i) % swin->num_heads[i], ==, 0);
    for (int i = 0; i < c->n_labels; i++)
        g_assert_true (g_utf8_validate (c->labels[i], -1, NULL));
    g_assert_null (c->labels[c->n_labels]);
    const M2fLabelSet *set = m2f_label_set_find (c);
    g_assert_true (!set || set->n_labels == c->n_labels);
    return 0;
}
