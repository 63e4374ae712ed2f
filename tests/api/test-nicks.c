/* The values of mask2formerseg's properties have the library's numbers and names.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <gst/check/gstcheck.h>
#include <m2f.h>

/* The value of that number of an enumeration property; NULL where there is none. */
static const char *
nick (const char *property, int value)
{
    g_autoptr (GstElement) element = gst_element_factory_make ("mask2formerseg", NULL);
    GParamSpec *spec;

    fail_unless (element != NULL);
    spec = g_object_class_find_property (G_OBJECT_GET_CLASS (element), property);
    fail_unless (G_IS_PARAM_SPEC_ENUM (spec));
    const GEnumValue *found = g_enum_get_value (G_PARAM_SPEC_ENUM (spec)->enum_class, value);
    return found ? found->value_nick : NULL;
}

GST_START_TEST (test_enumerations)
{
    for (int i = 0; i <= M2F_TASK_PANOPTIC + 1; i++)
        fail_unless_equals_string (nick ("task", i), m2f_task_name ((M2fTask) i));
    for (int i = 0; i <= M2F_POSTPROCESS_TRANSFORMERS + 1; i++)
        fail_unless_equals_string (nick ("postprocess", i),
            m2f_postprocess_name ((M2fPostprocess) i));
    for (int i = 0; i <= M2F_PALETTE_COLOUR_BLIND + 1; i++)
        fail_unless_equals_string (nick ("palette", i), m2f_palette_name ((M2fPalette) i));
}
GST_END_TEST;

/* Precisions go to the library by name: it knows all of them, and no others. */
GST_START_TEST (test_precisions)
{
    const char *name;
    int n = 0;

    for (; (name = nick ("precision", n)); n++) {
        const M2fLoadOptions options = { .path = SQUARE, .device = "cpu", .precision = name };
        g_autoptr (GError) error = NULL;
        g_autoptr (M2fModel) model = m2f_model_load (&options, &error);

        fail_unless ((model != NULL) == (error == NULL));
        fail_if (g_error_matches (error, M2F_ERROR, M2F_ERROR_ARGUMENT), "%s is unknown", name);
    }
    fail_unless_equals_int (n, 5);

    const M2fLoadOptions unknown = { .path = SQUARE, .device = "cpu", .precision = "fp64" };
    g_autoptr (GError) error = NULL;
    fail_if (m2f_model_load (&unknown, &error));
    fail_unless (g_error_matches (error, M2F_ERROR, M2F_ERROR_ARGUMENT));
}
GST_END_TEST;

static Suite *
nicks_suite (void)
{
    Suite *suite = suite_create ("nicks");
    TCase *tcase = tcase_create ("nicks");

    suite_add_tcase (suite, tcase);
    tcase_add_test (tcase, test_enumerations);
    tcase_add_test (tcase, test_precisions);
    return suite;
}

GST_CHECK_MAIN (nicks);
