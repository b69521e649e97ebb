// RUN: attn-opt %s --split-input-file --attn-attach-cpu-target=vector-bits=512 --attn-tile-contractions="pack-weights" --canonicalize --cse | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-attach-cpu-target=vector-bits=512 --attn-tile-contractions="pack-weights precision=bf16" --canonicalize --cse | FileCheck %s --check-prefix=BF16
// RUN: attn-opt %s --split-input-file --attn-attach-cpu-target=vector-bits=512 --attn-tile-contractions="pack-weights" --remarks-filter=attn-tile-contractions \
// RUN:   --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// RUN: attn-opt %s --split-input-file --attn-attach-cpu-target="vector-bits=512 amx" --attn-tile-contractions="pack-weights precision=bf16" --canonicalize --cse | FileCheck %s --check-prefix=AMX

// A block's columns begin with a panel; the last panel is not full.
// REMARK: remark: {{.*}}Packed{{.*}}3 panels of 48 columns, read by 1 products and 0 other ops
// CHECK: affine_map<(d0) -> (d0 floordiv 48)>
// CHECK-LABEL: func.func @linear
// CHECK: %[[W:.*]] = arith.constant #attn.packed<matrix = dense_resource<w> : tensor<8x130xf32>> : tensor<3x8x48xf32>
// CHECK: scf.forall (%{{.*}}, %[[J:.*]]) = (0, 0) to (512, 130) step (64, 48)
// CHECK: %[[PANEL:.*]] = affine.apply #{{.*}}(%[[J]])
// CHECK: %[[B:.*]] = tensor.extract_slice %[[W]][%[[PANEL]], 0, 0] [{{.*}}, 8, 48] [1, 1, 1]
// CHECK: attn.contract %{{.*}}, %[[B]] into
// BF16-LABEL: func.func @linear
// BF16: arith.constant #attn.packed<matrix = dense_resource<w> : tensor<8x130xf32>> : tensor<3x8x48xbf16>
// BF16: attn.contract {{.*}} {round_lhs}
// AMX-LABEL: func.func @linear
// AMX: arith.constant #attn.packed<matrix = dense_resource<w> : tensor<8x130xf32>> : tensor<5x16x32x2xbf16>
// AMX: attn.contract {{.*}} {round_lhs} : tensor<{{.*}}xf32>, tensor<{{.*}}x16x32x2xbf16>
func.func @linear(%x: tensor<512x8xf32>, %c: tensor<512x130xf32>) -> tensor<512x130xf32> {
  %w = arith.constant dense_resource<w> : tensor<8x130xf32>
  %p = linalg.matmul ins(%x, %w : tensor<512x8xf32>, tensor<8x130xf32>) outs(%c : tensor<512x130xf32>) -> tensor<512x130xf32>
  return %p : tensor<512x130xf32>
}

{-#
  dialect_resources: { builtin: { w: "0x0400000000000000" } }
#-}

// -----

// A table of embeddings that logits share, transposed: one copy, read element by element.
// REMARK: remark: {{.*}}Packed{{.*}}read by 1 products and 1 other ops
// CHECK-LABEL: func.func @tied
// CHECK-SAME: %[[I:.*]]: index, %[[K:.*]]: index
// CHECK-DAG: %[[W:.*]] = arith.constant #attn.packed<matrix = dense_resource<w> : tensor<130x8xf32>, transposed = true> : tensor<3x8x48xf32>
// CHECK-DAG: %[[WIDTH:.*]] = arith.constant 48 : index
// CHECK-DAG: %[[PANEL:.*]] = arith.divui %[[I]], %[[WIDTH]]
// CHECK-DAG: %[[INSIDE:.*]] = arith.remui %[[I]], %[[WIDTH]]
// CHECK: tensor.extract %[[W]][%[[PANEL]], %[[K]], %[[INSIDE]]]
// CHECK-NOT: dense_resource<w> : tensor<130x8xf32>{{$}}
// BF16-LABEL: func.func @tied
// BF16: tensor.extract %{{.*}} : tensor<3x8x48xbf16>
// BF16: arith.extf
// AMX-LABEL: func.func @tied
// AMX: tensor.extract %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}] : tensor<5x16x32x2xbf16>
func.func @tied(%i: index, %k: index, %x: tensor<4x8xf32>, %c: tensor<4x130xf32>) -> (f32, tensor<4x130xf32>) {
  %w = arith.constant dense_resource<w> : tensor<130x8xf32>
  %e = tensor.extract %w[%i, %k] : tensor<130x8xf32>
  %t = tensor.empty() : tensor<8x130xf32>
  %wt = linalg.transpose ins(%w : tensor<130x8xf32>) outs(%t : tensor<8x130xf32>) permutation = [1, 0]
  %p = linalg.matmul ins(%x, %wt : tensor<4x8xf32>, tensor<8x130xf32>) outs(%c : tensor<4x130xf32>) -> tensor<4x130xf32>
  return %e, %p : f32, tensor<4x130xf32>
}

{-#
  dialect_resources: { builtin: { w: "0x0400000000000000" } }
#-}

// -----

// REMARK: remark: {{.*}}Unpacked{{.*}}expected products that read it in one orientation
// CHECK-LABEL: func.func @both
// CHECK-NOT: attn.packed
func.func @both(%x: tensor<4x36xf32>, %y: tensor<4x35xf32>, %c: tensor<4x35xf32>, %d: tensor<4x36xf32>) -> (tensor<4x35xf32>, tensor<4x36xf32>) {
  %w = arith.constant dense_resource<w> : tensor<36x35xf32>
  %p = linalg.matmul ins(%x, %w : tensor<4x36xf32>, tensor<36x35xf32>) outs(%c : tensor<4x35xf32>) -> tensor<4x35xf32>
  %q = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%y, %w : tensor<4x35xf32>, tensor<36x35xf32>) outs(%d : tensor<4x36xf32>) -> tensor<4x36xf32>
  return %p, %q : tensor<4x35xf32>, tensor<4x36xf32>
}

{-#
  dialect_resources: { builtin: { w: "0x0400000000000000" } }
#-}

// -----

// REMARK: remark: {{.*}}Unpacked{{.*}}expected products and reads of elements alone, got 'func.return'
// REMARK: remark: {{.*}}Unpacked{{.*}}expected panels that are three quarters full
// CHECK-LABEL: func.func @other_uses
// CHECK-NOT: attn.packed
func.func @other_uses(%x: tensor<4x36xf32>, %c: tensor<4x35xf32>, %y: tensor<4x35xf32>) -> (tensor<4x35xf32>, tensor<36x35xf32>, tensor<4x35xf32>) {
  %w = arith.constant dense_resource<w> : tensor<36x35xf32>
  %p = linalg.matmul ins(%x, %w : tensor<4x36xf32>, tensor<36x35xf32>) outs(%c : tensor<4x35xf32>) -> tensor<4x35xf32>
  %v = arith.constant dense_resource<v> : tensor<36x35xf32>
  %q = linalg.matmul ins(%x, %v : tensor<4x36xf32>, tensor<36x35xf32>) outs(%y : tensor<4x35xf32>) -> tensor<4x35xf32>
  return %p, %w, %q : tensor<4x35xf32>, tensor<36x35xf32>, tensor<4x35xf32>
}

{-#
  dialect_resources: { builtin: { w: "0x0400000000000000", v: "0x0400000000000000" } }
#-}
