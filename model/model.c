/* Models: loading, and the registry that hands the same model to equal requests.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/model.h"

#include "model/checkpoint/directory.h"
#include "model/checkpoint/safetensors.h"
#include "model/device_error.h"
#include "model/error.h"

/* ---- requests ------------------------------------------------------------------------------ */

/* M2fLoadOptions with the defaults filled in. */
typedef struct Request {
    char *path; /* canonical */
    const char *device;
    M2fPrecision precision;
    int threads;
    char *device_key, *key;
} Request;

static bool
parse_precision (const char *name, M2fPrecision *precision, GError **error)
{
    *precision = M2F_PRECISION_AUTO;
    if (!name)
        return true;
    for (int i = M2F_PRECISION_AUTO; i <= M2F_PRECISION_INT8; i++) {
        if (g_str_equal (name, m2f_precision_name ((M2fPrecision) i))) {
            *precision = (M2fPrecision) i;
            return true;
        }
    }
    m2f_set_error (error, M2F_ERROR_ARGUMENT,
        "precision \"%s\": expected auto, fp32, bf16, fp16 or int8", name);
    return false;
}

static void
request_clear (Request *request)
{
    g_free (request->path);
    g_free (request->device_key);
    g_free (request->key);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Request, request_clear)

static bool
request_init (Request *request, const M2fLoadOptions *options, GError **error)
{
    if (!options || !options->path) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "model: no checkpoint directory is given");
        return false;
    }
    if (options->threads < 0 || options->threads > M2F_MAX_THREADS) {
        m2f_set_error (error, M2F_ERROR_ARGUMENT,
            "model: threads is %d, expected 0 (all) to %d", options->threads, M2F_MAX_THREADS);
        return false;
    }
    if (!parse_precision (options->precision, &request->precision, error))
        return false;
    request->path = m2f_directory_resolve (options->path, error);
    if (!request->path)
        return false;
    request->device = options->device ? options->device : "auto";
    request->threads = options->threads;

    g_autofree char *print = m2f_directory_fingerprint (request->path);
    request->device_key = g_strdup_printf ("%s|%s|%d", request->device,
        m2f_precision_name (request->precision), request->threads);
    request->key = g_strdup_printf ("%s|%s%s", request->device_key, request->path, print);
    return true;
}

/* ---- registry ------------------------------------------------------------------------------ */

/* Both tables are weak: what they list is kept alive by its users. */
typedef struct SharedDevice {
    M2fDevice *device;
    int users; /* models, and loads under way */
} SharedDevice;

static GMutex lock;
static GCond loaded;        /* a load has ended */
static GHashTable *models;  /* key to M2fModel, or to NULL while it is loaded */
static GHashTable *devices; /* device key to SharedDevice */

static M2fDevice *
take_device (const Request *request, GError **error)
{
    GError *failure = NULL;

    if (!devices)
        devices = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

    SharedDevice *shared = g_hash_table_lookup (devices, request->device_key);
    if (!shared) {
        M2fDevice *device = m2f_device_open (request->device, request->precision,
            request->threads, &failure);
        if (!device) {
            m2f_propagate_device_error (error, failure);
            return NULL;
        }
        shared = g_new0 (SharedDevice, 1);
        shared->device = device;
        g_hash_table_insert (devices, g_strdup (request->device_key), shared);
    }
    shared->users++;
    return shared->device;
}

static gboolean
is_device (gpointer key, gpointer value, gpointer device)
{
    return ((SharedDevice *) value)->device == device;
}

static void
drop_device (M2fDevice *device)
{
    SharedDevice *shared = g_hash_table_find (devices, is_device, device);

    if (--shared->users > 0)
        return;
    g_hash_table_foreach_remove (devices, is_device, device);
    m2f_device_unref (&device);
}

static void
free_model (M2fModel *model)
{
    m2f_batches_free (model->batches);
    m2f_shared_constants_free (model->constants);
    m2f_network_free (&model->network);
    if (model->device) {
        g_mutex_lock (&lock);
        drop_device (model->device);
        g_mutex_unlock (&lock);
    }
    m2f_config_free (model->config);
    g_free (model->path);
    g_free (model->key);
    g_free (model->device_text);
    g_clear_pointer (&model->warnings, g_ptr_array_unref);
    g_free (model);
}

