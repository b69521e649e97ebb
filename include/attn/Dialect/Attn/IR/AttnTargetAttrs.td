//===- AttnTargetAttrs.td - What a module is compiled for ---------------===//
#ifndef ATTN_DIALECT_ATTN_IR_ATTNTARGETATTRS
#define ATTN_DIALECT_ATTN_IR_ATTNTARGETATTRS

include "attn/Dialect/Attn/IR/AttnBase.td"
include "mlir/Dialect/SCF/IR/DeviceMappingInterface.td"

// A module says what it is compiled for in its attribute `attn.target`, one of those below, as DLTI says what a type's
// layout is. Every pass that goes by the machine reads it; nothing else says it.

// The largest relative error of exp (test/Conversion/AttnToVector measures it).
def Attn_ExpAccuracy : I32EnumAttr<"ExpAccuracy", "how exact the exp of the softmax is", [
      I32EnumAttrCase<"Exact", 0, "exact">, // 2e-7; 1e-15 in f64
      I32EnumAttrCase<"Fast", 1, "fast">,   // 1e-4
      I32EnumAttrCase<"Auto", 2, "auto">    // fast where weights are rounded to bf16 (4e-3), else exact
    ]> {
  let cppNamespace = "::mlir::attn";
  let genSpecializedAttr = 0;
}
def Attn_ExpAccuracyParameter : EnumParameter<Attn_ExpAccuracy> {
  let defaultValue = "::mlir::attn::ExpAccuracy::Auto";
}

def Attn_Packing : I32EnumAttr<"Packing", "who packs values for tiles", [
      I32EnumAttrCase<"Auto", 0, "auto">,
      I32EnumAttrCase<"Shared", 1, "shared">, // all tiles of queries read what is packed once, where several do
      I32EnumAttrCase<"Own", 2, "own">        // each tile of queries packs them for itself
    ]> {
  let cppNamespace = "::mlir::attn";
  let genSpecializedAttr = 0;
}
def Attn_PackingParameter : EnumParameter<Attn_Packing> {
  let defaultValue = "::mlir::attn::Packing::Auto";
}

class Attn_Attr<string name, string attrMnemonic, list<Trait> traits = []> : AttrDef<Attn_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def Attn_CPUTargetAttr : Attn_Attr<"CPUTarget", "cpu"> {
  let summary = "A CPU";
  let description = [{
    Its vector registers and instructions, and what the user wants otherwise than it suits the CPU. The defaults fit every
    x86-64. `features` are those that code may use and that machines may lack, by LLVM's names, with commas; the artifact
    asks for them before it runs.

    From `exp` on, parameters are the schedule of attention; 0 and `auto` leave one to the tiling policy. A loop over keys takes
    `unmasked_keys` at once, and a tile's at least, where none needs the mask. Those after it are for prefill on AMX: keys, where
    they are copied, and values are packed `panel_keys` at a time, `packing` says by whom values are. With 3 `stages`, a block's
    scores, the weights of the one before and the output of the one before that are computed beside each other, by maxima of
    blocks before; with 1 stage one after another, by maxima that include the block's own.

    Example:

    ```mlir
    module attributes {attn.target = #attn.cpu<vector_bits = 512, registers = 32, fma = true, exp = fast, tile_query = 192>} {
    }
    ```
  }];
  let parameters = (ins
    DefaultValuedParameter<"int64_t", "128", "width of a vector register: 128, 256 or 512">:$vector_bits,
    DefaultValuedParameter<"int64_t", "16", "number of vector registers">:$registers,
    DefaultValuedParameter<"bool", "false", "multiplies and adds in one instruction">:$fma,
    DefaultValuedParameter<"bool", "false", "products of bf16 tiles">:$amx,
    StringRefParameter<"what the artifact must ask for before it runs", [{""}]>:$features,
    Attn_ExpAccuracyParameter:$exp,
    DefaultValuedParameter<"int64_t", "0", "queries of a tile of attention">:$tile_query,
    DefaultValuedParameter<"int64_t", "0", "keys of a tile of attention">:$tile_key,
    DefaultValuedParameter<"int64_t", "0", "keys of a step of a loop that needs no mask">:$unmasked_keys,
    DefaultValuedParameter<"int64_t", "0", "keys that are packed at once">:$panel_keys,
    Attn_PackingParameter:$packing,
    DefaultValuedParameter<"int64_t", "0", "blocks of keys in the pipeline: 1 or 3">:$stages);
  let assemblyFormat = "(`<` struct(params)^ `>`)?";
  let extraClassDeclaration = [{
    /// The defaults.
    static CPUTargetAttr get(::mlir::MLIRContext *context);
    static CPUTargetAttr get(::mlir::MLIRContext *context, int64_t vectorBits, int64_t registers, bool fma, bool amx,
                             ::llvm::StringRef features, ExpAccuracy exp, int64_t tileQuery, int64_t tileKey,
                             const CPUSchedule &schedule = {});
    bool hasFeature(::llvm::StringRef name) const;
    /// The same, with the exact exp.
    CPUTargetAttr withExactExp() const;
    /// The same, with tiles of so many queries and keys; 0 is as before.
    CPUTargetAttr withTile(int64_t query, int64_t key) const;
    CPUSchedule getSchedule() const;
    /// The same, with all of `schedule`.
    CPUTargetAttr withSchedule(const CPUSchedule &schedule) const;
  }];
  let genVerifyDecl = 1;
}

