// RUN: attn-opt %s --attn-round-weights | FileCheck %s
// RUN: attn-opt %s --attn-round-weights=precision=f16 | FileCheck %s --check-prefix=F16
// RUN: attn-opt %s --attn-round-weights --remarks-filter=attn-round-weights --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// A matrix that a product reads, and a table: one constant, as it lies, half as large.
// CHECK-LABEL: func.func @linear(
// CHECK-NOT: tensor<64x32xf32>
// CHECK: %[[PANEL:.*]] = arith.constant #attn.packed<matrix = dense_resource<w> : tensor<64x32xf32>> : tensor<1x64x32xbf16>
// CHECK: %[[W:.*]] = tensor.collapse_shape %[[PANEL]] {{\[}}[0, 1], [2]]
// CHECK: linalg.generic {{.*}} ins(%arg0, %[[W]] : tensor<2x64xf32>, tensor<64x32xbf16>)
// CHECK: ^bb0(%[[X:.*]]: f32, %[[NARROW:.*]]: bf16, %{{.*}}: f32):
// CHECK:   %[[WIDE:.*]] = arith.extf %[[NARROW]] : bf16 to f32
// CHECK:   arith.mulf %[[X]], %[[WIDE]]
// CHECK: %[[ELEMENT:.*]] = tensor.extract %[[W]][%arg2, %arg2]
// CHECK: arith.extf %[[ELEMENT]] : bf16 to f32
// F16: tensor<1x64x32xf16>
// REMARK: remark: {{.*}}Rounded
func.func @linear(%x: tensor<2x64xf32>, %f: tensor<2x32xf32>, %i: index) -> (tensor<2x32xf32>, f32) {
  %w = arith.constant dense_resource<w> : tensor<64x32xf32>
  %p = linalg.matmul ins(%x, %w : tensor<2x64xf32>, tensor<64x32xf32>) outs(%f : tensor<2x32xf32>) -> tensor<2x32xf32>
  %e = tensor.extract %w[%i, %i] : tensor<64x32xf32>
  return %p, %e : tensor<2x32xf32>, f32
}

// What is also used as a whole stays, and so does what is small.
// CHECK-LABEL: func.func @whole(
// CHECK-NOT: attn.packed
// CHECK: return
// REMARK: remark: {{.*}}Declined{{.*}}got 'func.return'
func.func @whole(%x: tensor<2x64xf32>, %f: tensor<2x32xf32>, %g: tensor<2x4xf32>, %y: tensor<2x2xf32>) -> (tensor<2x32xf32>, tensor<64x32xf32>, tensor<2x4xf32>) {
  %w = arith.constant dense_resource<v> : tensor<64x32xf32>
  %s = arith.constant dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]> : tensor<2x4xf32>
  %p = linalg.matmul ins(%x, %w : tensor<2x64xf32>, tensor<64x32xf32>) outs(%f : tensor<2x32xf32>) -> tensor<2x32xf32>
  %q = linalg.matmul ins(%y, %s : tensor<2x2xf32>, tensor<2x4xf32>) outs(%g : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %p, %w, %q : tensor<2x32xf32>, tensor<64x32xf32>, tensor<2x4xf32>
}
