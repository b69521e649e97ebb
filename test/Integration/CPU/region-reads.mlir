// What regions read of pairs, against the oracle: every dtype, lengths that no vector divides, fewer keys than lanes, few
// and many queries, on vectors of every width.
// RUN: split-file %s %t
// DEFINE: %{flags} =
// DEFINE: %{sizes} =
// DEFINE: %{file} =
// DEFINE: %{run} = attn-run %t/%{file}.mlir --random-inputs --compare=reference --keep-dynamic %{sizes} %{flags} | FileCheck %s
// CHECK: result0 {{.*}}: agree
// CHECK: result1 {{.*}}: agree

// A boolean mask as ONNX gives it, read of one batch and head for all; empty rows.
// REDEFINE: %{file} = mask
// REDEFINE: %{sizes} = --dim=arg0.2=37 --dim=arg1.2=83 --dim=arg2.2=37 --dim=arg2.3=83
// RUN: %{run}
// REDEFINE: %{flags} = --mattr=-avx512f
// RUN: %{run}
// REDEFINE: %{flags} = --mcpu=x86-64
// RUN: %{run}
// REDEFINE: %{flags} =
// REDEFINE: %{sizes} = --dim=arg0.2=200 --dim=arg1.2=5 --dim=arg2.2=201 --dim=arg2.3=6
// RUN: %{run}
// RUN: %{run}
// REDEFINE: %{sizes} = --dim=arg0.2=3 --dim=arg1.2=31 --dim=arg2.2=3 --dim=arg2.3=31
// RUN: %{run}

//--- mask.mlir
func.func @main(%q: tensor<2x4x?x8xf32>, %k: tensor<2x2x?x8xf32>, %m: tensor<2x1x?x?xi1>)
    -> (tensor<2x4x?x8xf32>, tensor<2x4x?xf32>) {
  %zero = arith.constant 0 : index
  %o, %l = attn.attention %q, %k, %k scale 0.5
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %m[%b, %zero, %i, %j] : tensor<2x1x?x?xi1>
      attn.yield %0 : i1
    }
    : tensor<2x4x?x8xf32>, tensor<2x2x?x8xf32>, tensor<2x2x?x8xf32> -> (tensor<2x4x?x8xf32>, lse tensor<2x4x?xf32>)
  return %o, %l : tensor<2x4x?x8xf32>, tensor<2x4x?xf32>
}

// A float mask that is shorter than the keys, and is read twice: as a bias, and for what it hides.
// REDEFINE: %{file} = short
// REDEFINE: %{sizes} = --dim=arg0.2=53 --dim=arg2.1=53
// RUN: %{run}
// REDEFINE: %{sizes} = --dim=arg0.2=2 --dim=arg2.1=2
// RUN: %{run}

//--- short.mlir
func.func @main(%q: tensor<1x4x?x8xf32>, %k: tensor<1x2x83x8xf32>, %m: tensor<4x?x61xf16>)
    -> (tensor<1x4x?x8xf32>, tensor<1x4x?xf32>) {
  %low = arith.constant -1.0 : f16
  %length = arith.constant 61 : index
  %last = arith.constant 60 : index
  %o, %l = attn.attention %q, %k, %k
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = arith.minsi %j, %last : index
      %1 = tensor.extract %m[%h, %i, %0] : tensor<4x?x61xf16>
      %2 = arith.extf %1 : f16 to f32
      %3 = arith.addf %s, %2 : f32
      attn.yield %3 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = arith.minsi %j, %last : index
      %1 = tensor.extract %m[%h, %i, %0] : tensor<4x?x61xf16>
      %2 = arith.cmpf ugt, %1, %low : f16
      %3 = attn.prefix %j length %length
      %4 = arith.andi %2, %3 : i1
      attn.yield %4 : i1
    }
    : tensor<1x4x?x8xf32>, tensor<1x2x83x8xf32>, tensor<1x2x83x8xf32> -> (tensor<1x4x?x8xf32>, lse tensor<1x4x?xf32>)
  return %o, %l : tensor<1x4x?x8xf32>, tensor<1x4x?xf32>
}

