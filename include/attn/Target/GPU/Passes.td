//===- Passes.td - Kernels for GPUs and the host code around them ----*- tablegen -*-===//
//
// From entry points on memrefs to kernels in PTX and host code that launches them through the runtime (lib/Runtime).
// Memory of the entry points and of what they call is the device's; that of shape functions is the host's.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_GPU_PASSES_TD
#define ATTN_TARGET_GPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def AttachGPUTarget : Pass<"attn-attach-gpu-target", "ModuleOp"> {
  let summary = "Say that a module is compiled for a GPU";
  let description = [{
    Effect: `attn.target` of the module is a GPU of `arch`.

    ```mlir
    module {
    }
    ```

    becomes

    ```
    module attributes {attn.target = #attn.gpu} {
    }
    ```
  }];
  let options = [Option<"arch", "arch", "std::string", [{"sm_90a"}], "The GPU's architecture">];
  let dependentDialects = ["attn::AttnDialect"];
}

def PlaceResults : Pass<"attn-place-results", "ModuleOp"> {
  let summary = "Give tensors that elements choose one place";
  let description = [{
    Precondition: tensors. Effect: results of a branch that goes by elements of tensors, of sizes that are told without them, are
    copied into a tensor that is allocated before it by either side, and what such a loop carries stays where it begins: no buffer is chosen
    behind bufferization, so that the device does all of it. So with `arith.select` of tensors. Branches and loops inside such a branch
    get places too, outer ones first: what an inner one gives goes straight into the outer place.

    ```mlir
    func.func @f(%x: tensor<4xf32>, %y: tensor<4xf32>, %which: tensor<i1>) -> tensor<4xf32> {
      %c = tensor.extract %which[] : tensor<i1>
      %r = scf.if %c -> tensor<4xf32> {
        scf.yield %x : tensor<4xf32>
      } else {
        scf.yield %y : tensor<4xf32>
      }
      return %r : tensor<4xf32>
    }
    ```

    becomes

    ```
    %c = tensor.extract %which[]
    %place = bufferization.alloc_tensor()
    %r = scf.if %c {
      %0 = bufferization.materialize_in_destination %x in %place
      scf.yield %0
    } else {
      %1 = bufferization.materialize_in_destination %y in %place
      scf.yield %1
    }
    ```
  }];
  let dependentDialects = ["arith::ArithDialect", "bufferization::BufferizationDialect", "linalg::LinalgDialect", "scf::SCFDialect",
                           "tensor::TensorDialect"];
}

def RoundWeights : Pass<"attn-round-weights", "ModuleOp"> {
  let summary = "Round constant matrices that products read";
  let description = [{
    Effect: constant matrices of f32 that products multiply by, and nothing else reads but element by element, become bf16 or f16, as
    `precision` says, half as large; products widen what they read, and sum as before. They are rounded where an artifact is written
    (`#attn.packed` of one panel). On a CPU, `attn-tile-contractions` rounds what it packs.

    ```mlir
    func.func @linear(%x: tensor<2x64xf32>, %f: tensor<2x32xf32>) -> tensor<2x32xf32> {
      %w = arith.constant dense_resource<w> : tensor<64x32xf32>
      %p = linalg.matmul ins(%x, %w : tensor<2x64xf32>, tensor<64x32xf32>) outs(%f : tensor<2x32xf32>) -> tensor<2x32xf32>
      return %p : tensor<2x32xf32>
    }
    ```

    becomes

    ```
    %panel = arith.constant #attn.packed<matrix = dense_resource<w>> : tensor<1x64x32xbf16>
    %w = tensor.collapse_shape %panel : tensor<64x32xbf16>
    %p = linalg.generic ins(%x, %w) outs(%f) { extf, mulf, addf }
    ```
  }];
  let options = [
    Option<"precision", "precision", "::mlir::attn::Precision", /*default=*/"::mlir::attn::Precision::BF16",
           "What they are rounded to",
           [{::llvm::cl::values(clEnumValN(::mlir::attn::Precision::F32, "f32", "they stay"),
                                clEnumValN(::mlir::attn::Precision::BF16, "bf16", "bf16"),
                                clEnumValN(::mlir::attn::Precision::F16, "f16", "f16"))}]>];
  let dependentDialects = ["arith::ArithDialect", "attn::AttnDialect", "linalg::LinalgDialect", "tensor::TensorDialect"];
}

