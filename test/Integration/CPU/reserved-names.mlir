// Names that C or C++ reads otherwise: the header declares NAME_, and the library exports both.

// RUN: rm -rf %t && split-file %s %t && cd %t && attn-compile names.mlir -o names.so
// RUN: llvm-nm -D --defined-only --format=just-symbols names.so | sort | FileCheck %s --check-prefix=EXPORTS --match-full-lines
// EXPORTS: class
// EXPORTS-NEXT: class_
// EXPORTS-NEXT: class_shapes
// EXPORTS: linux_
// EXPORTS: main
// EXPORTS-NEXT: main_
// EXPORTS-NEXT: main_shapes
// EXPORTS: plain
// EXPORTS-NEXT: plain_shapes
// EXPORTS-NEXT: size_t
// EXPORTS-NEXT: size_t_
// EXPORTS: while_

// RUN: FileCheck %s --check-prefix=HEADER --implicit-check-not=plain_\( < names.h
// HEADER: * C or C++ reads this name otherwise: the library exports the function as
// HEADER-NEXT: * main_ too.
// HEADER: int32_t main_(
// HEADER: int32_t main_shapes(

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
  return check(main_, 1) | check(while_, 2) | check(class_, 3) | check(linux_, 4) | check(size_t_, 5) | check(plain, 6);
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
func.func @plain() -> tensor<f32> {
  %0 = arith.constant dense<6.0> : tensor<f32>
  return %0 : tensor<f32>
}
