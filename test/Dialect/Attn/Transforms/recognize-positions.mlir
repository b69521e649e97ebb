// What attn-recognize makes of biases and masks that go by distance, of sizes that may be 1, and of sinks.
// RUN: attn-opt %s -split-input-file -attn-recognize -canonicalize | FileCheck %s

// A bias of the logarithm of the distance: a table by distance, before the op.
// CHECK-LABEL: func @distance(
// CHECK: %[[TABLE:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<3x12xf32>)
// CHECK: math.log
// CHECK: attn.attention
// CHECK-NOT: math.log
// CHECK: tensor.extract %[[TABLE]][%{{.*}}, %{{.*}}]
#id = affine_map<(b, i, j) -> (b, i, j)>
#b = affine_map<(b, i, j) -> (b)>
func.func @distance(%slopes: tensor<3xf32>, %q: tensor<3x4x8xf32>, %kt: tensor<3x8x9xf32>, %v: tensor<3x9x8xf32>) -> tensor<3x4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x4x9xf32>
  %eo = tensor.empty() : tensor<3x4x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x4x9xf32>) -> tensor<3x4x9xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<3x4x8xf32>, tensor<3x8x9xf32>) outs(%z : tensor<3x4x9xf32>) -> tensor<3x4x9xf32>
  %t = linalg.generic {indexing_maps = [#b, #id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%slopes, %s : tensor<3xf32>, tensor<3x4x9xf32>) outs(%e : tensor<3x4x9xf32>) {
  ^bb0(%slope: f32, %a: f32, %c: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %c10 = arith.constant 10 : index
    %d = arith.subi %j, %i : index
    %n = arith.addi %d, %c10 : index
    %w = arith.index_cast %n : index to i64
    %f = arith.sitofp %w : i64 to f32
    %l = math.log %f : f32
    %m = arith.mulf %slope, %l : f32
    %0 = arith.addf %a, %m : f32
    linalg.yield %0 : f32
  } -> tensor<3x4x9xf32>
  %p = linalg.softmax dimension(2) ins(%t : tensor<3x4x9xf32>) outs(%e : tensor<3x4x9xf32>) -> tensor<3x4x9xf32>
  %o = linalg.batch_matmul ins(%p, %v : tensor<3x4x9xf32>, tensor<3x9x8xf32>) outs(%zo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  return %o : tensor<3x4x8xf32>
}

// -----

// Keys on both sides, by the absolute distance, and a bound from below as some models have behind their masks.
// CHECK-LABEL: func @band(
// CHECK: attn.attention
// CHECK-SAME: mask
// CHECK-DAG: attn.causal %{{.*}}, %{{.*}} offset %c2
// CHECK-DAG: attn.window %{{.*}}, %{{.*}} left 2
#id = affine_map<(b, i, j) -> (b, i, j)>
func.func @band(%q: tensor<3x9x8xf32>, %kt: tensor<3x8x9xf32>, %v: tensor<3x9x8xf32>) -> tensor<3x9x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<3x9x9xf32>
  %eo = tensor.empty() : tensor<3x9x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x9x9xf32>) -> tensor<3x9x9xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<3x9x8xf32>) -> tensor<3x9x8xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<3x9x8xf32>, tensor<3x8x9xf32>) outs(%z : tensor<3x9x9xf32>) -> tensor<3x9x9xf32>
  %t = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%s : tensor<3x9x9xf32>) outs(%e : tensor<3x9x9xf32>) {
  ^bb0(%a: f32, %c: f32):
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %c2 = arith.constant 2 : index
    %lowest = arith.constant 0xFF7FFFFF : f32
    %nothing = arith.constant 0.0 : f32
    %d = arith.subi %i, %j : index
    %n = math.absi %d : index
    %far = arith.cmpi sgt, %n, %c2 : index
    %bias = arith.select %far, %lowest, %nothing : f32
    %0 = arith.addf %a, %bias : f32
    %1 = arith.maximumf %0, %lowest : f32
    linalg.yield %1 : f32
  } -> tensor<3x9x9xf32>
  %p = linalg.softmax dimension(2) ins(%t : tensor<3x9x9xf32>) outs(%e : tensor<3x9x9xf32>) -> tensor<3x9x9xf32>
  %o = linalg.batch_matmul ins(%p, %v : tensor<3x9x9xf32>, tensor<3x9x8xf32>) outs(%zo : tensor<3x9x8xf32>) -> tensor<3x9x8xf32>
  return %o : tensor<3x9x8xf32>
}

