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

#include "m2f_loss.h"
#include "m2f_masks.h"
#include "m2f_palette.h"
#include "m2f_result.h"
#include "m2f_tracker.h"
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
 * @attentions: m2f_model_forward() keeps the weights of all attentions, too
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
    gboolean attentions;
    /*< private >*/
    gpointer reserved[6];
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

/* ---- sessions ------------------------------------------------------------------------------ */

/**
 * M2fSession:
 *
 * What one stream of pictures needs: plan and activations, rebuilt when the size of the picture or
 * of the network's input changes.  One caller at a time; sessions of one model may run in
 * different threads, and share its weights, what depends on the input's size alone, and its
 * threads: each operation has all of them, or, while another session has, the calling thread.  On a
 * GPU, pictures of the same size and format that wait in several sessions at once go through the
 * network together; nobody waits for others to come.
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
 *
 * Waits for the device if there are pictures that are not finished, and drops them.
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
 * Finds the segments of a picture.  After a failure the result is empty, its map 0 x 0.  Fails with
 * %M2F_ERROR_BUSY while a picture of m2f_session_start() is not finished.
 *
 * Returns: %FALSE if it failed
 */
gboolean m2f_session_run (M2fSession *session, const M2fImage *image, const M2fParams *params,
    M2fResult *result, GError **error);
/**
 * m2f_session_start:
 * @session: a session
 * @image: the picture, which is not read after this has returned
 * @params: how to run it; label_ids_to_fuse must stay until the picture is finished
 * @error: what is wrong with the arguments or the device
 *
 * Begins what m2f_session_run() does, and m2f_session_finish() ends it: a GPU computes meanwhile.
 * It can have two pictures of a session, so that the host prepares one and finds the segments of
 * another while it computes:
 *
 *     m2f_session_start (session, &first, &params, &error);
 *     m2f_session_wait (session);
 *     m2f_session_start (session, &second, &params, &error);
 *     m2f_session_finish (session, &result_of_first, &error);
 *
 * A CPU has one picture, which is computed before this returns.  %M2F_ERROR_BUSY says that the
 * session has started pictures, and that there is no room for another, or none for one of another
 * size, before one or all of them are finished.  If none was started, this waits until other
 * sessions of the model have room; so let each be driven by a thread of its own.
 *
 * Returns: %FALSE if it failed: then this picture was not started
 */
gboolean m2f_session_start (M2fSession *session, const M2fImage *image, const M2fParams *params,
    GError **error);
/**
 * m2f_session_wait:
 * @session: a session
 *
 * Waits until the device has done its part of the picture that m2f_session_finish() is about: the
 * best time to start the newest picture of a live stream, as the device would be idle during
 * m2f_session_finish().  Returns at once if no picture was started.
 */
void m2f_session_wait (M2fSession *session);
/**
 * m2f_session_finish:
 * @session: a session
 * @result: what was found; its content is replaced
 * @error: what has failed
 *
 * Waits for the picture that was started first of those not finished, and finds its segments.  If
 * that fails, the picture is finished all the same, and the result is empty, its map 0 x 0.
 * m2f_session_cancel() makes it fail, too.
 *
 * Returns: %FALSE if it failed, with %M2F_ERROR_ARGUMENT if no picture was started
 */
gboolean m2f_session_finish (M2fSession *session, M2fResult *result, GError **error);
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
 * longer than later ones.  %M2F_ERROR_BUSY if pictures that were started are of another size.
 *
 * Returns: %FALSE if it failed
 */
gboolean m2f_session_prepare (M2fSession *session, int width, int height, M2fFormat format,
    const M2fParams *params, GError **error);
/**
 * m2f_session_cancel:
 * @session: a session, which any thread may be using
 *
 * Makes the run or preparation in progress, all later ones, and what is left to be done for
 * pictures that have been started fail with %M2F_ERROR_CANCELLED until m2f_session_uncancel().
 * Does not wait.  To stop a thread: cancel, join it, finish what it has started, uncancel.  A CPU
 * stops after the operation it is at, a GPU after the network, of all pictures that are in it
 * together, or post-processing.
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
 * m2f_model_preprocess: (skip)
 * @model: a model
 * @images: (array length=n_images): pictures, of any sizes
 * @n_images: number of pictures, at least 1
 * @params: their input size is used
 * @pixel_mask: (out) (optional): (N, H, W), 1 in the pictures and 0 in their padding
 * @error: what is wrong with the arguments or the device
 *
 * Makes the network's input of a batch of pictures, as transformers' image processor does: each is
 * resized and normalised by itself, and then padded with zeros at the right and bottom to the
 * largest of them.  The network does not know of the padding: it ignores pixel_mask.
 *
 * Returns: (transfer full): pixel_values, (N, 3, H, W), or %NULL
 */
