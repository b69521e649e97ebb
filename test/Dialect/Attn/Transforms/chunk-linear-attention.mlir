// RUN: attn-opt %s -split-input-file -attn-attach-cpu-target=vector-bits=256 -attn-chunk-linear-attention=chunk=64 | FileCheck %s
// RUN: attn-opt %s -split-input-file -attn-attach-cpu-target=vector-bits=256 -attn-chunk-linear-attention -remarks-filter=attn-chunk-linear-attention -remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// A remainder; two query heads for each of keys.
// CHECK: #[[$GROUP:.*]] = affine_map<(d0) -> (d0 * 2)>
// CHECK: #[[$REST:.*]] = affine_map<(d0) -> (64, -d0 + 100)>
// CHECK-LABEL: @delta
// CHECK-SAME:    %[[Q:.*]]: tensor<1x4x100x8xbf16>, %[[K:.*]]: tensor<1x2x100x8xbf16>, %[[V:.*]]: tensor<1x100x2x16xbf16>, %[[B:.*]]: tensor<1x2x100xf32>, %[[S:.*]]: tensor
// CHECK:         %[[OUT:.*]] = tensor.empty() : tensor<100x1x4x16xbf16>
// CHECK:         %[[WIDE:.*]] = linalg.generic {{.*}} ins(%[[S]]
// CHECK:         scf.forall (%[[I:.*]], %[[H:.*]]) in (1, 2) shared_outs(%[[O:.*]] = %[[OUT]], %[[STATES:.*]] = %[[WIDE]])
// CHECK:           %[[QH:.*]] = affine.apply #[[$GROUP]](%[[H]])
// CHECK:           %[[OH:.*]] = tensor.extract_slice %[[O]][0, %[[I]], %[[QH]], 0] [100, 1, 2, 16]
// CHECK:           %[[SH:.*]] = tensor.extract_slice %[[STATES]][%[[I]], %[[H]], 0, 0] [1, 1, 8, 16]
// CHECK:           %[[R:.*]]:2 = scf.for %[[T:.*]] = {{.*}} iter_args(%[[OT:.*]] = %[[OH]], %[[ST:.*]] = %[[SH]])
// CHECK:             %[[N:.*]] = affine.min #[[$REST]](%[[T]])
// CHECK:             %[[QC:.*]] = tensor.extract_slice %[[Q]][%[[I]], %[[QH]], %[[T]], 0] [1, 2, %[[N]], 8]
// CHECK:             %[[KC:.*]] = tensor.extract_slice %[[K]][%[[I]], %[[H]], %[[T]], 0] [1, 1, %[[N]], 8]
// CHECK:             %[[VC:.*]] = tensor.extract_slice %[[V]][%[[I]], %[[T]], %[[H]], 0] [1, %[[N]], 1, 16]
// CHECK:             %[[BC:.*]] = tensor.extract_slice %[[B]][%[[I]], %[[H]], %[[T]]] [1, 1, %[[N]]]
// CHECK:             %[[OC:.*]] = tensor.extract_slice %[[OT]][%[[T]], 0, 0, 0] [%[[N]], 1, 2, 16]
// CHECK:             %[[C:.*]]:2 = attn.linear_chunk delta %[[QC]], %[[KC]], %[[VC]] beta %[[BC]] into %[[OC]], %[[ST]] scale 5.000000e-01
// CHECK:             %[[ON:.*]] = tensor.insert_slice %[[C]]#0 into %[[OT]]
// CHECK:             scf.yield %[[ON]], %[[C]]#1
// CHECK-DAG:         tensor.parallel_insert_slice %[[R]]#0 into %[[O]]
// CHECK-DAG:         tensor.parallel_insert_slice %[[R]]#1 into %[[STATES]]
// REMARK: chunks of 512 tokens
func.func @delta(%q: tensor<1x4x100x8xbf16>, %k: tensor<1x2x100x8xbf16>, %v: tensor<1x100x2x16xbf16>, %b: tensor<1x2x100xf32>,
    %s: tensor<1x2x8x16xf16>) -> (tensor<100x1x4x16xbf16>, tensor<1x2x8x16xf16>) {
  %o, %n = attn.linear_attention delta %q, %k, %v beta %b state %s scale 0.5
    layout value [batch, sequence, head, feature] output [sequence, batch, head, feature]
    : tensor<1x4x100x8xbf16>, tensor<1x2x100x8xbf16>, tensor<1x100x2x16xbf16>, beta tensor<1x2x100xf32>, state tensor<1x2x8x16xf16>
    -> (tensor<100x1x4x16xbf16>, state tensor<1x2x8x16xf16>)
  return %o, %n : tensor<100x1x4x16xbf16>, tensor<1x2x8x16xf16>
}

// -----