// -----

// Sizes that may turn out to be 1 broadcast: positions are multiplied by 0 where they do. A position of its own dimension is not changed by that.
// CHECK-LABEL: func @broadcast_when_run(
// CHECK-SAME: %{{.*}}: tensor<3x4x8xf32>, %{{.*}}: tensor<3x8x?xf32>, %{{.*}}: tensor<3x?x8xf32>, %[[BIAS:.*]]: tensor<?xf32>)
// CHECK: %[[ROW:.*]] = linalg.generic
// CHECK: %[[STEP:.*]] = arith.select
// CHECK: %[[AT:.*]] = arith.muli %{{.*}}, %[[STEP]]
// CHECK: tensor.extract %[[BIAS]][%[[AT]]]
// CHECK: attn.attention
// CHECK-SAME: score (%{{.*}}: f32, %{{.*}}: index, %{{.*}}: index, %{{.*}}: index, %[[J:.*]]: index)
// CHECK: tensor.extract %[[ROW]][%[[J]]]
// CHECK-NOT: linalg.softmax
func.func @broadcast_when_run(%q: tensor<3x4x8xf32>, %kt: tensor<3x8x?xf32>, %v: tensor<3x?x8xf32>, %bias: tensor<?xf32>) -> tensor<3x4x8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %kt, %c2 : tensor<3x8x?xf32>
  %m = tensor.dim %v, %c1 : tensor<3x?x8xf32>
  %same = arith.cmpi eq, %n, %m : index
  cf.assert %same, "expected as many values as keys"
  %nb = tensor.dim %bias, %c0 : tensor<?xf32>
  %one = arith.cmpi eq, %n, %c1 : index
  %step = arith.select %one, %c0, %c1 : index
  %oneb = arith.cmpi eq, %nb, %c1 : index
  %stepb = arith.select %oneb, %c0, %c1 : index
  %e = tensor.empty(%n) : tensor<3x4x?xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<3x4x?xf32>) -> tensor<3x4x?xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<3x4x8xf32>, tensor<3x8x?xf32>) outs(%z : tensor<3x4x?xf32>) -> tensor<3x4x?xf32>
  %t = linalg.generic {indexing_maps = [affine_map<(b, i, j) -> (b, i, j)>], iterator_types = ["parallel", "parallel", "parallel"]}
      outs(%e : tensor<3x4x?xf32>) {
  ^bb0(%o: f32):
    %b = linalg.index 0 : index
    %i = linalg.index 1 : index
    %j = linalg.index 2 : index
    %js = arith.muli %j, %step : index
    %x = tensor.extract %s[%b, %i, %js] : tensor<3x4x?xf32>
    %jb = arith.muli %j, %stepb : index
    %y = tensor.extract %bias[%jb] : tensor<?xf32>
    %0 = arith.addf %x, %y : f32
    linalg.yield %0 : f32
  } -> tensor<3x4x?xf32>
  %w = linalg.softmax dimension(2) ins(%t : tensor<3x4x?xf32>) outs(%e : tensor<3x4x?xf32>) -> tensor<3x4x?xf32>
  %eo = tensor.empty() : tensor<3x4x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  %r = linalg.batch_matmul ins(%w, %v : tensor<3x4x?xf32>, tensor<3x?x8xf32>) outs(%zo : tensor<3x4x8xf32>) -> tensor<3x4x8xf32>
  return %r : tensor<3x4x8xf32>
}

