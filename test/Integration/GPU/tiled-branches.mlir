// Attention on tensor cores in branches by elements: its kernels ask for the condition, and the host reads nothing.
// RUN: attn-compile %s --target=cuda --emit=mlir --stage=gpu -o - | FileCheck %s --check-prefix=HOST
// HOST-NOT: attn_rt_gpu_read
// HOST: attn_tile.make_ring
// HOST-NOT: attn_rt_gpu_read
// A function is compiled once.
// RUN: rm -rf %t && mkdir %t
// DEFINE: %{run} = attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --compare=reference
// RUN: %{run} --function=prefill --library=%t/prefill.so --range which=0:0 | FileCheck %s
// RUN: %{run} --function=prefill --library=%t/prefill.so --range which=1:1 | FileCheck %s
// RUN: %{run} --function=prefill --library=%t/prefill.so --range which=2:2 | FileCheck %s
// RUN: %{run} --function=decode --library=%t/decode.so --range which=0:0 | FileCheck %s
// RUN: %{run} --function=decode --library=%t/decode.so --range which=1:1 | FileCheck %s
// RUN: %{run} --function=called --library=%t/called.so --range which=0:0 | FileCheck %s
// RUN: %{run} --function=called --library=%t/called.so --range which=1:1 | FileCheck %s
// RUN: %{run} --function=handed_on --library=%t/handed_on.so --range times=3:3 | FileCheck %s
// RUN: %{run} --function=steps --library=%t/steps.so --range which=0:0 | FileCheck %s
// RUN: %{run} --function=steps --library=%t/steps.so --range which=1:1 | FileCheck %s
// One query, few and any, with keys that blocks share.
// RUN: %{run} --function=queries --library=%t/queries.so --keep-dynamic --range which=0:0 --dim n=1 --dim m=520 | FileCheck %s
// RUN: %{run} --function=queries --library=%t/queries.so --keep-dynamic --range which=1:1 --dim n=1 --dim m=520 | FileCheck %s
// RUN: %{run} --function=queries --library=%t/queries.so --keep-dynamic --range which=1:1 --dim n=5 --dim m=520 | FileCheck %s
// RUN: %{run} --function=queries --library=%t/queries.so --keep-dynamic --range which=0:0 --dim n=70 --dim m=130 | FileCheck %s
// RUN: %{run} --function=queries --library=%t/queries.so --keep-dynamic --range which=1:1 --dim n=70 --dim m=130 | FileCheck %s
// CHECK-NOT: differ
// CHECK: agree

// One branch inside of another, and a part of a tensor by an element that only one side reads.
func.func @prefill(%q: tensor<1x2x70x32xf16>, %k: tensor<1x2x135x32xf16>, %v: tensor<1x2x135x32xf16>, %which: tensor<i64> {attn.name = "which"})
    -> tensor<1x2x70x32xf16> {
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %t = tensor.extract %which[] : tensor<i64>
  %isZero = arith.cmpi eq, %t, %zero : i64
  %r = scf.if %isZero -> tensor<1x2x70x32xf16> {
    %o = attn.attention %q, %k, %v mask (%b: index, %h: index, %i: index, %j: index) {
        %0 = attn.causal %i, %j
        attn.yield %0 : i1
      } : tensor<1x2x70x32xf16>, tensor<1x2x135x32xf16>, tensor<1x2x135x32xf16> -> tensor<1x2x70x32xf16>
    scf.yield %o : tensor<1x2x70x32xf16>
  } else {
    %isOne = arith.cmpi eq, %t, %one : i64
    %inner = scf.if %isOne -> tensor<1x2x70x32xf16> {
      %head = arith.index_cast %t : i64 to index
      %other = tensor.extract_slice %k[0, %head, 0, 0] [1, 1, 135, 32] [1, 1, 1, 1] : tensor<1x2x135x32xf16> to tensor<1x1x135x32xf16>
      %o = attn.attention %q, %other, %other
        : tensor<1x2x70x32xf16>, tensor<1x1x135x32xf16>, tensor<1x1x135x32xf16> -> tensor<1x2x70x32xf16>
      scf.yield %o : tensor<1x2x70x32xf16>
    } else {
      scf.yield %q : tensor<1x2x70x32xf16>
    }
    scf.yield %inner : tensor<1x2x70x32xf16>
  }
  return %r : tensor<1x2x70x32xf16>
}

