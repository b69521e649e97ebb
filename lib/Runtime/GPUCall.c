/*===- GPUCall.c - One call on tensors of a GPU ----------------------------===
 *
 * Everything is enqueued on one stream: that of the caller, or the default one,
 * for which the call waits in the end.
 *
 *===----------------------------------------------------------------------===*/

#include "GPU.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* The compiler's: what the checks of kernels say, in the order of their
 * numbers. */
extern const char attn_rt_gpu_messages[] __attribute__((visibility("hidden")));

AttnGPUCall *attn_gpu_current(void) { return attn_current_context()->gpu; }

static const char *get_message(uint32_t number) {
  const char *message = attn_rt_gpu_messages;
  while (number--)
    message += strlen(message) + 1;
  return message;
}

static void leave_if_failed(uint32_t failure) {
  if (failure != ATTN_NO_FAILURE)
    attn_leave(ATTN_CHECK_FAILED, "%s", get_message(failure));
}

/*===----------------------------------------------------------------------===
 * Where the tensors are
 *===----------------------------------------------------------------------===*/

/* That of the first tensor. */
static CUdevice find_device(const AttnDriver *driver,
                            const AttnArguments *args) {
  const DLTensor *first = args->n_in    ? args->in[0]
                          : args->n_out ? args->out[0]
                                        : NULL;
  const CUdevice device = first ? first->device.device_id : 0;
  int count = 0;
  attn_gpu_expect(driver->cuDeviceGetCount(&count), "count devices");
  if (device < 0 || device >= count)
    attn_leave(ATTN_INVALID_ARGUMENT,
               "expected one of %d devices, got device %d", count, device);
  return device;
}

static void push_context(AttnGPUCall *call, CUcontext context) {
  attn_gpu_expect(call->driver->cuCtxPushCurrent_v2(context),
                  "enter its context");
  call->is_pushed = true;
}

/* The default streams have small numbers, and belong to every context. */
static bool has_context(CUstream stream) { return (uintptr_t)stream > 2; }

static CUcontext enter_stream(AttnGPUCall *call) {
  CUcontext context;
  CUdevice own = -1;
  attn_gpu_expect(call->driver->cuStreamGetCtx(call->stream, &context),
                  "tell the context of the stream");
  push_context(call, context);
  attn_gpu_expect(call->driver->cuCtxGetDevice(&own), "tell its number");
  if (own != call->device)
    attn_leave(ATTN_INVALID_ARGUMENT,
               "expected a stream of device %d, where the tensors are, got one "
               "of device %d",
               call->device, own);
  return context;
}

/* The stream's context; without one the caller's where it is on that device,
 * else the device's own. */
static CUcontext enter_context(AttnGPUCall *call) {
  const AttnDriver *driver = call->driver;
  CUcontext context = NULL;
  CUdevice own = -1;
  if (has_context(call->stream))
    return enter_stream(call);
  attn_gpu_expect(driver->cuCtxGetCurrent(&context), "tell its context");
  if (context && !driver->cuCtxGetDevice(&own) && own == call->device)
    return context;
  attn_gpu_expect(driver->cuDevicePrimaryCtxRetain(&context, call->device),
                  "make a context");
  push_context(call, context);
  return context;
}

void attn_gpu_check_address(const AttnGPUCall *call, CUdeviceptr address,
                            const char *what, int number) {
  const AttnDriver *driver = call->driver;
  unsigned type = 0;
  int owner = call->device;
  if (driver->cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
                                    address) ||
      type != CU_MEMORYTYPE_DEVICE)
    attn_leave(ATTN_INVALID_ARGUMENT,
               "%s %d: expected an address of the GPU's memory, got one of the "
               "host",
               what, number);
  if (!driver->cuPointerGetAttribute(
          &owner, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, address) &&
      owner != call->device)
    attn_leave(ATTN_INVALID_ARGUMENT,
               "%s %d: expected an address of device %d, got one of device %d",
               what, number, call->device, owner);
}

