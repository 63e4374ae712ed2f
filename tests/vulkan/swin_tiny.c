/* A checkpoint of Swin-T's size.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/vulkan/swin_tiny.h"

#include <check.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define CLASSES 133
#define HIDDEN 256 /* channels of the decoders */

static const int depths[] = { 2, 2, 6, 2 };

static const char config[]
    = "{\"model_type\": \"mask2former\", \"num_queries\": 100, \"backbone_config\": {"
      "\"model_type\": \"swin\", \"embed_dim\": 96, \"depths\": [2, 2, 6, 2],"
      "\"num_heads\": [3, 6, 12, 24], \"window_size\": 7,"
      "\"out_features\": [\"stage1\", \"stage2\", \"stage3\", \"stage4\"]}, \"id2label\": {";

static const char processor[] = "{\"image_processor_type\": \"Mask2FormerImageProcessor\","
                                "\"size\": {\"height\": 384, \"width\": 384}}";

/* The file's header, and the length of what follows it. */
typedef struct Writer {
    GString *header;
    gint64 size;
} Writer;

/* Adds a tensor of up to four dimensions; zeros follow the last one.  Its name begins as the format
 * says. */
G_GNUC_PRINTF (4, 5)
static void
add (Writer *w, const char *suffix, const int shape[4], const char *format, ...)
{
    g_autoptr (GString) dims = g_string_new (NULL);
    gint64 size = sizeof (float);
    va_list args;

    va_start (args, format);
    g_autofree char *name = g_strdup_vprintf (format, args);
    va_end (args);
    for (int i = 0; i < 4 && shape[i] > 0; i++) {
        g_string_append_printf (dims, "%s%d", i > 0 ? ", " : "", shape[i]);
        size *= shape[i];
    }
    g_string_append_printf (w->header,
        "%s\"%s%s\": {\"dtype\": \"F32\", \"shape\": [%s], \"data_offsets\": "
        "[%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT "]}",
        w->header->len > 1 ? ", " : "", name, suffix, dims->str, w->size, w->size + size);
    w->size += size;
}

#define SHAPE(...) ((const int[4]) { __VA_ARGS__ })

/* Add the weight, of (outputs, inputs), and the bias of a linear layer, and those of a norm. */
#define ADD_LINEAR(w, n, k, ...)                   \
    (add (w, ".weight", SHAPE (n, k), __VA_ARGS__), \
        add (w, ".bias", SHAPE (n), __VA_ARGS__))
#define ADD_NORM(w, n, ...)                         \
    (add (w, ".weight", SHAPE (n), __VA_ARGS__), \
        add (w, ".bias", SHAPE (n), __VA_ARGS__))

#define ENCODER "model.pixel_level_module.encoder."
#define PIXELS "model.pixel_level_module.decoder."
#define QUERIES "model.transformer_module."

static void
add_block (Writer *w, int stage, int block)
{
    const char *const projections[] = { "query", "key", "value" };
    const int channels = 96 << stage, heads = 3 << stage;
    g_autofree char *name
        = g_strdup_printf (ENCODER "encoder.layers.%d.blocks.%d.", stage, block);

    for (guint i = 0; i < G_N_ELEMENTS (projections); i++)
        ADD_LINEAR (w, channels, channels, "%sattention.self.%s", name, projections[i]);
    add (w, "", SHAPE (13 * 13, heads), "%sattention.self.relative_position_bias_table", name);
    ADD_LINEAR (w, channels, channels, "%sattention.output.dense", name);
    ADD_LINEAR (w, 4 * channels, channels, "%sintermediate.dense", name);
    ADD_LINEAR (w, channels, 4 * channels, "%soutput.dense", name);
    ADD_NORM (w, channels, "%slayernorm_before", name);
    ADD_NORM (w, channels, "%slayernorm_after", name);
}

static void
add_backbone (Writer *w)
{
    add (w, "weight", SHAPE (96, 3, 4, 4), ENCODER "embeddings.patch_embeddings.projection.");
    add (w, "bias", SHAPE (96), ENCODER "embeddings.patch_embeddings.projection.");
    ADD_NORM (w, 96, ENCODER "embeddings.norm");
    for (int stage = 0; stage < 4; stage++) {
        const int channels = 96 << stage;

        for (int block = 0; block < depths[stage]; block++)
            add_block (w, stage, block);
        ADD_NORM (w, channels, ENCODER "hidden_states_norms.stage%d", stage + 1);
        if (stage == 3)
            return;
        add (w, "reduction.weight", SHAPE (2 * channels, 4 * channels),
            ENCODER "encoder.layers.%d.downsample.", stage);
        ADD_NORM (w, 4 * channels, ENCODER "encoder.layers.%d.downsample.norm", stage);
    }
}