def Attn_GPUTargetAttr : Attn_Attr<"GPUTarget", "gpu"> {
  let summary = "A GPU";
  let description = [{
    Loops over tiles are for blocks of threads. Tiles of 0 queries or keys are as many as the tiling policy chooses. `arch` is what
    NVIDIA calls the architecture.

    Example:

    ```mlir
    module attributes {attn.target = #attn.gpu<arch = "sm_80", tile_query = 128, tile_key = 64>} {
    }
    ```
  }];
  let parameters = (ins
    StringRefParameter<"sm_ and a number", [{"sm_90a"}]>:$arch,
    DefaultValuedParameter<"int64_t", "0", "queries of a tile of attention">:$tile_query,
    DefaultValuedParameter<"int64_t", "0", "keys of a tile of attention">:$tile_key);
  let assemblyFormat = "(`<` struct(params)^ `>`)?";
  let extraClassDeclaration = [{
    /// The same, with tiles of so many queries and keys; 0 is as before.
    GPUTargetAttr withTile(int64_t query, int64_t key) const;
  }];
  let genVerifyDecl = 1;
}

def Attn_CallingThreadAttr : Attn_Attr<"CallingThread", "calling_thread", [
      DeclareAttrInterfaceMethods<DeviceMappingAttrInterface>
    ]> {
  let summary = "The thread that calls, for a loop too small to share";
  let description = [{
    A mapping of a dimension of `scf.forall`: all of its iterations run one after another on the thread that reaches the
    loop. Waking other threads takes longer than the loop's work.

    Example:

    ```mlir
    func.func @copy(%from: memref<4xf32>, %to: memref<4xf32>) {
      scf.forall (%i) in (4) {
        %value = memref.load %from[%i] : memref<4xf32>
        memref.store %value, %to[%i] : memref<4xf32>
      } {mapping = [#attn.calling_thread<0>]}
      return
    }
    ```
  }];
  let parameters = (ins "int64_t":$dimension);
  let assemblyFormat = "`<` $dimension `>`";
}

def Attn_ScratchAttr : Attn_Attr<"Scratch", "scratch"> {
  let summary = "Memory that kernels of attention own";
  let description = [{
    The memory space of what lives from one kernel to the next and is seen by nobody else: the state and the query of a tile.
    Where it is and how it is laid out is up to the kernels; on a CPU it is the stack of a thread, with queries or
    features in lanes. `convert-attn-to-vector` leaves no memref in it. All other memory is the caller's.

    Example:

    ```mlir
    func.func @state() {
      %acc = memref.alloc() : memref<1x1x48x64xf32, #attn.scratch>
      return
    }
    ```
  }];
}

#endif // ATTN_DIALECT_ATTN_IR_ATTNTARGETATTRS