//===- Passes.td - What every target needs of memrefs and loops ----*- tablegen -*-===//
//
// The passes around upstream's bufferization and conversions that make compiled code safe and upstream's lowering
// complete: run-time checks, copies, reshapes, narrow floats, one function for equal kernels, and the contracts between
// the stages. They know no CPU.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_TRANSFORMS_PASSES_TD
#define ATTN_TARGET_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def VerifyNoAttnOps : Pass<"attn-verify-no-attn-ops", "ModuleOp"> {
  let summary = "Verify that no attn op is left";
  let description = [{
    The contract at the end of the conversion to linalg, and before LLVM: an op of the `attn` dialect anywhere in the module is an
    error, but for instructions of a target (`attn.x86`). Changes nothing.
  }];
}

def VerifyNoTensors : Pass<"attn-verify-no-tensors", "ModuleOp"> {
  let summary = "Verify that no tensor is left";
  let description = [{
    The contract at the end of bufferization: an op with a tensor operand, result or block argument is an error. Changes
    nothing.
  }];
}

def LowerCallingThreadLoops : Pass<"attn-lower-calling-thread-loops", "ModuleOp"> {
  let summary = "Run loops that are too small to share on the thread that calls";
  let description = [{
    Precondition: memrefs. Effect: each `scf.forall` mapped to `#attn.calling_thread` becomes nested `scf.for`, and what an
    iteration allocates on the stack is allocated once, before the loops.

    ```mlir
    func.func @copy(%from: memref<4xf32>, %to: memref<4xf32>) {
      scf.forall (%i) in (4) {
        %value = memref.load %from[%i] : memref<4xf32>
        memref.store %value, %to[%i] : memref<4xf32>
      } {mapping = [#attn.calling_thread<0>]}
      return
    }
    ```

    becomes

    ```
    scf.for %i = %c0 to %c4 step %c1 { memref.load, memref.store }
    ```
  }];
}

def PrepareParallelLoops : Pass<"attn-prepare-parallel-loops", "ModuleOp"> {
  let summary = "Let threads keep their scratch and take iterations one by one";
  let description = [{
    Precondition: `omp.parallel` from upstream's conversion, whose loops allocate scratch of static size. Effect: a thread
    allocates it once; and each `omp.wsloop` gets `schedule(dynamic)`, because iterations of a loop over tiles differ in length (a
    causal mask leaves the last tiles the most keys), so that a thread which is done takes the next iteration. What an iteration
    computes does not depend on its thread. A loop of a single iteration stays with the thread that calls (`if`), which is done before
    others are awake. A loop at the end of its `omp.parallel` gets `nowait`: threads wait for each other there, and once is enough.

    ```
    omp.parallel { omp.wsloop { omp.loop_nest (%i) ... { memref.alloca_scope { %s = memref.alloca() ... } } } }
    // becomes
    omp.parallel { %s = memref.alloca() omp.wsloop nowait schedule(dynamic) { omp.loop_nest (%i) ... { ... } } }
    ```
  }];
  let dependentDialects = ["arith::ArithDialect"];
}

def VerifyLLVM : Pass<"attn-verify-llvm", "ModuleOp"> {
  let summary = "Verify that only the LLVM dialect, and OpenMP's, is left";
  let description = [{
    The contract at the end of the lowering: an op that does not translate to LLVM IR is an error. Changes nothing.
  }];
}

def InsertShapeChecks : Pass<"attn-insert-shape-checks", "ModuleOp"> {
  let summary = "Check at run time the sizes that linalg and tensor ops assume";
  let description = [{
    Precondition: tensors. Effect: before each linalg op whose dynamic dimensions must agree, before each `tensor.cast` to
    more static sizes, and before slices with dynamic bounds, a `cf.assert` for each relation that is not known to hold.
    Integer divisions by a divisor that is not a constant are checked too: they would trap. A slice of which a pass says that it lies
    within (`attn.in_bounds`), as those of `attn-tile` do, is not checked.

    ```mlir
    func.func @add(%a: tensor<?xf32>, %b: tensor<?xf32>, %e: tensor<?xf32>) -> tensor<?xf32> {
      %r = linalg.add ins(%a, %b : tensor<?xf32>, tensor<?xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
      return %r : tensor<?xf32>
    }
    ```

    gains, because the sizes of %a and %b may differ,

    ```
    cf.assert %same, "linalg.add: expected dimension 0 of operand 1 to equal dimension 0 of operand 0"
    ```
  }];
  let dependentDialects = ["affine::AffineDialect", "arith::ArithDialect",
                           "cf::ControlFlowDialect", "tensor::TensorDialect"];
}

