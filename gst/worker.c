/* Analyses the newest frame of a stream in a thread of its own.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Frames and findings are each held three times and change hands by swapping: one belongs to the
 * stream's thread, one waits, one belongs to the worker's thread.  So nothing is allocated once
 * the sizes are known, and upstream gets its buffers back at once.  Of a frame that is started the
 * analyser has what it needs: no pixels are kept for it.
 */
#include "gst/worker.h"

typedef struct
{
  guint8 *memory;               /* of the copy */
  gsize capacity;
  GstVideoFrame frame;          /* in `memory`, or the caller's of run() */
  GstMask2FormerJob job;
} Slot;

/* A frame that is started and not finished. */
typedef struct
{
  GstMask2FormerJob job;
  GError *error;                /* it could not be started; or NULL */
} Started;

#define MAX_STARTED 2

struct _GstMask2FormerWorker
{
  const GstMask2FormerWorkerFuncs *funcs;
  gpointer user_data;
  GThread *thread;

  /* only for the stream's thread: */
  Slot *offered;

  /* only for the worker's thread: */
  Slot *next;                   /* the frame that is being started */
  Started started[MAX_STARTED]; /* in order */
  gint n_started;
  GstMask2FormerFinding found;

  GMutex lock;
  GCond changed;                /* one of the following has */
  gboolean quits;
  gboolean flushing;
  gboolean is_waiting;          /* `waiting` is to be analysed */
  gboolean is_running;          /* a frame is being started, or is started */
  gboolean is_stale;            /* what is running was cancelled */
  gboolean is_finished;         /* `finished` was not taken yet */
  Slot *waiting;
  GstMask2FormerFinding finished;
};

static void
slot_free (Slot * slot)
{
  g_free (slot->memory);
  g_free (slot);
}

static void
swap_slots (Slot ** a, Slot ** b)
{
  Slot *slot = *a;

  *a = *b;
  *b = slot;
}

/* Copies the planes; those of the copy are packed. */
static gboolean
slot_copy (Slot * slot, const GstVideoFrame * frame, GError ** error)
{
  GstVideoInfo info = frame->info, packed;
  guint plane;

  gst_video_info_set_format (&packed, GST_VIDEO_FRAME_FORMAT (frame),
      GST_VIDEO_FRAME_WIDTH (frame), GST_VIDEO_FRAME_HEIGHT (frame));
  memcpy (info.offset, packed.offset, sizeof (info.offset));
  memcpy (info.stride, packed.stride, sizeof (info.stride));
  info.size = packed.size;
  if (slot->capacity < info.size) {
    g_free (slot->memory);
    slot->memory = g_try_malloc (info.size);
    slot->capacity = slot->memory ? info.size : 0;
  }
  if (!slot->memory) {
    g_set_error (error, M2F_ERROR, M2F_ERROR_DEVICE,
        "a frame to be analysed: no memory for %" G_GSIZE_FORMAT " bytes",
        info.size);
    return FALSE;
  }

  slot->frame = (GstVideoFrame) { .info = info };
  for (plane = 0; plane < GST_VIDEO_INFO_N_PLANES (&info); plane++)
    slot->frame.data[plane] = slot->memory + info.offset[plane];
  return gst_video_frame_copy (&slot->frame, frame);
}

static void
swap_findings (GstMask2FormerFinding * a, GstMask2FormerFinding * b)
{
  GstMask2FormerFinding finding = *a;

  *a = *b;
  *b = finding;
}

void
gst_mask2former_finding_clear (GstMask2FormerFinding * finding)
{
  m2f_result_clear (&finding->result);
  g_clear_error (&finding->error);
}

GstMask2FormerWorker *
gst_mask2former_worker_new (const GstMask2FormerWorkerFuncs * funcs,
    gpointer user_data)
{
  GstMask2FormerWorker *worker = g_new0 (GstMask2FormerWorker, 1);

  worker->funcs = funcs;
  worker->user_data = user_data;
  worker->offered = g_new0 (Slot, 1);
  worker->waiting = g_new0 (Slot, 1);
  worker->next = g_new0 (Slot, 1);
  g_mutex_init (&worker->lock);
  g_cond_init (&worker->changed);
  return worker;
}

