/* Tests of config.c and json.c.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <sys/stat.h>

#include "tests/unit/config_text.h"

/* ---- what must work ------------------------------------------------------------------------ */

START_TEST (test_fixtures)
{
    static const struct {
        const char *name;
        int n_labels, n_queries, mask_feature_size, decoder_layers, window;
        bool pre_norm;
    } cases[] = {
        { "bfloat16-weights", 6, 9, 32, 4, 7, false },
        { "half-weights", 12, 12, 32, 4, 7, false },
        { "map-below-window", 6, 9, 32, 4, 12, false },
        { "odd-sizes", 3, 5, 32, 4, 4, false },
        { "pre-norm", 2, 9, 32, 7, 7, true },
        { "square", 6, 9, 32, 4, 7, false },
        { "wide-masks", 6, 7, 64, 4, 7, false },
    };
    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
        g_autofree char *dir = fixture_dir (cases[i].name);
        g_autoptr (GError) error = NULL;
        g_autoptr (M2fConfig) c = m2f_config_load (dir, NULL, &error);
        ck_assert_msg (c != NULL, "%s", error ? error->message : "no message");
        ck_assert_int_eq (c->n_labels, cases[i].n_labels);
        ck_assert_int_eq (c->num_queries, cases[i].n_queries);
        ck_assert_int_eq (c->mask_feature_size, cases[i].mask_feature_size);
        ck_assert_int_eq (c->decoder_layers, cases[i].decoder_layers);
        ck_assert_int_eq (c->backbone.swin.window_size, cases[i].window);
        ck_assert (c->pre_norm == cases[i].pre_norm);
        for (int l = 0; l < c->n_labels; l++) {
            g_autofree char *name = g_strdup_printf ("class %d", l);
            ck_assert_str_eq (c->labels[l], name);
        }
        ck_assert_ptr_null (c->labels[c->n_labels]);
    }
}
END_TEST

START_TEST (test_shipped)
{
    g_autofree char *dir = shipped_dir ();
    g_autoptr (M2fConfig) c = m2f_config_load (dir, NULL, NULL);
    ck_assert_ptr_nonnull (c);
    static const int channels[] = { 24, 32, 96, 320 }, strides[][2]
        = { { 4, 4 }, { 8, 8 }, { 16, 16 }, { 32, 32 } };
    ck_assert_int_eq (c->backbone.kind, M2F_BACKBONE_MOBILENET);
    ck_assert_str_eq (c->backbone.mobilenet.name, "mobilenetv2_100");
    ck_assert_mem_eq (c->backbone.channels, channels, sizeof channels);
    ck_assert_mem_eq (c->backbone.strides, strides, sizeof strides);
    ck_assert_int_eq (c->feature_size, 128);
    ck_assert_int_eq (c->hidden_dim, 128);
    ck_assert_int_eq (c->encoder_layers, 2);
    ck_assert_int_eq (c->encoder_feedforward_dim, 256);
    ck_assert_int_eq (c->dim_feedforward, 256);
    ck_assert_int_eq (c->num_attention_heads, 8);
    ck_assert_int_eq (c->num_queries, 40);
    ck_assert (!c->pre_norm && !c->enforce_input_projection);
    ck_assert_int_eq (c->n_labels, 7);
    ck_assert_str_eq (c->labels[5], "building or vegetation");
}
END_TEST

