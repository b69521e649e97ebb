// attn.attend of a program's own, as vector code: sizes that only a run can tell are checked first, and nothing is attended to where a size is 0.
// RUN: split-file %s %t

// RUN: attn-run %t/dynamic.mlir --random-inputs --seed=1 --keep-dynamic --dim queries=7 --dim keys=9 --dim values=9 --compare=reference | FileCheck %s
// RUN: attn-run %t/dynamic.mlir --random-inputs --seed=2 --keep-dynamic --dim queries=7 --dim keys=0 --dim values=0 --compare=reference | FileCheck %s
// RUN: attn-run %t/no-values.mlir --random-inputs --seed=3 --keep-dynamic --dim keys=0 --compare=reference | FileCheck %s
// RUN: attn-run %t/no-queries.mlir --random-inputs --seed=4 --compare=reference | FileCheck %s
// RUN: attn-run %t/no-features.mlir --random-inputs --seed=5 --compare=reference | FileCheck %s
// CHECK: result0 {{.*}}: agree

// RUN: not attn-run %t/dynamic.mlir --random-inputs --keep-dynamic --dim queries=7 --dim keys=200 --dim values=2 2>&1 | FileCheck %s --check-prefix=VALUES
// RUN: not attn-run %t/no-values.mlir --random-inputs --keep-dynamic --dim keys=3 2>&1 | FileCheck %s --check-prefix=NONE
// VALUES: 'main' failed: expected dimension 2 of value to equal dimension 2 of key
// NONE: 'main' failed: expected dimension 2 of key to equal dimension 3 of value

//--- dynamic.mlir
func.func @main(%q: tensor<1x2x?x4xf32> {attn.dim_names = ["", "", "queries", ""]}, %k: tensor<1x1x?x4xf32> {attn.dim_names = ["", "", "keys", ""]},
    %v: tensor<1x1x?x8xf32> {attn.dim_names = ["", "", "values", ""]}) -> tensor<1x2x?x8xf32> {
  %c2 = arith.constant 2 : index
  %n = tensor.dim %q, %c2 : tensor<1x2x?x4xf32>
  %acc, %max, %sum = attn.init_state (%n) : tensor<1x2x?x8xf32>, tensor<1x2x?xf32>
  %a, %m, %l = attn.attend %q, %k, %v into %acc, %max, %sum scale 0.4
    : tensor<1x2x?x4xf32>, tensor<1x1x?x4xf32>, tensor<1x1x?x8xf32> -> tensor<1x2x?x8xf32>, tensor<1x2x?xf32>
  %o = attn.finalize_state %a, %m, %l : tensor<1x2x?x8xf32>, tensor<1x2x?xf32> -> (tensor<1x2x?x8xf32>)
  return %o : tensor<1x2x?x8xf32>
}

//--- no-values.mlir
func.func @main(%q: tensor<1x1x3x4xf64>, %k: tensor<1x1x?x4xf64> {attn.dim_names = ["", "", "keys", ""]}, %v: tensor<1x1x8x0xf64>) -> tensor<1x1x3x8xf64> {
  %acc, %max, %sum = attn.init_state : tensor<1x1x3x8xf64>, tensor<1x1x3xf64>
  %a, %m, %l = attn.attend %q, %k, %v into %acc, %max, %sum layout value [batch, head, feature, sequence]
    : tensor<1x1x3x4xf64>, tensor<1x1x?x4xf64>, tensor<1x1x8x0xf64> -> tensor<1x1x3x8xf64>, tensor<1x1x3xf64>
  %o = attn.finalize_state %a, %m, %l : tensor<1x1x3x8xf64>, tensor<1x1x3xf64> -> (tensor<1x1x3x8xf64>)
  return %o : tensor<1x1x3x8xf64>
}

//--- no-queries.mlir
func.func @main(%q: tensor<1x1x0x4xf32>, %k: tensor<1x1x5x4xf32>) -> tensor<1x1x0x4xf32> {
  %acc, %max, %sum = attn.init_state : tensor<1x1x0x4xf32>, tensor<1x1x0xf32>
  %a, %m, %l = attn.attend %q, %k, %k into %acc, %max, %sum
    : tensor<1x1x0x4xf32>, tensor<1x1x5x4xf32>, tensor<1x1x5x4xf32> -> tensor<1x1x0x4xf32>, tensor<1x1x0xf32>
  %o = attn.finalize_state %a, %m, %l : tensor<1x1x0x4xf32>, tensor<1x1x0xf32> -> (tensor<1x1x0x4xf32>)
  return %o : tensor<1x1x0x4xf32>
}

//--- no-features.mlir
func.func @main(%q: tensor<1x2x3x0xf32>, %k: tensor<1x1x5x0xf32>, %v: tensor<1x1x5x8xf32>) -> (tensor<1x2x3x8xf32>, tensor<1x1x5x0xf32>) {
  %o = attn.attention %q, %k, %v : tensor<1x2x3x0xf32>, tensor<1x1x5x0xf32>, tensor<1x1x5x8xf32> -> (tensor<1x2x3x8xf32>)
  %p = attn.attention %v, %v, %k : tensor<1x1x5x8xf32>, tensor<1x1x5x8xf32>, tensor<1x1x5x0xf32> -> (tensor<1x1x5x0xf32>)
  return %o, %p : tensor<1x2x3x8xf32>, tensor<1x1x5x0xf32>
}