def LaunchKernels : Pass<"attn-launch-kernels", "ModuleOp"> {
  let summary = "Launch a kernel for each loop nest of an entry point";
  let description = [{
    Precondition: memrefs, with deallocations. Effect: each linalg op, copy, parallel loop and store becomes a `gpu.launch` with one thread for each
    iteration of its parallel dimensions, 256 in a block; a thread runs the reduction loops one after the other, in registers.
    Sums are taken in blocks of eight, with what each block's addition loses kept. What has no parallel dimension is run by one
    thread. Shape functions stay as they are.

    So do kernels of one thread what goes by elements of tensors: reads of them, arithmetic on what they read, asserts, and loops and branches
    that change buffers alone. What kernels behind go by lies in buffers of one element. Kernels in a branch ask for its condition
    themselves, so that they have as many threads as elsewhere. What only the host can do (sizes of buffers and kernels, branches that
    choose between buffers) stays, with a remark `Waits`.

    ```mlir
    func.func @f(%x: memref<4x?xf32>, %y: memref<4x?xf32>) {
      linalg.exp ins(%x : memref<4x?xf32>) outs(%y : memref<4x?xf32>)
      return
    }
    ```

    becomes

    ```
    %threads = ...                                                    // 4 * ?
    gpu.launch blocks(...) in (ceildiv %threads, 256) threads(...) in (256) {
      %id = ...                                                       // block * 256 + thread
      scf.if %id < %threads {
        %i, %j = affine.delinearize_index %id into (4, %n)
        ...
        memref.store %e, %y[%i, %j]
      }
    }
    ```
  }];
  let dependentDialects = ["affine::AffineDialect", "arith::ArithDialect", "gpu::GPUDialect", "linalg::LinalgDialect",
                           "memref::MemRefDialect", "scf::SCFDialect"];
}

def UseDeviceMemory : Pass<"attn-use-device-memory", "ModuleOp"> {
  let summary = "Let the host code of entry points keep its buffers on the device";
  let description = [{
    Precondition: what reads and writes whole buffers is in kernels. Effect: outside of kernels, entry points and what they call allocate by the
    runtime's `attn_rt_gpu_allocate`, take constants from `attn_rt_gpu_constant`, which copies each to the device once, and read
    elements by `attn_rt_gpu_read`, which waits for the kernels before.

    ```mlir
    func.func @f(%n: index) {
      %0 = memref.alloc(%n) : memref<4x?xf32>
      memref.dealloc %0 : memref<4x?xf32>
      return
    }
    ```

    becomes

    ```
    %bytes = ...
    %pointer = llvm.call @attn_rt_gpu_allocate(%bytes) : (i64) -> !llvm.ptr
    %base = ... : memref<f32>                                         // of %pointer
    %0 = memref.reinterpret_cast %base to offset: [0], sizes: [4, %n], strides: [%n, 1]
    memref.dealloc %0 : memref<4x?xf32>
    ```
  }];
  let dependentDialects = ["affine::AffineDialect", "arith::ArithDialect", "LLVM::LLVMDialect", "memref::MemRefDialect"];
}

def LowerLaunches : Pass<"attn-lower-launches", "ModuleOp"> {
  let summary = "Launch kernels through the runtime, and make them functions of a module";
  let description = [{
    Precondition: outlined kernels. Effect: each `gpu.launch_func` calls the runtime's `attn_rt_gpu_launch` with the kernel's number and
    pointers to its arguments, memrefs taken apart as functions on memrefs take them in the LLVM dialect. The kernels become functions of a module
    `attn_kernels`, where they are lowered as any function; equal ones are one. A failing `cf.assert` in a kernel leaves the number of its message in the
    word that is the last argument of all kernels: the least number stays. Kernels after it return at once.

    ```
    gpu.launch_func @kernels::@k blocks in (%blocks, %c1, %c1) threads in (%c256, %c1, %c1) args(%x : memref<f32>)
    ```

    becomes

    ```
    llvm.call @attn_rt_gpu_launch(%number, %blocks, %threads, %arguments) : (i64, i64, i64, !llvm.ptr) -> ()
    module @attn_kernels {
      func.func @k(%x: memref<f32>, %failures: !llvm.ptr) attributes {attn.kernel = 0} ...
    }
    ```
  }];
  let dependentDialects = ["arith::ArithDialect", "func::FuncDialect", "LLVM::LLVMDialect", "memref::MemRefDialect",
                           "NVVM::NVVMDialect", "scf::SCFDialect"];
}

def EmbedKernels : Pass<"attn-embed-kernels", "ModuleOp"> {
  let summary = "Compile kernels to PTX, as a constant of the host code";
  let description = [{
    Precondition: kernels in the LLVM dialect, in a module `attn_kernels`, for the GPU that the module's `attn.target` names. Effect: LLVM makes PTX
    of them, which becomes the constant `attn_rt_gpu_ptx`, with `attn_rt_gpu_kernels` (their names), `attn_rt_gpu_shared` (the shared
    memory that launches ask for), `attn_rt_gpu_messages` (of their checks)
    and `attn_rt_gpu_cubin` (empty; ptxas is called behind all passes) beside it, all of which the runtime reads; the module is gone.
  }];
  let dependentDialects = ["LLVM::LLVMDialect"];
}

#endif // ATTN_TARGET_GPU_PASSES_TD
