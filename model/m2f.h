/* libmask2former: a published Mask2Former checkpoint in, segments of pictures out.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *     g_autoptr (GError) error = NULL;
 *     g_autoptr (M2fModel) model = m2f_model_load (&(M2fLoadOptions) { .path = "DIR" }, &error);
 *     g_autoptr (M2fSession) session = m2f_session_new (model);
 *     g_auto (M2fResult) result = { 0 };
 *     M2fParams params;
 *     m2f_params_init (&params, model);
 *     if (m2f_session_run (session, &image, &params, &result, &error))
 *         for (int i = 0; i < result.n_segments; i++)
 *             puts (result.segments[i].label);
 *
 * Every function that can fail returns NULL or FALSE and sets a GError that names the file,
 * tensor, key or argument, what was expected and what was found.  Nothing exits or aborts on
 * input.  Names and defaults are those of Hugging Face transformers unless said otherwise.
 */
#ifndef M2F_H
#define M2F_H

#include <glib.h>
#include <glib-object.h>
#include <stdint.h>

G_BEGIN_DECLS

/* ---- errors -------------------------------------------------------------------------------- */

#define M2F_ERROR (m2f_error_quark ())
GQuark m2f_error_quark (void);

typedef enum M2fError {
    M2F_ERROR_NOT_FOUND,   /* a file of the checkpoint does not exist */
    M2F_ERROR_READ,        /* a file cannot be opened or read */
    M2F_ERROR_FORMAT,      /* a file is not what its name says: JSON or safetensors is broken */
    M2F_ERROR_CONFIG,      /* a key of a JSON file has a value that cannot be */
    M2F_ERROR_WEIGHTS,     /* tensors are missing or have the wrong shape, type or values */
    M2F_ERROR_UNSUPPORTED, /* valid, but not something this library runs */
    M2F_ERROR_ARGUMENT,    /* an argument of the call makes no sense */
    M2F_ERROR_DEVICE,      /* the device cannot be used or failed; the message says how */
} M2fError;

/* ---- images -------------------------------------------------------------------------------- */

typedef enum M2fFormat {
    M2F_FORMAT_RGB, M2F_FORMAT_BGR,
    M2F_FORMAT_RGBA, M2F_FORMAT_BGRA, M2F_FORMAT_ARGB, M2F_FORMAT_ABGR, /* alpha is ignored */
    M2F_FORMAT_GRAY8,
    M2F_FORMAT_NV12, /* planes Y, UV */
    M2F_FORMAT_I420, /* planes Y, U, V */
} M2fFormat;

/* "RGB", "NV12" and so on; NULL for a value that is none. */
const char *m2f_format_name (M2fFormat format);
/* Sets `format`; M2F_ERROR_ARGUMENT lists the names. */
gboolean m2f_format_from_name (const char *name, M2fFormat *format, GError **error);

/* Colorimetry of the YUV formats. */
typedef enum M2fMatrix { M2F_MATRIX_BT709, M2F_MATRIX_BT601, M2F_MATRIX_BT2020 } M2fMatrix;

/* A picture in the caller's memory; not modified, not kept after the call. */
typedef struct M2fImage {
    M2fFormat format;
    int width, height;        /* pixels */
    const uint8_t *data[3];   /* first byte of each plane's first row */
    int stride[3];            /* bytes from row to row, at least a row's bytes */
    M2fMatrix matrix;
    gboolean full_range;      /* Y, U, V use 0..255 rather than 16..235 and 16..240 */
    gpointer reserved[4];
} M2fImage;

/* ---- models -------------------------------------------------------------------------------- */

typedef enum M2fTask { M2F_TASK_SEMANTIC, M2F_TASK_INSTANCE, M2F_TASK_PANOPTIC } M2fTask;

typedef enum M2fPostprocess {
    M2F_POSTPROCESS_PAPER,        /* masks upsampled straight to the frame, void where no mask is
                                   * sure, every id used once */
    M2F_POSTPROCESS_TRANSFORMERS, /* what transformers 5.12.1 computes, quirks included */
} M2fPostprocess;

/* "semantic", "instance", "panoptic"; NULL for a value that is none. */
const char *m2f_task_name (M2fTask task);
/* Sets `task`; M2F_ERROR_ARGUMENT lists the names. */
gboolean m2f_task_from_name (const char *name, M2fTask *task, GError **error);
/* "paper", "transformers"; NULL for a value that is none. */
const char *m2f_postprocess_name (M2fPostprocess postprocess);
/* Sets `postprocess`; M2F_ERROR_ARGUMENT lists the names. */
gboolean m2f_postprocess_from_name (const char *name, M2fPostprocess *postprocess,
    GError **error);

typedef struct M2fModel M2fModel;

/* Zero or NULL members mean their default. */
typedef struct M2fLoadOptions {
    const char *path;      /* checkpoint directory */
    const char *device;    /* "auto" (default), "cpu", "vulkan", "vulkan:N", "reference" */
    const char *precision; /* "auto" (default): the fastest of the device whose maps agree with
                            * fp32's, never int8; "fp32", "bf16", "fp16", "int8" where the device
                            * has it */
    int threads;           /* CPU threads; 0 = every core this process may use */
    gpointer reserved[4];
} M2fLoadOptions;

