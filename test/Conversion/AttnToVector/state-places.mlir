// RUN: attn-opt %s -convert-attn-to-vector | FileCheck %s --implicit-check-not=#attn.scratch

// Where a state lives, its memory space says.

!q = memref<1x1x48x4xf32>
!k = memref<1x1x64x4xf32>
!v = memref<1x1x64x8xf32>
!acc = memref<1x1x48x8xf32, #attn.scratch>
!row = memref<1x1x48xf32, #attn.scratch>
!value = memref<1x1x48x8xf32, strided<[384, 384, 8, 1], offset: ?>>
!statistic = memref<1x1x48xf32, strided<[48, 48, 1], offset: ?>>

// In scratch it stays on the stack from one op to the next, and is copied where the program copies it. Lanes without a query
// begin as zeros: what lies there may be denormal, and slow.
// CHECK-LABEL: func.func @scratch(
// CHECK: scf.forall
// CHECK: %[[PLACE:.*]] = memref.alloca() {alignment = 64 : i64} : memref<8x{{[0-9]+}}xf32>
// CHECK: linalg.fill {{.*}} outs(%[[PLACE]] :
// CHECK-NOT: memref.copy
// CHECK: func.call @__attn_add_block
// CHECK-NOT: memref.copy
// CHECK: func.call @__attn_add_block
// CHECK: memref.copy %reinterpret_cast
// CHECK-NOT: memref.copy
// CHECK: return
func.func @scratch(%q: !q, %k: !k, %v: !v, %out: memref<4x1x48x8xf32>) {
  scf.forall (%n) in (4) {
    %a = memref.alloc() : !acc
    %m = memref.alloc() : !row
    %s = memref.alloc() : !row
    attn.attend %q, %k, %v into %a, %m, %s : !q, !k, !v -> !acc, !row
    attn.attend %q, %k, %v into %a, %m, %s : !q, !k, !v -> !acc, !row
    %o = memref.subview %out[%n, 0, 0, 0] [1, 1, 48, 8] [1, 1, 1, 1] : memref<4x1x48x8xf32> to !value
    memref.copy %a, %o : !acc to !value
  }
  return
}

// The caller's is copied to the stack for each op: it must be there when others look.
// CHECK-LABEL: func.func @caller(
// CHECK: %[[SLICE:.*]] = memref.subview %arg3
// CHECK: memref.copy %[[SLICE]], %[[STACK:.*]] :
// CHECK: func.call @__attn_add_block
// CHECK: memref.copy %[[STACK]], %[[SLICE]] :
// CHECK: memref.load %arg3[
// CHECK: memref.copy %[[SLICE]], %[[AGAIN:.*]] :
// CHECK: func.call @__attn_add_block
// CHECK: memref.copy %[[AGAIN]], %[[SLICE]] :
func.func @caller(%q: !q, %k: !k, %v: !v, %acc: memref<4x1x48x8xf32>, %max: memref<4x1x48xf32>, %sum: memref<4x1x48xf32>,
    %seen: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  scf.forall (%n) in (4) {
    %a = memref.subview %acc[%n, 0, 0, 0] [1, 1, 48, 8] [1, 1, 1, 1] : memref<4x1x48x8xf32> to !value
    %m = memref.subview %max[%n, 0, 0] [1, 1, 48] [1, 1, 1] : memref<4x1x48xf32> to !statistic
    %s = memref.subview %sum[%n, 0, 0] [1, 1, 48] [1, 1, 1] : memref<4x1x48xf32> to !statistic
    attn.attend %q, %k, %v into %a, %m, %s : !q, !k, !v -> !value, !statistic
    %x = memref.load %acc[%n, %c0, %c0, %c0] : memref<4x1x48x8xf32>
    memref.store %x, %seen[%n] : memref<4xf32>
    attn.attend %q, %k, %v into %a, %m, %s : !q, !k, !v -> !value, !statistic
  }
  return
}

