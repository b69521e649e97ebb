// RUN: attn-opt %s --split-input-file --verify-diagnostics

func.func @batches(%q: memref<2x1x6x8xf32>, %s: memref<2x1x8x8xf32>) {
  // expected-error @below {{expected one batch and one key head, got key of 'memref<2x1x6x8xf32>'}}
  attn.linear_chunk linear %q, %q, %q into %q, %s
    : memref<2x1x6x8xf32>, memref<2x1x6x8xf32>, memref<2x1x6x8xf32> into memref<2x1x6x8xf32>, memref<2x1x8x8xf32>
  return
}

// -----

func.func @state_shape(%q: memref<1x1x6x8xf32>, %s: memref<1x1x8x7xf32>) {
  // expected-error @below {{expected state of shape [batch, kv head, dk, dv] = [1, 1, 8, 8], got}}
  attn.linear_chunk linear %q, %q, %q into %q, %s
    : memref<1x1x6x8xf32>, memref<1x1x6x8xf32>, memref<1x1x6x8xf32> into memref<1x1x6x8xf32>, memref<1x1x8x7xf32>
  return
}

// -----

func.func @state_type(%q: memref<1x1x6x8xf32>, %s: memref<1x1x8x8xf64>) {
  // expected-error @below {{expected a state of 'f32', got 'f64'}}
  attn.linear_chunk linear %q, %q, %q into %q, %s
    : memref<1x1x6x8xf32>, memref<1x1x6x8xf32>, memref<1x1x6x8xf32> into memref<1x1x6x8xf32>, memref<1x1x8x8xf64>
  return
}

// -----

func.func @gate(%q: memref<1x1x6x8xf32>, %s: memref<1x1x8x8xf32>) {
  // expected-error @below {{expected decay with rule gated, got none}}
  attn.linear_chunk gated %q, %q, %q into %q, %s
    : memref<1x1x6x8xf32>, memref<1x1x6x8xf32>, memref<1x1x6x8xf32> into memref<1x1x6x8xf32>, memref<1x1x8x8xf32>
  return
}

// -----

func.func @scale(%q: memref<1x1x6x?xf32>, %s: memref<1x1x?x?xf32>) {
  // expected-error @below {{expected a scale, or a query of known features, got 'memref<1x1x6x?xf32>'}}
  attn.linear_chunk linear %q, %q, %q into %q, %s
    : memref<1x1x6x?xf32>, memref<1x1x6x?xf32>, memref<1x1x6x?xf32> into memref<1x1x6x?xf32>, memref<1x1x?x?xf32>
  return
}

// -----

func.func @results(%q: tensor<1x1x6x8xf32>, %s: tensor<1x1x8x8xf32>) {
  // expected-error @below {{expected the number of tensor results (0) to be equal to the number of output tensors (2)}}
  attn.linear_chunk linear %q, %q, %q into %q, %s
    : tensor<1x1x6x8xf32>, tensor<1x1x6x8xf32>, tensor<1x1x6x8xf32> into tensor<1x1x6x8xf32>, tensor<1x1x8x8xf32>
  return
}

// -----

func.func @mixed(%q: tensor<1x1x6x8xf32>, %s: memref<1x1x8x8xf32>) {
  // expected-error @below {{expected only tensors or only memrefs, got 'memref<1x1x8x8xf32>' and 'tensor<1x1x6x8xf32>'}}
  attn.linear_chunk linear %q, %q, %q into %q, %s
    : tensor<1x1x6x8xf32>, tensor<1x1x6x8xf32>, tensor<1x1x6x8xf32> into tensor<1x1x6x8xf32>, memref<1x1x8x8xf32>
  return
}
