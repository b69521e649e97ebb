// A loop that two operands share runs as often over both: queries of an unknown batch beside keys of batch 1 have batch 1, so that
// the weights which the function returns are those of the op.
// RUN: attn-opt %s -split-input-file -attn-recognize -canonicalize | FileCheck %s
// RUN: split-file %s %t
// RUN: attn-run %t/shared.mlir --random-inputs --seed=1 --dim b=1 --dim h=6 --dim i=3 --compare=reference | FileCheck %s --check-prefix=AGREE
// RUN: attn-run %t/turned.mlir --random-inputs --seed=3 --dim b=1 --dim h=6 --dim i=3 --compare=reference | FileCheck %s --check-prefix=TURNED
// RUN: attn-run %t/broadcast.mlir --random-inputs --seed=2 --dim b=2 --dim h=6 --dim i=3 --compare=reference | FileCheck %s --check-prefix=AGREE
// AGREE-COUNT-2: agree
// TURNED: agree

//--- shared.mlir
// CHECK-LABEL: func @shared(
// CHECK-SAME: %[[Q:.*]]: tensor<?x?x?x4xf32>
// CHECK-SAME: %[[K:.*]]: tensor<1x3x8x4xf32>
// CHECK: attn.attention
// CHECK: weights tensor<3x2x?x8xf32>
// CHECK-NOT: linalg.softmax
#query = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#key = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#score = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#weight = affine_map<(b, h, i, d, j) -> (b, h, i, j)>
#value = affine_map<(b, h, i, d, j) -> (b, h, j, d)>
#out = affine_map<(b, h, i, d, j) -> (b, h, i, d)>
#one = affine_map<(b, h, g, j, d) -> (b, h, j, d)>
#each = affine_map<(b, h, g, j, d) -> (b, h, g, j, d)>
func.func @shared(%q: tensor<?x?x?x4xf32> {attn.dim_names = ["b", "h", "i", ""]}, %k: tensor<1x3x8x4xf32>,
                  %v: tensor<1x3x8x4xf32>) -> (tensor<?x?x?x4xf32>, tensor<?x?x?x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %b = tensor.dim %q, %c0 : tensor<?x?x?x4xf32>
  %h = tensor.dim %q, %c1 : tensor<?x?x?x4xf32>
  %i = tensor.dim %q, %c2 : tensor<?x?x?x4xf32>
  %grouped = tensor.empty() : tensor<1x3x2x8x4xf32>
  %ke = linalg.generic {indexing_maps = [#one, #each], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<1x3x8x4xf32>) outs(%grouped : tensor<1x3x2x8x4xf32>) {
  ^bb0(%x: f32, %acc: f32):
    linalg.yield %x : f32
  } -> tensor<1x3x2x8x4xf32>
  %ve = linalg.generic {indexing_maps = [#one, #each], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%v : tensor<1x3x8x4xf32>) outs(%grouped : tensor<1x3x2x8x4xf32>) {
  ^bb0(%x: f32, %acc: f32):
    linalg.yield %x : f32
  } -> tensor<1x3x2x8x4xf32>
  %keys = tensor.collapse_shape %ke [[0], [1, 2], [3], [4]] : tensor<1x3x2x8x4xf32> into tensor<1x6x8x4xf32>
  %values = tensor.collapse_shape %ve [[0], [1, 2], [3], [4]] : tensor<1x3x2x8x4xf32> into tensor<1x6x8x4xf32>
  %e = tensor.empty(%b, %h, %i) : tensor<?x?x?x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x?x?x8xf32>) -> tensor<?x?x?x8xf32>
  %s = linalg.generic {indexing_maps = [#query, #key, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %keys : tensor<?x?x?x4xf32>, tensor<1x6x8x4xf32>) outs(%z : tensor<?x?x?x8xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %m = arith.mulf %x, %y : f32
    %r = arith.addf %acc, %m : f32
    linalg.yield %r : f32
  } -> tensor<?x?x?x8xf32>
  %p = linalg.softmax dimension(3) ins(%s : tensor<?x?x?x8xf32>) outs(%e : tensor<?x?x?x8xf32>) -> tensor<?x?x?x8xf32>
  %eo = tensor.empty(%b, %h, %i) : tensor<?x?x?x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<?x?x?x4xf32>) -> tensor<?x?x?x4xf32>
  %o = linalg.generic {indexing_maps = [#weight, #value, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%p, %values : tensor<?x?x?x8xf32>, tensor<1x6x8x4xf32>) outs(%zo : tensor<?x?x?x4xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %m = arith.mulf %x, %y : f32
    %r = arith.addf %acc, %m : f32
    linalg.yield %r : f32
  } -> tensor<?x?x?x4xf32>
  return %o, %p : tensor<?x?x?x4xf32>, tensor<?x?x?x8xf32>
}

// -----
//--- turned.mlir
// Sizes that are known by now, in an output whose dimensions stand in another order.
// CHECK-LABEL: func @turned(
// CHECK: attn.attention
// CHECK: linalg.transpose
#query = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#key = affine_map<(b, h, i, j, d) -> (b, h, j, d)>
#score = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#weight = affine_map<(b, h, i, d, j) -> (b, h, i, j)>
#value = affine_map<(b, h, i, d, j) -> (b, h, j, d)>
#out = affine_map<(b, h, i, d, j) -> (i, b, h, d)>
#one = affine_map<(b, h, g, j, d) -> (b, h, j, d)>
#each = affine_map<(b, h, g, j, d) -> (b, h, g, j, d)>
func.func @turned(%q: tensor<?x?x?x4xf32> {attn.dim_names = ["b", "h", "i", ""]}, %k: tensor<1x3x8x4xf32>,
                  %v: tensor<1x3x8x4xf32>) -> tensor<?x?x?x4xf32> {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %b = tensor.dim %q, %c0 : tensor<?x?x?x4xf32>
  %h = tensor.dim %q, %c1 : tensor<?x?x?x4xf32>
  %i = tensor.dim %q, %c2 : tensor<?x?x?x4xf32>
  %grouped = tensor.empty() : tensor<1x3x2x8x4xf32>
  %ke = linalg.generic {indexing_maps = [#one, #each], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%k : tensor<1x3x8x4xf32>) outs(%grouped : tensor<1x3x2x8x4xf32>) {
  ^bb0(%x: f32, %acc: f32):
    linalg.yield %x : f32
  } -> tensor<1x3x2x8x4xf32>
  %ve = linalg.generic {indexing_maps = [#one, #each], iterator_types = ["parallel", "parallel", "parallel", "parallel", "parallel"]}
      ins(%v : tensor<1x3x8x4xf32>) outs(%grouped : tensor<1x3x2x8x4xf32>) {
  ^bb0(%x: f32, %acc: f32):
    linalg.yield %x : f32
  } -> tensor<1x3x2x8x4xf32>
  %keys = tensor.collapse_shape %ke [[0], [1, 2], [3], [4]] : tensor<1x3x2x8x4xf32> into tensor<1x6x8x4xf32>
  %values = tensor.collapse_shape %ve [[0], [1, 2], [3], [4]] : tensor<1x3x2x8x4xf32> into tensor<1x6x8x4xf32>
  %e = tensor.empty(%b, %h, %i) : tensor<?x?x?x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x?x?x8xf32>) -> tensor<?x?x?x8xf32>
  %s = linalg.generic {indexing_maps = [#query, #key, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %keys : tensor<?x?x?x4xf32>, tensor<1x6x8x4xf32>) outs(%z : tensor<?x?x?x8xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %m = arith.mulf %x, %y : f32
    %r = arith.addf %acc, %m : f32
    linalg.yield %r : f32
  } -> tensor<?x?x?x8xf32>
  %p = linalg.softmax dimension(3) ins(%s : tensor<?x?x?x8xf32>) outs(%e : tensor<?x?x?x8xf32>) -> tensor<?x?x?x8xf32>
  %eo = tensor.empty(%i, %b, %h) : tensor<?x?x?x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<?x?x?x4xf32>) -> tensor<?x?x?x4xf32>
  %o = linalg.generic {indexing_maps = [#weight, #value, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%p, %values : tensor<?x?x?x8xf32>, tensor<1x6x8x4xf32>) outs(%zo : tensor<?x?x?x4xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %m = arith.mulf %x, %y : f32
    %r = arith.addf %acc, %m : f32
    linalg.yield %r : f32
  } -> tensor<?x?x?x4xf32>
  return %o : tensor<?x?x?x4xf32>
}

// -----
//--- broadcast.mlir
// Keys without a batch are read for every batch, of which there may be many: nothing says that there is one.
// CHECK-LABEL: func @broadcast(
// CHECK-NOT: attn.attention
// CHECK: linalg.softmax
#query = affine_map<(b, h, i, j, d) -> (b, h, i, d)>
#key = affine_map<(b, h, i, j, d) -> (h, j, d)>
#score = affine_map<(b, h, i, j, d) -> (b, h, i, j)>
#weight = affine_map<(b, h, i, d, j) -> (b, h, i, j)>
#value = affine_map<(b, h, i, d, j) -> (h, j, d)>
#out = affine_map<(b, h, i, d, j) -> (b, h, i, d)>
func.func @broadcast(%q: tensor<?x?x?x4xf32> {attn.dim_names = ["b", "h", "i", ""]}, %k: tensor<6x8x4xf32>,
                     %v: tensor<6x8x4xf32>) -> (tensor<?x?x?x4xf32>, tensor<?x?x?x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %b = tensor.dim %q, %c0 : tensor<?x?x?x4xf32>
  %h = tensor.dim %q, %c1 : tensor<?x?x?x4xf32>
  %i = tensor.dim %q, %c2 : tensor<?x?x?x4xf32>
  %e = tensor.empty(%b, %h, %i) : tensor<?x?x?x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<?x?x?x8xf32>) -> tensor<?x?x?x8xf32>
  %s = linalg.generic {indexing_maps = [#query, #key, #score], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<?x?x?x4xf32>, tensor<6x8x4xf32>) outs(%z : tensor<?x?x?x8xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %m = arith.mulf %x, %y : f32
    %r = arith.addf %acc, %m : f32
    linalg.yield %r : f32
  } -> tensor<?x?x?x8xf32>
  %p = linalg.softmax dimension(3) ins(%s : tensor<?x?x?x8xf32>) outs(%e : tensor<?x?x?x8xf32>) -> tensor<?x?x?x8xf32>
  %eo = tensor.empty(%b, %h, %i) : tensor<?x?x?x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<?x?x?x4xf32>) -> tensor<?x?x?x4xf32>
  %o = linalg.generic {indexing_maps = [#weight, #value, #out], iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%p, %v : tensor<?x?x?x8xf32>, tensor<6x8x4xf32>) outs(%zo : tensor<?x?x?x4xf32>) {
  ^bb0(%x: f32, %y: f32, %acc: f32):
    %m = arith.mulf %x, %y : f32
    %r = arith.addf %acc, %m : f32
    linalg.yield %r : f32
  } -> tensor<?x?x?x4xf32>
  return %o, %p : tensor<?x?x?x4xf32>, tensor<?x?x?x8xf32>
}
