// linalg.softmax by itself, over any dimension, against the oracle, which knows the op. A row of -inf alone is NaN in both.
// DEFINE: %{run} = attn-run %s --random-inputs --compare=reference
// RUN: %{run} --function=middle | FileCheck %s
// RUN: %{run} --function=last --dim n=33 | FileCheck %s
// RUN: %{run} --function=last --dim n=1 | FileCheck %s
// RUN: %{run} --function=half | FileCheck %s
// RUN: %{run} --function=special | FileCheck %s
// CHECK: reference: oracle
// CHECK: agree

func.func @middle(%x: tensor<3x5x7xf32>) -> tensor<3x5x7xf32> {
  %e = tensor.empty() : tensor<3x5x7xf32>
  %0 = linalg.softmax dimension(1) ins(%x : tensor<3x5x7xf32>) outs(%e : tensor<3x5x7xf32>) -> tensor<3x5x7xf32>
  return %0 : tensor<3x5x7xf32>
}

func.func @last(%x: tensor<3x?xf64> {attn.dim_names = ["", "n"]}) -> tensor<3x?xf64> {
  %0 = linalg.softmax dimension(1) ins(%x : tensor<3x?xf64>) outs(%x : tensor<3x?xf64>) -> tensor<3x?xf64>
  return %0 : tensor<3x?xf64>
}

func.func @half(%x: tensor<4x9xf16>) -> tensor<4x9xf16> {
  %e = tensor.empty() : tensor<4x9xf16>
  %0 = linalg.softmax dimension(0) ins(%x : tensor<4x9xf16>) outs(%e : tensor<4x9xf16>) -> tensor<4x9xf16>
  return %0 : tensor<4x9xf16>
}

func.func @special() -> tensor<3x2xf32> {
  %x = arith.constant dense<[[0xFF800000, 0xFF800000], [0xFF800000, 1.0], [1.0e4, -1.0e4]]> : tensor<3x2xf32>
  %e = tensor.empty() : tensor<3x2xf32>
  %0 = linalg.softmax dimension(1) ins(%x : tensor<3x2xf32>) outs(%e : tensor<3x2xf32>) -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}
