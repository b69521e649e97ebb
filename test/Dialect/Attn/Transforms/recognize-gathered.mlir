// Masks and biases that are gathered from tables: by the positions of a cache, and by buckets of distances.
// RUN: attn-opt %s -split-input-file -attn-recognize -canonicalize | FileCheck %s

// A causal buffer of which the rows at the cache's positions are taken: past + i for row i.
// CHECK-LABEL: func @rows_from_past_on(
// CHECK-SAME: %[[PAST:[a-z0-9]+]]: index)
// CHECK-NOT: tensor<3x6
// CHECK: attn.attention
// CHECK-SAME: mask (%{{.*}}: index, %{{.*}}: index, %[[I:.*]]: index, %[[J:.*]]: index)
// CHECK: %[[ATTENDS:.*]] = attn.causal %[[I]], %[[J]] offset %[[PAST]]
// CHECK-NEXT: attn.yield %[[ATTENDS]]
// CHECK-NOT: linalg.softmax
#id = affine_map<(i, j) -> (i, j)>
func.func @rows_from_past_on(%q: tensor<3x8xf32>, %kt: tensor<8x6xf32>, %v: tensor<6x8xf32>, %past: index) -> tensor<3x8xf32> {
  %buffer = arith.constant dense<[[1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], [1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 0, 0],
                                  [1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1]]> : tensor<6x6xi1>
  %ep = tensor.empty() : tensor<3xi64>
  %positions = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>], iterator_types = ["parallel"]} outs(%ep : tensor<3xi64>) {
  ^bb0(%o: i64):
    %i = linalg.index 0 : index
    %p = arith.addi %i, %past : index
    %w = arith.index_cast %p : index to i64
    linalg.yield %w : i64
  } -> tensor<3xi64>
  %em = tensor.empty() : tensor<3x6xi1>
  %mask = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%em : tensor<3x6xi1>) {
  ^bb0(%o: i1):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %w = tensor.extract %positions[%i] : tensor<3xi64>
    %p = arith.index_cast %w : i64 to index
    %keep = tensor.extract %buffer[%p, %j] : tensor<6x6xi1>
    linalg.yield %keep : i1
  } -> tensor<3x6xi1>
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<3x6xf32>
  %eo = tensor.empty() : tensor<3x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x6xf32>) -> tensor<3x6xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<3x8xf32>) -> tensor<3x8xf32>
  %s = linalg.matmul ins(%q, %kt : tensor<3x8xf32>, tensor<8x6xf32>) outs(%z : tensor<3x6xf32>) -> tensor<3x6xf32>
  %t = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%s, %mask : tensor<3x6xf32>, tensor<3x6xi1>) outs(%e : tensor<3x6xf32>) {
  ^bb0(%a: f32, %keep: i1, %o: f32):
    %0 = arith.select %keep, %a, %lowest : f32
    linalg.yield %0 : f32
  } -> tensor<3x6xf32>
  %p = linalg.softmax dimension(1) ins(%t : tensor<3x6xf32>) outs(%e : tensor<3x6xf32>) -> tensor<3x6xf32>
  %r = linalg.matmul ins(%p, %v : tensor<3x6xf32>, tensor<6x8xf32>) outs(%zo : tensor<3x8xf32>) -> tensor<3x8xf32>
  return %r : tensor<3x8xf32>
}

// -----

// The positions are data: each row reads its own.
// CHECK-LABEL: func @rows_at_data(
// CHECK-SAME: %[[POSITIONS:[a-z0-9]+]]: tensor<3xi64>)
// CHECK-NOT: tensor<3x6
// CHECK: attn.attention
// CHECK-SAME: mask (%{{.*}}: index, %{{.*}}: index, %[[I:.*]]: index, %[[J:.*]]: index)
// CHECK: tensor.extract %[[POSITIONS]][%[[I]]]
// CHECK: arith.cmpi
// CHECK: attn.yield
// CHECK-NOT: linalg.softmax
#id = affine_map<(i, j) -> (i, j)>
func.func @rows_at_data(%q: tensor<3x8xf32>, %kt: tensor<8x6xf32>, %v: tensor<6x8xf32>, %positions: tensor<3xi64>) -> tensor<3x8xf32> {
  %buffer = arith.constant dense<[[1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0], [1, 1, 1, 0, 0, 0], [1, 1, 1, 1, 0, 0],
                                  [1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1]]> : tensor<6x6xi1>
  %em = tensor.empty() : tensor<3x6xi1>
  %mask = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%em : tensor<3x6xi1>) {
  ^bb0(%o: i1):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %w = tensor.extract %positions[%i] : tensor<3xi64>
    %p = arith.index_cast %w : i64 to index
    %keep = tensor.extract %buffer[%p, %j] : tensor<6x6xi1>
    linalg.yield %keep : i1
  } -> tensor<3x6xi1>
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<3x6xf32>
  %eo = tensor.empty() : tensor<3x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x6xf32>) -> tensor<3x6xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<3x8xf32>) -> tensor<3x8xf32>
  %s = linalg.matmul ins(%q, %kt : tensor<3x8xf32>, tensor<8x6xf32>) outs(%z : tensor<3x6xf32>) -> tensor<3x6xf32>
  %t = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%s, %mask : tensor<3x6xf32>, tensor<3x6xi1>) outs(%e : tensor<3x6xf32>) {
  ^bb0(%a: f32, %keep: i1, %o: f32):
    %0 = arith.select %keep, %a, %lowest : f32
    linalg.yield %0 : f32
  } -> tensor<3x6xf32>
  %p = linalg.softmax dimension(1) ins(%t : tensor<3x6xf32>) outs(%e : tensor<3x6xf32>) -> tensor<3x6xf32>
  %r = linalg.matmul ins(%p, %v : tensor<3x6xf32>, tensor<6x8xf32>) outs(%zo : tensor<3x8xf32>) -> tensor<3x8xf32>
  return %r : tensor<3x8xf32>
}

