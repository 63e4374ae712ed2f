/* The properties of mask2formerseg: their types, defaults and values.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gst/settings.h"

#define DEFAULT_CHECKPOINT "street-small"
#define DEFAULT_DEVICE "auto"
#define DEFAULT_PRECISION 0
#define DEFAULT_TASK GST_MASK2FORMER_TASK_AUTO
#define DEFAULT_POSTPROCESS M2F_POSTPROCESS_PAPER
#define DEFAULT_THRESHOLD 0.5
#define DEFAULT_MASK_THRESHOLD 0.5
#define DEFAULT_OVERLAP_MASK_AREA_THRESHOLD 0.8
#define DEFAULT_TARGET_RATE 10
#define DEFAULT_MODE GST_MASK2FORMER_MODE_AUTO
#define DEFAULT_INFERENCE_INTERVAL 1
#define DEFAULT_PROPAGATE TRUE
#define DEFAULT_TRACKING M2F_TRACKING_QUERY
#define DEFAULT_POST_MESSAGES FALSE
#define DEFAULT_OVERLAY GST_MASK2FORMER_OVERLAY_BLEND
#define DEFAULT_OPACITY 0.5
#define DEFAULT_DRAW_OUTLINES TRUE
#define DEFAULT_DRAW_LABELS TRUE
#define DEFAULT_DRAW_BACKGROUND FALSE
#define DEFAULT_PALETTE M2F_PALETTE_DATASET
#define DEFAULT_THREADS 0

enum
{
  PROP_0,
  PROP_MODEL,
  PROP_DEVICE,
  PROP_PRECISION,
  PROP_TASK,
  PROP_POSTPROCESS,
  PROP_THRESHOLD,
  PROP_MASK_THRESHOLD,
  PROP_OVERLAP_MASK_AREA_THRESHOLD,
  PROP_LABEL_IDS_TO_FUSE,
  PROP_INPUT_SIZE,
  PROP_TARGET_RATE,
  PROP_MODE,
  PROP_INFERENCE_INTERVAL,
  PROP_PROPAGATE,
  PROP_TRACKING,
  PROP_TRACK_WINDOW,
  PROP_POST_MESSAGES,
  PROP_OVERLAY,
  PROP_OPACITY,
  PROP_DRAW_OUTLINES,
  PROP_DRAW_LABELS,
  PROP_DRAW_BACKGROUND,
  PROP_PALETTE,
  PROP_LABELS_FILE,
  PROP_SOURCE_ID,
  PROP_THREADS,
};

#define TYPE_TASK (task_get_type ())
static GType
task_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {GST_MASK2FORMER_TASK_AUTO, "The task that the checkpoint was trained for",
        "auto"},
    {M2F_TASK_SEMANTIC, "One segment per class", "semantic"},
    {M2F_TASK_INSTANCE, "One segment per countable object", "instance"},
    {M2F_TASK_PANOPTIC, "One segment per object, and per class of the rest",
        "panoptic"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstMask2FormerSegTask", values));
  return type;
}

#define TYPE_PRECISION (precision_get_type ())
static const GEnumValue precisions[] = {
  {0, "Fastest precision whose label maps agree with fp32; never int8", "auto"},
  {1, "32-bit floating point", "fp32"},
  {2, "16-bit floating point with the range of fp32", "bf16"},
  {3, "16-bit floating point, IEEE half precision", "fp16"},
  {4, "8-bit integer products in layers that tolerate it, bf16 or fp32 "
        "elsewhere", "int8"},
  {0, NULL, NULL},
};

static GType
precision_get_type (void)
{
  static GType type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstMask2FormerSegPrecision", precisions));
  return type;
}

#define TYPE_POSTPROCESS (postprocess_get_type ())
static GType
postprocess_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {M2F_POSTPROCESS_PAPER,
        "As in the Mask2Former paper: masks at frame size, void where none is "
          "certain", "paper"},
    {M2F_POSTPROCESS_TRANSFORMERS,
        "As Hugging Face transformers computes it, pixel by pixel",
        "transformers"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstMask2FormerSegPostprocess", values));
  return type;
}

#define TYPE_TRACKING (tracking_get_type ())
static GType
tracking_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {M2F_TRACKING_NONE, "Segments have no track id", "none"},
    {M2F_TRACKING_QUERY, "By what the network knows of objects, and where "
          "they are", "query"},
    {M2F_TRACKING_IOU, "By the overlap of their masks", "iou"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstMask2FormerSegTracking", values));
  return type;
}

#define TYPE_MODE (mode_get_type ())
static GType
mode_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {GST_MASK2FORMER_MODE_AUTO,
        "Latest for live sources, every-frame for others", "auto"},
    {GST_MASK2FORMER_MODE_EVERY_FRAME, "Each frame waits for its own result",
        "every-frame"},
    {GST_MASK2FORMER_MODE_LATEST,
        "Frames never wait and carry the newest result, with its age",
        "latest"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstMask2FormerSegMode", values));
  return type;
}

#define TYPE_OVERLAY (overlay_get_type ())
static GType
overlay_get_type (void)
{
  static GType type = 0;
  static const GEnumValue values[] = {
    {GST_MASK2FORMER_OVERLAY_NONE, "Metadata only, pixels stay as they are",
        "none"},
    {GST_MASK2FORMER_OVERLAY_BLEND, "Drawn into the frame", "blend"},
    {GST_MASK2FORMER_OVERLAY_COMPOSITION,
        "Left to the sink to draw if it can, else drawn into the frame",
        "composition"},
    {0, NULL, NULL},
  };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type,
        g_enum_register_static ("GstMask2FormerSegOverlay", values));
  return type;
}

/* Directory of the checkpoint that comes with the plugin. */
static gchar *
default_model (void)
{
  const gchar *checkpoints = g_getenv ("MASK2FORMER_CHECKPOINTS");

  return g_build_filename (checkpoints ? checkpoints : CHECKPOINTS_DIR,
      DEFAULT_CHECKPOINT, NULL);
}

