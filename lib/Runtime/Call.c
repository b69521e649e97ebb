/*===- Call.c - The exported functions -------------------------------------===
 *
 * NAME and NAME_shapes of an artifact are a few instructions each that come
 * here.
 *
 *===----------------------------------------------------------------------===*/

#include "Runtime.h"

#include <stdatomic.h>
#include <string.h>

/* An artifact is compiled for one CPU: what one function found, all know. In a
 * virtual machine, asking takes as long as a small attention. */
static _Atomic bool is_supported;

static void check_cpu(const AttnFunction *function) {
  char name[32];
  if (atomic_load_explicit(&is_supported, memory_order_relaxed))
    return;
  const char *needed =
      function->strings + function->table[ATTN_HEADER_FEATURES];
  if (attn_missing_feature(needed, name, sizeof name))
    attn_leave(ATTN_UNSUPPORTED_CPU,
               "expected a CPU with '%s', got one without: compile '%s' for "
               "this machine or an older one",
               name, function->strings + function->table[ATTN_HEADER_FUNCTION]);
  atomic_store_explicit(&is_supported, true, memory_order_relaxed);
}

static int64_t *allocate_numbers(int64_t count) {
  return attn_allocate(sizeof(int64_t) * (size_t)(count ? count : 1));
}

static int64_t *make_symbols(const AttnFunction *function) {
  int64_t count = function->table[ATTN_HEADER_NUM_SYMBOLS];
  int64_t *symbols = allocate_numbers(count);
  for (int64_t i = 0; i < count; ++i)
    symbols[i] = -1;
  return symbols;
}

/* Fills a memref descriptor: {allocated, aligned, offset, sizes, strides}. The
 * sizes come from `shape`, row-major. */
static void describe_memref(int64_t *descriptor, void *data, int64_t rank,
                            const int64_t *shape) {
  descriptor[0] = descriptor[1] = (int64_t)(intptr_t)data;
  descriptor[2] = 0;
  uint64_t stride = 1;
  for (int64_t d = rank - 1; d >= 0; --d) {
    descriptor[3 + d] = shape[d];
    descriptor[3 + rank + d] = (int64_t)stride;
    stride *= (uint64_t)shape[d];
  }
}

static void *describe_tensor(const DLTensor *tensor, void *data) {
  int64_t *descriptor = allocate_numbers(3 + 2 * (int64_t)tensor->ndim);
  describe_memref(descriptor, data, tensor->ndim, tensor->shape);
  return descriptor;
}

/* When something there is needed for the first time. */
static void enter_device(const AttnFunction *function,
                         const AttnArguments *args) {
  AttnContext *context = attn_current_context();
  if (!function->device || context->device)
    return;
  context->device = function->device;
  function->device->enter(function, args);
}

static size_t get_bytes(const int64_t *row, const DLTensor *tensor) {
  size_t size = (size_t)row[ATTN_TENSOR_BITS] / 8;
  for (int d = 0; d < tensor->ndim; ++d)
    size *= (size_t)tensor->shape[d];
  return size;
}

/* The elements of a tensor where the host can read them. */
static void *get_host_data(const AttnFunction *function,
                           const AttnArguments *args, const int64_t *row,
                           const DLTensor *tensor) {
  if (!function->device)
    return attn_first_element(tensor);
  enter_device(function, args);
  const size_t size = get_bytes(row, tensor);
  void *data = attn_allocate(size + 1);
  if (size)
    function->device->fetch(data, attn_first_element(tensor), size);
  return data;
}

/* Sizes from data may be anything. */
static void check_sizes(const AttnFunction *function, const int64_t *sizes) {
  const int64_t *row = attn_first_tensor(function->table);
  int64_t inputs = function->table[ATTN_HEADER_NUM_INPUTS];
  for (int64_t i = 0; i < attn_num_tensors(function->table);
       ++i, row = attn_next_tensor(row))
    for (int64_t d = 0; i >= inputs && d < row[ATTN_TENSOR_RANK]; ++d)
      if (*sizes++ < 0)
        attn_leave(ATTN_CHECK_FAILED,
                   "output %lld '%s': expected dimension %lld to be at least 0 "
                   "by the inputs' values, got %lld",
                   (long long)(i - inputs),
                   function->strings + row[ATTN_TENSOR_NAME], (long long)d,
                   (long long)sizes[-1]);
}

/* Runs the compiled shape function: from the dimensions of the inputs to those
 * of the outputs, both end to end. */
static int64_t *compute_shapes(const AttnFunction *function,
                               const AttnArguments *args) {
  const int64_t *table = function->table;
  int64_t inputs = table[ATTN_HEADER_NUM_INPUTS];
  int64_t n_in = attn_num_dimensions(table, 0, inputs);
  int64_t n_out = attn_num_dimensions(table, inputs, attn_num_tensors(table));
  int64_t *from = allocate_numbers(n_in), *to = allocate_numbers(n_out);
  int64_t *next = from;
  for (int32_t i = 0; i < args->n_in; ++i)
    for (int d = 0; d < args->in[i]->ndim; ++d)
      *next++ = args->in[i]->shape[d];
  int64_t from_memref[5], to_memref[5];
  describe_memref(from_memref, from, 1, &n_in);
  describe_memref(to_memref, to, 1, &n_out);
  void **descriptors = attn_allocate(sizeof(void *) * (size_t)(inputs + 2));
  void **last = descriptors;
  *last++ = from_memref;
  *last++ = to_memref;
  const int64_t *row = attn_first_tensor(table);
  for (int32_t i = 0; i < args->n_in; ++i, row = attn_next_tensor(row))
    if (row[ATTN_TENSOR_DECIDES])
      *last++ = describe_tensor(
          args->in[i], get_host_data(function, args, row, args->in[i]));
  function->shapes(descriptors);
  check_sizes(function, to);
  return to;
}

