// RUN: attn-opt %s --split-input-file --attn-tile-rows --canonicalize --cse | FileCheck %s -enable-var-scope
// RUN: attn-opt %s --split-input-file --attn-tile-rows --remarks-filter=attn-tile-rows --remark-format=emitRemark -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=REMARK

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#unit = affine_map<(i, j) -> (i, 0)>

// A layer norm is one loop over rows, with a loop for each sum and one for the result; deviations are computed twice, not kept. The dimension
// of 1 that a graph adds to the sums is seen through.
// REMARK: remark: {{.*}}Tiled{{.*}}5 ops over 1 loops
// CHECK-LABEL: func.func @layer_norm
// CHECK: scf.forall (%{{.*}}) = (0) to (%{{.*}}) step (10) shared_outs(%[[OUT:.*]] = %{{.*}})
// CHECK: linalg.generic {{.*}}"reduction"
// CHECK: arith.addf
// CHECK: linalg.generic {{.*}}"reduction"
// CHECK: arith.divf
// CHECK: arith.subf
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK: linalg.generic {{.*}}"parallel", "parallel"
// CHECK: arith.subf
// CHECK: math.rsqrt
// CHECK-NOT: linalg.generic
// CHECK: tensor.parallel_insert_slice
func.func @layer_norm(%x: tensor<?x768xf32>) -> tensor<?x768xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %size = arith.constant 768.0 : f32
  %epsilon = arith.constant 1.0e-5 : f32
  %n = tensor.dim %x, %c0 : tensor<?x768xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<?x768xf32>) outs(%f : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %o, %a : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  %s = tensor.expand_shape %sum [[0, 1]] output_shape [%n, 1] : tensor<?xf32> into tensor<?x1xf32>
  %d = tensor.empty(%n) : tensor<?x768xf32>
  %deviation = linalg.generic {indexing_maps = [#id, #unit, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %s : tensor<?x768xf32>, tensor<?x1xf32>) outs(%d : tensor<?x768xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %0 = arith.divf %t, %size : f32
    %1 = arith.subf %a, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<?x768xf32>
  %square = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%deviation : tensor<?x768xf32>) outs(%d : tensor<?x768xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.mulf %a, %a : f32
    linalg.yield %0 : f32
  } -> tensor<?x768xf32>
  %squares = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%square : tensor<?x768xf32>) outs(%f : tensor<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %o, %a : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  %r = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%deviation, %squares : tensor<?x768xf32>, tensor<?xf32>) outs(%d : tensor<?x768xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %0 = arith.divf %t, %size : f32
    %1 = arith.addf %0, %epsilon : f32
    %2 = math.rsqrt %1 : f32
    %3 = arith.mulf %a, %2 : f32
    linalg.yield %3 : f32
  } -> tensor<?x768xf32>
  return %r : tensor<?x768xf32>
}

// -----

// A softmax over a length that only the run knows: rows of a block by that length; exp is computed once, and kept.
// REMARK: remark: {{.*}}Tiled{{.*}}4 ops over 2 loops
// CHECK-LABEL: func.func @softmax
// CHECK: %[[ROWS:.*]] = arith.divui %{{.*}}, %{{.*}} : index
// CHECK: %[[STEP:.*]] = arith.maxsi %[[ROWS]]
// CHECK: scf.forall (%{{.*}}, %{{.*}}) = (0, 0) to (12, %{{.*}}) step (1, %[[STEP]])
// CHECK: arith.maximumf
// CHECK: math.exp
// CHECK: arith.addf
// CHECK: arith.divf
// CHECK-NOT: math.exp
#id3 = affine_map<(h, i, j) -> (h, i, j)>
#row3 = affine_map<(h, i, j) -> (h, i)>
func.func @softmax(%x: tensor<12x?x?xf32>, %m: index, %n: index) -> tensor<12x?x?xf32> {
  %zero = arith.constant 0.0 : f32
  %least = arith.constant 0xFF800000 : f32
  %e = tensor.empty(%m) : tensor<12x?xf32>
  %d = tensor.empty(%m, %n) : tensor<12x?x?xf32>
  %f = linalg.fill ins(%least : f32) outs(%e : tensor<12x?xf32>) -> tensor<12x?xf32>
  %max = linalg.generic {indexing_maps = [#id3, #row3], iterator_types = ["parallel", "parallel", "reduction"]} ins(%x : tensor<12x?x?xf32>) outs(%f : tensor<12x?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.maximumf %o, %a : f32
    linalg.yield %0 : f32
  } -> tensor<12x?xf32>
  %exp = linalg.generic {indexing_maps = [#id3, #row3, #id3], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %max : tensor<12x?x?xf32>, tensor<12x?xf32>) outs(%d : tensor<12x?x?xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %0 = arith.subf %a, %t : f32
    %1 = math.exp %0 : f32
    linalg.yield %1 : f32
  } -> tensor<12x?x?xf32>
  %g = linalg.fill ins(%zero : f32) outs(%e : tensor<12x?xf32>) -> tensor<12x?xf32>
  %sum = linalg.generic {indexing_maps = [#id3, #row3], iterator_types = ["parallel", "parallel", "reduction"]} ins(%exp : tensor<12x?x?xf32>) outs(%g : tensor<12x?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %o, %a : f32
    linalg.yield %0 : f32
  } -> tensor<12x?xf32>
  %r = linalg.generic {indexing_maps = [#id3, #row3, #id3], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%exp, %sum : tensor<12x?x?xf32>, tensor<12x?xf32>) outs(%d : tensor<12x?x?xf32>) {
  ^bb0(%a: f32, %t: f32, %o: f32):
    %0 = arith.divf %a, %t : f32
    linalg.yield %0 : f32
  } -> tensor<12x?x?xf32>
  return %r : tensor<12x?x?xf32>
}

// -----

// Small ones stay on one thread; of columns there is no row.
// CHECK-LABEL: func.func @left_alone
// CHECK-NOT: scf.forall
func.func @left_alone(%x: tensor<16x64xf32>, %y: tensor<512x768xf32>, %c: tensor<768xf32>) -> (tensor<16x64xf32>, tensor<768xf32>) {
  %0 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<16x64xf32>) outs(%x : tensor<16x64xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  } -> tensor<16x64xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>], iterator_types = ["reduction", "parallel"]}
      ins(%y : tensor<512x768xf32>) outs(%c : tensor<768xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %o, %a : f32
    linalg.yield %s : f32
  } -> tensor<768xf32>
  return %0, %1 : tensor<16x64xf32>, tensor<768xf32>
}
