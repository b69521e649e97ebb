// RUN: attn-opt %s --attn-outline-kernels | FileCheck %s

#vector = affine_map<(i) -> (i)>

// CHECK-LABEL: func.func @two_layers
// CHECK-SAME: (%[[A:.*]]: memref<?xf32>, %[[B:.*]]: memref<?xf32>, %[[TABLE:.*]]: memref<4xf32>)
func.func @two_layers(%a: memref<?xf32>, %b: memref<?xf32>, %table: memref<4xf32>) {
  %two = arith.constant 2.0 : f32
  %three = arith.constant 3.0 : f32
  // Equal ops share a kernel; a constant is part of it.
  // CHECK: call @[[$BY2:.*]](%[[A]], %[[B]]) :
  // CHECK: call @[[$BY2]](%[[B]], %[[A]]) :
  // CHECK: call @[[$BY3:.*]](%[[A]], %[[B]]) :
  linalg.generic {indexing_maps = [#vector, #vector], iterator_types = ["parallel"]} ins(%a : memref<?xf32>) outs(%b : memref<?xf32>) {
  ^bb0(%x: f32, %y: f32):
    %0 = arith.mulf %x, %two : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#vector, #vector], iterator_types = ["parallel"]} ins(%b : memref<?xf32>) outs(%a : memref<?xf32>) {
  ^bb0(%x: f32, %y: f32):
    %0 = arith.mulf %x, %two : f32
    linalg.yield %0 : f32
  }
  linalg.generic {indexing_maps = [#vector, #vector], iterator_types = ["parallel"]} ins(%a : memref<?xf32>) outs(%b : memref<?xf32>) {
  ^bb0(%x: f32, %y: f32):
    %0 = arith.mulf %x, %three : f32
    linalg.yield %0 : f32
  }
  // What the body reads from outside is passed too.
  // CHECK: call @{{.*}}(%[[B]], %[[TABLE]]) :
  linalg.generic {indexing_maps = [#vector], iterator_types = ["parallel"]} outs(%b : memref<?xf32>) {
  ^bb0(%y: f32):
    %c1 = arith.constant 1 : index
    %0 = memref.load %table[%c1] : memref<4xf32>
    linalg.yield %0 : f32
  }
  return
}

// In a parallel loop a check must know where it is: such ops stay.
// CHECK-LABEL: func.func @in_parallel
// CHECK: scf.parallel
// CHECK-NEXT: linalg.fill
func.func @in_parallel(%a: memref<?xf32>, %n: index, %x: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    linalg.fill ins(%x : f32) outs(%a : memref<?xf32>)
  }
  return
}

// CHECK: func.func private @[[$BY2]](%{{.*}}: memref<?xf32>, %{{.*}}: memref<?xf32>) attributes {passthrough = ["noinline"]}
// CHECK: %[[TWO:.*]] = arith.constant 2.0
// CHECK: arith.mulf %{{.*}}, %[[TWO]]
