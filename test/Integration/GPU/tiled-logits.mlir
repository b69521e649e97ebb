// Logits of 1e4 and more: scores are taken from their maximum before they are scaled to powers of 2.
// RUN: attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --range q=-40:40 --range k=-40:40 --compare=reference | FileCheck %s

// CHECK: result0 1x1x70x32xf16: agree: 2240 elements
// CHECK: result1 1x1x70xf32: agree: 70 elements
func.func @main(%q: tensor<1x1x70x32xf16> {attn.name = "q"}, %k: tensor<1x1x140x32xf16> {attn.name = "k"}, %v: tensor<1x1x140x32xf16>) -> (tensor<1x1x70x32xf16>, tensor<1x1x70xf32>) {
  %o, %lse = attn.attention %q, %k, %v scale 3.0 : tensor<1x1x70x32xf16>, tensor<1x1x140x32xf16>, tensor<1x1x140x32xf16> -> (tensor<1x1x70x32xf16>, lse tensor<1x1x70xf32>)
  return %o, %lse : tensor<1x1x70x32xf16>, tensor<1x1x70xf32>
}
