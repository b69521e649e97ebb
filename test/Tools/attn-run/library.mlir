// A model whose library is kept: compiled once, run on other values and sizes, and compared with the model.

// RUN: rm -rf %t && mkdir %t && cd %t
// DEFINE: %{run} = attn-run %s --function=scale --random-inputs --keep-dynamic --compare=reference
// RUN: %{run} --library=scale.so --dim n=3 | FileCheck %s
// RUN: ls scale.h scale.json && cp scale.so first.so
// CHECK: y 3xf32: agree
// Passes that there are none of are an error where it is compiled: the second time it is not.
// RUN: %{run} --library=scale.so --dim n=5 --seed=2 --passes=nonsense | FileCheck %s --check-prefix=AGAIN
// RUN: cmp scale.so first.so
// AGAIN: y 5xf32: agree
// RUN: not %{run} --library=none.so --dim n=5 --passes=nonsense 2>&1 | FileCheck %s --check-prefix=PASSES
// RUN: not ls none.so none.json
// PASSES: error: expected passes, got 'nonsense'

// What attn-compile wrote, with another function beside it; and what is not the model's.
// RUN: attn-compile %s -o whole.so
// RUN: %{run} --library=whole.so --dim n=3 | FileCheck %s
// RUN: sed 's/linalg.add/linalg.mul/' %s > other.mlir && attn-compile other.mlir -o other.so
// RUN: not %{run} --library=other.so --dim n=3 | FileCheck %s --check-prefix=OTHER
// OTHER: y 3xf32: differ

// So for a GPU.
// RUN: %{run} --library=gpu.so --dim n=3 --target=cuda --device=ptx-interpreter | FileCheck %s
// RUN: %{run} --library=gpu.so --dim n=5 --target=cuda --device=ptx-interpreter | FileCheck %s --check-prefix=AGAIN
// RUN: not %{run} --library=gpu.so --dim n=3 2>&1 | FileCheck %s --check-prefix=GPU
// GPU: attn-run: error: expected --target=cuda with the library 'gpu.so', got --target=cpu
// RUN: not %{run} --library=scale.so --dim n=3 --target=cuda --device=ptx-interpreter 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: attn-run: error: expected --target=cpu with the library 'scale.so', got --target=cuda

// Sizes may be fixed in one of the two.
// RUN: attn-run %s --function=scale --library=scale.so --random-inputs --dim n=3 --compare=reference | FileCheck %s
// RUN: attn-run %s --function=scale --library=three.so --random-inputs --dim n=3 --compare=reference | FileCheck %s
// RUN: %{run} --library=three.so --dim n=3 | FileCheck %s
// RUN: not %{run} --library=three.so --dim n=5 2>&1 | FileCheck %s --check-prefix=SIZE
// SIZE: attn-run: error: {{.*}}expected {{.*}}3{{.*}}, got 5
// RUN: not attn-run %s --function=scale --library=three.so --random-inputs --dim n=5 2>&1 | FileCheck %s --check-prefix=FIXED
// FIXED: attn-run: error: expected the model's inputs of 'scale' in --library (x f32 [5]), got x f32 [3]
// RUN: sed 's/"y"/"z"/' %s > named.mlir
// RUN: not attn-run named.mlir --function=scale --library=scale.so --random-inputs --dim n=3 --keep-dynamic 2>&1 | FileCheck %s --check-prefix=NAMED
// NAMED: attn-run: error: expected the model's outputs of 'scale' in --library (z f32 [n]), got y f32 [n]
// RUN: not attn-run %s --function=one --library=scale.so 2>&1 | FileCheck %s --check-prefix=FUNCTION
// FUNCTION: attn-run: error: expected a function of scale, got 'one'
// RUN: cp scale.json text.json && echo text > text.so
// RUN: not %{run} --library=text.so --dim n=3 2>&1 | FileCheck %s --check-prefix=TEXT
// TEXT: attn-run: error: 'text.so': expected a shared library, got a file of another kind
// RUN: not %{run} --library=nowhere/scale.so --dim n=3 2>&1 | FileCheck %s --check-prefix=FOLDER
// FOLDER: error: {{.*}}nowhere/scale.so
// RUN: not attn-run scale.so --library=whole.so 2>&1 | FileCheck %s --check-prefix=MODEL
// MODEL: attn-run: error: expected a model with --library, got the shared library 'scale.so'
// RUN: not attn-run %s --library=scale.so --weights=w.npy 2>&1 | FileCheck %s --check-prefix=WEIGHTS
// WEIGHTS: attn-run: error: expected --library without --weights, got both

func.func @scale(%x: tensor<?xf32> {attn.name = "x", attn.dim_names = ["n"]})
    -> (tensor<?xf32> {attn.name = "y", attn.dim_names = ["n"]}) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %0 = linalg.add ins(%x, %x : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

func.func @one() -> tensor<f32> {
  %0 = arith.constant dense<1.0> : tensor<f32>
  return %0 : tensor<f32>
}
