/*===- Check.c - A caller's tensors against the table ----------------------===
 *
 * Every dtype, rank, shape, stride, device and pointer is looked at before
 * compiled code sees it. The message says which tensor, what was expected, and
 * what came.
 *
 *===----------------------------------------------------------------------===*/

#include "Runtime.h"

#include <stdio.h>

/* A tensor of the caller, beside its row of the table. */
typedef struct {
  const DLTensor *given;
  const int64_t *row;
  const int64_t *dims;
  const char *strings;
  const char *kind; /* "input" or "output" */
  long long index;
  const char *name;
  bool is_on_gpu;
} Checked;

#define REFUSE(checked, format, ...)                                           \
  attn_leave(ATTN_INVALID_ARGUMENT, "%s %lld '%s': " format, (checked)->kind,  \
             (checked)->index, (checked)->name, __VA_ARGS__)

static Checked describe(const AttnFunction *function, const int64_t *row,
                        const DLTensor *given, bool is_input, int64_t index) {
  Checked checked = {given,
                     row,
                     row + ATTN_TENSOR_FIELDS,
                     function->strings,
                     is_input ? "input" : "output",
                     index,
                     function->strings + row[ATTN_TENSOR_NAME],
                     function->device != NULL};
  return checked;
}

static void check_count(const char *kind, int64_t expected,
                        DLTensor *const *given, int32_t count) {
  if (count != expected)
    attn_leave(ATTN_INVALID_ARGUMENT, "expected %lld %ss, got %d",
               (long long)expected, kind, (int)count);
  if (expected && !given)
    attn_leave(ATTN_INVALID_ARGUMENT, "expected an array of %lld %ss, got NULL",
               (long long)expected, kind);
}

static void dtype_name(DLDataType type, char *text, size_t size) {
  static const char *const kinds[] = {"int",    "uint",    "float", "handle",
                                      "bfloat", "complex", "bool"};
  const char *kind =
      type.code < sizeof kinds / sizeof *kinds ? kinds[type.code] : "code";
  snprintf(text, size, "%s%d of %d lanes (DLPack code %d)", kind, type.bits,
           type.lanes, type.code);
}

static void check_dtype(const Checked *checked) {
  DLDataType type = checked->given->dtype;
  if (type.code == checked->row[ATTN_TENSOR_CODE] &&
      type.bits == checked->row[ATTN_TENSOR_BITS] && type.lanes == 1)
    return;
  char got[64];
  dtype_name(type, got, sizeof got);
  REFUSE(checked,
         "expected elements of %s (DLPack code %d, %d bits, 1 lane), got %s",
         checked->strings + checked->row[ATTN_TENSOR_DTYPE],
         (int)checked->row[ATTN_TENSOR_CODE],
         (int)checked->row[ATTN_TENSOR_BITS], got);
}

static void check_rank(const Checked *checked) {
  if (checked->given->ndim != checked->row[ATTN_TENSOR_RANK])
    REFUSE(checked, "expected rank %lld, got %d",
           (long long)checked->row[ATTN_TENSOR_RANK],
           (int)checked->given->ndim);
  if (checked->given->ndim > 0 && !checked->given->shape)
    REFUSE(checked, "expected a shape of %d dimensions, got NULL",
           (int)checked->given->ndim);
}

/* symbols[i] is the first size that a dimension of name i had, or -1. */
static void check_dimension(const Checked *checked, const int64_t *names,
                            int64_t *symbols, int d) {
  int64_t got = checked->given->shape[d];
  int64_t expected = checked->dims[d * ATTN_DIM_FIELDS + ATTN_DIM_SIZE];
  int64_t symbol = checked->dims[d * ATTN_DIM_FIELDS + ATTN_DIM_SYMBOL];
  if (got < 0)
    REFUSE(checked, "expected dimension %d to be at least 0, got %lld", d,
           (long long)got);
  if (expected >= 0 && got != expected)
    REFUSE(checked, "expected dimension %d to be %lld, got %lld", d,
           (long long)expected, (long long)got);
  if (symbol < 0)
    return;
  if (symbols[symbol] >= 0 && symbols[symbol] != got)
    REFUSE(checked,
           "expected dimension %d to be %lld ('%s', as in an earlier "
           "dimension), got %lld",
           d, (long long)symbols[symbol], checked->strings + names[symbol],
           (long long)got);
  symbols[symbol] = got;
}

static bool is_empty(const DLTensor *tensor) {
  for (int d = 0; d < tensor->ndim; ++d)
    if (tensor->shape[d] == 0)
      return true;
  return false;
}

static int64_t element_size(const Checked *checked) {
  return checked->row[ATTN_TENSOR_BITS] / 8;
}

/* Row-major without gaps; a stride that is never taken may be anything. */
static void check_strides(const Checked *checked) {
  const DLTensor *tensor = checked->given;
  int64_t expected = 1;
  for (int d = tensor->ndim - 1; d >= 0; --d) {
    if (tensor->strides && tensor->shape[d] != 1 &&
        tensor->strides[d] != expected)
      REFUSE(checked,
             "expected stride %d to be %lld elements (row-major, no gaps), got "
             "%lld",
             d, (long long)expected, (long long)tensor->strides[d]);
    if (__builtin_mul_overflow(expected, tensor->shape[d], &expected) ||
        expected > PTRDIFF_MAX / 8)
      REFUSE(checked,
             "expected a tensor that fits in memory, got dimension %d of %lld",
             d, (long long)tensor->shape[d]);
  }
}

