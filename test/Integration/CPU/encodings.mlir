// Positional encodings against the oracle: half-split and interleaved, partial,
// tables and computed angles, positions up to 1e5, each type.
// RUN: split-file %s %t
// RUN: attn-run %t/rotary_f32.mlir --plain --random-inputs --seed=1 --range p=0:6 --compare=reference | FileCheck %s --check-prefix=FIVE
// RUN: attn-run %t/rotary_f64.mlir --plain -O0 --random-inputs --seed=1 --range p=0:6 --compare=reference | FileCheck %s --check-prefix=FIVE
// RUN: attn-run %t/rotary_f16.mlir --plain -O0 --random-inputs --seed=1 --range p=0:6 --compare=reference | FileCheck %s --check-prefix=FIVE
// RUN: attn-run %t/rotary_bf16.mlir --plain -O0 --random-inputs --seed=1 --range p=0:6 --compare=reference | FileCheck %s --check-prefix=FIVE
// RUN: attn-run %t/rotary_dynamic_f32.mlir --plain -O0 --random-inputs --seed=2 --range p=0:6 \
// RUN:   --keep-dynamic --dim batch=2 --dim heads=3 --dim tokens=5 --dim features=10 --dim rows=7 --dim three=3 --dim half=5 \
// RUN:   --compare=reference | FileCheck %s --check-prefix=FIVE
// RUN: attn-run %t/rotary_dynamic_bf16.mlir --plain -O0 --random-inputs --seed=2 --range p=0:6 \
// RUN:   --keep-dynamic --dim batch=2 --dim heads=3 --dim tokens=5 --dim features=10 --dim rows=7 --dim three=3 --dim half=5 \
// RUN:   --compare=reference | FileCheck %s --check-prefix=FIVE
// No tokens, and no batch.
// RUN: attn-run %t/rotary_dynamic_f32.mlir --plain -O0 --random-inputs --range p=0:6 \
// RUN:   --keep-dynamic --dim batch=2 --dim heads=3 --dim tokens=0 --dim features=10 --dim rows=7 --dim three=3 --dim half=5 \
// RUN:   --compare=reference | FileCheck %s --check-prefix=FIVE
// RUN: attn-run %t/rotary_dynamic_f32.mlir --plain -O0 --random-inputs --range p=0:6 \
// RUN:   --keep-dynamic --dim batch=0 --dim heads=3 --dim tokens=5 --dim features=10 --dim rows=7 --dim three=3 --dim half=5 \
// RUN:   --compare=reference | FileCheck %s --check-prefix=FIVE
// RUN: attn-run %t/sinusoidal.mlir --plain -O0 --random-inputs --range p=-100000:100000 --range few=-100:100 \
// RUN:   --keep-dynamic --dim tokens=6 --compare=reference | FileCheck %s --check-prefix=FIVE
// FIVE-COUNT-5: agree

// D21: a position that a table has no row for.
// RUN: not attn-run %t/rotary_f32.mlir --plain -O0 --random-inputs --range p=7:7 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: not attn-run %t/rotary_f32.mlir --plain -O0 --random-inputs --range p=-1:-1 2>&1 | FileCheck %s --check-prefix=RANGE
// RANGE: expected positions from 0 to below dimension 0 of cos, got one out of range

//--- rotary_f32.mlir
func.func @rotary_f32(
    %x: tensor<2x3x5x10xf32> {attn.name = "x"},
    %y: tensor<2x5x3x10xf32> {attn.name = "y"},
    %cos: tensor<7x3xf32> {attn.name = "cos"}, %sin: tensor<7x3xf32> {attn.name = "sin"},
    %own_cos: tensor<2x5x5xf32> {attn.name = "own_cos"}, %own_sin: tensor<2x5x5xf32> {attn.name = "own_sin"},
    %p: tensor<2x5xi64> {attn.name = "p"})
    -> (tensor<2x3x5x10xf32>, tensor<2x3x5x10xf32>, tensor<2x3x5x10xf32>, tensor<2x5x3x10xf32>, tensor<2x3x5x10xf32>) {
  // Angles from positions, from data and from the place; base and layout.
  %0 = attn.rotary_embedding %x : tensor<2x3x5x10xf32>
  %1 = attn.rotary_embedding %x positions %p rotary_dim 4 interleaved base 500.0
    : tensor<2x3x5x10xf32>, positions tensor<2x5xi64>
  // Tables, at positions and by token.
  %2 = attn.rotary_embedding %x cos %cos sin %sin positions %p rotary_dim 6
    : tensor<2x3x5x10xf32>, cos tensor<7x3xf32>, sin tensor<7x3xf32>, positions tensor<2x5xi64>
  %3 = attn.rotary_embedding %y cos %own_cos sin %own_sin interleaved layout [batch, sequence, head, feature]
    : tensor<2x5x3x10xf32>, cos tensor<2x5x5xf32>, sin tensor<2x5x5xf32>
  %4 = attn.rotary_embedding %x cos %cos sin %sin positions %p rotary_dim 6 interleaved
    : tensor<2x3x5x10xf32>, cos tensor<7x3xf32>, sin tensor<7x3xf32>, positions tensor<2x5xi64>
  return %0, %1, %2, %3, %4 : tensor<2x3x5x10xf32>, tensor<2x3x5x10xf32>, tensor<2x3x5x10xf32>, tensor<2x5x3x10xf32>, tensor<2x3x5x10xf32>
}

