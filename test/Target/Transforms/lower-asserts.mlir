// RUN: attn-opt %s --attn-lower-asserts | FileCheck %s
// RUN: attn-opt %s --attn-lower-asserts | FileCheck %s --check-prefix=BRANCH

// A branch in a function, so that checks do not split the block that they are in.
// BRANCH: llvm.func internal @attn_rt_check(%[[HOLDS:.*]]: i1, %[[WHY:.*]]: !llvm.ptr) attributes {passthrough = ["noinline"]}
// BRANCH: llvm.cond_br %[[HOLDS]], ^[[DONE:.*]], ^[[WRONG:.*]]
// BRANCH: ^[[DONE]]:
// BRANCH-NEXT: llvm.return
// BRANCH: ^[[WRONG]]:
// BRANCH-NEXT: llvm.call @attn_rt_fail(%[[WHY]])

// CHECK-DAG: llvm.func @attn_rt_fail(!llvm.ptr) attributes {passthrough = ["noreturn", "cold"]}
// CHECK-DAG: llvm.func @attn_rt_context() -> !llvm.ptr
// CHECK-DAG: llvm.mlir.global internal constant @[[$FIRST:.*]]("expected one\00")
// CHECK-DAG: llvm.mlir.global internal constant @[[$SECOND:.*]]("expected two\00")

// CHECK-LABEL: @serial
// CHECK-SAME: %[[OK:.*]]: i1
func.func @serial(%ok: i1) {
  // CHECK: %[[TEXT:.*]] = llvm.mlir.addressof @[[$FIRST]]
  // CHECK: llvm.call @attn_rt_check(%[[OK]], %[[TEXT]])
  cf.assert %ok, "expected one"
  return
}

// CHECK-LABEL: @loop
func.func @loop(%ok: i1, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK: scf.for
  scf.for %i = %c0 to %n step %c1 {
    // CHECK: scf.if
    // CHECK: llvm.call @attn_rt_fail(
    cf.assert %ok, "expected one"
  }
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
