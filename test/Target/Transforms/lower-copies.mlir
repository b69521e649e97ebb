// RUN: attn-opt %s --attn-lower-copies | FileCheck %s

// CHECK-LABEL: @copies
func.func @copies(%a: memref<4x?xf32>, %b: memref<4x?xf32>, %c: memref<4x?xf32, strided<[?, 1]>>) {
  // CHECK: memref.copy %arg0, %arg1
  memref.copy %a, %b : memref<4x?xf32> to memref<4x?xf32>
  // CHECK: linalg.copy ins(%arg0 : memref<4x?xf32>) outs(%arg2 : memref<4x?xf32, strided<[?, 1]>>)
  memref.copy %a, %c : memref<4x?xf32> to memref<4x?xf32, strided<[?, 1]>>
  return
}
