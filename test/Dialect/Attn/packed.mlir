// RUN: attn-opt %s | attn-opt | FileCheck %s

// CHECK-LABEL: func.func @constants
// CHECK: arith.constant #attn.packed<matrix = dense<{{.*}}> : tensor<2x5xf32>> : tensor<2x2x4xbf16>
// CHECK: arith.constant #attn.packed<matrix = dense<{{.*}}> : tensor<2x5xf64>, transposed = true> : tensor<1x5x2xf64>
// CHECK: arith.constant #attn.packed<matrix = dense<{{.*}}> : tensor<3x5xf32>> : tensor<2x2x4x2xbf16>
func.func @constants() -> (tensor<2x2x4xbf16>, tensor<1x5x2xf64>, tensor<2x2x4x2xbf16>) {
  %0 = arith.constant #attn.packed<matrix = dense<[[1., 2., 3., 4., 5.], [6., 7., 8., 9., 10.]]> : tensor<2x5xf32>> : tensor<2x2x4xbf16>
  %1 = arith.constant #attn.packed<matrix = dense<[[1., 2., 3., 4., 5.], [6., 7., 8., 9., 10.]]> : tensor<2x5xf64>, transposed = true> : tensor<1x5x2xf64>
  %2 = arith.constant #attn.packed<matrix = dense<[[1., 2., 3., 4., 5.], [6., 7., 8., 9., 10.], [11., 12., 13., 14., 15.]]> : tensor<3x5xf32>>
    : tensor<2x2x4x2xbf16>
  return %0, %1, %2 : tensor<2x2x4xbf16>, tensor<1x5x2xf64>, tensor<2x2x4x2xbf16>
}

// CHECK-LABEL: func.func @product
// CHECK: attn.contract %{{.*}}, %{{.*}} into %{{.*}} : tensor<5x8xf32>, tensor<2x8x48xbf16> into tensor<5x60xf32> -> tensor<5x60xf32>
func.func @product(%a: tensor<5x8xf32>, %b: tensor<2x8x48xbf16>, %c: tensor<5x60xf32>) -> tensor<5x60xf32> {
  %0 = attn.contract %a, %b into %c : tensor<5x8xf32>, tensor<2x8x48xbf16> into tensor<5x60xf32> -> tensor<5x60xf32>
  return %0 : tensor<5x60xf32>
}

// CHECK-LABEL: func.func @pairs
// CHECK: attn.contract %{{.*}}, %{{.*}} into %{{.*}} {round_lhs} : tensor<5x7xf32>, tensor<2x16x32x2xbf16> into tensor<5x60xf32>
func.func @pairs(%a: tensor<5x7xf32>, %b: tensor<2x16x32x2xbf16>, %c: tensor<5x60xf32>) -> tensor<5x60xf32> {
  %0 = attn.contract %a, %b into %c {round_lhs} : tensor<5x7xf32>, tensor<2x16x32x2xbf16> into tensor<5x60xf32> -> tensor<5x60xf32>
  return %0 : tensor<5x60xf32>
}