static void check_tensor(const AttnGPUCall *call, const char *kind, int32_t i,
                         const DLTensor *tensor) {
  const CUdeviceptr address = (uintptr_t)attn_first_element(tensor);
  if (tensor->device.device_id != call->device)
    attn_leave(ATTN_INVALID_ARGUMENT,
               "%s %d: expected a tensor on device %d, as the first, got one "
               "on %d",
               kind, i, call->device, tensor->device.device_id);
  if (address) /* else it is empty */
    attn_gpu_check_address(call, address, kind, i);
}

static void check(const AttnArguments *args) {
  const AttnGPUCall *call = attn_gpu_current();
  for (int32_t i = 0; i < args->n_in; ++i)
    check_tensor(call, "input", i, args->in[i]);
  for (int32_t i = 0; i < args->n_out; ++i)
    check_tensor(call, "output", i, args->out[i]);
}

/*===----------------------------------------------------------------------===
 * The steps of a call
 *===----------------------------------------------------------------------===*/

/* All bits of a failure set: no number, and no copy. */
static void take_failure_word(AttnGPUCall *call) {
  call->failure = (uintptr_t)attn_rt_gpu_allocate(sizeof(AttnGPUFailure));
  attn_gpu_expect(call->driver->cuMemsetD32Async(
                      call->failure, ATTN_NO_FAILURE,
                      sizeof(AttnGPUFailure) / sizeof(uint32_t), call->stream),
                  "fill memory");
}

/* Leaves where a call before, for which nobody waited, has failed. */
static void use_failure_word(AttnGPUCall *call) {
  call->failure = call->state->failure;
  const uint32_t failure =
      atomic_exchange(call->state->failure_copy, ATTN_NO_FAILURE);
  if (failure != ATTN_NO_FAILURE)
    attn_gpu_expect(call->driver->cuMemsetD32Async(
                        call->failure, ATTN_NO_FAILURE, 1, call->stream),
                    "fill memory");
  leave_if_failed(failure);
}

static void enter(const AttnFunction *function, const AttnArguments *args) {
  AttnGPUCall *call = attn_allocate(sizeof *call);
  *call = (AttnGPUCall){.driver = attn_gpu_driver(),
                        .stream = function->stream,
                        .waits = !function->is_async};
  attn_current_context()->gpu = call;
  call->device = find_device(call->driver, args);
  call->state = attn_gpu_state(call->driver, enter_context(call));
  attn_gpu_use_workspace(call, function);
  call->waits ? take_failure_word(call) : use_failure_word(call);
}

static void fetch(void *to, const void *from, size_t size) {
  AttnGPUCall *call = attn_gpu_current();
  attn_gpu_expect(call->driver->cuMemcpyDtoHAsync_v2(to, (uintptr_t)from, size,
                                                     call->stream),
                  "copy to the host");
  attn_gpu_expect(call->driver->cuStreamSynchronize(call->stream),
                  "run the kernels");
}

static void copy(void *to, const void *from, size_t size) {
  AttnGPUCall *call = attn_gpu_current();
  attn_gpu_expect(call->driver->cuMemcpyDtoDAsync_v2(
                      (uintptr_t)to, (uintptr_t)from, size, call->stream),
                  "copy a tensor");
}

void attn_gpu_check(AttnGPUCall *call) {
  uint32_t failure;
  fetch(&failure, (void *)(uintptr_t)call->failure, sizeof failure);
  leave_if_failed(failure);
}

static void finish(void) {
  AttnGPUCall *call = attn_gpu_current();
  if (call->waits)
    attn_gpu_check(call);
}

/* However the call ended. */
static void leave(AttnContext *context) {
  AttnGPUCall *call = context->gpu;
  if (!call)
    return;
  attn_gpu_free_blocks(call);
  if (call->is_pushed)
    call->driver->cuCtxPopCurrent_v2(&(CUcontext){NULL});
}

/* What it would do is known from the sizes alone. */
static void measure(void) {
  AttnContext *context = attn_current_context();
  if (!context->gpu) {
    context->gpu = attn_allocate(sizeof *context->gpu);
    *context->gpu = (AttnGPUCall){0};
  }
  attn_gpu_measure(context->gpu);
}

static size_t get_measure(void) { return attn_gpu_current()->workspace.used; }

static const AttnDevice device = {enter,   check,       fetch,
                                  copy,    finish,      leave,
                                  measure, get_measure, attn_gpu_free_block};

