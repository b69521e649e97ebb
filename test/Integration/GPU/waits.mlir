// What the host still decides by elements, for which it waits: sizes, a tensor of a size that branches inside choose, loops of the host
// that carry tensors.
// RUN: attn-opt %s -attn-attach-gpu-target -attn-to-nvvm --remarks-filter=attn-launch-kernels --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// REMARK: got a '{{.*}}memref.alloc{{.*}}' by an element of a tensor
// REMARK: got a '{{.*}}scf.if{{.*}}' by an element of a tensor
// REMARK: got a '{{.*}}scf.if{{.*}}' by an element of a tensor{{.*}}, with a '{{.*}}scf.for{{.*}}' in it
// DEFINE: %{run} = attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --compare=reference --keep-dynamic
// RUN: %{run} --function=size --range count=1:1 | FileCheck %s
// RUN: %{run} --function=size --range count=77:77 | FileCheck %s
// RUN: %{run} --function=queries --range which=0:0 --dim n=1 --dim m=520 | FileCheck %s
// RUN: %{run} --function=queries --range which=1:1 --dim n=1 --dim m=520 | FileCheck %s
// A branch made the tensor, or computed in the caller's, which is not freed then.
// RUN: %{run} --function=queries --range which=1:1 --dim n=40 --dim m=70 | FileCheck %s
// RUN: %{run} --function=steps --range which=0:0 | FileCheck %s
// RUN: %{run} --function=steps --range which=1:1 | FileCheck %s
// CHECK-NOT: differ
// CHECK: agree

// As many keys as an element says.
func.func @size(%q: tensor<1x2x20x32xf16>, %k: tensor<1x2x100x32xf16>, %count: tensor<i64> {attn.name = "count"}) -> tensor<1x2x20x32xf16> {
  %t = tensor.extract %count[] : tensor<i64>
  %n = arith.index_cast %t : i64 to index
  %part = tensor.extract_slice %k[0, 0, 0, 0] [1, 2, %n, 32] [1, 1, 1, 1] : tensor<1x2x100x32xf16> to tensor<1x2x?x32xf16>
  %twice = arith.addf %part, %part : tensor<1x2x?x32xf16>
  %o = attn.attention %q, %twice, %part : tensor<1x2x20x32xf16>, tensor<1x2x?x32xf16>, tensor<1x2x?x32xf16> -> tensor<1x2x20x32xf16>
  return %o : tensor<1x2x20x32xf16>
}

// The host chooses kernels of one, few and any queries by sizes.
func.func @queries(%q: tensor<1x2x?x32xf16> {attn.dim_names = ["", "", "n", ""]}, %k: tensor<1x1x?x32xf16> {attn.dim_names = ["", "", "m", ""]}, %which: tensor<1xi64> {attn.name = "which"})
    -> tensor<1x2x?x32xf16> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0 : i64
  %t = tensor.extract %which[%c0] : tensor<1xi64>
  %isZero = arith.cmpi eq, %t, %zero : i64
  %r = scf.if %isZero -> tensor<1x2x?x32xf16> {
    %o = attn.attention %q, %k, %k scale 0.5 : tensor<1x2x?x32xf16>, tensor<1x1x?x32xf16>, tensor<1x1x?x32xf16> -> tensor<1x2x?x32xf16>
    scf.yield %o : tensor<1x2x?x32xf16>
  } else {
    %o = attn.attention %q, %k, %k scale 0.1 : tensor<1x2x?x32xf16>, tensor<1x1x?x32xf16>, tensor<1x1x?x32xf16> -> tensor<1x2x?x32xf16>
    scf.yield %o : tensor<1x2x?x32xf16>
  }
  return %r : tensor<1x2x?x32xf16>
}

// A loop of the host in a branch.
func.func @steps(%q: tensor<1x1x20x32xf16>, %k: tensor<1x1x30x32xf16>, %which: tensor<i64> {attn.name = "which"}) -> tensor<1x1x20x32xf16> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant 0 : i64
  %t = tensor.extract %which[] : tensor<i64>
  %isZero = arith.cmpi eq, %t, %zero : i64
  %r = scf.if %isZero -> tensor<1x1x20x32xf16> {
    %s = scf.for %step = %c0 to %c2 step %c1 iter_args(%x = %q) -> tensor<1x1x20x32xf16> {
      %o = attn.attention %x, %k, %k : tensor<1x1x20x32xf16>, tensor<1x1x30x32xf16>, tensor<1x1x30x32xf16> -> tensor<1x1x20x32xf16>
      scf.yield %o : tensor<1x1x20x32xf16>
    }
    scf.yield %s : tensor<1x1x20x32xf16>
  } else {
    scf.yield %q : tensor<1x1x20x32xf16>
  }
  return %r : tensor<1x1x20x32xf16>
}
