/* The tensors of pytorch_model.bin: a state dict as torch.save() writes it since torch 1.6.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The file is a ZIP archive: DIR/data.pkl is the pickled dictionary, DIR/data/KEY a storage, which
 * is a list of numbers that tensors are parts of, DIR/byteorder the order of their bytes.
 */
#include "model/checkpoint/pytorch.h"

#include <string.h>

#include "model/checkpoint/file.h"
#include "model/checkpoint/pickle.h"
#include "model/checkpoint/tensor_entry.h"
#include "model/checkpoint/zip.h"
#include "model/error.h"

#define MAX_PICKLE (16 << 20) /* bytes */
#define MAX_NAME_LENGTH 512   /* bytes */

/* Bytes of all tensors beside those of the file: tensors may share a storage, but not all of
 * them. */
#define MAX_SHARING 2

typedef struct Bin {
    int fd;
    const char *path;
    uint64_t size;
    GArray *entries;      /* of M2fZipEntry */
    GHashTable *by_name;  /* entries by their names */
    char *dir;            /* folder of data.pkl, with its slash */
} Bin;

static const struct {
    const char *class, *name;
    M2fDtype dtype;
    int size;
} classes[] = {
    { "FloatStorage", "F32", M2F_DTYPE_F32, 4 },    { "HalfStorage", "F16", M2F_DTYPE_F16, 2 },
    { "BFloat16Storage", "BF16", M2F_DTYPE_BF16, 2 }, { "DoubleStorage", "F64", M2F_DTYPE_F64, 8 },
    { "LongStorage", "I64", M2F_DTYPE_I64, 8 },     { "IntStorage", "I32", M2F_DTYPE_I32, 4 },
    { "ShortStorage", "I16", M2F_DTYPE_I16, 2 },    { "CharStorage", "I8", M2F_DTYPE_I8, 1 },
    { "ByteStorage", "U8", M2F_DTYPE_U8, 1 },       { "BoolStorage", "BOOL", M2F_DTYPE_BOOL, 1 },
};

/* ---- the archive --------------------------------------------------------------------------- */

static const M2fZipEntry *
find_entry (const Bin *bin, const char *name)
{
    g_autofree char *full = g_strconcat (bin->dir, name, NULL);
    return g_hash_table_lookup (bin->by_name, full);
}

/* The bytes of an entry of at most `max`, with a NUL behind them (g_free). */
static uint8_t *
read_entry (const Bin *bin, const M2fZipEntry *entry, uint64_t max, GError **error)
{
    if (entry->size > max) {
        m2f_set_error (error, M2F_ERROR_FORMAT, "%s: %s: expected at most %" G_GUINT64_FORMAT
            " bytes, found %" G_GUINT64_FORMAT, bin->path, entry->name, max, entry->size);
        return NULL;
    }
    return m2f_file_load (bin->fd, bin->path, entry->offset, entry->size, error);
}

static bool
check_byte_order (const Bin *bin, GError **error)
{
    const M2fZipEntry *entry = find_entry (bin, "byteorder");
    if (!entry)
        return true; /* older versions of torch leave it out */
    g_autofree uint8_t *order = read_entry (bin, entry, 16, error);
    if (!order)
        return false;
    if (g_str_equal ((const char *) order, "little"))
        return true;
    m2f_set_error (error, M2F_ERROR_UNSUPPORTED, "%s: %s: expected little, found %s", bin->path,
        entry->name, (const char *) order);
    return false;
}

/* Lists the archive and finds its dictionary, which is returned. */
static const M2fZipEntry *
open_archive (Bin *bin, GError **error)
{
    static const char pickle[] = "data.pkl";
    char start[2] = "";
    if (bin->size < sizeof start || !m2f_file_read (bin->fd, bin->path, 0, start, 2, NULL)
        || memcmp (start, "PK", 2) != 0) {
        m2f_set_error (error, M2F_ERROR_UNSUPPORTED, "%s: expected a ZIP archive as torch.save() "
            "writes it since torch 1.6, found an older or another format", bin->path);
        return NULL;
    }
    bin->entries = m2f_zip_list (bin->fd, bin->path, bin->size, error);
    if (!bin->entries)
        return NULL;
    const M2fZipEntry *found = NULL;
    bin->by_name = g_hash_table_new (g_str_hash, g_str_equal);
    for (guint i = 0; i < bin->entries->len; i++) {
        M2fZipEntry *entry = &g_array_index (bin->entries, M2fZipEntry, i);
        g_hash_table_insert (bin->by_name, entry->name, entry);
        if (g_str_equal (entry->name, pickle) || g_str_has_suffix (entry->name, "/data.pkl"))
            found = entry;
    }
    if (found)
        bin->dir = g_strndup (found->name, strlen (found->name) - strlen (pickle));
    else
        m2f_set_error (error, M2F_ERROR_FORMAT, "%s: expected data.pkl in the archive, found %u "
            "other entries", bin->path, bin->entries->len);
    return found && check_byte_order (bin, error) ? found : NULL;
}

/* ---- tensors ------------------------------------------------------------------------------- */

static bool fail_tensor (const Bin *bin, const M2fPickledTensor *t, M2fError code, GError **error,
    const char *format, ...) G_GNUC_PRINTF (5, 6);

