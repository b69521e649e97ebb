// RUN: attn-opt %s --split-input-file --attn-cut-alias-chains=limit=2 | FileCheck %s
// RUN: attn-opt %s --split-input-file --attn-cut-alias-chains --remarks-filter=attn-cut-alias-chains 2>&1 | FileCheck %s --check-prefix=USUAL --implicit-check-not=remark
// RUN: attn-opt %s --split-input-file --attn-cut-alias-chains=limit=2 --remarks-filter=attn-cut-alias-chains -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// USUAL-NOT: bufferization.alloc_tensor

// CHECK-LABEL: @overwritten
// CHECK: linalg.exp
// CHECK: %[[B:.*]] = linalg.abs
// CHECK: %[[COPY:.*]] = bufferization.alloc_tensor() copy(%[[B]])
// CHECK: linalg.exp ins(%[[B]] : {{.*}} outs(%[[COPY]] :
// REMARK: cut-alias-chains.mlir:[[#@LINE+4]]:8: remark: [Missed] Copied | Category:attn-cut-alias-chains | Remark="copied operand ", Remark=1, Remark=": expected fewer tensors that share its buffer"
func.func @overwritten(%a: tensor<4xf32>) -> tensor<4xf32> {
  %0 = linalg.exp ins(%a : tensor<4xf32>) outs(%a : tensor<4xf32>) -> tensor<4xf32>
  %1 = linalg.abs ins(%0 : tensor<4xf32>) outs(%0 : tensor<4xf32>) -> tensor<4xf32>
  %2 = linalg.exp ins(%1 : tensor<4xf32>) outs(%1 : tensor<4xf32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}

// -----

// What is inserted may come to lie where it is inserted.
// CHECK-LABEL: @inserted
// CHECK: %[[A:.*]] = tensor.insert_slice
// CHECK: %[[COPY:.*]] = bufferization.alloc_tensor() copy(%[[A]])
// CHECK: tensor.insert_slice %{{.*}} into %[[COPY]]
func.func @inserted(%a: tensor<8xf32>, %x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<8xf32> {
  %0 = tensor.insert_slice %x into %a[0] [4] [1] : tensor<4xf32> into tensor<8xf32>
  %1 = tensor.insert_slice %y into %0[4] [4] [1] : tensor<4xf32> into tensor<8xf32>
  return %1 : tensor<8xf32>
}

// -----

// Reads share nothing, and parallel loops stay as they are.
// CHECK-LABEL: @left
// CHECK-NOT: bufferization.alloc_tensor
func.func @left(%a: tensor<8xf32>, %e: tensor<8xf32>) -> tensor<8xf32> {
  %0 = linalg.exp ins(%a : tensor<8xf32>) outs(%e : tensor<8xf32>) -> tensor<8xf32>
  %r = scf.forall (%i) in (8) shared_outs(%o = %0) -> tensor<8xf32> {
    %s = tensor.extract_slice %o[%i] [1] [1] : tensor<8xf32> to tensor<1xf32>
    %1 = linalg.exp ins(%s : tensor<1xf32>) outs(%s : tensor<1xf32>) -> tensor<1xf32>
    %2 = linalg.abs ins(%1 : tensor<1xf32>) outs(%1 : tensor<1xf32>) -> tensor<1xf32>
    scf.forall.in_parallel {
      tensor.parallel_insert_slice %2 into %o[%i] [1] [1] : tensor<1xf32> into tensor<8xf32>
    }
  }
  return %r : tensor<8xf32>
}
