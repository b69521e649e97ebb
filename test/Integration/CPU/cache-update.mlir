// Cache updates against the oracle: any type, circular, without positions.
// RUN: split-file %s %t
// RUN: attn-run %t/static.mlir --plain --random-inputs --range at=0:3 --range around=0:100 --compare=reference \
// RUN:   | FileCheck %s --check-prefix=FOUR
// RUN: attn-run %t/dynamic.mlir --plain -O0 --random-inputs --range at=0:4 --keep-dynamic \
// RUN:   --dim batch=2 --dim heads=3 --dim places=7 --dim tokens=3 --compare=reference | FileCheck %s --check-prefix=THREE
// Of outputs that may have the cache's memory, none is written while another is computed from it.
// RUN: attn-run %t/static.mlir --random-inputs --range at=0:3 --range around=0:100 --compare=reference \
// RUN:   | FileCheck %s --check-prefix=FOUR
// RUN: attn-run %t/dynamic.mlir -O0 --random-inputs --range at=0:4 --keep-dynamic \
// RUN:   --dim batch=2 --dim heads=3 --dim places=7 --dim tokens=3 --compare=reference | FileCheck %s --check-prefix=THREE
// A whole cache, and nothing.
// RUN: attn-run %t/dynamic.mlir --plain -O0 --random-inputs --range at=0:0 --keep-dynamic \
// RUN:   --dim batch=2 --dim heads=3 --dim places=7 --dim tokens=7 --compare=reference | FileCheck %s --check-prefix=THREE
// RUN: attn-run %t/dynamic.mlir --plain -O0 --random-inputs --range at=0:100 --keep-dynamic \
// RUN:   --dim batch=2 --dim heads=3 --dim places=7 --dim tokens=0 --compare=reference | FileCheck %s --check-prefix=THREE
// FOUR-COUNT-4: agree
// THREE-COUNT-3: agree

// D21: before the start, and past the end.
// RUN: not attn-run %t/static.mlir --plain -O0 --random-inputs --range at=-1:-1 --range around=0:0 2>&1 \
// RUN:   | FileCheck %s --check-prefix=RANGE
// RUN: not attn-run %t/static.mlir --plain -O0 --random-inputs --range at=5:5 --range around=0:0 2>&1 \
// RUN:   | FileCheck %s --check-prefix=RANGE
// RANGE: expected positions to leave room for the update in dimension 2 of cache, got one out of range
// RUN: not attn-run %t/static.mlir --plain -O0 --random-inputs --range at=0:0 --range around=-5:-1 2>&1 \
// RUN:   | FileCheck %s --check-prefix=NEGATIVE
// NEGATIVE: expected positions of at least 0, got a negative one
// RUN: not attn-run %t/dynamic.mlir --plain -O0 --random-inputs --range at=0:0 --keep-dynamic \
// RUN:   --dim batch=2 --dim heads=3 --dim places=7 --dim tokens=8 2>&1 | FileCheck %s --check-prefix=LONG
// LONG: expected dimension 2 of update to be at most dimension 2 of cache

//--- static.mlir
func.func @static(
    %cache: tensor<2x3x7x4xf32>, %new: tensor<2x3x3x4xf32>, %halves: tensor<2x7xbf16>, %half: tensor<2x2xbf16>,
    %at: tensor<2xi64> {attn.name = "at"}, %around: tensor<2xi32> {attn.name = "around"})
    -> (tensor<2x3x7x4xf32>, tensor<2x3x7x4xf32>, tensor<2x7xbf16>, tensor<2x7xbf16>) {
  %0 = attn.cache_update %cache, %new at %at axis 2 : tensor<2x3x7x4xf32>, tensor<2x3x3x4xf32>, at tensor<2xi64>
  %1 = attn.cache_update %cache, %new at %around axis 2 circular
    : tensor<2x3x7x4xf32>, tensor<2x3x3x4xf32>, at tensor<2xi32>
  %2 = attn.cache_update %halves, %half at %around axis 1 circular
    : tensor<2x7xbf16>, tensor<2x2xbf16>, at tensor<2xi32>
  %3 = attn.cache_update %halves, %half axis 1 : tensor<2x7xbf16>, tensor<2x2xbf16>
  return %0, %1, %2, %3 : tensor<2x3x7x4xf32>, tensor<2x3x7x4xf32>, tensor<2x7xbf16>, tensor<2x7xbf16>
}

//--- dynamic.mlir
func.func @dynamic(
    %cache: tensor<?x?x?x4xf64> {attn.dim_names = ["batch", "heads", "places", ""]},
    %new: tensor<?x?x?x4xf64> {attn.dim_names = ["batch", "heads", "tokens", ""]},
    %at: tensor<?xi16> {attn.name = "at", attn.dim_names = ["batch"]})
    -> (tensor<?x?x?x4xf64>, tensor<?x?x?x4xf64>, tensor<?x?x?x4xf64>) {
  %0 = attn.cache_update %cache, %new at %at axis 2
    : tensor<?x?x?x4xf64>, tensor<?x?x?x4xf64>, at tensor<?xi16>
  %1 = attn.cache_update %cache, %new at %at axis 2 circular
    : tensor<?x?x?x4xf64>, tensor<?x?x?x4xf64>, at tensor<?xi16>
  %2 = attn.cache_update %cache, %new axis 2 : tensor<?x?x?x4xf64>, tensor<?x?x?x4xf64>
  return %0, %1, %2 : tensor<?x?x?x4xf64>, tensor<?x?x?x4xf64>, tensor<?x?x?x4xf64>
}
