// RUN: attn-opt %s --attn-print-mask-analysis -o /dev/null | FileCheck %s
// RUN: attn-opt %s --attn-print-mask-analysis="query=100 key=200 symbols=100" -o /dev/null | FileCheck %s --check-prefix=COUNT

!t = tensor<1x2x?x16xf32>
!s = tensor<1x2x4096x16xf32>

// No mask.
// CHECK-LABEL: @everything
// CHECK-NEXT: visited: 0 <= J < (Sk + 63) floordiv 64 (exact)
// CHECK-NEXT: masked:  none
// CHECK-NEXT: proved:  all pairs attend, no row is empty if Sk >= 1
func.func @everything(%q: !t, %k: !t, %v: !t) -> !t {
  %o = attn.attention %q, %k, %v : !t, !t, !t -> !t
  return %o : !t
}

// CHECK-LABEL: @nothing
// CHECK-NEXT: visited: none
// CHECK: proved:  no pair attends
func.func @nothing(%q: !t, %k: !t, %v: !t) -> !t {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %c-1 = arith.constant -1 : index
      %0 = arith.cmpi sle, %j, %c-1 : index
      attn.yield %0 : i1
    } : !t, !t, !t -> !t
  return %o : !t
}

// D8, top-left: half of the tiles, and a diagonal of PARTIAL ones.
// CHECK-LABEL: @causal
// CHECK-NEXT: visited: 0 <= J < I + 1 (exact)
// CHECK-NEXT: masked:  I <= J < 64 (exact)
// CHECK-NEXT: proved:  no row is empty
// CHECK-NEXT: tiles:   2016 full, 64 partial, 2016 empty of 4096; 49.2 % skipped
func.func @causal(%q: !s, %k: !s, %v: !s) -> !s {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      attn.yield %0 : i1
    } : !s, !s, !s -> !s
  return %o : !s
}

// Bottom-right: the offset Sk - Sq is read through its definition.
// CHECK-LABEL: @bottom_right
// CHECK-NEXT: visited: 0 <= J < min({{.*}}) (exact)
// CHECK-NEXT: masked:  {{.*}} <= J < (Sk + 63) floordiv 64
// CHECK-NEXT: proved:  nothing
// COUNT-LABEL: @bottom_right
// COUNT: tiles:   3 full, 4 partial, 1 empty of 8; 12.5 % skipped
func.func @bottom_right(%q: !t, %k: !t, %v: !t) -> !t {
  %c2 = arith.constant 2 : index
  %sq = tensor.dim %q, %c2 : !t
  %sk = tensor.dim %k, %c2 : !t
  %past = arith.subi %sk, %sq : index
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j offset %past
      attn.yield %0 : i1
    } : !t, !t, !t -> !t
  return %o : !t
}

// A negative offset empties the leading rows.
// CHECK-LABEL: @negative_offset
// CHECK: proved:  nothing
// CHECK-NEXT: tiles:   1953 full, 63 partial, 2080 empty
func.func @negative_offset(%q: !s, %k: !s, %v: !s) -> !s {
  %n = arith.constant -65 : index
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j offset %n
      attn.yield %0 : i1
    } : !s, !s, !s -> !s
  return %o : !s
}

// D9 with a symbol: the bounds that design.md gives.
// CHECK-LABEL: @window
// CHECK-NEXT: symbols: %arg3
// CHECK-NEXT: visited: max(I + (%arg3 + 1) floordiv 64 - 4, 0) <= J < min({{.*}}I + (%arg3 + 63) floordiv 64 + 1{{.*}}) if {{.*}} (exact)
// COUNT-LABEL: @window
// COUNT: tiles:   3 full, 4 partial, 1 empty of 8; 12.5 % skipped
func.func @window(%q: !t, %k: !t, %v: !t, %past: index) -> !t {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.window %i, %j offset %past left 255 right 0
      attn.yield %0 : i1
    } : !t, !t, !t -> !t
  return %o : !t
}

