/* Tests of loading weights that do not fit, and of unusual input sizes.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tests/stages checks the values that the network computes.
 */
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "model/checkpoint/safetensors_write.h"
#include "model/compute/backend.h"
#include "model/network/backbone.h"
#include "model/network/network_stages.h"
#include "tests/unit/scratch.h"

#define BLOCK "model.pixel_level_module.encoder.encoder.layers.2.blocks.1."

/* Changes a tensor before it is written to a copy of a checkpoint; false leaves the tensor out. */
typedef bool (*Edit) (M2fSafetensorOut *tensor);

/* Copies a fixture's weights as float32 into DIR, edited. */
static void
copy_weights (const char *fixture, const char *dir, Edit edit)
{
    g_autofree char *from = fixture_dir (fixture);
    g_autofree char *to = g_build_filename (dir, "model.safetensors", NULL);
    g_autoptr (GPtrArray) buffers = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (GArray) out = g_array_new (FALSE, FALSE, sizeof (M2fSafetensorOut));
    g_autoptr (GError) error = NULL;
    g_autoptr (M2fSafetensors) in = m2f_safetensors_open_dir (from, &error);
    int count;

    ck_assert_ptr_nonnull (in);
    const M2fSafetensor *list = m2f_safetensors_list (in, &count);
    for (int i = 0; i < count; i++) {
        if (list[i].dtype == M2F_DTYPE_I64) /* a counter of training */
            continue;
        float *data = g_new (float, list[i].n_elements);
        g_ptr_array_add (buffers, data);
        ck_assert (m2f_safetensors_read_f32 (in, &list[i], data, &error));
        M2fSafetensorOut t = {
            list[i].name, M2F_DTYPE_F32, list[i].n_dims, list[i].shape, data,
        };
        if (!edit || edit (&t))
            g_array_append_val (out, t);
    }
    ck_assert_msg (m2f_safetensors_write (to, (M2fSafetensorOut *) (void *) out->data,
        (int) out->len, &error), "%s", error ? error->message : "");
}

/* Loads an edited copy of `fixture` on a device. */
static M2fNetwork *
load_edited_on (const char *spec, const char *fixture, M2fConfig *config, Edit edit,
    GError **error)
{
    char *dir = scratch_new ();
    copy_weights (fixture, dir, edit);
    M2fDevice *device = m2f_device_open (spec, M2F_PRECISION_FP32, 1, NULL);
    M2fSafetensors *weights = m2f_safetensors_open_dir (dir, error);
    ck_assert_ptr_nonnull (weights);

    M2fNetwork *network = m2f_network_load (config, weights, device, error);
    m2f_safetensors_close (weights);
    m2f_device_unref (&device);
    scratch_free (dir);
    return network;
}

static M2fNetwork *
load_edited (const char *fixture, M2fConfig *config, Edit edit, GError **error)
{
    return load_edited_on ("reference", fixture, config, edit, error);
}

static M2fConfig *
load_config (const char *fixture)
{
    g_autofree char *dir = fixture_dir (fixture);
    M2fConfig *config = m2f_config_load (dir, NULL, NULL);
    ck_assert_ptr_nonnull (config);
    return config;
}

static void
refuse (Edit edit, const char *words)
{
    g_autoptr (M2fConfig) config = load_config ("square");
    g_autoptr (GError) error = NULL;
    M2fNetwork *network = load_edited ("square", config, edit, &error);
    ck_assert_msg (network == NULL, "loaded weights that are wrong about %s", words);
    check_error (&error, M2F_ERROR_WEIGHTS, words);
}

/* A value of a fixed picture. */
static float
pixel (int64_t channel, int64_t index)
{
    return (float) ((channel * 11 + index) * 7 % 31) / 16 - 1;
}

