; What LLVM prints: calls, jump tables, local memory, packed halves, atomics, vectors.
; RUN: llc -mtriple=nvptx64-nvidia-cuda -mcpu=sm_80 -mattr=+ptx80 %s -o - | attn-ptx-run - --kernel=k --grid=2 --block=4 --arg=a --arg=b --arg=i32:3 \
; RUN:   --arg=c --buffer=a:f16[16]=iota --buffer=b:bf16[8]=1,2,3,4,5,6,7,8 --buffer=c:i32[9]=0 --print=a --print=b --print=c | FileCheck %s
; RUN: llc -O0 -mtriple=nvptx64-nvidia-cuda -mcpu=sm_90 -mattr=+ptx80 %s -o - | attn-ptx-run - --kernel=k --grid=2 --block=4 --arg=a --arg=b --arg=i32:3 \
; RUN:   --arg=c --buffer=a:f16[16]=iota --buffer=b:bf16[8]=1,2,3,4,5,6,7,8 --buffer=c:i32[9]=0 --print=a --print=b --print=c | FileCheck %s

; CHECK: a: 0 2.5 3 5.5 6 8.5 9 11.5 12 14.5 15 17.5 18 20.5 21 23.5
; CHECK: b: 1 4 9 16 25 36 49 64
; CHECK: c: 100 17 22 33 100 17 30 33 28
target triple = "nvptx64-nvidia-cuda"

@table = internal addrspace(4) constant [3 x i32] [i32 10, i32 20, i32 30]

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ntid.x()
declare <2 x half> @llvm.fma.v2f16(<2 x half>, <2 x half>, <2 x half>)

define i32 @triple(i32 %x, ptr %out) noinline {
  %y = mul i32 %x, 3
  store i32 %y, ptr %out
  %z = add i32 %y, 1
  ret i32 %z
}

define ptx_kernel void @k(ptr addrspace(1) %a, ptr addrspace(1) %b, i32 %n, ptr addrspace(1) %c) {
  %slots = alloca [4 x i32]
  %tid = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %block = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %size = call i32 @llvm.nvvm.read.ptx.sreg.ntid.x()
  %base = mul i32 %block, %size
  %i = add i32 %base, %tid
  %pa = getelementptr <2 x half>, ptr addrspace(1) %a, i32 %i
  %x = load <2 x half>, ptr addrspace(1) %pa
  %y = call <2 x half> @llvm.fma.v2f16(<2 x half> %x, <2 x half> <half 1.5, half 1.5>, <2 x half> <half 0.0, half 1.0>)
  store <2 x half> %y, ptr addrspace(1) %pa
  %pb = getelementptr bfloat, ptr addrspace(1) %b, i32 %i
  %u = load bfloat, ptr addrspace(1) %pb
  %v = fmul bfloat %u, %u
  store bfloat %v, ptr addrspace(1) %pb
  %slot = getelementptr i32, ptr %slots, i32 %tid
  %r = call i32 @triple(i32 %i, ptr %slot)
  %stored = load i32, ptr %slot
  %both = add i32 %r, %stored
  %old = atomicrmw add ptr addrspace(1) %c, i32 0 monotonic
  %last = getelementptr i32, ptr addrspace(1) %c, i32 8
  %sum = atomicrmw add ptr addrspace(1) %last, i32 %i monotonic
  %pc = getelementptr i32, ptr addrspace(1) %c, i32 %i
  switch i32 %tid, label %other [ i32 0, label %zero
                                  i32 1, label %one
                                  i32 2, label %two
                                  i32 3, label %three ]
zero:
  br label %join
one:
  %t = getelementptr [3 x i32], ptr addrspace(4) @table, i32 0, i32 %tid
  %tv = load i32, ptr addrspace(4) %t
  %tw = sub i32 %tv, %n
  br label %join
two:
  %d = sdiv i32 %both, %n
  %d2 = add i32 %d, 18
  br label %join
three:
  %s = shl i32 %tid, 3
  %s2 = add i32 %s, 9
  br label %join
other:
  br label %join
join:
  %value = phi i32 [ 100, %zero ], [ %tw, %one ], [ %d2, %two ], [ %s2, %three ], [ -1, %other ]
  store i32 %value, ptr addrspace(1) %pc
  ret void
}