/* Mask2FormerConfig () and SwinConfig (). */
START_TEST (test_defaults)
{
    g_autoptr (M2fConfig) c = load_good ("{}");
    static const int small[] = { 2, 2, 18, 2 }, tiny[] = { 2, 2, 6, 2 }, heads[] = { 3, 6, 12, 24 };
    ck_assert_int_eq (c->feature_size, 256);
    ck_assert_int_eq (c->mask_feature_size, 256);
    ck_assert_int_eq (c->hidden_dim, 256);
    ck_assert_int_eq (c->encoder_layers, 6);
    ck_assert_int_eq (c->encoder_feedforward_dim, 1024);
    ck_assert_int_eq (c->decoder_layers, 10);
    ck_assert_int_eq (c->dim_feedforward, 2048);
    ck_assert_int_eq (c->num_attention_heads, 8);
    ck_assert_int_eq (c->num_queries, 100);
    ck_assert (!c->pre_norm && !c->enforce_input_projection);
    ck_assert_int_eq (c->n_labels, 2);
    ck_assert_str_eq (c->labels[1], "LABEL_1");
    ck_assert_mem_eq (c->backbone.swin.depths, small, sizeof small);

    g_autoptr (M2fConfig) s = load_good ("{\"backbone_config\": {\"model_type\": \"swin\"}}");
    ck_assert_mem_eq (s->backbone.swin.depths, tiny, sizeof tiny);
    ck_assert_mem_eq (s->backbone.swin.num_heads, heads, sizeof heads);
    ck_assert_int_eq (s->backbone.swin.embed_dim, 96);
    ck_assert_int_eq (s->backbone.swin.window_size, 7);
    ck_assert (s->backbone.swin.qkv_bias);
}
END_TEST

START_TEST (test_variants)
{
    g_autoptr (M2fConfig) c = load_good (
        "{\"unknown\": [1, {}], \"enforce_input_proj\": 3, \"num_labels\": 3, \"id2label\": null,"
        " \"num_hidden_layers\": 4, \"hidden_size\": 128, \"output_auxiliary_logits\": null,"
        " \"backbone_config\": {\"model_type\": \"swin\", \"patch_size\": [4, 4],"
        "  \"qkv_bias\": false,"
        "  \"mlp_ratio\": 2.5, \"out_features\": null, \"out_indices\": [1, 2, 3, -1],"
        "  \"image_size\": [224, 224]}}");
    ck_assert_int_eq (c->n_labels, 3);
    ck_assert_int_eq (c->decoder_layers, 4);
    ck_assert_int_eq (c->hidden_dim, 128);
    ck_assert (!c->backbone.swin.qkv_bias);
    ck_assert_double_eq (c->backbone.swin.mlp_ratio, 2.5);

    /* By number, not by where they stand; the proper name wins over its alias. */
    g_autoptr (M2fConfig) l = load_good (
        "{\"id2label\": {\"2\": \"c\", \"0\": \"a\", \"1\": \"\\u00fc\"},"
        " \"decoder_layers\": 3, \"num_hidden_layers\": 9}");
    ck_assert_int_eq (l->n_labels, 3);
    ck_assert_str_eq (l->labels[0], "a");
    ck_assert_str_eq (l->labels[1], "\xc3\xbc");
    ck_assert_str_eq (l->labels[2], "c");
    ck_assert_int_eq (l->decoder_layers, 3);
}
END_TEST

