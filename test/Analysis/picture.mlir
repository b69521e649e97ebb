// The picture of the tiles is a PNG file.
// RUN: attn-opt %s --attn-print-mask-analysis --mask-picture=%t.png -o /dev/null
// RUN: head -c 4 %t.png | FileCheck %s
// CHECK: PNG
!t = tensor<1x1x1024x16xf32>
func.func @f(%q: !t) -> !t {
  %o = attn.attention %q, %q, %q
    mask (%b: index, %h: index, %i: index, %j: index) {
      %0 = attn.window %i, %j left 255 right 0
      attn.yield %0 : i1
    } : !t, !t, !t -> !t
  return %o : !t
}
