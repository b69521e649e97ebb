// RUN: attn-opt %s --attn-use-device-memory --canonicalize | FileCheck %s

// CHECK-LABEL: func.func @buffers(
// CHECK-SAME: %[[N:.*]]: index)
// CHECK: %[[BYTES:.*]] = arith.muli %[[N]], %c32
// CHECK: %[[WIDE:.*]] = arith.index_cast %[[BYTES]]
// CHECK: llvm.call @attn_rt_gpu_allocate(%[[WIDE]])
// CHECK: memref.reinterpret_cast %{{.*}} to offset: [0], sizes: [%[[N]], 8], strides: [8, 1]
// CHECK: memref.dealloc
func.func @buffers(%n: index) {
  %0 = memref.alloc(%n) : memref<?x8xf32>
  memref.dealloc %0 : memref<?x8xf32>
  return
}

// CHECK-LABEL: func.func @constant(
// CHECK: llvm.call @attn_rt_gpu_constant(%{{.*}}, %c16_i64)
memref.global "private" constant @weights : memref<4xf32> = dense<[1.0, 2.0, 3.0, 4.0]>
func.func @constant() -> memref<4xf32> {
  %0 = memref.get_global @weights : memref<4xf32>
  return %0 : memref<4xf32>
}

// The host waits for an element that it goes by.
// CHECK-LABEL: func.func @element(
// CHECK: llvm.call @attn_rt_gpu_read(%[[SLOT:.*]], %{{.*}}, %c4_i64)
// CHECK: llvm.load %[[SLOT]] : !llvm.ptr -> i32
func.func @element(%x: memref<4xi32>, %i: index) -> i32 {
  %0 = memref.load %x[%i] : memref<4xi32>
  return %0 : i32
}
