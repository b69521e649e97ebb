// Functions that regions call, on vectors: with one key whose value is 1 and a scale of 1, a row's LSE is what the region makes of
// the query. Numbers of all sizes, within the bounds of docs/Spec.md, and special values.
// RUN: split-file %s %t
// DEFINE: %{run} = attn-run --random-inputs --compare=reference --atol=1e-37
// RUN: %{run} %t/tanh.mlir --range=arg0=-12:12 --rtol=4e-7 | FileCheck %s
// RUN: %{run} %t/tanh.mlir --range=arg0=-12:12 --rtol=4e-7 --mcpu=x86-64 | FileCheck %s
// RUN: sed 's/scale 1.0/scale 0.0009765625/' %t/tanh.mlir > %t/small.mlir
// RUN: %{run} %t/small.mlir --range=arg0=-600:600 --rtol=4e-7 | FileCheck %s
// RUN: %{run} %t/tanh.mlir --range=arg0=-300:300 --rtol=4e-7 | FileCheck %s
// RUN: sed s/f32/f64/g %t/tanh.mlir > %t/tanh64.mlir
// RUN: %{run} %t/tanh64.mlir --range=arg0=-12:12 --rtol=1e-15 | FileCheck %s
// RUN: sed s/f32/f64/g %t/small.mlir > %t/small64.mlir
// RUN: %{run} %t/small64.mlir --range=arg0=-600:600 --rtol=1e-15 | FileCheck %s
// RUN: sed s/tanh/exp/g %t/tanh.mlir > %t/exp.mlir
// RUN: %{run} %t/exp.mlir --range=arg0=-86:88 --rtol=2e-7 | FileCheck %s
// RUN: %{run} %t/exp.mlir --range=arg0=-200:88 --rtol=2e-7 --mcpu=x86-64 | FileCheck %s
// RUN: sed s/f32/f64/g %t/exp.mlir > %t/exp64.mlir
// RUN: %{run} %t/exp64.mlir --range=arg0=-706:709 --rtol=1e-15 | FileCheck %s
// CHECK: result0 {{.*}}: agree

// The others, of which -1 and 0 have no logarithm or an infinite one, and of which huge angles are left to the library.
// DEFINE: %{name} = erf
// DEFINE: %{put} = sed s/tanh/%{name}/g %t/tanh.mlir > %t/%{name}.mlir
// DEFINE: %{code} = attn-compile %t/%{name}.mlir --mcpu=x86-64-v3 -o - --emit=s | FileCheck %s --check-prefix=CODE --implicit-check-not=%{name}f
// RUN: %{put}
// RUN: %{code}
// CODE-NOT: callq {{(erf|expm1|exp2|log)}}
// CODE: vfmadd{{.*}}ymm
// RUN: %{run} %t/%{name}.mlir --range=arg0=-5:5 --rtol=2.5e-7 | FileCheck %s
// REDEFINE: %{name} = log
// RUN: %{put}
// RUN: %{code}
// RUN: %{run} %t/%{name}.mlir --range=arg0=-1:6 --rtol=2e-7 | FileCheck %s
// RUN: %{run} %t/%{name}.mlir --range=arg0=-1:6 --rtol=2e-7 --mcpu=x86-64 | FileCheck %s
// REDEFINE: %{name} = log2
// RUN: %{put}
// RUN: %{code}
// RUN: %{run} %t/%{name}.mlir --range=arg0=-1:6 --rtol=3e-7 | FileCheck %s
// REDEFINE: %{name} = log10
// RUN: %{put}
// RUN: %{code}
// RUN: %{run} %t/%{name}.mlir --range=arg0=-1:6 --rtol=3e-7 | FileCheck %s
// REDEFINE: %{name} = log1p
// RUN: %{put}
// RUN: %{code}
// RUN: %{run} %t/%{name}.mlir --range=arg0=-2:6 --rtol=3e-7 | FileCheck %s
// REDEFINE: %{name} = exp2
// RUN: %{put}
// RUN: %{code}
// RUN: %{run} %t/%{name}.mlir --range=arg0=-140:127 --rtol=2e-7 | FileCheck %s
// REDEFINE: %{name} = expm1
// RUN: %{put}
// RUN: %{code}
// RUN: %{run} %t/%{name}.mlir --range=arg0=-20:80 --rtol=4e-7 | FileCheck %s
// REDEFINE: %{name} = sin
// RUN: %{put}
// RUN: %{run} %t/%{name}.mlir --range=arg0=-1000:1000 --rtol=2e-7 | FileCheck %s
// RUN: %{run} %t/%{name}.mlir --range=arg0=-2000000000:2000000000 --rtol=2e-7 | FileCheck %s
// REDEFINE: %{name} = cos
// RUN: %{put}
// RUN: %{run} %t/%{name}.mlir --range=arg0=-1000:1000 --rtol=2e-7 | FileCheck %s
// RUN: %{run} %t/%{name}.mlir --range=arg0=-2000000000:2000000000 --rtol=2e-7 --mcpu=x86-64 | FileCheck %s

