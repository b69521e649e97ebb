// RUN: split-file %s %t

// D2, D3, D4: row 0 is empty; a masked NaN or infinity in K and V leaves no
// trace; an attended one makes its row NaN.
// RUN: attn-run %t/masked.mlir --plain | FileCheck %s --check-prefix=MASKED
// RUN: attn-run %t/masked.mlir | FileCheck %s --check-prefix=MASKED
// MASKED: result0
// MASKED{LITERAL}: [[[[0, 0],
// MASKED{LITERAL}: [1, 2],
// MASKED{LITERAL}: [2.46212, 3.46212],
// MASKED{LITERAL}: [nan, nan]]]]
// MASKED{LITERAL}: [[[-inf, 1, 2.31326, nan]]]
// MASKED{LITERAL}: [[[[0, 0, 0, 0],
// MASKED{LITERAL}: [1, 0, 0, 0],
// MASKED{LITERAL}: [0.268941, 0.731059, 0, 0],

//--- masked.mlir
func.func @main() -> (tensor<1x1x4x2xf32>, tensor<1x1x4xf32>, tensor<1x1x4x4xf32>) {
  %q = arith.constant dense<1.0> : tensor<1x1x4x1xf32>
  %k = arith.constant dense<[[[[1.0], [2.0], [0x7FC00000], [0x7F800000]]]]> : tensor<1x1x4x1xf32>
  %v = arith.constant dense<[[[[1.0, 2.0], [3.0, 4.0], [0x7FC00000, 1.0], [0x7F800000, 1.0]]]]> : tensor<1x1x4x2xf32>
  %o, %l, %w = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %before = arith.constant -1 : index
      %0 = attn.causal %i, %j offset %before
      attn.yield %0 : i1
    }
    : tensor<1x1x4x1xf32>, tensor<1x1x4x1xf32>, tensor<1x1x4x2xf32>
    -> (tensor<1x1x4x2xf32>, lse tensor<1x1x4xf32>, weights tensor<1x1x4x4xf32>)
  return %o, %l, %w : tensor<1x1x4x2xf32>, tensor<1x1x4xf32>, tensor<1x1x4x4xf32>
}

// D4: a score of -inf masks, as a score and from the region; finite scores as
// low as -3e38 do not empty a row.
// RUN: attn-run %t/lowest.mlir --plain | FileCheck %s --check-prefix=LOWEST
// RUN: attn-run %t/lowest.mlir | FileCheck %s --check-prefix=LOWEST
// LOWEST{LITERAL}: [[[[7, 7]]]]
// LOWEST{LITERAL}: [[[-3e+38]]]
// LOWEST{LITERAL}: [[[[0.5, 0.5]]]]
// LOWEST{LITERAL}: [[[[0.5, 0, 0.5]]]]

//--- lowest.mlir
func.func @main() -> (tensor<1x1x1x2xf32>, tensor<1x1x1xf32>, tensor<1x1x1x2xf32>, tensor<1x1x1x3xf32>) {
  %q = arith.constant dense<1.0> : tensor<1x1x1x1xf32>
  %k = arith.constant dense<-3.0e38> : tensor<1x1x2x1xf32>
  %v = arith.constant dense<7.0> : tensor<1x1x2x2xf32>
  %o, %l, %w = attn.attention %q, %k, %v : tensor<1x1x1x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x2xf32>
    -> (tensor<1x1x1x2xf32>, lse tensor<1x1x1xf32>, weights tensor<1x1x1x2xf32>)
  %k3 = arith.constant dense<1.0> : tensor<1x1x3x1xf32>
  %p, %u = attn.attention %q, %k3, %k3
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %one = arith.constant 1 : index
      %none = arith.constant 0xFF800000 : f32
      %0 = arith.cmpi eq, %j, %one : index
      %1 = arith.select %0, %none, %s : f32
      attn.yield %1 : f32
    }
    : tensor<1x1x1x1xf32>, tensor<1x1x3x1xf32>, tensor<1x1x3x1xf32>
    -> (tensor<1x1x1x1xf32>, weights tensor<1x1x1x3xf32>)
  return %o, %l, %w, %u : tensor<1x1x1x2xf32>, tensor<1x1x1xf32>, tensor<1x1x1x2xf32>, tensor<1x1x1x3xf32>
}

