// RUN: attn-opt %s -split-input-file -verify-diagnostics --attn-emulate-amx | FileCheck %s

// One function for all products of a shape; even and odd members of pairs are summed apart, denormals are 0.
// CHECK: func.func private @attn_tdpbf16ps_1(%{{.*}}: memref<16x16xi32>, %{{.*}}: memref<16x16xi32>, %{{.*}}: memref<16x16xf32>, %{{.*}}: memref<16x16xf32>)
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>)
// CHECK-COUNT-2: math.fma
// CHECK: math.absf

// CHECK-LABEL: @product
// CHECK-SAME: (%[[A:.*]]: memref<?x?xbf16, strided<[?, 1]>>, %[[B:.*]]: memref<16x32xbf16>, %[[C:.*]]: memref<2x16x16xf32>)
// CHECK: memref.subview %[[A]][%{{.*}}, %{{.*}}] [16, 32] [1, 1]
// CHECK: call @attn_copy_tile{{.*}}(%{{.*}}, %{{.*}}) : (memref<16x32xbf16, strided<[?, 1], offset: ?>>, memref<16x16xi32>)
// CHECK: call @attn_tdpbf16ps_1(%[[X:[^,]+]], %[[Y:[^,]+]], %{{[^,]+}}, %[[S:[^,)]+]])
// CHECK: call @attn_tdpbf16ps_1(%[[X]], %[[Y]], %[[S]], %{{[^,)]+}})
// CHECK: memref.subview %[[C]][%{{.*}}, %{{.*}}, %{{.*}}] [1, 16, 16] [1, 1, 1]
// CHECK: call @attn_copy_tile
// CHECK-NOT: amx.
func.func @product(%a: memref<?x?xbf16, strided<[?, 1]>>, %b: memref<16x32xbf16>, %c: memref<2x16x16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = amx.tile_load %a[%c1, %c0] : memref<?x?xbf16, strided<[?, 1]>> into !amx.tile<16x32xbf16>
  %1 = amx.tile_load %b[%c0, %c0] : memref<16x32xbf16> into !amx.tile<16x32xbf16>
  %2 = amx.tile_zero : !amx.tile<16x16xf32>
  %3 = amx.tile_mulf %0, %1, %2 : !amx.tile<16x32xbf16>, !amx.tile<16x32xbf16>, !amx.tile<16x16xf32>
  %4 = amx.tile_mulf %0, %1, %3 : !amx.tile<16x32xbf16>, !amx.tile<16x32xbf16>, !amx.tile<16x16xf32>
  amx.tile_store %c[%c1, %c0, %c0], %4 : memref<2x16x16xf32>, !amx.tile<16x16xf32>
  return
}

// -----

func.func @carried(%a: memref<16x16xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = amx.tile_zero : !amx.tile<16x16xf32>
  %1 = scf.for %i = %c0 to %n step %c1 iter_args(%t = %0) -> !amx.tile<16x16xf32> {
    scf.yield %t : !amx.tile<16x16xf32>
  }
  // expected-error @+1 {{expected tiles of amx ops, got one that control flow carries}}
  amx.tile_store %a[%c0, %c0], %1 : memref<16x16xf32>, !amx.tile<16x16xf32>
  return
}
