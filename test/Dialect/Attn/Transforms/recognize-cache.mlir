// A tensor that loops write into a larger one, from a position on: a static cache as the dynamo exporter and ONNX's ScatterND have it.
// RUN: attn-opt %s -attn-recognize -canonicalize | FileCheck %s
// RUN: attn-opt %s "-attn-recognize=leave=cache" | FileCheck %s --check-prefix=LEFT
// LEFT-NOT: attn.cache_update
// RUN: attn-run %s --function=at_position --random-inputs --seed=1 --range at=0:4 --compare=reference | FileCheck %s --check-prefix=AGREE
// RUN: attn-run %s --function=along_first --random-inputs --seed=2 --range at=-1:9 --compare=reference | FileCheck %s --check-prefix=AGREE
// AGREE: agree

// Three positions from a given one on.
// CHECK-LABEL: func @at_position(
// CHECK-SAME: %[[C:.*]]: tensor<2x7x4xf32>, %[[U:.*]]: tensor<2x3x4xf32>
// CHECK: %[[P:.*]] = linalg.generic
// CHECK: } -> tensor<2xi64>
// CHECK: %[[R:.*]] = attn.cache_update %[[C]], %[[U]] at %[[P]] axis 1
// CHECK-NOT: scf.for
// CHECK: return %[[R]]
func.func @at_position(%cache: tensor<2x7x4xf32>, %new: tensor<2x3x4xf32>, %at: tensor<1xi64> {attn.name = "at"}) -> tensor<2x7x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %p = tensor.extract %at[%c0] : tensor<1xi64>
  %start = arith.index_cast %p : i64 to index
  %r = scf.for %b = %c0 to %c2 step %c1 iter_args(%x = %cache) -> (tensor<2x7x4xf32>) {
    %s = scf.for %t = %c0 to %c3 step %c1 iter_args(%y = %x) -> (tensor<2x7x4xf32>) {
      %u = scf.for %d = %c0 to %c4 step %c1 iter_args(%z = %y) -> (tensor<2x7x4xf32>) {
        %value = tensor.extract %new[%b, %t, %d] : tensor<2x3x4xf32>
        %to = arith.addi %start, %t : index
        %i = tensor.insert %value into %z[%b, %to, %d] : tensor<2x7x4xf32>
        scf.yield %i : tensor<2x7x4xf32>
      }
      scf.yield %u : tensor<2x7x4xf32>
    }
    scf.yield %s : tensor<2x7x4xf32>
  }
  return %r : tensor<2x7x4xf32>
}

// One position of the first dimension, wrapped as ONNX does: no loop runs over it. The op has it second.
// CHECK-LABEL: func @along_first(
// CHECK: linalg.transpose {{.*}} permutation = [1, 0, 2]
// CHECK: attn.cache_update %{{.*}}, %{{.*}} at %{{.*}} axis 1 : tensor<2x10x4xf32>, tensor<2x1x4xf32>
// CHECK-NOT: scf.for
func.func @along_first(%cache: tensor<10x2x4xf32>, %new: tensor<1x2x4xf32>, %at: tensor<1xi64> {attn.name = "at"}) -> tensor<10x2x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c4 = arith.constant 4 : index
  %c10 = arith.constant 10 : index
  %r = scf.for %b = %c0 to %c2 step %c1 iter_args(%y = %cache) -> (tensor<10x2x4xf32>) {
    %u = scf.for %d = %c0 to %c4 step %c1 iter_args(%z = %y) -> (tensor<10x2x4xf32>) {
      %p = tensor.extract %at[%c0] : tensor<1xi64>
      %i = arith.index_cast %p : i64 to index
      %wrapped = arith.addi %i, %c10 : index
      %negative = arith.cmpi slt, %i, %c0 : index
      %to = arith.select %negative, %wrapped, %i : index
      %value = tensor.extract %new[%c0, %b, %d] : tensor<1x2x4xf32>
      %o = tensor.insert %value into %z[%to, %b, %d] : tensor<10x2x4xf32>
      scf.yield %o : tensor<10x2x4xf32>
    }
    scf.yield %u : tensor<10x2x4xf32>
  }
  return %r : tensor<10x2x4xf32>
}

// Positions one by one, which need not be neighbors.
// CHECK-LABEL: func @anywhere(
// CHECK-NOT: attn.cache_update
func.func @anywhere(%cache: tensor<7x4xf32>, %new: tensor<3x4xf32>, %at: tensor<3xi64>) -> tensor<7x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %s = scf.for %t = %c0 to %c3 step %c1 iter_args(%y = %cache) -> (tensor<7x4xf32>) {
    %u = scf.for %d = %c0 to %c4 step %c1 iter_args(%z = %y) -> (tensor<7x4xf32>) {
      %p = tensor.extract %at[%t] : tensor<3xi64>
      %to = arith.index_cast %p : i64 to index
      %value = tensor.extract %new[%t, %d] : tensor<3x4xf32>
      %i = tensor.insert %value into %z[%to, %d] : tensor<7x4xf32>
      scf.yield %i : tensor<7x4xf32>
    }
    scf.yield %u : tensor<7x4xf32>
  }
  return %s : tensor<7x4xf32>
}

// What is written is added to what was there.
// CHECK-LABEL: func @added(
// CHECK-NOT: attn.cache_update
func.func @added(%cache: tensor<7x4xf32>, %new: tensor<3x4xf32>) -> tensor<7x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %s = scf.for %t = %c0 to %c3 step %c1 iter_args(%y = %cache) -> (tensor<7x4xf32>) {
    %u = scf.for %d = %c0 to %c4 step %c1 iter_args(%z = %y) -> (tensor<7x4xf32>) {
      %old = tensor.extract %z[%t, %d] : tensor<7x4xf32>
      %value = tensor.extract %new[%t, %d] : tensor<3x4xf32>
      %sum = arith.addf %old, %value : f32
      %i = tensor.insert %sum into %z[%t, %d] : tensor<7x4xf32>
      scf.yield %i : tensor<7x4xf32>
    }
    scf.yield %u : tensor<7x4xf32>
  }
  return %s : tensor<7x4xf32>
}
