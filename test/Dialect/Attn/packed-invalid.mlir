// RUN: attn-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{expected 2 panels of depth 1, got 1 of 1}}
#panels = #attn.packed<matrix = dense<[[1., 2., 3., 4., 5.]]> : tensor<1x5xf32>> : tensor<1x1x4xf32>

// -----

// expected-error @below {{expected 1 panels of depth 5, got 1 of 4}}
#depth = #attn.packed<matrix = dense<[[1., 2., 3., 4., 5.]]> : tensor<1x5xf32>, transposed = true> : tensor<1x4x4xf32>

// -----

// expected-error @below {{expected elements of the matrix's 'bf16', or bf16 or f16 for f32, got 'f32'}}
#elements = #attn.packed<matrix = dense<[[1., 2.]]> : tensor<1x2xbf16>> : tensor<1x1x4xf32>

// -----

// expected-error @below {{expected matrix of rank 2, got 1}}
#rank = #attn.packed<matrix = dense<[1., 2.]> : tensor<2xf32>> : tensor<1x1x4xf32>

// -----

// expected-error @below {{expected a type of panels, depth and columns, or of panels, pairs, columns and 2, got 'tensor<1x?x4xf32>'}}
#type = #attn.packed<matrix = dense<[[1., 2.]]> : tensor<1x2xf32>> : tensor<1x?x4xf32>

// -----

// expected-error @below {{expected 2 panels of depth 3, got 2 of 2}}
#pairs = #attn.packed<matrix = dense<1.> : tensor<3x5xf32>> : tensor<2x1x4x2xbf16>

// -----

// expected-error @below {{expected a type of panels, depth and columns, or of panels, pairs, columns and 2, got 'tensor<2x1x4x3xbf16>'}}
#triples = #attn.packed<matrix = dense<1.> : tensor<3x5xf32>> : tensor<2x1x4x3xbf16>

// -----

func.func @pairs(%a: memref<5x7xf32>, %b: memref<2x3x32x2xbf16>, %c: memref<5x60xf32>) {
  // expected-error @below {{expected rhs of at least 4 pairs for lhs dimension 1 of 7, got 3}}
  attn.contract %a, %b into %c : memref<5x7xf32>, memref<2x3x32x2xbf16> into memref<5x60xf32>
  return
}

// -----

func.func @triples(%a: memref<5x6xf32>, %b: memref<2x3x32x3xbf16>, %c: memref<5x60xf32>) {
  // expected-error @below {{expected rhs of panels of pairs, got 'memref<2x3x32x3xbf16>'}}
  attn.contract %a, %b into %c : memref<5x6xf32>, memref<2x3x32x3xbf16> into memref<5x60xf32>
  return
}

// -----

func.func @panels(%a: memref<5x8xf32>, %b: memref<1x8x48xf32>, %c: memref<5x60xf32>) {
  // expected-error @below {{expected rhs of 2 panels for acc's 60 columns, got 1}}
  attn.contract %a, %b into %c : memref<5x8xf32>, memref<1x8x48xf32> into memref<5x60xf32>
  return
}

// -----

func.func @both(%a: memref<5x8xf32>, %b: memref<2x8x48xf32>, %c: memref<5x60xf32>) {
  // expected-error @below {{expected rhs that is packed or transposed, got both}}
  attn.contract %a, transposed %b into %c : memref<5x8xf32>, memref<2x8x48xf32> into memref<5x60xf32>
  return
}

// -----

func.func @sum(%a: memref<5x8xf32>, %b: memref<2x9x48xf32>, %c: memref<5x60xf32>) {
  // expected-error @below {{expected lhs dimension 1 to equal rhs dimension 1, got 8 and 9}}
  attn.contract %a, %b into %c : memref<5x8xf32>, memref<2x9x48xf32> into memref<5x60xf32>
  return
}

// -----

func.func @unknown(%a: memref<5x8xf32>, %b: memref<2x8x?xf32>, %c: memref<5x60xf32>) {
  // expected-error @below {{expected panels of a known number of columns, got 'memref<2x8x?xf32>'}}
  attn.contract %a, %b into %c : memref<5x8xf32>, memref<2x8x?xf32> into memref<5x60xf32>
  return
}
