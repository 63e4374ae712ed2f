/* Cases whose results are known from torch and transformers: one a check of the reference itself.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inputs are check_pattern()s, the numbers are what known.py prints; a function of the same name
 * there says in torch's words what is computed here.
 */
#include "tests/ops/check.h"

static const float known_linear[] = {
    -1.63837363, -0.442583057, 0.722029544, 2.99609105, -0.6875, 0.499030406, 4.13545057,
    2.19653921, 0.25, 2.05688428, 6.9375, -3.60363706e-07, 1.18206504, -1.35932419,
    -0.312131986, 0.93596853, -1.59967468, -0.50189897, 0.699437875, 8.50390625, -0.090646756,
    0.400390561, 1.49008605, 0.992585713,
};
static const float known_matmul[] = {
    0.20703125, -3.640625, -5.55859375, -3.73828125, 1.3046875, -1.453125, 1.8359375, 9.2734375,
    1.2109375, 1.2109375, 5.3515625, 0.7734375,
};
static const float known_layer_norm[] = {
    0.39717983, -0.381289648, -0.1875, 0.978548773, 3.11685667, -1.66254266, -1.24259765,
    -0.309465302, 1.13685438, -0.765873164, 0.39717983, -0.381289648, -0.1875, 0.978548773,
    3.11685667,
};
static const float known_group_norm[] = {
    0.0320036095, 0.512257307, 0, 0, 1.12994102, 0, 0, 0, 0, 0.171186977, 0, 0, 0, 0, 0, 0, 0,
    1.61782198, 0.0730823963, 0, 2.92046742, 0.381799205, 0, 0.949320416, 0, 0.970329383,
    0.924546944, 0, 2.1115761, 0.764958252, 0, 0,
};
static const float known_response_norm[] = {
    -0.671274785, -0.84147216, 1.56387515, -0.931699067, 3.31326034, -1.05168319, -0.388722203,
    2.70125152, -0.890718508, -1.50706855, -1.43209159, 0.0640277537, 3.83862789, -1.12749507,
    -0.672780855, -1.8125, 0.52237533, 5.48088502, -1.25612331, 0.143157367, -2.0496155,
    0.978723757, -2.02825859, -1.13480174, 1.01047411, -2.286731, -1.65795604, -0.728599117,
    -1.01348017, 1.87779085,
};
static const float known_head_norm[] = {
    1.15506354, 0.556141704, -0.0314512255, -0.471768383, -1.03654385, 0.643372047, 0.172015616,
    -0.430039039, -0.788643969, 0.755783804, 0.494121447, -0.274511915,
};
static const float known_window_attention[] = {
    -0.949323152, -0.48864534, 0.334217606, 1.18150721, 0.0649701737, -0.0768578359,
    -0.327425774, 0.417874246, 0.637249978, 0.769915697, 0.653125588, 1.02293825, -0.231309122,
    -0.113734841, 0.523977161, -0.0706031323, 0.134414843, 0.195161131,
};
static const float known_deform_attention[] = {
    0.0172622594, -0.330294894, 0.201112465, -0.055652178, -0.111539781, -0.131881711,
    -0.434521734, -0.179420761, 0.156288584, 0.0244690693, -0.528360386, -0.150175802,
    0.143142194, -0.0827668179, -0.028431593, 0.0847192453, 0.0132295546,
};
static const float known_attention[] = {
    0.930759735, 1.36533264, -0.870637946, -0.0581379464, 0.635625677, -0.127456012,
    -1.39057608, -0.578076079, 1.18258555, -0.0896609374, -0.839031721, -0.0265317209,
};
static const float known_conv3x3[] = {
    -8.28125, 3.88671875, 0.453125, 0.23828125, -1.7578125, -2.69140625, -4.42578125, -1.34375,
    5.359375, -1.37109375, 0.62890625, -2.96484375, -5.296875, -2.34375, -0.0234375, -1.4609375,
    1.42578125, -2.7578125,
};
static const float known_conv2d[] = {
    0.5390625, 1.31640625, 2.09375, 0, 0, 0.1015625, 0, 0, 0, 0, 0, 0, 5.72265625, 10.6914062,
    8.03515625, 0, 0, 1.1171875, 2.87890625, 4.0859375, 5.29296875, 0, 0, 2.69921875, 0, 0, 0,
};
static const float known_depthwise_conv[] = {
    0, 3.37109375, 0, 0, 0, 0, 0, 0.25, 0, 0.6171875, 1.49609375, 0.546875, 0, 0, 0, 0.2109375,
    0, 5.3359375, 0, 1.015625, 2.19140625, 2.9453125, 0, 0.02734375, 0, 0.296875, 0, 0.12890625,
    0, 0, 0, 2.46484375, 1.60546875, 0.97265625, 0, 0, 0, 0, 2.3828125, 0, 0.38671875, 0, 0, 0,
    0, 0, 1.00390625, 0, 0, 0, 4.87109375, 0, 0, 0,
};
static const float known_max_pool[] = {
    1.0625, 1.5, 0.5, 1.1875, 1.625, 1.8125, 1.1875, 1.625, 0.625, 1.3125, 1.75, 1.125, 1.5625,
    1.75, 1.125, 1.4375, 1.875, 1.25, 1.6875, 1.0625, 1.5, 1.8125, 1.1875, 1.625, 1.8125,
    1.1875, 1.625, 0.875, 1.3125, 1.75, 1.125, 1.5625, 1.75, 1, 1.4375, 1.875, 1.5, 1.6875,
    1.0625, 1.5, 1.8125, 1.1875, 1.625, 1.8125, 1.1875, 1.875, 0.875, 1.3125, 1.75, 1.125,
    1.5625, 1.625, 1, 1.4375,
};
static const float known_pointwise_none[] = {
    -15.0625, -10.875, -6.6875, -2.5, 1.6875, 5.875, 6.25, 10.4375, 12.9375, -13.375, -9.1875,
    -5, -0.8125, 3.375, 3.75, 7.9375,
};
static const float known_pointwise_relu[] = {
    0, 0, 0, 0, 1.6875, 5.875, 6.25, 10.4375, 12.9375, 0, 0, 0, 0, 3.375, 3.75, 7.9375,
};
static const float known_pointwise_relu6[] = {
    0, 0, 0, 0, 1.6875, 5.875, 6, 6, 6, 0, 0, 0, 0, 3.375, 3.75, 6,
};
static const float known_pointwise_gelu[] = {
    0, 0, -7.59081652e-11, -0.0155241633, 1.61029076, 5.87499999, 6.25, 10.4375, 12.9375, 0, 0,
    -1.43325786e-06, -0.16920507, 3.37375436, 3.74966844, 7.9375,
};
static const float known_pointwise_gelu_tanh[] = {
    0, 0, -8.35269354e-14, -0.0150842661, 1.61015061, 5.875, 6.25, 10.4375, 12.9375, 0, 0,
    -2.2917962e-07, -0.169293023, 3.37400497, 3.74978075, 7.9375,
};
static const float known_pointwise_gelu_clipped[] = {
    0, 0, -7.59081652e-11, -0.0155241633, 1.61029076, 5.87499999, 6.25, 10, 10, 0, 0,
    -1.43325786e-06, -0.16920507, 3.37375436, 3.74966844, 7.9375,
};
static const float known_pointwise_gelu_sigmoid[] = {
    -1.10703375e-10, -9.95323189e-08, -7.62192666e-05, -0.034986165, 1.59713631, 5.87473309,
    6.24985001, 10.4374998, 12.9375, -1.73742326e-09, -1.48621001e-06, -0.00100701627,
    -0.162944973, 3.36423065, 3.74366986, 7.93748922,
};
static const float known_pointwise_silu[] = {
    -4.32848883e-06, -0.000205810987, -0.00832488958, -0.18964545, 1.42407299, 5.85854455,
    6.23795791, 10.4371941, 12.9374689, -2.07780325e-05, -0.000939879915, -0.0334642546,
    -0.249728389, 3.26333482, 3.66383486, 7.93466655,
};
static const float known_pointwise_hard_swish[] = {
    0, 0, 0, -0.208333333, 1.31835938, 5.875, 6.25, 10.4375, 12.9375, 0, 0, 0, -0.296223958,
    3.375, 3.75, 7.9375,
};
static const float known_pointwise_mish[] = {
    -4.32848946e-06, -0.000205812935, -0.00833007117, -0.196816204, 1.60721202, 5.87490782,
    6.2499536, 10.4375, 12.9375, -2.07780486e-05, -0.00093992799, -0.0335762377, -0.285656308,
    3.36761898, 3.74604239, 7.93749798,
};
static const float known_pointwise_leaky_relu[] = {
    -0.150625, -0.10875, -0.066875, -0.025, 1.6875, 5.875, 6.25, 10.4375, 12.9375, -0.13375,
    -0.091875, -0.05, -0.008125, 3.375, 3.75, 7.9375,
};
static const float known_pointwise_relu_squared[] = {
    0, 0, 0, 0, 2.84765625, 34.515625, 39.0625, 108.941406, 167.378906, 0, 0, 0, 0, 11.390625,
    14.0625, 63.0039062,
};
static const float known_pointwise_sigmoid[] = {
    2.87368553e-07, 1.89251482e-05, 0.0012448433, 0.07585818, 0.843895103, 0.997199073,
    0.998073265, 0.999970688, 0.999997594, 1.55349775e-06, 0.000102299855, 0.00669285092,
    0.307358017, 0.966914022, 0.97702263, 0.999643029,
};
static const float known_pointwise_tanh[] = {
    -1, -0.999999999, -0.999996893, -0.986614298, 0.933828043, 0.999984221, 0.999992547,
    0.999999998, 1, -1, -0.999999979, -0.999909204, -0.670967074, 0.997660979, 0.998894443,
    0.999999745,
};
static const float known_pointwise_laplace[] = {
    0, 0, 0, 0, 0.999744954, 1, 1, 1, 1, 0, 0, 0, 3.58491046e-08, 1, 1, 1,
};
static const float known_pointwise_sqrt_softplus[] = {
    0.000536067715, 0.00435032497, 0.0352933246, 0.280873164, 1.36280119, 2.42441846,
    2.50038569, 3.23071653, 3.59687398, 0.00124639438, 0.0101145978, 0.0819472299, 0.606004977,
    1.8462518, 1.94248435, 2.81742028,
};
static const float known_pointwise_prelu[] = {
    -4.51875, -3.2625, -2.00625, -0.75, 1.6875, 5.875, 6.25, 10.4375, 12.9375, -4.0125,
    -2.75625, -1.5, -0.24375, 3.375, 3.75, 7.9375,
};
static const float known_pointwise_xielu[] = {
    6.71427728, 4.56604479, 2.41903687, 0.352676234, 3.27666005, 32.4261052, 36.4982517,
    98.2934118, 149.469796, 5.84856532, 3.70041602, 1.55888665, -0.146667567, 11.4191402,
    13.8893706, 57.7964677,
};
static const float known_resize_up[] = {
    -3.25, 1.4375, 2.125, -0.25, 0.25, 1.3125, 0.763392857, -0.625, -0.125, -2.5625, -1.875, -1,
    0.334821429, 1.125,
};
static const float known_resize_down[] = {
    -0.817708333, 0.307291667, -0.213541667, 0.514322917, 1.74088542, 0.880208333, -0.911458333,
    0.213541667, 0.484375, 1.609375, 1.16796875, -1.51953125, -1.484375, -0.359375, 0.390625,
    1.27734375, 1.78645833, -1.45703125, -0.865885417, -0.932291667, 1.08854167, 2.21354167,
    -2.19921875, -1.07421875,
};
static const float known_patch_gather[] = {
    -1.6875, 1.8125, 1.375, 0, 0.5, 0, -1.4375, 1.0625, 1.5, 0, 0.75, -1.75, 1.625, 0, 0, 0,
};
static const float known_patch_merge[] = {
    0.783625363, 0.680384008, -1.85768015, -0.979640249, 1.92564927, 1.40188077, 0.0281505764,
    -1.05593824, 0.915325197, 0.557853534, -0.582133834, -2.3795668, -0.505420892, 0.04576671,
    -0.288522534, -0.552274656,
};
static const float known_gather_rows[] = {
    -1.5625, -1.125, -0.6875, -1.6875, -1.25, -0.8125, -1.5625, -1.125, -0.6875, 0.9375, 1.375,
    1.8125, -0.375, 0.0625, 0.5,
};
static const float known_preprocess[] = {
    -0.5625, 0.28125, -0.234375, 0.234375, -0.171875, 0.046875, -0.328125, 0.203125, -0.40625,
    0.171875, 0.125, 0.25, -0.1875, -0.328125, 0.40625, -0.390625, 0.296875, -0.21875,
};
static const float known_mask_argmax_winner[] = {
    4, 3, 3, 1, 0, 4, 3, 3, 4, 1, 4, 0, 0, 4, 1, 4, 0, 0, 4, 4, 3, 0, 0, 4, 4, 3, 3, 0, 1, 4, 3,
    3, 1, 1, 4,
};
static const float known_mask_argmax_counts[] = {
    8, 6, 0, 9, 12, 13, 6, 2, 8, 9, 8, 3, 0, 8, 8,
};
static const float known_class_argmax[] = {
    1, 0, 0, 3, 3, 1, 0, 0, 3, 3, 1, 2, 2, 1, 3, 1, 2, 2, 1, 1, 0, 2, 3, 3, 1, 0, 2, 3, 3, 1, 0,
    0, 3, 3, 1,
};
static const float known_mask_score[] = {
    9.33578569, 9.71887552, 9.19605014, 13.9372394, 12.9362659, 15, 15, 15, 21, 21,
};
static const float known_mask_paint_winner[] = {
    4, 3, 3, 4, 1, 4, 3, 3, 4, 1, 4, 3, 3, 4, 4, 4, 4, 3, 4, 4, 4, 4, 4, 4, 4, 3, 3, 4, 1, 4, 3,
    3, 4, 1, 4,
};
static const float known_mask_paint_counts[] = {
    14, 15, 16, 22, 20,
};

