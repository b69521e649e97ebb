// RUN: %cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -I%src/include -I%src/lib/Runtime %s %build/lib/Runtime/libAttnRuntime.a -lm -o %t
// RUN: %t | FileCheck %s

// Of a cubin and PTX, the kernels come from what the driver takes: the cubin
// first. Those with much shared memory ask for it. The driver is this test.

#include "GPU.h"

#include <stdio.h>
#include <string.h>

const char attn_rt_gpu_ptx[] = ".version 8.0";
char attn_rt_gpu_cubin[] = "\177ELF";
const char attn_rt_gpu_kernels[] = "first\0second\0";
const uint32_t attn_rt_gpu_shared[] = {0, 50000};
const char attn_rt_gpu_messages[] = "";

static bool takesCubin, takesPTX;
static uint32_t word;

static CUresult load(CUmodule *module, const void *image) {
  const bool isCubin = image == attn_rt_gpu_cubin;
  if (!(isCubin ? takesCubin : takesPTX))
    return isCubin ? 209 : 218;
  *module = (CUmodule)image;
  printf(" %s", isCubin ? "cubin" : "PTX");
  return 0;
}

static CUresult find(CUfunction *function, CUmodule module, const char *name) {
  *function = (CUfunction)name;
  printf(" %s", name);
  return module ? 0 : 400;
}

static CUresult set(CUfunction function, int attribute, int value) {
  printf(" (%s: %d)", (const char *)function, value);
  return attribute == CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES ? 0 : 1;
}

static CUresult allocate(void **pointer, size_t size, unsigned flags) {
  *pointer = &word;
  return size == sizeof word && flags ? 0 : 1;
}

static CUresult translate(CUdeviceptr *address, void *pointer, unsigned flags) {
  *address = (uintptr_t)pointer;
  return (CUresult)flags;
}

static CUresult allocateOnGPU(CUdeviceptr *address, size_t size) {
  static AttnGPUFailure failure;
  *address = (uintptr_t)&failure;
  return size == sizeof failure ? 0 : 1;
}

static CUresult copy(CUdeviceptr to, const void *from, size_t size) {
  memcpy((void *)(uintptr_t)to, from, size);
  return 0;
}

static CUresult synchronize(CUstream stream) { return stream ? 400 : 0; }

static const AttnDriver driver = {.cuModuleLoadData = load,
                                  .cuModuleGetFunction = find,
                                  .cuFuncSetAttribute = set,
                                  .cuMemHostAlloc = allocate,
                                  .cuMemHostGetDevicePointer_v2 = translate,
                                  .cuMemAlloc_v2 = allocateOnGPU,
                                  .cuMemcpyHtoD_v2 = copy,
                                  .cuStreamSynchronize = synchronize};

static void enter(const char *what, bool cubin, bool ptx) {
  static char contexts[8];
  static int number;
  takesCubin = cubin;
  takesPTX = ptx;
  printf("%s:", what);
  attn_gpu_state(&driver, (CUcontext)&contexts[number++]);
  printf("\n");
}

int main(void) {
  // CHECK: its own kind: cubin first second (second: 50000){{$}}
  enter("its own kind", true, true);
  // CHECK-NEXT: another kind: PTX first second (second: 50000){{$}}
  enter("another kind", false, true);
  // CHECK-NEXT: no compiler: cubin first second (second: 50000){{$}}
  enter("no compiler", true, false);
  // CHECK-NEXT: without a cubin: PTX first second (second: 50000){{$}}
  attn_rt_gpu_cubin[0] = '\0';
  enter("without a cubin", true, true);
  return 0;
}
