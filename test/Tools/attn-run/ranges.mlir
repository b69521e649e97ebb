// Random integers are valid for their use: each function returns the integers that it was given, and runs.

// Rows of a table with 5 rows, read by elements.
// RUN: attn-run %s --function=gather --random-inputs --seed=1 | FileCheck %s --check-prefix=GATHER
// GATHER: result1 i64 [64]: mean {{.*}}, min 0, max 4{{$}}

// Where an update of 3 tokens fits in a cache of 8.
// RUN: attn-run %s --function=cache --random-inputs --seed=1 | FileCheck %s --check-prefix=CACHE
// CACHE: result1 i32 [64]: mean {{.*}}, min 0, max 5{{$}}

// Rows of a table of angles, whose number is dynamic.
// RUN: attn-run %s --function=rotary --random-inputs --seed=1 --dim rows=7 | FileCheck %s --check-prefix=ROTARY
// RUN: attn-run %s --function=rotary --random-inputs --seed=1 --dim rows=7 --keep-dynamic | FileCheck %s --check-prefix=ROTARY
// ROTARY: result1 i64 [1, 64]: mean {{.*}}, min 0, max 6{{$}}

// Lengths of at most 9 keys; two kinds of use allow what both allow.
// RUN: attn-run %s --function=lengths --random-inputs --seed=1 | FileCheck %s --check-prefix=LENGTHS
// LENGTHS: result1 i64 [64]: mean {{.*}}, min 0, max 9{{$}}

// Segments.
// RUN: attn-run %s --function=segments --random-inputs --seed=1 | FileCheck %s --check-prefix=SEGMENTS
// SEGMENTS: result1 i32 [1, 64]: mean {{.*}}, min 0, max 2{{$}}

// Nothing is known: 0 to 9.
// RUN: attn-run %s --function=other --random-inputs --seed=1 | FileCheck %s --check-prefix=OTHER
// OTHER: result0 i16 [64]: mean {{.*}}, min 0, max 9{{$}}

func.func @gather(%table: tensor<5x2xf32>, %ids: tensor<64xi64>) -> (tensor<64x2xf32>, tensor<64xi64>) {
  %e = tensor.empty() : tensor<64x2xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%ids : tensor<64xi64>) outs(%e : tensor<64x2xf32>) {
  ^bb0(%id: i64, %out: f32):
    %c0 = arith.constant 0 : index
    %c4 = arith.constant 4 : index
    %n = arith.index_cast %id : i64 to index
    %ok = arith.cmpi ule, %n, %c4 : index
    cf.assert %ok, "expected an id in [0, 5)"
    %lo = arith.maxsi %n, %c0 : index
    %hi = arith.minsi %lo, %c4 : index
    %j = linalg.index 1 : index
    %x = tensor.extract %table[%hi, %j] : tensor<5x2xf32>
    linalg.yield %x : f32
  } -> tensor<64x2xf32>
  return %r, %ids : tensor<64x2xf32>, tensor<64xi64>
}

func.func @cache(%cache: tensor<64x2x8x1xf32>, %new: tensor<64x2x3x1xf32>, %at: tensor<64xi32>)
    -> (tensor<64x2x8x1xf32>, tensor<64xi32>) {
  %0 = attn.cache_update %cache, %new at %at axis 2
    : tensor<64x2x8x1xf32>, tensor<64x2x3x1xf32>, at tensor<64xi32>
  return %0, %at : tensor<64x2x8x1xf32>, tensor<64xi32>
}

func.func @rotary(%x: tensor<1x2x64x8xf32>, %cos: tensor<?x4xf32> {attn.dim_names = ["rows", ""]},
    %sin: tensor<?x4xf32> {attn.dim_names = ["rows", ""]}, %pos: tensor<1x64xi64>) -> (tensor<1x2x64x8xf32>, tensor<1x64xi64>) {
  %0 = attn.rotary_embedding %x cos %cos sin %sin positions %pos
    : tensor<1x2x64x8xf32>, cos tensor<?x4xf32>, sin tensor<?x4xf32>, positions tensor<1x64xi64>
  return %0, %pos : tensor<1x2x64x8xf32>, tensor<1x64xi64>
}

func.func @lengths(%q: tensor<64x1x2x4xf32>, %k: tensor<64x1x9x4xf32>, %n: tensor<64xi64>)
    -> (tensor<64x1x2x4xf32>, tensor<64xi64>) {
  %0 = attn.attention %q, %k, %k
    mask (%b: index, %h: index, %i: index, %j: index) {
      %x = tensor.extract %n[%b] : tensor<64xi64>
      %length = arith.index_cast %x : i64 to index
      %1 = arith.cmpi slt, %j, %length : index
      attn.yield %1 : i1
    } : tensor<64x1x2x4xf32>, tensor<64x1x9x4xf32>, tensor<64x1x9x4xf32> -> (tensor<64x1x2x4xf32>)
  return %0, %n : tensor<64x1x2x4xf32>, tensor<64xi64>
}

func.func @segments(%q: tensor<1x1x64x4xf32>, %s: tensor<1x64xi32>) -> (tensor<1x1x64x4xf32>, tensor<1x64xi32>) {
  %0 = attn.attention %q, %q, %q
    mask (%b: index, %h: index, %i: index, %j: index) {
      %1 = attn.same_segment %s, %s at %b, %i, %j : tensor<1x64xi32>, tensor<1x64xi32>
      attn.yield %1 : i1
    } : tensor<1x1x64x4xf32>, tensor<1x1x64x4xf32>, tensor<1x1x64x4xf32> -> (tensor<1x1x64x4xf32>)
  return %0, %s : tensor<1x1x64x4xf32>, tensor<1x64xi32>
}

func.func @other(%x: tensor<64xi16>) -> tensor<64xi16> {
  return %x : tensor<64xi16>
}
