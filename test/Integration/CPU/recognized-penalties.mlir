// Masks as older exporters compute them, (1 - mask) * finfo.min: a mask of 0 and 1 leaves keys out, other numbers leave a row as
// the graph has it.

// RUN: attn-opt %s --attn-optimize | FileCheck %s
// DEFINE: %{run} = attn-run %s --random-inputs --compare=reference
// RUN: %{run} --function=product --seed=1 --dim s=70 --range arg3=1:1 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=product --seed=2 --dim s=70 --range arg3=0:1 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=product --seed=3 --dim s=5 --range arg3=0:0 | FileCheck %s --check-prefix=AGREE
// 2 adds the greatest number, and -1 minus infinity.
// RUN: %{run} --function=product --seed=4 --dim s=9 --range arg3=0:2 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=product --seed=5 --dim s=9 --range arg3=-1:1 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=product --seed=6 --dim s=9 --range arg3=-1:0 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=difference --seed=7 --dim s=70 --range arg3=0:1 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=difference --seed=8 --dim s=9 --range arg3=-1:2 | FileCheck %s --check-prefix=AGREE
// AGREE: agree

// Rows are asked twice: whether a key attends, and whether all numbers are at most 1.
// CHECK-LABEL: func @product(
// CHECK: %[[HAS:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]
// CHECK: arith.ori
// CHECK: %[[ROWS:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]{{.*}} outs(%[[HAS]] :
// CHECK: arith.andi
// CHECK: %[[BIAS:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x?xf32>)
// CHECK: attn.attention {{.*}} scale 0.30000001
// CHECK-SAME: score (%[[S:[a-z0-9]+]]: f32, %[[B:[a-z0-9]+]]: index, %{{.*}}: index, %{{.*}}: index, %[[J:[a-z0-9]+]]: index)
// CHECK-NEXT: %[[ADDED:.*]] = tensor.extract %[[BIAS]][%[[B]], %[[J]]]
// CHECK-NEXT: arith.addf %[[S]], %[[ADDED]]
// CHECK: mask (
// CHECK: %[[KEY:.*]] = arith.cmpi eq, %{{.*}}, %c1
// CHECK: arith.ori %{{.*}}, %[[KEY]]

// A large number, subtracted.
// CHECK-LABEL: func @difference(
// CHECK: attn.attention
// CHECK: mask (
// CHECK: %[[KEY:.*]] = arith.cmpi eq, %{{.*}}, %c1
// CHECK: arith.ori %{{.*}}, %[[KEY]]

#query = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#key = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#score = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#weight = affine_map<(b, h, i, d, j) -> (b, h, i, j)>
#value = affine_map<(b, h, i, d, j) -> (b, h, j, d)>
#out = affine_map<(b, h, i, d, j) -> (b, h, i, d)>
#pairs = affine_map<(b, h, i, j) -> (b, h, i, j)>
#padding = affine_map<(b, h, i, j) -> (b, j)>
func.func @product(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
                %v: tensor<2x3x?x6xf32> {attn.dim_names = ["", "", "s", ""]}, %keep: tensor<2x?xi64> {attn.dim_names = ["", "s"]}) -> tensor<2x3x?x6xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %scale = arith.constant 0.3 : f32
  %huge = arith.constant 0xFF7FFFFF : f32
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
    %kept = arith.sitofp %m : i64 to f32
    %hidden = arith.subf %one, %kept : f32
    %bias = arith.mulf %hidden, %huge : f32
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

func.func @difference(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
                %v: tensor<2x3x?x6xf32> {attn.dim_names = ["", "", "s", ""]}, %keep: tensor<2x?xi64> {attn.dim_names = ["", "s"]}) -> tensor<2x3x?x6xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %scale = arith.constant 0.3 : f32
  %huge = arith.constant 1.0e30 : f32
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
    %kept = arith.sitofp %m : i64 to f32
    %hidden = arith.subf %one, %kept : f32
    %bias = arith.mulf %hidden, %huge : f32
    %0 = arith.mulf %a, %scale : f32
    %1 = arith.subf %0, %bias : f32
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
