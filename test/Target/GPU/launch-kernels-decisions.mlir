// RUN: attn-opt %s --attn-launch-kernels --remarks-filter=attn-launch-kernels --remark-format=emitRemark 2> %t.err | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t.err

// A check of an element is a kernel of one thread, with all that it reads.
// CHECK-LABEL: func.func @check(
// CHECK-NOT: memref.load
// CHECK: gpu.launch
// CHECK:   memref.load %arg0
// CHECK:   memref.load %arg0
// CHECK:   cf.assert
// CHECK-NOT: gpu.launch
// CHECK: memref.dealloc
func.func @check(%x: memref<4xi64>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %a = memref.load %x[%c0] : memref<4xi64>
  %b = memref.load %x[%c1] : memref<4xi64>
  memref.dealloc %x : memref<4xi64>
  %holds = arith.cmpi slt, %a, %b : i64
  cf.assert %holds, "expected numbers that rise"
  return
}

// What kernels behind go by lies in a buffer; a part of a tensor is found there.
// CHECK-LABEL: func.func @part(
// CHECK: %[[SLOT:.*]] = memref.alloc() : memref<index>
// CHECK: gpu.launch
// CHECK:   %[[AT:.*]] = arith.index_cast
// CHECK:   memref.store %[[AT]], %[[SLOT]][]
// CHECK: gpu.launch
// CHECK:   %[[LOADED:.*]] = memref.load %[[SLOT]][]
// CHECK:   memref.subview %arg1[%[[LOADED]]]
// CHECK: memref.dealloc %[[SLOT]]
func.func @part(%at: memref<i64>, %x: memref<?xf32>, %y: memref<3xf32>) {
  %a = memref.load %at[] : memref<i64>
  %i = arith.index_cast %a : i64 to index
  %part = memref.subview %x[%i] [3] [1] : memref<?xf32> to memref<3xf32, strided<[1], offset: ?>>
  memref.copy %part, %y : memref<3xf32, strided<[1], offset: ?>> to memref<3xf32>
  return
}

// A loop by an element runs in a kernel, and its buffers are there before.
// CHECK-LABEL: func.func @loop(
// CHECK: memref.alloc() : memref<4xf32>
// CHECK: gpu.launch
// CHECK:   memref.load %arg0
// CHECK:   scf.for
// CHECK:     scf.parallel
// CHECK-NOT: gpu.launch
// CHECK: memref.dealloc
func.func @loop(%times: memref<index>, %x: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.load %times[] : memref<index>
  scf.for %i = %c0 to %n step %c1 {
    %new = memref.alloc() : memref<4xf32>
    linalg.add ins(%x, %x : memref<4xf32>, memref<4xf32>) outs(%new : memref<4xf32>)
    memref.copy %new, %x : memref<4xf32> to memref<4xf32>
    memref.dealloc %new : memref<4xf32>
  }
  return
}

// Only the host gives memory.
// CHECK-LABEL: func.func @size(
// CHECK: memref.load %arg0
// CHECK: memref.alloc(
// CHECK: gpu.launch
// REMARK: remark: {{.*}}Waits{{.*}}got a '{{.*}}memref.alloc{{.*}}' by an element of a tensor
// REMARK-NOT: Waits
func.func @size(%n: memref<index>, %f: f32) {
  %size = memref.load %n[] : memref<index>
  %new = memref.alloc(%size) : memref<?xf32>
  linalg.fill ins(%f : f32) outs(%new : memref<?xf32>)
  memref.dealloc %new : memref<?xf32>
  return
}

// Kernels in a branch by an element ask for it, with as many threads as elsewhere; what one thread does, too.
// CHECK-LABEL: func.func @branch(
// CHECK: gpu.launch
// CHECK:   memref.load %arg0
// CHECK: gpu.launch {{.*}} threads({{.*}}) in ({{.*}} = %c256{{[_0-9]*}},
// CHECK:   scf.if
// CHECK:     %[[HOLDS:.*]] = memref.load
// CHECK:     scf.if %[[HOLDS]] {
// CHECK: gpu.launch
// CHECK:   scf.if
// CHECK:     cf.assert
// CHECK: gpu.launch {{.*}} threads({{.*}}) in ({{.*}} = %c256{{[_0-9]*}},
func.func @branch(%which: memref<i1>, %x: memref<400xf32>, %y: memref<400xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %c = memref.load %which[] : memref<i1>
  scf.if %c {
    memref.copy %x, %y : memref<400xf32> to memref<400xf32>
  } else {
    %e = memref.load %x[%c0] : memref<400xf32>
    %holds = arith.cmpf olt, %e, %zero : f32
    cf.assert %holds, "expected less than 0"
    linalg.fill ins(%e : f32) outs(%y : memref<400xf32>)
  }
  return
}
