// A stream as what specialized warps do: a producer that publishes tiles, and consumers that fold them into a state.
// RUN: attn-opt %s -split-input-file -attn-launch-streams -verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @stream(
// CHECK-SAME: %[[Q:.*]]: memref<1x1x?x64xbf16>, %[[K:.*]]: memref<1x2x?x64xbf16>, %[[O:.*]]: memref<1x1x?x64xbf16>,
// CHECK: gpu.launch blocks({{.*}}) in ({{.*}}) threads({{.*}}) in (%{{.*}} = %c160,
// CHECK: %[[RING:.*]] = attn_tile.make_ring 4 at 0 : <!attn_tile.tile<64x64xbf16>, !attn_tile.tile<64x64xbf16>, 2>
// CHECK: attn_tile.specialize 4 producer {
// CHECK:   scf.while (%[[SECOND:.*]] = %false)
// CHECK:     scf.for %[[J:.*]] =
// CHECK:       attn_tile.publish %[[RING]], %[[K]], %[[K]][%{{.*}}, %{{.*}}, %[[J]]], %{{.*}} masked
// CHECK:     attn_tile.finish %[[RING]]
// CHECK:     attn_tile.vote_any
// CHECK: } consumer {
// CHECK:   %[[A:.*]] = attn_tile.load %[[Q]]
// CHECK:   scf.while (%[[NAN_SAFE:.*]] = %{{.*}}, %{{.*}} = %{{.*}})
// CHECK:     attn_tile.receive %[[RING]]
// CHECK:     %[[KEYS:.*]], %[[VALUES:.*]] = attn_tile.stage %[[RING]]
// CHECK:     %[[S:.*]] = attn_tile.mma %[[A]], %[[KEYS]] into %{{.*}} transposed atom mma_sync
// CHECK:     %[[MASKED:.*]] = scf.if
// CHECK:       attn_tile.map %[[S]]
// CHECK:         arith.cmpi sle
// CHECK:     attn_tile.reduce_rows maximum %[[MASKED]]
// CHECK:     %[[P:.*]] = scf.if %[[NAN_SAFE]]
// CHECK:       attn_tile.map %[[MASKED]], %{{.*}} {
// CHECK:         %[[POWER:.*]] = math.fma
// CHECK:         math.exp2 %[[POWER]] fastmath<afn>
// CHECK:         arith.select %{{.*}}, %cst{{.*}}, %{{.*}} : f32
// CHECK:       attn_tile.map %[[MASKED]], %{{.*}} {
// CHECK:         math.exp2 %{{.*}} fastmath<afn>
// CHECK:     attn_tile.reduce_rows sum %[[P]]
// CHECK:     %[[WEIGHTS:.*]] = attn_tile.to_fragment %[[P]]
// CHECK:     %[[PAST:.*]] = attn_tile.scale
// CHECK:     attn_tile.mma %[[WEIGHTS]], %[[VALUES]] into %[[PAST]] nan_safe %[[NAN_SAFE]] atom mma_sync
// CHECK:     attn_tile.release %[[RING]]
// CHECK:   attn_tile.store %{{.*}}, %[[O]]
func.func @stream(%q: memref<1x1x?x64xbf16>, %k: memref<1x2x?x64xbf16>, %o: memref<1x1x?x64xbf16>, %tiles: index, %n: index) {
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  scf.forall (%h, %t) in (2, %tiles) {
    attn_tile.stream %q, %k[%c0, %h], %k into %o scale 0.125 schedule <rows = 64, keys = 64, stages = 2, query = registers>
      visits {
        scf.for %j = %c0 to %n step %c64 {
          attn_tile.visit %j, %c64 masked
        }
        attn_tile.yield
      } score {
      } mask {
      ^bb0(%head: index, %i: index, %j: index, %first: index):
        %p = arith.addi %j, %first : index
        %m = arith.cmpi sle, %p, %i : index
        attn_tile.yield %m : i1
      } : memref<1x1x?x64xbf16>, memref<1x2x?x64xbf16>, memref<1x2x?x64xbf16>, memref<1x1x?x64xbf16>
  }
  return
}

// -----

func.func @alone(%q: memref<1x1x?x64xbf16>, %n: index) {
  // expected-error @below {{expected a loop over tiles on memrefs around it}}
  attn_tile.stream %q, %q[%n, %n], %q into %q scale 0.125 schedule <rows = 64, keys = 64, stages = 2, query = registers>
    visits { attn_tile.yield } score {} mask {}
    : memref<1x1x?x64xbf16>, memref<1x1x?x64xbf16>, memref<1x1x?x64xbf16>, memref<1x1x?x64xbf16>
  return
}
