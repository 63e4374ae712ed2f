/* Weights that a fixture does not store.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A network that timm names has the size that timm gives it, too large a one for a file among the
 * tests.  Its fixture has drawn.json, a list of the names and shapes of tensors, and both this and
 * tests/data/make_fixtures.py draw the same numbers for them.
 */
#ifndef TESTS_STAGES_DRAWN_H
#define TESTS_STAGES_DRAWN_H

/* Writes the weights of the fixture in `dir` to a new temporary file (unlink, g_free); NULL if the
 * fixture has no drawn.json. */
char *drawn_weights (const char *dir);

#endif
