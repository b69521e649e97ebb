// A renamed pass answers to its old flag, and says once what it is called.
// RUN: attn-opt %s -attn-unshare-destinations -attn-unshare-destinations -o %t.mlir 2> %t.log
// RUN: attn-opt %s -attn-clone-shared-outs | cmp - %t.mlir
// RUN: FileCheck %s < %t.log
// CHECK: warning: attn-unshare-destinations is now attn-clone-shared-outs
// CHECK-NOT: warning

func.func @twice(%a: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %empty = tensor.empty() : tensor<4xf32>
  %0 = linalg.exp ins(%a : tensor<4xf32>) outs(%empty : tensor<4xf32>) -> tensor<4xf32>
  %1 = linalg.log ins(%a : tensor<4xf32>) outs(%empty : tensor<4xf32>) -> tensor<4xf32>
  return %0, %1 : tensor<4xf32>, tensor<4xf32>
}
