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
