// Of bf16: tiles of f32 are fitted to lengths too, see tile-fit-lengths.mlir.
// RUN: attn-opt %s -split-input-file -attn-attach-cpu-target=vector-bits=512 -attn-tile | FileCheck %s
// RUN: attn-opt %s -split-input-file -attn-tile | FileCheck %s --check-prefix=PLAIN

// Blocks of 64 queries: 8 tiles of 64, not 6 of 96.
// CHECK-LABEL: @table
// CHECK: scf.forall ({{.*}}) in (1, 2, 8)
// PLAIN-LABEL: @table
// PLAIN: scf.forall ({{.*}}) in (1, 2, 6)
func.func @table(%q: tensor<1x2x512x8xbf16>, %t: tensor<1x2x8x8xi1>) -> tensor<1x2x512x8xbf16> {
  %o = attn.attention %q, %q, %q mask (%b: index, %h: index, %i: index, %j: index) {
    %0 = attn.block_sparse %t at %b, %h, %i, %j blocks 64, 64 : tensor<1x2x8x8xi1>
    attn.yield %0 : i1
  } : tensor<1x2x512x8xbf16>, tensor<1x2x512x8xbf16>, tensor<1x2x512x8xbf16> -> tensor<1x2x512x8xbf16>
  return %o : tensor<1x2x512x8xbf16>
}

// -----

// 170 is twice 85.
// CHECK-LABEL: @documents
// CHECK: scf.forall ({{.*}}) in (1, 2, 6)
func.func @documents(%q: tensor<1x2x510x8xbf16>) -> tensor<1x2x510x8xbf16> {
  %n = arith.constant 170 : index
  %o = attn.attention %q, %q, %q mask (%b: index, %h: index, %i: index, %j: index) {
    %0 = arith.divui %i, %n : index
    %1 = arith.divui %j, %n : index
    %2 = arith.cmpi eq, %0, %1 : index
    attn.yield %2 : i1
  } : tensor<1x2x510x8xbf16>, tensor<1x2x510x8xbf16>, tensor<1x2x510x8xbf16> -> tensor<1x2x510x8xbf16>
  return %o : tensor<1x2x510x8xbf16>
}

// -----

// Too few queries for a tile, and a prime number of too many.
// CHECK-LABEL: @small
// CHECK: scf.forall ({{.*}}) in (1, 2, 6)
// CHECK-LABEL: @prime
// CHECK: scf.forall ({{.*}}) in (1, 2, 6)
func.func @small(%q: tensor<1x2x512x8xbf16>, %t: tensor<1x2x32x32xi1>) -> tensor<1x2x512x8xbf16> {
  %o = attn.attention %q, %q, %q mask (%b: index, %h: index, %i: index, %j: index) {
    %0 = attn.block_sparse %t at %b, %h, %i, %j blocks 16, 16 : tensor<1x2x32x32xi1>
    attn.yield %0 : i1
  } : tensor<1x2x512x8xbf16>, tensor<1x2x512x8xbf16>, tensor<1x2x512x8xbf16> -> tensor<1x2x512x8xbf16>
  return %o : tensor<1x2x512x8xbf16>
}
func.func @prime(%q: tensor<1x2x512x8xbf16>, %t: tensor<1x2x6x6xi1>) -> tensor<1x2x512x8xbf16> {
  %o = attn.attention %q, %q, %q mask (%b: index, %h: index, %i: index, %j: index) {
    %0 = attn.block_sparse %t at %b, %h, %i, %j blocks 101, 101 : tensor<1x2x6x6xi1>
    attn.yield %0 : i1
  } : tensor<1x2x512x8xbf16>, tensor<1x2x512x8xbf16>, tensor<1x2x512x8xbf16> -> tensor<1x2x512x8xbf16>
  return %o : tensor<1x2x512x8xbf16>
}

// -----

