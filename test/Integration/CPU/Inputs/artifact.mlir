// The functions that the artifact tests call.

// Adds two vectors; that they are as long is for the run to find out.
func.func @vector_add(%a: tensor<?xf32>, %b: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %a, %c0 : tensor<?xf32>
  %empty = tensor.empty(%n) : tensor<?xf32>
  %sum = linalg.add ins(%a, %b : tensor<?xf32>, tensor<?xf32>) outs(%empty : tensor<?xf32>) -> tensor<?xf32>
  return %sum : tensor<?xf32>
}

// y[r, c] = x[r, c] * w[r], with names.
#matrix = affine_map<(r, c) -> (r, c)>
#row = affine_map<(r, c) -> (r)>
func.func @scale_rows(%x: tensor<?x4xf64> {attn.name = "x", attn.dim_names = ["rows", ""]},
                      %w: tensor<?xf64> {attn.name = "w", attn.dim_names = ["rows"]})
    -> (tensor<?x4xf64> {attn.name = "y", attn.dim_names = ["rows", ""]}) {
  %c0 = arith.constant 0 : index
  %rows = tensor.dim %x, %c0 : tensor<?x4xf64>
  %empty = tensor.empty(%rows) : tensor<?x4xf64>
  %y = linalg.generic {indexing_maps = [#matrix, #row, #matrix], iterator_types = ["parallel", "parallel"]}
      ins(%x, %w : tensor<?x4xf64>, tensor<?xf64>) outs(%empty : tensor<?x4xf64>) {
  ^bb0(%xe: f64, %we: f64, %out: f64):
    %product = arith.mulf %xe, %we : f64
    linalg.yield %product : f64
  } -> tensor<?x4xf64>
  return %y : tensor<?x4xf64>
}

// out[i] = g[i] + sum of g, with g[i] = table[ids[i]]: every index is checked, and a failed check must not leak g.
#vector = affine_map<(i) -> (i)>
func.func @gather_plus_total(%table: tensor<?xf32> {attn.name = "table"}, %ids: tensor<?xi64> {attn.name = "ids"}) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0 : index
  %n = tensor.dim %ids, %c0 : tensor<?xi64>
  %size = tensor.dim %table, %c0 : tensor<?xf32>
  %empty = tensor.empty(%n) : tensor<?xf32>
  %gathered = linalg.generic {indexing_maps = [#vector, #vector], iterator_types = ["parallel"]}
      ins(%ids : tensor<?xi64>) outs(%empty : tensor<?xf32>) {
  ^bb0(%id: i64, %out: f32):
    %i = arith.index_cast %id : i64 to index
    %inside = arith.cmpi ult, %i, %size : index
    cf.assert %inside, "expected an id within the table"
    %safe = arith.select %inside, %i, %zero : index
    %value = tensor.extract %table[%safe] : tensor<?xf32>
    linalg.yield %value : f32
  } -> tensor<?xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i)>],
                         iterator_types = ["parallel", "reduction"]}
      ins(%gathered : tensor<?xf32>) outs(%gathered : tensor<?xf32>) {
  ^bb0(%value: f32, %acc: f32):
    %0 = arith.addf %acc, %value : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  return %sum : tensor<?xf32>
}

// The outer product: a temporary of n * m elements, which may be more than there is.
func.func @count_pairs(%a: tensor<?xi8>, %b: tensor<?xi8>) -> tensor<i64> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0 : i64
  %n = tensor.dim %a, %c0 : tensor<?xi8>
  %m = tensor.dim %b, %c0 : tensor<?xi8>
  %empty = tensor.empty(%n, %m) : tensor<?x?xi64>
  %pairs = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>],
                           iterator_types = ["parallel", "parallel"]}
      ins(%a, %b : tensor<?xi8>, tensor<?xi8>) outs(%empty : tensor<?x?xi64>) {
  ^bb0(%x: i8, %y: i8, %out: i64):
    %0 = arith.muli %x, %y : i8
    %1 = arith.extsi %0 : i8 to i64
    linalg.yield %1 : i64
  } -> tensor<?x?xi64>
  %scalar = tensor.empty() : tensor<i64>
  %init = linalg.fill ins(%zero : i64) outs(%scalar : tensor<i64>) -> tensor<i64>
  %sum = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> ()>],
                         iterator_types = ["reduction", "reduction"]}
      ins(%pairs, %pairs : tensor<?x?xi64>, tensor<?x?xi64>) outs(%init : tensor<i64>) {
  ^bb0(%x: i64, %again: i64, %acc: i64):
    %0 = arith.addi %acc, %x : i64
    linalg.yield %0 : i64
  } -> tensor<i64>
  return %sum : tensor<i64>
}

// q = a / b traps on a CPU when b is 0: here it is an error.
func.func @divide(%a: tensor<i32>, %b: tensor<i32>) -> tensor<i32> {
  %x = tensor.extract %a[] : tensor<i32>
  %y = tensor.extract %b[] : tensor<i32>
  %q = arith.divsi %x, %y : i32
  %r = tensor.from_elements %q : tensor<i32>
  return %r : tensor<i32>
}

// An argument given back, and a constant: both are copied to the caller.
func.func @same_and_constant(%x: tensor<2x?xi1>) -> (tensor<2x?xi1>, tensor<3xi16>) {
  %c = arith.constant dense<[7, -8, 9]> : tensor<3xi16>
  return %x, %c : tensor<2x?xi1>, tensor<3xi16>
}

// As many ones as `count` says, or none unless `some`.
func.func @make_ones(%count: tensor<i64> {attn.name = "count"}, %some: tensor<1xi1> {attn.name = "some"}) -> (tensor<?xf32> {attn.name = "ones"}) {
  %c0 = arith.constant 0 : index
  %one = arith.constant 1.0 : f32
  %n = tensor.extract %count[] : tensor<i64>
  %size = arith.index_cast %n : i64 to index
  %any = tensor.extract %some[%c0] : tensor<1xi1>
  %taken = arith.select %any, %size, %c0 : index
  %empty = tensor.empty(%taken) : tensor<?xf32>
  %ones = linalg.fill ins(%one : f32) outs(%empty : tensor<?xf32>) -> tensor<?xf32>
  return %ones : tensor<?xf32>
}
