// RUN: attn-opt %s --convert-attn-to-linalg --verify-diagnostics

func.func @too_many_buckets(%s: f32, %t: tensor<65540x8xf32>, %h: index, %i: index, %j: index) -> f32 {
  // expected-error@+1 {{expected at most 65536 buckets, got 65540}}
  %0 = attn.relative_position_bias %s, %t at %h, %i, %j max_distance 65540 : f32, tensor<65540x8xf32>
  return %0 : f32
}
