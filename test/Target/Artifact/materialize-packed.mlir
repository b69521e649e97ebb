// RUN: attn-opt %s --attn-materialize-packed | FileCheck %s

// Columns of a panel side by side, zeros beyond the last.
// CHECK: @rows(dense<{{\[\[\[}}1.000000e+00, 2.000000e+00], [4.000000e+00, 5.000000e+00]], {{\[\[}}3.000000e+00, 0.000000e+00], [6.000000e+00, 0.000000e+00]]]> : tensor<2x2x2xf32>)
llvm.mlir.global private constant @rows(#attn.packed<matrix = dense<[[1., 2., 3.], [4., 5., 6.]]> : tensor<2x3xf32>> : tensor<2x2x2xf32>) : !llvm.array<2 x array<2 x array<2 x f32>>>
// CHECK: @columns(dense<{{\[\[\[}}1.000000e+00, 4.000000e+00], [2.000000e+00, 5.000000e+00], [3.000000e+00, 6.000000e+00]]]> : tensor<1x3x2xf64>)
llvm.mlir.global private constant @columns(#attn.packed<matrix = dense<[[1., 2., 3.], [4., 5., 6.]]> : tensor<2x3xf64>, transposed = true> : tensor<1x3x2xf64>) : !llvm.array<1 x array<3 x array<2 x f64>>>
// To nearest, ties to even; a NaN stays one, and what is too large is infinite.
// CHECK: @rounded(dense<{{\[\[\[}}1.000000e+00, 1.015630e+00, 0x7F80, 0x7FC0]]]> : tensor<1x1x4xbf16>)
llvm.mlir.global private constant @rounded(#attn.packed<matrix = dense<[[0x3F808000, 0x3F818000, 0x7F7FFFFF, 0x7F800001]]> : tensor<1x4xf32>> : tensor<1x1x4xbf16>) : !llvm.array<1 x array<1 x array<4 x bf16>>>
// CHECK: @half(dense<{{\[\[\[}}1.000000e+00, -2.500000e+00, 0x7C00, 0.000000e+00]]]> : tensor<1x1x4xf16>)
llvm.mlir.global private constant @half(#attn.packed<matrix = dense<[[1., -2.5, 65536.]]> : tensor<1x3xf32>> : tensor<1x1x4xf16>) : !llvm.array<1 x array<1 x array<4 x f16>>>
