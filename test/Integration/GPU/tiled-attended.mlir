// D3 on tensor cores: how little an attended pair weighs does not hide its value. Weights of exp(-400) are 0 in f32, those of exp(-20)
// are in f16: NaN shows, and an infinity is one. What the mask hides leaves no trace.
// RUN: rm -rf %t && mkdir %t
// RUN: sed 's/TYPE/f16/g; s/NAN/0x7E00/g; s/UP/0x7C00/g; s/DOWN/0xFC00/g' %s > %t/f16.mlir
// RUN: attn-run %t/f16.mlir --target=cuda --device=ptx-interpreter | FileCheck %s
// RUN: sed 's/TYPE/bf16/g; s/NAN/0x7FC0/g; s/UP/0x7F80/g; s/DOWN/0xFF80/g' %s > %t/bf16.mlir
// RUN: attn-run %t/bf16.mlir --target=cuda --device=ptx-interpreter | FileCheck %s
// RUN: attn-compile %t/f16.mlir --target=cuda --emit=ptx -o - | grep -c 'bar.red' | FileCheck %s --check-prefix=TILED
// TILED: {{^[1-9]}}

// CHECK: result0
// CHECK-COUNT-2: [nan, inf, -inf, 1]
// CHECK: result1
// CHECK-COUNT-2: [nan, inf, -inf, 1]
// CHECK: result2
// CHECK-COUNT-2: [nan, inf, -inf, 1]
// CHECK: result3
// CHECK-COUNT-2: [nan, inf, -inf, 0]
func.func @main() -> (tensor<1x1x2x4xTYPE>, tensor<1x1x2x4xTYPE>, tensor<1x1x2x4xTYPE>, tensor<1x1x2x4xTYPE>) {
  %q = arith.constant dense<[[[[200.0], [10.0]]]]> : tensor<1x1x2x1xTYPE>
  %k = arith.constant dense<[[[[1.0], [-1.0], [1.0]]]]> : tensor<1x1x3x1xTYPE>
  %v = arith.constant dense<[[[[1.0, 1.0, 1.0, 1.0], [NAN, UP, DOWN, 2.0], [2.0, 2.0, NAN, UP]]]]> : tensor<1x1x3x4xTYPE>
  // The third key is masked.
  %masked = attn.attention %q, %k, %v scale 1.0
    mask (%b: index, %h: index, %i: index, %j: index) {
      %two = arith.constant 2 : index
      %0 = arith.cmpi ne, %j, %two : index
      attn.yield %0 : i1
    }
    : tensor<1x1x2x1xTYPE>, tensor<1x1x3x1xTYPE>, tensor<1x1x3x4xTYPE> -> tensor<1x1x2x4xTYPE>
  %k2 = tensor.extract_slice %k[0, 0, 0, 0] [1, 1, 2, 1] [1, 1, 1, 1] : tensor<1x1x3x1xTYPE> to tensor<1x1x2x1xTYPE>
  %v2 = tensor.extract_slice %v[0, 0, 0, 0] [1, 1, 2, 4] [1, 1, 1, 1] : tensor<1x1x3x4xTYPE> to tensor<1x1x2x4xTYPE>
  %all = attn.attention %q, %k2, %v2 scale 1.0
    : tensor<1x1x2x1xTYPE>, tensor<1x1x2x1xTYPE>, tensor<1x1x2x4xTYPE> -> tensor<1x1x2x4xTYPE>

  // The values are in the first tile, by which nothing is left of it when the second is added.
  %low = arith.constant dense<-1.0> : tensor<1x1x64x1xTYPE>
  %high = arith.constant dense<1.0> : tensor<1x1x6x1xTYPE>
  %keys = tensor.concat dim(2) %low, %high : (tensor<1x1x64x1xTYPE>, tensor<1x1x6x1xTYPE>) -> tensor<1x1x70x1xTYPE>
  %ones = arith.constant dense<1.0> : tensor<1x1x68x4xTYPE>
  %values = tensor.concat dim(2) %v2, %ones : (tensor<1x1x2x4xTYPE>, tensor<1x1x68x4xTYPE>) -> tensor<1x1x70x4xTYPE>
  %past = attn.attention %q, %keys, %values scale 1.0
    : tensor<1x1x2x1xTYPE>, tensor<1x1x70x1xTYPE>, tensor<1x1x70x4xTYPE> -> tensor<1x1x2x4xTYPE>

  // Nor is anything beside the sink.
  %sink = arith.constant dense<1.0e3> : tensor<1xf32>
  %sunk = attn.attention %q, %k2, %v2 sink %sink scale 1.0
    : tensor<1x1x2x1xTYPE>, tensor<1x1x2x1xTYPE>, tensor<1x1x2x4xTYPE>, sink tensor<1xf32> -> tensor<1x1x2x4xTYPE>
  return %masked, %all, %past, %sunk : tensor<1x1x2x4xTYPE>, tensor<1x1x2x4xTYPE>, tensor<1x1x2x4xTYPE>, tensor<1x1x2x4xTYPE>
}
