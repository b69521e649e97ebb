//===- Artifact.h - Code, the shared library, and what lies beside it -----===//
//
// The last steps: the LLVM dialect -> code, code -> a shared library with the
// runtime in it, and the descriptions for C and for everyone else.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_TARGET_ARTIFACT_ARTIFACT_H
#define ATTN_TARGET_ARTIFACT_ARTIFACT_H

#include "attn/Target/Artifact/Parameters.h"
#include "attn/Target/Artifact/Signature.h"
#include "attn/Target/X86/TargetOptions.h"

#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

namespace mlir::attn {

enum class CodeKind { LLVMIR, Assembly, Object };

/// Translates `module` (the LLVM dialect only) to LLVM IR, optimizes it for
/// `machine`, and writes it as `kind`. Errors are emitted at the module.
/// `begin` hears the name of each step when it begins.
LogicalResult emitCode(ModuleOp module, llvm::TargetMachine &machine,
                       CodeKind kind, llvm::raw_pwrite_stream &os,
                       llvm::function_ref<void(StringRef)> begin = {});

/// Links `object` and the runtime to a shared library with `ld.lld-22` or `cc`,
/// whichever is there; with libomp where it has threads. The contents of
/// `parameters` belong behind the library, as reserveParameters says.
llvm::Expected<std::string>
linkSharedLibrary(StringRef object, const Parameters &parameters = {});

/// Links `object` and the runtime to one object file in which only the exported
/// functions can be seen, so that two of them fit into one program. The
/// contents of `parameters` belong behind it as well.
llvm::Expected<std::string> linkObject(StringRef object,
                                       const Parameters &parameters);

/// Writes C declarations of the exported functions, with each tensor's dtype
/// and shape. `guard` becomes the include guard.
/// `isForGPU` adds those that take a stream.
void writeHeader(llvm::raw_ostream &os, ArrayRef<FunctionSignature> signatures,
                 StringRef guard, bool isForGPU);

/// What ptxas says that a kernel takes; nothing is known without registers.
struct KernelResources {
  std::string name;
  int64_t registers, sharedBytes, spilledBytes;
};

/// What code for a GPU asks for.
struct GPUDescription {
  std::string arch, ptxVersion, leastDriver;
  bool hasCubin;
  std::vector<KernelResources> kernels;
};

/// Writes the description of an artifact, whose file is `library` and then
/// `parameters`, with `"parameters": {"file", "size", "checksum"}` where these
/// are in a file of their own:
/// `{"version": 1, "target": {"triple", "cpu", "features": []}, "library":
/// {"size", "code_size", "crc32"}, "functions": [{"name", "symbol",
/// "shapes_symbol", "inputs": [{"name", "dtype", "shape": [4, "n"]}],
/// "outputs": […]}]}`. For a GPU the target has `"gpu": {"arch", "code":
/// ["cubin", "ptx"], "ptx_version", "least_driver", "kernels": [{"name",
/// "registers", "shared_bytes", "spilled_bytes"}]}` too, and functions a
/// `"stream_symbol"`; without a cubin only the kernels' names are known.
void writeDescription(llvm::raw_ostream &os,
                      ArrayRef<FunctionSignature> signatures,
                      const llvm::TargetMachine &machine, StringRef library,
                      const Parameters &parameters, const ParameterFile &file,
                      const std::optional<GPUDescription> &gpu);

} // namespace mlir::attn

#endif // ATTN_TARGET_ARTIFACT_ARTIFACT_H
