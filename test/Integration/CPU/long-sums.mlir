// Sums are as exact as short ones, whatever they run over, along the lanes or across; the oracle rounds them once. Results do not
// depend on the number of threads.
// DEFINE: %{run} = attn-run %s --random-inputs --compare=reference --rtol=3e-7 --atol=0
// RUN: %{run} --function=tenths | FileCheck %s
// RUN: %{run} --function=tenths --mcpu=x86-64 | FileCheck %s
// RUN: %{run} --function=axes --range=arg0=1:2 | FileCheck %s --check-prefix=AXES
// RUN: %{run} --function=axes --range=arg0=1:2 --mcpu=x86-64-v3 | FileCheck %s --check-prefix=AXES
// RUN: %{run} --function=special | FileCheck %s --check-prefix=SPECIAL
// RUN: attn-run %s --function=axes --random-inputs --threads=1 --output=%t.1.npy
// RUN: attn-run %s --function=axes --random-inputs --threads=3 --output=%t.3.npy
// RUN: cmp %t.1.npy %t.3.npy
// CHECK: result0 {{.*}}: agree
// AXES-COUNT-4: : agree
// SPECIAL-COUNT-3: : agree

#id2 = affine_map<(i, j) -> (i, j)>
#row = affine_map<(i, j) -> (i)>
#column = affine_map<(i, j) -> (j)>
#none2 = affine_map<(i, j) -> ()>
#id3 = affine_map<(i, j, k) -> (i, j, k)>
#middle = affine_map<(i, j, k) -> (j)>

func.func @tenths() -> tensor<f32> {
  %tenth = arith.constant 0.1 : f32
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1000003xf32>
  %x = linalg.fill ins(%tenth : f32) outs(%e : tensor<1000003xf32>) -> tensor<1000003xf32>
  %s = tensor.empty() : tensor<f32>
  %f = linalg.fill ins(%zero : f32) outs(%s : tensor<f32>) -> tensor<f32>
  %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> ()>], iterator_types = ["reduction"]}
      ins(%x : tensor<1000003xf32>) outs(%f : tensor<f32>) {
  ^bb0(%a: f32, %o: f32):
    %0 = arith.addf %o, %a : f32
    linalg.yield %0 : f32
  } -> tensor<f32>
  return %r : tensor<f32>
}

func.func @axes(%x: tensor<517x391xf32>, %y: tensor<67x19x53xf32>) -> (tensor<517xf32>, tensor<391xf32>, tensor<f32>, tensor<19xf32>) {
  %zero = arith.constant 0.0 : f32
  %e0 = tensor.empty() : tensor<517xf32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<517xf32>) -> tensor<517xf32>
  %0 = linalg.generic {indexing_maps = [#id2, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<517x391xf32>) outs(%f0 : tensor<517xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %o, %a : f32
    linalg.yield %s : f32
  } -> tensor<517xf32>
  %e1 = tensor.empty() : tensor<391xf32>
  %f1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<391xf32>) -> tensor<391xf32>
  %1 = linalg.generic {indexing_maps = [#id2, #column], iterator_types = ["reduction", "parallel"]} ins(%x : tensor<517x391xf32>) outs(%f1 : tensor<391xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %o, %a : f32
    linalg.yield %s : f32
  } -> tensor<391xf32>
  %e2 = tensor.empty() : tensor<f32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<f32>) -> tensor<f32>
  %2 = linalg.generic {indexing_maps = [#id2, #none2], iterator_types = ["reduction", "reduction"]} ins(%x : tensor<517x391xf32>) outs(%f2 : tensor<f32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %o, %a : f32
    linalg.yield %s : f32
  } -> tensor<f32>
  %e3 = tensor.empty() : tensor<19xf32>
  %f3 = linalg.fill ins(%zero : f32) outs(%e3 : tensor<19xf32>) -> tensor<19xf32>
  %3 = linalg.generic {indexing_maps = [#id3, #middle], iterator_types = ["reduction", "parallel", "reduction"]} ins(%y : tensor<67x19x53xf32>) outs(%f3 : tensor<19xf32>) {
  ^bb0(%a: f32, %o: f32):
    %q = arith.mulf %a, %a : f32
    %s = arith.addf %o, %q : f32
    linalg.yield %s : f32
  } -> tensor<19xf32>
  return %0, %1, %2, %3 : tensor<517xf32>, tensor<391xf32>, tensor<f32>, tensor<19xf32>
}

// Infinite, and not a number; maxima with a NaN; nothing at all.
func.func @special() -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  %zero = arith.constant 0.0 : f32
  %least = arith.constant 0xFF800000 : f32
  %e = tensor.empty() : tensor<4x70xf32>
  %x = linalg.generic {indexing_maps = [#id2], iterator_types = ["parallel", "parallel"]} outs(%e : tensor<4x70xf32>) {
  ^bb0(%o: f32):
    %i = linalg.index 0 : index
    %j = linalg.index 1 : index
    %c1 = arith.constant 1 : index
    %c2 = arith.constant 2 : index
    %c33 = arith.constant 33 : index
    %inf = arith.constant 0x7F800000 : f32
    %nan = arith.constant 0x7FC00000 : f32
    %isThere = arith.cmpi eq, %j, %c33 : index
    %isInf = arith.cmpi eq, %i, %c1 : index
    %isNaN = arith.cmpi eq, %i, %c2 : index
    %putInf = arith.andi %isThere, %isInf : i1
    %putNaN = arith.andi %isThere, %isNaN : i1
    %k = arith.index_cast %j : index to i32
    %v = arith.sitofp %k : i32 to f32
    %0 = arith.select %putInf, %inf, %v : f32
    %1 = arith.select %putNaN, %nan, %0 : f32
    linalg.yield %1 : f32
  } -> tensor<4x70xf32>
  %e0 = tensor.empty() : tensor<4xf32>
  %f0 = linalg.fill ins(%zero : f32) outs(%e0 : tensor<4xf32>) -> tensor<4xf32>
  %0 = linalg.generic {indexing_maps = [#id2, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x70xf32>) outs(%f0 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %o, %a : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  %f1 = linalg.fill ins(%least : f32) outs(%e0 : tensor<4xf32>) -> tensor<4xf32>
  %1 = linalg.generic {indexing_maps = [#id2, #row], iterator_types = ["parallel", "reduction"]} ins(%x : tensor<4x70xf32>) outs(%f1 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.maximumf %o, %a : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  %n = tensor.empty() : tensor<4x0xf32>
  %2 = linalg.generic {indexing_maps = [#id2, #row], iterator_types = ["parallel", "reduction"]} ins(%n : tensor<4x0xf32>) outs(%f0 : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %o, %a : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}
