// Chunks look ahead as little as the recurrence does: what is not finite in a token reaches no earlier one, and sizes that only
// a run knows, with remainders and without tokens.
// RUN: split-file %s %t
// RUN: attn-run %t/nan.mlir --random-inputs --compare=reference | FileCheck %s --check-prefix=THREE
// THREE-COUNT-3: agree
// RUN: attn-run %t/dynamic.mlir --random-inputs --keep-dynamic --dim b=2 --dim h=4 --dim g=2 --dim s=45 --compare=reference | FileCheck %s --check-prefix=TWO
// RUN: attn-run %t/dynamic.mlir --random-inputs --keep-dynamic --dim b=1 --dim h=3 --dim g=3 --dim s=1 --compare=reference | FileCheck %s --check-prefix=TWO
// RUN: attn-run %t/dynamic.mlir --random-inputs --keep-dynamic --dim b=2 --dim h=2 --dim g=1 --dim s=0 --compare=reference | FileCheck %s --check-prefix=TWO
// TWO-COUNT-2: agree
// RUN: not attn-run %t/dynamic.mlir --random-inputs --keep-dynamic --dim b=2 --dim h=3 --dim g=2 --dim s=5 --compare=reference 2>&1 | FileCheck %s --check-prefix=HEADS
// HEADS: expected the number of query heads to be a multiple of the number of key heads

//--- nan.mlir
func.func @main(%q: tensor<1x1x40x8xf32>, %k: tensor<1x1x40x8xf32>, %v: tensor<1x1x40x8xf32>, %b: tensor<1x1x40xf32>)
    -> (tensor<1x1x40x8xf32>, tensor<1x1x40x8xf32>, tensor<1x1x40x8xf32>) {
  // Of 40 tokens, number 21 has a NaN in its values, number 30 one in its key.
  %vn = linalg.generic {indexing_maps = [affine_map<(a, b, i, d) -> (a, b, i, d)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%v : tensor<1x1x40x8xf32>) {
  ^bb0(%x: f32):
    %i = linalg.index 2 : index
    %d = linalg.index 3 : index
    %c21 = arith.constant 21 : index
    %c3 = arith.constant 3 : index
    %nan = arith.constant 0x7FC00000 : f32
    %token = arith.cmpi eq, %i, %c21 : index
    %feature = arith.cmpi eq, %d, %c3 : index
    %y1 = arith.select %feature, %nan, %x : f32
    %y = arith.select %token, %y1, %x : f32
    linalg.yield %y : f32
  } -> tensor<1x1x40x8xf32>
  %kn = linalg.generic {indexing_maps = [affine_map<(a, b, i, d) -> (a, b, i, d)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]} outs(%k : tensor<1x1x40x8xf32>) {
  ^bb0(%x: f32):
    %i = linalg.index 2 : index
    %c30 = arith.constant 30 : index
    %nan = arith.constant 0x7FC00000 : f32
    %token = arith.cmpi eq, %i, %c30 : index
    %f = arith.constant 0.25 : f32
    %s = arith.mulf %x, %f : f32
    %y = arith.select %token, %nan, %s : f32
    linalg.yield %y : f32
  } -> tensor<1x1x40x8xf32>
  %0 = attn.linear_attention linear %q, %kn, %vn : tensor<1x1x40x8xf32>, tensor<1x1x40x8xf32>, tensor<1x1x40x8xf32> -> (tensor<1x1x40x8xf32>)
  // A NaN among the decays.
  %g = linalg.generic {indexing_maps = [affine_map<(a, b, i) -> (a, b, i)>],
      iterator_types = ["parallel", "parallel", "parallel"]} outs(%b : tensor<1x1x40xf32>) {
  ^bb0(%x: f32):
    %i = linalg.index 2 : index
    %c5 = arith.constant 35 : index
    %nan = arith.constant 0x7FC00000 : f32
    %token = arith.cmpi eq, %i, %c5 : index
    %a = math.absf %x : f32
    %m = arith.negf %a : f32
    %y = arith.select %token, %nan, %m : f32
    linalg.yield %y : f32
  } -> tensor<1x1x40xf32>
  %1 = attn.linear_attention gated %q, %k, %v decay %g : tensor<1x1x40x8xf32>, tensor<1x1x40x8xf32>, tensor<1x1x40x8xf32>, decay tensor<1x1x40xf32> -> (tensor<1x1x40x8xf32>)
  %2 = attn.linear_attention delta %q, %kn, %v beta %b : tensor<1x1x40x8xf32>, tensor<1x1x40x8xf32>, tensor<1x1x40x8xf32>, beta tensor<1x1x40xf32> -> (tensor<1x1x40x8xf32>)
  return %0, %1, %2 : tensor<1x1x40x8xf32>, tensor<1x1x40x8xf32>, tensor<1x1x40x8xf32>
}

//--- dynamic.mlir
func.func @main(
    %q: tensor<?x?x?x8xf32> {attn.name = "q", attn.dim_names = ["b", "h", "s", ""]},
    %k: tensor<?x?x?x8xf32> {attn.name = "k", attn.dim_names = ["b", "g", "s", ""]},
    %v: tensor<?x?x?x5xf32> {attn.name = "v", attn.dim_names = ["b", "g", "s", ""]},
    %n: tensor<?x?x8x5xf32> {attn.name = "n", attn.dim_names = ["b", "g", "", ""]})
    -> (tensor<?x?x?x5xf32>, tensor<?x?x8x5xf32>) {
  %o, %s = attn.linear_attention linear %q, %k, %v state %n
    : tensor<?x?x?x8xf32>, tensor<?x?x?x8xf32>, tensor<?x?x?x5xf32>, state tensor<?x?x8x5xf32> -> (tensor<?x?x?x5xf32>, state tensor<?x?x8x5xf32>)
  return %o, %s : tensor<?x?x?x5xf32>, tensor<?x?x8x5xf32>
}