/* Nine digits of a float64 result, and float32 on the way to it: see the ops' own limits. */
static const CheckLimits known_limits = {
    .fp32 = { 1e-5, 1e-10 },
    .bf16 = { 2e-2, 1e-4 },
    .fp16 = { 3e-3, 2e-6 },
};

static M2fTensor
pattern (CheckRun *run, const char *name, int n0, int n1, int n2, int n3, int a, int b)
{
    return check_input (run, name, n0, n1, n2, n3,
        check_pattern (run, (int64_t) n0 * n1 * n2 * n3, a, b));
}

static M2fTensor
pattern_weight (CheckRun *run, const char *name, M2fLayout layout, M2fShape shape, int a, int b)
{
    const int *n = shape.n;

    return check_weight (run, name, layout, n[0], n[1], n[2], n[3],
        check_pattern (run, (int64_t) n[0] * n[1] * n[2] * n[3], a, b));
}

/* ---- products and norms --------------------------------------------------------------------- */

static void
build_linear (CheckRun *run)
{
    M2fLinear *a = &run->args.linear;

    a->dst = check_output (run, "dst", M2F_F32, 1, 1, 6, 4);
    a->src = pattern (run, "src", 1, 1, 6, 7, 7, 3);
    a->weight = pattern_weight (run, "weight", M2F_LINEAR_WEIGHT, M2F_SHAPE (1, 1, 4, 7), 11, 5);
    a->bias = pattern (run, "bias", 1, 1, 1, 4, 13, 1);
    a->addend = pattern (run, "addend", 1, 1, 3, 4, 17, 2);
    a->residual = pattern (run, "residual", 1, 1, 6, 4, 19, 4);
    a->activation = M2F_GELU;
}

