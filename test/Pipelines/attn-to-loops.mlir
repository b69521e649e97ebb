// RUN: attn-opt %s --attn-bufferize | FileCheck %s --check-prefix=BUFFERS
// RUN: attn-opt %s --attn-to-loops | FileCheck %s --check-prefix=LLVM

// The sum is computed in the caller's memory: no allocation, no copy.

// BUFFERS-LABEL: func.func @add_three__entry
// BUFFERS-SAME: %[[A:.*]]: memref<?xf32>, %[[OUT:.*]]: memref<?xf32>)
// BUFFERS-NOT: memref.alloc
// BUFFERS: linalg.generic {{.*}} ins(%[[A]] : memref<?xf32>) outs(%[[OUT]] : memref<?xf32>)
// BUFFERS-NOT: memref.copy
// BUFFERS-LABEL: func.func @add_three__shapes

// LLVM-DAG: llvm.func @add_three(
// LLVM-DAG: llvm.func @add_three_shapes(
// LLVM-NOT: func.func
#vector = affine_map<(i) -> (i)>
func.func @add_three(%a: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %three = arith.constant 3.0 : f32
  %n = tensor.dim %a, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = linalg.generic {indexing_maps = [#vector, #vector], iterator_types = ["parallel"]} ins(%a : tensor<?xf32>) outs(%e : tensor<?xf32>) {
  ^bb0(%x: f32, %y: f32):
    %0 = arith.addf %x, %three : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  return %r : tensor<?xf32>
}
