// Linear attention against the oracle: the four rules, decay per head and per
// row of the state, groups of heads, states of other types, layouts.
// RUN: split-file %s %t
// RUN: attn-run %t/rules_f32.mlir --plain --random-inputs --seed=1 --compare=reference | FileCheck %s --check-prefix=SEVEN
// RUN: attn-run %t/rules_f64.mlir --plain -O0 --random-inputs --seed=1 --compare=reference | FileCheck %s --check-prefix=SEVEN
// RUN: attn-run %t/rules_f16.mlir --plain -O0 --random-inputs --seed=1 --compare=reference | FileCheck %s --check-prefix=SEVEN
// RUN: attn-run %t/rules_bf16.mlir --plain -O0 --random-inputs --seed=1 --compare=reference | FileCheck %s --check-prefix=SEVEN
// RUN: attn-run %t/rules_dynamic_f32.mlir --plain -O0 --random-inputs --seed=2 \
// RUN:   --keep-dynamic --dim batch=2 --dim heads=6 --dim kv_heads=2 --dim tokens=5 --dim dk=4 --dim dv=3 \
// RUN:   --compare=reference | FileCheck %s --check-prefix=SEVEN
// RUN: attn-run %t/rules_dynamic_f64.mlir --plain -O0 --random-inputs --seed=2 \
// RUN:   --keep-dynamic --dim batch=2 --dim heads=6 --dim kv_heads=3 --dim tokens=4 --dim dk=4 --dim dv=3 \
// RUN:   --compare=reference | FileCheck %s --check-prefix=SEVEN
// RUN: attn-run %t/rules_dynamic_bf16.mlir --plain -O0 --random-inputs --seed=2 \
// RUN:   --keep-dynamic --dim batch=2 --dim heads=6 --dim kv_heads=6 --dim tokens=1 --dim dk=4 --dim dv=3 \
// RUN:   --compare=reference | FileCheck %s --check-prefix=SEVEN
// Without a token the state passes through.
// RUN: attn-run %t/rules_dynamic_f32.mlir --plain -O0 --random-inputs \
// RUN:   --keep-dynamic --dim batch=2 --dim heads=6 --dim kv_heads=2 --dim tokens=0 --dim dk=4 --dim dv=3 \
// RUN:   --compare=reference | FileCheck %s --check-prefix=SEVEN
// SEVEN-COUNT-7: agree

// Some sizes static here, others there, one batch: what is known is known to all.
// RUN: attn-run %t/mixed.mlir --plain -O0 --random-inputs \
// RUN:   --keep-dynamic --dim batch=1 --dim kv_heads=2 --dim tokens=6 --dim dk=8 --dim dv=5 \
// RUN:   --compare=reference | FileCheck %s --check-prefix=TWO
// TWO-COUNT-2: agree

// Heads that do not divide.
// RUN: not attn-run %t/rules_dynamic_f32.mlir --plain -O0 --random-inputs \
// RUN:   --keep-dynamic --dim batch=2 --dim heads=6 --dim kv_heads=4 --dim tokens=5 --dim dk=4 --dim dv=3 2>&1 | FileCheck %s --check-prefix=HEADS
// HEADS: expected the number of query heads to be a multiple of the number of key heads

