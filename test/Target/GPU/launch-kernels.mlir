// RUN: attn-opt %s --attn-launch-kernels --canonicalize | FileCheck %s

// A thread for each row; the sum is a loop within it, of blocks. What adding a block loses is added in the end.
// CHECK-LABEL: func.func @rows(
// CHECK: %[[BLOCKS:.*]] = arith.ceildivui %[[ROWS:[a-z0-9]+]], %c256
// CHECK: gpu.launch blocks(%[[BLOCK:[a-z0-9]+]], {{.*}}) in (%{{[a-z0-9]+}} = %[[BLOCKS]], {{.*}}) threads(%[[THREAD:[a-z0-9]+]], {{.*}}) in (%{{[a-z0-9]+}} = %c256,
// CHECK:   %[[FIRST:.*]] = arith.muli %[[BLOCK]], %c256
// CHECK:   %[[ID:.*]] = arith.addi %[[FIRST]], %[[THREAD]]
// CHECK:   arith.cmpi ult, %[[ID]], %[[ROWS]]
// CHECK:   %[[BEFORE:.*]] = memref.load %arg1
// CHECK:   %[[SUMS:.*]]:2 = scf.for {{.*}} step %c8 iter_args(%[[SUM:.*]] = %[[BEFORE]], %[[LOST:.*]] = %cst{{.*}})
// CHECK:     %[[BLOCK_SUM:.*]] = scf.for
// CHECK:     %[[TOTAL:.*]] = arith.addf %[[SUM]], %[[BLOCK_SUM]]
// CHECK:     scf.yield %[[TOTAL]],
// CHECK:   %[[ALL:.*]] = arith.addf %[[SUMS]]#0, %[[SUMS]]#1
// CHECK:   arith.select {{.*}}, %[[SUMS]]#0, %[[ALL]]
// CHECK-NOT: linalg
func.func @rows(%x: memref<?x80xf32>, %y: memref<?xf32>) {
  linalg.reduce { arith.addf } ins(%x : memref<?x80xf32>) outs(%y : memref<?xf32>) dimensions = [1]
  return
}

// The reduction is outermost here, and its loop innermost in the kernel.
// CHECK-LABEL: func.func @columns(
// CHECK: gpu.launch
// CHECK:   scf.for
// CHECK-NOT: gpu.launch
func.func @columns(%x: memref<8x?xf32>, %y: memref<?xf32>) {
  linalg.reduce { arith.addf } ins(%x : memref<8x?xf32>) outs(%y : memref<?xf32>) dimensions = [0]
  return
}

// Nothing parallel: one thread.
// CHECK-LABEL: func.func @sum(
// CHECK: gpu.launch blocks({{.*}}) in (%{{.*}} = %c1, {{.*}}) threads({{.*}}) in (%{{.*}} = %c1,
func.func @sum(%x: memref<8xf32>, %y: memref<f32>) {
  linalg.reduce { arith.addf } ins(%x : memref<8xf32>) outs(%y : memref<f32>) dimensions = [0]
  return
}

// Copies, and stores of one element.
// CHECK-LABEL: func.func @copies(
// CHECK-COUNT-2: gpu.launch
// CHECK-NOT: memref.copy
func.func @copies(%x: memref<4x4xf32>, %y: memref<4x4xf32>, %i: index, %f: f32) {
  memref.copy %x, %y : memref<4x4xf32> to memref<4x4xf32>
  memref.store %f, %y[%i, %i] : memref<4x4xf32>
  return
}

// Nothing at all, which is known.
// CHECK-LABEL: func.func @nothing(
// CHECK-NOT: gpu.launch
// CHECK: return
func.func @nothing(%x: memref<4x0x?xf32>, %y: memref<4x0x?xf32>) {
  linalg.exp ins(%x : memref<4x0x?xf32>) outs(%y : memref<4x0x?xf32>)
  return
}