static void
build_matmul (CheckRun *run)
{
    M2fMatmul *a = &run->args.matmul;

    a->dst = check_output (run, "dst", M2F_F32, 2, 1, 3, 2);
    a->a = pattern (run, "a", 2, 1, 3, 5, 7, 3);
    a->b = pattern (run, "b", 2, 1, 2, 5, 11, 5);
    a->row_bias = pattern (run, "row_bias", 2, 1, 1, 3, 13, 1);
    a->column_bias = pattern (run, "column_bias", 2, 1, 1, 2, 17, 2);
}

static void
build_layer_norm (CheckRun *run)
{
    M2fLayerNorm *a = &run->args.layer_norm;

    a->dst = check_output (run, "dst", M2F_F32, 1, 1, 3, 5);
    a->src = pattern (run, "src", 1, 1, 3, 5, 7, 3);
    a->weight = pattern (run, "weight", 1, 1, 1, 5, 11, 5);
    a->bias = pattern (run, "bias", 1, 1, 1, 5, 13, 1);
    a->eps = 1e-5f;
}

static void
build_group_norm (CheckRun *run)
{
    M2fGroupNorm *a = &run->args.group_norm;

    a->dst = check_output (run, "dst", M2F_F32, 2, 3, 2, 8);
    a->src = pattern (run, "src", 2, 3, 2, 8, 7, 3);
    a->weight = pattern (run, "weight", 1, 1, 1, 8, 11, 5);
    a->bias = pattern (run, "bias", 1, 1, 1, 8, 13, 1);
    a->groups = 2;
    a->eps = 1e-5f;
    a->relu = true;
}