M2fModel *
m2f_model_ref (M2fModel *model)
{
    g_mutex_lock (&lock);
    model->refs++;
    g_mutex_unlock (&lock);
    return model;
}

void
m2f_model_unref (M2fModel *model)
{
    if (!model)
        return;
    g_mutex_lock (&lock);
    bool last = --model->refs == 0;
    if (last)
        g_hash_table_remove (models, model->key);
    g_mutex_unlock (&lock);
    if (last)
        free_model (model);
}

/* ---- loading ------------------------------------------------------------------------------- */

static int64_t
count_parameters (const M2fSafetensors *weights)
{
    int n;
    const M2fSafetensor *tensors = m2f_safetensors_list (weights, &n);
    int64_t sum = 0;

    for (int i = 0; i < n; i++)
        if (tensors[i].dtype <= M2F_DTYPE_F64)
            sum += tensors[i].n_elements;
    return sum;
}

static char *
describe_device (M2fDevice *device)
{
    const M2fDeviceInfo *info = m2f_device_info (device);

    g_autofree char *name = m2f_printable (info->name);

    if (g_str_equal (info->kind, "cpu"))
        return g_strdup_printf ("%s (%s), %d threads", info->spec, name,
            m2f_device_threads (device));
    return g_strdup_printf ("%s (%s)", info->spec, name);
}

/* Puts the weights on the device that was asked for, or, where "auto" chose one that does not hold
 * them, on the CPU. */
static bool
load_network (M2fModel *model, const Request *request, M2fSafetensors *weights,
    GError **error)
{
    GError *failure = NULL;

    model->network = m2f_network_load (model->config, weights, model->device, &failure);
    if (!model->network && g_str_equal (request->device, "auto")
        && g_error_matches (failure, M2F_ERROR, M2F_ERROR_DEVICE)
        && !g_str_equal (m2f_device_info (model->device)->backend, "cpu")) {
        g_autofree char *key = g_strdup_printf ("cpu|%s|%d",
            m2f_precision_name (request->precision), request->threads);
        const Request on_cpu = { .device = "cpu", .device_key = key,
            .precision = request->precision, .threads = request->threads };

        m2f_warn (model->warnings, "%s; using cpu instead", failure->message);
        g_clear_error (&failure);
        g_mutex_lock (&lock);
        drop_device (model->device);
        model->device = take_device (&on_cpu, &failure);
        g_mutex_unlock (&lock);
        if (model->device)
            model->network = m2f_network_load (model->config, weights, model->device, &failure);
    }
    if (!model->network)
        g_propagate_error (error, failure);
    return model->network != NULL;
}

/* Gives the model as many classes as the network has, whatever config.json says. */
static void
settle_classes (M2fModel *model, const M2fSafetensors *weights)
{
    const M2fSafetensor *head = m2f_safetensors_find (weights, "class_predictor.weight");
    M2fConfig *config = model->config;

    /* one row is for "no object" */
    if (head && head->n_dims == 2 && head->shape[0] >= 1 && head->shape[0] <= M2F_MAX_LABELS)
        m2f_config_set_n_labels (config, (int) head->shape[0] - 1, model->warnings);
    model->set = m2f_label_set_find (config);
    model->task = m2f_label_set_task (model->set, model->path);
}

