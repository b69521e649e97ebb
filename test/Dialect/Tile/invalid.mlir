// What the ops on tiles refuse. Their examples, which are right, run with those of the pages (test/Docs/examples.py).
// RUN: attn-opt %s -split-input-file -verify-diagnostics

// expected-error @below {{expected columns in multiples of 8, got 12}}
func.func private @acc(!attn_tile.acc<64x12>)

// -----

// expected-error @below {{expected rows in multiples of 16, got 24}}
func.func private @fragment(!attn_tile.afrag<24x16xf16>)

// -----

// expected-error @below {{expected elements of f16 or bf16, got 'f32'}}
func.func private @element(!attn_tile.tile<16x16xf32>)

// -----

// expected-error @below {{expected 2 dimensions, got 3}}
func.func private @rank(!attn_tile.acc<1x64x16>)

// -----

// expected-error @below {{expected as many rows of values as of keys, 64, got 32}}
func.func private @ring(!attn_tile.ring<!attn_tile.tile<64x64xf16>, !attn_tile.tile<32x64xf16>, 2>)

// -----

// expected-error @below {{expected 1 stage or more, got 0}}
func.func private @stages(!attn_tile.ring<!attn_tile.tile<64x64xf16>, !attn_tile.tile<64x64xf16>, 0>)

// -----

func.func @depth(%a: !attn_tile.afrag<64x32xf16>, %b: !attn_tile.tile<16x16xf16>, %c: !attn_tile.acc<64x16>) {
  // expected-error @below {{expected a right operand of 32 products, got 16}}
  %d = attn_tile.mma %a, %b into %c transposed atom mma_sync : !attn_tile.afrag<64x32xf16>, !attn_tile.tile<16x16xf16>, !attn_tile.acc<64x16>
  return
}

// -----

func.func @columns(%a: !attn_tile.afrag<64x16xf16>, %b: !attn_tile.tile<16x32xf16>, %c: !attn_tile.acc<64x16>) {
  // expected-error @below {{expected an acc of 64x32, got 64x16}}
  %d = attn_tile.mma %a, %b into %c atom mma_sync : !attn_tile.afrag<64x16xf16>, !attn_tile.tile<16x32xf16>, !attn_tile.acc<64x16>
  return
}

// -----

func.func @elements(%a: !attn_tile.afrag<64x16xf16>, %b: !attn_tile.tile<16x16xbf16>, %c: !attn_tile.acc<64x16>) {
  // expected-error @below {{expected operands of one type, got 'f16' and 'bf16'}}
  %d = attn_tile.mma %a, %b into %c atom mma_sync : !attn_tile.afrag<64x16xf16>, !attn_tile.tile<16x16xbf16>, !attn_tile.acc<64x16>
  return
}

// -----

func.func @fragment(%c: !attn_tile.acc<64x32>) {
  // expected-error @below {{expected a fragment of 64x32, got 64x16}}
  %a = attn_tile.to_fragment %c : !attn_tile.acc<64x32> -> !attn_tile.afrag<64x16xbf16>
  return
}

// -----

func.func @rows(%c: !attn_tile.acc<64x32>) {
  // expected-error @below {{expected 64 rows, got 32}}
  %m = attn_tile.reduce_rows maximum %c : !attn_tile.acc<64x32> -> !attn_tile.rows<32>
  return
}

// -----

func.func @map(%c: !attn_tile.acc<64x32>) {
  // expected-error @below {{expected arguments of types ('f32', 'index', 'index') in the map region, got ('f32', 'index')}}
  %m = attn_tile.map %c {
  ^bb0(%x: f32, %row: index):
    attn_tile.yield %x : f32
  } : !attn_tile.acc<64x32>
  return
}

// -----

func.func @visit(%n: index) {
  // expected-error @below {{expected an attn_tile.stream around it}}
  attn_tile.visit %n, %n
  return
}

// -----

func.func @stream(%q: tensor<1x1x?x64xbf16>, %k: tensor<2x?x64xbf16>, %b: index) {
  // expected-error @below {{expected key of rank 4, got 3}}
  %r = attn_tile.stream %q, %k[%b, %b], %q into %q scale 0.125 schedule <rows = 64, keys = 64, stages = 2, query = registers>
    visits { attn_tile.yield } score {} mask {}
    : tensor<1x1x?x64xbf16>, tensor<2x?x64xbf16>, tensor<1x1x?x64xbf16>, tensor<1x1x?x64xbf16> -> tensor<1x1x?x64xbf16>
  return
}

// -----

func.func @results(%q: tensor<1x1x?x64xbf16>, %b: index) {
  // expected-error @below {{expected 1 results, got 0}}
  attn_tile.stream %q, %q[%b, %b], %q into %q scale 0.125 schedule <rows = 64, keys = 64, stages = 2, query = registers>
    visits { attn_tile.yield } score {} mask {}
    : tensor<1x1x?x64xbf16>, tensor<1x1x?x64xbf16>, tensor<1x1x?x64xbf16>, tensor<1x1x?x64xbf16>
  return
}
