#row = affine_map<(i) -> (i)>

func.func @numbers(%x: tensor<?xf64>, %y: tensor<?xf64>) -> tensor<?xf64> {
  %0 = math.powf %x, %y : tensor<?xf64>
  return %0 : tensor<?xf64>
}

// x and y / 2: roots of negative numbers, and powers of 0 and of -1, among them.
func.func @whole(%i: tensor<?xi64>, %j: tensor<?xi64>) -> tensor<?xf64> {
  %x = arith.sitofp %i : tensor<?xi64> to tensor<?xf64>
  %y = arith.sitofp %j : tensor<?xi64> to tensor<?xf64>
  %c0 = arith.constant 0 : index
  %n = tensor.dim %i, %c0 : tensor<?xi64>
  %half = arith.constant 0.5 : f64
  %e = tensor.empty(%n) : tensor<?xf64>
  %0 = linalg.generic {indexing_maps = [#row, #row, #row], iterator_types = ["parallel"]}
      ins(%x, %y : tensor<?xf64>, tensor<?xf64>) outs(%e : tensor<?xf64>) {
  ^bb0(%a: f64, %b: f64, %o: f64):
    %1 = arith.mulf %b, %half : f64
    %2 = math.powf %a, %1 : f64
    linalg.yield %2 : f64
  } -> tensor<?xf64>
  return %0 : tensor<?xf64>
}

func.func @angles(%i: tensor<?xi64>, %j: tensor<?xi64>) -> tensor<?xf64> {
  %y = arith.sitofp %i : tensor<?xi64> to tensor<?xf64>
  %x = arith.sitofp %j : tensor<?xi64> to tensor<?xf64>
  %0 = math.atan2 %y, %x : tensor<?xf64>
  return %0 : tensor<?xf64>
}
