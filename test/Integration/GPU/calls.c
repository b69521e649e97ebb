// What callers of a library for GPUs may get wrong, and what they are told;
// streams, and graphs made of one.
// RUN: rm -rf %t && mkdir %t && attn-compile %S/Inputs/calls.mlir --target=cuda -o %t/calls.so
// RUN: %cc -std=c11 -Wall -Wextra -Werror -I%t -I%S/Inputs %s %t/calls.so -Wl,-rpath,%t -ldl -o %t/test
// RUN: env %preload LD_LIBRARY_PATH=%build/tools/attn-ptx-driver %t/test | FileCheck %s
// RUN: %t/test none | FileCheck %s --check-prefix=NONE
// REQUIRES: !nvidia-driver
// NONE: none: 7 expected a CUDA driver, got no 'libcuda.so.1' that loads

#include "calls.h"

#include "Entries.h"

static int64_t two[] = {2};
static DLTensor a, b, c;

static void places(void) {
  // CHECK: add: 0 {{$}}
  // CHECK-NEXT: sums: 2 3 4 5
  call("add", add, a, b, c);
  printFloats("sums", (uintptr_t)c.data, 4);
  // CHECK: host: 1 input 1 'y': expected a tensor on the GPU (device type 2), got 1
  DLTensor bad = b;
  bad.device.device_type = 1;
  call("host", add, a, bad, c);
  // CHECK: foreign: 1 input 1: expected an address of the GPU's memory, got one of the host
  bad = b;
  bad.data = y;
  call("foreign", add, a, bad, c);
  // CHECK: output: 1 output 0: expected an address of the GPU's memory, got one of the host
  call("output", add, a, b, bad);
  // CHECK: device: 1 input 1: expected a tensor on device 0, as the first, got one on 1
  bad = b;
  bad.device.device_id = 1;
  call("device", add, a, bad, c);
  // CHECK: devices: 1 expected one of 1 devices, got device 7
  bad = a;
  bad.device.device_id = 7;
  call("devices", add, bad, b, c);
  // CHECK: size: 3 {{.*}}expected dimension 0
  bad = b;
  bad.shape = two;
  call("size", add, a, bad, c);
}

/// Temporaries are given back, however a call ends.
static void memory(void) {
  int64_t many[] = {1 << 20};
  DLTensor large = row(allocate(4 << 20), Float, 32, many);
  DLTensor result = row(allocate(4 << 20), Float, 32, many);
  size_t before, after, total;
  expect("memory", cuMemGetInfo(&before, &total));
  // CHECK: memory: 2 expected {{[0-9]+}} bytes of the GPU's memory, got none
  call("memory", products, large, large, result);
  // CHECK: products: 0
  // CHECK-NEXT: sums: -10 -20 -30 -40
  call("products", products, a, b, c);
  printFloats("sums", (uintptr_t)c.data, 4);
  // CHECK: kept: 0 bytes
  expect("memory", cuMemGetInfo(&after, &total));
  printf("kept: %ld bytes\n", (long)before - (long)after);
}

static void checks(void *stream) {
  const int64_t right[] = {3, 0, 1, 1}, wrong[] = {0, 4, 0, -1};
  DLTensor at = row(upload(right, sizeof right), Int, 64, four);
  // CHECK: pick: 0
  // CHECK-NEXT: picked: 4 1 2 2
  call("pick", pick, a, at, c);
  printFloats("picked", (uintptr_t)c.data, 4);
  // CHECK: index: 3 {{.*}}index
  at.data = (void *)(uintptr_t)upload(wrong, sizeof wrong);
  call("index", pick, a, at, c);
  // The next call on the device hears of it.
  // CHECK: enqueued: 0
  // CHECK-NEXT: next: 3 {{.*}}index
  // CHECK-NEXT: after: 0
  enqueue("enqueued", pick_stream, a, at, c, stream);
  expect("wait", cuStreamSynchronize(stream));
  enqueue("next", add_stream, a, b, c, stream);
  enqueue("after", add_stream, a, b, c, stream);
}

static void graphs(void *stream) {
  void *graph = NULL, *executable = NULL;
  expect("capture", cuStreamBeginCapture(stream, 0));
  // CHECK: captured: 0
  enqueue("captured", products_stream, a, b, c, stream);
  expect("capture", cuStreamEndCapture(stream, &graph));
  expect("instance", cuGraphInstantiate(&executable, graph, 0));
  // On what the inputs are when it is launched.
  // CHECK-NEXT: launched: -20 -40 -60 -80
  // CHECK-NEXT: again: 10 20 30 40
  const float twice[] = {-2, -4, -6, -8}, ones[] = {1, 2, 3, 4};
  expect("copy", cuMemcpyHtoD((uintptr_t)b.data, twice, sizeof twice));
  expect("launch", cuGraphLaunch(executable, stream));
  printFloats("launched", (uintptr_t)c.data, 4);
  expect("copy", cuMemcpyHtoD((uintptr_t)b.data, ones, sizeof ones));
  expect("launch", cuGraphLaunch(executable, stream));
  printFloats("again", (uintptr_t)c.data, 4);
  // What the host waits for cannot be captured.
  // CHECK: repeat: 0
  // CHECK-NEXT: waits: 8 expected the GPU to {{.*}}capturing (CUDA error 900)
  const int64_t three[] = {3};
  DLTensor times = row(upload(three, sizeof three), Int, 64, NULL);
  times.ndim = 0;
  enqueue("repeat", repeat_stream, a, times, c, stream);
  expect("capture", cuStreamBeginCapture(stream, 0));
  enqueue("waits", repeat_stream, a, times, c, stream);
  // CHECK-NEXT: capture ends with 901
  printf("capture ends with %d\n", cuStreamEndCapture(stream, &graph));
}

int main(int argc, char **argv) {
  (void)argv;
  if (argc > 1) {
    a = row(0, Float, 32, two);
    c = a;
    a.data = x;
    c.data = y;
    call("none", add, a, a, c);
    return 0;
  }
  openDriver();
  a = row(upload(x, sizeof x), Float, 32, four);
  b = row(upload(y, sizeof y), Float, 32, four);
  c = row(allocate(sizeof x), Float, 32, four);
  void *stream = NULL;
  expect("stream", cuStreamCreate(&stream, 1));
  places();
  memory();
  checks(stream);
  graphs(stream);
  return 0;
}
