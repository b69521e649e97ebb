// RUN: attn-opt %s -split-input-file -verify-diagnostics -attn-attach-cpu-target="vector-bits=512 registers=32 fma" -convert-attn-to-vector | FileCheck %s
// RUN: attn-opt %s -split-input-file -verify-diagnostics -convert-attn-to-vector | FileCheck %s --check-prefix=SSE

// Register tiles of 8 rows by 2 vectors, or 4 by 2: two steps in a turn.
// CHECK-LABEL: @linear
// SSE-LABEL: @linear
// The state lies tile by tile, the keys also transposed.
// CHECK-DAG: memref.alloca() {alignment = 64 : i64} : memref<1x16x32xf32>
// CHECK-NOT: attn.
// CHECK: vector.shuffle
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>,
// CHECK-COUNT-32: math.fma {{.*}} : vector<16xf32>
// CHECK: scf.yield
// SSE-NOT: math.fma
// SSE: arith.mulf {{.*}} : vector<4xf32>
func.func @linear(%q: memref<1x1x64x16xf32>, %s: memref<1x1x16x16xf32>) {
  attn.linear_chunk linear %q, %q, %q into %q, %s
    : memref<1x1x64x16xf32>, memref<1x1x64x16xf32>, memref<1x1x64x16xf32> into memref<1x1x64x16xf32>, memref<1x1x16x16xf32>
  return
}

// -----

// Decays are products built row by row: one factor for each token, no logarithm of a sum, no quotient.
// CHECK-LABEL: @gated
// CHECK-NOT: divf
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (vector<16xf32>, vector<16xf32>, f32)
// CHECK: arith.cmpi eq, {{.*}} : vector<16xindex>
// CHECK-NOT: divf
func.func @gated(%q: memref<1x1x64x16xf32>, %g: memref<1x1x64xf32>, %s: memref<1x1x16x16xf32>) {
  attn.linear_chunk gated %q, %q, %q decay %g into %q, %s
    : memref<1x1x64x16xf32>, memref<1x1x64x16xf32>, memref<1x1x64x16xf32>, decay memref<1x1x64xf32>
    into memref<1x1x64x16xf32>, memref<1x1x16x16xf32>
  return
}

// -----

func.func @dynamic_state(%q: memref<1x1x64x?xf32>, %s: memref<1x1x?x?xf32>) {
  // expected-error @below {{expected a state in memory, with static head sizes or a bound on those of values, got 'memref<1x1x?x?xf32>'}}
  attn.linear_chunk linear %q, %q, %q into %q, %s scale 1.0
    : memref<1x1x64x?xf32>, memref<1x1x64x?xf32>, memref<1x1x64x?xf32> into memref<1x1x64x?xf32>, memref<1x1x?x?xf32>
  return
}
