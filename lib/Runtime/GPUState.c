/*===- GPUState.c - Kernels and constants in a context of the driver -------===
 *
 * Made at the first call in a context, and kept.
 *
 *===----------------------------------------------------------------------===*/

#include "GPU.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* The compiler's: PTX; a cubin, or an empty string; the names of the kernels,
 * in order, and an empty one. GPU.h has the shared memory of their launches. */
extern const char attn_rt_gpu_ptx[] __attribute__((visibility("hidden")));
extern const char attn_rt_gpu_cubin[] __attribute__((visibility("hidden")));
extern const char attn_rt_gpu_kernels[] __attribute__((visibility("hidden")));

static AttnGPUState *states;
static atomic_flag is_locked = ATOMIC_FLAG_INIT;

void attn_gpu_lock(void) {
  while (atomic_flag_test_and_set_explicit(&is_locked, memory_order_acquire))
    sched_yield();
}

void attn_gpu_unlock(void) {
  atomic_flag_clear_explicit(&is_locked, memory_order_release);
}

static AttnGPUState *find_state(CUcontext context) {
  attn_gpu_lock();
  AttnGPUState *state = states;
  while (state && state->context != context)
    state = state->next;
  attn_gpu_unlock();
  return state;
}

/* The cubin where the driver takes it: it is for one kind of GPU. The driver
 * makes code for all others of the PTX. */
static CUmodule load_module(const AttnDriver *driver) {
  CUmodule module;
  if (*attn_rt_gpu_cubin &&
      !driver->cuModuleLoadData(&module, attn_rt_gpu_cubin))
    return module;
  attn_gpu_expect(driver->cuModuleLoadData(&module, attn_rt_gpu_ptx),
                  "load the kernels");
  return module;
}

static void load_kernels(const AttnDriver *driver, AttnGPUState *state) {
  if (!*attn_rt_gpu_kernels)
    return;
  CUmodule module = load_module(driver);
  size_t count = 0;
  for (const char *name = attn_rt_gpu_kernels; *name; name += strlen(name) + 1)
    ++count;
  state->functions = malloc(count * sizeof *state->functions);
  if (!state->functions)
    attn_leave(ATTN_OUT_OF_MEMORY, "expected memory for %zu kernels", count);
  const char *name = attn_rt_gpu_kernels;
  for (size_t i = 0; i < count; ++i, name += strlen(name) + 1) {
    CUfunction *function = &state->functions[i];
    attn_gpu_expect(driver->cuModuleGetFunction(function, module, name),
                    "find a kernel");
    if (attn_rt_gpu_shared[i])
      attn_gpu_expect(driver->cuFuncSetAttribute(
                          *function,
                          CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                          (int)attn_rt_gpu_shared[i]),
                      "have as much shared memory as a kernel needs");
  }
}

/* A copy to the GPU may still be on its way when the driver returns, and other
 * streams do not wait for it. */
static void copy_to_gpu(const AttnDriver *driver, CUdeviceptr to,
                        const void *from, size_t size) {
  attn_gpu_expect(driver->cuMemcpyHtoD_v2(to, from, size), "copy a constant");
  attn_gpu_expect(driver->cuStreamSynchronize(NULL), "copy a constant");
}

static void make_failure_word(const AttnDriver *driver, AttnGPUState *state) {
  void *word;
  AttnGPUFailure none = {ATTN_NO_FAILURE, 0, 0};
  attn_gpu_expect(driver->cuMemHostAlloc(&word, sizeof(uint32_t),
                                         CU_MEMHOSTALLOC_DEVICEMAP),
                  "map memory of the host");
  state->failure_copy = word;
  atomic_store(state->failure_copy, ATTN_NO_FAILURE);
  attn_gpu_expect(driver->cuMemHostGetDevicePointer_v2(&none.copy, word, 0),
                  "map memory of the host");
  attn_gpu_expect(driver->cuMemAlloc_v2(&state->failure, sizeof none),
                  "allocate memory");
  copy_to_gpu(driver, state->failure, &none, sizeof none);
}

/* Two threads may make one each: the first that is done is taken. */
AttnGPUState *attn_gpu_state(const AttnDriver *driver, CUcontext context) {
  AttnGPUState *state = find_state(context);
  if (state)
    return state;
  state = calloc(1, sizeof *state);
  if (!state)
    attn_leave(ATTN_OUT_OF_MEMORY, "expected %zu bytes of memory, got none",
               sizeof *state);
  state->context = context;
  load_kernels(driver, state);
  make_failure_word(driver, state);
  AttnGPUState *other = find_state(context);
  if (other)
    return other;
  attn_gpu_lock();
  state->next = states;
  states = state;
  attn_gpu_unlock();
  return state;
}

static CUdeviceptr find_constant(const AttnGPUState *state, const void *host) {
  for (size_t i = 0; i < state->num_constants; ++i)
    if (state->constants[i].host == host)
      return state->constants[i].device;
  return 0;
}

static bool add_constant(AttnGPUState *state, AttnConstant constant) {
  if (state->num_constants == state->max_constants) {
    size_t count = state->max_constants ? 2 * state->max_constants : 16;
    AttnConstant *more =
        realloc(state->constants, count * sizeof *state->constants);
    if (!more)
      return false;
    state->constants = more;
    state->max_constants = count;
  }
  state->constants[state->num_constants++] = constant;
  return true;
}

/* Called by compiled code, see attn-use-device-memory. */
void *attn_rt_gpu_constant(const void *host, int64_t size) {
  AttnGPUCall *call = attn_gpu_current();
  if (call->measures)
    return NULL;
  attn_gpu_lock();
  CUdeviceptr device = find_constant(call->state, host);
  attn_gpu_unlock();
  if (device || !size)
    return (void *)(uintptr_t)device;
  attn_gpu_expect(call->driver->cuMemAlloc_v2(&device, (size_t)size),
                  "allocate a constant");
  copy_to_gpu(call->driver, device, host, (size_t)size);
  attn_gpu_lock();
  bool is_added = add_constant(call->state, (AttnConstant){host, device});
  attn_gpu_unlock();
  if (!is_added)
    attn_leave(ATTN_OUT_OF_MEMORY, "expected memory for a list of constants");
  return (void *)(uintptr_t)device;
}
