// RUN: attn-opt %s --canonicalize | FileCheck %s

// Keys of a cache, transposed as matrices whose batches and heads are one dimension: read where they lie.
// CHECK-LABEL: func.func @transposed_matrices
// CHECK-SAME:    %[[Q:.*]]: tensor<?x12x?x64xf32>, %[[CACHE:.*]]: tensor<?x12x?x64xf32>, %[[V:[a-z0-9]*]]: tensor
// CHECK-NOT:     linalg.transpose
// CHECK:         %[[K:.*]] = tensor.extract_slice %[[CACHE]]
// CHECK:         attn.attention %[[Q]], %[[K]], %[[V]] :
func.func @transposed_matrices(%q: tensor<?x12x?x64xf32>, %cache: tensor<?x12x?x64xf32>, %v: tensor<?x12x?x64xf32>, %b: index, %n: index, %bh: index) -> tensor<?x12x?x64xf32> {
  %k = tensor.extract_slice %cache[0, 0, 0, 0] [%b, 12, %n, 64] [1, 1, 1, 1] : tensor<?x12x?x64xf32> to tensor<?x12x?x64xf32>
  %flat = tensor.collapse_shape %k [[0, 1, 2, 3]] : tensor<?x12x?x64xf32> into tensor<?xf32>
  %matrices = tensor.expand_shape %flat [[0, 1, 2]] output_shape [%bh, %n, 64] : tensor<?xf32> into tensor<?x?x64xf32>
  %e = tensor.empty(%bh, %n) : tensor<?x64x?xf32>
  %t = linalg.transpose ins(%matrices : tensor<?x?x64xf32>) outs(%e : tensor<?x64x?xf32>) permutation = [0, 2, 1]
  %flat_t = tensor.collapse_shape %t [[0, 1, 2]] : tensor<?x64x?xf32> into tensor<?xf32>
  %kt = tensor.expand_shape %flat_t [[0, 1, 2, 3]] output_shape [%b, 12, 64, %n] : tensor<?xf32> into tensor<?x12x64x?xf32>
  %o = attn.attention %q, %kt, %v layout key [batch, head, feature, sequence] : tensor<?x12x?x64xf32>, tensor<?x12x64x?xf32>, tensor<?x12x?x64xf32> -> tensor<?x12x?x64xf32>
  return %o : tensor<?x12x?x64xf32>
}

// Other sizes in between are other matrices.
// CHECK-LABEL: func.func @other_matrices
// CHECK:         linalg.transpose
func.func @other_matrices(%q: tensor<?x12x?x64xf32>, %cache: tensor<?x12x?x64xf32>, %v: tensor<?x12x?x64xf32>, %b: index, %n: index, %m: index, %bh: index) -> tensor<?x12x?x64xf32> {
  %k = tensor.extract_slice %cache[0, 0, 0, 0] [%b, 12, %n, 64] [1, 1, 1, 1] : tensor<?x12x?x64xf32> to tensor<?x12x?x64xf32>
  %flat = tensor.collapse_shape %k [[0, 1, 2, 3]] : tensor<?x12x?x64xf32> into tensor<?xf32>
  %matrices = tensor.expand_shape %flat [[0, 1, 2]] output_shape [%bh, %m, 64] : tensor<?xf32> into tensor<?x?x64xf32>
  %e = tensor.empty(%bh, %m) : tensor<?x64x?xf32>
  %t = linalg.transpose ins(%matrices : tensor<?x?x64xf32>) outs(%e : tensor<?x64x?xf32>) permutation = [0, 2, 1]
  %flat_t = tensor.collapse_shape %t [[0, 1, 2]] : tensor<?x64x?xf32> into tensor<?xf32>
  %kt = tensor.expand_shape %flat_t [[0, 1, 2, 3]] output_shape [%b, 12, 64, %n] : tensor<?xf32> into tensor<?x12x64x?xf32>
  %o = attn.attention %q, %kt, %v layout key [batch, head, feature, sequence] : tensor<?x12x?x64xf32>, tensor<?x12x64x?xf32>, tensor<?x12x?x64xf32> -> tensor<?x12x?x64xf32>
  return %o : tensor<?x12x?x64xf32>
}
