// RUN: attn-opt %s --attn-lower-launches | FileCheck %s

// Equal kernels are one; what fails in a kernel is told by a number, and those behind do nothing.
// CHECK-LABEL: func.func @twice(
// CHECK: llvm.call @attn_rt_gpu_launch(%c0_i64, %{{.*}}, %{{.*}}, %{{.*}}, %c5_i64)
// CHECK: llvm.call @attn_rt_gpu_launch(%c0_i64{{.*}},
// CHECK: module @attn_kernels attributes {attn.messages = ["expected an index"]}
// CHECK: func.func @first(%{{.*}}: memref<4xf32>, %[[WORD:.*]]: !llvm.ptr) attributes {attn.kernel = 0 : i64}
// CHECK:   llvm.load %[[WORD]]
// CHECK:   cf.cond_br
// CHECK:   nvvm.read.ptx.sreg.tid.x
// CHECK:   scf.if
// CHECK:     llvm.atomicrmw umin %[[WORD]]
// CHECK-NOT: func.func
module attributes {gpu.container_module} {
  func.func @twice(%x: memref<4xf32>) {
    %c1 = arith.constant 1 : index
    gpu.launch_func @k::@first blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1) args(%x : memref<4xf32>)
    gpu.launch_func @k::@second blocks in (%c1, %c1, %c1) threads in (%c1, %c1, %c1) args(%x : memref<4xf32>)
    return
  }
  gpu.module @k {
    gpu.func @first(%x: memref<4xf32>) kernel {
      %i = gpu.thread_id x
      %c4 = arith.constant 4 : index
      %ok = arith.cmpi ult, %i, %c4 : index
      cf.assert %ok, "expected an index"
      gpu.return
    }
    gpu.func @second(%x: memref<4xf32>) kernel {
      %i = gpu.thread_id x
      %c4 = arith.constant 4 : index
      %ok = arith.cmpi ult, %i, %c4 : index
      cf.assert %ok, "expected an index"
      gpu.return
    }
  }
}
