// Attention as torch-mlir writes it on linalg: a maximum beside the place where it is, and reduced dimensions that are kept.
// RUN: attn-opt %s -attn-recognize -canonicalize | FileCheck %s
// RUN: attn-run %s --function=torch_mlir --random-inputs --seed=1 --keep-dynamic --dim b=2 --dim m=5 --dim n=7 --compare=reference | FileCheck %s --check-prefix=AGREE
// AGREE: agree
#id = affine_map<(b, i, j) -> (b, i, j)>
#row = affine_map<(b, i, j) -> (b, i, 0)>

// CHECK-LABEL: func.func @torch_mlir(
// CHECK: attn.attention {{.*}} scale 0.35355
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @torch_mlir(%q: tensor<?x?x8xf32> {attn.dim_names = ["b", "m", ""]}, %k: tensor<?x?x8xf32> {attn.dim_names = ["b", "n", ""]},
    %v: tensor<?x?x8xf32> {attn.dim_names = ["b", "n", ""]}) -> tensor<?x?x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %least = arith.constant 0xFF800000 : f32
  %none = arith.constant 0 : i64
  %scale = arith.constant 2.8284271247461903 : f64
  %b = tensor.dim %q, %c0 : tensor<?x?x8xf32>
  %m = tensor.dim %q, %c1 : tensor<?x?x8xf32>
  %n = tensor.dim %k, %c1 : tensor<?x?x8xf32>
  %et = tensor.empty(%b, %n) : tensor<?x8x?xf32>
  %kt = linalg.transpose ins(%k : tensor<?x?x8xf32>) outs(%et : tensor<?x8x?xf32>) permutation = [0, 2, 1]
  %e = tensor.empty(%b, %m, %n) : tensor<?x?x?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %s0 = linalg.batch_matmul ins(%q, %kt : tensor<?x?x8xf32>, tensor<?x8x?xf32>) outs(%z : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %s = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%s0 : tensor<?x?x?xf32>) outs(%e : tensor<?x?x?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %t = arith.truncf %scale : f64 to f32
    %x = arith.divf %in, %t : f32
    linalg.yield %x : f32
  } -> tensor<?x?x?xf32>
  %ei = tensor.empty(%b, %m) : tensor<?x?x1xi64>
  %zi = linalg.fill ins(%none : i64) outs(%ei : tensor<?x?x1xi64>) -> tensor<?x?x1xi64>
  %er = tensor.empty(%b, %m) : tensor<?x?x1xf32>
  %zl = linalg.fill ins(%least : f32) outs(%er : tensor<?x?x1xf32>) -> tensor<?x?x1xf32>
  %max:2 = linalg.generic {indexing_maps = [#id, #row, #row], iterator_types = ["parallel", "parallel", "reduction"]} ins(%s : tensor<?x?x?xf32>) outs(%zl, %zi : tensor<?x?x1xf32>, tensor<?x?x1xi64>) {
  ^bb0(%in: f32, %out: f32, %at: i64):
    %j = linalg.index 2 : index
    %c = arith.index_cast %j : index to i64
    %x = arith.maximumf %in, %out : f32
    %g = arith.cmpf ogt, %in, %out : f32
    %i = arith.select %g, %c, %at : i64
    linalg.yield %x, %i : f32, i64
  } -> (tensor<?x?x1xf32>, tensor<?x?x1xi64>)
  %d = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%s, %max#0 : tensor<?x?x?xf32>, tensor<?x?x1xf32>) outs(%e : tensor<?x?x?xf32>) {
  ^bb0(%in: f32, %r: f32, %out: f32):
    %x = arith.subf %in, %r : f32
    linalg.yield %x : f32
  } -> tensor<?x?x?xf32>
  %p = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%d : tensor<?x?x?xf32>) outs(%e : tensor<?x?x?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %x = math.exp %in : f32
    linalg.yield %x : f32
  } -> tensor<?x?x?xf32>
  %zs = linalg.fill ins(%zero : f32) outs(%er : tensor<?x?x1xf32>) -> tensor<?x?x1xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "parallel", "reduction"]} ins(%p : tensor<?x?x?xf32>) outs(%zs : tensor<?x?x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %x = arith.addf %in, %out : f32
    linalg.yield %x : f32
  } -> tensor<?x?x1xf32>
  %w = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%p, %sum : tensor<?x?x?xf32>, tensor<?x?x1xf32>) outs(%e : tensor<?x?x?xf32>) {
  ^bb0(%in: f32, %r: f32, %out: f32):
    %x = arith.divf %in, %r : f32
    linalg.yield %x : f32
  } -> tensor<?x?x?xf32>
  %eo = tensor.empty(%b, %m) : tensor<?x?x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  %o = linalg.batch_matmul ins(%w, %v : tensor<?x?x?xf32>, tensor<?x?x8xf32>) outs(%zo : tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  return %o : tensor<?x?x8xf32>
}

