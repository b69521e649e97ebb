// RUN: attn-opt %s -split-input-file -canonicalize | FileCheck %s

// CHECK-LABEL: func @causal_and_causal
// CHECK: %[[O:.*]] = arith.constant -3 : index
// CHECK: %[[R:.*]] = attn.causal %{{.*}}, %{{.*}} offset %[[O]]
// CHECK-NEXT: return %[[R]]
func.func @causal_and_causal(%i: index, %j: index) -> i1 {
  %c2 = arith.constant 2 : index
  %cm3 = arith.constant -3 : index
  %0 = attn.causal %i, %j offset %c2
  %1 = attn.causal %i, %j offset %cm3
  %2 = arith.andi %0, %1 : i1
  return %2 : i1
}

// -----

// CHECK-LABEL: func @causal_unknown_offsets
// CHECK: arith.andi
func.func @causal_unknown_offsets(%i: index, %j: index, %a: index, %b: index) -> i1 {
  %0 = attn.causal %i, %j offset %a
  %1 = attn.causal %i, %j offset %b
  %2 = arith.andi %0, %1 : i1
  return %2 : i1
}

// -----

// CHECK-LABEL: func @zero_offset
// CHECK: attn.causal %{{.*}}, %{{.*}}{{$}}
func.func @zero_offset(%i: index, %j: index) -> i1 {
  %c0 = arith.constant 0 : index
  %0 = attn.causal %i, %j offset %c0
  return %0 : i1
}

// -----

// CHECK-LABEL: func @windows
// CHECK: %[[W:.*]] = attn.window %{{.*}}, %{{.*}} offset %{{.*}} left 3 right 5
// CHECK-NEXT: return %[[W]]
func.func @windows(%i: index, %j: index, %o: index) -> i1 {
  %0 = attn.window %i, %j offset %o left 3
  %1 = attn.window %i, %j offset %o left 7 right 5
  %2 = arith.andi %0, %1 : i1
  return %2 : i1
}

// -----

// CHECK-LABEL: func @causal_and_window
// CHECK: %[[W:.*]] = attn.window %{{.*}}, %{{.*}} left 3 right 0
// CHECK-NEXT: return %[[W]]
func.func @causal_and_window(%i: index, %j: index) -> i1 {
  %0 = attn.window %i, %j left 3 right 9
  %1 = attn.causal %i, %j
  %2 = arith.andi %0, %1 : i1
  return %2 : i1
}

// -----

// CHECK-LABEL: func @folds_to_constants
// CHECK-DAG: %[[TRUE:.*]] = arith.constant true
// CHECK-DAG: %[[FALSE:.*]] = arith.constant false
// CHECK: return %[[TRUE]], %[[FALSE]], %[[TRUE]], %[[FALSE]]
func.func @folds_to_constants(%i: index, %j: index) -> (i1, i1, i1, i1) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c5 = arith.constant 5 : index
  %0 = attn.window %i, %j
  %1 = attn.causal %c4, %c5
  %2 = attn.window %c4, %c5 right 1
  %3 = attn.prefix %j length %c0
  return %0, %1, %2, %3 : i1, i1, i1, i1
}

// -----

// A mask that is always true, and a score region that changes nothing, go.
// CHECK-LABEL: func @trivial_regions
// CHECK-NOT: mask
// CHECK-NOT: score
// CHECK: return
func.func @trivial_regions(%q: tensor<1x2x3x8xf32>, %k: tensor<1x2x5x8xf32>) -> tensor<1x2x3x8xf32> {
  %o = attn.attention %q, %k, %k
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) { attn.yield %s : f32 }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.window %i, %j
      attn.yield %0 : i1
    }
    : tensor<1x2x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32> -> tensor<1x2x3x8xf32>
  return %o : tensor<1x2x3x8xf32>
}

// -----

// CHECK-LABEL: func @transposes
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<1x3x2x8xf32>, %[[K:[a-z0-9]+]]: tensor<1x2x8x5xf32>
// CHECK-NOT: linalg.transpose
// CHECK: %[[O:.*]] = attn.attention %[[Q]], %[[K]], %{{.*}} layout query [batch, sequence, head, feature] key [batch, head, feature, sequence] output [batch, sequence, head, feature]
// CHECK-SAME: -> tensor<1x3x2x8xf32>
// CHECK: return %[[O]]
func.func @transposes(%q: tensor<1x3x2x8xf32>, %k: tensor<1x2x8x5xf32>, %v: tensor<1x2x5x8xf32>) -> tensor<1x3x2x8xf32> {
  %eq = tensor.empty() : tensor<1x2x3x8xf32>
  %qt = linalg.transpose ins(%q : tensor<1x3x2x8xf32>) outs(%eq : tensor<1x2x3x8xf32>) permutation = [0, 2, 1, 3]
  %ek = tensor.empty() : tensor<1x2x5x8xf32>
  %kt = linalg.transpose ins(%k : tensor<1x2x8x5xf32>) outs(%ek : tensor<1x2x5x8xf32>) permutation = [0, 1, 3, 2]
  %o = attn.attention %qt, %kt, %v : tensor<1x2x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32> -> tensor<1x2x3x8xf32>
  %eo = tensor.empty() : tensor<1x3x2x8xf32>
  %ot = linalg.transpose ins(%o : tensor<1x2x3x8xf32>) outs(%eo : tensor<1x3x2x8xf32>) permutation = [0, 2, 1, 3]
  return %ot : tensor<1x3x2x8xf32>
}

// -----

