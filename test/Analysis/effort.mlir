// Analysis is bounded by operations, not by a clock: where they do not suffice,
// nothing is proved, and every tile is visited and PARTIAL.
// RUN: attn-opt %s --attn-print-mask-analysis -o /dev/null | FileCheck %s --check-prefix=ALL
// RUN: attn-opt %s --attn-print-mask-analysis=effort=0 -o /dev/null | FileCheck %s --check-prefix=NONE

// ALL: visited: (I floordiv 8) * 8 <= J < I + 1 (exact)
// NONE: visited: 0 <= J < 64{{$}}
// NONE: masked:  0 <= J < 64{{$}}
// NONE: proved:  nothing
// NONE-NEXT: effort:  spent
!s = tensor<1x2x4096x16xf32>
func.func @packed(%q: !s, %k: !s, %v: !s) -> !s {
  %c512 = arith.constant 512 : index
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = arith.floordivsi %i, %c512 : index
      %1 = arith.floordivsi %j, %c512 : index
      %2 = arith.cmpi eq, %0, %1 : index
      %3 = attn.causal %i, %j
      %4 = arith.andi %2, %3 : i1
      attn.yield %4 : i1
    } : !s, !s, !s -> !s
  return %o : !s
}
