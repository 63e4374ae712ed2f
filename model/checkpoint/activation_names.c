/* The names that transformers gives to activations (ACT2FN of its activations.py).
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/activation_names.h"

#include <string.h>

static const struct {
    const char *name;
    M2fActivation activation;
} activations[] = {
    { "relu", M2F_RELU },
    { "gelu", M2F_GELU },
    { "gelu_10", M2F_GELU_CLIPPED },
    { "gelu_accurate", M2F_GELU_TANH },
    { "gelu_fast", M2F_GELU_TANH },
    { "gelu_new", M2F_GELU_TANH },
    { "gelu_python", M2F_GELU },
    { "gelu_python_tanh", M2F_GELU_TANH },
    { "gelu_pytorch_tanh", M2F_GELU_TANH },
    { "hardswish", M2F_HARD_SWISH },
    { "laplace", M2F_LAPLACE },
    { "leaky_relu", M2F_LEAKY_RELU },
    { "linear", M2F_NO_ACTIVATION },
    { "mish", M2F_MISH },
    { "quick_gelu", M2F_GELU_SIGMOID },
    { "relu2", M2F_RELU_SQUARED },
    { "relu6", M2F_RELU6 },
    { "sigmoid", M2F_SIGMOID },
    { "silu", M2F_SILU },
    { "sqrtsoftplus", M2F_SQRT_SOFTPLUS },
    { "swish", M2F_SILU },
    { "tanh", M2F_TANH },
    { "prelu", M2F_PRELU },
    { "xielu", M2F_XIELU },
};

M2fActivation
m2f_activation_read (M2fJson *json, const char *key, M2fActivation missing)
{
    const char *name = m2f_json_string (json, key, NULL);

    if (!name)
        return missing;
    g_autoptr (GString) names = g_string_new (NULL);
    for (size_t i = 0; i < G_N_ELEMENTS (activations); i++) {
        if (strcmp (name, activations[i].name) == 0)
            return activations[i].activation;
        g_string_append_printf (names, "%s%s", i ? ", " : "", activations[i].name);
    }
    m2f_json_fail (json, M2F_ERROR_UNSUPPORTED, key, m2f_json_get (json, key), "one of %s",
        names->str);
    return missing;
}
