// Where registers are few, decode reads keys in four to eight places, far apart, and fetches those further on into the second-level cache.
// RUN: attn-opt %s -split-input-file -attn-attach-cpu-target="vector-bits=256 fma" -convert-attn-to-vector | FileCheck %s

// With many it goes from one key to the next.
// RUN: attn-opt %s -split-input-file -attn-attach-cpu-target="vector-bits=512 registers=32 fma" -convert-attn-to-vector | FileCheck %s --check-prefix=WIDE
// WIDE: memref.prefetch {{.*}} locality<3>
// WIDE-NOT: locality<2>

!k = memref<1x1x2048x32xf32>
!v = memref<1x1x2048x128xf32>

// 342 keys of each place, up to a multiple of 16, in blocks of 32.
// CHECK-LABEL: func.func @four
// CHECK: %[[ALIGNED:.*]] = arith.constant 352 : index
// CHECK: %[[LENGTH:.*]] = arith.addi %[[ALIGNED]], %c0
// CHECK: scf.for %{{.*}} = %c0 to %[[LENGTH]] step %c32

// Four rows in steps of three places. Before, pages of the next block: one of keys, as 32 rows are in one, and four of values,
// in six places.
// CHECK-LABEL: func.func private @__attn_decode_scores
// CHECK-COUNT-30: memref.prefetch {{.*}} locality<2>
// CHECK-NOT: memref.prefetch
// CHECK: scf.for
// CHECK: scf.for {{.*}} -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>)
// CHECK-COUNT-3: memref.prefetch {{.*}} locality<2>
// CHECK-NOT: memref.prefetch
// CHECK-COUNT-12: memref.store {{.*}} : memref<4x200xf32>
// CHECK: scf.for {{.*}} -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>)
// CHECK-COUNT-3: memref.prefetch {{.*}} locality<2>
// CHECK-NOT: memref.prefetch

// A key of each place, in all groups of features before the next one.
// CHECK-LABEL: func.func private @__attn_add_decode(
// CHECK: vector.store {{.*}} : memref<4x128xf32>
// CHECK: scf.for {{.*}} to %{{arg[0-9]+|c32[_0-9]*}} step %c1{{[_0-9]*}} {
// CHECK: scf.for {{.*}} to %c128{{[_0-9]*}} step %c16{{[_0-9]*}} {
// CHECK-COUNT-6: memref.prefetch {{.*}} locality<2>
// CHECK-NOT: memref.prefetch
func.func @four(%q: memref<1x4x1x32xf32>, %k: !k, %v: !v, %a: memref<1x4x1x128xf32>, %m: memref<1x4x1xf32>, %s: memref<1x4x1xf32>) {
  attn.attend %q, %k, %v into %a, %m, %s : memref<1x4x1x32xf32>, !k, !v -> memref<1x4x1x128xf32>, memref<1x4x1xf32>
  return
}

// -----

// One row takes a key of each of four places, which come to new pages together. Few keys leave no place without.
// CHECK-LABEL: func.func @one
// CHECK: %[[SHARED:.*]] = arith.constant 25 : index
// CHECK: %[[LENGTH:.*]] = arith.addi %[[SHARED]], %c0
// CHECK: scf.for %{{.*}} = %c0 to %[[LENGTH]] step %c16
// CHECK-LABEL: func.func private @__attn_decode_scores
// CHECK-NOT: memref.prefetch
// CHECK: scf.for {{.*}} -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>) {
// CHECK-COUNT-4: memref.prefetch {{.*}} locality<2>
// CHECK-NOT: memref.prefetch
// CHECK-COUNT-4: memref.store
// CHECK-NOT: memref.store
// CHECK: return
func.func @one(%q: memref<1x1x1x32xf32>, %k: memref<1x1x100x32xf32>, %v: memref<1x1x100x32xf32>, %a: memref<1x1x1x32xf32>, %m: memref<1x1x1xf32>, %s: memref<1x1x1xf32>) {
  attn.attend %q, %k, %v into %a, %m, %s : memref<1x1x1x32xf32>, memref<1x1x100x32xf32>, memref<1x1x100x32xf32> -> memref<1x1x1x32xf32>, memref<1x1x1xf32>
  return
}

// -----

// Two rows take keys of four of eight places.
// CHECK-LABEL: func.func @two
// CHECK: %[[SHARED:.*]] = arith.constant 13 : index
// CHECK-LABEL: func.func private @__attn_decode_scores
// CHECK-COUNT-16: memref.prefetch {{.*}} locality<2>
// CHECK: scf.for {{.*}} -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>) {
// CHECK-COUNT-8: memref.store
// CHECK: scf.for
// CHECK-COUNT-8: memref.store
// CHECK-NOT: memref.store
// CHECK: return
func.func @two(%q: memref<1x2x1x32xf32>, %k: memref<1x1x100x32xf32>, %v: memref<1x1x100x32xf32>, %a: memref<1x2x1x32xf32>, %m: memref<1x2x1xf32>, %s: memref<1x2x1xf32>) {
  attn.attend %q, %k, %v into %a, %m, %s : memref<1x2x1x32xf32>, memref<1x1x100x32xf32>, memref<1x1x100x32xf32> -> memref<1x2x1x32xf32>, memref<1x2x1xf32>
  return
}
