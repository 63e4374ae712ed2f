/* Attention weights, which no op returns: computed on the host from the operands of the attentions.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The network taps operands as ATTENTION/OPERAND, "decoder.self_attention.0/q".  After the last
 * operand of an attention, its weights are a tensor of the attention's name:
 *
 *     backbone.attention.S.I     (B windows, heads, tokens, tokens) of block I of stage S
 *     pixel_decoder.attention.I  (B, T, heads, levels x points), the weights of the samples
 *     decoder.cross_attention.I  (B, Q, T_l), the mean of all heads, as torch returns it
 *     decoder.self_attention.I   (B, heads, Q, Q), transformers' `attentions`
 */
#ifndef M2F_ATTENTIONS_H
#define M2F_ATTENTIONS_H

#include "model/compute/ops.h"
#include "model/m2f.h"

/* Taps an operand of attention number `index` of a part of the network. */
static inline void
m2f_tap_operand (M2fPlan *plan, const char *attention, int index, const char *operand,
    const M2fTensor *tensor)
{
    char name[64];

    if (!m2f_plan_taps (plan) || !m2f_tensor_present (tensor))
        return;
    g_snprintf (name, sizeof name, "%s.%d/%s", attention, index, operand);
    m2f_plan_tap (plan, name, tensor);
}

/* The window attention of a block of a backbone, beside its operands. */
typedef struct M2fWindows {
    int heads, window, shift;
    const float *position_bias; /* ((2 window - 1)^2, heads) */
} M2fWindows;

/* An operand in host memory. */
typedef struct M2fOperand {
    float *data; /* NULL if it is not there (yet) */
    int ne[4];
} M2fOperand;

/* The operands of one attention so far. */
typedef struct M2fAttentionOperands {
    M2fOperand q, k, mask; /* of the transformer decoder */
    M2fOperand qkv, pad;   /* of a window attention */
    M2fOperand logits;     /* of a deformable attention */
} M2fAttentionOperands;

/* True if this is the name of an operand. */
bool m2f_is_attention_operand (const char *name);
/* Takes over the data (g_free) of an operand of this name. */
void m2f_attention_operands_add (M2fAttentionOperands *operands, const char *name, float *data,
    const int ne[4]);
void m2f_attention_operands_clear (M2fAttentionOperands *operands);

/* The weights of each kind of attention, a tensor called `name`.  NULL without memory. */
M2fHostTensor *m2f_self_attention (const char *name, const M2fAttentionOperands *o, int heads);
M2fHostTensor *m2f_cross_attention (const char *name, const M2fAttentionOperands *o, int heads);
M2fHostTensor *m2f_sampling_weights (const char *name, const M2fAttentionOperands *o, int heads);
M2fHostTensor *m2f_window_weights (const char *name, const M2fAttentionOperands *o,
    const M2fWindows *windows);

#endif
