/* Elements of one size that are appended one by one.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A GArray ends the process where there is no memory for it.  This takes note that there was none,
 * and drops what does not fit, so that whoever fills it asks once, at the end.
 */
#ifndef M2F_LIST_H
#define M2F_LIST_H

#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* All zero at first. */
typedef struct M2fList {
    void *data; /* g_free() */
    size_t n, room;
    bool failed; /* elements were dropped */
} M2fList;

static inline void
m2f_list_add (M2fList *list, const void *element, size_t element_size)
{
    if (list->n == list->room) {
        const size_t room = MAX (2 * list->room, 16);
        void *data = g_try_realloc_n (list->data, room, element_size);

        if (!data) {
            list->failed = true;
            return;
        }
        list->data = data;
        list->room = room;
    }
    memcpy ((char *) list->data + list->n++ * element_size, element, element_size);
}

#endif