//--- rotary_f64.mlir
func.func @rotary_f64(
    %x: tensor<2x3x5x10xf64> {attn.name = "x"},
    %y: tensor<2x5x3x10xf64> {attn.name = "y"},
    %cos: tensor<7x3xf64> {attn.name = "cos"}, %sin: tensor<7x3xf64> {attn.name = "sin"},
    %own_cos: tensor<2x5x5xf64> {attn.name = "own_cos"}, %own_sin: tensor<2x5x5xf64> {attn.name = "own_sin"},
    %p: tensor<2x5xi64> {attn.name = "p"})
    -> (tensor<2x3x5x10xf64>, tensor<2x3x5x10xf64>, tensor<2x3x5x10xf64>, tensor<2x5x3x10xf64>, tensor<2x3x5x10xf64>) {
  // Angles from positions, from data and from the place; base and layout.
  %0 = attn.rotary_embedding %x : tensor<2x3x5x10xf64>
  %1 = attn.rotary_embedding %x positions %p rotary_dim 4 interleaved base 500.0
    : tensor<2x3x5x10xf64>, positions tensor<2x5xi64>
  // Tables, at positions and by token.
  %2 = attn.rotary_embedding %x cos %cos sin %sin positions %p rotary_dim 6
    : tensor<2x3x5x10xf64>, cos tensor<7x3xf64>, sin tensor<7x3xf64>, positions tensor<2x5xi64>
  %3 = attn.rotary_embedding %y cos %own_cos sin %own_sin interleaved layout [batch, sequence, head, feature]
    : tensor<2x5x3x10xf64>, cos tensor<2x5x5xf64>, sin tensor<2x5x5xf64>
  %4 = attn.rotary_embedding %x cos %cos sin %sin positions %p rotary_dim 6 interleaved
    : tensor<2x3x5x10xf64>, cos tensor<7x3xf64>, sin tensor<7x3xf64>, positions tensor<2x5xi64>
  return %0, %1, %2, %3, %4 : tensor<2x3x5x10xf64>, tensor<2x3x5x10xf64>, tensor<2x3x5x10xf64>, tensor<2x5x3x10xf64>, tensor<2x3x5x10xf64>
}

//--- rotary_f16.mlir
func.func @rotary_f16(
    %x: tensor<2x3x5x10xf16> {attn.name = "x"},
    %y: tensor<2x5x3x10xf16> {attn.name = "y"},
    %cos: tensor<7x3xf16> {attn.name = "cos"}, %sin: tensor<7x3xf16> {attn.name = "sin"},
    %own_cos: tensor<2x5x5xf16> {attn.name = "own_cos"}, %own_sin: tensor<2x5x5xf16> {attn.name = "own_sin"},
    %p: tensor<2x5xi64> {attn.name = "p"})
    -> (tensor<2x3x5x10xf16>, tensor<2x3x5x10xf16>, tensor<2x3x5x10xf16>, tensor<2x5x3x10xf16>, tensor<2x3x5x10xf16>) {
  // Angles from positions, from data and from the place; base and layout.
  %0 = attn.rotary_embedding %x : tensor<2x3x5x10xf16>
  %1 = attn.rotary_embedding %x positions %p rotary_dim 4 interleaved base 500.0
    : tensor<2x3x5x10xf16>, positions tensor<2x5xi64>
  // Tables, at positions and by token.
  %2 = attn.rotary_embedding %x cos %cos sin %sin positions %p rotary_dim 6
    : tensor<2x3x5x10xf16>, cos tensor<7x3xf16>, sin tensor<7x3xf16>, positions tensor<2x5xi64>
  %3 = attn.rotary_embedding %y cos %own_cos sin %own_sin interleaved layout [batch, sequence, head, feature]
    : tensor<2x5x3x10xf16>, cos tensor<2x5x5xf16>, sin tensor<2x5x5xf16>
  %4 = attn.rotary_embedding %x cos %cos sin %sin positions %p rotary_dim 6 interleaved
    : tensor<2x3x5x10xf16>, cos tensor<7x3xf16>, sin tensor<7x3xf16>, positions tensor<2x5xi64>
  return %0, %1, %2, %3, %4 : tensor<2x3x5x10xf16>, tensor<2x3x5x10xf16>, tensor<2x3x5x10xf16>, tensor<2x5x3x10xf16>, tensor<2x3x5x10xf16>
}

