/* Finds the tensors of a checkpoint by name, checks them and packs them for a device.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/network/weights.h"

#include <string.h>

#include "model/device_error.h"
#include "model/error.h"
#include "model/m2f.h"

/* Most problems that the error message describes; it only counts the others. */
#define MAX_PROBLEMS 10

/* Most bytes that packed weights may take per byte of their files, and in any case.  Packing
 * repeats the table of a window's biases for every query: 39 times at a window of 12, which hardly
 * counts beside the other weights, but 1000 times at a window of 64. */
#define MAX_GROWTH 8
#define MAX_SMALL_SIZE (256 << 20)

/* ---- host layers --------------------------------------------------------------------------- */

void
m2f_host_linear_clear (M2fHostLinear *l)
{
    g_clear_pointer (&l->weight, g_free);
    g_clear_pointer (&l->bias, g_free);
}

M2fHostLinear
m2f_host_linear_rows (const M2fHostLinear *l, int first, int n)
{
    return (M2fHostLinear) {
        .n = n,
        .k = l->k,
        .weight = l->weight ? l->weight + (size_t) first * l->k : NULL,
        .bias = l->bias ? l->bias + first : NULL,
    };
}

/* Appends `added` numbers to `*to`, which has `old`; it is NULL afterwards if one of them was, or
 * if there is no memory. */
static void
append (float **to, size_t old, const float *more, size_t added)
{
    float *grown = more && (*to || old == 0) ? g_try_renew (float, *to, old + added) : NULL;

    if (grown)
        memcpy (grown + old, more, added * sizeof (float));
    else
        g_free (*to);
    *to = grown;
}

void
m2f_host_linear_append (M2fHostLinear *to, const M2fHostLinear *l)
{
    g_assert (to->n == 0 || to->k == l->k);

    append (&to->weight, (size_t) to->n * l->k, l->weight, (size_t) l->n * l->k);
    append (&to->bias, (size_t) to->n, l->bias, (size_t) l->n);
    if (l->bias && !to->bias)
        g_clear_pointer (&to->weight, g_free);
    to->n += l->n;
    to->k = l->k;
}

M2fHostLinear
m2f_host_linear_compose (const M2fHostLinear *outer, const M2fHostLinear *inner)
{
    g_assert (outer->k == inner->n);
    const bool biased = outer->bias || inner->bias;
    M2fHostLinear l = {
        .n = outer->n,
        .k = inner->k,
    };

    if (!outer->weight || !inner->weight)
        return l;
    l.weight = g_try_new (float, (size_t) outer->n * inner->k);
    l.bias = biased ? g_try_new (float, outer->n) : NULL;
    g_autofree double *row = g_try_new (double, inner->k);
    if (!l.weight || !row || (biased && !l.bias)) {
        m2f_host_linear_clear (&l);
        return l;
    }
    for (int i = 0; i < outer->n; i++) {
        memset (row, 0, (size_t) inner->k * sizeof (double));
        for (int j = 0; j < outer->k; j++) {
            const double factor = outer->weight[(size_t) i * outer->k + j];
            const float *add = inner->weight + (size_t) j * inner->k;
            for (int c = 0; c < inner->k; c++)
                row[c] += factor * add[c];
        }
        for (int c = 0; c < inner->k; c++)
            l.weight[(size_t) i * inner->k + c] = (float) row[c];
    }
    if (inner->bias)
        m2f_host_linear_apply (outer, inner->bias, 1, l.bias);
    else if (outer->bias)
        memcpy (l.bias, outer->bias, (size_t) outer->n * sizeof (float));
    return l;
}

void
m2f_host_linear_apply (const M2fHostLinear *l, const float *src, int rows, float *dst)
{
    if (!l->weight || !src || !dst)
        return;
    for (int r = 0; r < rows; r++, src += l->k, dst += l->n)
        for (int n = 0; n < l->n; n++) {
            const float *w = l->weight + (size_t) n * l->k;
            /* Four partial sums: with one, every addition would wait for the previous one. */
            double sum[4] = { l->bias ? l->bias[n] : 0 };
            int k = 0;
            for (; k + 4 <= l->k; k += 4)
                for (int i = 0; i < 4; i++)
                    sum[i] += (double) w[k + i] * src[k + i];
            for (; k < l->k; k++)
                sum[0] += (double) w[k] * src[k];
            dst[n] = (float) (sum[0] + sum[1] + sum[2] + sum[3]);
        }
}