void
gst_mask2former_worker_free (GstMask2FormerWorker * worker)
{
  if (!worker)
    return;
  gst_mask2former_worker_stop (worker);
  slot_free (worker->offered);
  slot_free (worker->waiting);
  slot_free (worker->next);
  g_mutex_clear (&worker->lock);
  g_cond_clear (&worker->changed);
  g_free (worker);
}

/* ---- the worker's thread; its functions are called with the lock held ---- */

/* FALSE if the thread is to end. */
static gboolean
wait_for_frame (GstMask2FormerWorker * worker)
{
  while (!worker->is_waiting && !worker->quits)
    g_cond_wait (&worker->changed, &worker->lock);
  return !worker->quits;
}

/* Lets a frame for which there was no room wait on, unless there is a newer one. */
static void
put_back (GstMask2FormerWorker * worker)
{
  if (worker->is_waiting || worker->is_stale || worker->flushing)
    return;
  swap_slots (&worker->waiting, &worker->next);
  worker->is_waiting = TRUE;
}

/* Starts the frame that waits. */
static void
start_frame (GstMask2FormerWorker * worker)
{
  Started *started = &worker->started[worker->n_started];
  const Slot *slot;

  swap_slots (&worker->waiting, &worker->next);
  worker->is_waiting = FALSE;
  worker->is_running = TRUE;
  slot = worker->next;
  *started = (Started) { .job = slot->job };

  g_mutex_unlock (&worker->lock);
  worker->funcs->start (worker->user_data, &slot->frame, &slot->job.thresholds,
      &started->error);
  g_mutex_lock (&worker->lock);
  if (worker->n_started > 0 &&
      g_error_matches (started->error, M2F_ERROR, M2F_ERROR_BUSY)) {
    g_clear_error (&started->error);
    put_back (worker);
  } else {
    worker->n_started++;
  }
}

/* Hands over what was found in a frame. */
static void
hand_over (GstMask2FormerWorker * worker)
{
  worker->is_running = worker->n_started > 0;
  if (!worker->is_stale) {
    swap_findings (&worker->found, &worker->finished);
    worker->is_finished = TRUE;
  } else if (!worker->is_running) {
    worker->funcs->uncancel (worker->user_data);
    worker->is_stale = FALSE;
  }
  g_cond_broadcast (&worker->changed);
}

/* Ends with the oldest frame. */
static void
finish_frame (GstMask2FormerWorker * worker)
{
  GstMask2FormerFinding *found = &worker->found;
  Started oldest = worker->started[0];

  worker->started[0] = worker->started[1];
  worker->n_started--;
  g_mutex_unlock (&worker->lock);
  g_clear_error (&found->error);
  found->job = oldest.job;
  if (oldest.error)
    found->error = oldest.error;
  else
    worker->funcs->finish (worker->user_data, &found->result, &found->error);
  g_mutex_lock (&worker->lock);
  hand_over (worker);
}

static gpointer
work (gpointer data)
{
  GstMask2FormerWorker *worker = data;

  g_mutex_lock (&worker->lock);
  while (worker->n_started > 0 || wait_for_frame (worker)) {
    gboolean has_older = worker->n_started > 0;

    if (has_older) {
      g_mutex_unlock (&worker->lock);
      worker->funcs->wait (worker->user_data);
      g_mutex_lock (&worker->lock);
    }
    if (worker->is_waiting && !worker->is_stale)
      start_frame (worker);
    if (has_older)
      finish_frame (worker);
  }
  g_mutex_unlock (&worker->lock);
  return NULL;
}

/* ---- the others ---- */

