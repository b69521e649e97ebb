// RUN: attn-opt %s --convert-attn-to-linalg --canonicalize --split-input-file | FileCheck %s

// The steps of the formula, in order, and no attn op left.
// CHECK-DAG: #[[$Q:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d5)>
// CHECK-DAG: #[[$K:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d4, d5)>
// CHECK-DAG: #[[$S:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d2, d3, d4)>
// CHECK-LABEL: func.func @plain(
// CHECK-SAME: %[[QUERY:.*]]: tensor<1x6x3x8xf32>, %[[KEY:.*]]: tensor<1x2x5x8xf32>, %[[VALUE:.*]]: tensor<1x2x5x4xf32>
// CHECK-NOT: attn.
// CHECK-DAG: %[[INF:.*]] = arith.constant 0xFF800000 : f32
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK-DAG: %[[SCALE:.*]] = arith.constant 0.353553385 : f32
// CHECK: %[[Q:.*]] = tensor.expand_shape %[[QUERY]] {{\[\[}}0], [1, 2], [3], [4]] output_shape [1, 2, 3, 3, 8]
// CHECK: %[[PRODUCT:.*]] = linalg.generic
// CHECK-SAME: indexing_maps = [#[[$Q]], #[[$K]], #[[$S]]]
// CHECK-SAME: ins(%[[Q]], %[[KEY]]
// CHECK: %[[MASKED:.*]] = linalg.generic {{.*}} outs(%[[PRODUCT]]
// CHECK:   arith.mulf %{{.*}}, %[[SCALE]]
// CHECK: %[[MAX:.*]] = linalg.generic {{.*}} ins(%[[MASKED]]
// CHECK:   arith.maximumf
// CHECK: %[[EXP:.*]] = linalg.generic {{.*}} ins(%[[MASKED]], %[[MAX]]
// CHECK:   math.exp
// CHECK:   arith.cmpf une, %{{.*}}, %[[INF]]
// CHECK:   arith.select
// CHECK: %[[SUM:.*]] = linalg.generic {{.*}} ins(%[[EXP]]
// CHECK: %[[WEIGHTS:.*]] = linalg.generic {{.*}} ins(%[[MASKED]], %[[SUM]] {{.*}} outs(%[[EXP]]
// CHECK:   arith.divf
// CHECK: %[[OUT:.*]] = linalg.generic {{.*}} ins(%[[WEIGHTS]], %[[MASKED]], %[[VALUE]]
// CHECK:   %[[TERM:.*]] = arith.select %{{.*}}, %{{.*}}, %[[ZERO]]
// CHECK:   arith.addf %{{.*}}, %[[TERM]]
// CHECK: %[[COLLAPSED:.*]] = tensor.collapse_shape %[[OUT]]
// CHECK: return %[[COLLAPSED]]
func.func @plain(%q: tensor<1x6x3x8xf32>, %k: tensor<1x2x5x8xf32>, %v: tensor<1x2x5x4xf32>)
    -> tensor<1x6x3x4xf32> {
  %o = attn.attention %q, %k, %v
    : tensor<1x6x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x4xf32> -> (tensor<1x6x3x4xf32>)
  return %o : tensor<1x6x3x4xf32>
}

// -----

// Regions stand in the step that masks, on positions of the whole op: the query
// head is kv head * group + head in group.
// CHECK-LABEL: func.func @regions(
// CHECK: linalg.generic
// CHECK: linalg.generic
// CHECK:   %[[KV:.*]] = linalg.index 1
// CHECK:   %[[FIRST:.*]] = arith.muli %[[KV]], %{{.*}}
// CHECK:   %[[G:.*]] = linalg.index 2
// CHECK:   %[[H:.*]] = arith.addi %[[FIRST]], %[[G]]
// CHECK:   tensor.extract %{{.*}}[%[[H]]]
// CHECK:   %[[J:.*]] = linalg.index 4
// CHECK:   %[[ATTENDS:.*]] = arith.cmpi slt, %[[J]], %{{.*}}
// CHECK:   arith.select %[[ATTENDS]], %{{.*}}, %{{.*}} : f32
// CHECK: math.exp
// CHECK: arith.divf
// CHECK: arith.mulf %{{.*}}, %{{.*}} : f32
func.func @regions(%q: tensor<1x6x3x8xf32>, %k: tensor<1x2x5x8xf32>, %slopes: tensor<6xf32>, %n: index)
    -> tensor<1x6x3x8xf32> {
  %o = attn.attention %q, %k, %k scale 0.3
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %slopes[%h] : tensor<6xf32>
      %1 = arith.addf %s, %0 : f32
      attn.yield %1 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.prefix %j length %n
      attn.yield %0 : i1
    }
    prob (%p: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = arith.mulf %p, %p : f32
      attn.yield %0 : f32
    }
    : tensor<1x6x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32> -> (tensor<1x6x3x8xf32>)
  return %o : tensor<1x6x3x8xf32>
}

// -----

