// RUN: attn-opt %s --split-input-file | attn-opt --split-input-file | FileCheck %s
// RUN: attn-opt %s --split-input-file --mlir-print-op-generic | attn-opt --split-input-file | FileCheck %s

// CHECK-LABEL: @tensors
// CHECK:         %[[R:.*]]:2 = attn.linear_chunk gated_delta %{{.*}}, %{{.*}}, %{{.*}} decay %{{.*}} beta %{{.*}} into %{{.*}}, %{{.*}} scale 5.000000e-01 layout value [batch, sequence, head, feature]
// CHECK-SAME:      : tensor<1x2x?x8xbf16>, tensor<1x1x?x8xbf16>, tensor<1x?x1x5xbf16>, decay tensor<1x1x?x8xf32>, beta tensor<1x1x?xf32> into tensor<1x2x?x5xf32>, tensor<1x1x8x5xf32> -> tensor<1x2x?x5xf32>, tensor<1x1x8x5xf32>
func.func @tensors(%q: tensor<1x2x?x8xbf16>, %k: tensor<1x1x?x8xbf16>, %v: tensor<1x?x1x5xbf16>, %g: tensor<1x1x?x8xf32>,
    %b: tensor<1x1x?xf32>, %o: tensor<1x2x?x5xf32>, %s: tensor<1x1x8x5xf32>) -> (tensor<1x2x?x5xf32>, tensor<1x1x8x5xf32>) {
  %0, %1 = attn.linear_chunk gated_delta %q, %k, %v decay %g beta %b into %o, %s scale 0.5
    layout value [batch, sequence, head, feature]
    : tensor<1x2x?x8xbf16>, tensor<1x1x?x8xbf16>, tensor<1x?x1x5xbf16>, decay tensor<1x1x?x8xf32>, beta tensor<1x1x?xf32>
    into tensor<1x2x?x5xf32>, tensor<1x1x8x5xf32> -> tensor<1x2x?x5xf32>, tensor<1x1x8x5xf32>
  return %0, %1 : tensor<1x2x?x5xf32>, tensor<1x1x8x5xf32>
}

// CHECK-LABEL: @memrefs
// CHECK:         attn.linear_chunk linear %{{.*}}, %{{.*}}, %{{.*}} into %{{.*}}, %{{.*}} : memref<1x1x6x8xf64>, {{.*}} into memref<1x1x6x5xf32>, memref<1x1x8x5xf64>{{$}}
func.func @memrefs(%q: memref<1x1x6x8xf64>, %v: memref<1x1x6x5xf32>, %o: memref<1x1x6x5xf32>, %s: memref<1x1x8x5xf64>) {
  attn.linear_chunk linear %q, %q, %v into %o, %s
    : memref<1x1x6x8xf64>, memref<1x1x6x8xf64>, memref<1x1x6x5xf32> into memref<1x1x6x5xf32>, memref<1x1x8x5xf64>
  return
}
