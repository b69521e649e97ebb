// What looks like a softmax with one logit more in its sum, and is another; and scores that a maximum was taken from before.

// RUN: attn-opt %s --attn-optimize | FileCheck %s
// DEFINE: %{run} = attn-run %s --random-inputs --compare=reference
// RUN: %{run} --function=one_beside_shifted --seed=6 --dim s=9 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=logit_of_query --seed=7 --dim s=9 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=shifted_before --seed=8 --dim s=9 | FileCheck %s --check-prefix=AGREE
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
#position = affine_map<(b, h, i) -> (i)>

// 1 is added beside exponentials that a maximum was taken from: a logit of that maximum.
// CHECK-LABEL: func @one_beside_shifted(
// CHECK-NOT: attn.attention
// CHECK: return
func.func @one_beside_shifted(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
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
  %powers = linalg.generic {indexing_maps = [#pairs, #rows, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores, %most : tensor<2x3x?x?xf32>, tensor<2x3x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
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

// A logit for each query is no sink.
// CHECK-LABEL: func @logit_of_query(
// CHECK-NOT: attn.attention
// CHECK: return
func.func @logit_of_query(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
    %v: tensor<2x3x?x6xf32> {attn.dim_names = ["", "", "s", ""]}, %sink: tensor<?xf32> {attn.dim_names = ["s"]}) -> tensor<2x3x?x6xf32> {
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
  %bounded = linalg.generic {indexing_maps = [#row, #position, #row], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%most, %sink : tensor<2x3x?xf32>, tensor<?xf32>) outs(%er : tensor<2x3x?xf32>) {
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
  %total = linalg.generic {indexing_maps = [#row, #row, #position, #row], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%sum, %bounded, %sink : tensor<2x3x?xf32>, tensor<2x3x?xf32>, tensor<?xf32>) outs(%er : tensor<2x3x?xf32>) {
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

// A maximum that is taken from the scores before stays in them, since the logit has not had it taken.
// CHECK-LABEL: func @shifted_before(
// CHECK: attn.attention {{.*}} sink %cst {{.*}} score (
func.func @shifted_before(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
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
  %scores2 = linalg.generic {indexing_maps = [#pairs, #rows, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores, %most : tensor<2x3x?x?xf32>, tensor<2x3x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%x0: f32, %x1: f32, %c: f32):
    %0 = arith.subf %x0, %x1 : f32
    linalg.yield %0 : f32
  } -> tensor<2x3x?x?xf32>
  %rest_init = linalg.fill ins(%lowest : f32) outs(%er : tensor<2x3x?xf32>) -> tensor<2x3x?xf32>
  %rest = linalg.reduce ins(%scores2 : tensor<2x3x?x?xf32>) outs(%rest_init : tensor<2x3x?xf32>) dimensions = [3] (%new: f32, %old: f32) {
    %0 = arith.maximumf %new, %old : f32
    linalg.yield %0 : f32
  }
  %powers = linalg.generic {indexing_maps = [#pairs, #rows, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%scores2, %rest : tensor<2x3x?x?xf32>, tensor<2x3x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
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
      ins(%sum, %rest : tensor<2x3x?xf32>, tensor<2x3x?xf32>) outs(%er : tensor<2x3x?xf32>) {
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
