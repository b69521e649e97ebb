// RUN: attn-opt %s --split-input-file --attn-use-static-caches --verify-diagnostics

// The order of the two is not a cache's.
// expected-error@below {{expected a cache, an input of dynamic length that an output continues and nothing else reads, got none}}
module {
  func.func @before(%new: tensor<3x8xf32>, %past: tensor<?x8xf32>) -> tensor<?x8xf32> {
    %0 = tensor.concat dim(0) %new, %past : (tensor<3x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
    return %0 : tensor<?x8xf32>
  }
}

// -----

module {
  func.func @data(%past: tensor<?xf32>, %size: tensor<index>) -> tensor<?xf32> {
    %n = tensor.extract %size[] : tensor<index>
    %c = arith.constant 1.0 : f32
    %new = tensor.generate %n {
    ^bb0(%i: index):
      tensor.yield %c : f32
    } : tensor<?xf32>
    %cast = tensor.cast %new : tensor<?xf32> to tensor<*xf32>
    %back = tensor.cast %cast : tensor<*xf32> to tensor<?xf32>
    // expected-error@below {{expected the size of what is added to a cache to follow from the sizes of inputs}}
    %0 = tensor.concat dim(0) %past, %back : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    return %0 : tensor<?xf32>
  }
}
