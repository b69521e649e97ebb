// RUN: attn-opt %s -split-input-file -attn-tile='tile-query=8 tile-key=4' -canonicalize -cse | FileCheck %s

// Tiles from the last query on. Key tiles before the diagonal need no mask, those on it do, those after it are not visited.
// 13 keys: the last tile is smaller. Two query heads read one kv head.
// CHECK-DAG: #[[$FIRST:.*]] = affine_map<(d0) -> (d0 * -8 + 24)>
// CHECK-DAG: #[[$ROWS:.*]] = affine_map<(d0) -> (8, d0 * 8 + 5)>
// CHECK-DAG: #[[$GROUP:.*]] = affine_map<(d0) -> (d0 floordiv 2)>
// CHECK-DAG: #[[$TILES:.*]] = affine_map<(d0) -> (d0 * -2 + 8, 4)>
// CHECK-DAG: #[[$END:.*]] = affine_map<(d0) -> (13, d0 * 4)>
// CHECK-DAG: #[[$KEYS:.*]] = affine_map<(d0)[s0] -> (-d0 + s0, 4)>
// CHECK-LABEL: func.func @causal(
// CHECK-SAME: %[[Q:.*]]: tensor<2x4x29x16xf32>, %[[K:.*]]: tensor<2x2x13x16xf32>, %[[V:.*]]: tensor<2x2x13x6xf32>)
// CHECK: %[[EMPTY:.*]] = tensor.empty() : tensor<2x4x29x6xf32>
// CHECK: scf.forall (%[[B:.*]], %[[H:.*]], %[[N:.*]]) in (2, 4, 4) shared_outs(%[[OUT:.*]] = %[[EMPTY]])
// CHECK: %[[I:.*]] = affine.apply #[[$FIRST]](%[[N]])
// CHECK: %[[M:.*]] = affine.min #[[$ROWS]](%[[N]])
// CHECK: %[[G:.*]] = affine.apply #[[$GROUP]](%[[H]])
// CHECK: %[[QS:.*]] = tensor.extract_slice %[[Q]][%[[B]], %[[H]], %[[I]], 0] [1, 1, %[[M]], 16]
// CHECK: %[[QT:.*]] = bufferization.alloc_tensor() copy(%[[QS]]) {memory_space = #attn.scratch}
// CHECK: attn.init_state(%[[M]]) in scratch : tensor<1x1x?x6xf32>, tensor<1x1x?xf32>
// CHECK: %[[TILES:.*]] = affine.min #[[$TILES]](%[[N]])
// CHECK: %[[FULLEND:.*]] = affine.min #[[$END]]
// CHECK: scf.for %[[J:.*]] = %c0 to %[[FULLEND]] step %c4
// CHECK:   %[[L:.*]] = affine.min #[[$KEYS]](%[[J]])[%[[FULLEND]]]
// CHECK:   %[[KT:.*]] = tensor.extract_slice %[[K]][%[[B]], %[[G]], %[[J]], 0] [1, 1, %[[L]], 16]
// CHECK:   %[[VT:.*]] = tensor.extract_slice %[[V]][%[[B]], %[[G]], %[[J]], 0] [1, 1, %[[L]], 6]
// CHECK:   attn.attend %[[QT]], %[[KT]], %[[VT]] into
// CHECK-NOT: mask
// CHECK: %[[END:.*]] = affine.min #[[$END]](%[[TILES]])
// CHECK: %[[STATE:.*]]:3 = scf.for %[[J:.*]] = %{{.*}} to %[[END]] step %c4
// CHECK:   attn.attend {{.*}} mask (%{{.*}}: index, %{{.*}}: index, %[[IT:.*]]: index, %[[JT:.*]]: index)
// CHECK:     %[[IA:.*]] = arith.addi %[[IT]], %[[I]]
// CHECK:     %[[JA:.*]] = arith.addi %[[JT]], %[[J]]
// CHECK-DAG: %[[IN:.*]] = arith.index_cast %[[IA]] : index to i32
// CHECK-DAG: %[[JN:.*]] = arith.index_cast %[[JA]] : index to i32
// CHECK:     arith.cmpi sle, %[[JN]], %[[IN]]
// CHECK: %[[OT:.*]] = attn.finalize_state %[[STATE]]#0, %[[STATE]]#1, %[[STATE]]#2
// CHECK: tensor.parallel_insert_slice %[[OT]] into %[[OUT]][%[[B]], %[[H]], %[[I]], 0] [1, 1, %[[M]], 6]
func.func @causal(%q: tensor<2x4x29x16xf32>, %k: tensor<2x2x13x16xf32>, %v: tensor<2x2x13x6xf32>)
    -> tensor<2x4x29x6xf32> {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      attn.yield %0 : i1
    }
    : tensor<2x4x29x16xf32>, tensor<2x2x13x16xf32>, tensor<2x2x13x6xf32> -> (tensor<2x4x29x6xf32>)
  return %o : tensor<2x4x29x6xf32>
}

