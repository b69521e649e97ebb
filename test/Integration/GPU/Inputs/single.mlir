func.func @main(%bits: tensor<?xi32>) -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) {
  %x = arith.bitcast %bits : tensor<?xi32> to tensor<?xf32>
  %0 = math.sin %x : tensor<?xf32>
  %1 = math.tan %x : tensor<?xf32>
  %2 = math.asinh %x : tensor<?xf32>
  %3 = math.powf %x, %x : tensor<?xf32>
  return %0, %1, %2, %3 : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
}