#define READY_FLAGS \
    (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)
#define PLAYING_FLAGS \
    (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)
#define CONTROLLABLE_FLAGS (PLAYING_FLAGS | GST_PARAM_CONTROLLABLE)

/**
 * GstMask2FormerSeg:model:
 *
 * Directory with a checkpoint as published on Hugging Face; nothing has to be converted.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:device:
 *
 * "auto" takes a GPU with Vulkan 1.2 if there is one whose memory holds the weights, else the CPU;
 * #GstMask2FormerSeg:stats says which one it became.  If the GPU does not take frames of a size,
 * which is found when caps say what that is, or is lost while it works, a warning says so and the
 * CPU goes on in its place.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:precision:
 *
 * Asking for a precision that the device does not have is an error; "auto" never is.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:threads:
 *
 * Elements that share a model share its threads.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:input-size:
 *
 * A smaller input is faster and loses small objects. With a short edge alone, both edges become
 * multiples of 32.
 *
 * "auto" takes the largest input that gives #GstMask2FormerSeg:target-rate results per second on
 * this machine: a multiple of 32, from a quarter of what the checkpoint asks for to that itself.
 * It begins with the smallest, and changes when the machine gets busy or idle;
 * #GstMask2FormerSeg:stats says which it is.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:target-rate:
 *
 * Only input-size=auto looks at it.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:labels-file:
 *
 * UTF-8, exactly one line for each class of the checkpoint; empty lines at the end are ignored.
 *
 * Since: 0.1
 */

static void
install_model_properties (GObjectClass * gobject_class)
{
  g_autofree gchar *model = default_model ();

  g_object_class_install_property (gobject_class, PROP_MODEL,
      g_param_spec_string ("model", "Model",
          "Checkpoint directory with config.json, preprocessor_config.json "
          "and model.safetensors, its shards, or pytorch_model.bin", model,
          READY_FLAGS | GST_PARAM_DOC_SHOW_DEFAULT));
  g_object_class_install_property (gobject_class, PROP_DEVICE,
      g_param_spec_string ("device", "Device",
          "Device that runs the network: auto, cpu, vulkan, vulkan:N (the Nth "
          "GPU, from 0) or reference (slow and exact, for comparison)",
          DEFAULT_DEVICE, READY_FLAGS));
  g_object_class_install_property (gobject_class, PROP_PRECISION,
      g_param_spec_enum ("precision", "Precision",
          "Numeric precision of weights and products",
          TYPE_PRECISION, DEFAULT_PRECISION, READY_FLAGS));
  g_object_class_install_property (gobject_class, PROP_THREADS,
      g_param_spec_uint ("threads", "Threads",
          "Number of CPU threads (0 = one per core that this process may use)",
          0, 1024, DEFAULT_THREADS, READY_FLAGS));
  g_object_class_install_property (gobject_class, PROP_INPUT_SIZE,
      g_param_spec_string ("input-size", "Input size",
          "Size to which frames are scaled for the network, in pixels: "
          "HEIGHTxWIDTH, the length of the short edge with the displayed "
          "aspect ratio kept, or auto (default: as the checkpoint says)",
          NULL, READY_FLAGS));
  g_object_class_install_property (gobject_class, PROP_TARGET_RATE,
      g_param_spec_double ("target-rate", "Target rate",
          "Results per second that input-size=auto is to hold", 0.01, 1000,
          DEFAULT_TARGET_RATE, READY_FLAGS));
  g_object_class_install_property (gobject_class, PROP_LABELS_FILE,
      g_param_spec_string ("labels-file", "Labels file",
          "Text file with one class name per line, in the order of class "
          "numbers, used instead of the checkpoint's names", NULL, READY_FLAGS));
}