// Every type of element, and distances that go up, go down, and stay at an end.
// REDEFINE: %{file} = types
// REDEFINE: %{sizes} =
// RUN: %{run}
// REDEFINE: %{flags} = --mcpu=x86-64
// RUN: %{run}
// REDEFINE: %{flags} =
// REDEFINE: %{file} = few-types
// RUN: sed 's/x45x/x2x/g' %t/types.mlir > %t/few-types.mlir
// RUN: %{run}

//--- types.mlir
func.func @main(%q: tensor<1x2x45x8xf32>, %k: tensor<1x2x71x8xf32>, %a: tensor<45x71xi8>, %b8: tensor<71x45xi16>,
    %c: tensor<2x71xi32>, %d: tensor<130xi64>, %e: tensor<130xbf16>, %f: tensor<40xf32>, %g: tensor<45x71xf64>)
    -> (tensor<1x2x45x8xf32>, tensor<1x2x45xf32>) {
  %zero = arith.constant 0 : index
  %far = arith.constant 48 : index
  %ahead = arith.constant 71 : index
  %end = arith.constant 39 : index
  %most = arith.constant 129 : index
  %tenth = arith.constant 0.01 : f32
  %o, %l = attn.attention %q, %k, %k
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %up = arith.subi %j, %i : index
      %u0 = arith.addi %up, %far : index
      %u1 = arith.minsi %u0, %most : index
      %u = arith.maxsi %u1, %zero : index
      %down = arith.subi %i, %j : index
      %w0 = arith.addi %down, %ahead : index
      %w1 = arith.maxsi %w0, %zero : index
      %w = arith.minsi %w1, %most : index
      %y = arith.subi %w0, %far : index
      %z0 = arith.maxsi %y, %zero : index
      %z = arith.minsi %z0, %end : index
      %0 = tensor.extract %a[%i, %j] : tensor<45x71xi8>
      %1 = tensor.extract %b8[%j, %i] : tensor<71x45xi16>
      %2 = tensor.extract %c[%h, %j] : tensor<2x71xi32>
      %3 = tensor.extract %d[%u] : tensor<130xi64>
      %4 = tensor.extract %e[%w] : tensor<130xbf16>
      %5 = tensor.extract %f[%z] : tensor<40xf32>
      %6 = tensor.extract %g[%i, %j] : tensor<45x71xf64>
      %7 = arith.extsi %0 : i8 to i64
      %8 = arith.extsi %1 : i16 to i64
      %9 = arith.extsi %2 : i32 to i64
      %10 = arith.addi %7, %8 : i64
      %11 = arith.addi %9, %3 : i64
      %12 = arith.addi %10, %11 : i64
      %13 = arith.sitofp %12 : i64 to f32
      %14 = arith.mulf %13, %tenth : f32
      %15 = arith.extf %4 : bf16 to f32
      %16 = arith.truncf %6 : f64 to f32
      %17 = arith.addf %15, %16 : f32
      %18 = arith.addf %17, %5 : f32
      %19 = arith.addf %14, %18 : f32
      %20 = arith.addf %s, %19 : f32
      attn.yield %20 : f32
    }
    : tensor<1x2x45x8xf32>, tensor<1x2x71x8xf32>, tensor<1x2x71x8xf32> -> (tensor<1x2x45x8xf32>, lse tensor<1x2x45xf32>)
  return %o, %l : tensor<1x2x45x8xf32>, tensor<1x2x45xf32>
}

