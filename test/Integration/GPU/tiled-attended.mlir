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
// Of 70 queries the first and the last: the weights beside their maximum are exp(-400) and exp(-20).
func.func @main() -> (tensor<1x1x2x4xTYPE>, tensor<1x1x2x4xTYPE>, tensor<1x1x2x4xTYPE>, tensor<1x1x2x4xTYPE>) {
  %many = arith.constant dense<200.0> : tensor<1x1x69x1xTYPE>
  %last = arith.constant dense<10.0> : tensor<1x1x1x1xTYPE>
  %q = tensor.concat dim(2) %many, %last : (tensor<1x1x69x1xTYPE>, tensor<1x1x1x1xTYPE>) -> tensor<1x1x70x1xTYPE>
  // One key in the first tile has all of the weight.
  %one = arith.constant dense<1.0> : tensor<1x1x1x1xTYPE>
  %low = arith.constant dense<-1.0> : tensor<1x1x134x1xTYPE>
  %k = tensor.concat dim(2) %one, %low : (tensor<1x1x1x1xTYPE>, tensor<1x1x134x1xTYPE>) -> tensor<1x1x135x1xTYPE>
  %special = arith.constant dense<[[[[1.0, 1.0, 1.0, 1.0], [NAN, UP, DOWN, 2.0]]]]> : tensor<1x1x2x4xTYPE>
  %ones = arith.constant dense<1.0> : tensor<1x1x133x4xTYPE>
  %v = tensor.concat dim(2) %special, %ones : (tensor<1x1x2x4xTYPE>, tensor<1x1x133x4xTYPE>) -> tensor<1x1x135x4xTYPE>
  // Keys of the first tile and of the last are masked.
  %other = arith.constant dense<[[[[2.0, 2.0, NAN, UP]]]]> : tensor<1x1x1x4xTYPE>
  %first = tensor.insert_slice %other into %v[0, 0, 2, 0] [1, 1, 1, 4] [1, 1, 1, 1] : tensor<1x1x1x4xTYPE> into tensor<1x1x135x4xTYPE>
  %both = tensor.insert_slice %other into %first[0, 0, 134, 0] [1, 1, 1, 4] [1, 1, 1, 1] : tensor<1x1x1x4xTYPE> into tensor<1x1x135x4xTYPE>
  %highest = tensor.insert_slice %one into %k[0, 0, 134, 0] [1, 1, 1, 1] [1, 1, 1, 1] : tensor<1x1x1x1xTYPE> into tensor<1x1x135x1xTYPE>
  %masked = attn.attention %q, %highest, %both scale 1.0
    mask (%b: index, %h: index, %i: index, %j: index) {
      %two = arith.constant 2 : index
      %end = arith.constant 134 : index
      %0 = arith.cmpi ne, %j, %two : index
      %1 = arith.cmpi ne, %j, %end : index
      %2 = arith.andi %0, %1 : i1
      attn.yield %2 : i1
    }
    : tensor<1x1x70x1xTYPE>, tensor<1x1x135x1xTYPE>, tensor<1x1x135x4xTYPE> -> tensor<1x1x70x4xTYPE>
  %all = attn.attention %q, %k, %v scale 1.0
    : tensor<1x1x70x1xTYPE>, tensor<1x1x135x1xTYPE>, tensor<1x1x135x4xTYPE> -> tensor<1x1x70x4xTYPE>

  // The values are in the first tile, by which nothing is left of it when the second is added.
  %past = arith.constant dense<-1.0> : tensor<1x1x64x1xTYPE>
  %high = arith.constant dense<1.0> : tensor<1x1x71x1xTYPE>
  %keys = tensor.concat dim(2) %past, %high : (tensor<1x1x64x1xTYPE>, tensor<1x1x71x1xTYPE>) -> tensor<1x1x135x1xTYPE>
  %later = attn.attention %q, %keys, %v scale 1.0
    : tensor<1x1x70x1xTYPE>, tensor<1x1x135x1xTYPE>, tensor<1x1x135x4xTYPE> -> tensor<1x1x70x4xTYPE>

  // Nor is anything beside the sink.
  %sink = arith.constant dense<1.0e3> : tensor<1xf32>
  %sunk = attn.attention %q, %k, %v sink %sink scale 1.0
    : tensor<1x1x70x1xTYPE>, tensor<1x1x135x1xTYPE>, tensor<1x1x135x4xTYPE>, sink tensor<1xf32> -> tensor<1x1x70x4xTYPE>

  %r0 = tensor.extract_slice %masked[0, 0, 0, 0] [1, 1, 2, 4] [1, 1, 69, 1] : tensor<1x1x70x4xTYPE> to tensor<1x1x2x4xTYPE>
  %r1 = tensor.extract_slice %all[0, 0, 0, 0] [1, 1, 2, 4] [1, 1, 69, 1] : tensor<1x1x70x4xTYPE> to tensor<1x1x2x4xTYPE>
  %r2 = tensor.extract_slice %later[0, 0, 0, 0] [1, 1, 2, 4] [1, 1, 69, 1] : tensor<1x1x70x4xTYPE> to tensor<1x1x2x4xTYPE>
  %r3 = tensor.extract_slice %sunk[0, 0, 0, 0] [1, 1, 2, 4] [1, 1, 69, 1] : tensor<1x1x70x4xTYPE> to tensor<1x1x2x4xTYPE>
  return %r0, %r1, %r2, %r3 : tensor<1x1x2x4xTYPE>, tensor<1x1x2x4xTYPE>, tensor<1x1x2x4xTYPE>, tensor<1x1x2x4xTYPE>
}
