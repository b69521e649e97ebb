// Where registers are few, decode reads keys in four places, far apart, and fetches those further on into the second-level cache.
// RUN: attn-opt %s -attn-attach-cpu-target="vector-bits=256 fma" -convert-attn-to-vector | FileCheck %s

// With many it goes from one key to the next.
// RUN: attn-opt %s -attn-attach-cpu-target="vector-bits=512 registers=32 fma" -convert-attn-to-vector | FileCheck %s --check-prefix=WIDE
// WIDE: memref.prefetch {{.*}} locality<3>
// WIDE-NOT: locality<2>

!k = memref<1x1x2048x32xf32>
!v = memref<1x1x2048x128xf32>

// 512 keys of each place, 16 in a block.
// CHECK-LABEL: func.func @four
// CHECK: scf.for %{{.*}} = %c0 to %{{.*}} step %c16

// A step multiplies four rows by a key of two places.
// CHECK-LABEL: func.func private @__attn_decode_scores
// CHECK: scf.for {{.*}} -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>)
// CHECK-COUNT-2: memref.prefetch {{.*}} locality<2>
// CHECK: scf.for {{.*}} -> (vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>, vector<8xf32>)
// CHECK-COUNT-2: memref.prefetch {{.*}} locality<2>
// CHECK-NOT: memref.prefetch

// A key of each place, in all groups of features before the next one.
// CHECK-LABEL: func.func private @__attn_add_decode(
// CHECK: scf.for {{.*}} to %{{arg[0-9]+}} step %c1{{[_0-9]*}} {
// CHECK: scf.for {{.*}} to %c128{{[_0-9]*}} step %c16{{[_0-9]*}} {
// CHECK-COUNT-4: memref.prefetch {{.*}} locality<2>
// CHECK-NOT: memref.prefetch
func.func @four(%q: memref<1x4x1x32xf32>, %k: !k, %v: !v, %a: memref<1x4x1x128xf32>, %m: memref<1x4x1xf32>, %s: memref<1x4x1xf32>) {
  attn.attend %q, %k, %v into %a, %m, %s : memref<1x4x1x32xf32>, !k, !v -> memref<1x4x1x128xf32>, memref<1x4x1xf32>
  return
}