// -----

// What a region reads by b and h alone is read once for a query tile; a mask that is proved to be true is left out; tiles are not
// larger than the lengths, and loops of one turn go. Slices follow the layouts.
// CHECK-LABEL: func.func @layouts(
// CHECK-SAME: %[[Q:.*]]: tensor<1x6x2x16xbf16>, %[[K:.*]]: tensor<1x2x16x3xbf16>, %[[V:.*]]: tensor<1x2x3x6xbf16>, %[[BIAS:.*]]: tensor<2xf32>, %[[SINK:.*]]: tensor<2xf32>)
// CHECK: scf.forall (%[[H:.*]]) in (2)
// CHECK: tensor.extract_slice %[[Q]][0, 0, %[[H]], 0] [1, 6, 1, 16]
// CHECK: %[[ADD:.*]] = tensor.extract %[[BIAS]][%[[H]]]
// CHECK: attn.init_state in scratch : tensor<1x1x6x6xf32>, tensor<1x1x6xf32>
// CHECK: tensor.extract_slice %[[K]][0, %[[H]], 0, 0] [1, 1, 16, 3]
// CHECK: attn.attend {{.*}} scale 3.000000e-01 layout query [batch, sequence, head, feature] key [batch, head, feature, sequence]
// CHECK-SAME: score
// CHECK-NOT: mask
// CHECK: arith.addf %{{.*}}, %[[ADD]]
// CHECK: tensor.extract_slice %[[SINK]][%[[H]]] [1]
// CHECK: attn.finalize_state {{.*}} sink
// CHECK-SAME: -> (tensor<1x6x1x6xbf16>, lse tensor<1x1x6xf32>)
// CHECK: tensor.parallel_insert_slice {{.*}} [1, 6, 1, 6]
// CHECK: tensor.parallel_insert_slice {{.*}} [1, 1, 6]
func.func @layouts(%q: tensor<1x6x2x16xbf16>, %k: tensor<1x2x16x3xbf16>, %v: tensor<1x2x3x6xbf16>, %bias: tensor<2xf32>,
    %sink: tensor<2xf32>) -> (tensor<1x6x2x6xbf16>, tensor<1x2x6xf32>) {
  %o, %l = attn.attention %q, %k, %v sink %sink scale 0.3
    layout query [batch, sequence, head, feature] key [batch, head, feature, sequence] output [batch, sequence, head, feature]
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %bias[%h] : tensor<2xf32>
      %1 = arith.addf %s, %0 : f32
      attn.yield %1 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.window %i, %j left 5 right 2
      attn.yield %0 : i1
    }
    : tensor<1x6x2x16xbf16>, tensor<1x2x16x3xbf16>, tensor<1x2x3x6xbf16>, sink tensor<2xf32>
    -> (tensor<1x6x2x6xbf16>, lse tensor<1x2x6xf32>)
  return %o, %l : tensor<1x6x2x6xbf16>, tensor<1x2x6xf32>
}

// -----

// Sizes that are only known when run are checked before the loops, as are tensors that regions read; none is checked in them.
// CHECK-LABEL: func.func @dynamic(
// CHECK: cf.assert {{.*}}, "expected dimension 1 of query_segments to be at least dimension 2 of query"
// CHECK: cf.assert {{.*}}, "expected dimension 1 of key_segments to be at least dimension 2 of key"
// CHECK: cf.assert {{.*}}, "expected dimension 0 of value to equal dimension 0 of query"
// CHECK: scf.forall
// CHECK-NOT: cf.assert
// CHECK: attn.attend
// CHECK-NOT: cf.assert
// CHECK: return
func.func @dynamic(%q: tensor<?x2x?x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x16xf32>, %seg: tensor<?x?xi32>)
    -> tensor<?x2x?x16xf32> {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.same_segment %seg, %seg at %b, %i, %j : tensor<?x?xi32>, tensor<?x?xi32>
      attn.yield %0 : i1
    }
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32> -> (tensor<?x2x?x16xf32>)
  return %o : tensor<?x2x?x16xf32>
}

// -----

// A union is visited in runs, each tile once: global keys, then the window.
// CHECK-LABEL: func.func @union(
// CHECK: scf.forall
// CHECK-COUNT-5: step %c4
// CHECK-NOT: step
// CHECK: return
func.func @union(%q: tensor<1x1x256x16xf32>) -> tensor<1x1x256x16xf32> {
  %o = attn.attention %q, %q, %q
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.window %i, %j left 30 right 0
      %c9 = arith.constant 9 : index
      %1 = attn.prefix %j length %c9
      %2 = arith.ori %0, %1 : i1
      attn.yield %2 : i1
    }
    : tensor<1x1x256x16xf32>, tensor<1x1x256x16xf32>, tensor<1x1x256x16xf32> -> (tensor<1x1x256x16xf32>)
  return %o : tensor<1x1x256x16xf32>
}

