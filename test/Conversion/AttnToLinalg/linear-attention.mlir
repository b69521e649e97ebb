// RUN: attn-opt %s --split-input-file --convert-attn-to-linalg --canonicalize | FileCheck %s

// D15: decay, delta read, update, output, in this order, token by token.
// CHECK-LABEL: func @gated_delta
// CHECK-SAME:    %[[Q:.*]]: tensor<1x4x6x8xf32>, %[[K:.*]]: tensor<1x2x6x8xf32>, %[[V:.*]]: tensor<1x2x6x5xf32>, %[[G:.*]]: tensor<1x2x6xf32>, %[[B:.*]]: tensor
// CHECK-DAG:     %[[SCALE:.*]] = arith.constant 0.353553385 : f32
// CHECK-DAG:     %[[GROUP:.*]] = arith.constant 2 : index
// CHECK:         %[[ZERO:.*]] = linalg.fill
// CHECK:         %[[LOOP:.*]]:2 = scf.for %[[I:.*]] = {{.*}} iter_args({{.*}}, %[[S:.*]] = %[[ZERO]])
// CHECK:           %[[GI:.*]] = tensor.extract_slice %[[G]][0, 0, %[[I]]]
// CHECK:           %[[DECAYED:.*]] = linalg.generic {{.*}} ins(%[[GI]] : {{.*}} outs(%[[S]] :
// CHECK:             math.exp
// CHECK:           %[[KI:.*]] = tensor.extract_slice %[[K]][0, 0, %[[I]], 0]
// CHECK:           %[[READ:.*]] = linalg.generic {{.*}}"reduction"{{.*}} ins(%[[DECAYED]], %[[KI]] :
// CHECK:           %[[WRITTEN:.*]] = linalg.generic {{.*}} outs(%[[READ]] :
// CHECK:             arith.subf
// CHECK:           %[[NEXT:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %[[WRITTEN]] : {{.*}} outs(%[[DECAYED]] :
// CHECK:           linalg.generic {{.*}}"reduction"
// CHECK:             %[[H:.*]] = linalg.index 1
// CHECK:             %[[KV:.*]] = arith.divsi %[[H]], %[[GROUP]]
// CHECK:             tensor.extract %[[NEXT]][%{{.*}}, %[[KV]],
// CHECK:           linalg.generic
// CHECK:             arith.mulf %{{.*}}, %[[SCALE]]
// CHECK:           %[[OUT:.*]] = tensor.insert_slice %{{.*}}[0, 0, %[[I]], 0]
// CHECK:           scf.yield %[[OUT]], %[[NEXT]]
// CHECK:         return %[[LOOP]]#0, %[[LOOP]]#1
func.func @gated_delta(%q: tensor<1x4x6x8xf32>, %k: tensor<1x2x6x8xf32>, %v: tensor<1x2x6x5xf32>,
    %g: tensor<1x2x6xf32>, %b: tensor<1x2x6xf32>) -> (tensor<1x4x6x5xf32>, tensor<1x2x8x5xf32>) {
  %o, %s = attn.linear_attention gated_delta %q, %k, %v decay %g beta %b
    : tensor<1x4x6x8xf32>, tensor<1x2x6x8xf32>, tensor<1x2x6x5xf32>,
      decay tensor<1x2x6xf32>, beta tensor<1x2x6xf32>
    -> (tensor<1x4x6x5xf32>, state tensor<1x2x8x5xf32>)
  return %o, %s : tensor<1x4x6x5xf32>, tensor<1x2x8x5xf32>
}

// -----

// The recurrence is f32, the states have their own types.
// CHECK-LABEL: func @state_types
// CHECK:         %[[FIRST:.*]] = linalg.generic {{.*}} ins(%{{.*}} : tensor<1x1x2x3xf16>) outs(%{{.*}} : tensor<1x1x2x3xf32>)
// CHECK:         %[[LOOP:.*]]:2 = scf.for {{.*}} -> (tensor<1x1x4x3xbf16>, tensor<1x1x2x3xf32>)
// CHECK:         linalg.generic {{.*}} ins(%[[LOOP]]#1 : tensor<1x1x2x3xf32>) outs(%{{.*}} : tensor<1x1x2x3xf16>)
func.func @state_types(%q: tensor<1x1x4x2xbf16>, %v: tensor<1x1x4x3xbf16>, %s: tensor<1x1x2x3xf16>)
    -> (tensor<1x1x4x3xbf16>, tensor<1x1x2x3xf16>) {
  %o, %n = attn.linear_attention linear %q, %q, %v state %s
    : tensor<1x1x4x2xbf16>, tensor<1x1x4x2xbf16>, tensor<1x1x4x3xbf16>, state tensor<1x1x2x3xf16>
    -> (tensor<1x1x4x3xbf16>, state tensor<1x1x2x3xf16>)
  return %o, %n : tensor<1x1x4x3xbf16>, tensor<1x1x2x3xf16>
}

