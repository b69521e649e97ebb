// Every op with a size that is known to be zero, one dimension after another, and
// all of them: each compiles, and gives what the oracle gives (D6).
// RUN: rm -rf %t && split-file %s %t
// RUN: for zero in B H HG Q K D E BHGQKDE; do \
// RUN:   sed -e "s/[$zero]/0/g" -e 's/[BGD]/2/g' -e 's/H/4/g' -e 's/[QKE]/3/g' %t/sizes.txt > %t/$zero.mlir && \
// RUN:   attn-run %t/$zero.mlir --plain -O0 --random-inputs --seed=2 --compare=reference > %t/$zero.out || exit 1; \
// RUN:   FileCheck %s < %t/$zero.out || exit 1; \
// RUN: done
// CHECK-COUNT-18: agree

// Zero is known of one operand only, and what is dynamic elsewhere stays so.
// RUN: attn-run %t/mixed.mlir --plain -O0 --keep-dynamic --random-inputs --dim batch=0 --dim heads=3 --dim tokens=4 --dim dk=2 \
// RUN:   --compare=reference | FileCheck %s --check-prefix=MIXED
// MIXED-COUNT-4: agree

// Keys that are not known to be few are not shared out where there is no query.
// RUN: attn-run %t/no-query.mlir --keep-dynamic --random-inputs --dim keys=5 --compare=reference | FileCheck %s --check-prefix=QUERY
// QUERY: agree

// Letters are sizes: batch, query heads, kv heads (groups), queries, keys, features of the key (D) and the value (E).
//--- sizes.txt
func.func @main(
    %q: tensor<BxHxQxDxf32>, %k: tensor<BxGxKxDxf32>, %v: tensor<BxGxKxExf32>,
    %sink: tensor<Hxf32>, %bias: tensor<HxQxKxf32>,
    %tq: tensor<BxQxHxDxf32>, %tk: tensor<QxBxGxDxf32>, %tv: tensor<ExQxGxBxf32>,
    %g: tensor<BxGxQxf32>, %g4: tensor<BxGxQxDxf32>, %s: tensor<BxGxDxExf16>,
    %x: tensor<BxQxHx2xf32>, %p: tensor<BxQxi64>, %p2: tensor<DxExi64>,
    %cos: tensor<8x1xf32>,
    %cache: tensor<BxGxKxDxf32>, %new: tensor<BxGx0xDxf32>, %at: tensor<Bxi64>)
    -> (tensor<BxQxHxExf32>, tensor<BxHxQxf32>, tensor<BxHxQxKxf32>,
        tensor<BxHxQxExf32>, tensor<BxGxDxExf32>, tensor<HxQxExBxf32>, tensor<BxGxDxExf16>,
        tensor<BxHxQxExf32>, tensor<BxHxQxExf32>,
        tensor<BxHxQxExf32>, tensor<BxHxQxf32>,
        tensor<BxQxHx2xf32>, tensor<BxQxHx2xf32>, tensor<BxQx6xf32>, tensor<DxEx6xf32>,
        tensor<BxGxKxDxf32>, tensor<BxGxKxDxf32>, tensor<BxGxKxDxf32>) {
  %o, %lse, %scores = attn.attention %q, %k, %v sink %sink
    layout output [batch, sequence, head, feature]
    score (%a: f32, %b: index, %h: index, %i: index, %j: index) {
      %1 = tensor.extract %bias[%h, %i, %j] : tensor<HxQxKxf32>
      %2 = arith.addf %a, %1 : f32
      attn.yield %2 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %1 = attn.causal %i, %j
      attn.yield %1 : i1
    }
    : tensor<BxHxQxDxf32>, tensor<BxGxKxDxf32>, tensor<BxGxKxExf32>, sink tensor<Hxf32>
    -> (tensor<BxQxHxExf32>, lse tensor<BxHxQxf32>, weights tensor<BxHxQxKxf32>)
  %l0, %n0 = attn.linear_attention linear %tq, %tk, %tv
    layout query [batch, sequence, head, feature] key [sequence, batch, head, feature] value [feature, sequence, head, batch]
    : tensor<BxQxHxDxf32>, tensor<QxBxGxDxf32>, tensor<ExQxGxBxf32> -> (tensor<BxHxQxExf32>, state tensor<BxGxDxExf32>)
  %l1, %n1 = attn.linear_attention gated_delta %tq, %tk, %tv decay %g4 beta %g state %s scale 0.5
    layout query [batch, sequence, head, feature] key [sequence, batch, head, feature] value [feature, sequence, head, batch] output [head, sequence, feature, batch]
    : tensor<BxQxHxDxf32>, tensor<QxBxGxDxf32>, tensor<ExQxGxBxf32>, decay tensor<BxGxQxDxf32>, beta tensor<BxGxQxf32>, state tensor<BxGxDxExf16> -> (tensor<HxQxExBxf32>, state tensor<BxGxDxExf16>)
  %l2 = attn.linear_attention gated %tq, %tk, %tv decay %g state %s scale 0.5
    layout query [batch, sequence, head, feature] key [sequence, batch, head, feature] value [feature, sequence, head, batch]
    : tensor<BxQxHxDxf32>, tensor<QxBxGxDxf32>, tensor<ExQxGxBxf32>, decay tensor<BxGxQxf32>, state tensor<BxGxDxExf16> -> tensor<BxHxQxExf32>
  %l3 = attn.linear_attention delta %tq, %tk, %tv beta %g scale 0.5
    layout query [batch, sequence, head, feature] key [sequence, batch, head, feature] value [feature, sequence, head, batch]
    : tensor<BxQxHxDxf32>, tensor<QxBxGxDxf32>, tensor<ExQxGxBxf32>, beta tensor<BxGxQxf32> -> tensor<BxHxQxExf32>
  %acc, %max, %sum = attn.init_state : tensor<BxHxQxExf32>, tensor<BxHxQxf32>
  %a1, %m1, %s1 = attn.attend %q, %k, %v into %acc, %max, %sum scale 0.4
    : tensor<BxHxQxDxf32>, tensor<BxGxKxDxf32>, tensor<BxGxKxExf32> -> tensor<BxHxQxExf32>, tensor<BxHxQxf32>
  %a2, %m2, %s2 = attn.merge_states (%a1, %m1, %s1), (%acc, %max, %sum) : tensor<BxHxQxExf32>, tensor<BxHxQxf32>
  %f, %flse = attn.finalize_state %a2, %m2, %s2 sink %sink
    : tensor<BxHxQxExf32>, tensor<BxHxQxf32>, sink tensor<Hxf32> -> (tensor<BxHxQxExf32>, lse tensor<BxHxQxf32>)
  %r0 = attn.rotary_embedding %x positions %p layout [batch, sequence, head, feature] : tensor<BxQxHx2xf32>, positions tensor<BxQxi64>
  %r1 = attn.rotary_embedding %x cos %cos sin %cos positions %p interleaved layout [batch, sequence, head, feature]
    : tensor<BxQxHx2xf32>, cos tensor<8x1xf32>, sin tensor<8x1xf32>, positions tensor<BxQxi64>
  %e0 = attn.sinusoidal_encoding %p : tensor<BxQxi64> -> tensor<BxQx6xf32>
  %e1 = attn.sinusoidal_encoding %p2 : tensor<DxExi64> -> tensor<DxEx6xf32>
  %c0 = attn.cache_update %cache, %new at %at axis 2 : tensor<BxGxKxDxf32>, tensor<BxGx0xDxf32>, at tensor<Bxi64>
  %c1 = attn.cache_update %cache, %new axis 2 : tensor<BxGxKxDxf32>, tensor<BxGx0xDxf32>
  %c2 = attn.cache_update %cache, %cache at %at axis 2 circular : tensor<BxGxKxDxf32>, tensor<BxGxKxDxf32>, at tensor<Bxi64>
  return %o, %lse, %scores, %l0, %n0, %l1, %n1, %l2, %l3, %f, %flse, %r0, %r1, %e0, %e1, %c0, %c1, %c2
    : tensor<BxQxHxExf32>, tensor<BxHxQxf32>, tensor<BxHxQxKxf32>,
      tensor<BxHxQxExf32>, tensor<BxGxDxExf32>, tensor<HxQxExBxf32>, tensor<BxGxDxExf16>,
      tensor<BxHxQxExf32>, tensor<BxHxQxExf32>,
      tensor<BxHxQxExf32>, tensor<BxHxQxf32>,
      tensor<BxQxHx2xf32>, tensor<BxQxHx2xf32>, tensor<BxQx6xf32>, tensor<DxEx6xf32>,
      tensor<BxGxKxDxf32>, tensor<BxGxKxDxf32>, tensor<BxGxKxDxf32>
}

