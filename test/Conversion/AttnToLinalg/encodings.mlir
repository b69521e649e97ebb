// RUN: attn-opt %s --split-input-file --convert-attn-to-linalg --canonicalize | FileCheck %s

// D14: base^(2t/d) is a constant per feature; the angle is rounded once.
// CHECK-LABEL: func @sinusoidal
// CHECK-SAME:    %[[P:.*]]: tensor<?xi64>
// CHECK:         %[[LENGTHS:.*]] = arith.constant dense<[1.000000e+00, 1.000000e+00, 1.000000e+02, 1.000000e+02]> : tensor<4xf64>
// CHECK:         linalg.generic {{.*}} ins(%[[P]], %[[LENGTHS]] :
// CHECK:           arith.divf {{.*}} : f64
// CHECK:           %[[ANGLE:.*]] = arith.truncf {{.*}} : f64 to f32
// CHECK:           %[[SIN:.*]] = math.sin %[[ANGLE]]
// CHECK:           %[[COS:.*]] = math.cos %[[ANGLE]]
// CHECK:           arith.select %{{.*}}, %[[COS]], %[[SIN]]
func.func @sinusoidal(%p: tensor<?xi64>) -> tensor<?x4xf32> {
  %0 = attn.sinusoidal_encoding %p : tensor<?xi64> -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

// CHECK-LABEL: func @sinusoidal_f64
// CHECK:         arith.divf
// CHECK-NOT:     truncf
// CHECK:         math.sin {{.*}} : f64
func.func @sinusoidal_f64(%p: tensor<2x3xi8>) -> tensor<2x3x5xf64> {
  %0 = attn.sinusoidal_encoding %p : tensor<2x3xi8> -> tensor<2x3x5xf64>
  return %0 : tensor<2x3x5xf64>
}

// -----

// CHECK-LABEL: func @output_more_static
// CHECK:         cf.assert %{{.*}}, "expected dimension 0 of output to equal dimension 0 of positions"
func.func @output_more_static(%p: tensor<?xi64>) -> tensor<3x4xf32> {
  %0 = attn.sinusoidal_encoding %p : tensor<?xi64> -> tensor<3x4xf32>
  return %0 : tensor<3x4xf32>
}

// -----

// D13, half-split: x1 and x2 are two features apart; computed angles are f32.
// CHECK-LABEL: func @rotary
// CHECK-SAME:    %[[X:.*]]: tensor<1x2x3x4xf32>
// CHECK-DAG:     %[[RATES:.*]] = arith.constant dense<[1.000000e+00, 1.000000e-02]> : tensor<2xf64>
// CHECK:         %[[ANGLES:.*]]:2 = linalg.generic {{.*}} ins(%[[RATES]] : {{.*}} outs({{.*}} : tensor<1x3x2xf32>, tensor<1x3x2xf32>)
// CHECK:           %[[ANGLE:.*]] = arith.truncf {{.*}} : f64 to f32
// CHECK:           math.cos %[[ANGLE]]
// CHECK:           math.sin %[[ANGLE]]
// CHECK:         %[[PAIRS:.*]] = tensor.expand_shape %[[X]] {{.*}} into tensor<1x2x3x2x2xf32>
// CHECK:         linalg.generic {{.*}} ins(%[[PAIRS]], %[[PAIRS]], %[[ANGLES]]#0, %[[ANGLES]]#1 :
// CHECK:         ^bb0(%[[OWN:.*]]: f32, %[[OTHER:.*]]: f32, %[[C:.*]]: f32, %[[S:.*]]: f32, %{{.*}}: f32):
// CHECK:           %[[MEMBER:.*]] = linalg.index 3
// CHECK:           %[[FIRST:.*]] = arith.cmpi eq, %[[MEMBER]], %c0
// CHECK:           %[[MINUS:.*]] = arith.negf %[[S]]
// CHECK:           arith.select %[[FIRST]], %[[MINUS]], %[[S]]
// CHECK:         tensor.collapse_shape
func.func @rotary(%x: tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32> {
  %0 = attn.rotary_embedding %x : tensor<1x2x3x4xf32>
  return %0 : tensor<1x2x3x4xf32>
}

// -----

// D21: positions are checked before the tables are read, and not read by when
// they are out of range.
// CHECK-LABEL: func @rotary_tables
// CHECK-SAME:    %{{.*}}: {{.*}}, %[[COS:.*]]: tensor<16x2xf32>, %[[SIN:.*]]: tensor<16x2xf32>, %[[POS:.*]]: tensor
// CHECK:         %[[ALL:.*]] = linalg.generic {{.*}}"reduction", "reduction"{{.*}} ins(%[[POS]]
// CHECK:         %[[VALID:.*]] = tensor.extract %[[ALL]][]
// CHECK:         cf.assert %[[VALID]], "expected positions from 0 to below dimension 0 of cos, got one out of range"
// CHECK:         linalg.generic {{.*}} ins(%[[POS]]
// CHECK:           scf.if
// CHECK:             tensor.extract %[[COS]]
// CHECK:             tensor.extract %[[SIN]]
// CHECK:           else
func.func @rotary_tables(%x: tensor<1x2x3x4xf32>, %cos: tensor<16x2xf32>,
    %sin: tensor<16x2xf32>, %pos: tensor<1x3xi64>) -> tensor<1x2x3x4xf32> {
  %0 = attn.rotary_embedding %x cos %cos sin %sin positions %pos
    : tensor<1x2x3x4xf32>, cos tensor<16x2xf32>, sin tensor<16x2xf32>, positions tensor<1x3xi64>
  return %0 : tensor<1x2x3x4xf32>
}

// -----

// The features beyond rotary_dim pass through; the sequence is dimension 1.
// CHECK-LABEL: func @rotary_partial
// CHECK-SAME:    %[[X:.*]]: tensor<2x3x2x10xbf16>
// CHECK:         %[[SLICE:.*]] = tensor.extract_slice %[[X]][0, 0, 0, 0] [2, 3, 2, 6] [1, 1, 1, 1]
// CHECK:         %[[PAIRS:.*]] = tensor.expand_shape %[[SLICE]] {{.*}} into tensor<2x3x2x3x2xbf16>
// CHECK:         linalg.generic {{.*}} ins(%[[PAIRS]], %[[PAIRS]], %{{.*}}#0, %{{.*}}#1 :
// CHECK:           linalg.index 4
// CHECK:         %[[TURNED:.*]] = tensor.collapse_shape
// CHECK:         tensor.insert_slice %[[TURNED]] into %[[X]][0, 0, 0, 0] [2, 3, 2, 6] [1, 1, 1, 1]
func.func @rotary_partial(%x: tensor<2x3x2x10xbf16>) -> tensor<2x3x2x10xbf16> {
  %0 = attn.rotary_embedding %x rotary_dim 6 interleaved layout [batch, sequence, head, feature]
    : tensor<2x3x2x10xbf16>
  return %0 : tensor<2x3x2x10xbf16>
}

// -----

// CHECK-LABEL: func @rotary_dynamic
// CHECK:         cf.assert %{{.*}}, "expected dimension 3 of input to be even"
// CHECK:         cf.assert %{{.*}}, "expected dimension 0 of cos to equal dimension 0 of input"
// CHECK:         cf.assert %{{.*}}, "expected dimension 1 of cos to equal dimension 2 of input"
// CHECK:         cf.assert %{{.*}}, "expected dimension 2 of cos to be half of the rotated features of input"
// CHECK:         cf.assert %{{.*}}, "expected dimension 0 of sin to equal dimension 0 of input"
// CHECK:         cf.assert %{{.*}}, "expected dimension 1 of sin to equal dimension 2 of input"
// CHECK:         cf.assert %{{.*}}, "expected dimension 2 of sin to be half of the rotated features of input"
func.func @rotary_dynamic(%x: tensor<?x?x?x?xf16>, %cos: tensor<?x?x?xf16>,
    %sin: tensor<?x?x?xf16>) -> tensor<?x?x?x?xf16> {
  %0 = attn.rotary_embedding %x cos %cos sin %sin
    : tensor<?x?x?x?xf16>, cos tensor<?x?x?xf16>, sin tensor<?x?x?xf16>
  return %0 : tensor<?x?x?x?xf16>
}

// -----

// CHECK-LABEL: func @rotary_dynamic_partial
// CHECK:         cf.assert %{{.*}}, "expected dimension 3 of input to be at least 4 (rotary_dim)"
func.func @rotary_dynamic_partial(%x: tensor<?x?x?x?xf64>) -> tensor<?x?x?x?xf64> {
  %0 = attn.rotary_embedding %x rotary_dim 4 : tensor<?x?x?x?xf64>
  return %0 : tensor<?x?x?x?xf64>
}
