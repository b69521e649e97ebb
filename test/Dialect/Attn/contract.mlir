// RUN: attn-opt %s | attn-opt | FileCheck %s

// CHECK-LABEL: func.func @tensors
// CHECK: attn.contract %{{.*}}, transposed %{{.*}} into %{{.*}} : tensor<5x8xf32>, tensor<7x8xbf16> into tensor<5x7xf32> -> tensor<5x7xf32>
func.func @tensors(%a: tensor<5x8xf32>, %b: tensor<7x8xbf16>, %c: tensor<5x7xf32>) -> tensor<5x7xf32> {
  %0 = attn.contract %a, transposed %b into %c : tensor<5x8xf32>, tensor<7x8xbf16> into tensor<5x7xf32> -> tensor<5x7xf32>
  return %0 : tensor<5x7xf32>
}

// CHECK-LABEL: func.func @memrefs
// CHECK: attn.contract transposed %{{.*}}, %{{.*}} into %{{.*}} : memref<?x5xf64>, memref<8x?xf64> into memref<5x7xf64>
func.func @memrefs(%a: memref<?x5xf64>, %b: memref<8x?xf64>, %c: memref<5x7xf64>) {
  attn.contract transposed %a, %b into %c : memref<?x5xf64>, memref<8x?xf64> into memref<5x7xf64>
  return
}
