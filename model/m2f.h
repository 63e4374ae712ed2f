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
 * pipelines/examples/ has this as a whole program in C, in C++ and in Python, for which
 * m2f_bindings.h adds what other languages need.
 *
 * Every function that can fail returns NULL or FALSE and sets a GError that names the file,
 * tensor, key or argument, what was expected and what was found.  Nothing exits or aborts on
 * input.  Names and defaults are those of Hugging Face transformers unless said otherwise.
 *
 * Structs that callers allocate have reserved members, so that later versions can add to them:
 * start from { 0 } or from the function that initialises them, and leave reserved members alone.
 * What has no "Since:" line has been there since 0.1.
 */
#ifndef M2F_H
#define M2F_H

#include "m2f_masks.h"
#include "m2f_types.h"

G_BEGIN_DECLS

/* ---- models -------------------------------------------------------------------------------- */

/**
 * M2fTask:
 * @M2F_TASK_SEMANTIC: one segment per class, every pixel has a class
 * @M2F_TASK_INSTANCE: one segment per object
 * @M2F_TASK_PANOPTIC: one segment per countable object, and one per class of the rest
 *
 * What segments are.
 */
typedef enum M2fTask {
    M2F_TASK_SEMANTIC,
    M2F_TASK_INSTANCE,
    M2F_TASK_PANOPTIC,
} M2fTask;

/**
 * m2f_task_name:
 * @task: a task
 *
 * Returns: (nullable): "semantic", "instance" or "panoptic"; %NULL if @task is not a #M2fTask
 */
const char *m2f_task_name (M2fTask task);
/**
 * m2f_task_from_name:
 * @name: (nullable): a name, in upper or lower case
 * @task: (out): the task of that name
 * @error: %M2F_ERROR_ARGUMENT lists the names
 *
 * Returns: %FALSE if there is no such name
 */
gboolean m2f_task_from_name (const char *name, M2fTask *task, GError **error);

/**
 * M2fPostprocess:
 * @M2F_POSTPROCESS_PAPER: the paper's: masks are upsampled straight to the frame, pixels that no
 * mask is sure of are void, every id is used once
 * @M2F_POSTPROCESS_TRANSFORMERS: exactly what transformers 5.12.1 computes
 *
 * How masks become segments.
 */
typedef enum M2fPostprocess {
    M2F_POSTPROCESS_PAPER,
    M2F_POSTPROCESS_TRANSFORMERS,
} M2fPostprocess;

/**
 * m2f_postprocess_name:
 * @postprocess: a post-processing
 *
 * Returns: (nullable): "paper" or "transformers"; %NULL if @postprocess is not a #M2fPostprocess
 */
const char *m2f_postprocess_name (M2fPostprocess postprocess);
/**
 * m2f_postprocess_from_name:
 * @name: (nullable): a name, in upper or lower case
 * @postprocess: (out): the post-processing of that name
 * @error: %M2F_ERROR_ARGUMENT lists the names
 *
 * Returns: %FALSE if there is no such name
 */
gboolean m2f_postprocess_from_name (const char *name, M2fPostprocess *postprocess,
    GError **error);

/**
 * M2fModel:
 *
 * A checkpoint on a device.  It does not change once loaded; any thread may use it.
 */
typedef struct M2fModel M2fModel;

/**
 * M2fLoadOptions:
 * @path: checkpoint directory
 * @device: (nullable): "auto" (default), "cpu", "vulkan", "vulkan:N" or "reference"
 * @precision: (nullable): "auto" (default): the device's fastest whose label maps agree with
 * fp32's, never int8; "fp32", "bf16", "fp16" or "int8" if the device has it
 * @threads: CPU threads, at most 1024; 0 means every core this process may use; where the system
 * starts fewer, the model has a warning
 *
 * What to load and where to run it.  Members that are 0 or %NULL mean their default.
 */
typedef struct M2fLoadOptions {
    const char *path;
    const char *device;
    const char *precision;
    int threads;
    /*< private >*/
    gpointer reserved[4];
} M2fLoadOptions;

