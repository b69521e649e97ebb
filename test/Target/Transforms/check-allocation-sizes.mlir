// RUN: attn-opt %s --attn-check-allocation-sizes | FileCheck %s

// CHECK-LABEL: @dynamic
// CHECK-SAME: %[[M:.*]]: index, %[[N:.*]]: index
func.func @dynamic(%m: index, %n: index) -> memref<?x6x?xi16> {
  // 6 elements of 2 bytes are known.
  // CHECK: %[[FIXED:.*]] = arith.constant 12 : i64
  // CHECK: %[[M64:.*]] = arith.index_cast %[[M]] : index to i64
  // CHECK: %[[PART:.*]] = call @attn_rt_multiply_size(%[[FIXED]], %[[M64]])
  // CHECK: %[[N64:.*]] = arith.index_cast %[[N]] : index to i64
  // CHECK: %[[TOTAL:.*]] = call @attn_rt_multiply_size(%[[PART]], %[[N64]])
  // CHECK: call @attn_rt_check_size(%[[TOTAL]])
  // CHECK-NEXT: memref.alloc
  %0 = memref.alloc(%m, %n) : memref<?x6x?xi16>
  return %0 : memref<?x6x?xi16>
}

// CHECK-LABEL: @static
// CHECK-NOT: call
func.func @static() -> memref<6xf32> {
  %0 = memref.alloc() : memref<6xf32>
  return %0 : memref<6xf32>
}