//--- rotary_bf16.mlir
func.func @rotary_bf16(
    %x: tensor<2x3x5x10xbf16> {attn.name = "x"},
    %y: tensor<2x5x3x10xbf16> {attn.name = "y"},
    %cos: tensor<7x3xbf16> {attn.name = "cos"}, %sin: tensor<7x3xbf16> {attn.name = "sin"},
    %own_cos: tensor<2x5x5xbf16> {attn.name = "own_cos"}, %own_sin: tensor<2x5x5xbf16> {attn.name = "own_sin"},
    %p: tensor<2x5xi64> {attn.name = "p"})
    -> (tensor<2x3x5x10xbf16>, tensor<2x3x5x10xbf16>, tensor<2x3x5x10xbf16>, tensor<2x5x3x10xbf16>, tensor<2x3x5x10xbf16>) {
  // Angles from positions, from data and from the place; base and layout.
  %0 = attn.rotary_embedding %x : tensor<2x3x5x10xbf16>
  %1 = attn.rotary_embedding %x positions %p rotary_dim 4 interleaved base 500.0
    : tensor<2x3x5x10xbf16>, positions tensor<2x5xi64>
  // Tables, at positions and by token.
  %2 = attn.rotary_embedding %x cos %cos sin %sin positions %p rotary_dim 6
    : tensor<2x3x5x10xbf16>, cos tensor<7x3xbf16>, sin tensor<7x3xbf16>, positions tensor<2x5xi64>
  %3 = attn.rotary_embedding %y cos %own_cos sin %own_sin interleaved layout [batch, sequence, head, feature]
    : tensor<2x5x3x10xbf16>, cos tensor<2x5x5xbf16>, sin tensor<2x5x5xbf16>
  %4 = attn.rotary_embedding %x cos %cos sin %sin positions %p rotary_dim 6 interleaved
    : tensor<2x3x5x10xbf16>, cos tensor<7x3xbf16>, sin tensor<7x3xbf16>, positions tensor<2x5xi64>
  return %0, %1, %2, %3, %4 : tensor<2x3x5x10xbf16>, tensor<2x3x5x10xbf16>, tensor<2x3x5x10xbf16>, tensor<2x5x3x10xbf16>, tensor<2x3x5x10xbf16>
}

//--- rotary_dynamic_f32.mlir
func.func @rotary_dynamic_f32(
    %x: tensor<?x?x?x?xf32> {attn.name = "x", attn.dim_names = ["batch", "heads", "tokens", "features"]},
    %y: tensor<?x?x?x?xf32> {attn.name = "y", attn.dim_names = ["batch", "tokens", "heads", "features"]},
    %cos: tensor<?x?xf32> {attn.name = "cos", attn.dim_names = ["rows", "three"]}, %sin: tensor<?x?xf32> {attn.name = "sin", attn.dim_names = ["rows", "three"]},
    %own_cos: tensor<?x?x?xf32> {attn.name = "own_cos", attn.dim_names = ["batch", "tokens", "half"]}, %own_sin: tensor<?x?x?xf32> {attn.name = "own_sin", attn.dim_names = ["batch", "tokens", "half"]},
    %p: tensor<?x?xi64> {attn.name = "p", attn.dim_names = ["batch", "tokens"]})
    -> (tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>) {
  // Angles from positions, from data and from the place; base and layout.
  %0 = attn.rotary_embedding %x : tensor<?x?x?x?xf32>
  %1 = attn.rotary_embedding %x positions %p rotary_dim 4 interleaved base 500.0
    : tensor<?x?x?x?xf32>, positions tensor<?x?xi64>
  // Tables, at positions and by token.
  %2 = attn.rotary_embedding %x cos %cos sin %sin positions %p rotary_dim 6
    : tensor<?x?x?x?xf32>, cos tensor<?x?xf32>, sin tensor<?x?xf32>, positions tensor<?x?xi64>
  %3 = attn.rotary_embedding %y cos %own_cos sin %own_sin interleaved layout [batch, sequence, head, feature]
    : tensor<?x?x?x?xf32>, cos tensor<?x?x?xf32>, sin tensor<?x?x?xf32>
  %4 = attn.rotary_embedding %x cos %cos sin %sin positions %p rotary_dim 6 interleaved
    : tensor<?x?x?x?xf32>, cos tensor<?x?xf32>, sin tensor<?x?xf32>, positions tensor<?x?xi64>
  return %0, %1, %2, %3, %4 : tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>
}

