// Tiles that data classifies when run, against the oracle: some are skipped, some need no mask.
// RUN: split-file %s %t
// DEFINE: %{run} = attn-run --plain --random-inputs --compare=reference --keep-dynamic

// Packed documents: three segments are in order, or everything is one.
// RUN: %{run} %t/documents.mlir --passes='attn-tile{tile-query=32 tile-key=16}' --dim arg0.2=75 --dim arg1.2=67 --seed=1 | FileCheck %s
// RUN: %{run} %t/documents.mlir --passes='attn-tile{tile-query=16 tile-key=32}' --dim arg0.2=32 --dim arg1.2=96 --seed=2 | FileCheck %s
// CHECK: result0 {{.*}}: agree
// CHECK: result1 {{.*}}: agree

//--- documents.mlir
func.func @main(%q: tensor<2x2x?x8xf32>, %k: tensor<2x2x?x8xf32>) -> (tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32>) {
  %c2 = arith.constant 2 : index
  %n = tensor.dim %q, %c2 : tensor<2x2x?x8xf32>
  %m = tensor.dim %k, %c2 : tensor<2x2x?x8xf32>
  // Batch 0: a new document every 30 positions. Batch 1: one document.
  %a = tensor.generate %n {
  ^bb0(%b: index, %i: index):
    %c30 = arith.constant 30 : index
    %c0 = arith.constant 0 : index
    %d = arith.divui %i, %c30 : index
    %first = arith.cmpi eq, %b, %c0 : index
    %id = arith.select %first, %d, %c0 : index
    tensor.yield %id : index
  } : tensor<2x?xindex>
  %c = tensor.generate %m {
  ^bb0(%b: index, %i: index):
    %c30 = arith.constant 30 : index
    %c0 = arith.constant 0 : index
    %d = arith.divui %i, %c30 : index
    %first = arith.cmpi eq, %b, %c0 : index
    %id = arith.select %first, %d, %c0 : index
    tensor.yield %id : index
  } : tensor<2x?xindex>
  %o = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.same_segment %a, %c at %b, %i, %j : tensor<2x?xindex>, tensor<2x?xindex>
      attn.yield %0 : i1
    }
    : tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32> -> (tensor<2x2x?x8xf32>)
  %p = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.same_segment %a, %c at %b, %i, %j : tensor<2x?xindex>, tensor<2x?xindex>
      %1 = attn.causal %i, %j
      %2 = arith.andi %0, %1 : i1
      attn.yield %2 : i1
    }
    : tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32> -> (tensor<2x2x?x8xf32>)
  return %o, %p : tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32>
}

// Arbitrary documents, a table of blocks, and documents by division: 8 keys a document.
// RUN: attn-run %t/others.mlir --plain --random-inputs --compare=reference --passes='attn-tile{tile-query=32 tile-key=16}' --range arg2=0:1 --seed=3 | FileCheck %s --check-prefix=OTHERS
// OTHERS: result0 {{.*}}: agree
// OTHERS: result1 {{.*}}: agree
// OTHERS: result2 {{.*}}: agree

//--- others.mlir
func.func @main(%q: tensor<1x2x70x8xf32>, %k: tensor<1x2x61x8xf32>, %seg: tensor<1x70xi32>, %t: tensor<1x2x5x4xi1>)
    -> (tensor<1x2x70x8xf32>, tensor<1x2x70x8xf32>, tensor<1x2x70x8xf32>) {
  %o = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.same_segment %seg, %seg at %b, %i, %j : tensor<1x70xi32>, tensor<1x70xi32>
      attn.yield %0 : i1
    }
    : tensor<1x2x70x8xf32>, tensor<1x2x61x8xf32>, tensor<1x2x61x8xf32> -> (tensor<1x2x70x8xf32>)
  %p = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.block_sparse %t at %b, %h, %i, %j blocks 16, 16 : tensor<1x2x5x4xi1>
      attn.yield %0 : i1
    }
    : tensor<1x2x70x8xf32>, tensor<1x2x61x8xf32>, tensor<1x2x61x8xf32> -> (tensor<1x2x70x8xf32>)
  %r = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %c8 = arith.constant 8 : index
      %0 = arith.divui %i, %c8 : index
      %1 = arith.divui %j, %c8 : index
      %2 = arith.cmpi eq, %0, %1 : index
      attn.yield %2 : i1
    }
    : tensor<1x2x70x8xf32>, tensor<1x2x61x8xf32>, tensor<1x2x61x8xf32> -> (tensor<1x2x70x8xf32>)
  return %o, %p, %r : tensor<1x2x70x8xf32>, tensor<1x2x70x8xf32>, tensor<1x2x70x8xf32>
}