// Scratch that another op takes a part of is a buffer as any.
// CHECK-LABEL: func.func @part(
// CHECK: %[[ACC:.*]] = memref.alloc() : memref<1x1x48x8xf32>
// CHECK: memref.subview %[[ACC]]
// CHECK: memref.copy %[[ACC]]
// CHECK: func.call @__attn_add_block
func.func @part(%q: !q, %k: !k, %v: !v, %m: memref<1x1x48xf32>, %s: memref<1x1x48xf32>) {
  %zero = arith.constant 0.0 : f32
  %a = memref.alloc() : !acc
  %row = memref.subview %a[0, 0, 0, 0] [1, 1, 1, 8] [1, 1, 1, 1] : !acc to memref<8xf32, #attn.scratch>
  linalg.fill ins(%zero : f32) outs(%row : memref<8xf32, #attn.scratch>)
  attn.attend %q, %k, %v into %a, %m, %s : !q, !k, !v -> !acc, memref<1x1x48xf32>
  return
}

// Memory that the program allocates is not the kernels': it is copied for each op, too.
// CHECK-LABEL: func.func @allocated(
// CHECK: %[[ACC:.*]] = memref.alloc() : memref<1x1x48x8xf32>
// CHECK: memref.copy %[[ACC]], %[[STACK:.*]] :
// CHECK: func.call @__attn_add_block
// CHECK: memref.copy %[[STACK]], %[[ACC]] :
// CHECK: memref.copy %[[ACC]], %[[AGAIN:.*]] :
// CHECK: func.call @__attn_add_block
// CHECK: memref.copy %[[AGAIN]], %[[ACC]] :
func.func @allocated(%q: !q, %k: !k, %v: !v, %out: memref<4x1x48x8xf32>) {
  scf.forall (%n) in (4) {
    %a = memref.alloc() : memref<1x1x48x8xf32>
    %m = memref.alloc() : memref<1x1x48xf32>
    %s = memref.alloc() : memref<1x1x48xf32>
    attn.attend %q, %k, %v into %a, %m, %s : !q, !k, !v -> memref<1x1x48x8xf32>, memref<1x1x48xf32>
    attn.attend %q, %k, %v into %a, %m, %s : !q, !k, !v -> memref<1x1x48x8xf32>, memref<1x1x48xf32>
    %o = memref.subview %out[%n, 0, 0, 0] [1, 1, 48, 8] [1, 1, 1, 1] : memref<4x1x48x8xf32> to !value
    memref.copy %a, %o : memref<1x1x48x8xf32> to !value
  }
  return
}

// Kernels that lay a state out differently do not share it: it is copied between them.
// CHECK-LABEL: func.func @layouts(
// CHECK: %[[ROWS:.*]] = memref.reinterpret_cast %{{.*}} : memref<4x16xf32> to
// CHECK: call @__attn_add_decode
// CHECK: %[[COLUMNS:.*]] = memref.reinterpret_cast %{{.*}} : memref<16x4xf32> to
// CHECK: memref.copy %[[ROWS]], %[[COLUMNS]] :
// CHECK: call @__attn_add_block
// CHECK: memref.copy %[[COLUMNS]], %[[ROWS]] :
func.func @layouts(%q: memref<1x1x2x16xf32>, %k: memref<1x1x64x16xf32>,
    %strided: memref<1x1x64x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %out: memref<1x1x2x16xf32>) {
  %a = memref.alloc() : memref<1x1x2x16xf32, #attn.scratch>
  %m = memref.alloc() : memref<1x1x2xf32, #attn.scratch>
  %s = memref.alloc() : memref<1x1x2xf32, #attn.scratch>
  attn.attend %q, %k, %k into %a, %m, %s : memref<1x1x2x16xf32>, memref<1x1x64x16xf32>, memref<1x1x64x16xf32>
    -> memref<1x1x2x16xf32, #attn.scratch>, memref<1x1x2xf32, #attn.scratch>
  attn.attend %q, %strided, %strided into %a, %m, %s : memref<1x1x2x16xf32>,
    memref<1x1x64x16xf32, strided<[?, ?, ?, ?], offset: ?>>, memref<1x1x64x16xf32, strided<[?, ?, ?, ?], offset: ?>>
    -> memref<1x1x2x16xf32, #attn.scratch>, memref<1x1x2xf32, #attn.scratch>
  memref.copy %a, %out : memref<1x1x2x16xf32, #attn.scratch> to memref<1x1x2x16xf32>
  return
}