// Prefix-LM: a union whose ranges overlap.
// CHECK-LABEL: @prefix_lm
// CHECK: visited: 0 <= J < I + 1 (exact)
// CHECK-NEXT: visited: 0 <= J < min({{.*}}(%arg3 + 63) floordiv 64{{.*}}) (exact)
// CHECK: proved:  no row is empty
func.func @prefix_lm(%q: !s, %k: !s, %v: !s, %n: index) -> !s {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      %1 = attn.prefix %j length %n
      %2 = arith.ori %0, %1 : i1
      attn.yield %2 : i1
    } : !s, !s, !s -> !s
  return %o : !s
}

// A window plus global columns: two loops.
// CHECK-LABEL: @window_and_globals
// CHECK-NEXT: visited: max(I - 4, 0) <= J < I + 1 (exact)
// CHECK-NEXT: visited: 0 <= J < 1 (exact)
// CHECK-NEXT: masked:  I <= J < 64 (exact)
// CHECK-NEXT: masked:  1 <= J < I - 3 (exact)
// CHECK-NEXT: proved:  no row is empty
// CHECK-NEXT: tiles:   246 full, 123 partial, 3727 empty of 4096; 91.0 % skipped
func.func @window_and_globals(%q: !s, %k: !s, %v: !s) -> !s {
  %c64 = arith.constant 64 : index
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      %1 = attn.window %i, %j left 255
      %2 = arith.cmpi slt, %j, %c64 : index
      %3 = arith.ori %1, %2 : i1
      %4 = arith.andi %0, %3 : i1
      attn.yield %4 : i1
    } : !s, !s, !s -> !s
  return %o : !s
}

// Every fourth key: no FULL tile, and no EMPTY one below the diagonal.
// CHECK-LABEL: @dilated
// CHECK-NEXT: visited: 0 <= J < I + 1 (exact)
// CHECK: tiles:   0 full, 2080 partial, 2016 empty of 4096; 49.2 % skipped
func.func @dilated(%q: !s, %k: !s, %v: !s) -> !s {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = arith.subi %i, %j : index
      %1 = arith.remsi %0, %c4 : index
      %2 = arith.cmpi eq, %1, %c0 : index
      %3 = attn.causal %i, %j
      %4 = arith.andi %2, %3 : i1
      attn.yield %4 : i1
    } : !s, !s, !s -> !s
  return %o : !s
}

// Ragged lengths: data that is the same for all pairs of a tile is a symbol.
// CHECK-LABEL: @ragged
// CHECK-NEXT: symbols: %{{.*}}
// CHECK-NEXT: visited: 0 <= J < min((%[[N:.*]] + 63) floordiv 64, (Sk + 63) floordiv 64) (exact)
// CHECK-NEXT: masked:  max(%[[N]] floordiv 64, 0) <= J < (Sk + 63) floordiv 64 if -%[[N]] + Sk - 1 >= 0 (exact)
func.func @ragged(%q: !t, %k: !t, %v: !t, %lengths: tensor<?xi32>) -> !t {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %lengths[%b] : tensor<?xi32>
      %1 = arith.index_cast %0 : i32 to index
      %2 = attn.prefix %j length %1
      attn.yield %2 : i1
    } : !t, !t, !t -> !t
  return %o : !t
}

// Some heads are local: a condition on h alone guards a range.
// CHECK-LABEL: @local_heads
// CHECK: visited: max(I - 1, 0) <= J < I + 1 (exact)
// CHECK: visited: 0 <= J < I + 1 if h - 1 >= 0 (exact)
func.func @local_heads(%q: !s, %k: !s, %v: !s) -> !s {
  %c1 = arith.constant 1 : index
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      %1 = attn.window %i, %j left 63
      %2 = arith.cmpi sge, %h, %c1 : index
      %3 = arith.ori %1, %2 : i1
      %4 = arith.andi %0, %3 : i1
      attn.yield %4 : i1
    } : !s, !s, !s -> !s
  return %o : !s
}

// What is not understood costs no proof and skips nothing, but does not spoil
// what is beside it.
// CHECK-LABEL: @documents
// CHECK-NEXT: not understood
// CHECK-NEXT: visited: 0 <= J < I + 1
// CHECK-NEXT: masked:  0 <= J < 64
// CHECK-NEXT: proved:  nothing
// CHECK-NEXT: tiles:   0 full, 2080 partial, 2016 empty
func.func @documents(%q: !s, %k: !s, %v: !s, %seg: tensor<1x4096xi32>) -> !s {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      %1 = attn.same_segment %seg, %seg at %b, %i, %j : tensor<1x4096xi32>, tensor<1x4096xi32>
      %2 = arith.andi %0, %1 : i1
      attn.yield %2 : i1
    } : !s, !s, !s -> !s
  return %o : !s
}

