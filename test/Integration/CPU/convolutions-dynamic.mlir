// A convolution whose sizes only a run knows: lines of positions that blocks cut, one line, one column, no batch, no line.

// DEFINE: %{n} = 2
// DEFINE: %{h} = 31
// DEFINE: %{w} = 28
// DEFINE: %{run} = attn-run %s --keep-dynamic --random-inputs --compare=reference --atol=1e-4 --dim=arg0.0=%{n} --dim=arg0.2=%{h} --dim=arg0.3=%{w}
// RUN: %{run} | FileCheck %s
// CHECK: result0 {{.*}}f32: agree: {{[0-9]+}} elements
// REDEFINE: %{h} = 3
// RUN: %{run} | FileCheck %s
// REDEFINE: %{w} = 5
// REDEFINE: %{h} = 70
// RUN: %{run} | FileCheck %s
// REDEFINE: %{n} = 0
// RUN: %{run} | FileCheck %s
// REDEFINE: %{n} = 1
// REDEFINE: %{h} = 2
// RUN: %{run} | FileCheck %s

func.func @main(%x: tensor<?x5x?x?xf32>, %k: tensor<20x5x3x5xf32>) -> tensor<?x20x?x?xf32> {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %n = tensor.dim %x, %c0 : tensor<?x5x?x?xf32>
  %h = tensor.dim %x, %c2 : tensor<?x5x?x?xf32>
  %w = tensor.dim %x, %c3 : tensor<?x5x?x?xf32>
  %oh = arith.subi %h, %c2 : index
  %ow = arith.subi %w, %c4 : index
  %e = tensor.empty(%n, %oh, %ow) : tensor<?x20x?x?xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x20x?x?xf32>) -> tensor<?x20x?x?xf32>
  %p = linalg.conv_2d_nchw_fchw ins(%x, %k : tensor<?x5x?x?xf32>, tensor<20x5x3x5xf32>) outs(%f : tensor<?x20x?x?xf32>) -> tensor<?x20x?x?xf32>
  return %p : tensor<?x20x?x?xf32>
}
