// Several dynamic sizes in one group: as the pass sees it, and as compiled code runs it.
// RUN: split-file %s %t
// RUN: attn-opt %t/pass.mlir --attn-lower-expand-shapes | FileCheck %s
// RUN: attn-run %t/run.mlir --plain -O0 --random-inputs --seed=4 --keep-dynamic \
// RUN:   --dim rows=3 --dim planes=2 --dim columns=5 --compare=reference | FileCheck %s --check-prefix=AGREE
// RUN: attn-run %t/run.mlir --plain -O0 --random-inputs --seed=4 --keep-dynamic \
// RUN:   --dim rows=0 --dim planes=2 --dim columns=5 --compare=reference | FileCheck %s --check-prefix=AGREE
// AGREE-COUNT-3: agree

// Of a slice, whose strides are not its sizes; and sizes that do not multiply to the source's.
// RUN: attn-run %t/slice.mlir --plain -O0 --random-inputs --keep-dynamic --dim n=7 --dim a=2 --dim b=3 --dim rows=3 \
// RUN:   --compare=reference | FileCheck %s --check-prefix=SLICE
// RUN: not attn-run %t/slice.mlir --plain -O0 --random-inputs --keep-dynamic --dim n=8 --dim a=2 --dim b=3 --dim rows=3 2>&1 \
// RUN:   | FileCheck %s --check-prefix=PRODUCT
// SLICE: agree
// PRODUCT: expected dimension 1 of the source to equal the product of the dimensions it becomes

//--- pass.mlir
// CHECK-LABEL: @contiguous
// CHECK-SAME: (%[[X:.*]]: memref<?xf32>, %[[M:.*]]: index, %[[N:.*]]: index)
func.func @contiguous(%x: memref<?xf32>, %m: index, %n: index) -> memref<?x?x2xf32> {
  // CHECK: %[[BASE:[^,]*]], {{.*}} = memref.extract_strided_metadata %[[X]]
  // CHECK: %[[STRIDE:.*]] = arith.muli %{{.*}}, %[[N]]
  // CHECK: memref.reinterpret_cast %[[BASE]] to offset: [0], sizes: [%[[M]], %[[N]], 2], strides: [%{{.*}}, 2, 1]
  %0 = memref.expand_shape %x [[0, 1, 2]] output_shape [%m, %n, 2] : memref<?xf32> into memref<?x?x2xf32>
  return %0 : memref<?x?x2xf32>
}

// CHECK-LABEL: @strided
func.func @strided(%x: memref<4x?xf32, strided<[?, ?], offset: ?>>, %m: index, %n: index)
    -> memref<2x2x?x?xf32, strided<[?, ?, ?, ?], offset: ?>> {
  // CHECK: %{{.*}}, %[[OFFSET:.*]], %{{.*}}:2, %[[STRIDES:.*]]:2 = memref.extract_strided_metadata
  // CHECK: reinterpret_cast %{{.*}} to offset: [%[[OFFSET]]], sizes: [2, 2, %{{.*}}, %{{.*}}], strides: [%{{.*}}, %[[STRIDES]]#0, %{{.*}}, %[[STRIDES]]#1]
  %0 = memref.expand_shape %x [[0, 1], [2, 3]] output_shape [2, 2, %m, %n]
    : memref<4x?xf32, strided<[?, ?], offset: ?>> into memref<2x2x?x?xf32, strided<[?, ?, ?, ?], offset: ?>>
  return %0 : memref<2x2x?x?xf32, strided<[?, ?, ?, ?], offset: ?>>
}

// One dynamic size is upstream's business.
// CHECK-LABEL: @single
func.func @single(%x: memref<?xf32>, %m: index) -> memref<?x2xf32> {
  // CHECK: memref.expand_shape
  %0 = memref.expand_shape %x [[0, 1]] output_shape [%m, 2] : memref<?xf32> into memref<?x2xf32>
  return %0 : memref<?x2xf32>
}

//--- run.mlir
// A flat row and a plane, split by sizes that other inputs have; a slice of them, whose stride is not its size.
func.func @main(
    %like: tensor<?x?x?xf32> {attn.dim_names = ["rows", "planes", "columns"]},
    %flat: tensor<?x?xf32> {attn.dim_names = ["planes", "columns"]})
    -> (tensor<?x?x?xf32>, tensor<?x?x?xf32>, tensor<?x?x?xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %rows = tensor.dim %like, %c0 : tensor<?x?x?xf32>
  %planes = tensor.dim %like, %c1 : tensor<?x?x?xf32>
  %columns = tensor.dim %like, %c2 : tensor<?x?x?xf32>
  %merged = tensor.collapse_shape %like [[0, 1, 2]] : tensor<?x?x?xf32> into tensor<?xf32>
  // All sizes of the group are dynamic, in another order than they came.
  %turned = tensor.expand_shape %merged [[0, 1, 2]] output_shape [%columns, %rows, %planes] : tensor<?xf32> into tensor<?x?x?xf32>
  %doubled = arith.addf %turned, %turned : tensor<?x?x?xf32>
  // Two groups, each of a plane.
  %pair = tensor.collapse_shape %flat [[0, 1]] : tensor<?x?xf32> into tensor<?xf32>
  %again = tensor.expand_shape %pair [[0, 1]] output_shape [%columns, %planes] : tensor<?xf32> into tensor<?x?xf32>
  %cube = tensor.expand_shape %again [[0], [1, 2]] output_shape [%columns, %planes, 1] : tensor<?x?xf32> into tensor<?x?x1xf32>
  %any = tensor.cast %cube : tensor<?x?x1xf32> to tensor<?x?x?xf32>
  %back = tensor.expand_shape %merged [[0, 1, 2]] output_shape [%planes, %columns, %rows] : tensor<?xf32> into tensor<?x?x?xf32>
  return %doubled, %any, %back : tensor<?x?x?xf32>, tensor<?x?x?xf32>, tensor<?x?x?xf32>
}

//--- slice.mlir
func.func @main(
    %x: tensor<?x?xf32> {attn.dim_names = ["rows", "n"]},
    %like: tensor<?x?xf32> {attn.dim_names = ["a", "b"]})
    -> tensor<?x?x?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %rows = tensor.dim %x, %c0 : tensor<?x?xf32>
  %n = tensor.dim %x, %c1 : tensor<?x?xf32>
  %a = tensor.dim %like, %c0 : tensor<?x?xf32>
  %b = tensor.dim %like, %c1 : tensor<?x?xf32>
  // All but the first column.
  %left = arith.subi %n, %c1 : index
  %slice = tensor.extract_slice %x[0, 1] [%rows, %left] [1, 1] : tensor<?x?xf32> to tensor<?x?xf32>
  %split = tensor.expand_shape %slice [[0], [1, 2]] output_shape [%rows, %a, %b] : tensor<?x?xf32> into tensor<?x?x?xf32>
  %doubled = arith.addf %split, %split : tensor<?x?x?xf32>
  return %doubled : tensor<?x?x?xf32>
}
