// What attn-recognize makes of graphs that compute attention; recognize-declined.mlir has what only looks like it.
// RUN: attn-opt %s -split-input-file -attn-recognize -canonicalize | FileCheck %s

// Softmax in its five parts, with the scale on the product and a causal mask that is added.
// CHECK-LABEL: func @parts(
// CHECK-SAME: %[[Q:.*]]: tensor<2x3x?x8xf32>, %[[K:.*]]: tensor<2x3x?x8xf32>, %[[V:.*]]: tensor<2x3x?x6xf32>
// CHECK: attn.attention %[[Q]], %[[K]], %[[V]] scale 2.500000e-01
// CHECK-SAME: mask (%{{.*}}: index, %{{.*}}: index, %[[I:.*]]: index, %[[J:.*]]: index)
// CHECK: %[[M:.*]] = attn.causal %[[I]], %[[J]]
// CHECK-NEXT: attn.yield %[[M]]
// CHECK-NOT: math.exp
#q = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#k = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#s = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#w = affine_map<(b, h, i, e, j) -> (b, h, i, j)>
#v = affine_map<(b, h, i, e, j) -> (b, h, j, e)>
#o = affine_map<(b, h, i, e, j) -> (b, h, i, e)>
#id = affine_map<(b, h, i, j) -> (b, h, i, j)>
#row = affine_map<(b, h, i, j) -> (b, h, i)>
func.func @parts(%q: tensor<2x3x?x8xf32>, %k: tensor<2x3x?x8xf32>, %v: tensor<2x3x?x6xf32>) -> tensor<2x3x?x6xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %scale = arith.constant 0.25 : f32
  %c2 = arith.constant 2 : index
  %sq = tensor.dim %q, %c2 : tensor<2x3x?x8xf32>
  %sk = tensor.dim %k, %c2 : tensor<2x3x?x8xf32>
  %e = tensor.empty(%sq, %sk) : tensor<2x3x?x?xf32>
  %r = tensor.empty(%sq) : tensor<2x3x?xf32>
  %eo = tensor.empty(%sq) : tensor<2x3x?x6xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x?x?xf32>) -> tensor<2x3x?x?xf32>
  %s = linalg.generic {indexing_maps = [#q, #k, #s], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x3x?x8xf32>, tensor<2x3x?x8xf32>) outs(%z : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %t = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%s : tensor<2x3x?x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %c: f32):
    %i = linalg.index 2 : index
    %j = linalg.index 3 : index
    %later = arith.cmpi ugt, %j, %i : index
    %bias = arith.select %later, %lowest, %zero : f32
    %0 = arith.mulf %a, %scale : f32
    %1 = arith.addf %0, %bias : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %rl = linalg.fill ins(%lowest : f32) outs(%r : tensor<2x3x?xf32>) -> tensor<2x3x?xf32>
  %m = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%t : tensor<2x3x?x?xf32>) outs(%rl : tensor<2x3x?xf32>) {
  ^bb0(%a: f32, %c: f32):
    %0 = arith.maximumf %a, %c : f32
    linalg.yield %0 : f32
  } -> tensor<2x3x?xf32>
  %x = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%t, %m : tensor<2x3x?x?xf32>, tensor<2x3x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.subf %a, %b : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x?xf32>
  %rz = linalg.fill ins(%zero : f32) outs(%r : tensor<2x3x?xf32>) -> tensor<2x3x?xf32>
  %l = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x : tensor<2x3x?x?xf32>) outs(%rz : tensor<2x3x?xf32>) {
  ^bb0(%a: f32, %c: f32):
    %0 = arith.addf %c, %a : f32
    linalg.yield %0 : f32
  } -> tensor<2x3x?xf32>
  %p = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%x, %l : tensor<2x3x?x?xf32>, tensor<2x3x?xf32>) outs(%e : tensor<2x3x?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.divf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<2x3x?x?xf32>
  %oz = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x?x6xf32>) -> tensor<2x3x?x6xf32>
  %out = linalg.generic {indexing_maps = [#w, #v, #o], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%p, %v : tensor<2x3x?x?xf32>, tensor<2x3x?x6xf32>) outs(%oz : tensor<2x3x?x6xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x?x6xf32>
  return %out : tensor<2x3x?x6xf32>
}

// -----

// Batch and heads in one dimension, as torch.baddbmm has them; a root of the scale on each side; keys and values repeated
// for grouped heads.
// CHECK-LABEL: func @merged(
// CHECK-SAME: %[[Q:.*]]: tensor<?x4x5x8xf32>, %[[K:.*]]: tensor<?x2x9x8xf32>, %[[V:.*]]: tensor<?x2x9x8xf32>
// CHECK: %[[O:.*]] = attn.attention %[[Q]], %[[K]], %[[V]] scale 2.500000e-01
// CHECK-SAME: tensor<?x4x5x8xf32>, tensor<?x2x9x8xf32>, tensor<?x2x9x8xf32> -> tensor<?x4x5x8xf32>
// CHECK: tensor.collapse_shape %[[O]] {{\[}}[0, 1], [2], [3]]
#from = affine_map<(b, h, g, j, d) -> (b, h, j, d)>
#to = affine_map<(b, h, g, j, d) -> (b, h, g, j, d)>
#id = affine_map<(b, i, d) -> (b, i, d)>
func.func @merged(%q: tensor<?x4x5x8xf32>, %k: tensor<?x2x9x8xf32>, %v: tensor<?x2x9x8xf32>) -> tensor<?x5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %root = arith.constant 0.5 : f32
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %b = tensor.dim %q, %c0 : tensor<?x4x5x8xf32>
  %n = arith.muli %b, %c4 : index
  %e5 = tensor.empty(%b) : tensor<?x2x2x9x8xf32>
  %k5 = linalg.generic {indexing_maps = [#from, #to], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<?x2x9x8xf32>) outs(%e5 : tensor<?x2x2x9x8xf32>) {
  ^bb0(%x: f32, %y: f32):
    linalg.yield %x : f32
  } -> tensor<?x2x2x9x8xf32>
  %v5 = linalg.broadcast ins(%v : tensor<?x2x9x8xf32>) outs(%e5 : tensor<?x2x2x9x8xf32>) dimensions = [2]
  %k3 = tensor.collapse_shape %k5 [[0, 1, 2], [3], [4]] : tensor<?x2x2x9x8xf32> into tensor<?x9x8xf32>
  %v3 = tensor.collapse_shape %v5 [[0, 1, 2], [3], [4]] : tensor<?x2x2x9x8xf32> into tensor<?x9x8xf32>
  %q3 = tensor.collapse_shape %q [[0, 1], [2], [3]] : tensor<?x4x5x8xf32> into tensor<?x5x8xf32>
  %eq = tensor.empty(%n) : tensor<?x5x8xf32>
  %ek = tensor.empty(%n) : tensor<?x8x9xf32>
  %kt = linalg.transpose ins(%k3 : tensor<?x9x8xf32>) outs(%ek : tensor<?x8x9xf32>) permutation = [0, 2, 1]
  %qs = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%q3 : tensor<?x5x8xf32>) outs(%eq : tensor<?x5x8xf32>) {
  ^bb0(%x: f32, %y: f32):
    %0 = arith.mulf %x, %root : f32
    linalg.yield %0 : f32
  } -> tensor<?x5x8xf32>
  %ks = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%kt : tensor<?x8x9xf32>) outs(%ek : tensor<?x8x9xf32>) {
  ^bb0(%x: f32, %y: f32):
    %0 = arith.mulf %root, %x : f32
    linalg.yield %0 : f32
  } -> tensor<?x8x9xf32>
  %es = tensor.empty(%n) : tensor<?x5x9xf32>
  %zs = linalg.fill ins(%zero : f32) outs(%es : tensor<?x5x9xf32>) -> tensor<?x5x9xf32>
  %s = linalg.batch_matmul ins(%qs, %ks : tensor<?x5x8xf32>, tensor<?x8x9xf32>) outs(%zs : tensor<?x5x9xf32>) -> tensor<?x5x9xf32>
  %p = linalg.softmax dimension(2) ins(%s : tensor<?x5x9xf32>) outs(%es : tensor<?x5x9xf32>) -> tensor<?x5x9xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eq : tensor<?x5x8xf32>) -> tensor<?x5x8xf32>
  %o = linalg.batch_matmul ins(%p, %v3 : tensor<?x5x9xf32>, tensor<?x9x8xf32>) outs(%zo : tensor<?x5x8xf32>) -> tensor<?x5x8xf32>
  return %o : tensor<?x5x8xf32>
}

