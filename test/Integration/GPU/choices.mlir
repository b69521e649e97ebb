// Tensors that branches and loops choose by elements: kernels ask for the condition, and the host reads nothing.
// RUN: attn-compile %s --target=cuda --emit=mlir --stage=gpu -o - | FileCheck %s --check-prefix=HOST
// HOST-NOT: attn_rt_gpu_read
// A function is compiled once.
// RUN: rm -rf %t && mkdir %t
// DEFINE: %{run} = attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --compare=reference
// RUN: %{run} --function=branch --library=%t/branch.so --range which=0:0 --dim n=5 | FileCheck %s
// RUN: %{run} --function=branch --library=%t/branch.so --range which=1:1 --dim n=5 | FileCheck %s
// RUN: %{run} --function=branch --library=%t/branch.so --range which=2:2 --dim n=5 | FileCheck %s
// RUN: %{run} --function=select --library=%t/select.so --range which=0:0 | FileCheck %s
// RUN: %{run} --function=select --library=%t/select.so --range which=1:1 | FileCheck %s
// RUN: %{run} --function=turns --library=%t/turns.so --range times=0:0 | FileCheck %s
// RUN: %{run} --function=turns --library=%t/turns.so --range times=3:3 | FileCheck %s
// RUN: %{run} --function=while --library=%t/while.so --range times=0:0 | FileCheck %s
// RUN: %{run} --function=while --library=%t/while.so --range times=5:5 | FileCheck %s
// RUN: %{run} --function=checked --library=%t/checked.so --range at=3:3 | FileCheck %s
// RUN: %{run} --function=checked --library=%t/checked.so --range at=-9:-9 | FileCheck %s
// CHECK-NOT: differ
// CHECK: agree
// RUN: not %{run} --function=checked --library=%t/checked.so --range at=13:13 2>&1 | FileCheck %s --check-prefix=BEHIND
// BEHIND: expected a part of the tensor (code 3)

// One branch inside of another, of a size that only a run knows, with products.
func.func @branch(%x: tensor<?x4xf32> {attn.dim_names = ["n", ""]}, %w: tensor<4x4xf32>, %which: tensor<i64> {attn.name = "which"})
    -> (tensor<?x4xf32>, tensor<4xf32>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %f0 = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %t = tensor.extract %which[] : tensor<i64>
  %isZero = arith.cmpi eq, %t, %zero : i64
  %r:2 = scf.if %isZero -> (tensor<?x4xf32>, tensor<4xf32>) {
    %e = tensor.empty(%n) : tensor<?x4xf32>
    %f = linalg.fill ins(%f0 : f32) outs(%e : tensor<?x4xf32>) -> tensor<?x4xf32>
    %p = linalg.matmul ins(%x, %w : tensor<?x4xf32>, tensor<4x4xf32>) outs(%f : tensor<?x4xf32>) -> tensor<?x4xf32>
    %s = arith.addf %p, %x : tensor<?x4xf32>
    %row = tensor.extract_slice %w[1, 0] [1, 4] [1, 1] : tensor<4x4xf32> to tensor<4xf32>
    scf.yield %s, %row : tensor<?x4xf32>, tensor<4xf32>
  } else {
    %isOne = arith.cmpi eq, %t, %one : i64
    %i:2 = scf.if %isOne -> (tensor<?x4xf32>, tensor<4xf32>) {
      %s = arith.negf %x : tensor<?x4xf32>
      %row = tensor.extract_slice %w[2, 0] [1, 4] [1, 1] : tensor<4x4xf32> to tensor<4xf32>
      scf.yield %s, %row : tensor<?x4xf32>, tensor<4xf32>
    } else {
      %row = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
      scf.yield %x, %row : tensor<?x4xf32>, tensor<4xf32>
    }
    scf.yield %i#0, %i#1 : tensor<?x4xf32>, tensor<4xf32>
  }
  %e = arith.addf %r#0, %x : tensor<?x4xf32>
  return %e, %r#1 : tensor<?x4xf32>, tensor<4xf32>
}

func.func @select(%x: tensor<3x5xf32>, %y: tensor<3x5xf32>, %which: tensor<1xi64> {attn.name = "which"}) -> tensor<3x5xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0 : i64
  %t = tensor.extract %which[%c0] : tensor<1xi64>
  %p = arith.cmpi sgt, %t, %zero : i64
  %r = arith.select %p, %x, %y : tensor<3x5xf32>
  %e = arith.mulf %r, %x : tensor<3x5xf32>
  return %e : tensor<3x5xf32>
}

// Two tensors that change places.
func.func @turns(%x: tensor<4xf32>, %y: tensor<4xf32>, %times: tensor<i64> {attn.name = "times"}) -> (tensor<4xf32>, tensor<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %t = tensor.extract %times[] : tensor<i64>
  %n = arith.index_cast %t : i64 to index
  %r:2 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x, %b = %y) -> (tensor<4xf32>, tensor<4xf32>) {
    %s = arith.addf %a, %b : tensor<4xf32>
    scf.yield %b, %s : tensor<4xf32>, tensor<4xf32>
  }
  return %r#0, %r#1 : tensor<4xf32>, tensor<4xf32>
}

func.func @while(%x: tensor<4xf32>, %y: tensor<4xf32>, %times: tensor<i64> {attn.name = "times"}) -> (tensor<4xf32>, tensor<4xf32>) {
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %n = tensor.extract %times[] : tensor<i64>
  %r:3 = scf.while (%a = %x, %b = %y, %i = %zero) : (tensor<4xf32>, tensor<4xf32>, i64) -> (tensor<4xf32>, tensor<4xf32>, i64) {
    %more = arith.cmpi slt, %i, %n : i64
    scf.condition(%more) %a, %b, %i : tensor<4xf32>, tensor<4xf32>, i64
  } do {
  ^bb0(%a: tensor<4xf32>, %b: tensor<4xf32>, %j: i64):
    %s = arith.addf %b, %x : tensor<4xf32>
    %k = arith.addi %j, %one : i64
    scf.yield %s, %a, %k : tensor<4xf32>, tensor<4xf32>, i64
  }
  return %r#0, %r#1 : tensor<4xf32>, tensor<4xf32>
}

// A check, and a part of a tensor, that only one branch has.
func.func @checked(%x: tensor<16xf32>, %at: tensor<i64> {attn.name = "at"}) -> tensor<4xf32> {
  %zero = arith.constant 0 : i64
  %c12 = arith.constant 12 : index
  %t = tensor.extract %at[] : tensor<i64>
  %p = arith.cmpi sge, %t, %zero : i64
  %r = scf.if %p -> tensor<4xf32> {
    %n = arith.index_cast %t : i64 to index
    %ok = arith.cmpi sle, %n, %c12 : index
    cf.assert %ok, "expected a part of the tensor"
    %s = tensor.extract_slice %x[%n] [4] [1] : tensor<16xf32> to tensor<4xf32>
    %d = arith.addf %s, %s : tensor<4xf32>
    scf.yield %d : tensor<4xf32>
  } else {
    %s = tensor.extract_slice %x[7] [4] [1] : tensor<16xf32> to tensor<4xf32>
    scf.yield %s : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}
