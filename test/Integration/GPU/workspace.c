// Calls whose temporaries lie in memory of the caller's: as much as they say,
// and no allocation, which a graph without memory of its own does not bear.
// RUN: rm -rf %t && mkdir %t && attn-compile %S/Inputs/calls.mlir --target=cuda -o %t/calls.so
// RUN: %cc -std=c11 -Wall -Wextra -Werror -I%t -I%S/Inputs %s %t/calls.so -Wl,-rpath,%t -ldl -o %t/test
// RUN: env %preload LD_LIBRARY_PATH=%build/tools/attn-ptx-driver ATTN_PTX_GRAPH_MEMORY=0 %t/test | FileCheck %s
// RUN: %t/test none | FileCheck %s --check-prefix=NONE
// REQUIRES: !nvidia-driver

#include "calls.h"

#include "Driver.h"

enum { Int = 0, Float = 2 };

static char message[256];
static float x[] = {1, 2, 3, 4}, y[] = {-1, -2, -3, -4};
static int64_t four[] = {4};
static DLTensor a, b, c;

static size_t measure(const char *what) {
  DLTensor *in[] = {&a, &b};
  size_t bytes = 77;
  int status = products_workspace_size(in, 2, message, sizeof message, &bytes);
  printf("%s: %d %zu %s\n", what, status, bytes, message);
  return bytes;
}

static void enqueue(const char *what, void *stream, uint64_t workspace,
                    size_t size) {
  DLTensor *in[] = {&a, &b}, *out[] = {&c};
  int status =
      products_in_workspace(in, 2, out, 1, message, sizeof message, stream,
                            (void *)(uintptr_t)workspace, size);
  printf("%s: %d %s\n", what, status, message);
}

static void sizes(void) {
  // 4 x 4 products, of a fixed function, without a GPU.
  // NONE: four: 0 256
  // CHECK: four: 0 256
  measure("four");
  // NONE: many: 0 400000000
  int64_t many[] = {10000};
  a.shape = b.shape = many;
  measure("many");
  a.shape = b.shape = four;
  // NONE: no room: 1 expected room for a size, got NULL
  DLTensor *in[] = {&a, &b};
  int status = products_workspace_size(in, 2, message, sizeof message, NULL);
  printf("no room: %d %s\n", status, message);
  // NONE: one: 1 expected 2 inputs, got 1
  size_t bytes;
  status = products_workspace_size(in, 1, message, sizeof message, &bytes);
  printf("one: %d %s\n", status, message);
}

static void works(void *stream, uint64_t workspace, size_t size) {
  // CHECK: right: 0
  // CHECK-NEXT: sums: -10 -20 -30 -40
  enqueue("right", stream, workspace, size);
  printFloats("sums", (uintptr_t)c.data, 4);
}

static void refusals(void *stream, uint64_t workspace, size_t size) {
  // CHECK: small: 2 expected a workspace of at least 256 bytes, got 255
  enqueue("small", stream, workspace, size - 1);
  // CHECK: nothing: 2 expected a workspace of at least 256 bytes, got 0
  enqueue("nothing", stream, 0, 0);
  // CHECK: host: 1 workspace 0: expected an address of the GPU's memory, got one of the host
  enqueue("host", stream, (uintptr_t)x, size);
  // CHECK: odd: 1 expected a workspace aligned to 256 bytes, got one 8 off
  enqueue("odd", stream, workspace + 8, size);
}

static void graphs(void *stream, uint64_t workspace, size_t size) {
  void *graph = NULL, *executable = NULL;
  // CHECK: taken: 8 expected the GPU to allocate memory, got: {{.*}} (CUDA error 900)
  // CHECK-NEXT: capture ends with 901
  DLTensor *in[] = {&a, &b}, *out[] = {&c};
  expect("capture", cuStreamBeginCapture(stream, 0));
  int status = products_stream(in, 2, out, 1, message, sizeof message, stream);
  printf("taken: %d %s\n", status, message);
  printf("capture ends with %d\n", cuStreamEndCapture(stream, &graph));
  // CHECK-NEXT: captured: 0
  expect("capture", cuStreamBeginCapture(stream, 0));
  enqueue("captured", stream, workspace, size);
  expect("capture", cuStreamEndCapture(stream, &graph));
  expect("instance", cuGraphInstantiate(&executable, graph, 0));
  // CHECK-NEXT: launched: -20 -40 -60 -80
  const float twice[] = {-2, -4, -6, -8};
  expect("copy", cuMemcpyHtoD((uintptr_t)b.data, twice, sizeof twice));
  expect("launch", cuGraphLaunch(executable, stream));
  printFloats("launched", (uintptr_t)c.data, 4);
}

int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1) {
    a = b = row(0, Float, 32, four);
    sizes();
    return 0;
  }
  openDriver();
  a = row(upload(x, sizeof x), Float, 32, four);
  b = row(upload(y, sizeof y), Float, 32, four);
  c = row(allocate(sizeof x), Float, 32, four);
  void *stream = NULL;
  expect("stream", cuStreamCreate(&stream, 1));
  const size_t size = measure("four");
  const uint64_t workspace = allocate(size + 256);
  works(stream, workspace, size);
  refusals(stream, workspace, size);
  graphs(stream, workspace, size);
  // What an element says has no size that is known before.
  // CHECK: repeat: 1 expected a function whose sizes alone decide
  DLTensor times = row(0, Int, 64, NULL), *in[] = {&a, &times};
  times.ndim = 0;
  size_t bytes;
  int status = repeat_workspace_size(in, 2, message, sizeof message, &bytes);
  printf("repeat: %d %s\n", status, message);
  return 0;
}
