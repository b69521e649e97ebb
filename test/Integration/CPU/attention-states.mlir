// The algebra of states (D12): tiles one after another, and merged, are the whole.
// RUN: split-file %s %t

// RUN: attn-run %t/tiles.mlir --plain --random-inputs --seed=1 --compare=reference | FileCheck %s --check-prefix=TILES
// TILES: result0 {{.*}}: agree
// TILES: result1 {{.*}}: agree
// TILES: result2 {{.*}}: agree
// TILES: result3 {{.*}}: agree

// The first query sees no key of the second tile: an empty state is merged.
//--- tiles.mlir
func.func @main(%q: tensor<1x4x5x8xf16>, %k1: tensor<1x2x2x8xf16>, %k2: tensor<1x2x3x8xf16>, %sink: tensor<4xf32>)
    -> (tensor<1x4x5x8xf16>, tensor<1x4x5xf32>, tensor<1x5x4x8xf16>, tensor<1x4x5xf32>) {
  %first = arith.constant 2 : index
  %acc, %max, %sum = attn.init_state : tensor<1x4x5x8xf32>, tensor<1x4x5xf32>
  %a1, %m1, %l1 = attn.attend %q, %k1, %k1 into %acc, %max, %sum scale 0.4
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      attn.yield %0 : i1
    }
    : tensor<1x4x5x8xf16>, tensor<1x2x2x8xf16>, tensor<1x2x2x8xf16> -> tensor<1x4x5x8xf32>, tensor<1x4x5xf32>
  %a2, %m2, %l2 = attn.attend %q, %k2, %k2 into %a1, %m1, %l1 scale 0.4
    mask (%b: index, %h: index, %i: index, %j: index) {
      %at = arith.addi %j, %first : index
      %0 = attn.causal %i, %at
      attn.yield %0 : i1
    }
    : tensor<1x4x5x8xf16>, tensor<1x2x3x8xf16>, tensor<1x2x3x8xf16> -> tensor<1x4x5x8xf32>, tensor<1x4x5xf32>
  %o, %lse = attn.finalize_state %a2, %m2, %l2
    : tensor<1x4x5x8xf32>, tensor<1x4x5xf32> -> (tensor<1x4x5x8xf16>, lse tensor<1x4x5xf32>)
  %a3, %m3, %l3 = attn.attend %q, %k2, %k2 into %acc, %max, %sum scale 0.4
    mask (%b: index, %h: index, %i: index, %j: index) {
      %at = arith.addi %j, %first : index
      %0 = attn.causal %i, %at
      attn.yield %0 : i1
    }
    : tensor<1x4x5x8xf16>, tensor<1x2x3x8xf16>, tensor<1x2x3x8xf16> -> tensor<1x4x5x8xf32>, tensor<1x4x5xf32>
  %a4, %m4, %l4 = attn.merge_states (%a3, %m3, %l3), (%a1, %m1, %l1) : tensor<1x4x5x8xf32>, tensor<1x4x5xf32>
  %p, %lsep = attn.finalize_state %a4, %m4, %l4 sink %sink layout output [batch, sequence, head, feature]
    : tensor<1x4x5x8xf32>, tensor<1x4x5xf32>, sink tensor<4xf32> -> (tensor<1x5x4x8xf16>, lse tensor<1x4x5xf32>)
  return %o, %lse, %p, %lsep : tensor<1x4x5x8xf16>, tensor<1x4x5xf32>, tensor<1x5x4x8xf16>, tensor<1x4x5xf32>
}

// Two empty states: nothing was seen, and nothing is NaN (D2).
// RUN: attn-run %t/empty.mlir --plain | FileCheck %s --check-prefix=EMPTY
// EMPTY: result0 f32 [1, 1, 2, 2]: mean 0, min 0, max 0
// EMPTY{LITERAL}: [[[-inf, -inf]]]
// EMPTY: result2 f32 [1, 1, 2, 2]: mean 0, min 0, max 0
// EMPTY{LITERAL}: [[[4, 4]]]

//--- empty.mlir
func.func @main() -> (tensor<1x1x2x2xf32>, tensor<1x1x2xf32>, tensor<1x1x2x2xf32>, tensor<1x1x2xf32>) {
  %sink = arith.constant dense<4.0> : tensor<1xf32>
  %acc, %max, %sum = attn.init_state : tensor<1x1x2x2xf32>, tensor<1x1x2xf32>
  %a, %m, %l = attn.merge_states (%acc, %max, %sum), (%acc, %max, %sum) : tensor<1x1x2x2xf32>, tensor<1x1x2xf32>
  %o, %lse = attn.finalize_state %a, %m, %l
    : tensor<1x1x2x2xf32>, tensor<1x1x2xf32> -> (tensor<1x1x2x2xf32>, lse tensor<1x1x2xf32>)
  %p, %lsep = attn.finalize_state %a, %m, %l sink %sink
    : tensor<1x1x2x2xf32>, tensor<1x1x2xf32>, sink tensor<1xf32> -> (tensor<1x1x2x2xf32>, lse tensor<1x1x2xf32>)
  return %o, %lse, %p, %lsep : tensor<1x1x2x2xf32>, tensor<1x1x2xf32>, tensor<1x1x2x2xf32>, tensor<1x1x2xf32>
}
