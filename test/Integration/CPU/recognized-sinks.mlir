// A softmax with one logit more in its sum, which has no value: 1 + the sum of the exponentials, or the exponential of what is learned
// for each head. It is a sink, wherever a maximum is subtracted from all.

// RUN: attn-opt %s --attn-optimize | FileCheck %s
// DEFINE: %{run} = attn-run %s --random-inputs --compare=reference
// RUN: %{run} --function=one --seed=1 --dim s=70 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=one --seed=2 --dim s=1 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=shifted --seed=3 --dim s=70 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=learned --seed=4 --dim s=70 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=logarithm --seed=5 --dim s=70 | FileCheck %s --check-prefix=AGREE
// AGREE: agree

#query = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#key = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#score = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#weight = affine_map<(b, h, i, d, j) -> (b, h, i, j)>
#value = affine_map<(b, h, i, d, j) -> (b, h, j, d)>
#out = affine_map<(b, h, i, d, j) -> (b, h, i, d)>
#pairs = affine_map<(b, h, i, j) -> (b, h, i, j)>
#rows = affine_map<(b, h, i, j) -> (b, h, i)>
#row = affine_map<(b, h, i) -> (b, h, i)>
#head = affine_map<(b, h, i) -> (h)>
#position = affine_map<(b, h, i) -> (i)>

