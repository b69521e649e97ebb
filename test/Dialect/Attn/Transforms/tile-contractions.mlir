// RUN: attn-opt %s --split-input-file --attn-attach-cpu-target=vector-bits=512 --attn-tile-contractions --canonicalize --cse | FileCheck %s -enable-var-scope
// RUN: attn-opt %s --split-input-file --attn-attach-cpu-target=vector-bits=512 --attn-tile-contractions --remarks-filter=attn-tile-contractions \
// RUN:   --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// A product with its bias, in the place of the result.
// REMARK: remark: {{.*}}Tiled{{.*}}blocks of 512 x 96
// REMARK: remark: {{.*}}Fused{{.*}}1 elementwise ops
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

// REMARK: remark: {{.*}}Tiled
// REMARK-NOT: Fused
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
// CHECK: attn.contract %{{.*}}, %{{.*}} into %{{.*}} : tensor<17x1xf32>, tensor<1x65xf32> into tensor<17x65xf32>
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

// -----

// Batches are rows of one product, with its bias and residual, and written into the caller's buffer as they are.
// REMARK: remark: {{.*}}Merged{{.*}}2 dimensions as rows of one product
// CHECK-LABEL: func @batches(
// CHECK-SAME: %[[X:.*]]: tensor<?x?x96xf32>, %[[W:.*]]: tensor<96x200xf32>, %[[BIAS:.*]]: tensor<200xf32>, %[[Y:.*]]: tensor<?x?x200xf32>, %[[OUT:.*]]: memref<?x?x200xf32>
// 27 rows of 96 x 200 are worth a second thread; fewer are one iteration.
// CHECK-DAG: %[[ROWS:.*]] = tensor.collapse_shape %[[X]] {{\[\[}}0, 1], [2]] : tensor<?x?x96xf32> into tensor<?x96xf32>
// CHECK-DAG: %[[RESIDUAL:.*]] = tensor.collapse_shape %[[Y]] {{\[\[}}0, 1], [2]]
// CHECK: %[[SMALL:.*]] = arith.cmpi slt, %{{.*}}, %c524288
// CHECK: %[[STEP:.*]] = arith.select %[[SMALL]], %{{.*}}, %c256
// CHECK: %[[WIDTH:.*]] = arith.select %[[SMALL]], %c200, %c96
// CHECK: %[[RESULT:.*]] = scf.forall {{.*}} step (%[[STEP]], %[[WIDTH]])
// CHECK: attn.contract %{{.*}}, %{{.*}} into %{{.*}} : tensor<?x96xf32>, tensor<96x?xf32> into tensor<?x?xf32>
// CHECK: linalg.generic
// CHECK: %[[INTO:.*]] = memref.collapse_shape %[[OUT]]
// CHECK: bufferization.materialize_in_destination %[[RESULT]] in restrict writable %[[INTO]]
func.func @batches(%x: tensor<?x?x96xf32>, %w: tensor<96x200xf32>, %bias: tensor<200xf32>, %y: tensor<?x?x200xf32>, %out: memref<?x?x200xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %b = tensor.dim %x, %c0 : tensor<?x?x96xf32>
  %s = tensor.dim %x, %c1 : tensor<?x?x96xf32>
  %e = tensor.empty(%b, %s) : tensor<?x?x200xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x?x200xf32>) -> tensor<?x?x200xf32>
  %p = linalg.contract indexing_maps = [affine_map<(b, i, j, k) -> (b, i, k)>, affine_map<(b, i, j, k) -> (k, j)>, affine_map<(b, i, j, k) -> (b, i, j)>]
    ins(%x, %w : tensor<?x?x96xf32>, tensor<96x200xf32>) outs(%f : tensor<?x?x200xf32>) -> tensor<?x?x200xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(b, i, j) -> (b, i, j)>, affine_map<(b, i, j) -> (j)>, affine_map<(b, i, j) -> (b, i, j)>, affine_map<(b, i, j) -> (b, i, j)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%p, %bias, %y : tensor<?x?x200xf32>, tensor<200xf32>, tensor<?x?x200xf32>) outs(%e : tensor<?x?x200xf32>) {
  ^bb0(%a: f32, %c: f32, %d: f32, %o: f32):
    %t = arith.addf %a, %c : f32
    %u = arith.addf %t, %d : f32
    linalg.yield %u : f32
  } -> tensor<?x?x200xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<?x?x200xf32>, memref<?x?x200xf32>) -> ()
  return
}

// -----