/* ---- names --------------------------------------------------------------------------------- */

/* `name` with the rule's `from` replaced; NULL if it does not occur. */
static char *
rename_by (const char *name, const M2fRename *rule)
{
    const char *at = strstr (name, rule->from);

    return at ? g_strdup_printf ("%.*s%s%s", (int) (at - name), name, rule->to,
                    at + strlen (rule->from))
              : NULL;
}

/* Finds a tensor by its name, by what all rules together make of it, or by what one does. */
static const M2fSafetensor *
find (const M2fBinder *b, const char *name)
{
    const M2fSafetensor *t = m2f_safetensors_find (b->file, name);
    g_autofree char *all = g_strdup (name);

    for (int i = 0; i < b->n_renames && !t; i++) {
        char *renamed = rename_by (all, &b->renames[i]);
        if (renamed) {
            g_free (all);
            all = renamed;
        }
    }
    if (!t)
        t = m2f_safetensors_find (b->file, all);
    for (int i = 0; i < b->n_renames && !t; i++) {
        g_autofree char *renamed = rename_by (name, &b->renames[i]);
        if (renamed)
            t = m2f_safetensors_find (b->file, renamed);
    }
    return t;
}

/* ---- checking ------------------------------------------------------------------------------ */

static int
shape_dims (M2fShape shape)
{
    int n = 0;
    while (n < 4 && shape.n[n])
        n++;
    return n;
}

static size_t
shape_elements (M2fShape shape)
{
    size_t n = 1;
    for (int i = 0; i < shape_dims (shape); i++)
        n *= (size_t) MAX (shape.n[i], 0);
    return n;
}

static void
append_shape (GString *s, const int64_t *extents, int n)
{
    g_string_append_c (s, '(');
    for (int i = 0; i < n; i++)
        g_string_append_printf (s, "%s%" G_GINT64_FORMAT, i ? ", " : "", extents[i]);
    g_string_append_c (s, ')');
}

static bool
is_float (const M2fSafetensor *t)
{
    return t->dtype == M2F_DTYPE_F32 || t->dtype == M2F_DTYPE_F16 || t->dtype == M2F_DTYPE_BF16
        || t->dtype == M2F_DTYPE_F64;
}

/* Checks that `t`, NULL if the file has none, is of the shape that the config asks for; records
 * the problem if it is not. */
static void
check (M2fBinder *b, const char *name, M2fShape shape, const M2fSafetensor *t)
{
    const int n_dims = shape_dims (shape);
    int64_t expected[4];
    for (int i = 0; i < 4; i++)
        expected[i] = MAX (shape.n[i], 0);

    b->n_checked++;
    if (t && is_float (t) && t->n_dims == n_dims
        && memcmp (t->shape, expected, (size_t) n_dims * sizeof (int64_t)) == 0)
        return;
    if (b->n_problems++ >= MAX_PROBLEMS)
        return;

    g_string_append_printf (b->problems, "; %s: expected ", name);
    append_shape (b->problems, expected, n_dims);
    if (!t) {
        g_string_append (b->problems, ", found nothing");
    } else {
        g_string_append_printf (b->problems, ", found %s ", t->dtype_name);
        append_shape (b->problems, t->shape, t->n_dims);
        g_string_append_printf (b->problems, " in %s", m2f_safetensors_file_name (b->file, t));
    }
}

/* Refuses weights that would take far more memory than their files hold. */
static bool
check_size (const M2fBinder *b, GError **error)
{
    const uint64_t held = m2f_safetensors_size (b->file);
    const uint64_t limit = MAX (MAX_GROWTH * held, MAX_SMALL_SIZE);

    if (b->packed_size <= limit)
        return true;
    m2f_set_error (error, M2F_ERROR_WEIGHTS,
        "config.json: expected weights that take at most %" G_GUINT64_FORMAT " bytes of memory, "
        "for files of %" G_GUINT64_FORMAT " bytes, found %" G_GUINT64_FORMAT, limit, held,
        b->packed_size);
    return false;
}

/* ---- the binder ---------------------------------------------------------------------------- */

