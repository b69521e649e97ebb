// One case for each rule of the verifiers; the labels are those of docs/Spec.md.
// RUN: attn-opt %s -split-input-file -verify-diagnostics

func.func @C1_batch(%q: tensor<2x2x3x8xf32>, %k: tensor<1x2x5x8xf32>) {
  // expected-error @+1 {{expected query dimension 0 (batch) to equal key dimension 0 (batch), got 2 and 1}}
  %o = attn.attention %q, %k, %k : tensor<2x2x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32> -> tensor<2x2x3x8xf32>
  return
}

// -----

func.func @C2_feature(%q: tensor<1x2x3x8xf32>, %k: tensor<1x2x7x5xf32>, %v: tensor<1x2x5x4xf32>) {
  // expected-error @+1 {{expected query dimension 3 (feature) to equal key dimension 2 (feature), got 8 and 7}}
  %o = attn.attention %q, %k, %v layout key [batch, head, feature, sequence]
    : tensor<1x2x3x8xf32>, tensor<1x2x7x5xf32>, tensor<1x2x5x4xf32> -> tensor<1x2x3x4xf32>
  return
}

// -----

func.func @C3_keys(%q: tensor<1x2x3x8xf32>, %k: tensor<1x2x5x8xf32>, %v: tensor<1x2x6x4xf32>) {
  // expected-error @+1 {{expected key dimension 2 (sequence) to equal value dimension 2 (sequence), got 5 and 6}}
  %o = attn.attention %q, %k, %v : tensor<1x2x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x6x4xf32> -> tensor<1x2x3x4xf32>
  return
}

// -----

func.func @C4_value_heads(%q: tensor<1x4x3x8xf32>, %k: tensor<1x2x5x8xf32>, %v: tensor<1x4x5x4xf32>) {
  // expected-error @+1 {{expected key dimension 1 (head) to equal value dimension 1 (head), got 2 and 4}}
  %o = attn.attention %q, %k, %v : tensor<1x4x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x4x5x4xf32> -> tensor<1x4x3x4xf32>
  return
}

// -----

func.func @C5_groups(%q: tensor<1x3x3x8xf32>, %k: tensor<1x2x5x8xf32>) {
  // expected-error @+1 {{expected query dimension 1 (head) to be a multiple of key dimension 1 (head), got 3 and 2}}
  %o = attn.attention %q, %k, %k : tensor<1x3x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32> -> tensor<1x3x3x8xf32>
  return
}

// -----

func.func @C5_no_kv_heads(%q: tensor<1x3x3x8xf32>, %k: tensor<1x0x5x8xf32>) {
  // expected-error @+1 {{to be a multiple of key dimension 1 (head), got 3 and 0}}
  %o = attn.attention %q, %k, %k : tensor<1x3x3x8xf32>, tensor<1x0x5x8xf32>, tensor<1x0x5x8xf32> -> tensor<1x3x3x8xf32>
  return
}

// -----

func.func @C6_output(%q: tensor<1x2x3x8xf32>, %k: tensor<1x2x5x8xf32>) {
  // expected-error @+1 {{expected output dimension 2 (sequence) to equal query dimension 2 (sequence), got 5 and 3}}
  %o = attn.attention %q, %k, %k : tensor<1x2x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32> -> tensor<1x2x5x8xf32>
  return
}

// -----

func.func @C7_output_feature(%q: tensor<1x2x3x8xf32>, %v: tensor<1x2x5x4xf32>, %k: tensor<1x2x5x8xf32>) {
  // expected-error @+1 {{expected output dimension 3 (feature) to equal value dimension 3 (feature), got 8 and 4}}
  %o = attn.attention %q, %k, %v : tensor<1x2x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x4xf32> -> tensor<1x2x3x8xf32>
  return
}

// -----

func.func @C8_lse_type(%q: tensor<1x2x3x8xf64>, %k: tensor<1x2x5x8xf64>) {
  // expected-error @+1 {{expected lse elements of type 'f64', got 'f32'}}
  %o, %l = attn.attention %q, %k, %k : tensor<1x2x3x8xf64>, tensor<1x2x5x8xf64>, tensor<1x2x5x8xf64> -> (tensor<1x2x3x8xf64>, lse tensor<1x2x3xf32>)
  return
}