/* The stage of this name and number. */
static const M2fHostTensor *
find_stage (const GPtrArray *stages, const char *family, int number)
{
    g_autofree char *name = g_strdup_printf ("%s%d", family, number);

    for (guint i = 0; i < stages->len; i++) {
        const M2fHostTensor *t = stages->pdata[i];
        if (g_str_equal (t->name, name))
            return t;
    }
    ck_abort_msg ("no stage %s", name);
}

/* Class logits of a batch of that picture, computed by m2f_network_stages(). */
static M2fHostTensor *
classify (M2fNetwork *network, int64_t batch, int64_t height, int64_t width)
{
    g_autoptr (GError) error = NULL;
    M2fHostTensor *pixels = m2f_host_tensor_new ("pixel_values", 4,
        (int64_t[]) { batch, 3, height, width });
    M2fHostTensor *logits = NULL;

    for (int64_t i = 0; i < batch * 3; i++)
        for (int64_t j = 0; j < height * width; j++)
            pixels->data[i * height * width + j] = pixel (i % 3, j);
    GPtrArray *stages = m2f_network_stages (network, pixels, false, &error);
    ck_assert_msg (stages != NULL, "%s", error ? error->message : "");
    m2f_host_tensor_free (pixels);
    for (guint i = 0; i < stages->len; i++) {
        M2fHostTensor *t = stages->pdata[i];
        if (g_str_equal (t->name, "class_queries_logits"))
            logits = g_ptr_array_steal_index (stages, i--);
    }
    g_ptr_array_unref (stages);
    ck_assert_ptr_nonnull (logits);
    return logits;
}

/* ---- weights that do not fit --------------------------------------------------------------- */

static bool
drop_three (M2fSafetensorOut *t)
{
    return !g_str_equal (t->name, BLOCK "attention.self.key.bias")
        && !g_str_equal (t->name, "class_predictor.weight")
        && !g_str_equal (t->name, "model.pixel_level_module.decoder.level_embed");
}

START_TEST (test_missing)
{
    refuse (drop_three, "3 of |config.json|" BLOCK "attention.self.key.bias: expected (32)|"
        "class_predictor.weight: expected (7, 32), found nothing|"
        "model.pixel_level_module.decoder.level_embed: expected (3, 32)");
}
END_TEST

static bool
drop_decoder (M2fSafetensorOut *t)
{
    return !strstr (t->name, "transformer_module.decoder.layers.");
}

START_TEST (test_many_missing)
{
    refuse (drop_decoder, "layers.0.cross_attn.in_proj_weight|more");
}
END_TEST

static bool
reshape_some (M2fSafetensorOut *t)
{
    static const int64_t transposed[] = { 8, 32 }, flat[] = { 9 * 32 };

    if (g_str_equal (t->name, "model.pixel_level_module.decoder.adapter_1.0.weight")) {
        t->n_dims = 2; /* was 32, 8, 1, 1 */
        t->shape = transposed;
    }
    if (g_str_equal (t->name, "model.transformer_module.queries_features.weight")) {
        t->n_dims = 1;
        t->shape = flat;
    }
    return true;
}

START_TEST (test_shapes)
{
    refuse (reshape_some, "2 of |adapter_1.0.weight: expected (32, 8, 1, 1), found F32 (8, 32)|"
        "queries_features.weight: expected (9, 32), found F32 (288)|model.safetensors");
}
END_TEST

static bool
make_integer (M2fSafetensorOut *t)
{
    if (g_str_equal (t->name, "class_predictor.bias"))
        t->dtype = M2F_DTYPE_I32;
    return true;
}

START_TEST (test_type)
{
    refuse (make_integer, "1 of |class_predictor.bias: expected (7), found I32 (7)");
}
END_TEST

static bool
poison (M2fSafetensorOut *t)
{
    if (g_str_equal (t->name, BLOCK "output.dense.weight"))
        ((float *) t->data)[5] = NAN;
    return true;
}

START_TEST (test_not_finite)
{
    refuse (poison, BLOCK "output.dense.weight");
}
END_TEST

/* ---- weights that overflow ----------------------------------------------------------------- */

