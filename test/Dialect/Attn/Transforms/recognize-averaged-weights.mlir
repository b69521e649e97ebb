// RUN: attn-opt %s -attn-recognize | FileCheck %s

// A mean of the weights over the heads, which PyTorch's multi-head attention gives beside its output, is taken of the weights
// that the op gives.
// CHECK-LABEL: func @averaged(
// CHECK: %{{.*}}, %[[W:.*]] = attn.attention
// CHECK: linalg.generic {{.*}} ins(%[[W]] : tensor<2x3x4x5xf32>)
#all = affine_map<(b, i, j, h) -> (b, h, i, j)>
#pair = affine_map<(b, i, j, h) -> (b, i, j)>
func.func @averaged(%query: tensor<2x3x4x8xf32>, %key: tensor<2x3x8x5xf32>, %value: tensor<2x3x5x8xf32>)
    -> (tensor<6x4x8xf32>, tensor<2x4x5xf32>) {
  %q = tensor.collapse_shape %query [[0, 1], [2], [3]] : tensor<2x3x4x8xf32> into tensor<6x4x8xf32>
  %kt = tensor.collapse_shape %key [[0, 1], [2], [3]] : tensor<2x3x8x5xf32> into tensor<6x8x5xf32>
  %v = tensor.collapse_shape %value [[0, 1], [2], [3]] : tensor<2x3x5x8xf32> into tensor<6x5x8xf32>
  %zero = arith.constant 0.0 : f32
  %third = arith.constant 0.333333343 : f32
  %empty = tensor.empty() : tensor<6x4x5xf32>
  %start = linalg.fill ins(%zero : f32) outs(%empty : tensor<6x4x5xf32>) -> tensor<6x4x5xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<6x4x8xf32>, tensor<6x8x5xf32>) outs(%start : tensor<6x4x5xf32>) -> tensor<6x4x5xf32>
  %p = linalg.softmax dimension(2) ins(%s : tensor<6x4x5xf32>) outs(%empty : tensor<6x4x5xf32>) -> tensor<6x4x5xf32>
  %none = tensor.empty() : tensor<6x4x8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%none : tensor<6x4x8xf32>) -> tensor<6x4x8xf32>
  %o = linalg.batch_matmul ins(%p, %v : tensor<6x4x5xf32>, tensor<6x5x8xf32>) outs(%init : tensor<6x4x8xf32>) -> tensor<6x4x8xf32>
  %heads = tensor.expand_shape %p [[0, 1], [2], [3]] output_shape [2, 3, 4, 5] : tensor<6x4x5xf32> into tensor<2x3x4x5xf32>
  %sums = tensor.empty() : tensor<2x4x5xf32>
  %first = linalg.fill ins(%zero : f32) outs(%sums : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %mean = linalg.generic {indexing_maps = [#all, #pair], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%heads : tensor<2x3x4x5xf32>) outs(%first : tensor<2x4x5xf32>) {
  ^bb0(%x: f32, %sum: f32):
    %part = arith.mulf %x, %third : f32
    %more = arith.addf %sum, %part : f32
    linalg.yield %more : f32
  } -> tensor<2x4x5xf32>
  return %o, %mean : tensor<6x4x8xf32>, tensor<2x4x5xf32>
}
