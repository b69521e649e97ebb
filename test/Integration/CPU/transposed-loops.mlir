// Elementwise ops on operands that vectors stride over, which are transposed a few rows at a time: rows and columns one off a block and a
// vector, fewer rows than a block, two operands, one of them the same for all batches.
// DEFINE: %{run} = attn-run %s --random-inputs --keep-dynamic --compare=reference
// RUN: %{run} --dim arg0.2=13 --dim arg1.1=13 --dim arg2.1=13 | FileCheck %s
// RUN: %{run} --dim arg0.2=3 --dim arg1.1=3 --dim arg2.1=3 | FileCheck %s
// RUN: %{run} --dim arg0.2=0 --dim arg1.1=0 --dim arg2.1=0 | FileCheck %s
// RUN: %{run} --dim arg0.2=21 --dim arg1.1=21 --dim arg2.1=21 --mcpu=x86-64 | FileCheck %s
// RUN: %{run} --dim arg0.2=21 --dim arg1.1=21 --dim arg2.1=21 --mcpu=x86-64-v3 | FileCheck %s
// RUN: sed 's/67x/5x/g; s/x67xf/x5xf/g; s/f32/f64/g' %s > %t.mlir
// RUN: attn-run %t.mlir --random-inputs --keep-dynamic --compare=reference --dim arg0.2=11 --dim arg1.1=11 --dim arg2.1=11 | FileCheck %s
// CHECK: : agree

func.func @main(%x: tensor<2x67x?xf32>, %y: tensor<67x?xf32>, %scale: tensor<2x?xf32>) -> tensor<2x?x67xf32> {
  %c2 = arith.constant 2 : index
  %n = tensor.dim %x, %c2 : tensor<2x67x?xf32>
  %e = tensor.empty(%n) : tensor<2x?x67xf32>
  %r = linalg.generic {
    indexing_maps = [affine_map<(b, i, j) -> (b, j, i)>, affine_map<(b, i, j) -> (j, i)>, affine_map<(b, i, j) -> (b, i)>, affine_map<(b, i, j) -> (b, i, j)>],
    iterator_types = ["parallel", "parallel", "parallel"]
  } ins(%x, %y, %scale : tensor<2x67x?xf32>, tensor<67x?xf32>, tensor<2x?xf32>) outs(%e : tensor<2x?x67xf32>) {
  ^bb0(%a: f32, %c: f32, %s: f32, %o: f32):
    %0 = arith.mulf %a, %s : f32
    %1 = arith.subf %0, %c : f32
    linalg.yield %1 : f32
  } -> tensor<2x?x67xf32>
  return %r : tensor<2x?x67xf32>
}
