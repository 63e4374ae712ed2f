/* Plans: one dry run that checks shapes and places temporaries, then runs that repeat it.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The dry run calls the plan's function without computing, and writes down where every temporary
 * went and when it was released.  A run reads that back step by step instead of placing again:
 * offsets cannot differ, smaller shapes always fit, and a sequence that is not the dry run's is
 * noticed before anything overlaps.
 */
#include "model/compute/arena.h"
#include "model/compute/plan.h"

#include <time.h>

typedef struct Step {
    const char *name;
    size_t offset, size;
    bool release; /* true if it releases the block at `offset`, false if it takes it */
} Step;

struct M2fPlan {
    M2fDevice *device;
    M2fPlanFunc func;
    void *func_data;
    M2fTapFunc tap;
    void *tap_data;
    void *backend_data;
    int variant;
    M2fProfile *profile; /* the device's, as of the last run */
    const gint *cancel_flag; /* NULL if the plan cannot be cancelled */

    bool running;
    GError *error;
    GArray *steps;     /* of Step */
    guint next_step;   /* step that a run has reached */
    M2fArena *arena;   /* used by the dry run; NULL afterwards */
    M2fBuffer *memory; /* the arena's; NULL if the plan has no temporaries */
    size_t memory_size;
    M2fBuffer placeholder; /* buffer of temporaries until the arena has memory */

    GArray *stages; /* of M2fStageTime */
    int stage;      /* current one, -1 before the first */
    gint64 stage_start;
};

/* ---- failing -------------------------------------------------------------------------------- */

void
m2f_plan_fail (M2fPlan *plan, M2fComputeError code, const char *format, ...)
{
    va_list args;

    if (plan->error)
        return;
    va_start (args, format);
    plan->error = g_error_new_valist (M2F_COMPUTE_ERROR, (gint) code, format, args);
    va_end (args);
}

bool
m2f_plan_failed (const M2fPlan *plan)
{
    return plan->error != NULL;
}

bool
m2f_plan_running (const M2fPlan *plan)
{
    return plan->running;
}

void
m2f_plan_set_cancel_flag (M2fPlan *plan, const gint *flag)
{
    plan->cancel_flag = flag;
}

bool
m2f_plan_check_cancel (M2fPlan *plan)
{
    if (!plan->cancel_flag || !g_atomic_int_get (plan->cancel_flag))
        return false;
    m2f_plan_fail (plan, M2F_COMPUTE_ERROR_CANCELLED, "the run was cancelled");
    return true;
}

static void
fail_sequence (M2fPlan *plan, const char *what, const char *name)
{
    m2f_plan_fail (plan, M2F_COMPUTE_ERROR_INVALID,
        "plan: %s %s where the first call did something else", what, name ? name : "(unnamed)");
}

/* ---- temporaries ---------------------------------------------------------------------------- */

/* Bytes that a temporary takes of the arena; 0 if it is too large. */
static size_t
aligned (size_t size)
{
    return size > PTRDIFF_MAX - M2F_PLAN_ALIGN ? 0
        : (size + M2F_PLAN_ALIGN - 1) / M2F_PLAN_ALIGN * M2F_PLAN_ALIGN;
}

/* Places a temporary in the dry run. */
static void
place (M2fPlan *plan, M2fTensor *t, size_t size)
{
    Step step = { .name = t->name, .size = size };

    if (!m2f_arena_take (plan->arena, aligned (size), &step.offset)) {
        g_autofree char *what = m2f_tensor_describe (t);

        m2f_plan_fail (plan, M2F_COMPUTE_ERROR_OUT_OF_MEMORY,
            "plan: %s does not fit into the address space", what);
        return;
    }
    g_array_append_val (plan->steps, step);
    t->offset = step.offset;
}

/* Puts a temporary where the dry run has put it. */
static void
place_again (M2fPlan *plan, M2fTensor *t, size_t size)
{
    const Step *step = &g_array_index (plan->steps, Step, plan->next_step);

    if (plan->next_step >= plan->steps->len || step->release
        || g_strcmp0 (step->name, t->name) != 0) {
        fail_sequence (plan, "takes", t->name);
        return;
    }
    if (size > step->size) {
        g_autofree char *what = m2f_tensor_describe (t);

        m2f_plan_fail (plan, M2F_COMPUTE_ERROR_INVALID,
            "plan: %s takes %zu bytes, expected at most the %zu of the first call", what, size,
            step->size);
        return;
    }
    plan->next_step++;
    t->buffer = plan->memory;
    t->offset = step->offset;
}