// -----

func.func @C9_scores(%q: tensor<1x2x3x8xf32>, %k: tensor<1x2x5x8xf32>) {
  // expected-error @+1 {{expected scores dimension 3 (key) to equal key dimension 2 (sequence), got 3 and 5}}
  %o, %w = attn.attention %q, %k, %k : tensor<1x2x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32> -> (tensor<1x2x3x8xf32>, weights tensor<1x2x3x3xf32>)
  return
}

// -----

func.func @C10_intermediate(%q: tensor<1x2x3x8xf32>, %k: tensor<1x2x5x8xf32>) {
  // expected-error @+1 {{expected the score region to yield two values for the intermediate stage, got one}}
  %o, %w = attn.attention %q, %k, %k : tensor<1x2x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32> -> (tensor<1x2x3x8xf32>, intermediate tensor<1x2x3x5xf32>)
  return
}

// -----

func.func @C11_sink(%q: tensor<1x2x3x8xf32>, %k: tensor<1x2x5x8xf32>, %s: tensor<3xf32>) {
  // expected-error @+1 {{expected sink dimension 0 to equal the number of query heads 2, got 3}}
  %o = attn.attention %q, %k, %k sink %s : tensor<1x2x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32>, sink tensor<3xf32> -> tensor<1x2x3x8xf32>
  return
}

// -----

func.func @C12_region_arguments(%q: tensor<1x2x3x8xf32>, %k: tensor<1x2x5x8xf32>) {
  // expected-error @+1 {{expected the score region to take ('f32', 'index', 'index', 'index', 'index'), got ('f64', 'index', 'index', 'index', 'index')}}
  %o = attn.attention %q, %k, %k score (%s: f64, %b: index, %h: index, %i: index, %j: index) { attn.yield %s : f64 }
    : tensor<1x2x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32> -> tensor<1x2x3x8xf32>
  return
}

// -----

func.func @C12_mask_yields(%q: tensor<1x2x3x8xf32>, %k: tensor<1x2x5x8xf32>) {
  // expected-error @+1 {{expected the mask region to yield 'i1', got ('index')}}
  %o = attn.attention %q, %k, %k mask (%b: index, %h: index, %i: index, %j: index) { attn.yield %i : index }
    : tensor<1x2x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32> -> tensor<1x2x3x8xf32>
  return
}

// -----

func.func @layout_repeats(%q: tensor<1x2x3x8xf32>, %k: tensor<1x2x5x8xf32>) {
  // expected-error @+1 {{expected the query layout to be a permutation of 0..3, got [0, 0, 2, 3]}}
  %o = attn.attention %q, %k, %k layout query [batch, batch, sequence, feature]
    : tensor<1x2x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32> -> tensor<1x2x3x8xf32>
  return
}

// -----

func.func @layout_name(%q: tensor<1x2x3x8xf32>) {
  // expected-error @+1 {{expected a dimension name of the query layout, got 'heads'}}
  %o = attn.attention %q, %q, %q layout query [batch, heads, sequence, feature]
    : tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32> -> tensor<1x2x3x8xf32>
  return
}

// -----

func.func @scale_not_finite(%q: tensor<1x2x3x8xf32>) {
  // expected-error @+1 {{expected a finite scale, got}}
  %o = attn.attention %q, %q, %q scale 0x7FF0000000000000
    : tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32> -> tensor<1x2x3x8xf32>
  return
}

// -----

func.func @result_keyword(%q: tensor<1x2x3x8xf32>) {
  // expected-error @+1 {{expected 'lse' and then one of 'scaled', 'intermediate', 'modified' or 'weights', each at most once, got 'probabilities'}}
  %o, %w = attn.attention %q, %q, %q : tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32> -> (tensor<1x2x3x8xf32>, probabilities tensor<1x2x3x3xf32>)
  return
}

// -----

func.func @window_bound(%i: index, %j: index) {
  // expected-error @+1 {{expected left to be -1 (no bound) or more, got -2}}
  %0 = attn.window %i, %j left -2
  return
}

// -----

