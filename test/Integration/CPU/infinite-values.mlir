// An infinity that was attended to stays one, however much larger later scores are: each block of 64 keys is 120 above the one
// before, so that f32 has no factor from one to the next.
// REQUIRES: cpu-avx2
// RUN: split-file %s %t
// DEFINE: %{run} = attn-run -O0 --compare=reference

// RUN: %{run} %t/prefill.mlir | FileCheck %s
// RUN: %{run} %t/decode.mlir | FileCheck %s
// RUN: %{run} %t/merge.mlir | FileCheck %s
// RUN: %{run} %t/sink.mlir | FileCheck %s
// RUN: %{run} %t/tiles.mlir --emulate-amx | FileCheck %s
// RUN: %{run} %t/decode-tiles.mlir --emulate-amx | FileCheck %s
// CHECK: result0 {{.*}}: agree

//--- prefill.mlir
func.func @main() -> tensor<1x1x20x16xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %step = arith.constant 480.0 : f32
  %infinity = arith.constant 0x7F800000 : f32
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c64 = arith.constant 64 : index
  %q = arith.constant dense<1.0> : tensor<1x1x20x16xf32>
  %k = tensor.generate {
  ^bb0(%b: index, %h: index, %j: index, %f: index):
    %block = arith.divui %j, %c64 : index
    %i = arith.index_cast %block : index to i32
    %n = arith.uitofp %i : i32 to f32
    %s = arith.mulf %n, %step : f32
    %is = arith.cmpi eq, %f, %c0 : index
    %x = arith.select %is, %s, %zero : f32
    tensor.yield %x : f32
  } : tensor<1x1x200x16xf32>
  %v = tensor.generate {
  ^bb0(%b: index, %h: index, %j: index, %f: index):
    %isKey = arith.cmpi eq, %j, %c3 : index
    %isFeature = arith.cmpi eq, %f, %c3 : index
    %is = arith.andi %isKey, %isFeature : i1
    %x = arith.select %is, %infinity, %one : f32
    tensor.yield %x : f32
  } : tensor<1x1x200x16xf32>
  %o = attn.attention %q, %k, %v : tensor<1x1x20x16xf32>, tensor<1x1x200x16xf32>, tensor<1x1x200x16xf32> -> (tensor<1x1x20x16xf32>)
  return %o : tensor<1x1x20x16xf32>
}

//--- decode.mlir
func.func @main() -> tensor<1x1x1x16xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %step = arith.constant 480.0 : f32
  %infinity = arith.constant 0x7F800000 : f32
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c64 = arith.constant 64 : index
  %q = arith.constant dense<1.0> : tensor<1x1x1x16xf32>
  %k = tensor.generate {
  ^bb0(%b: index, %h: index, %j: index, %f: index):
    %block = arith.divui %j, %c64 : index
    %i = arith.index_cast %block : index to i32
    %n = arith.uitofp %i : i32 to f32
    %s = arith.mulf %n, %step : f32
    %is = arith.cmpi eq, %f, %c0 : index
    %x = arith.select %is, %s, %zero : f32
    tensor.yield %x : f32
  } : tensor<1x1x200x16xf32>
  %v = tensor.generate {
  ^bb0(%b: index, %h: index, %j: index, %f: index):
    %isKey = arith.cmpi eq, %j, %c3 : index
    %isFeature = arith.cmpi eq, %f, %c3 : index
    %is = arith.andi %isKey, %isFeature : i1
    %x = arith.select %is, %infinity, %one : f32
    tensor.yield %x : f32
  } : tensor<1x1x200x16xf32>
  %o = attn.attention %q, %k, %v : tensor<1x1x1x16xf32>, tensor<1x1x200x16xf32>, tensor<1x1x200x16xf32> -> (tensor<1x1x1x16xf32>)
  return %o : tensor<1x1x1x16xf32>
}