// A convolution over one dimension: what its windows meet is copied for a block of columns, then multiplied by kernels as
// they lie; the bias is added there.
// REMARK: remark: {{.*}}Gathered{{.*}}what windows meet, block by block
// REMARK: remark: {{.*}}Tiled{{.*}}blocks of 1 x 512 x 48
// REMARK: remark: {{.*}}Fused{{.*}}1 elementwise ops
// CHECK-DAG: #[[$START:.*]] = affine_map<(d0) -> (d0 * 2)>
// CHECK-DAG: #[[$WINDOW:.*]] = affine_map<(d0, d1, d2, d3) -> (d0, d1, d3 * 2 + d2)>
// CHECK-LABEL: func.func @sound(
// CHECK-SAME: %[[X:.*]]: tensor<1x80x3001xf32>, %[[W:.*]]: tensor<512x80x3xf32>
// CHECK: %[[KERNELS:.*]] = tensor.collapse_shape %[[W]] {{\[}}[0], [1, 2]] : tensor<512x80x3xf32> into tensor<512x240xf32>
// CHECK: scf.forall (%[[O:.*]]) = (0) to (1500) step (48)
// CHECK: %[[AT:.*]] = affine.apply #[[$START]](%[[O]])
// CHECK: %[[DATA:.*]] = tensor.extract_slice %[[X]][0, 0, %[[AT]]] [1, 80, %{{.*}}]
// CHECK: %[[PATCHES:.*]] = linalg.generic {indexing_maps = [#[[$WINDOW]], {{.*}}} ins(%[[DATA]]
// CHECK: %[[ALL:.*]] = tensor.insert_slice %[[PATCHES]]
// CHECK: %[[BLOCK:.*]] = tensor.collapse_shape %[[ALL]] {{\[}}[0, 1, 2], [3]]
// CHECK: attn.contract %[[KERNELS]], %[[BLOCK]] into
func.func @sound(%x: tensor<1x80x3001xf32>, %w: tensor<512x80x3xf32>, %b: tensor<512xf32>) -> tensor<1x512x1500xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x512x1500xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x512x1500xf32>) -> tensor<1x512x1500xf32>
  %p = linalg.conv_1d_ncw_fcw {strides = dense<2> : tensor<1xi64>} ins(%x, %w : tensor<1x80x3001xf32>, tensor<512x80x3xf32>)
    outs(%f : tensor<1x512x1500xf32>) -> tensor<1x512x1500xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(n, o, i) -> (n, o, i)>, affine_map<(n, o, i) -> (o)>, affine_map<(n, o, i) -> (n, o, i)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%p, %b : tensor<1x512x1500xf32>, tensor<512xf32>) outs(%e : tensor<1x512x1500xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<1x512x1500xf32>
  return %r : tensor<1x512x1500xf32>
}

// -----

// Over two: positions are columns (channels first) or rows (channels last) of one matrix, copied line by line.
// REMARK: remark: {{.*}}Gathered
// REMARK: remark: {{.*}}Tiled{{.*}}blocks of 1 x 64 x 192
// CHECK-LABEL: func.func @image(
// CHECK: scf.forall ({{.*}}) = (0, 0) to (2, 3136)
// CHECK: scf.for
// CHECK: tensor.extract_slice {{.*}} tensor<2x16x58x58xf32> to tensor<1x16x3x?xf32>
// CHECK: attn.contract %{{.*}}, %{{.*}} into %{{.*}} : tensor<64x144xf32>, tensor<144x?xf32>
func.func @image(%x: tensor<2x16x58x58xf32>, %w: tensor<64x16x3x3xf32>, %f: tensor<2x64x56x56xf32>) -> tensor<2x64x56x56xf32> {
  %p = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<2x16x58x58xf32>, tensor<64x16x3x3xf32>) outs(%f : tensor<2x64x56x56xf32>) -> tensor<2x64x56x56xf32>
  return %p : tensor<2x64x56x56xf32>
}

// -----

// REMARK: remark: {{.*}}Gathered
// REMARK: remark: {{.*}}Tiled{{.*}}blocks of 256 x 48
// CHECK-LABEL: func.func @channels_last(
// CHECK: scf.forall ({{.*}}) = (0, 0) to (6272, 64)
// CHECK: attn.contract %{{.*}}, %{{.*}} into %{{.*}} : tensor<?x144xf32>, tensor<144x?xf32>
func.func @channels_last(%x: tensor<2x58x58x16xf32>, %w: tensor<3x3x16x64xf32>, %f: tensor<2x56x56x64xf32>) -> tensor<2x56x56x64xf32> {
  %p = linalg.conv_2d_nhwc_hwcf ins(%x, %w : tensor<2x58x58x16xf32>, tensor<3x3x16x64xf32>) outs(%f : tensor<2x56x56x64xf32>) -> tensor<2x56x56x64xf32>
  return %p : tensor<2x56x56x64xf32>
}

