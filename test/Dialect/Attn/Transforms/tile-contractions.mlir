// RUN: attn-opt %s --split-input-file --attn-attach-cpu-target=vector-bits=512 --attn-tile-contractions --canonicalize --cse | FileCheck %s -enable-var-scope
// RUN: attn-opt %s --split-input-file --attn-attach-cpu-target=vector-bits=512 --attn-tile-contractions --remarks-filter=attn-tile-contractions \
// RUN:   --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// A product with its bias, in the place of the result.
// REMARK: remark: {{.*}}Tiled{{.*}}blocks of 512 x 96, with 1 elementwise ops
// CHECK-LABEL: func.func @linear
// CHECK: scf.forall (%{{.*}}) = (0) to (3072) step (96) shared_outs(%[[OUT:.*]] = %{{.*}})
// CHECK: %[[SLICE:.*]] = tensor.extract_slice %[[OUT]]
// CHECK: %[[ZERO:.*]] = linalg.fill {{.*}} outs(%[[SLICE]]
// CHECK: %[[P:.*]] = attn.contract %{{.*}}, %{{.*}} into %[[ZERO]]
// CHECK: linalg.generic {{.*}} outs(%[[P]] : tensor<512x96xf32>)
func.func @linear(%x: tensor<512x768xf32>, %w: tensor<768x3072xf32>, %b: tensor<3072xf32>) -> tensor<512x3072xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<512x3072xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<512x3072xf32>) -> tensor<512x3072xf32>
  %p = linalg.matmul ins(%x, %w : tensor<512x768xf32>, tensor<768x3072xf32>) outs(%f : tensor<512x3072xf32>) -> tensor<512x3072xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%p, %b : tensor<512x3072xf32>, tensor<3072xf32>) outs(%e : tensor<512x3072xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<512x3072xf32>
  return %r : tensor<512x3072xf32>
}

// -----

// REMARK: remark: {{.*}}Tiled{{.*}}, with 0 elementwise ops
// The destination's own values are added to; a product with two users is not fused.
// CHECK-LABEL: func.func @accumulate
// CHECK: scf.forall {{.*}} shared_outs(%[[OUT:.*]] = %arg2)
// CHECK: %[[SLICE:.*]] = tensor.extract_slice %[[OUT]]
// CHECK: attn.contract transposed %{{.*}}, transposed %{{.*}} into %[[SLICE]]
// CHECK: linalg.generic
func.func @accumulate(%x: tensor<64x200xbf16>, %w: tensor<300x64xbf16>, %c: tensor<200x300xf32>) -> (tensor<200x300xf32>, tensor<200x300xf32>) {
  %p = linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (k, m)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    ins(%x, %w : tensor<64x200xbf16>, tensor<300x64xbf16>) outs(%c : tensor<200x300xf32>) -> tensor<200x300xf32>
  %r = linalg.exp ins(%p : tensor<200x300xf32>) outs(%c : tensor<200x300xf32>) -> tensor<200x300xf32>
  %g = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%p : tensor<200x300xf32>) outs(%c : tensor<200x300xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  } -> tensor<200x300xf32>
  return %r, %g : tensor<200x300xf32>, tensor<200x300xf32>
}

// -----

// REMARK: remark: {{.*}}Declined{{.*}}expected sums in f32 or f64
// CHECK-LABEL: func.func @narrow
// CHECK: linalg.matmul
func.func @narrow(%x: tensor<4x5xbf16>, %w: tensor<5x6xbf16>, %c: tensor<4x6xbf16>) -> tensor<4x6xbf16> {
  %p = linalg.matmul ins(%x, %w : tensor<4x5xbf16>, tensor<5x6xbf16>) outs(%c : tensor<4x6xbf16>) -> tensor<4x6xbf16>
  return %p : tensor<4x6xbf16>
}

// -----

