// RUN: attn-opt %s --split-input-file --attn-attach-cpu-target="vector-bits=512 fma" --convert-linalg-to-vector --canonicalize --cse | FileCheck %s -enable-var-scope
// RUN: attn-opt %s --split-input-file --attn-attach-cpu-target="vector-bits=512 fma" --convert-linalg-to-vector --remarks-filter=convert-linalg-to-vector \
// RUN:   --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#column = affine_map<(i, j) -> (j)>

// What is the same in a row is computed before it; the rest is masked. Equal ops share a function.
// REMARK: remark: {{.*}}Vectorized{{.*}}loop 1
// REMARK: remark: {{.*}}Vectorized{{.*}}loop 1
// CHECK-LABEL: func.func @rows
// CHECK: call @[[LOOPS:.*]](%
// CHECK: call @[[LOOPS]](%
// CHECK: func.func private @[[LOOPS]]
// CHECK: scf.for
// CHECK: memref.load
// CHECK: arith.divf {{.*}} : f32
// CHECK: scf.for
// CHECK: vector.load {{.*}} vector<16xf32>
// CHECK: arith.mulf {{.*}} : vector<16xf32>
// CHECK: vector.store
// CHECK: scf.if
// CHECK: vector.create_mask
// CHECK: vector.maskedload
// CHECK: vector.maskedstore
func.func @rows(%x: memref<?x?xf32>, %s: memref<?xf32>, %y: memref<?x?xf32>, %z: memref<?x?xf32>) {
  %one = arith.constant 1.0 : f32
  linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%x, %s : memref<?x?xf32>, memref<?xf32>) outs(%y : memref<?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.divf %one, %b : f32
    %1 = arith.mulf %a, %0 : f32
    linalg.yield %1 : f32
  }
  linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]} ins(%y, %s : memref<?x?xf32>, memref<?xf32>) outs(%z : memref<?x?xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.divf %one, %b : f32
    %1 = arith.mulf %a, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// -----

#id = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

// Four chains, blocks whose errors are kept, lanes pairwise.
// REMARK: remark: {{.*}}Vectorized{{.*}}loop 1
// CHECK-LABEL: func.func @sums
// CHECK: func.func private @__attn_loops
// CHECK: scf.for
// CHECK: %[[SUM:.*]]:2 = scf.for {{.*}} iter_args
// CHECK: scf.for
// CHECK-COUNT-4: vector.load
// CHECK: arith.subf
// CHECK: scf.yield
// CHECK: arith.cmpf uno
// CHECK: vector.shuffle
// CHECK: memref.store
func.func @sums(%x: memref<8x4096xf32>, %s: memref<8xf32>) {
  linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]} ins(%x : memref<8x4096xf32>) outs(%s : memref<8xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %o, %a : f32
    linalg.yield %0 : f32
  }
  return
}

// -----

#ids = affine_map<(i, j) -> (i)>
#id = affine_map<(i, j) -> (i, j)>

// Rows of an embedding.
// REMARK: remark: {{.*}}Vectorized{{.*}}loop 1
// CHECK-LABEL: func.func @embedding
// CHECK: func.func private @__attn_loops
// CHECK: scf.for
// CHECK: memref.load {{.*}} : memref<?xi64>
// CHECK: %[[ID:.*]] = arith.index_cast
// CHECK: scf.for %[[AT:.*]] =
// CHECK: vector.load %{{.*}}[%[[ID]], %[[AT]]] : memref<100x64xf32>, vector<16xf32>
func.func @embedding(%ids: memref<?xi64>, %table: memref<100x64xf32>, %y: memref<?x64xf32>) {
  linalg.generic {indexing_maps = [#ids, #id], iterator_types = ["parallel", "parallel"]} ins(%ids : memref<?xi64>) outs(%y : memref<?x64xf32>) {
  ^bb0(%a: i64, %o: f32):
    %j = linalg.index 1 : index
    %0 = arith.index_cast %a : i64 to index
    %1 = memref.load %table[%0, %j] : memref<100x64xf32>
    linalg.yield %1 : f32
  }
  return
}

// -----

#id = affine_map<(i, j) -> (i, j)>
#other = affine_map<(i, j) -> (j, i)>

// Rows of an input that vectors stride over are transposed first, as many as 128 bits have lanes.
// REMARK: remark: {{.*}}Vectorized{{.*}}loop 1
// CHECK-LABEL: func.func @transposed
// CHECK: call @[[LOOPS:.*]](%
// CHECK: func.func private @[[LOOPS]]
// CHECK: %[[ROWS:.*]] = memref.alloca() {alignment = 64 : i64} : memref<4x80xf32>
// CHECK-COUNT-16: vector.load {{.*}} vector<4xf32>
// CHECK-COUNT-4: vector.store {{.*}}, %[[ROWS]]
// CHECK: memref.store {{.*}}, %[[ROWS]]
// CHECK: vector.load %[[ROWS]]
func.func @transposed(%x: memref<67x?xf32>, %y: memref<?x67xf32>) {
  linalg.generic {indexing_maps = [#other, #id], iterator_types = ["parallel", "parallel"]} ins(%x : memref<67x?xf32>) outs(%y : memref<?x67xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  return
}

// -----

#id = affine_map<(i, j) -> (i, j)>
#other = affine_map<(i, j) -> (j, i)>

// REMARK: remark: {{.*}}Declined{{.*}}expected elements side by side along one loop
// REMARK: remark: {{.*}}Declined{{.*}}expected elementwise ops, got cf.assert
// CHECK-LABEL: func.func @declined
// CHECK-COUNT-2: linalg.generic
func.func @declined(%x: memref<?x?xf32>, %y: memref<?x?xf32>) {
  %c0 = arith.constant 0.0 : f32
  linalg.generic {indexing_maps = [#other, #id], iterator_types = ["parallel", "parallel"]} ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%x : memref<?x?xf32>) outs(%y : memref<?x?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.cmpf one, %a, %c0 : f32
    cf.assert %0, "expected other numbers than 0"
    linalg.yield %a : f32
  }
  return
}