// Blocks that share keys, and kernels that merge what they leave.
func.func @decode(%q: tensor<1x2x1x32xf16>, %k: tensor<1x1x520x32xf16>, %which: tensor<1xi64> {attn.name = "which"})
    -> tensor<1x2x1x32xf16> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0 : i64
  %t = tensor.extract %which[%c0] : tensor<1xi64>
  %isZero = arith.cmpi eq, %t, %zero : i64
  %r = scf.if %isZero -> tensor<1x2x1x32xf16> {
    %o = attn.attention %q, %k, %k scale 0.5 : tensor<1x2x1x32xf16>, tensor<1x1x520x32xf16>, tensor<1x1x520x32xf16> -> tensor<1x2x1x32xf16>
    scf.yield %o : tensor<1x2x1x32xf16>
  } else {
    %o = attn.attention %q, %k, %k scale 0.1 : tensor<1x2x1x32xf16>, tensor<1x1x520x32xf16>, tensor<1x1x520x32xf16> -> tensor<1x2x1x32xf16>
    scf.yield %o : tensor<1x2x1x32xf16>
  }
  return %r : tensor<1x2x1x32xf16>
}

// A function's code comes to where it is called.
func.func private @halves(%q: tensor<1x1x70x32xf16>, %k: tensor<1x1x135x32xf16>) -> tensor<1x1x70x32xf16> {
  %o = attn.attention %q, %k, %k : tensor<1x1x70x32xf16>, tensor<1x1x135x32xf16>, tensor<1x1x135x32xf16> -> tensor<1x1x70x32xf16>
  %r = arith.addf %o, %q : tensor<1x1x70x32xf16>
  return %r : tensor<1x1x70x32xf16>
}

func.func @called(%q: tensor<1x1x70x32xf16>, %k: tensor<1x1x135x32xf16>, %which: tensor<i64> {attn.name = "which"}) -> tensor<1x1x70x32xf16> {
  %zero = arith.constant 0 : i64
  %t = tensor.extract %which[] : tensor<i64>
  %isZero = arith.cmpi eq, %t, %zero : i64
  %r = scf.if %isZero -> tensor<1x1x70x32xf16> {
    %o = func.call @halves(%q, %k) : (tensor<1x1x70x32xf16>, tensor<1x1x135x32xf16>) -> tensor<1x1x70x32xf16>
    scf.yield %o : tensor<1x1x70x32xf16>
  } else {
    scf.yield %q : tensor<1x1x70x32xf16>
  }
  %again = func.call @halves(%r, %k) : (tensor<1x1x70x32xf16>, tensor<1x1x135x32xf16>) -> tensor<1x1x70x32xf16>
  return %again : tensor<1x1x70x32xf16>
}

// A condition that hands on another tensor than it has.
func.func @handed_on(%x: tensor<4xf32>, %times: tensor<i64> {attn.name = "times"}) -> tensor<4xf32> {
  %zero = arith.constant 0 : i64
  %one = arith.constant 1 : i64
  %n = tensor.extract %times[] : tensor<i64>
  %r:2 = scf.while (%a = %x, %i = %zero) : (tensor<4xf32>, i64) -> (tensor<4xf32>, i64) {
    %more = arith.cmpi slt, %i, %n : i64
    %s = arith.addf %a, %x : tensor<4xf32>
    scf.condition(%more) %s, %i : tensor<4xf32>, i64
  } do {
  ^bb0(%s: tensor<4xf32>, %j: i64):
    %m = arith.mulf %s, %s : tensor<4xf32>
    %k = arith.addi %j, %one : i64
    scf.yield %m, %k : tensor<4xf32>, i64
  }
  return %r#0 : tensor<4xf32>
}

// Kernels of one, few and any queries: the host chooses by sizes, and each asks for the element.
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

// A loop in a branch: the host launches all of its turns.
func.func @steps(%q: tensor<1x1x70x32xf16>, %k: tensor<1x1x135x32xf16>, %which: tensor<i64> {attn.name = "which"}) -> tensor<1x1x70x32xf16> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %zero = arith.constant 0 : i64
  %t = tensor.extract %which[] : tensor<i64>
  %isZero = arith.cmpi eq, %t, %zero : i64
  %r = scf.if %isZero -> tensor<1x1x70x32xf16> {
    %s = scf.for %step = %c0 to %c2 step %c1 iter_args(%x = %q) -> tensor<1x1x70x32xf16> {
      %o = attn.attention %x, %k, %k : tensor<1x1x70x32xf16>, tensor<1x1x135x32xf16>, tensor<1x1x135x32xf16> -> tensor<1x1x70x32xf16>
      scf.yield %o : tensor<1x1x70x32xf16>
    }
    scf.yield %s : tensor<1x1x70x32xf16>
  } else {
    scf.yield %q : tensor<1x1x70x32xf16>
  }
  return %r : tensor<1x1x70x32xf16>
}
