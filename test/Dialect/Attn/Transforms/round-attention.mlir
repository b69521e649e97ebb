// RUN: attn-opt %s --attn-round-attention --split-input-file | FileCheck %s
// RUN: attn-opt %s --attn-round-attention=precision=f16 --split-input-file | FileCheck %s --check-prefix=F16
// RUN: attn-opt %s --attn-round-attention=precision=f32 --split-input-file | FileCheck %s --check-prefix=STAYS
// RUN: attn-opt %s --attn-round-attention --split-input-file --remarks-filter=attn-round-attention --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// STAYS-NOT: truncf

// The output stays wide, and keys may be another shape of what is computed.
// CHECK-LABEL: func.func @computed
// CHECK: %[[K:.*]] = tensor.expand_shape
// CHECK: %[[Q:.*]] = arith.truncf %{{.*}} : tensor<1x4x8x16xf32> to tensor<1x4x8x16xbf16>
// CHECK: %[[N:.*]] = arith.truncf %[[K]]
// CHECK: attn.attention %[[Q]], %[[N]], %{{.*}} : tensor<1x4x8x16xbf16>, tensor<1x4x8x16xbf16>, tensor<1x4x8x16xbf16> -> tensor<1x4x8x16xf32>
// F16: attn.attention {{.*}} : tensor<1x4x8x16xf16>
// REMARK: remark: {{.*}}Rounded
func.func @computed(%q: tensor<1x4x8x16xf32>, %x: tensor<4x8x16xf32>) -> tensor<1x4x8x16xf32> {
  %0 = arith.addf %x, %x : tensor<4x8x16xf32>
  %k = tensor.expand_shape %0 [[0, 1], [2], [3]] output_shape [1, 4, 8, 16] : tensor<4x8x16xf32> into tensor<1x4x8x16xf32>
  %o = attn.attention %q, %k, %k : tensor<1x4x8x16xf32>, tensor<1x4x8x16xf32>, tensor<1x4x8x16xf32> -> tensor<1x4x8x16xf32>
  return %o : tensor<1x4x8x16xf32>
}

// -----

// CHECK-LABEL: func.func @stored
// CHECK-NOT: truncf
// REMARK: remark: {{.*}}Declined{{.*}}expected keys and values that are computed, got stored ones
func.func @stored(%q: tensor<1x4x1x16xf32>, %past: tensor<1x4x8x16xf32>, %new: tensor<1x4x1x16xf32>) -> tensor<1x4x1x16xf32> {
  %k = tensor.concat dim(2) %past, %new : (tensor<1x4x8x16xf32>, tensor<1x4x1x16xf32>) -> tensor<1x4x9x16xf32>
  %o = attn.attention %q, %k, %k : tensor<1x4x1x16xf32>, tensor<1x4x9x16xf32>, tensor<1x4x9x16xf32> -> tensor<1x4x1x16xf32>
  return %o : tensor<1x4x1x16xf32>
}

// -----

// CHECK-LABEL: func.func @wide
// CHECK-NOT: truncf
// REMARK: remark: {{.*}}Declined{{.*}}expected queries, keys and values of f32
func.func @wide(%q: tensor<1x4x8x16xf64>) -> tensor<1x4x8x16xf64> {
  %k = arith.addf %q, %q : tensor<1x4x8x16xf64>
  %o = attn.attention %q, %k, %k : tensor<1x4x8x16xf64>, tensor<1x4x8x16xf64>, tensor<1x4x8x16xf64> -> tensor<1x4x8x16xf64>
  return %o : tensor<1x4x8x16xf64>
}
