// Projections to unequal sizes: ten tokens of width 512 become queries and keys of
// size 512, but values of size 2048. The same Q, K and V then go through attention
// in two forms, side by side; in both a token sees itself and those before it:
//
//   softmax:  o_i = sum over j <= i of softmax_j(q_i k_j / sqrt(512)) v_j
//   linear:   S_i = S_(i-1) + k_i v_i^T,   o_i = S_i^T q_i / sqrt(512)
//           = sum over j <= i of (q_i k_j / sqrt(512)) v_j
//
// The softmax form keeps ten keys and values, its output is a mean of values. The
// linear form keeps one state of 512 x 2048 however many tokens there are; without a
// softmax its weights are the scores themselves.
//
//   attn-run unequal-projections.mlir --random-inputs --compare=reference

// (token, width, feature)
#token = affine_map<(i, w, f) -> (i, w)>
#weight = affine_map<(i, w, f) -> (w, f)>
#feature = affine_map<(i, w, f) -> (i, f)>

// x W / sqrt(512): of variance 1 when x and W are.
func.func private @scale_tokens(%x: tensor<10x512xf32>) -> tensor<10x512xf32> {
  %root = arith.constant 0.044194174 : f32
  %empty = tensor.empty() : tensor<10x512xf32>
  %roots = linalg.fill ins(%root : f32) outs(%empty : tensor<10x512xf32>) -> tensor<10x512xf32>
  %scaled = linalg.mul ins(%x, %roots : tensor<10x512xf32>, tensor<10x512xf32>)
    outs(%empty : tensor<10x512xf32>) -> tensor<10x512xf32>
  return %scaled : tensor<10x512xf32>
}

func.func private @project_512(%x: tensor<10x512xf32>, %w: tensor<512x512xf32>) -> tensor<1x1x10x512xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<10x512xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<10x512xf32>) -> tensor<10x512xf32>
  %projected = linalg.contract indexing_maps = [#token, #weight, #feature]
    ins(%x, %w : tensor<10x512xf32>, tensor<512x512xf32>) outs(%zeros : tensor<10x512xf32>) -> tensor<10x512xf32>
  %result = tensor.expand_shape %projected [[0, 1, 2], [3]] output_shape [1, 1, 10, 512]
    : tensor<10x512xf32> into tensor<1x1x10x512xf32>
  return %result : tensor<1x1x10x512xf32>
}

func.func private @project_2048(%x: tensor<10x512xf32>, %w: tensor<512x2048xf32>) -> tensor<1x1x10x2048xf32> {
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<10x2048xf32>
  %zeros = linalg.fill ins(%zero : f32) outs(%empty : tensor<10x2048xf32>) -> tensor<10x2048xf32>
  %projected = linalg.contract indexing_maps = [#token, #weight, #feature]
    ins(%x, %w : tensor<10x512xf32>, tensor<512x2048xf32>) outs(%zeros : tensor<10x2048xf32>) -> tensor<10x2048xf32>
  %result = tensor.expand_shape %projected [[0, 1, 2], [3]] output_shape [1, 1, 10, 2048]
    : tensor<10x2048xf32> into tensor<1x1x10x2048xf32>
  return %result : tensor<1x1x10x2048xf32>
}

func.func @main(
    %x: tensor<10x512xf32> {attn.name = "x"}, %wq: tensor<512x512xf32> {attn.name = "wq"},
    %wk: tensor<512x512xf32> {attn.name = "wk"}, %wv: tensor<512x2048xf32> {attn.name = "wv"})
    -> (tensor<1x1x10x2048xf32> {attn.name = "softmax"}, tensor<1x1x10x10xf32> {attn.name = "weights"},
        tensor<1x1x10x2048xf32> {attn.name = "linear"}, tensor<1x1x512x2048xf32> {attn.name = "state"}) {
  %tokens = call @scale_tokens(%x) : (tensor<10x512xf32>) -> tensor<10x512xf32>
  %q = call @project_512(%tokens, %wq) : (tensor<10x512xf32>, tensor<512x512xf32>) -> tensor<1x1x10x512xf32>
  %k = call @project_512(%tokens, %wk) : (tensor<10x512xf32>, tensor<512x512xf32>) -> tensor<1x1x10x512xf32>
  %v = call @project_2048(%tokens, %wv) : (tensor<10x512xf32>, tensor<512x2048xf32>) -> tensor<1x1x10x2048xf32>

  %softmax, %weights = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %attends = attn.causal %i, %j
      attn.yield %attends : i1
    }
    : tensor<1x1x10x512xf32>, tensor<1x1x10x512xf32>, tensor<1x1x10x2048xf32>
    -> (tensor<1x1x10x2048xf32>, weights tensor<1x1x10x10xf32>)
  %linear, %state = attn.linear_attention linear %q, %k, %v
    : tensor<1x1x10x512xf32>, tensor<1x1x10x512xf32>, tensor<1x1x10x2048xf32>
    -> (tensor<1x1x10x2048xf32>, state tensor<1x1x512x2048xf32>)
  return %softmax, %weights, %linear, %state
    : tensor<1x1x10x2048xf32>, tensor<1x1x10x10xf32>, tensor<1x1x10x2048xf32>, tensor<1x1x512x2048xf32>
}
