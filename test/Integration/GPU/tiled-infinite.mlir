// An infinity that was attended to stays one on tensor cores, however much larger later scores are: each block of 64 keys is 60
// above the one before, in one loop over tiles, in parts of the keys that blocks share, and beside a sink.
// RUN: attn-run %s --target=cuda --device=ptx-interpreter --compare=reference | FileCheck %s
// RUN: attn-compile %s --target=cuda --emit=mlir --stage=tiled -o - | grep -c attn_tile.stream | FileCheck %s --check-prefix=TILED
// TILED: {{^3$}}
// CHECK: result0 1x1x70x16xbf16: agree
// CHECK: result1 1x1x1x16xbf16: agree
// CHECK: result2 1x1x70x16xbf16: agree
func.func @main() -> (tensor<1x1x70x16xbf16>, tensor<1x1x1x16xbf16>, tensor<1x1x70x16xbf16>) {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %step = arith.constant 240.0 : f32
  %infinity = arith.constant 0x7F800000 : f32
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c64 = arith.constant 64 : index
  %q = arith.constant dense<1.0> : tensor<1x1x70x16xbf16>
  %last = arith.constant dense<1.0> : tensor<1x1x1x16xbf16>
  %sink = arith.constant dense<700.0> : tensor<1xf32>
  %kw = tensor.generate {
  ^bb0(%b: index, %h: index, %j: index, %f: index):
    %block = arith.divui %j, %c64 : index
    %i = arith.index_cast %block : index to i32
    %n = arith.uitofp %i : i32 to f32
    %s = arith.mulf %n, %step : f32
    %is = arith.cmpi eq, %f, %c0 : index
    %x = arith.select %is, %s, %zero : f32
    tensor.yield %x : f32
  } : tensor<1x1x600x16xf32>
  %vw = tensor.generate {
  ^bb0(%b: index, %h: index, %j: index, %f: index):
    %isKey = arith.cmpi eq, %j, %c3 : index
    %isFeature = arith.cmpi eq, %f, %c3 : index
    %is = arith.andi %isKey, %isFeature : i1
    %x = arith.select %is, %infinity, %one : f32
    tensor.yield %x : f32
  } : tensor<1x1x600x16xf32>
  %k = arith.truncf %kw : tensor<1x1x600x16xf32> to tensor<1x1x600x16xbf16>
  %v = arith.truncf %vw : tensor<1x1x600x16xf32> to tensor<1x1x600x16xbf16>
  %few = tensor.extract_slice %k[0, 0, 0, 0] [1, 1, 200, 16] [1, 1, 1, 1] : tensor<1x1x600x16xbf16> to tensor<1x1x200x16xbf16>
  %values = tensor.extract_slice %v[0, 0, 0, 0] [1, 1, 200, 16] [1, 1, 1, 1] : tensor<1x1x600x16xbf16> to tensor<1x1x200x16xbf16>
  %whole = attn.attention %q, %few, %values
    : tensor<1x1x70x16xbf16>, tensor<1x1x200x16xbf16>, tensor<1x1x200x16xbf16> -> tensor<1x1x70x16xbf16>
  %split = attn.attention %last, %k, %v
    : tensor<1x1x1x16xbf16>, tensor<1x1x600x16xbf16>, tensor<1x1x600x16xbf16> -> tensor<1x1x1x16xbf16>
  %sunk = attn.attention %q, %few, %values sink %sink
    : tensor<1x1x70x16xbf16>, tensor<1x1x200x16xbf16>, tensor<1x1x200x16xbf16>, sink tensor<1xf32> -> tensor<1x1x70x16xbf16>
  return %whole, %split, %sunk : tensor<1x1x70x16xbf16>, tensor<1x1x1x16xbf16>, tensor<1x1x70x16xbf16>
}
