// Every conversion to and from f16 and bf16, and their arithmetic, one per function.
#v = affine_map<(i) -> (i)>

func.func @f16_to_f32(%x0: tensor<?xf16>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xf16>
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]}
      ins(%x0 : tensor<?xf16>) outs(%e : tensor<?xf32>) {
  ^bb0(%a0: f16, %o: f32):
    %0 = arith.extf %a0 : f16 to f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func @f32_to_f16(%x0: tensor<?xf32>) -> tensor<?xf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf16>
  %r = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]}
      ins(%x0 : tensor<?xf32>) outs(%e : tensor<?xf16>) {
  ^bb0(%a0: f32, %o: f16):
    %0 = arith.truncf %a0 : f32 to f16
    linalg.yield %0 : f16
  } -> tensor<?xf16>
  return %r : tensor<?xf16>
}

func.func @f16_to_f64(%x0: tensor<?xf16>) -> tensor<?xf64> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xf16>
  %e = tensor.empty(%n) : tensor<?xf64>
  %r = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]}
      ins(%x0 : tensor<?xf16>) outs(%e : tensor<?xf64>) {
  ^bb0(%a0: f16, %o: f64):
    %0 = arith.extf %a0 : f16 to f64
    linalg.yield %0 : f64
  } -> tensor<?xf64>
  return %r : tensor<?xf64>
}

func.func @f64_to_f16(%x0: tensor<?xf64>) -> tensor<?xf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xf64>
  %e = tensor.empty(%n) : tensor<?xf16>
  %r = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]}
      ins(%x0 : tensor<?xf64>) outs(%e : tensor<?xf16>) {
  ^bb0(%a0: f64, %o: f16):
    %0 = arith.truncf %a0 : f64 to f16
    linalg.yield %0 : f16
  } -> tensor<?xf16>
  return %r : tensor<?xf16>
}

func.func @i32_to_f16(%x0: tensor<?xi32>) -> tensor<?xf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xi32>
  %e = tensor.empty(%n) : tensor<?xf16>
  %r = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]}
      ins(%x0 : tensor<?xi32>) outs(%e : tensor<?xf16>) {
  ^bb0(%a0: i32, %o: f16):
    %0 = arith.sitofp %a0 : i32 to f16
    linalg.yield %0 : f16
  } -> tensor<?xf16>
  return %r : tensor<?xf16>
}

func.func @f16_to_i32(%x0: tensor<?xf16>) -> tensor<?xi32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xf16>
  %e = tensor.empty(%n) : tensor<?xi32>
  %r = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]}
      ins(%x0 : tensor<?xf16>) outs(%e : tensor<?xi32>) {
  ^bb0(%a0: f16, %o: i32):
    %0 = arith.fptosi %a0 : f16 to i32
    linalg.yield %0 : i32
  } -> tensor<?xi32>
  return %r : tensor<?xi32>
}