// Layouts are indexing maps, never transposes; the output has the query's here. Accumulation is f32 (D5), and
// only results are rounded.
// CHECK-DAG: #[[$Q:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d3, d1, d2, d5)>
// CHECK-DAG: #[[$K:.*]] = affine_map<(d0, d1, d2, d3, d4, d5) -> (d0, d1, d5, d4)>
// CHECK-LABEL: func.func @layouts(
// CHECK-NOT: linalg.transpose
// CHECK: linalg.generic {indexing_maps = [#[[$Q]], #[[$K]],
// CHECK: arith.extf %{{.*}} : bf16 to f32
// CHECK: linalg.generic {indexing_maps = [{{.*}}, #[[$Q]]], {{.*}} outs(%{{.*}} : tensor<2x3x2x2x8xf32>)
// CHECK: arith.truncf %{{.*}} : f32 to bf16
// CHECK: tensor.collapse_shape %{{.*}} {{\[\[}}0], [1], [2, 3], [4]]
func.func @layouts(%q: tensor<2x3x4x8xbf16>, %k: tensor<2x2x8x5xbf16>, %v: tensor<2x2x5x8xbf16>)
    -> tensor<2x3x4x8xbf16> {
  %o = attn.attention %q, %k, %v
    layout query [batch, sequence, head, feature] key [batch, head, feature, sequence]
           output [batch, sequence, head, feature]
    : tensor<2x3x4x8xbf16>, tensor<2x2x8x5xbf16>, tensor<2x2x5x8xbf16> -> (tensor<2x3x4x8xbf16>)
  return %o : tensor<2x3x4x8xbf16>
}

// -----

// Sizes that only a run can tell apart are checked, with all that divides.
// CHECK-LABEL: func.func @dynamic(
// CHECK-DAG: cf.assert %{{.*}}, "expected dimension 0 of key to equal dimension 0 of query"
// CHECK-DAG: cf.assert %{{.*}}, "expected dimension 3 of key to equal dimension 3 of query"
// CHECK-DAG: cf.assert %{{.*}}, "expected dimension 2 of value to equal dimension 2 of key"
// CHECK-DAG: cf.assert %{{.*}}, "expected dimension 1 of value to equal dimension 1 of key"
// CHECK-DAG: cf.assert %{{.*}}, "expected the number of query heads to be a multiple of the number of key heads"
// CHECK-DAG: cf.assert %{{.*}}, "expected dimension 0 of sink to equal dimension 1 of query"
// CHECK: tensor.expand_shape
// CHECK: math.sqrt
func.func @dynamic(%q: tensor<?x?x?x?xf32>, %k: tensor<?x?x?x?xf32>, %v: tensor<?x?x?x?xf32>, %s: tensor<?xf32>)
    -> tensor<?x?x?x?xf32> {
  %o = attn.attention %q, %k, %v sink %s
    : tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, sink tensor<?xf32> -> (tensor<?x?x?x?xf32>)
  return %o : tensor<?x?x?x?xf32>
}

// -----

// A size that one tensor knows is everybody's; the others are checked against
// it. One of kv heads and group is static: a view by tensor.expand_shape.
// CHECK-LABEL: func.func @partly_static(
// CHECK-DAG: cf.assert %{{.*}}, "expected dimension 0 of query to equal dimension 0 of output"
// CHECK-DAG: cf.assert %{{.*}}, "expected dimension 0 of value to equal dimension 0 of output"
// CHECK: tensor.expand_shape %{{.*}} : tensor<?x?x3x8xf32> into tensor<?x2x?x3x8xf32>
func.func @partly_static(%q: tensor<?x?x3x8xf32>, %k: tensor<?x2x5x8xf32>, %v: tensor<?x2x5x8xf32>)
    -> tensor<4x?x3x8xf32> {
  %o = attn.attention %q, %k, %v
    : tensor<?x?x3x8xf32>, tensor<?x2x5x8xf32>, tensor<?x2x5x8xf32> -> (tensor<4x?x3x8xf32>)
  return %o : tensor<4x?x3x8xf32>
}

// -----

// The sink joins maximum and sum, once (D11); a sink of -inf joins nothing.
// CHECK-LABEL: func.func @sink(
// CHECK: %[[SINK:.*]] = tensor.expand_shape %{{.*}} : tensor<4xf16> into tensor<2x2xf16>
// CHECK: %[[START:.*]] = linalg.generic {{.*}} ins(%[[SINK]]
// CHECK: %[[MAX:.*]] = linalg.generic {{.*}} outs(%[[START]]
// CHECK: arith.maximumf
// CHECK: %[[JOINED:.*]] = linalg.generic {{.*}} ins(%[[SINK]], %[[MAX]]
// CHECK: arith.select
// CHECK: linalg.generic {{.*}} outs(%[[JOINED]]
func.func @sink(%q: tensor<1x4x3x8xf32>, %k: tensor<1x2x5x8xf32>, %s: tensor<4xf16>) -> tensor<1x4x3x8xf32> {
  %o = attn.attention %q, %k, %k sink %s
    : tensor<1x4x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32>, sink tensor<4xf16> -> (tensor<1x4x3x8xf32>)
  return %o : tensor<1x4x3x8xf32>
}

// -----

// The intermediate stage is the region's second value, before the mask.
// CHECK-LABEL: func.func @intermediate(
// CHECK: %[[BOTH:.*]]:2 = linalg.generic
// CHECK:   %[[S:.*]] = arith.mulf
// CHECK:   %[[T:.*]] = arith.addf %[[S]], %[[S]]
// CHECK:   %[[STAGE:.*]] = arith.truncf %[[S]] : f32 to f16
// CHECK:   linalg.yield %[[T]], %[[STAGE]]
// CHECK: return %{{.*}}, %[[BOTH]]#1
func.func @intermediate(%q: tensor<1x2x3x8xf16>, %k: tensor<1x2x5x8xf16>)
    -> (tensor<1x2x3x8xf16>, tensor<1x2x3x5xf16>) {
  %o, %s = attn.attention %q, %k, %k
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = arith.addf %s, %s : f32
      attn.yield %0, %s : f32, f32
    }
    : tensor<1x2x3x8xf16>, tensor<1x2x5x8xf16>, tensor<1x2x5x8xf16>
    -> (tensor<1x2x3x8xf16>, intermediate tensor<1x2x3x5xf16>)
  return %o, %s : tensor<1x2x3x8xf16>, tensor<1x2x3x5xf16>
}
