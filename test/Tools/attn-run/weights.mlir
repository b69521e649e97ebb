// The weights of attentions as pictures and arrays, beside the outputs, of attention that is not tiled.
// REQUIRES: numpy

// RUN: rm -rf %t && mkdir %t && cd %t
// RUN: attn-run %s --function=two --plain --random-inputs --output=plain.npy
// RUN: attn-run %s --function=two --random-inputs --output=o.npy --weights=w.png --compare=reference | FileCheck %s
// Products sum in another order than scalar loops do.
// RUN: %python -c "import numpy as n; n.testing.assert_allclose(n.load('o.npy'), n.load('plain.npy'), rtol=1e-5, atol=1e-6)"
// CHECK: reference: oracle
// CHECK: attention 0 2x4x3x5xf32: agree
// CHECK: attention 1 2x4x3x5xf16: agree
// CHECK: attention 2 2x4x3x5xf32: agree
// Weights of 1 and 0, and twice 0.5: as many pixels for each, and a few of the scale's.
// RUN: attn-run %s --function=known --weights=known.png
// RUN: %python %src/test/Analysis/Inputs/count_colors.py known.png 4 | FileCheck %s --check-prefix=COLORS
// COLORS: 008a99 1152
// COLORS-DAG: fff467 583
// COLORS-DAG: 1b0130 583

// RUN: attn-run %s --function=two --random-inputs --weights=first.npy --attention=0
// RUN: attn-run %s --function=rows --input=first.npy | FileCheck %s --check-prefix=ROWS
// The weights of a row add up to 1.
// ROWS: result0 f32 [2, 4, 3]: mean 1, min {{1|0.99999.*}}, max 1

// RUN: attn-run %s --function=same --random-inputs --weights=all.npy
// RUN: attn-run %s --function=stacked --input=all.npy | FileCheck %s --check-prefix=STACKED
// STACKED: result0 f32 [2, 1, 1, 2, 2]

// RUN: not attn-run %s --function=two --random-inputs --weights=x.npy 2>&1 | FileCheck %s --check-prefix=SHAPES
// SHAPES: attn-run: error: expected --attention=K with --weights=FILE.npy where the attentions' weights differ in shape, got 2x4x3x5xf32 and 2x4x3x5xf16
// RUN: not attn-run %s --function=two --random-inputs --weights=x.npy --attention=3 2>&1 | FileCheck %s --check-prefix=NUMBER
// NUMBER: weights.mlir:{{.*}}: error: expected an attention in [0, 3), got 3
// RUN: not attn-run %s --function=rows --random-inputs --weights=x.npy 2>&1 | FileCheck %s --check-prefix=NONE
// NONE: weights.mlir:{{.*}}: error: expected an attn.attention op in the body of 'rows' for its weights, got none: attention that is decomposed into matrix products and a softmax is not recognized yet; let the model return the softmax's result, and write that output
// RUN: not ls x.npy

// The second attention returns its weights already, the third one another stage.
func.func @two(%q: tensor<2x4x3x8xf32>, %k: tensor<2x2x5x8xf32>, %p: tensor<2x4x3x8xf16>, %l: tensor<2x4x5x8xf16>)
    -> (tensor<2x4x3x8xf32>, tensor<2x4x3x8xf16>, tensor<2x4x3x5xf32>, tensor<2x4x3x5xf16>) {
  %o = attn.attention %q, %k, %k : tensor<2x4x3x8xf32>, tensor<2x2x5x8xf32>, tensor<2x2x5x8xf32>
    -> (tensor<2x4x3x8xf32>)
  %r, %w = attn.attention %p, %l, %l scale 0.5
    : tensor<2x4x3x8xf16>, tensor<2x4x5x8xf16>, tensor<2x4x5x8xf16>
    -> (tensor<2x4x3x8xf16>, weights tensor<2x4x3x5xf16>)
  %r2, %s = attn.attention %q, %k, %k scale 0.5
    score (%x: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = attn.softcap %x, 2.0 : f32
      attn.yield %0, %x : f32, f32
    } : tensor<2x4x3x8xf32>, tensor<2x2x5x8xf32>, tensor<2x2x5x8xf32>
    -> (tensor<2x4x3x8xf32>, intermediate tensor<2x4x3x5xf32>)
  return %o, %r, %s, %w : tensor<2x4x3x8xf32>, tensor<2x4x3x8xf16>, tensor<2x4x3x5xf32>, tensor<2x4x3x5xf16>
}

func.func @known() -> tensor<1x1x2x4xf32> {
  %q = arith.constant dense<0.0> : tensor<1x1x2x4xf32>
  %o = attn.attention %q, %q, %q mask (%b: index, %h: index, %i: index, %j: index) {
    %0 = attn.causal %i, %j
    attn.yield %0 : i1
  } : tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32> -> (tensor<1x1x2x4xf32>)
  return %o : tensor<1x1x2x4xf32>
}

func.func @same(%q: tensor<1x1x2x4xf32>) -> tensor<1x1x2x4xf32> {
  %o = attn.attention %q, %q, %q : tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32> -> (tensor<1x1x2x4xf32>)
  %r = attn.attention %o, %o, %o : tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32>, tensor<1x1x2x4xf32> -> (tensor<1x1x2x4xf32>)
  return %r : tensor<1x1x2x4xf32>
}

func.func @rows(%w: tensor<2x4x3x5xf32>) -> tensor<2x4x3xf32> {
  %zero = arith.constant dense<0.0> : tensor<2x4x3xf32>
  %r = linalg.reduce {arith.addf} ins(%w : tensor<2x4x3x5xf32>) outs(%zero : tensor<2x4x3xf32>) dimensions = [3]
  return %r : tensor<2x4x3xf32>
}

func.func @stacked(%w: tensor<2x1x1x2x2xf32>) -> tensor<2x1x1x2x2xf32> {
  return %w : tensor<2x1x1x2x2xf32>
}
