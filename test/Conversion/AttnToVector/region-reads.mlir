// RUN: attn-opt %s -split-input-file -attn-attach-cpu-target="vector-bits=512 registers=32 fma" -convert-attn-to-vector | FileCheck %s

// With queries in lanes, bytes of 16 keys and 16 queries are read along the keys and transposed, four steps of 16; the loop over
// keys reads vectors of what is kept.
// CHECK-LABEL: @mask
// CHECK: %[[KEPT:.*]] = memref.alloca() {alignment = 64 : i64} : memref<64x48xi8>
// CHECK: %[[BYTES:.*]] = attn.x86.bytes %{{.*}} : memref<48x64xi1> as memref<48x64xi8>
// CHECK-COUNT-16: vector.load %[[BYTES]][{{.*}}] : memref<48x64xi8>, vector<16xi8>
// CHECK-COUNT-64: vector.shuffle
// CHECK-COUNT-16: vector.store %{{.*}}, %[[KEPT]]
// CHECK: } else {
// CHECK-COUNT-16: memref.load %{{.*}} : memref<48x64xi1>
// CHECK: vector.store %{{.*}}, %[[KEPT]]
// CHECK: scf.for
// CHECK: vector.load %[[KEPT]][%{{.*}}] : memref<64x48xi8>, vector<16xi8>
// CHECK: arith.cmpi ne, %{{.*}} : vector<16xi8>
// CHECK-NOT: memref<48x64xi1>
func.func @mask(%q: memref<1x1x48x4xf32>, %k: memref<1x1x64x4xf32>, %m: memref<48x64xi1>, %acc: memref<1x1x48x4xf32>,
    %max: memref<1x1x48xf32>, %sum: memref<1x1x48xf32>) {
  attn.attend %q, %k, %k into %acc, %max, %sum
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = memref.load %m[%i, %j] : memref<48x64xi1>
      attn.yield %0 : i1
    }
    : memref<1x1x48x4xf32>, memref<1x1x64x4xf32>, memref<1x1x64x4xf32> -> memref<1x1x48x4xf32>, memref<1x1x48xf32>
  return
}

// -----

// A clamped index may stay where it is: then one by one. A score and a mask region share what they both read.
// CHECK-LABEL: @clamped
// CHECK: memref.alloca() {alignment = 64 : i64} : memref<64x48xf32>
// CHECK-NOT: memref.alloca() {alignment = 64 : i64} : memref<64x48xf32>
// CHECK: %[[MOVED:.*]] = arith.subi %{{.*}}, %{{.*}} : vector<16xindex>
// CHECK: arith.cmpi eq, %[[MOVED]]
// CHECK: scf.if
// CHECK-COUNT-16: vector.load %{{.*}} : memref<48x60xf32>, vector<16xf32>
// CHECK-COUNT-16: memref.load %{{.*}} : memref<48x60xf32>
// CHECK-NOT: memref<48x60xf32>
// CHECK: return
func.func @clamped(%q: memref<1x1x48x4xf32>, %k: memref<1x1x64x4xf32>, %m: memref<48x60xf32>, %acc: memref<1x1x48x4xf32>,
    %max: memref<1x1x48xf32>, %sum: memref<1x1x48xf32>) {
  %none = arith.constant 0xFF800000 : f32
  %last = arith.constant 59 : index
  attn.attend %q, %k, %k into %acc, %max, %sum
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %at = arith.minsi %j, %last : index
      %0 = memref.load %m[%i, %at] : memref<48x60xf32>
      %1 = arith.addf %s, %0 : f32
      attn.yield %1 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %at = arith.minsi %j, %last : index
      %0 = memref.load %m[%i, %at] : memref<48x60xf32>
      %1 = arith.cmpf ugt, %0, %none : f32
      attn.yield %1 : i1
    }
    : memref<1x1x48x4xf32>, memref<1x1x64x4xf32>, memref<1x1x64x4xf32> -> memref<1x1x48x4xf32>, memref<1x1x48xf32>
  return
}

// -----

// Blocks of a table: lanes are read anew where the block of keys is another one. What queries alone decide is read before
// the loop over keys, what keys alone decide once for all lanes.
// CHECK-LABEL: @blocks
// CHECK: %{{.*}}:2 = scf.for {{.*}} iter_args(%[[BLOCK:.*]] = %{{.*}}, %{{.*}} = %{{.*}}) -> (index, vector<16xi8>)
// CHECK: arith.cmpi ne, %{{.*}}, %[[BLOCK]] : index
// CHECK: scf.if
// CHECK-COUNT-16: memref.load %{{.*}} : memref<3x4xi1>
// CHECK-COUNT-48: memref.load %{{.*}} : memref<48xi32>
// CHECK: scf.for
// CHECK-NOT: memref<48xi32>
// CHECK: memref.load %{{.*}} : memref<64xi32>
// CHECK-NOT: memref<64xi32>
// CHECK: return
func.func @blocks(%q: memref<1x1x48x4xf32>, %k: memref<1x1x64x4xf32>, %t: memref<3x4xi1>, %u: memref<48xi32>, %w: memref<64xi32>,
    %acc: memref<1x1x48x4xf32>, %max: memref<1x1x48xf32>, %sum: memref<1x1x48xf32>) {
  %c16 = arith.constant 16 : index
  attn.attend %q, %k, %k into %acc, %max, %sum
    mask (%b: index, %h: index, %i: index, %j: index) {
      %x = arith.floordivsi %i, %c16 : index
      %y = arith.floordivsi %j, %c16 : index
      %0 = memref.load %t[%x, %y] : memref<3x4xi1>
      %1 = memref.load %u[%i] : memref<48xi32>
      %2 = memref.load %w[%j] : memref<64xi32>
      %3 = arith.cmpi eq, %1, %2 : i32
      %4 = arith.andi %0, %3 : i1
      attn.yield %4 : i1
    }
    : memref<1x1x48x4xf32>, memref<1x1x64x4xf32>, memref<1x1x64x4xf32> -> memref<1x1x48x4xf32>, memref<1x1x48xf32>
  return
}

// -----

// With keys in lanes, elements lie as they are needed.
// CHECK-LABEL: @few
// CHECK: scf.if
// CHECK-NEXT: vector.load %{{.*}} : memref<2x64xf16>, vector<16xf16>
// CHECK: } else {
// CHECK-COUNT-16: memref.load %{{.*}} : memref<2x64xf16>
func.func @few(%q: memref<1x1x2x4xf32>, %k: memref<1x1x64x4xf32>, %m: memref<2x64xf16>, %acc: memref<1x1x2x4xf32>,
    %max: memref<1x1x2xf32>, %sum: memref<1x1x2xf32>) {
  attn.attend %q, %k, %k into %acc, %max, %sum
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = memref.load %m[%i, %j] : memref<2x64xf16>
      %1 = arith.extf %0 : f16 to f32
      %2 = arith.addf %s, %1 : f32
      attn.yield %2 : f32
    }
    : memref<1x1x2x4xf32>, memref<1x1x64x4xf32>, memref<1x1x64x4xf32> -> memref<1x1x2x4xf32>, memref<1x1x2xf32>
  return
}