// -----

// A constant that is a window, proved over all elements; no batch and no heads.
// CHECK-LABEL: func @constant_window(
// CHECK: attn.attention %{{.*}}, %{{.*}}, %{{.*}} scale 1.000000e+00
// CHECK: attn.window %{{.*}}, %{{.*}} left 1 right 0
#id = affine_map<(i, j) -> (i, j)>
func.func @constant_window(%q: tensor<4x8xf32>, %k: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %mask = arith.constant dense<[[true, false, false, false], [true, true, false, false], [false, true, true, false],
                                [false, false, true, true]]> : tensor<4x4xi1>
  %e = tensor.empty() : tensor<4x4xf32>
  %eo = tensor.empty() : tensor<4x8xf32>
  %et = tensor.empty() : tensor<8x4xf32>
  %kt = linalg.transpose ins(%k : tensor<4x8xf32>) outs(%et : tensor<8x4xf32>) permutation = [1, 0]
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %s = linalg.matmul ins(%q, %kt : tensor<4x8xf32>, tensor<8x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  %t = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%mask, %s : tensor<4x4xi1>, tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%m: i1, %a: f32, %c: f32):
    %0 = arith.select %m, %a, %lowest : f32
    linalg.yield %0 : f32
  } -> tensor<4x4xf32>
  %p = linalg.softmax dimension(1) ins(%t : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<4x8xf32>) -> tensor<4x8xf32>
  %o = linalg.matmul ins(%p, %k : tensor<4x4xf32>, tensor<4x8xf32>) outs(%zo : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %o : tensor<4x8xf32>
}