static void
fill (M2fSafetensorOut *t, float value)
{
    int64_t n = 1;

    for (int i = 0; i < t->n_dims; i++)
        n *= t->shape[i];
    for (int64_t i = 0; i < n; i++)
        ((float *) t->data)[i] = value;
}

static bool
overflow_norms (M2fSafetensorOut *t)
{
    if (strstr (t->name, "norm") && g_str_has_suffix (t->name, "weight"))
        fill (t, 3e38f);
    return true;
}

static bool
overflow_offsets (M2fSafetensorOut *t)
{
    if (strstr (t->name, "sampling_offsets"))
        fill (t, 3e38f);
    return true;
}

/* Whether the output for a picture is finite, of an edited copy of a fixture. */
static bool
runs_finite (const char *device, Edit edit)
{
    static const uint8_t bytes[64 * 48 * 3] = { 1, 2, 3, 255 };
    const M2fImage image = { .format = M2F_FORMAT_RGB, .width = 64, .height = 48,
        .data = { bytes }, .stride = { 64 * 3 } };
    char *dir = scratch_new ();
    g_autofree char *from = fixture_dir ("square");
    g_autofree char *config = g_build_filename (from, "config.json", NULL);
    g_autofree char *text = NULL;
    g_auto (M2fResult) result = { 0 };
    g_autoptr (GError) error = NULL;
    M2fParams params;
    gsize size;

    copy_weights ("square", dir, edit);
    ck_assert (g_file_get_contents (config, &text, &size, NULL));
    g_free (scratch_write (dir, "config.json", text, (gssize) size));
    M2fModel *model = m2f_model_load (&(M2fLoadOptions) { .path = dir, .device = device }, &error);
    ck_assert_msg (model != NULL, "%s", error ? error->message : "");
    scratch_free (dir);
    m2f_params_init (&params, model);
    params.input_height = params.input_width = 64;
    M2fSession *session = m2f_session_new (model);
    ck_assert_msg (m2f_session_run (session, &image, &params, &result, &error), "%s",
        error ? error->message : "");
    m2f_session_free (session);
    m2f_model_unref (model);
    return !result.non_finite;
}

START_TEST (test_overflow)
{
    static const char *const devices[] = { "cpu", "reference" };

    for (size_t i = 0; i < G_N_ELEMENTS (devices); i++) {
        ck_assert (runs_finite (devices[i], NULL));
        ck_assert (!runs_finite (devices[i], overflow_norms));
        runs_finite (devices[i], overflow_offsets); /* which alone is no error */
    }
}
END_TEST

/* ---- limits of a device -------------------------------------------------------------------- */

static void
refuse_limits (M2fDeviceLimits limits, const char *words)
{
    g_autoptr (M2fConfig) config = load_config ("square");
    g_autofree char *dir = fixture_dir ("square");
    g_autoptr (GError) error = NULL;
    g_autoptr (M2fSafetensors) weights = m2f_safetensors_open_dir (dir, NULL);
    M2fDevice *device = m2f_device_open ("reference", M2F_PRECISION_FP32, 1, NULL);

    device->limits = limits;
    ck_assert_ptr_null (m2f_network_load (config, weights, device, &error));
    check_error (&error, M2F_ERROR_DEVICE, words);
    m2f_device_unref (&device);
}

START_TEST (test_limits)
{
    refuse_limits ((M2fDeviceLimits) { .head_channels = 1 }, "attention head|at most 1");
    refuse_limits ((M2fDeviceLimits) { .mask_channels = 2 }, "queries|at most 2");
    refuse_limits ((M2fDeviceLimits) { .weight_bytes = 16 }, "bytes|at most 16");
}
END_TEST

/* Lets the test's process have 256 MB more of address space than are in use.  Where it has no
 * process of its own, as under valgrind, all that follow would be limited. */