/**
 * m2f_model_load: (skip)
 * @options: what to load and where to run it
 * @error: what is wrong with the checkpoint, the options or the device
 *
 * Loads a checkpoint directory as published: config.json, preprocessor_config.json (or
 * processor_config.json), and model.safetensors or pytorch_model.bin (or the index.json of either
 * with its shards).  Equal requests made while a model is alive get the same model.
 *
 * Returns: (transfer full): the model, or %NULL
 */
M2fModel *m2f_model_load (const M2fLoadOptions *options, GError **error);
/**
 * m2f_model_ref:
 * @model: a model
 *
 * Returns: (transfer full): @model with one more reference
 */
M2fModel *m2f_model_ref (M2fModel *model);
/**
 * m2f_model_unref:
 * @model: (transfer full) (nullable): a model
 *
 * Drops a reference; the last one frees the model and its weights.
 */
void m2f_model_unref (M2fModel *model);

/**
 * m2f_model_path:
 * @model: a model
 *
 * Returns: (transfer none): the canonical path of the checkpoint directory
 */
const char *m2f_model_path (const M2fModel *model);
/**
 * m2f_model_device:
 * @model: a model
 *
 * Returns: (transfer none): what it runs on, "cpu (AVX-512), 2 threads"
 */
const char *m2f_model_device (const M2fModel *model);
/**
 * m2f_model_precision:
 * @model: a model
 *
 * Returns: (transfer none): what it computes in, "fp32"
 */
const char *m2f_model_precision (const M2fModel *model);
/**
 * m2f_model_warnings:
 * @model: a model
 *
 * Returns: (transfer none) (array zero-terminated=1): lines for the user, such as settings and
 * names that are missing, or why device "auto" did not take a GPU that is present
 */
const char *const *m2f_model_warnings (const M2fModel *model);
/**
 * m2f_model_n_labels:
 * @model: a model
 *
 * Returns: number of classes
 */
int m2f_model_n_labels (const M2fModel *model);
/**
 * m2f_model_n_queries:
 * @model: a model
 *
 * Returns: number of queries, the most segments that a picture can have
 */
int m2f_model_n_queries (const M2fModel *model);
/**
 * m2f_model_embedding_size:
 * @model: a model
 *
 * Returns: number of floats in #M2fSegment.embedding
 */
int m2f_model_embedding_size (const M2fModel *model);
/**
 * m2f_model_label:
 * @model: a model
 * @id: number of a class
 *
 * Returns: (transfer none) (nullable): the class's name in id2label of config.json, LABEL_ and the
 * number for a class without one; %NULL only if there is no such class
 */
const char *m2f_model_label (const M2fModel *model, int id);
/**
 * m2f_model_is_thing:
 * @model: a model
 * @id: number of a class
 *
 * Published configs do not say which classes are things; the classes of known label sets (COCO,
 * ADE20K, Cityscapes, Mapillary Vistas, the shipped checkpoint) are recognised by number and names,
 * all classes of others are things but the background.
 *
 * Returns: %TRUE if the class is a thing (countable) rather than stuff
 */
gboolean m2f_model_is_thing (const M2fModel *model, int id);
/**
 * m2f_model_is_background:
 * @model: a model
 * @id: number of a class
 *
 * Returns: %TRUE if m2f_label_is_background() is true of the class's name
 */
gboolean m2f_model_is_background (const M2fModel *model, int id);
/**
 * m2f_label_is_background:
 * @label: name of a class
 *
 * Returns: %TRUE for "background", "void", "unlabeled", "ignore", "other" and other spellings
 */
gboolean m2f_label_is_background (const char *label);
/**
 * m2f_labels_from_file:
 * @path: a text file in UTF-8, at most 1 MiB, with a name for each class, one a line
 * @n_labels: number of classes
 * @error: what is wrong with the file
 *
 * Returns: (transfer full) (array zero-terminated=1): the names
 */
gchar **m2f_labels_from_file (const char *path, int n_labels, GError **error);
/**
 * m2f_model_to_json:
 * @model: a model
 *
 * Returns: (transfer full): the checkpoint's description as one JSON object
 */
