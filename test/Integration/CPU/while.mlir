// A loop that data ends, with a tensor of dynamic size: never run, and run three times.
// RUN: attn-run %s --plain -O0 --random-inputs --range times=0:0 --keep-dynamic --dim n=4 --compare=reference | FileCheck %s
// RUN: attn-run %s --plain -O0 --random-inputs --range times=3:3 --keep-dynamic --dim n=4 --compare=reference | FileCheck %s
// RUN: attn-run %s --plain --random-inputs --range times=3:3 --dim n=0 --compare=reference | FileCheck %s
// CHECK: agree

func.func @main(%x: tensor<?xf32> {attn.dim_names = ["n"]}, %times: tensor<i64> {attn.name = "times"}) -> tensor<?xf32> {
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %n = tensor.extract %times[] : tensor<i64>
  %r:2 = scf.while (%a = %x, %i = %zero) : (tensor<?xf32>, i64) -> (tensor<?xf32>, i64) {
    %more = arith.cmpi slt, %i, %n : i64
    scf.condition(%more) %a, %i : tensor<?xf32>, i64
  } do {
  ^bb0(%b: tensor<?xf32>, %j: i64):
    %s = arith.addf %b, %b : tensor<?xf32>
    %k = arith.addi %j, %one : i64
    scf.yield %s, %k : tensor<?xf32>, i64
  }
  return %r#0 : tensor<?xf32>
}