static void
limit_memory (void)
{
#ifndef __SANITIZE_ADDRESS__ /* which reserves more than any limit */
    if (g_strcmp0 (g_getenv ("CK_FORK"), "no") == 0)
        return;
    long pages;
    FILE *file = fopen ("/proc/self/statm", "r");

    ck_assert (file && fscanf (file, "%ld", &pages) == 1);
    fclose (file);
    const rlim_t limit = (rlim_t) pages * (rlim_t) sysconf (_SC_PAGESIZE) + (256 << 20);
    ck_assert_int_eq (setrlimit (RLIMIT_AS, &(struct rlimit) { limit, limit }), 0);
#endif
}

/* Sizes that no file of these weights can have: names and shapes say so before anything is
 * allocated for them. */
START_TEST (test_huge_config)
{
    limit_memory ();
    static const char *const huge[] = {
        "\"hidden_dim\": 8192, \"feature_size\": 8192, \"mask_feature_size\": 8192,"
            " \"decoder_layers\": 256, \"num_queries\": 4096, \"dim_feedforward\": 65536",
        "\"encoder_layers\": 256, \"encoder_feedforward_dim\": 65536",
        "\"mask_feature_size\": 8192, \"hidden_dim\": 8192",
        "\"backbone_config\": {\"model_type\": \"swin\", \"embed_dim\": 1008}",
        "\"backbone_config\": {\"model_type\": \"swin\", \"embed_dim\": 96, \"window_size\": 64,"
            " \"depths\": [256, 256, 256, 256]}",
    };
    for (size_t i = 0; i < G_N_ELEMENTS (huge); i++) {
        char *dir = scratch_new ();
        g_autofree char *text = g_strdup_printf ("{%s}", huge[i]);
        g_free (scratch_write (dir, "config.json", text, -1));
        g_autoptr (GError) error = NULL;
        g_autoptr (M2fConfig) config = m2f_config_load (dir, NULL, &error);
        ck_assert_msg (config != NULL, "%s", error ? error->message : "");
        ck_assert_ptr_null (load_edited ("square", config, NULL, &error));
        check_error (&error, M2F_ERROR_WEIGHTS, "do not fit config.json|; and ");
        scratch_free (dir);
    }
}
END_TEST

#define WIDE_WINDOW 64
#define WIDE_TABLE ((2 * WIDE_WINDOW - 1) * (2 * WIDE_WINDOW - 1))

static bool
widen_windows (M2fSafetensorOut *t)
{
    static const float table[WIDE_TABLE * 8];
    static int64_t shapes[8][2];

    if (g_str_has_suffix (t->name, "relative_position_bias_table")) {
        int64_t *shape = shapes[t->shape[1] - 1];

        ck_assert_int_le (t->shape[1], 8);
        shape[0] = WIDE_TABLE;
        shape[1] = t->shape[1];
        t->shape = shape;
        t->data = table;
    }
    return true;
}

/* Every tensor fits, but the tables of window attention would be packed to a thousand times their
 * size. */
START_TEST (test_growing_weights)
{
    g_autoptr (M2fConfig) config = load_config ("square");
    g_autoptr (GError) error = NULL;

    limit_memory ();
    config->backbone.swin.window_size = WIDE_WINDOW;
    ck_assert_ptr_null (load_edited_on ("cpu", "square", config, widen_windows, &error));
    check_error (&error, M2F_ERROR_WEIGHTS, "config.json|at most 268435456 bytes");
}
END_TEST

/* ---- names --------------------------------------------------------------------------------- */

static bool
rename_modules (M2fSafetensorOut *t)
{
    GString *name = g_string_new (t->name);

    g_string_replace (name, "pixel_level_module.encoder.e", "pixel_level_module.encoder.swin.e", 0);
    t->name = g_intern_string (name->str);
    g_string_free (name, TRUE);
    return true;
}

