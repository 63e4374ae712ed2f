/* Made by mask_labels_expected.py.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <glib.h>

static const struct {
    const char *name;
    int height, width, n;
    int classes[8];
    guint32 masks, pixels; /* checksums */
} expected[5][3] = {
    {
        { "exact", 32, 32, 5, { 0, 2, 3, 5, 6 },
            14940160u, 1049600u },
        { "exact", 32, 32, 5, { 0, 1, 2, 4, 6 },
            14827520u, 1049600u },
        { "exact", 32, 32, 4, { 0, 2, 4, 6 },
            10734080u, 1049600u },
    },
    {
        { "edges", 40, 40, 5, { 0, 2, 3, 5, 6 },
            3690414080u, 1742080u },
        { "edges", 40, 40, 5, { 0, 1, 2, 4, 6 },
            3308734400u, 2041600u },
        { "edges", 40, 40, 4, { 0, 2, 4, 6 },
            3557886560u, 1552960u },
    },
    {
        { "reduced", 31, 28, 4, { 1, 2, 4, 5 },
            795893695u, 490672u },
        { "reduced", 31, 28, 4, { 0, 1, 3, 5 },
            613435461u, 603229u },
        { "reduced", 31, 28, 3, { 1, 3, 5 },
            625171164u, 444483u },
    },
    {
        { "instances", 40, 40, 4, { 40, 41, 41, 43 },
            68591951u, 1742080u },
        { "instances", 40, 40, 5, { 40, 40, 41, 42, 43 },
            98734400u, 2041600u },
        { "instances", 40, 40, 4, { 40, 41, 42, 43 },
            91646560u, 1552960u },
    },
    {
        { "reduced instances", 31, 22, 4, { 40, 40, 41, 42 },
            612804452u, 273944u },
        { "reduced instances", 31, 22, 4, { 39, 40, 41, 42 },
            221156007u, 411556u },
        { "reduced instances", 31, 22, 3, { 40, 41, 42 },
            488126420u, 240436u },
    },
};
