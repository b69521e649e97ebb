// D5: accumulation and statistics in f32, or in f64 when an input is f64.
// RUN: split-file %s %t

// RUN: attn-run %t/f16.mlir --plain --random-inputs --seed=1 --compare=reference | FileCheck %s --check-prefix=F16
// F16: result0 {{.*}}: agree
// F16: result1 {{.*}}: agree

//--- f16.mlir
func.func @main(%q: tensor<1x4x5x33xf16>, %k: tensor<1x2x17x33xf16>, %v: tensor<1x2x17x9xf16>)
    -> (tensor<1x4x5x9xf16>, tensor<1x4x5x17xf16>) {
  %o, %s = attn.attention %q, %k, %v scale 0.2
    : tensor<1x4x5x33xf16>, tensor<1x2x17x33xf16>, tensor<1x2x17x9xf16>
    -> (tensor<1x4x5x9xf16>, scaled tensor<1x4x5x17xf16>)
  return %o, %s : tensor<1x4x5x9xf16>, tensor<1x4x5x17xf16>
}

// RUN: attn-run %t/bf16.mlir --plain --random-inputs --seed=2 --compare=reference | FileCheck %s --check-prefix=BF16
// BF16: result0 {{.*}}: agree
// BF16: result1 {{.*}}: agree
// BF16: result2 {{.*}}: agree

//--- bf16.mlir
func.func @main(%q: tensor<1x4x5x33xbf16>, %k: tensor<1x4x17x33xbf16>, %v: tensor<1x4x17x9xbf16>)
    -> (tensor<1x4x5x9xbf16>, tensor<1x4x5xf32>, tensor<1x4x5x17xbf16>) {
  %o, %l, %w = attn.attention %q, %k, %v
    : tensor<1x4x5x33xbf16>, tensor<1x4x17x33xbf16>, tensor<1x4x17x9xbf16>
    -> (tensor<1x4x5x9xbf16>, lse tensor<1x4x5xf32>, weights tensor<1x4x5x17xbf16>)
  return %o, %l, %w : tensor<1x4x5x9xbf16>, tensor<1x4x5xf32>, tensor<1x4x5x17xbf16>
}

// RUN: attn-run %t/f64.mlir --plain --random-inputs --seed=3 --compare=reference | FileCheck %s --check-prefix=F64
// F64: result0 {{.*}}: agree
// F64: result1 {{.*}}: agree

//--- f64.mlir
func.func @main(%q: tensor<2x2x5x7xf64>, %k: tensor<2x1x6x7xf64>, %v: tensor<2x1x6x9xf64>, %s: tensor<2xf64>)
    -> (tensor<2x2x5x9xf64>, tensor<2x2x5xf64>) {
  %o, %l = attn.attention %q, %k, %v sink %s scale -1.3
    : tensor<2x2x5x7xf64>, tensor<2x1x6x7xf64>, tensor<2x1x6x9xf64>, sink tensor<2xf64>
    -> (tensor<2x2x5x9xf64>, lse tensor<2x2x5xf64>)
  return %o, %l : tensor<2x2x5x9xf64>, tensor<2x2x5xf64>
}

// RUN: attn-run %t/mixed.mlir --plain --random-inputs --seed=4 --compare=reference | FileCheck %s --check-prefix=MIXED
// MIXED: result0 {{.*}}: agree
// MIXED: result1 {{.*}}: agree

//--- mixed.mlir
func.func @main(%q: tensor<2x2x5x7xf16>, %k: tensor<2x2x6x7xf16>, %v: tensor<2x2x6x9xf64>)
    -> (tensor<2x2x5x9xbf16>, tensor<2x2x5xf64>) {
  %o, %l = attn.attention %q, %k, %v
    : tensor<2x2x5x7xf16>, tensor<2x2x6x7xf16>, tensor<2x2x6x9xf64> -> (tensor<2x2x5x9xbf16>, lse tensor<2x2x5xf64>)
  return %o, %l : tensor<2x2x5x9xbf16>, tensor<2x2x5xf64>
}

// Each operand has a type of its own; extensions of keys and values are part of the op, and so is the rounding of its output.
// RUN: attn-run %t/folded.mlir --random-inputs --seed=4 --compare=reference | FileCheck %s --check-prefix=FOLDED
// RUN: attn-run %t/folded.mlir --random-inputs --seed=5 --compare=reference --plain | FileCheck %s --check-prefix=FOLDED
// RUN: attn-run %t/folded.mlir --random-inputs --seed=6 --compare=reference --mcpu=x86-64-v3 | FileCheck %s --check-prefix=FOLDED
// FOLDED: result0 {{.*}}: agree
// FOLDED: result1 {{.*}}: agree

//--- folded.mlir
func.func @main(%q: tensor<1x4x37x24xf32>, %one: tensor<1x4x1x24xbf16>, %k: tensor<1x2x70x24xbf16>, %v: tensor<1x2x70x40xf16>)
    -> (tensor<1x4x37x40xf16>, tensor<1x4x1x40xbf16>) {
  %kw = arith.extf %k : tensor<1x2x70x24xbf16> to tensor<1x2x70x24xf32>
  %vw = arith.extf %v : tensor<1x2x70x40xf16> to tensor<1x2x70x40xf32>
  %wide = attn.attention %q, %kw, %vw scale 0.3
    : tensor<1x4x37x24xf32>, tensor<1x2x70x24xf32>, tensor<1x2x70x40xf32> -> tensor<1x4x37x40xf32>
  %o = arith.truncf %wide : tensor<1x4x37x40xf32> to tensor<1x4x37x40xf16>
  %step = attn.attention %one, %kw, %v scale 0.3
    : tensor<1x4x1x24xbf16>, tensor<1x2x70x24xf32>, tensor<1x2x70x40xf16> -> tensor<1x4x1x40xbf16>
  return %o, %step : tensor<1x4x37x40xf16>, tensor<1x4x1x40xbf16>
}
