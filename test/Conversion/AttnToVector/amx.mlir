// RUN: attn-opt %s -split-input-file -attn-attach-cpu-target="vector-bits=512 registers=32 fma amx" -convert-attn-to-vector -canonicalize -cse | FileCheck %s
// RUN: attn-opt %s -split-input-file -attn-attach-cpu-target="vector-bits=512 registers=32 fma" -convert-attn-to-vector | FileCheck %s --check-prefix=NONE --implicit-check-not=amx.
// RUN: attn-opt %s -split-input-file -attn-attach-cpu-target="vector-bits=256 fma amx" -convert-attn-to-vector | FileCheck %s --check-prefix=NONE --implicit-check-not=amx.
// NONE: func.func @whole
// RUN: attn-opt %s -split-input-file -attn-attach-cpu-target="vector-bits=512 registers=32 fma amx exp=exact" -convert-attn-to-vector | FileCheck %s --check-prefix=EXACT
// EXACT: attn.x86.exp2 {{.*}} degree 5

// K is read where it lies, V is transposed in 16 x 16 pairs, Q before the loop.
// CHECK-LABEL: @whole
// CHECK-SAME: (%[[Q:.*]]: memref<1x1x32x64xbf16>, %[[K:.*]]: memref<1x1x128x64xbf16>,
// CHECK-DAG: memref.alloca() {{.*}} : memref<32x96xbf16>
// CHECK-DAG: memref.alloca() {{.*}} : memref<64x32xf32>
// CHECK-DAG: memref.alloca() {{.*}} : memref<64x64xbf16>
// CHECK-DAG: memref.alloca() {{.*}} : memref<64x32x32xbf16>
// CHECK: vector.shuffle {{.*}} : vector<16xi32>, vector<16xi32>
// CHECK: scf.for

// The first task's scores, by what blocks in order take, too.
// CHECK: func.func private @__attn_score_block
// CHECK: attn.x86.stream_tile %{{.*}}[%{{.*}}, %{{.*}}] : memref<?x64xbf16{{.*}}> into !amx.tile<16x32xbf16>
// CHECK: amx.tile_zero
// CHECK-COUNT-16: amx.tile_mulf
// What the sums say no to: by maxima.
// CHECK: func.func private @__attn_weigh_block
// CHECK: vector.reduction <or>
// CHECK: func.func private @__attn_attend_tiles(
// CHECK: call @__attn_score_block
// The pipeline, over rows and keys: the output of the task before among weights of this one, 2 x 2 tiles, 2 steps over 64 keys.
// CHECK: scf.for {{.*}} -> (index, index, index)
// CHECK: scf.for {{.*}} -> (index, index, index)
// CHECK: amx.tile_load {{.*}} : memref<32x48xf32> into !amx.tile<16x16xf32>
// CHECK-COUNT-7: amx.tile_mulf {{.*}} : !amx.tile<16x32xbf16>, !amx.tile<16x32xbf16>, !amx.tile<16x16xf32>
// CHECK: attn.x86.exp2 %{{.*}} degree 3 finite : vector<16xf32>
// CHECK: vector.store {{.*}} : memref<64x64xbf16>
// A sum is stored just before the next product takes its register: scores of the next task, 2 steps over 64 features.
// CHECK: amx.tile_store {{.*}} : memref<32x48xf32>
// CHECK: amx.tile_zero
// CHECK-COUNT-8: amx.tile_mulf
// Half of this one's are weights by then, and all of them when the last are stored.
// CHECK: amx.tile_store {{.*}} : memref<64x32xf32>
// CHECK: amx.tile_zero
// CHECK: attn.x86.exp2
// CHECK-COUNT-4: amx.tile_store {{.*}} : memref<64x32xf32>
// CHECK-NOT: attn.x86.exp2
// No maxima are taken; sums say whether they were needed. Then scores are computed again, and those of the next task behind them.
// CHECK-NOT: vector.reduction <or>
// CHECK: %[[OK:.*]] = vector.reduction <and>
// CHECK: scf.if %[[OK]]
// CHECK: } else {
// CHECK: func.call @__attn_score_block
// CHECK-NEXT: func.call @__attn_weigh_block
// CHECK: func.call @__attn_score_block
// CHECK: scf.yield
func.func @whole(%q: memref<1x1x32x64xbf16>, %k: memref<1x1x128x64xbf16>, %v: memref<1x1x128x32xbf16>,
    %acc: memref<1x1x32x32xf32>, %max: memref<1x1x32xf32>, %sum: memref<1x1x32xf32>) {
  attn.attend %q, %k, %v into %acc, %max, %sum
    : memref<1x1x32x64xbf16>, memref<1x1x128x64xbf16>, memref<1x1x128x32xbf16> -> memref<1x1x32x32xf32>, memref<1x1x32xf32>
  return
}

// -----

