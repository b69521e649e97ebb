// Attention as TOSA has it: matmul with zero points, softmax of reductions that keep a dimension, a reciprocal.
// RUN: mlir-opt %s --pass-pipeline='builtin.module(func.func(tosa-to-linalg-named, tosa-to-linalg, tosa-to-arith, tosa-to-tensor))' -o %t.mlir
// RUN: attn-opt %t.mlir --attn-optimize | FileCheck %s
// RUN: attn-run %t.mlir --random-inputs --seed=1 --compare=reference | FileCheck %s --check-prefix=AGREE
// CHECK: attn.attention {{.*}} scale 2.500000e-01
// CHECK-NOT: math.exp
// AGREE: agree
func.func @attention(%q: tensor<3x5x8xf32>, %k: tensor<3x7x8xf32>, %v: tensor<3x7x6xf32>, %mask: tensor<1x5x7xf32>) -> tensor<3x5x6xf32> {
  %zp = "tosa.const"() <{values = dense<0.0> : tensor<1xf32>}> : () -> tensor<1xf32>
  %shift = "tosa.const"() <{values = dense<0> : tensor<1xi8>}> : () -> tensor<1xi8>
  %scale = "tosa.const"() <{values = dense<0.25> : tensor<1x1x1xf32>}> : () -> tensor<1x1x1xf32>
  %kt = tosa.transpose %k {perms = array<i32: 0, 2, 1>} : (tensor<3x7x8xf32>) -> tensor<3x8x7xf32>
  %s0 = tosa.matmul %q, %kt, %zp, %zp : (tensor<3x5x8xf32>, tensor<3x8x7xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<3x5x7xf32>
  %s1 = tosa.mul %s0, %scale, %shift : (tensor<3x5x7xf32>, tensor<1x1x1xf32>, tensor<1xi8>) -> tensor<3x5x7xf32>
  %s = tosa.add %s1, %mask : (tensor<3x5x7xf32>, tensor<1x5x7xf32>) -> tensor<3x5x7xf32>
  %m = tosa.reduce_max %s {axis = 2 : i32} : (tensor<3x5x7xf32>) -> tensor<3x5x1xf32>
  %d = tosa.sub %s, %m : (tensor<3x5x7xf32>, tensor<3x5x1xf32>) -> tensor<3x5x7xf32>
  %e = tosa.exp %d : (tensor<3x5x7xf32>) -> tensor<3x5x7xf32>
  %l = tosa.reduce_sum %e {axis = 2 : i32} : (tensor<3x5x7xf32>) -> tensor<3x5x1xf32>
  %r = tosa.reciprocal %l : (tensor<3x5x1xf32>) -> tensor<3x5x1xf32>
  %p = tosa.mul %e, %r, %shift : (tensor<3x5x7xf32>, tensor<3x5x1xf32>, tensor<1xi8>) -> tensor<3x5x7xf32>
  %o = tosa.matmul %p, %v, %zp, %zp : (tensor<3x5x7xf32>, tensor<3x7x6xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<3x5x6xf32>
  return %o : tensor<3x5x6xf32>
}