static const struct {
    const char *text; /* text of config.json */
    int n_labels;     /* without the network */
    int rows;         /* classes of the network */
    const char *labels;
    const char *warning; /* words of it, or NULL */
} class_names[] = {
    { "{\"id2label\": {\"1\": \"a\", \"2\": \"b\", \"3\": \"c\"}}", 3, 3, "LABEL_0,a,b",
        "no name for class 0|1 name of" },
    { "{\"id2label\": {\"0\": \"a\", \"1\": \"b\", \"255\": \"c\"}}", 3, 3, "a,b,LABEL_2",
        "no name for class 2|1 name of" },
    { "{\"id2label\": {\"02\": \"c\", \"00\": \"a\", \" +1 \": \"b\"}}", 3, 3, "a,b,c", NULL },
    { "{\"id2label\": {\"0\": \"a\", \"00\": \"b\"}}", 1, 1, "b", NULL },
    { "{\"id2label\": {\"0\": \"a\", \"-1\": \"b\", \"99999999999\": \"c\"}}", 3, 1, "a",
        "2 names of classes that the network does not have" },
    /* transformers: num_labels that is not the number of names makes new ones */
    { "{\"id2label\": {\"0\": \"a\", \"1\": \"b\", \"2\": \"c\"}, \"num_labels\": 2}", 2, 2,
        "LABEL_0,LABEL_1", "num_labels is 2|id2label has 3 names" },
    { "{\"id2label\": {\"1\": \"a\", \"2\": \"b\"}, \"num_labels\": 2}", 2, 2, "LABEL_0,a",
        "no name for class 0" },
    { "{\"id2label\": {\"0\": \"a\", \"1\": \"b\", \"2\": \"c\"}, \"num_labels\": 9}", 9, 3,
        "a,b,c", NULL },
    /* the rows decide */
    { "{\"id2label\": {\"0\": \"a\", \"1\": \"b\", \"2\": \"c\"}}", 3, 2, "a,b", "1 name of" },
    { "{\"id2label\": {\"0\": \"a\"}}", 1, 3, "a,LABEL_1,LABEL_2", "no name for classes 1, 2" },
    { "{\"id2label\": {\"0\": \"a\", \"1\": \"\", \"2\": \" \\t\"}}", 3, 3, "a,LABEL_1,LABEL_2",
        "no name for classes 1, 2" },
    { "{\"num_labels\": 2}", 2, 2, "LABEL_0,LABEL_1", "no id2label" },
    { "{\"num_labels\": 3.0, \"id2label\": null}", 3, 2, "LABEL_0,LABEL_1", "no id2label" },
    { "{\"num_labels\": 0}", 0, 0, "", "no classes" },
    { "{\"id2label\": {}}", 0, 0, "", "no classes" },
    { "{}", 2, 3, "LABEL_0,LABEL_1,LABEL_2", "no id2label" },
    { "{\"label2id\": {\"b\": 1, \"a\": 0.0}}", 2, 2, "a,b", NULL },
    { "{\"label2id\": {\"b\": 1, \"a\": \"x\"}}", 2, 2, "LABEL_0,b", "label2id|class 0" },
    { "{\"id2label\": {\"0\": \"a\"}, \"label2id\": {\"b\": 0}}", 1, 1, "a", NULL },
};

START_TEST (test_class_names)
{
    for (size_t i = 0; i < G_N_ELEMENTS (class_names); i++) {
        g_autoptr (M2fConfig) c = load_good (class_names[i].text);
        ck_assert_int_eq (c->n_labels, class_names[i].n_labels);
        ck_assert_int_eq (g_strv_length (c->labels), c->n_labels);
        g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
        m2f_config_set_n_labels (c, class_names[i].rows, warnings);
        ck_assert_int_eq (c->n_labels, class_names[i].rows);
        g_autofree char *labels = g_strjoinv (",", c->labels);
        ck_assert_str_eq (labels, class_names[i].labels);
        ck_assert_msg (warnings->len == (class_names[i].warning != NULL), "%s: %u warnings",
            class_names[i].text, warnings->len);
        g_auto (GStrv) words = g_strsplit (class_names[i].warning ? class_names[i].warning : "",
            "|", -1);
        for (char **word = words; *word; word++)
            ck_assert_msg (strstr (warnings->pdata[0], *word) != NULL, "%s: no \"%s\"",
                (char *) warnings->pdata[0], *word);
    }
}
END_TEST

