// RUN: attn-opt %s --convert-attn-to-linalg --canonicalize --split-input-file | FileCheck %s

// A tensor read at positions must cover them: checked once, before the op.
// CHECK-LABEL: func.func @positions(
// CHECK-SAME: %[[Q:.*]]: tensor<2x4x?x8xf32>, %[[K:.*]]: tensor<2x4x?x8xf32>, %[[SEG:.*]]: tensor<2x?xi32>
// CHECK: cf.assert %{{.*}}, "expected dimension 1 of query_segments to be at least dimension 2 of query"
// CHECK: %[[SK:.*]] = tensor.dim %[[K]]
// CHECK: %[[N:.*]] = tensor.dim %[[SEG]]
// CHECK: %[[COVERS:.*]] = arith.cmpi sge, %[[N]], %[[SK]]
// CHECK: cf.assert %[[COVERS]], "expected dimension 1 of key_segments to be at least dimension 2 of key"
// CHECK: linalg.generic
// CHECK-NOT: cf.assert
// CHECK-NOT: scf.if
// CHECK:   tensor.extract %[[SEG]]
func.func @positions(%q: tensor<2x4x?x8xf32>, %k: tensor<2x4x?x8xf32>, %seg: tensor<2x?xi32>)
    -> tensor<2x4x?x8xf32> {
  %o = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.same_segment %seg, %seg at %b, %i, %j : tensor<2x?xi32>, tensor<2x?xi32>
      attn.yield %0 : i1
    }
    : tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32>, tensor<2x4x?x8xf32> -> (tensor<2x4x?x8xf32>)
  return %o : tensor<2x4x?x8xf32>
}

// -----

// Sizes that are known to suffice cost nothing: 3 blocks of 2 cover 5 keys.
// CHECK-LABEL: func.func @covered(
// CHECK-NOT: cf.assert
// CHECK-NOT: scf.if
// CHECK: tensor.extract
// CHECK-NOT: scf.if
// CHECK: return
func.func @covered(%q: tensor<1x2x4x8xf32>, %k: tensor<1x2x5x8xf32>, %t: tensor<1x2x2x3xi1>)
    -> tensor<1x2x4x8xf32> {
  %o = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.block_sparse %t at %b, %h, %i, %j blocks 2, 2 : tensor<1x2x2x3xi1>
      attn.yield %0 : i1
    }
    : tensor<1x2x4x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32> -> (tensor<1x2x4x8xf32>)
  return %o : tensor<1x2x4x8xf32>
}

// -----

// So do clamped positions.
// CHECK-LABEL: func.func @clamped(
// CHECK-NOT: cf.assert {{.*}} into a captured tensor
// CHECK-NOT: scf.if
// CHECK: tensor.extract
// CHECK-NOT: scf.if
// CHECK: return
func.func @clamped(%q: tensor<1x2x4x8xf32>, %k: tensor<1x2x?x8xf32>, %x: tensor<3xf32>, %past: index) -> tensor<1x2x4x8xf32> {
  %o = attn.attention %q, %k, %k
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %c0 = arith.constant 0 : index
      %c2 = arith.constant 2 : index
      %back = arith.subi %j, %past : index
      %low = arith.maxsi %back, %c0 : index
      %at = arith.minsi %low, %c2 : index
      %0 = tensor.extract %x[%at] : tensor<3xf32>
      %1 = arith.addf %s, %0 : f32
      attn.yield %1 : f32
    }
    : tensor<1x2x4x8xf32>, tensor<1x2x?x8xf32>, tensor<1x2x?x8xf32> -> (tensor<1x2x4x8xf32>)
  return %o : tensor<1x2x4x8xf32>
}

// -----

// An index that is not a position is checked where it is read.
// CHECK-LABEL: func.func @shifted(
// CHECK: linalg.generic
// CHECK: linalg.generic
// CHECK:   %[[AT:.*]] = arith.addi
// CHECK:   %[[OK:.*]] = arith.cmpi ult, %[[AT]], %{{.*}}
// CHECK:   cf.assert %[[OK]], "expected index 0 into a captured tensor to be from 0 to below dimension 0"
// CHECK:   scf.if %[[OK]] -> (f32)
// CHECK:     tensor.extract %{{.*}}[%[[AT]]]
func.func @shifted(%q: tensor<1x2x4x8xf32>, %k: tensor<1x2x5x8xf32>, %bias: tensor<?xf32>, %past: index)
    -> tensor<1x2x4x8xf32> {
  %o = attn.attention %q, %k, %k
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %at = arith.addi %i, %past : index
      %0 = tensor.extract %bias[%at] : tensor<?xf32>
      %1 = arith.addf %s, %0 : f32
      attn.yield %1 : f32
    }
    : tensor<1x2x4x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32> -> (tensor<1x2x4x8xf32>)
  return %o : tensor<1x2x4x8xf32>
}

// -----

// A branch may keep away positions that the tensor does not cover.
// CHECK-LABEL: func.func @conditional(
// CHECK-NOT: cf.assert
// CHECK: scf.if
// CHECK:   cf.assert %{{.*}}, "expected index 0 into a captured tensor to be from 0 to below dimension 0"
// CHECK:   tensor.extract
func.func @conditional(%q: tensor<1x2x4x8xf32>, %k: tensor<1x2x5x8xf32>, %bias: tensor<?xf32>, %n: index)
    -> tensor<1x2x4x8xf32> {
  %o = attn.attention %q, %k, %k
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %biased = arith.cmpi slt, %j, %n : index
      %0 = scf.if %biased -> (f32) {
        %1 = tensor.extract %bias[%j] : tensor<?xf32>
        %2 = arith.addf %s, %1 : f32
        scf.yield %2 : f32
      } else {
        scf.yield %s : f32
      }
      attn.yield %0 : f32
    }
    : tensor<1x2x4x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32> -> (tensor<1x2x4x8xf32>)
  return %o : tensor<1x2x4x8xf32>
}