//--- rotary_dynamic_bf16.mlir
func.func @rotary_dynamic_bf16(
    %x: tensor<?x?x?x?xbf16> {attn.name = "x", attn.dim_names = ["batch", "heads", "tokens", "features"]},
    %y: tensor<?x?x?x?xbf16> {attn.name = "y", attn.dim_names = ["batch", "tokens", "heads", "features"]},
    %cos: tensor<?x?xbf16> {attn.name = "cos", attn.dim_names = ["rows", "three"]}, %sin: tensor<?x?xbf16> {attn.name = "sin", attn.dim_names = ["rows", "three"]},
    %own_cos: tensor<?x?x?xbf16> {attn.name = "own_cos", attn.dim_names = ["batch", "tokens", "half"]}, %own_sin: tensor<?x?x?xbf16> {attn.name = "own_sin", attn.dim_names = ["batch", "tokens", "half"]},
    %p: tensor<?x?xi64> {attn.name = "p", attn.dim_names = ["batch", "tokens"]})
    -> (tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>) {
  // Angles from positions, from data and from the place; base and layout.
  %0 = attn.rotary_embedding %x : tensor<?x?x?x?xbf16>
  %1 = attn.rotary_embedding %x positions %p rotary_dim 4 interleaved base 500.0
    : tensor<?x?x?x?xbf16>, positions tensor<?x?xi64>
  // Tables, at positions and by token.
  %2 = attn.rotary_embedding %x cos %cos sin %sin positions %p rotary_dim 6
    : tensor<?x?x?x?xbf16>, cos tensor<?x?xbf16>, sin tensor<?x?xbf16>, positions tensor<?x?xi64>
  %3 = attn.rotary_embedding %y cos %own_cos sin %own_sin interleaved layout [batch, sequence, head, feature]
    : tensor<?x?x?x?xbf16>, cos tensor<?x?x?xbf16>, sin tensor<?x?x?xbf16>
  %4 = attn.rotary_embedding %x cos %cos sin %sin positions %p rotary_dim 6 interleaved
    : tensor<?x?x?x?xbf16>, cos tensor<?x?xbf16>, sin tensor<?x?xbf16>, positions tensor<?x?xi64>
  return %0, %1, %2, %3, %4 : tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>, tensor<?x?x?x?xbf16>
}

//--- sinusoidal.mlir
func.func @sinusoidal(
    %p: tensor<?xi64> {attn.name = "p", attn.dim_names = ["tokens"]},
    %few: tensor<2x3xi8> {attn.name = "few"})
    -> (tensor<?x6xf32>, tensor<?x5xf64>, tensor<2x3x7xf16>, tensor<2x3x1xbf16>, tensor<2x3x4xf32>) {
  %0 = attn.sinusoidal_encoding %p : tensor<?xi64> -> tensor<?x6xf32>
  %1 = attn.sinusoidal_encoding %p : tensor<?xi64> -> tensor<?x5xf64>
  %2 = attn.sinusoidal_encoding %few : tensor<2x3xi8> -> tensor<2x3x7xf16>
  %3 = attn.sinusoidal_encoding %few : tensor<2x3xi8> -> tensor<2x3x1xbf16>
  %4 = attn.sinusoidal_encoding %few base 100.0 : tensor<2x3xi8> -> tensor<2x3x4xf32>
  return %0, %1, %2, %3, %4
    : tensor<?x6xf32>, tensor<?x5xf64>, tensor<2x3x7xf16>, tensor<2x3x1xbf16>, tensor<2x3x4xf32>
}
