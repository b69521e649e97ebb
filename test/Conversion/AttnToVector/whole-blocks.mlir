// RUN: attn-opt %s -split-input-file -attn-attach-cpu-target="vector-bits=512 registers=32 fma" -convert-attn-to-vector -canonicalize -cse | FileCheck %s
// RUN: attn-opt %s -split-input-file -attn-attach-cpu-target="vector-bits=512 registers=32 fma amx" -convert-attn-to-vector -canonicalize -cse | FileCheck %s --check-prefix=AMX

// As many keys as a causal mask leaves: whole blocks of 64, which the loop's steps and the bound of its end prove. No block is
// less, so that nothing is copied for one; and the tile that has a mask shares the code, also where tiles of AMX have been denied.
// CHECK-LABEL: @whole
// CHECK-COUNT-2: call @__attn_scores(
// CHECK-NOT: func.func private @__attn_scores_
// AMX-LABEL: @whole
// AMX-NOT: @__attn_pack_keys
// AMX-COUNT-2: call @__attn_scores(
// AMX-NOT: @__attn_pack_keys
// AMX-NOT: func.func private @__attn_scores_
func.func @whole(%q: memref<1x1x32x64xbf16>, %k: memref<1x1x1024x64xbf16>, %v: memref<1x1x1024x64xbf16>,
    %acc: memref<1x1x32x64xf32>, %max: memref<1x1x32xf32>, %sum: memref<1x1x32xf32>, %tile: index) {
  %c0 = arith.constant 0 : index
  %c512 = arith.constant 512 : index
  %end = affine.min affine_map<(n) -> (n * 64, 1024)>(%tile)
  scf.for %first = %c0 to %end step %c512 {
    %size = affine.min affine_map<(first)[end] -> (end - first, 512)>(%first)[%end]
    %kt = memref.subview %k[0, 0, %first, 0] [1, 1, %size, 64] [1, 1, 1, 1]
      : memref<1x1x1024x64xbf16> to memref<1x1x?x64xbf16, strided<[65536, 65536, 64, 1], offset: ?>>
    %vt = memref.subview %v[0, 0, %first, 0] [1, 1, %size, 64] [1, 1, 1, 1]
      : memref<1x1x1024x64xbf16> to memref<1x1x?x64xbf16, strided<[65536, 65536, 64, 1], offset: ?>>
    attn.attend %q, %kt, %vt into %acc, %max, %sum
      : memref<1x1x32x64xbf16>, memref<1x1x?x64xbf16, strided<[65536, 65536, 64, 1], offset: ?>>, memref<1x1x?x64xbf16, strided<[65536, 65536, 64, 1], offset: ?>> -> memref<1x1x32x64xf32>, memref<1x1x32xf32>
  }
  %kt = memref.subview %k[0, 0, %tile, 0] [1, 1, 64, 64] [1, 1, 1, 1]
    : memref<1x1x1024x64xbf16> to memref<1x1x64x64xbf16, strided<[65536, 65536, 64, 1], offset: ?>>
  %vt = memref.subview %v[0, 0, %tile, 0] [1, 1, 64, 64] [1, 1, 1, 1]
    : memref<1x1x1024x64xbf16> to memref<1x1x64x64xbf16, strided<[65536, 65536, 64, 1], offset: ?>>
  attn.attend %q, %kt, %vt into %acc, %max, %sum
    mask (%b: index, %h: index, %i: index, %j: index) {
      %keep = arith.cmpi sle, %j, %i : index
      attn.yield %keep : i1
    }
    : memref<1x1x32x64xbf16>, memref<1x1x64x64xbf16, strided<[65536, 65536, 64, 1], offset: ?>>, memref<1x1x64x64xbf16, strided<[65536, 65536, 64, 1], offset: ?>> -> memref<1x1x32x64xf32>, memref<1x1x32xf32>
  return
}

// -----

// Of 48 keys more than a multiple of 64, some blocks are not whole.
// AMX-LABEL: @rest
// AMX: call @__attn_pack_keys
func.func @rest(%q: memref<1x1x32x64xbf16>, %k: memref<1x1x1072x64xbf16>, %v: memref<1x1x1072x64xbf16>,
    %acc: memref<1x1x32x64xf32>, %max: memref<1x1x32xf32>, %sum: memref<1x1x32xf32>, %tile: index) {
  %size = affine.min affine_map<(n) -> (n * 64, 1072)>(%tile)
  %kt = memref.subview %k[0, 0, 0, 0] [1, 1, %size, 64] [1, 1, 1, 1]
    : memref<1x1x1072x64xbf16> to memref<1x1x?x64xbf16, strided<[68608, 68608, 64, 1]>>
  %vt = memref.subview %v[0, 0, 0, 0] [1, 1, %size, 64] [1, 1, 1, 1]
    : memref<1x1x1072x64xbf16> to memref<1x1x?x64xbf16, strided<[68608, 68608, 64, 1]>>
  attn.attend %q, %kt, %vt into %acc, %max, %sum
    : memref<1x1x32x64xbf16>, memref<1x1x?x64xbf16, strided<[68608, 68608, 64, 1]>>, memref<1x1x?x64xbf16, strided<[68608, 68608, 64, 1]>> -> memref<1x1x32x64xf32>, memref<1x1x32xf32>
  return
}