char *m2f_model_to_json (const M2fModel *model);
/**
 * m2f_devices_to_json:
 *
 * Returns: (transfer full): every device that can be asked for, one JSON object per line
 */
char *m2f_devices_to_json (void);

/* ---- parameters of a run ------------------------------------------------------------------- */

/**
 * M2F_FUSE_DEFAULT:
 *
 * The value of #M2fParams.n_label_ids_to_fuse that asks for the default of the post-processing:
 * with %M2F_POSTPROCESS_PAPER the classes that are stuff, see m2f_model_is_thing(); with
 * %M2F_POSTPROCESS_TRANSFORMERS none.
 */
#define M2F_FUSE_DEFAULT (-1)

/**
 * M2fParams:
 * @task: what segments are
 * @postprocess: how masks become segments
 * @threshold: least score of an instance or panoptic segment; 0.5
 * @mask_threshold: least probability of a pixel of a panoptic mask; 0.5
 * @overlap_mask_area_threshold: least visible part of a panoptic mask; 0.8
 * @label_ids_to_fuse: (array length=n_label_ids_to_fuse) (nullable): panoptic: classes whose
 * segments merge into one; not copied
 * @n_label_ids_to_fuse: number of those classes; 0 merges none, %M2F_FUSE_DEFAULT leaves it to
 * the post-processing
 * @input_height: network input in pixels.  With @input_width 0, the length of the short edge: the
 * aspect is kept and sides are rounded up to multiples of 32.  Both 0: as preprocessor_config.json
 * says
 * @input_width: network input in pixels, or 0
 * @target_height: height of the label map; 0 means the picture's
 * @target_width: width of the label map; 0 means the picture's
 * @no_target_size: transformers' target_sizes=None: the label map is 384 x 384; only with
 * %M2F_POSTPROCESS_TRANSFORMERS
 * @binary_maps: whether to fill in #M2fSegment.mask (return_binary_maps), which costs a byte per
 * pixel and segment, at most 2 GiB
 * @ids_from_one: ids count from 1 and void is 0, whatever the post-processing; transformers counts
 * from 0 in the semantic and the instance task, and writes -1 for void
 * @pixel_aspect_ratio: width of a pixel of the picture over its height; 0 means 1, square.  Input
 * sizes that keep the aspect keep that of the picture as it is displayed
 *
 * How one picture is to be run.
 */
typedef struct M2fParams {
    M2fTask task;
    M2fPostprocess postprocess;
    double threshold;
    double mask_threshold;
    double overlap_mask_area_threshold;
    const int *label_ids_to_fuse;
    int n_label_ids_to_fuse;
    int input_height, input_width;
    int target_height, target_width;
    gboolean no_target_size;
    gboolean binary_maps;
    gboolean ids_from_one;
    double pixel_aspect_ratio;
    /*< private >*/
    gpointer reserved[7];
} M2fParams;

/**
 * m2f_params_init: (skip)
 * @params: (out caller-allocates): what to initialise
 * @model: the model that is to run
 *
 * Sets the checkpoint's defaults: its task (from config and labels; panoptic unless it is known to
 * be another), the paper's post-processing, thresholds 0.5, 0.5 and 0.8, %M2F_FUSE_DEFAULT, the
 * input size as configured.
 */
void m2f_params_init (M2fParams *params, const M2fModel *model);
/* ---- results ------------------------------------------------------------------------------- */