def ResolveSizes : Pass<"attn-resolve-sizes", "ModuleOp"> {
  let summary = "Replace sizes of tensors by the values that they are known to be";
  let description = [{
    Precondition: tensors. Effect: a `tensor.dim` of what an op makes becomes the size that the op was told: as upstream's
    `resolve-ranked-shaped-type-result-dims`, and through loops that carry tensors of the same sizes and branches that make the same, be it
    because one is taken where the size is the number that it makes. Checks that compare such sizes then fold, and equal layers look equal.

    ```mlir
    func.func @f(%x: tensor<?x4xf32>, %n: index) -> index {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %one = arith.cmpi eq, %n, %c1 : index
      %r = scf.if %one -> tensor<?x4xf32> {
        %0 = tensor.empty() : tensor<1x4xf32>
        %1 = tensor.cast %0 : tensor<1x4xf32> to tensor<?x4xf32>
        scf.yield %1 : tensor<?x4xf32>
      } else {
        %0 = tensor.empty(%n) : tensor<?x4xf32>
        scf.yield %0 : tensor<?x4xf32>
      }
      %d = tensor.dim %r, %c0 : tensor<?x4xf32>
      return %d : index
    }
    ```

    returns %n.
  }];
  let dependentDialects = ["affine::AffineDialect", "arith::ArithDialect", "tensor::TensorDialect"];
}

def PrepareForBufferization : Pass<"attn-prepare-for-bufferization", "ModuleOp"> {
  let summary = "Decompose the ops that upstream cannot bufferize or lower to loops";
  let description = [{
    `tensor.concat` of up to 16 tensors becomes slices inserted into an empty tensor, where they may be computed in place; one of more is
    left to bufferization, which copies each once, in time proportional to their number; `linalg.softmax` and other aggregated ops become linalg
    ops that loops exist for.
  }];
  let dependentDialects = ["affine::AffineDialect", "arith::ArithDialect",
                           "linalg::LinalgDialect", "math::MathDialect",
                           "tensor::TensorDialect"];
}

def CloneSharedOuts : Pass<"attn-clone-shared-outs", "ModuleOp"> {
  let summary = "Give each op that overwrites a tensor one of its own";
  let description = [{
    Where a linalg op's result is the destination of one user and has others, that user gets a tensor of its own: filled again,
    or copied. Each `tensor.empty` is one tensor's alone, too: what is not shared need not be compared. Precondition for `--eliminate-empty-tensors`, which makes the first tensor of such a chain a result of
    the function: it looks at one user only, and another one's values would be overwritten when the result is written.

    ```mlir
    func.func @two(%a: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
      %c = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<4x4xf32>
      %f = linalg.fill ins(%c : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
      %0 = linalg.matmul ins(%a, %a : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
      %1 = linalg.matmul ins(%0, %a : tensor<4x4xf32>, tensor<4x4xf32>) outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
      return %0, %1 : tensor<4x4xf32>, tensor<4x4xf32>
    }
    // each matmul gets a linalg.fill of its own
    ```
  }];
  let dependentDialects = ["bufferization::BufferizationDialect", "linalg::LinalgDialect"];
}

