// Masks that are added as the least finite number, as exporters write them. In rows that have a key they leave tiles out; a row
// without one is the mean of all values, whatever the other rows are.

// RUN: attn-opt %s --attn-optimize | FileCheck %s
// DEFINE: %{run} = attn-run %s --random-inputs --compare=reference
// RUN: %{run} --function=causal --seed=1 --dim s=70 --range arg3=1:1 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=causal --seed=2 --dim s=70 --range arg3=0:1 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=causal --seed=3 --dim s=5 --range arg3=0:0 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=causal --seed=4 --dim s=1 --range arg3=0:1 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=padded --seed=5 --dim s=70 --range arg3=0:1 | FileCheck %s --check-prefix=AGREE
// One key in six, so that of three rows of two keys one has none.
// RUN: %{run} --function=padded --seed=6 --dim s=2 --range arg3=0:1 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=padded --seed=7 --dim s=5 --range arg3=0:0 | FileCheck %s --check-prefix=AGREE
// Two such numbers add up to -inf, and leave a row without keys those that have one.
// RUN: %{run} --function=twice --seed=8 --dim s=9 --range arg3=0:1 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=twice --seed=9 --dim s=5 --range arg3=0:0 | FileCheck %s --check-prefix=AGREE
// AGREE: agree

// CHECK-LABEL: func @causal(
// CHECK: %[[ROWS:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "reduction"]
// CHECK: attn.attention {{.*}} scale 0.30000001
// CHECK-SAME: score (%[[S:[a-z0-9]+]]: f32, %[[B:[a-z0-9]+]]: index, %{{.*}}: index, %[[I:.*]]: index, %{{.*}}: index)
// CHECK: %[[HAS:.*]] = tensor.extract %[[ROWS]][%[[B]], %[[I]]]
// CHECK: arith.select %[[HAS]], %[[S]], %cst
// CHECK: mask (
// CHECK: %[[HAS:.*]] = tensor.extract %[[ROWS]]
// CHECK: %[[LACKS:.*]] = arith.xori %[[HAS]], %true
// CHECK: attn.causal
// CHECK: arith.ori %[[LACKS]]

// CHECK-LABEL: func @padded(
// CHECK: %[[ROWS:.*]] = linalg.generic {{.*}}iterator_types = ["parallel", "reduction"]
// CHECK: attn.attention
// CHECK-SAME: score (%[[S:[a-z0-9]+]]: f32, %[[B:[a-z0-9]+]]: index,
// CHECK: %[[HAS:.*]] = tensor.extract %[[ROWS]][%[[B]]]
// CHECK: arith.select %[[HAS]], %[[S]], %cst
// CHECK: mask (
// CHECK: arith.ori

// The bias stays, beside the mask.
// CHECK-LABEL: func @twice(
// CHECK: attn.attention
// CHECK: %[[HAS:.*]] = tensor.extract
// CHECK: %[[SUM:.*]] = arith.addf
// CHECK-NEXT: %[[BIAS:.*]] = arith.select %[[HAS]], %cst, %[[SUM]]
// CHECK-NEXT: arith.addf %{{.*}}, %[[BIAS]]
// CHECK: mask (
// CHECK: arith.ori

#query = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#key = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#score = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#weight = affine_map<(b, h, i, d, j) -> (b, h, i, j)>
#value = affine_map<(b, h, i, d, j) -> (b, h, j, d)>
#out = affine_map<(b, h, i, d, j) -> (b, h, i, d)>
#pairs = affine_map<(b, h, i, j) -> (b, h, i, j)>
#padding = affine_map<(b, h, i, j) -> (b, j)>
func.func @causal(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
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

func.func @padded(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
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
    %attends = arith.cmpi ne, %m, %none : i64
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

func.func @twice(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
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
    %late = arith.select %before, %zero, %lowest : f32
    %padding = arith.select %kept, %zero, %lowest : f32
    %bias = arith.addf %late, %padding : f32
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
