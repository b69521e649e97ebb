func.func @numbers(%x: tensor<?xf64>) -> tensor<?xf64> {
  %y = math.FUNCTION %x : tensor<?xf64>
  return %y : tensor<?xf64>
}
func.func @bits(%bits: tensor<?xi64>) -> tensor<?xf64> {
  %x = arith.bitcast %bits : tensor<?xi64> to tensor<?xf64>
  %y = math.FUNCTION %x : tensor<?xf64>
  return %y : tensor<?xf64>
}
