// A mask whose check fails for some rows: the call says so, and the kernels behind, whose warps wait for each other, do nothing.
// RUN: rm -rf %t && mkdir %t
// DEFINE: %{run} = attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --keep-dynamic --library=%t/main.so
// RUN: %{run} --dim n=66 --compare=reference | FileCheck %s
// RUN: not %{run} --dim n=67 2>&1 | FileCheck %s --check-prefix=ZERO
// RUN: not env ATTN_PTX_ORDER=hold ATTN_PTX_SEED=2 %{run} --dim n=150 2>&1 | FileCheck %s --check-prefix=ZERO
// CHECK: agree
// ZERO: arith.remui: expected a divisor other than 0, got 0 (code 3)

func.func @main(%q: tensor<1x2x?x32xf16> {attn.dim_names = ["", "", "n", ""]}, %k: tensor<1x2x150x32xf16>) -> tensor<1x2x?x32xf16> {
  %o = attn.attention %q, %k, %k mask (%b: index, %h: index, %i: index, %j: index) {
      %c66 = arith.constant 66 : index
      %period = arith.subi %c66, %i : index
      %rest = arith.remui %j, %period : index
      %c0 = arith.constant 0 : index
      %0 = arith.cmpi eq, %rest, %c0 : index
      attn.yield %0 : i1
    } : tensor<1x2x?x32xf16>, tensor<1x2x150x32xf16>, tensor<1x2x150x32xf16> -> tensor<1x2x?x32xf16>
  %twice = arith.addf %o, %o : tensor<1x2x?x32xf16>
  return %twice : tensor<1x2x?x32xf16>
}