gboolean
gst_mask2former_worker_start (GstMask2FormerWorker * worker, GError ** error)
{
  g_autoptr (GError) refused = NULL;

  g_mutex_lock (&worker->lock);
  worker->quits = worker->flushing = FALSE;
  g_mutex_unlock (&worker->lock);
  worker->thread = g_thread_try_new ("mask2former", work, worker, &refused);
  if (refused)
    g_set_error (error, M2F_ERROR, M2F_ERROR_DEVICE,
        "the system starts no thread for analysis: %s", refused->message);
  return worker->thread != NULL;
}

static void
forget (GstMask2FormerWorker * worker)
{
  worker->is_waiting = worker->is_finished = FALSE;
  if (worker->is_running && !worker->is_stale) {
    worker->is_stale = TRUE;
    worker->funcs->cancel (worker->user_data);
  }
  g_cond_broadcast (&worker->changed);
}

void
gst_mask2former_worker_stop (GstMask2FormerWorker * worker)
{
  g_mutex_lock (&worker->lock);
  worker->quits = TRUE;
  forget (worker);
  g_mutex_unlock (&worker->lock);
  g_clear_pointer (&worker->thread, g_thread_join);

  gst_mask2former_finding_clear (&worker->found);
  gst_mask2former_finding_clear (&worker->finished);
}

void
gst_mask2former_worker_set_flushing (GstMask2FormerWorker * worker,
    gboolean flushing)
{
  g_mutex_lock (&worker->lock);
  worker->flushing = flushing;
  if (flushing)
    forget (worker);
  g_mutex_unlock (&worker->lock);
}

void
gst_mask2former_worker_forget (GstMask2FormerWorker * worker)
{
  g_mutex_lock (&worker->lock);
  forget (worker);
  g_mutex_unlock (&worker->lock);
}

/* Lets the offered frame wait for its turn, unless it is flushing.  Called with the lock held. */
static gboolean
enqueue (GstMask2FormerWorker * worker, const GstMask2FormerJob * job)
{
  if (worker->flushing)
    return FALSE;
  worker->offered->job = *job;
  swap_slots (&worker->offered, &worker->waiting);
  worker->is_waiting = TRUE;
  g_cond_broadcast (&worker->changed);
  return TRUE;
}

/* Called with the lock held. */
static void
wait_until_idle (GstMask2FormerWorker * worker)
{
  while (worker->is_waiting || worker->is_running)
    g_cond_wait (&worker->changed, &worker->lock);
}

gboolean
gst_mask2former_worker_offer (GstMask2FormerWorker * worker,
    const GstVideoFrame * frame, const GstMask2FormerJob * job, GError ** error)
{
  if (!slot_copy (worker->offered, frame, error))
    return FALSE;

  g_mutex_lock (&worker->lock);
  enqueue (worker, job);
  g_mutex_unlock (&worker->lock);
  return TRUE;
}

gboolean
gst_mask2former_worker_run (GstMask2FormerWorker * worker,
    const GstVideoFrame * frame, const GstMask2FormerJob * job)
{
  gboolean done;

  worker->offered->frame = *frame;

  g_mutex_lock (&worker->lock);
  done = enqueue (worker, job);
  /* the worker looks at the caller's memory until it is idle, also if it was cancelled */
  wait_until_idle (worker);
  done = done && worker->is_finished;
  g_mutex_unlock (&worker->lock);
  return done;
}

void
gst_mask2former_worker_wait (GstMask2FormerWorker * worker)
{
  g_mutex_lock (&worker->lock);
  wait_until_idle (worker);
  g_mutex_unlock (&worker->lock);
}

gboolean
gst_mask2former_worker_take (GstMask2FormerWorker * worker,
    GstMask2FormerFinding * finding)
{
  gboolean taken;

  g_mutex_lock (&worker->lock);
  taken = worker->is_finished;
  if (taken)
    swap_findings (finding, &worker->finished);
  worker->is_finished = FALSE;
  g_mutex_unlock (&worker->lock);
  return taken;
}
