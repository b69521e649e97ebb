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

// What the host chooses in such a branch goes to the same place; one query, say, is as many as there are.
// CHECK-LABEL: func.func @inner(
// CHECK: %[[DIM:.*]] = tensor.dim %arg0
// CHECK: %[[PLACE:.*]] = bufferization.alloc_tensor(%[[DIM]]) : tensor<?xf32>
// CHECK-NOT: alloc_tensor
// CHECK: scf.if
// CHECK:   %[[INNER:.*]] = scf.if
// CHECK:     %[[WIDE:.*]] = tensor.cast %{{.*}} : tensor<1xf32> to tensor<?xf32>
// CHECK:     bufferization.materialize_in_destination %[[WIDE]] in %[[PLACE]]
// CHECK:     bufferization.materialize_in_destination %arg0 in %[[PLACE]]
// CHECK:   scf.yield %[[INNER]]
// CHECK:   bufferization.materialize_in_destination %arg0 in %[[PLACE]]
func.func @inner(%x: tensor<?xf32>, %which: tensor<i1>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %isOne = arith.cmpi eq, %n, %c1 : index
  %c = tensor.extract %which[] : tensor<i1>
  %r = scf.if %c -> tensor<?xf32> {
    %i = scf.if %isOne -> tensor<?xf32> {
      %one = tensor.cast %x : tensor<?xf32> to tensor<1xf32>
      %e = tensor.empty() : tensor<1xf32>
      %d = linalg.add ins(%one, %one : tensor<1xf32>, tensor<1xf32>) outs(%e : tensor<1xf32>) -> tensor<1xf32>
      %wide = tensor.cast %d : tensor<1xf32> to tensor<?xf32>
      scf.yield %wide : tensor<?xf32>
    } else {
      scf.yield %x : tensor<?xf32>
    }
    scf.yield %i : tensor<?xf32>
  } else {
    scf.yield %x : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}

// What something else in the branch reads has a place of its own.
// CHECK-LABEL: func.func @read_inside(
// CHECK: scf.if
// CHECK:   %[[OWN:.*]] = bufferization.alloc_tensor(
// CHECK:   %[[INNER:.*]] = scf.if
// CHECK:     bufferization.materialize_in_destination %{{.*}} in %[[OWN]]
// CHECK:     bufferization.materialize_in_destination %arg0 in %[[OWN]]
// CHECK:   linalg.add ins(%[[INNER]], %[[INNER]]
func.func @read_inside(%x: tensor<?xf32>, %y: tensor<?xf32>, %which: tensor<i1>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %isSmall = arith.cmpi sle, %n, %c4 : index
  %c = tensor.extract %which[] : tensor<i1>
  %r = scf.if %c -> tensor<?xf32> {
    %e = tensor.empty(%n) : tensor<?xf32>
    %i = scf.if %isSmall -> tensor<?xf32> {
      %d = linalg.add ins(%x, %x : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
      scf.yield %d : tensor<?xf32>
    } else {
      scf.yield %x : tensor<?xf32>
    }
    %d = linalg.add ins(%i, %i : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
    scf.yield %d : tensor<?xf32>
  } else {
    scf.yield %x : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}

// A loop by sizes in such a branch carries its tensor where it begins.
// CHECK-LABEL: func.func @loop_inside(
// CHECK: scf.for {{.*}} iter_args(%[[A:.*]] = %arg0)
// CHECK:   %[[LEFT:.*]] = bufferization.materialize_in_destination %{{.*}} in %[[A]]
// CHECK:   scf.yield %[[LEFT]]
func.func @loop_inside(%x: tensor<4xf32>, %which: tensor<i1>) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c = tensor.extract %which[] : tensor<i1>
  %r = scf.if %c -> tensor<4xf32> {
    %s = scf.for %step = %c0 to %c2 step %c1 iter_args(%a = %x) -> tensor<4xf32> {
      %e = tensor.empty() : tensor<4xf32>
      %d = linalg.exp ins(%a : tensor<4xf32>) outs(%e : tensor<4xf32>) -> tensor<4xf32>
      scf.yield %d : tensor<4xf32>
    }
    scf.yield %s : tensor<4xf32>
  } else {
    scf.yield %x : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}
