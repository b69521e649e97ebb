// What looks like attention and is not, and what attn-recognize says of it.
// RUN: attn-opt %s -split-input-file -attn-recognize | FileCheck %s --implicit-check-not=attn.attention
// RUN: attn-opt %s -split-input-file -attn-recognize -remarks-filter=attn-recognize -remark-format=emitRemark -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=REMARK --implicit-check-not=Passed

// REMARK: expected the softmax to be over the keys
// CHECK-LABEL: func @another_axis(
func.func @another_axis(%q: tensor<3x4x8xf32>, %kt: tensor<3x8x4xf32>, %v: tensor<3x4x8xf32>) -> tensor<3x4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x4x4xf32>
  %eo = tensor.empty() : tensor<3x4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<3x4x8xf32>, tensor<3x8x4xf32>) outs(%z : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %p = linalg.softmax dimension(1) ins(%s : tensor<3x4x4xf32>) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %o = linalg.batch_matmul ins(%p, %v : tensor<3x4x4xf32>, tensor<3x4x8xf32>) outs(%zo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  return %o : tensor<3x4x8xf32>
}

// -----

// REMARK: expected scores and weights that nothing else uses
// CHECK-LABEL: func @weights_meet_other_values(
func.func @weights_meet_other_values(%q: tensor<3x4x8xf32>, %kt: tensor<3x8x4xf32>, %v: tensor<3x4x8xf32>, %v2: tensor<3x4x8xf32>)
    -> (tensor<3x4x8xf32>, tensor<3x4x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x4x4xf32>
  %eo = tensor.empty() : tensor<3x4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<3x4x8xf32>, tensor<3x8x4xf32>) outs(%z : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %p = linalg.softmax dimension(2) ins(%s : tensor<3x4x4xf32>) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %o = linalg.batch_matmul ins(%p, %v : tensor<3x4x4xf32>, tensor<3x4x8xf32>) outs(%zo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  %o2 = linalg.batch_matmul ins(%p, %v2 : tensor<3x4x4xf32>, tensor<3x4x8xf32>) outs(%zo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  return %o, %o2 : tensor<3x4x8xf32>, tensor<3x4x8xf32>
}

// -----

// REMARK: expected a scale that does not depend on data
// CHECK-LABEL: func @scale_from_data(
#id = affine_map<(b, i, j) -> (b, i, j)>
#none = affine_map<(b, i, j) -> ()>
func.func @scale_from_data(%q: tensor<3x4x8xf32>, %kt: tensor<3x8x4xf32>, %v: tensor<3x4x8xf32>, %scale: tensor<f32>) -> tensor<3x4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x4x4xf32>
  %eo = tensor.empty() : tensor<3x4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<3x4x8xf32>, tensor<3x8x4xf32>) outs(%z : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %t = linalg.generic {indexing_maps = [#id, #none, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%s, %scale : tensor<3x4x4xf32>, tensor<f32>) outs(%e : tensor<3x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<3x4x4xf32>
  %p = linalg.softmax dimension(2) ins(%t : tensor<3x4x4xf32>) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %o = linalg.batch_matmul ins(%p, %v : tensor<3x4x4xf32>, tensor<3x4x8xf32>) outs(%zo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  return %o : tensor<3x4x8xf32>
}

// -----

// REMARK: expected weights that nothing multiplies before they meet the values
// CHECK-LABEL: func @dropout(
#id = affine_map<(b, i, j) -> (b, i, j)>
func.func @dropout(%q: tensor<3x4x8xf32>, %kt: tensor<3x8x4xf32>, %v: tensor<3x4x8xf32>, %kept: tensor<3x4x4xf32>) -> tensor<3x4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x4x4xf32>
  %eo = tensor.empty() : tensor<3x4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<3x4x8xf32>, tensor<3x8x4xf32>) outs(%z : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %p = linalg.softmax dimension(2) ins(%s : tensor<3x4x4xf32>) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %d = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%p, %kept : tensor<3x4x4xf32>, tensor<3x4x4xf32>) outs(%e : tensor<3x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<3x4x4xf32>
  %o = linalg.batch_matmul ins(%d, %v : tensor<3x4x4xf32>, tensor<3x4x8xf32>) outs(%zo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  return %o : tensor<3x4x8xf32>
}

// -----

// The maximum is that of masked scores, the exponentials are of all.
// REMARK: expected the maximum of the scores themselves to be subtracted
// CHECK-LABEL: func @mask_inside_the_maximum(
#id = affine_map<(b, i, j) -> (b, i, j)>
#row = affine_map<(b, i, j) -> (b, i)>
func.func @mask_inside_the_maximum(%q: tensor<3x4x8xf32>, %kt: tensor<3x8x4xf32>, %v: tensor<3x4x8xf32>) -> tensor<3x4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<3x4x4xf32>
  %er = tensor.empty() : tensor<3x4xf32>
  %eo = tensor.empty() : tensor<3x4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<3x4xf32>) -> tensor<3x4xf32>
  %lr = linalg.fill ins(%lowest : f32) outs(%er : tensor<3x4xf32>) -> tensor<3x4xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<3x4x8xf32>, tensor<3x8x4xf32>) outs(%z : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %m = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%s : tensor<3x4x4xf32>) outs(%lr : tensor<3x4xf32>) {
  ^bb0(%a: f32, %c: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %attends = arith.cmpi sle, %j, %i : index
    %0 = arith.select %attends, %a, %lowest : f32
    %1 = arith.maximumf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<3x4xf32>
  %x = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%s, %m : tensor<3x4x4xf32>, tensor<3x4xf32>) outs(%e : tensor<3x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.subf %a, %b : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  } -> tensor<3x4x4xf32>
  %l = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x : tensor<3x4x4xf32>) outs(%zr : tensor<3x4xf32>) {
  ^bb0(%a: f32, %c: f32):
    %0 = arith.addf %c, %a : f32
    linalg.yield %0 : f32
  } -> tensor<3x4xf32>
  %p = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %l : tensor<3x4x4xf32>, tensor<3x4xf32>) outs(%e : tensor<3x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.divf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<3x4x4xf32>
  %o = linalg.batch_matmul ins(%p, %v : tensor<3x4x4xf32>, tensor<3x4x8xf32>) outs(%zo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  return %o : tensor<3x4x8xf32>
}

// -----

// A row's sum is replaced where something else says so. Replaced where it is 0, it would be the softmax.
// REMARK: expected the exponentials to be divided by their own sum over the keys
// CHECK-LABEL: func @other_divisor(
#id = affine_map<(b, i, j) -> (b, i, j)>
#row = affine_map<(b, i, j) -> (b, i)>
func.func @other_divisor(%q: tensor<3x4x8xf32>, %kt: tensor<3x8x4xf32>, %v: tensor<3x4x8xf32>, %drop: tensor<3x4xi1>) -> tensor<3x4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<3x4x4xf32>
  %er = tensor.empty() : tensor<3x4xf32>
  %eo = tensor.empty() : tensor<3x4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<3x4xf32>) -> tensor<3x4xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<3x4x8xf32>, tensor<3x8x4xf32>) outs(%z : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %x = linalg.exp ins(%s : tensor<3x4x4xf32>) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %l = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x : tensor<3x4x4xf32>) outs(%zr : tensor<3x4xf32>) {
  ^bb0(%a: f32, %c: f32):
    %0 = arith.addf %c, %a : f32
    linalg.yield %0 : f32
  } -> tensor<3x4xf32>
  %p = linalg.generic {indexing_maps = [#id, #row, #row, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %l, %drop : tensor<3x4x4xf32>, tensor<3x4xf32>, tensor<3x4xi1>) outs(%e : tensor<3x4x4xf32>) {
  ^bb0(%a: f32, %b: f32, %d: i1, %c: f32):
    %by = arith.select %d, %one, %b : f32
    %0 = arith.divf %a, %by : f32
    linalg.yield %0 : f32
  } -> tensor<3x4x4xf32>
  %o = linalg.batch_matmul ins(%p, %v : tensor<3x4x4xf32>, tensor<3x4x8xf32>) outs(%zo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  return %o : tensor<3x4x8xf32>
}

// -----

// Rows are set to 0 by what has nothing to do with the mask.
// REMARK: expected weights that are set to 0 only in rows where no key attends
// CHECK-LABEL: func @other_guard(
#id = affine_map<(b, i, j) -> (b, i, j)>
#row = affine_map<(b, i, j) -> (b, i)>
func.func @other_guard(%q: tensor<3x4x8xf32>, %kt: tensor<3x8x4xf32>, %v: tensor<3x4x8xf32>, %drop: tensor<3x4xi1>) -> tensor<3x4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x4x4xf32>
  %eo = tensor.empty() : tensor<3x4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<3x4x8xf32>, tensor<3x8x4xf32>) outs(%z : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %p = linalg.softmax dimension(2) ins(%s : tensor<3x4x4xf32>) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %d = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%p, %drop : tensor<3x4x4xf32>, tensor<3x4xi1>) outs(%e : tensor<3x4x4xf32>) {
  ^bb0(%a: f32, %b: i1, %c: f32):
    %0 = arith.select %b, %zero, %a : f32
    linalg.yield %0 : f32
  } -> tensor<3x4x4xf32>
  %o = linalg.batch_matmul ins(%d, %v : tensor<3x4x4xf32>, tensor<3x4x8xf32>) outs(%zo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  return %o : tensor<3x4x8xf32>
}

// -----

// A logit for each query is no sink of the head.
// REMARK: expected a sink that goes by the head alone
// CHECK-LABEL: func @sink_of_query(
// CHECK-NOT: attn.attention
func.func @sink_of_query(%q: tensor<2x3x5x8xf32>, %k: tensor<2x3x9x8xf32>, %v: tensor<2x3x9x8xf32>, %sink: tensor<5xf32>)
    -> tensor<2x3x5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x3x5x9xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x5x9xf32>) -> tensor<2x3x5x9xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(b, h, i, j, d) -> (b, h, i, d)>, affine_map<(b, h, i, j, d) -> (b, h, j, d)>,
                                        affine_map<(b, h, i, j, d) -> (b, h, i, j)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x3x5x8xf32>, tensor<2x3x9x8xf32>) outs(%z : tensor<2x3x5x9xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x5x9xf32>
  %es = tensor.empty() : tensor<2x3x5x1xf32>
  %sinks = linalg.generic {indexing_maps = [affine_map<(b, h, i, j) -> (i)>, affine_map<(b, h, i, j) -> (b, h, i, j)>],
                           iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%sink : tensor<5xf32>) outs(%es : tensor<2x3x5x1xf32>) {
  ^bb0(%a: f32, %c: f32):
    linalg.yield %a : f32
  } -> tensor<2x3x5x1xf32>
  %all = tensor.concat dim(3) %s, %sinks : (tensor<2x3x5x9xf32>, tensor<2x3x5x1xf32>) -> tensor<2x3x5x10xf32>
  %ea = tensor.empty() : tensor<2x3x5x10xf32>
  %p = linalg.softmax dimension(3) ins(%all : tensor<2x3x5x10xf32>) outs(%ea : tensor<2x3x5x10xf32>) -> tensor<2x3x5x10xf32>
  %w = tensor.extract_slice %p[0, 0, 0, 0] [2, 3, 5, 9] [1, 1, 1, 1] : tensor<2x3x5x10xf32> to tensor<2x3x5x9xf32>
  %eo = tensor.empty() : tensor<2x3x5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x5x8xf32>) -> tensor<2x3x5x8xf32>
  %o = linalg.generic {indexing_maps = [affine_map<(b, h, i, e, j) -> (b, h, i, j)>, affine_map<(b, h, i, e, j) -> (b, h, j, e)>,
                                        affine_map<(b, h, i, e, j) -> (b, h, i, e)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%w, %v : tensor<2x3x5x9xf32>, tensor<2x3x9x8xf32>) outs(%zo : tensor<2x3x5x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x5x8xf32>
  return %o : tensor<2x3x5x8xf32>
}

// -----

// Two columns that are cut off.
// REMARK: expected the softmax to be over the keys
// CHECK-LABEL: func @two_columns(
// CHECK-NOT: attn.attention
func.func @two_columns(%q: tensor<2x3x5x8xf32>, %k: tensor<2x3x9x8xf32>, %v: tensor<2x3x9x8xf32>, %sink: tensor<3xf32>)
    -> tensor<2x3x5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x3x5x9xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x5x9xf32>) -> tensor<2x3x5x9xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(b, h, i, j, d) -> (b, h, i, d)>, affine_map<(b, h, i, j, d) -> (b, h, j, d)>,
                                        affine_map<(b, h, i, j, d) -> (b, h, i, j)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x3x5x8xf32>, tensor<2x3x9x8xf32>) outs(%z : tensor<2x3x5x9xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x5x9xf32>
  %es = tensor.empty() : tensor<2x3x5x2xf32>
  %sinks = linalg.generic {indexing_maps = [affine_map<(b, h, i, j) -> (h)>, affine_map<(b, h, i, j) -> (b, h, i, j)>],
                           iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%sink : tensor<3xf32>) outs(%es : tensor<2x3x5x2xf32>) {
  ^bb0(%a: f32, %c: f32):
    linalg.yield %a : f32
  } -> tensor<2x3x5x2xf32>
  %all = tensor.concat dim(3) %s, %sinks : (tensor<2x3x5x9xf32>, tensor<2x3x5x2xf32>) -> tensor<2x3x5x11xf32>
  %ea = tensor.empty() : tensor<2x3x5x11xf32>
  %p = linalg.softmax dimension(3) ins(%all : tensor<2x3x5x11xf32>) outs(%ea : tensor<2x3x5x11xf32>) -> tensor<2x3x5x11xf32>
  %w = tensor.extract_slice %p[0, 0, 0, 0] [2, 3, 5, 9] [1, 1, 1, 1] : tensor<2x3x5x11xf32> to tensor<2x3x5x9xf32>
  %eo = tensor.empty() : tensor<2x3x5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x5x8xf32>) -> tensor<2x3x5x8xf32>
  %o = linalg.generic {indexing_maps = [affine_map<(b, h, i, e, j) -> (b, h, i, j)>, affine_map<(b, h, i, e, j) -> (b, h, j, e)>,
                                        affine_map<(b, h, i, e, j) -> (b, h, i, e)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%w, %v : tensor<2x3x5x9xf32>, tensor<2x3x9x8xf32>) outs(%zo : tensor<2x3x5x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x5x8xf32>
  return %o : tensor<2x3x5x8xf32>
}

// -----

// Weights are set to 0 where they are numbers, not where they are none.
// REMARK: expected weights that are set to 0 only in rows where no key attends
// CHECK-LABEL: func @numbers_are_dropped(
#id = affine_map<(b, i, j) -> (b, i, j)>
func.func @numbers_are_dropped(%q: tensor<3x4x8xf32>, %kt: tensor<3x8x4xf32>, %v: tensor<3x4x8xf32>) -> tensor<3x4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x4x4xf32>
  %eo = tensor.empty() : tensor<3x4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<3x4x8xf32>, tensor<3x8x4xf32>) outs(%z : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %p = linalg.softmax dimension(2) ins(%s : tensor<3x4x4xf32>) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %w = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%p : tensor<3x4x4xf32>) outs(%e : tensor<3x4x4xf32>) {
  ^bb0(%x: f32, %c: f32):
    %number = arith.cmpf oeq, %x, %x : f32
    %0 = arith.select %number, %zero, %x : f32
    linalg.yield %0 : f32
  } -> tensor<3x4x4xf32>
  %o = linalg.batch_matmul ins(%w, %v : tensor<3x4x4xf32>, tensor<3x4x8xf32>) outs(%zo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  return %o : tensor<3x4x8xf32>
}

// -----

// Weights stand in a wider tensor, as those of windows that overlap do: no element of it is known to be one of them.
// REMARK: expected weights of which each is read from the softmax, got 'tensor.pad'
// CHECK-LABEL: func @padded_weights(
func.func @padded_weights(%q: tensor<3x4x8xf32>, %kt: tensor<3x8x4xf32>, %v: tensor<3x6x8xf32>) -> tensor<3x4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x4x4xf32>
  %eo = tensor.empty() : tensor<3x4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<3x4x8xf32>, tensor<3x8x4xf32>) outs(%z : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %p = linalg.softmax dimension(2) ins(%s : tensor<3x4x4xf32>) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %w = tensor.pad %p low[0, 0, 1] high[0, 0, 1] {
  ^bb0(%b: index, %i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<3x4x4xf32> to tensor<3x4x6xf32>
  %o = linalg.batch_matmul ins(%w, %v : tensor<3x4x6xf32>, tensor<3x6x8xf32>) outs(%zo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  return %o : tensor<3x4x8xf32>
}
