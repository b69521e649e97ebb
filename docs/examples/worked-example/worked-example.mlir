// The example to follow with a pencil: two queries, two keys, heads of size 2.
//
//   Q = [[1, 2], [3, 4]]    K = [[5, 6], [7, 8]]    V = [[9, 10], [11, 12]]
//
// @scaled divides the scores by sqrt(2), the root of the head size, as attention
// does; @unscaled does not. Both work softmax(scale * Q K^T) V out step by step in
// linalg, and then ask `attn.attention` for the same. What must come out:
//
//   attn-run worked-example.mlir --function=scaled
//
// Products: 1*5 + 2*6 = 17, 1*7 + 2*8 = 23; 3*5 + 4*6 = 39, 3*7 + 4*8 = 53.
// SCALED:      products f32 [2, 2]:
// SCALED-NEXT:   {{\[\[}}17, 23],
// SCALED-NEXT:    [39, 53{{\]\]}}
// Scores: divided by sqrt(2) = 1.41421.
// SCALED-NEXT: scores f32 [2, 2]:
// SCALED-NEXT:   {{\[\[}}12.0208, 16.2635],
// SCALED-NEXT:    [27.5772, 37.4767{{\]\]}}
// Maxima: each query's largest score. Taking it away keeps exp in range, and falls
// out of the weights.
// SCALED-NEXT: maxima f32 [2]:
// SCALED-NEXT:   [16.2635, 37.4767]
// Exponentials: exp(12.0208 - 16.2635) = 0.0143696, exp(27.5772 - 37.4767) = 5.02e-05.
// SCALED-NEXT: exponentials f32 [2, 2]:
// SCALED-NEXT:   {{\[\[}}0.0143696, 1],
// SCALED-NEXT:    [5.0{{[12][0-9]*}}e-05, 1{{\]\]}}
// Sums over the keys.
// SCALED-NEXT: sums f32 [2]:
// SCALED-NEXT:   [1.01437, 1.00005]
// Weights: each query's add up to 1.
// SCALED-NEXT: weights f32 [2, 2]:
// SCALED-NEXT:   {{\[\[}}0.014166, 0.985834],
// SCALED-NEXT:    [5.01{{[0-9]*}}e-05, 0.99995{{\]\]}}
// Output: 0.014166 * 9 + 0.985834 * 11 = 10.9717, and so on.
// SCALED-NEXT: output f32 [2, 2]:
// SCALED-NEXT:   {{\[\[}}10.9717, 11.9717],
// SCALED-NEXT:    [10.9999, 11.9999{{\]\]}}
// The op says the same. LSE: 16.2635 + log(1.01437) = 16.2777.
// SCALED-NEXT: op_output f32 [1, 1, 2, 2]:
// SCALED-NEXT:   {{\[\[\[\[}}10.9717, 11.9717],
// SCALED-NEXT:      [10.9999, 11.9999{{\]\]\]\]}}
// SCALED-NEXT: op_lse f32 [1, 1, 2]:
// SCALED-NEXT:   {{\[\[\[}}16.2777, 37.4767{{\]\]\]}}
// SCALED-NEXT: op_weights f32 [1, 1, 2, 2]:
// SCALED-NEXT:   {{\[\[\[\[}}0.014166, 0.985834],
// SCALED-NEXT:      [5.01{{[0-9]*}}e-05, 0.99995{{\]\]\]\]}}
//
// Without the scale the same scores are further apart, and the weights sharper.
//
//   attn-run worked-example.mlir --function=unscaled
//
// UNSCALED:      scores f32 [2, 2]:
// UNSCALED-NEXT:   {{\[\[}}17, 23],
// UNSCALED-NEXT:    [39, 53{{\]\]}}
// UNSCALED-NEXT: maxima f32 [2]:
// UNSCALED-NEXT:   [23, 53]
// Exponentials: exp(-6) = 0.00247875, exp(-14) = 8.31529e-07.
// UNSCALED-NEXT: exponentials f32 [2, 2]:
// UNSCALED-NEXT:   {{\[\[}}0.00247875, 1],
// UNSCALED-NEXT:    [8.315{{[0-9]*}}e-07, 1{{\]\]}}
// UNSCALED-NEXT: sums f32 [2]:
// UNSCALED-NEXT:   [1.00248, 1]
// UNSCALED-NEXT: weights f32 [2, 2]:
// UNSCALED-NEXT:   {{\[\[}}0.00247262, 0.997527],
// UNSCALED-NEXT:    [8.315{{[0-9]*}}e-07, 0.999999{{\]\]}}
// Output: 0.00247262 * 9 + 0.997527 * 11 = 10.9951.
// UNSCALED-NEXT: output f32 [2, 2]:
// UNSCALED-NEXT:   {{\[\[}}10.9951, 11.9951],
// UNSCALED-NEXT:    [11, 12{{\]\]}}
// UNSCALED-NEXT: op_output f32 [1, 1, 2, 2]:
// UNSCALED-NEXT:   {{\[\[\[\[}}10.9951, 11.9951],
// UNSCALED-NEXT:      [11, 12{{\]\]\]\]}}
// LSE: 23 + log(1.00248) = 23.0025.
// UNSCALED-NEXT: op_lse f32 [1, 1, 2]:
// UNSCALED-NEXT:   {{\[\[\[}}23.0025, 53{{\]\]\]}}
// UNSCALED-NEXT: op_weights f32 [1, 1, 2, 2]:
// UNSCALED-NEXT:   {{\[\[\[\[}}0.00247262, 0.997527],
// UNSCALED-NEXT:      [8.315{{[0-9]*}}e-07, 0.999999{{\]\]\]\]}}