// -----

// T5: near distances have a bucket each, far ones share them by their logarithm. Buckets are asked once for each distance, and
// the region reads what is learned at [head, distance].
// CHECK-LABEL: func @buckets(
// CHECK-SAME: %[[LEARNED:[a-z0-9]+]]: tensor<8x3xf32>)
// CHECK: %[[BIAS:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<3x9xf32>)
// CHECK: math.log
// CHECK: tensor.extract %[[LEARNED]]
// CHECK: attn.attention
// CHECK-SAME: score (%{{.*}}: f32, %[[H:.*]]: index, %{{.*}}: index, %[[I:.*]]: index, %[[J:.*]]: index)
// CHECK: %[[D:.*]] = arith.subi %[[J]], %[[I]]
// CHECK: %[[AT:.*]] = arith.addi %[[D]], %c4
// CHECK: tensor.extract %[[BIAS]][%[[H]], %[[AT]]]
// CHECK-NOT: math.log
// CHECK-NOT: linalg.softmax
#id = affine_map<(h, i, j) -> (h, i, j)>
func.func @buckets(%q: tensor<3x5x8xf32>, %kt: tensor<3x8x5xf32>, %v: tensor<3x5x8xf32>, %learned: tensor<8x3xf32>) -> tensor<3x5x8xf32> {
  %ed = tensor.empty() : tensor<5x5xi64>
  %bucket = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      outs(%ed : tensor<5x5xi64>) {
  ^bb0(%o: i64):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %zero = arith.constant 0 : i64
    %near = arith.constant 4 : i64
    %last = arith.constant 7 : i64
    %four = arith.constant 4.0 : f32
    %scale = arith.constant 5.77078 : f32
    %behind = arith.subi %i, %j : index
    %w = arith.index_cast %behind : index to i64
    %n = arith.maxsi %w, %zero : i64
    %f = arith.sitofp %n : i64 to f32
    %quotient = arith.divf %f, %four : f32
    %log = math.log %quotient : f32
    %scaled = arith.mulf %log, %scale : f32
    %whole = arith.fptosi %scaled : f32 to i64
    %far = arith.addi %whole, %near : i64
    %least = arith.minsi %far, %last : i64
    %isnear = arith.cmpi slt, %n, %near : i64
    %b = arith.select %isnear, %n, %least : i64
    linalg.yield %b : i64
  } -> tensor<5x5xi64>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x5x5xf32>
  %eo = tensor.empty() : tensor<3x5x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x5x5xf32>) -> tensor<3x5x5xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<3x5x8xf32>) -> tensor<3x5x8xf32>
  %bias = linalg.generic {indexing_maps = [affine_map<(h, i, j) -> (i, j)>, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%bucket : tensor<5x5xi64>) outs(%e : tensor<3x5x5xf32>) {
  ^bb0(%b: i64, %o: f32):
    %h = linalg.index 0 : index
    %at = arith.index_cast %b : i64 to index
    %x = tensor.extract %learned[%at, %h] : tensor<8x3xf32>
    linalg.yield %x : f32
  } -> tensor<3x5x5xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<3x5x8xf32>, tensor<3x8x5xf32>) outs(%z : tensor<3x5x5xf32>) -> tensor<3x5x5xf32>
  %t = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%s, %bias : tensor<3x5x5xf32>, tensor<3x5x5xf32>) outs(%e : tensor<3x5x5xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.addf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<3x5x5xf32>
  %p = linalg.softmax dimension(2) ins(%t : tensor<3x5x5xf32>) outs(%e : tensor<3x5x5xf32>) -> tensor<3x5x5xf32>
  %r = linalg.batch_matmul ins(%p, %v : tensor<3x5x5xf32>, tensor<3x5x8xf32>) outs(%zo : tensor<3x5x8xf32>) -> tensor<3x5x8xf32>
  return %r : tensor<3x5x8xf32>
}
