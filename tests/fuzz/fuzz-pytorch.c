/* Fuzzes pytorch_model.bin: the whole file, or the pickle in an archive that is right.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "model/checkpoint/safetensors.h"
#include "tests/fuzz/fuzz.h"

static void
put (GByteArray *to, const char *start, guint32 rest, int zeros)
{
    static const guint8 none[32];
    g_byte_array_append (to, (const guint8 *) start, 4);
    g_byte_array_append (to, none, (guint) zeros);
    rest = GUINT32_TO_LE (rest);
    g_byte_array_append (to, (const guint8 *) &rest, 4);
}

/* Adds a stored entry to the archive and to its directory. */
static void
add (GByteArray *zip, GByteArray *directory, const char *name, const uint8_t *data, size_t size)
{
    static const guint8 none[32];
    const guint offset = zip->len;
    guint16 length = GUINT16_TO_LE ((guint16) strlen (name));
    guint32 bytes = GUINT32_TO_LE ((guint32) size);

    g_byte_array_append (zip, (const guint8 *) "PK\3\4", 4);
    g_byte_array_append (zip, none, 22);
    g_byte_array_append (zip, (const guint8 *) &length, 2);
    g_byte_array_append (zip, none, 2);
    g_byte_array_append (zip, (const guint8 *) name, (guint) strlen (name));
    g_byte_array_append (zip, data, (guint) size);

    put (directory, "PK\1\2", (guint32) size, 16);
    g_byte_array_append (directory, (const guint8 *) &bytes, 4);
    g_byte_array_append (directory, (const guint8 *) &length, 2);
    g_byte_array_append (directory, none, 12);
    bytes = GUINT32_TO_LE (offset);
    g_byte_array_append (directory, (const guint8 *) &bytes, 4);
    g_byte_array_append (directory, (const guint8 *) name, (guint) strlen (name));
}

/* The archive with this pickle and a storage of 64 bytes. */
static const char *
write_archive (const uint8_t *pickle, size_t size)
{
    static const uint8_t storage[64];
    g_autoptr (GByteArray) zip = g_byte_array_new (), directory = g_byte_array_new ();
    guint16 entries[4] = { 0, 0, GUINT16_TO_LE (2), GUINT16_TO_LE (2) };

    add (zip, directory, "m/data.pkl", pickle, size);
    add (zip, directory, "m/data/0", storage, sizeof storage);
    guint32 place[2] = { GUINT32_TO_LE (directory->len), GUINT32_TO_LE (zip->len) };
    g_byte_array_append (zip, directory->data, directory->len);
    g_byte_array_append (zip, (const guint8 *) "PK\5\6", 4);
    g_byte_array_append (zip, (const guint8 *) entries, sizeof entries);
    g_byte_array_append (zip, (const guint8 *) place, sizeof place);
    g_byte_array_append (zip, (const guint8 *) "\0", 2);
    return fuzz_write ("pytorch_model.bin", zip->data, zip->len);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    const bool whole = size >= 2 && memcmp (data, "PK", 2) == 0;
    const char *dir = whole ? fuzz_write ("pytorch_model.bin", data, size)
                            : write_archive (data, size);
    GError *error = NULL;
    g_autoptr (M2fSafetensors) st = m2f_safetensors_open_dir (dir, &error);
    fuzz_check_error (st != NULL, error);
    if (!st)
        return 0;
    int count;
    const M2fSafetensor *tensors = m2f_safetensors_list (st, &count);
    for (int i = 0; i < count; i++) {
        /* what was accepted is no larger than the file */
        g_assert_cmpint (tensors[i].n_elements, <=, (int64_t) size + 64);
        g_autofree float *values = g_new (float, tensors[i].n_elements + 1);
        error = NULL;
        bool ok = m2f_safetensors_read_f32 (st, &tensors[i], values, &error);
        fuzz_check_error (ok, error);
    }
    return 0;
}
