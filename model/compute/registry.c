/* The table of backends and the choice among their devices.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/compute/backend.h"

#include <string.h>

static const M2fBackendFns *const backends[] = {
    &m2f_vulkan_backend,
    &m2f_cpu_backend,
    &m2f_reference_backend,
};

static GArray *
list_devices (const M2fBackendFns *const *table, size_t n)
{
    GArray *infos = g_array_new (FALSE, TRUE, sizeof (M2fDeviceInfo));

    for (size_t i = 0; i < n; i++)
        table[i]->list (infos);
    return infos;
}

GArray *
m2f_device_list (void)
{
    return list_devices (backends, G_N_ELEMENTS (backends));
}

/* The policy behind "auto": a real GPU, then the CPU; software renderers, which are slower than
 * the CPU they run on, only by name.  The reference backend is better than no answer. */
static int
preference (const M2fDeviceInfo *info)
{
    if (strcmp (info->kind, "software") == 0)
        return 0;
    if (strcmp (info->backend, "reference") == 0)
        return 1;
    if (strcmp (info->kind, "cpu") == 0)
        return 2;
    if (strcmp (info->kind, "virtual") == 0)
        return 3;
    return strcmp (info->kind, "discrete") == 0 ? 5 : 4;
}

bool
m2f_device_info_offers (const M2fDeviceInfo *info, M2fPrecision precision)
{
    if (precision == M2F_PRECISION_AUTO)
        return true;

    g_auto (GStrv) names = g_strsplit (info->precisions, ",", -1);
    for (int i = 0; names[i]; i++)
        if (strcmp (g_strstrip (names[i]), m2f_precision_name (precision)) == 0)
            return true;
    return false;
}

/* Takes "name" or, for backends with several devices, "name:N" apart. */
static const M2fBackendFns *
parse_spec (const M2fBackendFns *const *table, size_t n, const char *spec, int *index,
    GError **error)
{
    size_t name_len = strcspn (spec, ":");
    const char *number = spec[name_len] ? spec + name_len + 1 : NULL;
    guint64 value;

    *index = -1;
    for (size_t i = 0; i < n; i++) {
        if (strlen (table[i]->name) != name_len || memcmp (table[i]->name, spec, name_len))
            continue;
        if (!number)
            return table[i];
        if (!table[i]->numbered
            || !g_ascii_string_to_unsigned (number, 10, 0, 999, &value, NULL))
            break;
        *index = (int) value;
        return table[i];
    }
    g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_NO_DEVICE,
        "no device \"%s\"; expected auto, cpu, vulkan, vulkan:N or reference", spec);
    return NULL;
}

/* The index of the first of the most preferred devices that offer the precision, or -1. */
static int
most_preferred (const GArray *infos, M2fPrecision precision)
{
    int best = -1, best_preference = 0;

    for (guint i = 0; i < infos->len; i++) {
        const M2fDeviceInfo *info = &g_array_index (infos, M2fDeviceInfo, i);

        if (m2f_device_info_offers (info, precision) && preference (info) > best_preference) {
            best = (int) i;
            best_preference = preference (info);
        }
    }
    return best;
}

/* The most preferred device that opens; the reasons of those that did not are its warning. */
static M2fDevice *
open_auto (const M2fBackendFns *const *table, size_t n, M2fPrecision precision, int threads,
    GError **error)
{
    g_autoptr (GArray) infos = list_devices (table, n);
    g_autoptr (GString) refusals = g_string_new (NULL);
    int best, index;

    while ((best = most_preferred (infos, precision)) >= 0) {
        const char *spec = g_array_index (infos, M2fDeviceInfo, best).spec;
        g_autoptr (GError) refused = NULL;
        const M2fBackendFns *fns = parse_spec (table, n, spec, &index, &refused);
        M2fDevice *device
            = fns ? m2f_device_open_backend (fns, index, precision, threads, &refused) : NULL;

        if (device) {
            g_autofree char *own = g_steal_pointer (&device->warning);

            if (refusals->len > 0)
                device->warning = g_strdup_printf ("%s; using %s instead%s%s", refusals->str,
                    device->info.spec, own ? "; " : "", own ? own : "");
            else
                device->warning = g_steal_pointer (&own);
            g_info ("device auto is %s, preferred of %u devices that open", spec, infos->len);
            return device;
        }
        if (g_error_matches (refused, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_INVALID)) {
            g_propagate_error (error, g_steal_pointer (&refused)); /* another would not do better */
            return NULL;
        }
        g_info ("device %s does not open: %s", spec, refused->message);
        g_string_append_printf (refusals, "%s%s: %s", refusals->len > 0 ? "; " : "", spec,
            refused->message);
        g_array_remove_index (infos, (guint) best);
    }
    if (refusals->len > 0)
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_NO_DEVICE,
            "no device could be opened: %s", refusals->str);
    else
        g_set_error (error, M2F_COMPUTE_ERROR, M2F_COMPUTE_ERROR_UNSUPPORTED,
            "no device here computes in %s", m2f_precision_name (precision));
    return NULL;
}

M2fDevice *
m2f_device_open_among (const M2fBackendFns *const *table, size_t n, const char *spec,
    M2fPrecision precision, int threads, GError **error)
{
    int index;

    if (!spec || strcmp (spec, "auto") == 0)
        return open_auto (table, n, precision, threads, error);

    const M2fBackendFns *fns = parse_spec (table, n, spec, &index, error);

    return fns ? m2f_device_open_backend (fns, index, precision, threads, error) : NULL;
}

M2fDevice *
m2f_device_open (const char *spec, M2fPrecision precision, int threads, GError **error)
{
    return m2f_device_open_among (backends, G_N_ELEMENTS (backends), spec, precision, threads,
        error);
}