func.func @segments(%s: tensor<2x3xi32>, %t: tensor<1x3xi32>, %i: index) {
  // expected-error @+1 {{expected query_segments dimension 0 (batch) to equal key_segments dimension 0 (batch), got 2 and 1}}
  %0 = attn.same_segment %s, %t at %i, %i, %i : tensor<2x3xi32>, tensor<1x3xi32>
  return
}

// -----

func.func @block_size(%t: tensor<1x1x4x4xi1>, %i: index) {
  // expected-error @+1 {{expected key_block to be positive, got 0}}
  %0 = attn.block_sparse %t at %i, %i, %i, %i blocks 16, 0 : tensor<1x1x4x4xi1>
  return
}

// -----

func.func @softcap(%s: f32) {
  // expected-error @+1 {{expected a positive, finite cap, got -1.0}}
  %0 = attn.softcap %s, -1.0 : f32
  return
}

// -----

func.func @buckets(%s: f32, %t: tensor<5x8xf32>, %i: index) {
  // expected-error @+1 {{expected table dimension 0 (bucket) to be even and at least 4, got 5}}
  %0 = attn.relative_position_bias %s, %t at %i, %i, %i bidirectional : f32, tensor<5x8xf32>
  return
}

// -----

func.func @too_many_buckets(%s: f32, %t: tensor<65540x8xf32>, %i: index) {
  // expected-error @+1 {{expected at most 65536 buckets, got 65540}}
  %0 = attn.relative_position_bias %s, %t at %i, %i, %i max_distance 65540 : f32, tensor<65540x8xf32>
  return
}

// -----

func.func @max_distance(%s: f32, %t: tensor<32x8xf32>, %i: index) {
  // expected-error @+1 {{expected max_distance above the 16 exact buckets, got 16}}
  %0 = attn.relative_position_bias %s, %t at %i, %i, %i max_distance 16 : f32, tensor<32x8xf32>
  return
}

// -----

func.func @state_sizes(%n: index) {
  // expected-error @+1 {{expected one size for each dynamic dimension of acc (2), got 1}}
  %a, %m, %l = attn.init_state (%n) : tensor<1x?x?x4xf32>, tensor<1x?x?xf32>
  return
}

// -----

func.func @state_type(%q: tensor<1x2x3x8xf64>, %a: tensor<1x2x3x8xf32>, %m: tensor<1x2x3xf32>) {
  // expected-error @+1 {{expected a state of 'f64', got 'f32' and 'f32'}}
  %0, %1, %2 = attn.attend %q, %q, %q into %a, %m, %m : tensor<1x2x3x8xf64>, tensor<1x2x3x8xf64>, tensor<1x2x3x8xf64> -> tensor<1x2x3x8xf32>, tensor<1x2x3xf32>
  return
}

// -----

func.func @merge_shapes(%a: tensor<1x2x3x8xf32>, %m: tensor<1x2x4xf32>) {
  // expected-error @+1 {{expected acc dimension 2 (sequence) to equal max dimension 2 (sequence), got 3 and 4}}
  %0, %1, %2 = attn.merge_states (%a, %m, %m), (%a, %m, %m) : tensor<1x2x3x8xf32>, tensor<1x2x4xf32>
  return
}

// -----

func.func @finalize_output(%a: tensor<1x2x3x8xf32>, %m: tensor<1x2x3xf32>) {
  // expected-error @+1 {{expected output dimension 3 (feature) to equal acc dimension 3 (feature), got 4 and 8}}
  %0 = attn.finalize_state %a, %m, %m : tensor<1x2x3x8xf32>, tensor<1x2x3xf32> -> tensor<1x2x3x4xf16>
  return
}

// -----

func.func @rotary_odd(%x: tensor<1x2x3x7xf32>) {
  // expected-error @+1 {{expected an even number of rotated features, got 7}}
  %0 = attn.rotary_embedding %x : tensor<1x2x3x7xf32>
  return
}

// -----

func.func @rotary_table_rank(%x: tensor<1x2x3x8xf32>, %c: tensor<3x4xf32>) {
  // expected-error @+1 {{expected cos of rank 3 without positions, got 2}}
  %0 = attn.rotary_embedding %x cos %c sin %c : tensor<1x2x3x8xf32>, cos tensor<3x4xf32>, sin tensor<3x4xf32>
  return
}

