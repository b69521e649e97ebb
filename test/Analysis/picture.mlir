// The picture of the tiles: 24 x 24 pixels for each, in the color of its class, and 7 of each color in the scale.
// RUN: attn-opt %s --attn-print-mask-analysis --mask-picture=%t.png -o /dev/null | FileCheck %s --check-prefix=TILES
// RUN: %python %S/Inputs/count_colors.py %t.png 4 | FileCheck %s
// CHECK: 1b0130 107143
// CHECK: fff467 24199
// CHECK-NEXT: 008a99 16135
// The second attention has a picture of its own.
// RUN: %python %S/Inputs/count_colors.py %t-2.png 4 | FileCheck %s --check-prefix=SECOND
// SECOND: fff467 147463
// SECOND-NOT: {{1b0130|008a99}} {{[0-9][0-9][0-9]}}
// TILES: 42 full, 28 partial, 186 empty of 256; 72.7 % skipped
// TILES: 256 full, 0 partial, 0 empty of 256; 0.0 % skipped
!t = tensor<1x1x1024x16xf32>
func.func @f(%q: !t) -> !t {
  %o = attn.attention %q, %q, %q
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.window %i, %j left 255 right 0
      attn.yield %0 : i1
    } : !t, !t, !t -> !t
  return %o : !t
}
func.func @g(%q: !t) -> !t {
  %o = attn.attention %q, %q, %q : !t, !t, !t -> !t
  return %o : !t
}
