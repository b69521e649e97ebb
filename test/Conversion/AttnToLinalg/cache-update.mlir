// RUN: attn-opt %s --split-input-file --convert-attn-to-linalg --canonicalize | FileCheck %s

// D19: what is new is copied to its position, batch by batch. A position that has failed the check is not written by.
// CHECK-LABEL: func @append
// CHECK-SAME:    %[[CACHE:.*]]: tensor<2x4x16x8xf32>, %[[NEW:.*]]: tensor<2x4x3x8xf32>, %[[AT:.*]]: tensor<2xi64>
// CHECK-DAG:     %[[ZERO:.*]] = arith.constant 0 : index
// CHECK-DAG:     %[[LAST:.*]] = arith.constant 13 : index
// CHECK:         %[[ALL:.*]] = linalg.generic {{.*}}"reduction"{{.*}} ins(%[[AT]]
// CHECK:           arith.cmpi sle, %{{.*}}, %[[LAST]]
// CHECK:         %[[VALID:.*]] = tensor.extract %[[ALL]][]
// CHECK:         cf.assert %[[VALID]], "expected positions to leave room for the update in dimension 2 of cache, got one out of range"
// CHECK:         %[[ALL:.*]] = scf.forall (%[[B:.*]]) in (2) shared_outs(%[[OUT:.*]] = %[[CACHE]])
// CHECK:           %[[ONE:.*]] = tensor.extract_slice %[[NEW]][%[[B]], 0, 0, 0] [1, 4, 3, 8] [1, 1, 1, 1] {attn.in_bounds}
// CHECK:           tensor.extract %[[AT]][%[[B]]]
// CHECK:           %[[UP:.*]] = arith.minsi %{{.*}}, %[[LAST]]
// CHECK:           %[[P:.*]] = arith.maxsi %[[UP]], %[[ZERO]]
// CHECK:           tensor.parallel_insert_slice %[[ONE]] into %[[OUT]][%[[B]], 0, %[[P]], 0] [1, 4, 3, 8]
// CHECK:         return %[[ALL]]
func.func @append(%cache: tensor<2x4x16x8xf32>, %new: tensor<2x4x3x8xf32>, %n: tensor<2xi64>)
    -> tensor<2x4x16x8xf32> {
  %0 = attn.cache_update %cache, %new at %n axis 2
    : tensor<2x4x16x8xf32>, tensor<2x4x3x8xf32>, at tensor<2xi64>
  return %0 : tensor<2x4x16x8xf32>
}

// -----

// Each place of a circular cache asks which token was written there.
// CHECK-LABEL: func @circular
// CHECK-SAME:    %[[CACHE:.*]]: tensor<2x16x8xi8>, %[[NEW:.*]]: tensor<2x3x8xi8>, %[[AT:.*]]: tensor<2xi32>
// CHECK-DAG:     %[[TOKENS:.*]] = arith.constant 3 : index
// CHECK:         cf.assert %{{.*}}, "expected positions of at least 0, got a negative one"
// CHECK:         linalg.generic {{.*}} ins(%[[CACHE]], %[[AT]]
// CHECK:         ^bb0(%[[OLD:.*]]: i8, %{{.*}}: i32,
// CHECK:           %[[PLACE:.*]] = linalg.index 1
// CHECK:           %[[FIRST:.*]] = arith.remsi
// CHECK:           %[[AFTER:.*]] = arith.subi %[[PLACE]], %[[FIRST]]
// CHECK:           %[[T:.*]] = arith.select %{{.*}}, %{{.*}}, %[[AFTER]]
// CHECK:           arith.cmpi sge, %[[T]]
// CHECK:           arith.cmpi slt, %[[T]], %[[TOKENS]]
// CHECK:           scf.if
// CHECK:             tensor.extract %[[NEW]][%{{.*}}, %[[T]], %{{.*}}]
// CHECK:           else
// CHECK-NEXT:        scf.yield %[[OLD]]
func.func @circular(%cache: tensor<2x16x8xi8>, %new: tensor<2x3x8xi8>, %n: tensor<2xi32>)
    -> tensor<2x16x8xi8> {
  %0 = attn.cache_update %cache, %new at %n axis 1 circular
    : tensor<2x16x8xi8>, tensor<2x3x8xi8>, at tensor<2xi32>
  return %0 : tensor<2x16x8xi8>
}

// -----

// CHECK-LABEL: func @at_start
// CHECK-SAME:    %[[CACHE:.*]]: tensor<2x16x8xf16>, %[[NEW:.*]]: tensor<2x3x8xf16>
// CHECK:         tensor.insert_slice %[[NEW]] into %[[CACHE]][0, 0, 0] [2, 3, 8]
// CHECK-NOT:     cf.assert
func.func @at_start(%cache: tensor<2x16x8xf16>, %new: tensor<2x3x8xf16>) -> tensor<2x16x8xf16> {
  %0 = attn.cache_update %cache, %new axis 1 : tensor<2x16x8xf16>, tensor<2x3x8xf16>
  return %0 : tensor<2x16x8xf16>
}

// -----

// An update without tokens reads no position.
// CHECK-LABEL: func @dynamic
// CHECK:         cf.assert %{{.*}}, "expected dimension 0 of update to equal dimension 0 of cache"
// CHECK:         cf.assert %{{.*}}, "expected dimension 2 of update to equal dimension 2 of cache"
// CHECK:         cf.assert %{{.*}}, "expected dimension 1 of update to be at most dimension 1 of cache"
// CHECK:         cf.assert %{{.*}}, "expected dimension 0 of positions to equal dimension 0 of cache"
// CHECK:         %[[VALID:.*]] = tensor.extract
// CHECK:         %[[NONE:.*]] = arith.cmpi eq,
// CHECK:         %[[FINE:.*]] = arith.ori %[[VALID]], %[[NONE]]
// CHECK:         cf.assert %[[FINE]], "expected positions to leave room
func.func @dynamic(%cache: tensor<?x?x?xf32>, %new: tensor<?x?x?xf32>, %n: tensor<?xindex>)
    -> tensor<?x?x?xf32> {
  %0 = attn.cache_update %cache, %new at %n axis 1
    : tensor<?x?x?xf32>, tensor<?x?x?xf32>, at tensor<?xindex>
  return %0 : tensor<?x?x?xf32>
}
