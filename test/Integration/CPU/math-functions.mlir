// Functions as polynomials, in f32: bit patterns of all exponents (NaN, infinite, denormal and huge ones among them), and numbers from
// where the functions bend. The bounds are those of docs/Spec.md, and half a unit in the last place of the oracle's rounding.
// Results that are denormal may be 0. The sizes leave a rest for the masked vector.
// DEFINE: %{run} = attn-run --random-inputs --compare=reference
// DEFINE: %{name} = erf
// DEFINE: %{put} = sed s/erf/%{name}/g %t/bits.mlir > %t/%{name}.mlir && sed s/erf/%{name}/g %t/numbers.mlir > %t/%{name}-numbers.mlir
// RUN: split-file %s %t
// DEFINE: %{all} = %{run} %t/%{name}.mlir --range=arg0=-2147483648:2147483647
// DEFINE: %{some} = %{run} %t/%{name}-numbers.mlir

// RUN: %{put}
// RUN: %{all} --rtol=2.5e-7 --atol=1.2e-38 | FileCheck %s
// RUN: %{some} --range=arg0=-5:5 --rtol=2.5e-7 --atol=1.2e-38 | FileCheck %s
// RUN: %{some} --range=arg0=-5:5 --rtol=2.5e-7 --atol=1.2e-38 --mcpu=x86-64 | FileCheck %s
// REDEFINE: %{name} = tanh
// RUN: %{put}
// RUN: %{all} --rtol=4e-7 --atol=1.2e-38 | FileCheck %s
// RUN: %{some} --range=arg0=-12:12 --rtol=4e-7 --atol=1.2e-38 | FileCheck %s
// REDEFINE: %{name} = exp
// RUN: %{put}
// RUN: %{all} --rtol=2e-7 --atol=3e-38 | FileCheck %s
// RUN: %{some} --range=arg0=-110:90 --rtol=2e-7 --atol=3e-38 | FileCheck %s
// RUN: %{some} --range=arg0=-110:90 --rtol=2e-7 --atol=3e-38 --mcpu=x86-64 | FileCheck %s
// REDEFINE: %{name} = exp2
// RUN: %{put}
// RUN: %{all} --rtol=2e-7 --atol=3e-38 | FileCheck %s
// RUN: %{some} --range=arg0=-140:140 --rtol=2e-7 --atol=3e-38 | FileCheck %s
// RUN: %{some} --range=arg0=-140:140 --rtol=2e-7 --atol=3e-38 --mcpu=x86-64 | FileCheck %s
// REDEFINE: %{name} = expm1
// RUN: %{put}
// RUN: %{all} --rtol=4e-7 --atol=1.2e-38 | FileCheck %s
// RUN: %{some} --range=arg0=-3:3 --rtol=4e-7 --atol=1.2e-38 | FileCheck %s
// REDEFINE: %{name} = log
// RUN: %{put}
// RUN: %{all} --rtol=2e-7 --atol=1.2e-38 | FileCheck %s
// RUN: %{some} --range=arg0=0:3 --rtol=2e-7 --atol=1.2e-38 | FileCheck %s
// RUN: %{some} --range=arg0=0:3 --rtol=2e-7 --atol=1.2e-38 --mcpu=x86-64 | FileCheck %s
// REDEFINE: %{name} = log2
// RUN: %{put}
// RUN: %{all} --rtol=3e-7 --atol=1.2e-38 | FileCheck %s
// RUN: %{some} --range=arg0=0:3 --rtol=3e-7 --atol=1.2e-38 | FileCheck %s
// RUN: %{some} --range=arg0=0:3 --rtol=3e-7 --atol=1.2e-38 --mcpu=x86-64 | FileCheck %s
// REDEFINE: %{name} = log10
// RUN: %{put}
// RUN: %{all} --rtol=3e-7 --atol=1.2e-38 | FileCheck %s
// RUN: %{some} --range=arg0=0:3 --rtol=3e-7 --atol=1.2e-38 | FileCheck %s
// RUN: %{some} --range=arg0=0:3 --rtol=3e-7 --atol=1.2e-38 --mcpu=x86-64 | FileCheck %s
// REDEFINE: %{name} = log1p
// RUN: %{put}
// RUN: %{all} --rtol=3e-7 --atol=1.2e-38 | FileCheck %s
// RUN: %{some} --range=arg0=-2:3 --rtol=3e-7 --atol=1.2e-38 | FileCheck %s
// REDEFINE: %{name} = sin
// RUN: %{put}
// RUN: %{all} --rtol=2e-7 --atol=1.2e-38 | FileCheck %s
// RUN: %{some} --range=arg0=-1048576:1048576 --rtol=2e-7 --atol=1.2e-38 | FileCheck %s
// RUN: %{some} --range=arg0=-10:10 --rtol=2e-7 --atol=1.2e-38 --mcpu=x86-64 | FileCheck %s
// REDEFINE: %{name} = cos
// RUN: %{put}
// RUN: %{all} --rtol=2e-7 --atol=1.2e-38 | FileCheck %s
// RUN: %{some} --range=arg0=-1048576:1048576 --rtol=2e-7 --atol=1.2e-38 | FileCheck %s
// RUN: %{some} --range=arg0=-10:10 --rtol=2e-7 --atol=1.2e-38 --mcpu=x86-64 | FileCheck %s
// CHECK: result0 {{.*}}: agree

// RUN: %{run} %t/powers.mlir --range=arg0=-2147483648:2147483647 --rtol=3e-7 --atol=1e-44 | FileCheck %s --check-prefix=POWERS
// POWERS-COUNT-4: : agree

//--- bits.mlir
func.func @main(%bits: tensor<524291xi32>) -> tensor<524291xf32> {
  %x = arith.bitcast %bits : tensor<524291xi32> to tensor<524291xf32>
  %y = math.erf %x : tensor<524291xf32>
  return %y : tensor<524291xf32>
}

//--- numbers.mlir
func.func @main(%x: tensor<524291xf32>) -> tensor<524291xf32> {
  %y = math.erf %x : tensor<524291xf32>
  return %y : tensor<524291xf32>
}

//--- powers.mlir
func.func @main(%bits: tensor<65539xi32>) -> (tensor<65539xf32>, tensor<65539xf32>, tensor<65539xf32>, tensor<65539xf32>) {
  %x = arith.bitcast %bits : tensor<65539xi32> to tensor<65539xf32>
  %half = arith.constant dense<0.5> : tensor<65539xf32>
  %minus = arith.constant dense<-0.5> : tensor<65539xf32>
  %two = arith.constant dense<2.0> : tensor<65539xf32>
  %three = arith.constant dense<3.0> : tensor<65539xf32>
  %0 = math.powf %x, %half : tensor<65539xf32>
  %1 = math.powf %x, %minus : tensor<65539xf32>
  %2 = math.powf %x, %two : tensor<65539xf32>
  %3 = math.powf %x, %three : tensor<65539xf32>
  return %0, %1, %2, %3 : tensor<65539xf32>, tensor<65539xf32>, tensor<65539xf32>, tensor<65539xf32>
}
