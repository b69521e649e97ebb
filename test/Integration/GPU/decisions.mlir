// A loop, a part and checks by elements of tensors, which the device does alone.
// RUN: attn-compile %s --target=cuda --emit=mlir --stage=gpu -o - | FileCheck %s --check-prefix=HOST
// HOST-NOT: attn_rt_gpu_read
// DEFINE: %{run} = attn-run %s --target=cuda --device=ptx-interpreter --random-inputs
// RUN: %{run} --function=repeat --range times=0:0 --compare=reference | FileCheck %s
// RUN: %{run} --function=repeat --range times=3:3 --compare=reference | FileCheck %s
// RUN: %{run} --function=part --range at=12:12 --compare=reference | FileCheck %s
// CHECK: agree
// RUN: not %{run} --function=repeat --range times=-3:-3 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// NEGATIVE: expected a number of at least 0 (code 3)
// RUN: not %{run} --function=part --range at=13:13 2>&1 | FileCheck %s --check-prefix=BEHIND
// BEHIND: expected a part of the tensor (code 3)

func.func @repeat(%x: tensor<4xf32>, %times: tensor<i64> {attn.name = "times"}) -> tensor<4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %t = tensor.extract %times[] : tensor<i64>
  %n = arith.index_cast %t : i64 to index
  %ok = arith.cmpi sge, %n, %c0 : index
  cf.assert %ok, "expected a number of at least 0"
  %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> tensor<4xf32> {
    %s = arith.addf %a, %x : tensor<4xf32>
    scf.yield %s : tensor<4xf32>
  }
  return %r : tensor<4xf32>
}

func.func @part(%x: tensor<16xf32>, %at: tensor<i64> {attn.name = "at"}) -> tensor<4xf32> {
  %t = tensor.extract %at[] : tensor<i64>
  %n = arith.index_cast %t : i64 to index
  %c0 = arith.constant 0 : index
  %c12 = arith.constant 12 : index
  %a = arith.cmpi sge, %n, %c0 : index
  %b = arith.cmpi sle, %n, %c12 : index
  %ok = arith.andi %a, %b : i1
  cf.assert %ok, "expected a part of the tensor"
  %s = tensor.extract_slice %x[%n] [4] [1] : tensor<16xf32> to tensor<4xf32>
  %r = arith.addf %s, %s : tensor<4xf32>
  return %r : tensor<4xf32>
}
