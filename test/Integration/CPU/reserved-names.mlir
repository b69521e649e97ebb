// Names that C, C++ or the C library have a meaning for: in C such a function is NAME_, and main is called after the file.

// RUN: rm -rf %t && split-file %s %t && cd %t && attn-compile names.mlir -o names.so
// RUN: llvm-nm -D --defined-only --format=just-symbols names.so | sort | FileCheck %s --check-prefix=EXPORTS --match-full-lines
// EXPORTS: class_
// EXPORTS-NEXT: class_shapes
// EXPORTS-NEXT: index_
// EXPORTS-NEXT: index_shapes
// EXPORTS-NEXT: linux_
// EXPORTS-NEXT: linux_shapes
// EXPORTS-NEXT: names
// EXPORTS-NEXT: names_shapes
// EXPORTS-NEXT: plain
// EXPORTS-NEXT: plain_shapes
// EXPORTS-NEXT: size_t_
// EXPORTS-NEXT: size_t_shapes
// EXPORTS-NEXT: while_
// EXPORTS-NEXT: while_shapes
// EXPORTS-NOT: {{.}}

// RUN: FileCheck %s --check-prefix=HEADER < names.h
// HEADER: /* main
// HEADER: int32_t names(
// HEADER: int32_t names_shapes(
// HEADER: /* while
// HEADER: int32_t while_(
// HEADER: int32_t while_shapes(

// RUN: %cc -std=gnu11 -Wall -Wextra -Werror program.c ./names.so -o c && ./c
// RUN: %cc -std=c11 -Wall -Wextra -Werror program.c ./names.so -o c && ./c
// RUN: %cc -x c++ -std=gnu++20 -Wall -Wextra -Werror program.c -x none ./names.so -o cxx && ./cxx

// The loader's name is the model's.
// RUN: attn-run names.so --function=while | FileCheck %s --check-prefix=WHILE
// WHILE: result0 f32 []: mean 2

//--- program.c
#include "names.h"
#include <string.h>

static float x;
static int32_t check(int32_t (*function)(DLTensor *const *, int32_t, DLTensor *const *, int32_t, char *, size_t), float expected) {
  DLTensor tensor, *out = &tensor;
  int32_t cpu = 1;
  memset(&tensor, 0, sizeof tensor);
  memcpy(&tensor.device.device_type, &cpu, sizeof cpu);
  tensor.data = &x;
  tensor.dtype.code = 2;
  tensor.dtype.bits = 32;
  tensor.dtype.lanes = 1;
  return function(0, 0, &out, 1, 0, 0) | (x != expected);
}

int main(void) {
  return check(names, 1) | check(while_, 2) | check(class_, 3) | check(linux_, 4) | check(size_t_, 5) | check(plain, 6) | check(index_, 7);
}
//--- names.mlir
func.func @main() -> tensor<f32> {
  %0 = arith.constant dense<1.0> : tensor<f32>
  return %0 : tensor<f32>
}
func.func @while() -> tensor<f32> {
  %0 = arith.constant dense<2.0> : tensor<f32>
  return %0 : tensor<f32>
}
func.func @class() -> tensor<f32> {
  %0 = arith.constant dense<3.0> : tensor<f32>
  return %0 : tensor<f32>
}
func.func @linux() -> tensor<f32> {
  %0 = arith.constant dense<4.0> : tensor<f32>
  return %0 : tensor<f32>
}
func.func @size_t() -> tensor<f32> {
  %0 = arith.constant dense<5.0> : tensor<f32>
  return %0 : tensor<f32>
}
func.func @index() -> tensor<f32> {
  %0 = arith.constant dense<7.0> : tensor<f32>
  return %0 : tensor<f32>
}
func.func @plain() -> tensor<f32> {
  %0 = arith.constant dense<6.0> : tensor<f32>
  return %0 : tensor<f32>
}