START_TEST (test_other_classes)
{
    static const struct {
        const char *text, *word;
    } cases[] = {
        { "{\"architectures\": [\"Mask2FormerForUniversalSegmentation\"]}", NULL },
        { "{\"architectures\": [\"Mask2FormerModel\"]}", NULL },
        { "{\"architectures\": null}", NULL },
        { "{\"architectures\": []}", NULL },
        { "{\"architectures\": [\"My\\u001bFormer\"]}", "\"My\\u001bFormer\"" },
        { "{\"architectures\": \"MyFormer\"}", "\"MyFormer\"" },
        { "{\"architectures\": [7]}", "found 7" },
        { "{\"auto_map\": {\"AutoModel\": \"m.M\"}}", "auto_map" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS (cases); i++) {
        char *dir = scratch_new ();
        g_free (scratch_write (dir, "config.json", cases[i].text, -1));
        g_autoptr (GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
        g_autoptr (M2fConfig) c = m2f_config_load (dir, warnings, NULL);
        ck_assert_ptr_nonnull (c);
        ck_assert_int_eq (warnings->len, cases[i].word != NULL);
        ck_assert (!cases[i].word || strstr (warnings->pdata[0], cases[i].word));
        scratch_free (dir);
    }
}
END_TEST

/* JSON that only Python takes, in keys that are not read, and unusual ways to write numbers. */
START_TEST (test_lenient)
{
    static const char *const unread[] = { "\"x\": NaN", "\"x\": [0.0, Infinity]",
        "\"x\": -Infinity", "\"x\": {\"y\": [NaN]}", "\"x\": 123456789012345678901234567890",
        "\"x\": -123456789012345678901234567890", "\"x\": 1e400", "\"x\": -1.5E+400",
        "\"x\": 1e-400", "\"x\": 1, \"x\": 2", "\"x\": \"\\ud83d\"",
        "\"x\": \"\\udc00\\ud83d\"", "\"\\ud83d\": 1", "\"x\": \"\\u0000\"", "\"\\u0000\": 1",
        "\"x\": \"NaN, \\\"Infinity\"", "\"x\": \"\\ud83d\\ude00\"" };
    for (size_t i = 0; i < G_N_ELEMENTS (unread); i++) {
        g_autofree char *text = g_strdup_printf ("{%s, \"num_queries\": 50}", unread[i]);
        g_autoptr (M2fConfig) c = load_good (text);
        ck_assert_int_eq (c->num_queries, 50);
    }
    g_autoptr (M2fConfig) c = load_good (
        "{\"num_queries\": 10, \"num_queries\": 1e2, \"feature_size\": 64.0, \"pre_norm\": 1,"
        " \"hidden_dim\": 128.0, \"enforce_input_projection\": 0.0,"
        " \"id2label\": {\"0\": \"\\ud83d\", \"1\": \"a\\u0000b\", \"2\": \"\\ud83d\\ude00\"},"
        " \"backbone_config\": {\"model_type\": \"swin\", \"depths\": [1.0, 1, 2e0, 1]}}");
    ck_assert_int_eq (c->num_queries, 100);
    ck_assert_int_eq (c->feature_size, 64);
    ck_assert_int_eq (c->hidden_dim, 128);
    ck_assert (c->pre_norm && !c->enforce_input_projection);
    ck_assert_int_eq (c->backbone.swin.depths[2], 2);
    ck_assert_str_eq (c->labels[0], "\xef\xbf\xbd");
    ck_assert_str_eq (c->labels[1], "a\xef\xbf\xbd" "b");
    ck_assert_str_eq (c->labels[2], "\xf0\x9f\x98\x80");
}
END_TEST

/* Swin-L as transformers 4 wrote it, with what it left in. */
START_TEST (test_older_file)
{
    g_autoptr (M2fConfig) c = load_good (
        "{\"_commit_hash\": null, \"activation_function\": \"relu\","
        " \"architectures\": [\"Mask2FormerForUniversalSegmentation\"], \"backbone\": null,"
        " \"backbone_config\": {\"_name_or_path\": \"\", \"add_cross_attention\": false,"
        "  \"depths\": [2, 2, 18, 2], \"drop_path_rate\": 0.3, \"embed_dim\": 192,"
        "  \"encoder_stride\": 32, \"hidden_act\": \"gelu\", \"hidden_size\": 1536,"
        "  \"id2label\": {\"0\": \"LABEL_0\", \"1\": \"LABEL_1\"}, \"image_size\": 384,"
        "  \"layer_norm_eps\": 1e-05, \"mlp_ratio\": 4.0, \"model_type\": \"swin\","
        "  \"num_channels\": 3, \"num_heads\": [6, 12, 24, 48], \"num_layers\": 4,"
        "  \"out_features\": [\"stage1\", \"stage2\", \"stage3\", \"stage4\"],"
        "  \"path_norm\": true, \"patch_size\": 4, \"pruned_heads\": {}, \"qkv_bias\": true,"
        "  \"torch_dtype\": null, \"use_absolute_embeddings\": false, \"window_size\": 12},"
        " \"backbone_kwargs\": null, \"common_stride\": 4, \"decoder_layers\": 10,"
        " \"enforce_input_proj\": false, \"feature_size\": 256, \"hidden_dim\": 256,"
        " \"id2label\": {\"0\": \"road\"}, \"label2id\": {\"road\": 0},"
        " \"model_type\": \"mask2former\", \"num_hidden_layers\": 10, \"num_queries\": 200,"
        " \"torch_dtype\": \"float32\", \"transformers_version\": null,"
        " \"use_pretrained_backbone\": false, \"use_timm_backbone\": false}");
    ck_assert_int_eq (c->backbone.swin.embed_dim, 192);
    ck_assert_int_eq (c->backbone.swin.num_heads[3], 48);
    ck_assert_int_eq (c->backbone.swin.window_size, 12);
    ck_assert_int_eq (c->num_queries, 200);
    ck_assert_int_eq (c->decoder_layers, 10);
    ck_assert_int_eq (c->n_labels, 1);
    ck_assert_str_eq (c->labels[0], "road");
}
END_TEST

/* ---- what must be refused ------------------------------------------------------------------ */

static const struct {
    const char *text;
    M2fError code;
    const char *words;
} hostile[] = {
    { "", M2F_ERROR_FORMAT, "expected JSON" },
    { "null", M2F_ERROR_FORMAT, "JSON object|found null" },
    { "[]", M2F_ERROR_FORMAT, "JSON object|a list of 0" },
    { "{\"a\": nan}", M2F_ERROR_FORMAT, "expected JSON" },
    { "{\"a\": +1}", M2F_ERROR_FORMAT, "expected JSON" },
    { "{\"a\": 0x10}", M2F_ERROR_FORMAT, "expected JSON" },
    { "{} trailing", M2F_ERROR_FORMAT, "expected JSON" },

    { "{\"model_type\": \"maskformer\"}", M2F_ERROR_UNSUPPORTED,
        "model_type: expected \"mask2former\"|found \"maskformer\"" },
    { "{\"model_type\": 7}", M2F_ERROR_CONFIG, "model_type|string|found 7" },
    { "{\"activation_function\": \"glu\"}", M2F_ERROR_UNSUPPORTED,
        "activation_function|one of relu, gelu,|found \"glu\"" },
    { "{\"activation_function\": 3}", M2F_ERROR_CONFIG, "activation_function|string|found 3" },
    { "{\"num_queries\": 0}", M2F_ERROR_CONFIG, "num_queries|from 1|found 0" },
    { "{\"num_queries\": -100}", M2F_ERROR_CONFIG, "num_queries|found -100" },
    { "{\"num_queries\": 100.5}", M2F_ERROR_CONFIG, "num_queries|an integer|found 100.5" },
    { "{\"num_queries\": NaN}", M2F_ERROR_CONFIG, "num_queries|an integer|found \"NaN\"" },
    { "{\"num_queries\": 1e400}", M2F_ERROR_CONFIG, "num_queries|an integer|found \"1e400\"" },
    { "{\"num_queries\": 100, \"num_queries\": 0}", M2F_ERROR_CONFIG, "num_queries|found 0" },
    { "{\"num_queries\": \"100\"}", M2F_ERROR_CONFIG, "num_queries|found \"100\"" },
    { "{\"num_queries\": true}", M2F_ERROR_CONFIG, "num_queries|found true" },
    { "{\"num_queries\": 4294967396}", M2F_ERROR_CONFIG, "num_queries|found 4294967396" },
    { "{\"num_queries\": 99999999999999999999}", M2F_ERROR_CONFIG,
        "num_queries|99999999999999999999" },
    { "{\"feature_size\": 2147483647}", M2F_ERROR_CONFIG, "feature_size|found 2147483647" },
    { "{\"feature_size\": 48}", M2F_ERROR_CONFIG, "feature_size|multiple|32|found 48" },
    { "{\"num_attention_heads\": 7}", M2F_ERROR_CONFIG,
        "feature_size|num_attention_heads, 7|found 256" },
    { "{\"hidden_dim\": 100}", M2F_ERROR_CONFIG, "hidden_dim|num_attention_heads, 8|found 100" },
    { "{\"hidden_dim\": 34, \"num_attention_heads\": 2}", M2F_ERROR_CONFIG,
        "hidden_dim|position embedding|found 34" },
    { "{\"mask_feature_size\": 0}", M2F_ERROR_CONFIG, "mask_feature_size|found 0" },
    { "{\"encoder_layers\": -1}", M2F_ERROR_CONFIG, "encoder_layers|from 0|found -1" },
    { "{\"encoder_feedforward_dim\": {}}", M2F_ERROR_CONFIG,
        "encoder_feedforward_dim|an object of 0" },
    { "{\"dim_feedforward\": -1}", M2F_ERROR_CONFIG, "dim_feedforward|found -1" },
    { "{\"dim_feedforward\": 1000000000}", M2F_ERROR_CONFIG, "dim_feedforward|found 1000000000" },
    { "{\"decoder_layers\": -1}", M2F_ERROR_CONFIG, "decoder_layers|from 0|found -1" },
    { "{\"pre_norm\": 2}", M2F_ERROR_CONFIG, "pre_norm|true or false|found 2" },
    { "{\"enforce_input_projection\": \"no\"}", M2F_ERROR_CONFIG, "enforce_input_projection" },
    { "{\"common_stride\": 0}", M2F_ERROR_CONFIG, "common_stride|found 0" },
    { "{\"feature_strides\": []}", M2F_ERROR_CONFIG,
        "feature_strides|1 to 64 strides|a list of 0" },
    { "{\"feature_strides\": 4}", M2F_ERROR_CONFIG, "feature_strides|1 to 64 strides|found 4" },
    { "{\"feature_strides\": [4, 8, 16, 0]}", M2F_ERROR_CONFIG, "feature_strides[3]|found 0" },
    { "{\"feature_strides\": [4, 8, 16, \"32\"]}", M2F_ERROR_CONFIG, "feature_strides[3]" },

    { "{\"id2label\": [\"a\"]}", M2F_ERROR_CONFIG, "id2label|a list of 1" },
    { "{\"id2label\": {\"0\": 5}}", M2F_ERROR_CONFIG, "id2label[\"0\"]|a name|found 5" },
    { "{\"id2label\": {\"0\": null}}", M2F_ERROR_CONFIG, "id2label[\"0\"]|a name|found null" },
    { "{\"id2label\": {\"a\": \"b\"}}", M2F_ERROR_CONFIG, "id2label[\"a\"]|an integer" },
    { "{\"id2label\": {\"\": \"b\"}}", M2F_ERROR_CONFIG, "id2label[\"\"]|an integer" },
    { "{\"id2label\": {\"1.0\": \"b\"}}", M2F_ERROR_CONFIG, "id2label[\"1.0\"]|an integer" },
    { "{\"label2id\": []}", M2F_ERROR_CONFIG, "label2id|0 to 16384 names|a list of 0" },
    { "{\"num_labels\": -1}", M2F_ERROR_CONFIG, "num_labels|found -1" },
    { "{\"num_labels\": 100000000}", M2F_ERROR_CONFIG, "num_labels|found 100000000" },
};

/* Number of levels of the FPN that transformers 5.12.1 makes. */
static const struct {
    const char *strides;
    int levels;
} strides[] = {
    { "{\"common_stride\": 1}", 3 },
    { "{\"common_stride\": 2}", 2 },
    { "{\"common_stride\": 3}", 1 },
    { "{\"common_stride\": 4}", 1 },
    { "{\"common_stride\": 5}", 0 },
    { "{\"common_stride\": 8}", 0 },
    { "{\"common_stride\": 16}", 3 },
    { "{\"common_stride\": 32}", 2 },
    { "{\"common_stride\": 64}", 1 },
    { "{\"common_stride\": 128}", 0 },
    { "{\"common_stride\": 1024}", 0 },
    { "{\"feature_strides\": [2, 4, 8, 16]}", 0 },
    { "{\"feature_strides\": [32, 16, 8, 4]}", 0 },
    { "{\"feature_strides\": [64, 32]}", 3 },
    { "{\"feature_strides\": [512], \"common_stride\": 1}", 4 },
};

START_TEST (test_fpn_levels)
{
    for (size_t i = 0; i < G_N_ELEMENTS (strides); i++) {
        g_autoptr (M2fConfig) c = load_good (strides[i].strides);
        ck_assert_int_eq (c->fpn_levels, strides[i].levels);
    }
}
END_TEST

START_TEST (test_variations)
{
    g_autoptr (M2fConfig) c = load_good ("{\"activation_function\": \"swish\","
        " \"encoder_layers\": 0, \"decoder_layers\": 1, \"backbone_config\": {"
        " \"hidden_act\": \"gelu_fast\", \"patch_size\": [2, 2], \"num_channels\": 4,"
        " \"use_absolute_embeddings\": true, \"image_size\": [65, 32]}}");

    ck_assert_int_eq (c->activation, M2F_SILU);
    ck_assert_int_eq (c->encoder_layers, 0);
    ck_assert_int_eq (c->decoder_layers, 1);
    ck_assert_int_eq (c->backbone.num_channels, 4);
    ck_assert_int_eq (c->backbone.strides[3][1], 16);
    ck_assert_int_eq (c->backbone.swin.activation, M2F_GELU_TANH);
    ck_assert_int_eq (c->backbone.swin.positions, 32 * 16);
}
END_TEST

START_TEST (test_hostile)
{
    for (size_t i = 0; i < G_N_ELEMENTS (hostile); i++)
        refuse (hostile[i].text, hostile[i].code, hostile[i].words);
}
END_TEST

START_TEST (test_hostile_sizes)
{
    g_autofree char *brackets = g_strnfill (100000, '[');
    g_autofree char *deep = g_strdup_printf ("{\"a\": %s", brackets);
    refuse (deep, M2F_ERROR_FORMAT, "depth");

    g_autofree char *spaces = g_strnfill (17 << 20, ' ');
    refuse (spaces, M2F_ERROR_FORMAT, "at most 16777216 bytes|found 17825792");

    GString *lists = g_string_new ("{\"x\": [");
    for (int i = 0; i < 200000; i++)
        g_string_append (lists, "[],");
    g_string_append (lists, "[]]}");
    refuse (lists->str, M2F_ERROR_FORMAT, "at most 262144 values|found 400004");
    g_string_free (lists, TRUE);

    g_autofree char *letters = g_strnfill (5000, 'x');
    g_autofree char *named = g_strdup_printf ("{\"id2label\": {\"0\": \"%s\"}}", letters);
    refuse (named, M2F_ERROR_CONFIG, "id2label[\"0\"]|1024 bytes|xxx...");
    g_autofree char *model = g_strdup_printf ("{\"model_type\": \"%s\"}", letters);
    refuse (model, M2F_ERROR_UNSUPPORTED, "model_type|xxx...");
}
END_TEST

START_TEST (test_not_files)
{
    g_autoptr (GError) error = NULL;
    ck_assert_ptr_null (m2f_config_load ("/nonexistent/model", NULL, &error));
    check_error (&error, M2F_ERROR_NOT_FOUND, "/nonexistent/model|checkpoint directory");

    char *dir = scratch_new ();
    ck_assert_ptr_null (m2f_config_load (dir, NULL, &error));
    check_error (&error, M2F_ERROR_NOT_FOUND, dir);
    g_autofree char *path = g_build_filename (dir, "config.json", NULL);
    ck_assert_int_eq (mkfifo (path, 0600), 0);
    ck_assert_ptr_null (m2f_config_load (dir, NULL, &error));
    check_error (&error, M2F_ERROR_READ, "config.json|found a FIFO");
    ck_assert_ptr_null (m2f_config_load (path, NULL, &error));
    check_error (&error, M2F_ERROR_READ, "checkpoint directory|found a FIFO");
    ck_assert_int_eq (g_remove (path), 0);
    ck_assert_int_eq (g_mkdir (path, 0700), 0);
    ck_assert_ptr_null (m2f_config_load (dir, NULL, &error));
    check_error (&error, M2F_ERROR_READ, "config.json|expected a file, found a directory");
    scratch_free (dir);
    m2f_config_free (NULL);
}
END_TEST

int
main (void)
{
    return RUN_TESTS ("config", test_fixtures, test_shipped, test_defaults, test_variants,
        test_class_names, test_other_classes, test_lenient, test_older_file, test_fpn_levels,
        test_variations, test_hostile, test_hostile_sizes, test_not_files);
}
