// RUN: attn-opt %s --attn-lower-bools | FileCheck %s

// CHECK-LABEL: @copy
// CHECK: %[[BYTE:.*]] = llvm.load %{{.*}} {alignment = 1 : i64} : !llvm.ptr -> i8
// CHECK: %[[ZERO:.*]] = llvm.mlir.constant(0 : i8) : i8
// CHECK: %[[TRUE:.*]] = llvm.icmp "ne" %[[BYTE]], %[[ZERO]] : i8
// CHECK: %[[ONE:.*]] = llvm.zext %[[TRUE]] : i1 to i8
// CHECK: llvm.store %[[ONE]], %{{.*}} : i8, !llvm.ptr
llvm.func @copy(%from: !llvm.ptr, %to: !llvm.ptr) {
  %0 = llvm.load %from {alignment = 1 : i64} : !llvm.ptr -> i1
  llvm.store %0, %to : i1, !llvm.ptr
  llvm.return
}

// CHECK-LABEL: @others
// CHECK: llvm.load volatile %{{.*}} -> i1
// CHECK: llvm.load %{{.*}} -> vector<8xi1>
llvm.func @others(%from: !llvm.ptr) {
  %0 = llvm.load volatile %from : !llvm.ptr -> i1
  %1 = llvm.load %from : !llvm.ptr -> vector<8xi1>
  llvm.return
}