// Blocks that change seldom, of a table that is read through another one; f64.
// REDEFINE: %{file} = blocks
// RUN: %{run}
// REDEFINE: %{flags} = --mcpu=x86-64
// RUN: %{run}
// REDEFINE: %{flags} =
// REDEFINE: %{file} = few-blocks
// RUN: sed 's/x45x/x3x/g' %t/blocks.mlir > %t/few-blocks.mlir
// RUN: %{run}

//--- blocks.mlir
func.func @main(%q: tensor<2x4x45x8xf64>, %k: tensor<2x2x71x8xf64>, %t: tensor<4x11xi1>, %p: tensor<45xi64>, %v: tensor<4x4x11xf32>)
    -> (tensor<2x4x45x8xf64>, tensor<2x4x45xf64>) {
  %seven = arith.constant 7 : index
  %zero = arith.constant 0 : index
  %three = arith.constant 3 : index
  %ten = arith.constant 10 : index
  %o, %l = attn.attention %q, %k, %k
    score (%s: f64, %b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %p[%i] : tensor<45xi64>
      %x = arith.index_cast %0 : i64 to index
      %y = arith.maxsi %x, %zero : index
      %1 = arith.minsi %y, %three : index
      %z = arith.floordivsi %j, %seven : index
      %w = arith.maxsi %z, %zero : index
      %2 = arith.minsi %w, %ten : index
      %3 = tensor.extract %v[%h, %1, %2] : tensor<4x4x11xf32>
      %4 = arith.extf %3 : f32 to f64
      %5 = arith.addf %s, %4 : f64
      attn.yield %5 : f64
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %p[%i] : tensor<45xi64>
      %x = arith.index_cast %0 : i64 to index
      %y = arith.maxsi %x, %zero : index
      %1 = arith.minsi %y, %three : index
      %z = arith.floordivsi %j, %seven : index
      %w = arith.maxsi %z, %zero : index
      %2 = arith.minsi %w, %ten : index
      %3 = tensor.extract %t[%1, %2] : tensor<4x11xi1>
      attn.yield %3 : i1
    }
    : tensor<2x4x45x8xf64>, tensor<2x2x71x8xf64>, tensor<2x2x71x8xf64> -> (tensor<2x4x45x8xf64>, lse tensor<2x4x45xf64>)
  return %o, %l : tensor<2x4x45x8xf64>, tensor<2x4x45xf64>
}

// Elements that do not lie side by side, and a read that follows the score.
// REDEFINE: %{file} = strides
// RUN: %{run}
// REDEFINE: %{file} = few-strides
// RUN: sed 's/x45x/x2x/g' %t/strides.mlir > %t/few-strides.mlir
// RUN: %{run}

//--- strides.mlir
func.func @main(%q: tensor<1x2x45x8xf32>, %k: tensor<1x2x71x8xf32>, %t: tensor<46x150xf32>, %u: tensor<9xf32>)
    -> (tensor<1x2x45x8xf32>, tensor<1x2x45xf32>) {
  %zero = arith.constant 0 : index
  %eight = arith.constant 8 : index
  %every = tensor.extract_slice %t[1, 3] [45, 73] [1, 2] : tensor<46x150xf32> to tensor<45x73xf32>
  %o, %l = attn.attention %q, %k, %k
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %every[%i, %j] : tensor<45x73xf32>
      %1 = arith.fptosi %s : f32 to i64
      %2 = arith.index_cast %1 : i64 to index
      %3 = arith.maxsi %2, %zero : index
      %4 = arith.minsi %3, %eight : index
      %5 = tensor.extract %u[%4] : tensor<9xf32>
      %6 = arith.addf %0, %5 : f32
      %7 = arith.addf %s, %6 : f32
      attn.yield %7 : f32
    }
    : tensor<1x2x45x8xf32>, tensor<1x2x71x8xf32>, tensor<1x2x71x8xf32> -> (tensor<1x2x45x8xf32>, lse tensor<1x2x45xf32>)
  return %o, %l : tensor<1x2x45x8xf32>, tensor<1x2x45xf32>
}
