// What upstream's conversions make of the gpu dialect: shuffles, workgroup memory, a barrier, a tail. The kernels are
// translated alone, as a module of their own.
// RUN: mlir-opt %s --pass-pipeline='builtin.module(gpu.module(convert-scf-to-cf,convert-gpu-to-nvvm,reconcile-unrealized-casts))' \
// RUN:   | sed -e '/^module {$/d' -e '/^}$/d' -e 's/gpu\.module @kernels/module @kernels/' > %t.mlir
// RUN: mlir-translate --mlir-to-llvmir %t.mlir | opt -O2 | llc -mtriple=nvptx64-nvidia-cuda -mcpu=sm_80 -mattr=+ptx80 -o %t.ptx
// RUN: attn-ptx-run %t.ptx --grid=3 --block=128 --arg=x --arg=x --arg=i64:0 --arg=i64:300 --arg=i64:1 \
// RUN:   --arg=o --arg=o --arg=i64:0 --arg=i64:3 --arg=i64:1 --buffer=x:f32[300]=iota --buffer=o:f32[3] --print=o | FileCheck %s
// CHECK: o: 8128 24512 12210

gpu.module @kernels {
  gpu.func @sum(%x: memref<?xf32>, %sums: memref<?xf32>) workgroup(%tile: memref<4xf32, 3>) kernel {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c4 = arith.constant 4 : index
    %c32 = arith.constant 32 : index
    %zero = arith.constant 0.0 : f32
    %three = arith.constant 3.0 : f32
    %thread = gpu.thread_id x
    %block = gpu.block_id x
    %threads = gpu.block_dim x
    %first = arith.muli %block, %threads : index
    %i = arith.addi %first, %thread : index
    %n = memref.dim %x, %c0 : memref<?xf32>
    %inside = arith.cmpi ult, %i, %n : index
    %value = scf.if %inside -> f32 {
      %loaded = memref.load %x[%i] : memref<?xf32>
      %large = arith.mulf %loaded, %three : f32
      %back = arith.divf %large, %three : f32
      scf.yield %back : f32
    } else {
      scf.yield %zero : f32
    }
    %width = arith.constant 32 : i32
    %o16 = arith.constant 16 : i32
    %o8 = arith.constant 8 : i32
    %o4 = arith.constant 4 : i32
    %o2 = arith.constant 2 : i32
    %o1 = arith.constant 1 : i32
    %x16, %ok16 = gpu.shuffle xor %value, %o16, %width : f32
    %s16 = arith.addf %value, %x16 : f32
    %x8, %ok8 = gpu.shuffle xor %s16, %o8, %width : f32
    %s8 = arith.addf %s16, %x8 : f32
    %x4, %ok4 = gpu.shuffle xor %s8, %o4, %width : f32
    %s4 = arith.addf %s8, %x4 : f32
    %x2, %ok2 = gpu.shuffle xor %s4, %o2, %width : f32
    %s2 = arith.addf %s4, %x2 : f32
    %x1, %ok1 = gpu.shuffle xor %s2, %o1, %width : f32
    %s1 = arith.addf %s2, %x1 : f32
    %lane = arith.remui %thread, %c32 : index
    %warp = arith.divui %thread, %c32 : index
    %leads = arith.cmpi eq, %lane, %c0 : index
    scf.if %leads {
      memref.store %s1, %tile[%warp] : memref<4xf32, 3>
    }
    gpu.barrier
    %isFirst = arith.cmpi eq, %thread, %c0 : index
    scf.if %isFirst {
      %total = scf.for %w = %c0 to %c4 step %c1 iter_args(%sum = %zero) -> f32 {
        %part = memref.load %tile[%w] : memref<4xf32, 3>
        %next = arith.addf %sum, %part : f32
        scf.yield %next : f32
      }
      memref.store %total, %sums[%block] : memref<?xf32>
    }
    gpu.return
  }
}