void
m2f_binder_init (M2fBinder *b, M2fSafetensors *file, M2fDevice *device, bool dry)
{
    *b = (M2fBinder) {
        .dry = dry,
        .file = file,
        .device = device,
        .tensors = g_array_new (FALSE, FALSE, sizeof (M2fTensor)),
        .names = g_string_chunk_new (4096),
        .linear = M2F_LINEAR_WEIGHT,
        .scope = g_string_new (NULL),
        .problems = g_string_new (NULL),
    };
}

bool
m2f_binder_finish (M2fBinder *b, GError **error)
{
    g_autoptr (GString) problems = g_steal_pointer (&b->problems);
    g_string_free (g_steal_pointer (&b->scope), TRUE);
    g_clear_pointer (&b->staging, g_free);

    if (b->n_problems > MAX_PROBLEMS)
        g_string_append_printf (problems, "; and %d more", b->n_problems - MAX_PROBLEMS);
    if (b->n_problems) {
        m2f_set_error (error, M2F_ERROR_WEIGHTS, "%d of %d tensors do not fit config.json%s",
            b->n_problems, b->n_checked, problems->str);
        return false;
    }
    if (b->dry)
        return check_size (b, error);
    if (!b->error)
        return true;
    m2f_propagate_device_error (error, g_steal_pointer (&b->error));
    return false;
}

void
m2f_bind_scope (M2fBinder *b, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    g_string_vprintf (b->scope, format, args);
    va_end (args);
}

void
m2f_bind_renames (M2fBinder *b, const M2fRename *renames, int n)
{
    b->renames = renames;
    b->n_renames = n;
}

/* Room for `n` floats (g_free); NULL in a dry run and after an error. */
static float *
allocate (M2fBinder *b, size_t n, const char *name)
{
    if (b->dry || b->error)
        return NULL;
    float *data = g_try_new (float, n);

    if (!data)
        m2f_no_memory (&b->error, n * sizeof (float), name);
    return data;
}

/* Checks the tensor `name``suffix` or, if it was checked, reads it; `dst` is NULL in a dry run and
 * after an error. */
static void
read_into (M2fBinder *b, const char *name, const char *suffix, M2fShape shape, float *dst)
{
    g_autofree char *full = g_strconcat (b->scope->str, name, suffix, NULL);
    const M2fSafetensor *t = find (b, full);

    if (b->dry)
        check (b, full, shape, t);
    else if (dst && !b->error)
        m2f_safetensors_read_f32 (b->file, t, dst, &b->error);
}

bool
m2f_bind_has (M2fBinder *b, const char *name)
{
    g_autofree char *full = g_strconcat (b->scope->str, name, NULL);

    return find (b, full) != NULL;
}

float *
m2f_bind_read (M2fBinder *b, const char *name, M2fShape shape)
{
    g_autofree float *data = allocate (b, shape_elements (shape), name);

    read_into (b, name, "", shape, data);
    return b->error ? NULL : g_steal_pointer (&data);
}

/* The extents of a layer whose weight has this shape, at least 1. */
static M2fHostLinear
layer_of_shape (M2fShape shape)
{
    const int n = MAX (shape.n[0], 1);

    shape.n[0] = 1;
    return (M2fHostLinear) { .n = n, .k = (int) MAX (shape_elements (shape), 1) };
}

M2fHostLinear
m2f_bind_read_linears (M2fBinder *b, const char *const *names, int count, M2fShape shape, bool bias)
{
    const M2fHostLinear one = layer_of_shape (shape);
    const int n = one.n, k = one.k;
    M2fHostLinear l = {
        .n = count * n,
        .k = k,
        .weight = allocate (b, (size_t) count * n * k, names[0]),
        .bias = bias ? allocate (b, (size_t) count * n, names[0]) : NULL,
    };

    if (l.weight && shape_elements (shape) == 0)
        memset (l.weight, 0, (size_t) count * n * k * sizeof (float));
    if (l.bias && shape.n[0] == M2F_EMPTY)
        memset (l.bias, 0, (size_t) count * n * sizeof (float));
    for (int i = 0; i < count; i++) {
        read_into (b, names[i], ".weight", shape,
            l.weight ? l.weight + (size_t) i * n * k : NULL);
        if (bias)
            read_into (b, names[i], ".bias", M2F_SHAPE (shape.n[0]),
                l.bias ? l.bias + i * n : NULL);
    }
    if (b->error)
        m2f_host_linear_clear (&l);
    return l;
}