//--- mixed.mlir
func.func @mixed(
    %q: tensor<?x?x?x?xf32> {attn.dim_names = ["batch", "heads", "tokens", "dk"]},
    %k: tensor<0x?x?x?xf32> {attn.dim_names = ["", "heads", "tokens", "dk"]},
    %v: tensor<?x?x?x5xf32> {attn.dim_names = ["batch", "heads", "tokens", ""]},
    %s: tensor<?x?x?x5xf32> {attn.dim_names = ["batch", "heads", "dk", ""]},
    %c: tensor<0x?x7xf32> {attn.dim_names = ["", "heads", ""]})
    -> (tensor<?x?x?x5xf32>, tensor<?x?x?x5xf32>, tensor<0x?x?x5xf32>, tensor<0x?x7xf32>) {
  %o, %n = attn.linear_attention linear %q, %k, %v state %s
    : tensor<?x?x?x?xf32>, tensor<0x?x?x?xf32>, tensor<?x?x?x5xf32>, state tensor<?x?x?x5xf32>
    -> (tensor<?x?x?x5xf32>, state tensor<?x?x?x5xf32>)
  %p = attn.linear_attention linear %q, %k, %v
    : tensor<?x?x?x?xf32>, tensor<0x?x?x?xf32>, tensor<?x?x?x5xf32> -> tensor<0x?x?x5xf32>
  %u = attn.cache_update %c, %c axis 1 : tensor<0x?x7xf32>, tensor<0x?x7xf32>
  return %o, %n, %p, %u : tensor<?x?x?x5xf32>, tensor<?x?x?x5xf32>, tensor<0x?x?x5xf32>, tensor<0x?x7xf32>
}

//--- no-query.mlir
func.func @no_query(
    %q: tensor<1x8x0x4xf32>,
    %k: tensor<1x2x?x4xf32> {attn.dim_names = ["", "", "keys", ""]},
    %v: tensor<1x2x?x9xf32> {attn.dim_names = ["", "", "keys", ""]}) -> tensor<1x8x0x9xf32> {
  %o = attn.attention %q, %k, %v
    : tensor<1x8x0x4xf32>, tensor<1x2x?x4xf32>, tensor<1x2x?x9xf32> -> tensor<1x8x0x9xf32>
  return %o : tensor<1x8x0x9xf32>
}