static bool
rename_layers (M2fSafetensorOut *t)
{
    static const char *const names[][2] = {
        { "attention.self.query", "attention.q_proj" },
        { "attention.self.key", "attention.k_proj" },
        { "attention.self.value", "attention.v_proj" },
        { "attention.self.relative", "attention.relative_position_bias.relative" },
        { "attention.output.dense", "attention.o_proj" },
        { "intermediate.dense", "mlp.fc1" },
        { "output.dense", "mlp.fc2" },
    };
    GString *name = g_string_new (t->name);

    for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
        g_string_replace (name, names[i][0], names[i][1], 0);
    t->name = g_intern_string (name->str);
    g_string_free (name, TRUE);
    return true;
}

static bool
rename_both (M2fSafetensorOut *t)
{
    return rename_modules (t) && rename_layers (t);
}

/* The names of transformers 5's modules, all or some of them, load like the names on the hub. */
START_TEST (test_module_names)
{
    static const Edit renames[] = { rename_both, rename_modules, rename_layers };
    g_autoptr (M2fConfig) config = load_config ("square");
    g_autoptr (GError) error = NULL;
    M2fNetwork *hub = load_edited ("square", config, NULL, &error);
    ck_assert_msg (hub != NULL, "%s", error ? error->message : "");
    M2fHostTensor *want = classify (hub, 1, 40, 24);

    for (size_t i = 0; i < G_N_ELEMENTS (renames); i++) {
        M2fNetwork *renamed = load_edited ("square", config, renames[i], &error);
        ck_assert_msg (renamed != NULL, "%s", error ? error->message : "");
        M2fHostTensor *found = classify (renamed, 1, 40, 24);
        ck_assert_mem_eq (found->data, want->data, 9 * 7 * sizeof (float));
        m2f_host_tensor_free (found);
        m2f_network_free (&renamed);
    }
    m2f_host_tensor_free (want);
    m2f_network_free (&hub);
}
END_TEST

static void
replace_numbered (GString *name, const char *from, const char *to)
{
    for (int i = 0; i < 4; i++) {
        g_autofree char *numbered = g_strdup_printf ("%s%d.", from, i);
        g_autofree char *replacement = g_strdup_printf ("%s%d.", to, i + 1);
        g_string_replace (name, numbered, replacement, 0);
    }
}

/* timm counts from 1 what transformers counts from 0. */
static bool
rename_resnet_as_timm (M2fSafetensorOut *t)
{
    const bool is_convolution = strstr (t->name, "convolution") != NULL;
    if (!strstr (t->name, "pixel_level_module.encoder."))
        return true;
    GString *name = g_string_new (t->name);

    g_string_replace (name, "encoder.embedder.embedder.convolution", "encoder._backbone.conv1", 0);
    g_string_replace (name, "encoder.embedder.embedder.normalization", "encoder._backbone.bn1", 0);
    replace_numbered (name, "encoder.encoder.stages.", "encoder._backbone.layer");
    g_string_replace (name, ".shortcut.convolution", ".downsample.0", 0);
    g_string_replace (name, ".shortcut.normalization", ".downsample.1", 0);
    g_string_replace (name, ".convolution.", ".", 0);
    g_string_replace (name, ".normalization.", ".", 0);
    replace_numbered (name, ".layer.", is_convolution ? ".conv" : ".bn");
    g_string_replace (name, ".layers.", ".", 0);
    t->name = g_intern_string (name->str);
    g_string_free (name, TRUE);
    return true;
}

/* A ResNet of timm computes what one of transformers does. */
START_TEST (test_timm_names)
{
    static const char *const fixtures[] = { "../stages/resnet", "../stages/resnet-basic" };

    for (size_t i = 0; i < G_N_ELEMENTS (fixtures); i++) {
        g_autoptr (M2fConfig) config = load_config (fixtures[i]);
        g_autoptr (GError) error = NULL;
        M2fNetwork *network = load_edited (fixtures[i], config, NULL, &error);
        ck_assert_msg (network != NULL, "%s", error ? error->message : "");
        M2fHostTensor *want = classify (network, 1, 40, 24);
        m2f_network_free (&network);

        config->backbone.resnet.timm_name = "resnet50";
        network = load_edited (fixtures[i], config, rename_resnet_as_timm, &error);
        ck_assert_msg (network != NULL, "%s", error ? error->message : "");
        M2fHostTensor *found = classify (network, 1, 40, 24);
        const size_t size = (size_t) (want->shape[1] * want->shape[2]) * sizeof (float);
        ck_assert_mem_eq (found->data, want->data, size);
        m2f_host_tensor_free (found);
        m2f_host_tensor_free (want);
        m2f_network_free (&network);
    }
}
END_TEST