static void
build_conv3x3 (CheckRun *run)
{
    M2fConv3x3 *a = &run->args.conv3x3;

    a->dst = check_output (run, "dst", M2F_F32, 1, 3, 4, 3);
    a->src = pattern (run, "src", 1, 3, 4, 2, 7, 3);
    a->weight = pattern_weight (run, "weight", M2F_CONV3X3_WEIGHT, M2F_SHAPE (3, 2, 3, 3), 11, 5);
    a->bias = pattern (run, "bias", 1, 1, 1, 3, 13, 1);
}

static void
build_conv2d (CheckRun *run)
{
    M2fConv2d *a = &run->args.conv2d;

    a->dst = check_output (run, "dst", M2F_F32, 1, 3, 3, 3);
    a->src = pattern (run, "src", 1, 6, 5, 2, 7, 3);
    a->weight = pattern_weight (run, "weight", M2F_CONV2D_WEIGHT, M2F_SHAPE (3, 2, 5, 5), 11, 5);
    a->bias = pattern (run, "bias", 1, 1, 1, 3, 13, 1);
    a->stride = 2;
    a->activation = M2F_RELU;
}

static void
build_depthwise_conv (CheckRun *run)
{
    M2fDepthwiseConv *a = &run->args.depthwise_conv;

    a->dst = check_output (run, "dst", M2F_F32, 2, 3, 3, 3);
    a->src = pattern (run, "src", 2, 6, 5, 3, 7, 3);
    a->weight = pattern_weight (run, "weight", M2F_DEPTHWISE_WEIGHT, M2F_SHAPE (3, 1, 3, 3), 11, 5);
    a->bias = pattern (run, "bias", 1, 1, 1, 3, 13, 1);
    a->stride = 2;
    a->activation = M2F_RELU6;
}

