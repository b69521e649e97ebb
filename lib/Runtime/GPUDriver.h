/*===- GPUDriver.h - The CUDA driver, opened when it is needed -----*- C -*-===
 *
 * By the numbers of its interface: an artifact needs nothing of CUDA to be
 * made, and the driver alone to run.
 *
 *===----------------------------------------------------------------------===*/

#ifndef ATTN_RUNTIME_GPUDRIVER_H
#define ATTN_RUNTIME_GPUDRIVER_H

#include "Runtime.h"

typedef int CUresult;
typedef int CUdevice;
typedef uint64_t CUdeviceptr;
typedef struct CUctx *CUcontext;
typedef struct CUmod *CUmodule;
typedef struct CUfunc *CUfunction;
typedef struct CUst *CUstream;

enum {
  CUDA_ERROR_OUT_OF_MEMORY = 2,
  CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8,
  CU_MEMHOSTALLOC_DEVICEMAP = 2,
  CU_MEMORYTYPE_DEVICE = 2,
  CU_POINTER_ATTRIBUTE_MEMORY_TYPE = 2,
  CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL = 9
};

#define ATTN_FOR_EACH_DRIVER_FUNCTION(F)                                       \
  F(cuInit, (unsigned flags))                                                  \
  F(cuDriverGetVersion, (int *version))                                        \
  F(cuGetErrorString, (CUresult status, const char **text))                    \
  F(cuDeviceGetCount, (int *count))                                            \
  F(cuDevicePrimaryCtxRetain, (CUcontext * context, CUdevice device))          \
  F(cuCtxGetCurrent, (CUcontext * context))                                    \
  F(cuCtxGetDevice, (CUdevice * device))                                       \
  F(cuCtxPushCurrent_v2, (CUcontext context))                                  \
  F(cuCtxPopCurrent_v2, (CUcontext * context))                                 \
  F(cuStreamGetCtx, (CUstream stream, CUcontext * context))                    \
  F(cuPointerGetAttribute, (void *value, int attribute, CUdeviceptr address))  \
  F(cuMemAlloc_v2, (CUdeviceptr * address, size_t size))                       \
  F(cuMemHostAlloc, (void **pointer, size_t size, unsigned flags))             \
  F(cuMemHostGetDevicePointer_v2,                                              \
    (CUdeviceptr * address, void *pointer, unsigned flags))                    \
  F(cuMemAllocAsync, (CUdeviceptr * address, size_t size, CUstream stream))    \
  F(cuMemFreeAsync, (CUdeviceptr address, CUstream stream))                    \
  F(cuMemcpyHtoD_v2, (CUdeviceptr to, const void *from, size_t size))          \
  F(cuMemcpyDtoHAsync_v2,                                                      \
    (void *to, CUdeviceptr from, size_t size, CUstream stream))                \
  F(cuMemcpyDtoDAsync_v2,                                                      \
    (CUdeviceptr to, CUdeviceptr from, size_t size, CUstream stream))          \
  F(cuMemsetD32Async,                                                          \
    (CUdeviceptr to, unsigned value, size_t count, CUstream stream))           \
  F(cuModuleLoadData, (CUmodule * module, const void *image))                  \
  F(cuModuleGetFunction,                                                       \
    (CUfunction * function, CUmodule module, const char *name))                \
  F(cuFuncSetAttribute, (CUfunction function, int attribute, int value))       \
  F(cuLaunchKernel,                                                            \
    (CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z,   \
     unsigned block_x, unsigned block_y, unsigned block_z,                     \
     unsigned shared_bytes, CUstream stream, void **arguments, void **extra))  \
  F(cuStreamSynchronize, (CUstream stream))

typedef struct {
#define DECLARE(name, parameters) CUresult(*name) parameters;
  ATTN_FOR_EACH_DRIVER_FUNCTION(DECLARE)
#undef DECLARE
} AttnDriver;

/** Opens the driver at the first call; leaves with ATTN_NO_DEVICE where there
 * is none, or one that is too old for the artifact. */
const AttnDriver *attn_gpu_driver(void);

/** Leaves unless `status` is success: with ATTN_OUT_OF_MEMORY where that is
 * what the driver lacks, else with ATTN_DEVICE_FAILED. `what` was to be done.
 */
void attn_gpu_expect(CUresult status, const char *what);

#endif /* ATTN_RUNTIME_GPUDRIVER_H */