// The place of the maximum is a result: the scores are of use elsewhere.
// CHECK-LABEL: func.func @place_is_used(
// CHECK-NOT: attn.attention
func.func @place_is_used(%q: tensor<?x?x8xf32>, %k: tensor<?x?x8xf32>, %v: tensor<?x?x8xf32>) -> (tensor<?x?x8xf32>, tensor<?x?x1xi64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %least = arith.constant 0xFF800000 : f32
  %none = arith.constant 0 : i64
  %scale = arith.constant 2.8284271247461903 : f64
  %b = tensor.dim %q, %c0 : tensor<?x?x8xf32>
  %m = tensor.dim %q, %c1 : tensor<?x?x8xf32>
  %n = tensor.dim %k, %c1 : tensor<?x?x8xf32>
  %et = tensor.empty(%b, %n) : tensor<?x8x?xf32>
  %kt = linalg.transpose ins(%k : tensor<?x?x8xf32>) outs(%et : tensor<?x8x?xf32>) permutation = [0, 2, 1]
  %e = tensor.empty(%b, %m, %n) : tensor<?x?x?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %s0 = linalg.batch_matmul ins(%q, %kt : tensor<?x?x8xf32>, tensor<?x8x?xf32>) outs(%z : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %s = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%s0 : tensor<?x?x?xf32>) outs(%e : tensor<?x?x?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %t = arith.truncf %scale : f64 to f32
    %x = arith.divf %in, %t : f32
    linalg.yield %x : f32
  } -> tensor<?x?x?xf32>
  %ei = tensor.empty(%b, %m) : tensor<?x?x1xi64>
  %zi = linalg.fill ins(%none : i64) outs(%ei : tensor<?x?x1xi64>) -> tensor<?x?x1xi64>
  %er = tensor.empty(%b, %m) : tensor<?x?x1xf32>
  %zl = linalg.fill ins(%least : f32) outs(%er : tensor<?x?x1xf32>) -> tensor<?x?x1xf32>
  %max:2 = linalg.generic {indexing_maps = [#id, #row, #row], iterator_types = ["parallel", "parallel", "reduction"]} ins(%s : tensor<?x?x?xf32>) outs(%zl, %zi : tensor<?x?x1xf32>, tensor<?x?x1xi64>) {
  ^bb0(%in: f32, %out: f32, %at: i64):
    %j = linalg.index 2 : index
    %c = arith.index_cast %j : index to i64
    %x = arith.maximumf %in, %out : f32
    %g = arith.cmpf ogt, %in, %out : f32
    %i = arith.select %g, %c, %at : i64
    linalg.yield %x, %i : f32, i64
  } -> (tensor<?x?x1xf32>, tensor<?x?x1xi64>)
  %d = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%s, %max#0 : tensor<?x?x?xf32>, tensor<?x?x1xf32>) outs(%e : tensor<?x?x?xf32>) {
  ^bb0(%in: f32, %r: f32, %out: f32):
    %x = arith.subf %in, %r : f32
    linalg.yield %x : f32
  } -> tensor<?x?x?xf32>
  %p = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%d : tensor<?x?x?xf32>) outs(%e : tensor<?x?x?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %x = math.exp %in : f32
    linalg.yield %x : f32
  } -> tensor<?x?x?xf32>
  %zs = linalg.fill ins(%zero : f32) outs(%er : tensor<?x?x1xf32>) -> tensor<?x?x1xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "parallel", "reduction"]} ins(%p : tensor<?x?x?xf32>) outs(%zs : tensor<?x?x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %x = arith.addf %in, %out : f32
    linalg.yield %x : f32
  } -> tensor<?x?x1xf32>
  %w = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%p, %sum : tensor<?x?x?xf32>, tensor<?x?x1xf32>) outs(%e : tensor<?x?x?xf32>) {
  ^bb0(%in: f32, %r: f32, %out: f32):
    %x = arith.divf %in, %r : f32
    linalg.yield %x : f32
  } -> tensor<?x?x?xf32>
  %eo = tensor.empty(%b, %m) : tensor<?x?x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  %o = linalg.batch_matmul ins(%w, %v : tensor<?x?x?xf32>, tensor<?x?x8xf32>) outs(%zo : tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  return %o, %max#1 : tensor<?x?x8xf32>, tensor<?x?x1xi64>
}

