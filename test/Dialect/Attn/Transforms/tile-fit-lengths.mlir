// RUN: attn-opt %s -split-input-file -attn-attach-cpu-target=vector-bits=256 -attn-tile | FileCheck %s

// Two blocks of three vectors, or of two: 128 queries are 8 blocks of 16, but 144 in blocks of 24. 144 are both.
// CHECK-LABEL: @last_block
// CHECK: scf.forall ({{.*}}) in (1, 2, 4)
// CHECK-LABEL: @even
// CHECK: scf.forall ({{.*}}) in (1, 2, 3)
func.func @last_block(%q: tensor<1x2x128x64xf32>) -> tensor<1x2x128x64xf32> {
  %o = attn.attention %q, %q, %q : tensor<1x2x128x64xf32>, tensor<1x2x128x64xf32>, tensor<1x2x128x64xf32> -> tensor<1x2x128x64xf32>
  return %o : tensor<1x2x128x64xf32>
}
func.func @even(%q: tensor<1x2x144x64xf32>) -> tensor<1x2x144x64xf32> {
  %o = attn.attention %q, %q, %q : tensor<1x2x144x64xf32>, tensor<1x2x144x64xf32>, tensor<1x2x144x64xf32> -> tensor<1x2x144x64xf32>
  return %o : tensor<1x2x144x64xf32>
}

// -----

// 8 of 216 queries more: worth it with 64 features, not with 128.
// CHECK-LABEL: @narrow
// CHECK: scf.forall ({{.*}}) in (1, 2, 7)
// CHECK-LABEL: @wide
// CHECK: scf.forall ({{.*}}) in (1, 2, 5)
func.func @narrow(%q: tensor<1x2x197x64xf32>) -> tensor<1x2x197x64xf32> {
  %o = attn.attention %q, %q, %q : tensor<1x2x197x64xf32>, tensor<1x2x197x64xf32>, tensor<1x2x197x64xf32> -> tensor<1x2x197x64xf32>
  return %o : tensor<1x2x197x64xf32>
}
func.func @wide(%q: tensor<1x2x197x128xf32>) -> tensor<1x2x197x128xf32> {
  %o = attn.attention %q, %q, %q : tensor<1x2x197x128xf32>, tensor<1x2x197x128xf32>, tensor<1x2x197x128xf32> -> tensor<1x2x197x128xf32>
  return %o : tensor<1x2x197x128xf32>
}

// -----

// A smaller tile computes less on the diagonal, which is little of a long sequence.
// CHECK-LABEL: @causal
// CHECK: scf.forall ({{.*}}) in (1, 2, 16)
// CHECK-LABEL: @longer
// CHECK: scf.forall ({{.*}}) in (1, 2, 16)
// CHECK-LABEL: @long
// CHECK: scf.forall ({{.*}}) in (1, 2, 86)
func.func @causal(%q: tensor<1x2x512x128xf32>) -> tensor<1x2x512x128xf32> {
  %o = attn.attention %q, %q, %q mask (%b: index, %h: index, %i: index, %j: index) {
    %0 = attn.causal %i, %j
    attn.yield %0 : i1
  } : tensor<1x2x512x128xf32>, tensor<1x2x512x128xf32>, tensor<1x2x512x128xf32> -> tensor<1x2x512x128xf32>
  return %o : tensor<1x2x512x128xf32>
}
func.func @longer(%q: tensor<1x2x768x128xf32>) -> tensor<1x2x768x128xf32> {
  %o = attn.attention %q, %q, %q mask (%b: index, %h: index, %i: index, %j: index) {
    %0 = attn.causal %i, %j
    attn.yield %0 : i1
  } : tensor<1x2x768x128xf32>, tensor<1x2x768x128xf32>, tensor<1x2x768x128xf32> -> tensor<1x2x768x128xf32>
  return %o : tensor<1x2x768x128xf32>
}
func.func @long(%q: tensor<1x2x4096x128xf32>) -> tensor<1x2x4096x128xf32> {
  %o = attn.attention %q, %q, %q mask (%b: index, %h: index, %i: index, %j: index) {
    %0 = attn.causal %i, %j
    attn.yield %0 : i1
  } : tensor<1x2x4096x128xf32>, tensor<1x2x4096x128xf32>, tensor<1x2x4096x128xf32> -> tensor<1x2x4096x128xf32>
  return %o : tensor<1x2x4096x128xf32>
}

// -----

// Lengths that only a run knows.
// CHECK: affine_map<()[s0] -> (s0 ceildiv 48)>
// CHECK-LABEL: @dynamic
func.func @dynamic(%q: tensor<1x2x?x64xf32>) -> tensor<1x2x?x64xf32> {
  %o = attn.attention %q, %q, %q : tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32>, tensor<1x2x?x64xf32> -> tensor<1x2x?x64xf32>
  return %o : tensor<1x2x?x64xf32>
}

// -----

// What each tile would widen again.
// CHECK-LABEL: @widened
// CHECK: scf.forall ({{.*}}) in (1, 2, 3)
func.func @widened(%q: tensor<1x2x128x64xbf16>) -> tensor<1x2x128x64xbf16> {
  %o = attn.attention %q, %q, %q : tensor<1x2x128x64xbf16>, tensor<1x2x128x64xbf16>, tensor<1x2x128x64xbf16> -> tensor<1x2x128x64xbf16>
  return %o : tensor<1x2x128x64xbf16>
}