/* ---- the backbone -------------------------------------------------------------------------- */

/* Maps have the channels and sizes that the config promises, at sizes that no stride divides. */
START_TEST (test_backbone_maps)
{
    enum { H = 45, W = 70 };
    static const int64_t expected[][4]
        = { { 1, 8, 12, 18 }, { 1, 16, 6, 9 }, { 1, 32, 3, 5 }, { 1, 64, 2, 3 } };
    g_autoptr (M2fConfig) config = load_config ("square");
    g_autoptr (GError) error = NULL;
    M2fNetwork *network = load_edited ("square", config, NULL, &error);
    ck_assert_msg (network != NULL, "%s", error ? error->message : "");
    M2fHostTensor *pixels = m2f_host_tensor_new ("pixel_values", 4, (int64_t[]) { 1, 3, H, W });
    memset (pixels->data, 0, sizeof (float) * 3 * H * W);
    GPtrArray *stages = m2f_network_stages (network, pixels, false, &error);
    ck_assert_msg (stages != NULL, "%s", error ? error->message : "");

    for (int map = 0; map < config->backbone.n_maps; map++) {
        const M2fLevel size = m2f_backbone_map_size (&config->backbone, map, H, W);
        const M2fHostTensor *stage = find_stage (stages, "backbone.stage", map + 1);

        ck_assert_int_eq (config->backbone.channels[map], expected[map][1]);
        ck_assert_int_eq (size.height, expected[map][2]);
        ck_assert_int_eq (size.width, expected[map][3]);
        ck_assert_mem_eq (stage->shape, expected[map], sizeof expected[map]);
    }
    g_ptr_array_unref (stages);
    m2f_host_tensor_free (pixels);
    m2f_network_free (&network);
}
END_TEST

/* A vision transformer cannot run on less than one patch. */
START_TEST (test_below_a_patch)
{
    g_autoptr (M2fConfig) config = load_config ("../stages/dinov2");
    g_autoptr (GError) error = NULL;
    M2fNetwork *network = load_edited ("../stages/dinov2", config, NULL, &error);
    ck_assert_msg (network != NULL, "%s", error ? error->message : "");

    ck_assert_ptr_null (m2f_network_constants (network, 13, 100, &error));
    check_error (&error, M2F_ERROR_ARGUMENT, "input size|at least 14x14|found 100x13");
    M2fHostTensor *logits = classify (network, 1, 14, 27);
    ck_assert (isfinite (logits->data[0]));
    m2f_host_tensor_free (logits);
    m2f_network_free (&network);
}
END_TEST

/* ---- plans --------------------------------------------------------------------------------- */

typedef struct Forward {
    const M2fNetwork *network;
    M2fSizeConstants *constants;
    M2fTensor pixels;
    M2fNetworkOutput out;
} Forward;

static void
forward (M2fPlan *plan, void *user_data)
{
    Forward *f = user_data;
    m2f_network_forward (f->network, f->constants, plan, f->pixels, &f->out);
}

/* A plan without taps leaves out the tensors that only taps read, and every run of it computes the
 * same logits. */