M2fTensor
m2f_plan_tensor (M2fPlan *plan, const char *name, M2fType type, int n0, int n1, int n2, int n3)
{
    const int ne[4] = { n0, n1, n2, n3 };
    size_t size = m2f_shape_size (type, ne);
    M2fTensor t = {
        .buffer = &plan->placeholder,
        .type = type,
        .ne = { n0, n1, n2, n3 },
        .stride = n3,
        .name = name,
    };

    if (size == 0) {
        m2f_plan_fail (plan, M2F_COMPUTE_ERROR_INVALID,
            "plan: %s has shape (%d, %d, %d, %d), expected extents from 1 that fit into memory",
            name, n0, n1, n2, n3);
        return (M2fTensor) { .name = name };
    }
    if (plan->error)
        return t;
    if (plan->running)
        place_again (plan, &t, size);
    else
        place (plan, &t, size);
    return t;
}

/* Whether a layer's inputs and outputs are whole pairs, as which fp16 is stored. */
static bool
has_pairs (const M2fTensor *weight)
{
    const int *channels = weight->layout == M2F_LINEAR_WEIGHT ? weight->ne + 2 : weight->ne;

    return channels[0] % 2 == 0 && channels[1] % 2 == 0;
}

M2fType
m2f_plan_input_type (const M2fPlan *plan, const M2fTensor *weight, int rows)
{
    const M2fBackendFns *fns = plan->device->fns;

    if (weight->type != fns->narrow || rows <= fns->few_rows
        || (fns->narrow == M2F_F16 && !has_pairs (weight)))
        return M2F_F32;
    return fns->narrow;
}

/* The step that took what lies at `offset` and has not been released. */
static const Step *
find_live (M2fPlan *plan, size_t offset)
{
    for (guint i = plan->steps->len; i-- > 0;) {
        const Step *step = &g_array_index (plan->steps, Step, i);

        if (step->offset == offset)
            return step->release ? NULL : step;
    }
    return NULL;
}

static void
release (M2fPlan *plan, const M2fTensor *t)
{
    const Step *taken = t->buffer == &plan->placeholder ? find_live (plan, t->offset) : NULL;
    Step step = { .name = t->name, .offset = t->offset, .release = true };

    if (!taken) {
        m2f_plan_fail (plan, M2F_COMPUTE_ERROR_INVALID,
            "plan: %s is released but is no temporary of this plan", t->name);
        return;
    }
    if (!m2f_arena_give (plan->arena, taken->offset, aligned (taken->size))) {
        m2f_plan_fail (plan, M2F_COMPUTE_ERROR_UNSUPPORTED,
            "plan: releasing %s leaves more than %d holes", t->name, M2F_ARENA_SPANS);
        return;
    }
    g_array_append_val (plan->steps, step);
}

static void
release_again (M2fPlan *plan, const M2fTensor *t)
{
    const Step *step = &g_array_index (plan->steps, Step, plan->next_step);

    if (plan->next_step >= plan->steps->len || !step->release || step->offset != t->offset
        || t->buffer != plan->memory)
        fail_sequence (plan, "releases", t->name);
    else
        plan->next_step++;
}

void
m2f_plan_release (M2fPlan *plan, M2fTensor *tensor)
{
    if (!plan->error) {
        if (plan->running)
            release_again (plan, tensor);
        else
            release (plan, tensor);
    }
    *tensor = (M2fTensor) { .name = tensor->name };
}

/* ---- taps and stages ------------------------------------------------------------------------ */

bool
m2f_plan_taps (const M2fPlan *plan)
{
    return plan->tap != NULL;
}

void
m2f_plan_tap (M2fPlan *plan, const char *name, const M2fTensor *tensor)
{
    if (!plan->tap || !plan->running || plan->error)
        return;
    if (plan->device->fns->flush)
        plan->device->fns->flush (plan);
    if (!plan->error)
        plan->tap (name, tensor, plan->tap_data);
}