static void
build_max_pool (CheckRun *run)
{
    M2fMaxPool *a = &run->args.max_pool;

    a->dst = check_output (run, "dst", M2F_F32, 2, 3, 3, 3);
    a->src = pattern (run, "src", 2, 6, 5, 3, 7, 3);
}

/* ---- functions of one number ---------------------------------------------------------------- */

static void
build_pointwise (CheckRun *run, M2fActivation activation)
{
    M2fPointwise *a = &run->args.pointwise;
    float *src = check_pattern (run, 16, 7, 3);

    for (int i = 0; i < 16; i++)
        src[i] *= 8;
    a->dst = check_output (run, "dst", M2F_F32, 1, 1, 2, 8);
    a->src = check_input (run, "src", 1, 1, 2, 8, src);
    a->addend = pattern (run, "addend", 1, 1, 1, 8, 11, 5);
    a->activation = activation;
    if (activation == M2F_PRELU)
        a->alpha[0] = 0.3f;
    if (activation == M2F_XIELU) { /* softplus (0.3), 1 / 2 + softplus (-0.4), beta, eps */
        a->alpha[0] = 0.854355244f;
        a->alpha[1] = 1.01301525f;
        a->alpha[2] = 0.5f;
        a->alpha[3] = -1e-6f;
    }
}

#define BUILD_POINTWISE(name, activation) \
    static void build_pointwise_##name (CheckRun *run) \
    { \
        build_pointwise (run, activation); \
    }
BUILD_POINTWISE (none, M2F_NO_ACTIVATION)
BUILD_POINTWISE (relu, M2F_RELU)
BUILD_POINTWISE (relu6, M2F_RELU6)
BUILD_POINTWISE (gelu, M2F_GELU)
BUILD_POINTWISE (gelu_tanh, M2F_GELU_TANH)
BUILD_POINTWISE (gelu_clipped, M2F_GELU_CLIPPED)
BUILD_POINTWISE (gelu_sigmoid, M2F_GELU_SIGMOID)
BUILD_POINTWISE (silu, M2F_SILU)
BUILD_POINTWISE (hard_swish, M2F_HARD_SWISH)
BUILD_POINTWISE (mish, M2F_MISH)
BUILD_POINTWISE (leaky_relu, M2F_LEAKY_RELU)
BUILD_POINTWISE (relu_squared, M2F_RELU_SQUARED)
BUILD_POINTWISE (sigmoid, M2F_SIGMOID)
BUILD_POINTWISE (tanh, M2F_TANH)
BUILD_POINTWISE (laplace, M2F_LAPLACE)
BUILD_POINTWISE (sqrt_softplus, M2F_SQRT_SOFTPLUS)
BUILD_POINTWISE (prelu, M2F_PRELU)
BUILD_POINTWISE (xielu, M2F_XIELU)

