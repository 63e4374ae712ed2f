/* The backbone: the part of the network that turns a picture into feature maps.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * To add a backbone: its config and kind in checkpoint/backbone_config.h, its keys in a file like
 * swin_config.c, a line in backbone_choice.c, its weights and forward pass in a file like swin.c,
 * and a case in every switch of backbone.c.  Nothing else
 * depends on the kind; the rest of the network reads the channels and strides of the config.
 */
#ifndef M2F_BACKBONE_H
#define M2F_BACKBONE_H

#include <jansson.h>

#include "model/checkpoint/config.h"
#include "model/network/convnext.h"
#include "model/network/dinov2.h"
#include "model/network/mobilenet.h"
#include "model/network/resnet.h"
#include "model/network/size_constants.h"
#include "model/network/swin.h"
#include "model/network/swinv2.h"
#include "model/network/weights.h"

/* The weights of a backbone. */
typedef struct M2fBackbone {
    const M2fBackboneConfig *config;
    union { /* by config->kind */
        M2fSwin swin;
        M2fMobilenet mobilenet;
        M2fResnet resnet;
        M2fDinov2 dinov2;
        M2fConvnext convnext;
        M2fSwinv2 swinv2;
    };
} M2fBackbone;

/* `config` must outlive the backbone. */
void m2f_backbone_bind (M2fBackbone *backbone, M2fBinder *b, const M2fBackboneConfig *config);
void m2f_backbone_clear (M2fBackbone *backbone);
/* Makes the tensors of `constants` that the backbone reads for an input of this size.  False with
 * an error without memory. */
bool m2f_backbone_constants (const M2fBackbone *backbone, M2fSizeConstants *constants, int height,
    int width, GError **error);
/* Turns pixel_values (B, H, W, num_channels) into maps (B, h_i, w_i, channels[i]) of the given
 * types, finest first; m2f_backbone_map_size() gives h_i and w_i.  The caller releases the maps. */
void m2f_backbone_forward (const M2fBackbone *backbone, const M2fSizeConstants *constants,
    M2fPlan *plan, M2fTensor pixel_values, const M2fType types[M2F_MAX_MAPS],
    M2fTensor maps[M2F_MAX_MAPS]);

/* Height and width of map `map` for an input of height x width pixels; 0 if the backbone cannot run
 * on so small an input. */
M2fLevel m2f_backbone_map_size (const M2fBackboneConfig *config, int map, int height, int width);
/* False with M2F_ERROR_ARGUMENT if the backbone has position embeddings for other sizes only. */
bool m2f_backbone_check_size (const M2fBackboneConfig *config, int height, int width,
    GError **error);
/* The window attention of a block of a Swin; stages count from 1, blocks from 0. */
M2fWindows m2f_backbone_windows (const M2fBackbone *backbone, int stage, int index);
/* Channels of the widest attention head; 0 if there is none. */
int m2f_backbone_head_channels (const M2fBackboneConfig *config);
/* The kind and sizes of a backbone as a JSON object (transfer full). */
json_t *m2f_backbone_to_json (const M2fBackboneConfig *config);

#endif