// The least score, not the largest, is subtracted, beginning with one that is less than all.
// CHECK-LABEL: func.func @least(
// CHECK-NOT: attn.attention
func.func @least(%q: tensor<?x?x8xf32>, %k: tensor<?x?x8xf32>, %v: tensor<?x?x8xf32>) -> tensor<?x?x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %least = arith.constant 0xFF800000 : f32
  %none = arith.constant 0 : i64
  %scale = arith.constant 2.8284271247461903 : f64
  %b = tensor.dim %q, %c0 : tensor<?x?x8xf32>
  %m = tensor.dim %q, %c1 : tensor<?x?x8xf32>
  %n = tensor.dim %k, %c1 : tensor<?x?x8xf32>
  %et = tensor.empty(%b, %n) : tensor<?x8x?xf32>
  %kt = linalg.transpose ins(%k : tensor<?x?x8xf32>) outs(%et : tensor<?x8x?xf32>) permutation = [0, 2, 1]
  %e = tensor.empty(%b, %m, %n) : tensor<?x?x?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %s0 = linalg.batch_matmul ins(%q, %kt : tensor<?x?x8xf32>, tensor<?x8x?xf32>) outs(%z : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %s = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%s0 : tensor<?x?x?xf32>) outs(%e : tensor<?x?x?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %t = arith.truncf %scale : f64 to f32
    %x = arith.divf %in, %t : f32
    linalg.yield %x : f32
  } -> tensor<?x?x?xf32>
  %ei = tensor.empty(%b, %m) : tensor<?x?x1xi64>
  %zi = linalg.fill ins(%none : i64) outs(%ei : tensor<?x?x1xi64>) -> tensor<?x?x1xi64>
  %er = tensor.empty(%b, %m) : tensor<?x?x1xf32>
  %zl = linalg.fill ins(%least : f32) outs(%er : tensor<?x?x1xf32>) -> tensor<?x?x1xf32>
  %max:2 = linalg.generic {indexing_maps = [#id, #row, #row], iterator_types = ["parallel", "parallel", "reduction"]} ins(%s : tensor<?x?x?xf32>) outs(%zl, %zi : tensor<?x?x1xf32>, tensor<?x?x1xi64>) {
  ^bb0(%in: f32, %out: f32, %at: i64):
    %j = linalg.index 2 : index
    %c = arith.index_cast %j : index to i64
    %x = arith.minimumf %in, %out : f32
    %g = arith.cmpf ogt, %in, %out : f32
    %i = arith.select %g, %c, %at : i64
    linalg.yield %x, %i : f32, i64
  } -> (tensor<?x?x1xf32>, tensor<?x?x1xi64>)
  %d = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%s, %max#0 : tensor<?x?x?xf32>, tensor<?x?x1xf32>) outs(%e : tensor<?x?x?xf32>) {
  ^bb0(%in: f32, %r: f32, %out: f32):
    %x = arith.subf %in, %r : f32
    linalg.yield %x : f32
  } -> tensor<?x?x?xf32>
  %p = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%d : tensor<?x?x?xf32>) outs(%e : tensor<?x?x?xf32>) {
  ^bb0(%in: f32, %out: f32):
    %x = math.exp %in : f32
    linalg.yield %x : f32
  } -> tensor<?x?x?xf32>
  %zs = linalg.fill ins(%zero : f32) outs(%er : tensor<?x?x1xf32>) -> tensor<?x?x1xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "parallel", "reduction"]} ins(%p : tensor<?x?x?xf32>) outs(%zs : tensor<?x?x1xf32>) {
  ^bb0(%in: f32, %out: f32):
    %x = arith.addf %in, %out : f32
    linalg.yield %x : f32
  } -> tensor<?x?x1xf32>
  %w = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel"]} ins(%p, %sum : tensor<?x?x?xf32>, tensor<?x?x1xf32>) outs(%e : tensor<?x?x?xf32>) {
  ^bb0(%in: f32, %r: f32, %out: f32):
    %x = arith.divf %in, %r : f32
    linalg.yield %x : f32
  } -> tensor<?x?x?xf32>
  %eo = tensor.empty(%b, %m) : tensor<?x?x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  %o = linalg.batch_matmul ins(%w, %v : tensor<?x?x?xf32>, tensor<?x?x8xf32>) outs(%zo : tensor<?x?x8xf32>) -> tensor<?x?x8xf32>
  return %o : tensor<?x?x8xf32>
}
