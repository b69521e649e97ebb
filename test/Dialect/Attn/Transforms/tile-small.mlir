// On a CPU, loops whose work one thread does sooner than it wakes another stay with it.
// RUN: attn-opt %s -attn-tile -attn-chunk-linear-attention | FileCheck %s

// CHECK-LABEL: func.func @small(
// CHECK: } {mapping = [#attn.calling_thread<0>, #attn.calling_thread<1>, #attn.calling_thread<2>]}
// CHECK-LABEL: func.func @large(
// CHECK: scf.forall
// CHECK-NOT: mapping
// CHECK-LABEL: func.func @unknown(
// CHECK: scf.forall
// CHECK-NOT: mapping
// CHECK-LABEL: func.func @linear(
// CHECK: } {mapping = [#attn.calling_thread<0>, #attn.calling_thread<1>]}
module attributes {attn.target = #attn.cpu} {
  func.func @small(%q: tensor<1x2x63x32xf32>) -> tensor<1x2x63x32xf32> {
    %o = attn.attention %q, %q, %q
      : tensor<1x2x63x32xf32>, tensor<1x2x63x32xf32>, tensor<1x2x63x32xf32> -> tensor<1x2x63x32xf32>
    return %o : tensor<1x2x63x32xf32>
  }
  func.func @large(%q: tensor<1x2x64x32xf32>) -> tensor<1x2x64x32xf32> {
    %o = attn.attention %q, %q, %q
      : tensor<1x2x64x32xf32>, tensor<1x2x64x32xf32>, tensor<1x2x64x32xf32> -> tensor<1x2x64x32xf32>
    return %o : tensor<1x2x64x32xf32>
  }
  func.func @unknown(%q: tensor<1x2x?x32xf32>) -> tensor<1x2x?x32xf32> {
    %o = attn.attention %q, %q, %q
      : tensor<1x2x?x32xf32>, tensor<1x2x?x32xf32>, tensor<1x2x?x32xf32> -> tensor<1x2x?x32xf32>
    return %o : tensor<1x2x?x32xf32>
  }
  func.func @linear(%q: tensor<1x2x70x8xf32>) -> tensor<1x2x70x8xf32> {
    %o = attn.linear_attention linear %q, %q, %q
      : tensor<1x2x70x8xf32>, tensor<1x2x70x8xf32>, tensor<1x2x70x8xf32> -> tensor<1x2x70x8xf32>
    return %o : tensor<1x2x70x8xf32>
  }
}