bool
m2f_plan_watched (const M2fPlan *plan)
{
    return plan->tap || plan->profile;
}

static int64_t
now_ns (void)
{
    struct timespec t;

    clock_gettime (CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000000000 + t.tv_nsec;
}

bool
m2f_plan_op_begins (M2fPlan *plan, int64_t *start)
{
    if (!plan->profile)
        return false;
    *start = now_ns ();
    return true;
}

void
m2f_plan_op_ends (M2fPlan *plan, int64_t start, const char *op, const M2fWork *work)
{
    const char *stage = "";

    if (plan->device->fns->flush && !plan->error)
        plan->device->fns->flush (plan);
    if (plan->stage >= 0)
        stage = g_array_index (plan->stages, M2fStageTime, plan->stage).name;
    m2f_profile_add_op (plan->profile, stage, op, work, (double) (now_ns () - start) / 1e6);
}

void
m2f_plan_download (M2fPlan *plan, const M2fTensor *tensor)
{
    if (plan->running && !plan->error && plan->device->fns->download)
        plan->device->fns->download (plan, tensor);
}

/* Ends the current stage, if there is one, now. */
static void
end_stage (M2fPlan *plan)
{
    gint64 now = g_get_monotonic_time ();

    if (plan->stage >= 0)
        g_array_index (plan->stages, M2fStageTime, plan->stage).ms
            = (double) (now - plan->stage_start) / 1000;
    plan->stage_start = now;
}

void
m2f_plan_stage (M2fPlan *plan, const char *name)
{
    if (plan->error)
        return;
    if (!plan->running) {
        M2fStageTime time = { .name = name };

        g_array_append_val (plan->stages, time);
        return;
    }
    end_stage (plan);
    if (plan->stage + 1 >= (int) plan->stages->len
        || g_strcmp0 (g_array_index (plan->stages, M2fStageTime, plan->stage + 1).name, name)) {
        fail_sequence (plan, "starts stage", name);
        return;
    }
    plan->stage++;
    if (plan->device->fns->stage)
        plan->device->fns->stage (plan, plan->stage);
}

const M2fStageTime *
m2f_plan_stage_times (const M2fPlan *plan, int *count)
{
    *count = (int) plan->stages->len;
    return (const M2fStageTime *) (void *) plan->stages->data;
}

/* ---- plans ---------------------------------------------------------------------------------- */

/* Walks for shapes and makes the memory that took. */
static void
measure (M2fPlan *plan)
{
    M2fDevice *device = plan->device;
    GError *error = NULL;

    plan->arena = g_new (M2fArena, 1);
    m2f_arena_init (plan->arena, PTRDIFF_MAX);
    plan->func (plan, plan->func_data);
    plan->memory_size = plan->arena->peak;
    g_clear_pointer (&plan->arena, g_free);

    if (plan->error)
        return;
    g_debug ("plan built: %u steps, %.1f MiB of temporaries on %s", plan->steps->len,
        (double) plan->memory_size / (1 << 20), device->info.spec);
    if (plan->memory_size == 0)
        return;
    plan->memory = device->fns->buffer_new (device, plan->memory_size, &error);
    if (!plan->memory) {
        plan->error = error;
        g_prefix_error (&plan->error, "plan: %.1f MB of temporaries on %s: ",
            (double) plan->memory_size / 1e6, device->info.spec);
    }
}

M2fPlan *
m2f_plan_new_tapped (M2fDevice *device, M2fPlanFunc func, void *user_data, M2fTapFunc tap,
    void *tap_data, GError **error)
{
    M2fPlan *plan = g_new0 (M2fPlan, 1);

    plan->device = m2f_device_ref (device);
    plan->func = func;
    plan->func_data = user_data;
    plan->tap = tap;
    plan->tap_data = tap_data;
    plan->steps = g_array_new (FALSE, FALSE, sizeof (Step));
    plan->stages = g_array_new (FALSE, FALSE, sizeof (M2fStageTime));
    plan->placeholder.size = PTRDIFF_MAX;
    plan->stage = -1;

    measure (plan);
    if (plan->error) {
        g_propagate_error (error, g_steal_pointer (&plan->error));
        m2f_plan_free (&plan);
    }
    return plan;
}

M2fPlan *
m2f_plan_new (M2fDevice *device, M2fPlanFunc func, void *user_data, GError **error)
{
    return m2f_plan_new_tapped (device, func, user_data, NULL, NULL, error);
}

void
m2f_plan_free (M2fPlan **plan)
{
    M2fPlan *p = g_steal_pointer (plan);

    if (!p)
        return;
    if (p->device->fns->forget)
        p->device->fns->forget (p);
    if (p->memory)
        p->device->fns->buffer_free (p->device, p->memory);
    g_array_unref (p->steps);
    g_array_unref (p->stages);
    g_clear_error (&p->error);
    m2f_device_unref (&p->device);
    g_free (p);
}

void
m2f_plan_invalidate (M2fPlan *plan)
{
    if (plan->device->fns->forget)
        plan->device->fns->forget (plan);
}

void
m2f_plan_variant (M2fPlan *plan, int variant)
{
    plan->variant = variant;
}

int
m2f_plan_current_variant (const M2fPlan *plan)
{
    return plan->variant;
}

/* Computes, or lets the backend record what its queue is to compute. */
static void
issue (M2fPlan *plan)
{
    const M2fBackendFns *fns = plan->device->fns;

    plan->running = true;
    plan->next_step = 0;
    plan->stage = -1;
    if (plan->profile != plan->device->profile)
        m2f_plan_invalidate (plan);
    plan->profile = plan->device->profile;

    const bool calls_func = fns->begin (plan);

    if (calls_func) {
        for (guint i = 0; i < plan->stages->len; i++)
            g_array_index (plan->stages, M2fStageTime, i).ms = 0;
        if (!plan->error)
            plan->func (plan, plan->func_data);
    }
    m2f_plan_check_cancel (plan);
    fns->end (plan);
    if (calls_func)
        end_stage (plan);
}

/* Takes the first error of the plans; false if there is one. */
static bool
take_error (M2fPlan *const plans[], int n, GError **error)
{
    GError *first = NULL;

    for (int i = 0; i < n; i++) {
        if (!first)
            first = g_steal_pointer (&plans[i]->error);
        g_clear_error (&plans[i]->error);
    }
    if (first)
        g_propagate_error (error, first);
    return first == NULL;
}

bool
m2f_plans_start (M2fPlan *const plans[], int n, GError **error)
{
    const M2fBackendFns *fns = plans[0]->device->fns;
    bool failed = false;

    for (int i = 0; i < n && !failed; i++) {
        issue (plans[i]);
        failed = plans[i]->error != NULL;
    }
    if (!failed && fns->submit)
        fns->submit (plans, n);
    return take_error (plans, n, error);
}

bool
m2f_plans_finish (M2fPlan *const plans[], int n, GError **error)
{
    const M2fBackendFns *fns = plans[0]->device->fns;

    if (fns->wait)
        fns->wait (plans, n);
    for (int i = 0; i < n; i++)
        m2f_plan_check_cancel (plans[i]);
    if (!take_error (plans, n, error))
        return false;
    for (int i = 0; i < n; i++) {
        M2fStageTime *times = (M2fStageTime *) (void *) plans[i]->stages->data;

        if (fns->stage_times)
            fns->stage_times (plans[i], times, (int) plans[i]->stages->len);
        for (guint k = 0; plans[i]->profile && k < plans[i]->stages->len; k++)
            m2f_profile_add_stage (plans[i]->profile, &times[k]);
    }
    return true;
}

bool
m2f_plan_run (M2fPlan *plan, GError **error)
{
    return m2f_plans_start (&plan, 1, error) && m2f_plans_finish (&plan, 1, error);
}

M2fDevice *
m2f_plan_device (M2fPlan *plan)
{
    return plan->device;
}

size_t
m2f_plan_memory (const M2fPlan *plan)
{
    return plan->memory_size;
}

void **
m2f_plan_backend_data (M2fPlan *plan)
{
    return &plan->backend_data;
}
