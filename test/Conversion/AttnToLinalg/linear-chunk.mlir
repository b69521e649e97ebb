// RUN: attn-opt %s --convert-attn-to-linalg --canonicalize | FileCheck %s
// RUN: attn-opt %s --convert-attn-to-linalg=keep-attend | FileCheck %s --check-prefix=KEPT

// A chunk is the recurrence from its state.
// CHECK-LABEL: @chunk
// CHECK-SAME:    %[[S:[a-z0-9]*]]: tensor<1x1x8x5xf32>
// CHECK-NOT:     attn.
// CHECK:         scf.for {{.*}} iter_args(%{{.*}} = %{{.*}}, %{{.*}} = %{{.*}}) -> (tensor<1x2x6x5xf32>, tensor<1x1x8x5xf32>)
// KEPT:          attn.linear_chunk
func.func @chunk(%q: tensor<1x2x6x8xf32>, %k: tensor<1x1x6x8xf32>, %v: tensor<1x1x6x5xf32>,
    %o: tensor<1x2x6x5xf32>, %s: tensor<1x1x8x5xf32>) -> (tensor<1x2x6x5xf32>, tensor<1x1x8x5xf32>) {
  %0, %1 = attn.linear_chunk linear %q, %k, %v into %o, %s
    : tensor<1x2x6x8xf32>, tensor<1x1x6x8xf32>, tensor<1x1x6x5xf32>
    into tensor<1x2x6x5xf32>, tensor<1x1x8x5xf32> -> tensor<1x2x6x5xf32>, tensor<1x1x8x5xf32>
  return %0, %1 : tensor<1x2x6x5xf32>, tensor<1x1x8x5xf32>
}
