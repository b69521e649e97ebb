// Every operand and result in an order of its own, with grouped heads.
// RUN: split-file %s %t

// RUN: attn-run %t/heads-third.mlir --plain --random-inputs --seed=1 --compare=reference | FileCheck %s --check-prefix=HEADS
// HEADS: result0 {{.*}}: agree

//--- heads-third.mlir
func.func @main(%q: tensor<2x5x6x8xf32>, %k: tensor<2x7x2x8xf32>, %v: tensor<2x7x2x3xf32>) -> tensor<2x5x6x3xf32> {
  %o = attn.attention %q, %k, %v scale 0.3
    layout query [batch, sequence, head, feature] key [batch, sequence, head, feature]
           value [batch, sequence, head, feature] output [batch, sequence, head, feature]
    : tensor<2x5x6x8xf32>, tensor<2x7x2x8xf32>, tensor<2x7x2x3xf32> -> (tensor<2x5x6x3xf32>)
  return %o : tensor<2x5x6x3xf32>
}

// RUN: attn-run %t/mixed.mlir --plain --random-inputs --seed=2 --compare=reference | FileCheck %s --check-prefix=MIXED
// MIXED: result0 {{.*}}: agree
// MIXED: result1 {{.*}}: agree
// MIXED: result2 {{.*}}: agree

//--- mixed.mlir
func.func @main(%q: tensor<8x6x5x2xf32>, %k: tensor<2x2x8x7xf32>, %v: tensor<7x3x2x2xf32>)
    -> (tensor<3x6x2x5xf32>, tensor<5x2x6xf32>, tensor<7x5x6x2xf32>) {
  %o, %l, %w = attn.attention %q, %k, %v scale 0.7
    layout query [feature, head, sequence, batch] key [batch, head, feature, sequence]
           value [sequence, feature, batch, head] output [feature, head, batch, sequence]
           lse [sequence, batch, head] scores [key, query, head, batch]
    mask (%b: index, %h: index, %i: index, %j: index) {
      %offset = arith.constant 2 : index
      %0 = attn.causal %i, %j offset %offset
      attn.yield %0 : i1
    }
    : tensor<8x6x5x2xf32>, tensor<2x2x8x7xf32>, tensor<7x3x2x2xf32>
    -> (tensor<3x6x2x5xf32>, lse tensor<5x2x6xf32>, weights tensor<7x5x6x2xf32>)
  return %o, %l, %w : tensor<3x6x2x5xf32>, tensor<5x2x6xf32>, tensor<7x5x6x2xf32>
}

// RUN: attn-run %t/dynamic.mlir --plain --random-inputs --seed=3 --dim arg0.0=8 --dim arg0.1=6 --dim arg0.2=5 --dim arg0.3=2 --dim arg1.0=2 --dim arg1.1=3 --dim arg1.2=8 --dim arg1.3=7 --dim arg2.0=7 --dim arg2.1=4 --dim arg2.2=2 --dim arg2.3=3 --compare=reference | FileCheck %s --check-prefix=DYNAMIC
// RUN: attn-run %t/dynamic.mlir --plain --keep-dynamic --random-inputs --seed=3 --dim arg0.0=8 --dim arg0.1=6 --dim arg0.2=5 --dim arg0.3=2 --dim arg1.0=2 --dim arg1.1=3 --dim arg1.2=8 --dim arg1.3=7 --dim arg2.0=7 --dim arg2.1=4 --dim arg2.2=2 --dim arg2.3=3 --compare=reference | FileCheck %s --check-prefix=DYNAMIC
// DYNAMIC: result0 {{.*}}: agree
// DYNAMIC: result1 {{.*}}: agree

//--- dynamic.mlir
func.func @main(%q: tensor<?x?x?x?xf32>, %k: tensor<?x?x?x?xf32>, %v: tensor<?x?x?x?xf32>)
    -> (tensor<?x?x?x?xf32>, tensor<?x?x?xf32>) {
  %o, %l = attn.attention %q, %k, %v
    layout query [feature, head, sequence, batch] key [batch, head, feature, sequence]
           value [sequence, feature, batch, head] output [head, batch, sequence, feature]
           lse [sequence, head, batch]
    : tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32>, tensor<?x?x?x?xf32> -> (tensor<?x?x?x?xf32>, lse tensor<?x?x?xf32>)
  return %o, %l : tensor<?x?x?x?xf32>, tensor<?x?x?xf32>
}
