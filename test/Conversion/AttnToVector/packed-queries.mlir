// RUN: attn-opt %s -convert-attn-to-vector | FileCheck %s

// Queries are packed once for several ops, unless something writes to them in between.

!q = memref<1x1x48x4xf32>
!k = memref<1x1x64x4xf32>
!v = memref<1x1x64x8xf32>
!acc = memref<1x1x48x8xf32>
!row = memref<1x1x48xf32>

// CHECK-LABEL: func.func @read(
// CHECK: call @__attn_pack_query
// CHECK: call @__attn_add_block
// CHECK-NOT: call @__attn_pack_query
// CHECK: call @__attn_add_block
func.func @read(%q: !q, %new: !q, %k: !k, %v: !v, %acc: !acc, %max: !row, %sum: !row) {
  memref.copy %new, %q : !q to !q
  attn.attend_in_place %q, %k, %v into %acc, %max, %sum : !q, !k, !v -> !acc, !row
  attn.attend_in_place %q, %k, %v into %acc, %max, %sum : !q, !k, !v -> !acc, !row
  return
}

// CHECK-LABEL: func.func @written(
// CHECK: call @__attn_pack_query
// CHECK: call @__attn_add_block
// CHECK: memref.copy %arg1, %arg0
// CHECK: call @__attn_pack_query
// CHECK: call @__attn_add_block
func.func @written(%q: !q, %new: !q, %k: !k, %v: !v, %acc: !acc, %max: !row, %sum: !row) {
  attn.attend_in_place %q, %k, %v into %acc, %max, %sum : !q, !k, !v -> !acc, !row
  memref.copy %new, %q : !q to !q
  attn.attend_in_place %q, %k, %v into %acc, %max, %sum : !q, !k, !v -> !acc, !row
  return
}

// The same deeper inside, where it may not run.
// CHECK-LABEL: func.func @written_at_times(
// CHECK: call @__attn_pack_query
// CHECK: call @__attn_add_block
// CHECK: scf.for {{.*}} to %arg7
// CHECK: memref.copy %arg1, %arg0
// CHECK: call @__attn_pack_query
// CHECK: call @__attn_add_block
func.func @written_at_times(%q: !q, %new: !q, %k: !k, %v: !v, %acc: !acc, %max: !row, %sum: !row, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  attn.attend_in_place %q, %k, %v into %acc, %max, %sum : !q, !k, !v -> !acc, !row
  scf.for %i = %c0 to %n step %c1 {
    memref.copy %new, %q : !q to !q
  }
  attn.attend_in_place %q, %k, %v into %acc, %max, %sum : !q, !k, !v -> !acc, !row
  return
}
