// RUN: attn-opt %s -split-input-file -verify-diagnostics -attn-attach-cpu-target="vector-bits=512 registers=32 fma" -convert-attn-to-vector | FileCheck %s
// RUN: attn-opt %s -split-input-file -verify-diagnostics -convert-attn-to-vector | FileCheck %s --check-prefix=SSE

// 48 queries are three vectors of 16: eight keys at a time, 24 accumulators. A state in scratch lies on the stack,
// features first.
// CHECK-LABEL: @tile
// SSE-LABEL: @tile
// CHECK-DAG: %[[ACC:.*]] = memref.alloca() {alignment = 64 : i64} : memref<8x48xf32>
// CHECK-DAG: memref.reinterpret_cast %[[ACC]] {{.*}} strides: [384, 384, 1, 48]
// CHECK-NOT: attn.
// CHECK: scf.for
// CHECK: %[[SCORES:.*]]:6 = func.call @__attn_scores
// CHECK: scf.for {{.*}} iter_args({{.*}}) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK: arith.maximumf
// CHECK: func.call @__attn_add_block
// CHECK-LABEL: func.func private @__attn_scores
// CHECK-SAME: passthrough = ["noinline", "attn-vector-code"]
// CHECK: scf.for
// CHECK-COUNT-24: math.fma {{.*}} : vector<16xf32>
// CHECK: loop_annotation = #[[STAYS:.*]]}
// SSE-NOT: math.fma
// SSE: vector<4xf32>
func.func @tile(%q: memref<1x1x48x4xf32>, %k: memref<1x1x64x4xf32>, %v: memref<1x1x64x8xf32>, %o: memref<1x1x48x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %none = arith.constant 0xFF800000 : f32
  %acc = memref.alloc() : memref<1x1x48x8xf32, #attn.scratch>
  %max = memref.alloc() : memref<1x1x48xf32, #attn.scratch>
  %sum = memref.alloc() : memref<1x1x48xf32, #attn.scratch>
  linalg.fill ins(%zero : f32) outs(%acc : memref<1x1x48x8xf32, #attn.scratch>)
  linalg.fill ins(%none : f32) outs(%max : memref<1x1x48xf32, #attn.scratch>)
  linalg.fill ins(%zero : f32) outs(%sum : memref<1x1x48xf32, #attn.scratch>)
  attn.attend %q, %k, %v into %acc, %max, %sum
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = arith.maximumf %s, %zero : f32
      attn.yield %0 : f32
    }
    : memref<1x1x48x4xf32>, memref<1x1x64x4xf32>, memref<1x1x64x8xf32>
    -> memref<1x1x48x8xf32, #attn.scratch>, memref<1x1x48xf32, #attn.scratch>
  linalg.copy ins(%acc : memref<1x1x48x8xf32, #attn.scratch>) outs(%o : memref<1x1x48x8xf32>)
  return
}

// -----

// A state of the caller is copied; heads and long queries become loops.
// CHECK-LABEL: @whole
// CHECK-COUNT-3: scf.for
// CHECK-COUNT-3: memref.copy
// CHECK: func.call @__attn_add_block
// CHECK-COUNT-3: memref.copy
func.func @whole(%q: memref<2x4x?x4xf32>, %k: memref<2x2x?x4xf32>, %v: memref<2x2x?x8xf32>,
    %acc: memref<2x4x?x8xf32>, %max: memref<2x4x?xf32>, %sum: memref<2x4x?xf32>) {
  attn.attend %q, %k, %v into %acc, %max, %sum
    : memref<2x4x?x4xf32>, memref<2x2x?x4xf32>, memref<2x2x?x8xf32> -> memref<2x4x?x8xf32>, memref<2x4x?xf32>
  return
}

// -----

func.func @tensors(%q: tensor<1x1x3x4xf32>, %acc: tensor<1x1x3x4xf32>, %row: tensor<1x1x3xf32>) {
  // expected-error@below {{expected a state in memory, got 'tensor<1x1x3x4xf32>'}}
  %0:3 = attn.attend %q, %q, %q into %acc, %row, %row
    : tensor<1x1x3x4xf32>, tensor<1x1x3x4xf32>, tensor<1x1x3x4xf32> -> tensor<1x1x3x4xf32>, tensor<1x1x3xf32>
  return
}

// -----

func.func @dynamic(%q: memref<1x1x3x?xf32>, %v: memref<1x1x3x4xf32>, %acc: memref<1x1x3x4xf32>, %max: memref<1x1x3xf32>,
    %sum: memref<1x1x3xf32>) {
  // expected-error@below {{expected static head sizes, got 'memref<1x1x3x?xf32>' and 'memref<1x1x3x4xf32>'}}
  attn.attend %q, %q, %v into %acc, %max, %sum
    : memref<1x1x3x?xf32>, memref<1x1x3x?xf32>, memref<1x1x3x4xf32> -> memref<1x1x3x4xf32>, memref<1x1x3xf32>
  return
}

// -----

// What does not depend on the mask is there once, whatever the loops over keys are.
// CHECK-LABEL: @loops
// CHECK: func.call @__attn_scores(
// CHECK: func.call @__attn_add_block(
// Keys that are hidden from all rows, at the beginning and the end of a block, are left out, and so is a block of them.
// CHECK: %[[FIRST:.*]]:2 = scf.while
// CHECK: vector.reduction <or>
// CHECK: scf.if %[[FIRST]]#1 {
// CHECK: scf.while
// CHECK: vector.reduction <or>
// CHECK: func.call @__attn_scores(
// CHECK: arith.cmpi sle
// CHECK: func.call @__attn_add_block(
// CHECK: func.func private @__attn_scores(
// CHECK-NOT: func.func private @__attn_scores
func.func @loops(%q: memref<1x1x48x4xf32>, %k: memref<1x1x64x4xf32>, %v: memref<1x1x64x8xf32>, %acc: memref<1x1x48x8xf32>,
    %max: memref<1x1x48xf32>, %sum: memref<1x1x48xf32>) {
  attn.attend %q, %k, %v into %acc, %max, %sum
    : memref<1x1x48x4xf32>, memref<1x1x64x4xf32>, memref<1x1x64x8xf32> -> memref<1x1x48x8xf32>, memref<1x1x48xf32>
  attn.attend %q, %k, %v into %acc, %max, %sum
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = arith.cmpi sle, %j, %i : index
      attn.yield %0 : i1
    }
    : memref<1x1x48x4xf32>, memref<1x1x64x4xf32>, memref<1x1x64x8xf32> -> memref<1x1x48x8xf32>, memref<1x1x48xf32>
  return
}
