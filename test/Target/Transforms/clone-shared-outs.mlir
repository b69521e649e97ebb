// RUN: attn-opt %s -split-input-file -attn-clone-shared-outs | FileCheck %s
// RUN: attn-opt %s -split-input-file -attn-clone-shared-outs | FileCheck %s --check-prefix=ONCE

// CHECK-LABEL: @fills
// CHECK:         %[[F:.*]] = linalg.fill
// CHECK:         linalg.matmul {{.*}} outs(%[[F]] :
// CHECK:         %[[G:.*]] = linalg.fill
// CHECK:         linalg.matmul {{.*}} outs(%[[G]] :
func.func @fills(%a: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %c = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %f = linalg.fill ins(%c : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %0 = linalg.matmul ins(%a, %a : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = linalg.matmul ins(%0, %a : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0, %1 : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// CHECK-LABEL: @others
// CHECK:         %[[P:.*]] = linalg.matmul
// CHECK:         %[[C:.*]] = bufferization.alloc_tensor() copy(%[[P]])
// CHECK:         linalg.exp ins(%[[P]] : {{.*}} outs(%[[C]] :
// CHECK:         linalg.abs ins(%[[P]] :
func.func @others(%a: tensor<4x4xf32>, %e: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %0 = linalg.matmul ins(%a, %a : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = linalg.exp ins(%0 : tensor<4x4xf32>) outs(%0 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = linalg.abs ins(%0 : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %1, %2 : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

// One user overwrites what it reads.
// ONCE-LABEL: @one_user
// ONCE-NOT:     alloc_tensor
func.func @one_user(%a: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.exp ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %1 = linalg.abs ins(%0 : tensor<4xf32>) outs(%0 : tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// What shares no more than an empty tensor shares nothing.
// CHECK-LABEL: @empties
// CHECK:         %[[D:.*]] = tensor.empty
// CHECK:         linalg.exp {{.*}} outs(%[[D]] :
// CHECK:         %[[E:.*]] = tensor.empty
// CHECK:         linalg.abs {{.*}} outs(%[[E]] :
func.func @empties(%a: tensor<4xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %0 = linalg.exp ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %1 = linalg.abs ins(%0 : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// Of one op in the order of its operands, so that equal layers stay equal.
// CHECK-LABEL: @in_order
// CHECK:         %[[A:.*]] = tensor.empty()
// CHECK:         %[[B:.*]] = tensor.empty()
// CHECK:         linalg.generic {{.*}} outs(%[[A]], %[[B]] :
#id = affine_map<(i) -> (i)>
func.func @in_order(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %e = tensor.empty() : tensor<4xf32>
  %0:2 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%e, %e : tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32, %p: f32):
    %1 = arith.addf %a, %a : f32
    linalg.yield %a, %1 : f32, f32
  } -> (tensor<4xf32>, tensor<4xf32>)
  return %0#0, %0#1 : tensor<4xf32>, tensor<4xf32>
}
