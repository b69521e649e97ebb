// RUN: attn-opt %s -split-input-file --attn-lower-calling-thread-loops | FileCheck %s

// The stack does not grow with the iterations.
// CHECK-LABEL: func.func @scratch
// CHECK: %[[SCRATCH:.*]] = memref.alloca() : memref<4xf32>
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %[[N:.*]] step
// CHECK:   scf.for %[[J:.*]] =
// CHECK-NOT: memref.alloca
// CHECK:     memref.store %{{.*}}, %[[SCRATCH]]
// CHECK:     memref.store %{{.*}}, %{{.*}}[%[[I]], %[[J]]]
// CHECK-NOT: scf.forall
func.func @scratch(%out: memref<2x3xf32>, %x: f32) {
  %c0 = arith.constant 0 : index
  scf.forall (%i, %j) in (2, 3) {
    %s = memref.alloca() : memref<4xf32>
    memref.store %x, %s[%c0] : memref<4xf32>
    %y = memref.load %s[%c0] : memref<4xf32>
    memref.store %y, %out[%i, %j] : memref<2x3xf32>
  } {mapping = [#attn.calling_thread<0>, #attn.calling_thread<1>]}
  return
}

// -----

// Loops that say nothing are for threads to share.
// CHECK-LABEL: func.func @shared
// CHECK: scf.forall
func.func @shared(%out: memref<2xf32>, %x: f32) {
  scf.forall (%i) in (2) {
    memref.store %x, %out[%i] : memref<2xf32>
  }
  return
}
