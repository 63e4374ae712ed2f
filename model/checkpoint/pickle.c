/* The tensors of a pickled state dict, by an interpreter that knows nothing else.
 *
 * Copyright (C) 2026 The gst-mask2former authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "model/checkpoint/pickle.h"

#include <stdbool.h>
#include <string.h>

#include "model/error.h"

/* Far more than the state dict of any network takes, some 40 for a tensor; bounds the memory, of
 * which one byte of a pickle can ask for a hundred. */
#define MAX_OPCODES (1 << 19)

typedef enum Kind { MARK, NONE, INTEGER, STRING, GLOBAL, TUPLE, DICT, LIST, STORAGE, TENSOR } Kind;

/* A value of the pickle.  Items are borrowed from the machine, which owns all values. */
typedef struct Value {
    Kind kind;
    int64_t number;   /* INTEGER; STORAGE: elements; TENSOR: offset in elements */
    char *text;       /* STRING, GLOBAL ("module name"); STORAGE: key */
    GPtrArray *items; /* TUPLE; DICT: keys and values in turn; STORAGE: its class; TENSOR: storage,
                       * shape, stride */
} Value;

typedef struct Machine {
    const char *file; /* for messages */
    const uint8_t *at, *end;
    GPtrArray *values; /* all of them */
    GPtrArray *stack, *memo;
    int n_opcodes; /* that were run */
    GError **error;
} Machine;

static void
free_value (gpointer data)
{
    Value *value = data;
    g_free (value->text);
    g_clear_pointer (&value->items, g_ptr_array_unref);
    g_free (value);
}

static bool
refuse (Machine *m, const char *what)
{
    m2f_set_error (m->error, M2F_ERROR_UNSUPPORTED,
        "%s: expected a state dict of tensors, found %s, which is not run", m->file, what);
    return false;
}

static bool
fail (Machine *m, const char *found)
{
    m2f_set_error (m->error, M2F_ERROR_FORMAT, "%s: expected a pickled state dict, found %s",
        m->file, found);
    return false;
}

/* ---- the stack ----------------------------------------------------------------------------- */

static Value *
push (Machine *m, Kind kind)
{
    Value *value = g_new0 (Value, 1);
    value->kind = kind;
    g_ptr_array_add (m->values, value);
    g_ptr_array_add (m->stack, value);
    return value;
}

/* The value `depth` below the top, or NULL with an error if it is not of this kind. */
static Value *
peek (Machine *m, guint depth, Kind kind)
{
    Value *value = depth < m->stack->len ? m->stack->pdata[m->stack->len - 1 - depth] : NULL;
    if (value && value->kind == kind)
        return value;
    fail (m, "another kind of value than an opcode takes");
    return NULL;
}

static bool
pop (Machine *m, guint count)
{
    if (count > m->stack->len)
        return fail (m, "an opcode that takes more than there is");
    g_ptr_array_set_size (m->stack, (gint) (m->stack->len - count));
    return true;
}

/* Moves the topmost `count` values of the stack behind the items of `to`. */
static void
move_items (Machine *m, guint count, Value *to)
{
    if (!to->items)
        to->items = g_ptr_array_new ();
    for (guint i = m->stack->len - count; i < m->stack->len; i++)
        g_ptr_array_add (to->items, m->stack->pdata[i]);
    g_ptr_array_set_size (m->stack, (gint) (m->stack->len - count));
}

/* How many values lie above the topmost mark; -1 with an error if there is none. */
static int
count_to_mark (Machine *m)
{
    for (guint i = m->stack->len; i-- > 0;) {
        if (((Value *) m->stack->pdata[i])->kind == MARK)
            return (int) (m->stack->len - 1 - i);
    }
    fail (m, "an end without a start");
    return -1;
}

static const Value *
item (const Value *value, guint i, Kind kind)
{
    const Value *found = value->items && i < value->items->len ? value->items->pdata[i] : NULL;
    return found && found->kind == kind ? found : NULL;
}

/* ---- arguments of opcodes ------------------------------------------------------------------ */

static const uint8_t *
take (Machine *m, size_t size)
{
    if ((size_t) (m->end - m->at) < size) {
        fail (m, "its end within an opcode");
        return NULL;
    }
    m->at += size;
    return m->at - size;
}