static bool
fail_tensor (const Bin *bin, const M2fPickledTensor *t, M2fError code, GError **error,
    const char *format, ...)
{
    va_list args;
    va_start (args, format);
    g_autofree char *what = g_strdup_vprintf (format, args);
    va_end (args);
    m2f_set_error (error, code, "%s: tensor %.*s: %s", bin->path,
        m2f_utf8_head (t->name, MAX_NAME_LENGTH), t->name, what);
    return false;
}

/* Fills in the shape, which must lie in the storage, one row behind the other. */
static bool
set_shape (const Bin *bin, const M2fPickledTensor *from, M2fSafetensor *to, GError **error)
{
    to->n_dims = from->n_dims;
    to->n_elements = 1;
    bool contiguous = true;
    for (int i = from->n_dims - 1; i >= 0; i--) {
        contiguous = contiguous && (from->shape[i] == 1 || from->stride[i] == to->n_elements);
        to->shape[i] = from->shape[i];
        if (__builtin_mul_overflow (to->n_elements, from->shape[i], &to->n_elements))
            return fail_tensor (bin, from, M2F_ERROR_FORMAT, error, "expected fewer than 2^63 "
                "elements, found more");
    }
    if (from->offset < 0 || from->offset > from->storage_elements
        || to->n_elements > from->storage_elements - from->offset)
        return fail_tensor (bin, from, M2F_ERROR_FORMAT, error, "expected elements %"
            G_GINT64_FORMAT " and on of a storage of %" G_GINT64_FORMAT ", found %" G_GINT64_FORMAT,
            from->offset, from->storage_elements, to->n_elements);
    if (!contiguous && to->n_elements > 0)
        return fail_tensor (bin, from, M2F_ERROR_UNSUPPORTED, error, "expected elements one behind "
            "the other, found a view of them in another order; save tensor.contiguous()");
    return true;
}

/* Fills in type and place of the elements. */
static bool
set_place (const Bin *bin, const M2fPickledTensor *from, M2fSafetensor *to, GError **error)
{
    size_t c = 0;
    while (c < G_N_ELEMENTS (classes) && !g_str_equal (classes[c].class, from->storage_class))
        c++;
    if (c == G_N_ELEMENTS (classes))
        return fail_tensor (bin, from, M2F_ERROR_UNSUPPORTED, error, "expected a storage of "
            "numbers, found a %s", from->storage_class);
    g_autofree char *name = g_strconcat ("data/", from->key, NULL);
    const M2fZipEntry *entry = find_entry (bin, name);
    const uint64_t size = (uint64_t) classes[c].size;
    if (!entry || entry->size / size < (uint64_t) from->storage_elements)
        return fail_tensor (bin, from, M2F_ERROR_FORMAT, error, "expected %" G_GINT64_FORMAT
            " elements in %s, found %" G_GUINT64_FORMAT, from->storage_elements, name,
            entry ? entry->size / size : 0);
    to->dtype = classes[c].dtype;
    g_strlcpy (to->dtype_name, classes[c].name, sizeof to->dtype_name);
    to->offset = entry->offset + (uint64_t) from->offset * size;
    to->size = (uint64_t) to->n_elements * size;
    return true;
}

static bool
append_tensors (const Bin *bin, const GArray *pickled, int file, GArray *tensors, GError **error)
{
    uint64_t total = 0;
    for (guint i = 0; i < pickled->len; i++) {
        const M2fPickledTensor *from = &g_array_index (pickled, M2fPickledTensor, i);
        const size_t length = strlen (from->name);
        M2fSafetensor tensor = { .file = file };
        if (length < 1 || length > MAX_NAME_LENGTH)
            return fail_tensor (bin, from, M2F_ERROR_FORMAT, error,
                "expected a name of 1 to %d bytes, found %zu", MAX_NAME_LENGTH, length);
        if (!set_shape (bin, from, &tensor, error) || !set_place (bin, from, &tensor, error))
            return false;
        total += tensor.size; /* each is no larger than the file, and there are not many */
        if (total > MAX_SHARING * bin->size)
            return fail_tensor (bin, from, M2F_ERROR_FORMAT, error, "expected a storage of its "
                "own, found too many tensors in the same ones");
        tensor.name = g_strdup (from->name);
        g_array_append_val (tensors, tensor);
    }
    return true;
}

bool
m2f_pytorch_list (int fd, const char *path, uint64_t size, int file, GArray *tensors,
    GError **error)
{
    Bin bin = { .fd = fd, .path = path, .size = size };
    const M2fZipEntry *entry = open_archive (&bin, error);
    g_autofree uint8_t *pickle = entry ? read_entry (&bin, entry, MAX_PICKLE, error) : NULL;
    g_autoptr (GArray) pickled =
        pickle ? m2f_pickle_read (pickle, entry->size, path, error) : NULL;
    bool ok = pickled && append_tensors (&bin, pickled, file, tensors, error);
    g_clear_pointer (&bin.entries, g_array_unref);
    g_clear_pointer (&bin.by_name, g_hash_table_unref);
    g_free (bin.dir);
    return ok;
}
