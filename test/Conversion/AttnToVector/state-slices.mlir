// RUN: attn-opt %s -convert-attn-to-vector | FileCheck %s

// A state in slices of a buffer. Where its parallel loop reaches the buffer by the slice alone, the state is scratch for the
// whole body: copied in before the first op and back after the last.

!rows = memref<4x1x48xf32>
!row = memref<1x1x48xf32, strided<[48, 48, 1], offset: ?>>
!values = memref<4x1x48x8xf32>
!value = memref<1x1x48x8xf32, strided<[384, 384, 8, 1], offset: ?>>

// CHECK-LABEL: func.func @own
// CHECK: scf.forall
// CHECK-COUNT-3: memref.copy
// CHECK-NOT: memref.copy
// CHECK: func.call @__attn_add_block
// CHECK-NOT: memref.copy
// CHECK: func.call @__attn_add_block
// CHECK-COUNT-3: memref.copy %reinterpret_cast
// CHECK: }
func.func @own(%q: memref<1x1x48x4xf32>, %k: memref<1x1x64x4xf32>, %v: memref<1x1x64x8xf32>, %out: !values) {
  %acc = memref.alloc() : !values
  %max = memref.alloc() : !rows
  %sum = memref.alloc() : !rows
  scf.forall (%n) in (4) {
    %a = memref.subview %acc[%n, 0, 0, 0] [1, 1, 48, 8] [1, 1, 1, 1] : !values to !value
    %m = memref.subview %max[%n, 0, 0] [1, 1, 48] [1, 1, 1] : !rows to !row
    %s = memref.subview %sum[%n, 0, 0] [1, 1, 48] [1, 1, 1] : !rows to !row
    attn.attend_in_place %q, %k, %v into %a, %m, %s : memref<1x1x48x4xf32>, memref<1x1x64x4xf32>, memref<1x1x64x8xf32> -> !value, !row
    attn.attend_in_place %q, %k, %v into %a, %m, %s : memref<1x1x48x4xf32>, memref<1x1x64x4xf32>, memref<1x1x64x8xf32> -> !value, !row
  }
  memref.copy %acc, %out : !values to !values
  return
}

// Where the loop reads the buffer itself, what it reads must be there: each op copies.
// CHECK-LABEL: func.func @reached(
// CHECK: %[[ACC:.*]] = memref.alloc() : memref<4x1x48x8xf32>
// CHECK: scf.forall
// CHECK: %[[SLICE:.*]] = memref.subview %[[ACC]]
// CHECK: memref.copy %[[SLICE]], %[[SCRATCH:.*]] :
// CHECK: func.call @__attn_add_block
// CHECK: memref.copy %[[SCRATCH]], %[[SLICE]] :
// CHECK: memref.load %[[ACC]][
// CHECK: memref.copy %[[SLICE]], %[[AGAIN:.*]] :
// CHECK: func.call @__attn_add_block
// CHECK: memref.copy %[[AGAIN]], %[[SLICE]] :
func.func @reached(%q: memref<1x1x48x4xf32>, %k: memref<1x1x64x4xf32>, %v: memref<1x1x64x8xf32>, %out: !values, %seen: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %acc = memref.alloc() : !values
  %max = memref.alloc() : !rows
  %sum = memref.alloc() : !rows
  scf.forall (%n) in (4) {
    %a = memref.subview %acc[%n, 0, 0, 0] [1, 1, 48, 8] [1, 1, 1, 1] : !values to !value
    %m = memref.subview %max[%n, 0, 0] [1, 1, 48] [1, 1, 1] : !rows to !row
    %s = memref.subview %sum[%n, 0, 0] [1, 1, 48] [1, 1, 1] : !rows to !row
    attn.attend_in_place %q, %k, %v into %a, %m, %s : memref<1x1x48x4xf32>, memref<1x1x64x4xf32>, memref<1x1x64x8xf32> -> !value, !row
    %x = memref.load %acc[%n, %c0, %c0, %c0] : !values
    memref.store %x, %seen[%n] : memref<4xf32>
    attn.attend_in_place %q, %k, %v into %a, %m, %s : memref<1x1x48x4xf32>, memref<1x1x64x4xf32>, memref<1x1x64x8xf32> -> !value, !row
  }
  memref.copy %acc, %out : !values to !values
  return
}
