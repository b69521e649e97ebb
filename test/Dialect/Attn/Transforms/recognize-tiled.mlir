// Keys and values whose heads stand again and again, so that query head h reads head h mod 2: queries are put in an order in which
// those that share a head are neighbors, and outputs back, so that keys and values are not copied.
// RUN: attn-opt %s -attn-recognize -canonicalize | FileCheck %s
// RUN: attn-opt %s "-attn-recognize=leave=grouping" -canonicalize | FileCheck %s --check-prefix=LEFT
// RUN: attn-run %s --function=tiled --random-inputs --seed=1 --compare=reference | FileCheck %s --check-prefix=AGREE
// AGREE: agree

#k = affine_map<(b, t, h, j, d) -> (b, h, j, d)>
#tiled = affine_map<(b, t, h, j, d) -> (b, t, h, j, d)>
#qk = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#kk = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#ij = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#id = affine_map<(b, h, i, j) -> (b, h, i, j)>
#head = affine_map<(b, h, i, j) -> (h)>

// The slope is that of the graph's head: that of head p of the op is 2 (p mod 2) + p floordiv 2.
// CHECK-LABEL: func @tiled(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<2x4x3x8xf32>, %[[K:[a-z0-9]+]]: tensor<2x2x5x8xf32>, %[[V:[a-z0-9]+]]: tensor<2x2x5x6xf32>,
// CHECK-SAME: %[[SLOPES:[a-z0-9]+]]: tensor<4xf32>
// CHECK: %[[SPLIT:.*]] = tensor.expand_shape %[[Q]] {{\[\[}}0], [1, 2], [3], [4]] output_shape [2, 2, 2, 3, 8]
// CHECK: %[[TURNED:.*]] = linalg.transpose ins(%[[SPLIT]] {{.*}} permutation = [0, 2, 1, 3, 4]
// CHECK: %[[QUERIES:.*]] = tensor.collapse_shape %[[TURNED]]
// CHECK: %[[O:.*]] = attn.attention %[[QUERIES]], %[[K]], %[[V]] scale
// CHECK-SAME: score (%{{.*}}: f32, %{{.*}}: index, %[[P:.*]]: index, %{{.*}}: index, %[[J:.*]]: index)
// CHECK-DAG: %[[TILE:.*]] = arith.remui %[[P]], %c2
// CHECK-DAG: %[[OWN:.*]] = arith.divui %[[P]], %c2
// CHECK-DAG: %[[FIRST:.*]] = arith.muli %[[TILE]], %c2
// CHECK: %[[H:.*]] = arith.addi %[[FIRST]], %[[OWN]]
// CHECK: tensor.extract %[[SLOPES]][%[[H]]]
// CHECK: %[[OSPLIT:.*]] = tensor.expand_shape %[[O]]
// CHECK: %[[BACK:.*]] = linalg.transpose ins(%[[OSPLIT]] {{.*}} permutation = [0, 2, 1, 3, 4]
// CHECK: %[[R:.*]] = tensor.collapse_shape %[[BACK]]
// CHECK: return %[[R]]
// LEFT-LABEL: func @tiled(
// LEFT-NOT: linalg.transpose
// LEFT: attn.attention
// LEFT: } : tensor<2x4x3x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x6xf32>
func.func @tiled(%q: tensor<2x4x3x8xf32>, %k: tensor<2x2x5x8xf32>, %v: tensor<2x2x5x6xf32>, %slopes: tensor<4xf32>) -> tensor<2x4x3x6xf32> {
  %zero = arith.constant 0.0 : f32
  %ek = tensor.empty() : tensor<2x2x2x5x8xf32>
  %k5 = linalg.generic {indexing_maps = [#k, #tiled], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<2x2x5x8xf32>) outs(%ek : tensor<2x2x2x5x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    linalg.yield %x : f32
  } -> tensor<2x2x2x5x8xf32>
  %ev = tensor.empty() : tensor<2x2x2x5x6xf32>
  %v5 = linalg.generic {indexing_maps = [#k, #tiled], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%v : tensor<2x2x5x6xf32>) outs(%ev : tensor<2x2x2x5x6xf32>) {
  ^bb0(%x: f32, %o: f32):
    linalg.yield %x : f32
  } -> tensor<2x2x2x5x6xf32>
  %k4 = tensor.collapse_shape %k5 [[0], [1, 2], [3], [4]] : tensor<2x2x2x5x8xf32> into tensor<2x4x5x8xf32>
  %v4 = tensor.collapse_shape %v5 [[0], [1, 2], [3], [4]] : tensor<2x2x2x5x6xf32> into tensor<2x4x5x6xf32>
  %e = tensor.empty() : tensor<2x4x3x5xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4x3x5xf32>) -> tensor<2x4x3x5xf32>
  %s = linalg.generic {indexing_maps = [#qk, #kk, #ij], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k4 : tensor<2x4x3x8xf32>, tensor<2x4x5x8xf32>) outs(%z : tensor<2x4x3x5xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %o, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x4x3x5xf32>
  %t = linalg.generic {indexing_maps = [#id, #head, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%s, %slopes : tensor<2x4x3x5xf32>, tensor<4xf32>) outs(%e : tensor<2x4x3x5xf32>) {
  ^bb0(%a: f32, %slope: f32, %o: f32):
    %j = linalg.index 3 : index
    %w = arith.index_cast %j : index to i64
    %f = arith.sitofp %w : i64 to f32
    %bias = arith.mulf %slope, %f : f32
    %0 = arith.addf %a, %bias : f32
    linalg.yield %0 : f32
  } -> tensor<2x4x3x5xf32>
  %p = linalg.softmax dimension(3) ins(%t : tensor<2x4x3x5xf32>) outs(%e : tensor<2x4x3x5xf32>) -> tensor<2x4x3x5xf32>
  %eo = tensor.empty() : tensor<2x4x3x6xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x4x3x6xf32>) -> tensor<2x4x3x6xf32>
  %r = linalg.generic {indexing_maps = [#ij, #kk, #qk], iterator_types = ["parallel", "parallel", "parallel", "reduction", "parallel"]}
      ins(%p, %v4 : tensor<2x4x3x5xf32>, tensor<2x4x5x6xf32>) outs(%zo : tensor<2x4x3x6xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %o, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x4x3x6xf32>
  return %r : tensor<2x4x3x6xf32>
}

// More queries than keys: keys and values are the smaller copy.
// CHECK-LABEL: func @more_queries(
// CHECK-NOT: linalg.transpose
// CHECK: attn.attention %{{.*}} : tensor<2x4x7x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>
func.func @more_queries(%q: tensor<2x4x7x8xf32>, %k: tensor<2x2x5x8xf32>) -> tensor<2x4x7x8xf32> {
  %zero = arith.constant 0.0 : f32
  %ek = tensor.empty() : tensor<2x2x2x5x8xf32>
  %k5 = linalg.generic {indexing_maps = [#k, #tiled], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<2x2x5x8xf32>) outs(%ek : tensor<2x2x2x5x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    linalg.yield %x : f32
  } -> tensor<2x2x2x5x8xf32>
  %k4 = tensor.collapse_shape %k5 [[0], [1, 2], [3], [4]] : tensor<2x2x2x5x8xf32> into tensor<2x4x5x8xf32>
  %e = tensor.empty() : tensor<2x4x7x5xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4x7x5xf32>) -> tensor<2x4x7x5xf32>
  %s = linalg.generic {indexing_maps = [#qk, #kk, #ij], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k4 : tensor<2x4x7x8xf32>, tensor<2x4x5x8xf32>) outs(%z : tensor<2x4x7x5xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %o, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x4x7x5xf32>
  %p = linalg.softmax dimension(3) ins(%s : tensor<2x4x7x5xf32>) outs(%e : tensor<2x4x7x5xf32>) -> tensor<2x4x7x5xf32>
  %eo = tensor.empty() : tensor<2x4x7x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x4x7x8xf32>) -> tensor<2x4x7x8xf32>
  %r = linalg.generic {indexing_maps = [#ij, #kk, #qk], iterator_types = ["parallel", "parallel", "parallel", "reduction", "parallel"]}
      ins(%p, %k4 : tensor<2x4x7x5xf32>, tensor<2x4x5x8xf32>) outs(%zo : tensor<2x4x7x8xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %o, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x4x7x8xf32>
  return %r : tensor<2x4x7x8xf32>
}
