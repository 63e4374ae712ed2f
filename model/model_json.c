/* Models and devices as JSON.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "model/error.h"
#include "model/model.h"
#include "model/network/backbone.h"

static char *
dump (json_t *root)
{
    char *text = json_dumps (root, JSON_COMPACT | JSON_REAL_PRECISION (15));
    char *copy = g_strdup (text);

    json_decref (root);
    free (text);
    return copy;
}

static json_t *
labels_json (const M2fModel *model)
{
    json_t *labels = json_array ();

    for (int i = 0; i < model->config->n_labels; i++)
        json_array_append_new (labels,
            json_pack ("{s:i, s:s, s:b, s:b}", "id", i, "name", model->config->labels[i],
                "is_thing", m2f_model_is_thing (model, i), "is_background",
                m2f_model_is_background (model, i)));
    return labels;
}

/* `size` as preprocessor_config.json writes it; null when pictures are not resized. */
static json_t *
size_json (const M2fProcessorConfig *p)
{
    if (!p->do_resize)
        return json_null ();
    if (p->size_mode == M2F_SIZE_EDGES)
        return json_pack ("{s:i, s:i}", "shortest_edge", p->shortest_edge, "longest_edge",
            p->longest_edge);
    if (p->size_mode == M2F_SIZE_FIT)
        return json_pack ("{s:i, s:i}", "max_height", p->height, "max_width", p->width);
    return json_pack ("{s:i, s:i}", "height", p->height, "width", p->width);
}

static json_t *
input_json (const M2fProcessorConfig *p)
{
    static const char *const filters[] = {
        [M2F_RESAMPLE_NEAREST] = "nearest",
        [M2F_RESAMPLE_LANCZOS] = "lanczos",
        [M2F_RESAMPLE_BILINEAR] = "bilinear",
        [M2F_RESAMPLE_BICUBIC] = "bicubic",
    };

    return json_pack ("{s:o, s:i, s:s, s:[fff], s:[fff]}", "size", size_json (p), "size_divisor",
        p->size_divisor, "resample", filters[p->resample], "image_mean", p->image_mean[0],
        p->image_mean[1], p->image_mean[2], "image_std", p->image_std[0], p->image_std[1],
        p->image_std[2]);
}

char *
m2f_model_to_json (const M2fModel *model)
{
    const M2fConfig *c = model->config;
    g_autofree char *path = m2f_printable (model->path);
    json_t *root = json_pack ("{s:s, s:s, s:s?, s:I, s:o, s:i, s:i, s:i, s:i, s:i, s:b}", "path",
        path, "task", m2f_task_name (model->task), "label_set",
        model->set ? model->set->name : NULL, "parameters", (json_int_t) model->n_parameters,
        "backbone", m2f_backbone_to_json (&c->backbone), "hidden_dim", c->hidden_dim,
        "mask_feature_size", c->mask_feature_size, "encoder_layers", c->encoder_layers,
        "decoder_layers", c->decoder_layers, "num_queries", c->num_queries, "pre_norm",
        c->pre_norm);

    json_object_set_new (root, "input", input_json (&model->processor));
    json_object_set_new (root, "device", json_string (model->device_text));
    json_object_set_new (root, "precision", json_string (m2f_model_precision (model)));
    json_object_set_new (root, "labels", labels_json (model));
    return dump (root);
}

char *
m2f_devices_to_json (void)
{
    g_autoptr (GArray) infos = m2f_device_list ();
    GString *lines = g_string_new (NULL);

    for (guint i = 0; i < infos->len; i++) {
        const M2fDeviceInfo *info = &g_array_index (infos, M2fDeviceInfo, i);
        g_auto (GStrv) names = g_strsplit (info->precisions, ",", -1);
        g_autofree char *name = m2f_printable (info->name);
        json_t *precisions = json_array ();

        for (int j = 0; names[j]; j++)
            json_array_append_new (precisions, json_string (g_strstrip (names[j])));

        g_autofree char *line = dump (json_pack ("{s:s, s:s, s:s, s:s, s:o}", "device",
            info->spec, "name", name, "backend", info->backend, "kind", info->kind,
            "precisions", precisions));
        g_string_append_printf (lines, "%s\n", line);
    }
    return g_string_free (lines, FALSE);
}