/**
 * GstMask2FormerSeg:task:
 *
 * A checkpoint is trained for one task, but can be run for each of the three.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:postprocess:
 *
 * "transformers" is for comparison: it has the same quirks, for example ids used twice.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:threshold:
 *
 * Semantic segments have no score. May be changed while playing; takes effect with the next frame.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:mask-threshold:
 *
 * An instance has the pixels whose probability is above 0.5, as in the paper and in transformers;
 * semantic segments have those where their class is the likeliest. May be changed while playing;
 * takes effect with the next frame.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:overlap-mask-area-threshold:
 *
 * Only panoptic segments are judged by it. May be changed while playing; takes effect with the next
 * frame.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:label-ids-to-fuse:
 *
 * Only panoptic segments are merged.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:source-id:
 *
 * Where several elements attach metadata to the same frames, it tells theirs apart: it is a field
 * of the metadata, and readers can ask for it. An element replaces metadata that has its own id
 * already, leaves that of others, and puts its own before theirs: who does not ask gets the newest.
 *
 * Since: 0.1
 */

static void
install_segment_properties (GObjectClass * gobject_class)
{
  g_object_class_install_property (gobject_class, PROP_TASK,
      g_param_spec_enum ("task", "Task",
          "Kind of segments: one per class, per object, or both", TYPE_TASK,
          DEFAULT_TASK, READY_FLAGS));
  g_object_class_install_property (gobject_class, PROP_POSTPROCESS,
      g_param_spec_enum ("postprocess", "Postprocess",
          "Rule by which overlapping masks become segments", TYPE_POSTPROCESS,
          DEFAULT_POSTPROCESS, READY_FLAGS));
  g_object_class_install_property (gobject_class, PROP_THRESHOLD,
      g_param_spec_double ("threshold", "Threshold",
          "Minimum score of a segment, with task=instance and panoptic", 0, 1,
          DEFAULT_THRESHOLD, CONTROLLABLE_FLAGS));
  g_object_class_install_property (gobject_class, PROP_MASK_THRESHOLD,
      g_param_spec_double ("mask-threshold", "Mask threshold",
          "Minimum probability with which a pixel belongs to a mask, with "
          "task=panoptic", 0, 1, DEFAULT_MASK_THRESHOLD, CONTROLLABLE_FLAGS));
  g_object_class_install_property (gobject_class,
      PROP_OVERLAP_MASK_AREA_THRESHOLD,
      g_param_spec_double ("overlap-mask-area-threshold",
          "Overlap mask area threshold",
          "Minimum fraction of a panoptic mask that others leave visible; "
          "masks with less are dropped",
          0, 1, DEFAULT_OVERLAP_MASK_AREA_THRESHOLD, CONTROLLABLE_FLAGS));
  g_object_class_install_property (gobject_class, PROP_LABEL_IDS_TO_FUSE,
      g_param_spec_string ("label-ids-to-fuse", "Label ids to fuse",
          "Class numbers whose panoptic segments are merged into one per class, "
          "\"0,1,2\" or \"none\" (default: the stuff classes; none with "
          "postprocess=transformers)",
          NULL, READY_FLAGS));
  g_object_class_install_property (gobject_class, PROP_SOURCE_ID,
      g_param_spec_string ("source-id", "Source id",
          "Name by which readers tell the metadata of several elements apart "
          "(default: the element's name)", NULL, READY_FLAGS));
}

