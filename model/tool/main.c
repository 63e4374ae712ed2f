/* m2f: Mask2Former from the command line.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/tool/tool.h"

#include <stdio.h>
#include <string.h>

#include "model/error.h"

static const struct {
    const char *name;
    ToolCommand run;
    const char *usage, *summary;
} commands[] = {
    { "info", tool_info, "DIR", "describe a checkpoint in one JSON object" },
    { "devices", tool_devices, "", "list the devices for --device, one JSON object per line" },
    { "run", tool_run, "DIR IMAGE [--task T] [--overlay O.png] [--labels O.png] [--json O.json]",
        "segment a picture" },
    { "forward", tool_forward, "DIR [IMAGE] --dump OUT.safetensors [--pixel-values IN.safetensors]",
        "run the network and write the tensors of all its stages" },
    { "postprocess", tool_postprocess,
        "DIR LOGITS.safetensors --size HxW [--task T] [--json O.json]"
        " [--labels-safetensors O.safetensors]",
        "compute the segments of given logits" },
    { "eval", tool_eval, "DIR DATASET [--format coco-panoptic|coco|ade20k|cityscapes]",
        "measure how good a checkpoint is on labelled pictures: PQ, AP, mIoU, VPQ, STQ" },
    { "loss", tool_loss, "DIR IMAGE MAP.png [--ignore-index N] [--reduce-labels] [--dense]",
        "compute the training loss of a picture and its map of classes" },
    { "bench", tool_bench, "DIR [--frame HxW] [--runs N] [--profile]",
        "measure the time of every stage, in milliseconds, as one JSON object" },
};

static void
print_help (void)
{
    puts ("m2f: image segmentation by Mask2Former checkpoints\n");
    for (size_t i = 0; i < G_N_ELEMENTS (commands); i++)
        printf ("  m2f %s%s%s\n        %s\n", commands[i].name, *commands[i].usage ? " " : "",
            commands[i].usage, commands[i].summary);
    puts ("\nDIR is a checkpoint as published: a directory with config.json, model.safetensors\n"
          "and preprocessor_config.json.\n"
          "\nAll commands but devices take the options --device --precision --threads\n"
          "--input-size --task --postprocess --threshold --mask-threshold\n"
          "--overlap-mask-area-threshold --label-ids-to-fuse;\n"
          "`m2f COMMAND --help` explains them.\n"
          "\nThe environment variable M2F_PIN lists CPUs, one per thread, such as 0-3: every\n"
          "thread but the first then runs only on its own.\n"
          "\nThe exit status is 0, or 1 after an error, which is one line on standard error.");
}

int
main (int argc, char **argv)
{
    if (argc < 2 || strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "help") == 0) {
        print_help ();
        return argc < 2;
    }
    if (strcmp (argv[1], "--version") == 0) {
        puts ("m2f " M2F_VERSION);
        return 0;
    }
    for (size_t i = 0; i < G_N_ELEMENTS (commands); i++) {
        g_autoptr (GError) error = NULL;
        if (strcmp (argv[1], commands[i].name) != 0)
            continue;
        g_autofree char *program = g_strdup_printf ("m2f %s", commands[i].name);
        g_set_prgname (program);
        if (commands[i].run (argc - 1, argv + 1, &error) && fflush (stdout) == 0)
            return 0;
        g_autofree char *message
            = m2f_printable (error ? error->message : "cannot write to standard output");
        fprintf (stderr, "m2f %s: %s\n", commands[i].name, message);
        return 1;
    }
    g_autofree char *unknown = m2f_printable (argv[1]);
    fprintf (stderr, "m2f: unknown command '%s'; `m2f --help` lists the commands\n", unknown);
    return 1;
}
