// Attention with masks and values that are one op away from code that the op has: each is read as it is.
// RUN: attn-opt %s -attn-recognize -canonicalize | FileCheck %s

#id = affine_map<(i, j) -> (i, j)>

// Behind a negative factor, -inf is the largest score.
// CHECK-LABEL: func @negative_factor(
// CHECK: attn.attention
// CHECK-NOT: mask (
// CHECK: return
func.func @negative_factor(%q: tensor<4x8xf32>, %kt: tensor<8x4xf32>, %v: tensor<4x8xf32>, %keep: tensor<4x4xi1>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %eo = tensor.empty() : tensor<4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<4x8xf32>) -> tensor<4x8xf32>
  %s = linalg.matmul ins(%q, %kt : tensor<4x8xf32>, tensor<8x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  %m = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%s, %keep : tensor<4x4xf32>, tensor<4x4xi1>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%x0: f32, %x1: i1, %o: f32):
    %lowest = arith.constant 0xFF800000 : f32
    %k = arith.constant -0.5 : f32
    %b = arith.select %x1, %x0, %lowest : f32
    %0 = arith.mulf %b, %k : f32
    linalg.yield %0 : f32
  } -> tensor<4x4xf32>
  %y = linalg.softmax dimension(1) ins(%m : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %r = linalg.matmul ins(%y, %v : tensor<4x4xf32>, tensor<4x8xf32>) outs(%zo : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}

// One element of the constant is not as in a causal mask: it is read, not written as code.
// CHECK-LABEL: func @almost_causal(
// CHECK-NOT: attn.causal
// CHECK: %[[TABLE:.*]] = arith.constant dense<
// CHECK: attn.attention
// CHECK: tensor.extract %[[TABLE]]
// CHECK: return
func.func @almost_causal(%q: tensor<4x8xf32>, %kt: tensor<8x4xf32>, %v: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %eo = tensor.empty() : tensor<4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<4x8xf32>) -> tensor<4x8xf32>
  %s = linalg.matmul ins(%q, %kt : tensor<4x8xf32>, tensor<8x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  %mask = arith.constant dense<[[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 1, 1]]> : tensor<4x4xi1>
  %m = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%s, %mask : tensor<4x4xf32>, tensor<4x4xi1>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%x0: f32, %x1: i1, %o: f32):
    %lowest = arith.constant 0xFF800000 : f32
    %0 = arith.select %x1, %x0, %lowest : f32
    linalg.yield %0 : f32
  } -> tensor<4x4xf32>
  %p = linalg.softmax dimension(1) ins(%m : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %r = linalg.matmul ins(%p, %v : tensor<4x4xf32>, tensor<4x8xf32>) outs(%zo : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}

// Without a sign, -1 is the largest number: row 0 attends to all.
// CHECK-LABEL: func @unsigned(
// CHECK: attn.attention
// CHECK: arith.cmpi ult
// CHECK: return
func.func @unsigned(%q: tensor<4x8xf32>, %kt: tensor<8x4xf32>, %v: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %eo = tensor.empty() : tensor<4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<4x8xf32>) -> tensor<4x8xf32>
  %s = linalg.matmul ins(%q, %kt : tensor<4x8xf32>, tensor<8x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  %m = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%s : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%x0: f32, %o: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %lowest = arith.constant 0xFF800000 : f32
    %k = arith.constant 1 : index
    %d = arith.subi %i, %k : index
    %c = arith.cmpi ult, %j, %d : index
    %0 = arith.select %c, %x0, %lowest : f32
    linalg.yield %0 : f32
  } -> tensor<4x4xf32>
  %p = linalg.softmax dimension(1) ins(%m : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %r = linalg.matmul ins(%p, %v : tensor<4x4xf32>, tensor<4x8xf32>) outs(%zo : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}

// A bound between two integers is none of them: from 2.5 on is from 3 on.
// CHECK-LABEL: func @between_integers(
// CHECK: attn.attention
// CHECK: arith.cmpi sgt, %{{.*}}, %c2
// CHECK: return
func.func @between_integers(%q: tensor<4x8xf32>, %kt: tensor<8x4xf32>, %v: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %eo = tensor.empty() : tensor<4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<4x8xf32>) -> tensor<4x8xf32>
  %s = linalg.matmul ins(%q, %kt : tensor<4x8xf32>, tensor<8x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  %m = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%s : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%x0: f32, %o: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %lowest = arith.constant 0xFF800000 : f32
    %k = arith.constant 2.5 : f32
    %w = arith.index_cast %j : index to i64
    %f = arith.sitofp %w : i64 to f32
    %c = arith.cmpf oge, %f, %k : f32
    %0 = arith.select %c, %x0, %lowest : f32
    linalg.yield %0 : f32
  } -> tensor<4x4xf32>
  %p = linalg.softmax dimension(1) ins(%m : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %r = linalg.matmul ins(%p, %v : tensor<4x4xf32>, tensor<4x8xf32>) outs(%zo : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}

// A flag with a sign is -1: what it keeps is masked.
// CHECK-LABEL: func @signed_flag(
// CHECK: attn.attention
// CHECK: %[[KEEP:.*]] = tensor.extract %{{.*}}[%{{.*}}, %{{.*}}]
// CHECK: %[[NOT:.*]] = arith.xori %[[KEEP]], %true
// CHECK: attn.yield %[[NOT]]
// CHECK: return
func.func @signed_flag(%q: tensor<4x8xf32>, %kt: tensor<8x4xf32>, %v: tensor<4x8xf32>, %keep: tensor<4x4xi1>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %eo = tensor.empty() : tensor<4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<4x8xf32>) -> tensor<4x8xf32>
  %s = linalg.matmul ins(%q, %kt : tensor<4x8xf32>, tensor<8x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  %m = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%s, %keep : tensor<4x4xf32>, tensor<4x4xi1>) outs(%e : tensor<4x4xf32>) {
  ^bb0(%x0: f32, %x1: i1, %o: f32):
    %huge = arith.constant 0x7F800000 : f32
    %f = arith.sitofp %x1 : i1 to f32
    %nothing = arith.cmpf oeq, %f, %zero : f32
    %b = arith.mulf %f, %huge : f32
    %bias = arith.select %nothing, %zero, %b : f32
    %0 = arith.addf %x0, %bias : f32
    linalg.yield %0 : f32
  } -> tensor<4x4xf32>
  %p = linalg.softmax dimension(1) ins(%m : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %r = linalg.matmul ins(%p, %v : tensor<4x4xf32>, tensor<4x8xf32>) outs(%zo : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}

// Values are multiplied on the way, which no number of the op says: they are read as they are then.
// CHECK-LABEL: func @scaled_values(
// CHECK-SAME: %[[KT:[a-z0-9]+]]: tensor<8x4xf32>
// CHECK: %[[TWICE:.*]] = linalg.generic
// CHECK: arith.mulf %{{.*}}, %{{.*}}
// CHECK-DAG: %[[K:.*]] = tensor.expand_shape %[[KT]]
// CHECK-DAG: %[[E:.*]] = tensor.expand_shape %[[TWICE]]
// CHECK: attn.attention %{{.*}}, %[[K]], %[[E]] scale
// CHECK: return
func.func @scaled_values(%q: tensor<4x8xf32>, %kt: tensor<8x4xf32>, %v: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %eo = tensor.empty() : tensor<4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<4x8xf32>) -> tensor<4x8xf32>
  %s = linalg.matmul ins(%q, %kt : tensor<4x8xf32>, tensor<8x4xf32>) outs(%z : tensor<4x4xf32>) -> tensor<4x4xf32>
  %w = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%v : tensor<4x8xf32>) outs(%eo : tensor<4x8xf32>) {
  ^bb0(%x: f32, %o: f32):
    %two = arith.constant 2.0 : f32
    %0 = arith.mulf %x, %two : f32
    linalg.yield %0 : f32
  } -> tensor<4x8xf32>
  %p = linalg.softmax dimension(1) ins(%s : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %r = linalg.matmul ins(%p, %w : tensor<4x4xf32>, tensor<4x8xf32>) outs(%zo : tensor<4x8xf32>) -> tensor<4x8xf32>
  return %r : tensor<4x8xf32>
}
