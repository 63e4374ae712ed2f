/* Op arguments to push constants and dispatches: frames in, masks and classes out.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/vulkan/ops.h"

#include "model/compute/bilinear.h"

#include <string.h>

static bool
channels_fit (M2fPlan *plan, const char *op, int channels)
{
    if (channels <= MAX_CHANNELS)
        return true;
    m2f_plan_fail (plan, M2F_COMPUTE_ERROR_UNSUPPORTED,
        "%s on Vulkan: %d channels, expected at most %d", op, channels, MAX_CHANNELS);
    return false;
}

static int
per_word (const M2fTensor *winner)
{
    return 4 / (int) m2f_type_size (winner->type);
}

/* ---- frames -------------------------------------------------------------------------------- */

static M2fTensor
preprocess_colors (M2fPlan *plan, const M2fPreprocess *args)
{
    struct PreprocessColors colors;
    const int floats = sizeof colors / sizeof (float);
    M2fTensor t = vk_scratch (plan, M2F_F32, 1, 1, 1, floats);

    memcpy (colors.yuv_to_rgb, args->yuv_to_rgb, sizeof colors.yuv_to_rgb);
    memcpy (colors.scale, args->scale, sizeof colors.scale);
    memcpy (colors.offset, args->offset, sizeof colors.offset);
    if (m2f_tensor_present (&t))
        vk_write (m2f_plan_device (plan), &t, &colors);
    return t;
}

void
vk_preprocess (M2fPlan *plan, const M2fPreprocess *args)
{
    M2fTensor colors = preprocess_colors (plan, args);
    struct PreprocessPush push = {
        .height = args->dst.ne[1],
        .width = args->dst.ne[2],
        .x_taps = args->x_weight.ne[3],
        .y_taps = args->y_weight.ne[3],
        .x_weight_stride = args->x_weight.stride,
        .y_weight_stride = args->y_weight.stride,
        .stride0 = args->plane[0].stride,
        .stride1 = args->plane[1].stride,
        .stride2 = args->plane[2].stride,
        .source_height = args->height,
        .source_width = args->width,
        .is_yuv = args->pixels.is_yuv,
        .sample_bytes = args->pixels.sample_bytes,
        .x_shift = args->pixels.x_shift,
        .y_shift = args->pixels.y_shift,
        .dst_stride = args->dst.stride,
    };
    M2fTensor rows = vk_scratch (plan, M2F_I32, 1, 1, args->height, push.width);
    const VulkanOperand row_operands[] = {
        { &rows, NULL, true },
        { &args->plane[0], &push.plane0 },
        { &args->plane[1], &push.plane1 },
        { &args->plane[2], &push.plane2 },
        { &args->x_first, &push.x_first },
        { &args->x_weight, &push.x_weight },
        { &colors, NULL },
    };
    const VulkanOperand column_operands[] = {
        { &args->dst, &push.dst, true },
        { &rows, NULL },
        { &args->y_first, &push.y_first },
        { &args->y_weight, &push.y_weight },
        { &colors, NULL },
    };

    for (int c = 0; c < 3; c++) {
        const M2fComponent at = args->pixels.component[c];

        push.component[c] = at.plane | at.step << 8 | at.offset << 16;
    }
    DISPATCH_FLAT (plan, VK_SHADER_preprocess_rows, row_operands, push,
        divide_up ((int64_t) args->height * push.width, 64));
    DISPATCH_FLAT (plan, VK_SHADER_preprocess_columns, column_operands, push,
        divide_up ((int64_t) push.height * push.width, 64));
}

/* ---- masks --------------------------------------------------------------------------------- */

void
vk_keep_queries (M2fPlan *plan, const M2fKeepQueries *args)
{
    struct KeepPush push = {
        .queries = args->logits.ne[2],
        .classes = args->logits.ne[3],
        .kept_stride = args->kept.stride,
        .logits_stride = args->logits.stride,
    };
    const VulkanOperand operands[] = {
        { &args->kept, &push.kept, true },
        { &args->score, &push.score, true },
        { &args->logits, &push.logits },
        { &args->threshold, &push.threshold },
    };

    if (channels_fit (plan, "keep_queries", push.queries))
        DISPATCH (plan, VK_SHADER_keep_queries, operands, push, 1, 1, 1);
}

void
vk_class_scores (M2fPlan *plan, const M2fClassScores *args)
{
    struct ScoresPush push = {
        .queries = args->dst.ne[3],
        .classes = args->dst.ne[2],
        .dst_stride = args->dst.stride,
        .logits_stride = args->logits.stride,
    };
    const VulkanOperand operands[] = {
        { &args->dst, &push.dst, true },
        { &args->logits, &push.logits },
    };

    DISPATCH (plan, VK_SHADER_class_scores, operands, push, divide_up (push.queries, 64), 1, 1);
}

