//===- Passes.td - Instructions of x86-64 that upstream does not find ----*- tablegen -*-===//
//
// Tiles of AMX, and instructions of AVX-512.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_X86_PASSES_TD
#define ATTN_TARGET_X86_PASSES_TD

include "mlir/Pass/PassBase.td"

def UseAVX512 : Pass<"attn-use-avx512", "ModuleOp"> {
  let summary = "Use instructions of AVX-512 that LLVM does not find";
  let description = [{
    Effect: where the module's target has `avx512dq`, `attn.x86.exp2` becomes a polynomial between vreduceps and vscalefps: two
    instructions and one for each degree; elsewhere, as for tests of AMX on an older machine, arithmetic does what they
    do. Where the target has `avx512bf16`, two vectors that are rounded to
    bf16 and interleaved are rounded by one vcvtne2ps2bf16.

    ```mlir
    func.func @power(%x: vector<16xf32>) -> vector<16xf32> {
      %0 = attn.x86.exp2 %x degree 4 : vector<16xf32>
      return %0 : vector<16xf32>
    }
    ```

    becomes

    ```
    %f = llvm.call_intrinsic "llvm.x86.avx512.mask.reduce.ps.512"(%x, …)
    %p = math.fma …                                                  // four
    %0 = llvm.call_intrinsic "llvm.x86.avx512.mask.scalef.ps.512"(%p, %x, …)
    ```
  }];
  let dependentDialects = ["arith::ArithDialect", "attn::AttnDialect", "LLVM::LLVMDialect", "math::MathDialect",
                           "vector::VectorDialect"];
}

def LowerAMX : Pass<"attn-lower-amx", "ModuleOp"> {
  let summary = "Lower tile ops to LLVM's intrinsics";
  let description = [{
    Upstream's conversion of the amx dialect, and two ops of ours: `attn.x86.stream_tile` becomes `tileloaddt1`, which leaves the
    first-level cache to what is read again; `attn.x86.bytes` becomes the descriptor that it views.

    ```mlir
    func.func @load(%m: memref<16x32xbf16>) {
      %c0 = arith.constant 0 : index
      %0 = attn.x86.stream_tile %m[%c0, %c0] : memref<16x32xbf16> into !amx.tile<16x32xbf16>
      return
    }
    ```

    becomes

    ```
    llvm.call_intrinsic "llvm.x86.tileloaddt164.internal"(%rows, %bytes, %pointer, %stride) : (i16, i16, !llvm.ptr, i64) -> !llvm.x86_amx
    ```
  }];
  let dependentDialects = ["LLVM::LLVMDialect"];
}

def EmulateAMX : Pass<"attn-emulate-amx", "ModuleOp"> {
  let summary = "Run tile ops on a machine without tiles, for tests";
  let description = [{
    Effect: no amx op is left. A tile lies in memory; loads and stores copy its rows; `amx.tile_mulf` on bf16 calls a function that
    does what tdpbf16ps does, to the last bit: even and odd members of pairs are summed apart, denormals are 0. It is
    slow, and only shows that code for tiles is right. The runtime's `attn_rt_has_tiles` is defined, and says yes. A tile that a loop or branch carries is an error.

    ```mlir
    func.func @multiply(%a: memref<16x32xbf16>, %b: memref<16x32xbf16>, %c: memref<16x16xf32>) {
      %c0 = arith.constant 0 : index
      %0 = amx.tile_load %a[%c0, %c0] : memref<16x32xbf16> into !amx.tile<16x32xbf16>
      %1 = amx.tile_load %b[%c0, %c0] : memref<16x32xbf16> into !amx.tile<16x32xbf16>
      %2 = amx.tile_zero : !amx.tile<16x16xf32>
      %3 = amx.tile_mulf %0, %1, %2 : !amx.tile<16x32xbf16>, !amx.tile<16x32xbf16>, !amx.tile<16x16xf32>
      amx.tile_store %c[%c0, %c0], %3 : memref<16x16xf32>, !amx.tile<16x16xf32>
      return
    }
    ```

    becomes

    ```
    %0, %1 = memref.alloca() ... ; for each row: vector.load, vector.store
    %2 = memref.alloca() ... ; for each row: vector.store of 0
    func.call @attn_tdpbf16ps(%0, %1, %2, %3)
    for each row: vector.load %3, vector.store %c
    ```
  }];
  let dependentDialects = ["arith::ArithDialect", "func::FuncDialect", "math::MathDialect",
                           "memref::MemRefDialect", "scf::SCFDialect", "vector::VectorDialect"];
}

#endif // ATTN_TARGET_X86_PASSES_TD
