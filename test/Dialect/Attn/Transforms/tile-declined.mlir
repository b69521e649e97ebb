// What attn-tile leaves to the plain lowering, and why.
// RUN: attn-opt %s -attn-tile -remarks-filter=attn-tile -remark-format=emitRemark 2>&1 | FileCheck %s
// RUN: not attn-opt %s -attn-tile=tile-key=-1 2>&1 | FileCheck %s --check-prefix=SIZE
// SIZE: error: expected tile-key of 1 to 1048576, got -1

// CHECK: expected reads that can be checked before the loops, got a check at the read: expected index 0 into table to be
// CHECK: expected no prob region, which needs the sums of whole rows, got one
// CHECK: expected no scores result, which is a tensor of all pairs, got weights
// CHECK: expected a static feature dimension of query, got a dynamic one
// CHECK: expected a static feature dimension of value, got a dynamic one
// CHECK: expected reads that can be checked before the loops, got a check at the read: expected index 0 into a captured tensor
// CHECK: expected regions without side effects, got func.call

// What was prepared for a tile goes again.
// CHECK-LABEL: func.func @first(
// CHECK-NOT: arith.constant
// CHECK-NOT: tensor.dim
// CHECK: attn.attention
// CHECK-NOT: attn.attention
// CHECK: return

// CHECK-LABEL: func.func @declined(
// CHECK-NOT: scf.forall
// CHECK-NOT: cf.assert
// CHECK-COUNT-6: attn.attention
// CHECK: return
func.func @first(%q: tensor<1x2x?x8xf32>, %c: tensor<1x?xi32>, %t: tensor<?x?x?x?xi1>, %b0: index) -> tensor<1x2x?x8xf32> {
  %0 = attn.attention %q, %q, %q
    mask (%b: index, %h: index, %i: index, %j: index) {
      %x = attn.same_segment %c, %c at %b, %i, %j : tensor<1x?xi32>, tensor<1x?xi32>
      %y = attn.block_sparse %t at %b0, %h, %i, %j blocks 4, 4 : tensor<?x?x?x?xi1>
      %z = arith.andi %x, %y : i1
      attn.yield %z : i1
    }
    : tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32> -> (tensor<1x2x?x8xf32>)
  return %0 : tensor<1x2x?x8xf32>
}
func.func @declined(%q: tensor<1x2x9x8xf32>, %any: tensor<1x2x9x?xf32>, %ids: tensor<9xi32>, %bias: tensor<4xf32>)
    -> (tensor<1x2x9x8xf32>, tensor<1x2x9x8xf32>, tensor<1x2x9x9xf32>, tensor<1x2x9x8xf32>, tensor<1x2x9x?xf32>,
        tensor<1x2x9x8xf32>, tensor<1x2x9x8xf32>) {
  %0 = attn.attention %q, %q, %q
    prob (%p: f32, %b: index, %h: index, %i: index, %j: index) {
      %x = arith.mulf %p, %p : f32
      attn.yield %x : f32
    }
    : tensor<1x2x9x8xf32>, tensor<1x2x9x8xf32>, tensor<1x2x9x8xf32> -> (tensor<1x2x9x8xf32>)
  %1, %w = attn.attention %q, %q, %q : tensor<1x2x9x8xf32>, tensor<1x2x9x8xf32>, tensor<1x2x9x8xf32>
    -> (tensor<1x2x9x8xf32>, weights tensor<1x2x9x9xf32>)
  %2 = attn.attention %any, %any, %q : tensor<1x2x9x?xf32>, tensor<1x2x9x?xf32>, tensor<1x2x9x8xf32> -> (tensor<1x2x9x8xf32>)
  %3 = attn.attention %q, %q, %any : tensor<1x2x9x8xf32>, tensor<1x2x9x8xf32>, tensor<1x2x9x?xf32> -> (tensor<1x2x9x?xf32>)
  %4 = attn.attention %q, %q, %q
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %id = tensor.extract %ids[%j] : tensor<9xi32>
      %at = arith.index_cast %id : i32 to index
      %x = tensor.extract %bias[%at] : tensor<4xf32>
      %y = arith.addf %s, %x : f32
      attn.yield %y : f32
    }
    : tensor<1x2x9x8xf32>, tensor<1x2x9x8xf32>, tensor<1x2x9x8xf32> -> (tensor<1x2x9x8xf32>)
  %5 = attn.attention %q, %q, %q
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %x = func.call @modify(%s) : (f32) -> f32
      attn.yield %x : f32
    }
    : tensor<1x2x9x8xf32>, tensor<1x2x9x8xf32>, tensor<1x2x9x8xf32> -> (tensor<1x2x9x8xf32>)
  return %0, %1, %w, %2, %3, %4, %5
    : tensor<1x2x9x8xf32>, tensor<1x2x9x8xf32>, tensor<1x2x9x9xf32>, tensor<1x2x9x8xf32>, tensor<1x2x9x?xf32>,
      tensor<1x2x9x8xf32>, tensor<1x2x9x8xf32>
}
func.func private @modify(f32) -> f32
