// Rows of the output that are set to 0 where no key attends, as transformers' own exporter writes it: the op's rows without a key
// are 0, so that the least finite number masks and the guard is gone.
// RUN: attn-opt %s -split-input-file -attn-recognize -canonicalize | FileCheck %s
// DEFINE: %{run} = attn-run --random-inputs --compare=reference --range arg3=0:1
// RUN: split-file %s %t
// RUN: %{run} %t/counted.mlir --seed=1 --dim s=9 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} %t/counted.mlir --seed=2 --dim s=2 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} %t/two.mlir --seed=3 --dim s=9 | FileCheck %s --check-prefix=AGREE
// RUN: %{run} %t/used.mlir --seed=4 --dim s=2 | FileCheck %s --check-prefix=AGREE
// AGREE: agree

//--- counted.mlir
// CHECK-LABEL: func @counted(
// CHECK-NOT: row_has_key
// CHECK: %[[O:.*]] = attn.attention
// CHECK-NOT: score (
// CHECK: mask (
// CHECK: attn.causal
// CHECK: return %[[O]]
#query = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#key = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#score = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#weight = affine_map<(b, h, i, d, j) -> (b, h, i, j)>
#value = affine_map<(b, h, i, d, j) -> (b, h, j, d)>
#out = affine_map<(b, h, i, d, j) -> (b, h, i, d)>
#all = affine_map<(b, h, i, j) -> (b, h, i, j)>
#pair = affine_map<(b, h, i, j) -> (b, i, j)>
#row = affine_map<(b, h, i, j) -> (b, i)>
#keep = affine_map<(b, i, j) -> (b, j)>
#mask = affine_map<(b, i, j) -> (b, i, j)>
#count = affine_map<(b, i, j) -> (b, i)>
func.func @counted(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
    %v: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %keep: tensor<2x?xi64> {attn.dim_names = ["", "s"]}) -> tensor<2x3x?x8xf32> {
  %zero = arith.constant 0.0 : f32
  %bound = arith.constant 1.0 : f32
  %lowest = arith.constant 0xFF7FFFFF : f32
  %none = arith.constant 0 : i64
  %c2 = arith.constant 2 : index
  %s = tensor.dim %q, %c2 : tensor<2x3x?x8xf32>
  %flags = tensor.empty(%s, %s) : tensor<2x?x?xi1>
  %attends = linalg.generic {indexing_maps = [#keep, #mask], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%keep : tensor<2x?xi64>) outs(%flags : tensor<2x?x?xi1>) {
  ^bb0(%x: i64, %acc: i1):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %causal = arith.cmpi sle, %j, %i : index
    %kept = arith.cmpi ne, %x, %none : i64
    %both = arith.andi %causal, %kept : i1
    linalg.yield %both : i1
  } -> tensor<2x?x?xi1>
  %rows = tensor.empty(%s) : tensor<2x?xf32>
  %first = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x?xf32>) -> tensor<2x?xf32>
  %counts = linalg.generic {indexing_maps = [#mask, #count], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%attends : tensor<2x?x?xi1>) outs(%first : tensor<2x?xf32>) {
  ^bb0(%x: i1, %acc: f32):
    %number = arith.uitofp %x : i1 to f32
    %sum = arith.addf %acc, %number : f32
    linalg.yield %sum : f32
  } -> tensor<2x?xf32>
  %e = tensor.empty(%s, %s) : tensor<2x3x?x?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
  %products = linalg.generic {indexing_maps = [#query, #key, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) outs(%z : tensor<2x3x?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %m = arith.mulf %x, %y : f32
    %r = arith.addf %acc, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x?x?xf32>
  %masked = linalg.generic {indexing_maps = [#all, #pair, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%products, %attends : tensor<2x3x?x?xf32>, tensor<2x?x?xi1>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%x: f32, %y: i1, %acc: f32):
    %true = arith.constant true
    %not = arith.xori %y, %true : i1
    %number = arith.uitofp %not : i1 to f32
    %penalty = arith.mulf %number, %lowest : f32
    %r = arith.addf %x, %penalty : f32
    linalg.yield %r : f32
  } -> tensor<2x3x?x?xf32>
  %p = linalg.softmax dimension(3) ins(%masked : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
  %eo = tensor.empty(%s) : tensor<2x3x?x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  %o = linalg.generic {indexing_maps = [#weight, #value, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%p, %v : tensor<2x3x?x?xf32>, tensor<2x3x?x8xf32>) outs(%zo : tensor<2x3x?x8xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %m = arith.mulf %x, %y : f32
    %r = arith.addf %acc, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x?x8xf32>
  %guarded = linalg.generic {indexing_maps = [#row, #all, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%counts, %o : tensor<2x?xf32>, tensor<2x3x?x8xf32>) outs(%eo : tensor<2x3x?x8xf32>) {
  ^bb0(%n: f32, %x: f32, %acc: f32):
    %empty = arith.cmpf olt, %n, %bound : f32
    %r = arith.select %empty, %zero, %x : f32
    linalg.yield %r : f32
  } -> tensor<2x3x?x8xf32>
  return %guarded : tensor<2x3x?x8xf32>
}

// -----
//--- two.mlir
// Rows of one key are set to 0, too: the guard stays, and rows without a key stay a mean.
// CHECK-LABEL: func @two(
// CHECK: %[[O:.*]] = attn.attention
// CHECK-SAME: score (
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[O]] :
#query = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#key = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#score = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#weight = affine_map<(b, h, i, d, j) -> (b, h, i, j)>
#value = affine_map<(b, h, i, d, j) -> (b, h, j, d)>
#out = affine_map<(b, h, i, d, j) -> (b, h, i, d)>
#all = affine_map<(b, h, i, j) -> (b, h, i, j)>
#pair = affine_map<(b, h, i, j) -> (b, i, j)>
#row = affine_map<(b, h, i, j) -> (b, i)>
#keep = affine_map<(b, i, j) -> (b, j)>
#mask = affine_map<(b, i, j) -> (b, i, j)>
#count = affine_map<(b, i, j) -> (b, i)>
func.func @two(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
    %v: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %keep: tensor<2x?xi64> {attn.dim_names = ["", "s"]}) -> tensor<2x3x?x8xf32> {
  %zero = arith.constant 0.0 : f32
  %bound = arith.constant 2.0 : f32
  %lowest = arith.constant 0xFF7FFFFF : f32
  %none = arith.constant 0 : i64
  %c2 = arith.constant 2 : index
  %s = tensor.dim %q, %c2 : tensor<2x3x?x8xf32>
  %flags = tensor.empty(%s, %s) : tensor<2x?x?xi1>
  %attends = linalg.generic {indexing_maps = [#keep, #mask], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%keep : tensor<2x?xi64>) outs(%flags : tensor<2x?x?xi1>) {
  ^bb0(%x: i64, %acc: i1):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %causal = arith.cmpi sle, %j, %i : index
    %kept = arith.cmpi ne, %x, %none : i64
    %both = arith.andi %causal, %kept : i1
    linalg.yield %both : i1
  } -> tensor<2x?x?xi1>
  %rows = tensor.empty(%s) : tensor<2x?xf32>
  %first = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x?xf32>) -> tensor<2x?xf32>
  %counts = linalg.generic {indexing_maps = [#mask, #count], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%attends : tensor<2x?x?xi1>) outs(%first : tensor<2x?xf32>) {
  ^bb0(%x: i1, %acc: f32):
    %number = arith.uitofp %x : i1 to f32
    %sum = arith.addf %acc, %number : f32
    linalg.yield %sum : f32
  } -> tensor<2x?xf32>
  %e = tensor.empty(%s, %s) : tensor<2x3x?x?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
  %products = linalg.generic {indexing_maps = [#query, #key, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) outs(%z : tensor<2x3x?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %m = arith.mulf %x, %y : f32
    %r = arith.addf %acc, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x?x?xf32>
  %masked = linalg.generic {indexing_maps = [#all, #pair, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%products, %attends : tensor<2x3x?x?xf32>, tensor<2x?x?xi1>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%x: f32, %y: i1, %acc: f32):
    %true = arith.constant true
    %not = arith.xori %y, %true : i1
    %number = arith.uitofp %not : i1 to f32
    %penalty = arith.mulf %number, %lowest : f32
    %r = arith.addf %x, %penalty : f32
    linalg.yield %r : f32
  } -> tensor<2x3x?x?xf32>
  %p = linalg.softmax dimension(3) ins(%masked : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
  %eo = tensor.empty(%s) : tensor<2x3x?x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  %o = linalg.generic {indexing_maps = [#weight, #value, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%p, %v : tensor<2x3x?x?xf32>, tensor<2x3x?x8xf32>) outs(%zo : tensor<2x3x?x8xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %m = arith.mulf %x, %y : f32
    %r = arith.addf %acc, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x?x8xf32>
  %guarded = linalg.generic {indexing_maps = [#row, #all, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%counts, %o : tensor<2x?xf32>, tensor<2x3x?x8xf32>) outs(%eo : tensor<2x3x?x8xf32>) {
  ^bb0(%n: f32, %x: f32, %acc: f32):
    %empty = arith.cmpf olt, %n, %bound : f32
    %r = arith.select %empty, %zero, %x : f32
    linalg.yield %r : f32
  } -> tensor<2x3x?x8xf32>
  return %guarded : tensor<2x3x?x8xf32>
}

// -----
//--- used.mlir
// What is not guarded is returned, too: a mean in rows without a key.
// CHECK-LABEL: func @used(
// CHECK: %[[O:.*]] = attn.attention
// CHECK-SAME: score (
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[O]] :
#query = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#key = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#score = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#weight = affine_map<(b, h, i, d, j) -> (b, h, i, j)>
#value = affine_map<(b, h, i, d, j) -> (b, h, j, d)>
#out = affine_map<(b, h, i, d, j) -> (b, h, i, d)>
#all = affine_map<(b, h, i, j) -> (b, h, i, j)>
#pair = affine_map<(b, h, i, j) -> (b, i, j)>
#row = affine_map<(b, h, i, j) -> (b, i)>
#keep = affine_map<(b, i, j) -> (b, j)>
#mask = affine_map<(b, i, j) -> (b, i, j)>
#count = affine_map<(b, i, j) -> (b, i)>
func.func @used(%q: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %k: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]},
    %v: tensor<2x3x?x8xf32> {attn.dim_names = ["", "", "s", ""]}, %keep: tensor<2x?xi64> {attn.dim_names = ["", "s"]}) -> (tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %bound = arith.constant 1.0 : f32
  %lowest = arith.constant 0xFF7FFFFF : f32
  %none = arith.constant 0 : i64
  %c2 = arith.constant 2 : index
  %s = tensor.dim %q, %c2 : tensor<2x3x?x8xf32>
  %flags = tensor.empty(%s, %s) : tensor<2x?x?xi1>
  %attends = linalg.generic {indexing_maps = [#keep, #mask], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%keep : tensor<2x?xi64>) outs(%flags : tensor<2x?x?xi1>) {
  ^bb0(%x: i64, %acc: i1):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %causal = arith.cmpi sle, %j, %i : index
    %kept = arith.cmpi ne, %x, %none : i64
    %both = arith.andi %causal, %kept : i1
    linalg.yield %both : i1
  } -> tensor<2x?x?xi1>
  %rows = tensor.empty(%s) : tensor<2x?xf32>
  %first = linalg.fill ins(%zero : f32) outs(%rows : tensor<2x?xf32>) -> tensor<2x?xf32>
  %counts = linalg.generic {indexing_maps = [#mask, #count], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%attends : tensor<2x?x?xi1>) outs(%first : tensor<2x?xf32>) {
  ^bb0(%x: i1, %acc: f32):
    %number = arith.uitofp %x : i1 to f32
    %sum = arith.addf %acc, %number : f32
    linalg.yield %sum : f32
  } -> tensor<2x?xf32>
  %e = tensor.empty(%s, %s) : tensor<2x3x?x?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
  %products = linalg.generic {indexing_maps = [#query, #key, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) outs(%z : tensor<2x3x?x?xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %m = arith.mulf %x, %y : f32
    %r = arith.addf %acc, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x?x?xf32>
  %masked = linalg.generic {indexing_maps = [#all, #pair, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%products, %attends : tensor<2x3x?x?xf32>, tensor<2x?x?xi1>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%x: f32, %y: i1, %acc: f32):
    %true = arith.constant true
    %not = arith.xori %y, %true : i1
    %number = arith.uitofp %not : i1 to f32
    %penalty = arith.mulf %number, %lowest : f32
    %r = arith.addf %x, %penalty : f32
    linalg.yield %r : f32
  } -> tensor<2x3x?x?xf32>
  %p = linalg.softmax dimension(3) ins(%masked : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
  %eo = tensor.empty(%s) : tensor<2x3x?x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x?x8xf32>) -> tensor<2x3x?x8xf32>
  %o = linalg.generic {indexing_maps = [#weight, #value, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%p, %v : tensor<2x3x?x?xf32>, tensor<2x3x?x8xf32>) outs(%zo : tensor<2x3x?x8xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %m = arith.mulf %x, %y : f32
    %r = arith.addf %acc, %m : f32
    linalg.yield %r : f32
  } -> tensor<2x3x?x8xf32>
  %guarded = linalg.generic {indexing_maps = [#row, #all, #all], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%counts, %o : tensor<2x?xf32>, tensor<2x3x?x8xf32>) outs(%eo : tensor<2x3x?x8xf32>) {
  ^bb0(%n: f32, %x: f32, %acc: f32):
    %empty = arith.cmpf olt, %n, %bound : f32
    %r = arith.select %empty, %zero, %x : f32
    linalg.yield %r : f32
  } -> tensor<2x3x?x8xf32>
  return %guarded, %o : tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>
}
