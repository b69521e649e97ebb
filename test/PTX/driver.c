// A program that opens libcuda.so.1 cannot tell this one from a device's.
// RUN: %cc -std=c11 -Wall -Wextra -Werror %s -o %t -ldl -lm
// RUN: env %preload LD_LIBRARY_PATH=%build/tools/attn-ptx-driver ATTN_PTX_ORDER=hold %t 2> %t.err | FileCheck %s
// RUN: FileCheck %s --check-prefix=ERRORS < %t.err
// RUN: not %t 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: nm -D --defined-only %build/tools/attn-ptx-driver/libcuda.so.1 | FileCheck %s --check-prefix=SYMBOLS --implicit-check-not='{{ T [^c]}}'
// SYMBOLS: T cuLaunchKernel
// REQUIRES: !nvidia-driver
// NONE: libcuda.so.1: cannot open

#include <dlfcn.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int (*getAddress)(const char *, void **, int, uint64_t, int *);

static void *find(const char *name) {
  void *function = NULL;
  int status = -1;
  if (getAddress(name, &function, 12000, 0, &status) || status) {
    printf("expected %s\n", name);
    exit(1);
  }
  return function;
}

static void expect(const char *what, int status, int expected) {
  if (status != expected) {
    const char *name = "?";
    int (*errorName)(int, const char **) = find("cuGetErrorName");
    errorName(status, &name);
    printf("%s: expected %d, got %d, %s\n", what, expected, status, name);
    exit(1);
  }
}

static const char kernels[] =
    ".version 8.0\n.target sm_90a\n.address_size 64\n"
    ".global .align 4 .f32 factor = 0f40000000;\n"
    ".extern .shared .align 1024 .b8 dynamic[];\n"
    ".shared .align 8 .b64 bar;\n"
    ".visible .entry scale(.param .u64 x, .param .f32 by, .param .u32 n) {\n"
    ".reg .pred %p<2>; .reg .b32 %r<6>; .reg .b64 %rd<3>; .reg .f32 %f<5>;\n"
    "ld.param.u64 %rd1, [x]; ld.param.f32 %f1, [by]; ld.param.u32 %r1, [n];\n"
    "mov.u32 %r2, %ctaid.x; mov.u32 %r3, %ntid.x; mov.u32 %r4, %tid.x;\n"
    "mad.lo.u32 %r5, %r2, %r3, %r4; setp.ge.u32 %p1, %r5, %r1; @%p1 ret;\n"
    "mul.wide.u32 %rd2, %r5, 4; add.s64 %rd1, %rd1, %rd2;\n"
    "ld.global.f32 %f2, [%rd1]; ld.global.f32 %f3, [factor];\n"
    "mul.f32 %f2, %f2, %f1; mul.f32 %f2, %f2, %f3; st.global.f32 [%rd1], %f2; "
    "ret; }\n"
    ".visible .entry box(.param .align 64 .b8 map[128], .param .u64 out) {\n"
    ".reg .pred %p<3>; .reg .b32 %r<6>; .reg .b64 %rd<5>;\n"
    "mov.u64 %rd1, map; ld.param.u64 %rd2, [out]; mov.u32 %r1, %tid.x;\n"
    "setp.ne.u32 %p1, %r1, 0; @%p1 bra ready;\n"
    "mbarrier.init.shared.b64 [bar], 1; fence.mbarrier_init.release.cluster;\n"
    "mbarrier.arrive.expect_tx.shared.b64 _, [bar], 128;\n"
    "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx:"
    ":bytes"
    " [dynamic], [%rd1, {4, 2}], [bar];\n"
    "ready: bar.sync 0;\n"
    "wait: mbarrier.try_wait.parity.shared.b64 %p2, [bar], 0; @!%p2 bra wait;\n"
    "mul.wide.u32 %rd3, %r1, 4; mov.u64 %rd4, dynamic; add.s64 %rd4, %rd4, "
    "%rd3;\n"
    "ld.shared.b32 %r2, [%rd4]; add.s64 %rd2, %rd2, %rd3; st.global.b32 "
    "[%rd2], %r2; ret; }\n";