// Eight packed documents: an eighth of the tiles, all FULL. Bounds of floordiv
// are rounded before i is eliminated.
// CHECK-LABEL: @packed,
// CHECK-NEXT: visited: (I floordiv 8) * 8 <= J < (I floordiv 8) * 8 + 8 (exact)
// CHECK-NEXT: masked:  0 <= J < (I floordiv 8) * 8 (exact)
// CHECK-NEXT: masked:  (I floordiv 8) * 8 + 8 <= J < 64 (exact)
// CHECK-NEXT: proved:  no row is empty
// CHECK-NEXT: tiles:   512 full, 0 partial, 3584 empty of 4096; 87.5 % skipped
func.func @packed(%q: !s, %k: !s, %v: !s) -> !s {
  %c512 = arith.constant 512 : index
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = arith.floordivsi %i, %c512 : index
      %1 = arith.floordivsi %j, %c512 : index
      %2 = arith.cmpi eq, %0, %1 : index
      attn.yield %2 : i1
    } : !s, !s, !s -> !s
  return %o : !s
}

// The same in arithmetic of 32 bits, which provably does not wrap, and causal.
// CHECK-LABEL: @packed_i32
// CHECK-NEXT: visited: (I floordiv 8) * 8 <= J < I + 1 (exact)
// CHECK: tiles:   224 full, 64 partial, 3808 empty of 4096; 93.0 % skipped
func.func @packed_i32(%q: !s, %k: !s, %v: !s) -> !s {
  %c512 = arith.constant 512 : i32
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %i32 = arith.index_cast %i : index to i32
      %j32 = arith.index_cast %j : index to i32
      %0 = arith.divsi %i32, %c512 : i32
      %1 = arith.divsi %j32, %c512 : i32
      %2 = arith.cmpi eq, %0, %1 : i32
      %3 = arith.cmpi sle, %j32, %i32 : i32
      %4 = arith.andi %2, %3 : i1
      attn.yield %4 : i1
    } : !s, !s, !s -> !s
  return %o : !s
}

// A cast that may wrap is not read, unless the op says that it does not.
// CHECK-LABEL: @wrapping
// CHECK: not understood
// CHECK: visited: 0 <= J < (Sk + 63) floordiv 64
func.func @wrapping(%q: !t, %k: !t, %v: !t) -> !t {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %i32 = arith.index_cast %i : index to i32
      %j32 = arith.index_cast %j : index to i32
      %0 = arith.cmpi sle, %j32, %i32 : i32
      attn.yield %0 : i1
    } : !t, !t, !t -> !t
  return %o : !t
}
// CHECK-LABEL: @not_wrapping
// CHECK-NEXT: visited: 0 <= J < min(I + 1, (Sk + 63) floordiv 64) (exact)
func.func @not_wrapping(%q: !t, %k: !t, %v: !t) -> !t {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %i64 = arith.index_cast %i : index to i64
      %j64 = arith.index_cast %j : index to i64
      %i32 = arith.trunci %i64 overflow<nsw> : i64 to i32
      %j32 = arith.trunci %j64 overflow<nsw> : i64 to i32
      %0 = arith.cmpi sle, %j32, %i32 : i32
      attn.yield %0 : i1
    } : !t, !t, !t -> !t
  return %o : !t
}

// A range of a part of the mask may be exact where the mask is not: not said.
// CHECK-LABEL: @approximated
// CHECK-NEXT: not understood
// CHECK-NEXT: not understood
// CHECK-NEXT: visited: 0 <= J < I + 1{{$}}
func.func @approximated(%q: !s, %k: !s, %v: !s) -> !s {
  %o = attn.attention %q, %k, %v
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.causal %i, %j
      %1 = arith.muli %i, %j : index
      %2 = arith.cmpi ne, %1, %h : index
      %3 = arith.andi %0, %2 : i1
      attn.yield %3 : i1
    } : !s, !s, !s -> !s
  return %o : !s
}
