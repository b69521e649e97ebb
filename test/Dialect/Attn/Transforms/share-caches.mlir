// RUN: attn-opt %s --attn-share-caches | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-optimize | FileCheck %s --check-prefix=OPTIMIZE

// CHECK-LABEL: func.func @update
// CHECK-SAME: -> (tensor<2x4x16x8xf32> {attn.shares = 0 : i64})
// OPTIMIZE-LABEL: func.func @update
// OPTIMIZE-SAME: attn.shares = 0
func.func @update(%cache: tensor<2x4x16x8xf32>, %new: tensor<2x4x1x8xf32>, %n: tensor<2xindex>) -> tensor<2x4x16x8xf32> {
  %0 = attn.cache_update %cache, %new at %n axis 2
    : tensor<2x4x16x8xf32>, tensor<2x4x1x8xf32>, at tensor<2xindex>
  return %0 : tensor<2x4x16x8xf32>
}

// Through a loop and slices; an argument is shared once, an unchanged one not at all, and another type never.
// CHECK-LABEL: func.func @several
// CHECK-SAME: -> (tensor<16xf32> {attn.shares = 0 : i64}, tensor<16xf32>, tensor<16xf32>, tensor<?xf32>)
func.func @several(%a: tensor<16xf32>, %x: f32, %n: index) -> (tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = scf.for %i = %c0 to %n step %c1 iter_args(%t = %a) -> tensor<16xf32> {
    %w = tensor.insert %x into %t[%i] : tensor<16xf32>
    scf.yield %w : tensor<16xf32>
  }
  %s = tensor.from_elements %x : tensor<1xf32>
  %1 = tensor.insert_slice %s into %0[0] [1] [1] : tensor<1xf32> into tensor<16xf32>
  %2 = tensor.insert %x into %a[%c0] : tensor<16xf32>
  %3 = tensor.cast %2 : tensor<16xf32> to tensor<?xf32>
  return %1, %2, %a, %3 : tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<?xf32>
}

// All of a cache, as large as another argument says whose dimension has the same name.
// CHECK-LABEL: func.func @whole
// CHECK-SAME: -> (tensor<?x8xf32> {attn.shares = 1 : i64})
// CHECK: %[[ALL:.*]] = scf.for
// CHECK: return %[[ALL]]
func.func @whole(%ids: tensor<?xi64> {attn.dim_names = ["batch"]}, %cache: tensor<?x8xf32> {attn.dim_names = ["batch", ""]}, %x: f32, %at: index) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %batch = tensor.dim %ids, %c0 : tensor<?xi64>
  %0 = scf.for %b = %c0 to %batch step %c1 iter_args(%t = %cache) -> tensor<?x8xf32> {
    %w = tensor.insert %x into %t[%b, %at] : tensor<?x8xf32>
    scf.yield %w : tensor<?x8xf32>
  }
  %1 = tensor.extract_slice %0[0, 0] [%batch, 8] [1, 1] : tensor<?x8xf32> to tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// As large as what was written into it.
// CHECK-LABEL: func.func @updated
// CHECK-SAME: -> (tensor<2x4x?x8xf32> {attn.shares = 0 : i64})
// CHECK: %[[UPDATED:.*]] = attn.cache_update
// CHECK: return %[[UPDATED]]
func.func @updated(%cache: tensor<2x4x?x8xf32>, %new: tensor<2x4x1x8xf32>, %n: tensor<2xindex>) -> tensor<2x4x?x8xf32> {
  %c2 = arith.constant 2 : index
  %0 = attn.cache_update %cache, %new at %n axis 2
    : tensor<2x4x?x8xf32>, tensor<2x4x1x8xf32>, at tensor<2xindex>
  %size = tensor.dim %0, %c2 : tensor<2x4x?x8xf32>
  %1 = tensor.extract_slice %0[0, 0, 0, 0] [2, 4, %size, 8] [1, 1, 1, 1] : tensor<2x4x?x8xf32> to tensor<2x4x?x8xf32>
  return %1 : tensor<2x4x?x8xf32>
}

// A part of it: nothing says that the sizes are the same.
// CHECK-LABEL: func.func @part
// CHECK-SAME: -> tensor<?x8xf32>
// CHECK: %[[PART:.*]] = tensor.extract_slice
// CHECK: return %[[PART]]
func.func @part(%ids: tensor<?xi64> {attn.dim_names = ["rows"]}, %cache: tensor<?x8xf32> {attn.dim_names = ["batch", ""]}, %x: f32, %at: index) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %batch = tensor.dim %ids, %c0 : tensor<?xi64>
  %0 = scf.for %b = %c0 to %batch step %c1 iter_args(%t = %cache) -> tensor<?x8xf32> {
    %w = tensor.insert %x into %t[%b, %at] : tensor<?x8xf32>
    scf.yield %w : tensor<?x8xf32>
  }
  %1 = tensor.extract_slice %0[0, 0] [%batch, 8] [1, 1] : tensor<?x8xf32> to tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}

// A loop that carries a tensor of other sizes in the end.
// CHECK-LABEL: func.func @other_sizes
// CHECK: %[[PART:.*]] = tensor.extract_slice
// CHECK: return %[[PART]]
func.func @other_sizes(%ids: tensor<?xi64> {attn.dim_names = ["batch"]}, %cache: tensor<?x8xf32> {attn.dim_names = ["batch", ""]}, %other: tensor<?x8xf32> {attn.dim_names = ["more", ""]}) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %batch = tensor.dim %ids, %c0 : tensor<?xi64>
  %0 = scf.for %b = %c0 to %batch step %c1 iter_args(%t = %cache) -> tensor<?x8xf32> {
    scf.yield %other : tensor<?x8xf32>
  }
  %1 = tensor.extract_slice %0[0, 0] [%batch, 8] [1, 1] : tensor<?x8xf32> to tensor<?x8xf32>
  return %1 : tensor<?x8xf32>
}
