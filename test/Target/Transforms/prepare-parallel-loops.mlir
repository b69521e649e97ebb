// RUN: attn-opt %s --convert-scf-to-openmp --attn-prepare-parallel-loops | FileCheck %s

// A thread takes its scratch once, before its turns. One turn needs one thread.
// CHECK-LABEL: func.func @scratch
// CHECK-SAME: %[[N:.*]]: index
// CHECK: %[[IS_SHARED:.*]] = arith.cmpi sgt, %[[N]], %{{.*}} : index
// CHECK: omp.parallel if(%[[IS_SHARED]])
// CHECK-NEXT: %[[SCRATCH:.*]] = memref.alloca() : memref<4xf32>
// CHECK: omp.wsloop nowait schedule(dynamic)
// CHECK: omp.loop_nest
// CHECK-NOT: memref.alloca_scope
// CHECK: memref.store %{{.*}}, %[[SCRATCH]]
func.func @scratch(%n: index, %out: memref<?xf32>, %x: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    %s = memref.alloca() : memref<4xf32>
    memref.store %x, %s[%c0] : memref<4xf32>
    %y = memref.load %s[%c0] : memref<4xf32>
    memref.store %y, %out[%i] : memref<?xf32>
    scf.reduce
  }
  return
}

// Several turns, as is known.
// CHECK-LABEL: func.func @several
// CHECK: omp.parallel {
func.func @several(%out: memref<4xf32>, %x: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  scf.parallel (%i) = (%c0) to (%c4) step (%c1) {
    memref.store %x, %out[%i] : memref<4xf32>
    scf.reduce
  }
  return
}