START_TEST (test_without_taps)
{
    enum { H = 40, W = 24, N = 9 * 7 };
    g_autoptr (M2fConfig) config = load_config ("square");
    g_autoptr (GError) error = NULL;
    M2fNetwork *network = load_edited ("square", config, NULL, &error);
    M2fDevice *device = m2f_network_device (network);
    M2fHostTensor *expected = classify (network, 1, H, W);
    float pixels[H * W * 3], logits[N];

    for (int i = 0; i < H * W; i++)
        for (int c = 0; c < 3; c++)
            pixels[i * 3 + c] = pixel (c, i);
    Forward f = { .network = network };
    f.constants = m2f_network_constants (network, H, W, &error);
    ck_assert (m2f_tensor_new (device, &f.pixels, "pixels", M2F_F32,
        M2F_SHAPE (1, H, W, 3), &error));
    m2f_tensor_write (device, &f.pixels, pixels);
    M2fPlan *plan = m2f_plan_new (device, forward, &f, &error);
    ck_assert_msg (plan != NULL, "%s", error ? error->message : "");

    for (int run = 0; run < 2; run++) {
        ck_assert (m2f_plan_run (plan, &error));
        ck_assert_int_eq (m2f_tensor_rows (&f.out.class_logits) * f.out.class_logits.ne[3], N);
        m2f_tensor_read (device, &f.out.class_logits, logits);
        ck_assert_mem_eq (logits, expected->data, sizeof (logits));
    }

    m2f_plan_free (&plan);
    m2f_tensor_free (device, &f.pixels);
    m2f_size_constants_free (&f.constants);
    m2f_host_tensor_free (expected);
    m2f_network_free (&network);
}
END_TEST

/* ---- inputs -------------------------------------------------------------------------------- */

START_TEST (test_sizes)
{
    static const int64_t sizes[][3] = {
        { 1, 1, 1 }, { 1, 1, 200 }, { 1, 33, 1 }, { 2, 5, 3 }, { 1, 63, 97 },
    };
    g_autoptr (M2fConfig) config = load_config ("odd-sizes");
    g_autoptr (GError) error = NULL;
    M2fNetwork *network = load_edited ("odd-sizes", config, NULL, &error);
    ck_assert_msg (network != NULL, "%s", error ? error->message : "");

    for (size_t i = 0; i < G_N_ELEMENTS (sizes); i++) {
        M2fHostTensor *logits = classify (network, sizes[i][0], sizes[i][1], sizes[i][2]);
        ck_assert_int_eq (logits->shape[0], sizes[i][0]);
        for (int64_t j = 0; j < sizes[i][0] * 5 * 4; j++)
            ck_assert (isfinite (logits->data[j]));
        m2f_host_tensor_free (logits);
    }
    m2f_network_free (&network);
}
END_TEST

START_TEST (test_wrong_input)
{
    static const struct {
        int n_dims;
        int64_t shape[4];
    } wrong[] = {
        { 3, { 3, 8, 8 } }, { 4, { 1, 4, 8, 8 } }, { 4, { 1, 3, 0, 8 } }, { 4, { 0, 3, 8, 8 } },
    };
    g_autoptr (M2fConfig) config = load_config ("square");
    g_autoptr (GError) error = NULL;
    M2fNetwork *network = load_edited ("square", config, NULL, &error);
    ck_assert_ptr_nonnull (network);

    for (size_t i = 0; i < G_N_ELEMENTS (wrong); i++) {
        M2fHostTensor *t = m2f_host_tensor_new ("x", wrong[i].n_dims, wrong[i].shape);
        ck_assert_ptr_null (m2f_network_stages (network, t, false, &error));
        check_error (&error, M2F_ERROR_ARGUMENT, "pixel_values|(N, 3, H, W)");
        m2f_host_tensor_free (t);
    }
    m2f_network_free (&network);
}
END_TEST

int
main (void)
{
    return RUN_TESTS ("network", test_missing, test_many_missing, test_shapes, test_type,
        test_not_finite, test_overflow, test_limits, test_huge_config, test_growing_weights,
        test_module_names, test_timm_names, test_backbone_maps, test_below_a_patch,
        test_without_taps, test_sizes, test_wrong_input);
}