func.func @f16_add(%x0: tensor<?xf16>, %x1: tensor<?xf16>) -> tensor<?xf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xf16>
  %e = tensor.empty(%n) : tensor<?xf16>
  %r = linalg.generic {indexing_maps = [#v, #v, #v], iterator_types = ["parallel"]}
      ins(%x0, %x1 : tensor<?xf16>, tensor<?xf16>) outs(%e : tensor<?xf16>) {
  ^bb0(%a0: f16, %a1: f16, %o: f16):
    %0 = arith.addf %a0, %a1 : f16
    linalg.yield %0 : f16
  } -> tensor<?xf16>
  return %r : tensor<?xf16>
}

func.func @f16_sub(%x0: tensor<?xf16>, %x1: tensor<?xf16>) -> tensor<?xf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xf16>
  %e = tensor.empty(%n) : tensor<?xf16>
  %r = linalg.generic {indexing_maps = [#v, #v, #v], iterator_types = ["parallel"]}
      ins(%x0, %x1 : tensor<?xf16>, tensor<?xf16>) outs(%e : tensor<?xf16>) {
  ^bb0(%a0: f16, %a1: f16, %o: f16):
    %0 = arith.subf %a0, %a1 : f16
    linalg.yield %0 : f16
  } -> tensor<?xf16>
  return %r : tensor<?xf16>
}

func.func @f16_mul(%x0: tensor<?xf16>, %x1: tensor<?xf16>) -> tensor<?xf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xf16>
  %e = tensor.empty(%n) : tensor<?xf16>
  %r = linalg.generic {indexing_maps = [#v, #v, #v], iterator_types = ["parallel"]}
      ins(%x0, %x1 : tensor<?xf16>, tensor<?xf16>) outs(%e : tensor<?xf16>) {
  ^bb0(%a0: f16, %a1: f16, %o: f16):
    %0 = arith.mulf %a0, %a1 : f16
    linalg.yield %0 : f16
  } -> tensor<?xf16>
  return %r : tensor<?xf16>
}

func.func @f16_div(%x0: tensor<?xf16>, %x1: tensor<?xf16>) -> tensor<?xf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xf16>
  %e = tensor.empty(%n) : tensor<?xf16>
  %r = linalg.generic {indexing_maps = [#v, #v, #v], iterator_types = ["parallel"]}
      ins(%x0, %x1 : tensor<?xf16>, tensor<?xf16>) outs(%e : tensor<?xf16>) {
  ^bb0(%a0: f16, %a1: f16, %o: f16):
    %0 = arith.divf %a0, %a1 : f16
    linalg.yield %0 : f16
  } -> tensor<?xf16>
  return %r : tensor<?xf16>
}

func.func @f16_add_mul(%x0: tensor<?xf16>, %x1: tensor<?xf16>, %x2: tensor<?xf16>) -> tensor<?xf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xf16>
  %e = tensor.empty(%n) : tensor<?xf16>
  %r = linalg.generic {indexing_maps = [#v, #v, #v, #v], iterator_types = ["parallel"]}
      ins(%x0, %x1, %x2 : tensor<?xf16>, tensor<?xf16>, tensor<?xf16>) outs(%e : tensor<?xf16>) {
  ^bb0(%a0: f16, %a1: f16, %a2: f16, %o: f16):
    %s = arith.addf %a0, %a1 : f16
    %0 = arith.mulf %s, %a2 : f16
    linalg.yield %0 : f16
  } -> tensor<?xf16>
  return %r : tensor<?xf16>
}

func.func @bf16_to_f32(%x0: tensor<?xbf16>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xbf16>
  %e = tensor.empty(%n) : tensor<?xf32>
  %r = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]}
      ins(%x0 : tensor<?xbf16>) outs(%e : tensor<?xf32>) {
  ^bb0(%a0: bf16, %o: f32):
    %0 = arith.extf %a0 : bf16 to f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  return %r : tensor<?xf32>
}

func.func @f32_to_bf16(%x0: tensor<?xf32>) -> tensor<?xbf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xbf16>
  %r = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]}
      ins(%x0 : tensor<?xf32>) outs(%e : tensor<?xbf16>) {
  ^bb0(%a0: f32, %o: bf16):
    %0 = arith.truncf %a0 : f32 to bf16
    linalg.yield %0 : bf16
  } -> tensor<?xbf16>
  return %r : tensor<?xbf16>
}

func.func @bf16_to_f64(%x0: tensor<?xbf16>) -> tensor<?xf64> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xbf16>
  %e = tensor.empty(%n) : tensor<?xf64>
  %r = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]}
      ins(%x0 : tensor<?xbf16>) outs(%e : tensor<?xf64>) {
  ^bb0(%a0: bf16, %o: f64):
    %0 = arith.extf %a0 : bf16 to f64
    linalg.yield %0 : f64
  } -> tensor<?xf64>
  return %r : tensor<?xf64>
}

func.func @f64_to_bf16(%x0: tensor<?xf64>) -> tensor<?xbf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xf64>
  %e = tensor.empty(%n) : tensor<?xbf16>
  %r = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]}
      ins(%x0 : tensor<?xf64>) outs(%e : tensor<?xbf16>) {
  ^bb0(%a0: f64, %o: bf16):
    %0 = arith.truncf %a0 : f64 to bf16
    linalg.yield %0 : bf16
  } -> tensor<?xbf16>
  return %r : tensor<?xbf16>
}

func.func @i32_to_bf16(%x0: tensor<?xi32>) -> tensor<?xbf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xi32>
  %e = tensor.empty(%n) : tensor<?xbf16>
  %r = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]}
      ins(%x0 : tensor<?xi32>) outs(%e : tensor<?xbf16>) {
  ^bb0(%a0: i32, %o: bf16):
    %0 = arith.sitofp %a0 : i32 to bf16
    linalg.yield %0 : bf16
  } -> tensor<?xbf16>
  return %r : tensor<?xbf16>
}

