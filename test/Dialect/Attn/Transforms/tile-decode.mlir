// RUN: attn-opt %s -attn-attach-cpu-target=vector-bits=512 -attn-tile -canonicalize -cse -split-input-file | FileCheck %s

// One query is a branch of its own: a tile of the whole group, whose size is known, and the split-KV. So are few, of
// which the heads of a group fill two thirds of a tile at most.
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
// CHECK:   %[[FEW:.*]] = arith.cmpi sle, %[[M]], %c16
// CHECK:   scf.if %[[FEW]] -> (tensor<1x8x?x16xf32>)
// CHECK:     affine.min {{.*}}(%{{.*}})[%[[M]]]
// CHECK:     attn.attend {{.*}} -> tensor<1x4x?x16xf32>, tensor<1x4x?xf32>
// CHECK:     attn.merge_states
// CHECK:   } else {
// CHECK-NOT: attn.merge_states
// CHECK:     attn.attend {{.*}} -> tensor<1x1x?x16xf32>, tensor<1x1x?xf32>
func.func @steps(%q: tensor<1x8x?x16xf32>, %k: tensor<1x2x?x16xf32>, %v: tensor<1x2x?x16xf32>) -> tensor<1x8x?x16xf32> {
  %o = attn.attention %q, %k, %v
    : tensor<1x8x?x16xf32>, tensor<1x2x?x16xf32>, tensor<1x2x?x16xf32> -> tensor<1x8x?x16xf32>
  return %o : tensor<1x8x?x16xf32>
}

// -----

// Heads are apart where the mask looks at them, or where their number is not known: then few fill a sixth of a tile.
// CHECK-LABEL: func.func @apart(
// CHECK: arith.cmpi sle, %{{.*}}, %c16
// CHECK: attn.attend {{.*}} -> tensor<1x1x?x16xf32>, tensor<1x1x?xf32>
// CHECK: attn.attend {{.*}} -> tensor<1x1x?x16xf32>, tensor<1x1x?xf32>
func.func @apart(%q: tensor<1x?x?x16xf32>, %k: tensor<1x?x?x16xf32>, %v: tensor<1x?x?x16xf32>) -> tensor<1x?x?x16xf32> {
  %o = attn.attention %q, %k, %v
    : tensor<1x?x?x16xf32>, tensor<1x?x?x16xf32>, tensor<1x?x?x16xf32> -> tensor<1x?x?x16xf32>
  return %o : tensor<1x?x?x16xf32>
}
