// Queries whose number only a run knows: a single one and a few share their keys among blocks, many do not.
// RUN: attn-opt %s -attn-attach-gpu-target -convert-attn-to-tile | FileCheck %s --check-prefix=SPLIT
// RUN: rm -rf %t && mkdir %t
// DEFINE: %{run} = attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --compare=reference --keep-dynamic --library=%t/main.so
// RUN: %{run} --dim n=70 --dim m=135 | FileCheck %s
// RUN: %{run} --dim n=1 --dim m=600 | FileCheck %s
// RUN: %{run} --dim n=3 --dim m=530 | FileCheck %s
// RUN: %{run} --dim n=32 --dim m=513 | FileCheck %s
// RUN: %{run} --dim n=33 --dim m=135 | FileCheck %s
// RUN: %{run} --dim n=0 --dim m=70 | FileCheck %s
// CHECK: result0 {{.*}}: agree
// CHECK: result1 {{.*}}: agree

// SPLIT: scf.if
// SPLIT: scf.forall {{.*}} in (1, 2, 1, %{{.*}})
// SPLIT: attn_tile.stream {{.*}} schedule <rows = 16, keys = 64,
// SPLIT: scf.if
// SPLIT: scf.forall {{.*}} in (1, 2, %{{.*}}, %{{.*}})
// SPLIT: attn_tile.stream {{.*}} schedule <rows = 64, keys = 64,
// SPLIT: scf.forall {{.*}} in (1, 4, %{{[^,]*}})
// SPLIT: attn_tile.stream {{.*}} schedule <rows = 64, keys = 64,
func.func @main(%q: tensor<1x4x?x32xf16> {attn.dim_names = ["", "", "n", ""]}, %k: tensor<1x2x?x32xf16> {attn.dim_names = ["", "", "m", ""]}, %v: tensor<1x2x?x32xf16> {attn.dim_names = ["", "", "m", ""]}, %sink: tensor<4xf32>)
    -> (tensor<1x4x?x32xf16>, tensor<1x4x?xf32>) {
  %o, %lse = attn.attention %q, %k, %v sink %sink scale 0.3
      mask (%b: index, %h: index, %i: index, %j: index) {
        %c5 = arith.constant 5 : index
        %c1 = arith.constant 1 : index
        %0 = arith.muli %i, %c5 : index
        %1 = arith.addi %0, %c1 : index
        %2 = arith.remui %j, %1 : index
        %c0 = arith.constant 0 : index
        %3 = arith.cmpi eq, %2, %c0 : index
        attn.yield %3 : i1
      }
    : tensor<1x4x?x32xf16>, tensor<1x2x?x32xf16>, tensor<1x2x?x32xf16>, sink tensor<4xf32> -> (tensor<1x4x?x32xf16>, lse tensor<1x4x?xf32>)
  return %o, %lse : tensor<1x4x?x32xf16>, tensor<1x4x?xf32>
}
