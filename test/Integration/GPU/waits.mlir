// What the host still decides by elements, for which it waits: sizes, which tensor where the sizes differ, loops with attention on tensor
// cores.
// RUN: attn-opt %s -attn-attach-gpu-target -attn-to-nvvm --remarks-filter=attn-launch-kernels --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// REMARK: got a '{{.*}}memref.alloc{{.*}}' by an element of a tensor
// REMARK: got a '{{.*}}scf.if{{.*}}' by an element of a tensor
// REMARK: got a '{{.*}}scf.condition{{.*}}' by an element of a tensor
// A function is compiled once.
// RUN: rm -rf %t && mkdir %t
// DEFINE: %{run} = attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --compare=reference --keep-dynamic
// RUN: %{run} --function=size --library=%t/size.so --range count=1:1 | FileCheck %s
// RUN: %{run} --function=size --library=%t/size.so --range count=135:135 | FileCheck %s
// RUN: %{run} --function=chosen --library=%t/chosen.so --range which=0:0 --dim n=3 --dim m=5 | FileCheck %s
// RUN: %{run} --function=chosen --library=%t/chosen.so --range which=1:1 --dim n=3 --dim m=5 | FileCheck %s
// RUN: %{run} --function=until --library=%t/until.so --range times=0:0 | FileCheck %s
// RUN: %{run} --function=until --library=%t/until.so --range times=3:3 | FileCheck %s
// CHECK-NOT: differ
// CHECK: agree

// As many keys as an element says.
func.func @size(%q: tensor<1x2x70x32xf16>, %k: tensor<1x2x150x32xf16>, %count: tensor<i64> {attn.name = "count"}) -> tensor<1x2x70x32xf16> {
  %t = tensor.extract %count[] : tensor<i64>
  %n = arith.index_cast %t : i64 to index
  %part = tensor.extract_slice %k[0, 0, 0, 0] [1, 2, %n, 32] [1, 1, 1, 1] : tensor<1x2x150x32xf16> to tensor<1x2x?x32xf16>
  %twice = arith.addf %part, %part : tensor<1x2x?x32xf16>
  %o = attn.attention %q, %twice, %part : tensor<1x2x70x32xf16>, tensor<1x2x?x32xf16>, tensor<1x2x?x32xf16> -> tensor<1x2x70x32xf16>
  return %o : tensor<1x2x70x32xf16>
}

// One of two tensors of sizes of their own.
func.func @chosen(%x: tensor<?x4xf32> {attn.dim_names = ["n", ""]}, %y: tensor<?x4xf32> {attn.dim_names = ["m", ""]}, %which: tensor<i64> {attn.name = "which"})
    -> tensor<4xf32> {
  %zero = arith.constant 0 : i64
  %f0 = arith.constant 0.0 : f32
  %t = tensor.extract %which[] : tensor<i64>
  %isZero = arith.cmpi eq, %t, %zero : i64
  %r = scf.if %isZero -> tensor<?x4xf32> {
    %s = arith.mulf %x, %x : tensor<?x4xf32>
    scf.yield %s : tensor<?x4xf32>
  } else {
    scf.yield %y : tensor<?x4xf32>
  }
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%f0 : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  %sum = linalg.reduce { arith.addf } ins(%r : tensor<?x4xf32>) outs(%f : tensor<4xf32>) dimensions = [0]
  return %sum : tensor<4xf32>
}

// Only the host launches blocks, and how often is in a tensor.
func.func @until(%q: tensor<1x1x70x32xf16>, %k: tensor<1x1x135x32xf16>, %times: tensor<i64> {attn.name = "times"}) -> tensor<1x1x70x32xf16> {
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %n = tensor.extract %times[] : tensor<i64>
  %r:2 = scf.while (%x = %q, %i = %zero) : (tensor<1x1x70x32xf16>, i64) -> (tensor<1x1x70x32xf16>, i64) {
    %more = arith.cmpi slt, %i, %n : i64
    scf.condition(%more) %x, %i : tensor<1x1x70x32xf16>, i64
  } do {
  ^bb0(%x: tensor<1x1x70x32xf16>, %i: i64):
    %o = attn.attention %x, %k, %k : tensor<1x1x70x32xf16>, tensor<1x1x135x32xf16>, tensor<1x1x135x32xf16> -> tensor<1x1x70x32xf16>
    %j = arith.addi %i, %one : i64
    scf.yield %o, %j : tensor<1x1x70x32xf16>, i64
  }
  return %r#0 : tensor<1x1x70x32xf16>
}
