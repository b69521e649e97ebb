// attn.attention and attn.attend tiled from outside, through TilingInterface: over batch, kv head, head in its group, and query.
// RUN: split-file %s %t
// RUN: attn-opt %t/heads.mlir -transform-interpreter -canonicalize -cse | FileCheck %s
// RUN: attn-opt %t/state.mlir -transform-interpreter -canonicalize -cse | FileCheck %s --check-prefix=STATE
// RUN: not attn-opt %t/groups.mlir -transform-interpreter 2>&1 | FileCheck %s --check-prefix=GROUPS
// RUN: not attn-opt %t/memory.mlir -transform-interpreter 2>&1 | FileCheck %s --check-prefix=MEMORY

// Heads 0, 1 of kv head 0 and heads 2, 3 of kv head 1, one by one; a sink, and the weights.
// CHECK-DAG: #[[$HEAD:.*]] = affine_map<()[s0, s1] -> (s0 * 2 + s1)>
// CHECK-DAG: #[[$FIRST:.*]] = affine_map<(d0) -> (d0 * 4)>
// CHECK-LABEL: func.func @heads(
// CHECK-SAME: %[[Q:.*]]: tensor<3x10x4x8xf32>, %[[K:.*]]: tensor<3x2x7x8xf32>, %[[V:.*]]: tensor<3x2x7x5xf32>, %[[SINK:.*]]: tensor<4xf32>)
// CHECK: scf.forall (%[[B:.*]], %[[G:.*]], %[[R:.*]], %[[N:.*]]) in (3, 2, 2, 3)
// CHECK: %[[I:.*]] = affine.apply #[[$FIRST]](%[[N]])
// CHECK: %[[M:.*]] = affine.min
// CHECK: %[[H:.*]] = affine.apply #[[$HEAD]]()[%[[G]], %[[R]]]
// CHECK: %[[QT:.*]] = tensor.extract_slice %[[Q]][%[[B]], %[[I]], %[[H]], 0] [1, %[[M]], 1, 8]
// CHECK: %[[KT:.*]] = tensor.extract_slice %[[K]][%[[B]], %[[G]], 0, 0] [1, 1, 7, 8]
// CHECK: %[[VT:.*]] = tensor.extract_slice %[[V]][%[[B]], %[[G]], 0, 0] [1, 1, 7, 5]
// CHECK: %[[ST:.*]] = tensor.extract_slice %[[SINK]][%[[H]]] [1]
// CHECK: attn.attention %[[QT]], %[[KT]], %[[VT]] sink %[[ST]] {{.*}} mask (%[[BT:.*]]: index, %[[HT:.*]]: index, %[[IT:.*]]: index, %[[JT:.*]]: index)
// CHECK:   %[[IA:.*]] = arith.addi %[[IT]], %[[I]]
// CHECK:   attn.causal %[[IA]], %[[JT]]
// CHECK: tensor.parallel_insert_slice {{.*}}[%[[B]], %[[H]], %[[I]], 0] [1, 1, %[[M]], 5]
// CHECK: tensor.parallel_insert_slice {{.*}}[%[[B]], %[[H]], %[[I]], 0] [1, 1, %[[M]], 7]

//--- heads.mlir
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["attn.attention"]} in %module : (!transform.any_op) -> !transform.any_op
    %tile, %forall = transform.structured.tile_using_forall %op tile_sizes [1, 1, 1, 4]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
  func.func @heads(%q: tensor<3x10x4x8xf32>, %k: tensor<3x2x7x8xf32>, %v: tensor<3x2x7x5xf32>, %sink: tensor<4xf32>)
      -> (tensor<3x4x10x5xf32>, tensor<3x4x10x7xf32>) {
    %o, %w = attn.attention %q, %k, %v sink %sink layout query [batch, sequence, head, feature]
      mask (%b: index, %h: index, %i: index, %j: index) {
        %0 = attn.causal %i, %j
        attn.yield %0 : i1
      }
      : tensor<3x10x4x8xf32>, tensor<3x2x7x8xf32>, tensor<3x2x7x5xf32>, sink tensor<4xf32>
      -> (tensor<3x4x10x5xf32>, weights tensor<3x4x10x7xf32>)
    return %o, %w : tensor<3x4x10x5xf32>, tensor<3x4x10x7xf32>
  }
}

