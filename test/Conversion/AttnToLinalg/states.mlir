// RUN: attn-opt %s --convert-attn-to-linalg --split-input-file | FileCheck %s

// CHECK-LABEL: func.func @init(
// CHECK-SAME: %[[N:.*]]: index
// CHECK-DAG: %[[INF:.*]] = arith.constant 0xFF800000 : f32
// CHECK-DAG: %[[ZERO:.*]] = arith.constant 0.000000e+00 : f32
// CHECK-DAG: %[[ROWS:.*]] = tensor.empty(%[[N]]) : tensor<1x2x?xf32>
// CHECK-DAG: linalg.fill ins(%[[INF]] : f32) outs(%[[ROWS]]
// CHECK-DAG: linalg.fill ins(%[[ZERO]] : f32) outs(%{{.*}} : tensor<1x2x?x8xf32>)
func.func @init(%n: index) -> (tensor<1x2x?x8xf32>, tensor<1x2x?xf32>, tensor<1x2x?xf32>) {
  %acc, %max, %sum = attn.init_state (%n) : tensor<1x2x?x8xf32>, tensor<1x2x?xf32>
  return %acc, %max, %sum : tensor<1x2x?x8xf32>, tensor<1x2x?xf32>, tensor<1x2x?xf32>
}

// -----

// The old state enters maximum, sum and acc; a maximum of -inf carries nothing
// over, not even exp(-inf - -inf), and what underflows is the least positive number.
// CHECK-LABEL: func.func @attend(
// CHECK-SAME: %[[ACC:[^:]*]]: tensor<1x4x3x4xf32>, %[[MAX:[^:]*]]: tensor<1x4x3xf32>, %[[SUM:[^:]*]]: tensor<1x4x3xf32>)
// CHECK: %[[OLD:.*]] = tensor.expand_shape %[[MAX]]
// CHECK: %[[NEW:.*]] = linalg.generic {{.*}} outs(%[[OLD]]
// CHECK: arith.maximumf
// CHECK: tensor.expand_shape %[[SUM]]
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[OLD]], %[[NEW]]
// CHECK:   math.exp
// CHECK:   %[[UNDERFLOWS:.*]] = arith.cmpf olt
// CHECK:   %[[KEPT:.*]] = arith.select %[[UNDERFLOWS]]
// CHECK:   %[[SEEN:.*]] = arith.cmpf une
// CHECK:   %[[FACTOR:.*]] = arith.select %[[SEEN]], %[[KEPT]]
// CHECK:   arith.mulf %{{.*}}, %[[FACTOR]]
// CHECK: tensor.expand_shape %[[ACC]]
func.func @attend(%q: tensor<1x4x3x8xbf16>, %k: tensor<1x2x5x8xbf16>, %v: tensor<1x2x5x4xbf16>,
    %acc: tensor<1x4x3x4xf32>, %max: tensor<1x4x3xf32>, %sum: tensor<1x4x3xf32>)
    -> (tensor<1x4x3x4xf32>, tensor<1x4x3xf32>, tensor<1x4x3xf32>) {
  %a, %m, %l = attn.attend %q, %k, %v into %acc, %max, %sum scale 0.5
    : tensor<1x4x3x8xbf16>, tensor<1x2x5x8xbf16>, tensor<1x2x5x4xbf16> -> tensor<1x4x3x4xf32>, tensor<1x4x3xf32>
  return %a, %m, %l : tensor<1x4x3x4xf32>, tensor<1x4x3xf32>, tensor<1x4x3xf32>
}

// -----

// CHECK-LABEL: func.func @merge(
// CHECK-DAG: cf.assert %{{.*}}, "expected dimension 2 of rhs_acc to equal dimension 2 of lhs_acc"
// CHECK-DAG: cf.assert %{{.*}}, "expected dimension 2 of rhs_sum to equal dimension 2 of lhs_acc"
// CHECK: linalg.generic
// CHECK-COUNT-2: arith.select
// CHECK: arith.addf
func.func @merge(%a: tensor<1x2x?x4xf32>, %m: tensor<1x2x?xf32>, %b: tensor<1x2x?x4xf32>, %n: tensor<1x2x?xf32>)
    -> (tensor<1x2x?x4xf32>, tensor<1x2x?xf32>, tensor<1x2x?xf32>) {
  %0, %1, %2 = attn.merge_states (%a, %m, %m), (%b, %n, %n) : tensor<1x2x?x4xf32>, tensor<1x2x?xf32>
  return %0, %1, %2 : tensor<1x2x?x4xf32>, tensor<1x2x?xf32>, tensor<1x2x?xf32>
}

// -----

// Divided once a row. Without a sink the maximum matters to the lse only, and where it says that the
// state is empty (D2).
// CHECK-DAG: #[[$OUT:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d2, d1, d3)>
// CHECK-LABEL: func.func @finalize(
// CHECK-NOT: math.exp
// CHECK: %[[SCALE:.*]] = linalg.generic
// CHECK: arith.divf
// CHECK: linalg.generic {indexing_maps = [{{.*}}, #[[$OUT]]]{{.*}} ins(%{{.*}}, %{{.*}}, %[[SCALE]]
// CHECK: %[[X:.*]] = arith.mulf
// CHECK: %[[EMPTY:.*]] = arith.cmpf oeq
// CHECK: %[[O:.*]] = arith.select %[[EMPTY]], %{{.*}}, %[[X]]
// CHECK: arith.truncf %[[O]] : f32 to f16
// CHECK: linalg.generic
// CHECK: math.log
func.func @finalize(%a: tensor<1x2x3x4xf32>, %m: tensor<1x2x3xf32>, %l: tensor<1x2x3xf32>)
    -> (tensor<1x3x2x4xf16>, tensor<1x2x3xf32>) {
  %o, %lse = attn.finalize_state %a, %m, %l layout output [batch, sequence, head, feature]
    : tensor<1x2x3x4xf32>, tensor<1x2x3xf32> -> (tensor<1x3x2x4xf16>, lse tensor<1x2x3xf32>)
  return %o, %lse : tensor<1x3x2x4xf16>, tensor<1x2x3xf32>
}

// -----

// CHECK-LABEL: func.func @finalize_sink(
// CHECK: linalg.generic
// CHECK: arith.maximumf
// CHECK-COUNT-2: math.exp
// CHECK: arith.divf
func.func @finalize_sink(%a: tensor<1x2x3x4xf32>, %m: tensor<1x2x3xf32>, %l: tensor<1x2x3xf32>, %s: tensor<2xf32>)
    -> tensor<1x2x3x4xf32> {
  %o = attn.finalize_state %a, %m, %l sink %s
    : tensor<1x2x3x4xf32>, tensor<1x2x3xf32>, sink tensor<2xf32> -> (tensor<1x2x3x4xf32>)
  return %o : tensor<1x2x3x4xf32>
}