// A mask is a select in the same pipeline: a weight that it does not hide is more than 0.
// CHECK-LABEL: func.func @masked
// CHECK-DAG: call @__attn_attend_tiles(
// CHECK-DAG: call @__attn_attend_tiles_in_order(
// CHECK: func.func private @__attn_attend_tiles(
// Blocks in which no pair attends are left out.
// CHECK: vector.reduction <or>
// CHECK: scf.for {{.*}} -> (index, index, index)
// CHECK: amx.tile_mulf
// CHECK: %[[HIDES:.*]] = arith.cmpi sle, {{.*}} : vector<16xi{{.*}}>
// CHECK: %[[POWER:.*]] = attn.x86.exp2 %{{.*}} degree 3 finite
// CHECK: %[[MORE:.*]] = arith.addf %[[POWER]], %{{.*}}
// CHECK: arith.select %[[HIDES]], %[[MORE]],
// CHECK: amx.tile_store {{.*}} : memref<32x48xf32>
// CHECK: amx.tile_store {{.*}} : memref<64x32xf32>
// CHECK: vector.reduction <and>
// CHECK: func.call @__attn_weigh_block
// Where a value is not bounded, on vectors, without products of weight 0.
// CHECK: func.func private @__attn_multiply_nan_safe
// CHECK: arith.select {{.*}} : vector<16xi1>, vector<16xf32>
// NONE: func.func @masked
func.func @masked(%q: memref<1x1x32x64xbf16>, %k: memref<1x1x128x64xbf16>, %v: memref<1x1x128x32xbf16>,
    %acc: memref<1x1x32x32xf32>, %max: memref<1x1x32xf32>, %sum: memref<1x1x32xf32>) {
  attn.attend %q, %k, %v into %acc, %max, %sum
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = arith.cmpi sle, %j, %i : index
      attn.yield %0 : i1
    }
    : memref<1x1x32x64xbf16>, memref<1x1x128x64xbf16>, memref<1x1x128x32xbf16> -> memref<1x1x32x32xf32>, memref<1x1x32xf32>
  return
}

// -----

// f16 stays on vectors.
// CHECK-LABEL: @others
// CHECK-NOT: amx.
// NONE: func.func @others
func.func @others(%q: memref<1x1x32x64xf16>, %acc: memref<1x1x32x64xf32>, %max: memref<1x1x32xf32>, %sum: memref<1x1x32xf32>) {
  attn.attend %q, %q, %q into %acc, %max, %sum
    : memref<1x1x32x64xf16>, memref<1x1x32x64xf16>, memref<1x1x32x64xf16> -> memref<1x1x32x64xf32>, memref<1x1x32xf32>
  return
}

// -----

// Heads that tiles do not divide are padded: K of 40 features to 64, V of 20, and the state with it, to 32.
// CHECK-LABEL: @padded
// CHECK-DAG: memref.alloca() {{.*}} : memref<32x48xf32>
// CHECK-DAG: memref.alloca() {{.*}} : memref<2048x64xbf16>
// CHECK-DAG: memref.alloca() {{.*}} : memref<64x32x32xbf16>
// CHECK: %[[MASK:.*]] = vector.constant_mask [8] : vector<32xi1>
// CHECK: vector.maskedload %{{.*}}[%{{.*}}, %{{.*}}], %[[MASK]]
// CHECK: amx.tile_mulf
// NONE: func.func @padded
func.func @padded(%q: memref<1x1x32x40xbf16>, %k: memref<1x1x128x40xbf16>, %v: memref<1x1x128x20xbf16>,
    %acc: memref<1x1x32x20xf32>, %max: memref<1x1x32xf32>, %sum: memref<1x1x32xf32>) {
  attn.attend %q, %k, %v into %acc, %max, %sum
    : memref<1x1x32x40xbf16>, memref<1x1x128x40xbf16>, memref<1x1x128x20xbf16> -> memref<1x1x32x20xf32>, memref<1x1x32xf32>
  return
}

// -----

// A region that reads memory stays where LLVM can tell that memory from the scores.
// CHECK-LABEL: func.func @reads
// CHECK-NOT: call @__attn_attend_tiles
// CHECK: memref.load %{{.*}} : memref<128xi1>
// CHECK: amx.tile_mulf
// NONE: func.func @reads
func.func @reads(%q: memref<1x1x32x64xbf16>, %k: memref<1x1x128x64xbf16>, %v: memref<1x1x128x32xbf16>, %m: memref<128xi1>,
    %acc: memref<1x1x32x32xf32>, %max: memref<1x1x32xf32>, %sum: memref<1x1x32xf32>) {
  attn.attend %q, %k, %v into %acc, %max, %sum
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = memref.load %m[%j] : memref<128xi1>
      attn.yield %0 : i1
    }
    : memref<1x1x32x64xbf16>, memref<1x1x128x64xbf16>, memref<1x1x128x32xbf16> -> memref<1x1x32x32xf32>, memref<1x1x32xf32>
  return
}