/**
 * M2fSegment:
 * @id: value in the label map
 * @label_id: number of the class
 * @label: name of the class; valid as long as the process runs
 * @score: 0..1; 1 for semantic segments; with %M2F_POSTPROCESS_PAPER the best of those fused
 * @area: pixels of the label map
 * @x: left edge of the tight box, in pixels of the label map
 * @y: top edge of the tight box
 * @width: width of the tight box
 * @height: height of the tight box
 * @is_thing: true for a countable object, false for stuff
 * @was_fused: true if it was merged from several masks of its class
 * @query: number of the query it came from (the first, if fused); -1 for semantic segments
 * @embedding: (nullable): m2f_model_embedding_size() floats, the decoder's output for the query
 * after the shared norm; %NULL for semantic segments; owned by the result
 * @mask: (nullable): map_width x map_height bytes 0 or 1 if binary_maps was set; that of an
 * instance is as it was before others were painted over it; owned by the result
 * @track_id: number of the object in its stream, from m2f_tracker_update(); 0 if it is not tracked
 *
 * One segment of a picture.
 */
typedef struct M2fSegment {
    int id;
    int label_id;
    const char *label;
    float score;
    int64_t area;
    int x, y, width, height;
    gboolean is_thing;
    gboolean was_fused;
    int query;
    const float *embedding;
    const uint8_t *mask;
    uint64_t track_id;
    /*< private >*/
    gpointer reserved[3];
} M2fSegment;

/**
 * M2fTimings:
 *
 * Milliseconds that the stages of a run took.
 */
typedef struct M2fTimings {
    double preprocess, backbone, pixel_decoder, decoder, postprocess, total;
} M2fTimings;

/**
 * M2fResult:
 * @map_width: pixels
 * @map_height: pixels
 * @map_stride: bytes from row to row
 * @map_depth: bytes per pixel: 1, or 2 in the machine's byte order
 * @map: (array): the label map: ids of segments; m2f_result_id() reads a pixel.
 * %M2F_POSTPROCESS_PAPER: 0 is void, segments count from 1 without gaps, panoptic ones in the
 * order of queries, instances best first, semantic ones by class.
 * %M2F_POSTPROCESS_TRANSFORMERS: its ids, classes for semantic; void is 0 for panoptic and
 * M2F_NO_SEGMENT() where transformers writes -1
 * @all_void: with %M2F_POSTPROCESS_TRANSFORMERS, true if panoptic kept no segment; its map is -1
 * everywhere
 * @segments: n_segments of them, in the order transformers lists them;
 * %M2F_POSTPROCESS_PAPER: by id
 * @n_segments: number of segments
 * @non_finite: true if the network's output has infinite numbers or NaN, from weights that are too
 * large or damaged; segments and map then mean nothing
 * @timings: how long the stages took
 *
 * What a run found.  Start from { 0 }; later runs reuse the memory and grow it as needed.
 *
 * A result belongs to nobody but its holder: it may outlive the session and the model, and may be
 * moved by assignment, also to another thread.  The origin is then set to { 0 } (or not used any
 * more), as two copies must not both be cleared.  The session may run into another meanwhile.
 */
typedef struct M2fResult {
    int map_width, map_height;
    int map_stride;
    int map_depth;
    uint8_t *map;
    gboolean all_void;
    M2fSegment *segments;
    int n_segments;
    gboolean non_finite;
    M2fTimings timings;
    /*< private >*/
    size_t map_capacity;
    GArray *segment_array;
    GArray *embeddings;
    GByteArray *masks;
    gpointer reserved[4];
} M2fResult;

/**
 * M2F_NO_SEGMENT:
 * @result: a result
 *
 * The label map's value for transformers' -1: all bits set.
 */
#define M2F_NO_SEGMENT(result) ((result)->map_depth == 1 ? 0xff : 0xffff)

/**
 * m2f_result_id:
 * @result: a result
 * @x: column of the label map
 * @y: row of the label map
 *
 * Returns: the id of the segment at a pixel of the label map, or its value for void: 0, or -1 where
 * transformers writes -1
 */
static inline int
m2f_result_id (const M2fResult *result, int x, int y)
{
    const uint8_t *row = result->map + (size_t) y * (size_t) result->map_stride;
    int id = result->map_depth == 1 ? row[x] : ((const uint16_t *) (const void *) row)[x];

    return id == M2F_NO_SEGMENT (result) ? -1 : id;
}

/**
 * m2f_result_label_map: (skip)
 * @result: a result
 *
 * Returns: its label map, valid until the result changes
 */
