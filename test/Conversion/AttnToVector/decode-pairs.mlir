// Where registers are few, decode widens bf16 by twos: even elements by a shift, odd ones by a mask. 40 features are two pairs
// of vectors and a vector in order.
// RUN: attn-opt %s -attn-attach-cpu-target="vector-bits=256 fma" -convert-attn-to-vector | FileCheck %s --implicit-check-not=vector.shuffle

// The query in that order.
// CHECK-LABEL: func.func private @__attn_pack_decode_query_pairs(%{{.*}}: memref<1x40xf32>
// CHECK: scf.for %[[FEATURE:.*]] = %c0 to %c32{{[_0-9]*}} step
// CHECK: %[[WITHIN:.*]] = arith.remui %[[FEATURE]], %c16
// CHECK: %[[ODD:.*]] = arith.remui %[[WITHIN]], %c2
// CHECK: %[[PAIR:.*]] = arith.divui %[[WITHIN]], %c2
// CHECK: %[[HALF:.*]] = arith.muli %[[ODD]], %c8
// CHECK: %[[PLACE:.*]] = arith.addi %[[PAIR]], %[[HALF]]
// CHECK: %[[FIRST:.*]] = arith.subi %[[FEATURE]], %[[WITHIN]]
// CHECK: %[[COLUMN:.*]] = arith.addi %[[FIRST]], %[[PLACE]]
// CHECK: memref.load %{{.*}}[%{{.*}}, %[[FEATURE]]]
// CHECK: memref.store %{{.*}}, %{{.*}}[%{{.*}}, %[[COLUMN]]]
// CHECK: scf.for %[[REST:.*]] = %c32{{[_0-9]*}} to %c40
// CHECK: memref.store %{{.*}}, %{{.*}}[%{{.*}}, %[[REST]]]

// CHECK-LABEL: func.func private @__attn_decode_scores
// CHECK: %[[BOTH:.*]] = vector.load {{.*}} : memref<?x40xbf16, {{.*}}>, vector<16xbf16>
// CHECK: %[[BITS:.*]] = vector.bitcast %[[BOTH]] : vector<16xbf16> to vector<8xi32>
// CHECK: %[[SHIFTED:.*]] = arith.shli %[[BITS]], %{{.*}}
// CHECK: %[[CUT:.*]] = arith.andi %[[BITS]], %{{.*}}
// CHECK: arith.bitcast %[[SHIFTED]] : vector<8xi32> to vector<8xf32>
// CHECK: arith.bitcast %[[CUT]] : vector<8xi32> to vector<8xf32>
// CHECK: vector.load {{.*}} : memref<?x40xbf16, {{.*}}>, vector<8xbf16>
// CHECK-COUNT-8: vector.shuffle

// Sums in order again, those of values that are not finite too.
// CHECK-LABEL: func.func private @__attn_add_decode_nan_safe
// CHECK-COUNT-2: vector.shuffle {{.*}} [0, 8, 1, 9, 2, 10, 3, 11]{{.*}}{{[[:space:]].*}}vector.shuffle {{.*}} [4, 12, 5, 13, 6, 14, 7, 15]
// CHECK-LABEL: func.func private @__attn_add_decode(
// CHECK-COUNT-2: vector.shuffle {{.*}} [0, 8, 1, 9, 2, 10, 3, 11]{{.*}}{{[[:space:]].*}}vector.shuffle {{.*}} [4, 12, 5, 13, 6, 14, 7, 15]
func.func @pairs(%q: memref<1x1x1x40xbf16>, %k: memref<1x1x100x40xbf16>, %v: memref<1x1x100x40xbf16>, %a: memref<1x1x1x40xf32>, %m: memref<1x1x1xf32>, %s: memref<1x1x1xf32>) {
  attn.attend %q, %k, %v into %a, %m, %s : memref<1x1x1x40xbf16>, memref<1x1x100x40xbf16>, memref<1x1x100x40xbf16> -> memref<1x1x1x40xf32>, memref<1x1x1xf32>
  return
}
