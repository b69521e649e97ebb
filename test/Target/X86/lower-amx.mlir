// RUN: attn-opt %s --attn-lower-amx | FileCheck %s

// CHECK-LABEL: @product
// CHECK: llvm.call_intrinsic "llvm.x86.tileloaddt164.internal"({{.*}}) : (i16, i16, !llvm.ptr, i64) -> !llvm.x86_amx
// CHECK: llvm.call_intrinsic "llvm.x86.tileloadd64.internal"
// CHECK: llvm.call_intrinsic "llvm.x86.tilezero.internal"
// CHECK: llvm.call_intrinsic "llvm.x86.tdpbf16ps.internal"
// CHECK: llvm.call_intrinsic "llvm.x86.tilestored64.internal"
// CHECK-NOT: amx.
func.func @product(%a: memref<16x32xbf16>, %b: memref<16x32xbf16>, %c: memref<16x16xf32>) {
  %c0 = arith.constant 0 : index
  %0 = attn.x86.stream_tile %a[%c0, %c0] : memref<16x32xbf16> into !amx.tile<16x32xbf16>
  %1 = amx.tile_load %b[%c0, %c0] : memref<16x32xbf16> into !amx.tile<16x32xbf16>
  %2 = amx.tile_zero : !amx.tile<16x16xf32>
  %3 = amx.tile_mulf %0, %1, %2 : !amx.tile<16x32xbf16>, !amx.tile<16x32xbf16>, !amx.tile<16x16xf32>
  amx.tile_store %c[%c0, %c0], %3 : memref<16x16xf32>, !amx.tile<16x16xf32>
  return
}

// Booleans as bytes are the same descriptor.
// CHECK-LABEL: @bytes
// CHECK-NOT: attn.
// CHECK: %[[D:.*]] = builtin.unrealized_conversion_cast %arg0 : memref<8xi1> to !llvm.struct
// CHECK: %[[B:.*]] = builtin.unrealized_conversion_cast %[[D]] : {{.*}} to memref<8xi8>
// CHECK: memref.load %[[B]]
func.func @bytes(%m: memref<8xi1>) -> i8 {
  %c0 = arith.constant 0 : index
  %0 = attn.x86.bytes %m : memref<8xi1> as memref<8xi8>
  %1 = memref.load %0[%c0] : memref<8xi8>
  return %1 : i8
}
