// The picture of the tiles is a PNG file.
// RUN: attn-opt %s --attn-print-mask-analysis --mask-picture=%t.png -o /dev/null | FileCheck %s --check-prefix=TILES
// RUN: head -c 4 %t.png | FileCheck %s
// CHECK: PNG
// The second attention has a picture of its own.
// RUN: head -c 4 %t-2.png | FileCheck %s
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
