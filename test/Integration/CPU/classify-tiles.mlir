// What is decided when run, compiled: lengths that tiles do not divide, and data.
// RUN: attn-opt %s --attn-classify-tiles="tile-query=4 tile-key=3" -o %t.mlir
// RUN: attn-run %t.mlir --function=documents --random-inputs | FileCheck %s --check-prefix=DOCUMENTS
// RUN: attn-run %t.mlir --function=ragged --random-inputs | FileCheck %s --check-prefix=RAGGED
// RUN: attn-run %t.mlir --function=short_table --random-inputs | FileCheck %s --check-prefix=SHORT
// RUN: attn-run %t.mlir --function=bias --random-inputs | FileCheck %s --check-prefix=BIAS

!t = tensor<1x1x10x8xf32>

// By intervals, then by closed forms, which know only what is causal.
// DOCUMENTS: result0 i8 [1, 1, 3, 4]
// DOCUMENTS-NEXT: {{\[\[\[\[}}1, 1, 0, 0],
// DOCUMENTS-NEXT: [0, 1, 1, 0],
// DOCUMENTS-NEXT: [0, 1, 1, 1]]]]
// DOCUMENTS: result1 i8 [1, 1, 3, 4]
// DOCUMENTS-NEXT: {{\[\[\[\[}}1, 1, 0, 0],
// DOCUMENTS-NEXT: [1, 1, 1, 0],
// DOCUMENTS-NEXT: [1, 1, 1, 1]]]]
func.func @documents(%q: !t, %k: !t, %v: !t) -> !t {
  %segments = arith.constant dense<[[0, 0, 0, 0, 1, 1, 1, 1, 1, 2]]> : tensor<1x10xi32>
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      %1 = attn.same_segment %segments, %segments at %b, %i, %j : tensor<1x10xi32>, tensor<1x10xi32>
      %2 = arith.andi %0, %1 : i1
      attn.yield %2 : i1
    } : !t, !t, !t -> !t
  return %o : !t
}

// The length is the same for all pairs of a tile: both know it.
// RAGGED: {{\[\[\[\[}}2, 2, 1, 0],
// RAGGED-NEXT: [2, 2, 1, 0],
// RAGGED-NEXT: [2, 2, 1, 0]]]]
// RAGGED: {{\[\[\[\[}}2, 2, 1, 0],
// RAGGED-NEXT: [2, 2, 1, 0],
// RAGGED-NEXT: [2, 2, 1, 0]]]]
func.func @ragged(%q: !t, %k: !t, %v: !t) -> !t {
  %lengths = arith.constant dense<7> : tensor<1xi32>
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %lengths[%b] : tensor<1xi32>
      %1 = arith.index_cast %0 : i32 to index
      %2 = attn.prefix %j length %1
      attn.yield %2 : i1
    } : !t, !t, !t -> !t
  return %o : !t
}

// D21: a table without its last row. It is not read there; those tiles are
// left to their masks.
// SHORT: {{\[\[\[\[}}2, 0, 2, 2],
// SHORT-NEXT: [2, 0, 2, 2],
// SHORT-NEXT: [1, 1, 1, 1]]]]
func.func @short_table(%q: !t, %k: !t, %v: !t) -> !t {
  %table = arith.constant dense<[[[[true, false, true, true]]]]> : tensor<1x1x1x4xi1>
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.block_sparse %table at %b, %h, %i, %j blocks 8, 3 : tensor<1x1x1x4xi1>
      attn.yield %0 : i1
    } : !t, !t, !t -> !t
  return %o : !t
}

// A bias that is -inf hides keys, as imported models write padding: the bounds
// of a block say whether all and whether some are above it.
// BIAS: {{\[\[\[\[}}2, 1, 0, 0],
// BIAS-NEXT: [2, 1, 0, 0],
// BIAS-NEXT: [2, 1, 0, 0]]]]
func.func @bias(%q: !t, %k: !t, %v: !t) -> !t {
  %bias = arith.constant dense<[[0.0, -1.0, 2.0, -3.0, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000]]> : tensor<1x10xf32>
  %low = arith.constant 0xFF800000 : f32
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %bias[%b, %j] : tensor<1x10xf32>
      %1 = arith.cmpf ugt, %0, %low : f32
      attn.yield %1 : i1
    } : !t, !t, !t -> !t
  return %o : !t
}
