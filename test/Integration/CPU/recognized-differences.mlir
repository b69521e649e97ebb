// The difference of two softmaxes before the values, as in differential attention: two attentions, the second with a factor.

// RUN: attn-opt %s --attn-optimize | FileCheck %s
// RUN: attn-opt %s -attn-recognize -remarks-filter=attn-recognize -remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// DEFINE: %{run} = attn-run %s --random-inputs --compare=reference
// RUN: %{run} --function=difference --seed=1 --dim s=70 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=difference --seed=2 --dim s=1 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=one_product --seed=3 --dim s=9 | FileCheck %s --check-prefix=AGREE
// AGREE: agree

#query = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#key = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#score = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#weight = affine_map<(b, h, i, d, j) -> (b, h, i, j)>
#value = affine_map<(b, h, i, d, j) -> (b, h, j, d)>
#out = affine_map<(b, h, i, d, j) -> (b, h, i, d)>
#pairs = affine_map<(b, h, i, j) -> (b, h, i, j)>
#heads = affine_map<(b, h, i, j) -> (h)>

// A factor for each head.
// CHECK-LABEL: func @difference(
// CHECK: attn.attention
// CHECK: attn.attention
// CHECK-NOT: linalg.softmax
// CHECK: arith.mulf
// CHECK: return
func.func @difference(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
    %q2: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k2: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
    %v: tensor<2x3x?x6xf32> {attn.dim_names = ["", "", "s", ""]}, %lambda: tensor<3xf32>) -> tensor<2x3x?x6xf32> {
  %zero = arith.constant 0.0 : f32
  %c2 = arith.constant 2 : index
  %s = tensor.dim %q, %c2 : tensor<2x3x?x8xf32>
  %e = tensor.empty(%s, %s) : tensor<2x3x?x?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
  %first = linalg.generic {indexing_maps = [#query, #key, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) outs(%z : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %second = linalg.generic {indexing_maps = [#query, #key, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q2, %k2 : tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) outs(%z : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %w1 = linalg.softmax dimension(3) ins(%first : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
  %w2 = linalg.softmax dimension(3) ins(%second : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
  %p = linalg.generic {indexing_maps = [#pairs, #pairs, #heads, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%w1, %w2, %lambda : tensor<2x3x?x?xf32>, tensor<2x3x?x?xf32>, tensor<3xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %l: f32, %c: f32):
    %0 = arith.mulf %l, %b : f32
    %1 = arith.subf %a, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %eo = tensor.empty(%s) : tensor<2x3x?x6xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x?x6xf32>) -> tensor<2x3x?x6xf32>
  %o = linalg.generic {indexing_maps = [#weight, #value, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%p, %v : tensor<2x3x?x?xf32>, tensor<2x3x?x6xf32>) outs(%zo : tensor<2x3x?x6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x6xf32>
  return %o : tensor<2x3x?x6xf32>
}

// Both are of one product, which would be computed twice.
// REMARK: expected weights that nothing is added to or taken from before they meet the values
// CHECK-LABEL: func @one_product(
// CHECK-NOT: attn.attention
// CHECK: return
func.func @one_product(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
    %q2: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k2: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
    %v: tensor<2x3x?x6xf32> {attn.dim_names = ["", "", "s", ""]}, %lambda: tensor<3xf32>) -> tensor<2x3x?x6xf32> {
  %zero = arith.constant 0.0 : f32
  %c2 = arith.constant 2 : index
  %s = tensor.dim %q, %c2 : tensor<2x3x?x8xf32>
  %e = tensor.empty(%s, %s) : tensor<2x3x?x?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
  %first = linalg.generic {indexing_maps = [#query, #key, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) outs(%z : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %w1 = linalg.softmax dimension(3) ins(%first : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
  %bias = linalg.generic {indexing_maps = [#pairs, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%first : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %c: f32):
    %0 = arith.mulf %a, %a : f32
    linalg.yield %0 : f32
  } -> tensor<2x3x?x?xf32>
  %w2 = linalg.softmax dimension(3) ins(%bias : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
  %p = linalg.generic {indexing_maps = [#pairs, #pairs, #heads, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%w1, %w2, %lambda : tensor<2x3x?x?xf32>, tensor<2x3x?x?xf32>, tensor<3xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %l: f32, %c: f32):
    %0 = arith.mulf %l, %b : f32
    %1 = arith.subf %a, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %eo = tensor.empty(%s) : tensor<2x3x?x6xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x?x6xf32>) -> tensor<2x3x?x6xf32>
  %o = linalg.generic {indexing_maps = [#weight, #value, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%p, %v : tensor<2x3x?x?xf32>, tensor<2x3x?x6xf32>) outs(%zo : tensor<2x3x?x6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x6xf32>
  return %o : tensor<2x3x?x6xf32>
}
