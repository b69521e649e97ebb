func.func @window_behind_the_past(%q: tensor<1x2x4x8xf32>, %k: tensor<1x2x4x8xf32>, %v: tensor<1x2x4x8xf32>) -> tensor<1x2x4x8xf32> {
  %c3 = arith.constant 3 : index
  %o = attn.attention %q, %k, %v mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j offset %c3
      %1 = attn.window %i, %j offset %c3 left 7
      %2 = arith.andi %0, %1 : i1
      attn.yield %2 : i1
    } : tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32> -> tensor<1x2x4x8xf32>
  return %o : tensor<1x2x4x8xf32>
}

func.func @prefix_and_segments(%q: tensor<1x2x4x8xf32>, %k: tensor<1x1x4x8xf32>, %v: tensor<1x1x4x6xf32>, %length: index,
                               %queries: tensor<1x4xi64>, %keys: tensor<1x4xi64>, %bias: tensor<2x7xf32>) -> tensor<1x2x4x6xf32> {
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %prefix = arith.addi %length, %c1 : index
  %o = attn.attention %q, %k, %v scale 0.25
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = attn.softcap %s, 30.0 : f32
      %1 = arith.subi %j, %i : index
      %2 = arith.addi %1, %c3 : index
      %3 = tensor.extract %bias[%h, %2] : tensor<2x7xf32>
      %4 = arith.addf %0, %3 : f32
      attn.yield %4 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.prefix %j length %prefix
      %1 = attn.same_segment %queries, %keys at %b, %i, %j : tensor<1x4xi64>, tensor<1x4xi64>
      %2 = arith.ori %0, %1 : i1
      attn.yield %2 : i1
    } : tensor<1x2x4x8xf32>, tensor<1x1x4x8xf32>, tensor<1x1x4x6xf32> -> tensor<1x2x4x6xf32>
  return %o : tensor<1x2x4x6xf32>
}

func.func @not_all_of(%q: tensor<1x2x4x8xf32>, %k: tensor<1x2x4x8xf32>, %v: tensor<1x2x4x8xf32>, %flags: tensor<1x2xi1>) -> tensor<1x2x4x8xf32> {
  %true = arith.constant true
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %o = attn.attention %q, %k, %v mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %flags[%b, %h] : tensor<1x2xi1>
      %1 = arith.remsi %i, %c3 : index
      %2 = arith.cmpi eq, %1, %c1 : index
      %3 = arith.andi %0, %2 : i1
      %4 = arith.xori %3, %true : i1
      attn.yield %4 : i1
    } : tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32> -> tensor<1x2x4x8xf32>
  return %o : tensor<1x2x4x8xf32>
}

func.func @both_sides(%q: tensor<1x2x4x8xf32>, %k: tensor<1x2x4x8xf32>, %v: tensor<1x2x4x8xf32>, %slopes: tensor<2xf32>) -> tensor<1x2x4x8xf32> {
  %two = arith.constant 2.0 : f32
  %o = attn.attention %q, %k, %v
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = arith.mulf %s, %two : f32
      %1 = attn.alibi %0, %slopes at %h, %i, %j : f32, tensor<2xf32>
      attn.yield %1 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.window %i, %j left 2 right 1
      attn.yield %0 : i1
    } : tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32> -> tensor<1x2x4x8xf32>
  return %o : tensor<1x2x4x8xf32>
}

func.func @one_side(%q: tensor<1x2x4x8xf32>, %k: tensor<1x2x4x8xf32>, %v: tensor<1x2x4x8xf32>) -> tensor<1x2x4x8xf32> {
  %o = attn.attention %q, %k, %v mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.window %i, %j right 1
      attn.yield %0 : i1
    } : tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32>, tensor<1x2x4x8xf32> -> tensor<1x2x4x8xf32>
  return %o : tensor<1x2x4x8xf32>
}

func.func @near_miss(%q: tensor<4x8xf32>, %k: tensor<4x8xf32>, %v: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %s = linalg.contract indexing_maps = [affine_map<(i, j, d) -> (i, d)>, affine_map<(i, j, d) -> (j, d)>, affine_map<(i, j, d) -> (i, j)>]
    ins(%q, %k : tensor<4x8xf32>, tensor<4x8xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  %w = linalg.softmax dimension(1) ins(%s : tensor<4x4xf32>) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %x = tensor.empty() : tensor<4x8xf32>
  %g = linalg.fill ins(%zero : f32) outs(%x : tensor<4x8xf32>) -> tensor<4x8xf32>
  %o = linalg.matmul ins(%w, %v : tensor<4x4xf32>, tensor<4x8xf32>) outs(%g : tensor<4x8xf32>) -> tensor<4x8xf32>
  %n = arith.negf %w : tensor<4x4xf32>
  return %o, %n : tensor<4x8xf32>, tensor<4x4xf32>
}
