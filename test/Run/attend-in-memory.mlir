// A program with an attend on memrefs is no function of its inputs: that is said, after random integers were drawn for it.
// RUN: not attn-run %s --random-inputs 2>&1 | FileCheck %s

// CHECK: error: expected the shapes of the results of 'f' to follow from the shapes of its arguments
func.func @f(%x: tensor<1x1x3x4xf32>, %length: tensor<i64>) -> tensor<1x1x3x4xf32> {
  %n = tensor.extract %length[] : tensor<i64>
  %end = arith.index_cast %n : i64 to index
  %q = memref.alloc() : memref<1x1x3x4xf32>
  %row = memref.alloc() : memref<1x1x3xf32>
  attn.attend %q, %q, %q into %q, %row, %row
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j offset %end
      attn.yield %0 : i1
    } : memref<1x1x3x4xf32>, memref<1x1x3x4xf32>, memref<1x1x3x4xf32> -> memref<1x1x3x4xf32>, memref<1x1x3xf32>
  return %x : tensor<1x1x3x4xf32>
}
