/* The command loss of m2f: the training loss of a picture and its segmentation map.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/error.h"
#include "model/model.h"
#include "model/preprocess/mask_labels.h"
#include "model/tool/label_png.h"
#include "model/tool/tool.h"

typedef struct LossOptions {
    char *random; /* a file; NULL: our own numbers */
    char *instances; /* a file; NULL: numbers of the map are classes */
    int ignore_index, seed;
    gboolean reduce_labels, dense;
} LossOptions;

/* Adds an instance and its class; false unless both are numbers. */
static bool
add_instance (GHashTable *classes, const char *instance, const json_t *class)
{
    const json_int_t value = json_is_integer (class) ? json_integer_value (class) : -1;
    guint64 number;

    if (value < 0 || value > G_MAXINT
        || !g_ascii_string_to_unsigned (instance, 10, 0, G_MAXINT, &number, NULL))
        return false;
    g_hash_table_insert (classes, GINT_TO_POINTER ((int) number), GINT_TO_POINTER ((int) value));
    return true;
}

/* Reads transformers' instance_id_to_semantic_id from a file. */
static GHashTable *
read_instances (const char *path, GError **error)
{
    json_t *root = tool_read_json (path, error);
    GHashTable *classes = root ? g_hash_table_new (g_direct_hash, g_direct_equal) : NULL;
    const char *instance;
    json_t *class;

    json_object_foreach (root, instance, class)
        if (!add_instance (classes, instance, class)) {
            m2f_set_error (error, M2F_ERROR_ARGUMENT, "%s: \"%s\": expected instances and their "
                "classes, numbers from 0", path, instance);
            g_clear_pointer (&classes, g_hash_table_unref);
            break;
        }
    json_decref (root);
    return classes;
}

/* Reads a map of classes or instances and makes of it what the network should find. */
static bool
read_target (const char *path, const M2fModel *model, const LossOptions *own,
    M2fMaskLabels *labels, GError **error)
{
    int width, height;
    g_autofree uint32_t *numbers = tool_read_label_png (path, &width, &height, error);
    const M2fSegmentationMap map = { height, width, (const int32_t *) numbers };
    g_autoptr (GHashTable) classes
        = numbers && own->instances ? read_instances (own->instances, error) : NULL;
    const M2fLabelRules rules = {
        .ignore_index = own->ignore_index, .reduce_labels = own->reduce_labels, .classes = classes,
    };

    return numbers && (classes || !own->instances)
        && m2f_mask_labels_encode (&map, 1, &model->processor, &rules, labels, error);
}

/* By the names of transformers' loss_dict. */
static char *
loss_json (const M2fLoss *loss)
{
    GString *json = g_string_new ("{");

    tool_add_number (json, "loss", "%.9g", loss->total);
    for (int i = -1; i < loss->n_auxiliary; i++) {
        const M2fLossTerms *terms = i < 0 ? &loss->final_terms : &loss->auxiliary[i];
        const struct {
            const char *name;
            double value;
        } members[] = {
            { "loss_cross_entropy", terms->cross_entropy },
            { "loss_mask", terms->mask },
            { "loss_dice", terms->dice },
        };

        for (size_t k = 0; k < G_N_ELEMENTS (members); k++) {
            g_autofree char *numbered = g_strdup_printf ("%s_%d", members[k].name, i);
            tool_add_number (json, i < 0 ? members[k].name : numbered, "%.9g", members[k].value);
        }
    }
    return g_string_free (g_string_append_c (json, '}'), FALSE);
}

/* Prints the loss of the stages of a forward pass. */
static bool
print_loss (M2fModel *model, const GPtrArray *stages, const M2fMaskLabels *labels,
    const LossOptions *own, GError **error)
{
    g_auto (M2fLoss) loss = { 0 };
    const M2fLossTarget target = {
        .n = labels->n, .class_labels = labels->class_labels, .masks = labels->mask_labels,
        .height = labels->height, .width = labels->width,
    };
    M2fHostTensor *random
        = own->random ? tool_read_tensor (own->random, "random", error) : NULL;
    M2fLossOptions options = { .dense = own->dense, .seed = (guint32) own->seed };
    bool ok = !own->random || random;

    if (random) {
        options.random = random->data;
        options.n_random = 1;
        for (int i = 0; i < random->n_dims; i++)
            options.n_random *= (gsize) random->shape[i];
    }
    ok = ok && m2f_model_loss (model, stages, &target, 1, &options, &loss, error);
    m2f_host_tensor_free (random);
    if (!ok)
        return false;
    g_autofree char *json = loss_json (&loss);
    return tool_write_text (NULL, json, error);
}

static bool
loss_of_picture (char **words, ToolOptions *options, const LossOptions *own, GError **error)
{
    M2fImage image;
    M2fParams params;
    M2fMaskLabels labels = { 0 };
    g_autoptr (GPtrArray) stages = NULL;
    g_autoptr (GdkPixbuf) picture = tool_load_picture (words[1], &image, error);
    M2fModel *model = picture ? tool_load (words[0], options, error) : NULL;
    bool ok = model && tool_params (model, options, &params, error)
        && read_target (words[2], model, own, &labels, error);

    if (ok)
        stages = m2f_model_forward (model, &image, &params, NULL, error);
    ok = stages && print_loss (model, stages, &labels, own, error);
    m2f_mask_labels_clear (&labels);
    m2f_model_unref (model);
    return ok;
}

bool
tool_loss (int argc, char **argv, GError **error)
{
    LossOptions own = { .ignore_index = M2F_NO_IGNORE_INDEX };
    ToolOptions options;
    char *words[3];
    const GOptionEntry entries[] = {
        { "ignore-index", 0, 0, G_OPTION_ARG_INT, &own.ignore_index,
            "number in MAP that stands for no segment (default: there is none)", "N" },
        { "reduce-labels", 0, 0, G_OPTION_ARG_NONE, &own.reduce_labels,
            "0 in MAP stands for no segment, and other numbers are classes plus 1", NULL },
        { "instances", 0, 0, G_OPTION_ARG_FILENAME, &own.instances,
            "numbers in MAP are instances, whose classes are in this file: {\"1\": 0, ...}",
            "IN.json" },
        { "dense", 0, 0, G_OPTION_ARG_NONE, &own.dense,
            "compare masks at every pixel, not at points drawn at random", NULL },
        { "seed", 0, 0, G_OPTION_ARG_INT, &own.seed, "of the random points (default: 0)", "N" },
        { "random", 0, 0, G_OPTION_ARG_FILENAME, &own.random,
            "draw points with the tensor `random` of this file, numbers of torch.rand() in the "
            "order in which transformers draws them", "IN.safetensors" },
        { NULL },
    };
    bool ok = tool_parse (argc, argv, "DIR IMAGE MAP", entries, 3, words, &options, error)
        && loss_of_picture (words, &options, &own, error);

    tool_options_clear (&options);
    g_free (own.instances);
    g_free (own.random);
    return ok;
}
