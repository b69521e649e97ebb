// RUN: attn-opt %s --attn-insert-shape-checks --canonicalize --cse --split-input-file --allow-unregistered-dialect | FileCheck %s

#vector = affine_map<(i) -> (i)>

// CHECK-LABEL: @dynamic_sum
// CHECK-SAME: (%[[A:.*]]: tensor<?xf32>, %[[B:.*]]: tensor<?xf32>, %[[C:.*]]: tensor<?xf32>)
func.func @dynamic_sum(%a: tensor<?xf32>, %b: tensor<?xf32>, %c: tensor<?xf32>) -> tensor<?xf32> {
  // CHECK-DAG: %[[DA:.*]] = tensor.dim %[[A]]
  // CHECK-DAG: %[[DB:.*]] = tensor.dim %[[B]]
  // CHECK: %[[SAME:.*]] = arith.cmpi eq, %[[DB]], %[[DA]]
  // CHECK: cf.assert %[[SAME]], "linalg.add: expected dimension 0 of operand 1 to equal dimension 0 of operand 0"
  // CHECK: %[[DC:.*]] = tensor.dim %[[C]]
  // CHECK: %[[FITS:.*]] = arith.cmpi eq, %[[DC]], %[[DA]]
  // CHECK: cf.assert %[[FITS]], "linalg.add: expected dimension 0 of operand 2 to equal dimension 0 of operand 0"
  %0 = linalg.add ins(%a, %b : tensor<?xf32>, tensor<?xf32>) outs(%c : tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// What is known needs no check: static sizes, and an output made from the input's size.
// CHECK-LABEL: @known
// CHECK-NOT: cf.assert
func.func @known(%a: tensor<?xf32>, %s: tensor<4xf32>) -> (tensor<?xf32>, tensor<4xf32>) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %a, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  %0 = linalg.add ins(%a, %a : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  %1 = linalg.add ins(%s, %s : tensor<4xf32>, tensor<4xf32>) outs(%s : tensor<4xf32>) -> tensor<4xf32>
  return %0, %1 : tensor<?xf32>, tensor<4xf32>
}

// -----

// A computed index is checked at both ends, unless there is nothing to loop over.
// CHECK-LABEL: @convolution
// CHECK: cf.assert %{{.*}}, "linalg.conv_1d: expected indices within dimension 0 of operand 0"
func.func @convolution(%x: tensor<?xf32>, %k: tensor<3xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %0 = linalg.conv_1d ins(%x, %k : tensor<?xf32>, tensor<3xf32>) outs(%y : tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// CHECK-LABEL: @cast
func.func @cast(%x: tensor<?x?xf32>) -> tensor<?x4xf32> {
  // CHECK: cf.assert %{{.*}}, "tensor.cast: expected dimension 1 to be 4"
  // CHECK-NOT: cf.assert
  %0 = tensor.cast %x : tensor<?x?xf32> to tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

// Slices of loops that bounds keep within: a head of a group, tiles of which the last is smaller. Not one that begins a tile later.
// CHECK-LABEL: @tiles
// CHECK-NOT: cf.assert
// CHECK: scf.forall
// CHECK-COUNT-2: tensor.extract_slice
// CHECK: cf.assert %{{.*}}, "tensor.extract_slice: expected the slice of dimension 1 to end within the tensor"
// CHECK-NEXT: tensor.extract_slice
func.func @tiles(%x: tensor<2x?xf32>, %y: tensor<8x?xf32>, %out: tensor<8x?xf32>) -> tensor<8x?xf32> {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %y, %c1 : tensor<8x?xf32>
  %m = tensor.dim %x, %c1 : tensor<2x?xf32>
  %tiles = affine.apply affine_map<()[s0] -> (s0 ceildiv 64)>()[%n]
  %0 = scf.forall (%h, %t) in (8, %tiles) shared_outs(%o = %out) -> tensor<8x?xf32> {
    %kv = affine.apply affine_map<(d0) -> (d0 floordiv 4)>(%h)
    %first = affine.apply affine_map<(d0) -> (d0 * 64)>(%t)
    %size = affine.min affine_map<(d0)[s0] -> (64, s0 - d0)>(%first)[%n]
    %later = affine.apply affine_map<(d0) -> (d0 * 64 + 64)>(%t)
    %a = tensor.extract_slice %x[%kv, 0] [1, %m] [1, 1] : tensor<2x?xf32> to tensor<1x?xf32>
    %b = tensor.extract_slice %y[%h, %first] [1, %size] [1, 1] : tensor<8x?xf32> to tensor<1x?xf32>
    %c = tensor.extract_slice %y[%h, %later] [1, %size] [1, 1] : tensor<8x?xf32> to tensor<1x?xf32>
    %d = "test.use"(%a, %b, %c) : (tensor<1x?xf32>, tensor<1x?xf32>, tensor<1x?xf32>) -> tensor<1x?xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %d into %o[%h, %first] [1, %size] [1, 1] : tensor<1x?xf32> into tensor<8x?xf32>
    }
  }
  return %0 : tensor<8x?xf32>
}

// -----

// CHECK-LABEL: @slices
// CHECK-SAME: %[[X:.*]]: tensor<?xf32>, %[[O:.*]]: index, %[[S:.*]]: index
func.func @slices(%x: tensor<?xf32>, %o: index, %s: index) -> (tensor<?xf32>, tensor<?xf32>) {
  // CHECK: %[[N:.*]] = tensor.dim %[[X]]
  // CHECK: %[[SMALL:.*]] = arith.cmpi ule, %[[S]], %[[N]]
  // CHECK: cf.assert %[[SMALL]], "tensor.extract_slice: expected the slice's size in dimension 0 to be within the tensor's"
  // CHECK: cf.assert %{{.*}}, "tensor.extract_slice: expected the slice of dimension 0 to end within the tensor"
  %0 = tensor.extract_slice %x[%o] [%s] [2] : tensor<?xf32> to tensor<?xf32>
  // The same slice again: the checks are the same too, but for the sizes of what is inserted, which are known.
  // CHECK-NOT: expected dimension 0 of the source
  // CHECK: return
  %1 = tensor.insert_slice %0 into %x[%o] [%s] [2] : tensor<?xf32> into tensor<?xf32>
  return %0, %1 : tensor<?xf32>, tensor<?xf32>
}

// -----

// CHECK-LABEL: @reshape
func.func @reshape(%x: tensor<?xf32>, %m: index, %n: index) -> tensor<?x?xf32> {
  // CHECK: cf.assert %{{.*}}, "tensor.expand_shape: expected dimension 0 of the result to be at least 0"
  // CHECK: cf.assert %{{.*}}, "tensor.expand_shape: expected dimension 1 of the result to be at least 0"
  // CHECK: cf.assert %{{.*}}, "tensor.expand_shape: expected dimension 0 of the source to equal the product of the dimensions it becomes"
  %0 = tensor.expand_shape %x [[0, 1]] output_shape [%m, %n] : tensor<?xf32> into tensor<?x?xf32>
  return %0 : tensor<?x?xf32>
}

// -----

// CHECK-LABEL: @division
// CHECK-SAME: %[[A:.*]]: i32, %[[B:.*]]: i32
func.func @division(%a: i32, %b: i32) -> (i32, i32, i32) {
  // CHECK: %[[NOT0:.*]] = arith.cmpi ne, %[[B]], %c0_i32
  // CHECK: cf.assert %[[NOT0]], "arith.divsi: expected a divisor other than 0, got 0"
  // CHECK: cf.assert %{{.*}}, "arith.divsi: expected a quotient that its type can hold, got the smallest number divided by -1"
  %0 = arith.divsi %a, %b : i32
  // CHECK: cf.assert %[[NOT0]], "arith.remui: expected a divisor other than 0, got 0"
  %1 = arith.remui %a, %b : i32
  // CHECK-NOT: cf.assert
  %c7 = arith.constant 7 : i32
  %2 = arith.divsi %a, %c7 : i32
  return %0, %1, %2 : i32, i32, i32
}

// -----

// What tiling says of its own slices, and divisors that are at least 1.
// CHECK-LABEL: @known
// CHECK-NOT: cf.assert
// CHECK: arith.ceildivsi
// CHECK: cf.assert %{{.*}}, "arith.divsi: expected a divisor other than 0, got 0"
func.func @known(%x: tensor<?xf32>, %o: index, %s: index) -> (tensor<?xf32>, index, index) {
  %c1 = arith.constant 1 : index
  %c0 = arith.constant 0 : index
  %0 = tensor.extract_slice %x[%o] [%s] [1] {attn.in_bounds} : tensor<?xf32> to tensor<?xf32>
  %most = arith.maxsi %s, %c1 : index
  %1 = arith.ceildivsi %o, %most : index
  %natural = arith.maxsi %s, %c0 : index
  %2 = arith.divsi %o, %natural : index
  return %0, %1, %2 : tensor<?xf32>, index, index
}