// Narrow keys and values are read as they are, and what is rounded afterwards is the output; the query stays wide, as asked for.
// CHECK-LABEL: func @conversions
// CHECK-SAME: %[[Q:[a-z0-9]+]]: tensor<1x2x3x8xbf16>, %[[K:[a-z0-9]+]]: tensor<1x2x5x8xbf16>, %[[V:[a-z0-9]+]]: tensor<1x5x2x8xf16>
// CHECK: %[[WIDE:.*]] = arith.extf %[[Q]]
// CHECK: %[[O:.*]] = attn.attention %[[WIDE]], %[[K]], %[[V]] layout value [batch, sequence, head, feature]
// CHECK-SAME: tensor<1x2x3x8xf32>, tensor<1x2x5x8xbf16>, tensor<1x5x2x8xf16> -> tensor<1x2x3x8xbf16>
// CHECK-NEXT: return %[[O]]
func.func @conversions(%q: tensor<1x2x3x8xbf16>, %k: tensor<1x2x5x8xbf16>, %v: tensor<1x5x2x8xf16>) -> tensor<1x2x3x8xbf16> {
  %qw = arith.extf %q : tensor<1x2x3x8xbf16> to tensor<1x2x3x8xf32>
  %kw = arith.extf %k : tensor<1x2x5x8xbf16> to tensor<1x2x5x8xf32>
  %ev = tensor.empty() : tensor<1x5x2x8xf32>
  %vw = linalg.generic {indexing_maps = [affine_map<(a, b, c, d) -> (a, b, c, d)>, affine_map<(a, b, c, d) -> (a, b, c, d)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%v : tensor<1x5x2x8xf16>) outs(%ev : tensor<1x5x2x8xf32>) {
  ^bb0(%x: f16, %y: f32):
    %0 = arith.extf %x : f16 to f32
    linalg.yield %0 : f32
  } -> tensor<1x5x2x8xf32>
  %et = tensor.empty() : tensor<1x2x5x8xf32>
  %vt = linalg.transpose ins(%vw : tensor<1x5x2x8xf32>) outs(%et : tensor<1x2x5x8xf32>) permutation = [0, 2, 1, 3]
  %o = attn.attention %qw, %kw, %vt : tensor<1x2x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32> -> tensor<1x2x3x8xf32>
  %n = arith.truncf %o : tensor<1x2x3x8xf32> to tensor<1x2x3x8xbf16>
  return %n : tensor<1x2x3x8xbf16>
}

// -----

// Scores in f64 stay in f64; an output that others read stays wide.
// CHECK-LABEL: func @conversions_that_stay
// CHECK-COUNT-3: arith.extf
// CHECK: attn.attention {{.*}} -> tensor<1x2x3x8xf64>
// CHECK: arith.truncf
func.func @conversions_that_stay(%q: tensor<1x2x3x8xf32>, %k: tensor<1x2x5x8xf32>) -> (tensor<1x2x3x8xf32>, tensor<1x2x3x8xf64>) {
  %qw = arith.extf %q : tensor<1x2x3x8xf32> to tensor<1x2x3x8xf64>
  %kw = arith.extf %k : tensor<1x2x5x8xf32> to tensor<1x2x5x8xf64>
  %vw = arith.extf %k fastmath<ninf> : tensor<1x2x5x8xf32> to tensor<1x2x5x8xf64>
  %o = attn.attention %qw, %kw, %vw : tensor<1x2x3x8xf64>, tensor<1x2x5x8xf64>, tensor<1x2x5x8xf64> -> tensor<1x2x3x8xf64>
  %n = arith.truncf %o : tensor<1x2x3x8xf64> to tensor<1x2x3x8xf32>
  return %n, %o : tensor<1x2x3x8xf32>, tensor<1x2x3x8xf64>
}

// -----

// CHECK-LABEL: func @unused_results
// CHECK: attn.attention %{{.*}} layout scores [batch, query, head, key] : {{.*}} -> (tensor<1x2x3x8xf32>, weights tensor<1x3x2x5xf32>)
func.func @unused_results(%q: tensor<1x2x3x8xf32>, %k: tensor<1x2x5x8xf32>) -> tensor<1x3x2x5xf32> {
  %o, %lse, %w = attn.attention %q, %k, %k layout scores [batch, query, head, key]
    : tensor<1x2x3x8xf32>, tensor<1x2x5x8xf32>, tensor<1x2x5x8xf32>
    -> (tensor<1x2x3x8xf32>, lse tensor<1x2x3xf32>, weights tensor<1x3x2x5xf32>)
  return %w : tensor<1x3x2x5xf32>
}

// -----

// CHECK-LABEL: func @merge_with_empty
// CHECK-SAME: %[[A:[a-z0-9]+]]: tensor<1x2x3x4xf32>, %[[M:[a-z0-9]+]]: tensor<1x2x3xf32>, %[[L:[a-z0-9]+]]: tensor<1x2x3xf32>
// CHECK: return %[[A]], %[[M]], %[[L]]
func.func @merge_with_empty(%a: tensor<1x2x3x4xf32>, %m: tensor<1x2x3xf32>, %l: tensor<1x2x3xf32>) -> (tensor<1x2x3x4xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>) {
  %e, %em, %el = attn.init_state : tensor<1x2x3x4xf32>, tensor<1x2x3xf32>
  %0, %1, %2 = attn.merge_states (%e, %em, %el), (%a, %m, %l) : tensor<1x2x3x4xf32>, tensor<1x2x3xf32>
  %3, %4, %5 = attn.merge_states (%0, %1, %2), (%e, %em, %el) : tensor<1x2x3x4xf32>, tensor<1x2x3xf32>
  return %3, %4, %5 : tensor<1x2x3x4xf32>, tensor<1x2x3xf32>, tensor<1x2x3xf32>
}
