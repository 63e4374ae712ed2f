/* Reading model.safetensors, single or sharded.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file is: the header's length (8 bytes, little endian), the header (JSON), the data.  The
 * checks are those of the reference reader (safetensors/src/tensor.rs), plus caps.
 */
#include "model/checkpoint/safetensors.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "model/checkpoint/directory.h"
#include "model/checkpoint/file.h"
#include "model/checkpoint/json.h"
#include "model/checkpoint/pytorch.h"
#include "model/error.h"

#define MAX_HEADER_SIZE 100000000 /* MAX_HEADER_SIZE of the reference reader */
#define MAX_INDEX_SIZE (16 << 20)
#define MAX_TENSORS 16384
#define MAX_NAME_LENGTH 512
#define MAX_SHARDS 128
#define MAX_FILE_NAME 255 /* bytes; NAME_MAX of Linux */

typedef struct Shard {
    char *path;
    int fd;
    uint64_t data; /* where the data start, bytes */
} Shard;

struct M2fSafetensors {
    GArray *shards;  /* Shard */
    GArray *tensors; /* M2fSafetensor, sorted by name when opening is done */
};

static const struct {
    const char *name;
    M2fDtype dtype;
    int bits;
} dtypes[] = {
    { "F32", M2F_DTYPE_F32, 32 }, { "F16", M2F_DTYPE_F16, 16 }, { "BF16", M2F_DTYPE_BF16, 16 },
    { "F64", M2F_DTYPE_F64, 64 }, { "I64", M2F_DTYPE_I64, 64 }, { "I32", M2F_DTYPE_I32, 32 },
    { "I16", M2F_DTYPE_I16, 16 }, { "I8", M2F_DTYPE_I8, 8 },    { "U8", M2F_DTYPE_U8, 8 },
    { "BOOL", M2F_DTYPE_BOOL, 8 },
    { "U64", M2F_DTYPE_OTHER, 64 }, { "U32", M2F_DTYPE_OTHER, 32 }, { "U16", M2F_DTYPE_OTHER, 16 },
    { "C64", M2F_DTYPE_OTHER, 64 }, { "F4", M2F_DTYPE_OTHER, 4 },
    { "F6_E2M3", M2F_DTYPE_OTHER, 6 }, { "F6_E3M2", M2F_DTYPE_OTHER, 6 },
    { "F8_E4M3", M2F_DTYPE_OTHER, 8 }, { "F8_E5M2", M2F_DTYPE_OTHER, 8 },
    { "F8_E8M0", M2F_DTYPE_OTHER, 8 }, { "F8_E4M3FNUZ", M2F_DTYPE_OTHER, 8 },
    { "F8_E5M2FNUZ", M2F_DTYPE_OTHER, 8 },
};

/* ---- one entry of the header --------------------------------------------------------------- */

/* Fails: "FILE: tensor NAME: expected ..., found ...". */
static bool fail_tensor (GError **error, const char *file, const char *name, const char *format,
    ...) G_GNUC_PRINTF (4, 5);

static bool
fail_tensor (GError **error, const char *file, const char *name, const char *format, ...)
{
    va_list args;
    va_start (args, format);
    g_autofree char *what = g_strdup_vprintf (format, args);
    va_end (args);
    m2f_set_error (error, M2F_ERROR_FORMAT, "%s: tensor %.*s: %s", file,
        m2f_utf8_head (name, MAX_NAME_LENGTH), name, what);
    return false;
}

/* Fills dtype; returns the bits of an element, 0 on failure. */
static int
parse_dtype (const char *file, const char *name, const json_t *entry, M2fSafetensor *tensor,
    GError **error)
{
    const json_t *value = json_object_get (entry, "dtype");
    for (size_t i = 0; json_is_string (value) && i < G_N_ELEMENTS (dtypes); i++) {
        if (g_str_equal (json_string_value (value), dtypes[i].name)) {
            tensor->dtype = dtypes[i].dtype;
            g_strlcpy (tensor->dtype_name, dtypes[i].name, sizeof tensor->dtype_name);
            return dtypes[i].bits;
        }
    }
    g_autofree char *found = m2f_json_describe (value);
    fail_tensor (error, file, name, "expected a dtype of the format, found %s", found);
    return 0;
}