/* A little-endian number of n bytes, signed if they are 8 or `is_signed`. */
static bool
take_number (Machine *m, size_t n, bool is_signed, int64_t *number)
{
    const uint8_t *bytes = take (m, n);
    uint64_t value = 0;
    for (size_t i = n; bytes && i-- > 0;)
        value = value << 8 | bytes[i];
    if (bytes && is_signed && n > 0 && n < 8 && bytes[n - 1] & 0x80)
        value |= ~(uint64_t) 0 << 8 * n;
    *number = (int64_t) value;
    return bytes != NULL;
}

/* Pushes a string whose length in bytes is a number of n bytes. */
static bool
push_string (Machine *m, size_t n)
{
    int64_t length;
    if (!take_number (m, n, false, &length))
        return false;
    const uint8_t *text = take (m, (size_t) length);
    if (!text)
        return false;
    if (memchr (text, 0, (size_t) length))
        return fail (m, "a NUL in a string");
    push (m, STRING)->text = g_strndup ((const char *) text, (gsize) length);
    return true;
}

static bool
push_integer (Machine *m, size_t n, bool is_signed)
{
    int64_t number;
    if (!take_number (m, n, is_signed, &number))
        return false;
    push (m, INTEGER)->number = number;
    return true;
}

static bool
push_long (Machine *m)
{
    int64_t n;
    if (!take_number (m, 1, false, &n))
        return false;
    if (n > 8)
        return fail (m, "an integer of more than 64 bits");
    return push_integer (m, (size_t) n, true);
}

/* ---- functions and classes ----------------------------------------------------------------- */

static bool
is_storage_class (const char *name)
{
    return g_str_has_prefix (name, "torch ") && g_str_has_suffix (name, "Storage")
        && !strchr (name + 6, '.') && !strchr (name + 6, ' ');
}

/* Pushes a function or a class that a state dict has. */
static bool
push_global (Machine *m, char *name)
{
    static const char *const known[] = { "collections OrderedDict",
        "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter" };
    bool ok = is_storage_class (name);
    for (size_t i = 0; i < G_N_ELEMENTS (known); i++)
        ok = ok || g_str_equal (name, known[i]);
    if (ok) {
        push (m, GLOBAL)->text = name;
        return true;
    }
    g_autofree char *what = g_strdup_printf ("the global %.*s", m2f_utf8_head (name, 128), name);
    g_free (name);
    return refuse (m, what);
}

/* Two lines: module and name. */
static bool
push_global_lines (Machine *m)
{
    const uint8_t *start = m->at;
    const uint8_t *space = memchr (start, '\n', (size_t) (m->end - start));
    const uint8_t *stop = space ? memchr (space + 1, '\n', (size_t) (m->end - space - 1)) : NULL;
    if (!stop || memchr (start, 0, (size_t) (stop - start)))
        return fail (m, "a global without a name");
    char *name = g_strndup ((const char *) start, (gsize) (stop - start));
    name[space - start] = ' ';
    m->at = stop + 1;
    return push_global (m, name);
}

static bool
push_global_of_stack (Machine *m)
{
    const Value *name = peek (m, 0, STRING), *module = name ? peek (m, 1, STRING) : NULL;
    if (!module)
        return false;
    char *full = g_strdup_printf ("%s %s", module->text, name->text);
    pop (m, 2);
    return push_global (m, full);
}

/* Persistent ids: ("storage", class, key, location, elements). */
static bool
load_storage (Machine *m)
{
    const Value *id = peek (m, 0, TUPLE);
    if (!id)
        return false;
    const Value *what = item (id, 0, STRING), *class = item (id, 1, GLOBAL);
    const Value *key = item (id, 2, STRING), *elements = item (id, 4, INTEGER);
    if (!what || !g_str_equal (what->text, "storage") || !class
        || !is_storage_class (class->text) || !key || !elements || elements->number < 0)
        return fail (m, "a persistent id that is no storage");
    pop (m, 1);
    Value *storage = push (m, STORAGE);
    storage->text = g_strdup (key->text);
    storage->number = elements->number;
    storage->items = g_ptr_array_new ();
    g_ptr_array_add (storage->items, (Value *) class);
    return true;
}

/* _rebuild_tensor_v2 (storage, offset, shape, stride, ...). */
static bool
rebuild_tensor (Machine *m, const Value *arguments)
{
    const Value *storage = item (arguments, 0, STORAGE), *offset = item (arguments, 1, INTEGER);
    const Value *shape = item (arguments, 2, TUPLE), *stride = item (arguments, 3, TUPLE);
    if (!storage || !offset || !shape || !stride)
        return fail (m, "a tensor without storage, offset, shape and stride");
    pop (m, 2);
    Value *tensor = push (m, TENSOR);
    tensor->number = offset->number;
    tensor->items = g_ptr_array_new ();
    g_ptr_array_add (tensor->items, (Value *) storage);
    g_ptr_array_add (tensor->items, (Value *) shape);
    g_ptr_array_add (tensor->items, (Value *) stride);
    return true;
}

