// RUN: attn-opt %s --split-input-file --attn-tile-rows --canonicalize --cse | FileCheck %s -enable-var-scope
// RUN: attn-opt %s --split-input-file --attn-tile-rows --remarks-filter=attn-tile-rows --remark-format=emitRemark -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=REMARK

// What two caches hold is copied in one loop, block by block of rows; what is new is computed behind it, in its place.
// REMARK: remark: {{.*}}Copied{{.*}}2 copies by rows
// CHECK-LABEL: func.func @caches
// CHECK-SAME:  (%[[K:.*]]: tensor<2x3x?x64xf32>, %[[V:.*]]: tensor<2x3x?x64xf32>
// CHECK:         %[[PAST:.*]] = tensor.dim %[[K]]
// CHECK:         %[[COPIED:.*]]:2 = scf.forall (%[[B:.*]], %[[H:.*]], %[[S:.*]]) = (0, 0, 0) to (2, 3, %[[PAST]]) step (%{{.*}}, %{{.*}}, 128)
// CHECK-DAG:       %[[KEYS:.*]] = tensor.extract_slice %[[K]][%[[B]], %[[H]], %[[S]], 0] [%{{.*}}, %{{.*}}, %{{.*}}, 64]
// CHECK-DAG:       %[[VALUES:.*]] = tensor.extract_slice %[[V]][%[[B]], %[[H]], %[[S]], 0]
// CHECK-DAG:       tensor.parallel_insert_slice %[[KEYS]] into %{{.*}}[%[[B]], %[[H]], %[[S]], 0]
// CHECK-DAG:       tensor.parallel_insert_slice %[[VALUES]] into
// CHECK:         %[[NEW:.*]] = linalg.transpose
// CHECK:         tensor.insert_slice %[[NEW]] into %[[COPIED]]#0[0, 0, %[[PAST]], 0]
// CHECK:         tensor.insert_slice %{{.*}} into %[[COPIED]]#1[0, 0, %[[PAST]], 0]
func.func @caches(%k: tensor<2x3x?x64xf32>, %v: tensor<2x3x?x64xf32>, %key: tensor<2x1x3x64xf32>, %value: tensor<2x3x1x64xf32>)
    -> (tensor<2x3x?x64xf32>, tensor<2x3x?x64xf32>) {
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %past = tensor.dim %k, %c2 : tensor<2x3x?x64xf32>
  %all = arith.addi %past, %c1 : index
  %te = tensor.empty() : tensor<2x3x1x64xf32>
  %new = linalg.transpose ins(%key : tensor<2x1x3x64xf32>) outs(%te : tensor<2x3x1x64xf32>) permutation = [0, 2, 1, 3]
  %e = tensor.empty(%all) : tensor<2x3x?x64xf32>
  %k0 = tensor.insert_slice %k into %e[0, 0, 0, 0] [2, 3, %past, 64] [1, 1, 1, 1] : tensor<2x3x?x64xf32> into tensor<2x3x?x64xf32>
  %k1 = tensor.insert_slice %new into %k0[0, 0, %past, 0] [2, 3, 1, 64] [1, 1, 1, 1] : tensor<2x3x1x64xf32> into tensor<2x3x?x64xf32>
  %v0 = tensor.insert_slice %v into %e[0, 0, 0, 0] [2, 3, %past, 64] [1, 1, 1, 1] : tensor<2x3x?x64xf32> into tensor<2x3x?x64xf32>
  %v1 = tensor.insert_slice %value into %v0[0, 0, %past, 0] [2, 3, 1, 64] [1, 1, 1, 1] : tensor<2x3x1x64xf32> into tensor<2x3x?x64xf32>
  return %k1, %v1 : tensor<2x3x?x64xf32>, tensor<2x3x?x64xf32>
}

// -----

// Behind something: where it is read from starts at 0, where it goes does not.
// REMARK: remark: {{.*}}Copied{{.*}}1 copies by rows
// CHECK-LABEL: func.func @behind
// CHECK-SAME:  (%[[X:.*]]: tensor<4096x8xf32>
// CHECK:         scf.forall (%[[I:.*]]) = (0) to (4096) step (1024)
// CHECK-DAG:       %[[PLACE:.*]] = affine.apply {{.*}}(%[[I]])
// CHECK-DAG:       %[[ROWS:.*]] = tensor.extract_slice %[[X]][%[[I]], 0] [{{.*}}, 8]
// CHECK:           tensor.parallel_insert_slice %[[ROWS]] into %{{.*}}[%[[PLACE]], 2] [{{.*}}, 8]
func.func @behind(%x: tensor<4096x8xf32>, %into: tensor<5000x10xf32>) -> tensor<5000x10xf32> {
  %r = tensor.insert_slice %x into %into[7, 2] [4096, 8] [1, 1] : tensor<4096x8xf32> into tensor<5000x10xf32>
  return %r : tensor<5000x10xf32>
}

// -----

// Of one block, with strides, and what is computed here, in its place.
// REMARK-NOT: Copied
// CHECK-LABEL: func.func @left
// CHECK-NOT:     scf.forall
// CHECK:         return
func.func @left(%few: tensor<16x16xf32>, %apart: tensor<4096x8xf32>, %into: tensor<9000x16xf32>)
    -> (tensor<9000x16xf32>, tensor<9000x16xf32>, tensor<9000x16xf32>) {
  %0 = tensor.insert_slice %few into %into[0, 0] [16, 16] [1, 1] : tensor<16x16xf32> into tensor<9000x16xf32>
  %1 = tensor.insert_slice %apart into %into[0, 0] [4096, 8] [2, 1] : tensor<4096x8xf32> into tensor<9000x16xf32>
  %e = tensor.empty() : tensor<4096x8xf32>
  %new = linalg.exp ins(%apart : tensor<4096x8xf32>) outs(%e : tensor<4096x8xf32>) -> tensor<4096x8xf32>
  %2 = tensor.insert_slice %new into %into[0, 0] [4096, 8] [1, 1] : tensor<4096x8xf32> into tensor<9000x16xf32>
  return %0, %1, %2 : tensor<9000x16xf32>, tensor<9000x16xf32>, tensor<9000x16xf32>
}
