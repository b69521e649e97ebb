// Attention to one key, of which no loop says what is its own.
// RUN: attn-opt %s -attn-recognize -canonicalize | FileCheck %s
// DEFINE: %{run} = attn-run %s --random-inputs --compare=reference
// RUN: %{run} --function=one_key --seed=1 --dim s=9 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=one_key --seed=2 --dim s=1 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=parts --seed=3 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=over_queries --seed=4 | FileCheck %s --check-prefix=AGREE
// AGREE: agree

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#all = affine_map<(b, h, i, j) -> (b, h, i, j)>
#query = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#key = affine_map<(b, h, i, j, d) -> (b, h, d, j)>
#score = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#weight = affine_map<(b, h, i, d, j) -> (b, h, i, j)>
#value = affine_map<(b, h, i, d, j) -> (b, h, j, d)>
#out = affine_map<(b, h, i, d, j) -> (b, h, i, d)>

// The operand that the values' loops leave out is the query.
// CHECK-LABEL: func @one_key(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<2x3x?x8xf32> {{{.*}}}, %[[K:[a-z0-9]+]]: tensor<2x3x8x1xf32>, %[[V:[a-z0-9]+]]: tensor<2x3x1x6xf32>
// CHECK: %[[O:.*]] = attn.attention %[[Q]], %[[K]], %[[V]] scale 5.000000e-01
// CHECK-NOT: linalg.softmax
// CHECK: return %[[O]]
func.func @one_key(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x8x1xf32>, %v: tensor<2x3x1x6xf32>) -> tensor<2x3x?x6xf32> {
  %zero = arith.constant 0.0 : f32
  %scale = arith.constant 0.5 : f32
  %c2 = arith.constant 2 : index
  %s = tensor.dim %q, %c2 : tensor<2x3x?x8xf32>
  %e = tensor.empty(%s) : tensor<2x3x?x1xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x?x1xf32>) -> tensor<2x3x?x1xf32>
  %product = linalg.generic {indexing_maps = [#key, #query, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%k, %q : tensor<2x3x8x1xf32>, tensor<2x3x?x8xf32>) outs(%z : tensor<2x3x?x1xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x1xf32>
  %scores = linalg.generic {indexing_maps = [#all, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%product : tensor<2x3x?x1xf32>) outs(%e : tensor<2x3x?x1xf32>) {
  ^bb0(%a: f32, %c: f32):
    %0 = arith.mulf %a, %scale : f32
    linalg.yield %0 : f32
  } -> tensor<2x3x?x1xf32>
  %p = linalg.softmax dimension(3) ins(%scores : tensor<2x3x?x1xf32>) outs(%e : tensor<2x3x?x1xf32>) -> tensor<2x3x?x1xf32>
  %eo = tensor.empty(%s) : tensor<2x3x?x6xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x?x6xf32>) -> tensor<2x3x?x6xf32>
  %r = linalg.generic {indexing_maps = [#weight, #value, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%p, %v : tensor<2x3x?x1xf32>, tensor<2x3x1x6xf32>) outs(%zo : tensor<2x3x?x6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x6xf32>
  return %r : tensor<2x3x?x6xf32>
}

// The softmax in its parts.
// CHECK-LABEL: func @parts(
// CHECK: attn.attention
// CHECK-NOT: math.exp
// CHECK: return
func.func @parts(%q: tensor<4x8xf32>, %kt: tensor<8x1xf32>, %v: tensor<1x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<4x1xf32>
  %eo = tensor.empty() : tensor<4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<4x1xf32>) -> tensor<4x1xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<4x8xf32>) -> tensor<4x8xf32>
  %s = linalg.matmul ins(%q, %kt : tensor<4x8xf32>, tensor<8x1xf32>) outs(%z : tensor<4x1xf32>) -> tensor<4x1xf32>
  %er = tensor.empty() : tensor<4xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %lr = linalg.fill ins(%lowest : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %most = linalg.reduce ins(%s : tensor<4x1xf32>) outs(%lr : tensor<4xf32>) dimensions = [1] (%new: f32, %old: f32) {
    %0 = arith.maximumf %new, %old : f32
    linalg.yield %0 : f32
  }
  %x = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%s, %most : tensor<4x1xf32>, tensor<4xf32>) outs(%e : tensor<4x1xf32>) {
  ^bb0(%x0: f32, %x1: f32, %o: f32):
    %0 = arith.subf %x0, %x1 : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  } -> tensor<4x1xf32>
  %sum = linalg.reduce ins(%x : tensor<4x1xf32>) outs(%zr : tensor<4xf32>) dimensions = [1] (%new: f32, %old: f32) {
    %0 = arith.addf %new, %old : f32
    linalg.yield %0 : f32
  }
  %p = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %sum : tensor<4x1xf32>, tensor<4xf32>) outs(%e : tensor<4x1xf32>) {
  ^bb0(%x0: f32, %x1: f32, %o: f32):
    %0 = arith.divf %x0, %x1 : f32
    linalg.yield %0 : f32
  } -> tensor<4x1xf32>
  %r = linalg.matmul ins(%p, %v : tensor<4x1xf32>, tensor<1x8xf32>) outs(%zo : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}

// A near miss: weights that are normalized over the queries of one key are not 1.
// CHECK-LABEL: func @over_queries(
// CHECK-NOT: attn.attention
// CHECK: return
func.func @over_queries(%q: tensor<4x8xf32>, %kt: tensor<8x1xf32>, %v: tensor<1x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x1xf32>
  %eo = tensor.empty() : tensor<4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<4x1xf32>) -> tensor<4x1xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<4x8xf32>) -> tensor<4x8xf32>
  %s = linalg.matmul ins(%q, %kt : tensor<4x8xf32>, tensor<8x1xf32>) outs(%z : tensor<4x1xf32>) -> tensor<4x1xf32>
  %p = linalg.softmax dimension(0) ins(%s : tensor<4x1xf32>) outs(%e : tensor<4x1xf32>) -> tensor<4x1xf32>
  %r = linalg.matmul ins(%p, %v : tensor<4x1xf32>, tensor<1x8xf32>) outs(%zo : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}