func.func @bf16_to_i32(%x0: tensor<?xbf16>) -> tensor<?xi32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xbf16>
  %e = tensor.empty(%n) : tensor<?xi32>
  %r = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]}
      ins(%x0 : tensor<?xbf16>) outs(%e : tensor<?xi32>) {
  ^bb0(%a0: bf16, %o: i32):
    %0 = arith.fptosi %a0 : bf16 to i32
    linalg.yield %0 : i32
  } -> tensor<?xi32>
  return %r : tensor<?xi32>
}

func.func @bf16_add(%x0: tensor<?xbf16>, %x1: tensor<?xbf16>) -> tensor<?xbf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xbf16>
  %e = tensor.empty(%n) : tensor<?xbf16>
  %r = linalg.generic {indexing_maps = [#v, #v, #v], iterator_types = ["parallel"]}
      ins(%x0, %x1 : tensor<?xbf16>, tensor<?xbf16>) outs(%e : tensor<?xbf16>) {
  ^bb0(%a0: bf16, %a1: bf16, %o: bf16):
    %0 = arith.addf %a0, %a1 : bf16
    linalg.yield %0 : bf16
  } -> tensor<?xbf16>
  return %r : tensor<?xbf16>
}

func.func @bf16_sub(%x0: tensor<?xbf16>, %x1: tensor<?xbf16>) -> tensor<?xbf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xbf16>
  %e = tensor.empty(%n) : tensor<?xbf16>
  %r = linalg.generic {indexing_maps = [#v, #v, #v], iterator_types = ["parallel"]}
      ins(%x0, %x1 : tensor<?xbf16>, tensor<?xbf16>) outs(%e : tensor<?xbf16>) {
  ^bb0(%a0: bf16, %a1: bf16, %o: bf16):
    %0 = arith.subf %a0, %a1 : bf16
    linalg.yield %0 : bf16
  } -> tensor<?xbf16>
  return %r : tensor<?xbf16>
}

func.func @bf16_mul(%x0: tensor<?xbf16>, %x1: tensor<?xbf16>) -> tensor<?xbf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xbf16>
  %e = tensor.empty(%n) : tensor<?xbf16>
  %r = linalg.generic {indexing_maps = [#v, #v, #v], iterator_types = ["parallel"]}
      ins(%x0, %x1 : tensor<?xbf16>, tensor<?xbf16>) outs(%e : tensor<?xbf16>) {
  ^bb0(%a0: bf16, %a1: bf16, %o: bf16):
    %0 = arith.mulf %a0, %a1 : bf16
    linalg.yield %0 : bf16
  } -> tensor<?xbf16>
  return %r : tensor<?xbf16>
}

func.func @bf16_div(%x0: tensor<?xbf16>, %x1: tensor<?xbf16>) -> tensor<?xbf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xbf16>
  %e = tensor.empty(%n) : tensor<?xbf16>
  %r = linalg.generic {indexing_maps = [#v, #v, #v], iterator_types = ["parallel"]}
      ins(%x0, %x1 : tensor<?xbf16>, tensor<?xbf16>) outs(%e : tensor<?xbf16>) {
  ^bb0(%a0: bf16, %a1: bf16, %o: bf16):
    %0 = arith.divf %a0, %a1 : bf16
    linalg.yield %0 : bf16
  } -> tensor<?xbf16>
  return %r : tensor<?xbf16>
}

func.func @bf16_add_mul(%x0: tensor<?xbf16>, %x1: tensor<?xbf16>, %x2: tensor<?xbf16>) -> tensor<?xbf16> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x0, %c0 : tensor<?xbf16>
  %e = tensor.empty(%n) : tensor<?xbf16>
  %r = linalg.generic {indexing_maps = [#v, #v, #v, #v], iterator_types = ["parallel"]}
      ins(%x0, %x1, %x2 : tensor<?xbf16>, tensor<?xbf16>, tensor<?xbf16>) outs(%e : tensor<?xbf16>) {
  ^bb0(%a0: bf16, %a1: bf16, %a2: bf16, %o: bf16):
    %s = arith.addf %a0, %a1 : bf16
    %0 = arith.mulf %s, %a2 : bf16
    linalg.yield %0 : bf16
  } -> tensor<?xbf16>
  return %r : tensor<?xbf16>
}
