//===- AttnX86Ops.td - Instructions of x86-64 ---------------------------===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNX86OPS
#define ATTN_DIALECT_ATTN_IR_ATTNX86OPS

include "attn/Dialect/Attn/IR/AttnBase.td"
include "mlir/Interfaces/ViewLikeInterface.td"

// What kernels ask of x86-64 and no dialect of MLIR has. An op, and not the intrinsic that it becomes: passes see its effects,
// deallocation among them.

// Of ops that a target's pipeline leaves to the lowering to LLVM.
def Attn_Instruction : NativeOpTrait<"Instruction"> {
  let cppNamespace = "::mlir::attn";
}

class Attn_X86Op<string mnemonic, list<Trait> traits = []>
    : Attn_Op<"x86." # mnemonic, traits # [Attn_Instruction]>;

def Attn_X86Exp2Op : Attn_X86Op<"exp2", [Pure, AllTypesMatch<["x", "result"]>]> {
  let summary = "2^x by a polynomial, between two instructions of AVX-512";
  let description = [{
    With f = x - floor(x), `p(f) * 2^floor(x)`, where p is the polynomial of that degree that is nearest to 2^f on [0, 1). The largest
    relative error is 7.5e-5 with degree 3, 2.6e-6 with degree 4, 1.5e-7 with degree 5. 0 for -inf, NaN for NaN.

    `finite`: x is rounded to the nearest integer, by additions, and f lies in [-1/2, 1/2]: less for the port that multiplies, which is
    what tiles leave to vectors. NaN for infinities.

    Example:

    ```mlir
    func.func @power(%x: vector<16xf32>) -> vector<16xf32> {
      %0 = attn.x86.exp2 %x degree 4 : vector<16xf32>
      return %0 : vector<16xf32>
    }
    ```
  }];
  let arguments = (ins VectorOfLengthAndType<[16], [F32]>:$x,
                       ConfinedAttr<I64Attr, [IntMinValue<3>, IntMaxValue<5>]>:$degree,
                       UnitAttr:$finite);
  let results = (outs VectorOfLengthAndType<[16], [F32]>:$result);
  let assemblyFormat = "$x `degree` $degree (`finite` $finite^)? attr-dict `:` type($x)";
  let builders = [OpBuilder<(ins "::mlir::Value":$x, "int64_t":$degree, CArg<"bool", "false">:$finite), [{
    build($_builder, $_state, x.getType(), x, $_builder.getI64IntegerAttr(degree),
          finite ? $_builder.getUnitAttr() : ::mlir::UnitAttr());
  }]>];
}

def Attn_AMXTile : Type<CPred<"::llvm::isa<::mlir::amx::TileType>($_self)">, "tile of AMX">;

def Attn_X86StreamTileOp : Attn_X86Op<"stream_tile", [MemoryEffects<[MemWrite]>]> {
  let summary = "Loads a tile of what is read once";
  let description = [{
    As `amx.tile_load`, past the first-level cache, which is for what is read again.

    Example:

    ```mlir
    func.func @load(%m: memref<16x32xbf16>) {
      %c0 = arith.constant 0 : index
      %0 = attn.x86.stream_tile %m[%c0, %c0] : memref<16x32xbf16> into !amx.tile<16x32xbf16>
      return
    }
    ```
  }];
  let arguments = (ins Arg<AnyMemRef, "what is read", [MemRead]>:$base, Variadic<Index>:$indices);
  let results = (outs Attn_AMXTile:$tile);
  let assemblyFormat = "$base `[` $indices `]` attr-dict `:` type($base) `into` qualified(type($tile))";
}

def Attn_X86BytesOp : Attn_X86Op<"bytes", [Pure, ViewLikeOpInterface]> {
  let summary = "The bytes of booleans";
  let description = [{
    The same memory, with the same sizes and strides: an `i1` in memory is a byte, 0 or 1. LLVM has vectors of bytes in memory, and none of booleans.

    Example:

    ```mlir
    func.func @bytes(%m: memref<8xi1>) -> memref<8xi8> {
      %0 = attn.x86.bytes %m : memref<8xi1> as memref<8xi8>
      return %0 : memref<8xi8>
    }
    ```
  }];
  let arguments = (ins MemRefOf<[I1]>:$booleans);
  let results = (outs MemRefOf<[I8]>:$bytes);
  let assemblyFormat = "$booleans attr-dict `:` type($booleans) `as` type($bytes)";
  let extraClassDeclaration = [{
    ::mlir::Value getViewSource() { return getBooleans(); }
  }];
  let hasVerifier = 1;
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNX86OPS