// All of them in a row of scores, in each type; NaN and infinity among the queries.
// DEFINE: %{type} = f32
// DEFINE: %{many} = sed s/TYPE/%{type}/g %t/many.mlir > %t/%{type}.mlir && attn-run --random-inputs --compare=reference %t/%{type}.mlir
// RUN: %{many} | FileCheck %s
// REDEFINE: %{type} = bf16
// RUN: %{many} | FileCheck %s
// REDEFINE: %{type} = f16
// RUN: %{many} | FileCheck %s

//--- many.mlir
!q = tensor<1x2x70x16xTYPE>
!k = tensor<1x2x135x16xTYPE>
func.func @main(%q: !q, %k: !k, %v: !k) -> !q {
  %zero = arith.constant 0.0 : TYPE
  %unit = arith.constant 1.0 : TYPE
  %nan = arith.divf %zero, %zero : TYPE
  %infinity = arith.divf %unit, %zero : TYPE
  %two = tensor.from_elements %nan, %infinity : tensor<1x1x2x1xTYPE>
  %special = tensor.insert_slice %two into %q[0, 1, 20, 3] [1, 1, 2, 1] [1, 1, 1, 1] : tensor<1x1x2x1xTYPE> into !q
  %0 = attn.attention %special, %k, %v
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %one = arith.constant 1.0 : f32
      %many = arith.constant 8.0 : f32
      %size = math.absf %s : f32
      %more = arith.addf %size, %one : f32
      %x0 = math.erf %s : f32
      %x1 = math.log %more : f32
      %x2 = math.log2 %more : f32
      %x3 = math.log10 %more : f32
      %x4 = math.log1p %size : f32
      %x5 = math.exp2 %x0 : f32
      %angle = arith.mulf %s, %many : f32
      %x6 = math.sin %angle : f32
      %x7 = math.cos %s : f32
      %y0 = arith.addf %x0, %x1 : f32
      %y1 = arith.subf %x2, %x3 : f32
      %y2 = arith.addf %x4, %x5 : f32
      %y3 = arith.addf %x6, %x7 : f32
      %z0 = arith.addf %y0, %y1 : f32
      %z1 = arith.addf %y2, %y3 : f32
      %z = arith.addf %z0, %z1 : f32
      attn.yield %z : f32
    }
    : !q, !k, !k -> !q
  return %0 : !q
}

//--- tanh.mlir
func.func @main(%q: tensor<1x1x65536x1xf32>) -> tensor<1x1x65536xf32> {
  %k = arith.constant dense<1.0> : tensor<1x1x1x1xf32>
  %o, %l = attn.attention %q, %k, %k scale 1.0
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = math.tanh %s : f32
      attn.yield %0 : f32
    }
    : tensor<1x1x65536x1xf32>, tensor<1x1x1x1xf32>, tensor<1x1x1x1xf32> -> (tensor<1x1x65536x1xf32>, lse tensor<1x1x65536xf32>)
  return %l : tensor<1x1x65536xf32>
}