//--- rules_f32.mlir
func.func @rules_f32(
    %q: tensor<2x6x5x4xf32>,
    %k: tensor<2x2x5x4xf32>,
    %v: tensor<2x2x5x3xf32>,
    %w: tensor<2x5x2x3xf32>,
    %g: tensor<2x2x5xf32>,
    %r: tensor<2x2x5x4xf32>,
    %b: tensor<2x2x5xf32>,
    %s: tensor<2x2x4x3xf32>)
    -> (tensor<2x6x5x3xf32>, tensor<2x6x5x3xf32>, tensor<2x2x4x3xf32>, tensor<5x2x6x3xf32>, tensor<2x6x5x3xf32>, tensor<2x6x5x3xf32>, tensor<2x2x4x3xf32>) {
  // Decays are logarithms of factors below 1.
  %g0 = linalg.abs ins(%g : tensor<2x2x5xf32>) outs(%g : tensor<2x2x5xf32>) -> tensor<2x2x5xf32>
  %g1 = linalg.negf ins(%g0 : tensor<2x2x5xf32>) outs(%g0 : tensor<2x2x5xf32>) -> tensor<2x2x5xf32>
  %r0 = linalg.abs ins(%r : tensor<2x2x5x4xf32>) outs(%r : tensor<2x2x5x4xf32>) -> tensor<2x2x5x4xf32>
  %r1 = linalg.negf ins(%r0 : tensor<2x2x5x4xf32>) outs(%r0 : tensor<2x2x5x4xf32>) -> tensor<2x2x5x4xf32>
  %0 = attn.linear_attention linear %q, %k, %v : tensor<2x6x5x4xf32>, tensor<2x2x5x4xf32>, tensor<2x2x5x3xf32> -> tensor<2x6x5x3xf32>
  %1, %n1 = attn.linear_attention gated %q, %k, %v decay %g1 state %s scale 0.7
    : tensor<2x6x5x4xf32>, tensor<2x2x5x4xf32>, tensor<2x2x5x3xf32>, decay tensor<2x2x5xf32>, state tensor<2x2x4x3xf32> -> (tensor<2x6x5x3xf32>, state tensor<2x2x4x3xf32>)
  // A decay for each row of the state; other layouts.
  %2 = attn.linear_attention gated %q, %k, %w decay %r1 layout value [batch, sequence, head, feature] output [sequence, batch, head, feature]
    : tensor<2x6x5x4xf32>, tensor<2x2x5x4xf32>, tensor<2x5x2x3xf32>, decay tensor<2x2x5x4xf32> -> tensor<5x2x6x3xf32>
  %3 = attn.linear_attention delta %q, %k, %v beta %b
    : tensor<2x6x5x4xf32>, tensor<2x2x5x4xf32>, tensor<2x2x5x3xf32>, beta tensor<2x2x5xf32> -> tensor<2x6x5x3xf32>
  %4, %n4 = attn.linear_attention gated_delta %q, %k, %v decay %r1 beta %b state %s
    : tensor<2x6x5x4xf32>, tensor<2x2x5x4xf32>, tensor<2x2x5x3xf32>, decay tensor<2x2x5x4xf32>, beta tensor<2x2x5xf32>, state tensor<2x2x4x3xf32> -> (tensor<2x6x5x3xf32>, state tensor<2x2x4x3xf32>)
  return %0, %1, %n1, %2, %3, %4, %n4
    : tensor<2x6x5x3xf32>, tensor<2x6x5x3xf32>, tensor<2x2x4x3xf32>, tensor<5x2x6x3xf32>, tensor<2x6x5x3xf32>, tensor<2x6x5x3xf32>, tensor<2x2x4x3xf32>
}