static inline M2fLabelMap
m2f_result_label_map (const M2fResult *result)
{
    M2fLabelMap map;

    map.data = result->map;
    map.width = result->map_width;
    map.height = result->map_height;
    map.stride = result->map_stride;
    map.depth = result->map_depth;
    map.reserved[0] = map.reserved[1] = NULL;
    return map;
}

/**
 * m2f_result_clear:
 * @result: (nullable): a result
 *
 * Frees what the result holds and sets it to { 0 }.
 */
void m2f_result_clear (M2fResult *result);
/**
 * m2f_result_rle:
 * @result: a result
 * @id: id of a segment, or -1 for M2F_NO_SEGMENT()
 *
 * transformers' return_coco_annotation of one id.
 *
 * Returns: (transfer full) (element-type int): start and length of each run of pixels, row by row;
 * the first pixel is 1
 */
GArray *m2f_result_rle (const M2fResult *result, int id);
/**
 * m2f_result_to_json:
 * @result: a result
 *
 * Returns: (transfer full): the result without the label map as one JSON object
 */
char *m2f_result_to_json (const M2fResult *result);

/* ---- sessions ------------------------------------------------------------------------------ */

/**
 * M2fSession:
 *
 * What one stream of pictures needs: plan and activations, rebuilt when the size of the picture or
 * of the network's input changes.  One caller at a time; sessions of one model may run in
 * different threads, and share its weights, what depends on the input's size alone, and its
 * threads: each operation has all of them, or, while another session has, the calling thread.
 */
typedef struct M2fSession M2fSession;

/**
 * m2f_session_new:
 * @model: a model; the session holds a reference
 *
 * Returns: (transfer full): a session
 */
M2fSession *m2f_session_new (M2fModel *model);
/**
 * m2f_session_free:
 * @session: (transfer full) (nullable): a session
 */
void m2f_session_free (M2fSession *session);
/**
 * m2f_session_run:
 * @session: a session
 * @image: the picture
 * @params: how to run it
 * @result: what was found; its content is replaced
 * @error: what is wrong with the arguments or the device
 *
 * Finds the segments of a picture.  After a failure the result is empty, its map 0 x 0.
 *
 * Returns: %FALSE if it failed
 */
gboolean m2f_session_run (M2fSession *session, const M2fImage *image, const M2fParams *params,
    M2fResult *result, GError **error);
/**
 * m2f_session_prepare:
 * @session: a session
 * @width: of the pictures to come
 * @height: of the pictures to come
 * @format: of the pictures to come
 * @params: how they will be run
 * @error: what is wrong with the arguments or the device
 *
 * Builds what m2f_session_run() would build for such a picture, so that the first run takes no
 * longer than later ones.
 *
 * Returns: %FALSE if it failed
 */
gboolean m2f_session_prepare (M2fSession *session, int width, int height, M2fFormat format,
    const M2fParams *params, GError **error);
/**
 * m2f_session_cancel:
 * @session: a session, which any thread may be using
 *
 * Makes the run or preparation in progress, and all later ones, fail with %M2F_ERROR_CANCELLED
 * until m2f_session_uncancel().  Does not wait.  To stop a thread: cancel, join it, uncancel.  A
 * CPU stops after the operation it is at, a GPU after the network or post-processing.
 */
void m2f_session_cancel (M2fSession *session);
void m2f_session_uncancel (M2fSession *session);
/**
 * m2f_session_input_size:
 * @session: a session after m2f_session_prepare() or a run
 * @height: (out): pixels
 * @width: (out): pixels
 *
 * The size of the network's input.
 */
void m2f_session_input_size (const M2fSession *session, int *height, int *width);

/* ---- tracking ------------------------------------------------------------------------------ */

/**
 * M2fTracking:
 * @M2F_TRACKING_NONE: segments have no track id
 * @M2F_TRACKING_QUERY: things are known again by the embedding of their query, as in MinVIS, and by
 * where they are
 * @M2F_TRACKING_IOU: things are known again by where they are alone
 *
 * How the objects of one result are found again in the next.
 */
