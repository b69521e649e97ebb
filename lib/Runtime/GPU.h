/*===- GPU.h - Calls whose tensors are on a GPU --------------------*- C
 * -*-===*/

#ifndef ATTN_RUNTIME_GPU_H
#define ATTN_RUNTIME_GPU_H

#include "GPUDriver.h"

/** The version of CUDA whose driver takes PTX 8.0. */
#define ATTN_LEAST_CUDA 12000

/** A failure word that no check has written to. */
#define ATTN_NO_FAILURE 0xffffffffu

/** What kernels look at before they do anything, and write to where a check
 * fails: the least number of such a check, and where a copy goes that the host
 * reads; all bits set where there is none. */
typedef struct AttnGPUFailure {
  uint32_t number, unused;
  CUdeviceptr copy;
} AttnGPUFailure;

typedef struct AttnConstant {
  const void *host;
  CUdeviceptr device;
} AttnConstant;

/** What the artifact has in one context of the driver, for as long as the
 * process lives. */
typedef struct AttnGPUState {
  struct AttnGPUState *next;
  CUcontext context;
  CUfunction *functions;
  AttnConstant *constants;
  size_t num_constants, max_constants;
  /** Of calls that nobody waits for: in the GPU's memory, where to look at it
   * takes no time, and its copy in the host's. */
  CUdeviceptr failure;
  _Atomic uint32_t *failure_copy;
} AttnGPUState;

/** A buffer of the device that belongs to a call. */
typedef struct AttnGPUBlock {
  struct AttnGPUBlock *next;
  CUdeviceptr address;
  size_t size;
} AttnGPUBlock;

/** Memory of the caller that buffers are placed in. */
typedef struct AttnGPUWorkspace {
  CUdeviceptr address;
  size_t size, used; /* at a time, at most */
} AttnGPUWorkspace;

/** One call. */
typedef struct AttnGPUCall {
  const AttnDriver *driver;
  AttnGPUState *state;
  CUdevice device;
  CUstream stream;
  bool waits, is_pushed, has_workspace;
  /** Only asks for memory, of a workspace without end. */
  bool measures;
  CUdeviceptr failure;
  AttnGPUWorkspace workspace;
  AttnGPUBlock *blocks; /* in a workspace in the order of their addresses */
} AttnGPUCall;

void attn_gpu_lock(void);
void attn_gpu_unlock(void);

/** The compiler's: the bytes of shared memory that the launches of each kernel
 * ask for, beside what its code has. */
extern const uint32_t attn_rt_gpu_shared[]
    __attribute__((visibility("hidden")));

/** The state of `context`, which is current: loads the kernels at the first
 * call. */
AttnGPUState *attn_gpu_state(const AttnDriver *driver, CUcontext context);

/** The call that compiled code belongs to. */
AttnGPUCall *attn_gpu_current(void);

/** Leaves when a check of the kernels so far has failed; waits for them. */
void attn_gpu_check(AttnGPUCall *call);

/* GPUMemory.c */
/** Frees all that the call has. */
void attn_gpu_free_blocks(AttnGPUCall *call);
/** Frees one block; false: there is none at that address. */
bool attn_gpu_free_block(void *pointer);
/** Looks for the caller's workspace, once the device is known. */
void attn_gpu_use_workspace(AttnGPUCall *call, const AttnFunction *function);
/** The same, without end or memory. */
void attn_gpu_measure(AttnGPUCall *call);

/** Leaves unless `address` is memory of the call's device; `format` and what
 * follows name what it is of. */
void attn_gpu_check_address(const AttnGPUCall *call, CUdeviceptr address,
                            const char *what, int number);

/* Called by compiled code, see attn-use-device-memory. */
void *attn_rt_gpu_allocate(int64_t size);

#endif /* ATTN_RUNTIME_GPU_H */
