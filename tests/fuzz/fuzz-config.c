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
    g_assert_true (c->fpn_levels >= 0 && c->fpn_levels <= M2F_MAPS);
    /* The network divides by strides and takes the first map for the finest. */
    for (int i = 0; i < M2F_MAPS; i++) {
        g_assert_cmpint (c->backbone.channels[i], >, 0);
        g_assert_cmpint (c->backbone.strides[i], >=, i == 0 ? 1 : c->backbone.strides[i - 1]);
    }
    for (int i = 0; c->backbone.kind == M2F_BACKBONE_SWIN && i < M2F_SWIN_STAGES; i++)
        g_assert_cmpint (c->backbone.channels[i] % c->backbone.swin.num_heads[i], ==, 0);
    for (int i = 0; i < c->n_labels; i++)
        g_assert_true (g_utf8_validate (c->labels[i], -1, NULL));
    g_assert_null (c->labels[c->n_labels]);
    const M2fLabelSet *set = m2f_label_set_find (c);
    g_assert_true (!set || set->n_labels == c->n_labels);
    return 0;
}