/* ---- attention ------------------------------------------------------------------------------ */

static void
build_response_norm (CheckRun *run)
{
    M2fResponseNorm *a = &run->args.response_norm;

    a->dst = check_output (run, "dst", M2F_F32, 2, 3, 2, 5);
    a->src = pattern (run, "src", 2, 3, 2, 5, 7, 3);
    a->weight = pattern (run, "weight", 1, 1, 1, 5, 11, 5);
    a->bias = pattern (run, "bias", 1, 1, 1, 5, 13, 1);
    a->eps = 1e-6f;
}

static void
build_head_norm (CheckRun *run)
{
    M2fHeadNorm *a = &run->args.head_norm;

    a->dst = check_output (run, "dst", M2F_F32, 1, 1, 3, 8);
    a->src = pattern (run, "src", 1, 1, 3, 8, 7, 3);
    a->length = pattern (run, "length", 1, 1, 1, 2, 11, 5);
}

static void
build_window_attention (CheckRun *run)
{
    M2fWindowAttention *a = &run->args.window_attention;

    a->dst = check_output (run, "dst", M2F_F32, 1, 5, 6, 4);
    a->qkv = pattern (run, "qkv", 1, 5, 6, 12, 12, 5);
    a->pad = pattern (run, "pad", 1, 1, 1, 12, 17, 2);
    a->bias = pattern_weight (run, "bias", M2F_WINDOW_BIAS, M2F_SHAPE (1, 1, 49, 2), 13, 1);
    a->heads = 2;
    a->window = 4;
    a->shift = 2;
}

static void
build_deform_attention (CheckRun *run)
{
    M2fDeformAttention *a = &run->args.deform_attention;

    a->dst = check_output (run, "dst", M2F_F32, 1, 1, 21, 4);
    a->value = pattern (run, "value", 1, 1, 21, 4, 7, 3);
    a->offsets = pattern (run, "offsets", 1, 1, 21, 16, 11, 5);
    a->weights = pattern (run, "weights", 1, 1, 21, 8, 13, 1);
    a->level[0] = (M2fLevel) { 2, 3 };
    a->level[1] = (M2fLevel) { 3, 5 };
    a->levels = 2;
    a->heads = 2;
    a->points = 2;
}

static void
build_attention (CheckRun *run)
{
    M2fAttention *a = &run->args.attention;
    float *mask = check_pattern (run, 3 * 4, 23, 7);

    for (int key = 0; key < 4; key++)
        mask[4 + key] = -1;
    a->dst = check_output (run, "dst", M2F_F32, 1, 1, 3, 4);
    a->q = pattern (run, "q", 1, 1, 3, 4, 7, 3);
    a->k = pattern (run, "k", 1, 1, 4, 4, 11, 5);
    a->v = pattern (run, "v", 1, 1, 4, 4, 13, 1);
    a->mask = check_input (run, "mask", 1, 1, 3, 4, mask);
    a->heads = 2;
}

/* ---- moving pixels -------------------------------------------------------------------------- */

static void
build_resize_up (CheckRun *run)
{
    M2fResize *a = &run->args.resize;

    a->dst = check_output (run, "dst", M2F_F32, 1, 5, 7, 2);
    a->src = pattern (run, "src", 1, 3, 4, 2, 7, 3);
    a->addend = pattern (run, "addend", 1, 5, 7, 2, 11, 5);
}

static void
build_resize_down (CheckRun *run)
{
    M2fResize *a = &run->args.resize;

    a->dst = check_output (run, "dst", M2F_F32, 1, 3, 4, 2);
    a->src = pattern (run, "src", 1, 8, 11, 2, 7, 3);
    a->addend = pattern (run, "addend", 1, 3, 4, 2, 11, 5);
}

static void
build_patch_gather (CheckRun *run)
{
    M2fPatchGather *a = &run->args.patch_gather;

    a->dst = check_output (run, "dst", M2F_F32, 1, 3, 2, 8);
    a->src = pattern (run, "src", 1, 5, 3, 2, 7, 3);
    a->patch = (M2fLevel) { 2, 2 };
}