/*===----------------------------------------------------------------------===
 * Called by compiled code
 *===----------------------------------------------------------------------===*/

/* An element that decides what the host does next. */
void attn_rt_gpu_read(void *to, const void *from, int64_t size) {
  if (attn_gpu_current()->measures)
    attn_leave(ATTN_INVALID_ARGUMENT,
               "expected a function whose sizes alone decide how much memory "
               "it needs, got one that reads an element of a tensor");
  fetch(to, from, (size_t)size);
  attn_gpu_check(attn_gpu_current());
}

/* `arguments` has room for one more. */
void attn_rt_gpu_launch(int64_t kernel, int64_t blocks, int64_t threads,
                        void **arguments, int64_t count) {
  AttnGPUCall *call = attn_gpu_current();
  if (blocks == 0 || call->measures)
    return;
  if (blocks > INT_MAX)
    attn_leave(ATTN_OUT_OF_MEMORY,
               "expected a kernel of at most %d blocks, got %lld", INT_MAX,
               (long long)blocks);
  arguments[count] = &call->failure;
  attn_gpu_expect(call->driver->cuLaunchKernel(
                      call->state->functions[kernel], (unsigned)blocks, 1, 1,
                      (unsigned)threads, 1, 1, attn_rt_gpu_shared[kernel],
                      call->stream, arguments, NULL),
                  "start a kernel");
}

static AttnFunction describe(const int64_t *table, const char *strings,
                             AttnEntry entry, AttnShapes shapes) {
  return (AttnFunction){.table = table,
                        .strings = strings,
                        .entry = entry,
                        .shapes = shapes,
                        .device = &device};
}

int32_t attn_rt_gpu_call(const int64_t *table, const char *strings,
                         AttnEntry entry, AttnShapes shapes,
                         DLTensor *const *in, int32_t n_in,
                         DLTensor *const *out, int32_t n_out, char *message,
                         size_t size) {
  AttnFunction function = describe(table, strings, entry, shapes);
  AttnArguments args = {in, n_in, out, n_out, NULL};
  return attn_call(&function, &args, message, size);
}

int32_t attn_rt_gpu_call_stream(const int64_t *table, const char *strings,
                                AttnEntry entry, AttnShapes shapes,
                                DLTensor *const *in, int32_t n_in,
                                DLTensor *const *out, int32_t n_out,
                                char *message, size_t size, void *stream) {
  AttnFunction function = describe(table, strings, entry, shapes);
  function.stream = stream;
  function.is_async = true;
  AttnArguments args = {in, n_in, out, n_out, NULL};
  return attn_call(&function, &args, message, size);
}

int32_t attn_rt_gpu_call_in_workspace(const int64_t *table, const char *strings,
                                      AttnEntry entry, AttnShapes shapes,
                                      DLTensor *const *in, int32_t n_in,
                                      DLTensor *const *out, int32_t n_out,
                                      char *message, size_t size, void *stream,
                                      void *workspace, size_t workspace_size) {
  AttnFunction function = describe(table, strings, entry, shapes);
  function.stream = stream;
  function.is_async = function.has_workspace = true;
  function.workspace = workspace;
  function.workspace_size = workspace_size;
  AttnArguments args = {in, n_in, out, n_out, NULL};
  return attn_call(&function, &args, message, size);
}

int32_t attn_rt_gpu_workspace_size(const int64_t *table, const char *strings,
                                   AttnEntry entry, AttnShapes shapes,
                                   DLTensor *const *in, int32_t n_in,
                                   char *message, size_t size, size_t *bytes) {
  AttnFunction function = describe(table, strings, entry, shapes);
  function.is_async = true;
  AttnArguments args = {in, n_in, NULL, 0, bytes};
  return attn_call_measuring(&function, &args, message, size);
}

int32_t attn_rt_gpu_shapes(const int64_t *table, const char *strings,
                           AttnEntry entry, AttnShapes shapes,
                           DLTensor *const *in, int32_t n_in,
                           DLTensor *const *out, int32_t n_out, char *message,
                           size_t size) {
  AttnFunction function = describe(table, strings, entry, shapes);
  AttnArguments args = {in, n_in, out, n_out, NULL};
  return attn_call_shapes(&function, &args, message, size);
}