/* Loads a checkpoint directory as published: config.json, preprocessor_config.json and
 * model.safetensors (or model.safetensors.index.json with its shards).  Equal requests made while
 * a model is alive get the same model (transfer full). */
M2fModel *m2f_model_load (const M2fLoadOptions *options, GError **error);
M2fModel *m2f_model_ref (M2fModel *model);
/* Drops a reference; accepts NULL. */
void m2f_model_unref (M2fModel *model);

const char *m2f_model_path (const M2fModel *model);
const char *m2f_model_device (const M2fModel *model);      /* "cpu (AVX-512), 2 threads" */
const char *m2f_model_precision (const M2fModel *model);   /* "fp32" */
/* One line the user should see: why device "auto" is not the GPU there is.  NULL as a rule. */
const char *m2f_model_warning (const M2fModel *model);
int m2f_model_n_labels (const M2fModel *model);
int m2f_model_n_queries (const M2fModel *model);
/* Width in floats of M2fSegment.embedding. */
int m2f_model_embedding_size (const M2fModel *model);
/* id2label's name of a class; never NULL for 0 <= id < n_labels. */
const char *m2f_model_label (const M2fModel *model, int id);
/* Whether a class is a thing (countable) rather than stuff.  Published configs do not say; known
 * label sets (COCO, ADE20K, Cityscapes, Mapillary Vistas, the shipped checkpoint) are recognised
 * by number and names of labels, all classes of others are things. */
gboolean m2f_model_is_thing (const M2fModel *model, int id);
/* The checkpoint as one JSON object (transfer full, g_free). */
char *m2f_model_to_json (const M2fModel *model);
/* Every device that can be asked for, one JSON object a line (transfer full, g_free). */
char *m2f_devices_to_json (void);

/* ---- sessions ------------------------------------------------------------------------------ */

/* How one picture is to be run; m2f_params_init() sets the checkpoint's own. */
typedef struct M2fParams {
    M2fTask task;
    M2fPostprocess postprocess;
    double threshold;                  /* least score of a segment; 0.5 */
    double mask_threshold;             /* least probability of a mask's pixel; 0.5 */
    double overlap_mask_area_threshold; /* least visible part of a panoptic mask; 0.8 */
    const int *label_ids_to_fuse;      /* panoptic: classes whose segments merge into one */
    int n_label_ids_to_fuse;
    /* Network input in pixels.  Both 0: as preprocessor_config.json says.  Both set: that size.
     * Only input_height set: length of the short edge, aspect kept, sides rounded up to multiples
     * of 32. */
    int input_height, input_width;
    /* Size of the label map; 0 = the picture's. */
    int target_height, target_width;
    /* transformers' target_sizes=None: the label map stays at 384 x 384 (only with TRANSFORMERS) */
    gboolean no_target_size;
    /* Fill M2fSegment.mask (return_binary_maps); costs a byte per pixel and segment, at most
     * 2 GiB. */
    gboolean binary_maps;
    /* Ids of segments and of the label map count from 1 and 0 is void, whatever `postprocess`.
     * transformers counts from 0 in the semantic and the instance task and writes -1 for void. */
    gboolean ids_from_one;
    gpointer reserved[8];
} M2fParams;

/* The checkpoint's defaults: its task (from config and labels: panoptic unless it is known to be
 * another), paper post-processing, 0.5 0.5 0.8, the known label set's stuff classes to fuse (owned
 * by the model), input size as configured. */
void m2f_params_init (M2fParams *params, const M2fModel *model);

typedef struct M2fSegment {
    int id;             /* value in the label map */
    int label_id;
    const char *label;  /* valid as long as the process lives */
    float score;        /* 0..1; 1 for semantic segments, PAPER: the best of those fused */
    int64_t area;       /* pixels of the label map */
    int x, y, width, height; /* tight box in the label map */
    gboolean is_thing;
    gboolean was_fused;
    int query;          /* index of the query it came from (the first, if fused), -1 if semantic */
    const float *embedding; /* m2f_model_embedding_size() floats: decoder output of that query after
                             * the shared norm; NULL if semantic; owned by the result */
    const uint8_t *mask; /* map_width x map_height bytes 0/1 if binary_maps, of an instance as it
                          * was before others were painted over it; owned by the result */
    gpointer reserved[4];
} M2fSegment;

typedef struct M2fTimings {
    double preprocess, backbone, pixel_decoder, decoder, postprocess, total; /* milliseconds */
} M2fTimings;

/* Start from { 0 }; reused by later runs, which grow it as needed. */
typedef struct M2fResult {
    int map_width, map_height;
    int map_stride;        /* bytes from row to row */
    int map_depth;         /* bytes per pixel: 1, or 2 (native endian) */
    uint8_t *map;          /* PAPER: 0 = void, segments from 1 without gaps: panoptic in the order
                            * of queries, instances best first, semantic by class.  TRANSFORMERS:
                            * its ids, classes for semantic; void is 0 for panoptic and
                            * M2F_NO_SEGMENT where transformers writes -1 */
    gboolean all_void;     /* TRANSFORMERS: panoptic kept nothing, its map is -1 everywhere */
    M2fSegment *segments;  /* in the order transformers lists them; PAPER: by id */
    int n_segments;
    M2fTimings timings;
    /* private */
    gpointer reserved[4];
    size_t map_capacity;
    GArray *segment_array;
    GArray *embeddings;
    GByteArray *masks;
} M2fResult;

