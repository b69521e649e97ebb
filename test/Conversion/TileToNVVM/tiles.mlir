// What each lane does: registers for accumulators and fragments, ldmatrix and mma.sync for products, mbarriers for a ring.
// RUN: attn-opt %s -split-input-file -convert-tile-to-nvvm | FileCheck %s

// Two steps of depth, two of columns, of four accumulators each.
// CHECK-LABEL: func.func @products(
// CHECK-COUNT-4: mbarrier.init.shared.b64
// CHECK: %[[PAIR:.*]] = llvm.call_intrinsic "llvm.nvvm.ff2f16x2.rn"(%[[HIGH:.*]], %[[LOW:.*]]) : (f32, f32) -> vector<2xf16>
// CHECK-COUNT-7: llvm.call_intrinsic "llvm.nvvm.ff2f16x2.rn"
// CHECK: %[[B:.*]] = nvvm.ldmatrix %{{.*}} layout = #nvvm.mma_layout<row>, num = 4
// CHECK: %[[B0:.*]] = llvm.extractvalue %[[B]][0]
// CHECK: nvvm.mma.sync
// CHECK-SAME: shape = #nvvm.shape<m = 16, n = 8, k = 16>
// CHECK: nvvm.mma.sync
// CHECK: nvvm.ldmatrix
// CHECK-COUNT-2: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
func.func @products(%iteration: index, %x: f32) -> i1 {
  %r = attn_tile.make_ring 4 at 0 : !attn_tile.ring<!attn_tile.tile<16x32xf16>, !attn_tile.tile<16x16xf16>, 2>
  %tile, %v = attn_tile.stage %r[%iteration] : !attn_tile.ring<!attn_tile.tile<16x32xf16>, !attn_tile.tile<16x16xf16>, 2> -> !attn_tile.tile<16x32xf16>, !attn_tile.tile<16x16xf16>
  %c = attn_tile.fill %x : !attn_tile.acc<64x32>
  %a = attn_tile.to_fragment %c : !attn_tile.acc<64x32> -> !attn_tile.afrag<64x32xf16>
  %zero = attn_tile.fill %x : !attn_tile.acc<64x16>
  %d = attn_tile.mma %a, %tile into %zero transposed atom mma_sync : !attn_tile.afrag<64x32xf16>, !attn_tile.tile<16x32xf16>, !attn_tile.acc<64x16>
  %bad = attn_tile.has_non_finite %d : !attn_tile.acc<64x16>
  return %bad : i1
}

// -----

// Values lie with their depth in rows: they come transposed. On the NaN-safe path three more products count what is not finite.
// CHECK-LABEL: func.func @nan_safe(
// CHECK: scf.if
// CHECK:   nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<col>
// CHECK-COUNT-8: nvvm.mma.sync
// CHECK: } else {
// CHECK:   nvvm.ldmatrix {{.*}} layout = #nvvm.mma_layout<col>
// CHECK-COUNT-2: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
func.func @nan_safe(%iteration: index, %x: f32, %nan_safe: i1) -> i1 {
  %r = attn_tile.make_ring 4 at 0 : !attn_tile.ring<!attn_tile.tile<16x16xbf16>, !attn_tile.tile<16x16xbf16>, 2>
  %k, %tile = attn_tile.stage %r[%iteration] : !attn_tile.ring<!attn_tile.tile<16x16xbf16>, !attn_tile.tile<16x16xbf16>, 2> -> !attn_tile.tile<16x16xbf16>, !attn_tile.tile<16x16xbf16>
  %c = attn_tile.fill %x : !attn_tile.acc<64x16>
  %a = attn_tile.to_fragment %c : !attn_tile.acc<64x16> -> !attn_tile.afrag<64x16xbf16>
  %d = attn_tile.mma %a, %tile into %c nan_safe %nan_safe atom mma_sync : !attn_tile.afrag<64x16xbf16>, !attn_tile.tile<16x16xbf16>, !attn_tile.acc<64x16>
  %bad = attn_tile.has_non_finite %d : !attn_tile.acc<64x16>
  return %bad : i1
}

// -----

// The four lanes of a row exchange what they have, of two rows.
// CHECK-LABEL: func.func @rows(
// CHECK-COUNT-4: nvvm.shfl.sync bfly
// CHECK: llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f"
func.func @rows(%x: f32, %out: memref<1x1x?xf32>) {
  %c = attn_tile.fill %x : !attn_tile.acc<64x8>
  %m = attn_tile.reduce_rows maximum %c : !attn_tile.acc<64x8> -> !attn_tile.rows<64>
  %e = attn_tile.map_rows %m {
  ^bb0(%y: f32, %row: index):
    %p = math.exp2 %y fastmath<afn> : f32
    attn_tile.yield %p : f32
  } : (!attn_tile.rows<64>) -> !attn_tile.rows<64>
  attn_tile.store %e, %out : !attn_tile.rows<64>, memref<1x1x?xf32>
  return
}

// -----