/* An output that may share an input's memory begins as that input. */
static void fill_shared(const AttnFunction *function,
                        const AttnArguments *args) {
  const int64_t *row = attn_first_output(function->table);
  for (int32_t i = 0; i < args->n_out; ++i, row = attn_next_tensor(row)) {
    if (row[ATTN_TENSOR_SHARES] < 0)
      continue;
    const DLTensor *in = args->in[row[ATTN_TENSOR_SHARES]];
    const size_t size = get_bytes(row, in);
    char *to = attn_first_element(args->out[i]), *from = attn_first_element(in);
    if (!size || from == to)
      continue;
    if (function->device)
      function->device->copy(to, from, size);
    else
      memmove(to, from, size);
  }
}

static void run(const AttnFunction *function, const AttnArguments *args) {
  check_cpu(function);
  attn_check_parameters();
  if (attn_check_openmp)
    attn_check_openmp();
  int64_t *symbols = make_symbols(function);
  attn_check_inputs(function, args, symbols, /*with_data=*/true);
  int64_t *shapes = compute_shapes(function, args);
  attn_check_outputs(function, args, symbols, shapes);
  enter_device(function, args);
  if (function->device)
    function->device->check(args);

  int64_t count = attn_num_tensors(function->table);
  void **descriptors = attn_allocate(sizeof(void *) * (size_t)(count + 1));
  for (int32_t i = 0; i < args->n_in; ++i)
    descriptors[i] =
        describe_tensor(args->in[i], attn_first_element(args->in[i]));
  for (int32_t i = 0; i < args->n_out; ++i)
    descriptors[args->n_in + i] =
        describe_tensor(args->out[i], attn_first_element(args->out[i]));
  fill_shared(function, args);
  function->entry(descriptors);
  if (function->device)
    function->device->finish();
}

static void fill_shapes(const AttnFunction *function,
                        const AttnArguments *args) {
  check_cpu(function);
  attn_check_parameters();
  attn_check_inputs(function, args, make_symbols(function),
                    /*with_data=*/false);
  attn_check_shape_requests(function, args);
  const int64_t *shapes = compute_shapes(function, args);
  for (int32_t i = 0; i < args->n_out; ++i)
    for (int d = 0; d < args->out[i]->ndim; ++d)
      args->out[i]->shape[d] = *shapes++;
}

/* Descriptors of tensors that have shapes alone. */
static void **describe_shapes(const AttnFunction *function,
                              const AttnArguments *args, int64_t *shapes) {
  void **descriptors = attn_allocate(
      sizeof(void *) * (size_t)(attn_num_tensors(function->table) + 1));
  void **last = descriptors;
  for (int32_t i = 0; i < args->n_in; ++i)
    *last++ = describe_tensor(args->in[i], NULL);
  const int64_t *row = attn_first_output(function->table);
  for (int64_t i = 0; i < function->table[ATTN_HEADER_NUM_OUTPUTS];
       ++i, row = attn_next_tensor(row)) {
    const int64_t rank = row[ATTN_TENSOR_RANK];
    *last = allocate_numbers(3 + 2 * rank);
    describe_memref(*last++, NULL, rank, shapes);
    shapes += rank;
  }
  return descriptors;
}

static void measure(const AttnFunction *function, const AttnArguments *args) {
  if (!args->bytes)
    attn_leave(ATTN_INVALID_ARGUMENT, "expected room for a size, got NULL");
  check_cpu(function);
  attn_check_parameters();
  attn_check_inputs(function, args, make_symbols(function),
                    /*with_data=*/false);
  int64_t *shapes = compute_shapes(function, args);
  function->device->measure();
  attn_current_context()->device = function->device;
  function->entry(describe_shapes(function, args, shapes));
  *args->bytes = function->device->get_measure();
}

typedef void (*Action)(const AttnFunction *, const AttnArguments *);

static int32_t call(Action action, const AttnFunction *function,
                    const AttnArguments *args, char *message, size_t size) {
  AttnContext context;
  attn_context_enter(&context, message, size);
  if (setjmp(context.leave) == 0)
    action(function, args);
  attn_context_exit(&context);
  return context.status;
}

int32_t attn_call(const AttnFunction *function, const AttnArguments *args,
                  char *message, size_t size) {
  return call(run, function, args, message, size);
}

int32_t attn_call_shapes(const AttnFunction *function,
                         const AttnArguments *args, char *message,
                         size_t size) {
  return call(fill_shapes, function, args, message, size);
}

int32_t attn_call_measuring(const AttnFunction *function,
                            const AttnArguments *args, char *message,
                            size_t size) {
  return call(measure, function, args, message, size);
}

int32_t attn_rt_call(const int64_t *table, const char *strings, AttnEntry entry,
                     AttnShapes shapes, DLTensor *const *in, int32_t n_in,
                     DLTensor *const *out, int32_t n_out, char *message,
                     size_t size) {
  AttnFunction function = {
      .table = table, .strings = strings, .entry = entry, .shapes = shapes};
  AttnArguments args = {in, n_in, out, n_out, NULL};
  return attn_call(&function, &args, message, size);
}

int32_t attn_rt_shapes(const int64_t *table, const char *strings,
                       AttnEntry entry, AttnShapes shapes, DLTensor *const *in,
                       int32_t n_in, DLTensor *const *out, int32_t n_out,
                       char *message, size_t size) {
  AttnFunction function = {
      .table = table, .strings = strings, .entry = entry, .shapes = shapes};
  AttnArguments args = {in, n_in, out, n_out, NULL};
  return attn_call_shapes(&function, &args, message, size);
}