M2fHostLinear
m2f_bind_read_linear (M2fBinder *b, const char *name, M2fShape shape, bool bias)
{
    return m2f_bind_read_linears (b, &name, 1, shape, bias);
}

/* A buffer of `n` floats, valid until the next call; NULL in a dry run and after an error.  It is
 * reused: allocating memory for every weight would take half of the time of loading. */
static float *
staging (M2fBinder *b, size_t n)
{
    if (n > b->staging_size) {
        g_free (b->staging);
        b->staging = allocate (b, n, "staging");
        b->staging_size = b->staging ? n : 0;
    }
    return b->staging;
}

void
m2f_bind_pack (M2fBinder *b, M2fTensor *tensor, const char *name, M2fLayout layout, M2fShape ne,
    const float *data)
{
    if (b->error)
        return;
    g_autofree char *full = g_strconcat (b->scope->str, name, NULL);
    int extents[4] = { 1, 1, 1, 1 };
    const int n = shape_dims (ne);
    memcpy (extents + 4 - n, ne.n, (size_t) n * sizeof (int));

    if (b->dry)
        b->packed_size += m2f_weight_size (b->device, layout, extents);
    else if (!data)
        m2f_no_memory (&b->error, shape_elements (ne) * sizeof (float), full);
    else if (m2f_tensor_new_weight (b->device, tensor,
                 g_string_chunk_insert_const (b->names, full), layout, extents, data, &b->error))
        g_array_append_val (b->tensors, *tensor);
}

void
m2f_bind_pack_linear (M2fBinder *b, M2fLinearWeights *w, const char *name, const M2fHostLinear *l)
{
    g_autofree char *weight_name = g_strconcat (name, ".weight", NULL);
    g_autofree char *bias_name = g_strconcat (name, ".bias", NULL);

    m2f_bind_pack (b, &w->weight, weight_name, b->linear, M2F_SHAPE (l->n, l->k), l->weight);
    if (l->weight && l->bias)
        m2f_bind_pack (b, &w->bias, bias_name, M2F_PLAIN, M2F_SHAPE (l->n), l->bias);
}

void
m2f_bind_linear (M2fBinder *b, M2fLinearWeights *w, const char *name, M2fShape shape, bool bias)
{
    M2fHostLinear l = layer_of_shape (shape);
    const size_t elements = (size_t) l.n * l.k;

    l.weight = staging (b, elements + l.n);
    if (l.weight && shape_elements (shape) == 0)
        memset (l.weight, 0, (elements + l.n) * sizeof (float));
    read_into (b, name, ".weight", shape, l.weight);
    if (bias) {
        l.bias = l.weight ? l.weight + elements : NULL;
        read_into (b, name, ".bias", M2F_SHAPE (shape.n[0]), l.bias);
    }
    m2f_bind_pack_linear (b, w, name, &l);
}

void
m2f_bind_norm (M2fBinder *b, M2fNormWeights *w, const char *name, int channels)
{
    g_autofree char *weight_name = g_strconcat (name, ".weight", NULL);
    g_autofree char *bias_name = g_strconcat (name, ".bias", NULL);
    float *weight = staging (b, 2 * (size_t) channels);
    float *bias = weight ? weight + channels : NULL;

    read_into (b, name, ".weight", M2F_SHAPE (channels), weight);
    read_into (b, name, ".bias", M2F_SHAPE (channels), bias);
    m2f_bind_pack (b, &w->weight, weight_name, M2F_PLAIN, M2F_SHAPE (channels), weight);
    m2f_bind_pack (b, &w->bias, bias_name, M2F_PLAIN, M2F_SHAPE (channels), bias);
}

void
m2f_bind_constant (M2fBinder *b, M2fTensor *tensor, const char *name, int rows, int columns)
{
    if (b->dry || b->error)
        return;
    if (m2f_tensor_new (b->device, tensor, g_string_chunk_insert_const (b->names, name), M2F_F32,
            M2F_SHAPE (1, 1, rows, columns), &b->error))
        g_array_append_val (b->tensors, *tensor);
}
