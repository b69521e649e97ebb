// The schedule of each attention is an attribute: printed as a remark, and the same tiles where it is set.
// RUN: attn-opt %s -attn-attach-cpu-target="vector-bits=512 registers=32 fma amx" -attn-tile --remarks-filter=attn-tile --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s
// CHECK: Schedule{{.*}}#attn.cpu<vector_bits = 512, registers = 32, fma = true, amx = true, tile_query = 192, tile_key = 64, unmasked_keys = 2048, panel_keys = 2048, packing = shared, stages = 3>
// CHECK: Schedule{{.*}}#attn.cpu<vector_bits = 512, registers = 32, fma = true, amx = true, tile_query = 96, tile_key = 64, unmasked_keys = 1024>

// RUN: attn-opt %s -attn-attach-cpu-target="vector-bits=512 registers=32 fma amx tile-query=192 tile-key=64" -attn-tile | FileCheck %s --check-prefix=SET
// SET-LABEL: @narrow
// SET: scf.forall {{.*}} in ({{.*}}6)
// SET-LABEL: @wide
// SET: scf.forall {{.*}} in ({{.*}}6)

// On vectors a step has a tile's keys.
// RUN: attn-opt %s -attn-attach-cpu-target="vector-bits=256 fma" -attn-tile --remarks-filter=attn-tile --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=VECTORS
// VECTORS-COUNT-2: Schedule{{.*}}#attn.cpu<vector_bits = 256, fma = true, tile_query = 48, tile_key = 64>

// Decode reads them in several places, far apart, unless a step is set.
// VECTORS: Schedule{{.*}}#attn.cpu<vector_bits = 256, fma = true, tile_query = 48, tile_key = 64, unmasked_keys = 1024>
// RUN: attn-opt %s -attn-attach-cpu-target="vector-bits=256 fma unmasked-keys=64" -attn-tile --remarks-filter=attn-tile --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=STEP_SET
// STEP_SET-NOT: unmasked_keys = 1024

// What is set is taken as it is, also where the policy would choose otherwise for bf16.
// RUN: attn-opt %s -attn-attach-cpu-target="vector-bits=512 registers=32 fma amx tile-query=96" -attn-tile | FileCheck %s --check-prefix=AS_IS
// AS_IS-LABEL: @narrow
// AS_IS: scf.forall {{.*}} in ({{.*}}11)

// RUN: not attn-opt %s -attn-attach-cpu-target="tile-query=-1" 2>&1 | FileCheck %s --check-prefix=INVALID
// INVALID: expected tile_query of 1 to 1048576, got -1

// RUN: not attn-opt %s -attn-attach-cpu-target="stages=2" 2>&1 | FileCheck %s --check-prefix=STAGES
// STAGES: expected stages of 1 or 3, got 2
// RUN: not attn-opt %s -attn-attach-cpu-target="panel-keys=100" 2>&1 | FileCheck %s --check-prefix=PANEL
// PANEL: expected panel_keys of 64 to 2048, a multiple of 64, got 100

// Steps of loops that need no mask.
// RUN: attn-opt %s -attn-attach-cpu-target="vector-bits=512 registers=32 fma unmasked-keys=128" -attn-tile | FileCheck %s --check-prefix=STEPS
// STEPS-LABEL: @narrow
// STEPS: %[[STEP:.*]] = arith.constant 128 : index
// STEPS: scf.for {{.*}} step %[[STEP]]

func.func @narrow(%q: tensor<1x1x1030x64xbf16>, %k: tensor<1x1x2000x64xbf16>) -> tensor<1x1x1030x64xbf16> {
  %o = attn.attention %q, %k, %k
    : tensor<1x1x1030x64xbf16>, tensor<1x1x2000x64xbf16>, tensor<1x1x2000x64xbf16> -> (tensor<1x1x1030x64xbf16>)
  return %o : tensor<1x1x1030x64xbf16>
}

func.func @wide(%q: tensor<1x1x1030x64xf32>, %k: tensor<1x1x2000x64xf32>) -> tensor<1x1x1030x64xf32> {
  %o = attn.attention %q, %k, %k
    : tensor<1x1x1030x64xf32>, tensor<1x1x2000x64xf32>, tensor<1x1x2000x64xf32> -> (tensor<1x1x1030x64xf32>)
  return %o : tensor<1x1x1030x64xf32>
}

func.func @decode(%q: tensor<1x8x1x64xf32>, %k: tensor<1x1x2000x64xf32>) -> tensor<1x8x1x64xf32> {
  %o = attn.attention %q, %k, %k
    : tensor<1x8x1x64xf32>, tensor<1x1x2000x64xf32>, tensor<1x1x2000x64xf32> -> (tensor<1x8x1x64xf32>)
  return %o : tensor<1x8x1x64xf32>
}