// -----

// REMARK: remark: {{.*}}Declined{{.*}}expected windows along rows or columns, and sums over them
// CHECK-LABEL: func.func @depthwise(
// CHECK: linalg.depthwise_conv_1d_nwc_wc
func.func @depthwise(%x: tensor<2x12x16xf32>, %w: tensor<3x16xf32>, %f: tensor<2x10x16xf32>) -> tensor<2x10x16xf32> {
  %p = linalg.depthwise_conv_1d_nwc_wc ins(%x, %w : tensor<2x12x16xf32>, tensor<3x16xf32>) outs(%f : tensor<2x10x16xf32>) -> tensor<2x10x16xf32>
  return %p : tensor<2x10x16xf32>
}

// -----

// Of any size: what windows meet is copied in the loops only.
// REMARK: remark: {{.*}}Gathered
// CHECK-LABEL: func.func @any_size(
// CHECK-NOT: linalg.generic
// CHECK: scf.forall
// CHECK: linalg.generic
// CHECK: attn.contract
// CHECK-NOT: linalg.generic
func.func @any_size(%x: tensor<?x16x?x?xf32>, %w: tensor<64x16x3x3xf32>, %f: tensor<?x64x?x?xf32>) -> tensor<?x64x?x?xf32> {
  %p = linalg.conv_2d_nchw_fchw ins(%x, %w : tensor<?x16x?x?xf32>, tensor<64x16x3x3xf32>) outs(%f : tensor<?x64x?x?xf32>) -> tensor<?x64x?x?xf32>
  return %p : tensor<?x64x?x?xf32>
}

// -----

// One kernel for each channel: a copy of a window's elements would cost as much as the products.
// REMARK: remark: {{.*}}Declined{{.*}}expected at least 2 kernels for a copy of what windows meet, got 1
// CHECK-LABEL: func.func @each_channel(
// CHECK-NOT: attn.contract
// CHECK: linalg.depthwise_conv_2d_nchw_chw
func.func @each_channel(%x: tensor<1x16x58x58xf32>, %w: tensor<16x3x3xf32>, %f: tensor<1x16x56x56xf32>) -> tensor<1x16x56x56xf32> {
  %p = linalg.depthwise_conv_2d_nchw_chw ins(%x, %w : tensor<1x16x58x58xf32>, tensor<16x3x3xf32>) outs(%f : tensor<1x16x56x56xf32>) -> tensor<1x16x56x56xf32>
  return %p : tensor<1x16x56x56xf32>
}

// -----

// A long sum for few rows, of weights that only a run knows: eight parts of it, which read rows of the weights from end to end, then
// their sum and the bias.
// REMARK: remark: {{.*}}Divided{{.*}}8 parts of 64 rows
// REMARK: remark: {{.*}}Tiled{{.*}}blocks of 1 x 2 x 640
// CHECK-LABEL: func.func @few_rows
// CHECK: %[[X:.*]] = tensor.expand_shape %arg0 {{\[\[}}0], [1, 2]] output_shape [2, 8, 64]
// CHECK: %[[W:.*]] = tensor.expand_shape %arg1 {{\[\[}}0, 1], [2]] output_shape [8, 64, 640]
// CHECK: %[[PARTS:.*]] = scf.forall {{.*}} in (8) shared_outs({{.*}}) -> (tensor<8x2x640xf32>)
// CHECK: attn.contract
// CHECK: linalg.generic {{.*}} ins(%[[PARTS]] : tensor<8x2x640xf32>)
func.func @few_rows(%x: tensor<2x512xf32>, %w: tensor<512x640xf32>, %b: tensor<640xf32>) -> tensor<2x640xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x640xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x640xf32>) -> tensor<2x640xf32>
  %p = linalg.matmul ins(%x, %w : tensor<2x512xf32>, tensor<512x640xf32>) outs(%f : tensor<2x640xf32>) -> tensor<2x640xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%p, %b : tensor<2x640xf32>, tensor<640xf32>) outs(%e : tensor<2x640xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<2x640xf32>
  return %r : tensor<2x640xf32>
}