/* Fills shape and n_elements. */
static bool
parse_shape (const char *file, const char *name, const json_t *entry, M2fSafetensor *tensor,
    GError **error)
{
    const json_t *shape = json_object_get (entry, "shape");
    if (!json_is_array (shape) || json_array_size (shape) > M2F_SAFETENSORS_MAX_DIMS) {
        g_autofree char *found = m2f_json_describe (shape);
        return fail_tensor (error, file, name,
            "expected a shape of at most %d dimensions, found %s", M2F_SAFETENSORS_MAX_DIMS,
            found);
    }
    tensor->n_dims = (int) json_array_size (shape);
    tensor->n_elements = 1;
    for (int i = 0; i < tensor->n_dims; i++) {
        const json_t *value = json_array_get (shape, i);
        int64_t extent = json_integer_value (value);
        if (!json_is_integer (value) || extent < 0) {
            g_autofree char *found = m2f_json_describe (value);
            return fail_tensor (error, file, name, "expected shape[%d] >= 0, found %s", i, found);
        }
        if (__builtin_mul_overflow (tensor->n_elements, extent, &tensor->n_elements))
            return fail_tensor (error, file, name,
                "expected fewer than 2^63 elements, found more at shape[%d]", i);
        tensor->shape[i] = extent;
    }
    return true;
}

/* Fills offset and size, which must be what shape and dtype need. */
static bool
parse_offsets (const char *file, const char *name, const json_t *entry, int bits,
    M2fSafetensor *tensor, GError **error)
{
    const json_t *offsets = json_object_get (entry, "data_offsets");
    const json_t *first = json_array_get (offsets, 0), *last = json_array_get (offsets, 1);
    if (json_array_size (offsets) != 2 || !json_is_integer (first) || !json_is_integer (last)
        || json_integer_value (first) < 0
        || json_integer_value (last) < json_integer_value (first)) {
        char *text = json_dumps (offsets, JSON_COMPACT | JSON_ENCODE_ANY);
        fail_tensor (error, file, name,
            "expected data_offsets [begin, end] with 0 <= begin <= end, found %.*s",
            text ? m2f_utf8_head (text, 80) : 7, text ? text : "nothing");
        free (text);
        return false;
    }
    tensor->offset = (uint64_t) json_integer_value (first);
    tensor->size = (uint64_t) json_integer_value (last) - tensor->offset;

    uint64_t n_bits;
    if (__builtin_mul_overflow ((uint64_t) tensor->n_elements, (uint64_t) bits, &n_bits)
        || n_bits % 8 != 0)
        return fail_tensor (error, file, name,
            "expected whole bytes, fewer than 2^61, found %" G_GINT64_FORMAT " elements of %s",
            tensor->n_elements, tensor->dtype_name);
    if (n_bits / 8 != tensor->size)
        return fail_tensor (error, file, name,
            "expected %" G_GUINT64_FORMAT " bytes for %" G_GINT64_FORMAT
            " elements of %s, found data_offsets of %" G_GUINT64_FORMAT " bytes", n_bits / 8,
            tensor->n_elements, tensor->dtype_name, tensor->size);
    return true;
}

static bool
parse_entry (const char *file, const char *name, const json_t *entry, M2fSafetensor *tensor,
    GError **error)
{
    size_t length = strlen (name);
    if (length < 1 || length > MAX_NAME_LENGTH)
        return fail_tensor (error, file, name, "expected a name of 1 to %d bytes, found %zu",
            MAX_NAME_LENGTH, length);
    if (!json_is_object (entry)) {
        g_autofree char *found = m2f_json_describe (entry);
        return fail_tensor (error, file, name, "expected an object, found %s", found);
    }
    int bits = parse_dtype (file, name, entry, tensor, error);
    return bits && parse_shape (file, name, entry, tensor, error)
        && parse_offsets (file, name, entry, bits, tensor, error);
}

/* ---- the header ---------------------------------------------------------------------------- */

