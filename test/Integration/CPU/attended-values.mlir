// D3, D4: how little a pair weighs does not hide its value. exp(-400) is 0 in f32, but the second key attends: NaN shows, and an
// infinity is one. Those of the third key, which the mask hides, leave no trace, and the largest finite value weighs nothing.
// RUN: split-file %s %t

// Queries in lanes, features in lanes, f64:
// RUN: attn-run %t/prefill.mlir | FileCheck %s --check-prefix=PREFILL
// RUN: attn-run %t/prefill.mlir --mcpu=x86-64 | FileCheck %s --check-prefix=PREFILL
// RUN: attn-run %t/prefill.mlir --exp=fast | FileCheck %s --check-prefix=PREFILL
// PREFILL: result0
// PREFILL-COUNT-9: [nan, inf, 1, 1]
// PREFILL: result1
// PREFILL-COUNT-9: [nan, inf, 1, 1]
// RUN: attn-run %t/decode.mlir | FileCheck %s --check-prefix=DECODE
// RUN: attn-run %t/decode.mlir --mcpu=x86-64 | FileCheck %s --check-prefix=DECODE
// RUN: attn-run %t/double.mlir | FileCheck %s --check-prefix=DECODE
// DECODE: result0
// DECODE-COUNT-2: [nan, inf, 1, 1]
// DECODE: result1
// DECODE-COUNT-2: [nan, inf, 1, 1]

//--- prefill.mlir
func.func @main() -> (tensor<1x1x9x4xf32>, tensor<1x1x9x4xf32>) {
  %q = arith.constant dense<200.0> : tensor<1x1x9x1xf32>
  %k = arith.constant dense<[[[[1.0], [-1.0], [1.0]]]]> : tensor<1x1x3x1xf32>
  %v = arith.constant dense<[[[[1.0, 1.0, 1.0, 1.0], [0x7FC00000, 0x7F800000, 2.0, 3.0e38], [2.0, 2.0, 0x7FC00000, 0x7F800000]]]]> : tensor<1x1x3x4xf32>
  %o = attn.attention %q, %k, %v scale 1.0
    mask (%b: index, %h: index, %i: index, %j: index) {
      %two = arith.constant 2 : index
      %0 = arith.cmpi ne, %j, %two : index
      attn.yield %0 : i1
    }
    : tensor<1x1x9x1xf32>, tensor<1x1x3x1xf32>, tensor<1x1x3x4xf32> -> tensor<1x1x9x4xf32>
  %k2 = tensor.extract_slice %k[0, 0, 0, 0] [1, 1, 2, 1] [1, 1, 1, 1] : tensor<1x1x3x1xf32> to tensor<1x1x2x1xf32>
  %v2 = tensor.extract_slice %v[0, 0, 0, 0] [1, 1, 2, 4] [1, 1, 1, 1] : tensor<1x1x3x4xf32> to tensor<1x1x2x4xf32>
  %p = attn.attention %q, %k2, %v2 scale 1.0
    : tensor<1x1x9x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x4xf32> -> tensor<1x1x9x4xf32>
  return %o, %p : tensor<1x1x9x4xf32>, tensor<1x1x9x4xf32>
}

//--- decode.mlir
func.func @main() -> (tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>) {
  %q = arith.constant dense<200.0> : tensor<1x1x2x1xf32>
  %k = arith.constant dense<[[[[1.0], [-1.0], [1.0]]]]> : tensor<1x1x3x1xf32>
  %v = arith.constant dense<[[[[1.0, 1.0, 1.0, 1.0], [0x7FC00000, 0x7F800000, 2.0, 3.0e38], [2.0, 2.0, 0x7FC00000, 0x7F800000]]]]> : tensor<1x1x3x4xf32>
  %o = attn.attention %q, %k, %v scale 1.0
    mask (%b: index, %h: index, %i: index, %j: index) {
      %two = arith.constant 2 : index
      %0 = arith.cmpi ne, %j, %two : index
      attn.yield %0 : i1
    }
    : tensor<1x1x2x1xf32>, tensor<1x1x3x1xf32>, tensor<1x1x3x4xf32> -> tensor<1x1x2x4xf32>
  %k2 = tensor.extract_slice %k[0, 0, 0, 0] [1, 1, 2, 1] [1, 1, 1, 1] : tensor<1x1x3x1xf32> to tensor<1x1x2x1xf32>
  %v2 = tensor.extract_slice %v[0, 0, 0, 0] [1, 1, 2, 4] [1, 1, 1, 1] : tensor<1x1x3x4xf32> to tensor<1x1x2x4xf32>
  %p = attn.attention %q, %k2, %v2 scale 1.0
    : tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x4xf32> -> tensor<1x1x2x4xf32>
  return %o, %p : tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>
}

//--- double.mlir
func.func @main() -> (tensor<1x1x2x4xf64>, tensor<1x1x2x4xf64>) {
  %q = arith.constant dense<900.0> : tensor<1x1x2x1xf64>
  %k = arith.constant dense<[[[[1.0], [-1.0], [1.0]]]]> : tensor<1x1x3x1xf64>
  %v = arith.constant dense<[[[[1.0, 1.0, 1.0, 1.0], [0x7FF8000000000000, 0x7FF0000000000000, 2.0, 1.0e308], [2.0, 2.0, 0x7FF8000000000000, 0x7FF0000000000000]]]]> : tensor<1x1x3x4xf64>
  %o = attn.attention %q, %k, %v scale 1.0
    mask (%b: index, %h: index, %i: index, %j: index) {
      %two = arith.constant 2 : index
      %0 = arith.cmpi ne, %j, %two : index
      attn.yield %0 : i1
    }
    : tensor<1x1x2x1xf64>, tensor<1x1x3x1xf64>, tensor<1x1x3x4xf64> -> tensor<1x1x2x4xf64>
  %k2 = tensor.extract_slice %k[0, 0, 0, 0] [1, 1, 2, 1] [1, 1, 1, 1] : tensor<1x1x3x1xf64> to tensor<1x1x2x1xf64>
  %v2 = tensor.extract_slice %v[0, 0, 0, 0] [1, 1, 2, 4] [1, 1, 1, 1] : tensor<1x1x3x4xf64> to tensor<1x1x2x4xf64>
  %p = attn.attention %q, %k2, %v2 scale 1.0
    : tensor<1x1x2x1xf64>, tensor<1x1x2x1xf64>, tensor<1x1x2x4xf64> -> tensor<1x1x2x4xf64>
  return %o, %p : tensor<1x1x2x4xf64>, tensor<1x1x2x4xf64>
}
