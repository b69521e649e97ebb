// Blocks of keys whose ends a mask hides from all rows: those are left out, whatever key the rest begins and ends at.
// RUN: attn-run %s --random-inputs --range arg2=0:70 --range arg3=60:133 --seed=1 --compare=reference | FileCheck %s
// CHECK: result0 {{.*}}: agree
func.func @main(%q: tensor<16x1x37x8xf32>, %k: tensor<16x1x133x8xf32>, %from: tensor<16xi64>, %to: tensor<16xi64>)
    -> tensor<16x1x37x8xf32> {
  %o = attn.attention %q, %k, %k scale 0.5
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = tensor.extract %from[%b] : tensor<16xi64>
      %1 = tensor.extract %to[%b] : tensor<16xi64>
      %2 = arith.index_cast %0 : i64 to index
      %3 = arith.index_cast %1 : i64 to index
      %4 = arith.cmpi sge, %j, %2 : index
      %5 = arith.cmpi slt, %j, %3 : index
      %6 = arith.andi %4, %5 : i1
      attn.yield %6 : i1
    }
    : tensor<16x1x37x8xf32>, tensor<16x1x133x8xf32>, tensor<16x1x133x8xf32> -> (tensor<16x1x37x8xf32>)
  return %o : tensor<16x1x37x8xf32>
}