// -----

// One decay per row of the state; the loops of a step are (b, h, s, d, e).
// CHECK: #[[$ROW:.*]] = affine_map<(d0, d1, d2, d3, d4) -> (d0, d1, d2, d3)>
// CHECK-LABEL: func @decay_per_row
// CHECK:         %[[GI:.*]] = tensor.extract_slice %{{.*}} : tensor<1x1x4x2xf32> to tensor<1x1x1x2xf32>
// CHECK:         linalg.generic {indexing_maps = [#[[$ROW]], {{.*}} ins(%[[GI]] :
// CHECK:           math.exp
func.func @decay_per_row(%q: tensor<1x1x4x2xf32>, %v: tensor<1x1x4x3xf32>, %g: tensor<1x1x4x2xf32>)
    -> tensor<1x1x4x3xf32> {
  %o = attn.linear_attention gated %q, %q, %v decay %g scale 0.5
    : tensor<1x1x4x2xf32>, tensor<1x1x4x2xf32>, tensor<1x1x4x3xf32>, decay tensor<1x1x4x2xf32>
    -> tensor<1x1x4x3xf32>
  return %o : tensor<1x1x4x3xf32>
}

// -----

// CHECK-LABEL: func @layouts
// CHECK:         tensor.extract_slice %{{.*}}[0, %{{.*}}, 0, 0] [2, 1, 3, 4] {{.*}} to tensor<2x1x3x4xf32>
// CHECK:         tensor.insert_slice %{{.*}}[%{{.*}}, 0, 0, 0] [1, 2, 3, 4] {{.*}} into tensor<7x2x3x4xf32>
func.func @layouts(%q: tensor<2x7x3x4xf32>) -> tensor<7x2x3x4xf32> {
  %o = attn.linear_attention linear %q, %q, %q
    layout query [batch, sequence, head, feature] key [batch, sequence, head, feature]
      value [batch, sequence, head, feature] output [sequence, batch, head, feature]
    : tensor<2x7x3x4xf32>, tensor<2x7x3x4xf32>, tensor<2x7x3x4xf32> -> tensor<7x2x3x4xf32>
  return %o : tensor<7x2x3x4xf32>
}

// -----

// CHECK-LABEL: func @dynamic
// CHECK:         cf.assert %{{.*}}, "expected dimension 0 of query to equal dimension 0 of key"
// CHECK:         cf.assert %{{.*}}, "expected dimension 0 of value to equal dimension 0 of key"
// CHECK:         cf.assert %{{.*}}, "expected dimension 0 of beta to equal dimension 0 of key"
// CHECK:         cf.assert %{{.*}}, "expected dimension 1 of value to equal dimension 1 of key"
// CHECK:         cf.assert %{{.*}}, "expected dimension 1 of beta to equal dimension 1 of key"
// CHECK:         cf.assert %{{.*}}, "expected dimension 2 of query to equal dimension 2 of key"
// CHECK:         cf.assert %{{.*}}, "expected dimension 2 of beta to equal dimension 2 of key"
// CHECK:         cf.assert %{{.*}}, "expected dimension 3 of query to equal dimension 3 of key"
// CHECK:         cf.assert %{{.*}}, "expected dimension 2 of state to equal dimension 3 of key"
// CHECK:         cf.assert %{{.*}}, "expected dimension 3 of state to equal dimension 3 of value"
// CHECK:         cf.assert %{{.*}}, "expected the number of query heads to be a multiple of the number of key heads"
// CHECK:         math.sqrt
func.func @dynamic(%q: tensor<?x?x?x?xf64>, %k: tensor<?x?x?x?xf64>, %v: tensor<?x?x?x?xf64>,
    %b: tensor<?x?x?xf64>, %s: tensor<?x?x?x?xf64>) -> (tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>) {
  %o, %n = attn.linear_attention delta %q, %k, %v beta %b state %s
    : tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, beta tensor<?x?x?xf64>,
      state tensor<?x?x?x?xf64> -> (tensor<?x?x?x?xf64>, state tensor<?x?x?x?xf64>)
  return %o, %n : tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>
}