//--- merge.mlir
func.func @main() -> tensor<1x1x20x16xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %step = arith.constant 480.0 : f32
  %infinity = arith.constant 0x7F800000 : f32
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c64 = arith.constant 64 : index
  %q = arith.constant dense<1.0> : tensor<1x1x20x16xf32>
  %k = tensor.generate {
  ^bb0(%b: index, %h: index, %j: index, %f: index):
    %block = arith.divui %j, %c64 : index
    %i = arith.index_cast %block : index to i32
    %n = arith.uitofp %i : i32 to f32
    %s = arith.mulf %n, %step : f32
    %is = arith.cmpi eq, %f, %c0 : index
    %x = arith.select %is, %s, %zero : f32
    tensor.yield %x : f32
  } : tensor<1x1x200x16xf32>
  %v = tensor.generate {
  ^bb0(%b: index, %h: index, %j: index, %f: index):
    %isKey = arith.cmpi eq, %j, %c3 : index
    %isFeature = arith.cmpi eq, %f, %c3 : index
    %is = arith.andi %isKey, %isFeature : i1
    %x = arith.select %is, %infinity, %one : f32
    tensor.yield %x : f32
  } : tensor<1x1x200x16xf32>
  %k0 = tensor.extract_slice %k[0, 0, 0, 0] [1, 1, 100, 16] [1, 1, 1, 1] : tensor<1x1x200x16xf32> to tensor<1x1x100x16xf32>
  %v0 = tensor.extract_slice %v[0, 0, 0, 0] [1, 1, 100, 16] [1, 1, 1, 1] : tensor<1x1x200x16xf32> to tensor<1x1x100x16xf32>
  %e0, %f0, %g0 = attn.init_state : tensor<1x1x20x16xf32>, tensor<1x1x20xf32>
  %a0, %m0, %l0 = attn.attend %q, %k0, %v0 into %e0, %f0, %g0
    : tensor<1x1x20x16xf32>, tensor<1x1x100x16xf32>, tensor<1x1x100x16xf32> -> tensor<1x1x20x16xf32>, tensor<1x1x20xf32>
  %k1 = tensor.extract_slice %k[0, 0, 100, 0] [1, 1, 100, 16] [1, 1, 1, 1] : tensor<1x1x200x16xf32> to tensor<1x1x100x16xf32>
  %v1 = tensor.extract_slice %v[0, 0, 100, 0] [1, 1, 100, 16] [1, 1, 1, 1] : tensor<1x1x200x16xf32> to tensor<1x1x100x16xf32>
  %e1, %f1, %g1 = attn.init_state : tensor<1x1x20x16xf32>, tensor<1x1x20xf32>
  %a1, %m1, %l1 = attn.attend %q, %k1, %v1 into %e1, %f1, %g1
    : tensor<1x1x20x16xf32>, tensor<1x1x100x16xf32>, tensor<1x1x100x16xf32> -> tensor<1x1x20x16xf32>, tensor<1x1x20xf32>
  %a, %m, %l = attn.merge_states (%a0, %m0, %l0), (%a1, %m1, %l1) : tensor<1x1x20x16xf32>, tensor<1x1x20xf32>
  %o = attn.finalize_state %a, %m, %l : tensor<1x1x20x16xf32>, tensor<1x1x20xf32> -> (tensor<1x1x20x16xf32>)
  return %o : tensor<1x1x20x16xf32>
}

//--- sink.mlir
func.func @main() -> tensor<1x1x20x16xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %step = arith.constant 480.0 : f32
  %infinity = arith.constant 0x7F800000 : f32
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c64 = arith.constant 64 : index
  %q = arith.constant dense<1.0> : tensor<1x1x20x16xf32>
  %k = tensor.generate {
  ^bb0(%b: index, %h: index, %j: index, %f: index):
    %block = arith.divui %j, %c64 : index
    %i = arith.index_cast %block : index to i32
    %n = arith.uitofp %i : i32 to f32
    %s = arith.mulf %n, %step : f32
    %is = arith.cmpi eq, %f, %c0 : index
    %x = arith.select %is, %s, %zero : f32
    tensor.yield %x : f32
  } : tensor<1x1x200x16xf32>
  %v = tensor.generate {
  ^bb0(%b: index, %h: index, %j: index, %f: index):
    %isKey = arith.cmpi eq, %j, %c3 : index
    %isFeature = arith.cmpi eq, %f, %c3 : index
    %is = arith.andi %isKey, %isFeature : i1
    %x = arith.select %is, %infinity, %one : f32
    tensor.yield %x : f32
  } : tensor<1x1x200x16xf32>
  %sink = arith.constant dense<500.0> : tensor<1xf32>
  %o = attn.attention %q, %k, %v sink %sink : tensor<1x1x20x16xf32>, tensor<1x1x200x16xf32>, tensor<1x1x200x16xf32>, sink tensor<1xf32> -> (tensor<1x1x20x16xf32>)
  return %o : tensor<1x1x20x16xf32>
}