static void
add_pixel_decoder (Writer *w)
{
    for (int i = 0; i < 3; i++) {
        add (w, "weight", SHAPE (HIDDEN, 768 >> i, 1, 1), PIXELS "input_projections.%d.0.", i);
        add (w, "bias", SHAPE (HIDDEN), PIXELS "input_projections.%d.0.", i);
        ADD_NORM (w, HIDDEN, PIXELS "input_projections.%d.1", i);
    }
    for (int i = 0; i < 6; i++) {
        g_autofree char *name = g_strdup_printf (PIXELS "encoder.layers.%d.", i);

        ADD_LINEAR (w, 192, HIDDEN, "%sself_attn.sampling_offsets", name);
        ADD_LINEAR (w, 96, HIDDEN, "%sself_attn.attention_weights", name);
        ADD_LINEAR (w, HIDDEN, HIDDEN, "%sself_attn.value_proj", name);
        ADD_LINEAR (w, HIDDEN, HIDDEN, "%sself_attn.output_proj", name);
        ADD_NORM (w, HIDDEN, "%sself_attn_layer_norm", name);
        ADD_LINEAR (w, 1024, HIDDEN, "%sfc1", name);
        ADD_LINEAR (w, HIDDEN, 1024, "%sfc2", name);
        ADD_NORM (w, HIDDEN, "%sfinal_layer_norm", name);
    }
    add (w, "level_embed", SHAPE (3, HIDDEN), PIXELS);
    add (w, "adapter_1.0.weight", SHAPE (HIDDEN, 96, 1, 1), PIXELS);
    ADD_NORM (w, HIDDEN, PIXELS "adapter_1.1");
    add (w, "layer_1.0.weight", SHAPE (HIDDEN, HIDDEN, 3, 3), PIXELS);
    ADD_NORM (w, HIDDEN, PIXELS "layer_1.1");
    add (w, "mask_projection.weight", SHAPE (HIDDEN, HIDDEN, 1, 1), PIXELS);
    add (w, "mask_projection.bias", SHAPE (HIDDEN), PIXELS);
}

static void
add_decoder_layer (Writer *w, int layer)
{
    const char *const projections[] = { "q_proj", "k_proj", "v_proj", "out_proj" };
    g_autofree char *name = g_strdup_printf (QUERIES "decoder.layers.%d.", layer);

    for (guint i = 0; i < G_N_ELEMENTS (projections); i++)
        ADD_LINEAR (w, HIDDEN, HIDDEN, "%sself_attn.%s", name, projections[i]);
    ADD_NORM (w, HIDDEN, "%sself_attn_layer_norm", name);
    add (w, "weight", SHAPE (3 * HIDDEN, HIDDEN), "%scross_attn.in_proj_", name);
    add (w, "bias", SHAPE (3 * HIDDEN), "%scross_attn.in_proj_", name);
    ADD_LINEAR (w, HIDDEN, HIDDEN, "%scross_attn.out_proj", name);
    ADD_NORM (w, HIDDEN, "%scross_attn_layer_norm", name);
    ADD_LINEAR (w, 2048, HIDDEN, "%sfc1", name);
    ADD_LINEAR (w, HIDDEN, 2048, "%sfc2", name);
    ADD_NORM (w, HIDDEN, "%sfinal_layer_norm", name);
}

static void
add_transformer_decoder (Writer *w)
{
    for (int i = 0; i < 9; i++)
        add_decoder_layer (w, i);
    ADD_NORM (w, HIDDEN, QUERIES "decoder.layernorm");
    for (int i = 0; i < 3; i++)
        ADD_LINEAR (w, HIDDEN, HIDDEN, QUERIES "decoder.mask_predictor.mask_embedder.%d.0", i);
    add (w, "level_embed.weight", SHAPE (3, HIDDEN), QUERIES);
    add (w, "queries_embedder.weight", SHAPE (100, HIDDEN), QUERIES);
    add (w, "queries_features.weight", SHAPE (100, HIDDEN), QUERIES);
}

static void
write_weights (const char *path)
{
    Writer w = { .header = g_string_new ("{") };

    add_backbone (&w);
    add_pixel_decoder (&w);
    add_transformer_decoder (&w);
    ADD_LINEAR (&w, CLASSES + 1, HIDDEN, "class_predictor");
    g_string_append_c (w.header, '}');
    const guint64 length = GUINT64_TO_LE ((guint64) w.header->len);
    FILE *file = fopen (path, "wb");
    ck_assert (file != NULL);
    ck_assert_int_eq (fwrite (&length, sizeof length, 1, file), 1);
    ck_assert_int_eq (fwrite (w.header->str, w.header->len, 1, file), 1);
    ck_assert_int_eq (fclose (file), 0);
    ck_assert_int_eq (
        truncate (path, (off_t) (sizeof length + w.header->len + (guint64) w.size)), 0);
    g_string_free (w.header, TRUE);
}

static const char *const files[]
    = { "config.json", "preprocessor_config.json", "model.safetensors" };

char *
swin_tiny_write (void)
{
    char *dir = g_dir_make_tmp ("swin-tiny-XXXXXX", NULL);
    g_autoptr (GString) json = g_string_new (config);

    ck_assert (dir != NULL);
    for (int i = 0; i < CLASSES; i++)
        g_string_append_printf (json, "%s\"%d\": \"class %d\"", i > 0 ? ", " : "", i, i);
    g_string_append (json, "}}");
    const char *const texts[] = { json->str, processor };
    for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
        g_autofree char *path = g_build_filename (dir, files[i], NULL);
        ck_assert (g_file_set_contents (path, texts[i], -1, NULL));
    }
    g_autofree char *path = g_build_filename (dir, files[2], NULL);
    write_weights (path);
    return dir;
}

void
swin_tiny_remove (const char *dir)
{
    for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
        g_autofree char *path = g_build_filename (dir, files[i], NULL);
        g_unlink (path);
    }
    g_rmdir (dir);
}
