// A causal mask with padding that is added as the least finite number, as exporters write it. As long as each row has a key it
// leaves tiles out; a row without one is the mean of all values, whatever the other rows are.

// RUN: attn-opt %s --attn-optimize | FileCheck %s
// RUN: attn-opt %s --attn-optimize --attn-print-mask-analysis -o /dev/null | FileCheck %s --check-prefix=TILES
// RUN: attn-run %s --random-inputs --seed=1 --dim s=70 --range arg3=1:1 --compare=reference | FileCheck %s --check-prefix=AGREE
// RUN: attn-run %s --random-inputs --seed=2 --dim s=70 --range arg3=0:1 --compare=reference | FileCheck %s --check-prefix=AGREE
// RUN: attn-run %s --random-inputs --seed=3 --dim s=5 --range arg3=0:0 --compare=reference | FileCheck %s --check-prefix=AGREE
// RUN: attn-run %s --random-inputs --seed=4 --dim s=1 --range arg3=0:1 --compare=reference | FileCheck %s --check-prefix=AGREE
// AGREE: agree

// CHECK-LABEL: func @main(
// CHECK: %[[ROWS:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "reduction"]
// CHECK: %[[ALL:.*]] = linalg.generic {{.*}}iterator_types = ["reduction", "reduction"]} ins(%[[ROWS]]
// CHECK: %[[HAVE:.*]] = tensor.extract %[[ALL]][]
// CHECK: attn.attention {{.*}} scale 0.30000001
// CHECK-SAME: score (
// CHECK: arith.select %[[HAVE]]
// CHECK: mask (
// CHECK: %[[LACK:.*]] = arith.xori %[[HAVE]], %true
// CHECK: attn.causal
// CHECK: arith.ori %[[LACK]]

// TILES-DAG: visited: 0 <= J < min(I + 1, (Sk + 63) floordiv 64)
// TILES-DAG: visited: 0 <= J < (Sk + 63) floordiv 64 if -%{{.*}} >= 0

#query = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#key = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#score = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#weight = affine_map<(b, h, i, d, j) -> (b, h, i, j)>
#value = affine_map<(b, h, i, d, j) -> (b, h, j, d)>
#out = affine_map<(b, h, i, d, j) -> (b, h, i, d)>
#pairs = affine_map<(b, h, i, j) -> (b, h, i, j)>
#padding = affine_map<(b, h, i, j) -> (b, j)>
func.func @main(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
                %v: tensor<2x3x?x6xf32> {attn.dim_names = ["", "", "s", ""]}, %keep: tensor<2x?xi64> {attn.dim_names = ["", "s"]}) -> tensor<2x3x?x6xf32> {
  %zero = arith.constant 0.0 : f32
  %scale = arith.constant 0.3 : f32
  %lowest = arith.constant 0xFF7FFFFF : f32
  %none = arith.constant 0 : i64
  %c2 = arith.constant 2 : index
  %s = tensor.dim %q, %c2 : tensor<2x3x?x8xf32>
  %e = tensor.empty(%s, %s) : tensor<2x3x?x?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
  %product = linalg.generic {indexing_maps = [#query, #key, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) outs(%z : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %masked = linalg.generic {indexing_maps = [#pairs, #padding, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%product, %keep : tensor<2x3x?x?xf32>, tensor<2x?xi64>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %m: i64, %c: f32):
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %before = arith.cmpi sle, %j, %i : index
    %kept = arith.cmpi ne, %m, %none : i64
    %attends = arith.andi %before, %kept : i1
    %bias = arith.select %attends, %zero, %lowest : f32
    %0 = arith.mulf %a, %scale : f32
    %1 = arith.addf %0, %bias : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %p = linalg.softmax dimension(3) ins(%masked : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
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
