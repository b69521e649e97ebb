// RUN: attn-opt %s --split-input-file --attn-outline-layers=smallest=6 | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-outline-layers=smallest=100 | FileCheck %s --check-prefix=FEW
// RUN: attn-opt %s --split-input-file --attn-outline-layers=smallest=6 --remarks-filter=attn-outline-layers --remark-format=emitRemark -o %t 2>&1 | FileCheck %s --check-prefix=REMARK

// FEW-NOT: call
// REMARK: 3 times 5 ops as calls of 'attn_layer'

// Weights differ, sizes and the table are shared; %c3, which all share, goes in. The caller makes the tensors that results go to.
// CHECK-LABEL: func.func @layers
// CHECK-SAME:  (%[[X:.*]]: tensor<?x4xf32>, %[[TABLE:.*]]: tensor<4xf32>)
// The first layer alone computes what all use.
// CHECK-DAG:     %[[A:.*]] = arith.constant dense<1.000000e+00>
// CHECK-DAG:     %[[B:.*]] = arith.constant dense<2.000000e+00>
// CHECK:         %[[N:.*]] = tensor.dim %[[X]]
// CHECK:         %[[SHARED:.*]] = linalg.exp ins(%[[TABLE]]
// CHECK:         %[[E0:.*]] = tensor.empty(%[[N]])
// CHECK:         %[[Y0:.*]] = call @[[$LAYER:[a-z_]+]](%[[N]], %[[X]], %[[A]], %[[SHARED]], %[[E0]])
// CHECK:         %[[E1:.*]] = tensor.empty(%[[N]])
// CHECK:         %[[Y1:.*]] = call @[[$LAYER]](%[[N]], %[[Y0]], %[[B]], %[[SHARED]], %[[E1]])
// CHECK:         %[[E2:.*]] = tensor.empty(%[[N]])
// CHECK:         %[[Y2:.*]] = call @[[$LAYER]](%[[N]], %[[Y1]], %[[A]], %[[SHARED]], %[[E2]])
// CHECK:         return %[[Y2]]
// CHECK:       func.func private @[[$LAYER]](%{{.*}}: index, %[[IN:.*]]: tensor<?x4xf32> {bufferization.writable = false}, %[[W:.*]]: tensor<4x4xf32> {bufferization.writable = false}, %{{.*}}: tensor<4xf32> {bufferization.writable = false}, %[[OUT:[a-z0-9]*]]: tensor<?x4xf32>) -> tensor<?x4xf32>
// CHECK-SAME:    no_inline
// CHECK:         arith.constant 3.000000e+00
// CHECK:         linalg.matmul ins(%[[IN]], %[[W]]
// CHECK:         %[[R:.*]] = linalg.generic
// CHECK:         %[[WRITTEN:.*]] = bufferization.materialize_in_destination %[[R]] in %[[OUT]]
// CHECK:         return %[[WRITTEN]]
#rows = affine_map<(i, j) -> (i, j)>
#columns = affine_map<(i, j) -> (j)>
func.func @layers(%x: tensor<?x4xf32>, %table: tensor<4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3.0 : f32
  %a = arith.constant dense<1.0> : tensor<4x4xf32>
  %b = arith.constant dense<2.0> : tensor<4x4xf32>
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %e0 = tensor.empty(%n) : tensor<?x4xf32>
  %f0 = linalg.fill ins(%c3 : f32) outs(%e0 : tensor<?x4xf32>) -> tensor<?x4xf32>
  %m0 = linalg.matmul ins(%x, %a : tensor<?x4xf32>, tensor<4x4xf32>) outs(%f0 : tensor<?x4xf32>) -> tensor<?x4xf32>
  %es = tensor.empty() : tensor<4xf32>
  %shared = linalg.exp ins(%table : tensor<4xf32>) outs(%es : tensor<4xf32>) -> tensor<4xf32>
  %d0 = tensor.empty(%n) : tensor<?x4xf32>
  %y0 = linalg.generic {indexing_maps = [#rows, #columns, #rows], iterator_types = ["parallel", "parallel"]} ins(%m0, %shared : tensor<?x4xf32>, tensor<4xf32>) outs(%d0 : tensor<?x4xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %0 = arith.mulf %p, %q : f32
    linalg.yield %0 : f32
  } -> tensor<?x4xf32>
  %e1 = tensor.empty(%n) : tensor<?x4xf32>
  %f1 = linalg.fill ins(%c3 : f32) outs(%e1 : tensor<?x4xf32>) -> tensor<?x4xf32>
  %m1 = linalg.matmul ins(%y0, %b : tensor<?x4xf32>, tensor<4x4xf32>) outs(%f1 : tensor<?x4xf32>) -> tensor<?x4xf32>
  %d1 = tensor.empty(%n) : tensor<?x4xf32>
  %y1 = linalg.generic {indexing_maps = [#rows, #columns, #rows], iterator_types = ["parallel", "parallel"]} ins(%m1, %shared : tensor<?x4xf32>, tensor<4xf32>) outs(%d1 : tensor<?x4xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %0 = arith.mulf %p, %q : f32
    linalg.yield %0 : f32
  } -> tensor<?x4xf32>
  %e2 = tensor.empty(%n) : tensor<?x4xf32>
  %f2 = linalg.fill ins(%c3 : f32) outs(%e2 : tensor<?x4xf32>) -> tensor<?x4xf32>
  %m2 = linalg.matmul ins(%y1, %a : tensor<?x4xf32>, tensor<4x4xf32>) outs(%f2 : tensor<?x4xf32>) -> tensor<?x4xf32>
  %d2 = tensor.empty(%n) : tensor<?x4xf32>
  %y2 = linalg.generic {indexing_maps = [#rows, #columns, #rows], iterator_types = ["parallel", "parallel"]} ins(%m2, %shared : tensor<?x4xf32>, tensor<4xf32>) outs(%d2 : tensor<?x4xf32>) {
  ^bb0(%p: f32, %q: f32, %o: f32):
    %0 = arith.mulf %p, %q : f32
    linalg.yield %0 : f32
  } -> tensor<?x4xf32>
  return %y2 : tensor<?x4xf32>
}

// -----

// Equal ops in another order of operands are not the same.
// CHECK-LABEL: func.func @other_operands
// CHECK-NOT:     call
func.func @other_operands(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %c0 = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<4x4xf32>
  %0 = linalg.exp ins(%x : tensor<4x4xf32>) outs(%e0 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %e1 = tensor.empty() : tensor<4x4xf32>
  %1 = linalg.sub ins(%0, %x : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e1 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %e2 = tensor.empty() : tensor<4x4xf32>
  %2 = linalg.exp ins(%1 : tensor<4x4xf32>) outs(%e2 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %e3 = tensor.empty() : tensor<4x4xf32>
  %3 = linalg.sub ins(%1, %2 : tensor<4x4xf32>, tensor<4x4xf32>) outs(%e3 : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %3 : tensor<4x4xf32>
}

// -----

// What a check may make safe stays behind it: the table is read where the first layer reads it, which is then unlike the second.
// CHECK-LABEL: func.func @checked
// CHECK:         %[[R:.*]] = tensor.extract
// CHECK:         %[[OK:.*]] = arith.cmpf olt, %[[R]]
// CHECK:         cf.assert %[[OK]]
// CHECK:         tensor.generate
// CHECK-NOT:     call
func.func @checked(%x: tensor<4xf32>, %table: tensor<4xf32>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %limit = arith.constant 1.0 : f32
  %e0 = tensor.empty() : tensor<4xf32>
  %0 = linalg.exp ins(%x : tensor<4xf32>) outs(%e0 : tensor<4xf32>) -> tensor<4xf32>
  %r = tensor.extract %0[%c0] : tensor<4xf32>
  %ok = arith.cmpf olt, %r, %limit : f32
  cf.assert %ok, "expected a small number"
  %t = tensor.generate {
  ^bb0(%i: index):
    %v = tensor.extract %table[%i] : tensor<4xf32>
    tensor.yield %v : f32
  } : tensor<4xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  %1 = linalg.add ins(%0, %t : tensor<4xf32>, tensor<4xf32>) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4xf32>
  %2 = linalg.exp ins(%1 : tensor<4xf32>) outs(%e2 : tensor<4xf32>) -> tensor<4xf32>
  %e3 = tensor.empty() : tensor<4xf32>
  %3 = linalg.add ins(%2, %t : tensor<4xf32>, tensor<4xf32>) outs(%e3 : tensor<4xf32>) -> tensor<4xf32>
  return %3 : tensor<4xf32>
}

// -----

// What the first of two layers computes for both, in a parallel loop, goes before what it computes for itself, which several read too.
// CHECK-LABEL: func.func @two_layers
// CHECK:         scf.forall
// CHECK:         call @attn_layer(
// CHECK:         call @attn_layer(
func.func @two_layers(%x: tensor<4xf32>, %table: tensor<4xf32>) -> tensor<4xf32> {
  %e0 = tensor.empty() : tensor<4xf32>
  %0 = linalg.exp ins(%x : tensor<4xf32>) outs(%e0 : tensor<4xf32>) -> tensor<4xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  %t = scf.forall (%i) in (4) shared_outs(%o = %e1) -> (tensor<4xf32>) {
    %s = tensor.extract_slice %table[%i] [1] [1] : tensor<4xf32> to tensor<1xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %s into %o[%i] [1] [1] : tensor<1xf32> into tensor<4xf32>
    }
  }
  %e2 = tensor.empty() : tensor<4xf32>
  %1 = linalg.add ins(%0, %t : tensor<4xf32>, tensor<4xf32>) outs(%e2 : tensor<4xf32>) -> tensor<4xf32>
  %e3 = tensor.empty() : tensor<4xf32>
  %2 = linalg.mul ins(%1, %0 : tensor<4xf32>, tensor<4xf32>) outs(%e3 : tensor<4xf32>) -> tensor<4xf32>
  %e4 = tensor.empty() : tensor<4xf32>
  %3 = linalg.exp ins(%2 : tensor<4xf32>) outs(%e4 : tensor<4xf32>) -> tensor<4xf32>
  %e5 = tensor.empty() : tensor<4xf32>
  %4 = linalg.add ins(%3, %t : tensor<4xf32>, tensor<4xf32>) outs(%e5 : tensor<4xf32>) -> tensor<4xf32>
  %e6 = tensor.empty() : tensor<4xf32>
  %5 = linalg.mul ins(%4, %3 : tensor<4xf32>, tensor<4xf32>) outs(%e6 : tensor<4xf32>) -> tensor<4xf32>
  return %5 : tensor<4xf32>
}

// -----

// Equal layers with another between, which nothing has in common with them.
// CHECK-LABEL: func.func @apart
// CHECK:         %[[Y0:.*]] = call @attn_layer(
// CHECK:         %[[Z:.*]] = linalg.tanh ins(%[[Y0]]
// CHECK:         call @attn_layer(%[[Z]]
func.func @apart(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e0 = tensor.empty() : tensor<4xf32>
  %0 = linalg.exp ins(%x : tensor<4xf32>) outs(%e0 : tensor<4xf32>) -> tensor<4xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  %1 = linalg.mul ins(%0, %x : tensor<4xf32>, tensor<4xf32>) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %e2 = tensor.empty() : tensor<4xf32>
  %2 = linalg.tanh ins(%1 : tensor<4xf32>) outs(%e2 : tensor<4xf32>) -> tensor<4xf32>
  %e3 = tensor.empty() : tensor<4xf32>
  %3 = linalg.exp ins(%2 : tensor<4xf32>) outs(%e3 : tensor<4xf32>) -> tensor<4xf32>
  %e4 = tensor.empty() : tensor<4xf32>
  %4 = linalg.mul ins(%3, %2 : tensor<4xf32>, tensor<4xf32>) outs(%e4 : tensor<4xf32>) -> tensor<4xf32>
  return %4 : tensor<4xf32>
}

// -----

// The first layer adds what comes in another shape, and a check of elements stands among what the second computes: both go before the layers.
// CHECK-LABEL: func.func @intruders
// CHECK:         cf.assert
// CHECK:         tensor.collapse_shape
// CHECK:         call @attn_layer(
// CHECK:         call @attn_layer(
func.func @intruders(%x: tensor<?xf32>, %input: tensor<?x4xf32>, %indices: tensor<?xi1>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %true = arith.constant true
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e0 = tensor.empty(%n) : tensor<?xf32>
  %0 = linalg.exp ins(%x : tensor<?xf32>) outs(%e0 : tensor<?xf32>) -> tensor<?xf32>
  %seen = tensor.collapse_shape %input [[0, 1]] : tensor<?x4xf32> into tensor<?xf32>
  %e1 = tensor.empty(%n) : tensor<?xf32>
  %1 = linalg.mul ins(%0, %seen : tensor<?xf32>, tensor<?xf32>) outs(%e1 : tensor<?xf32>) -> tensor<?xf32>
  %e3 = tensor.empty(%n) : tensor<?xf32>
  %3 = linalg.exp ins(%1 : tensor<?xf32>) outs(%e3 : tensor<?xf32>) -> tensor<?xf32>
  %e = tensor.empty() : tensor<i1>
  %f = linalg.fill ins(%true : i1) outs(%e : tensor<i1>) -> tensor<i1>
  %all = linalg.reduce { arith.andi } ins(%indices : tensor<?xi1>) outs(%f : tensor<i1>) dimensions = [0]
  %ok = tensor.extract %all[] : tensor<i1>
  cf.assert %ok, "expected the indices to lie within"
  %e4 = tensor.empty(%n) : tensor<?xf32>
  %4 = linalg.mul ins(%3, %x : tensor<?xf32>, tensor<?xf32>) outs(%e4 : tensor<?xf32>) -> tensor<?xf32>
  return %4 : tensor<?xf32>
}

// -----

// %size stays behind %l's old place when %l goes up, and %n does not go down to it, behind its own readers.
// CHECK-LABEL: func.func @left_behind
// CHECK:         %[[N:.*]] = linalg.exp
// CHECK:         linalg.abs ins(%[[N]]
func.func @left_behind(%x: tensor<?xf32>, %d: index) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c9 = arith.constant 9 : index
  %e = tensor.empty(%d) : tensor<?xf32>
  %k = linalg.floor ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %e0 = tensor.empty(%d) : tensor<?xf32>
  %n = linalg.exp ins(%k : tensor<?xf32>) outs(%e0 : tensor<?xf32>) -> tensor<?xf32>
  %e1 = tensor.empty(%d) : tensor<?xf32>
  %n1 = linalg.abs ins(%n : tensor<?xf32>) outs(%e1 : tensor<?xf32>) -> tensor<?xf32>
  %e2 = tensor.empty(%d) : tensor<?xf32>
  %n2 = linalg.mul ins(%n1, %n : tensor<?xf32>, tensor<?xf32>) outs(%e2 : tensor<?xf32>) -> tensor<?xf32>
  %e3 = tensor.empty(%d) : tensor<?xf32>
  %l = linalg.ceil ins(%k : tensor<?xf32>) outs(%e3 : tensor<?xf32>) -> tensor<?xf32>
  %size = tensor.dim %l, %c0 : tensor<?xf32>
  %fits = arith.cmpi slt, %size, %c9 : index
  cf.assert %fits, "expected a size below 9"
  %e4 = tensor.empty(%d) : tensor<?xf32>
  %0 = linalg.add ins(%n2, %l : tensor<?xf32>, tensor<?xf32>) outs(%e4 : tensor<?xf32>) -> tensor<?xf32>
  %e5 = tensor.empty(%d) : tensor<?xf32>
  %1 = linalg.sqrt ins(%0 : tensor<?xf32>) outs(%e5 : tensor<?xf32>) -> tensor<?xf32>
  %e6 = tensor.empty(%d) : tensor<?xf32>
  %2 = linalg.tanh ins(%1 : tensor<?xf32>) outs(%e6 : tensor<?xf32>) -> tensor<?xf32>
  %e7 = tensor.empty(%d) : tensor<?xf32>
  %3 = linalg.add ins(%2, %l : tensor<?xf32>, tensor<?xf32>) outs(%e7 : tensor<?xf32>) -> tensor<?xf32>
  return %3 : tensor<?xf32>
}

// -----

// Each layer copies its own part: the loop is not moved to the front, where what it writes would be far from what reads it.
// CHECK-LABEL: func.func @copies
// CHECK-NOT:     scf.forall
// CHECK:         call @[[$COPY:[a-z_]+]](
// CHECK-NOT:     scf.forall
// CHECK:         call @[[$COPY]](
// CHECK:       func.func private @[[$COPY]](
// CHECK:         scf.forall
// CHECK:         linalg.mul
func.func @copies(%x: tensor<4xf32>, %a: tensor<4xf32>, %b: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %e0 = tensor.empty() : tensor<4xf32>
  %m0 = linalg.exp ins(%x : tensor<4xf32>) outs(%e0 : tensor<4xf32>) -> tensor<4xf32>
  %e1 = tensor.empty() : tensor<4xf32>
  %c0 = scf.forall (%i) in (4) shared_outs(%o = %e1) -> (tensor<4xf32>) {
    %s = tensor.extract_slice %a[%i] [1] [1] : tensor<4xf32> to tensor<1xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %s into %o[%i] [1] [1] : tensor<1xf32> into tensor<4xf32>
    }
  }
  %e2 = tensor.empty() : tensor<4xf32>
  %y0 = linalg.mul ins(%m0, %c0 : tensor<4xf32>, tensor<4xf32>) outs(%e2 : tensor<4xf32>) -> tensor<4xf32>
  %e3 = tensor.empty() : tensor<4xf32>
  %m1 = linalg.exp ins(%y0 : tensor<4xf32>) outs(%e3 : tensor<4xf32>) -> tensor<4xf32>
  %e4 = tensor.empty() : tensor<4xf32>
  %c1 = scf.forall (%i) in (4) shared_outs(%o = %e4) -> (tensor<4xf32>) {
    %s = tensor.extract_slice %b[%i] [1] [1] : tensor<4xf32> to tensor<1xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %s into %o[%i] [1] [1] : tensor<1xf32> into tensor<4xf32>
    }
  }
  %e5 = tensor.empty() : tensor<4xf32>
  %y1 = linalg.mul ins(%m1, %c1 : tensor<4xf32>, tensor<4xf32>) outs(%e5 : tensor<4xf32>) -> tensor<4xf32>
  return %y1, %c0, %c1 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}