static bool
reduce (Machine *m)
{
    const Value *arguments = peek (m, 0, TUPLE);
    const Value *function = arguments ? peek (m, 1, GLOBAL) : NULL;
    if (!function)
        return false;
    if (g_str_equal (function->text, "torch._utils _rebuild_tensor_v2"))
        return rebuild_tensor (m, arguments);
    if (g_str_equal (function->text, "torch._utils _rebuild_parameter")) {
        const Value *tensor = item (arguments, 0, TENSOR);
        if (!tensor)
            return fail (m, "a parameter without a tensor");
        pop (m, 2);
        g_ptr_array_add (m->stack, (Value *) tensor);
        return true;
    }
    if (!g_str_equal (function->text, "collections OrderedDict")
        || (arguments->items && arguments->items->len))
        return refuse (m, "a call");
    pop (m, 2);
    push (m, DICT);
    return true;
}

/* ---- memory and containers ----------------------------------------------------------------- */

static bool
memoize (Machine *m, int64_t index)
{
    if (!m->stack->len || index < 0 || index > m->memo->len)
        return fail (m, "a memo out of order");
    gpointer top = m->stack->pdata[m->stack->len - 1];
    if (index == m->memo->len)
        g_ptr_array_add (m->memo, top);
    else
        m->memo->pdata[index] = top;
    return true;
}

static bool
recall (Machine *m, size_t n)
{
    int64_t index;
    if (!take_number (m, n, false, &index))
        return false;
    if (index >= m->memo->len)
        return fail (m, "a memo that was never filled");
    g_ptr_array_add (m->stack, m->memo->pdata[index]);
    return true;
}

static bool
make_tuple (Machine *m, int count)
{
    if (count < 0)
        return false;
    if ((guint) count > m->stack->len)
        return fail (m, "a tuple of more than there is");
    Value *tuple = push (m, TUPLE);
    pop (m, 1);
    move_items (m, (guint) count, tuple);
    g_ptr_array_add (m->stack, tuple);
    return true;
}

static bool
make_marked_tuple (Machine *m)
{
    int count = count_to_mark (m);
    if (!make_tuple (m, count))
        return false;
    Value *tuple = m->stack->pdata[m->stack->len - 1];
    pop (m, 2);
    g_ptr_array_add (m->stack, tuple);
    return true;
}

/* Adds what lies above the mark, or the topmost `count` values, to the container below. */
static bool
add_items (Machine *m, Kind kind, int count, bool marked)
{
    if (count < 0 || (guint) count > m->stack->len)
        return *m->error ? false : fail (m, "an opcode that takes more than there is");
    Value *container = peek (m, (guint) count + marked, kind);
    if (!container || (kind == DICT && count % 2 != 0))
        return *m->error ? false : fail (m, "a key without a value");
    move_items (m, (guint) count, container);
    return !marked || pop (m, 1);
}

/* ---- the interpreter ----------------------------------------------------------------------- */

/* Runs one opcode with a fixed effect on the stack. */
static bool
run_simple (Machine *m, uint8_t opcode)
{
    switch (opcode) {
    case '(': return push (m, MARK) != NULL;
    case 'N': case 0x88: case 0x89: return push (m, NONE) != NULL; /* None, True, False */
    case '}': return push (m, DICT) != NULL;
    case ']': return push (m, LIST) != NULL;
    case ')': return push (m, TUPLE) != NULL;
    case 'G': return take (m, 8) && push (m, NONE); /* a float */
    case 'K': return push_integer (m, 1, false);
    case 'M': return push_integer (m, 2, false);
    case 'J': return push_integer (m, 4, true);
    case 0x8a: return push_long (m);
    case 'X': return push_string (m, 4);
    case 0x8c: return push_string (m, 1);
    default: break;
    }
    g_autofree char *what = g_strdup_printf ("opcode 0x%02x", opcode);
    return refuse (m, what);
}

