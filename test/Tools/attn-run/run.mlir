// Random inputs: the report, seeds, ranges, dimensions, and the choice of the function.

// RUN: attn-run %s --function=add --random-inputs --seed=3 > %t.3
// RUN: FileCheck %s --check-prefix=ADD < %t.3
// RUN: attn-run %s --function=add --random-inputs --seed=3 | diff - %t.3
// RUN: not sh -c 'attn-run %s --function=add --random-inputs --seed=4 | diff - %t.3' | FileCheck %s --check-prefix=OTHER
// ADD: result0 f32 [2, 3]: mean {{.*}}, min {{.*}}, max {{.*}}
// ADD-NEXT: {{^  \[\[.*, .*, .*\],$}}
// ADD-NEXT: {{^   \[.*, .*, .*\]\]$}}
// OTHER: {{^[<>] }}

// RUN: attn-run %s --function=same --random-inputs --range=ids=7:7 --dim n=4 | FileCheck %s --check-prefix=RANGE
// RUN: attn-run %s --function=same --random-inputs --range=ids=7:7 --dim n=4 --keep-dynamic | FileCheck %s --check-prefix=RANGE
// RANGE: same_ids i64 [4]: mean 7, min 7, max 7
// RANGE-NEXT: [7, 7, 7, 7]

// RUN: attn-run %s --function=same --random-inputs --dim n=0 | FileCheck %s --check-prefix=EMPTY
// EMPTY: same_ids i64 [0]: empty

// RUN: attn-run %s --function=same --random-inputs --dim n=65 | FileCheck %s --check-prefix=LARGE --implicit-check-not='['
// LARGE: same_ids i64 [65]: mean

// RUN: attn-run %s --random-inputs --threads=1 --plain --mcpu=x86-64 --mattr=+sse4.2 -O0 | FileCheck %s --check-prefix=MAIN
// MAIN: result0 f64 []: no finite element
// RUN: attn-run %s --random-inputs --stats 2>&1 | FileCheck %s --check-prefix=STATS
// STATS: {{link .* ms}}

func.func @add(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %e = tensor.empty() : tensor<2x3xf32>
  %r = linalg.add ins(%x, %y : tensor<2x3xf32>, tensor<2x3xf32>) outs(%e : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %r : tensor<2x3xf32>
}

func.func @same(%x: tensor<?xi64> {attn.name = "ids", attn.dim_names = ["n"]})
    -> (tensor<?xi64> {attn.name = "same_ids", attn.dim_names = ["n"]}) {
  return %x : tensor<?xi64>
}

func.func @main() -> tensor<f64> {
  %inf = arith.constant dense<0x7FF0000000000000> : tensor<f64>
  return %inf : tensor<f64>
}
