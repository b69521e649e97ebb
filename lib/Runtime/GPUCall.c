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

/* The caller's context where it has one on that device, else the device's own.
 */
static CUcontext enter_context(AttnGPUCall *call, CUdevice device) {
  const AttnDriver *driver = call->driver;
  CUcontext context = NULL;
  CUdevice own = -1;
  attn_gpu_expect(driver->cuCtxGetCurrent(&context), "tell its context");
  if (context && !driver->cuCtxGetDevice(&own) && own == device)
    return context;
  attn_gpu_expect(driver->cuDevicePrimaryCtxRetain(&context, device),
                  "make a context");
  attn_gpu_expect(driver->cuCtxPushCurrent_v2(context), "enter its context");
  call->is_pushed = true;
  return context;
}

static void check_tensor(const AttnGPUCall *call, const char *kind, int32_t i,
                         const DLTensor *tensor) {
  const AttnDriver *driver = call->driver;
  const CUdeviceptr address = (uintptr_t)attn_first_element(tensor);
  unsigned type = 0;
  int owner = tensor->device.device_id;
  if (owner != call->device)
    attn_leave(ATTN_INVALID_ARGUMENT,
               "%s %d: expected a tensor on device %d, as the first, got one "
               "on %d",
               kind, i, call->device, owner);
  if (!address)
    return; /* empty */
  if (driver->cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE,
                                    address) ||
      type != CU_MEMORYTYPE_DEVICE)
    attn_leave(ATTN_INVALID_ARGUMENT,
               "%s %d: expected an address of the GPU's memory, got one of the "
               "host",
               kind, i);
  if (!driver->cuPointerGetAttribute(
          &owner, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, address) &&
      owner != call->device)
    attn_leave(ATTN_INVALID_ARGUMENT,
               "%s %d: expected an address of device %d, got one of device %d",
               kind, i, call->device, owner);
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

static void enter(const AttnFunction *function, const AttnArguments *args) {
  AttnGPUCall *call = attn_allocate(sizeof *call);
  *call = (AttnGPUCall){.driver = attn_gpu_driver(),
                        .stream = function->stream,
                        .waits = !function->is_async};
  attn_current_context()->gpu = call;
  call->device = find_device(call->driver, args);
  call->state = attn_gpu_state(call->driver, enter_context(call, call->device));
  if (call->waits) {
    call->failure = (uintptr_t)attn_rt_gpu_allocate(sizeof(uint32_t));
    attn_gpu_expect(call->driver->cuMemsetD32Async(
                        call->failure, ATTN_NO_FAILURE, 1, call->stream),
                    "fill memory");
    return;
  }
  call->failure = call->state->failure_address;
  /* Of an earlier call. */
  leave_if_failed(atomic_exchange(call->state->failure, ATTN_NO_FAILURE));
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
  for (AttnGPUBlock *block = call->blocks; block; block = block->next)
    call->driver->cuMemFreeAsync(block->address, call->stream);
  if (call->is_pushed)
    call->driver->cuCtxPopCurrent_v2(&(CUcontext){NULL});
}

static bool free_block(void *pointer) {
  AttnGPUCall *call = attn_gpu_current();
  for (AttnGPUBlock **link = &call->blocks; *link; link = &(*link)->next)
    if ((*link)->address == (uintptr_t)pointer) {
      attn_gpu_expect(
          call->driver->cuMemFreeAsync((*link)->address, call->stream),
          "free memory");
      *link = (*link)->next;
      return true;
    }
  return false;
}

static const AttnDevice device = {enter,  check, fetch,     copy,
                                  finish, leave, free_block};

/*===----------------------------------------------------------------------===
 * Called by compiled code
 *===----------------------------------------------------------------------===*/

void *attn_rt_gpu_allocate(int64_t size) {
  AttnGPUCall *call = attn_gpu_current();
  AttnGPUBlock *block = attn_allocate(sizeof *block);
  CUresult status = call->driver->cuMemAllocAsync(
      &block->address, size ? (size_t)size : 1, call->stream);
  if (status == CUDA_ERROR_OUT_OF_MEMORY)
    attn_leave(ATTN_OUT_OF_MEMORY,
               "expected %lld bytes of the GPU's memory, got none",
               (long long)size);
  attn_gpu_expect(status, "allocate memory");
  block->next = call->blocks;
  call->blocks = block;
  return (void *)(uintptr_t)block->address;
}

/* An element that decides what the host does next. */
void attn_rt_gpu_read(void *to, const void *from, int64_t size) {
  fetch(to, from, (size_t)size);
  attn_gpu_check(attn_gpu_current());
}

/* `arguments` has room for one more. */
void attn_rt_gpu_launch(int64_t kernel, int64_t blocks, int64_t threads,
                        void **arguments, int64_t count) {
  AttnGPUCall *call = attn_gpu_current();
  if (blocks == 0)
    return;
  if (blocks > INT_MAX)
    attn_leave(ATTN_OUT_OF_MEMORY,
               "expected a kernel of at most %d blocks, got %lld", INT_MAX,
               (long long)blocks);
  arguments[count] = &call->failure;
  attn_gpu_expect(call->driver->cuLaunchKernel(call->state->functions[kernel],
                                               (unsigned)blocks, 1, 1,
                                               (unsigned)threads, 1, 1, 0,
                                               call->stream, arguments, NULL),
                  "start a kernel");
}

int32_t attn_rt_gpu_call(const int64_t *table, const char *strings,
                         AttnEntry entry, AttnShapes shapes,
                         DLTensor *const *in, int32_t n_in,
                         DLTensor *const *out, int32_t n_out, char *message,
                         size_t size) {
  AttnFunction function = {table, strings, entry, shapes, &device, NULL, false};
  AttnArguments args = {in, n_in, out, n_out};
  return attn_call(&function, &args, message, size);
}

int32_t attn_rt_gpu_call_stream(const int64_t *table, const char *strings,
                                AttnEntry entry, AttnShapes shapes,
                                DLTensor *const *in, int32_t n_in,
                                DLTensor *const *out, int32_t n_out,
                                char *message, size_t size, void *stream) {
  AttnFunction function = {table,   strings, entry, shapes,
                           &device, stream,  true};
  AttnArguments args = {in, n_in, out, n_out};
  return attn_call(&function, &args, message, size);
}

int32_t attn_rt_gpu_shapes(const int64_t *table, const char *strings,
                           AttnEntry entry, AttnShapes shapes,
                           DLTensor *const *in, int32_t n_in,
                           DLTensor *const *out, int32_t n_out, char *message,
                           size_t size) {
  AttnFunction function = {table, strings, entry, shapes, &device, NULL, false};
  AttnArguments args = {in, n_in, out, n_out};
  return attn_call_shapes(&function, &args, message, size);
}