static bool
run (Machine *m, uint8_t opcode)
{
    int64_t number;
    if (m->n_opcodes++ == MAX_OPCODES)
        return fail (m, "more opcodes than the tensors of a network take");
    switch (opcode) {
    case 0x80: return take (m, 1) != NULL; /* the protocol */
    case 0x95: return take (m, 8) != NULL; /* the size of a frame */
    case 'c': return push_global_lines (m);
    case 0x93: return push_global_of_stack (m);
    case 'Q': return load_storage (m);
    case 'R': return reduce (m);
    case 'b': return peek (m, 1, DICT) && pop (m, 1); /* attributes of an OrderedDict */
    case 'q': return take_number (m, 1, false, &number) && memoize (m, number);
    case 'r': return take_number (m, 4, false, &number) && memoize (m, number);
    case 0x94: return memoize (m, m->memo->len);
    case 'h': return recall (m, 1);
    case 'j': return recall (m, 4);
    case 't': return make_marked_tuple (m);
    case 0x85: case 0x86: case 0x87: return make_tuple (m, opcode - 0x84);
    case 's': return add_items (m, DICT, 2, false);
    case 'u': return add_items (m, DICT, count_to_mark (m), true);
    case 'a': return add_items (m, LIST, 1, false);
    case 'e': return add_items (m, LIST, count_to_mark (m), true);
    default: return run_simple (m, opcode);
    }
}

/* ---- the result ---------------------------------------------------------------------------- */

static void
clear_tensor (gpointer data)
{
    M2fPickledTensor *tensor = data;
    g_free (tensor->name);
    g_free (tensor->storage_class);
    g_free (tensor->key);
}

static bool
append_tensor (Machine *m, const char *name, const Value *value, GArray *tensors)
{
    const Value *storage = item (value, 0, STORAGE);
    const Value *shape = item (value, 1, TUPLE), *stride = item (value, 2, TUPLE);
    const guint n_dims = shape->items ? shape->items->len : 0;
    if (n_dims > M2F_PICKLE_MAX_DIMS || n_dims != (stride->items ? stride->items->len : 0))
        return fail (m, "a tensor of too many dimensions, or of other ones than its stride");
    M2fPickledTensor tensor = { .storage_elements = storage->number, .offset = value->number,
        .n_dims = (int) n_dims };
    for (guint i = 0; i < n_dims; i++) {
        const Value *extent = item (shape, i, INTEGER), *step = item (stride, i, INTEGER);
        if (!extent || !step || extent->number < 0 || step->number < 0)
            return fail (m, "a tensor whose shape or stride is not of positive integers");
        tensor.shape[i] = extent->number;
        tensor.stride[i] = step->number;
    }
    tensor.name = g_strdup (name);
    tensor.storage_class = g_strdup (item (storage, 0, GLOBAL)->text + strlen ("torch "));
    tensor.key = g_strdup (storage->text);
    g_array_append_val (tensors, tensor);
    return true;
}

/* The tensors of the dictionary on top of the stack. */
static GArray *
collect (Machine *m)
{
    const Value *dict = peek (m, 0, DICT);
    if (!dict)
        return NULL;
    g_autoptr (GArray) tensors = g_array_new (FALSE, FALSE, sizeof (M2fPickledTensor));
    g_array_set_clear_func (tensors, clear_tensor);
    for (guint i = 0; dict->items && i + 1 < dict->items->len; i += 2) {
        const Value *name = item (dict, i, STRING), *value = dict->items->pdata[i + 1];
        if (!name || value->kind == DICT) {
            fail (m, "a dictionary of dictionaries: save model.state_dict() alone");
            return NULL;
        }
        if (value->kind == TENSOR && !append_tensor (m, name->text, value, tensors))
            return NULL;
    }
    return g_steal_pointer (&tensors);
}

GArray *
m2f_pickle_read (const uint8_t *data, size_t size, const char *file, GError **error)
{
    GError *local = NULL;
    Machine m = {
        .file = file,
        .at = data,
        .end = data + size,
        .values = g_ptr_array_new_with_free_func (free_value),
        .stack = g_ptr_array_new (),
        .memo = g_ptr_array_new (),
        .error = &local,
    };
    const uint8_t *opcode;
    GArray *tensors = NULL;
    while ((opcode = take (&m, 1)) && *opcode != '.' && run (&m, *opcode))
        continue;
    if (!local)
        tensors = collect (&m);
    g_ptr_array_unref (m.memo);
    g_ptr_array_unref (m.stack);
    g_ptr_array_unref (m.values);
    if (local)
        g_propagate_error (error, local);
    return tensors;
}