static bool
check_metadata (const char *file, const json_t *metadata, GError **error)
{
    bool ok = json_is_object (metadata);
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *) metadata, key, value)
        ok = ok && json_is_string (value);
    if (!ok)
        m2f_set_error (error, M2F_ERROR_FORMAT,
            "%s: expected __metadata__ to hold strings, found other values", file);
    return ok;
}

static int
compare_offsets (const void *a, const void *b)
{
    const M2fSafetensor *l = a, *r = b;
    if (l->offset != r->offset)
        return l->offset < r->offset ? -1 : 1;
    return (l->size > r->size) - (l->size < r->size);
}

/* The tensors from `first` on, which are one file's, must cover its data without gap or overlap. */
static bool
check_coverage (M2fSafetensors *st, const char *file, guint first, uint64_t data_size,
    GError **error)
{
    M2fSafetensor *tensors = (M2fSafetensor *) st->tensors->data + first;
    guint count = st->tensors->len - first;
    uint64_t end = 0;
    qsort (tensors, count, sizeof *tensors, compare_offsets);
    for (guint i = 0; i < count; i++) {
        if (tensors[i].offset != end)
            return fail_tensor (error, file, tensors[i].name,
                "expected data at byte %" G_GUINT64_FORMAT " of the data section, found %"
                G_GUINT64_FORMAT ": %s", end, tensors[i].offset,
                tensors[i].offset < end ? "it overlaps" : "there is a hole before it");
        end += tensors[i].size; /* cannot overflow: both ends came from 63-bit integers */
    }
    if (end != data_size) {
        m2f_set_error (error, M2F_ERROR_FORMAT,
            "%s: expected %" G_GUINT64_FORMAT " bytes of data by the header, found %"
            G_GUINT64_FORMAT "%s", file, end, data_size,
            end > data_size ? ": it is truncated" : "");
        return false;
    }
    return true;
}

/* Appends the header's tensors. */
static bool
parse_header (M2fSafetensors *st, const char *file, const char *text, size_t size,
    uint64_t data_size, GError **error)
{
    if (size < 1 || text[0] != '{') {
        m2f_set_error (error, M2F_ERROR_FORMAT,
            "%s: expected a safetensors header that starts with '{', found %s", file,
            size ? "another byte" : "no header");
        return false;
    }
    g_autoptr (json_t) header = m2f_json_parse_strict (text, size, file, error);
    if (!header)
        return false;

    guint first = st->tensors->len;
    const char *name;
    json_t *entry;
    json_object_foreach (header, name, entry) {
        if (g_str_equal (name, "__metadata__")) {
            if (!check_metadata (file, entry, error))
                return false;
            continue;
        }
        M2fSafetensor tensor = { .file = (int) st->shards->len - 1 };
        if (st->tensors->len >= MAX_TENSORS)
            return fail_tensor (error, file, name, "expected at most %d tensors, found more",
                MAX_TENSORS);
        if (!parse_entry (file, name, entry, &tensor, error))
            return false;
        tensor.name = g_strdup (name);
        g_array_append_val (st->tensors, tensor);
    }
    return check_coverage (st, file, first, data_size, error);
}

/* Reads the header of the newest shard. */
static bool
read_header (M2fSafetensors *st, uint64_t size, GError **error)
{
    Shard *shard = &g_array_index (st->shards, Shard, st->shards->len - 1);
    const char *path = shard->path;
    const int fd = shard->fd;
    uint8_t length_bytes[8];
    if (size < sizeof length_bytes) {
        m2f_set_error (error, M2F_ERROR_FORMAT,
            "%s: expected a safetensors file of at least 8 bytes, found %" G_GUINT64_FORMAT, path,
            size);
        return false;
    }
    if (!m2f_file_read (fd, path, 0, length_bytes, sizeof length_bytes, error))
        return false;
    uint64_t length;
    memcpy (&length, length_bytes, sizeof length);
    length = GUINT64_FROM_LE (length);
    if (length > MAX_HEADER_SIZE || length > size - sizeof length_bytes) {
        m2f_set_error (error, M2F_ERROR_FORMAT,
            "%s: expected a header of at most %" G_GUINT64_FORMAT " bytes, found a length of %"
            G_GUINT64_FORMAT ": it is truncated or not safetensors", path,
            MIN (size - sizeof length_bytes, MAX_HEADER_SIZE), length);
        return false;
    }

    uint64_t data = sizeof length_bytes + length;
    shard->data = data;
    g_autofree char *text = m2f_file_load (fd, path, sizeof length_bytes, length, error);
    return text && parse_header (st, path, text, length, size - data, error);
}