static M2fModel *
load (Request *request, GError **error)
{
    M2fModel *model = g_new0 (M2fModel, 1);
    g_autoptr (M2fSafetensors) weights = NULL;

    model->refs = 1;
    model->key = g_strdup (request->key);
    model->path = g_steal_pointer (&request->path);
    model->warnings = g_ptr_array_new_with_free_func (g_free);
    model->config = m2f_config_load (model->path, model->warnings, error);
    if (!model->config
        || !m2f_processor_config_load (model->path, &model->processor, model->warnings, error))
        goto error;

    weights = m2f_safetensors_open_dir (model->path, error);
    if (!weights)
        goto error;
    settle_classes (model, weights);
    model->n_parameters = count_parameters (weights);

    g_mutex_lock (&lock);
    model->device = take_device (request, error);
    g_mutex_unlock (&lock);
    if (!model->device)
        goto error;
    if (load_network (model, request, weights, error)) {
        model->constants = m2f_shared_constants_new (model->network);
        model->batches = m2f_batches_new ();
        model->device_text = describe_device (model->device);
        m2f_safetensors_warn_unread (weights, model->warnings);
        if (m2f_device_warning (model->device))
            m2f_warn (model->warnings, "%s", m2f_device_warning (model->device));
        g_ptr_array_add (model->warnings, NULL);
        return model;
    }
error:
    free_model (model);
    return NULL;
}

M2fModel *
m2f_model_load (const M2fLoadOptions *options, GError **error)
{
    g_auto (Request) request = { 0 };
    gpointer model;

    if (!request_init (&request, options, error))
        return NULL;

    g_mutex_lock (&lock);
    if (!models)
        models = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    while (g_hash_table_lookup_extended (models, request.key, NULL, &model)) {
        if (model) {
            ((M2fModel *) model)->refs++;
            g_mutex_unlock (&lock);
            return model;
        }
        g_cond_wait (&loaded, &lock);
    }
    g_hash_table_insert (models, g_strdup (request.key), NULL);
    g_mutex_unlock (&lock);

    const gint64 start = g_get_monotonic_time ();

    model = load (&request, error);
    if (model)
        g_info ("%s: %.1f million parameters loaded in %.0f ms, on %s in %s",
            m2f_model_path (model), (double) ((M2fModel *) model)->n_parameters / 1e6,
            (double) (g_get_monotonic_time () - start) / 1e3, m2f_model_device (model),
            m2f_model_precision (model));

    g_mutex_lock (&lock);
    if (model)
        g_hash_table_insert (models, g_strdup (request.key), model);
    else
        g_hash_table_remove (models, request.key);
    g_cond_broadcast (&loaded);
    g_mutex_unlock (&lock);
    return model;
}

/* ---- questions ----------------------------------------------------------------------------- */

const char *
m2f_model_path (const M2fModel *model)
{
    return model->path;
}

const char *
m2f_model_device (const M2fModel *model)
{
    return model->device_text;
}

const char *
m2f_model_precision (const M2fModel *model)
{
    return m2f_precision_name (m2f_device_precision (model->device));
}

const char *const *
m2f_model_warnings (const M2fModel *model)
{
    return (const char *const *) model->warnings->pdata;
}

int
m2f_model_n_labels (const M2fModel *model)
{
    return model->config->n_labels;
}

int
m2f_model_n_queries (const M2fModel *model)
{
    return model->config->num_queries;
}

int
m2f_model_embedding_size (const M2fModel *model)
{
    return model->config->hidden_dim;
}

const char *
m2f_model_label (const M2fModel *model, int id)
{
    return id >= 0 && id < model->config->n_labels ? model->config->labels[id] : NULL;
}

gboolean
m2f_model_is_thing (const M2fModel *model, int id)
{
    return id >= 0 && id < model->config->n_labels
        && m2f_label_is_thing (model->set, id, model->config->labels[id]);
}

gboolean
m2f_model_is_background (const M2fModel *model, int id)
{
    return id >= 0 && id < model->config->n_labels
        && m2f_label_is_background (model->config->labels[id]);
}

const char *
m2f_version (void)
{
    return G_STRINGIFY (M2F_VERSION_MAJOR) "." G_STRINGIFY (M2F_VERSION_MINOR) "."
        G_STRINGIFY (M2F_VERSION_MICRO);
}

void
m2f_params_init (M2fParams *params, const M2fModel *model)
{
    *params = (M2fParams) {
        .task = model->task,
        .postprocess = M2F_POSTPROCESS_PAPER,
        .threshold = 0.5,
        .mask_threshold = 0.5,
        .overlap_mask_area_threshold = 0.8,
        .n_label_ids_to_fuse = M2F_FUSE_DEFAULT,
    };
}
