// RUN: not attn-opt %s --attn-print-mask-analysis="tile-query=0 tile-key=64" 2>&1 | FileCheck %s --check-prefix=TILES
// RUN: not attn-opt %s --attn-print-mask-analysis --mask-picture=%t.none/x.png 2>&1 | FileCheck %s --check-prefix=PICTURE
// RUN: attn-opt %s --attn-print-mask-analysis="tile-query=1 tile-key=1" -o /dev/null 2>&1 | FileCheck %s --check-prefix=COUNT

// PICTURE: error: {{.*}}x.png
// TILES: error: expected tile sizes from 1 to 1048576, got 0 and 64
// COUNT: warning: expected at most 262144 tiles to count, got 1024 x 1024
!t = tensor<1x1x1024x16xf32>
func.func @f(%q: !t) -> !t {
  %o = attn.attention %q, %q, %q : !t, !t, !t -> !t
  return %o : !t
}