//--- tiles.mlir
func.func @main() -> tensor<1x1x70x16xbf16> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %step = arith.constant 480.0 : f32
  %infinity = arith.constant 0x7F800000 : f32
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c64 = arith.constant 64 : index
  %q = arith.constant dense<1.0> : tensor<1x1x70x16xbf16>
  %k = tensor.generate {
  ^bb0(%b: index, %h: index, %j: index, %f: index):
    %block = arith.divui %j, %c64 : index
    %i = arith.index_cast %block : index to i32
    %n = arith.uitofp %i : i32 to f32
    %s = arith.mulf %n, %step : f32
    %is = arith.cmpi eq, %f, %c0 : index
    %x = arith.select %is, %s, %zero : f32
    tensor.yield %x : f32
  } : tensor<1x1x200x16xf32>
  %v = tensor.generate {
  ^bb0(%b: index, %h: index, %j: index, %f: index):
    %isKey = arith.cmpi eq, %j, %c3 : index
    %isFeature = arith.cmpi eq, %f, %c3 : index
    %is = arith.andi %isKey, %isFeature : i1
    %x = arith.select %is, %infinity, %one : f32
    tensor.yield %x : f32
  } : tensor<1x1x200x16xf32>
  %nk = arith.truncf %k : tensor<1x1x200x16xf32> to tensor<1x1x200x16xbf16>
  %nv = arith.truncf %v : tensor<1x1x200x16xf32> to tensor<1x1x200x16xbf16>
  %o = attn.attention %q, %nk, %nv : tensor<1x1x70x16xbf16>, tensor<1x1x200x16xbf16>, tensor<1x1x200x16xbf16> -> (tensor<1x1x70x16xbf16>)
  return %o : tensor<1x1x70x16xbf16>
}

//--- decode-tiles.mlir
func.func @main() -> tensor<1x1x8x16xbf16> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %step = arith.constant 480.0 : f32
  %infinity = arith.constant 0x7F800000 : f32
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c64 = arith.constant 64 : index
  %q = arith.constant dense<1.0> : tensor<1x1x8x16xbf16>
  %k = tensor.generate {
  ^bb0(%b: index, %h: index, %j: index, %f: index):
    %block = arith.divui %j, %c64 : index
    %i = arith.index_cast %block : index to i32
    %n = arith.uitofp %i : i32 to f32
    %s = arith.mulf %n, %step : f32
    %is = arith.cmpi eq, %f, %c0 : index
    %x = arith.select %is, %s, %zero : f32
    %y = arith.truncf %x : f32 to bf16
    tensor.yield %y : bf16
  } : tensor<1x1x200x16xbf16>
  %v = tensor.generate {
  ^bb0(%b: index, %h: index, %j: index, %f: index):
    %isKey = arith.cmpi eq, %j, %c3 : index
    %isFeature = arith.cmpi eq, %f, %c3 : index
    %is = arith.andi %isKey, %isFeature : i1
    %x = arith.select %is, %infinity, %one : f32
    %y = arith.truncf %x : f32 to bf16
    tensor.yield %y : bf16
  } : tensor<1x1x200x16xbf16>
  %o = attn.attention %q, %k, %v : tensor<1x1x8x16xbf16>, tensor<1x1x200x16xbf16>, tensor<1x1x200x16xbf16> -> (tensor<1x1x8x16xbf16>)
  return %o : tensor<1x1x8x16xbf16>
}
