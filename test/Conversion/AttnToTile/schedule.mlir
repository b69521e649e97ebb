// The schedule is the tiling policy's choice, but for what the options say.
// RUN: attn-opt %s -convert-attn-to-tile | FileCheck %s
// RUN: attn-opt %s -convert-attn-to-tile="rows=32 keys=16 stages=1 query=shared" | FileCheck %s --check-prefix=WANTED
// RUN: not attn-opt %s -convert-attn-to-tile="rows=20" 2>&1 | FileCheck %s --check-prefix=ROWS
// RUN: not attn-opt %s -convert-attn-to-tile="rows=512" 2>&1 | FileCheck %s --check-prefix=MANY
// RUN: not attn-opt %s -convert-attn-to-tile="keys=24" 2>&1 | FileCheck %s --check-prefix=KEYS
// RUN: not attn-opt %s -convert-attn-to-tile="stages=-1" 2>&1 | FileCheck %s --check-prefix=STAGES
// RUN: not attn-opt %s -convert-attn-to-tile="query=nowhere" 2>&1 | FileCheck %s --check-prefix=QUERY
// RUN: not attn-opt %s -convert-attn-to-tile="keys=512 stages=9" 2>&1 | FileCheck %s --check-prefix=BYTES
// ROWS: error: expected rows in multiples of 16, got 20
// MANY: error: expected at most 496 rows, got 512
// KEYS: error: expected keys in multiples of 16, got 24
// STAGES: error: expected stages of 1 or more, or 0, got -1
// QUERY: error: expected the query in registers or shared, got 'nowhere'
// BYTES: error: {{.*}}expected a schedule of at most {{[0-9]+}} bytes of shared memory, got 1327392 for #attn_tile.schedule<rows = 64, keys = 512, stages = 9, query = registers>

module attributes {attn.target = #attn.gpu<arch = "sm_80">} {
  // CHECK-LABEL: @many
  // CHECK: attn_tile.stream {{.*}} schedule <rows = 64, keys = 64, stages = 2, query = registers>
  // WANTED-LABEL: @many
  // WANTED: attn_tile.stream {{.*}} schedule <rows = 32, keys = 16, stages = 1, query = shared>
  func.func @many(%q: tensor<1x2x200x64xbf16>, %k: tensor<1x2x?x64xbf16>) -> tensor<1x2x200x64xbf16> {
    %o = attn.attention %q, %k, %k : tensor<1x2x200x64xbf16>, tensor<1x2x?x64xbf16>, tensor<1x2x?x64xbf16> -> tensor<1x2x200x64xbf16>
    return %o : tensor<1x2x200x64xbf16>
  }

  // Rows for a group of 8 heads with 3 queries each.
  // CHECK-LABEL: @few
  // CHECK: attn_tile.stream {{.*}} schedule <rows = 32, keys = 32, stages = 2, query = registers>
  func.func @few(%q: tensor<1x16x3x128xbf16>, %k: tensor<1x2x?x128xbf16>) -> tensor<1x16x3x128xbf16> {
    %o = attn.attention %q, %k, %k : tensor<1x16x3x128xbf16>, tensor<1x2x?x128xbf16>, tensor<1x2x?x128xbf16> -> tensor<1x16x3x128xbf16>
    return %o : tensor<1x16x3x128xbf16>
  }

  // Registers hold a query of 256 features no more beside the output.
  // CHECK-LABEL: @long
  // CHECK: attn_tile.stream {{.*}} schedule <rows = 16, keys = 16, stages = 2, query = shared>
  func.func @long(%q: tensor<1x4x1x256xbf16>, %k: tensor<1x1x?x256xbf16>) -> tensor<1x4x1x256xbf16> {
    %o = attn.attention %q, %k, %k : tensor<1x4x1x256xbf16>, tensor<1x1x?x256xbf16>, tensor<1x1x?x256xbf16> -> tensor<1x4x1x256xbf16>
    return %o : tensor<1x4x1x256xbf16>
  }
}