// 2 stages of 2 barriers and a message, 64 bytes, and of 16 rows of 80 bytes and of 48.
// CHECK: llvm.mlir.global internal @ring_shared() {addr_space = 3 : i32, alignment = 128 : i64} : !llvm.array<4160 x i8>
// CHECK-LABEL: func.func @ring(
// CHECK: %[[BASE:.*]] = llvm.mlir.addressof @ring_shared
// CHECK-COUNT-4: mbarrier.init.shared.b64
// CHECK: nvvm.barrier
// CHECK: mbarrier.test_wait.parity.shared.b64
// CHECK: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.mbarrier.arrive
// CHECK: mbarrier.arrive.shared.b64
func.func @ring(%k: memref<1x2x?x32xf16>, %v: memref<1x2x?x16xf16>, %b: index, %h: index, %j: index, %n: index) {
  %r = attn_tile.make_ring 4 at 0 : !attn_tile.ring<!attn_tile.tile<16x32xf16>, !attn_tile.tile<16x16xf16>, 2>
  attn_tile.publish %r, %k, %v[%b, %h, %j], %n : !attn_tile.ring<!attn_tile.tile<16x32xf16>, !attn_tile.tile<16x16xf16>, 2>, memref<1x2x?x32xf16>, memref<1x2x?x16xf16>
  return
}

// -----

// Queries in shared memory: warps bring their rows, and read them 16 products at a time.
// CHECK: llvm.mlir.global internal @queries_shared() {addr_space = 3 : i32, alignment = 128 : i64} : !llvm.array<9280 x i8>
// CHECK-LABEL: func.func @queries(
// CHECK: llvm.getelementptr %{{.*}}[%c4160_i32]
// CHECK: nvvm.cp.async.shared.global
// CHECK: nvvm.cp.async.commit.group
// CHECK: nvvm.cp.async.wait.group 0
// CHECK: nvvm.bar.warp.sync
// CHECK: %[[A:.*]] = nvvm.ldmatrix %{{.*}} layout = #nvvm.mma_layout<row>, num = 4
// CHECK: %[[A0:.*]] = llvm.extractvalue %[[A]][0]
// CHECK: nvvm.ldmatrix
// CHECK-COUNT-2: nvvm.mma.sync
// CHECK: nvvm.ldmatrix
// CHECK: nvvm.ldmatrix
// CHECK-COUNT-2: nvvm.mma.sync
// CHECK-NOT: nvvm.mma.sync
func.func @queries(%q: memref<1x2x?x32xf16>, %iteration: index, %x: f32) -> i1 {
  %r = attn_tile.make_ring 4 at 0 : !attn_tile.ring<!attn_tile.tile<16x32xf16>, !attn_tile.tile<16x16xf16>, 2>
  %a = attn_tile.load_shared %q at 4160 : memref<1x2x?x32xf16> -> !attn_tile.tile<64x32xf16>
  %tile, %v = attn_tile.stage %r[%iteration] : !attn_tile.ring<!attn_tile.tile<16x32xf16>, !attn_tile.tile<16x16xf16>, 2> -> !attn_tile.tile<16x32xf16>, !attn_tile.tile<16x16xf16>
  %zero = attn_tile.fill %x : !attn_tile.acc<64x16>
  %d = attn_tile.mma %a, %tile into %zero transposed atom mma_sync : !attn_tile.tile<64x32xf16>, !attn_tile.tile<16x32xf16>, !attn_tile.acc<64x16>
  %bad = attn_tile.has_non_finite %d : !attn_tile.acc<64x16>
  return %bad : i1
}

// -----

// A mask with a division runs in a loop over the elements of each row, which leaves a bit for each.
// CHECK-LABEL: func.func @divided(
// CHECK: %[[FIRST:.*]] = scf.for
// CHECK:   arith.remui %{{.*}}, %arg2
// CHECK:   arith.shli
// CHECK: } {loop_annotation = #{{.*}}}
// CHECK: arith.shrui %[[FIRST]], %c0_i32
// CHECK-COUNT-8: arith.select
// CHECK: scf.for
// CHECK: arith.remui %{{.*}}, %arg2
// CHECK-NOT: arith.remui %{{.*}}, %arg2
// CHECK-COUNT-8: arith.select
func.func @divided(%x: f32, %least: f32, %period: index, %out: memref<1x1x?xf32>) {
  %c = attn_tile.fill %x : !attn_tile.acc<64x32>
  %masked = attn_tile.map %c {
  ^bb0(%y: f32, %row: index, %column: index):
    %far = arith.remui %column, %period : index
    %keeps = arith.cmpi ult, %far, %row : index
    %z = arith.select %keeps, %y, %least : f32
    attn_tile.yield %z : f32
  } : !attn_tile.acc<64x32>
  %m = attn_tile.reduce_rows maximum %masked : !attn_tile.acc<64x32> -> !attn_tile.rows<64>
  attn_tile.store %m, %out : !attn_tile.rows<64>, memref<1x1x?xf32>
  return
}
