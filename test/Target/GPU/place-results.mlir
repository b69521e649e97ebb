// RUN: attn-opt %s --attn-place-results --cse | FileCheck %s
// RUN: attn-opt %s --attn-place-results | FileCheck %s --check-prefix=ALONE

// Either side leaves its tensor in one place.
// CHECK-LABEL: func.func @branch(
// CHECK: %[[DIM:.*]] = tensor.dim %arg0
// CHECK: %[[PLACE:.*]] = bufferization.alloc_tensor(%[[DIM]]) : tensor<?xf32>
// CHECK: scf.if
// CHECK:   %[[DOUBLED:.*]] = linalg.add
// CHECK:   %[[LEFT:.*]] = bufferization.materialize_in_destination %[[DOUBLED]] in %[[PLACE]]
// CHECK:   scf.yield %[[LEFT]]
// CHECK:   %[[RIGHT:.*]] = bufferization.materialize_in_destination %arg0 in %[[PLACE]]
// CHECK:   scf.yield %[[RIGHT]]
func.func @branch(%x: tensor<?xf32>, %which: tensor<i1>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c = tensor.extract %which[] : tensor<i1>
  %r = scf.if %c -> tensor<?xf32> {
    %n = tensor.dim %x, %c0 : tensor<?xf32>
    %e = tensor.empty(%n) : tensor<?xf32>
    %d = linalg.add ins(%x, %x : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    scf.yield %d : tensor<?xf32>
  } else {
    scf.yield %x : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}

// Sizes that the element chooses have no place before.
// CHECK-LABEL: func.func @sizes(
// CHECK-NOT: materialize_in_destination
// CHECK: return
func.func @sizes(%x: tensor<?xf32>, %y: tensor<?xf32>, %which: tensor<i1>) -> tensor<?xf32> {
  %c = tensor.extract %which[] : tensor<i1>
  %r = arith.select %c, %x, %y : tensor<?xf32>
  return %r : tensor<?xf32>
}

// Then the tensors beside have none either: no buffer is left over.
// ALONE-LABEL: func.func @one_of_two(
// ALONE-NOT: alloc_tensor
// ALONE: return
func.func @one_of_two(%x: tensor<?xf32>, %y: tensor<?xf32>, %which: tensor<i1>) -> (tensor<?xf32>, tensor<?xf32>) {
  %c = tensor.extract %which[] : tensor<i1>
  %r:2 = scf.if %c -> (tensor<?xf32>, tensor<?xf32>) {
    scf.yield %x, %y : tensor<?xf32>, tensor<?xf32>
  } else {
    scf.yield %x, %x : tensor<?xf32>, tensor<?xf32>
  }
  return %r#0, %r#1 : tensor<?xf32>, tensor<?xf32>
}

// The host goes by sizes itself.
// CHECK-LABEL: func.func @host(
// CHECK-NOT: materialize_in_destination
// CHECK: return
func.func @host(%x: tensor<?xf32>, %y: tensor<4xf32>, %z: tensor<4xf32>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %c = arith.cmpi eq, %n, %c0 : index
  %r = scf.if %c -> tensor<4xf32> {
    scf.yield %y : tensor<4xf32>
  } else {
    scf.yield %z : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

// What a loop carries stays where it begins; copies come first.
// CHECK-LABEL: func.func @turns(
// CHECK: %[[FREE0:.*]] = bufferization.alloc_tensor(
// CHECK: %[[FREE1:.*]] = bufferization.alloc_tensor(
// CHECK: scf.for {{.*}} iter_args(%[[A:.*]] = %arg0, %[[B:.*]] = %arg0)
// CHECK:   %[[COPY0:.*]] = linalg.copy ins(%[[B]] {{.*}} outs(%[[FREE0]]
// CHECK:   %[[COPY1:.*]] = linalg.copy ins(%[[A]] {{.*}} outs(%[[FREE1]]
// CHECK:   %[[LEFT:.*]] = bufferization.materialize_in_destination %[[COPY0]] in %[[A]]
// CHECK:   %[[RIGHT:.*]] = bufferization.materialize_in_destination %[[COPY1]] in %[[B]]
// CHECK:   scf.yield %[[LEFT]], %[[RIGHT]]
func.func @turns(%x: tensor<?xf32>, %times: tensor<index>) -> (tensor<?xf32>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.extract %times[] : tensor<index>
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x, %b = %x) -> (tensor<?xf32>, tensor<?xf32>) {
    scf.yield %b, %a : tensor<?xf32>, tensor<?xf32>
  }
  return %r#0, %r#1 : tensor<?xf32>, tensor<?xf32>
}