typedef enum M2fTracking {
    M2F_TRACKING_NONE,
    M2F_TRACKING_QUERY,
    M2F_TRACKING_IOU,
} M2fTracking;

/**
 * m2f_tracking_name:
 * @tracking: a way of tracking
 *
 * Returns: (nullable): "none", "query" or "iou"; %NULL if @tracking is not a #M2fTracking
 */
const char *m2f_tracking_name (M2fTracking tracking);
/**
 * m2f_tracking_from_name:
 * @name: (nullable): a name, in upper or lower case
 * @tracking: (out): the way of tracking of that name
 * @error: %M2F_ERROR_ARGUMENT lists the names
 *
 * Returns: %FALSE if there is no such name
 */
gboolean m2f_tracking_from_name (const char *name, M2fTracking *tracking, GError **error);

/**
 * M2fTracker:
 *
 * The objects of one stream.  Needs no model: it works on results alone.  One caller at a time.
 */
typedef struct M2fTracker M2fTracker;

/**
 * M2F_TRACK_WINDOW:
 *
 * Seconds for which a tracker remembers an object that is out of sight, unless told otherwise.
 */
#define M2F_TRACK_WINDOW 2.0

/**
 * m2f_tracker_new:
 * @tracking: how objects are found again
 * @embedding_size: number of floats in #M2fSegment.embedding, m2f_model_embedding_size()
 *
 * Returns: (transfer full): a tracker that has seen nothing
 */
M2fTracker *m2f_tracker_new (M2fTracking tracking, int embedding_size);
/**
 * m2f_tracker_free:
 * @tracker: (transfer full) (nullable): a tracker
 */
void m2f_tracker_free (M2fTracker *tracker);
/**
 * m2f_tracker_set_tracking:
 * @tracker: a tracker
 * @tracking: how objects are found again from the next result on
 */
void m2f_tracker_set_tracking (M2fTracker *tracker, M2fTracking tracking);
/**
 * m2f_tracker_set_window:
 * @tracker: a tracker
 * @seconds: time for which an object that is out of sight keeps its id; 0 or more
 */
void m2f_tracker_set_window (M2fTracker *tracker, double seconds);
/**
 * m2f_tracker_update:
 * @tracker: a tracker
 * @result: a result of the stream; the track_id of its segments is set
 * @seconds: when the picture was taken, in the stream's time
 * @carried: (nullable): the label map of the latest result, moved to where its segments are to be
 * expected in this picture; %NULL for where they were
 *
 * Follows the objects of a stream.  Results come in the order of their pictures, at any distance in
 * time.  A thing keeps its id while it is in sight and, out of sight, for the window's time; it
 * only continues a thing of its own class.  All segments of a class of stuff, and segments that
 * have no query (of the semantic task), share one id, the same in the whole stream.  Ids count from
 * 1 and are not used twice.
 */
void m2f_tracker_update (M2fTracker *tracker, M2fResult *result, double seconds,
    const M2fLabelMap *carried);
/**
 * m2f_tracker_reset:
 * @tracker: a tracker
 *
 * Forgets all objects: another stream begins, and its ids count from 1 again.
 */
void m2f_tracker_reset (M2fTracker *tracker);

/* ---- colours ------------------------------------------------------------------------------- */

/**
 * M2fPalette:
 * @M2F_PALETTE_DATASET: a class has the colour people know it by (Cityscapes' for street scenes),
 * else one of its own that depends on its number alone
 * @M2F_PALETTE_VIVID: saturated colours
 * @M2F_PALETTE_PASTEL: light colours
 * @M2F_PALETTE_COLOUR_BLIND: Okabe and Ito's colours, told apart with any colour vision
 *
 * Colours to draw segments in.
 */
typedef enum M2fPalette {
    M2F_PALETTE_DATASET,
    M2F_PALETTE_VIVID,
    M2F_PALETTE_PASTEL,
    M2F_PALETTE_COLOUR_BLIND,
} M2fPalette;