// -----

func.func @rotary_table_width(%x: tensor<1x2x3x8xf32>, %c: tensor<16x3xf32>, %p: tensor<1x3xi64>) {
  // expected-error @+1 {{expected cos dimension 1 to be half of the 8 rotated features, got 3}}
  %0 = attn.rotary_embedding %x cos %c sin %c positions %p : tensor<1x2x3x8xf32>, cos tensor<16x3xf32>, sin tensor<16x3xf32>, positions tensor<1x3xi64>
  return
}

// -----

func.func @rotary_dim(%x: tensor<1x2x3x8xf32>) {
  // expected-error @+1 {{expected rotary_dim between 0 and the 8 features of the input, got 10}}
  %0 = attn.rotary_embedding %x rotary_dim 10 : tensor<1x2x3x8xf32>
  return
}

// -----

func.func @sinusoidal_rank(%p: tensor<3xi64>) {
  // expected-error @+1 {{expected output of rank 2, got 3}}
  %0 = attn.sinusoidal_encoding %p : tensor<3xi64> -> tensor<1x3x8xf32>
  return
}

// -----

func.func @linear_decay(%q: tensor<1x2x3x8xf32>) {
  // expected-error @+1 {{expected decay with rule gated, got none}}
  %0 = attn.linear_attention gated %q, %q, %q : tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32> -> tensor<1x2x3x8xf32>
  return
}

// -----

func.func @linear_beta(%q: tensor<1x2x3x8xf32>, %b: tensor<1x2x3xf32>) {
  // expected-error @+1 {{expected beta to be absent with rule linear, got one}}
  %0 = attn.linear_attention linear %q, %q, %q beta %b : tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, beta tensor<1x2x3xf32> -> tensor<1x2x3x8xf32>
  return
}

// -----

func.func @linear_state(%q: tensor<1x2x3x8xf32>, %s: tensor<1x2x8x4xf32>) {
  // expected-error @+1 {{expected state of shape [batch, kv head, dk, dv] = [1, 2, 8, 8], got 'tensor<1x2x8x4xf32>'}}
  %0 = attn.linear_attention linear %q, %q, %q state %s : tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, state tensor<1x2x8x4xf32> -> tensor<1x2x3x8xf32>
  return
}

// -----

func.func @linear_state_type(%q: tensor<1x2x3x8xf32>, %s: tensor<1x2x8x8xf16>) {
  // expected-error @+1 {{expected new_state of state's element type 'f16', got 'f32'}}
  %0, %1 = attn.linear_attention linear %q, %q, %q state %s : tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, tensor<1x2x3x8xf32>, state tensor<1x2x8x8xf16> -> (tensor<1x2x3x8xf32>, state tensor<1x2x8x8xf32>)
  return
}

// -----

func.func @linear_state_type_of_query(%q: tensor<1x2x3x8xbf16>) {
  // expected-error @+1 {{expected new_state of query's element type 'bf16', got 'f32'}}
  %0, %1 = attn.linear_attention linear %q, %q, %q : tensor<1x2x3x8xbf16>, tensor<1x2x3x8xbf16>, tensor<1x2x3x8xbf16> -> (tensor<1x2x3x8xbf16>, state tensor<1x2x8x8xf32>)
  return
}

// -----

func.func @cache_axis(%c: tensor<2x4x16x8xf32>, %u: tensor<2x4x1x8xf32>) {
  // expected-error @+1 {{expected axis between 1 and 3, got 0}}
  %0 = attn.cache_update %c, %u axis 0 : tensor<2x4x16x8xf32>, tensor<2x4x1x8xf32>
  return
}

// -----

func.func @cache_update_too_long(%c: tensor<2x4x16x8xf32>, %u: tensor<2x4x17x8xf32>) {
  // expected-error @+1 {{expected update dimension 2 to be at most cache dimension 2, got 17 and 16}}
  %0 = attn.cache_update %c, %u axis 2 : tensor<2x4x16x8xf32>, tensor<2x4x17x8xf32>
  return
}
