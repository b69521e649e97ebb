// Norms, softmax, gathers and elementwise chains against the oracle: lengths that only the run knows, one off a vector and a block, more than one
// block of rows, narrow types. Results do not depend on the number of threads.
// DEFINE: %{sizes} = --dim arg0.0=83 --dim arg1.0=83 --dim arg1.1=131 --dim arg2.0=301 --keep-dynamic
// DEFINE: %{run} = attn-run %s --random-inputs %{sizes} --range=arg2=0:36 --compare=reference
// RUN: %{run} | FileCheck %s
// RUN: %{run} --mcpu=x86-64 | FileCheck %s
// RUN: %{run} --mcpu=x86-64-v3 | FileCheck %s
// RUN: sed 's/771xf32/5xf32/g; s/67x/3x/g' %s > %t.mlir
// RUN: attn-run %t.mlir --random-inputs %{sizes} --range=arg2=0:36 --compare=reference | FileCheck %s
// RUN: attn-run %s --random-inputs %{sizes} --range=arg2=0:36 --threads=1 --output=result0=%t.1.npy
// RUN: attn-run %s --random-inputs %{sizes} --range=arg2=0:36 --threads=3 --output=result0=%t.3.npy
// RUN: cmp %t.1.npy %t.3.npy
// CHECK-COUNT-5: : agree

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#column = affine_map<(i, j) -> (j)>
#id3 = affine_map<(h, i, j) -> (h, i, j)>
#row3 = affine_map<(h, i, j) -> (h, i)>
#narrow = affine_map<(i, j) -> (i, j)>

func.func @main(%x: tensor<?x771xf32>, %s: tensor<?x?xf32>, %ids: tensor<?xi64>, %table: tensor<37x67xf32>, %gamma: tensor<771xf32>, %h: tensor<301x67xbf16>)
    -> (tensor<?x771xf32>, tensor<?x?xf32>, tensor<?x67xf32>, tensor<301x67xbf16>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %least = arith.constant 0xFF800000 : f32
  %size = arith.constant 771.0 : f32
  %epsilon = arith.constant 1.0e-5 : f32

  // Root mean square, with weights.
  %n = tensor.dim %x, %c0 : tensor<?x771xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %d = tensor.empty(%n) : tensor<?x771xf32>
  %square = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : tensor<?x771xf32>) outs(%d : tensor<?x771xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.mulf %a, %a : f32
    linalg.yield %0 : f32
  } -> tensor<?x771xf32>
  %squares = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%square : tensor<?x771xf32>) outs(%f : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %o, %a : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  %norm = linalg.generic {indexing_maps = [#id, #row, #column, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %squares, %gamma : tensor<?x771xf32>, tensor<?xf32>, tensor<771xf32>) outs(%d : tensor<?x771xf32>) {
  ^bb0(%a: f32, %t: f32, %g: f32, %o: f32):
    %0 = arith.divf %t, %size : f32
    %1 = arith.addf %0, %epsilon : f32
    %2 = math.rsqrt %1 : f32
    %3 = arith.mulf %a, %2 : f32
    %4 = arith.mulf %3, %g : f32
    linalg.yield %4 : f32
  } -> tensor<?x771xf32>

  // Softmax; the sums are a result as well.
  %m = tensor.dim %s, %c0 : tensor<?x?xf32>
  %k = tensor.dim %s, %c1 : tensor<?x?xf32>
  %er = tensor.empty(%m) : tensor<?xf32>
  %ed = tensor.empty(%m, %k) : tensor<?x?xf32>
  %fm = linalg.fill ins(%least : f32) outs(%er : tensor<?xf32>) -> tensor<?xf32>
  %max = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%s : tensor<?x?xf32>) outs(%fm : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %o, %a : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  %exp = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%s, %max : tensor<?x?xf32>, tensor<?xf32>) outs(%ed : tensor<?x?xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %0 = arith.subf %a, %t : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  } -> tensor<?x?xf32>
  %fs = linalg.fill ins(%zero : f32) outs(%er : tensor<?xf32>) -> tensor<?xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%exp : tensor<?x?xf32>) outs(%fs : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %o, %a : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  %soft = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%exp, %sum : tensor<?x?xf32>, tensor<?xf32>) outs(%ed : tensor<?x?xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %0 = arith.divf %a, %t : f32
    linalg.yield %0 : f32
  } -> tensor<?x?xf32>

  // Rows of a table.
  %tokens = tensor.dim %ids, %c0 : tensor<?xi64>
  %et = tensor.empty(%tokens) : tensor<?x67xf32>
  %rows = linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]} ins(%ids : tensor<?xi64>) outs(%et : tensor<?x67xf32>) {
  ^bb0(%a: i64, %o: f32):
    %j = linalg.index 1 : index
    %0 = arith.index_cast %a : i64 to index
    %1 = tensor.extract %table[%0, %j] : tensor<37x67xf32>
    linalg.yield %1 : f32
  } -> tensor<?x67xf32>

  // SiLU in bf16, and a position.
  %one = arith.constant 1.0 : f32
  %silu = linalg.generic {indexing_maps = [#narrow, #narrow], iterator_types = ["parallel", "parallel"]} ins(%h : tensor<301x67xbf16>) outs(%h : tensor<301x67xbf16>) {
  ^bb0(%a: bf16, %o: bf16):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %isLower = arith.cmpi sle, %j, %i : index
    %0 = arith.extf %a : bf16 to f32
    %1 = arith.negf %0 : f32
    %2 = math.exp %1 : f32
    %3 = arith.addf %2, %one : f32
    %4 = arith.divf %0, %3 : f32
    %5 = arith.truncf %4 : f32 to bf16
    %6 = arith.select %isLower, %5, %a : bf16
    linalg.yield %6 : bf16
  } -> tensor<301x67xbf16>
  return %norm, %soft, %rows, %silu, %sum : tensor<?x771xf32>, tensor<?x?xf32>, tensor<?x67xf32>, tensor<301x67xbf16>, tensor<?xf32>
}
