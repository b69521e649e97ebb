// What attn-tile says about what it did; test/Dialect/Attn/Transforms/tile-declined.mlir has what it did not.
// RUN: attn-opt %s -attn-tile -remarks-filter=attn-tile -remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s

// CHECK: tiles of 96 queries by 64 keys; loops over key tiles: 1 without the mask, 1 with it
func.func @causal(%q: tensor<1x1x512x16xf32>) -> tensor<1x1x512x16xf32> {
  %o = attn.attention %q, %q, %q
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      attn.yield %0 : i1
    }
    : tensor<1x1x512x16xf32>, tensor<1x1x512x16xf32>, tensor<1x1x512x16xf32> -> (tensor<1x1x512x16xf32>)
  return %o : tensor<1x1x512x16xf32>
}

// Tiles are not larger than lengths that are known.
// CHECK: tiles of 1 queries by 64 keys; loops over key tiles: 0 without the mask, 1 with it, where data decides
func.func @documents(%q: tensor<1x1x1x16xf32>, %k: tensor<1x1x?x16xf32>, %a: tensor<1x1xi32>, %c: tensor<1x?xi32>)
    -> tensor<1x1x1x16xf32> {
  %o = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.same_segment %a, %c at %b, %i, %j : tensor<1x1xi32>, tensor<1x?xi32>
      attn.yield %0 : i1
    }
    : tensor<1x1x1x16xf32>, tensor<1x1x?x16xf32>, tensor<1x1x?x16xf32> -> (tensor<1x1x1x16xf32>)
  return %o : tensor<1x1x1x16xf32>
}

// Blocks of queries and keys that both begin where data says take the analysis longer than it may: it is bounded, and says so.
// CHECK: loops over key tiles: {{.*}}; expected a mask whose tiles are found with the effort that is spent on it, got one that takes more
func.func @shifted_blocks(%q: tensor<1x1x?x8xf32>, %k: tensor<1x1x?x8xf32>, %past: index, %first: index, %second: index)
    -> tensor<1x1x?x8xf32> {
  %r = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %five = arith.constant 5 : index
      %0 = attn.causal %i, %j offset %past
      %1 = arith.addi %i, %first : index
      %2 = arith.addi %j, %second : index
      %3 = arith.floordivsi %1, %five : index
      %4 = arith.floordivsi %2, %five : index
      %5 = arith.cmpi eq, %3, %4 : index
      %6 = arith.andi %0, %5 : i1
      attn.yield %6 : i1
    }
    : tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32>, tensor<1x1x?x8xf32> -> (tensor<1x1x?x8xf32>)
  return %r : tensor<1x1x?x8xf32>
}
