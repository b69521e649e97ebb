// RUN: attn-run %s --random-inputs --seed=3 | FileCheck %s

// Random integers are valid for what they are used for, however deep in a region: lengths and offsets are positions of the
// 7 keys or their number, segments are few, indices lie inside.

!x = tensor<200x1x3x4xf32>
!k = tensor<200x1x7x4xf32>
!n = tensor<200xi64>

// CHECK: causal i64 [200]: {{.*}} min 0, max 7
// CHECK: window i64 [200]: {{.*}} min 0, max 7
// CHECK: prefix i64 [200]: {{.*}} min 0, max 7
// CHECK: alibi i64 [200]: {{.*}} min 0, max 7
// CHECK: bias i64 [200]: {{.*}} min 0, max 7
// CHECK: sum i64 [200]: {{.*}} min 0, max 7
// CHECK: rows i32 [200, 3]: {{.*}} min 0, max 2
// CHECK: columns i32 [200, 7]: {{.*}} min 0, max 2
// CHECK: index i64 [200]: {{.*}} min 0, max 4
// CHECK: free i64 [200]: {{.*}} min 0, max 9
func.func @f(%q: !x, %k: !k, %causal: !n, %window: !n, %prefix: !n, %alibi: !n, %bias: !n, %sum: !n,
             %rows: tensor<200x3xi32>, %columns: tensor<200x7xi32>, %index: !n, %free: !n,
             %slopes: tensor<1xf32>, %buckets: tensor<8x1xf32>, %table: tensor<5xi1>)
    -> (!x, !n {attn.name = "causal"}, !n {attn.name = "window"}, !n {attn.name = "prefix"}, !n {attn.name = "alibi"},
        !n {attn.name = "bias"}, !n {attn.name = "sum"}, tensor<200x3xi32> {attn.name = "rows"},
        tensor<200x7xi32> {attn.name = "columns"}, !n {attn.name = "index"}, !n {attn.name = "free"}) {
  %o = attn.attention %q, %k, %k
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %a_e = tensor.extract %alibi[%b] : !n
      %a = arith.index_cast %a_e : i64 to index
      %0 = attn.alibi %s, %slopes at %h, %i, %j offset %a : f32, tensor<1xf32>
      %t_e = tensor.extract %bias[%b] : !n
      %t = arith.index_cast %t_e : i64 to index
      %1 = attn.relative_position_bias %0, %buckets at %h, %i, %j offset %t max_distance 9 : f32, tensor<8x1xf32>
      attn.yield %1 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %c_e = tensor.extract %causal[%b] : !n
      %c = arith.index_cast %c_e : i64 to index
      %0 = attn.causal %i, %j offset %c
      %w_e = tensor.extract %window[%b] : !n
      %w = arith.index_cast %w_e : i64 to index
      %1 = attn.window %i, %j offset %w left 2 right 1
      %p_e = tensor.extract %prefix[%b] : !n
      %p = arith.index_cast %p_e : i64 to index
      %2 = attn.prefix %j length %p
      %n_e = tensor.extract %sum[%b] : !n
      %n = arith.index_cast %n_e : i64 to index
      %p_0 = arith.addi %i, %n : index
      %3 = arith.cmpi sge, %p_0, %j : index
      %4 = attn.same_segment %rows, %columns at %b, %i, %j : tensor<200x3xi32>, tensor<200x7xi32>
      %x_e = tensor.extract %index[%b] : !n
      %x = arith.index_cast %x_e : i64 to index
      %5 = tensor.extract %table[%x] : tensor<5xi1>
      %6 = arith.andi %0, %1 : i1
      %7 = arith.andi %2, %3 : i1
      %8 = arith.andi %4, %5 : i1
      %9 = arith.ori %6, %7 : i1
      %10 = arith.ori %8, %9 : i1
      attn.yield %10 : i1
    }
    : !x, !k, !k -> !x
  return %o, %causal, %window, %prefix, %alibi, %bias, %sum, %rows, %columns, %index, %free
    : !x, !n, !n, !n, !n, !n, !n, tensor<200x3xi32>, tensor<200x7xi32>, !n, !n
}