//--- rules_f64.mlir
func.func @rules_f64(
    %q: tensor<2x6x5x4xf64>,
    %k: tensor<2x2x5x4xf64>,
    %v: tensor<2x2x5x3xf64>,
    %w: tensor<2x5x2x3xf64>,
    %g: tensor<2x2x5xf64>,
    %r: tensor<2x2x5x4xf64>,
    %b: tensor<2x2x5xf64>,
    %s: tensor<2x2x4x3xf64>)
    -> (tensor<2x6x5x3xf64>, tensor<2x6x5x3xf64>, tensor<2x2x4x3xf64>, tensor<5x2x6x3xf64>, tensor<2x6x5x3xf64>, tensor<2x6x5x3xf64>, tensor<2x2x4x3xf64>) {
  // Decays are logarithms of factors below 1.
  %g0 = linalg.abs ins(%g : tensor<2x2x5xf64>) outs(%g : tensor<2x2x5xf64>) -> tensor<2x2x5xf64>
  %g1 = linalg.negf ins(%g0 : tensor<2x2x5xf64>) outs(%g0 : tensor<2x2x5xf64>) -> tensor<2x2x5xf64>
  %r0 = linalg.abs ins(%r : tensor<2x2x5x4xf64>) outs(%r : tensor<2x2x5x4xf64>) -> tensor<2x2x5x4xf64>
  %r1 = linalg.negf ins(%r0 : tensor<2x2x5x4xf64>) outs(%r0 : tensor<2x2x5x4xf64>) -> tensor<2x2x5x4xf64>
  %0 = attn.linear_attention linear %q, %k, %v : tensor<2x6x5x4xf64>, tensor<2x2x5x4xf64>, tensor<2x2x5x3xf64> -> tensor<2x6x5x3xf64>
  %1, %n1 = attn.linear_attention gated %q, %k, %v decay %g1 state %s scale 0.7
    : tensor<2x6x5x4xf64>, tensor<2x2x5x4xf64>, tensor<2x2x5x3xf64>, decay tensor<2x2x5xf64>, state tensor<2x2x4x3xf64> -> (tensor<2x6x5x3xf64>, state tensor<2x2x4x3xf64>)
  // A decay for each row of the state; other layouts.
  %2 = attn.linear_attention gated %q, %k, %w decay %r1 layout value [batch, sequence, head, feature] output [sequence, batch, head, feature]
    : tensor<2x6x5x4xf64>, tensor<2x2x5x4xf64>, tensor<2x5x2x3xf64>, decay tensor<2x2x5x4xf64> -> tensor<5x2x6x3xf64>
  %3 = attn.linear_attention delta %q, %k, %v beta %b
    : tensor<2x6x5x4xf64>, tensor<2x2x5x4xf64>, tensor<2x2x5x3xf64>, beta tensor<2x2x5xf64> -> tensor<2x6x5x3xf64>
  %4, %n4 = attn.linear_attention gated_delta %q, %k, %v decay %r1 beta %b state %s
    : tensor<2x6x5x4xf64>, tensor<2x2x5x4xf64>, tensor<2x2x5x3xf64>, decay tensor<2x2x5x4xf64>, beta tensor<2x2x5xf64>, state tensor<2x2x4x3xf64> -> (tensor<2x6x5x3xf64>, state tensor<2x2x4x3xf64>)
  return %0, %1, %n1, %2, %3, %4, %n4
    : tensor<2x6x5x3xf64>, tensor<2x6x5x3xf64>, tensor<2x2x4x3xf64>, tensor<5x2x6x3xf64>, tensor<2x6x5x3xf64>, tensor<2x6x5x3xf64>, tensor<2x2x4x3xf64>
}

//--- rules_f16.mlir
func.func @rules_f16(
    %q: tensor<2x6x5x4xf16>,
    %k: tensor<2x2x5x4xf16>,
    %v: tensor<2x2x5x3xf16>,
    %w: tensor<2x5x2x3xf16>,
    %g: tensor<2x2x5xf16>,
    %r: tensor<2x2x5x4xf16>,
    %b: tensor<2x2x5xf16>,
    %s: tensor<2x2x4x3xf32>)
    -> (tensor<2x6x5x3xf16>, tensor<2x6x5x3xf16>, tensor<2x2x4x3xf32>, tensor<5x2x6x3xf16>, tensor<2x6x5x3xf16>, tensor<2x6x5x3xf16>, tensor<2x2x4x3xf32>) {
  // Decays are logarithms of factors below 1.
  %g0 = linalg.abs ins(%g : tensor<2x2x5xf16>) outs(%g : tensor<2x2x5xf16>) -> tensor<2x2x5xf16>
  %g1 = linalg.negf ins(%g0 : tensor<2x2x5xf16>) outs(%g0 : tensor<2x2x5xf16>) -> tensor<2x2x5xf16>
  %r0 = linalg.abs ins(%r : tensor<2x2x5x4xf16>) outs(%r : tensor<2x2x5x4xf16>) -> tensor<2x2x5x4xf16>
  %r1 = linalg.negf ins(%r0 : tensor<2x2x5x4xf16>) outs(%r0 : tensor<2x2x5x4xf16>) -> tensor<2x2x5x4xf16>
  %0 = attn.linear_attention linear %q, %k, %v : tensor<2x6x5x4xf16>, tensor<2x2x5x4xf16>, tensor<2x2x5x3xf16> -> tensor<2x6x5x3xf16>
  %1, %n1 = attn.linear_attention gated %q, %k, %v decay %g1 state %s scale 0.7
    : tensor<2x6x5x4xf16>, tensor<2x2x5x4xf16>, tensor<2x2x5x3xf16>, decay tensor<2x2x5xf16>, state tensor<2x2x4x3xf32> -> (tensor<2x6x5x3xf16>, state tensor<2x2x4x3xf32>)
  // A decay for each row of the state; other layouts.
  %2 = attn.linear_attention gated %q, %k, %w decay %r1 layout value [batch, sequence, head, feature] output [sequence, batch, head, feature]
    : tensor<2x6x5x4xf16>, tensor<2x2x5x4xf16>, tensor<2x5x2x3xf16>, decay tensor<2x2x5x4xf16> -> tensor<5x2x6x3xf16>
  %3 = attn.linear_attention delta %q, %k, %v beta %b
    : tensor<2x6x5x4xf16>, tensor<2x2x5x4xf16>, tensor<2x2x5x3xf16>, beta tensor<2x2x5xf16> -> tensor<2x6x5x3xf16>
  %4, %n4 = attn.linear_attention gated_delta %q, %k, %v decay %r1 beta %b state %s
    : tensor<2x6x5x4xf16>, tensor<2x2x5x4xf16>, tensor<2x2x5x3xf16>, decay tensor<2x2x5x4xf16>, beta tensor<2x2x5xf16>, state tensor<2x2x4x3xf32> -> (tensor<2x6x5x3xf16>, state tensor<2x2x4x3xf32>)
  return %0, %1, %n1, %2, %3, %4, %n4
    : tensor<2x6x5x3xf16>, tensor<2x6x5x3xf16>, tensor<2x2x4x3xf32>, tensor<5x2x6x3xf16>, tensor<2x6x5x3xf16>, tensor<2x6x5x3xf16>, tensor<2x2x4x3xf32>
}