static void
build_patch_merge (CheckRun *run)
{
    M2fPatchMerge *a = &run->args.patch_merge;

    a->dst = check_output (run, "dst", M2F_F32, 1, 2, 3, 8);
    a->src = pattern (run, "src", 1, 3, 5, 2, 7, 3);
    a->weight = pattern (run, "weight", 1, 1, 1, 8, 11, 5);
    a->bias = pattern (run, "bias", 1, 1, 1, 8, 13, 1);
    a->eps = 1e-5f;
}

static void
build_gather_rows (CheckRun *run)
{
    static const int32_t index[] = { 3, 0, 3, 2, 1 };
    M2fGatherRows *a = &run->args.gather_rows;

    a->dst = check_output (run, "dst", M2F_F32, 1, 1, 5, 3);
    a->src = pattern (run, "src", 1, 1, 4, 3, 7, 3);
    a->index = check_integers (run, "index", M2F_I32, 1, 5, index);
}

/* 9x7 to 4x3 pixels: the triangle filter of torch's antialias, by rows and by columns. */
static void
build_preprocess (CheckRun *run)
{
    M2fPreprocess *a = &run->args.preprocess;
    uint8_t *bytes = check_alloc (run, 9 * 7 * 3);

    for (int i = 0; i < 9 * 7 * 3; i++)
        bytes[i] = (uint8_t) ((37 * i + 11) % 251);
    a->dst = check_output (run, "dst", M2F_F32, 1, 4, 3, 3);
    a->plane[0] = check_borrowed (run, "rgb", 9, 7 * 3, bytes);
    a->pixels = (M2fPixels) { { { 0, 3, 0 }, { 0, 3, 1 }, { 0, 3, 2 } }, .sample_bytes = 1 };
    a->height = 9;
    a->width = 7;
    check_bilinear (run, 9, 7);
    for (int c = 0; c < 3; c++) {
        a->scale[c] = 1 / 64.0f;
        a->offset[c] = -2;
    }
}

/* ---- masks ---------------------------------------------------------------------------------- */

static void
build_mask_argmax (CheckRun *run)
{
    M2fMaskArgmax *a = &run->args.mask_argmax;
    float *score = check_pattern (run, 5, 11, 5);

    for (int k = 0; k < 5; k++)
        score[k] = (ABS (score[k]) + 4) / 8;
    a->winner = check_output (run, "winner", M2F_U8, 1, 1, 7, 5);
    a->counts = check_output (run, "counts", M2F_I32, 1, 1, 3, 5);
    a->logits = pattern (run, "logits", 1, 3, 4, 5, 7, 3);
    a->score = check_input (run, "score", 1, 1, 1, 5, score);
    a->mid_height = a->mid_width = 6;
    a->threshold = check_input (run, "threshold", 1, 1, 1, 1, check_constant (run, 1, 0.375));
    a->weighted = true;
}

static void
build_class_argmax (CheckRun *run)
{
    M2fClassArgmax *a = &run->args.class_argmax;

    a->winner = check_output (run, "winner", M2F_U8, 1, 1, 7, 5);
    a->logits = pattern (run, "logits", 1, 3, 4, 5, 7, 3);
    a->mix = pattern (run, "mix", 1, 1, 4, 5, 10, 21);
    a->mid_height = a->mid_width = 6;
}

static void
build_mask_score (CheckRun *run)
{
    M2fMaskScore *a = &run->args.mask_score;

    a->sums = check_output (run, "sums", M2F_F32, 1, 1, 2, 5);
    a->logits = pattern (run, "logits", 1, 3, 4, 5, 7, 3);
    a->height = a->width = 6;
}

static void
build_mask_paint (CheckRun *run)
{
    M2fMaskPaint *a = &run->args.mask_paint;

    a->winner = check_output (run, "winner", M2F_U8, 1, 1, 7, 5);
    a->counts = check_output (run, "counts", M2F_I32, 1, 1, 1, 5);
    a->logits = pattern (run, "logits", 1, 3, 4, 5, 7, 3);
    a->mid_height = a->mid_width = 6;
}

/* ---- the list ------------------------------------------------------------------------------- */

typedef struct Known {
    CheckOp op;
    const char *name;
    void (*build) (CheckRun *run);
    const char *output;
    const float *values;
    int count, step;
} Known;

#define VALUES(array) array, G_N_ELEMENTS (array)

#define POINTWISE(name) { CHECK_OP_pointwise, "pointwise_" #name "_known", \
    build_pointwise_##name, "dst", VALUES (known_pointwise_##name), 1 }

