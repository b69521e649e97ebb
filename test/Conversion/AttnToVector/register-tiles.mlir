// RUN: attn-opt %s -attn-attach-cpu-target="vector-bits=256 registers=16 fma" -convert-attn-to-vector -canonicalize -cse | FileCheck %s
// RUN: attn-opt %s -attn-attach-cpu-target="vector-bits=256 registers=16" -convert-attn-to-vector -canonicalize -cse | FileCheck %s --check-prefix=SHORT
// RUN: attn-opt %s -attn-attach-cpu-target="vector-bits=256 registers=32 fma" -convert-attn-to-vector -canonicalize -cse | FileCheck %s --check-prefix=SHORT

// Two vectors of queries: of as many keys as there are, twenties by fives and the rest by fours; of 64 features, 60 by sixes and
// four. Without FMA, or with more registers, all tiles are alike.
// CHECK-LABEL: func.func private @__attn_scores(
// CHECK: scf.for %{{.*}} = %c0 to %[[TALL:.*]] step %c5 iter_args
// CHECK: scf.for %{{.*}} = %[[TALL]] to %{{.*}} step %c4 iter_args
// CHECK-LABEL: func.func private @__attn_add_block(
// Where no weight is 0, none is compared.
// CHECK: scf.if %{{.*}} -> (vector<8xf32>, vector<8xf32>)
// CHECK: arith.shli
// CHECK: arith.select
// CHECK: scf.yield
// Weights of 16 keys are added to each other first.
// CHECK: else
// CHECK: scf.for %{{.*}} = %c0 to %{{.*}} step %c16 iter_args(%[[BEFORE:.*]] = %[[NONE:.*]], %{{.*}} = %[[NONE]])
// CHECK: %[[SUMS:.*]]:2 = scf.for %{{.*}} step %c1 iter_args(%{{.*}} = %[[NONE]], %{{.*}} = %[[NONE]])
// CHECK: arith.shli
// CHECK-NOT: arith.select
// CHECK: arith.addf %[[BEFORE]], %[[SUMS]]#0
// CHECK: scf.yield
// CHECK: scf.for %{{.*}} = %c0 to %c60 step %c6 {
// CHECK: %{{.*}}:12 = scf.for
// CHECK: %{{.*}}:8 = scf.for
// SHORT-LABEL: func.func private @__attn_scores(
// SHORT-NOT: step %c5
// SHORT-NOT: step %c6
func.func @two(%q: memref<1x1x16x64xf32>, %k: memref<1x1x64x64xf32>, %v: memref<1x1x64x64xf32>,
    %acc: memref<1x1x16x64xf32>, %max: memref<1x1x16xf32>, %sum: memref<1x1x16xf32>) {
  attn.attend %q, %k, %v into %acc, %max, %sum
    : memref<1x1x16x64xf32>, memref<1x1x64x64xf32>, memref<1x1x64x64xf32> -> memref<1x1x16x64xf32>, memref<1x1x16xf32>
  return
}
