// RUN: attn-opt %s --attn-create-entry-points --inline --symbol-dce --canonicalize --attn-create-shape-functions --split-input-file --verify-diagnostics

func.func @f(%x: tensor<i64> {attn.name = "count"}) -> (tensor<i64>, tensor<2x?xf32> {attn.name = "many"}) {
  %zero = arith.constant 0.0 : f32
  // expected-error @+1 {{expected dimension 1 of result 1 ('many') of 'f' to follow from the shapes of its arguments, got 'tensor.extract', which reads their data}}
  %n = tensor.extract %x[] : tensor<i64>
  %i = arith.index_cast %n : i64 to index
  %e = tensor.empty(%i) : tensor<2x?xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x?xf32>) -> tensor<2x?xf32>
  return %x, %f : tensor<i64>, tensor<2x?xf32>
}

// -----

func.func private @elsewhere(tensor<2xf32>) -> tensor<2xf32>
func.func @g(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{expected a call that can be inlined, got one of 'elsewhere', which has no body or calls itself}}
  %0 = call @elsewhere(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// How long the result is depends on how often the loop runs, which depends on data.
func.func @until(%x: tensor<?xf32>, %limit: tensor<i64>) -> tensor<?xf32> {
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  // expected-error @+1 {{expected dimension 0 of result 0 ('result0') of 'until' to follow from the shapes of its arguments, got 'tensor.extract', which reads their data}}
  %n = tensor.extract %limit[] : tensor<i64>
  %r:2 = scf.while (%a = %x, %i = %zero) : (tensor<?xf32>, i64) -> (tensor<?xf32>, i64) {
    %more = arith.cmpi slt, %i, %n : i64
    scf.condition(%more) %a, %i : tensor<?xf32>, i64
  } do {
  ^bb0(%b: tensor<?xf32>, %j: i64):
    %s = tensor.concat dim(0) %b, %x : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    %k = arith.addi %j, %one : i64
    scf.yield %s, %k : tensor<?xf32>, i64
  }
  return %r#0 : tensor<?xf32>
}