// (query, key, feature)
#query = affine_map<(i, j, d) -> (i, d)>
#key = affine_map<(i, j, d) -> (j, d)>
#pair = affine_map<(i, j, d) -> (i, j)>
// (query, key)
#each = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>

func.func private @inputs() -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>) {
  %q = arith.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
  %k = arith.constant dense<[[5.0, 6.0], [7.0, 8.0]]> : tensor<2x2xf32>
  %v = arith.constant dense<[[9.0, 10.0], [11.0, 12.0]]> : tensor<2x2xf32>
  return %q, %k, %v : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
}

//===----------------------------------------------------------------------===//
// Step by step
//===----------------------------------------------------------------------===//

// products[i, j] = sum over d of Q[i, d] * K[j, d]; scores = scale * products
func.func private @scores(%scale: f32) -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  %q, %k, %v = call @inputs() : () -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>)
  %zeros = arith.constant dense<0.0> : tensor<2x2xf32>
  %empty = tensor.empty() : tensor<2x2xf32>
  %products = linalg.contract indexing_maps = [#query, #key, #pair]
    ins(%q, %k : tensor<2x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<2x2xf32>) -> tensor<2x2xf32>
  %scales = linalg.fill ins(%scale : f32) outs(%empty : tensor<2x2xf32>) -> tensor<2x2xf32>
  %scores = linalg.mul ins(%products, %scales : tensor<2x2xf32>, tensor<2x2xf32>)
    outs(%empty : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %products, %scores : tensor<2x2xf32>, tensor<2x2xf32>
}

// maxima[i] = max over j of scores; exponentials = exp(scores - maxima);
// sums[i] = sum over j of exponentials; weights = exponentials / sums
func.func private @softmax_over_keys(%scores: tensor<2x2xf32>)
    -> (tensor<2xf32>, tensor<2x2xf32>, tensor<2xf32>, tensor<2x2xf32>) {
  %lowest = arith.constant dense<0xFF800000> : tensor<2xf32> // -inf
  %zeros = arith.constant dense<0.0> : tensor<2xf32>
  %empty = tensor.empty() : tensor<2x2xf32>
  %maxima = linalg.reduce { arith.maximumf } ins(%scores : tensor<2x2xf32>) outs(%lowest : tensor<2xf32>) dimensions = [1]
  %exponentials = linalg.generic {indexing_maps = [#each, #row, #each], iterator_types = ["parallel", "parallel"]}
    ins(%scores, %maxima : tensor<2x2xf32>, tensor<2xf32>) outs(%empty : tensor<2x2xf32>) {
  ^bb0(%s: f32, %m: f32, %out: f32):
    %below = arith.subf %s, %m : f32
    %0 = math.exp %below : f32
    linalg.yield %0 : f32
  } -> tensor<2x2xf32>
  %sums = linalg.reduce { arith.addf } ins(%exponentials : tensor<2x2xf32>) outs(%zeros : tensor<2xf32>) dimensions = [1]
  %weights = linalg.generic {indexing_maps = [#each, #row, #each], iterator_types = ["parallel", "parallel"]}
    ins(%exponentials, %sums : tensor<2x2xf32>, tensor<2xf32>) outs(%empty : tensor<2x2xf32>) {
  ^bb0(%e: f32, %l: f32, %out: f32):
    %0 = arith.divf %e, %l : f32
    linalg.yield %0 : f32
  } -> tensor<2x2xf32>
  return %maxima, %exponentials, %sums, %weights : tensor<2xf32>, tensor<2x2xf32>, tensor<2xf32>, tensor<2x2xf32>
}

// output[i, d] = sum over j of weights[i, j] * V[j, d]
func.func private @weigh_values(%weights: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %q, %k, %v = call @inputs() : () -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>)
  %zeros = arith.constant dense<0.0> : tensor<2x2xf32>
  %output = linalg.contract indexing_maps = [#pair, #key, #query]
    ins(%weights, %v : tensor<2x2xf32>, tensor<2x2xf32>) outs(%zeros : tensor<2x2xf32>) -> tensor<2x2xf32>
  return %output : tensor<2x2xf32>
}

//===----------------------------------------------------------------------===//
// Both ways
//===----------------------------------------------------------------------===//

// Attention is over [batch, head, sequence, feature]: one of each here.
func.func private @attention_inputs() -> (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) {
  %q, %k, %v = call @inputs() : () -> (tensor<2x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>)
  %q4 = tensor.expand_shape %q [[0, 1, 2], [3]] output_shape [1, 1, 2, 2] : tensor<2x2xf32> into tensor<1x1x2x2xf32>
  %k4 = tensor.expand_shape %k [[0, 1, 2], [3]] output_shape [1, 1, 2, 2] : tensor<2x2xf32> into tensor<1x1x2x2xf32>
  %v4 = tensor.expand_shape %v [[0, 1, 2], [3]] output_shape [1, 1, 2, 2] : tensor<2x2xf32> into tensor<1x1x2x2xf32>
  return %q4, %k4, %v4 : tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>
}

func.func @scaled()
    -> (tensor<2x2xf32> {attn.name = "products"}, tensor<2x2xf32> {attn.name = "scores"},
        tensor<2xf32> {attn.name = "maxima"}, tensor<2x2xf32> {attn.name = "exponentials"},
        tensor<2xf32> {attn.name = "sums"}, tensor<2x2xf32> {attn.name = "weights"},
        tensor<2x2xf32> {attn.name = "output"}, tensor<1x1x2x2xf32> {attn.name = "op_output"},
        tensor<1x1x2xf32> {attn.name = "op_lse"}, tensor<1x1x2x2xf32> {attn.name = "op_weights"}) {
  %scale = arith.constant 0.70710678 : f32 // 1/sqrt(2)
  %products, %scores = call @scores(%scale) : (f32) -> (tensor<2x2xf32>, tensor<2x2xf32>)
  %maxima, %exponentials, %sums, %weights = call @softmax_over_keys(%scores)
    : (tensor<2x2xf32>) -> (tensor<2xf32>, tensor<2x2xf32>, tensor<2xf32>, tensor<2x2xf32>)
  %output = call @weigh_values(%weights) : (tensor<2x2xf32>) -> tensor<2x2xf32>

  // 1/sqrt(head size) is the default.
  %q, %k, %v = call @attention_inputs() : () -> (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>)
  %op_output, %op_lse, %op_weights = attn.attention %q, %k, %v
    : tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>
    -> (tensor<1x1x2x2xf32>, lse tensor<1x1x2xf32>, weights tensor<1x1x2x2xf32>)
  return %products, %scores, %maxima, %exponentials, %sums, %weights, %output, %op_output, %op_lse, %op_weights
    : tensor<2x2xf32>, tensor<2x2xf32>, tensor<2xf32>, tensor<2x2xf32>, tensor<2xf32>, tensor<2x2xf32>,
      tensor<2x2xf32>, tensor<1x1x2x2xf32>, tensor<1x1x2xf32>, tensor<1x1x2x2xf32>
}

func.func @unscaled()
    -> (tensor<2x2xf32> {attn.name = "scores"},
        tensor<2xf32> {attn.name = "maxima"}, tensor<2x2xf32> {attn.name = "exponentials"},
        tensor<2xf32> {attn.name = "sums"}, tensor<2x2xf32> {attn.name = "weights"},
        tensor<2x2xf32> {attn.name = "output"}, tensor<1x1x2x2xf32> {attn.name = "op_output"},
        tensor<1x1x2xf32> {attn.name = "op_lse"}, tensor<1x1x2x2xf32> {attn.name = "op_weights"}) {
  %one = arith.constant 1.0 : f32
  %products, %scores = call @scores(%one) : (f32) -> (tensor<2x2xf32>, tensor<2x2xf32>)
  %maxima, %exponentials, %sums, %weights = call @softmax_over_keys(%scores)
    : (tensor<2x2xf32>) -> (tensor<2xf32>, tensor<2x2xf32>, tensor<2xf32>, tensor<2x2xf32>)
  %output = call @weigh_values(%weights) : (tensor<2x2xf32>) -> tensor<2x2xf32>

  %q, %k, %v = call @attention_inputs() : () -> (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>)
  %op_output, %op_lse, %op_weights = attn.attention %q, %k, %v scale 1.0
    : tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>
    -> (tensor<1x1x2x2xf32>, lse tensor<1x1x2xf32>, weights tensor<1x1x2x2xf32>)
  return %scores, %maxima, %exponentials, %sums, %weights, %output, %op_output, %op_lse, %op_weights
    : tensor<2x2xf32>, tensor<2xf32>, tensor<2x2xf32>, tensor<2xf32>, tensor<2x2xf32>,
      tensor<2x2xf32>, tensor<1x1x2x2xf32>, tensor<1x1x2xf32>, tensor<1x1x2x2xf32>
}