static const Known knowns[] = {
    { CHECK_OP_linear, "linear_known", build_linear, "dst", VALUES (known_linear), 1 },
    { CHECK_OP_matmul, "matmul_known", build_matmul, "dst", VALUES (known_matmul), 1 },
    { CHECK_OP_layer_norm, "layer_norm_known", build_layer_norm, "dst",
        VALUES (known_layer_norm), 1 },
    { CHECK_OP_group_norm, "group_norm_known", build_group_norm, "dst",
        VALUES (known_group_norm), 3 },
    { CHECK_OP_response_norm, "response_norm_known", build_response_norm, "dst",
        VALUES (known_response_norm), 2 },
    { CHECK_OP_head_norm, "head_norm_known", build_head_norm, "dst", VALUES (known_head_norm), 2 },
    { CHECK_OP_window_attention, "window_attention_known", build_window_attention, "dst",
        VALUES (known_window_attention), 7 },
    { CHECK_OP_deform_attention, "deform_attention_known", build_deform_attention, "dst",
        VALUES (known_deform_attention), 5 },
    { CHECK_OP_attention, "attention_known", build_attention, "dst", VALUES (known_attention), 1 },
    { CHECK_OP_conv3x3, "conv3x3_known", build_conv3x3, "dst", VALUES (known_conv3x3), 2 },
    { CHECK_OP_conv2d, "conv2d_known", build_conv2d, "dst", VALUES (known_conv2d), 1 },
    { CHECK_OP_depthwise_conv, "depthwise_conv_known", build_depthwise_conv, "dst",
        VALUES (known_depthwise_conv), 1 },
    { CHECK_OP_max_pool, "max_pool_known", build_max_pool, "dst", VALUES (known_max_pool), 1 },
    POINTWISE (none), POINTWISE (relu), POINTWISE (relu6), POINTWISE (gelu), POINTWISE (gelu_tanh),
    POINTWISE (gelu_clipped), POINTWISE (gelu_sigmoid), POINTWISE (silu), POINTWISE (hard_swish),
    POINTWISE (mish), POINTWISE (leaky_relu), POINTWISE (relu_squared), POINTWISE (sigmoid),
    POINTWISE (tanh), POINTWISE (laplace), POINTWISE (sqrt_softplus),
    POINTWISE (prelu), POINTWISE (xielu),
    { CHECK_OP_resize, "resize_up_known", build_resize_up, "dst", VALUES (known_resize_up), 5 },
    { CHECK_OP_resize, "resize_down_known", build_resize_down, "dst",
        VALUES (known_resize_down), 1 },
    { CHECK_OP_patch_gather, "patch_gather_known", build_patch_gather, "dst",
        VALUES (known_patch_gather), 3 },
    { CHECK_OP_patch_merge, "patch_merge_known", build_patch_merge, "dst",
        VALUES (known_patch_merge), 3 },
    { CHECK_OP_gather_rows, "gather_rows_known", build_gather_rows, "dst",
        VALUES (known_gather_rows), 1 },
    { CHECK_OP_preprocess, "preprocess_known", build_preprocess, "dst",
        VALUES (known_preprocess), 2 },
    { CHECK_OP_mask_argmax, "mask_argmax_winner_known", build_mask_argmax, "winner",
        VALUES (known_mask_argmax_winner), 1 },
    { CHECK_OP_mask_argmax, "mask_argmax_counts_known", build_mask_argmax, "counts",
        VALUES (known_mask_argmax_counts), 1 },
    { CHECK_OP_class_argmax, "class_argmax_known", build_class_argmax, "winner",
        VALUES (known_class_argmax), 1 },
    { CHECK_OP_mask_score, "mask_score_known", build_mask_score, "sums",
        VALUES (known_mask_score), 1 },
    { CHECK_OP_mask_paint, "mask_paint_winner_known", build_mask_paint, "winner",
        VALUES (known_mask_paint_winner), 1 },
    { CHECK_OP_mask_paint, "mask_paint_counts_known", build_mask_paint, "counts",
        VALUES (known_mask_paint_counts), 1 },
};

void
check_cases_known (CheckList *list)
{
    for (size_t i = 0; i < G_N_ELEMENTS (knowns); i++) {
        const Known *p = &knowns[i];
        check_add (list, (CheckCase) { .op = p->op, .name = g_strdup (p->name),
            .build = p->build, .limits = &known_limits, .known = p->output,
            .expected = p->values, .count = p->count, .step = p->step });
    }
}