/**
 * GstMask2FormerSeg:mode:
 *
 * With "every-frame" each frame waits until its segments are found, and live pipelines are told
 * how long that takes. With "latest" a frame takes no longer than drawing does, however slow the
 * model is: frames are copied and looked at in a thread of its own, the newest first, and each
 * frame carries the newest result there is. Metadata says how old that is; frames before the first
 * result have no metadata.
 *
 * "auto" asks upstream whether it is live, before the first frame and whenever latency is
 * negotiated.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:inference-interval:
 *
 * The frames in between carry the newest result, in both modes.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:propagate:
 *
 * Only frames that carry the result of an earlier one: with mode=latest, or an inference-interval
 * above 1. Objects are moved on their own, all else with the camera. There is no segment where an
 * object uncovered something, until the next result, and none at all after a cut to another scene.
 * A result that comes more than 127 frames late stays where it was.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:tracking:
 *
 * The field track-id of segments: objects keep theirs from frame to frame, all segments of a class
 * of stuff share one. No id is used twice in a stream; they count from 1 again after a flush that
 * resets the time and in a new stream. With "query" objects are known again by the embedding of
 * the decoder's query, as MinVIS does. Colours follow the ids.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:track-window:
 *
 * An object that comes back into sight within this time has its old id.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:post-messages:
 *
 * For applications that want results rather than frames. The structure of the message has the
 * fields of GstPanopticMeta (see panopticmeta.h, whose functions read it), with segments and label
 * map as they are in the frame that was looked at, however late that was, and
 *
 * - `pts`, `running-time` and `stream-time` (guint64): of that frame, in nanoseconds, or
 *   GST_CLOCK_TIME_NONE
 * - `inference` (gdouble): milliseconds that finding them took
 *
 * Since: 0.1
 */

static void
install_mode_properties (GObjectClass * gobject_class)
{
  g_object_class_install_property (gobject_class, PROP_MODE,
      g_param_spec_enum ("mode", "Mode",
          "Whether frames wait for their own result or carry the newest",
          TYPE_MODE, DEFAULT_MODE, PLAYING_FLAGS));
  g_object_class_install_property (gobject_class, PROP_INFERENCE_INTERVAL,
      g_param_spec_uint ("inference-interval", "Inference interval",
          "Run the network on every Nth frame; those in between carry its "
          "result", 1, G_MAXINT, DEFAULT_INFERENCE_INTERVAL, PLAYING_FLAGS));
  g_object_class_install_property (gobject_class, PROP_PROPAGATE,
      g_param_spec_boolean ("propagate", "Propagate",
          "Move the segments of an earlier frame as the picture has moved "
          "since",
          DEFAULT_PROPAGATE, PLAYING_FLAGS));
  g_object_class_install_property (gobject_class, PROP_TRACKING,
      g_param_spec_enum ("tracking", "Tracking",
          "How objects are known again from frame to frame", TYPE_TRACKING,
          DEFAULT_TRACKING, PLAYING_FLAGS));
  g_object_class_install_property (gobject_class, PROP_TRACK_WINDOW,
      g_param_spec_double ("track-window", "Track window",
          "Seconds of stream time for which an object out of sight keeps its "
          "track id", 0, 3600, M2F_TRACK_WINDOW, PLAYING_FLAGS));
  g_object_class_install_property (gobject_class, PROP_POST_MESSAGES,
      g_param_spec_boolean ("post-messages", "Post messages",
          "Post an element message mask2former-result for each result",
          DEFAULT_POST_MESSAGES, PLAYING_FLAGS));
}

/**
 * GstMask2FormerSeg:overlay:
 *
 * With "none" the pixels are neither copied nor touched. With "composition" they are not touched
 * either where downstream takes #GstVideoOverlayCompositionMeta and promises to draw it, as sinks
 * for GL, Wayland and XVideo do; elsewhere it is the same as "blend".
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:opacity:
 *
 * 0 leaves outlines and labels.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:draw-outlines:
 *
 * Lines are one pixel wide on either side of a border, two in frames of 900 lines and more.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:draw-labels:
 *
 * Labels stand inside their segment where there is room and do not overlap.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:draw-background:
 *
 * A class called background, void, unlabeled, ignore or other, in any case and spelling, stands for
 * whatever has no class of its own. Its segments are stuff, and the metadata says is-background.
 *
 * Since: 0.1
 */

/**
 * GstMask2FormerSeg:palette:
 *
 * Segments of a class of stuff have one colour; things are shades of their class's colour.
 *
 * Since: 0.1
 */