// What one operand knows of its sizes, all know; what none knows is checked.
// CHECK-LABEL: @dynamic
// CHECK:         cf.assert %{{.*}}, "expected dimension 2 of value to equal dimension 2 of key"
// CHECK:         linalg.fill {{.*}} -> tensor<?x2x8x4xf64>
// CHECK:         attn.linear_chunk gated {{.*}} decay tensor<1x1x?x8xf32> into tensor<1x?x?x4xf64>, tensor<1x1x8x4xf64>
func.func @dynamic(%q: tensor<?x?x?x8xf64>, %k: tensor<?x?x?x?xf64>, %v: tensor<?x2x?x4xf64>, %g: tensor<?x?x?x?xf32>) -> tensor<?x?x?x?xf64> {
  %o = attn.linear_attention gated %q, %k, %v decay %g
    : tensor<?x?x?x8xf64>, tensor<?x?x?x?xf64>, tensor<?x2x?x4xf64>, decay tensor<?x?x?x?xf32> -> (tensor<?x?x?x?xf64>)
  return %o : tensor<?x?x?x?xf64>
}

// -----

// CHECK-LABEL: @dynamic_heads
// CHECK:         attn.linear_attention
// REMARK: expected a static feature dimension of value, got a dynamic one
func.func @dynamic_heads(%q: tensor<1x1x4x8xf32>, %v: tensor<1x1x4x?xf32>) -> tensor<1x1x4x?xf32> {
  %o = attn.linear_attention linear %q, %q, %v : tensor<1x1x4x8xf32>, tensor<1x1x4x8xf32>, tensor<1x1x4x?xf32> -> (tensor<1x1x4x?xf32>)
  return %o : tensor<1x1x4x?xf32>
}

// -----

// CHECK-LABEL: @large_heads
// CHECK:         attn.linear_attention
// REMARK: expected head sizes of at most 256, got 8 and 257
func.func @large_heads(%q: tensor<1x1x4x8xf64>, %v: tensor<1x1x4x257xf64>) -> tensor<1x1x4x257xf64> {
  %o = attn.linear_attention linear %q, %q, %v : tensor<1x1x4x8xf64>, tensor<1x1x4x8xf64>, tensor<1x1x4x257xf64> -> (tensor<1x1x4x257xf64>)
  return %o : tensor<1x1x4x257xf64>
}

// -----

// CHECK-LABEL: @no_tokens
// CHECK:         attn.linear_attention
// REMARK: expected tensors with elements, got an empty one
func.func @no_tokens(%q: tensor<1x1x0x8xf32>) -> tensor<1x1x0x8xf32> {
  %o = attn.linear_attention linear %q, %q, %q : tensor<1x1x0x8xf32>, tensor<1x1x0x8xf32>, tensor<1x1x0x8xf32> -> (tensor<1x1x0x8xf32>)
  return %o : tensor<1x1x0x8xf32>
}

// -----

// Fewer heads than a machine may have threads: threads divide the value features, 16 at a time.
// CHECK: #[[$COLUMNS:.*]] = affine_map<(d0)[s0] -> (s0, -d0 + 72, 72)>
// CHECK-LABEL: @few_heads
// CHECK:         %[[THREADS:.*]] = call @attn_rt_num_threads() : () -> index
// CHECK:         %[[FOR_HEAD:.*]] = arith.divui %[[THREADS]], %{{.*}} : index
// CHECK:         %[[MOST:.*]] = arith.maxui %[[FOR_HEAD]],
// CHECK:         %[[EACH:.*]] = arith.ceildivui %{{.*}}, %[[MOST]]
// CHECK:         %[[PARTS:.*]] = arith.ceildivui %{{.*}}, %[[EACH]]
// CHECK:         %[[SIZE:.*]] = arith.muli %[[EACH]],
// CHECK:         scf.forall (%{{.*}}, %{{.*}}, %[[P:.*]]) in (1, 2, %[[PARTS]])
// CHECK:           %[[FIRST:.*]] = arith.muli %[[P]], %[[SIZE]]
// CHECK:           %[[N:.*]] = affine.min #[[$COLUMNS]](%[[FIRST]])[%[[SIZE]]]
// CHECK:             tensor.extract_slice %{{.*}}[%{{.*}}, %{{.*}}, %{{.*}}, %[[FIRST]]] [1, 1, %{{.*}}, %[[N]]]
// CHECK:             attn.linear_chunk gated_delta {{.*}} -> tensor<1x2x?x?xf32>, tensor<1x1x32x?xf32>
// REMARK: chunks of 512 tokens
func.func @few_heads(%q: tensor<1x4x1000x32xf32>, %k: tensor<1x2x1000x32xf32>, %v: tensor<1x2x1000x72xf32>, %g: tensor<1x2x1000xf32>)
    -> tensor<1x4x1000x72xf32> {
  %o = attn.linear_attention gated_delta %q, %k, %v decay %g beta %g
    : tensor<1x4x1000x32xf32>, tensor<1x2x1000x32xf32>, tensor<1x2x1000x72xf32>, decay tensor<1x2x1000xf32>, beta tensor<1x2x1000xf32>
    -> (tensor<1x4x1000x72xf32>)
  return %o : tensor<1x4x1000x72xf32>
}
