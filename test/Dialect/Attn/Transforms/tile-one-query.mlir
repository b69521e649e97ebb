// RUN: attn-opt %s -attn-tile='separate-one-query' -canonicalize -cse | FileCheck %s

// One query is a branch of its own: a tile of the whole group, whose size is known, and the keys in parts.
// CHECK-LABEL: func.func @steps(
// CHECK-SAME: %[[Q:.*]]: tensor<1x8x?x16xf32>
// CHECK: %[[M:.*]] = tensor.dim %[[Q]], %c2
// CHECK: %[[ONE:.*]] = arith.cmpi eq, %[[M]], %c1
// CHECK: scf.if %[[ONE]] -> (tensor<1x8x?x16xf32>)
// CHECK:   tensor.cast %[[Q]] : tensor<1x8x?x16xf32> to tensor<1x8x1x16xf32>
// CHECK:   attn.attend {{.*}} -> tensor<1x4x1x16xf32>, tensor<1x4x1xf32>
// CHECK:   attn.merge_states
// CHECK:   tensor.cast {{.*}} : tensor<1x8x1x16xf32> to tensor<1x8x?x16xf32>
// CHECK: } else {
// CHECK-NOT: attn.merge_states
// CHECK:   attn.attend {{.*}} -> tensor<1x1x?x16xf32>, tensor<1x1x?xf32>
func.func @steps(%q: tensor<1x8x?x16xf32>, %k: tensor<1x2x?x16xf32>, %v: tensor<1x2x?x16xf32>) -> tensor<1x8x?x16xf32> {
  %o = attn.attention %q, %k, %v
    : tensor<1x8x?x16xf32>, tensor<1x2x?x16xf32>, tensor<1x2x?x16xf32> -> tensor<1x8x?x16xf32>
  return %o : tensor<1x8x?x16xf32>
}