// The state of a tile is that of its rows.
// STATE-LABEL: func.func @state(
// STATE-SAME: %[[Q:.*]]: tensor<?x4x?x8xf16>, %[[K:.*]]: tensor<?x7x2x8xf16>, %[[V:.*]]: tensor<?x2x7x5xf16>, %[[ACC:[^:]*]]: tensor<?x4x?x5xf32>, %[[MAX:[^:]*]]: tensor<?x4x?xf32>, %[[SUM:[^:]*]]: tensor<?x4x?xf32>)
// STATE: scf.for %[[G:[a-z0-9]+]] =
// STATE: scf.for %[[I:[a-z0-9]+]] =
// STATE: %[[N:.*]] = affine.min
// STATE: %[[H:.*]] = affine.apply
// STATE: %[[QT:.*]] = tensor.extract_slice %[[Q]][0, %[[H]], %[[I]], 0] [%{{.*}}, 2, %[[N]], 8]
// STATE: %[[KT:.*]] = tensor.extract_slice %[[K]][0, 0, %[[G]], 0] [%{{.*}}, 7, 1, 8]
// STATE: %[[VT:.*]] = tensor.extract_slice %[[V]][0, %[[G]], 0, 0] [%{{.*}}, 1, 7, 5]
// STATE: %[[AT:.*]] = tensor.extract_slice %[[ACC]][0, %[[H]], %[[I]], 0] [%{{.*}}, 2, %[[N]], 5]
// STATE: %[[MT:.*]] = tensor.extract_slice %[[MAX]][0, %[[H]], %[[I]]] [%{{.*}}, 2, %[[N]]]
// STATE: %[[LT:.*]] = tensor.extract_slice %[[SUM]][0, %[[H]], %[[I]]] [%{{.*}}, 2, %[[N]]]
// STATE: attn.attend %[[QT]], %[[KT]], %[[VT]] into %[[AT]], %[[MT]], %[[LT]] {{.*}} score (%{{.*}}: f32, %{{.*}}: index, %[[HT:.*]]: index, %{{.*}}: index, %{{.*}}: index)
// STATE:   arith.addi %[[HT]], %[[H]]
// STATE-COUNT-3: tensor.insert_slice

//--- state.mlir
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["attn.attend"]} in %module : (!transform.any_op) -> !transform.any_op
    %tile, %loops:2 = transform.structured.tile_using_for %op tile_sizes [0, 1, 0, 4]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
  func.func @state(%q: tensor<?x4x?x8xf16>, %k: tensor<?x7x2x8xf16>, %v: tensor<?x2x7x5xf16>, %acc: tensor<?x4x?x5xf32>,
      %max: tensor<?x4x?xf32>, %sum: tensor<?x4x?xf32>) -> (tensor<?x4x?x5xf32>, tensor<?x4x?xf32>, tensor<?x4x?xf32>) {
    %a, %m, %l = attn.attend %q, %k, %v into %acc, %max, %sum scale 0.5 layout key [batch, sequence, head, feature]
      score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
        %0 = arith.index_cast %h : index to i32
        %1 = arith.sitofp %0 : i32 to f32
        %2 = arith.mulf %s, %1 : f32
        attn.yield %2 : f32
      }
      : tensor<?x4x?x8xf16>, tensor<?x7x2x8xf16>, tensor<?x2x7x5xf16> -> tensor<?x4x?x5xf32>, tensor<?x4x?xf32>
    return %a, %m, %l : tensor<?x4x?x5xf32>, tensor<?x4x?xf32>, tensor<?x4x?xf32>
  }
}

// Two of the four heads of both kv heads are no neighbors.
// GROUPS: error: 'attn.attention' op expected tiles of one kv head, or of all of the query heads of a kv head, got others

//--- groups.mlir
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["attn.attention"]} in %module : (!transform.any_op) -> !transform.any_op
    %tile, %forall = transform.structured.tile_using_forall %op tile_sizes [0, 2, 2, 0]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
  func.func @groups(%q: tensor<1x8x9x8xf32>, %k: tensor<1x2x9x8xf32>) -> tensor<1x8x9x8xf32> {
    %o = attn.attention %q, %k, %k : tensor<1x8x9x8xf32>, tensor<1x2x9x8xf32>, tensor<1x2x9x8xf32> -> (tensor<1x8x9x8xf32>)
    return %o : tensor<1x8x9x8xf32>
  }
}

// MEMORY: error: 'attn.attend' op expected tensors to tile, got 'memref<1x1x3x4xf32>'

//--- memory.mlir
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["attn.attend"]} in %module : (!transform.any_op) -> !transform.any_op
    %tile, %loop = transform.structured.tile_using_for %op tile_sizes [0, 0, 0, 2]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
  func.func @memory(%q: memref<1x1x3x4xf32>, %acc: memref<1x1x3x4xf32>, %max: memref<1x1x3xf32>, %sum: memref<1x1x3xf32>) {
    attn.attend %q, %q, %q into %acc, %max, %sum
      : memref<1x1x3x4xf32>, memref<1x1x3x4xf32>, memref<1x1x3x4xf32> -> memref<1x1x3x4xf32>, memref<1x1x3xf32>
    return
  }
}