static void
install_look_properties (GObjectClass * gobject_class)
{
  g_object_class_install_property (gobject_class, PROP_OVERLAY,
      g_param_spec_enum ("overlay", "Overlay",
          "Whether segments are drawn, and who draws them", TYPE_OVERLAY,
          DEFAULT_OVERLAY, PLAYING_FLAGS));
  g_object_class_install_property (gobject_class, PROP_OPACITY,
      g_param_spec_double ("opacity", "Opacity",
          "Opacity of the segment colours; with 0, outlines and labels remain",
          0, 1, DEFAULT_OPACITY, CONTROLLABLE_FLAGS));
  g_object_class_install_property (gobject_class, PROP_DRAW_OUTLINES,
      g_param_spec_boolean ("draw-outlines", "Draw outlines",
          "Draw lines along the borders of segments",
          DEFAULT_DRAW_OUTLINES, PLAYING_FLAGS));
  g_object_class_install_property (gobject_class, PROP_DRAW_LABELS,
      g_param_spec_boolean ("draw-labels", "Draw labels",
          "Draw the class names of segments", DEFAULT_DRAW_LABELS,
          PLAYING_FLAGS));
  g_object_class_install_property (gobject_class, PROP_DRAW_BACKGROUND,
      g_param_spec_boolean ("draw-background", "Draw background",
          "Draw segments of a class called background, void or the like, too",
          DEFAULT_DRAW_BACKGROUND, PLAYING_FLAGS));
  g_object_class_install_property (gobject_class, PROP_PALETTE,
      g_param_spec_enum ("palette", "Palette", "Colours of the segments",
          GST_TYPE_MASK2FORMER_PALETTE, DEFAULT_PALETTE, PLAYING_FLAGS));
}

void
gst_mask2former_settings_install (GObjectClass * gobject_class)
{
  install_model_properties (gobject_class);
  install_segment_properties (gobject_class);
  install_mode_properties (gobject_class);
  install_look_properties (gobject_class);

  gst_type_mark_as_plugin_api (TYPE_TASK, 0);
  gst_type_mark_as_plugin_api (TYPE_PRECISION, 0);
  gst_type_mark_as_plugin_api (TYPE_POSTPROCESS, 0);
  gst_type_mark_as_plugin_api (TYPE_MODE, 0);
  gst_type_mark_as_plugin_api (TYPE_OVERLAY, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_MASK2FORMER_PALETTE, 0);
}

void
gst_mask2former_settings_init (GstMask2FormerSettings * settings)
{
  *settings = (GstMask2FormerSettings) {
    .model = default_model (),
    .device = g_strdup (DEFAULT_DEVICE),
    .precision = DEFAULT_PRECISION,
    .task = DEFAULT_TASK,
    .postprocess = DEFAULT_POSTPROCESS,
    .thresholds = {
      .score = DEFAULT_THRESHOLD,
      .mask = DEFAULT_MASK_THRESHOLD,
      .overlap_mask_area = DEFAULT_OVERLAP_MASK_AREA_THRESHOLD,
    },
    .target_rate = DEFAULT_TARGET_RATE,
    .mode = DEFAULT_MODE,
    .inference_interval = DEFAULT_INFERENCE_INTERVAL,
    .propagate = DEFAULT_PROPAGATE,
    .tracking = DEFAULT_TRACKING,
    .track_window = M2F_TRACK_WINDOW,
    .post_messages = DEFAULT_POST_MESSAGES,
    .overlay = DEFAULT_OVERLAY,
    .look = {
      .opacity = DEFAULT_OPACITY,
      .outlines = DEFAULT_DRAW_OUTLINES,
      .labels = DEFAULT_DRAW_LABELS,
      .background = DEFAULT_DRAW_BACKGROUND,
      .palette = DEFAULT_PALETTE,
    },
    .threads = DEFAULT_THREADS,
  };
}

#define MEMBER(name) G_STRUCT_OFFSET (GstMask2FormerSettings, name)

