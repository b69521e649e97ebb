// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @sum(%a: memref<5x8xf32>, %b: memref<7x9xf32>, %c: memref<5x7xf32>) {
  // expected-error @below {{expected lhs dimension 1 to equal rhs dimension 1, got 8 and 9}}
  attn.contract %a, transposed %b into %c : memref<5x8xf32>, memref<7x9xf32> into memref<5x7xf32>
  return
}

// -----

func.func @rows(%a: memref<8x4xf32>, %b: memref<8x7xf32>, %c: memref<5x7xf32>) {
  // expected-error @below {{expected acc dimension 0 to equal lhs dimension 1, got 5 and 4}}
  attn.contract transposed %a, %b into %c : memref<8x4xf32>, memref<8x7xf32> into memref<5x7xf32>
  return
}

// -----

func.func @columns(%a: memref<5x8xf32>, %b: memref<8x6xf32>, %c: memref<5x7xf32>) {
  // expected-error @below {{expected acc dimension 1 to equal rhs dimension 1, got 7 and 6}}
  attn.contract %a, %b into %c : memref<5x8xf32>, memref<8x6xf32> into memref<5x7xf32>
  return
}

// -----

func.func @rank(%a: memref<5x8x1xf32>, %b: memref<8x7xf32>, %c: memref<5x7xf32>) {
  // expected-error @below {{expected lhs of rank 2, got 3}}
  attn.contract %a, %b into %c : memref<5x8x1xf32>, memref<8x7xf32> into memref<5x7xf32>
  return
}

// -----

func.func @elements(%a: memref<5x8xf32>, %b: memref<8x7xf64>, %c: memref<5x7xf32>) {
  // expected-error @below {{expected rhs to have elements of acc's 'f32' or narrower, got 'f64'}}
  attn.contract %a, %b into %c : memref<5x8xf32>, memref<8x7xf64> into memref<5x7xf32>
  return
}

// -----

func.func @mixed(%a: tensor<5x8xf32>, %b: memref<8x7xf32>, %c: memref<5x7xf32>) {
  // expected-error @below {{expected only tensors or only memrefs, got 'memref<5x7xf32>' and 'tensor<5x8xf32>'}}
  attn.contract %a, %b into %c : tensor<5x8xf32>, memref<8x7xf32> into memref<5x7xf32>
  return
}
