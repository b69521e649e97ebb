// RUN: attn-opt %s -split-input-file --attn-lower-launches | FileCheck %s

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
// CHECK: // -----
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

// -----

// Warps that wait for each other leave together, before the first wait; a lane that a check stops goes on with zeros.
// CHECK-LABEL: func.func @masked(
// CHECK: %[[WORD:.*]] = llvm.load
// CHECK: %[[FAILS:.*]] = arith.cmpi ne, %[[WORD]]
// CHECK: %[[ANY:.*]] = attn_tile.vote_any %[[FAILS]]
// CHECK: cf.cond_br %[[ANY]]
// CHECK: attn_tile.map
// CHECK:   %[[REST:.*]] = scf.if %{{.*}} -> (index) {
// CHECK:     %[[RIGHT:.*]] = arith.remui
// CHECK:     scf.yield %[[RIGHT]]
// CHECK:   } else {
// CHECK:     llvm.atomicrmw umin
// CHECK:     scf.yield %c0
// CHECK:   arith.cmpi ult, %[[REST]]
// CHECK-NOT: llvm.nvvm.exit
// CHECK: return
module attributes {gpu.container_module} {
  func.func @stream(%x: f32, %period: index, %out: memref<1x1x?xf32>) {
    %c1 = arith.constant 1 : index
    %c32 = arith.constant 32 : index
    gpu.launch_func @k::@masked blocks in (%c1, %c1, %c1) threads in (%c32, %c1, %c1) args(%x : f32, %period : index, %out : memref<1x1x?xf32>)
    return
  }
  gpu.module @k {
    gpu.func @masked(%x: f32, %period: index, %out: memref<1x1x?xf32>) kernel {
      %c0 = arith.constant 0 : index
      attn_tile.specialize 1 producer {
      } consumer {
        %acc = attn_tile.fill %x : !attn_tile.acc<16x8>
        %masked = attn_tile.map %acc {
        ^bb0(%y: f32, %row: index, %column: index):
          %ok = arith.cmpi ne, %period, %c0 : index
          cf.assert %ok, "expected a divisor"
          %rest = arith.remui %column, %period : index
          %keeps = arith.cmpi ult, %rest, %row : index
          %z = arith.select %keeps, %y, %x : f32
          attn_tile.yield %z : f32
        } : !attn_tile.acc<16x8>
        %m = attn_tile.reduce_rows maximum %masked : !attn_tile.acc<16x8> -> !attn_tile.rows<16>
        attn_tile.store %m, %out : !attn_tile.rows<16>, memref<1x1x?xf32>
      }
      gpu.return
    }
  }
}