// REMARK: remark: {{.*}}Declined{{.*}}expected the result's last dimension in one operand
// CHECK-LABEL: func.func @batch_last
// CHECK: linalg.generic
func.func @batch_last(%x: tensor<4x5xf32>, %w: tensor<4x5xf32>, %c: tensor<5xf32>) -> tensor<5xf32> {
  %p = linalg.generic {indexing_maps = [affine_map<(b, k) -> (k, b)>, affine_map<(b, k) -> (k, b)>, affine_map<(b, k) -> (b)>],
      iterator_types = ["parallel", "reduction"]} ins(%x, %w : tensor<4x5xf32>, tensor<4x5xf32>) outs(%c : tensor<5xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<5xf32>
  return %p : tensor<5xf32>
}

// -----

// A sum of one product: of the dimensions of 1, the right one is left.
// CHECK-LABEL: func @one_feature(
// CHECK: attn.contract %{{.*}}, %{{.*}} into %{{.*}} : tensor<17x1xf32>, tensor<1x?xf32> into tensor<17x?xf32>
func.func @one_feature(%q: tensor<1x17x1xf32>, %k: tensor<1x1x65x1xf32>) -> tensor<1x17x65xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x17x65xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x17x65xf32>) -> tensor<1x17x65xf32>
  %p = linalg.generic {indexing_maps = [affine_map<(b, i, j, d) -> (b, i, d)>, affine_map<(b, i, j, d) -> (b, d, j, 0)>, affine_map<(b, i, j, d) -> (b, i, j)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%q, %k : tensor<1x17x1xf32>, tensor<1x1x65x1xf32>) outs(%f : tensor<1x17x65xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<1x17x65xf32>
  return %p : tensor<1x17x65xf32>
}

// -----

// Transposed operands are read as they lie: a tied embedding, and heads that a projection has split.
// CHECK-LABEL: func @transposed(
// CHECK-SAME: %[[X:.*]]: tensor<2x3x4x8xf32>, %[[W:.*]]: tensor<100x8xf32>
// CHECK-NOT: linalg.transpose
// CHECK: %[[ROWS:.*]] = tensor.extract_slice %[[X]][%{{.*}}, 0, %{{.*}}, 0] [1, 3, 1, 8]
// CHECK: attn.contract %[[ROWS]], transposed %[[W]] into
func.func @transposed(%x: tensor<2x3x4x8xf32>, %w: tensor<100x8xf32>) -> tensor<2x4x3x100xf32> {
  %zero = arith.constant 0.0 : f32
  %ex = tensor.empty() : tensor<2x4x3x8xf32>
  %xt = linalg.transpose ins(%x : tensor<2x3x4x8xf32>) outs(%ex : tensor<2x4x3x8xf32>) permutation = [0, 2, 1, 3]
  %ew = tensor.empty() : tensor<8x100xf32>
  %wt = linalg.transpose ins(%w : tensor<100x8xf32>) outs(%ew : tensor<8x100xf32>) permutation = [1, 0]
  %e = tensor.empty() : tensor<2x4x3x100xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4x3x100xf32>) -> tensor<2x4x3x100xf32>
  %p = linalg.contract indexing_maps = [affine_map<(a, b, c, n, k) -> (a, b, c, k)>, affine_map<(a, b, c, n, k) -> (k, n)>,
      affine_map<(a, b, c, n, k) -> (a, b, c, n)>] ins(%xt, %wt : tensor<2x4x3x8xf32>, tensor<8x100xf32>)
      outs(%f : tensor<2x4x3x100xf32>) -> tensor<2x4x3x100xf32>
  return %p : tensor<2x4x3x100xf32>
}

// -----

// A batch that lies innermost stays transposed: a product would read it element by element.
// CHECK-LABEL: func @batch_innermost(
// CHECK: linalg.transpose
// CHECK: attn.contract
func.func @batch_innermost(%x: tensor<4x8x2xf32>, %w: tensor<2x8x9xf32>) -> tensor<2x4x9xf32> {
  %zero = arith.constant 0.0 : f32
  %ex = tensor.empty() : tensor<2x4x8xf32>
  %xt = linalg.transpose ins(%x : tensor<4x8x2xf32>) outs(%ex : tensor<2x4x8xf32>) permutation = [2, 0, 1]
  %e = tensor.empty() : tensor<2x4x9xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4x9xf32>) -> tensor<2x4x9xf32>
  %p = linalg.batch_matmul ins(%xt, %w : tensor<2x4x8xf32>, tensor<2x8x9xf32>) outs(%f : tensor<2x4x9xf32>) -> tensor<2x4x9xf32>
  return %p : tensor<2x4x9xf32>
}
