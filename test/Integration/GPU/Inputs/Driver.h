// What tests call of the CUDA driver, and tensors in its memory.
#ifndef ATTN_TEST_INTEGRATION_GPU_DRIVER_H
#define ATTN_TEST_INTEGRATION_GPU_DRIVER_H

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int (*cuInit)(unsigned);
static int (*cuDevicePrimaryCtxRetain)(void **, int);
static int (*cuCtxSetCurrent)(void *);
static int (*cuCtxGetCurrent)(void **);
static int (*cuMemAlloc)(uint64_t *, size_t);
static int (*cuMemGetInfo)(size_t *, size_t *);
static int (*cuMemcpyHtoD)(uint64_t, const void *, size_t);
static int (*cuMemcpyDtoH)(void *, uint64_t, size_t);
static int (*cuStreamCreate)(void **, unsigned);
static int (*cuStreamSynchronize)(void *);
static int (*cuStreamBeginCapture)(void *, int);
static int (*cuStreamEndCapture)(void *, void **);
static int (*cuGraphInstantiate)(void **, void *, unsigned long long);
static int (*cuGraphLaunch)(void *, void *);

static void expect(const char *what, int status) {
  if (status) {
    printf("%s: expected success, got CUDA error %d\n", what, status);
    exit(1);
  }
}

static void openDriver(void) {
  void *library = dlopen("libcuda.so.1", RTLD_NOW);
  if (!library) {
    printf("%s\n", dlerror());
    exit(1);
  }
  struct {
    void *to;
    const char *name;
  } functions[] = {{&cuInit, "cuInit"},
                   {&cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain"},
                   {&cuCtxSetCurrent, "cuCtxSetCurrent"},
                   {&cuCtxGetCurrent, "cuCtxGetCurrent"},
                   {&cuMemAlloc, "cuMemAlloc_v2"},
                   {&cuMemGetInfo, "cuMemGetInfo_v2"},
                   {&cuMemcpyHtoD, "cuMemcpyHtoD_v2"},
                   {&cuMemcpyDtoH, "cuMemcpyDtoH_v2"},
                   {&cuStreamCreate, "cuStreamCreate"},
                   {&cuStreamSynchronize, "cuStreamSynchronize"},
                   {&cuStreamBeginCapture, "cuStreamBeginCapture_v2"},
                   {&cuStreamEndCapture, "cuStreamEndCapture"},
                   {&cuGraphInstantiate, "cuGraphInstantiateWithFlags"},
                   {&cuGraphLaunch, "cuGraphLaunch"}};
  for (size_t n = 0; n < sizeof functions / sizeof *functions; ++n) {
    void *found = dlsym(library, functions[n].name);
    if (!found) {
      printf("expected %s\n", functions[n].name);
      exit(1);
    }
    memcpy(functions[n].to, &found, sizeof found);
  }
  void *context = NULL;
  expect("cuInit", cuInit(0));
  expect("context", cuDevicePrimaryCtxRetain(&context, 0));
  expect("context", cuCtxSetCurrent(context));
}

static uint64_t allocate(size_t size) {
  uint64_t address = 0;
  expect("memory", cuMemAlloc(&address, size));
  return address;
}

static uint64_t upload(const void *data, size_t size) {
  uint64_t address = allocate(size);
  expect("copy", cuMemcpyHtoD(address, data, size));
  return address;
}

/// A row of elements of the device.
static DLTensor row(uint64_t address, int code, int bits, int64_t *size) {
  DLTensor tensor = {
      .data = (void *)(uintptr_t)address, .ndim = 1, .shape = size};
  tensor.device.device_type = 2;
  tensor.dtype.code = (uint8_t)code;
  tensor.dtype.bits = (uint8_t)bits;
  tensor.dtype.lanes = 1;
  return tensor;
}

static void printFloats(const char *what, uint64_t address, int64_t count) {
  float values[64];
  expect("copy", cuMemcpyDtoH(values, address, (size_t)count * 4));
  printf("%s:", what);
  for (int64_t n = 0; n < count; ++n)
    printf(" %g", values[n]);
  printf("\n");
}

#endif // ATTN_TEST_INTEGRATION_GPU_DRIVER_H