M2fHostTensor *m2f_model_preprocess (M2fModel *model, const M2fImage *images, int n_images,
    const M2fParams *params, M2fHostTensor **pixel_mask, GError **error);
/**
 * m2f_model_forward: (skip)
 * @model: a model
 * @image: (nullable): a picture, if @pixel_values is %NULL
 * @params: (nullable): its input size is used, if @pixel_values is %NULL, and its attentions
 * @pixel_values: (nullable): the network's input, (N, num_channels, H, W).  Pictures that are
 * smaller than H x W are padded at the right and bottom; transformers takes a pixel_mask that says
 * so and ignores it, so there is none here
 * @error: what is wrong with the arguments or the device
 *
 * Runs the network and keeps every stage's output: pixel_values, backbone.stage1..4,
 * pixel_decoder.input, pixel_decoder.encoder.I, pixel_decoder.level.0..2,
 * pixel_decoder.mask_features, decoder.input, decoder.hidden.I, decoder.intermediate.I (after the
 * shared norm), decoder.aux_masks.I, decoder.aux_classes.I, class_queries_logits,
 * masks_queries_logits.
 *
 * Attention weights, if asked for: decoder.self_attention.I (N, heads, queries, queries),
 * decoder.cross_attention.I (N, queries, pixels of the level), the mean of all heads;
 * pixel_decoder.attention.I (N, pixels, heads, samples), and of backbones that attend in windows,
 * for block I of stage S, backbone.attention.S.I (N windows, heads, pixels, pixels of a window).
 *
 * Returns: (transfer full) (element-type M2fHostTensor): the tensors, or %NULL
 */
GPtrArray *m2f_model_forward (M2fModel *model, const M2fImage *image, const M2fParams *params,
    const M2fHostTensor *pixel_values, GError **error);
/**
 * m2f_model_loss: (skip)
 * @model: a model; the weights of losses are those of its config.json
 * @stages: (element-type M2fHostTensor): of m2f_model_forward()
 * @targets: (array length=n_targets): what the pictures should have been segmented into, with masks
 * of one size, as a rule that of the network's input
 * @n_targets: number of pictures of the forward pass
 * @options: (nullable): where masks are compared
 * @loss: the loss; its content is replaced
 * @error: what is wrong with the arguments
 *
 * The training loss of transformers 5.12.1: queries are matched with segments at the least cost
 * (Mask2FormerHungarianMatcher), and classes and masks of the matches are compared
 * (Mask2FormerLoss), for the decoder's output and for the prediction before each of its layers.
 *
 * Returns: %FALSE if it failed
 */
gboolean m2f_model_loss (M2fModel *model, const GPtrArray *stages, const M2fLossTarget *targets,
    int n_targets, const M2fLossOptions *options, M2fLoss *loss, GError **error);
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

/**
 * m2f_model_postprocess_batch: (skip)
 * @model: a model
 * @class_logits: class_queries_logits, (N, Q, L + 1)
 * @mask_logits: masks_queries_logits, (N, Q, h, w)
 * @params: (array length=n_results): how to post-process each picture
 * @results: (array length=n_results): what was found; their content is replaced
 * @n_results: N
 * @error: what is wrong with the arguments or the device
 *
 * m2f_model_postprocess() of a batch; target sizes may differ.
 *
 * Returns: %FALSE if it failed
 */
gboolean m2f_model_postprocess_batch (M2fModel *model, const M2fHostTensor *class_logits,
    const M2fHostTensor *mask_logits, const M2fParams *params, M2fResult *results, int n_results,
    GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fModel, m2f_model_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fSession, m2f_session_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (M2fHostTensor, m2f_host_tensor_free)

G_END_DECLS

#endif