static void check_data(const Checked *checked) {
  const DLTensor *tensor = checked->given;
  const int32_t expected = checked->is_on_gpu ? kDLCUDA : kDLCPU;
  if (tensor->device.device_type != expected)
    REFUSE(checked, "expected a tensor on the %s (device type %d), got %d",
           checked->is_on_gpu ? "GPU" : "CPU", (int)expected,
           (int)tensor->device.device_type);
  if (is_empty(tensor))
    return;
  check_strides(checked);
  if (!tensor->data)
    REFUSE(checked, "expected data, got %s", "NULL");
  uintptr_t address = (uintptr_t)tensor->data + tensor->byte_offset;
  if (address % (uintptr_t)element_size(checked))
    REFUSE(checked,
           "expected data aligned to its elements of %d bytes, got an address "
           "%d bytes off",
           (int)element_size(checked),
           (int)(address % (uintptr_t)element_size(checked)));
}

/* Half-open range of the bytes of a tensor. */
static void byte_range(const Checked *checked, uintptr_t *from, uintptr_t *to) {
  const DLTensor *tensor = checked->given;
  int64_t bytes = element_size(checked);
  for (int d = 0; d < tensor->ndim; ++d)
    bytes *= tensor->shape[d];
  *from = (uintptr_t)tensor->data + tensor->byte_offset;
  *to = *from + (uintptr_t)bytes;
}

/* Whether `other` is the input that `output` may share, and it does. */
static bool is_shared(const Checked *output, const Checked *other) {
  return other->index == output->row[ATTN_TENSOR_SHARES] &&
         other->kind[0] == 'i' &&
         attn_first_element(other->given) == attn_first_element(output->given);
}

/* Compiled code writes an output while it still reads inputs. */
static void check_overlap(const Checked *output, const Checked *other) {
  if (is_empty(output->given) || is_empty(other->given) ||
      is_shared(output, other))
    return;
  uintptr_t from, to, other_from, other_to;
  byte_range(output, &from, &to);
  byte_range(other, &other_from, &other_to);
  if (from < other_to && other_from < to)
    REFUSE(output, "expected memory of its own, got some of %s %lld '%s'",
           other->kind, other->index, other->name);
}

/* Sizes that the inputs imply come first: they say more than a symbol. */
static void check_implied(const Checked *checked, const int64_t *shape) {
  for (int d = 0; d < checked->given->ndim; ++d)
    if (checked->given->shape[d] != shape[d])
      REFUSE(checked, "expected dimension %d to be %lld, got %lld", d,
             (long long)shape[d], (long long)checked->given->shape[d]);
}

static Checked take(const AttnFunction *function, const int64_t *row,
                    const DLTensor *given, bool is_input, int64_t index) {
  Checked checked = describe(function, row, given, is_input, index);
  if (!given)
    REFUSE(&checked, "expected a tensor, got %s", "NULL");
  return checked;
}

/* implied: the shape that must come, or NULL where any that fits the table may.
 */
static void check_type(const Checked *checked, const int64_t *table,
                       const int64_t *implied, int64_t *symbols) {
  check_dtype(checked);
  check_rank(checked);
  if (implied)
    check_implied(checked, implied);
  for (int d = 0; d < checked->given->ndim; ++d)
    check_dimension(checked, table + ATTN_HEADER_FIELDS, symbols, d);
}

void attn_check_inputs(const AttnFunction *function, const AttnArguments *args,
                       int64_t *symbols, bool with_data) {
  const int64_t *table = function->table;
  check_count("input", table[ATTN_HEADER_NUM_INPUTS], args->in, args->n_in);
  const int64_t *row = attn_first_tensor(table);
  for (int64_t i = 0; i < args->n_in; ++i, row = attn_next_tensor(row)) {
    Checked checked = take(function, row, args->in[i], true, i);
    check_type(&checked, table, NULL, symbols);
    if (!with_data && row[ATTN_TENSOR_DECIDES] && !is_empty(checked.given) &&
        !checked.given->data)
      REFUSE(&checked,
             "expected data, which decides the shapes of outputs, "
             "got %s",
             "NULL");
    if (with_data || row[ATTN_TENSOR_DECIDES])
      check_data(&checked);
  }
}

static void check_all_overlaps(const AttnFunction *function,
                               const AttnArguments *args,
                               const Checked *output) {
  const int64_t *row = attn_first_tensor(function->table);
  for (int64_t i = 0; i < args->n_in + output->index;
       ++i, row = attn_next_tensor(row)) {
    bool is_input = i < args->n_in;
    Checked other = is_input
                        ? describe(function, row, args->in[i], true, i)
                        : describe(function, row, args->out[i - args->n_in],
                                   false, i - args->n_in);
    check_overlap(output, &other);
  }
}

void attn_check_outputs(const AttnFunction *function, const AttnArguments *args,
                        int64_t *symbols, const int64_t *shapes) {
  const int64_t *table = function->table;
  check_count("output", table[ATTN_HEADER_NUM_OUTPUTS], args->out, args->n_out);
  const int64_t *row = attn_first_output(table);
  for (int64_t i = 0; i < args->n_out; ++i, row = attn_next_tensor(row)) {
    Checked checked = take(function, row, args->out[i], false, i);
    check_type(&checked, table, shapes, symbols);
    shapes += checked.given->ndim;
    check_data(&checked);
    check_all_overlaps(function, args, &checked);
  }
}

void attn_check_shape_requests(const AttnFunction *function,
                               const AttnArguments *args) {
  const int64_t *table = function->table;
  check_count("output", table[ATTN_HEADER_NUM_OUTPUTS], args->out, args->n_out);
  const int64_t *row = attn_first_output(table);
  for (int64_t i = 0; i < args->n_out; ++i, row = attn_next_tensor(row)) {
    Checked checked = take(function, row, args->out[i], false, i);
    check_rank(&checked);
  }
}
