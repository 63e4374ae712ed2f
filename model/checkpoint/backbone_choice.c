/* The backbone of a config.json: a choice by model_type or by name.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/backbone_choice.h"

#include <string.h>

#include "model/checkpoint/convnext_config.h"
#include "model/checkpoint/dinov2_config.h"
#include "model/checkpoint/resnet_config.h"
#include "model/checkpoint/swin_config.h"
#include "model/checkpoint/swinv2_config.h"
#include "model/checkpoint/timm_config.h"

#define SWIN_T_DEPTH 6 /* layers of the third stage */
#define SWIN_S_DEPTH 18

#define MAX_INPUT_CHANNELS 64

static void
read_swin (M2fJson *json, M2fBackboneConfig *backbone)
{
    m2f_swin_config_read (json, backbone, SWIN_T_DEPTH);
}

static const struct {
    const char *model_type; /* of backbone_config; the first is the default */
    void (*read) (M2fJson *json, M2fBackboneConfig *backbone);
} supported[] = {
    { "swin", read_swin },
    { "swinv2", m2f_swinv2_config_read },
    { "resnet", m2f_resnet_config_read },
    { "convnext", m2f_convnext_config_read },
    { "convnextv2", m2f_convnext_v2_config_read },
    { "dinov2", m2f_dinov2_config_read },
    { "dinov2_with_registers", m2f_dinov2_with_registers_config_read },
    { "timm_backbone", m2f_timm_config_read },
};

static char *
list_supported (void)
{
    GString *list = g_string_new (NULL);

    for (size_t i = 0; i < G_N_ELEMENTS (supported); i++)
        g_string_append_printf (list, "%s\"%s\"",
            i == 0 ? "" : i + 1 < G_N_ELEMENTS (supported) ? ", " : " or ",
            supported[i].model_type);
    return g_string_free (list, FALSE);
}

static void
read_channels (M2fJson *json, M2fBackboneConfig *backbone)
{
    backbone->num_channels = m2f_json_int (json, "num_channels", 3, 1, MAX_INPUT_CHANNELS);
}

static void
read_by_type (M2fJson *json, M2fBackboneConfig *backbone)
{
    const char *type = m2f_json_string (json, "model_type", supported[0].model_type);

    if (*json->error)
        return;
    for (size_t i = 0; i < G_N_ELEMENTS (supported); i++)
        if (strcmp (type, supported[i].model_type) == 0) {
            supported[i].read (json, backbone);
            read_channels (json, backbone);
            return;
        }
    g_autofree char *list = list_supported ();
    m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "model_type", m2f_json_get (json, "model_type"),
        "%s", list);
}

/* The older way to ask for a network of timm: by name, with options beside it. */
static void
read_by_name (M2fJson *json, M2fBackboneConfig *backbone)
{
    g_autoptr (json_t) named = json_object ();
    const json_t *options = m2f_json_get (json, "backbone_kwargs");

    if (json_is_object (options))
        json_object_update (named, (json_t *) options);
    json_object_set (named, "backbone", (json_t *) m2f_json_get (json, "backbone"));

    M2fJson child = { .file = json->file, .object = named, .error = json->error };
    m2f_timm_config_read (&child, backbone);
    read_channels (&child, backbone);
}

void
m2f_backbone_config_read (M2fJson *json, M2fBackboneConfig *backbone)
{
    M2fJson child;

    backbone->num_channels = 3;
    if (m2f_json_get (json, "backbone_config")) {
        if (m2f_json_object (json, "backbone_config", "backbone_config.", &child))
            read_by_type (&child, backbone);
        return;
    }
    const json_t *name = m2f_json_get (json, "backbone");
    /* transformers would fetch the config of a repository of the hub. */
    if (json_is_string (name) && strchr (json_string_value (name), '/')) {
        m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, "backbone", name,
            "a backbone_config, or the name of a network of timm");
        return;
    }
    if (name) {
        read_by_name (json, backbone);
        return;
    }
    g_autoptr (json_t) empty = json_object ();
    m2f_swin_config_read (&(M2fJson) { .file = json->file, .object = empty, .error = json->error },
        backbone, SWIN_S_DEPTH);
}