/* Adds a file of tensors; what is called .bin is one of torch.save(). */
static bool
add_shard (M2fSafetensors *st, const char *path, GError **error)
{
    uint64_t size;
    int fd = m2f_file_open (path, &size, error);
    if (fd < 0)
        return false;
    Shard shard = { .path = g_strdup (path), .fd = fd };
    g_array_append_val (st->shards, shard); /* closed with the rest from here on */

    if (g_str_has_suffix (path, ".bin"))
        return m2f_pytorch_list (fd, path, size, (int) st->shards->len - 1, st->tensors, error);
    return read_header (st, size, error);
}

/* ---- opening ------------------------------------------------------------------------------- */

static int
compare_names (const void *a, const void *b)
{
    const M2fSafetensor *l = a, *r = b;
    return strcmp (l->name, r->name);
}

static M2fSafetensors *
new_safetensors (void)
{
    M2fSafetensors *st = g_new (M2fSafetensors, 1);
    st->shards = g_array_new (FALSE, FALSE, sizeof (Shard));
    /* reserved: an empty array's data would be NULL, which qsort() and bsearch() may not get */
    st->tensors = g_array_sized_new (FALSE, FALSE, sizeof (M2fSafetensor), 512);
    return st;
}

/* Sorts by name; a name that two shards have is an error. */
static bool
finish (M2fSafetensors *st, GError **error)
{
    M2fSafetensor *tensors = (M2fSafetensor *) st->tensors->data;
    qsort (tensors, st->tensors->len, sizeof *tensors, compare_names);
    for (guint i = 1; i < st->tensors->len; i++) {
        if (g_str_equal (tensors[i - 1].name, tensors[i].name))
            return fail_tensor (error, m2f_safetensors_file_name (st, &tensors[i]),
                tensors[i].name, "expected in one file, found in %s, too",
                m2f_safetensors_file_name (st, &tensors[i - 1]));
    }
    return true;
}

M2fSafetensors *
m2f_safetensors_open_file (const char *path, GError **error)
{
    g_autoptr (M2fSafetensors) st = new_safetensors ();
    if (!add_shard (st, path, error) || !finish (st, error))
        return NULL;
    return g_steal_pointer (&st);
}

/* Opens every shard the index names, once; `shards` gets name -> number. */
static bool
open_shards (M2fSafetensors *st, const char *dir, const char *index, const json_t *weight_map,
    GHashTable *shards, GError **error)
{
    const char *tensor;
    json_t *value;
    json_object_foreach ((json_t *) weight_map, tensor, value) {
        const char *name = json_string_value (value);
        if (!name || !name[0] || name[0] == '.' || strpbrk (name, "/\\")
            || strlen (name) > MAX_FILE_NAME) {
            g_autofree char *found = m2f_json_describe (value);
            return fail_tensor (error, index, tensor,
                "expected a file name without directories in weight_map, found %s", found);
        }
        if (g_hash_table_contains (shards, name))
            continue;
        if (st->shards->len >= MAX_SHARDS)
            return fail_tensor (error, index, tensor, "expected at most %d shards, found more",
                MAX_SHARDS);
        g_autofree char *path = g_build_filename (dir, name, NULL);
        g_hash_table_insert (shards, (char *) name, GUINT_TO_POINTER (st->shards->len));
        if (!add_shard (st, path, error)) {
            g_autofree char *printable = m2f_printable (tensor);
            g_prefix_error (error, "%s: tensor %s: ", index, printable);
            return false;
        }
    }
    return true;
}