def CutAliasChains : Pass<"attn-cut-alias-chains", "ModuleOp"> {
  let summary = "Cut long chains of tensors that would share a buffer";
  let description = [{
    Precondition: tensors, before bufferization. Its analysis compares each read of a buffer with each write, for each op that would write
    there: a thousand ops in one buffer take it minutes. Effect: an op that overwrites or inserts into a tensor which shares its buffer with
    `limit` others gets a copy, from which the chain goes on. What is given up is a copy for `limit` ops; a remark says where.
    Parallel loops stay as they are.

    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %0 = linalg.exp ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
      %1 = linalg.abs ins(%0 : tensor<4xf32>) outs(%0 : tensor<4xf32>) -> tensor<4xf32>
      return %1 : tensor<4xf32>
    }
    ```

    becomes, with `limit=1`,

    ```
    %0 = linalg.exp ins(%x) outs(%x)
    %copy = bufferization.alloc_tensor() copy(%0)
    %1 = linalg.abs ins(%0) outs(%copy)
    ```
  }];
  let options = [Option<"limit", "limit", "unsigned", "64", "Tensors that may share a buffer, at least 1">];
  let dependentDialects = ["bufferization::BufferizationDialect"];
}

def CheckAllocationSizes : Pass<"attn-check-allocation-sizes", "ModuleOp"> {
  let summary = "Check that the byte sizes of dynamic allocations do not overflow";
  let description = [{
    Precondition: memrefs. Effect: before each `memref.alloc` with dynamic sizes, calls of the runtime that multiply the sizes and leave
    the function with an error when a size is negative or the product is more than memory can hold.
  }];
  let dependentDialects = ["arith::ArithDialect", "func::FuncDialect"];
}

def LowerExpandShapes : Pass<"attn-lower-expand-shapes", "ModuleOp"> {
  let summary = "Lower memref.expand_shape with several dynamic sizes in one group";
  let description = [{
    Precondition: memrefs. Effect: such an op becomes a `memref.reinterpret_cast` with the sizes it was given and the
    strides that follow from them. Upstream's expand-strided-metadata computes a size from the others, which it cannot
    for two.

    ```
    memref.expand_shape %x [[0, 1]] output_shape [%m, %n] : memref<?xf32> into memref<?x?xf32>
    ```

    becomes

    ```
    %base, %offset, %size, %stride = memref.extract_strided_metadata %x : memref<?xf32> -> …
    memref.reinterpret_cast %base to offset: [0], sizes: [%m, %n], strides: [%n, 1] : memref<f32> to memref<?x?xf32>
    ```
  }];
  let dependentDialects = ["arith::ArithDialect", "memref::MemRefDialect"];
}

def LowerCopies : Pass<"attn-lower-copies", "ModuleOp"> {
  let summary = "Turn copies of strided memrefs into linalg.copy";
  let description = [{
    Upstream lowers a `memref.copy` between layouts to a call of a runtime function that artifacts do not have; a
    `linalg.copy` becomes loops. Contiguous copies stay: they become `llvm.intr.memcpy`.
  }];
  let dependentDialects = ["linalg::LinalgDialect"];
}

def OutlineKernels : Pass<"attn-outline-kernels", "ModuleOp"> {
  let summary = "Move each linalg op into a function of its own, one for all equal ones";
  let description = [{
    Precondition: memrefs. Effect: each linalg op becomes a call of a private function that holds it; ops that differ in their
    operands only share one. LLVM's loop passes then see one loop nest at a time, which keeps the time to compile a model in proportion to its
    size, and the layers of a model are compiled once.
  }];
  let dependentDialects = ["arith::ArithDialect", "func::FuncDialect"];
}

def OutlineLayers : Pass<"attn-outline-layers", "ModuleOp"> {
  let summary = "Make repeated layers of a function calls of one";
  let description = [{
    Precondition: tensors, with shared outs cloned. Effect: where a function repeats ops that differ in nothing but what flows in,
    such as the layers of a model, in a row or with others between, they become calls of one private function, whose arguments are what flows in: weights, sizes, what the
    layer before computed. What comes behind then takes as long for all layers as for one. Constants that all share go into the function. A
    result's place is an argument too, where its sizes can be computed before the call, so that it is written where the caller wants it.

    Ops are compared by what they do, never by names. The period of the repetition is the one that saves most ops, at least `smallest`, and
    is cut where the fewest values are handed on. What the first layer alone computes, for all of them, is moved before it.

    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %a = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
      %b = arith.constant dense<[5.0, 6.0, 7.0, 8.0]> : tensor<4xf32>
      %e0 = tensor.empty() : tensor<4xf32>
      %0 = linalg.add ins(%x, %a : tensor<4xf32>, tensor<4xf32>) outs(%e0 : tensor<4xf32>) -> tensor<4xf32>
      %e1 = tensor.empty() : tensor<4xf32>
      %1 = linalg.exp ins(%0 : tensor<4xf32>) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
      %e2 = tensor.empty() : tensor<4xf32>
      %2 = linalg.add ins(%1, %b : tensor<4xf32>, tensor<4xf32>) outs(%e2 : tensor<4xf32>) -> tensor<4xf32>
      %e3 = tensor.empty() : tensor<4xf32>
      %3 = linalg.exp ins(%2 : tensor<4xf32>) outs(%e3 : tensor<4xf32>) -> tensor<4xf32>
      return %3 : tensor<4xf32>
    }
    ```

    becomes, with `smallest=4`,

    ```
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %a, %b = arith.constant ...
      %o0 = tensor.empty() : tensor<4xf32>
      %0 = call @attn_layer(%x, %a, %o0) : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      %o1 = tensor.empty() : tensor<4xf32>
      %1 = call @attn_layer(%0, %b, %o1) : (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
      return %1 : tensor<4xf32>
    }
    func.func private @attn_layer(%x: tensor<4xf32>, %w: tensor<4xf32>, %o: tensor<4xf32>) -> tensor<4xf32> attributes {no_inline} {
      %0 = linalg.add ins(%x, %w) ...
      %1 = linalg.exp ins(%0) ...
      %2 = bufferization.materialize_in_destination %1 in %o
      return %2 : tensor<4xf32>
    }
    ```
  }];
  let options = [Option<"smallest", "smallest", "uint64_t", "200", "Ops that outlining must save, with those in regions">];
  let dependentDialects = ["arith::ArithDialect", "bufferization::BufferizationDialect", "func::FuncDialect",
                           "tensor::TensorDialect"];
}

