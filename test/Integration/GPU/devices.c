// Several devices: a library works where its tensors are.
// RUN: rm -rf %t && mkdir %t && attn-compile %S/Inputs/calls.mlir --target=cuda -o %t/calls.so
// RUN: %cc -std=c11 -Wall -Wextra -Werror -I%t -I%S/Inputs %s %t/calls.so -Wl,-rpath,%t -ldl -o %t/test
// RUN: env %preload LD_LIBRARY_PATH=%build/tools/attn-ptx-driver ATTN_PTX_DEVICES=2 %t/test | FileCheck %s
// REQUIRES: !nvidia-driver

#include "calls.h"

#include "Entries.h"

static void *contexts[2];

/// On a device, which is then current.
static DLTensor put(int device, const float *values) {
  expect("context", cuCtxSetCurrent(contexts[device]));
  DLTensor tensor = row(upload(values, 16), Float, 32, four);
  tensor.device.device_id = device;
  return tensor;
}

static void printOn(int device, const char *what, DLTensor tensor) {
  expect("context", cuCtxSetCurrent(contexts[device]));
  printFloats(what, (uintptr_t)tensor.data, 4);
}

int main(void) {
  openDriver();
  for (int device = 0; device < 2; ++device)
    expect("context", cuDevicePrimaryCtxRetain(&contexts[device], device));
  DLTensor a[2], b[2], c[2];
  for (int device = 0; device < 2; ++device) {
    a[device] = put(device, x);
    b[device] = put(device, y);
    c[device] = put(device, x);
  }
  void *stream = NULL, *current = NULL;
  expect("stream", cuStreamCreate(&stream, 1)); // of device 1
  expect("context", cuCtxSetCurrent(contexts[0]));

  // Whatever is current, which stays.
  // CHECK: second: 0 {{$}}
  // CHECK-NEXT: sums: -10 -20 -30 -40
  call("second", products, a[1], b[1], c[1]);
  expect("context", cuCtxGetCurrent(&current));
  printOn(1, "sums", c[1]);
  // CHECK-NEXT: current: 0
  printf("current: %d\n", current == contexts[1]);
  // CHECK-NEXT: first: 0 {{$}}
  // CHECK-NEXT: sums: -10 -20 -30 -40
  call("first", products, a[0], b[0], c[0]);
  printOn(0, "sums", c[0]);

  // CHECK-NEXT: two: 1 input 1: expected a tensor on device 0, as the first, got one on 1
  call("two", products, a[0], b[1], c[0]);
  // CHECK-NEXT: output: 1 output 0: expected a tensor on device 1, as the first, got one on 0
  call("output", products, a[1], b[1], c[0]);
  // CHECK-NEXT: address: 1 input 1: expected an address of device 1, got one of device 0
  DLTensor wrong = b[0];
  wrong.device.device_id = 1;
  call("address", products, a[1], wrong, c[1]);
  // CHECK-NEXT: none: 1 expected one of 2 devices, got device 2
  wrong.device.device_id = 2;
  call("none", products, wrong, b[1], c[1]);

  // A stream has a device, too.
  // CHECK-NEXT: stream: 0
  // CHECK-NEXT: sums: -1 -2 -3 -4
  const float ones[] = {-0.1f, -0.2f, -0.3f, -0.4f};
  DLTensor tenth = put(1, ones);
  expect("context", cuCtxSetCurrent(contexts[0]));
  enqueue("stream", products_stream, a[1], tenth, c[1], stream);
  printOn(1, "sums", c[1]);
  // CHECK-NEXT: foreign: 1 expected a stream of device 0, where the tensors are, got one of device 1
  enqueue("foreign", products_stream, a[0], b[0], c[0], stream);
  return 0;
}
