// RUN: attn-opt %s --attn-classify-tiles --canonicalize --cse | FileCheck %s --enable-var-scope

!s = tensor<1x2x4096x16xf32>
!t = tensor<1x2x?x16xf32>

// D8: two comparisons decide a tile; a loop without mask and one with it.
// CHECK-LABEL: func @causal
// CHECK-NOT: linalg.generic
// CHECK: scf.for {{.*}} to %c2
// CHECK: scf.for %[[I:.*]] = {{.*}} to %c64
// CHECK: scf.for
// CHECK-COUNT-2: arith.cmpi sle
// CHECK: %[[END:.*]] = affine.apply {{.*}}(%[[I]])
// CHECK: scf.for {{.*}} = %c0 to %[[FULL:.*]] step
// CHECK-NEXT: tensor.insert %c2_i8
// CHECK: scf.for {{.*}} = %[[FULL]] to %[[END]] step
// CHECK-NEXT: tensor.insert %c1_i8
// CHECK-NOT: scf.for
// CHECK: return
func.func @causal(%q: !s, %k: !s, %v: !s) -> !s {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      attn.yield %0 : i1
    } : !s, !s, !s -> !s
  return %o : !s
}

// Whole tiles in documents of 512: one loop, without a mask. A tile lies in one
// document: its class is one comparison.
// CHECK-LABEL: func @packed
// CHECK: scf.for
// CHECK: scf.for
// CHECK: scf.for
// CHECK: arith.cmpi eq
// CHECK-NOT: arith.cmpi
// CHECK: tensor.insert
// CHECK: %[[LOWER:.*]] = affine.apply
// CHECK: %[[UPPER:.*]] = affine.apply
// CHECK: scf.for {{.*}} = %[[LOWER]] to %[[UPPER]]
// CHECK-NEXT: tensor.insert %c2_i8
// CHECK-NOT: scf.for
// CHECK: return
func.func @packed(%q: !s, %k: !s, %v: !s) -> !s {
  %c512 = arith.constant 512 : index
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = arith.floordivsi %i, %c512 : index
      %1 = arith.floordivsi %j, %c512 : index
      %2 = arith.cmpi eq, %0, %1 : index
      attn.yield %2 : i1
    } : !s, !s, !s -> !s
  return %o : !s
}

// D17, documents from data: tables of the smallest and the largest segment of
// 64 positions, read once for the queries and once for each key tile. D21: no
// read leaves a table.
// CHECK-LABEL: func @segments
// CHECK-SAME: %[[SEGMENTS:[^:]*]]: tensor<1x?xi32>
// CHECK: %[[SIZE:.*]] = tensor.dim %[[SEGMENTS]]
// CHECK: %[[TABLES:.*]]:2 = linalg.generic
// CHECK: arith.minsi {{.*}} : i32
// CHECK: arith.maxsi {{.*}} : i32
// CHECK: scf.for
// CHECK: scf.for
// CHECK: %[[INSIDE:.*]] = arith.cmpi slt, %{{.*}}, %[[SIZE]]
// CHECK: scf.if %[[INSIDE]]
// CHECK: tensor.extract %[[TABLES]]#0
// CHECK: tensor.extract %[[TABLES]]#1
// CHECK: scf.for
// CHECK: scf.if
// CHECK: tensor.extract %[[TABLES]]#0
// CHECK-NOT: tensor.extract %[[SEGMENTS]]
// CHECK: return
func.func @segments(%q: !t, %k: !t, %v: !t, %segments: tensor<1x?xi32>) -> !t {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.same_segment %segments, %segments at %b, %i, %j : tensor<1x?xi32>, tensor<1x?xi32>
      attn.yield %0 : i1
    } : !t, !t, !t -> !t
  return %o : !t
}

// D17, a table of blocks that hold whole tiles: it is read itself, once a tile.
// CHECK-LABEL: func @blocks
// CHECK-NOT: linalg.generic
// CHECK: tensor.extract
// CHECK-NOT: tensor.extract
// CHECK: return
func.func @blocks(%q: !s, %k: !s, %v: !s, %table: tensor<1x2x32x16xi1>) -> !s {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.block_sparse %table at %b, %h, %i, %j blocks 128, 256 : tensor<1x2x32x16xi1>
      attn.yield %0 : i1
    } : !s, !s, !s -> !s
  return %o : !s
}

// What is not understood: every tile is visited with the mask.
// CHECK-LABEL: func @two_elements
// CHECK: scf.for %{{.*}} = %c0 to %c64 {{.*}} -> (tensor<1x2x64x64xi8>) {
// CHECK-NEXT: tensor.insert %c1_i8
// CHECK: return
func.func @two_elements(%q: !s, %k: !s, %v: !s, %x: tensor<4096x4096xf32>) -> !s {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %x[%i, %j] : tensor<4096x4096xf32>
      %1 = tensor.extract %x[%j, %i] : tensor<4096x4096xf32>
      %2 = arith.cmpf ogt, %0, %1 : f32
      attn.yield %2 : i1
    } : !s, !s, !s -> !s
  return %o : !s
}

// A dense mask that all heads share is worth a pass that finds its blocks; one
// for each head would take as long as applying it.
// CHECK-LABEL: func @dense
// CHECK: linalg.generic
// CHECK: arith.andi {{.*}} : i1
// CHECK: arith.ori {{.*}} : i1
// CHECK: return
func.func @dense(%q: !s, %k: !s, %v: !s, %x: tensor<4096x4096xi1>) -> !s {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %x[%i, %j] : tensor<4096x4096xi1>
      attn.yield %0 : i1
    } : !s, !s, !s -> !s
  return %o : !s
}
// CHECK-LABEL: func @dense_heads
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @dense_heads(%q: !s, %k: !s, %v: !s, %x: tensor<2x4096x4096xi1>) -> !s {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %x[%h, %i, %j] : tensor<2x4096x4096xi1>
      attn.yield %0 : i1
    } : !s, !s, !s -> !s
  return %o : !s
}