#define M2F_NO_SEGMENT(result) ((result)->map_depth == 1 ? 0xff : 0xffff)

/* The id of the segment at a pixel of the label map, or the map's value for void: 0, or -1 where
 * the map has M2F_NO_SEGMENT. */
static inline int
m2f_result_id (const M2fResult *result, int x, int y)
{
    const uint8_t *row = result->map + (size_t) y * (size_t) result->map_stride;
    int id = result->map_depth == 1 ? row[x] : ((const uint16_t *) (const void *) row)[x];

    return id == M2F_NO_SEGMENT (result) ? -1 : id;
}

void m2f_result_clear (M2fResult *result);
/* transformers' return_coco_annotation of one segment id: start and length pairs, row-major,
 * 1-based starts (transfer full; elements are int); id -1 is M2F_NO_SEGMENT. */
GArray *m2f_result_rle (const M2fResult *result, int id);
/* The result as one JSON object without the map (transfer full, g_free). */
char *m2f_result_to_json (const M2fResult *result);

/* One stream: plan and activations, rebuilt when the picture's or the input's size changes.  One
 * caller at a time; sessions of one model may run in different threads. */
typedef struct M2fSession M2fSession;

M2fSession *m2f_session_new (M2fModel *model);
/* Accepts NULL. */
void m2f_session_free (M2fSession *session);
gboolean m2f_session_run (M2fSession *session, const M2fImage *image, const M2fParams *params,
    M2fResult *result, GError **error);
/* Builds what m2f_session_run() would build for this size, without running. */
gboolean m2f_session_prepare (M2fSession *session, int width, int height, M2fFormat format,
    const M2fParams *params, GError **error);
/* The network's input size for a picture, after m2f_session_prepare() or a run. */
void m2f_session_input_size (const M2fSession *session, int *height, int *width);

/* ---- colours ------------------------------------------------------------------------------- */

typedef enum M2fPalette {
    M2F_PALETTE_DATASET, /* a class has the colour people know it by (Cityscapes' for street
                          * scenes), else one of its own that depends on its number alone */
    M2F_PALETTE_VIVID,
    M2F_PALETTE_PASTEL,
    M2F_PALETTE_COLOUR_BLIND, /* Okabe and Ito's colours */
} M2fPalette;

/* "dataset", "vivid", "pastel", "colour-blind"; NULL for a value that is none. */
const char *m2f_palette_name (M2fPalette palette);
/* Sets `palette`; M2F_ERROR_ARGUMENT lists the names. */
gboolean m2f_palette_from_name (const char *name, M2fPalette *palette, GError **error);
/* R'G'B' 0..255 of a segment.  All segments of a stuff class are the same; things are shades of
 * their class's colour that depend on the query they came from, which as a rule follows an object
 * from frame to frame. */
void m2f_palette_colour (M2fPalette palette, const M2fSegment *segment, uint8_t rgb[3]);

/* ---- stages, for tests and for callers who want the tensors --------------------------------- */

/* A host tensor, float32, row-major, in transformers' layout (NCHW for maps). */
typedef struct M2fHostTensor {
    char *name;
    int n_dims;
    int64_t shape[4];
    float *data;
} M2fHostTensor;

/* A tensor whose values are not set (transfer full); `name` may be NULL, `shape` has n_dims (0 to
 * 4) extents. */
M2fHostTensor *m2f_host_tensor_new (const char *name, int n_dims, const int64_t *shape);
/* Accepts NULL. */
void m2f_host_tensor_free (M2fHostTensor *tensor);

/* Runs the network on `pixel_values` (N, 3, H, W) or, if NULL, on `image`, and returns every
 * stage: pixel_values, backbone.stage1..4, pixel_decoder.encoder.I, pixel_decoder.level.0..2,
 * pixel_decoder.mask_features, decoder.hidden.I, decoder.aux_masks.I, decoder.aux_classes.I,
 * class_queries_logits, masks_queries_logits.  Elements are M2fHostTensor (transfer full). */
GPtrArray *m2f_model_forward (M2fModel *model, const M2fImage *image, const M2fParams *params,
    const M2fHostTensor *pixel_values, GError **error);
/* Post-processes given logits: class_queries_logits (1, Q, L + 1), masks_queries_logits
 * (1, Q, h, w); map size from params->target_*. */
gboolean m2f_model_postprocess (M2fModel *model, const M2fHostTensor *class_logits,
    const M2fHostTensor *mask_logits, const M2fParams *params, M2fResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fModel, m2f_model_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fSession, m2f_session_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fHostTensor, m2f_host_tensor_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (M2fResult, m2f_result_clear)

G_END_DECLS

#endif