int main(void) {
  void *library = dlopen("libcuda.so.1", RTLD_NOW);
  if (!library) {
    printf("%s\n", dlerror());
    return 1;
  }
  *(void **)&getAddress = dlsym(library, "cuGetProcAddress_v2");
  int (*init)(unsigned) = find("cuInit");
  int (*version)(int *) = find("cuDriverGetVersion");
  int (*deviceGet)(int *, int) = find("cuDeviceGet");
  int (*attribute)(int *, int, int) = find("cuDeviceGetAttribute");
  int (*retain)(void **, int) = find("cuDevicePrimaryCtxRetain");
  int (*setCurrent)(void *) = find("cuCtxSetCurrent");
  int (*load)(void **, const void *, unsigned, int *, void **) =
      find("cuModuleLoadDataEx");
  int (*unload)(void *) = find("cuModuleUnload");
  int (*getFunction)(void **, void *, const char *) =
      find("cuModuleGetFunction");
  int (*getGlobal)(uint64_t *, size_t *, void *, const char *) =
      find("cuModuleGetGlobal");
  int (*setAttribute)(void *, int, int) = find("cuFuncSetAttribute");
  int (*allocate)(uint64_t *, size_t) = find("cuMemAlloc");
  int (*release)(uint64_t) = find("cuMemFree");
  int (*toDevice)(uint64_t, const void *, size_t) = find("cuMemcpyHtoD");
  int (*toHost)(void *, uint64_t, size_t) = find("cuMemcpyDtoH");
  int (*launch)(void *, unsigned, unsigned, unsigned, unsigned, unsigned,
                unsigned, unsigned, void *, void **, void **) =
      find("cuLaunchKernel");
  int (*streamCreate)(void **, unsigned) = find("cuStreamCreate");
  int (*streamWait)(void *) = find("cuStreamSynchronize");
  int (*eventCreate)(void **, unsigned) = find("cuEventCreate");
  int (*eventRecord)(void *, void *) = find("cuEventRecord");
  int (*elapsed)(float *, void *, void *) = find("cuEventElapsedTime");
  int (*encode)(void *, int, unsigned, void *, const uint64_t *,
                const uint64_t *, const unsigned *, const unsigned *, int, int,
                int, int) = find("cuTensorMapEncodeTiled");
  int (*pointerAttribute)(void *, int, uint64_t) =
      find("cuPointerGetAttribute");

  int number = 0;
  expect("a call before cuInit", deviceGet(&number, 0), 3);
  expect("cuInit", init(0), 0);
  expect("cuDriverGetVersion", version(&number), 0);
  uint64_t x = 0;
  expect("an allocation without a context", allocate(&x, 16), 201);
  int device = -1, major = 0, optIn = 0;
  expect("cuDeviceGet", deviceGet(&device, 0), 0);
  expect("no second device", deviceGet(&number, 1), 101);
  attribute(&major, 75, device);
  attribute(&optIn, 97, device);
  // CHECK: capability 9, 232448 bytes of shared memory
  printf("capability %d, %d bytes of shared memory\n", major, optIn);
  void *context = NULL;
  expect("cuDevicePrimaryCtxRetain", retain(&context, device), 0);
  expect("cuCtxSetCurrent", setCurrent(context), 0);

  // Modules, and what is wrong with them.
  void *module = NULL, *function = NULL;
  char log[200] = "";
  int options[] = {5, 6};
  void *values[] = {log, (void *)sizeof log};
  expect("a cubin", load(&module, "\177ELF", 0, NULL, NULL), 209);
  expect("no PTX",
         load(&module, ".version 8.0\n.target sm_90\n.entry k() { nonsense; }",
              2, options, values),
         218);
  // CHECK: error: line 3: unknown instruction 'nonsense'
  printf("%s\n", log);
  expect("cuModuleLoadDataEx", load(&module, kernels, 2, options, values), 0);
  expect("no such kernel", getFunction(&function, module, "nothing"), 500);
  expect("cuModuleGetFunction", getFunction(&function, module, "scale"), 0);
  uint64_t factor = 0;
  size_t size = 0;
  expect("cuModuleGetGlobal", getGlobal(&factor, &size, module, "factor"), 0);
  float three = 3;
  expect("cuMemcpyHtoD to a variable", toDevice(factor, &three, size), 0);

  // A kernel between two events.
  enum { count = 100 };
  float numbers[count];
  for (int n = 0; n < count; ++n)
    numbers[n] = (float)n;
  void *stream = NULL, *start = NULL, *end = NULL;
  expect("cuStreamCreate", streamCreate(&stream, 0), 0);
  expect("cuEventCreate", eventCreate(&start, 0) || eventCreate(&end, 0), 0);
  expect("cuMemAlloc", allocate(&x, sizeof numbers), 0);
  int kind = 0;
  expect("cuPointerGetAttribute", pointerAttribute(&kind, 2, x), 0);
  expect("the memory of the device", kind, 2);
  expect("cuMemcpyHtoD", toDevice(x, numbers, sizeof numbers), 0);
  expect("a copy that is too large", toDevice(x, numbers, sizeof numbers + 1),
         1);
  float by = 0.5f;
  unsigned n = count;
  void *arguments[] = {&x, &by, &n};
  expect("cuEventRecord", eventRecord(start, stream), 0);
  expect("cuLaunchKernel",
         launch(function, 4, 1, 1, 32, 1, 1, 0, stream, arguments, NULL), 0);
  expect("cuEventRecord", eventRecord(end, stream), 0);
  expect("cuStreamSynchronize", streamWait(stream), 0);
  float milliseconds = -1;
  expect("cuEventElapsedTime", elapsed(&milliseconds, start, end), 0);
  expect("cuMemcpyDtoH", toHost(numbers, x, sizeof numbers), 0);
  // CHECK: 0 1.5 148.5, time passed: 1
  printf("%g %g %g, time passed: %d\n", numbers[0], numbers[1], numbers[99],
         milliseconds > 0);
  expect("too many threads",
         launch(function, 1, 1, 1, 2048, 1, 1, 0, stream, arguments, NULL), 1);
  expect("too much shared memory",
         launch(function, 1, 1, 1, 32, 1, 1, 50000, stream, arguments, NULL),
         1);
  expect("cuFuncSetAttribute", setAttribute(function, 8, 50000), 0);
  expect("more than there is", setAttribute(function, 8, 300000), 1);

  // A box of a matrix of 12 x 8, by TMA.
  _Alignas(64) char map[128];
  uint64_t sizes[] = {12, 8}, strides[] = {48};
  unsigned box[] = {8, 4}, ones[] = {1, 1}, wide[] = {300, 4};
  for (int k = 0; k < count; ++k)
    numbers[k] = (float)k;
  expect("cuMemcpyHtoD", toDevice(x, numbers, sizeof numbers), 0);
  expect("cuTensorMapEncodeTiled",
         encode(map, 7, 2, (void *)x, sizes, strides, box, ones, 0, 0, 0, 0),
         0);
  expect("a box that is too wide",
         encode(map, 7, 2, (void *)x, sizes, strides, wide, ones, 0, 0, 0, 0),
         1);
  expect("a row of 28 bytes",
         encode(map, 7, 2, (void *)x, sizes, (uint64_t[]){28}, box, ones, 0, 0,
                0, 0),
         1);
  uint64_t out = 0;
  expect("cuMemAlloc", allocate(&out, 128), 0);
  expect("cuModuleGetFunction", getFunction(&function, module, "box"), 0);
  void *boxArguments[] = {map, &out};
  expect("cuLaunchKernel",
         launch(function, 1, 1, 1, 32, 1, 1, 1024, NULL, boxArguments, NULL),
         0);
  expect("cuMemcpyDtoH", toHost(numbers, out, 128), 0);
  // CHECK: 28 29 35 40 71
  printf("%g %g %g %g %g\n", numbers[0], numbers[1], numbers[7], numbers[8],
         numbers[31]);

  // What a kernel does wrong comes out of later calls, and stays.
  // ERRORS: libcuda: scale: line {{.*}}: ld.global.f32: out of bounds: 4 bytes at address {{.*}}, 0 bytes behind the end of an allocation of 400
  expect("cuModuleGetFunction", getFunction(&function, module, "scale"), 0);
  n = 200;
  expect("a launch that fails later",
         launch(function, 4, 1, 1, 32, 1, 1, 0, stream, arguments, NULL), 0);
  expect("cuStreamSynchronize", streamWait(stream), 700);
  expect("cuMemFree", release(x), 700);
  expect("cuModuleUnload", unload(module), 700);
  // CHECK: done
  printf("done\n");
  return 0;
}