void
vk_mask_argmax (M2fPlan *plan, const M2fMaskArgmax *args)
{
    struct MaskPush push = {
        .height = args->winner.ne[2],
        .width = args->winner.ne[3],
        .src_height = args->logits.ne[1],
        .src_width = args->logits.ne[2],
        .channels = args->logits.ne[3],
        .logits_stride = args->logits.stride,
        .mid_height = args->mid_height,
        .mid_width = args->mid_width,
        .winner_stride = args->winner.stride,
        .counts_stride = args->counts.stride,
        .per_word = per_word (&args->winner),
        .weighted = args->weighted,
        .void_below = args->void_below,
    };
    const VulkanOperand operands[] = {
        { &args->winner, &push.winner, true },
        { &args->counts, &push.counts, true },
        { &args->logits, &push.logits },
        { &args->score, &push.score },
        { &args->threshold, &push.threshold },
    };

    if (!channels_fit (plan, "mask_argmax", push.channels))
        return;
    for (int row = 0; row < 3; row++) {
        M2fTensor counts = m2f_tensor_tokens (args->counts, row, 1);
        vk_zero (plan, &counts);
    }
    DISPATCH_FLAT (plan, VK_SHADER_mask_argmax, operands, push,
        divide_up ((int64_t) push.height * push.width, 256));
}

void
vk_mask_paint (M2fPlan *plan, const M2fMaskPaint *args)
{
    struct MaskPush push = {
        .height = args->winner.ne[2],
        .width = args->winner.ne[3],
        .src_height = args->logits.ne[1],
        .src_width = args->logits.ne[2],
        .channels = args->logits.ne[3],
        .logits_stride = args->logits.stride,
        .mid_height = args->mid_height,
        .mid_width = args->mid_width,
        .winner_stride = args->winner.stride,
        .per_word = per_word (&args->winner),
    };
    const VulkanOperand operands[] = {
        { &args->winner, &push.winner, true },
        { &args->counts, &push.counts, true },
        { &args->logits, &push.logits },
    };

    if (!channels_fit (plan, "mask_paint", push.channels))
        return;
    vk_zero (plan, &args->counts);
    DISPATCH_FLAT (plan, VK_SHADER_mask_paint, operands, push,
        divide_up ((int64_t) push.height * push.width, 256));
}

#define SCORE_CHUNK 512 /* pixels */

void
vk_mask_score (M2fPlan *plan, const M2fMaskScore *args)
{
    int channels = args->logits.ne[3];
    struct ScorePush push = {
        .height = args->height,
        .width = args->width,
        .src_height = args->logits.ne[1],
        .src_width = args->logits.ne[2],
        .channels = channels,
        .logits_stride = args->logits.stride,
        .sums_stride = args->sums.stride,
        .chunks = (int) MIN (divide_up ((int64_t) args->height * args->width, SCORE_CHUNK), 32768),
    };
    M2fTensor parts = vk_scratch (plan, M2F_F32, 1, push.chunks, 2, channels);
    const VulkanOperand operands[] = {
        { &parts, NULL, true },
        { &args->logits, &push.logits },
    };
    const VulkanOperand sum_operands[] = {
        { &args->sums, &push.sums, true },
        { &parts, NULL },
    };

    DISPATCH (plan, VK_SHADER_mask_score, operands, push, (uint64_t) push.chunks,
        divide_up (channels, 64), 1);
    DISPATCH (plan, VK_SHADER_mask_score_sum, sum_operands, push, divide_up (2 * channels, 64), 1,
        1);
}

/* ---- classes ------------------------------------------------------------------------------- */

#define SUMS_BYTES (64u << 20) /* most bytes of class sums held at a time */

/* One band: rows of class sums at the middle size, then the output rows that need only those. */
static void
class_band (M2fPlan *plan, const M2fClassArgmax *args, struct ClassPush *push,
    const M2fTensor *sums)
{
    const VulkanOperand sums_operands[] = {
        { sums, NULL, true },
        { &args->logits, &push->logits },
        { &args->mix, &push->mix },
    };
    const VulkanOperand operands[] = {
        { &args->winner, &push->winner, true },
        { sums, NULL },
    };

    DISPATCH_FLAT (plan, VK_SHADER_class_sums, sums_operands, *push,
        (uint64_t) push->rows * (uint64_t) push->mid_width);
    DISPATCH_FLAT (plan, VK_SHADER_class_argmax, operands, *push,
        divide_up ((int64_t) push->out_rows * push->width, 64));
}

void
vk_class_argmax (M2fPlan *plan, const M2fClassArgmax *args)
{
    int height = args->winner.ne[2], width = args->winner.ne[3];
    struct ClassPush push = {
        .height = height,
        .width = width,
        .src_height = args->logits.ne[1],
        .src_width = args->logits.ne[2],
        .channels = args->logits.ne[3],
        .classes = args->mix.ne[2],
        .logits_stride = args->logits.stride,
        .mix_stride = args->mix.stride,
        .mid_height = args->mid_height ? args->mid_height : height,
        .mid_width = args->mid_height ? args->mid_width : width,
        .winner_stride = args->winner.stride,
        .per_word = per_word (&args->winner),
    };
    size_t row_bytes = (size_t) push.mid_width * (size_t) push.classes * sizeof (float);
    int band = (int) CLAMP (SUMS_BYTES / row_bytes, 2, (size_t) MAX (push.mid_height, 2));

    if (!channels_fit (plan, "class_argmax", push.channels))
        return;
    M2fTensor sums = vk_scratch (plan, M2F_F32, 1, band, push.mid_width, push.classes);
    for (int y = 0; y < height && !m2f_plan_failed (plan);) {
        push.first_out = y;
        push.first_row = m2f_bilinear (y, push.mid_height, height).i0;
        push.rows = MIN (band, push.mid_height - push.first_row);
        while (y < height
            && m2f_bilinear (y, push.mid_height, height).i1 < push.first_row + push.rows)
            y++;
        push.out_rows = y - push.first_out;
        class_band (plan, args, &push, &sums);
    }
}
