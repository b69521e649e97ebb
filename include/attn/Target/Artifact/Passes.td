//===- Passes.td - From functions on tensors to an artifact ----*- tablegen -*-===//
//
// The outside of an artifact: entry points that write into the caller's memory, shape functions, and the C interface.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_ARTIFACT_PASSES_TD
#define ATTN_TARGET_ARTIFACT_PASSES_TD

include "mlir/Pass/PassBase.td"

def CreateEntryPoints : Pass<"attn-create-entry-points", "ModuleOp"> {
  let summary = "Give each public function an entry that writes into the caller's buffers";
  let description = [{
    Precondition: public functions take and return ranked tensors only. Effect: each becomes private as `NAME__body`, and a
    public `NAME__entry` calls it with its inputs, read-only, and writes each result into a memref out-argument. The
    entry's attribute `attn.entry` says what a caller must pass; `attn.name` and `attn.dim_names` of arguments and results, and
    `attn.symbol` of the function, its name in C, are read into it. Without the latter that is NAME, or NAME_ where C, C++ or the C library
    have a meaning for NAME, such as `main` or `while`.

    ```mlir
    func.func @f(%x: tensor<?xf32>) -> tensor<?xf32> {
      return %x : tensor<?xf32>
    }
    ```

    becomes

    ```
    func.func private @f__body(%x: tensor<?xf32>) -> tensor<?xf32> { … }
    func.func @f__entry(%x: tensor<?xf32> {bufferization.writable = false}, %out: memref<?xf32>)
        attributes {attn.entry = {function = "f", inputs = […], outputs = […], symbol = "f"}} {
      %0 = call @f__body(%x) : (tensor<?xf32>) -> tensor<?xf32>
      bufferization.materialize_in_destination %0 in restrict writable %out : (tensor<?xf32>, memref<?xf32>) -> ()
      return
    }
    ```
  }];
  let dependentDialects = ["bufferization::BufferizationDialect",
                           "func::FuncDialect"];
}

def CreateShapeFunctions : Pass<"attn-create-shape-functions", "ModuleOp"> {
  let summary = "Make a function from input shapes to output shapes for each entry point";
  let description = [{
    Precondition: entry points by attn-create-entry-points, with what they call inlined. Effect: for `NAME__entry` a function
    `NAME__shapes(memref<Nxi64>, memref<Mxi64>)` that reads the dimensions of all inputs end to end and writes those of all
    outputs. Where a dimension depends on the data of an input, such as the boolean that chooses a branch, that input is a further
    argument, and the entry's signature says so of it (`decides_shapes`); what makes more than 64 elements on the way from the data to
    the dimension is an error: callers ask for shapes before the work. Checks that depend on these arguments alone are kept.
  }];
  let dependentDialects = ["affine::AffineDialect", "arith::ArithDialect",
                           "func::FuncDialect", "memref::MemRefDialect",
                           "tensor::TensorDialect"];
}

def CreateCInterface : Pass<"attn-create-c-interface", "ModuleOp"> {
  let summary = "Export each entry point through the DLPack C interface";
  let description = [{
    Precondition: the LLVM dialect. Effect: for each function with `attn.entry`, the exported functions SYMBOL and SYMBOL_shapes and the tables that the runtime checks a caller's tensors against (attn/Target/ArtifactTable.h). Everything else becomes internal.
    The features that the artifact asks for are those of the module's `attn.target`, which is taken away.
  }];
  let dependentDialects = ["attn::AttnDialect", "LLVM::LLVMDialect"];
}

def ExtractParameters : Pass<"attn-extract-parameters", "ModuleOp"> {
  let summary = "Take large constants out of the code";
  let description = [{
    Precondition: the LLVM dialect. Effect: constants of at least `smallest` bytes leave the code, which refers to them by their distance from one symbol, whose contents LLVM
    does not know; the attribute `attn.parameters` lists them in order, each at the next multiple of 64 bytes. `reserveParameters` (attn/Target/Artifact/Parameters.h) puts the contents into the object or
    library that was made of the code: LLVM copies constants several times, and takes longer for them than for all code. Splats, and elements that are not whole bytes, stay; packed ones (`#attn.packed`) of any size
    go, and are put into order where the file is written.

    ```mlir
    module attributes {attn.interface = []} {
      llvm.mlir.global private constant @weights(dense<[1.0, 2.0]> : tensor<2xf32>) : !llvm.array<2 x f32>
      llvm.func @f() -> !llvm.ptr {
        %0 = llvm.mlir.addressof @weights : !llvm.ptr
        llvm.return %0 : !llvm.ptr
      }
    }
    ```

    becomes, with `smallest=8`,

    ```
    module attributes {attn.parameters = [dense<[1.0, 2.0]> : tensor<2xf32>], llvm.module_asm = [...]} {
      llvm.mlir.global external constant @attn_rt_parameters() {section = ".lbss.attn_parameters"} : !llvm.array<8 x i8>
      ...
        %0 = llvm.mlir.addressof @attn_rt_parameters : !llvm.ptr
        %1 = llvm.mlir.constant(0 : i64) : i64
        %2 = llvm.getelementptr inbounds %0[%1] : (!llvm.ptr, i64) -> !llvm.ptr, i8
        llvm.return %2 : !llvm.ptr
    ```
  }];
  let options = [Option<"smallest", "smallest", "uint64_t", /*default=*/"4096", "Size from which a constant is a parameter, in bytes">];
  let dependentDialects = ["LLVM::LLVMDialect"];
}

def MaterializePacked : Pass<"attn-materialize-packed", "ModuleOp"> {
  let summary = "Put the elements of packed constants into their order";
  let description = [{
    Precondition: the LLVM dialect. Effect: globals of `#attn.packed` have the elements themselves, as LLVM's text shows them. An object or a library does without:
    `attn-extract-parameters` leaves them packed, and they are put into order where the file is written.

    ```mlir
    module attributes {attn.interface = []} {
      llvm.mlir.global private constant @weights(#attn.packed<matrix = dense<[[1.0, 2.0, 3.0]]> : tensor<1x3xf32>> : tensor<2x1x2xf32>)
        : !llvm.array<2 x array<1 x array<2 x f32>>>
    }
    ```

    becomes

    ```
    llvm.mlir.global private constant @weights(dense<[[[1.0, 2.0]], [[3.0, 0.0]]]> : tensor<2x1x2xf32>) : !llvm.array<2 x array<1 x array<2 x f32>>>
    ```
  }];
  let dependentDialects = ["LLVM::LLVMDialect"];
}

#endif // ATTN_TARGET_ARTIFACT_PASSES_TD
