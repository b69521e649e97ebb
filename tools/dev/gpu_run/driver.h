/*===- driver.h - The CUDA driver by its numbers, and DLPack's tensor
 * -------===*/

#ifndef ATTN_TOOLS_DEV_GPU_RUN_DRIVER_H
#define ATTN_TOOLS_DEV_GPU_RUN_DRIVER_H

#include "attn/Runtime/DLPack.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int CUresult;
typedef uint64_t CUdeviceptr;
typedef void *CUcontext, *CUmodule, *CUfunction, *CUstream, *CUevent;

#define FOR_EACH_FUNCTION(F)                                                   \
  F(cuInit, (unsigned))                                                        \
  F(cuDriverGetVersion, (int *))                                               \
  F(cuDeviceGetName, (char *, int, int))                                       \
  F(cuDeviceGetAttribute, (int *, int, int))                                   \
  F(cuDevicePrimaryCtxRetain, (CUcontext *, int))                              \
  F(cuCtxSetCurrent, (CUcontext))                                              \
  F(cuCtxSynchronize, (void))                                                  \
  F(cuMemAlloc_v2, (CUdeviceptr *, size_t))                                    \
  F(cuMemFree_v2, (CUdeviceptr))                                               \
  F(cuMemcpyHtoD_v2, (CUdeviceptr, const void *, size_t))                      \
  F(cuMemcpyDtoH_v2, (void *, CUdeviceptr, size_t))                            \
  F(cuMemcpyDtoDAsync_v2, (CUdeviceptr, CUdeviceptr, size_t, CUstream))        \
  F(cuModuleLoadData, (CUmodule *, const void *))                              \
  F(cuModuleGetFunction, (CUfunction *, CUmodule, const char *))               \
  F(cuLaunchKernel,                                                            \
    (CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,   \
     unsigned, CUstream, void **, void **))                                    \
  F(cuStreamCreate, (CUstream *, unsigned))                                    \
  F(cuEventCreate, (CUevent *, unsigned))                                      \
  F(cuEventRecord, (CUevent, CUstream))                                        \
  F(cuEventSynchronize, (CUevent))                                             \
  F(cuEventElapsedTime, (float *, CUevent, CUevent))

typedef struct {
#define DECLARE(name, parameters) CUresult(*name) parameters;
  FOR_EACH_FUNCTION(DECLARE)
#undef DECLARE
} Driver;

/* What is missing; NULL: nothing. */
static inline const char *open_driver(Driver *driver) {
  void *library = dlopen("libcuda.so.1", RTLD_NOW);
  if (!library)
    return "libcuda.so.1";
#define FIND(name, parameters)                                                 \
  *(void **)&driver->name = dlsym(library, #name);                             \
  if (!driver->name)                                                           \
    return #name;
  FOR_EACH_FUNCTION(FIND)
#undef FIND
  return NULL;
}

#endif /* ATTN_TOOLS_DEV_GPU_RUN_DRIVER_H */
