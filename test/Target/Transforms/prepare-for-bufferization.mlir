// RUN: attn-opt %s --attn-prepare-for-bufferization | FileCheck %s

// CHECK-LABEL: @concat
func.func @concat(%a: tensor<?x2xf32>, %b: tensor<?x2xf32>) -> tensor<?x2xf32> {
  // CHECK-NOT: tensor.concat
  // CHECK: tensor.insert_slice
  // CHECK: tensor.insert_slice
  %0 = tensor.concat dim(0) %a, %b : (tensor<?x2xf32>, tensor<?x2xf32>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// Slices of many tensors would be compared with each other.
// CHECK-LABEL: @many
func.func @many(%a: tensor<1xf32>) -> tensor<17xf32> {
  // CHECK: tensor.concat
  %0 = tensor.concat dim(0) %a, %a, %a, %a, %a, %a, %a, %a, %a, %a, %a, %a, %a, %a, %a, %a, %a
    : (tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>,
       tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>, tensor<1xf32>,
       tensor<1xf32>) -> tensor<17xf32>
  return %0 : tensor<17xf32>
}

// CHECK-LABEL: @softmax
func.func @softmax(%a: tensor<2x?xf32>, %b: tensor<2x?xf32>) -> tensor<2x?xf32> {
  // CHECK-NOT: linalg.softmax
  // CHECK: arith.maxnumf
  // CHECK: math.exp
  // CHECK: arith.divf
  %0 = linalg.softmax dimension(1) ins(%a : tensor<2x?xf32>) outs(%b : tensor<2x?xf32>) -> tensor<2x?xf32>
  return %0 : tensor<2x?xf32>
}
