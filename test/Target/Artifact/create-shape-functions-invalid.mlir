// RUN: attn-opt %s --attn-create-entry-points --inline --symbol-dce --canonicalize --attn-create-shape-functions --split-input-file --verify-diagnostics

// The work would be done twice.
func.func @f(%x: tensor<?xf32> {attn.name = "x"}) -> (tensor<?xf32>, tensor<2x?xf32> {attn.name = "many"}) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  // expected-error @+1 {{expected dimension 1 of result 1 ('many') of 'f' to follow from the shapes of its arguments and from few elements of their data, got 'linalg.exp'}}
  %y = linalg.exp ins(%x : tensor<?xf32>) outs(%x : tensor<?xf32>) -> tensor<?xf32>
  %n = tensor.extract %y[%c0] : tensor<?xf32>
  %j = arith.fptosi %n : f32 to i64
  %i = arith.index_cast %j : i64 to index
  %e = tensor.empty(%i) : tensor<2x?xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x?xf32>) -> tensor<2x?xf32>
  return %x, %f : tensor<?xf32>, tensor<2x?xf32>
}

// -----

func.func private @elsewhere(tensor<2xf32>) -> tensor<2xf32>
func.func @g(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{expected a call that can be inlined, got one of 'elsewhere', which has no body or calls itself}}
  %0 = call @elsewhere(%x) : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

// Nothing inside of a branch is overlooked.
func.func @inside(%x: tensor<?xi64>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?xi64>
  %some = arith.cmpi ugt, %n, %c0 : index
  %size = scf.if %some -> index {
    // expected-error @+1 {{expected dimension 0 of result 0 ('result0') of 'inside' to follow from the shapes of its arguments and from few elements of their data, got 'linalg.add'}}
    %y = linalg.add ins(%x, %x : tensor<?xi64>, tensor<?xi64>) outs(%x : tensor<?xi64>) -> tensor<?xi64>
    %v = tensor.extract %y[%c0] : tensor<?xi64>
    %i = arith.index_cast %v : i64 to index
    scf.yield %i : index
  } else {
    scf.yield %c0 : index
  }
  %e = tensor.empty(%size) : tensor<?xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %f : tensor<?xf32>
}
