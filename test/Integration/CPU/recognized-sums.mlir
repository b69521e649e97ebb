// A score that is a sum of two products, as where latent attention is absorbed into queries: one product over the features of both.

// RUN: attn-opt %s --attn-optimize | FileCheck %s
// DEFINE: %{run} = attn-run %s --random-inputs --compare=reference
// RUN: %{run} --function=latent --seed=1 --dim s=70 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=latent --seed=2 --dim s=1 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=scaled --seed=3 --dim s=33 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=own_heads --seed=4 --dim s=9 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=one_query --seed=5 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=read_twice --seed=6 --dim s=9 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} --function=sequence_first --seed=7 --dim s=9 | FileCheck %s --check-prefix=AGREE
// AGREE: agree

#query = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#key = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#shared = affine_map<(b, h, i, j, d) -> (b, j, d)>
#score = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#weight = affine_map<(b, h, i, d, j) -> (b, h, i, j)>
#value = affine_map<(b, h, i, d, j) -> (b, h, j, d)>
#shared_value = affine_map<(b, h, i, d, j) -> (b, j, d)>
#out = affine_map<(b, h, i, d, j) -> (b, h, i, d)>
#pairs = affine_map<(b, h, i, j) -> (b, h, i, j)>

// All heads share keys and values; the joined keys have one head.
// CHECK-LABEL: func @latent(
// CHECK-NOT: score (
// CHECK: attn.attention {{.*}} scale 2.500000e-01 mask
// CHECK: attn.causal
// CHECK: : tensor<2x3x?x12xf32>, tensor<2x1x?x12xf32>, tensor<2x1x?x6xf32>
func.func @latent(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x?x8xf32> {attn.dim_names = ["", "s", ""]},
    %q2: tensor<2x3x?x4xf32> {attn.dim_names = ["", "", "s", ""]}, %k2: tensor<2x?x4xf32> {attn.dim_names = ["", "s", ""]},
    %v: tensor<2x?x6xf32> {attn.dim_names = ["", "s", ""]}) -> tensor<2x3x?x6xf32> {
  %zero = arith.constant 0.0 : f32
  %scale = arith.constant 0.25 : f32
  %other = arith.constant 0.3 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %c2 = arith.constant 2 : index
  %s = tensor.dim %q, %c2 : tensor<2x3x?x8xf32>
  %e = tensor.empty(%s, %s) : tensor<2x3x?x?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
  %first = linalg.generic {indexing_maps = [#query, #shared, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x3x?x8xf32>, tensor<2x?x8xf32>) outs(%z : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %second = linalg.generic {indexing_maps = [#query, #shared, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q2, %k2 : tensor<2x3x?x4xf32>, tensor<2x?x4xf32>) outs(%z : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %scores = linalg.generic {indexing_maps = [#pairs, #pairs, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%first, %second : tensor<2x3x?x?xf32>, tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %attends = arith.cmpi sle, %j, %i : index
    %sum = arith.addf %a, %b : f32
    %0 = arith.mulf %sum, %scale : f32
    %1 = arith.select %attends, %0, %lowest : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %p = linalg.softmax dimension(3) ins(%scores : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
  %eo = tensor.empty(%s) : tensor<2x3x?x6xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x?x6xf32>) -> tensor<2x3x?x6xf32>
  %o = linalg.generic {indexing_maps = [#weight, #shared_value, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%p, %v : tensor<2x3x?x?xf32>, tensor<2x?x6xf32>) outs(%zo : tensor<2x3x?x6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x6xf32>
  return %o : tensor<2x3x?x6xf32>
}

// Each product has a factor of its own: the second's queries are multiplied by the quotient.
// CHECK-LABEL: func @scaled(
// CHECK: arith.constant 0.8333
// CHECK: attn.attention {{.*}} scale 0.3{{[0-9]*}} mask
// CHECK: : tensor<2x3x?x12xf32>, tensor<2x3x?x12xf32>, tensor<2x3x?x6xf32>
func.func @scaled(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
    %q2: tensor<2x3x?x4xf32> {attn.dim_names = ["", "", "s", ""]}, %k2: tensor<2x3x?x4xf32> {attn.dim_names = ["", "", "s", ""]},
    %v: tensor<2x3x?x6xf32> {attn.dim_names = ["", "", "s", ""]}) -> tensor<2x3x?x6xf32> {
  %zero = arith.constant 0.0 : f32
  %scale = arith.constant 0.25 : f32
  %other = arith.constant 0.3 : f32
  %lowest = arith.constant 0xFF800000 : f32
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
      ins(%q2, %k2 : tensor<2x3x?x4xf32>, tensor<2x3x?x4xf32>) outs(%z : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %scores = linalg.generic {indexing_maps = [#pairs, #pairs, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%first, %second : tensor<2x3x?x?xf32>, tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %attends = arith.cmpi sle, %j, %i : index
    %x = arith.mulf %a, %scale : f32
    %y = arith.mulf %b, %other : f32
    %0 = arith.addf %y, %x : f32
    %1 = arith.select %attends, %0, %lowest : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %p = linalg.softmax dimension(3) ins(%scores : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
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

// Keys with and without heads: those without are repeated.
// CHECK-LABEL: func @own_heads(
// CHECK: attn.attention {{.*}} scale 2.500000e-01 mask
// CHECK: : tensor<2x3x?x12xf32>, tensor<2x3x?x12xf32>, tensor<2x3x?x6xf32>
func.func @own_heads(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
    %q2: tensor<2x3x?x4xf32> {attn.dim_names = ["", "", "s", ""]}, %k2: tensor<2x?x4xf32> {attn.dim_names = ["", "s", ""]},
    %v: tensor<2x3x?x6xf32> {attn.dim_names = ["", "", "s", ""]}) -> tensor<2x3x?x6xf32> {
  %zero = arith.constant 0.0 : f32
  %scale = arith.constant 0.25 : f32
  %other = arith.constant 0.3 : f32
  %lowest = arith.constant 0xFF800000 : f32
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
  %second = linalg.generic {indexing_maps = [#query, #shared, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q2, %k2 : tensor<2x3x?x4xf32>, tensor<2x?x4xf32>) outs(%z : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %scores = linalg.generic {indexing_maps = [#pairs, #pairs, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%first, %second : tensor<2x3x?x?xf32>, tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %attends = arith.cmpi sle, %j, %i : index
    %sum = arith.addf %a, %b : f32
    %0 = arith.mulf %sum, %scale : f32
    %1 = arith.select %attends, %0, %lowest : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %p = linalg.softmax dimension(3) ins(%scores : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
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

// To copy the keys would cost more than a bias for one query.
// CHECK-LABEL: func @one_query(
// CHECK: attn.attention {{.*}} score (
// CHECK: tensor.extract
// CHECK: tensor<2x3x1x8xf32>, tensor<2x1x70x8xf32>
func.func @one_query(%q: tensor<2x3x1x8xf32>, %k: tensor<2x70x8xf32>,
    %q2: tensor<2x3x1x4xf32>, %k2: tensor<2x70x4xf32>,
    %v: tensor<2x70x6xf32>) -> tensor<2x3x1x6xf32> {
  %zero = arith.constant 0.0 : f32
  %scale = arith.constant 0.25 : f32
  %other = arith.constant 0.3 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<2x3x1x70xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x1x70xf32>) -> tensor<2x3x1x70xf32>
  %first = linalg.generic {indexing_maps = [#query, #shared, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x3x1x8xf32>, tensor<2x70x8xf32>) outs(%z : tensor<2x3x1x70xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x1x70xf32>
  %second = linalg.generic {indexing_maps = [#query, #shared, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q2, %k2 : tensor<2x3x1x4xf32>, tensor<2x70x4xf32>) outs(%z : tensor<2x3x1x70xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x1x70xf32>
  %scores = linalg.generic {indexing_maps = [#pairs, #pairs, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%first, %second : tensor<2x3x1x70xf32>, tensor<2x3x1x70xf32>) outs(%e : tensor<2x3x1x70xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %attends = arith.cmpi sle, %j, %i : index
    %sum = arith.addf %a, %b : f32
    %0 = arith.mulf %sum, %scale : f32
    %1 = arith.select %attends, %0, %lowest : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x1x70xf32>
  %p = linalg.softmax dimension(3) ins(%scores : tensor<2x3x1x70xf32>) outs(%e : tensor<2x3x1x70xf32>) -> tensor<2x3x1x70xf32>
  %eo = tensor.empty() : tensor<2x3x1x6xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x1x6xf32>) -> tensor<2x3x1x6xf32>
  %o = linalg.generic {indexing_maps = [#weight, #shared_value, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%p, %v : tensor<2x3x1x70xf32>, tensor<2x70x6xf32>) outs(%zo : tensor<2x3x1x6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x1x6xf32>
  return %o : tensor<2x3x1x6xf32>
}

// One of the products is in the score again.
// CHECK-LABEL: func @read_twice(
// CHECK: attn.attention {{.*}} score
// CHECK: tensor<2x3x?x8xf32>, tensor<2x1x?x8xf32>
func.func @read_twice(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x?x8xf32> {attn.dim_names = ["", "s", ""]},
    %q2: tensor<2x3x?x4xf32> {attn.dim_names = ["", "", "s", ""]}, %k2: tensor<2x?x4xf32> {attn.dim_names = ["", "s", ""]},
    %v: tensor<2x?x6xf32> {attn.dim_names = ["", "s", ""]}) -> tensor<2x3x?x6xf32> {
  %zero = arith.constant 0.0 : f32
  %scale = arith.constant 0.25 : f32
  %other = arith.constant 0.3 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %c2 = arith.constant 2 : index
  %s = tensor.dim %q, %c2 : tensor<2x3x?x8xf32>
  %e = tensor.empty(%s, %s) : tensor<2x3x?x?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
  %first = linalg.generic {indexing_maps = [#query, #shared, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x3x?x8xf32>, tensor<2x?x8xf32>) outs(%z : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %second = linalg.generic {indexing_maps = [#query, #shared, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q2, %k2 : tensor<2x3x?x4xf32>, tensor<2x?x4xf32>) outs(%z : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %scores = linalg.generic {indexing_maps = [#pairs, #pairs, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%first, %second : tensor<2x3x?x?xf32>, tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %attends = arith.cmpi sle, %j, %i : index
    %sum = arith.addf %a, %b : f32
    %x = arith.mulf %sum, %scale : f32
    %0 = arith.addf %x, %a : f32
    %1 = arith.select %attends, %0, %lowest : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %p = linalg.softmax dimension(3) ins(%scores : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
  %eo = tensor.empty(%s) : tensor<2x3x?x6xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x?x6xf32>) -> tensor<2x3x?x6xf32>
  %o = linalg.generic {indexing_maps = [#weight, #shared_value, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%p, %v : tensor<2x3x?x?xf32>, tensor<2x?x6xf32>) outs(%zo : tensor<2x3x?x6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x6xf32>
  return %o : tensor<2x3x?x6xf32>
}

// Heads behind the queries: the mask says which are which.
// CHECK-LABEL: func @sequence_first(
// CHECK: attn.attention {{.*}} layout query [batch, sequence, head, feature]
// CHECK: attn.causal
// CHECK: : tensor<2x?x3x12xf32>, tensor<2x1x?x12xf32>, tensor<2x1x?x6xf32>
func.func @sequence_first(%q: tensor<2x?x3x8xf32> {attn.dim_names = ["", "s", "", ""]}, %k: tensor<2x?x8xf32> {attn.dim_names = ["", "s", ""]},
    %q2: tensor<2x?x3x4xf32> {attn.dim_names = ["", "s", "", ""]}, %k2: tensor<2x?x4xf32> {attn.dim_names = ["", "s", ""]},
    %v: tensor<2x?x6xf32> {attn.dim_names = ["", "s", ""]}) -> tensor<2x?x3x6xf32> {
  %zero = arith.constant 0.0 : f32
  %scale = arith.constant 0.25 : f32
  %other = arith.constant 0.3 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %c1 = arith.constant 1 : index
  %s = tensor.dim %q, %c1 : tensor<2x?x3x8xf32>
  %e = tensor.empty(%s, %s) : tensor<2x?x3x?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x?x3x?xf32>) -> tensor<2x?x3x?xf32>
  %first = linalg.generic {indexing_maps = [#query, #shared, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x?x3x8xf32>, tensor<2x?x8xf32>) outs(%z : tensor<2x?x3x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x?x3x?xf32>
  %second = linalg.generic {indexing_maps = [#query, #shared, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q2, %k2 : tensor<2x?x3x4xf32>, tensor<2x?x4xf32>) outs(%z : tensor<2x?x3x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x?x3x?xf32>
  %scores = linalg.generic {indexing_maps = [#pairs, #pairs, #pairs], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%first, %second : tensor<2x?x3x?xf32>, tensor<2x?x3x?xf32>) outs(%e : tensor<2x?x3x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 3 : index
    %attends = arith.cmpi sle, %j, %i : index
    %sum = arith.addf %a, %b : f32
    %0 = arith.mulf %sum, %scale : f32
    %1 = arith.select %attends, %0, %lowest : f32
    linalg.yield %1 : f32
  } -> tensor<2x?x3x?xf32>
  %p = linalg.softmax dimension(3) ins(%scores : tensor<2x?x3x?xf32>) outs(%e : tensor<2x?x3x?xf32>) -> tensor<2x?x3x?xf32>
  %eo = tensor.empty(%s) : tensor<2x?x3x6xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x?x3x6xf32>) -> tensor<2x?x3x6xf32>
  %o = linalg.generic {indexing_maps = [#weight, #shared_value, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%p, %v : tensor<2x?x3x?xf32>, tensor<2x?x6xf32>) outs(%zo : tensor<2x?x3x6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x?x3x6xf32>
  return %o : tensor<2x?x3x6xf32>
}
