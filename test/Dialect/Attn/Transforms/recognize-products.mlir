// Weights without a softmax: keys and values are multiplied first where that takes fewer products of numbers.
// RUN: attn-opt %s -attn-recognize -canonicalize | FileCheck %s
// RUN: attn-opt %s "-attn-recognize=leave=products" | FileCheck %s --check-prefix=LEFT
// RUN: attn-run %s --function=long --random-inputs --seed=1 --compare=reference | FileCheck %s --check-prefix=AGREE
// AGREE: agree

#id = affine_map<(b, i, j) -> (b, i, j)>

// CHECK-LABEL: func @long(
// CHECK-SAME: %[[Q:.*]]: tensor<2x16x4xf32>, %[[K:.*]]: tensor<2x4x32xf32>, %[[V:.*]]: tensor<2x32x5xf32>
// CHECK: %[[KV:.*]] = linalg.generic {{.*}} ins(%[[K]], %[[V]] :
// CHECK: } -> tensor<2x5x4xf32>
// CHECK: linalg.generic {{.*}} ins(%[[Q]], %[[KV]] :
// CHECK: arith.mulf %{{.*}}, %cst
// CHECK-NOT: 2x16x32
// CHECK: return
// LEFT-LABEL: func @long(
// LEFT: linalg.batch_matmul {{.*}} -> tensor<2x16x32xf32>
// LEFT-NOT: tensor<2x5x4xf32>
// LEFT-LABEL: func @short(
func.func @long(%q: tensor<2x16x4xf32>, %kt: tensor<2x4x32xf32>, %v: tensor<2x32x5xf32>) -> tensor<2x16x5xf32> {
  %zero = arith.constant 0.0 : f32
  %scale = arith.constant 0.5 : f32
  %e = tensor.empty() : tensor<2x16x32xf32>
  %eo = tensor.empty() : tensor<2x16x5xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x16x32xf32>) -> tensor<2x16x32xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x16x5xf32>) -> tensor<2x16x5xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<2x16x4xf32>, tensor<2x4x32xf32>) outs(%z : tensor<2x16x32xf32>) -> tensor<2x16x32xf32>
  %t = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%s : tensor<2x16x32xf32>) outs(%e : tensor<2x16x32xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.mulf %a, %scale : f32
    linalg.yield %0 : f32
  } -> tensor<2x16x32xf32>
  %o = linalg.batch_matmul ins(%t, %v : tensor<2x16x32xf32>, tensor<2x32x5xf32>) outs(%zo : tensor<2x16x5xf32>) -> tensor<2x16x5xf32>
  return %o : tensor<2x16x5xf32>
}

// Two keys: the graph's order takes fewer.
// CHECK-LABEL: func @short(
// CHECK: linalg.batch_matmul {{.*}} -> tensor<2x3x2xf32>
// CHECK: linalg.batch_matmul {{.*}} -> tensor<2x3x5xf32>
func.func @short(%q: tensor<2x3x8xf32>, %kt: tensor<2x8x2xf32>, %v: tensor<2x2x5xf32>) -> tensor<2x3x5xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x3x2xf32>
  %eo = tensor.empty() : tensor<2x3x5xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<2x3x8xf32>, tensor<2x8x2xf32>) outs(%z : tensor<2x3x2xf32>) -> tensor<2x3x2xf32>
  %o = linalg.batch_matmul ins(%s, %v : tensor<2x3x2xf32>, tensor<2x2x5xf32>) outs(%zo : tensor<2x3x5xf32>) -> tensor<2x3x5xf32>
  return %o : tensor<2x3x5xf32>
}