/* Drops what the shards hold beside the tensors that the index names.  The index is the list of a
 * checkpoint's tensors: one that names only a part of the network is refused for what it lacks,
 * even if a shard has it.  (transformers reads whatever the shards hold.) */
static void
drop_unnamed (M2fSafetensors *st, const json_t *weight_map)
{
    M2fSafetensor *tensors = (M2fSafetensor *) st->tensors->data;
    guint kept = 0;
    for (guint i = 0; i < st->tensors->len; i++) {
        if (json_object_get (weight_map, tensors[i].name))
            tensors[kept++] = tensors[i];
        else
            g_free (tensors[i].name);
    }
    g_array_set_size (st->tensors, kept);
}

static bool
open_index (M2fSafetensors *st, const char *dir, const char *index, GError **error)
{
    g_autoptr (json_t) root = m2f_json_load (index, MAX_INDEX_SIZE, error);
    if (!root)
        return false;
    const json_t *weight_map = json_object_get (root, "weight_map");
    if (!json_is_object (weight_map) || json_object_size (weight_map) == 0) {
        g_autofree char *found = m2f_json_describe (weight_map);
        m2f_set_error (error, M2F_ERROR_FORMAT,
            "%s: weight_map: expected an object that names tensors, found %s", index, found);
        return false;
    }
    g_autoptr (GHashTable) shards = g_hash_table_new (g_str_hash, g_str_equal);
    if (!open_shards (st, dir, index, weight_map, shards, error) || !finish (st, error))
        return false;

    const char *name;
    json_t *value;
    json_object_foreach ((json_t *) weight_map, name, value) {
        const M2fSafetensor *tensor = m2f_safetensors_find (st, name);
        gpointer shard = g_hash_table_lookup (shards, json_string_value (value));
        if (!tensor || tensor->file != (int) GPOINTER_TO_UINT (shard))
            return fail_tensor (error, index, name, "expected in %s, found %s",
                json_string_value (value),
                tensor ? m2f_safetensors_file_name (st, tensor) : "nowhere");
    }
    drop_unnamed (st, weight_map);
    return true;
}

/* The prefix that all names share before those of the network, "" if there is none; NULL if this
 * is no such network (g_free). */
static char *
common_prefix (const M2fSafetensors *st)
{
    static const char known[] = "class_predictor.weight";
    const M2fSafetensor *tensors = (const M2fSafetensor *) st->tensors->data;
    char *prefix = NULL;
    for (guint i = 0; i < st->tensors->len && !prefix; i++) {
        const char *name = tensors[i].name;
        if (g_str_has_suffix (name, known))
            prefix = g_strndup (name, strlen (name) - strlen (known));
    }
    for (guint i = 0; i < st->tensors->len && prefix; i++) {
        if (!g_str_has_prefix (tensors[i].name, prefix))
            g_clear_pointer (&prefix, g_free);
    }
    return prefix;
}

/* Removes what a training wrapper put before all names; the order of names stays. */
static bool
strip_prefix (M2fSafetensors *st, GError **error)
{
    g_autofree char *prefix = common_prefix (st);
    if (!prefix || !prefix[0])
        return true;
    M2fSafetensor *tensors = (M2fSafetensor *) st->tensors->data;
    if (!g_str_equal (prefix, "model.")) {
        m2f_set_error (error, M2F_ERROR_WEIGHTS,
            "%s: expected the names of a Mask2Former, found \"%s\" before all of them",
            m2f_safetensors_file_name (st, tensors), prefix);
        return false;
    }
    for (guint i = 0; i < st->tensors->len; i++) {
        char *name = tensors[i].name;
        memmove (name, name + strlen (prefix), strlen (name + strlen (prefix)) + 1);
    }
    return true;
}