// A near miss: the sum of exponentials starts at 2 where a maximum was subtracted, so that the weights are less than 1.
// CHECK-LABEL: func @more_in_the_sum(
// CHECK-NOT: attn.attention
// CHECK: return
func.func @more_in_the_sum(%q: tensor<4x8xf32>, %kt: tensor<8x1xf32>, %v: tensor<1x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %two = arith.constant 2.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<4x1xf32>
  %eo = tensor.empty() : tensor<4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<4x1xf32>) -> tensor<4x1xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<4x8xf32>) -> tensor<4x8xf32>
  %s = linalg.matmul ins(%q, %kt : tensor<4x8xf32>, tensor<8x1xf32>) outs(%z : tensor<4x1xf32>) -> tensor<4x1xf32>
  %er = tensor.empty() : tensor<4xf32>
  %zr = linalg.fill ins(%two : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %lr = linalg.fill ins(%lowest : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %most = linalg.reduce ins(%s : tensor<4x1xf32>) outs(%lr : tensor<4xf32>) dimensions = [1] (%new: f32, %old: f32) {
    %0 = arith.maximumf %new, %old : f32
    linalg.yield %0 : f32
  }
  %x = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%s, %most : tensor<4x1xf32>, tensor<4xf32>) outs(%e : tensor<4x1xf32>) {
  ^bb0(%x0: f32, %x1: f32, %o: f32):
    %0 = arith.subf %x0, %x1 : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  } -> tensor<4x1xf32>
  %sum = linalg.reduce ins(%x : tensor<4x1xf32>) outs(%zr : tensor<4xf32>) dimensions = [1] (%new: f32, %old: f32) {
    %0 = arith.addf %new, %old : f32
    linalg.yield %0 : f32
  }
  %p = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %sum : tensor<4x1xf32>, tensor<4xf32>) outs(%e : tensor<4x1xf32>) {
  ^bb0(%x0: f32, %x1: f32, %o: f32):
    %0 = arith.divf %x0, %x1 : f32
    linalg.yield %0 : f32
  } -> tensor<4x1xf32>
  %r = linalg.matmul ins(%p, %v : tensor<4x1xf32>, tensor<1x8xf32>) outs(%zo : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}