// CHECK-LABEL: func @one(
// CHECK: %[[SINK:.*]] = arith.constant dense<0.000000e+00> : tensor<3xf32>
// CHECK: attn.attention {{.*}} sink %[[SINK]] scale 0.3
// CHECK: attn.causal
func.func @one(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
    %v: tensor<2x3x?x6xf32> {attn.dim_names = ["", "", "s", ""]}) -> tensor<2x3x?x6xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %scale = arith.constant 0.3 : f32
  %lowest = arith.constant 0xFF800000 : f32
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
  %scores = linalg.generic {indexing_maps = [#pairs, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%product : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %c: f32):
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %attends = arith.cmpi sle, %j, %i : index
    %0 = arith.mulf %a, %scale : f32
    %1 = arith.select %attends, %0, %lowest : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %er = tensor.empty(%s) : tensor<2x3x?xf32>
  %powers = linalg.generic {indexing_maps = [#pairs, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%x0: f32, %c: f32):
    %0 = math.exp %x0 : f32
    linalg.yield %0 : f32
  } -> tensor<2x3x?x?xf32>
  %sum_init = linalg.fill ins(%zero : f32) outs(%er : tensor<2x3x?xf32>) -> tensor<2x3x?xf32>
  %sum = linalg.reduce ins(%powers : tensor<2x3x?x?xf32>) outs(%sum_init : tensor<2x3x?xf32>) dimensions = [3] (%new: f32, %old: f32) {
    %0 = arith.addf %new, %old : f32
    linalg.yield %0 : f32
  }
  %total = linalg.generic {indexing_maps = [#row, #row], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%sum : tensor<2x3x?xf32>) outs(%er : tensor<2x3x?xf32>) {
  ^bb0(%x0: f32, %c: f32):
    %0 = arith.addf %x0, %one : f32
    linalg.yield %0 : f32
  } -> tensor<2x3x?xf32>
  %weights = linalg.generic {indexing_maps = [#pairs, #rows, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%powers, %total : tensor<2x3x?x?xf32>, tensor<2x3x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%x0: f32, %x1: f32, %c: f32):
    %0 = arith.divf %x0, %x1 : f32
    linalg.yield %0 : f32
  } -> tensor<2x3x?x?xf32>
  %eo = tensor.empty(%s) : tensor<2x3x?x6xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x?x6xf32>) -> tensor<2x3x?x6xf32>
  %o = linalg.generic {indexing_maps = [#weight, #value, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%weights, %v : tensor<2x3x?x?xf32>, tensor<2x3x?x6xf32>) outs(%zo : tensor<2x3x?x6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x6xf32>
  return %o : tensor<2x3x?x6xf32>
}

// CHECK-LABEL: func @shifted(
// CHECK: %[[SINK:.*]] = arith.constant dense<0.000000e+00> : tensor<3xf32>
// CHECK: attn.attention {{.*}} sink %[[SINK]] scale 0.3
// CHECK: attn.causal
func.func @shifted(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
    %v: tensor<2x3x?x6xf32> {attn.dim_names = ["", "", "s", ""]}) -> tensor<2x3x?x6xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %scale = arith.constant 0.3 : f32
  %lowest = arith.constant 0xFF800000 : f32
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
  %scores = linalg.generic {indexing_maps = [#pairs, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%product : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %c: f32):
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %attends = arith.cmpi sle, %j, %i : index
    %0 = arith.mulf %a, %scale : f32
    %1 = arith.select %attends, %0, %lowest : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %er = tensor.empty(%s) : tensor<2x3x?xf32>
  %most_init = linalg.fill ins(%lowest : f32) outs(%er : tensor<2x3x?xf32>) -> tensor<2x3x?xf32>
  %most = linalg.reduce ins(%scores : tensor<2x3x?x?xf32>) outs(%most_init : tensor<2x3x?xf32>) dimensions = [3] (%new: f32, %old: f32) {
    %0 = arith.maximumf %new, %old : f32
    linalg.yield %0 : f32
  }
  %bounded = linalg.generic {indexing_maps = [#row, #row], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%most : tensor<2x3x?xf32>) outs(%er : tensor<2x3x?xf32>) {
  ^bb0(%x0: f32, %c: f32):
    %0 = arith.maximumf %x0, %zero : f32
    linalg.yield %0 : f32
  } -> tensor<2x3x?xf32>
  %powers = linalg.generic {indexing_maps = [#pairs, #rows, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores, %bounded : tensor<2x3x?x?xf32>, tensor<2x3x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%x0: f32, %x1: f32, %c: f32):
    %0 = arith.subf %x0, %x1 : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %sum_init = linalg.fill ins(%zero : f32) outs(%er : tensor<2x3x?xf32>) -> tensor<2x3x?xf32>
  %sum = linalg.reduce ins(%powers : tensor<2x3x?x?xf32>) outs(%sum_init : tensor<2x3x?xf32>) dimensions = [3] (%new: f32, %old: f32) {
    %0 = arith.addf %new, %old : f32
    linalg.yield %0 : f32
  }
  %total = linalg.generic {indexing_maps = [#row, #row, #row], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%sum, %bounded : tensor<2x3x?xf32>, tensor<2x3x?xf32>) outs(%er : tensor<2x3x?xf32>) {
  ^bb0(%x0: f32, %x1: f32, %c: f32):
    %0 = arith.negf %x1 : f32
    %1 = math.exp %0 : f32
    %2 = arith.addf %1, %x0 : f32
    linalg.yield %2 : f32
  } -> tensor<2x3x?xf32>
  %weights = linalg.generic {indexing_maps = [#pairs, #rows, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%powers, %total : tensor<2x3x?x?xf32>, tensor<2x3x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%x0: f32, %x1: f32, %c: f32):
    %0 = arith.divf %x0, %x1 : f32
    linalg.yield %0 : f32
  } -> tensor<2x3x?x?xf32>
  %eo = tensor.empty(%s) : tensor<2x3x?x6xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x?x6xf32>) -> tensor<2x3x?x6xf32>
  %o = linalg.generic {indexing_maps = [#weight, #value, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%weights, %v : tensor<2x3x?x?xf32>, tensor<2x3x?x6xf32>) outs(%zo : tensor<2x3x?x6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x6xf32>
  return %o : tensor<2x3x?x6xf32>
}

// CHECK-LABEL: func @learned(
// CHECK-SAME: %[[SINK:[a-z0-9]+]]: tensor<3xf32>
// CHECK: attn.attention {{.*}} sink %[[SINK]] scale 0.3
// CHECK: attn.causal
func.func @learned(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
    %v: tensor<2x3x?x6xf32> {attn.dim_names = ["", "", "s", ""]}, %sink: tensor<3xf32>) -> tensor<2x3x?x6xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %scale = arith.constant 0.3 : f32
  %lowest = arith.constant 0xFF800000 : f32
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
  %scores = linalg.generic {indexing_maps = [#pairs, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%product : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %c: f32):
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %attends = arith.cmpi sle, %j, %i : index
    %0 = arith.mulf %a, %scale : f32
    %1 = arith.select %attends, %0, %lowest : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %er = tensor.empty(%s) : tensor<2x3x?xf32>
  %most_init = linalg.fill ins(%lowest : f32) outs(%er : tensor<2x3x?xf32>) -> tensor<2x3x?xf32>
  %most = linalg.reduce ins(%scores : tensor<2x3x?x?xf32>) outs(%most_init : tensor<2x3x?xf32>) dimensions = [3] (%new: f32, %old: f32) {
    %0 = arith.maximumf %new, %old : f32
    linalg.yield %0 : f32
  }
  %bounded = linalg.generic {indexing_maps = [#row, #head, #row], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%most, %sink : tensor<2x3x?xf32>, tensor<3xf32>) outs(%er : tensor<2x3x?xf32>) {
  ^bb0(%x0: f32, %x1: f32, %c: f32):
    %0 = arith.maximumf %x0, %x1 : f32
    linalg.yield %0 : f32
  } -> tensor<2x3x?xf32>
  %powers = linalg.generic {indexing_maps = [#pairs, #rows, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores, %bounded : tensor<2x3x?x?xf32>, tensor<2x3x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%x0: f32, %x1: f32, %c: f32):
    %0 = arith.subf %x0, %x1 : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %sum_init = linalg.fill ins(%zero : f32) outs(%er : tensor<2x3x?xf32>) -> tensor<2x3x?xf32>
  %sum = linalg.reduce ins(%powers : tensor<2x3x?x?xf32>) outs(%sum_init : tensor<2x3x?xf32>) dimensions = [3] (%new: f32, %old: f32) {
    %0 = arith.addf %new, %old : f32
    linalg.yield %0 : f32
  }
  %total = linalg.generic {indexing_maps = [#row, #row, #head, #row], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%sum, %bounded, %sink : tensor<2x3x?xf32>, tensor<2x3x?xf32>, tensor<3xf32>) outs(%er : tensor<2x3x?xf32>) {
  ^bb0(%x0: f32, %x1: f32, %x2: f32, %c: f32):
    %0 = arith.subf %x2, %x1 : f32
    %1 = math.exp %0 : f32
    %2 = arith.addf %x0, %1 : f32
    linalg.yield %2 : f32
  } -> tensor<2x3x?xf32>
  %weights = linalg.generic {indexing_maps = [#pairs, #rows, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%powers, %total : tensor<2x3x?x?xf32>, tensor<2x3x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%x0: f32, %x1: f32, %c: f32):
    %0 = arith.divf %x0, %x1 : f32
    linalg.yield %0 : f32
  } -> tensor<2x3x?x?xf32>
  %eo = tensor.empty(%s) : tensor<2x3x?x6xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x?x6xf32>) -> tensor<2x3x?x6xf32>
  %o = linalg.generic {indexing_maps = [#weight, #value, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%weights, %v : tensor<2x3x?x?xf32>, tensor<2x3x?x6xf32>) outs(%zo : tensor<2x3x?x6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x6xf32>
  return %o : tensor<2x3x?x6xf32>
}

// CHECK-LABEL: func @logarithm(
// CHECK: %[[SINK:.*]] = arith.constant dense<0.000000e+00> : tensor<3xf32>
// CHECK: attn.attention {{.*}} sink %[[SINK]] scale 0.3
// CHECK: attn.causal
func.func @logarithm(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
    %v: tensor<2x3x?x6xf32> {attn.dim_names = ["", "", "s", ""]}) -> tensor<2x3x?x6xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %scale = arith.constant 0.3 : f32
  %lowest = arith.constant 0xFF800000 : f32
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
  %scores = linalg.generic {indexing_maps = [#pairs, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%product : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %c: f32):
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %attends = arith.cmpi sle, %j, %i : index
    %0 = arith.mulf %a, %scale : f32
    %1 = arith.select %attends, %0, %lowest : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %er = tensor.empty(%s) : tensor<2x3x?xf32>
  %powers = linalg.generic {indexing_maps = [#pairs, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%x0: f32, %c: f32):
    %0 = math.exp %x0 : f32
    linalg.yield %0 : f32
  } -> tensor<2x3x?x?xf32>
  %sum_init = linalg.fill ins(%zero : f32) outs(%er : tensor<2x3x?xf32>) -> tensor<2x3x?xf32>
  %sum = linalg.reduce ins(%powers : tensor<2x3x?x?xf32>) outs(%sum_init : tensor<2x3x?xf32>) dimensions = [3] (%new: f32, %old: f32) {
    %0 = arith.addf %new, %old : f32
    linalg.yield %0 : f32
  }
  %total = linalg.generic {indexing_maps = [#row, #row], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%sum : tensor<2x3x?xf32>) outs(%er : tensor<2x3x?xf32>) {
  ^bb0(%x0: f32, %c: f32):
    %0 = arith.addf %one, %x0 : f32
    %1 = math.log %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?xf32>
  %weights = linalg.generic {indexing_maps = [#pairs, #rows, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores, %total : tensor<2x3x?x?xf32>, tensor<2x3x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%x0: f32, %x1: f32, %c: f32):
    %0 = arith.subf %x0, %x1 : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %eo = tensor.empty(%s) : tensor<2x3x?x6xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x?x6xf32>) -> tensor<2x3x?x6xf32>
  %o = linalg.generic {indexing_maps = [#weight, #value, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%weights, %v : tensor<2x3x?x?xf32>, tensor<2x3x?x6xf32>) outs(%zo : tensor<2x3x?x6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x6xf32>
  return %o : tensor<2x3x?x6xf32>
}