/**
 * m2f_palette_name:
 * @palette: a palette
 *
 * Returns: (nullable): "dataset", "vivid", "pastel" or "colour-blind"; %NULL if @palette is not a
 * #M2fPalette
 */
const char *m2f_palette_name (M2fPalette palette);
/**
 * m2f_palette_from_name:
 * @name: (nullable): a name, in upper or lower case
 * @palette: (out): the palette of that name
 * @error: %M2F_ERROR_ARGUMENT lists the names
 *
 * Returns: %FALSE if there is no such name
 */
gboolean m2f_palette_from_name (const char *name, M2fPalette *palette, GError **error);
/**
 * m2f_palette_colour:
 * @palette: a palette
 * @segment: a segment; its label_id, label, is_thing, query and track_id are read
 * @rgb: (out caller-allocates) (array fixed-size=3): R'G'B' 0..255
 *
 * All segments of a stuff class have the same colour; things are shades of their class's colour
 * that depend on their track, or, if they have none, on the query they came from, which as a rule
 * follows an object from frame to frame.
 */
void m2f_palette_colour (M2fPalette palette, const M2fSegment *segment, uint8_t rgb[3]);

/* ---- stages, for tests and for callers who want the tensors --------------------------------- */

/**
 * M2fHostTensor:
 * @name: (nullable): what it holds
 * @n_dims: number of extents, 0 to 4
 * @shape: the extents
 * @data: the values, row by row
 *
 * A float32 tensor in host memory, in transformers' layout (NCHW for maps).
 */
typedef struct M2fHostTensor {
    char *name;
    int n_dims;
    int64_t shape[4];
    float *data;
} M2fHostTensor;

/**
 * m2f_host_tensor_new: (skip)
 * @name: (nullable): what it holds
 * @n_dims: number of extents, 0 to 4
 * @shape: (array length=n_dims): the extents
 *
 * Returns: (transfer full) (nullable): a tensor whose values are not initialised; %NULL if there is
 * no memory for them
 */
M2fHostTensor *m2f_host_tensor_new (const char *name, int n_dims, const int64_t *shape);
/**
 * m2f_host_tensor_free: (skip)
 * @tensor: (transfer full) (nullable): a tensor
 */
void m2f_host_tensor_free (M2fHostTensor *tensor);

/**
 * m2f_model_forward: (skip)
 * @model: a model
 * @image: (nullable): a picture, if @pixel_values is %NULL
 * @params: (nullable): its input size is used, if @pixel_values is %NULL
 * @pixel_values: (nullable): the network's input, (N, 3, H, W)
 * @error: what is wrong with the arguments or the device
 *
 * Runs the network and keeps every stage's output: pixel_values, backbone.stage1..4,
 * pixel_decoder.encoder.I, pixel_decoder.level.0..2, pixel_decoder.mask_features,
 * decoder.hidden.I, decoder.aux_masks.I, decoder.aux_classes.I, class_queries_logits,
 * masks_queries_logits.
 *
 * Returns: (transfer full) (element-type M2fHostTensor): the tensors, or %NULL
 */
GPtrArray *m2f_model_forward (M2fModel *model, const M2fImage *image, const M2fParams *params,
    const M2fHostTensor *pixel_values, GError **error);
/**
 * m2f_model_postprocess: (skip)
 * @model: a model
 * @class_logits: class_queries_logits, (1, Q, L + 1)
 * @mask_logits: masks_queries_logits, (1, Q, h, w)
 * @params: how to post-process; target_height and target_width are the label map's size
 * @result: what was found; its content is replaced
 * @error: what is wrong with the arguments or the device
 *
 * Post-processes given logits.
 *
 * Returns: %FALSE if it failed
 */
gboolean m2f_model_postprocess (M2fModel *model, const M2fHostTensor *class_logits,
    const M2fHostTensor *mask_logits, const M2fParams *params, M2fResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fModel, m2f_model_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fSession, m2f_session_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fTracker, m2f_tracker_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fHostTensor, m2f_host_tensor_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (M2fResult, m2f_result_clear)

G_END_DECLS

#endif
