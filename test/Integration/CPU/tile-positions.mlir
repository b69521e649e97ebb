// Positions of tiles in 32 bits, where they fit, and where they do not by a little: the same pairs and scores as the oracle's.
// RUN: split-file %s %t
// DEFINE: %{run} = attn-run --random-inputs --seed=4 --compare=reference

// 100 + 2^20 times 2047 fits in 32 bits; divisions of negative numbers, and comparisons of them without a sign.
// RUN: %{run} %t/fits.mlir | FileCheck %s
// RUN: %{run} %t/fits.mlir --plain --passes='attn-tile{tile-query=7 tile-key=9}' | FileCheck %s
// CHECK: result0 {{.*}}: agree

//--- fits.mlir
func.func @main(%q: tensor<1x4x100x16xf32>, %k: tensor<1x2x77x16xf32>, %v: tensor<1x2x77x24xf32>) -> tensor<1x4x100x24xf32> {
  %o = attn.attention %q, %k, %v scale 0.3
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %c2047 = arith.constant 2047 : index
      %minus5 = arith.constant -5 : index
      %c7 = arith.constant 7 : index
      %small = arith.constant 1.0e-5 : f32
      %0 = arith.muli %i, %c2047 : index
      %1 = arith.index_cast %0 : index to i64
      %2 = arith.uitofp %1 : i64 to f32
      %3 = arith.subi %j, %i : index
      %4 = arith.divsi %3, %c7 : index
      %5 = arith.floordivsi %3, %c7 : index
      %6 = arith.ceildivsi %3, %minus5 : index
      %7 = arith.addi %4, %5 : index
      %8 = arith.addi %7, %6 : index
      %9 = arith.minui %8, %c7 : index
      %10 = arith.xori %9, %h : index
      %11 = arith.index_cast %10 : index to i32
      %12 = arith.sitofp %11 : i32 to f32
      %13 = arith.mulf %2, %small : f32
      %14 = arith.addf %s, %13 : f32
      %15 = arith.addf %14, %12 : f32
      attn.yield %15 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %c50 = arith.constant 50 : index
      %c3 = arith.constant 3 : index
      %0 = arith.subi %j, %i : index
      %1 = arith.cmpi ugt, %0, %c50 : index
      %2 = arith.remui %j, %c3 : index
      %3 = arith.remsi %0, %c3 : index
      %4 = arith.cmpi ne, %2, %3 : index
      %5 = arith.ori %1, %4 : i1
      attn.yield %5 : i1
    }
    : tensor<1x4x100x16xf32>, tensor<1x2x77x16xf32>, tensor<1x2x77x24xf32> -> (tensor<1x4x100x24xf32>)
  return %o : tensor<1x4x100x24xf32>
}

// 100 + 2^20 times 2048 does not, nor does what remainders without a sign make of negative numbers.
// RUN: %{run} %t/stays.mlir | FileCheck %s
// RUN: %{run} %t/stays.mlir --plain --passes='attn-tile{tile-query=7 tile-key=9}' | FileCheck %s

//--- stays.mlir
func.func @main(%q: tensor<1x4x100x16xf32>, %k: tensor<1x2x77x16xf32>, %v: tensor<1x2x77x24xf32>) -> tensor<1x4x100x24xf32> {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %c2048 = arith.constant 2048 : index
      %far = arith.constant 3000000000 : index
      %c5 = arith.constant 5 : index
      %c2 = arith.constant 2 : index
      %0 = arith.muli %i, %c2048 : index
      %1 = arith.muli %0, %j : index
      %2 = arith.muli %1, %c2048 : index
      %3 = arith.cmpi slt, %2, %far : index
      %4 = arith.subi %i, %j : index
      %5 = arith.remui %4, %c5 : index
      %6 = arith.cmpi eq, %5, %c2 : index
      %7 = arith.ori %3, %6 : i1
      attn.yield %7 : i1
    }
    : tensor<1x4x100x16xf32>, tensor<1x2x77x16xf32>, tensor<1x2x77x24xf32> -> (tensor<1x4x100x24xf32>)
  return %o : tensor<1x4x100x24xf32>
}

// The least number of 32 bits has a remainder by -1, which 32 bits do not compute.
// RUN: %{run} %t/least.mlir | FileCheck %s
// RUN: %{run} %t/least.mlir --plain --passes='attn-tile{tile-query=7 tile-key=9}' | FileCheck %s

//--- least.mlir
func.func @main(%q: tensor<1x1x20x16xf32>, %k: tensor<1x1x77x16xf32>, %v: tensor<1x1x77x24xf32>) -> tensor<1x1x20x24xf32> {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %c0 = arith.constant 0 : index
      %c3 = arith.constant 3 : index
      %least = arith.constant -2147483648 : index
      %minus1 = arith.constant -1 : index
      %minus5 = arith.constant -5 : index
      %0 = arith.remui %j, %c3 : index
      %1 = arith.cmpi eq, %0, %c0 : index
      %2 = arith.select %1, %least, %j : index
      %3 = arith.select %1, %minus1, %minus5 : index
      %4 = arith.remsi %2, %3 : index
      %5 = arith.cmpi eq, %4, %c0 : index
      attn.yield %5 : i1
    }
    : tensor<1x1x20x16xf32>, tensor<1x1x77x16xf32>, tensor<1x1x77x24xf32> -> (tensor<1x1x20x24xf32>)
  return %o : tensor<1x1x20x24xf32>
}