M2fSafetensors *
m2f_safetensors_open_dir (const char *dir, GError **error)
{
    if (!m2f_directory_check (dir, error))
        return NULL;
    /* in the order in which transformers looks for them */
    static const char *const names[] = { "model.safetensors", "model.safetensors.index.json",
        "pytorch_model.bin", "pytorch_model.bin.index.json" };
    g_autoptr (M2fSafetensors) st = new_safetensors ();
    for (size_t i = 0; i < G_N_ELEMENTS (names); i++) {
        g_autofree char *path = g_build_filename (dir, names[i], NULL);
        if (m2f_file_is_missing (path))
            continue;
        bool ok = g_str_has_suffix (path, ".json")
            ? open_index (st, dir, path, error)
            : add_shard (st, path, error) && finish (st, error);
        return ok && strip_prefix (st, error) ? g_steal_pointer (&st) : NULL;
    }
    m2f_set_error (error, M2F_ERROR_NOT_FOUND,
        "%s: expected model.safetensors or model.safetensors.index.json, or the same of "
        "pytorch_model.bin, found none", dir);
    return NULL;
}

void
m2f_safetensors_close (M2fSafetensors *st)
{
    if (!st)
        return;
    for (guint i = 0; i < st->shards->len; i++) {
        Shard *shard = &g_array_index (st->shards, Shard, i);
        close (shard->fd);
        g_free (shard->path);
    }
    for (guint i = 0; i < st->tensors->len; i++)
        g_free (g_array_index (st->tensors, M2fSafetensor, i).name);
    g_array_unref (st->shards);
    g_array_unref (st->tensors);
    g_free (st);
}

/* ---- looking up ---------------------------------------------------------------------------- */

const M2fSafetensor *
m2f_safetensors_find (const M2fSafetensors *st, const char *name)
{
    M2fSafetensor key = { .name = (char *) name };
    return bsearch (&key, st->tensors->data, st->tensors->len, sizeof key, compare_names);
}

const M2fSafetensor *
m2f_safetensors_list (const M2fSafetensors *st, int *count)
{
    *count = (int) st->tensors->len;
    return (const M2fSafetensor *) st->tensors->data;
}

uint64_t
m2f_safetensors_size (const M2fSafetensors *st)
{
    uint64_t size = 0;
    for (guint i = 0; i < st->tensors->len; i++)
        size += g_array_index (st->tensors, M2fSafetensor, i).size;
    return size;
}

const char *
m2f_safetensors_file_name (const M2fSafetensors *st, const M2fSafetensor *tensor)
{
    return g_array_index (st->shards, Shard, tensor->file).path;
}

/* ---- tensors that the network has no use for ------------------------------------------------ */

/* Names spelled out in a warning; the rest is counted. */
#define MAX_UNREAD 5

/* True for what training leaves in files and no network reads: the loss, tables, counters and the
 * last norm of a backbone that once was a classifier. */
static bool
is_leftover (const char *name)
{
    return g_str_has_prefix (name, "criterion.")
        || (g_str_has_prefix (name, "model.pixel_level_module.encoder.")
            && (g_str_has_suffix (name, ".layernorm.weight")
                || g_str_has_suffix (name, ".layernorm.bias")))
        || g_str_has_suffix (name, ".relative_position_index")
        || g_str_has_suffix (name, ".num_batches_tracked");
}

void
m2f_safetensors_warn_unread (const M2fSafetensors *st, GPtrArray *warnings)
{
    g_autoptr (GString) names = g_string_new (NULL);
    const M2fSafetensor *first = NULL;
    int count = 0;
    for (guint i = 0; i < st->tensors->len; i++) {
        const M2fSafetensor *tensor = &g_array_index (st->tensors, M2fSafetensor, i);
        if (g_atomic_int_get (&tensor->is_read) || is_leftover (tensor->name))
            continue;
        first = first ? first : tensor;
        if (count++ < MAX_UNREAD)
            g_string_append_printf (names, "%s%s", count > 1 ? ", " : "", tensor->name);
    }
    if (count > MAX_UNREAD)
        g_string_append_printf (names, " and %d more", count - MAX_UNREAD);
    if (count)
        m2f_warn (warnings, "%s: the network has no use for %s", m2f_safetensors_file_name (st,
                first), names->str);
}

/* ---- values -------------------------------------------------------------------------------- */

#define CHUNK 4096 /* elements converted at a time, on the stack */

static inline float
float_from_bits (uint32_t bits)
{
    float value;
    memcpy (&value, &bits, sizeof value);
    return value;
}