// -----

// A region of more code than a stage has room for goes over the scores before it; what it hides is -inf then.
// CHECK-LABEL: func.func @long
// CHECK: func.func private @__attn_attend_tiles(
// CHECK: scf.for {{.*}} -> (index, index, index)
// CHECK: scf.for
// CHECK: math.tanh
// CHECK: vector.store {{.*}} : memref<64x32xf32>
// CHECK: amx.tile_mulf
// CHECK: arith.cmpf une, {{.*}} : vector<16xf32>
// CHECK: attn.x86.exp2
// NONE: func.func @long
func.func @long(%q: memref<1x1x32x64xbf16>, %k: memref<1x1x128x64xbf16>, %v: memref<1x1x128x32xbf16>,
    %acc: memref<1x1x32x32xf32>, %max: memref<1x1x32xf32>, %sum: memref<1x1x32xf32>) {
  attn.attend %q, %k, %v into %acc, %max, %sum
    score (%s: f32, %b: index, %h: index, %i: index, %j: index) {
      %0 = math.tanh %s : f32
      attn.yield %0 : f32
    }
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = arith.cmpi sle, %j, %i : index
      attn.yield %0 : i1
    }
    : memref<1x1x32x64xbf16>, memref<1x1x128x64xbf16>, memref<1x1x128x32xbf16> -> memref<1x1x32x32xf32>, memref<1x1x32xf32>
  return
}

// -----

// V is packed once for all iterations of a parallel loop, before it, where there are tiles; each panel says whether it is bounded.
// CHECK-LABEL: func.func @shared
// CHECK: %[[HAS:.*]] = call @attn_rt_has_tiles()
// CHECK: %[[PANELS:.*]] = arith.select %[[HAS]], %c1, %c0
// CHECK: %[[PACKED:.*]] = memref.alloc(%{{.*}}) {alignment = 64 : i64} : memref<1x1x?x64x32xbf16>
// CHECK: %[[BOUNDED:.*]] = memref.alloc(%{{.*}}) : memref<1x1x?xi8>
// CHECK: scf.forall
// CHECK: %[[IS:.*]] = func.call @__attn_pack_values
// CHECK: %[[BYTE:.*]] = arith.extui %[[IS]]
// CHECK: memref.store %[[BYTE]], %[[BOUNDED]]
// CHECK: scf.forall
// CHECK: scf.if
// CHECK-NOT: @__attn_pack_values
// CHECK: memref.load %[[BOUNDED]]
// CHECK: call @__attn_attend_tiles(
// Without tiles, on vectors.
// CHECK: } else {
// CHECK-NOT: tiles
// CHECK: func.call @__attn_scores(
// CHECK: func.func private @__attn_attend_tiles(
// NONE: func.func @shared
// NONE-NOT: has_tiles
func.func @shared(%q: memref<1x2x64x64xbf16>, %k: memref<1x1x1024x64xbf16>, %v: memref<1x1x1024x64xbf16>) {
  %c0 = arith.constant 0 : index
  %c512 = arith.constant 512 : index
  %c1024 = arith.constant 1024 : index
  scf.forall (%h, %n) in (2, 2) {
    %first = affine.apply affine_map<(d0) -> (d0 * 32)>(%n)
    %qt = memref.subview %q[0, %h, %first, 0] [1, 1, 32, 64] [1, 1, 1, 1] : memref<1x2x64x64xbf16> to memref<1x1x32x64xbf16, strided<[8192, 4096, 64, 1], offset: ?>>
    %acc = memref.alloc() : memref<1x1x32x64xf32, #attn.scratch>
    %max = memref.alloc() : memref<1x1x32xf32, #attn.scratch>
    %sum = memref.alloc() : memref<1x1x32xf32, #attn.scratch>
    scf.for %j = %c0 to %c1024 step %c512 {
      %kt = memref.subview %k[0, 0, %j, 0] [1, 1, 512, 64] [1, 1, 1, 1] : memref<1x1x1024x64xbf16> to memref<1x1x512x64xbf16, strided<[65536, 65536, 64, 1], offset: ?>>
      %vt = memref.subview %v[0, 0, %j, 0] [1, 1, 512, 64] [1, 1, 1, 1] : memref<1x1x1024x64xbf16> to memref<1x1x512x64xbf16, strided<[65536, 65536, 64, 1], offset: ?>>
      attn.attend %qt, %kt, %vt into %acc, %max, %sum
        : memref<1x1x32x64xbf16, strided<[8192, 4096, 64, 1], offset: ?>>, memref<1x1x512x64xbf16, strided<[65536, 65536, 64, 1], offset: ?>>, memref<1x1x512x64xbf16, strided<[65536, 65536, 64, 1], offset: ?>>
          -> memref<1x1x32x64xf32, #attn.scratch>, memref<1x1x32xf32, #attn.scratch>
    }
  }
  return
}
