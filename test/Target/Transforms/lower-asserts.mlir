// RUN: attn-opt %s --attn-lower-asserts | FileCheck %s

// CHECK-DAG: llvm.func @attn_rt_fail(!llvm.ptr) attributes {passthrough = ["noreturn", "cold"]}
// CHECK-DAG: llvm.func @attn_rt_context() -> !llvm.ptr
// CHECK-DAG: llvm.mlir.global internal constant @[[$FIRST:.*]]("expected one\00")
// CHECK-DAG: llvm.mlir.global internal constant @[[$SECOND:.*]]("expected two\00")

// CHECK-LABEL: @serial
// CHECK-SAME: %[[OK:.*]]: i1
func.func @serial(%ok: i1) {
  // CHECK: %[[FAILED:.*]] = arith.cmpi eq, %[[OK]], %false
  // CHECK: scf.if %[[FAILED]] {
  // CHECK:   %[[TEXT:.*]] = llvm.mlir.addressof @[[$FIRST]]
  // CHECK:   llvm.call @attn_rt_fail(%[[TEXT]])
  cf.assert %ok, "expected one"
  return
}

// A parallel loop is not left: what failed is recorded, and acted upon after it. One context serves all checks in it.
// CHECK-LABEL: @parallel
func.func @parallel(%ok: i1, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK: %[[CONTEXT:.*]] = llvm.call @attn_rt_context()
  // CHECK: scf.parallel
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    // CHECK-DAG: llvm.mlir.addressof @[[$FIRST]]
    // CHECK: llvm.call @attn_rt_record(%[[CONTEXT]], %
    cf.assert %ok, "expected one"
    // CHECK-DAG: llvm.mlir.addressof @[[$SECOND]]
    // CHECK: llvm.call @attn_rt_record(%[[CONTEXT]], %
    cf.assert %ok, "expected two"
  }
  // CHECK: llvm.call @attn_rt_leave_if_failed(%[[CONTEXT]])
  // CHECK-NEXT: return
  return
}
