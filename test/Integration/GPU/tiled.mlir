// Attention on tensor cores: three key tiles and two query tiles, the last of each not full.
// RUN: attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --compare=reference | FileCheck %s
// RUN: attn-compile %s --target=cuda --emit=ptx -o - | FileCheck %s --check-prefix=PTX

// The schedule that is wanted.
// RUN: attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --compare=reference --tile-query=32 --tile-key=16 | FileCheck %s
// RUN: attn-compile %s --target=cuda --emit=mlir --stage=tiled --tile-query=32 --tile-key=16 -o - | FileCheck %s --check-prefix=WANTED
// WANTED: schedule <rows = 32, keys = 16, stages = 2, query = registers>
// RUN: attn-run %s --target=cuda --device=ptx-interpreter --random-inputs --compare=reference --passes='convert-attn-to-tile{stages=3 query=shared}' | FileCheck %s
// RUN: not attn-compile %s --target=cuda --tile-query=17 -o %t.ptx 2>&1 | FileCheck %s --check-prefix=ROWS
// ROWS: error: {{.*}}expected {{.*}}16{{.*}}, got 17

// CHECK: result0 1x1x100x64xbf16: agree: 6400 elements
// PTX-DAG: cp.async.cg.shared.global
// PTX-DAG: mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32
func.func @main(%q: tensor<1x1x100x64xbf16>, %k: tensor<1x1x150x64xbf16>, %v: tensor<1x1x150x64xbf16>) -> tensor<1x1x100x64xbf16> {
  %o = attn.attention %q, %k, %v scale 0.2
    : tensor<1x1x100x64xbf16>, tensor<1x1x150x64xbf16>, tensor<1x1x150x64xbf16> -> tensor<1x1x100x64xbf16>
  return %o : tensor<1x1x100x64xbf16>
}
