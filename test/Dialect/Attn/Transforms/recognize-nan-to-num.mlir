// RUN: attn-opt %s -split-input-file -attn-recognize | FileCheck %s

// nan_to_num behind a softmax replaces infinities, which no weight is, too.
// CHECK-LABEL: func @infinities(
// CHECK: attn.attention
// CHECK-NOT: linalg.softmax
#id = affine_map<(b, i, j) -> (b, i, j)>
func.func @infinities(%q: tensor<2x4x8xf32>, %kt: tensor<2x8x5xf32>, %v: tensor<2x5x8xf32>) -> tensor<2x4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %infinity = arith.constant 0x7F800000 : f32
  %most = arith.constant 3.40282347E+38 : f32
  %empty = tensor.empty() : tensor<2x4x5xf32>
  %start = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<2x4x8xf32>, tensor<2x8x5xf32>) outs(%start : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %p = linalg.softmax dimension(2) ins(%s : tensor<2x4x5xf32>) outs(%empty : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %g = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%p : tensor<2x4x5xf32>) outs(%empty : tensor<2x4x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %nan = arith.cmpf uno, %x, %x : f32
    %y = arith.select %nan, %zero, %x : f32
    %large = arith.cmpf oeq, %y, %infinity : f32
    %positive = arith.cmpf ogt, %y, %zero : f32
    %both = arith.andi %large, %positive : i1
    %z = arith.select %both, %most, %y : f32
    linalg.yield %z : f32
  } -> tensor<2x4x5xf32>
  %none = tensor.empty() : tensor<2x4x8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%none : tensor<2x4x8xf32>) -> tensor<2x4x8xf32>
  %o = linalg.batch_matmul ins(%g, %v : tensor<2x4x5xf32>, tensor<2x5x8xf32>) outs(%init : tensor<2x4x8xf32>) -> tensor<2x4x8xf32>
  return %o : tensor<2x4x8xf32>
}

// -----

// A weight may be 1.
// CHECK-LABEL: func @ones(
// CHECK-NOT: attn.attention
// CHECK: linalg.softmax
#id = affine_map<(b, i, j) -> (b, i, j)>
func.func @ones(%q: tensor<2x4x8xf32>, %kt: tensor<2x8x5xf32>, %v: tensor<2x5x8xf32>) -> tensor<2x4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %two = arith.constant 2.0 : f32
  %empty = tensor.empty() : tensor<2x4x5xf32>
  %start = linalg.fill ins(%zero : f32) outs(%empty : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<2x4x8xf32>, tensor<2x8x5xf32>) outs(%start : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %p = linalg.softmax dimension(2) ins(%s : tensor<2x4x5xf32>) outs(%empty : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %g = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%p : tensor<2x4x5xf32>) outs(%empty : tensor<2x4x5xf32>) {
  ^bb0(%x: f32, %out: f32):
    %is_one = arith.cmpf oeq, %x, %one : f32
    %z = arith.select %is_one, %two, %x : f32
    linalg.yield %z : f32
  } -> tensor<2x4x5xf32>
  %none = tensor.empty() : tensor<2x4x8xf32>
  %init = linalg.fill ins(%zero : f32) outs(%none : tensor<2x4x8xf32>) -> tensor<2x4x8xf32>
  %o = linalg.batch_matmul ins(%g, %v : tensor<2x4x5xf32>, tensor<2x5x8xf32>) outs(%init : tensor<2x4x8xf32>) -> tensor<2x4x8xf32>
  return %o : tensor<2x4x8xf32>
}
