// Products whose sizes only a run knows: few rows, many, none; no columns; nothing to sum.

// DEFINE: %{m} = 5
// DEFINE: %{n} = 9
// DEFINE: %{k} = 7
// DEFINE: %{run} = attn-run %s --function=product --keep-dynamic --random-inputs --compare=reference --dim=arg0.0=%{m} --dim=arg0.1=%{k} --dim=arg1.0=%{k} --dim=arg1.1=%{n} --dim=arg2.0=%{n}
// RUN: %{run} | FileCheck %s
// CHECK: result0 {{.*}}f32: agree: {{[0-9]+}} elements
// REDEFINE: %{m} = 1
// RUN: %{run} | FileCheck %s
// REDEFINE: %{m} = 2
// RUN: %{run} | FileCheck %s
// REDEFINE: %{m} = 8
// REDEFINE: %{n} = 200
// RUN: %{run} | FileCheck %s
// REDEFINE: %{m} = 521
// REDEFINE: %{k} = 260
// RUN: %{run} | FileCheck %s
// REDEFINE: %{k} = 0
// RUN: %{run} | FileCheck %s
// REDEFINE: %{m} = 0
// REDEFINE: %{k} = 7
// RUN: %{run} | FileCheck %s
// REDEFINE: %{m} = 3
// REDEFINE: %{n} = 0
// RUN: %{run} | FileCheck %s

// RUN: attn-run %s --function=special --compare=reference | FileCheck %s
// RUN: attn-run %s --function=transposed --random-inputs --compare=reference --dim=arg0.1=3 --dim=arg1.0=37 | FileCheck %s

func.func @product(%x: tensor<?x?xf32>, %w: tensor<?x?xf32>, %b: tensor<?xf32>)
    -> tensor<?x?xf32> {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %m = tensor.dim %x, %c0 : tensor<?x?xf32>
  %n = tensor.dim %w, %c1 : tensor<?x?xf32>
  %e = tensor.empty(%m, %n) : tensor<?x?xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x?xf32>) -> tensor<?x?xf32>
  %p = linalg.matmul ins(%x, %w : tensor<?x?xf32>, tensor<?x?xf32>) outs(%f : tensor<?x?xf32>) -> tensor<?x?xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%p, %b : tensor<?x?xf32>, tensor<?xf32>) outs(%e : tensor<?x?xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<?x?xf32>
  return %r : tensor<?x?xf32>
}

// What is not finite goes where the sum says, and nowhere else.
func.func @special() -> tensor<2x3xf32> {
  %x = arith.constant dense<[[1.0, 2.0], [0x7F800000, 3.0]]> : tensor<2x2xf32>
  %w = arith.constant dense<[[0x7FC00000, 1.0, 0.0], [1.0, 2.0, -1.0]]> : tensor<2x3xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3xf32>) -> tensor<2x3xf32>
  %p = linalg.matmul ins(%x, %w : tensor<2x2xf32>, tensor<2x3xf32>) outs(%f : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %p : tensor<2x3xf32>
}

// Transposed operands are read as they lie.
func.func @transposed(%x: tensor<2x?x4x8xf32>, %w: tensor<?x8xf32>) -> tensor<2x4x?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %m = tensor.dim %x, %c1 : tensor<2x?x4x8xf32>
  %n = tensor.dim %w, %c0 : tensor<?x8xf32>
  %ex = tensor.empty(%m) : tensor<2x4x?x8xf32>
  %xt = linalg.transpose ins(%x : tensor<2x?x4x8xf32>) outs(%ex : tensor<2x4x?x8xf32>) permutation = [0, 2, 1, 3]
  %ew = tensor.empty(%n) : tensor<8x?xf32>
  %wt = linalg.transpose ins(%w : tensor<?x8xf32>) outs(%ew : tensor<8x?xf32>) permutation = [1, 0]
  %e = tensor.empty(%m, %n) : tensor<2x4x?x?xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4x?x?xf32>) -> tensor<2x4x?x?xf32>
  %p = linalg.contract indexing_maps = [affine_map<(a, b, c, n, k) -> (a, b, c, k)>, affine_map<(a, b, c, n, k) -> (k, n)>,
      affine_map<(a, b, c, n, k) -> (a, b, c, n)>] ins(%xt, %wt : tensor<2x4x?x8xf32>, tensor<8x?xf32>)
      outs(%f : tensor<2x4x?x?xf32>) -> tensor<2x4x?x?xf32>
  return %p : tensor<2x4x?x?xf32>
}
