// Functions that regions call, on vectors: with one key whose value is 1 and a scale of 1, a row's LSE is what the region makes of
// the query. Numbers of all sizes, within the bounds of docs/Spec.md, and special values.
// RUN: split-file %s %t
// DEFINE: %{run} = attn-run --random-inputs --compare=reference --atol=1e-37
// RUN: %{run} %t/tanh.mlir --range=arg0=-12:12 --rtol=4e-7 | FileCheck %s
// RUN: %{run} %t/tanh.mlir --range=arg0=-12:12 --rtol=4e-7 --mcpu=x86-64 | FileCheck %s
// RUN: sed 's/scale 1.0/scale 0.0009765625/' %t/tanh.mlir > %t/small.mlir
// RUN: %{run} %t/small.mlir --range=arg0=-600:600 --rtol=4e-7 | FileCheck %s
// RUN: %{run} %t/tanh.mlir --range=arg0=-300:300 --rtol=4e-7 | FileCheck %s
// RUN: sed s/f32/f64/g %t/tanh.mlir > %t/tanh64.mlir
// RUN: %{run} %t/tanh64.mlir --range=arg0=-12:12 --rtol=1e-15 | FileCheck %s
// RUN: sed s/f32/f64/g %t/small.mlir > %t/small64.mlir
// RUN: %{run} %t/small64.mlir --range=arg0=-600:600 --rtol=1e-15 | FileCheck %s
// RUN: sed s/tanh/exp/g %t/tanh.mlir > %t/exp.mlir
// RUN: %{run} %t/exp.mlir --range=arg0=-86:88 --rtol=2e-7 | FileCheck %s
// RUN: %{run} %t/exp.mlir --range=arg0=-200:88 --rtol=2e-7 --mcpu=x86-64 | FileCheck %s
// RUN: sed s/f32/f64/g %t/exp.mlir > %t/exp64.mlir
// RUN: %{run} %t/exp64.mlir --range=arg0=-706:709 --rtol=1e-15 | FileCheck %s
// CHECK: result0 {{.*}}: agree

//--- tanh.mlir
func.func @main(%q: tensor<1x1x65536x1xf32>) -> tensor<1x1x65536xf32> {
  %k = arith.constant dense<1.0> : tensor<1x1x1x1xf32>
  %o, %l = attn.attention %q, %k, %k scale 1.0
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = math.tanh %s : f32
      attn.yield %0 : f32
    }
    : tensor<1x1x65536x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32> -> (tensor<1x1x65536x1xf32>, lse tensor<1x1x65536xf32>)
  return %l : tensor<1x1x65536xf32>
}