// D11: a row that only the sink reaches gives 0 and a finite lse; a sink of -inf
// is no sink, for full rows and for empty ones.
// RUN: attn-run %t/sink.mlir --plain | FileCheck %s --check-prefix=SINK
// SINK{LITERAL}: [[[[0],
// SINK{LITERAL}: [1]],
// SINK{LITERAL}: [[0],
// SINK{LITERAL}: [2]]]]
// SINK{LITERAL}: [[[3, 3.69315],
// SINK{LITERAL}: [-inf, 3]]]

//--- sink.mlir
func.func @main() -> (tensor<1x2x2x1xf32>, tensor<1x2x2xf32>) {
  %q = arith.constant dense<3.0> : tensor<1x2x2x1xf32>
  %k = arith.constant dense<1.0> : tensor<1x1x1x1xf32>
  %v = arith.constant dense<2.0> : tensor<1x1x1x1xf32>
  %sink = arith.constant dense<[3.0, 0xFF800000]> : tensor<2xf32>
  %o, %l = attn.attention %q, %k, %v sink %sink
    mask (%b: index, %h: index, %i: index, %j: index) {
      %one = arith.constant 1 : index
      %0 = arith.cmpi eq, %i, %one : index
      attn.yield %0 : i1
    }
    : tensor<1x2x2x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32>, sink tensor<2xf32>
    -> (tensor<1x2x2x1xf32>, lse tensor<1x2x2xf32>)
  return %o, %l : tensor<1x2x2x1xf32>, tensor<1x2x2xf32>
}

// D20: the prob region counts only where a pair attends, also if it maps 0
// elsewhere.
// RUN: attn-run %t/prob.mlir --plain | FileCheck %s --check-prefix=PROB
// PROB{LITERAL}: [[[[1.5, 0],
// PROB{LITERAL}: [1, 1]]]]

//--- prob.mlir
func.func @main() -> tensor<1x1x2x2xf32> {
  %q = arith.constant dense<1.0> : tensor<1x1x2x1xf32>
  %o, %w = attn.attention %q, %q, %q
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      attn.yield %0 : i1
    }
    prob (%p: f32, %b: index, %h: index, %i: index, %j: index) {
      %half = arith.constant 0.5 : f32
      %0 = arith.addf %p, %half : f32
      attn.yield %0 : f32
    }
    : tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>, tensor<1x1x2x1xf32>
    -> (tensor<1x1x2x1xf32>, weights tensor<1x1x2x2xf32>)
  return %w : tensor<1x1x2x2xf32>
}

// D6: no keys, no features, no batch.
// RUN: attn-run %t/empty.mlir --plain --keep-dynamic --random-inputs --dim arg0.0=2 --dim arg0.2=3 --dim arg0.3=0 --dim arg1.0=2 --dim arg1.2=2 --dim arg1.3=0 | FileCheck %s --check-prefix=NOFEATURES
// NOFEATURES: result0 f32 [2, 1, 3, 1]: mean 4, min 4, max 4
// RUN: attn-run %t/empty.mlir --plain --keep-dynamic --random-inputs --dim arg0.0=2 --dim arg0.2=3 --dim arg0.3=4 --dim arg1.0=2 --dim arg1.2=0 --dim arg1.3=4 | FileCheck %s --check-prefix=NOKEYS
// NOKEYS: result0 f32 [2, 1, 3, 1]: mean 0, min 0, max 0
// RUN: attn-run %t/empty.mlir --plain --keep-dynamic --random-inputs --dim arg0.0=0 --dim arg0.2=3 --dim arg0.3=4 --dim arg1.0=0 --dim arg1.2=2 --dim arg1.3=4 | FileCheck %s --check-prefix=NOBATCH
// NOBATCH: result0 f32 [0, 1, 3, 1]

//--- empty.mlir
func.func @main(%q: tensor<?x1x?x?xf32>, %k: tensor<?x1x?x?xf32>) -> tensor<?x1x?x1xf32> {
  %zero = arith.constant 0 : index
  %two = arith.constant 2 : index
  %four = arith.constant 4.0 : f32
  %batch = tensor.dim %k, %zero : tensor<?x1x?x?xf32>
  %keys = tensor.dim %k, %two : tensor<?x1x?x?xf32>
  %none = tensor.empty(%batch, %keys) : tensor<?x1x?x1xf32>
  %v = linalg.fill ins(%four : f32) outs(%none : tensor<?x1x?x1xf32>) -> tensor<?x1x?x1xf32>
  %o = attn.attention %q, %k, %v : tensor<?x1x?x?xf32>, tensor<?x1x?x?xf32>, tensor<?x1x?x1xf32> -> (tensor<?x1x?x1xf32>)
  return %o : tensor<?x1x?x1xf32>
}