// A narrow window, and one without a bound.
// CHECK-LABEL: @window
// CHECK: scf.forall ({{.*}}) in (1, 2, 8)
// CHECK-LABEL: @causal
// CHECK: scf.forall ({{.*}}) in (1, 2, 6)
func.func @window(%q: tensor<1x2x512x8xbf16>) -> tensor<1x2x512x8xbf16> {
  %o = attn.attention %q, %q, %q mask (%b: index, %h: index, %i: index, %j: index) {
    %0 = attn.window %i, %j left 255 right 0
    attn.yield %0 : i1
  } : tensor<1x2x512x8xbf16>, tensor<1x2x512x8xbf16>, tensor<1x2x512x8xbf16> -> tensor<1x2x512x8xbf16>
  return %o : tensor<1x2x512x8xbf16>
}
func.func @causal(%q: tensor<1x2x512x8xbf16>) -> tensor<1x2x512x8xbf16> {
  %o = attn.attention %q, %q, %q mask (%b: index, %h: index, %i: index, %j: index) {
    %0 = attn.window %i, %j left -1 right 0
    attn.yield %0 : i1
  } : tensor<1x2x512x8xbf16>, tensor<1x2x512x8xbf16>, tensor<1x2x512x8xbf16> -> tensor<1x2x512x8xbf16>
  return %o : tensor<1x2x512x8xbf16>
}

// -----

// A band is one however it is written: by comparisons, and beside keys that all queries see.
// CHECK-LABEL: @comparisons
// CHECK: scf.forall ({{.*}}) in (1, 2, 8)
// CHECK-LABEL: @global_keys
// CHECK: scf.forall ({{.*}}) in (1, 2, 8)
func.func @comparisons(%q: tensor<1x2x512x8xbf16>, %past: index) -> tensor<1x2x512x8xbf16> {
  %n = arith.constant 255 : index
  %o = attn.attention %q, %q, %q mask (%b: index, %h: index, %i: index, %j: index) {
    %p = arith.addi %i, %past : index
    %0 = arith.cmpi sle, %j, %p : index
    %d = arith.subi %p, %j : index
    %1 = arith.cmpi sle, %d, %n : index
    %2 = arith.andi %0, %1 : i1
    attn.yield %2 : i1
  } : tensor<1x2x512x8xbf16>, tensor<1x2x512x8xbf16>, tensor<1x2x512x8xbf16> -> tensor<1x2x512x8xbf16>
  return %o : tensor<1x2x512x8xbf16>
}
func.func @global_keys(%q: tensor<1x2x512x8xbf16>) -> tensor<1x2x512x8xbf16> {
  %n = arith.constant 4 : index
  %o = attn.attention %q, %q, %q mask (%b: index, %h: index, %i: index, %j: index) {
    %0 = attn.prefix %j length %n
    %1 = attn.window %i, %j left 255 right 0
    %2 = arith.ori %0, %1 : i1
    attn.yield %2 : i1
  } : tensor<1x2x512x8xbf16>, tensor<1x2x512x8xbf16>, tensor<1x2x512x8xbf16> -> tensor<1x2x512x8xbf16>
  return %o : tensor<1x2x512x8xbf16>
}

// -----

// No band: more keys than twelve tiles have, and a range of keys that is the same for all queries.
// CHECK-LABEL: @wide
// CHECK: scf.forall ({{.*}}) in (1, 2, 6)
// CHECK-LABEL: @range
// CHECK: scf.forall ({{.*}}) in (1, 2, 6)
func.func @wide(%q: tensor<1x2x512x8xbf16>) -> tensor<1x2x512x8xbf16> {
  %o = attn.attention %q, %q, %q mask (%b: index, %h: index, %i: index, %j: index) {
    %0 = attn.window %i, %j left 600 right 600
    attn.yield %0 : i1
  } : tensor<1x2x512x8xbf16>, tensor<1x2x512x8xbf16>, tensor<1x2x512x8xbf16> -> tensor<1x2x512x8xbf16>
  return %o : tensor<1x2x512x8xbf16>
}
func.func @range(%q: tensor<1x2x512x8xbf16>) -> tensor<1x2x512x8xbf16> {
  %first = arith.constant 100 : index
  %end = arith.constant 200 : index
  %o = attn.attention %q, %q, %q mask (%b: index, %h: index, %i: index, %j: index) {
    %0 = arith.cmpi sge, %j, %first : index
    %1 = attn.prefix %j length %end
    %2 = arith.andi %0, %1 : i1
    attn.yield %2 : i1
  } : tensor<1x2x512x8xbf16>, tensor<1x2x512x8xbf16>, tensor<1x2x512x8xbf16> -> tensor<1x2x512x8xbf16>
  return %o : tensor<1x2x512x8xbf16>
}