// -----

// Nobody attends: no key is visited, and what is left is 0 (D2).
// CHECK-LABEL: func.func @nobody(
// CHECK: scf.forall
// CHECK-NOT: attn.
// CHECK: %[[O:.*]] = linalg.fill ins(%cst : f32)
// CHECK-NEXT: scf.forall.in_parallel
// CHECK-NEXT: tensor.parallel_insert_slice %[[O]]
func.func @nobody(%q: tensor<1x1x256x16xf32>) -> tensor<1x1x256x16xf32> {
  %o = attn.attention %q, %q, %q
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = arith.cmpi slt, %i, %j : index
      %1 = arith.cmpi slt, %j, %i : index
      %2 = arith.andi %0, %1 : i1
      attn.yield %2 : i1
    }
    : tensor<1x1x256x16xf32>, tensor<1x1x256x16xf32>, tensor<1x1x256x16xf32> -> (tensor<1x1x256x16xf32>)
  return %o : tensor<1x1x256x16xf32>
}

// -----

// One query: all query heads of a kv head in one tile; the score region's head counts from the first one. The keys are split into as many parts
// as there are tasks for, or as have enough keys, and the states of the parts are merged in order.
// CHECK-DAG: #[[$HEAD:.*]] = affine_map<(d0) -> (d0 * 4)>
// CHECK-DAG: #[[$FIRST:.*]] = affine_map<(d0) -> (d0 * 256)>
// CHECK-DAG: #[[$LAST:.*]] = affine_map<(d0) -> (d0 * 256 + 256)>
// CHECK-LABEL: func.func @decode(
// CHECK-SAME: %[[Q:.*]]: tensor<1x8x1x16xf32>, %[[K:[a-z0-9]*]]: tensor
// CHECK: tensor.empty() : tensor<4x1x8x1x16xf32>
// CHECK: %[[STATES:.*]]:3 = scf.forall (%[[G:.*]], %[[P:.*]]) in (2, 4)
// CHECK: %[[H:.*]] = affine.apply #[[$HEAD]](%[[G]])
// CHECK: tensor.extract_slice %[[Q]][0, %[[H]], 0, 0] [1, 4, 1, 16]
// CHECK: affine.apply #[[$FIRST]](%[[P]])
// CHECK: affine.apply #[[$LAST]](%[[P]])
// CHECK: tensor.extract_slice %[[K]][0, %[[G]],
// CHECK: attn.attend {{.*}} score (%{{[a-z0-9]*}}: f32, %{{[a-z0-9]*}}: index, %[[HT:[a-z0-9]*]]: index,
// CHECK:   arith.addi %[[HT]], %[[H]]
// CHECK: tensor.parallel_insert_slice %{{.*}} into %{{.*}}[%[[P]], 0, %[[H]], 0, 0] [1, 1, 4, 1, 16]
// CHECK: scf.for %[[N:.*]] = %c0 to %c4 step %c1
// CHECK:   tensor.extract_slice %[[STATES]]#0[%[[N]], 0, 0, 0, 0] [1, 1, 8, 1, 16]
// CHECK:   attn.merge_states
// CHECK: attn.finalize_state
// CHECK-NOT: scf.forall
func.func @decode(%q: tensor<1x8x1x16xf32>, %k: tensor<1x2x4096x16xf32>, %v: tensor<1x2x4096x16xf32>, %bias: tensor<8xf32>) -> tensor<1x8x1x16xf32> {
  %o = attn.attention %q, %k, %v
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %bias[%h] : tensor<8xf32>
      %1 = arith.addf %s, %0 : f32
      attn.yield %1 : f32
    }
    : tensor<1x8x1x16xf32>, tensor<1x2x4096x16xf32>, tensor<1x2x4096x16xf32> -> tensor<1x8x1x16xf32>
  return %o : tensor<1x8x1x16xf32>
}

// -----

// A mask that differs between heads has key tiles of its own for each.
// CHECK-LABEL: func.func @mask_by_head(
// CHECK: scf.forall (%{{.*}}) in (4)
func.func @mask_by_head(%q: tensor<1x4x1x16xf32>, %k: tensor<1x2x64x16xf32>, %v: tensor<1x2x64x16xf32>) -> tensor<1x4x1x16xf32> {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %h, %j
      attn.yield %0 : i1
    }
    : tensor<1x4x1x16xf32>, tensor<1x2x64x16xf32>, tensor<1x2x64x16xf32> -> tensor<1x4x1x16xf32>
  return %o : tensor<1x4x1x16xf32>
}
