// What caches hold is copied by blocks of 8192 numbers, against the oracle: nothing, less than a block, one off several, several heads in a block,
// and behind something else. The second cache has other rows. Results do not depend on the number of threads.
// DEFINE: %{past} =
// DEFINE: %{run} = attn-run %s --random-inputs --keep-dynamic --dim batch=2 --dim past=%{past} --compare=reference
// REDEFINE: %{past} = 0
// RUN: %{run} | FileCheck %s
// REDEFINE: %{past} = 5
// RUN: %{run} | FileCheck %s
// REDEFINE: %{past} = 42
// RUN: %{run} | FileCheck %s
// REDEFINE: %{past} = 129
// RUN: %{run} | FileCheck %s
// REDEFINE: %{past} = 383
// RUN: %{run} --threads=1 --output=result0=%t.1.npy | FileCheck %s
// RUN: %{run} --threads=3 --output=result0=%t.3.npy | FileCheck %s
// RUN: cmp %t.1.npy %t.3.npy
// CHECK-COUNT-3: : agree

func.func @main(%k: tensor<?x3x?x64xf32> {attn.dim_names = ["batch", "", "past", ""]}, %v: tensor<?x3x?x64xf32> {attn.dim_names = ["batch", "", "past", ""]},
    %other: tensor<?x?x7xbf16> {attn.dim_names = ["batch", "past", ""]}, %new: tensor<?x3x2x64xf32> {attn.dim_names = ["batch", "", "", ""]})
    -> (tensor<?x3x?x64xf32>, tensor<?x3x?x64xf32>, tensor<?x?x9xbf16>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %batch = tensor.dim %k, %c0 : tensor<?x3x?x64xf32>
  %past = tensor.dim %k, %c2 : tensor<?x3x?x64xf32>
  %all = arith.addi %past, %c2 : index
  %e = tensor.empty(%batch, %all) : tensor<?x3x?x64xf32>
  %k0 = tensor.insert_slice %k into %e[0, 0, 0, 0] [%batch, 3, %past, 64] [1, 1, 1, 1] : tensor<?x3x?x64xf32> into tensor<?x3x?x64xf32>
  %k1 = tensor.insert_slice %new into %k0[0, 0, %past, 0] [%batch, 3, 2, 64] [1, 1, 1, 1] : tensor<?x3x2x64xf32> into tensor<?x3x?x64xf32>
  %v0 = tensor.insert_slice %new into %e[0, 0, 0, 0] [%batch, 3, 2, 64] [1, 1, 1, 1] : tensor<?x3x2x64xf32> into tensor<?x3x?x64xf32>
  %v1 = tensor.insert_slice %v into %v0[0, 0, 2, 0] [%batch, 3, %past, 64] [1, 1, 1, 1] : tensor<?x3x?x64xf32> into tensor<?x3x?x64xf32>
  %one = arith.constant 1.0 : bf16
  %rows = arith.addi %past, %c1 : index
  %oe = tensor.empty(%batch, %rows) : tensor<?x?x9xbf16>
  %of = linalg.fill ins(%one : bf16) outs(%oe : tensor<?x?x9xbf16>) -> tensor<?x?x9xbf16>
  %o = tensor.insert_slice %other into %of[0, 1, 2] [%batch, %past, 7] [1, 1, 1] : tensor<?x?x7xbf16> into tensor<?x?x9xbf16>
  return %k1, %v1, %o : tensor<?x3x?x64xf32>, tensor<?x3x?x64xf32>, tensor<?x?x9xbf16>
}
