// What may be wrong with a model, a function's name, a dimension or a run.

// RUN: rm -rf %t && split-file %s %t && cd %t

// RUN: not attn-run two.mlir --random-inputs 2>&1 | FileCheck %s --check-prefix=WHICH
// WHICH: attn-run: error: expected --function with one of f, g, got none
// RUN: not attn-run two.mlir --function=h --random-inputs 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: attn-run: error: expected a function of f, g, got 'h'
// RUN: not attn-run two.mlir --function=f --random-inputs 2>&1 | FileCheck %s --check-prefix=SIZE
// SIZE: attn-run: error: expected --dim NAME=N for each dynamic dimension, got none for 'arg0.0', 'arg1.0'
// RUN: not attn-run two.mlir --function=f --random-inputs --dim n=3 2>&1 | FileCheck %s --check-prefix=DIM
// DIM: attn-run: error: expected the name of a dynamic dimension in --dim {{.*}}, got 'n'
// RUN: not attn-run two.mlir --function=f --random-inputs --dim arg0.0=2 --dim arg1.0=2 --range=x=0:1 2>&1 | FileCheck %s --check-prefix=RANGE
// RANGE: attn-run: error: expected the name of an input of 'f' in --range, got 'x'
// RUN: not attn-run two.mlir --function=f --random-inputs --dim arg0.0=2 --dim arg1.0=3 2>&1 | FileCheck %s --check-prefix=STATIC
// STATIC: two.mlir:5:8: error: 'linalg.add' op {{.*}} to be 2, but found 3
// RUN: not attn-run two.mlir --function=f --random-inputs --keep-dynamic --dim arg0.0=2 --dim arg1.0=3 2>&1 | FileCheck %s --check-prefix=FAILED
// FAILED: attn-run: error: 'f' failed: {{.*}}expected dimension
// RUN: not attn-run text.mlir --random-inputs 2>&1 | FileCheck %s --check-prefix=TEXT
// TEXT: text.mlir:1:1: error:
// RUN: not attn-run none.mlir --random-inputs 2>&1 | FileCheck %s --check-prefix=EMPTY
// EMPTY: error: expected a public function
// RUN: not attn-run scalar.mlir --random-inputs 2>&1 | FileCheck %s --check-prefix=SCALAR
// SCALAR: scalar.mlir:1:1: error: expected a ranked tensor as arg0 of 'f', got 'f32'

//--- text.mlir
this is no model
//--- none.mlir
module {}
//--- scalar.mlir
func.func @f(%x: f32) -> f32 {
  return %x : f32
}
//--- two.mlir
func.func @f(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = linalg.add ins(%x, %y : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %r : tensor<?xf32>
}
func.func @g(%x: tensor<2xf32>) -> tensor<2xf32> {
  return %x : tensor<2xf32>
}
