// RUN: attn-opt %s -convert-attn-to-vector | FileCheck %s

// Where a query lives says how often it is packed: in scratch, once for all ops that read it, in place of the copy that fills it;
// with the caller, before each op, since anybody may write there in between.

!q = memref<1x1x48x4xf32>
!qs = memref<1x1x48x4xf32, #attn.scratch>
!k = memref<1x1x64x4xf32>
!v = memref<1x1x64x8xf32>
!acc = memref<1x1x48x8xf32>
!row = memref<1x1x48xf32>

// CHECK-LABEL: func.func @scratch(
// CHECK-NOT: memref.alloc(
// CHECK-NOT: memref.copy %arg0
// CHECK: call @__attn_pack_query({{.*}}%arg0
// CHECK: scf.for
// CHECK-NOT: call @__attn_pack_query
// CHECK: call @__attn_add_block
// CHECK-NOT: call @__attn_pack_query
// CHECK: call @__attn_add_block
// CHECK: return
func.func @scratch(%q: !q, %k: !k, %v: !v, %acc: !acc, %max: !row, %sum: !row, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %s = memref.alloc() : !qs
  memref.copy %q, %s : !q to !qs
  scf.for %i = %c0 to %n step %c1 {
    attn.attend %s, %k, %v into %acc, %max, %sum : !qs, !k, !v -> !acc, !row
  }
  attn.attend %s, %k, %v into %acc, %max, %sum : !qs, !k, !v -> !acc, !row
  return
}

// Two loops whose scores differ in type share no packed query, though a function of one name packs it.
// CHECK-LABEL: func.func @types(
// CHECK: call @__attn_pack_query{{.*}}(%arg0{{.*}} memref<4x24xf32>)
// CHECK: call @__attn_pack_query{{.*}}(%arg0{{.*}} memref<4x24xf64>)
func.func @types(%q: memref<1x1x24x4xf32>, %k: !k, %wideKey: memref<1x1x64x4xf64>, %v: !v,
                 %acc: memref<1x1x24x8xf32>, %max: memref<1x1x24xf32>, %sum: memref<1x1x24xf32>,
                 %wide: memref<1x1x24x8xf64>, %wideMax: memref<1x1x24xf64>, %wideSum: memref<1x1x24xf64>) {
  %s = memref.alloc() : memref<1x1x24x4xf32, #attn.scratch>
  memref.copy %q, %s : memref<1x1x24x4xf32> to memref<1x1x24x4xf32, #attn.scratch>
  attn.attend %s, %k, %v into %acc, %max, %sum : memref<1x1x24x4xf32, #attn.scratch>, !k, !v -> memref<1x1x24x8xf32>, memref<1x1x24xf32>
  attn.attend %s, %wideKey, %v into %wide, %wideMax, %wideSum : memref<1x1x24x4xf32, #attn.scratch>, memref<1x1x64x4xf64>, !v -> memref<1x1x24x8xf64>, memref<1x1x24xf64>
  return
}

// CHECK-LABEL: func.func @caller(
// CHECK: call @__attn_pack_query
// CHECK: call @__attn_add_block
// CHECK: memref.copy %arg1, %arg0
// CHECK: call @__attn_pack_query
// CHECK: call @__attn_add_block
func.func @caller(%q: !q, %new: !q, %k: !k, %v: !v, %acc: !acc, %max: !row, %sum: !row) {
  attn.attend %q, %k, %v into %acc, %max, %sum : !q, !k, !v -> !acc, !row
  memref.copy %new, %q : !q to !q
  attn.attend %q, %k, %v into %acc, %max, %sum : !q, !k, !v -> !acc, !row
  return
}

// Scratch that is filled twice is packed before each op as well.
// CHECK-LABEL: func.func @twice(
// CHECK: memref.copy %arg0, %[[S:.*]] :
// CHECK: call @__attn_pack_query
// CHECK: memref.copy %arg1, %[[S]] :
// CHECK: call @__attn_pack_query
func.func @twice(%q: !q, %new: !q, %k: !k, %v: !v, %acc: !acc, %max: !row, %sum: !row) {
  %s = memref.alloc() : !qs
  memref.copy %q, %s : !q to !qs
  attn.attend %s, %k, %v into %acc, %max, %sum : !qs, !k, !v -> !acc, !row
  memref.copy %new, %s : !q to !qs
  attn.attend %s, %k, %v into %acc, %max, %sum : !qs, !k, !v -> !acc, !row
  return
}

// So is scratch that is filled for some of its readers only, or that another op writes as its state.
// CHECK-LABEL: func.func @late(
// CHECK: scf.for
// CHECK: memref.copy %arg0
// CHECK: call @__attn_pack_query
func.func @late(%q: !q, %k: !k, %v: !v, %acc: !acc, %max: !row, %sum: !row, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %s = memref.alloc() : !qs
  scf.for %i = %c0 to %n step %c1 {
    memref.copy %q, %s : !q to !qs
  }
  attn.attend %s, %k, %v into %acc, %max, %sum : !qs, !k, !v -> !acc, !row
  return
}

// CHECK-LABEL: func.func @written(
// CHECK: memref.copy %arg0
// CHECK: scf.for
// CHECK: call @__attn_pack_query
// CHECK: call @__attn_pack_query
func.func @written(%q: !q, %k: !k, %acc: !q, %max: !row, %sum: !row, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %s = memref.alloc() : !qs
  memref.copy %q, %s : !q to !qs
  scf.for %i = %c0 to %n step %c1 {
    attn.attend %s, %k, %k into %acc, %max, %sum : !qs, !k, !k -> !q, !row
    attn.attend %acc, %k, %k into %s, %max, %sum : !q, !k, !k -> !qs, !row
  }
  return
}

// Memory that the program allocates is the caller's, though a copy alone fills it.
// CHECK-LABEL: func.func @allocated(
// CHECK: memref.copy %arg0, %[[S:.*]] :
// CHECK: call @__attn_pack_query({{.*}}%[[S]]
// CHECK: call @__attn_pack_query({{.*}}%[[S]]
func.func @allocated(%q: !q, %k: !k, %v: !v, %acc: !acc, %max: !row, %sum: !row) {
  %s = memref.alloc() : !q
  memref.copy %q, %s : !q to !q
  attn.attend %s, %k, %v into %acc, %max, %sum : !q, !k, !v -> !acc, !row
  attn.attend %s, %k, %v into %acc, %max, %sum : !q, !k, !v -> !acc, !row
  return
}