static inline uint32_t
bits_from_float (float value)
{
    uint32_t bits;
    memcpy (&bits, &value, sizeof bits);
    return bits;
}

/* IEEE half to single, exact.  Rebiasing the exponent serves normal numbers; an exponent of 0 is a
 * subnormal, normalised by giving it an implied one and taking that off again in floating point;
 * one of 31 is infinity or NaN.  All three are computed and selected: weights have enough
 * subnormals to mispredict a branch. */
static inline float
float_from_half (uint16_t half)
{
    const uint32_t exponent = 0x7c00u << 13, rebias = (127 - 15) << 23;
    uint32_t sign = (uint32_t) (half & 0x8000) << 16;
    uint32_t magnitude = (uint32_t) (half & 0x7fff) << 13;
    float subnormal = float_from_bits (magnitude + rebias + (1u << 23)) - 0x1p-14f;
    uint32_t bits = magnitude + rebias;
    bits = (magnitude & exponent) == exponent ? bits + rebias : bits;
    bits = (magnitude & exponent) == 0 ? bits_from_float (subnormal) : bits;
    return float_from_bits (bits | sign);
}

static void
convert_f16 (const void *raw, float *out, size_t count)
{
    const uint16_t *in = raw;
    for (size_t i = 0; i < count; i++)
        out[i] = float_from_half (GUINT16_FROM_LE (in[i]));
}

static void
convert_bf16 (const void *raw, float *out, size_t count)
{
    const uint16_t *in = raw;
    for (size_t i = 0; i < count; i++)
        out[i] = float_from_bits ((uint32_t) GUINT16_FROM_LE (in[i]) << 16);
}

static void
convert_f32 (const void *raw, float *out, size_t count)
{
    const uint32_t *in = raw;
    for (size_t i = 0; i < count; i++)
        out[i] = float_from_bits (GUINT32_FROM_LE (in[i]));
}

static void
convert_f64 (const void *raw, float *out, size_t count)
{
    const uint64_t *in = raw;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = GUINT64_FROM_LE (in[i]);
        double value;
        memcpy (&value, &bits, sizeof value);
        out[i] = (float) value;
    }
}

static bool
all_finite (const float *values, size_t count)
{
    bool finite = true;
    for (size_t i = 0; i < count; i++)
        finite &= (bits_from_float (values[i]) & 0x7f800000) != 0x7f800000;
    return finite;
}

bool
m2f_safetensors_read_f32 (M2fSafetensors *st, const M2fSafetensor *tensor, float *out,
    GError **error)
{
    const Shard *shard = &g_array_index (st->shards, Shard, tensor->file);
    void (*convert) (const void *raw, float *out, size_t count);
    switch (tensor->dtype) {
    case M2F_DTYPE_F32: convert = convert_f32; break;
    case M2F_DTYPE_F16: convert = convert_f16; break;
    case M2F_DTYPE_BF16: convert = convert_bf16; break;
    case M2F_DTYPE_F64: convert = convert_f64; break;
    default:
        m2f_set_error (error, M2F_ERROR_WEIGHTS,
            "%s: tensor %s: expected dtype F32, F16, BF16 or F64, found %s", shard->path,
            tensor->name, tensor->dtype_name);
        return false;
    }

    g_atomic_int_set (&((M2fSafetensor *) tensor)->is_read, TRUE);
    uint64_t chunk[CHUNK];
    size_t total = (size_t) tensor->n_elements;
    size_t element = total ? tensor->size / total : 0;
    for (size_t done = 0; done < total;) {
        size_t count = MIN (total - done, sizeof chunk / element);
        if (!m2f_file_read (shard->fd, shard->path, shard->data + tensor->offset + done * element,
                chunk, count * element, error))
            return false;
        convert (chunk, out + done, count);
        if (!all_finite (out + done, count)) {
            while (isfinite (out[done]))
                done++;
            m2f_set_error (error, M2F_ERROR_WEIGHTS,
                "%s: tensor %s: expected finite values, found %g at element %zu of %zu",
                shard->path, tensor->name, out[done], done, total);
            return false;
        }
        done += count;
    }
    return true;
}
