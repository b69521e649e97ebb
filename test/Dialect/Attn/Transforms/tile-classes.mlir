// RUN: attn-opt %s -split-input-file -attn-tile -canonicalize -cse | FileCheck %s

// Data decides: tables of blocks before the loops, and three ways for a tile. An empty one leaves the state as it is.
// CHECK-LABEL: func.func @documents(
// CHECK-SAME: %{{.*}}, %[[SEG:.*]]: tensor<2x512xi32>)
// CHECK: %[[TABLES:.*]]:2 = linalg.generic
// CHECK: scf.forall
// CHECK: tensor.extract %[[TABLES]]#0
// CHECK: scf.for {{.*}} iter_args(%[[ACC:.*]] = %{{.*}}, %[[MAX:.*]] = %{{.*}}, %[[SUM:.*]] = %{{.*}})
// CHECK: scf.if
// CHECK:   scf.if
// CHECK:     attn.attend
// CHECK-NOT: mask
// CHECK:   } else {
// CHECK:     attn.attend {{.*}} mask
// CHECK:       arith.cmpi eq
// CHECK: } else {
// CHECK:   scf.yield %[[ACC]], %[[MAX]], %[[SUM]]
func.func @documents(%q: tensor<2x2x512x16xf32>, %seg: tensor<2x512xi32>) -> tensor<2x2x512x16xf32> {
  %o = attn.attention %q, %q, %q
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.same_segment %seg, %seg at %b, %i, %j : tensor<2x512xi32>, tensor<2x512xi32>
      attn.yield %0 : i1
    }
    : tensor<2x2x512x16xf32>, tensor<2x2x512x16xf32>, tensor<2x2x512x16xf32> -> (tensor<2x2x512x16xf32>)
  return %o : tensor<2x2x512x16xf32>
}

// -----

// Nothing can be told of a tile: every one is visited with the mask.
// CHECK-LABEL: func.func @opaque(
// CHECK: scf.for
// CHECK-NOT: scf.if
// CHECK: attn.attend {{.*}} mask
// CHECK-NOT: attn.attend
// CHECK: return
func.func @opaque(%q: tensor<2x2x512x16xf32>, %x: tensor<512xf32>) -> tensor<2x2x512x16xf32> {
  %o = attn.attention %q, %q, %q
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %x[%i] : tensor<512xf32>
      %1 = tensor.extract %x[%j] : tensor<512xf32>
      %2 = math.sin %0 : f32
      %3 = math.sin %1 : f32
      %4 = arith.cmpf olt, %2, %3 : f32
      attn.yield %4 : i1
    }
    : tensor<2x2x512x16xf32>, tensor<2x2x512x16xf32>, tensor<2x2x512x16xf32> -> (tensor<2x2x512x16xf32>)
  return %o : tensor<2x2x512x16xf32>
}