//--- rules_bf16.mlir
func.func @rules_bf16(
    %q: tensor<2x6x5x4xbf16>,
    %k: tensor<2x2x5x4xbf16>,
    %v: tensor<2x2x5x3xbf16>,
    %w: tensor<2x5x2x3xbf16>,
    %g: tensor<2x2x5xbf16>,
    %r: tensor<2x2x5x4xbf16>,
    %b: tensor<2x2x5xbf16>,
    %s: tensor<2x2x4x3xf32>)
    -> (tensor<2x6x5x3xbf16>, tensor<2x6x5x3xbf16>, tensor<2x2x4x3xf32>, tensor<5x2x6x3xbf16>, tensor<2x6x5x3xbf16>, tensor<2x6x5x3xbf16>, tensor<2x2x4x3xf32>) {
  // Decays are logarithms of factors below 1.
  %g0 = linalg.abs ins(%g : tensor<2x2x5xbf16>) outs(%g : tensor<2x2x5xbf16>) -> tensor<2x2x5xbf16>
  %g1 = linalg.negf ins(%g0 : tensor<2x2x5xbf16>) outs(%g0 : tensor<2x2x5xbf16>) -> tensor<2x2x5xbf16>
  %r0 = linalg.abs ins(%r : tensor<2x2x5x4xbf16>) outs(%r : tensor<2x2x5x4xbf16>) -> tensor<2x2x5x4xbf16>
  %r1 = linalg.negf ins(%r0 : tensor<2x2x5x4xbf16>) outs(%r0 : tensor<2x2x5x4xbf16>) -> tensor<2x2x5x4xbf16>
  %0 = attn.linear_attention linear %q, %k, %v : tensor<2x6x5x4xbf16>, tensor<2x2x5x4xbf16>, tensor<2x2x5x3xbf16> -> tensor<2x6x5x3xbf16>
  %1, %n1 = attn.linear_attention gated %q, %k, %v decay %g1 state %s scale 0.7
    : tensor<2x6x5x4xbf16>, tensor<2x2x5x4xbf16>, tensor<2x2x5x3xbf16>, decay tensor<2x2x5xbf16>, state tensor<2x2x4x3xf32> -> (tensor<2x6x5x3xbf16>, state tensor<2x2x4x3xf32>)
  // A decay for each row of the state; other layouts.
  %2 = attn.linear_attention gated %q, %k, %w decay %r1 layout value [batch, sequence, head, feature] output [sequence, batch, head, feature]
    : tensor<2x6x5x4xbf16>, tensor<2x2x5x4xbf16>, tensor<2x5x2x3xbf16>, decay tensor<2x2x5x4xbf16> -> tensor<5x2x6x3xbf16>
  %3 = attn.linear_attention delta %q, %k, %v beta %b
    : tensor<2x6x5x4xbf16>, tensor<2x2x5x4xbf16>, tensor<2x2x5x3xbf16>, beta tensor<2x2x5xbf16> -> tensor<2x6x5x3xbf16>
  %4, %n4 = attn.linear_attention gated_delta %q, %k, %v decay %r1 beta %b state %s
    : tensor<2x6x5x4xbf16>, tensor<2x2x5x4xbf16>, tensor<2x2x5x3xbf16>, decay tensor<2x2x5x4xbf16>, beta tensor<2x2x5xbf16>, state tensor<2x2x4x3xf32> -> (tensor<2x6x5x3xbf16>, state tensor<2x2x4x3xf32>)
  return %0, %1, %n1, %2, %3, %4, %n4
    : tensor<2x6x5x3xbf16>, tensor<2x6x5x3xbf16>, tensor<2x2x4x3xf32>, tensor<5x2x6x3xbf16>, tensor<2x6x5x3xbf16>, tensor<2x6x5x3xbf16>, tensor<2x2x4x3xf32>
}

