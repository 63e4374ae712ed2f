/* The constants of an input size, computed once for all sessions of a model.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/shared_constants.h"

typedef struct Entry {
    int height, width;
    M2fSizeConstants *constants;
    int users;
} Entry;

struct M2fSharedConstants {
    const M2fNetwork *network;
    GMutex lock;
    GArray *entries; /* Entry: those in use */
};

M2fSharedConstants *
m2f_shared_constants_new (const M2fNetwork *network)
{
    M2fSharedConstants *shared = g_new0 (M2fSharedConstants, 1);

    shared->network = network;
    shared->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
    g_mutex_init (&shared->lock);
    return shared;
}

void
m2f_shared_constants_free (M2fSharedConstants *shared)
{
    if (!shared)
        return;
    g_assert (shared->entries->len == 0);
    g_array_unref (shared->entries);
    g_mutex_clear (&shared->lock);
    g_free (shared);
}

/* Called with the lock held, so that a second session waits for what the first one computes. */
static M2fSizeConstants *
take (M2fSharedConstants *shared, int height, int width, GError **error)
{
    for (guint i = 0; i < shared->entries->len; i++) {
        Entry *entry = &g_array_index (shared->entries, Entry, i);

        if (entry->height == height && entry->width == width) {
            entry->users++;
            return entry->constants;
        }
    }

    const Entry entry = { height, width,
        m2f_network_constants (shared->network, height, width, error), 1 };

    if (entry.constants)
        g_array_append_val (shared->entries, entry);
    return entry.constants;
}

const M2fSizeConstants *
m2f_shared_constants_take (M2fSharedConstants *shared, int height, int width, GError **error)
{
    g_mutex_lock (&shared->lock);
    M2fSizeConstants *constants = take (shared, height, width, error);
    g_mutex_unlock (&shared->lock);
    return constants;
}

void
m2f_shared_constants_release (M2fSharedConstants *shared, const M2fSizeConstants **constants)
{
    const M2fSizeConstants *released = g_steal_pointer (constants);

    if (!released)
        return;
    g_mutex_lock (&shared->lock);
    for (guint i = 0; i < shared->entries->len; i++) {
        Entry *entry = &g_array_index (shared->entries, Entry, i);

        if (entry->constants == released && --entry->users == 0) {
            m2f_size_constants_free (&entry->constants);
            g_array_remove_index_fast (shared->entries, i);
            break;
        }
    }
    g_mutex_unlock (&shared->lock);
}
