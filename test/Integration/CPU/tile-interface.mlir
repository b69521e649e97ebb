// Attention that a schedule has tiled, against the oracle: loops over tiles in parallel, and one after another; lowered as
// such, and with the tiles tiled further.
// RUN: split-file %s %t
// RUN: attn-run %t/model.mlir --plain --random-inputs --seed=1 --range arg3=-4:9 --compare=reference --passes='transform-preload-library{transform-library-paths=%t/forall.mlir},transform-interpreter' | FileCheck %s
// RUN: attn-run %t/model.mlir --plain --random-inputs --seed=2 --range arg3=-4:9 --compare=reference --passes='transform-preload-library{transform-library-paths=%t/for.mlir},transform-interpreter,attn-tile{tile-query=3 tile-key=4}' | FileCheck %s
// RUN: attn-run %t/model.mlir --random-inputs --seed=3 --range arg3=-4:9 --compare=reference --passes='transform-preload-library{transform-library-paths=%t/forall.mlir},transform-interpreter' | FileCheck %s
// RUN: attn-run %t/states.mlir --random-inputs --seed=4 --compare=reference --passes='transform-preload-library{transform-library-paths=%t/states-forall.mlir},transform-interpreter' | FileCheck %s --check-prefix=STATES
// STATES: result0 {{.*}}: agree
// CHECK: result0 {{.*}}: agree
// CHECK: result1 {{.*}}: agree
// CHECK: result2 {{.*}}: agree
// CHECK: result3 {{.*}}: agree

//--- forall.mlir
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["attn.attention"]} in %module : (!transform.any_op) -> !transform.any_op
    %tile, %forall = transform.structured.tile_using_forall %op tile_sizes [2, 1, 0, 4]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

//--- for.mlir
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["attn.attention"]} in %module : (!transform.any_op) -> !transform.any_op
    %tile, %loops:3 = transform.structured.tile_using_for %op tile_sizes [1, 1, 1, 0]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

//--- model.mlir
func.func @main(%q: tensor<3x4x10x8xf32>, %k: tensor<3x2x7x8xf32>, %sink: tensor<4xf32>, %past: tensor<3xi64>)
    -> (tensor<3x10x4x8xf32>, tensor<3x4x10xf32>, tensor<3x4x10x8xf32>, tensor<3x4x10x7xf32>) {
  %o, %l = attn.attention %q, %k, %k sink %sink layout output [batch, sequence, head, feature]
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %past[%b] : tensor<3xi64>
      %offset = arith.index_cast %0 : i64 to index
      %1 = attn.causal %i, %j offset %offset
      attn.yield %1 : i1
    }
    : tensor<3x4x10x8xf32>, tensor<3x2x7x8xf32>, tensor<3x2x7x8xf32>, sink tensor<4xf32>
    -> (tensor<3x10x4x8xf32>, lse tensor<3x4x10xf32>)
  %p, %w = attn.attention %q, %k, %k
    prob (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = arith.index_cast %h : index to i32
      %1 = arith.sitofp %0 : i32 to f32
      %2 = arith.mulf %s, %1 : f32
      attn.yield %2 : f32
    }
    : tensor<3x4x10x8xf32>, tensor<3x2x7x8xf32>, tensor<3x2x7x8xf32> -> (tensor<3x4x10x8xf32>, weights tensor<3x4x10x7xf32>)
  return %o, %l, %p, %w : tensor<3x10x4x8xf32>, tensor<3x4x10xf32>, tensor<3x4x10x8xf32>, tensor<3x4x10x7xf32>
}

//--- states-forall.mlir
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%module: !transform.any_op {transform.readonly}) {
    %op = transform.structured.match ops{["attn.attend"]} in %module : (!transform.any_op) -> !transform.any_op
    transform.foreach %op : !transform.any_op {
    ^bb0(%one: !transform.any_op):
      %tile, %forall = transform.structured.tile_using_forall %one tile_sizes [1, 1, 1, 4]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    }
    transform.yield
  }
}

//--- states.mlir
func.func @main(%q: tensor<2x4x10x8xf32>, %k: tensor<2x2x7x8xf32>, %l: tensor<2x9x2x8xf32>) -> tensor<2x4x10x8xf32> {
  %seven = arith.constant 7 : index
  %acc, %max, %sum = attn.init_state : tensor<2x4x10x8xf32>, tensor<2x4x10xf32>
  %a1, %m1, %s1 = attn.attend %q, %k, %k into %acc, %max, %sum scale 0.4
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      attn.yield %0 : i1
    }
    : tensor<2x4x10x8xf32>, tensor<2x2x7x8xf32>, tensor<2x2x7x8xf32> -> tensor<2x4x10x8xf32>, tensor<2x4x10xf32>
  %a2, %m2, %s2 = attn.attend %q, %l, %l into %a1, %m1, %s1 scale 0.4
    layout key [batch, sequence, head, feature] value [batch, sequence, head, feature]
    mask (%b: index, %h: index, %i: index, %j: index) {
      %at = arith.addi %j, %seven : index
      %0 = attn.causal %i, %at
      attn.yield %0 : i1
    }
    : tensor<2x4x10x8xf32>, tensor<2x9x2x8xf32>, tensor<2x9x2x8xf32> -> tensor<2x4x10x8xf32>, tensor<2x4x10xf32>
  %o = attn.finalize_state %a2, %m2, %s2 : tensor<2x4x10x8xf32>, tensor<2x4x10xf32> -> (tensor<2x4x10x8xf32>)
  return %o : tensor<2x4x10x8xf32>
}
