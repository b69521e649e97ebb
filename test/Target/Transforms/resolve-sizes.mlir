// RUN: attn-opt %s --attn-resolve-sizes --canonicalize --split-input-file | FileCheck %s

// A branch that is taken only where the size is 1 makes that size.
// CHECK-LABEL: @by_size
// CHECK-SAME:  (%[[N:.*]]: index)
// CHECK:         return %[[N]]
func.func @by_size(%n: index) -> index {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.cmpi eq, %n, %c1 : index
  %r = scf.if %one -> tensor<?x4xf32> {
    %0 = tensor.empty() : tensor<1x4xf32>
    %1 = tensor.cast %0 : tensor<1x4xf32> to tensor<?x4xf32>
    scf.yield %1 : tensor<?x4xf32>
  } else {
    %0 = tensor.empty(%n) : tensor<?x4xf32>
    scf.yield %0 : tensor<?x4xf32>
  }
  %d = tensor.dim %r, %c0 : tensor<?x4xf32>
  return %d : index
}

// -----

// Not where another number decides, or the branch makes another size.
// CHECK-LABEL: @by_another
// CHECK-COUNT-2: tensor.dim
func.func @by_another(%n: index, %m: index) -> (index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.cmpi eq, %m, %c1 : index
  %r = scf.if %one -> tensor<?xf32> {
    %0 = tensor.empty() : tensor<1xf32>
    %1 = tensor.cast %0 : tensor<1xf32> to tensor<?xf32>
    scf.yield %1 : tensor<?xf32>
  } else {
    %0 = tensor.empty(%n) : tensor<?xf32>
    scf.yield %0 : tensor<?xf32>
  }
  %own = arith.cmpi eq, %n, %c1 : index
  %s = scf.if %own -> tensor<?xf32> {
    %0 = tensor.empty() : tensor<2xf32>
    %1 = tensor.cast %0 : tensor<2xf32> to tensor<?xf32>
    scf.yield %1 : tensor<?xf32>
  } else {
    %0 = tensor.empty(%n) : tensor<?xf32>
    scf.yield %0 : tensor<?xf32>
  }
  %d = tensor.dim %r, %c0 : tensor<?xf32>
  %e = tensor.dim %s, %c0 : tensor<?xf32>
  return %d, %e : index, index
}

// -----

// A loop that writes into what it carries or leaves it, and one that swaps.
// CHECK-LABEL: @loops
// CHECK-SAME:  (%[[N:[a-z0-9]*]]: index,
// CHECK-DAG:     %[[P:.*]] = tensor.dim %{{.*}}#0
// CHECK-DAG:     %[[Q:.*]] = tensor.dim %{{.*}}#1
// CHECK:         return %[[N]], %[[P]], %[[Q]]
func.func @loops(%n: index, %m: index, %x: f32) -> (index, index, index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = tensor.empty(%n) : tensor<?xf32>
  %b = tensor.empty(%m) : tensor<?xf32>
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%t = %a) -> (tensor<?xf32>) {
    %first = arith.cmpi eq, %i, %c0 : index
    %w = scf.if %first -> tensor<?xf32> {
      scf.yield %t : tensor<?xf32>
    } else {
      %f = linalg.fill ins(%x : f32) outs(%t : tensor<?xf32>) -> tensor<?xf32>
      scf.yield %f : tensor<?xf32>
    }
    scf.yield %w : tensor<?xf32>
  }
  %s:2 = scf.for %i = %c0 to %n step %c1 iter_args(%t = %a, %u = %b) -> (tensor<?xf32>, tensor<?xf32>) {
    scf.yield %u, %t : tensor<?xf32>, tensor<?xf32>
  }
  %d = tensor.dim %r, %c0 : tensor<?xf32>
  %p = tensor.dim %s#0, %c0 : tensor<?xf32>
  %q = tensor.dim %s#1, %c0 : tensor<?xf32>
  return %d, %p, %q : index, index, index
}

// -----

// One that grows, in a loop in a loop.
// CHECK-LABEL: @grows
// CHECK:         %[[D:.*]] = tensor.dim
// CHECK:         return %[[D]]
func.func @grows(%n: index, %a: tensor<?xf32>) -> index {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%t = %a) -> (tensor<?xf32>) {
    %s = scf.for %j = %c0 to %n step %c1 iter_args(%u = %t) -> (tensor<?xf32>) {
      %c = tensor.concat dim(0) %u, %t : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
      scf.yield %c : tensor<?xf32>
    }
    scf.yield %s : tensor<?xf32>
  }
  %d = tensor.dim %r, %c0 : tensor<?xf32>
  return %d : index
}