//--- rules_dynamic_f32.mlir
func.func @rules_dynamic_f32(
    %q: tensor<?x?x?x?xf32> {attn.name = "q", attn.dim_names = ["batch", "heads", "tokens", "dk"]},
    %k: tensor<?x?x?x?xf32> {attn.name = "k", attn.dim_names = ["batch", "kv_heads", "tokens", "dk"]},
    %v: tensor<?x?x?x?xf32> {attn.name = "v", attn.dim_names = ["batch", "kv_heads", "tokens", "dv"]},
    %w: tensor<?x?x?x?xf32> {attn.name = "w", attn.dim_names = ["batch", "tokens", "kv_heads", "dv"]},
    %g: tensor<?x?x?xf32> {attn.name = "g", attn.dim_names = ["batch", "kv_heads", "tokens"]},
    %r: tensor<?x?x?x?xf32> {attn.name = "r", attn.dim_names = ["batch", "kv_heads", "tokens", "dk"]},
    %b: tensor<?x?x?xf32> {attn.name = "b", attn.dim_names = ["batch", "kv_heads", "tokens"]},
    %s: tensor<?x?x?x?xf32> {attn.name = "s", attn.dim_names = ["batch", "kv_heads", "dk", "dv"]})
    -> (tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>) {
  // Decays are logarithms of factors below 1.
  %g0 = linalg.abs ins(%g : tensor<?x?x?xf32>) outs(%g : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %g1 = linalg.negf ins(%g0 : tensor<?x?x?xf32>) outs(%g0 : tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  %r0 = linalg.abs ins(%r : tensor<?x?x?x?xf32>) outs(%r : tensor<?x?x?x?xf32>) -> tensor<?x?x?x?xf32>
  %r1 = linalg.negf ins(%r0 : tensor<?x?x?x?xf32>) outs(%r0 : tensor<?x?x?x?xf32>) -> tensor<?x?x?x?xf32>
  %0 = attn.linear_attention linear %q, %k, %v : tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32> -> tensor<?x?x?x?xf32>
  %1, %n1 = attn.linear_attention gated %q, %k, %v decay %g1 state %s scale 0.7
    : tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, decay tensor<?x?x?xf32>, state tensor<?x?x?x?xf32> -> (tensor<?x?x?x?xf32>, state tensor<?x?x?x?xf32>)
  // A decay for each row of the state; other layouts.
  %2 = attn.linear_attention gated %q, %k, %w decay %r1 layout value [batch, sequence, head, feature] output [sequence, batch, head, feature]
    : tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, decay tensor<?x?x?x?xf32> -> tensor<?x?x?x?xf32>
  %3 = attn.linear_attention delta %q, %k, %v beta %b
    : tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, beta tensor<?x?x?xf32> -> tensor<?x?x?x?xf32>
  %4, %n4 = attn.linear_attention gated_delta %q, %k, %v decay %r1 beta %b state %s
    : tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, decay tensor<?x?x?x?xf32>, beta tensor<?x?x?xf32>, state tensor<?x?x?x?xf32> -> (tensor<?x?x?x?xf32>, state tensor<?x?x?x?xf32>)
  return %0, %1, %n1, %2, %3, %4, %n4
    : tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>
}

//--- rules_dynamic_f64.mlir
func.func @rules_dynamic_f64(
    %q: tensor<?x?x?x?xf64> {attn.name = "q", attn.dim_names = ["batch", "heads", "tokens", "dk"]},
    %k: tensor<?x?x?x?xf64> {attn.name = "k", attn.dim_names = ["batch", "kv_heads", "tokens", "dk"]},
    %v: tensor<?x?x?x?xf64> {attn.name = "v", attn.dim_names = ["batch", "kv_heads", "tokens", "dv"]},
    %w: tensor<?x?x?x?xf64> {attn.name = "w", attn.dim_names = ["batch", "tokens", "kv_heads", "dv"]},
    %g: tensor<?x?x?xf64> {attn.name = "g", attn.dim_names = ["batch", "kv_heads", "tokens"]},
    %r: tensor<?x?x?x?xf64> {attn.name = "r", attn.dim_names = ["batch", "kv_heads", "tokens", "dk"]},
    %b: tensor<?x?x?xf64> {attn.name = "b", attn.dim_names = ["batch", "kv_heads", "tokens"]},
    %s: tensor<?x?x?x?xf64> {attn.name = "s", attn.dim_names = ["batch", "kv_heads", "dk", "dv"]})
    -> (tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>) {
  // Decays are logarithms of factors below 1.
  %g0 = linalg.abs ins(%g : tensor<?x?x?xf64>) outs(%g : tensor<?x?x?xf64>) -> tensor<?x?x?xf64>
  %g1 = linalg.negf ins(%g0 : tensor<?x?x?xf64>) outs(%g0 : tensor<?x?x?xf64>) -> tensor<?x?x?xf64>
  %r0 = linalg.abs ins(%r : tensor<?x?x?x?xf64>) outs(%r : tensor<?x?x?x?xf64>) -> tensor<?x?x?x?xf64>
  %r1 = linalg.negf ins(%r0 : tensor<?x?x?x?xf64>) outs(%r0 : tensor<?x?x?x?xf64>) -> tensor<?x?x?x?xf64>
  %0 = attn.linear_attention linear %q, %k, %v : tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64> -> tensor<?x?x?x?xf64>
  %1, %n1 = attn.linear_attention gated %q, %k, %v decay %g1 state %s scale 0.7
    : tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, decay tensor<?x?x?xf64>, state tensor<?x?x?x?xf64> -> (tensor<?x?x?x?xf64>, state tensor<?x?x?x?xf64>)
  // A decay for each row of the state; other layouts.
  %2 = attn.linear_attention gated %q, %k, %w decay %r1 layout value [batch, sequence, head, feature] output [sequence, batch, head, feature]
    : tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, decay tensor<?x?x?x?xf64> -> tensor<?x?x?x?xf64>
  %3 = attn.linear_attention delta %q, %k, %v beta %b
    : tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, beta tensor<?x?x?xf64> -> tensor<?x?x?x?xf64>
  %4, %n4 = attn.linear_attention gated_delta %q, %k, %v decay %r1 beta %b state %s
    : tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, decay tensor<?x?x?x?xf64>, beta tensor<?x?x?xf64>, state tensor<?x?x?x?xf64> -> (tensor<?x?x?x?xf64>, state tensor<?x?x?x?xf64>)
  return %0, %1, %n1, %2, %3, %4, %n4
    : tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>, tensor<?x?x?x?xf64>
}

//--- rules_dynamic_bf16.mlir
func.func @rules_dynamic_bf16(
    %q: tensor<?x?x?x?xbf16> {attn.name = "q", attn.dim_names = ["batch", "heads", "tokens", "dk"]},
    %k: tensor<?x?x?x?xbf16> {attn.name = "k", attn.dim_names = ["batch", "kv_heads", "tokens", "dk"]},
    %v: tensor<?x?x?x?xbf16> {attn.name = "v", attn.dim_names = ["batch", "kv_heads", "tokens", "dv"]},
    %w: tensor<?x?x?x?xbf16> {attn.name = "w", attn.dim_names = ["batch", "tokens", "kv_heads", "dv"]},
    %g: tensor<?x?x?xbf16> {attn.name = "g", attn.dim_names = ["batch", "kv_heads", "tokens"]},
    %r: tensor<?x?x?x?xbf16> {attn.name = "r", attn.dim_names = ["batch", "kv_heads", "tokens", "dk"]},
    %b: tensor<?x?x?xbf16> {attn.name = "b", attn.dim_names = ["batch", "kv_heads", "tokens"]},
    %s: tensor<?x?x?x?xf32> {attn.name = "s", attn.dim_names = ["batch", "kv_heads", "dk", "dv"]})
    -> (tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xf32>) {
  // Decays are logarithms of factors below 1.
  %g0 = linalg.abs ins(%g : tensor<?x?x?xbf16>) outs(%g : tensor<?x?x?xbf16>) -> tensor<?x?x?xbf16>
  %g1 = linalg.negf ins(%g0 : tensor<?x?x?xbf16>) outs(%g0 : tensor<?x?x?xbf16>) -> tensor<?x?x?xbf16>
  %r0 = linalg.abs ins(%r : tensor<?x?x?x?xbf16>) outs(%r : tensor<?x?x?x?xbf16>) -> tensor<?x?x?x?xbf16>
  %r1 = linalg.negf ins(%r0 : tensor<?x?x?x?xbf16>) outs(%r0 : tensor<?x?x?x?xbf16>) -> tensor<?x?x?x?xbf16>
  %0 = attn.linear_attention linear %q, %k, %v : tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16> -> tensor<?x?x?x?xbf16>
  %1, %n1 = attn.linear_attention gated %q, %k, %v decay %g1 state %s scale 0.7
    : tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, decay tensor<?x?x?xbf16>, state tensor<?x?x?x?xf32> -> (tensor<?x?x?x?xbf16>, state tensor<?x?x?x?xf32>)
  // A decay for each row of the state; other layouts.
  %2 = attn.linear_attention gated %q, %k, %w decay %r1 layout value [batch, sequence, head, feature] output [sequence, batch, head, feature]
    : tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, decay tensor<?x?x?x?xbf16> -> tensor<?x?x?x?xbf16>
  %3 = attn.linear_attention delta %q, %k, %v beta %b
    : tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, beta tensor<?x?x?xbf16> -> tensor<?x?x?x?xbf16>
  %4, %n4 = attn.linear_attention gated_delta %q, %k, %v decay %r1 beta %b state %s
    : tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, decay tensor<?x?x?x?xbf16>, beta tensor<?x?x?xbf16>, state tensor<?x?x?x?xf32> -> (tensor<?x?x?x?xbf16>, state tensor<?x?x?x?xf32>)
  return %0, %1, %n1, %2, %3, %4, %n4
    : tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xf32>
}

//--- mixed.mlir
func.func @mixed(
    %q: tensor<?x4x?x8xf32> {attn.dim_names = ["batch", "", "tokens", ""]},
    %k: tensor<1x?x6x?xf32> {attn.dim_names = ["", "kv_heads", "", "dk"]},
    %v: tensor<?x2x?x5xf32> {attn.dim_names = ["batch", "", "tokens", ""]},
    %b: tensor<?x?x?xf16> {attn.dim_names = ["batch", "kv_heads", "tokens"]},
    %s: tensor<?x2x?x?xf32> {attn.dim_names = ["batch", "", "dk", "dv"]})
    -> (tensor<1x?x6x5xf16>, tensor<?x2x8x?xf32>) {
  %o, %n = attn.linear_attention delta %q, %k, %v beta %b state %s
    : tensor<?x4x?x8xf32>, tensor<1x?x6x?xf32>, tensor<?x2x?x5xf32>, beta tensor<?x?x?xf16>, state tensor<?x2x?x?xf32>
    -> (tensor<1x?x6x5xf16>, state tensor<?x2x8x?xf32>)
  return %o, %n : tensor<1x?x6x5xf16>, tensor<?x2x8x?xf32>
}