def LowerAsserts : Pass<"attn-lower-asserts", "ModuleOp"> {
  let summary = "Lower cf.assert to leaving the artifact's function with an error";
  let description = [{
    Precondition: structured control flow. Effect: a failing `cf.assert` calls `attn_rt_fail`, which leaves the compiled function, from a function
    `attn_rt_check` where the check is no part of a loop or branch: a block is then not split by its checks. Inside a parallel loop (`scf.parallel`, `scf.forall`, `omp.parallel`), which must not be left, it calls `attn_rt_record`, and the function is left
    after the loop: whoever reads by an unchecked index there clamps it too.

    ```mlir
    func.func @f(%ok: i1) {
      cf.assert %ok, "expected …"
      return
    }
    ```

    becomes

    ```
    llvm.call @attn_rt_check(%ok, %message) // calls attn_rt_fail
    ```
  }];
  let dependentDialects = ["arith::ArithDialect", "LLVM::LLVMDialect",
                           "scf::SCFDialect"];
}

def ExpandNarrowFloats : Pass<"attn-expand-narrow-floats", "ModuleOp"> {
  let summary = "Make f16 and bf16 arithmetic exact on every CPU";
  let description = [{
    Effect: f16 and bf16 arithmetic is done in f32 and rounded to its type after each op, as the types mean; conversions
    from integers to f16 and bf16 are rounded once; f32 to bf16 becomes integer arithmetic that vectorizes. What is left (f16
    conversions, f64 to bf16) is an instruction or a function of the runtime.
  }];
  let dependentDialects = ["arith::ArithDialect"];
}

def LowerBools : Pass<"attn-lower-bools", "ModuleOp"> {
  let summary = "Read and write booleans in memory as bytes";
  let description = [{
    Effect: loads and stores of `i1` become those of `i8`, which is how they lie in memory. LLVM makes vector code of loops over bytes, and none of
    loops over single bits.
    Before:
    ```mlir
    llvm.func @f(%p: !llvm.ptr) -> i1 {
      %0 = llvm.load %p : !llvm.ptr -> i1
      llvm.return %0 : i1
    }
    ```
    After:
    ```mlir
    llvm.func @f(%p: !llvm.ptr) -> i1 {
      %0 = llvm.load %p : !llvm.ptr -> i8
      %1 = llvm.mlir.constant(0 : i8) : i8
      %2 = llvm.icmp "ne" %0, %1 : i8
      llvm.return %2 : i1
    }
    ```
  }];
  let dependentDialects = ["LLVM::LLVMDialect"];
}

def ExpandMath : Pass<"attn-expand-math", "ModuleOp"> {
  let summary = "Expand functions into arithmetic that runs in all lanes";
  let description = [{
    Effect: on f32, scalars and vectors, `exp`, `exp2`, `expm1`, `tanh`, `erf`, `log`, `log2`, `log10`, `log1p`, `sin` and `cos` become
    polynomials with the errors that docs/Spec.md promises; on f64, `exp` and `tanh`. `powf` to a constant of 1/2, 1, 2, 3, 4, or minus
    that, becomes products, a root, a quotient, in every type. Other functions, and sines of arguments from 2^20 on, stay: they become
    calls, lane by lane. With `complete`, for targets that have no library of functions and a fused multiply-add, none stays: scalars of
    f64, and of f32 by f64, become arithmetic too.

    ```mlir
    func.func @f(%x: vector<16xf32>) -> vector<16xf32> {
      %two = arith.constant dense<2.0> : vector<16xf32>
      %0 = math.powf %x, %two : vector<16xf32>
      %1 = math.exp %0 : vector<16xf32>
      return %1 : vector<16xf32>
    }
    ```

    becomes

    ```
    %0 = arith.mulf %x, %x
    %n, %r = ...              // %0 = %n ln 2 + %r
    %1 = ...                  // 2^%n times a polynomial of %r
    ```
  }];
  let options = [Option<"complete", "complete", "bool", "false", "Leave no function of scalars to a library">];
  let dependentDialects = ["arith::ArithDialect", "attn::AttnDialect", "memref::MemRefDialect", "scf::SCFDialect", "vector::VectorDialect"];
}

def LowerPreciseMath : Pass<"attn-lower-precise-math", "ModuleOp"> {
  let summary = "Call libm for functions that upstream approximates";
  let description = [{
    Effect: `erf`, `erfc`, `expm1`, `log1p` and `tanh` on scalars become calls of libm. Upstream's conversion to LLVM would make exp(x) - 1 and
    log(1 + x) of the middle two, which lose every digit of a small x.
  }];
  let dependentDialects = ["func::FuncDialect", "vector::VectorDialect"];
}

#endif // ATTN_TARGET_TRANSFORMS_PASSES_TD