// -----

// The least finite float is a mask where each row has a key, here by the diagonal. Where data decides, it is one in rows that have a key.
// CHECK-LABEL: func @lowest_finite(
// CHECK: attn.attention
// CHECK-SAME: mask
// CHECK: attn.causal
// CHECK: attn.attention
// CHECK-SAME: score
// CHECK: %[[HAS:.*]] = tensor.extract %[[ROW:.*]][]
// CHECK: arith.select %[[HAS]], %{{.*}}, %{{.*}} : f32
// CHECK: mask
// CHECK: tensor.extract %[[ROW]][]
// CHECK: tensor.extract %{{.*}}[%{{.*}}]
#id = affine_map<(b, i, j) -> (b, i, j)>
#key = affine_map<(b, i, j) -> (j)>
func.func @lowest_finite(%q: tensor<3x4x8xf32>, %kt: tensor<3x8x4xf32>, %v: tensor<3x4x8xf32>, %keep: tensor<4xi1>)
    -> (tensor<3x4x8xf32>, tensor<3x4x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %lowest = arith.constant 0xFF7FFFFF : f32
  %e = tensor.empty() : tensor<3x4x4xf32>
  %eo = tensor.empty() : tensor<3x4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<3x4x8xf32>, tensor<3x8x4xf32>) outs(%z : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %causal = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%s : tensor<3x4x4xf32>) outs(%e : tensor<3x4x4xf32>) {
  ^bb0(%a: f32, %c: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %attends = arith.cmpi sle, %j, %i : index
    %bias = arith.select %attends, %zero, %lowest : f32
    %0 = arith.addf %a, %bias : f32
    linalg.yield %0 : f32
  } -> tensor<3x4x4xf32>
  %p0 = linalg.softmax dimension(2) ins(%causal : tensor<3x4x4xf32>) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %o0 = linalg.batch_matmul ins(%p0, %v : tensor<3x4x4xf32>, tensor<3x4x8xf32>) outs(%zo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  %s1 = linalg.batch_matmul ins(%o0, %kt : tensor<3x4x8xf32>, tensor<3x8x4xf32>) outs(%z : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %padded = linalg.generic {indexing_maps = [#id, #key, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%s1, %keep : tensor<3x4x4xf32>, tensor<4xi1>) outs(%e : tensor<3x4x4xf32>) {
  ^bb0(%a: f32, %kept: i1, %c: f32):
    %bias = arith.select %kept, %zero, %lowest : f32
    %0 = arith.addf %a, %bias : f32
    linalg.yield %0 : f32
  } -> tensor<3x4x4xf32>
  %p1 = linalg.softmax dimension(2) ins(%padded : tensor<3x4x4xf32>) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %o1 = linalg.batch_matmul ins(%p1, %v : tensor<3x4x4xf32>, tensor<3x4x8xf32>) outs(%zo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  return %o0, %o1 : tensor<3x4x8xf32>, tensor<3x4x8xf32>
}

// -----

// Exponentials without the maximum, divided by their sum, or by 1 where that is 0; the weights of a row without keys are set
// to 0, as they are anyway. The mask is that of two documents.
// CHECK-LABEL: func @guarded(
// CHECK-SAME: %[[DOCS:[a-z0-9]+]]: tensor<3x4xi64>
// CHECK: attn.attention
// CHECK-SAME: mask
// CHECK: attn.same_segment %[[DOCS]], %[[DOCS]]
// CHECK-NOT: arith.select
// CHECK: return
#id = affine_map<(b, i, j) -> (b, i, j)>
#bi = affine_map<(b, i, j) -> (b, i)>
#bj = affine_map<(b, i, j) -> (b, j)>
func.func @guarded(%docs: tensor<3x4xi64>, %q: tensor<3x4x8xf32>, %kt: tensor<3x8x4xf32>, %v: tensor<3x4x8xf32>) -> tensor<3x4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %lowest = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<3x4x4xf32>
  %em = tensor.empty() : tensor<3x4x4xi1>
  %er = tensor.empty() : tensor<3x4xf32>
  %eb = tensor.empty() : tensor<3x4xi1>
  %eo = tensor.empty() : tensor<3x4x8xf32>
  %false = arith.constant false
  %true = arith.constant true
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %zr = linalg.fill ins(%zero : f32) outs(%er : tensor<3x4xf32>) -> tensor<3x4xf32>
  %zb = linalg.fill ins(%false : i1) outs(%eb : tensor<3x4xi1>) -> tensor<3x4xi1>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<3x4x8xf32>, tensor<3x8x4xf32>) outs(%z : tensor<3x4x4xf32>) -> tensor<3x4x4xf32>
  %m = linalg.generic {indexing_maps = [#bi, #bj, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%docs, %docs : tensor<3x4xi64>, tensor<3x4xi64>) outs(%em : tensor<3x4x4xi1>) {
  ^bb0(%a: i64, %b: i64, %c: i1):
    %0 = arith.cmpi eq, %a, %b : i64
    linalg.yield %0 : i1
  } -> tensor<3x4x4xi1>
  %x = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%m, %s : tensor<3x4x4xi1>, tensor<3x4x4xf32>) outs(%e : tensor<3x4x4xf32>) {
  ^bb0(%b: i1, %a: f32, %c: f32):
    %0 = arith.select %b, %a, %lowest : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  } -> tensor<3x4x4xf32>
  %l = linalg.generic {indexing_maps = [#id, #bi], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x : tensor<3x4x4xf32>) outs(%zr : tensor<3x4xf32>) {
  ^bb0(%a: f32, %c: f32):
    %0 = arith.addf %c, %a : f32
    linalg.yield %0 : f32
  } -> tensor<3x4xf32>
  %any = linalg.generic {indexing_maps = [#id, #bi], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%m : tensor<3x4x4xi1>) outs(%zb : tensor<3x4xi1>) {
  ^bb0(%a: i1, %c: i1):
    %0 = arith.ori %c, %a : i1
    linalg.yield %0 : i1
  } -> tensor<3x4xi1>
  %p = linalg.generic {indexing_maps = [#bi, #id, #bi, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%any, %x, %l : tensor<3x4xi1>, tensor<3x4x4xf32>, tensor<3x4xf32>) outs(%e : tensor<3x4x4xf32>) {
  ^bb0(%some: i1, %a: f32, %b: f32, %c: f32):
    %none = arith.cmpf ole, %b, %zero : f32
    %by = arith.select %none, %one, %b : f32
    %0 = arith.divf %a, %by : f32
    %1 = arith.select %some, %0, %zero : f32
    linalg.yield %1 : f32
  } -> tensor<3x4x4xf32>
  %o = linalg.batch_matmul ins(%p, %v : tensor<3x4x4xf32>, tensor<3x4x8xf32>) outs(%zo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  return %o : tensor<3x4x8xf32>
}

// -----

// An op that is there already: the graph computes its mask and repeats its heads.
// CHECK-LABEL: func @read_again(
// CHECK-SAME: %[[Q:.*]]: tensor<2x4x5x8xf32>, %[[K:.*]]: tensor<2x2x5x8xf32>
// CHECK: attn.attention %[[Q]], %[[K]], %[[K]] scale 5.000000e-01
// CHECK-SAME: score
// CHECK: attn.softcap %{{.*}}, 5.000000e+01
// CHECK: mask
// CHECK: attn.causal
// CHECK-NOT: tensor.extract
#from = affine_map<(b, h, g, j, d) -> (b, h, j, d)>
#to = affine_map<(b, h, g, j, d) -> (b, h, g, j, d)>
#id = affine_map<(i, j) -> (i, j)>
func.func @read_again(%q: tensor<2x4x5x8xf32>, %k: tensor<2x2x5x8xf32>) -> tensor<2x4x5x8xf32> {
  %c0 = arith.constant 0 : index
  %e5 = tensor.empty() : tensor<2x2x2x5x8xf32>
  %k5 = linalg.generic {indexing_maps = [#from, #to], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<2x2x5x8xf32>) outs(%e5 : tensor<2x2x2x5x8xf32>) {
  ^bb0(%x: f32, %y: f32):
    linalg.yield %x : f32
  } -> tensor<2x2x2x5x8xf32>
  %k4 = tensor.collapse_shape %k5 [[0], [1, 2], [3], [4]] : tensor<2x2x2x5x8xf32> into tensor<2x4x5x8xf32>
  %em = tensor.empty() : tensor<5x5xi1>
  %m = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel", "parallel"]} outs(%em : tensor<5x5xi1>) {
  ^bb0(%y: i1):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %0 = arith.cmpi sge, %i, %j : index
    linalg.yield %0 : i1
  } -> tensor<5x5xi1>
  %o = attn.attention %q, %k4, %k4 scale 0.5
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = attn.softcap %s, 50.0 : f32
      attn.yield %0 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %m[%i, %j] : tensor<5x5xi1>
      attn.yield %0 : i1
    }
    : tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32>, tensor<2x4x5x8xf32> -> tensor<2x4x5x8xf32>
  return %o : tensor<2x4x5x8xf32>
}