/* Offset of the value of a property in the settings. */
static const gsize members[] = {
  [PROP_MODEL] = MEMBER (model),
  [PROP_DEVICE] = MEMBER (device),
  [PROP_PRECISION] = MEMBER (precision),
  [PROP_TASK] = MEMBER (task),
  [PROP_POSTPROCESS] = MEMBER (postprocess),
  [PROP_THRESHOLD] = MEMBER (thresholds.score),
  [PROP_MASK_THRESHOLD] = MEMBER (thresholds.mask),
  [PROP_OVERLAP_MASK_AREA_THRESHOLD] = MEMBER (thresholds.overlap_mask_area),
  [PROP_LABEL_IDS_TO_FUSE] = MEMBER (label_ids_to_fuse),
  [PROP_INPUT_SIZE] = MEMBER (input_size),
  [PROP_TARGET_RATE] = MEMBER (target_rate),
  [PROP_MODE] = MEMBER (mode),
  [PROP_INFERENCE_INTERVAL] = MEMBER (inference_interval),
  [PROP_PROPAGATE] = MEMBER (propagate),
  [PROP_TRACKING] = MEMBER (tracking),
  [PROP_TRACK_WINDOW] = MEMBER (track_window),
  [PROP_POST_MESSAGES] = MEMBER (post_messages),
  [PROP_OVERLAY] = MEMBER (overlay),
  [PROP_OPACITY] = MEMBER (look.opacity),
  [PROP_DRAW_OUTLINES] = MEMBER (look.outlines),
  [PROP_DRAW_LABELS] = MEMBER (look.labels),
  [PROP_DRAW_BACKGROUND] = MEMBER (look.background),
  [PROP_PALETTE] = MEMBER (look.palette),
  [PROP_LABELS_FILE] = MEMBER (labels_file),
  [PROP_SOURCE_ID] = MEMBER (source_id),
  [PROP_THREADS] = MEMBER (threads),
};

G_STATIC_ASSERT (G_N_ELEMENTS (members) == GST_MASK2FORMER_N_SETTINGS + 1);

static const guint strings[] = {
  PROP_MODEL, PROP_DEVICE, PROP_LABEL_IDS_TO_FUSE, PROP_INPUT_SIZE,
  PROP_LABELS_FILE, PROP_SOURCE_ID,
};

static gchar **
string_member (GstMask2FormerSettings * settings, guint id)
{
  return (gchar **) ((guint8 *) settings + members[id]);
}

void
gst_mask2former_settings_clear (GstMask2FormerSettings * settings)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (strings); i++)
    g_clear_pointer (string_member (settings, strings[i]), g_free);
}

void
gst_mask2former_settings_copy (GstMask2FormerSettings * copy,
    const GstMask2FormerSettings * settings)
{
  guint i;

  *copy = *settings;
  for (i = 0; i < G_N_ELEMENTS (strings); i++) {
    gchar **string = string_member (copy, strings[i]);

    *string = g_strdup (*string);
  }
}

gboolean
gst_mask2former_settings_may_change (GstElement * element,
    const GParamSpec * pspec)
{
  return (pspec->flags & GST_PARAM_MUTABLE_PLAYING) ||
      MAX (GST_STATE (element), GST_STATE_NEXT (element)) <= GST_STATE_READY;
}

gboolean
gst_mask2former_settings_set (GstMask2FormerSettings * settings, guint id,
    const GValue * value)
{
  gpointer member;

  if (id == PROP_0 || id >= G_N_ELEMENTS (members))
    return FALSE;
  member = (guint8 *) settings + members[id];
  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value))) {
    case G_TYPE_STRING:
      g_free (*(gchar **) member);
      *(gchar **) member = g_value_dup_string (value);
      break;
    case G_TYPE_ENUM:
      *(gint *) member = g_value_get_enum (value);
      break;
    case G_TYPE_DOUBLE:
      *(gdouble *) member = g_value_get_double (value);
      break;
    case G_TYPE_BOOLEAN:
      *(gboolean *) member = g_value_get_boolean (value);
      break;
    case G_TYPE_UINT:
      *(guint *) member = g_value_get_uint (value);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

gboolean
gst_mask2former_settings_get (const GstMask2FormerSettings * settings,
    guint id, GValue * value)
{
  gconstpointer member;

  if (id == PROP_0 || id >= G_N_ELEMENTS (members))
    return FALSE;
  member = (const guint8 *) settings + members[id];
  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value))) {
    case G_TYPE_STRING:
      g_value_set_string (value, *(gchar * const *) member);
      break;
    case G_TYPE_ENUM:
      g_value_set_enum (value, *(const gint *) member);
      break;
    case G_TYPE_DOUBLE:
      g_value_set_double (value, *(const gdouble *) member);
      break;
    case G_TYPE_BOOLEAN:
      g_value_set_boolean (value, *(const gboolean *) member);
      break;
    case G_TYPE_UINT:
      g_value_set_uint (value, *(const guint *) member);
      break;
    default:
      return FALSE;
  }
  return TRUE;
}

const gchar *
gst_mask2former_precision_name (gint precision)
{
  return precisions[precision].value_nick;
}