// -----

// A column of one logit for each head that is cut off behind the softmax is a sink. A batch of 1 is no reason to take the heads
// for batches.
// CHECK-LABEL: func @sink(
// CHECK-SAME: %[[Q:.*]]: tensor<1x3x5x8xf32>, %[[K:.*]]: tensor<1x3x9x8xf32>, %[[V:.*]]: tensor<1x3x9x8xf32>, %[[SINK:.*]]: tensor<3xf32>
// CHECK: %[[O:.*]] = attn.attention %[[Q]], %[[K]], %[[V]] sink %[[SINK]] scale 1.000000e+00 :
// CHECK: return %[[O]]
func.func @sink(%q: tensor<1x3x5x8xf32>, %k: tensor<1x3x9x8xf32>, %v: tensor<1x3x9x8xf32>, %sink: tensor<3xf32>)
    -> tensor<1x3x5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x3x5x9xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3x5x9xf32>) -> tensor<1x3x5x9xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(b, h, i, j, d) -> (b, h, i, d)>, affine_map<(b, h, i, j, d) -> (b, h, j, d)>,
                                        affine_map<(b, h, i, j, d) -> (b, h, i, j)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<1x3x5x8xf32>, tensor<1x3x9x8xf32>) outs(%z : tensor<1x3x5x9xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<1x3x5x9xf32>
  %es = tensor.empty() : tensor<1x3x5x1xf32>
  %sinks = linalg.generic {indexing_maps = [affine_map<(b, h, i, j) -> (h)>, affine_map<(b, h, i, j) -> (b, h, i, j)>],
                           iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%sink : tensor<3xf32>) outs(%es : tensor<1x3x5x1xf32>) {
  ^bb0(%a: f32, %c: f32):
    linalg.yield %a : f32
  } -> tensor<1x3x5x1xf32>
  %all = tensor.concat dim(3) %s, %sinks : (tensor<1x3x5x9xf32>, tensor<1x3x5x1xf32>) -> tensor<1x3x5x10xf32>
  %ea = tensor.empty() : tensor<1x3x5x10xf32>
  %p = linalg.softmax dimension(3) ins(%all : tensor<1x3x5x10xf32>) outs(%ea : tensor<1x3x5x10xf32>) -> tensor<1x3x5x10xf32>
  %w = tensor.extract_slice %p[0, 0, 0, 0] [1, 3, 5, 9] [1, 1, 1, 1] : tensor<1x3x5x10xf32> to tensor<1x3x5x9xf32>
  %eo = tensor.empty() : tensor<1x3x5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<1x3x5x8xf32>) -> tensor<1x3x5x8xf32>
  %o = linalg.generic {indexing_maps = [affine_map<(b, h, i, e, j) -> (b, h, i, j)>, affine_map<(b, h, i, e, j) -> (b, h, j, e)>,
                                        affine_map<(b, h, i, e, j) -> (b, h, i, e)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%w, %v : tensor<1x3x5x9xf32>, tensor<1x3x9x8xf32>) outs(%zo : tensor<1x3x5x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<1x3x5x8xf32>
  return %o : tensor<1x3x5x8xf32>
}

// -----

// In front of the keys.
// CHECK-LABEL: func @sink_first(
// CHECK: attn.attention {{.*}} sink %
// CHECK-NOT: linalg.softmax
func.func @sink_first(%q: tensor<2x3x5x8xf32>, %k: tensor<2x3x9x8xf32>, %v: tensor<2x3x9x8xf32>, %sink: tensor<3xf32>)
    -> tensor<2x3x5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x3x5x9xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x5x9xf32>) -> tensor<2x3x5x9xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(b, h, i, j, d) -> (b, h, i, d)>, affine_map<(b, h, i, j, d) -> (b, h, j, d)>,
                                        affine_map<(b, h, i, j, d) -> (b, h, i, j)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x3x5x8xf32>, tensor<2x3x9x8xf32>) outs(%z : tensor<2x3x5x9xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x5x9xf32>
  %es = tensor.empty() : tensor<2x3x5x1xf32>
  %sinks = linalg.generic {indexing_maps = [affine_map<(b, h, i, j) -> (h)>, affine_map<(b, h, i, j) -> (b, h, i, j)>],
                           iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%sink : tensor<3xf32>) outs(%es : tensor<2x3x5x1xf32>) {
  ^bb0(%a: f32, %c: f32):
    linalg.yield %a : f32
  } -> tensor<2x3x5x1xf32>
  %all = tensor.concat dim(3) %sinks, %s : (tensor<2x3x5x1xf32>, tensor<2x3x5x9xf32>) -> tensor<2x3x5x10xf32>
  %ea = tensor.empty() : tensor<2x3x5x10xf32>
  %p = linalg.softmax dimension(3) ins(%all : tensor<2x3x5x10xf32>) outs(%ea : tensor<2x3x5x10xf32>) -> tensor<2x3x5x10xf32>
  %w = tensor.extract_slice %p[0, 0, 0, 1] [2, 3, 5, 9] [1, 1, 1, 1] : tensor<2x3x5x10xf32> to tensor<2x3x5x9xf32>
  %eo = tensor.empty() : tensor<2x3x5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x5x8xf32>) -> tensor<2x3x5x8xf32>
  %o = linalg.generic {indexing_maps = [affine_map<(b, h, i, e, j) -> (b, h, i, j)>, affine_map<(b, h, i, e, j) -> (b, h, j, e)>,
                                        affine_map<(b, h, i, e, j) -> (b, h, i, e)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%w, %v : tensor<2x3x5x9xf32>, tensor<2x3x9x8xf32>) outs(%zo : tensor<2x3x5x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x5x8xf32>
  return %o : tensor<2x3x5x8xf32>
}

// -----

// Beside a constant sink the least finite number is nothing, so a row without a key is 0: padding is a mask, and no row is looked at.
// CHECK-LABEL: func @finite_sink(
// CHECK-NOT: linalg.generic
// CHECK: attn.attention {{.*}} sink %
// CHECK-SAME: mask
// CHECK: %[[KEPT:.*]] = tensor.extract
// CHECK-NEXT: attn.yield %[[KEPT]]
func.func @finite_sink(%q: tensor<2x3x5x8xf32>, %k: tensor<2x3x9x8xf32>, %v: tensor<2x3x9x8xf32>, %keep: tensor<2x9xi1>)
    -> tensor<2x3x5x8xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2x3x5x9xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x5x9xf32>) -> tensor<2x3x5x9xf32>
  %s = linalg.generic {indexing_maps = [affine_map<(b, h, i, j, d) -> (b, h, i, d)>, affine_map<(b, h, i, j, d) -> (b, h, j, d)>,
                                        affine_map<(b, h, i, j, d) -> (b, h, i, j)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%q, %k : tensor<2x3x5x8xf32>, tensor<2x3x9x8xf32>) outs(%z : tensor<2x3x5x9xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x5x9xf32>
  %padded = linalg.generic {indexing_maps = [affine_map<(b, h, i, j) -> (b, h, i, j)>, affine_map<(b, h, i, j) -> (b, j)>, affine_map<(b, h, i, j) -> (b, h, i, j)>],
                            iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%s, %keep : tensor<2x3x5x9xf32>, tensor<2x9xi1>) outs(%e : tensor<2x3x5x9xf32>) {
  ^bb0(%a: f32, %kept: i1, %c: f32):
    %lowest = arith.constant 0xFF7FFFFF : f32
    %bias = arith.select %kept, %zero, %lowest : f32
    %0 = arith.addf %a, %bias : f32
    linalg.yield %0 : f32
  } -> tensor<2x3x5x9xf32>
  %sink = arith.constant dense<[-1.0, 0.5, 2.0]> : tensor<3xf32>
  %es = tensor.empty() : tensor<2x3x5x1xf32>
  %sinks = linalg.generic {indexing_maps = [affine_map<(b, h, i, j) -> (h)>, affine_map<(b, h, i, j) -> (b, h, i, j)>],
                           iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%sink : tensor<3xf32>) outs(%es : tensor<2x3x5x1xf32>) {
  ^bb0(%a: f32, %c: f32):
    linalg.yield %a : f32
  } -> tensor<2x3x5x1xf32>
  %all = tensor.concat dim(3) %sinks, %padded : (tensor<2x3x5x1xf32>, tensor<2x3x5x9xf32>) -> tensor<2x3x5x10xf32>
  %ea = tensor.empty() : tensor<2x3x5x10xf32>
  %p = linalg.softmax dimension(3) ins(%all : tensor<2x3x5x10xf32>) outs(%ea : tensor<2x3x5x10xf32>) -> tensor<2x3x5x10xf32>
  %w = tensor.extract_slice %p[0, 0, 0, 1] [2, 3, 5, 9] [1, 1, 1, 1] : tensor<2x3x5x10xf32> to tensor<2x3x5x9xf32>
  %eo = tensor.empty() : tensor<2x3x5x8xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x5x8xf32>) -> tensor<2x3x5x8xf32>
  %o = linalg.generic {indexing_maps = [affine_map<(b, h, i, e, j) -> (b, h, i, j)>, affine_map<(b, h, i, e, j) -> (b, h, j, e)>,
                                        affine_map<(b, h, i, e, j) -> (b, h, i, e)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction"]}
      ins(%w, %v : tensor<2x3x5x9xf32>, tensor<2x3x9x8xf32>) outs(%zo : tensor<2x3x5x8xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32):
    %0 = arith.mulf %a, %b : f32
    %1 = arith.addf %c, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<2x3x5x8xf32>
  return %o : tensor<2x3x5x8xf32>
}

// -----

// A mask for each batch, of a constant that repeats one: as exporters fold it for a fixed batch.
// CHECK-LABEL: func @repeated_constant(
// CHECK: attn.attention
// CHECK-SAME: mask
// CHECK-NOT: tensor.extract
// CHECK: attn.causal
#id = affine_map<(b, i, j) -> (b, i, j)>
func.func @repeated_constant(%q: tensor<2x3x8xf32>, %kt: tensor<2x8x3xf32>, %v: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %zero = arith.constant 0.0 : f32
  %mask = arith.constant dense<[[[0.0, 0xFF800000, 0xFF800000], [0.0, 0.0, 0xFF800000], [0.0, 0.0, 0.0]],
                                [[0.0, 0xFF800000, 0xFF800000], [0.0, 0.0, 0xFF800000], [0.0, 0.0, 0.0]]]> : tensor<2x3x3xf32>
  %e = tensor.empty() : tensor<2x3x3xf32>
  %eo = tensor.empty() : tensor<2x3x8xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  %zo = linalg.fill ins(%zero : f32) outs(%eo : tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
  %s = linalg.batch_matmul ins(%q, %kt : tensor<2x3x8xf32>, tensor<2x8x3xf32>) outs(%z : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  %masked = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%s, %mask : tensor<2x3x3xf32>, tensor<2x3x3xf32>) outs(%e : tensor<2x3x3xf32>) {
  ^bb0(%a: f32, %m: f32, %c: f32):
    %0 = arith.addf %a, %m : f32
    linalg.yield %0 : f32
  } -> tensor<2x3x3xf32>
  %p = linalg.softmax dimension(2) ins(%masked : tensor<2x3x3xf32>) outs(%e : tensor<2x3x3xf32>) -> tensor<2x3x3xf32>
  %o = linalg.batch_matmul ins(%p, %v : tensor<2x3x3xf32>, tensor<2x3x8xf32>) outs(%zo : tensor<2x3x8xf32>) -> tensor<2x3x8xf32>
  return %o : tensor<2x3x8xf32>
}
